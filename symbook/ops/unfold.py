"""Columns: copies of the windows of a convolution, which make it a matrix product, and the way back.

A convolution's windows over an array `(C, *space)` are, point by point of the kernel, the array itself moved
by an offset. So an array is first copied into a *room*: with zeros around it and, where the stride is s,
cut into the s phases of each dimension, so that neighbours in a phase are a stride apart. Then all windows'
points at one offset are one *run* of the room's memory, for each channel, and columns are copied, or added
up, run by run. Between the rows of a run there is padding, whose columns nobody reads; a run of 14 rows
of 14 points takes 5 times less time than 14 runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from ..cached import cached_property
from ..specs import DType
from .windows import Ints, Window
from .workspace import scratch

MOST_WASTE = 1.2
"""How many columns a run may have for each that is read, before single rows are copied instead."""

Index = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Phase:
    """Points of a window along one dimension that are at the same place between two strides.

    Attributes
    ----------
    remainder : int
        That place.
    points : slice
        Which points of the window they are.
    first, step, count : int
        Where the first of them is in the phase, how far the next is, and how many there are.
    """

    remainder: int
    points: slice
    first: int
    step: int
    count: int


def _phases(kernel: int, stride: int, dilate: int) -> tuple[Phase, ...]:
    common = math.gcd(stride, dilate)
    step = stride // common
    found = []
    for point in range(min(step, kernel)):
        place = point * dilate
        count = len(range(point, kernel, step))
        points = slice(point, None, step)
        found.append(Phase(place % stride, points, place // stride, dilate // common, count))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Unfolding:
    """How windows lie over arrays `(C, *space)`, and in memory.

    Attributes
    ----------
    at : Window
    space, counts : tuple of int
        Sizes of the arrays, and of what is computed from their windows.
    """

    at: Window
    space: Ints
    counts: Ints

    @cached_property
    def _phases(self) -> list[tuple[Phase, ...]]:
        at = self.at
        return [_phases(*row) for row in zip(at.kernel, at.stride, at.dilate, strict=True)]

    @cached_property
    def _extents(self) -> Ints:
        """How much of a phase windows reach, in each dimension."""
        at = self.at
        rows = zip(self.counts, at.kernel, at.stride, at.dilate, strict=True)
        return tuple(n + d * (k - 1) // s for n, k, s, d in rows)

    @cached_property
    def _lengths(self) -> Ints:
        """Distances of rows, planes and so on: the zeros after one row are those before the next."""
        at = self.at
        rows = zip(self._extents, self.counts, self.space, at.stride, at.pad, strict=True)
        return tuple(
            min(extent, max(size + p, n)) if s == 1 else extent for extent, n, size, s, p in rows
        )

    @cached_property
    def _pitches(self) -> Ints:
        return tuple(math.prod(self._lengths[i + 1 :]) for i in range(len(self.space)))

    @cached_property
    def _block(self) -> int:
        """Elements of one phase of one channel."""
        return 1 + sum(
            (n - 1) * pitch for n, pitch in zip(self._extents, self._pitches, strict=True)
        )

    @property
    def needs_room(self) -> bool:
        """Whether windows are not simply runs of an array that is contiguous."""
        return any(self.at.pad) or set(self.at.stride) != {1}

    @cached_property
    def in_runs(self) -> bool:
        """Whether columns have padding between rows, so that they are long runs."""
        return self.row_width <= MOST_WASTE * math.prod(self.counts[1:])

    @cached_property
    def row_width(self) -> int:
        """Columns for each position in the first dimension, padding between rows included."""
        return self._pitches[0]

    @cached_property
    def row_columns(self) -> int:
        """Columns that are made for each position in the first dimension."""
        return self.row_width if self.in_runs else math.prod(self.counts[1:])

    def width(self, rows: int) -> int:
        """Columns for that many positions in the first dimension."""
        if not self.in_runs:
            return rows * self.row_columns
        ends = zip((rows, *self.counts[1:]), self._pitches, strict=True)
        return 1 + sum((n - 1) * pitch for n, pitch in ends)

    # Rooms

    def room(self, xp: Any, array: Any, dtype: DType) -> Any:
        """The room `(C, phases, elements)` of an array `(C, *space)`; it may be the array's own memory."""
        if not self.needs_room and array.dtype == dtype and array.flags.c_contiguous:
            return array.reshape(len(array), 1, self._block)
        room = self.empty_room(xp, len(array), dtype)
        for place, part in self._shares(room):
            place[...] = array[part]
        return room

    def empty_room(self, xp: Any, channels: int, dtype: DType) -> Any:
        """A room of zeros."""
        phases = math.prod(map(len, self._phases))
        room = scratch("room", (channels, phases, self._block), dtype)
        room[...] = 0
        return room

    def leave(self, xp: Any, room: Any, array: Any) -> None:
        """Write what a room holds into the array `(C, *space)` that it is of."""
        if self._misses:
            array[...] = 0
        for place, part in self._shares(room):
            array[part] = place

    @cached_property
    def _misses(self) -> bool:
        """Whether there are elements that no window reaches."""
        return any(
            len(phases) < stride or extent * stride < size + pad
            for phases, stride, extent, size, pad in zip(
                self._phases, self.at.stride, self._extents, self.space, self.at.pad, strict=True
            )
        )

    def _shares(self, room: Any) -> Iterator[tuple[Any, Index]]:
        """For each phase, the place in a room for elements of the array, and which they are."""
        for phase, start, sizes, part in self._places:
            yield _view(room, phase, start, sizes, self._pitches), part

    @cached_property
    def _places(self) -> list[tuple[int, int, Ints, Index]]:
        """For each phase that has elements: its number, where they begin, their sizes, which they are."""
        at, found = self.at, []
        for number, phases in enumerate(product(*self._phases)):
            start, sizes, part = 0, [], []
            rows = zip(
                phases, self.space, at.stride, at.pad, self._extents, self._pitches, strict=True
            )
            for phase, size, s, p, extent, pitch in rows:
                first = max(-((phase.remainder - p) // s), 0)
                after = min(-((phase.remainder - p - size) // s), extent)
                begin = first * s + phase.remainder - p
                start += first * pitch
                sizes.append(after - first)
                part.append(slice(begin, begin + (after - first - 1) * s + 1, s))
            if min(sizes) > 0:
                found.append((number, start, tuple(sizes), (slice(None), *part)))
        return found

    # Columns

    def fill(self, xp: Any, room: Any, part: slice, columns: Any) -> None:
        """Copy windows into `columns`, `(C * kernel, width)`.

        `part` are the positions in the first dimension.
        """
        sizes, steps = self._tail(part.stop - part.start)
        columns = columns.reshape(len(room), *self.at.kernel, *sizes)
        first = part.start * self._pitches[0]
        for phase, start, counts, apart, points in self._points:
            view = _view(room, phase, first + start, (*counts, *sizes), (*apart, *steps))
            columns[points] = view

    def add(self, xp: Any, room: Any, part: slice, columns: Any) -> None:
        """Add columns to the points of a room that they are of."""
        sizes, steps = self._tail(part.stop - part.start)
        columns = columns.reshape(len(room), *self.at.kernel, *sizes)
        first = part.start * self._pitches[0]
        for phase, start, counts, apart, points in self._points:
            own = columns[points]
            for point in product(*map(range, counts)):
                moved = sum(i * step for i, step in zip(point, apart, strict=True))
                place = _view(room, phase, first + start + moved, sizes, steps)
                place += own[(slice(None), *point)]

    def _tail(self, rows: int) -> tuple[Ints, Ints]:
        """Sizes and steps of the columns for that many positions in the first dimension."""
        if self.in_runs:
            return (self.width(rows),), (1,)
        return (rows, *self.counts[1:]), self._pitches

    @cached_property
    def _points(self) -> list[tuple[int, int, Ints, Ints, Index]]:
        """For each phase: its number, where its first window begins, and the points of windows in it.

        Of these, how many there are in each dimension, how far apart, and which of the window's they are.
        """
        found = []
        for number, phases in enumerate(product(*self._phases)):
            rows = list(zip(phases, self._pitches, strict=True))
            start = sum(phase.first * pitch for phase, pitch in rows)
            apart = tuple(phase.step * pitch for phase, pitch in rows)
            points = (slice(None), *(phase.points for phase in phases))
            found.append((number, start, tuple(phase.count for phase in phases), apart, points))
        return found

    # What is beside columns: results and gradients

    def spread_rows(self, xp: Any, array: Any, part: slice, dtype: DType) -> Any:
        """An array `(F, *counts)` as `(F, width)` beside the columns of a part: 0 where nobody reads."""
        piece = array[:, part]
        rows = part.stop - part.start
        if not self.in_runs:
            return piece.reshape(len(piece), -1).astype(dtype, copy=False)
        wide = scratch("rows", (len(piece), rows * self.row_width), dtype)
        if self.row_width > math.prod(self.counts[1:]):
            wide[...] = 0
        self.rows_of(wide, rows)[...] = piece
        return wide[:, : self.width(rows)]

    def rows_of(self, wide: Any, rows: int) -> Any:
        """What is read of results `(F, rows * row_columns)`: `(F, rows, *counts[1:])`."""
        if not self.in_runs:
            return wide.reshape(len(wide), rows, *self.counts[1:])
        shaped = wide.reshape(len(wide), rows, *self._lengths[1:])
        return shaped[(slice(None), slice(None), *(slice(n) for n in self.counts[1:]))]


@lru_cache(maxsize=1024)
def unfolding(at: Window, space: Ints, counts: Ints) -> Unfolding:
    """The unfolding of these windows; made once, for it is asked for in every run."""
    return Unfolding(at, space, counts)


def _view(room: Any, phase: int, start: int, sizes: Ints, steps: Ints) -> Any:
    """The elements `(C, *sizes)` of a phase of a room, from `start` on, `steps` apart."""
    channel, block, item = room.strides
    shape, strides = (len(room), *sizes), (channel, *[step * item for step in steps])
    # `as_strided` would take ten times longer.
    return np.ndarray(shape, room.dtype, room, phase * block + start * item, strides)
