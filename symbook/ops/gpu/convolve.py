"""The three products of convolution on a GPU; `ops/convolve.py` says what they are.

Each is a batch of products by cuBLAS with columns, which a kernel writes (`unfold.py`), for as many samples
at once as `BLOCK_BYTES` hold. There are two ways for the columns to lie:

- *each* sample by itself, `(n, C·K, P)`: the product is the result as it is to be, `(n, F, P)`; where the
  windows are single points, the data are the columns and nothing is copied;
- *together*, `(C·K, n·P)`, where planes are so small that a product for each sample would leave most of a
  tile of the matrix units empty: one product, whose result `follow.py` carries to its place, with what
  follows the convolution.

Windows of 3×3 points at every place of many channels need fewer multiplications yet (`winograd.py`). Groups
of few channels, a depthwise convolution's among them, have kernels of their own (`direct.py`): a matrix of
four rows is no work for matrix units. float16 is multiplied as it is and summed in float32.

cuDNN, which has wheels and takes CuPy's arrays by DLPack, would spare the columns of the other convolutions.
It is not used: it is half a gigabyte, its plans are found by trying them on a device, some of its ways to a
gradient differ from run to run, and nothing of it could be tested without a device. What is here needs CuPy
alone. By its count of bytes and operations ResNet-50 at batch 32 moves 9 GB and computes 210 GFLOP, 6.1 ms
on an H100 whose memory gives 3 TB/s and whose products run at 50 TFLOP/s; that is an estimate, not a
measurement.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ...cuda.blas import multiply
from ..windows import Ints, Window
from . import direct, winograd
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

    def part(self, samples: slice) -> Following:
        """What follows for some samples."""
        operands = (
            item[samples] if getattr(item, "ndim", 0) > 1 else item for item in self.operands
        )
        return Following(self.kinds, tuple(operands))

    def write(self, xp: Any, data: Any, out: Any) -> None:
        """Write what follows on `data` `(N, C, *space)` into `out`."""
        size = math.prod(out.shape[2:])
        lie = Columns(out.shape[1] * size, size)
        follow(xp, self.kinds, self.operands, xp.ascontiguousarray(data), lie, out)


NOTHING = Following()


class _Problem:
    """A convolution's sizes, and how it is done.

    Attributes
    ----------
    filters, places, rows : int
        F of a group; P; and C / groups · K, the rows of a group's columns.
    is_plain : bool
        Whether the data themselves are the columns.
    together : bool
    each, whole : Columns
        How the columns of samples by themselves lie, and a result.
    blocks : list of slice
        Samples whose columns are made at once, of nearly equal number.
    """

    def __init__(
        self, at: Window, data: Ints, grad: Ints, groups: int, item: int, most: int, few: int
    ) -> None:
        samples, channels, *space = data
        points, self.places = math.prod(at.kernel), math.prod(grad[2:])
        self.at, self.groups, self.space, self.counts = at, groups, tuple(space), grad[2:]
        self.filters, self.rows = grad[1] // groups, channels // groups * points
        self.is_plain = points == 1 and set(at.stride) == {1} and not any(at.pad)
        self.together = self.places < few and samples > 1
        self.each = Columns(groups * self.rows * self.places, self.places)
        self.whole = Columns(grad[1] * self.places, self.places)
        one = max(channels * points * self.places * item, 1)
        parts = -(-samples // max(most // one, 1))
        step = max(-(-samples // max(parts, 1)), 1)
        self.blocks = [slice(i, min(i + step, samples)) for i in range(0, samples, step)]


_problem = lru_cache(maxsize=4096)(_Problem)


def _problem_of(at: Window, data: Any, grad: Any, groups: int) -> _Problem:
    """Of data `(N, C, *space)` and a result or gradient `(N, F, *counts)`."""
    return _problem(at, data.shape, grad.shape, groups, data.itemsize, BLOCK_BYTES, FEW_PLACES)


# The three products


def correlate(
    xp: Any, data: Any, weight: Any, at: Window, groups: int, out: Any, then: Following | None
) -> None:
    """Write the convolution of `data` with `weight`, and what follows it, into `out`."""
    then = then or NOTHING
    if out.size == 0:
        return
    sizes = _problem_of(at, data, out, groups)
    data, weight = xp.ascontiguousarray(data), xp.ascontiguousarray(weight)
    if direct.serves(data.shape[1], len(weight), groups):
        wide = _between(xp, out, then)
        direct.correlate(xp, data, weight, at, groups, wide)
        _finish(xp, then, wide, sizes.whole, out)
        return
    if winograd.serves(at, out.dtype, data.shape[1], len(weight), groups, sizes.counts):
        factors = winograd.weights(xp, weight, False)
        _by_winograd(xp, data, factors, at.pad, sizes, out, then)
        return
    factors = weight.reshape(groups, sizes.filters, sizes.rows)
    for samples in sizes.blocks:
        if len(sizes.blocks) == 1:
            _correlate_block(xp, data, factors, sizes, out, then)
        else:
            _correlate_block(xp, data[samples], factors, sizes, out[samples], then.part(samples))


def _correlate_block(
    xp: Any, data: Any, factors: Any, sizes: _Problem, out: Any, then: Following
) -> None:
    columns = _columns(xp, data, sizes)
    if sizes.together:
        shape = (sizes.groups, sizes.filters, columns.shape[2])
        result = multiply(xp, factors, columns, xp.empty(shape, _wide(out.dtype)))
        _finish(xp, then, result, Columns(sizes.places, columns.shape[2]), out)
        return
    result = _between(xp, out, then)
    planes = result.reshape(len(data), sizes.groups, sizes.filters, sizes.places)
    for group in range(sizes.groups):
        multiply(xp, factors[group], columns[:, group], planes[:, group])
    _finish(xp, then, result, sizes.whole, out)


def _by_winograd(
    xp: Any, data: Any, factors: Any, pad: Ints, sizes: _Problem, out: Any, then: Following
) -> None:
    for samples in sizes.blocks:
        if len(sizes.blocks) == 1:
            winograd.correlate(xp, data, factors, pad, out, then.kinds, then.operands)
        else:
            own = then.part(samples)
            winograd.correlate(
                xp, data[samples], factors, pad, out[samples], own.kinds, own.operands
            )


def spread(xp: Any, grad: Any, weight: Any, at: Window, groups: int, out: Any) -> None:
    """Write the gradient of the convolution's data into `out`."""
    if out.size == 0:
        return
    if grad.size == 0 or weight.size == 0:
        out.fill(0)
        return
    grad, weight = xp.ascontiguousarray(grad), xp.ascontiguousarray(weight)
    if direct.serves(out.shape[1], len(weight), groups):
        direct.spread(xp, grad, weight, at, groups, out)
        return
    sizes = _problem_of(at, out, grad, groups)
    turned = at.kernel == (3, 3) and max(at.pad) <= 2
    if turned and winograd.serves(at, out.dtype, out.shape[1], len(weight), groups, out.shape[2:]):
        # The convolution of the gradient with the kernels turned round.
        pad = (2 - at.pad[0], 2 - at.pad[1])
        _by_winograd(xp, grad, winograd.weights(xp, weight, True), pad, sizes, out, NOTHING)
        return
    factors = weight.reshape(groups, sizes.filters, sizes.rows).swapaxes(1, 2)
    for samples in sizes.blocks:
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
    given = grad.reshape(count, sizes.groups, sizes.filters, sizes.places)
    whole = (count, sizes.groups, sizes.rows, sizes.places)
    columns = out.reshape(whole) if sizes.is_plain else xp.empty(whole, wide)
    for group in range(sizes.groups):
        multiply(xp, factors[group], given[:, group], columns[:, group])
    if not sizes.is_plain:
        fold(xp, columns, sizes.at, sizes.counts, out, sizes.each)


