"""Pooling on raw arrays `(N, C, *space)`, one dimension of space after the other.

The extreme, or the sum, over a window of several dimensions is that over its rows of those over their
points: `h + w` steps instead of `h w`, each over a whole array. No padding is made: each point of a window
is combined with the windows that have it inside the array. The maximum of 3×3 points of 128 planes of
112×112 takes 1.7 ms so, where one step for each of the 9 points takes 2.8 and a strided view 100.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from ..specs import DType
from ..workers import share

Ints = tuple[int, ...]
Index = tuple[Any, ...]


BLOCK_BYTES = 2**20
"""Bytes of a block of planes: of larger ones, most of the time goes into waiting for memory."""
SHARED_BYTES = 2**23
"""Bytes of all planes from which threads share the blocks: some 2 ms on one of them."""
IN_TURN = 8
"""Numbers in a row from which NumPy does not add them one after the other."""


@dataclass(frozen=True, slots=True)
class Line:
    """Windows along one axis: `counts` of them over `size` points, the first starting at `-pad`."""

    axis: int
    size: int
    count: int
    kernel: int
    stride: int
    pad: int

    def parts(self) -> Iterator[tuple[int, slice, slice]]:
        """For each point of a window: the windows that have it inside the array, and where it is there."""
        for i in range(self.kernel):
            shift = i - self.pad
            first = max(0, -(shift // self.stride))
            after = min(self.count, (self.size - 1 - shift) // self.stride + 1)
            if first < after:
                begin, end = first * self.stride + shift, (after - 1) * self.stride + shift
                yield i, slice(first, after), slice(begin, end + 1, self.stride)

    @property
    def is_whole(self) -> bool:
        """Whether the one window there is has all points."""
        return self.count == 1 and self.pad == 0 and self.kernel >= self.size

    def lengths(self, with_pad: bool) -> list[int]:
        """Points of each window, of the array or, `with_pad`, of it with its padding; 1 if there is none."""
        low, high = (-self.pad, self.size + self.pad) if with_pad else (0, self.size)
        starts = range(-self.pad, self.count * self.stride - self.pad, self.stride)
        return [max(min(start + self.kernel, high) - max(start, low), 1) for start in starts]


def lines(space: Ints, counts: Ints, kernel: Ints, stride: Ints, pad: Ints) -> list[Line]:
    """The windows along each dimension of space, the last first: that settles which tie comes first."""
    rows = zip(space, counts, kernel, stride, pad, strict=True)
    return [Line(axis, *row) for axis, row in enumerate(rows, 2)][::-1]


def wide(dtype: DType) -> DType:
    """What sums of this dtype are computed in."""
    return np.dtype("float32") if dtype == "float16" else dtype


def sizes(xp: Any, along: Sequence[Line], with_pad: bool, dtype: DType) -> Any:
    """How many points each window has: an array that broadcasts to `(N, C, *counts)`."""
    total = xp.ones((), dtype=dtype)
    for line in along[::-1]:
        total = total[..., None] * xp.asarray(line.lengths(with_pad), dtype=dtype)
    return total


def lowest(dtype: DType) -> Any:
    """MXNet's maximum of nothing: the least number that is not infinite."""
    return np.finfo(dtype).min


def largest(
    xp: Any, data: Any, along: Sequence[Line], combine: Any = None, start: Any = None
) -> Any:
    """The largest numbers of windows, by `combine` from `start` on: as a rule, NaN is passed over."""
    combine = combine or xp.fmax
    start = lowest(data.dtype) if start is None else start
    for line in along[::-1]:
        data = _combined(xp, combine, data, line, start)
    return data


def summed(xp: Any, data: Any, along: Sequence[Line]) -> Any:
    """Sums over windows."""
    if all(line.is_whole and line.size < IN_TURN for line in along):
        return _summed_planes(xp, data, len(along))
    for line in along[::-1]:
        if line.is_whole:
            data = xp.sum(data, axis=line.axis, keepdims=True, dtype=data.dtype)
        else:
            data = _combined(xp, xp.add, data, line, 0)
    return data


def _summed_planes(xp: Any, data: Any, rank: int) -> Any:
    """Sums over whole planes, small ones: many are added at once, in the same order."""
    planes = data.reshape(-1, math.prod(data.shape[2:])).T
    total = xp.ascontiguousarray(planes).reshape(*data.shape[2:], -1)
    for _ in range(rank):
        total = xp.sum(total, axis=0, dtype=data.dtype)
    return total.reshape(*data.shape[:2], *(1,) * rank)


def _combined(xp: Any, combine: Any, data: Any, line: Line, start: Any) -> Any:
    shape = (*data.shape[: line.axis], line.count, *data.shape[line.axis + 1 :])
    front = (slice(None),) * line.axis
    result = xp.full(shape, start, dtype=data.dtype)
    for _, windows, points in line.parts():
        place = result[(*front, windows)]
        combine(place, data[(*front, points)], out=place)
    return result


