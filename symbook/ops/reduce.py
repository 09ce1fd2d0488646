"""Reductions: sums, products, extremes and norms along axes.

Where nothing is left of the shape, the result has the shape (1,): MXNet has no arrays without axes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from ..specs import Shape
from .arithmetic import divide
from .backward import gradient_dtype, like_shape
from .casting import numeric, stored
from .registry import Gradient, op
from .rules import DTypes, Mismatch, Params, axes_of, forward, unify_dtypes

Axes = int | tuple[int, ...] | None


# Shapes


def remaining(shape: Shape, axes: tuple[int, ...], keepdims: bool) -> Shape:
    """The shape without those axes, or with size 1 in their places."""
    if keepdims:
        return tuple(1 if i in axes else dim for i, dim in enumerate(shape))
    return tuple(dim for i, dim in enumerate(shape) if i not in axes) or (1,)


def _reduced(shape: Shape, axis: Axes, keepdims: bool, exclude: bool = False, **_: Any) -> Shape:
    return remaining(shape, axes_of(axis, len(shape), exclude), keepdims)


def reduced_nonempty(
    shape: Shape, axis: Axes, keepdims: bool, exclude: bool = False, **_: Any
) -> Shape:
    """As :func:`_reduced`, for reductions that have no value over nothing."""
    axes = axes_of(axis, len(shape), exclude)
    if any(shape[i] == 0 for i in axes):
        raise Mismatch(
            f"there is nothing to take it of along an axis of size 0 in {shape}",
            hint="Give an array that has elements there.",
        )
    return remaining(shape, axes, keepdims)


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
        total = xp.asarray(_reduce(xp, "sum", data, axes, keepdims, out))  # () would be a number
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


_MISREADS_BACKWARDS = np.lib.NumpyVersion(np.__version__) < "2.2.0"
"""NumPy 2.0 and 2.1 take wrong extremes into `out` of what runs backwards through memory."""


def _extreme(function: str) -> Callable[..., Any]:
    def compute(xp, data, axes, keepdims, out):
        if _MISREADS_BACKWARDS and out is not None and min(data.strides, default=0) < 0:
            return stored(_reduce(xp, function, data, axes, keepdims, None), data.dtype, out)
        return _reduce(xp, function, data, axes, keepdims, out)

    return compute


def _register(
    name: str,
    compute: Callable[..., Any],
    doc: str,
    example: tuple[str, str],
    gradient: Gradient,
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

    >>> mx.nd.{name}(mx.nd.array({example[0]}), axis=1).asnumpy()
    array({example[1]}, dtype=float32)
    """
    op(name, alias=alias, shape=forward(shape, whole=False), gradient=gradient)(reduction)


# Sums and means, and what undoes them


def _spread(F: Any, g: Any, data: Any, axis: Axes, keepdims: bool, exclude: bool = False) -> Any:
    """A value of each reduction, at all the elements that it was made of."""
    return F._backward_sum(g, data, axis=axis, keepdims=keepdims, exclude=exclude)


def _numbers_only(F: Any, g: Any, data: Any) -> Any:
    """`g` where the data is not NaN, else 0."""
    return F.where(F._equal(data, data), g, F.zeros_like(g))


_register(
    "sum",
    _accumulated("sum"),
    "Sum of the elements along axes; 0 of no elements. Integers wrap around; of booleans it is any.",
    ("[[1, 2], [3, 4]]", "[3., 7.]"),
    lambda F, g, y, data, **params: _spread(F, g, data, **params),
    alias=("sum_axis",),
)
_register(
    "nansum",
    _accumulated("nansum"),
    "Sum of the elements along axes, NaN taken as 0.",
    ("[[1, 2], [3, float('nan')]]", "[3., 3.]"),
    lambda F, g, y, data, **params: _numbers_only(F, _spread(F, g, data, **params), data),
)
_register(
    "mean",
    _mean,
    "Mean of the elements along axes; NaN of no elements. Of integers the fraction is dropped.",
    ("[[1, 2], [3, 4]]", "[1.5, 3.5]"),
    lambda F, g, y, data, **params: F._backward_mean(g, data, **params),
)


