"""Positions in several axes at once: gather_nd, scatter_nd, and indices into a flattened array."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import OutOfRange, shape_text
from ..specs import Shape
from . import moving
from .backward import added_at, gradient_dtype, like_shape, no_gradient
from .registry import op
from .rules import (
    DTypes,
    Mismatch,
    Params,
    Shapes,
    first_dtype,
    forward,
    unify,
    unify_dtypes,
)


def _nd_positions(xp: Any, indices: Any, sizes: tuple[int, ...], checked: bool = False) -> Any:
    """Where each of the elements of `indices` lies in axes of these sizes joined into one.

    With `checked` they are known to be inside: to look again, a GPU would have to be waited for.

    Raises
    ------
    OutOfRange
        If one is outside: they go from -size to size - 1.
    """
    if xp is not np:
        joined, outside = moving.joined_places(xp, indices, sizes)
        # Waits for what came before: an error is an error of this call.
        if checked or not int(outside[0]):
            return joined
    flat = xp.zeros(math.prod(indices.shape[1:]), "int64")
    for axis, (row, size) in enumerate(zip(indices, sizes, strict=True)):
        whole = row.reshape(-1).astype("int64")
        if whole.size and not (int(whole.min()) >= -size and int(whole.max()) < size):
            raise OutOfRange(
                f"an index is outside axis {axis}: they go from {int(whole.min())} to "
                f"{int(whole.max())}, the axis has {size} positions",
                hint="Positions are counted from 0.",
            )
        flat = flat * size + whole % max(size, 1)
    return flat


def _gathered(data: Shape, indices: Shape) -> Shape:
    if len(indices) < 2 or indices[0] is None or not 1 <= indices[0] <= len(data):
        raise Mismatch(
            f"indices {shape_text(indices)} do not fit {shape_text(data)}",
            hint="Their first dimension is the number of axes that they choose positions of.",
        )
    return (*indices[1:], *data[indices[0] :])


def _gather_gradient(F: Any, g: Any, y: Any, data: Any, indices: Any) -> Any:
    return F._backward_gather_nd(g, indices, data), None


@op("gather_nd", shape=forward(_gathered), dtype=first_dtype, gradient=_gather_gradient)
def gather_nd(xp, data, indices, /):
    """`data[indices[0], indices[1], …]`: elements, or whole parts, by positions in its first axes.

    Shape: `indices` (m, …) of any dtype, m axes; the result (…, and the axes of `data` after m).
    Positions outside an axis are an OutOfRange error; negative ones count from the end.

    >>> data, indices = mx.nd.array([[1, 2], [3, 4]]), mx.nd.array([[0, 1], [1, 0]])
    >>> mx.nd.gather_nd(data, indices).asnumpy()
    array([2., 3.], dtype=float32)
    """
    axes = indices.shape[0]
    parts = data.reshape(math.prod(data.shape[:axes]), *data.shape[axes:])
    positions = _nd_positions(xp, indices, data.shape[:axes])
    if xp is not np:
        parts = moving.taken(xp, parts, positions, 0)
        return parts.reshape(*indices.shape[1:], *data.shape[axes:])
    return parts[positions].reshape(*indices.shape[1:], *data.shape[axes:])


@op(
    "_backward_gather_nd",
    outline=("data",),
    shape=like_shape,
    dtype=gradient_dtype,
    gradient=lambda F, g, y, ograd, indices, data: (F.gather_nd(g, indices), None, None),
)
def backward_gather_nd(xp, ograd, indices, data, /):
    """The gradient of `gather_nd`: `ograd` added where it was taken, in the shape of `data`."""
    axes = indices.shape[0]
    positions = _nd_positions(xp, indices, data.shape[:axes], checked=True)
    shape = (math.prod(data.shape[:axes]), *data.shape[axes:])
    rows = ograd.reshape(positions.size, *data.shape[axes:])
    return added_at(xp, shape, positions, rows).reshape(data.shape)


def _scattered(data: Shape, indices: Shape, shape: tuple[int, ...]) -> Shape:
    parts = _gathered(shape, indices)
    if data != parts:
        raise Mismatch(
            f"the data {shape_text(data)} does not fit: with these indices and shape "
            f"it must be {shape_text(parts)}",
            hint="shape is the result's; the data has an element or a part for each index.",
        )
    return shape


def _scatter_gradient(F: Any, g: Any, y: Any, data: Any, indices: Any, **params: Any) -> Any:
    return F.gather_nd(g, indices), None


@op("scatter_nd", shape=forward(_scattered), dtype=first_dtype, gradient=_scatter_gradient)
def scatter_nd(xp, data, indices, /, *, shape: tuple[int, ...]):
    """Zeros of `shape` with the data at the positions that `gather_nd` would take it from.

    Where a position is named twice, the last of the data stays there.

    >>> data, indices = mx.nd.array([5, 6]), mx.nd.array([[0, 1], [1, 0]])
    >>> mx.nd.scatter_nd(data, indices, shape=(2, 2)).asnumpy()
    array([[0., 5.],
           [6., 0.]], dtype=float32)
    """
    axes = indices.shape[0]
    positions = _nd_positions(xp, indices, shape[:axes])
    if xp is not np:
        rows = data.reshape(positions.size, math.prod(shape[axes:]))
        return moving.rows_placed(xp, rows, positions, math.prod(shape[:axes])).reshape(shape)
    result = xp.zeros((math.prod(shape[:axes]), *shape[axes:]), data.dtype)
    result[positions] = data.reshape(positions.size, *shape[axes:])
    return result.reshape(shape)


# Positions in the flattened array


def _flat_shape(data: Shape, shape: tuple[int, ...] | None) -> Shape:
    if not shape or not data or data[0] != len(shape):
        raise Mismatch(
            f"{shape_text(data)} has not one row for each dimension of {shape_text(shape or ())}",
            hint="Give the shape of the array that the positions are in: shape=(…).",
        )
    return data[1:]


@op(
    "_ravel_multi_index",
    alias=("ravel_multi_index",),
    shape=forward(_flat_shape),
    gradient=no_gradient,
)
def ravel_multi_index(xp, data, /, *, shape: tuple[int, ...] | None = None):
    """Positions in an array of `shape`, one row of `data` for each axis, as positions in it flattened.

    Shape: `data` (m, …), m dimensions of `shape`; the result (…), in its dtype. The first size does
    not matter.

    >>> rows = mx.nd.array([[0, 1], [2, 0]])
    >>> mx.nd.ravel_multi_index(rows, shape=(2, 3)).asnumpy()
    array([2., 3.], dtype=float32)
    """
    flat = xp.zeros(data.shape[1:], "int64")
    for row, size in zip(data.astype("int64"), shape or (), strict=True):
        flat = flat * size + row
    return flat.astype(data.dtype)


def _unravelled(data: Shape, shape: tuple[int, ...] | None) -> Shape:
    if not shape:
        raise Mismatch("the shape is missing", hint="Give it: shape=(2, 3).")
    return (len(shape), *data)


@op(
    "_unravel_index",
    alias=("unravel_index",),
    shape=forward(_unravelled),
    gradient=no_gradient,
)
def unravel_index(xp, data, /, *, shape: tuple[int, ...] | None = None):
    """Positions in a flattened array as positions in it of `shape`, one row for each axis.

    Shape: `data` (…) gives (m, …), m dimensions of `shape`, in its dtype. The first size does not
    matter.

    >>> mx.nd.unravel_index(mx.nd.array([2, 3]), shape=(2, 3)).asnumpy()
    array([[0., 1.],
           [2., 0.]], dtype=float32)
    """
    flat, rows = data.astype("int64"), []
    for size in reversed((shape or ())[1:]):
        flat, row = flat // size, flat % size
        rows.append(row)
    return xp.stack([flat, *rows[::-1]]).astype(data.dtype)


def _filled_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    shape = unify(ins[0], outs[0])
    row = shape[:1] if shape is not None else None
    return (shape, unify(ins[1], row), unify(ins[2], row)), (shape,)


def _filled_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    dtype = unify_dtypes((*ins[:2], *outs))
    return (dtype, dtype, ins[2]), (dtype,)


@op("fill_element_0index", shape=_filled_rule, dtype=_filled_dtype)
def fill_element_0index(xp, lhs, mhs, rhs, /):
    """The matrix `lhs` (n, m) with `mhs[i]` at column `rhs[i]` of each row i; both are (n,).

    >>> values, columns = mx.nd.array([5, 6]), mx.nd.array([1, 0])
    >>> mx.nd.fill_element_0index(mx.nd.zeros((2, 2)), values, columns).asnumpy()
    array([[0., 5.],
           [6., 0.]], dtype=float32)
    """
    result = lhs.copy()
    result[xp.arange(lhs.shape[0]), rhs.astype("int64")] = mhs
    return result
