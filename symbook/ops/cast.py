"""Operators that change the dtype, or keep only shape and dtype."""

from __future__ import annotations

from typing import Any

from ..specs import DType
from .backward import no_gradient
from .registry import op
from .rules import DTypes, Params, Shapes, param_dtype, unify, unify_dtypes


@op(
    "Cast",
    alias=("cast",),
    dtype=param_dtype,
    gradient=lambda F, g, y, data, dtype: F._backward_Cast(g, data),
)
def cast(xp, data, /, *, dtype: DType, out=None):
    """The values in another dtype.

    Floats are cut to whole numbers towards zero, numbers other than 0 become True, and floats are
    rounded to the nearest of a narrower dtype. The gradient has the input's dtype.

    >>> mx.nd.cast(mx.nd.array([1.7, -1.7]), dtype="int32").asnumpy()
    array([ 1, -1], dtype=int32)
    """
    if out is None:
        return data.astype(dtype)
    xp.copyto(out, data, casting="unsafe")
    return out


def _own_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    shape = unify(ins[0], outs[0])
    return (shape, ins[1]), (shape,)


def _last_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    return ins, (unify_dtypes((ins[1], *outs)),)


@op(
    "_backward_Cast",
    shape=_own_shape,
    dtype=_last_dtype,
    gradient=lambda F, g, y, data, like: (F._backward_Cast(g, data), None),
)
def backward_cast(xp, data, like, /, *, out=None):
    """`data` in the dtype of `like`, whatever the shape of that."""
    return cast(xp, data, dtype=like.dtype, out=out)


@op("zeros_like", gradient=no_gradient)
def zeros_like(xp, data, /, *, out=None):
    """Zeros in the shape and dtype of the input.

    >>> mx.nd.zeros_like(mx.nd.array([1, 2])).asnumpy()
    array([0., 0.], dtype=float32)
    """
    return _filled(xp, data, 0, out)


@op("ones_like", gradient=no_gradient)
def ones_like(xp, data, /, *, out=None):
    """Ones in the shape and dtype of the input.

    >>> mx.nd.ones_like(mx.nd.array([1, 2])).asnumpy()
    array([1., 1.], dtype=float32)
    """
    return _filled(xp, data, 1, out)


def _filled(xp: Any, data: Any, value: int, out: Any) -> Any:
    out = xp.empty(data.shape, data.dtype) if out is None else out
    out.fill(value)
    return out