def weigh(xp: Any, data: Any, grad: Any, at: Window, groups: int, out: Any) -> None:
    """Write the gradient of the convolution's weight into `out`, `(F, C / groups, *kernel)`."""
    if out.size == 0:
        return
    if data.size == 0 or grad.size == 0:
        out.fill(0)
        return
    data, grad = xp.ascontiguousarray(data), xp.ascontiguousarray(grad)
    if direct.serves(data.shape[1], len(out), groups):
        direct.weigh(xp, data, grad, at, groups, out)
        return
    sizes = _problem_of(at, data, grad, groups)
    parts = [_weights(xp, data[part], grad[part], sizes) for part in sizes.blocks]
    total = parts[0]
    for part in parts[1:]:
        total += part
    out[...] = total.reshape(out.shape)


def _weights(xp: Any, data: Any, grad: Any, sizes: _Problem) -> Any:
    """What some samples add to the gradient of the weight: `(groups, F / groups, rows)`."""
    wide, filters = _wide(data.dtype), sizes.filters
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


_SINGLE = np.dtype("float32")


def _wide(dtype: Any) -> Any:
    return _SINGLE if dtype.char == "e" else dtype


def _between(xp: Any, out: Any, then: Following) -> Any:
    """Where results are written before what follows: the place itself, if nothing is rounded there."""
    if out.dtype.char != "e" or not then.kinds:
        return out
    return xp.empty(out.shape, _wide(out.dtype))


def _finish(xp: Any, then: Following, result: Any, lie: Columns, out: Any) -> None:
    if then.kinds or result is not out:
        follow(xp, then.kinds, then.operands, result, lie, out)


def _columns(xp: Any, data: Any, sizes: _Problem) -> Any:
    """The windows: `(groups, rows, n·P)` together, or `(n, groups, rows, P)`."""
    if sizes.together:
        return _side_columns(xp, data, sizes)
    shape = (len(data), sizes.groups, sizes.rows, sizes.places)
    if sizes.is_plain:
        return data.reshape(shape)
    columns = xp.empty(shape, data.dtype)
    unfold(xp, data, sizes.at, sizes.counts, columns, sizes.each)
    return columns


def _side_columns(xp: Any, data: Any, sizes: _Problem) -> Any:
    width = len(data) * sizes.places
    columns = xp.empty((sizes.groups, sizes.rows, width), data.dtype)
    unfold(xp, data, sizes.at, sizes.counts, columns, Columns(sizes.places, width))
    return columns


def _side_given(xp: Any, grad: Any, sizes: _Problem) -> Any:
    """`(n, F, *counts)` beside columns that are together."""
    shape = (sizes.groups, sizes.filters, len(grad) * sizes.places)
    given = xp.empty(shape, grad.dtype)
    side_by_side(xp, grad, given)
    return given
