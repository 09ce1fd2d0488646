"""How a group's arrays lie in a GPU's memory: what a kernel's text depends on, and what its arguments say.

A kernel has no sizes in it. One text serves all shapes whose arrays, dimensions taken together where all of
them go on evenly, have steps in the same places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .group import Sizes

MOST_BYTES = 16
"""Bytes that one instruction moves at most."""

# Bytes of one array that a thread has at once, and of all of them: they are in registers, of which a thread
# has 255 of four bytes, and a processor is busy with more threads where each has fewer.
_WIDEST, _REGISTERS = 32, 256

WIDE = 1 << 30
"""Elements from which indices have 64 bits: half of what an int holds, for loops go beyond the end."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a text depends on.

    Attributes
    ----------
    rank : int
        Dimensions of the loop.
    steps : tuple of str
        For each array and each dimension a character: `0` where it is stretched, `1` for the last dimension
        of elements that lie side by side, `s` for a step that is an argument. An array that lies as the loop
        goes has an `i` only.
    vector : int
        Elements that a thread computes at once; side by side in the last dimension.
    ends : bool
        The last vector may not be full.
    wide : bool
        Indices have 64 bits.
    """

    rank: int
    steps: tuple[str, ...]
    vector: int
    ends: bool
    wide: bool


@dataclass(frozen=True, slots=True)
class Laid:
    """Arrays as they lie.

    Attributes
    ----------
    layout : Layout
    sizes : tuple of int
        Of the loop's dimensions, in elements.
    steps : list of int
        Those that are arguments, in elements, array after array.
    """

    layout: Layout
    sizes: Sizes
    steps: list[int]


def laid(
    shape: Sizes,
    steps: Sequence[Sizes],
    itemsizes: Sequence[int],
    aligned: int,
) -> Laid:
    """How arrays lie that are read and written together.

    Parameters
    ----------
    shape : tuple of int
    steps : sequence of tuple of int
        For each array and each dimension of `shape` its step in elements, 0 where it is stretched.
    itemsizes : sequence of int
        For each array.
    aligned : int
        A power of two that divides all arrays' addresses.
    """
    sizes, columns = collapsed(shape, steps)
    if not sizes:
        sizes, columns = (1,), [(1,) for _ in steps]
    return described(sizes, columns, itemsizes, aligned, linear=True)


def described(
    sizes: Sizes, columns: Sequence[Sizes], itemsizes: Sequence[int], aligned: int, linear: bool
) -> Laid:
    """The same for dimensions that are as they shall be; `linear` lets arrays lie as the loop goes."""
    whole = _contiguous(sizes)
    rank = len(sizes)
    vector = _vector(sizes, columns, itemsizes, aligned)
    texts, given = [], []
    for row in columns:
        if linear and row == whole:
            texts.append("i")
            continue
        text = ""
        for axis, step in enumerate(row):
            beside = step == 1 and axis == rank - 1
            text += "0" if step == 0 else "1" if beside else "s"
            if step and not beside:
                given.append(step)
        texts.append(text)
    ends = vector > 1 and rank == 1 and sizes[0] % vector != 0
    layout = Layout(rank, tuple(texts), vector, ends, _wide(sizes, columns))
    return Laid(layout, sizes, given)


def collapsed(shape: Sizes, steps: Sequence[Sizes]) -> tuple[Sizes, list[Sizes]]:
    """Sizes and steps without dimensions of one element, those made one in which all arrays go on evenly."""
    sizes: list[int] = []
    columns: list[tuple[int, ...]] = []
    for axis, size in enumerate(shape):
        if size == 1:
            continue
        column = tuple([row[axis] for row in steps])
        if sizes and columns[-1] == tuple([step * size for step in column]):
            sizes[-1] *= size
            columns[-1] = column
        else:
            sizes.append(size)
            columns.append(column)
    return tuple(sizes), [tuple([column[k] for column in columns]) for k in range(len(steps))]


def _contiguous(sizes: Sizes) -> Sizes:
    steps, step = [], 1
    for size in reversed(sizes):
        steps.append(step)
        step *= size
    return tuple(reversed(steps))


def _vector(sizes: Sizes, columns: Sequence[Sizes], itemsizes: Sequence[int], aligned: int) -> int:
    """Elements that can be moved at once."""
    moved = [
        (row, itemsize) for row, itemsize in zip(columns, itemsizes, strict=True) if row[-1] != 0
    ]
    if not moved or any(row[-1] != 1 for row, _ in moved):
        return 1
    least, most = min(size for _, size in moved), max(size for _, size in moved)
    vector = min(MOST_BYTES // least, _WIDEST // most)
    while vector > 1 and sum(size for _, size in moved) * vector > _REGISTERS:
        vector //= 2
    while vector > 1 and not _fits(vector, sizes, moved, aligned):
        vector //= 2
    return vector


def _fits(vector: int, sizes: Sizes, moved: Sequence[tuple[Sizes, int]], aligned: int) -> bool:
    """Whether vectors of so many elements begin where the memory may be read in one go."""
    if len(sizes) > 1 and sizes[-1] % vector:
        return False
    if sizes[-1] < vector:
        return False
    for row, itemsize in moved:
        nbytes = min(itemsize * vector, MOST_BYTES)
        if aligned % nbytes or any(step * itemsize % nbytes for step in row[:-1]):
            return False
    return True


def _wide(sizes: Sizes, columns: Sequence[Sizes]) -> bool:
    extents = [
        sum([(size - 1) * abs(step) for size, step in zip(sizes, row, strict=True)])
        for row in columns
    ]
    total = 1
    for size in sizes:
        total *= size
    return max([total, *extents]) >= WIDE
