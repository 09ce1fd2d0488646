"""Reductions: sums, products, extremes, norms and positions along axes.

Where nothing is left of the shape, the result has the shape (1,): MXNet has no arrays without axes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from ..specs import Shape
from .arithmetic import divide
from .casting import numeric, stored
from .registry import op
from .rules import DTypes, Mismatch, Params, axes_of, forward, unify_dtypes

Axes = int | tuple[int, ...] | None


# Shapes


def _remaining(shape: Shape, axes: tuple[int, ...], keepdims: bool) -> Shape:
    """The shape without those axes, or with size 1 in their places."""
    if keepdims:
        return tuple(1 if i in axes else dim for i, dim in enumerate(shape))
    return tuple(dim for i, dim in enumerate(shape) if i not in axes) or (1,)


def _reduced(shape: Shape, axis: Axes, keepdims: bool, exclude: bool = False, **_: Any) -> Shape:
    return _remaining(shape, axes_of(axis, len(shape), exclude), keepdims)


def _reduced_nonempty(
    shape: Shape, axis: Axes, keepdims: bool, exclude: bool = False, **_: Any
) -> Shape:
    """As :func:`_reduced`, for reductions that have no value over nothing."""
    axes = axes_of(axis, len(shape), exclude)
    if any(shape[i] == 0 for i in axes):
        raise Mismatch(f"there is nothing to take it of along an axis of size 0 in {shape}")
    return _remaining(shape, axes, keepdims)


def _channel(shape: Shape) -> Shape:
    if len(shape) < 2:
        raise Mismatch(f"it needs an array of 2 or more dimensions, not {len(shape)}")
    return _reduced_nonempty(shape, 1, False)


# Running


def _reduce(
    xp: Any,
    function: str,
    data: Any,
    axes: tuple[int, ...],
    keepdims: bool,
    out: Any,
    **options: Any,
) -> Any:
    """The namespace's reduction along axes that are counted from the front, in its own dtype.

    `out`, where it is given, must have the result's shape; the shape (1,) stands in for ().
    """
    reduction = getattr(xp, function)
    if keepdims or len(axes) < data.ndim:
        return reduction(data, axis=axes, keepdims=keepdims, out=out, **options)
    target = None if out is None else out.reshape(())
    return reduction(data, axis=axes, out=target, **options).reshape(1)


def _mean(xp, data, axes, keepdims, out):
    kind = data.dtype.kind
    if kind == "b":
        return _reduce(xp, "any", data, axes, keepdims, out)
    if kind == "f" and data.dtype != "float16":
        total = _reduce(xp, "sum", data, axes, keepdims, out)
        return xp.divide(total, _count(data, total), out=total)
    wide = "float32" if kind == "f" else "int64"
    total = _reduce(xp, "sum", data, axes, keepdims, None, dtype=wide)
    return stored(divide(xp, total, _count(data, total)), data.dtype, out)


def _count(data: Any, total: Any) -> Any:
    """How many elements each of the totals is of."""
    return total.dtype.type(data.size // max(total.size, 1))


def _accumulated(function: str) -> Callable[..., Any]:
    """A sum or product in the data's dtype; of float16 it is taken in float32 and rounded once."""

    def compute(xp, data, axes, keepdims, out):
        if data.dtype == "float16":
            wide = _reduce(xp, function, data, axes, keepdims, None, dtype="float32")
            return stored(wide, data.dtype, out)
        return _reduce(xp, function, data, axes, keepdims, out, dtype=data.dtype)

    return compute


def _extreme(function: str) -> Callable[..., Any]:
    def compute(xp, data, axes, keepdims, out):
        return _reduce(xp, function, data, axes, keepdims, out)

    return compute


def _register(
    name: str,
    compute: Callable[..., Any],
    doc: str,
    alias: tuple[str, ...] = (),
    shape: Callable[..., Shape] = _reduced,
) -> None:
    """Register a reduction by `compute(xp, data, axes, keepdims, out)`."""

    def reduction(
        xp,
        data,
        /,
        *,
        axis: int | tuple[int, ...] | None = None,
        keepdims: bool = False,
        exclude: bool = False,
        out=None,
    ):
        return compute(xp, data, axes_of(axis, data.ndim, exclude), keepdims, out)

    reduction.__name__ = name
    reduction.__doc__ = f"""{doc}

    axis
        One or several axes, negative ones counted from the back; all of them by default.
    keepdims
        Leave the axes in the result, with size 1.
    exclude
        Reduce all axes but those named.

    The result has the array's dtype.
    """
    op(name, alias=alias, shape=forward(shape, whole=False))(reduction)


