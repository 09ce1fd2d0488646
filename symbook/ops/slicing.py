"""Slices: parts of arrays by positions that are known beforehand."""

from __future__ import annotations

from typing import Any

from ..errors import counted, shape_text
from ..specs import Dim, Shape
from .backward import gradient_dtype, like_shape
from .registry import op
from .rules import (
    Mismatch,
    Params,
    Shapes,
    axes_of,
    axis_of,
    first_dtype,
    forward,
    unify,
)

Bounds = tuple[int | None, ...]


def _slices(rank: int, begin: Bounds, end: Bounds, step: Bounds) -> list[slice]:
    if len(begin) != len(end) or (step and len(step) != len(begin)):
        raise Mismatch(
            f"begin {begin}, end {end} and step {step} must be of one length",
            hint="Give one of each for every dimension that is cut.",
        )
    if len(begin) > rank:
        raise Mismatch(
            f"begin has {len(begin)} positions for an array of {counted(rank, 'dimension')}",
            hint="Give one for each dimension, or fewer.",
        )
    if 0 in step:
        raise Mismatch(
            "a step of a slice cannot be 0", hint="step=1 takes each element, step=2 every second."
        )
    return [
        slice(first, last, by)
        for first, last, by in zip(begin, end, step or (None,) * len(begin), strict=True)
    ]


def _sliced_dim(dim: Dim, part: slice) -> Dim:
    if dim is None or part == slice(None):
        return dim
    if part.start is not None and part.start < -dim:
        raise Mismatch(
            f"begin {part.start} is out of range for a dimension of size {dim}",
            hint="Positions are counted from 0, or from -1 back.",
        )
    return len(range(*part.indices(dim)))


def _slice_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    (source,) = ins
    if source is None:
        return ins, outs
    parts = _slices(len(source), **params)
    dims = [_sliced_dim(dim, part) for dim, part in zip(source, parts, strict=False)]
    return ins, (unify((*dims, *source[len(dims) :]), outs[0]),)


@op(
    "slice",
    alias=("crop",),
    shape=_slice_rule,
    view=True,
    gradient=lambda F, g, y, data, **params: F._backward_slice(g, data, **params),
)
def slice_(xp, data, /, *, begin: Bounds, end: Bounds, step: Bounds = ()):
    """`data[begin[0]:end[0]:step[0], begin[1]:end[1]:step[1], …]`.

    None leaves a bound open, negative ones count from the end, a negative step goes backwards.

    >>> mx.nd.slice(mx.nd.array([[1, 2, 3], [4, 5, 6]]), begin=(0, 1), end=(None, 3)).asnumpy()
    array([[2., 3.],
           [5., 6.]], dtype=float32)
    """
    return data[tuple(_slices(data.ndim, begin, end, step))]


@op(
    "_backward_slice",
    outline=("data",),
    shape=like_shape,
    dtype=gradient_dtype,
    gradient=lambda F, g, y, ograd, data, **params: (F.slice(g, **params), None),
)
def backward_slice(xp, ograd, data, /, *, begin: Bounds, end: Bounds, step: Bounds = ()):
    """The gradient of `slice`: `ograd` in its place among zeros, in the shape of `data`."""
    return _placed(xp, ograd, data.shape, _slices(data.ndim, begin, end, step))


def _placed(xp: Any, part: Any, shape: tuple[int, ...], place: list[slice]) -> Any:
    result = xp.zeros(shape, part.dtype)
    result[tuple(place)] = part
    return result


def _assigned_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    whole = unify(ins[0], outs[0])
    if whole is None:
        return ins, outs
    (source,), (part,) = _slice_rule((whole,), ins[1:], params)
    return (source, part), (source,)


