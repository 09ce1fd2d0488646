"""How a group is cut: into blocks that stay in the cache, and blocks into chunks that threads share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from typing import Any

from .group import Sizes

Slices = tuple[slice, ...]


def blocks(sizes: Sizes, most: int) -> Iterator[Slices]:
    """Slices that cover a shape, each of at most about `most` elements and as long as possible.

    Only one dimension is cut in two, and those before it are taken one by one, so that a block of a
    contiguous array is contiguous.
    """
    inner, cut = 1, len(sizes)
    while cut and inner * sizes[cut - 1] <= most:
        cut -= 1
        inner *= sizes[cut]
    whole = tuple([slice(0, dim) for dim in sizes[cut:]])
    if not cut:
        yield whole
        return
    step = max(most // inner, 1)
    for index in product(*map(range, sizes[: cut - 1])):
        before = tuple([slice(i, i + 1) for i in index])
        for start in range(0, sizes[cut - 1], step):
            yield (*before, slice(start, min(start + step, sizes[cut - 1])), *whole)


def part(array: Any, shape: Sizes, sizes: Sizes, block: Slices) -> Any:
    """What an input has of a block: all of it along the dimensions that it is stretched in."""
    if shape == sizes:
        return array[block]
    return array[
        tuple(
            [
                s if own == dim else slice(None)
                for s, own, dim in zip(block, shape, sizes, strict=True)
            ]
        )
    ]


def starts(shape: Sizes, sizes: Sizes, block: Slices) -> int:
    """The element of a contiguous array of a shape that a block's part of it begins with."""
    position = 0
    for s, own, dim in zip(block, shape, sizes, strict=True):
        position = position * own + (s.start if own == dim else 0)
    return position


def chunked(items: Sequence[Slices], chunks: int) -> list[Sequence[Slices]]:
    """The items in at most so many runs, as equal as can be."""
    chunks = max(min(chunks, len(items)), 1)
    edges = [len(items) * k // chunks for k in range(chunks + 1)]
    return [items[a:b] for a, b in pairwise(edges)]
