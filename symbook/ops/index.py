"""Operators that choose elements: clips, conditions, picks and diagonals."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from ..errors import OutOfRange, shape_text
from ..specs import DType, Shape, as_dtype
from . import moving
from .along import taken_along
from .backward import added_at, gradient_dtype, like_shape, no_gradient
from .casting import stored
from .params import Range
from .registry import op
from .rules import (
    DTypes,
    Mismatch,
    Params,
    Shapes,
    axis_of,
    first_dtype,
    forward,
    param_dtype,
    unify,
    unify_all,
    unify_dtypes,
)

FLOAT32 = as_dtype("float32")


# Values


def _clip_kernel(params: Params) -> str | None:
    ordered = params["a_min"] <= params["a_max"]
    # Of a 0 and a bound of -0 it is the element that stays.
    raised = "where(data < a_min, a_min, data)"
    return f"where({raised} > a_max, a_max, {raised})" if ordered else None


@op(
    "clip",
    gradient=lambda F, g, y, data, **params: F._backward_clip(g, data, **params),
    kernel=_clip_kernel,
)
def clip(xp, data, /, *, a_min: float, a_max: float, out=None):
    """`a_max` where x is above it, else `a_min` where x is below that, else x; NaN stays NaN.

    Any dtype; for integers the bounds are cut to whole numbers of that dtype.

    >>> mx.nd.clip(mx.nd.array([-2, 0.5, 2]), a_min=-1, a_max=1).asnumpy()
    array([-1. ,  0.5,  1. ], dtype=float32)
    """
    low, high = a_min, a_max
    if data.dtype.kind in "iu":
        limits = xp.iinfo(data.dtype)
        low, high = (int(min(max(bound, limits.min), limits.max)) for bound in (a_min, a_max))
    elif data.dtype.kind == "b":
        low, high = bool(a_min > 0), bool(a_max)
    if low > high:
        below = xp.where(data < low, low, data)
        return stored(xp.where(data > high, high, below), data.dtype, out)
    return xp.clip(data, low, high, out=out)


@op(
    "_backward_clip",
    dtype=gradient_dtype,
    gradient=lambda F, g, y, ograd, data, **params: (F._backward_clip(g, data, **params), None),
    kernel="ograd * where((data < a_min) | (data > a_max), 0, 1)",
)
def backward_clip(xp, ograd, data, /, *, a_min: float, a_max: float, out=None):
    """The gradient of `clip`: `ograd` where `data` is within the bounds, themselves included, else 0."""
    return xp.multiply(ograd, ~((data < a_min) | (data > a_max)), out=out)


def _where_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    condition, *values = ins
    shape = unify_all([*values, *outs])
    if condition is not None and shape is not None and (len(condition) != 1 or len(shape) == 1):
        condition = shape = unify(condition, shape)
    elif condition is not None and shape is not None:
        first = unify(condition, shape[:1])
        condition, shape = first, (*(first or ()), *shape[1:])
    return (condition, shape, shape), (shape,)


def _where_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    dtype = unify_dtypes((*ins[1:], *outs))
    return (ins[0], dtype, dtype), (dtype,)


def _where_gradient(F: Any, g: Any, y: Any, condition: Any, left: Any, right: Any) -> Any:
    zeros = F.zeros_like(g)
    return None, F.where(condition, g, zeros), F.where(condition, zeros, g)


@op(
    "where",
    shape=_where_rule,
    dtype=_where_dtype,
    gradient=_where_gradient,
    kernel="where(condition != 0, x, y)",
)
def where(xp, condition, x, y, /, *, out=None):
    """Elements of `x` where the condition is not 0, of `y` elsewhere.

    `x` and `y` have one shape and dtype. The condition has that shape, or it has one dimension and
    chooses whole rows. Its dtype is any.

    >>> mx.nd.where(mx.nd.array([1, 0]), mx.nd.array([1, 2]), mx.nd.array([3, 4])).asnumpy()
    array([1., 4.], dtype=float32)
    """
    chosen = condition != 0
    if condition.ndim < x.ndim:
        chosen = chosen.reshape(-1, *(1,) * (x.ndim - 1))
    result = xp.where(chosen, x, y)
    if out is None:
        return result
    out[...] = result
    return out


# Positions given by an array


def _positions(xp: Any, indices: Any, size: int, mode: str) -> Any:
    """Indices of any dtype as positions from 0 to size - 1.

    Raises
    ------
    OutOfRange
        If one is outside and the mode is "raise", or there is no position at all.
    """
    whole = indices.astype("int64")
    if size == 0 and whole.size:
        raise OutOfRange(
            "nothing can be taken from an axis of size 0",
            hint="Give an array that has elements there.",
        )
    if mode == "wrap":
        return whole % max(size, 1)
    # On a GPU this waits for what came before: an error is an error of this call.
    if mode == "raise" and whole.size and not (int(whole.min()) >= 0 and int(whole.max()) < size):
        raise OutOfRange(
            f"an index is outside the axis: they go from {int(whole.min())} to {int(whole.max())}, "
            f"the axis has {size} positions",
            hint='Positions go from 0; mode="clip" or mode="wrap" brings all of them inside.',
        )
    return xp.clip(whole, 0, max(size - 1, 0))


def _taken(a: Shape, indices: Shape, axis: int, mode: str) -> Shape:
    place = axis_of(axis, len(a))
    return (*a[:place], *indices, *a[place + 1 :])


def _take_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    a, indices = ins
    if a is None or indices is None:
        return ins, outs
    return ins, (unify(_taken(a, indices, **params), outs[0]),)


@op(
    "take",
    shape=_take_rule,
    dtype=first_dtype,
    gradient=lambda F, g, y, a, indices, **params: (
        F._backward_take(g, indices, a, **params),
        None,
    ),
)
def take(xp, a, indices, /, *, axis: int = 0, mode: Literal["clip", "raise", "wrap"] = "clip"):
    """The positions `indices` of one axis of `a`.

    Shape: the axis is replaced by all dimensions of `indices`. Indices of any dtype are cut to
    whole numbers. Those outside are moved to the nearest position (`clip`), counted round and round
    (`wrap`, so -1 is the last), or an OutOfRange error (`raise`).

    >>> mx.nd.take(mx.nd.array([[1, 2], [3, 4]]), mx.nd.array([1, 0, 1])).asnumpy()
    array([[3., 4.],
           [1., 2.],
           [3., 4.]], dtype=float32)
    """
    place = axis_of(axis, a.ndim)
    if xp is not np:
        if a.shape[place] == 0 or mode == "raise":
            indices = _positions(xp, indices, a.shape[place], mode)
        return moving.taken(xp, a, indices, place, mode == "wrap")
    # NumPy's `take` wants positions as wide as an address: 32 bits in a browser's Python.
    positions = _positions(xp, indices, a.shape[place], mode).astype(np.intp, copy=False)
    return np.asarray(np.take(a, positions, axis=place))  # of one element NumPy gives a number


@op(
    "_backward_take",
    outline=("a",),
    shape=like_shape,
    dtype=gradient_dtype,
    gradient=lambda F, g, y, ograd, indices, a, **params: (
        F.take(g, indices, **params),
        None,
        None,
    ),
)
def backward_take(
    xp, ograd, indices, a, /, *, axis: int = 0, mode: Literal["clip", "raise", "wrap"] = "clip"
):
    """The gradient of `take`: each part of `ograd` added where it was taken, in the shape of `a`."""
    place = axis_of(axis, a.ndim)
    before, after = a.shape[:place], a.shape[place + 1 :]
    rows = xp.moveaxis(ograd.reshape(*before, indices.size, *after), place, 0)
    if mode == "raise":
        mode = "clip"  # `take` has found them inside
    positions = _positions(xp, indices, a.shape[place], mode).reshape(-1)
    added = added_at(xp, (a.shape[place], *before, *after), positions, rows)
    return xp.moveaxis(added, 0, place)


def _pick_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data, index = ins
    if data is None:
        return ins, outs
    place = axis_of(params["axis"], len(data))
    kept = (*data[:place], 1, *data[place + 1 :])
    dropped = (*data[:place], *data[place + 1 :]) or (1,)
    same_rank = index is not None and len(index) == len(kept)
    index = unify(kept if same_rank else dropped, index)
    return (data, index), (unify(kept if params["keepdims"] else dropped, outs[0]),)


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return (*shape[:axis], *shape[axis + 1 :]) or (1,)


@op(
    "pick",
    alias=("choose_element_0index",),
    shape=_pick_rule,
    dtype=first_dtype,
    gradient=lambda F, g, y, data, index, **params: (
        F._backward_pick(g, index, data, **params),
        None,
    ),
)
def pick(
    xp,
    data,
    index,
    /,
    *,
    axis: int = -1,
    keepdims: bool = False,
    mode: Literal["clip", "wrap"] = "clip",
):
    """One element along `axis` for each position of the others: `data[i, index[i]]` for a matrix.

    `index` has the shape of `data` without the axis, or with size 1 there. Its dtype is any;
    indices outside are clipped or wrapped as in `take`.

    >>> mx.nd.pick(mx.nd.array([[1, 2], [3, 4]]), mx.nd.array([1, 0])).asnumpy()
    array([2., 3.], dtype=float32)
    """
    place = axis_of(axis, data.ndim)
    kept = (*data.shape[:place], 1, *data.shape[place + 1 :])
    if xp is not np and data.shape[place]:
        result = moving.taken_along(xp, data, index.reshape(kept), place, mode == "wrap")
        return result.reshape(result.shape if keepdims else _without(result.shape, place))
    positions = _positions(xp, index, data.shape[place], mode).reshape(kept)
    along = taken_along if xp is np else xp.take_along_axis
    result = along(data, positions, axis=place)
    return result if keepdims or data.ndim == 1 else xp.squeeze(result, place)


@op(
    "_backward_pick",
    outline=("data",),
    shape=like_shape,
    dtype=gradient_dtype,
    gradient=lambda F, g, y, ograd, index, data, **params: (
        F.pick(g, index, **params),
        None,
        None,
    ),
)
def backward_pick(
    xp,
    ograd,
    index,
    data,
    /,
    *,
    axis: int = -1,
    keepdims: bool = False,
    mode: Literal["clip", "wrap"] = "clip",
):
    """The gradient of `pick`: `ograd` at the elements picked, else 0, in the shape of `data`."""
    place = axis_of(axis, data.ndim)
    if xp is not np:
        return moving.picked_back(xp, ograd, index, data, place, mode == "wrap")
    kept = (*data.shape[:place], 1, *data.shape[place + 1 :])
    positions = _positions(xp, index, data.shape[place], mode).reshape(kept)
    along = xp.arange(data.shape[place]).reshape(-1, *(1,) * (data.ndim - 1 - place))
    return xp.where(positions == along, ograd.reshape(kept), ograd.dtype.type(0))


def _batch_take_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    a, indices = ins
    if a is None:
        return ins, outs
    if len(a) != 2:
        raise Mismatch(f"batch_take needs a matrix, not {shape_text(a)}", hint="Use pick.")
    shape = unify_all([a[:1], indices, *outs]) or ()
    return ((shape[0], a[1]), shape), (shape,)


def _batch_take_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    dtype = unify_dtypes((ins[0], *outs))
    return (dtype, unify_dtypes((as_dtype("int32"), ins[1]))), (dtype,)


@op(
    "batch_take",
    shape=_batch_take_rule,
    dtype=_batch_take_dtype,
    gradient=lambda F, g, y, a, indices: (F._backward_pick(g, indices, a), None),
)
def batch_take(xp, a, indices, /):
    """`a[i, indices[i]]` of a matrix (n, m), indices (n,) of int32; those outside are clipped.

    >>> index = mx.nd.array([1, 0], dtype="int32")
    >>> mx.nd.batch_take(mx.nd.array([[1, 2], [3, 4]]), index).asnumpy()
    array([2., 3.], dtype=float32)
    """
    if xp is not np and a.shape[1]:
        return moving.taken_along(xp, a, indices[:, None], 1).reshape(-1)
    positions = _positions(xp, indices, a.shape[1], "clip")
    return xp.take_along_axis(a, positions[:, None], axis=1).reshape(-1)


def _one_hot_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    (indices,), (out,) = ins, outs
    if indices is None:
        return ins, outs
    out = unify((*indices, params["depth"]), out) or ()
    return (out[:-1],), (out,)


@op("one_hot", shape=_one_hot_rule, dtype=param_dtype, gradient=no_gradient)
def one_hot(
    xp,
    indices,
    /,
    *,
    depth: Annotated[int, Range(0, None)],
    on_value: float = 1.0,
    off_value: float = 0.0,
    dtype: DType = FLOAT32,
):
    """`on_value` at the index along a new last axis of size `depth`, else `off_value`.

    Indices of any dtype are cut to whole numbers; one that is outside gives `off_value` everywhere.

    >>> mx.nd.one_hot(mx.nd.array([1, 0]), depth=3).asnumpy()
    array([[0., 1., 0.],
           [1., 0., 0.]], dtype=float32)
    """
    if xp is not np:
        return moving.marked(xp, indices, depth, on_value, off_value, dtype)
    hot = indices.astype("int64")[..., None] == xp.arange(depth)
    result = xp.full(hot.shape, off_value, dtype=dtype)
    result[hot] = on_value
    return result


# Diagonals


def _diagonal(data: Shape, k: int, axis1: int, axis2: int) -> Shape:
    if len(data) == 1:
        size = (data[0] or 0) + abs(k)
        return (size, size)
    first, second = axis_of(axis1, len(data)), axis_of(axis2, len(data))
    if first == second:
        raise Mismatch("axis1 and axis2 must be two axes", hint="For example: axis1=0, axis2=1.")
    rows, columns = data[first] or 0, data[second] or 0
    size = min(rows, columns - k) if k >= 0 else min(rows + k, columns)
    if size <= 0:
        raise Mismatch(f"{shape_text(data)} has no diagonal {k}", hint="k=0 is the main diagonal.")
    return (*(dim for axis, dim in enumerate(data) if axis not in (first, second)), size)


@op(
    "diag",
    shape=forward(_diagonal),
    gradient=lambda F, g, y, data, **params: F._backward_diag(g, data, **params),
)
def diag(xp, data, /, *, k: int = 0, axis1: int = 0, axis2: int = 1):
    """Diagonal `k` of the planes of two axes, as the last axis; of a vector, the matrix with it.

    >>> mx.nd.diag(mx.nd.array([[1, 2], [3, 4]])).asnumpy()
    array([1., 4.], dtype=float32)
    """
    if data.ndim == 1:
        return xp.diag(data, k)
    return xp.diagonal(data, k, axis1, axis2).copy()


@op(
    "_backward_diag",
    outline=("data",),
    shape=like_shape,
    dtype=gradient_dtype,
    gradient=lambda F, g, y, ograd, data, **params: (F.diag(g, **params), None),
)
def backward_diag(xp, ograd, data, /, *, k: int = 0, axis1: int = 0, axis2: int = 1):
    """The gradient of `diag`: `ograd` on the diagonal among zeros, in the shape of `data`."""
    if data.ndim == 1:
        return xp.diagonal(ograd, k).copy()
    planes = xp.zeros(data.shape, ograd.dtype)
    if xp is not np:
        # CuPy's diagonals can be written to.
        xp.diagonal(planes, k, axis1, axis2)[...] = ograd
        return planes
    rows = xp.arange(ograd.shape[-1])
    # A view of the planes, with their two axes last: writing to it fills them.
    last = xp.moveaxis(planes, (axis1, axis2), (-2, -1))
    last[..., rows + max(-k, 0), rows + max(k, 0)] = ograd
    return planes
