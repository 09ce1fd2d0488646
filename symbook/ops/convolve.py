"""The three products of convolution, on raw arrays: of data and weight, and its two transposes.

They belong to one trilinear form, the sum over all indices of
`grad[n, f, o] weight[f, c, k] data[n, c, stride o + dilate k - pad]`: :func:`correlate` gives what
multiplies `grad` in it, :func:`spread` what multiplies `data`, and :func:`weigh` what multiplies `weight`.
So the gradients of each are made of the other two.

Arrays are `data (N, C, *space)`, `weight (F, C / groups, *kernel)` and `grad (N, F, *counts)`. Each is
a matrix product with columns, which are a copy of the windows (`unfold.py`), made in blocks that stay in the
processor's cache; where the kernel is one point, the data are the columns. float16 is computed in float32
and rounded once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..specs import DType
from ..workers import share
from .unfold import Unfolding, unfolding
from .windows import Ints, Window
from .workspace import scratch, working

BLOCK_BYTES = 2**21
"""Bytes of a block of columns: of 0.5 to 8 MB this was fastest for products of 64 to 512 rows."""
FEW_COLUMNS = 128
"""Samples with fewer columns than this are taken together: so thin a product takes up to twice as long."""
MANY_COLUMNS = 512
"""As many of them as give that many columns."""

SHARED_FLOPS = 2**23
"""Additions and multiplications from which blocks are shared among threads: some 40 µs on one of them."""

Where = tuple[slice, slice, slice]
"""Samples, channels, and positions in the first dimension of space."""


class Finish(Protocol):
    """What is done with results, a part at a time."""

    def __call__(self, values: Any, place: Any, where: Where, matrix: Any = None) -> None:
        """Write finished values into their place.

        Parameters
        ----------
        values : array (F, ...)
            May be the place itself. With several samples, these are the last dimension.
        place : array of the same shape
        where : tuple of slice
        matrix : array (F, columns), optional
            C-contiguous memory, `values` being a view of it, which may be used up: long rows are quicker.
        """


def correlate(
    xp: Any, data: Any, weight: Any, at: Window, groups: int, out: Any, finish: Finish | None = None
) -> None:
    """Write the convolution of `data` with `weight` into `out`, a C-contiguous `(N, F, *counts)`.

    `finish` is what is done with each part while it is in the cache; on a GPU, a `gpu.convolve.Following`.
    """
    if xp is not np:
        _on_gpu().correlate(xp, data, weight, at, groups, out, finish)
        return
    wide = _wide(out.dtype)
    rows = _rows(weight, groups).astype(wide, copy=False)
    blocks = list(_blocks(data.shape, at, groups, len(weight), out.shape[2:], wide))

    def compute(i: int) -> None:
        working(_correlate_block, xp, data, rows, blocks[i], out, finish or _store)

    _side_by_side(compute, len(blocks), 2 * weight.size * out.size // max(len(weight), 1))


def _correlate_block(xp: Any, data: Any, rows: Any, block: Block, out: Any, finish: Finish) -> None:
    factors, wide = rows[block.groups], rows.dtype
    room = block.room(xp, data)
    target = _samples(xp, out, block)
    for part in block.parts:
        columns = block.columns(xp, room, part, wide)
        place = target[:, part]
        where = block.samples, block.filters, part
        if block.is_single and place.dtype == wide and not block.padded:
            xp.matmul(factors, columns, out=place.reshape(*factors.shape[:2], -1))
            finish(place, place, where)
        else:
            result = block.product(xp, factors, columns, part)
            finish(block.read(result, part), place, where, result)


def _side_by_side(task: Callable[[int], None], count: int, flops: int) -> None:
    """Do so many tasks, on several threads if there is enough to do."""
    if flops >= SHARED_FLOPS:
        share(task, count, blas=True)
        return
    for i in range(count):
        task(i)


def _store(values: Any, place: Any, where: Where, matrix: Any = None) -> None:
    if values is not place:
        place[...] = values


def spread(xp: Any, grad: Any, weight: Any, at: Window, groups: int, out: Any) -> None:
    """Write the gradient of the convolution's data into `out`, a C-contiguous `(N, C, *space)`."""
    if xp is not np:
        _on_gpu().spread(xp, grad, weight, at, groups, out)
        return
    wide = _wide(out.dtype)
    rows = _rows(weight, groups).swapaxes(1, 2).astype(wide, copy=False)
    blocks = list(_blocks(out.shape, at, groups, len(weight), grad.shape[2:], wide))

    def compute(i: int) -> None:
        working(_spread_block, xp, grad, rows, blocks[i], out)

    _side_by_side(compute, len(blocks), 2 * weight.size * grad.size // max(len(weight), 1))


def _spread_block(xp: Any, grad: Any, rows: Any, block: Block, out: Any) -> None:
    factors, wide = rows[block.groups], rows.dtype
    source, target = _samples(xp, grad, block), _samples(xp, out, block, data=True)
    if block.is_plain and block.is_single and target.dtype == wide:
        given = block.rows(xp, source, slice(0, grad.shape[2]), wide)
        xp.matmul(factors, given, out=target.reshape(*factors.shape[:2], -1))
        return
    room = block.unfolding.empty_room(xp, len(target), wide)
    for part in block.parts:
        given = block.rows(xp, source, part, wide)
        columns = scratch("columns", (*factors.shape[:2], given.shape[2]), wide)
        xp.matmul(factors, given, out=columns)
        block.unfolding.add(xp, room, part, columns)
    block.unfolding.leave(xp, room, target)


def weigh(xp: Any, data: Any, grad: Any, at: Window, groups: int, out: Any) -> None:
    """Write the gradient of the convolution's weight into `out`, `(F, C / groups, *kernel)`."""
    if xp is not np:
        _on_gpu().weigh(xp, data, grad, at, groups, out)
        return
    wide = _wide(out.dtype)
    total = _rows(out, groups) if out.dtype == wide else xp.empty(_rows(out, groups).shape, wide)
    total[...] = 0
    for block in _blocks(data.shape, at, groups, len(out), grad.shape[2:], wide):
        working(_weigh_block, xp, data, grad, block, total)
    if total.dtype != out.dtype:
        out[...] = total.reshape(out.shape)


def _weigh_block(xp: Any, data: Any, grad: Any, block: Block, total: Any) -> None:
    wide = total.dtype
    room, source = block.room(xp, data), _samples(xp, grad, block)
    for part in block.parts:
        columns = block.columns(xp, room, part, wide)
        given = block.rows(xp, source, part, wide)
        place = total[block.groups]
        term = scratch("product", place.shape, wide)
        place += xp.matmul(given, columns.swapaxes(1, 2), out=term)


def _on_gpu() -> Any:
    from .gpu import convolve

    return convolve


# Matrices


def _wide(dtype: DType) -> DType:
    return np.dtype("float32") if dtype == "float16" else dtype


def _rows(weight: Any, groups: int) -> Any:
    """`(F, C / groups, *kernel)` as `(groups, F / groups, C / groups * kernel)`."""
    return weight.reshape(groups, len(weight) // groups, math.prod(weight.shape[1:]))


def _samples(xp: Any, array: Any, block: Block, data: bool = False) -> Any:
    """The block's part of `(N, F, *counts)`, or of `(N, C, *space)`: channels first, several samples last."""
    part = array[block.samples, block.channels if data else block.filters]
    return part[0] if len(part) == 1 else xp.moveaxis(part, 0, -1)


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the work: some samples and some groups, in parts along the first dimension of space."""

    unfolding: Unfolding
    samples: slice
    groups: slice
    channels: slice
    filters: slice
    parts: list[slice]

    @property
    def is_plain(self) -> bool:
        """Whether an array itself is its columns: the kernel is one point."""
        return not self.unfolding.needs_room and set(self.unfolding.at.kernel) == {1}

    @property
    def is_single(self) -> bool:
        """Whether there is one sample, so that its results lie together."""
        return bool(self.samples.stop - self.samples.start == 1)

    @property
    def padded(self) -> bool:
        """Whether columns have some between them that nobody reads."""
        return self.unfolding.row_columns > math.prod(self.unfolding.counts[1:])

    def room(self, xp: Any, data: Any) -> Any:
        """The block's data with zeros around them."""
        return self.unfolding.room(xp, _samples(xp, data, self, data=True), _wide(data.dtype))

    def columns(self, xp: Any, room: Any, part: slice, dtype: DType) -> Any:
        """The windows `(groups, C / groups * kernel, width)`."""
        groups, width = (
            self.groups.stop - self.groups.start,
            self.unfolding.width(part.stop - part.start),
        )
        count = len(room) * math.prod(self.unfolding.at.kernel)
        if set(self.unfolding.at.kernel) == {1} and self.unfolding.in_runs:
            first = part.start * self.unfolding.row_width
            return room[:, 0, first : first + width].reshape(groups, count // groups, width)
        columns = scratch("columns", (count, width), dtype)
        self.unfolding.fill(xp, room, part, columns)
        return columns.reshape(groups, count // groups, width)

    def product(self, xp: Any, factors: Any, columns: Any, part: slice) -> Any:
        """Factors times columns as `(filters, part * row_columns)`, of which the first are computed."""
        size = (part.stop - part.start) * self.unfolding.row_columns
        result = scratch("product", (*factors.shape[:2], size), columns.dtype)
        xp.matmul(factors, columns, out=result[..., : columns.shape[2]])
        return result.reshape(-1, size)

    def read(self, result: Any, part: slice) -> Any:
        """What is read of that: `(filters, part, *counts[1:])`."""
        return self.unfolding.rows_of(result, part.stop - part.start)

    def rows(self, xp: Any, source: Any, part: slice, dtype: DType) -> Any:
        """A part of `(filters, *counts)` beside the columns: `(groups, F / groups, width)`."""
        wide = self.unfolding.spread_rows(xp, source, part, dtype)
        groups = self.groups.stop - self.groups.start
        return wide.reshape(groups, len(wide) // groups, wide.shape[1])


def _blocks(
    shape: Ints, at: Window, groups: int, filters: int, counts: Ints, dtype: DType
) -> Iterator[Block]:
    """The parts of the work for data of that shape, so that columns of one stay in the cache."""
    samples, channels, *space = shape
    total, most = math.prod(counts), BLOCK_BYTES
    together = 1
    if total < FEW_COLUMNS and filters > groups:
        together = min(-(-MANY_COLUMNS // max(total, 1)), max(samples, 1))
    for first in range(0, samples, together):
        count = min(together, samples - first)
        plan = _unfolded(at, tuple(space), counts, count)
        group_bytes = channels // groups * math.prod(at.kernel) * plan.row_columns * dtype.itemsize
        some = min(max(most // max(group_bytes * counts[0], 1), 1), groups)
        step = max(most // max(group_bytes * some, 1), -(-FEW_COLUMNS // plan.row_columns), 1)
        # Equal parts: a small one at the end would be a slow product.
        step = -(-counts[0] // -(-counts[0] // step))
        if set(at.kernel) == {1}:
            some, step = groups, counts[0]
        parts = [slice(i, min(i + step, counts[0])) for i in range(0, counts[0], step)]
        for group in range(0, groups, some):
            chosen = slice(group, min(group + some, groups))
            inner, outer = (
                slice(chosen.start * size, chosen.stop * size)
                for size in (channels // groups, filters // groups)
            )
            yield Block(plan, slice(first, first + count), chosen, inner, outer, parts)


def _unfolded(at: Window, space: Ints, counts: Ints, samples: int) -> Unfolding:
    """With several samples these are one more dimension of space, the last."""
    if samples == 1:
        return unfolding(at, space, counts)
    one = (1,)
    whole = Window(at.kernel + one, at.stride + one, at.dilate + one, (*at.pad, 0))
    return unfolding(whole, (*space, samples), (*counts, samples))