# As in MXNet, these two have no gradient.
@op("_slice_assign", alias=("_crop_assign",), shape=_assigned_rule)
def slice_assign(xp, lhs, rhs, /, *, begin: Bounds, end: Bounds, step: Bounds = ()):
    """A copy of `lhs` with `rhs` in place of the slice; bounds as in `slice`.

    >>> x, part = mx.nd.zeros((2, 3)), mx.nd.array([[5], [6]])
    >>> mx.nd._internal._slice_assign(x, part, begin=(0, 1), end=(2, 2)).asnumpy()
    array([[0., 5., 0.],
           [0., 6., 0.]], dtype=float32)
    """
    result = lhs.copy()
    result[tuple(_slices(lhs.ndim, begin, end, step))] = rhs
    return result


def _numbered_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    whole = unify(ins[0], outs[0])
    if whole is not None:
        _slice_rule((whole,), (None,), {key: params[key] for key in ("begin", "end", "step")})
    return (whole,), (whole,)


@op("_slice_assign_scalar", alias=("_crop_assign_scalar",), shape=_numbered_rule)
def slice_assign_scalar(
    xp, data, /, *, scalar: float = 0.0, begin: Bounds, end: Bounds, step: Bounds = ()
):
    """A copy of `data` with a number everywhere in the slice; bounds as in `slice`.

    >>> x = mx.nd.zeros((2, 3))
    >>> mx.nd._internal._slice_assign_scalar(x, scalar=5, begin=(0, 1), end=(2, 2)).asnumpy()
    array([[0., 5., 0.],
           [0., 5., 0.]], dtype=float32)
    """
    result = data.copy()
    result[tuple(_slices(data.ndim, begin, end, step))] = scalar
    return result


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


@op(
    "slice_axis",
    shape=_slice_axis_rule,
    view=True,
    gradient=lambda F, g, y, data, **params: F._backward_slice_axis(g, data, **params),
)
def slice_axis(xp, data, /, *, axis: int, begin: int, end: int | None):
    """The positions from `begin` to `end` (None: to its last) of one axis.

    >>> mx.nd.slice_axis(mx.nd.array([[1, 2, 3], [4, 5, 6]]), axis=1, begin=-2, end=None).asnumpy()
    array([[2., 3.],
           [5., 6.]], dtype=float32)
    """
    place, part, _ = _axis_slice(data.shape, axis, begin, end)
    return data[(slice(None),) * place + (part,)]


@op(
    "_backward_slice_axis",
    outline=("data",),
    shape=like_shape,
    dtype=gradient_dtype,
    gradient=lambda F, g, y, ograd, data, **params: (F.slice_axis(g, **params), None),
)
def backward_slice_axis(xp, ograd, data, /, *, axis: int, begin: int, end: int | None):
    """The gradient of `slice_axis`: `ograd` in its place among zeros, in the shape of `data`."""
    axis, part, _ = _axis_slice(data.shape, axis, begin, end)
    return _placed(xp, ograd, data.shape, [slice(None)] * axis + [part])


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
            raise Mismatch(
                f"axis {axis} of {shape_text(data)} has fewer than {size} positions",
                hint="The second array is nowhere larger than the first.",
            )
        sizes[place] = size
    return tuple(sizes)


@op(
    "slice_like",
    outline=("shape_like",),
    shape=forward(_like_sizes),
    dtype=first_dtype,
    view=True,
    gradient=lambda F, g, y, data, like, **params: (F._backward_slice_like(g, data), None),
)
def slice_like(xp, data, shape_like, /, *, axes: tuple[int, ...] = ()):
    """The first positions of each axis, as many as `shape_like` has; by default of every axis.

    >>> mx.nd.slice_like(mx.nd.array([[1, 2, 3], [4, 5, 6]]), mx.nd.zeros((1, 2))).asnumpy()
    array([[1., 2.]], dtype=float32)
    """
    return data[tuple(slice(size) for size in _like_sizes(data.shape, shape_like.shape, axes))]


@op(
    "_backward_slice_like",
    outline=("data",),
    shape=like_shape,
    dtype=gradient_dtype,
    gradient=lambda F, g, y, ograd, data: (F.slice_like(g, ograd), None),
)
def backward_slice_like(xp, ograd, data, /):
    """The gradient of `slice_like`: `ograd` among zeros at the end of each axis of `data`."""
    return _placed(xp, ograd, data.shape, [slice(size) for size in ograd.shape])
