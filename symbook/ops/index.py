"""Operators that choose elements: slices, picks, clips and conditions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ..errors import OutOfRange, counted, shape_text
from ..specs import Dim, DType, Shape, as_dtype
from .params import Range
from .registry import op
from .rules import (
    DTypes,
    Mismatch,
    Params,
    Shapes,
    axes_of,
    axis_of,
    first_dtype,
    forward,
    param_dtype,
    unify,
    unify_all,
    unify_dtypes,
)

Bounds = tuple[int | None, ...]
FLOAT32 = as_dtype("float32")


# Slices


def _slices(rank: int, begin: Bounds, end: Bounds, step: Bounds) -> list[slice]:
    if len(begin) != len(end) or (step and len(step) != len(begin)):
        raise Mismatch(f"begin {begin}, end {end} and step {step} must be of one length")
    if len(begin) > rank:
        raise Mismatch(
            f"begin has {len(begin)} positions for an array of {counted(rank, 'dimension')}"
        )
    if 0 in step:
        raise Mismatch("a step of a slice cannot be 0")
    return [
        slice(first, last, by)
        for first, last, by in zip(begin, end, step or (None,) * len(begin), strict=True)
    ]


def _sliced_dim(dim: Dim, part: slice) -> Dim:
    if dim is None or part == slice(None):
        return dim
    if part.start is not None and part.start < -dim:
        raise Mismatch(f"begin {part.start} is out of range for a dimension of size {dim}")
    return len(range(*part.indices(dim)))


def _slice_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    (source,) = ins
    if source is None:
        return ins, outs
    parts = _slices(len(source), **params)
    dims = [_sliced_dim(dim, part) for dim, part in zip(source, parts, strict=False)]
    return ins, (unify((*dims, *source[len(dims) :]), outs[0]),)


@op("slice", alias=("crop",), shape=_slice_rule, view=True)
def slice_(xp, data, /, *, begin: Bounds, end: Bounds, step: Bounds = ()):
    """`data[begin[0]:end[0]:step[0], begin[1]:end[1]:step[1], …]`.

    None leaves a bound open, negative ones count from the end, a negative step goes backwards.
    """
    return data[tuple(_slices(data.ndim, begin, end, step))]


def _axis_slice(data: Shape, axis: int, begin: int, end: int | None) -> tuple[int, slice, Dim]:
    """The axis from the front, the slice of it, and the size that is left."""
    place = axis_of(axis, len(data))
    size = data[place]
    if size is None:
        return place, slice(begin, end), None
    first = begin + size if begin < 0 else begin
    last = size if end is None else end + size if end < 0 else end
    if not 0 <= first <= last <= size:
        raise Mismatch(
            f"the slice {begin}:{end} is out of range for axis {axis} of {shape_text(data)}",
            hint=f"Positions on this axis go from {-size} to {size}, the first before the last.",
        )
    return place, slice(first, last), last - first


def _slice_axis_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    (source,) = ins
    if source is None:
        return ins, outs
    place, _, size = _axis_slice(source, **params)
    return ins, (unify((*source[:place], size, *source[place + 1 :]), outs[0]),)


@op("slice_axis", shape=_slice_axis_rule, view=True)
def slice_axis(xp, data, /, *, axis: int, begin: int, end: int | None):
    """The positions from `begin` to `end` (None: to its last) of one axis."""
    place, part, _ = _axis_slice(data.shape, axis, begin, end)
    return data[(slice(None),) * place + (part,)]


def _like_sizes(data: Shape, shape_like: Shape, axes: tuple[int, ...]) -> Shape:
    if not axes and len(data) != len(shape_like):
        raise Mismatch(
            f"{shape_text(data)} and {shape_text(shape_like)} differ in their number of dimensions",
            hint="Name the axes to slice: axes=(…).",
        )
    chosen = axes_of(axes, len(data))
    sizes = list(data)
    for axis in axes or chosen:
        size, place = shape_like[axis_of(axis, len(shape_like))], axis_of(axis, len(data))
        if size is None or (dim := data[place]) is None or size > dim:
            raise Mismatch(f"axis {axis} of {shape_text(data)} has fewer than {size} positions")
        sizes[place] = size
    return tuple(sizes)


@op("slice_like", shape=forward(_like_sizes), dtype=first_dtype, view=True)
def slice_like(xp, data, shape_like, /, *, axes: tuple[int, ...] = ()):
    """The first positions of each axis, as many as `shape_like` has; by default of every axis."""
    return data[tuple(slice(size) for size in _like_sizes(data.shape, shape_like.shape, axes))]


# Values


@op("clip")
def clip(xp, data, /, *, a_min: float, a_max: float, out=None):
    """min(max(x, a_min), a_max); NaN stays NaN. Any dtype; for integers the bounds are cut to whole
    numbers of that dtype."""
    low, high = a_min, a_max
    if data.dtype.kind in "iu":
        limits = xp.iinfo(data.dtype)
        low, high = (int(min(max(bound, limits.min), limits.max)) for bound in (a_min, a_max))
    elif data.dtype.kind == "b":
        low, high = bool(a_min > 0), bool(a_max)
    return xp.clip(data, low, high, out=out)


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


@op("where", shape=_where_rule, dtype=_where_dtype)
def where(xp, condition, x, y, /):
    """Elements of `x` where the condition is not 0, of `y` elsewhere.

    `x` and `y` have one shape and dtype. The condition has that shape, or it has one dimension and
    chooses whole rows. Its dtype is any.
    """
    chosen = condition != 0
    if condition.ndim < x.ndim:
        chosen = chosen.reshape(-1, *(1,) * (x.ndim - 1))
    return xp.where(chosen, x, y)


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
        raise OutOfRange("nothing can be taken from an axis of size 0")
    if mode == "wrap":
        return whole % max(size, 1)
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


@op("take", shape=_take_rule, dtype=first_dtype)
def take(xp, a, indices, /, *, axis: int = 0, mode: Literal["clip", "raise", "wrap"] = "clip"):
    """The positions `indices` of one axis of `a`.

    Shape: the axis is replaced by all dimensions of `indices`. Indices of any dtype are cut to
    whole numbers. Those outside are moved to the nearest position (`clip`), counted round and round
    (`wrap`, so -1 is the last), or an OutOfRange error (`raise`).
    """
    place = axis_of(axis, a.ndim)
    return xp.take(a, _positions(xp, indices, a.shape[place], mode), axis=place)


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


@op("pick", alias=("choose_element_0index",), shape=_pick_rule, dtype=first_dtype)
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
    """
    place = axis_of(axis, data.ndim)
    kept = (*data.shape[:place], 1, *data.shape[place + 1 :])
    positions = _positions(xp, index, data.shape[place], mode).reshape(kept)
    result = xp.take_along_axis(data, positions, axis=place)
    return result if keepdims or data.ndim == 1 else xp.squeeze(result, place)


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