for _name, _compute, _doc in (
    (
        "prod",
        _accumulated("prod"),
        "Product of the elements along axes; 1 of no elements. Integers wrap around; of booleans it is all.",
    ),
    ("nansum", _accumulated("nansum"), "Sum of the elements along axes, NaN taken as 0."),
    ("nanprod", _accumulated("nanprod"), "Product of the elements along axes, NaN taken as 1."),
    (
        "mean",
        _mean,
        "Mean of the elements along axes; NaN of no elements. Of integers the fraction is dropped.",
    ),
):
    _register(_name, _compute, _doc)

_register(
    "sum",
    _accumulated("sum"),
    "Sum of the elements along axes; 0 of no elements. Integers wrap around; of booleans it is any.",
    alias=("sum_axis",),
)
_register(
    "max",
    _extreme("max"),
    "Largest element along axes; NaN where there is one. Axes of size 0 are refused.",
    alias=("max_axis",),
    shape=_reduced_nonempty,
)
_register(
    "min",
    _extreme("min"),
    "Smallest element along axes; NaN where there is one. Axes of size 0 are refused.",
    alias=("min_axis",),
    shape=_reduced_nonempty,
)


def _norm_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    """`out_dtype` where it is given, else the array's dtype, which is not bool."""
    chosen: str | None = params["out_dtype"]
    if chosen is None:
        return numeric(ins, outs, params)
    return ins, (unify_dtypes((np.dtype(chosen), *outs)),)


@op("norm", shape=forward(_reduced, whole=False), dtype=_norm_dtype)
def norm(
    xp,
    data,
    /,
    *,
    ord: Literal[1, 2] = 2,
    axis: int | tuple[int, ...] | None = None,
    out_dtype: Literal["float16", "float32", "float64", "int32", "int64", "int8"] | None = None,
    keepdims: bool = False,
    out=None,
):
    """Norm of the elements along axes.

    ord
        1: the sum of absolute values. 2: the square root of the sum of squares, taken of the
        elements over the largest of them, so that no square overflows.
    axis, keepdims
        As in `sum`.
    out_dtype
        Dtype of the result; the array's own by default. Of integers, the fraction is dropped.
    """
    axes = axes_of(axis, data.ndim)
    wide = "float32" if data.dtype in ("float16", "float32") else "float64"
    dtype = data.dtype if out_dtype is None else np.dtype(out_dtype)
    size = xp.abs(data.astype(wide, copy=False))
    if ord == 1 or size.size == 0:
        return stored(_reduce(xp, "sum", size, axes, keepdims, None), dtype, out)
    largest = xp.max(size, axis=axes, keepdims=True)
    unit = xp.where((largest > 0) & (largest < xp.inf), largest, largest.dtype.type(1))
    squares = _reduce(xp, "sum", xp.square(size / unit), axes, True, None)
    result = unit * xp.sqrt(squares)
    return stored(result.reshape(_remaining(data.shape, axes, keepdims)), dtype, out)


def _position(xp: Any, function: str, data: Any, axis: int | None, keepdims: bool, out: Any) -> Any:
    """Index of the first extreme, in the data's dtype."""
    whole = axis is None or data.ndim == 1
    found = getattr(xp, function)(data, axis=axis, keepdims=keepdims)
    return stored(found.reshape(1) if whole and not keepdims else found, data.dtype, out)


@op("argmax", shape=forward(_reduced_nonempty, whole=False), dtype=numeric)
def argmax(xp, data, /, *, axis: int | None = None, keepdims: bool = False, out=None):
    """Index of the largest element along an axis, or in the flattened array; the first of several.

    The result has the array's dtype: float32 counts exactly up to 2²⁴. A NaN counts as largest.
    """
    return _position(xp, "argmax", data, axis, keepdims, out)


@op("argmin", shape=forward(_reduced_nonempty, whole=False), dtype=numeric)
def argmin(xp, data, /, *, axis: int | None = None, keepdims: bool = False, out=None):
    """Index of the smallest element along an axis, or in the flattened array; the first of several.

    The result has the array's dtype: float32 counts exactly up to 2²⁴. A NaN counts as smallest.
    """
    return _position(xp, "argmin", data, axis, keepdims, out)


@op("argmax_channel", shape=forward(_channel, whole=False), dtype=numeric)
def argmax_channel(xp, data, /, *, out=None):
    """Index of the largest element along axis 1, of an array of 2 or more dimensions.

    The result has the shape without that axis, and the array's dtype.
    """
    return _position(xp, "argmax", data, 1, False, out)