def _over(data: Any, g: Any, axis: Axes, keepdims: bool, exclude: bool) -> Any:
    """`g`, of the shape of a reduction, with size 1 on the axes that were reduced."""
    return g.reshape(remaining(data.shape, axes_of(axis, data.ndim, exclude), True))


@op(
    "_backward_sum",
    outline=("data",),
    shape=like_shape,
    dtype=gradient_dtype,
    view=True,
    gradient=lambda F, g, y, ograd, data, **params: (F.sum(g, **params), None),
)
def backward_sum(
    xp,
    ograd,
    data,
    /,
    *,
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
):
    """The gradient of `sum`: `ograd` repeated along the axes reduced, in the shape of `data`."""
    return xp.broadcast_to(_over(data, ograd, axis, keepdims, exclude), data.shape)


@op(
    "_backward_mean",
    outline=("data",),
    shape=like_shape,
    dtype=gradient_dtype,
    view=True,
    gradient=lambda F, g, y, ograd, data, **params: (F.mean(g, **params), None),
)
def backward_mean(
    xp,
    ograd,
    data,
    /,
    *,
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
):
    """The gradient of `mean`: as of `sum`, over the number of elements reduced to one."""
    # In float64: the number may be too large for float16.
    share = ograd.astype("float64") / (data.size // max(ograd.size, 1) or 1)
    spread = _over(data, share.astype(ograd.dtype), axis, keepdims, exclude)
    return xp.broadcast_to(spread, data.shape)


# Products


def _product_gradient(F: Any, g: Any, y: Any, data: Any, **params: Any) -> Any:
    # NaN at a 0, as in MXNet.
    return _spread(F, g * y, data, **params) / data


_register(
    "prod",
    _accumulated("prod"),
    "Product of the elements along axes; 1 of no elements. Integers wrap around; of booleans it is all.",
    ("[[1, 2], [3, 4]]", "[ 2., 12.]"),
    _product_gradient,
)
_register(
    "nanprod",
    _accumulated("nanprod"),
    "Product of the elements along axes, NaN taken as 1.",
    ("[[1, 2], [3, float('nan')]]", "[2., 3.]"),
    lambda F, g, y, data, **params: _numbers_only(
        F, _product_gradient(F, g, y, data, **params), data
    ),
)


# Extremes


def _extreme_gradient(F: Any, g: Any, y: Any, data: Any, **params: Any) -> Any:
    # All elements that are equal to the extreme have its gradient.
    return F._equal(data, _spread(F, y, data, **params)) * _spread(F, g, data, **params)


_register(
    "max",
    _extreme("max"),
    "Largest element along axes; NaN where there is one. Axes of size 0 are refused.",
    ("[[1, 2], [4, 3]]", "[2., 4.]"),
    _extreme_gradient,
    alias=("max_axis",),
    shape=reduced_nonempty,
)
_register(
    "min",
    _extreme("min"),
    "Smallest element along axes; NaN where there is one. Axes of size 0 are refused.",
    ("[[1, 2], [4, 3]]", "[1., 3.]"),
    _extreme_gradient,
    alias=("min_axis",),
    shape=reduced_nonempty,
)


# Norms


def _norm_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    """`out_dtype` where it is given, else the array's dtype, which is not bool."""
    chosen: str | None = params["out_dtype"]
    if chosen is None:
        return numeric(ins, outs, params)
    return ins, (unify_dtypes((np.dtype(chosen), *outs)),)


def _norm_gradient(
    F: Any, g: Any, y: Any, data: Any, ord: int, axis: Axes, out_dtype: str | None, keepdims: bool
) -> Any:
    if out_dtype is not None:
        g, y = F._backward_Cast(g, data), F._backward_Cast(y, data)
    if ord == 1:
        return _spread(F, g, data, axis, keepdims) * F.sign(data)
    # NaN where the norm is 0, as in MXNet.
    return _spread(F, g / y, data, axis, keepdims) * data


@op("norm", shape=forward(_reduced, whole=False), dtype=_norm_dtype, gradient=_norm_gradient)
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

    >>> mx.nd.norm(mx.nd.array([[3, 4], [6, 8]]), axis=1).asnumpy()
    array([ 5., 10.], dtype=float32)
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
    return stored(result.reshape(remaining(data.shape, axes, keepdims)), dtype, out)