def spread_sums(xp: Any, grad: Any, along: Sequence[Line]) -> Any:
    """The gradient of :func:`summed`: what each window has, added to all its points."""
    for line in along[::-1]:
        front = (slice(None),) * line.axis
        shape = (*grad.shape[: line.axis], line.size, *grad.shape[line.axis + 1 :])
        result = xp.zeros(shape, dtype=grad.dtype)
        for _, windows, points in line.parts():
            place = result[(*front, points)]
            place += grad[(*front, windows)]
        grad = result
    return grad


def _places(along: Sequence[Line]) -> Iterator[tuple[int, Index, Index]]:
    """For each point of a window, in order: its number, the windows that have it, and where it is there."""
    ordered = along[::-1]
    for point in product(*(line.parts() for line in ordered)):
        number = 0
        windows: Index = (slice(None),) * 2
        points: Index = windows
        for line, (i, part, place) in zip(ordered, point, strict=True):
            number, windows, points = number * line.kernel + i, (*windows, part), (*points, place)
        yield number, windows, points


def winners(xp: Any, data: Any, extreme: Any, along: Sequence[Line]) -> tuple[Any, Any]:
    """Where each window has its extreme first.

    Returns
    -------
    tuple of arrays (N, C, *counts)
        Flat positions in `data`, and whether there is one: not in a window of NaN or outside the array.
    """
    if all(line.is_whole for line in along):
        equal = (data == extreme).reshape(*data.shape[:2], -1)
        found = equal.argmax(axis=2).reshape(extreme.shape)
        chosen = equal.any(axis=2).reshape(extreme.shape)
    else:
        found, chosen = _first_equal(xp, data, extreme, along)
    planes = xp.arange(data.shape[0] * data.shape[1]) * math.prod(data.shape[2:])
    found += planes.reshape(*data.shape[:2], *(1,) * len(along))
    return xp.where(chosen, found, 0), chosen


def _first_equal(xp: Any, data: Any, extreme: Any, along: Sequence[Line]) -> tuple[Any, Any]:
    total = math.prod(line.kernel for line in along)
    code = np.min_scalar_type(total)
    # The first of equal points has the largest rank: a maximum of small integers takes little time.
    ranks = xp.zeros(extreme.shape, dtype=code)
    for number, windows, points in _places(along):
        place = ranks[windows]
        equal = (data[points] == extreme[windows]).astype(code)
        xp.maximum(place, equal * code.type(total - number), out=place)
    step, shifts, starts = 1, np.zeros((), int), np.zeros((), int)
    for line in along:
        shifts = shifts + (np.arange(line.kernel) * step).reshape(-1, *(1,) * shifts.ndim)
        start = (np.arange(line.count) * line.stride - line.pad) * step
        starts = starts + start.reshape(-1, *(1,) * starts.ndim)
        step *= line.size
    # By rank: 0 is none, 1 the last point of the window.
    table = xp.asarray(np.append(shifts, 0)[::-1])
    return table[ranks] + xp.asarray(starts), ranks > 0


def spread_largest(xp: Any, grad: Any, data: Any, extreme: Any, along: Sequence[Line]) -> Any:
    """The gradient of :func:`largest`: what each window has, added to its first extreme."""
    found, chosen = winners(xp, data, extreme, along)
    result = xp.zeros(data.size, dtype=grad.dtype)
    xp.add.at(result, found.reshape(-1), xp.where(chosen, grad, 0).reshape(-1))
    return result.reshape(data.shape)


def spread_to_ties(xp: Any, grad: Any, data: Any, extreme: Any, along: Sequence[Line]) -> Any:
    """What each window has, added to all its points that are equal to its extreme."""
    result = xp.zeros(data.shape, dtype=grad.dtype)
    for _, windows, points in _places(along):
        place = result[points]
        place += xp.where(data[points] == extreme[windows], grad[windows], 0)
    return result


def pick_largest(xp: Any, values: Any, data: Any, extreme: Any, along: Sequence[Line]) -> Any:
    """The gradient of :func:`spread_largest`: the value at each window's first extreme; 0 without one."""
    found, chosen = winners(xp, data, extreme, along)
    return xp.where(chosen, values.reshape(-1)[found], values.dtype.type(0))


def by_planes(xp: Any, compute: Callable[..., Any], arrays: Sequence[Any], out: Any) -> None:
    """Write what `compute` makes of arrays `(N, C, *space)` into `out`, in blocks of planes.

    A plane is all of space for one sample and channel; `compute` takes each by itself.
    """
    planes = out.shape[0] * out.shape[1]
    target, *parts = (item.reshape(1, planes, *item.shape[2:]) for item in (out, *arrays))
    most = max(item.nbytes for item in (out, *arrays)) // max(planes, 1)
    step = max(BLOCK_BYTES // max(most, 1), 1)
    count = -(-planes // step)

    def do(i: int) -> None:
        block = (slice(None), slice(i * step, (i + 1) * step))
        target[block] = compute(*(item[block] for item in parts))

    if most * planes >= SHARED_BYTES:
        share(do, count)
        return
    for i in range(count):
        do(i)
