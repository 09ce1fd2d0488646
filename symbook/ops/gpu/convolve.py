"""The three products of convolution on a GPU; `ops/convolve.py` says what they are.

Each is a batch of products by cuBLAS with columns, which a kernel writes (`unfold.py`), for as many samples
at once as `BLOCK_BYTES` hold. There are two ways for the columns to lie:

- *each* sample by itself, `(n, C·K, P)`: the product is the result as it is to be, `(n, F, P)`; where the
  windows are single points, the data are the columns and nothing is copied;
- *together*, `(C·K, n·P)`, where planes are so small that a product for each sample would leave most of a
  tile of the matrix units empty: one product, whose result `follow.py` carries to its place, with what
  follows the convolution.

Groups of few channels, a depthwise convolution's among them, have kernels of their own (`direct.py`): a
matrix of four rows is no work for matrix units. float16 is multiplied as it is and summed in float32.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...cuda.blas import multiply
from ..windows import Ints, Window
from . import direct
from .follow import follow
from .unfold import Columns, fold, side_by_side, unfold

BLOCK_BYTES = 2**27
"""Bytes of the columns that are made at once: so many tiles that all multiprocessors have some."""
FEW_PLACES = 128
"""Positions of a plane below which samples are taken together."""


@dataclass(frozen=True)
class Following:
    """What follows a convolution: kinds of operations, and their operands in order."""

    kinds: tuple[str, ...] = ()
    operands: tuple[Any, ...] = ()

    def part(self, samples: slice) -> tuple[Any, ...]:
        """The operands for some samples."""
        return tuple(
            item[samples] if getattr(item, "ndim", 0) > 1 else item for item in self.operands
        )

    def write(self, xp: Any, data: Any, out: Any) -> None:
        """Write what follows on `data` `(N, C, *space)` into `out`."""
        size = math.prod(out.shape[2:])
        lie = Columns(out.shape[1] * size, size)
        follow(xp, self.kinds, self.operands, xp.ascontiguousarray(data), lie, out)


NOTHING = Following()


@dataclass(frozen=True)
class _Problem:
    """Sizes of a convolution: C channels and F filters in all, K points, P positions."""

    at: Window
    samples: int
    channels: int
    filters: int
    groups: int
    space: Ints
    counts: Ints
    item: int

    @property
    def points(self) -> int:
        return math.prod(self.at.kernel)

    @property
    def places(self) -> int:
        return math.prod(self.counts)

    @property
    def rows(self) -> int:
        """Rows of the columns of a group: C / groups · K."""
        return self.channels // self.groups * self.points

    @property
    def is_plain(self) -> bool:
        """Whether the data themselves are the columns."""
        return self.points == 1 and set(self.at.stride) == {1} and not any(self.at.pad)

    @property
    def together(self) -> bool:
        return self.places < FEW_PLACES and self.samples > 1

    @property
    def by_hand(self) -> bool:
        """Whether groups are so small that kernels of ours do all of it."""
        return direct.serves(self.channels, self.filters, self.groups)

    def blocks(self) -> Iterator[slice]:
        """Samples whose columns are made at once, of nearly equal number."""
        one = max(self.channels * self.points * self.places * self.item, 1)
        parts = -(-self.samples // max(BLOCK_BYTES // one, 1))
        step = -(-self.samples // max(parts, 1))
        for first in range(0, self.samples, max(step, 1)):
            yield slice(first, min(first + step, self.samples))


def _problem(at: Window, data: Any, grad: Any, groups: int) -> _Problem:
    """Of data `(N, C, *space)` and a result or gradient `(N, F, *counts)`."""
    samples, channels, *space = data.shape
    return _Problem(
        at, samples, channels, grad.shape[1], groups, tuple(space), grad.shape[2:], data.itemsize
    )


# The three products


def correlate(
    xp: Any, data: Any, weight: Any, at: Window, groups: int, out: Any, then: Following | None
) -> None:
    """Write the convolution of `data` with `weight`, and what follows it, into `out`."""
    then = then or NOTHING
    sizes = _problem(at, data, out, groups)
    if out.size == 0:
        return
    data, weight = xp.ascontiguousarray(data), xp.ascontiguousarray(weight)
    if sizes.by_hand:
        wide = _between(xp, out, then)
        direct.correlate(xp, data, weight, at, groups, wide)
        _finish(xp, then, slice(0, sizes.samples), wide, _each(sizes.filters, sizes.places), out)
        return
    factors = weight.reshape(groups, -1, sizes.rows)
    for samples in sizes.blocks():
        _correlate_block(xp, data[samples], factors, sizes, samples, out, then)


def _correlate_block(
    xp: Any, data: Any, factors: Any, sizes: _Problem, samples: slice, out: Any, then: Following
) -> None:
    target = out[samples]
    if sizes.together:
        columns = _columns(xp, data, sizes)
        shape = (sizes.groups, factors.shape[1], columns.shape[2])
        result = multiply(xp, factors, columns, xp.empty(shape, _wide(out.dtype)))
        _finish(xp, then, samples, result, Columns(sizes.places, columns.shape[2]), target)
        return
    columns = _columns(xp, data, sizes)
    result = _between(xp, target, then)
    planes = result.reshape(len(data), sizes.groups, factors.shape[1], sizes.places)
    for group in range(sizes.groups):
        factor = xp.broadcast_to(factors[group], (len(data), *factors.shape[1:]))
        multiply(xp, factor, columns[:, group], planes[:, group])
    _finish(xp, then, samples, result, _each(sizes.filters, sizes.places), target)


def spread(xp: Any, grad: Any, weight: Any, at: Window, groups: int, out: Any) -> None:
    """Write the gradient of the convolution's data into `out`."""
    sizes = _problem(at, out, grad, groups)
    if out.size == 0:
        return
    if grad.size == 0 or weight.size == 0:
        out.fill(0)
        return
    grad, weight = xp.ascontiguousarray(grad), xp.ascontiguousarray(weight)
    if sizes.by_hand:
        direct.spread(xp, grad, weight, at, groups, out)
        return
    factors = weight.reshape(groups, -1, sizes.rows).swapaxes(1, 2)
    for samples in sizes.blocks():
        _spread_block(xp, grad[samples], factors, sizes, out[samples])