@op("batch_take", shape=_batch_take_rule, dtype=_batch_take_dtype)
def batch_take(xp, a, indices, /):
    """`a[i, indices[i]]` of a matrix (n, m), indices (n,) of int32; those outside are clipped."""
    positions = _positions(xp, indices, a.shape[1], "clip")
    return xp.take_along_axis(a, positions[:, None], axis=1).reshape(-1)


def _one_hot_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    (indices,), (out,) = ins, outs
    if indices is None:
        return ins, outs
    out = unify((*indices, params["depth"]), out) or ()
    return (out[:-1],), (out,)


@op("one_hot", shape=_one_hot_rule, dtype=param_dtype)
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
    """
    hot = indices.astype("int64")[..., None] == xp.arange(depth)
    result = xp.full(hot.shape, off_value, dtype=dtype)
    result[hot] = on_value
    return result


def _diagonal(data: Shape, k: int, axis1: int, axis2: int) -> Shape:
    if len(data) == 1:
        size = (data[0] or 0) + abs(k)
        return (size, size)
    first, second = axis_of(axis1, len(data)), axis_of(axis2, len(data))
    if first == second:
        raise Mismatch("axis1 and axis2 must be two axes")
    rows, columns = data[first] or 0, data[second] or 0
    size = min(rows, columns - k) if k >= 0 else min(rows + k, columns)
    if size <= 0:
        raise Mismatch(f"{shape_text(data)} has no diagonal {k}")
    return (*(dim for axis, dim in enumerate(data) if axis not in (first, second)), size)


@op("diag", shape=forward(_diagonal))
def diag(xp, data, /, *, k: int = 0, axis1: int = 0, axis2: int = 1):
    """Diagonal `k` of the planes of two axes, as the last axis; of a vector, the matrix with it."""
    if data.ndim == 1:
        return xp.diag(data, k)
    return xp.diagonal(data, k, axis1, axis2).copy()