def _spread_block(xp: Any, grad: Any, factors: Any, sizes: _Problem, out: Any) -> None:
    count, wide = len(grad), _wide(out.dtype)
    if sizes.together:
        given = _side_given(xp, grad, sizes)
        shape = (sizes.groups, sizes.rows, given.shape[2])
        columns = multiply(xp, factors, given, xp.empty(shape, wide))
        lie = Columns(sizes.places, given.shape[2])
        if sizes.is_plain:
            follow(xp, (), (), columns, lie, out)
        else:
            fold(xp, columns, sizes.at, sizes.counts, out, lie)
        return
    given = grad.reshape(count, sizes.groups, -1, sizes.places)
    whole = (count, sizes.groups, sizes.rows, sizes.places)
    columns = out.reshape(whole) if sizes.is_plain else xp.empty(whole, wide)
    for group in range(sizes.groups):
        factor = xp.broadcast_to(factors[group], (count, *factors.shape[1:]))
        multiply(xp, factor, given[:, group], columns[:, group])
    if not sizes.is_plain:
        lie = Columns(sizes.channels * sizes.points * sizes.places, sizes.places)
        fold(xp, columns, sizes.at, sizes.counts, out, lie)


def weigh(xp: Any, data: Any, grad: Any, at: Window, groups: int, out: Any) -> None:
    """Write the gradient of the convolution's weight into `out`, `(F, C / groups, *kernel)`."""
    sizes = _problem(at, data, grad, groups)
    if out.size == 0:
        return
    if data.size == 0 or grad.size == 0:
        out.fill(0)
        return
    data, grad = xp.ascontiguousarray(data), xp.ascontiguousarray(grad)
    if sizes.by_hand:
        direct.weigh(xp, data, grad, at, groups, out)
        return
    parts = [_weights(xp, data[part], grad[part], sizes) for part in sizes.blocks()]
    total = parts[0]
    for part in parts[1:]:
        total += part
    out[...] = total.reshape(out.shape)


def _weights(xp: Any, data: Any, grad: Any, sizes: _Problem) -> Any:
    """What some samples add to the gradient of the weight: `(groups, F / groups, rows)`."""
    wide, filters = _wide(data.dtype), sizes.filters // sizes.groups
    # A matrix for each sample keeps all multiprocessors busy. If it has more rows than columns its result
    # would be larger than the columns are, and the sums over samples are left to the product.
    if sizes.together or filters > sizes.places:
        columns = _side_columns(xp, data, sizes)
        given = _side_given(xp, grad, sizes)
        result = xp.empty((sizes.groups, filters, sizes.rows), wide)
        return multiply(xp, given, columns.swapaxes(1, 2), result)
    columns = _columns(xp, data, sizes)
    given = grad.reshape(len(grad), sizes.groups, filters, sizes.places)
    result = xp.empty((len(grad), sizes.groups, filters, sizes.rows), wide)
    for group in range(sizes.groups):
        multiply(xp, given[:, group], columns[:, group].swapaxes(1, 2), result[:, group])
    return xp.sum(result, axis=0)


# Matrices


def _wide(dtype: Any) -> Any:
    return np.dtype("float32") if dtype == "float16" else dtype


def _each(filters: int, places: int) -> Columns:
    return Columns(filters * places, places)


def _between(xp: Any, out: Any, then: Following) -> Any:
    """Where results are written before what follows: the place itself, if nothing is rounded there."""
    if out.dtype == _wide(out.dtype) or not then.kinds:
        return out
    return xp.empty(out.shape, _wide(out.dtype))


def _finish(xp: Any, then: Following, samples: slice, result: Any, lie: Columns, out: Any) -> None:
    if then.kinds or result is not out:
        follow(xp, then.kinds, then.part(samples), result, lie, out)


def _columns(xp: Any, data: Any, sizes: _Problem) -> Any:
    """The windows: `(groups, rows, n·P)` together, or `(n, groups, rows, P)`."""
    if sizes.together:
        return _side_columns(xp, data, sizes)
    shape = (len(data), sizes.groups, sizes.rows, sizes.places)
    if sizes.is_plain:
        return data.reshape(shape)
    columns = xp.empty(shape, data.dtype)
    lie = Columns(sizes.channels * sizes.points * sizes.places, sizes.places)
    unfold(xp, data, sizes.at, sizes.counts, columns, lie)
    return columns


def _side_columns(xp: Any, data: Any, sizes: _Problem) -> Any:
    width = len(data) * sizes.places
    columns = xp.empty((sizes.groups, sizes.rows, width), data.dtype)
    unfold(xp, data, sizes.at, sizes.counts, columns, Columns(sizes.places, width))
    return columns


def _side_given(xp: Any, grad: Any, sizes: _Problem) -> Any:
    """`(n, F, *counts)` beside columns that are together."""
    shape = (sizes.groups, sizes.filters // sizes.groups, len(grad) * sizes.places)
    given = xp.empty(shape, grad.dtype)
    side_by_side(xp, grad, given)
    return given
