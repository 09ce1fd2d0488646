"""Operators that change the dtype, or keep only shape and dtype."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np

from ..errors import UnsupportedError
from ..specs import DType, as_dtype
from . import numbered
from .backward import no_gradient
from .params import Range
from .registry import op
from .rules import DTypes, Mismatch, Params, Shapes, param_dtype, unify, unify_dtypes


@op(
    "Cast",
    alias=("cast",),
    dtype=param_dtype,
    gradient=lambda F, g, y, data, dtype: F._backward_Cast(g, data),
    kernel="data",
)
def cast(xp, data, /, *, dtype: DType, out=None):
    """The values in another dtype.

    Floats are cut to whole numbers towards zero, numbers other than 0 become True, and floats are
    rounded to the nearest of a narrower dtype. The gradient has the input's dtype.

    >>> mx.nd.cast(mx.nd.array([1.7, -1.7]), dtype="int32").asnumpy()
    array([ 1, -1], dtype=int32)
    """
    if xp is not np and data.dtype.kind == "f" and np.dtype(dtype).kind in "iu":
        # By way of 64 bits 300 becomes 44 and -1 255, as on the CPU; a GPU gives the nearest that there is.
        data = data.astype("int64", copy=False)
    if out is None:
        return data.astype(dtype)
    if xp is not np and out.dtype == data.dtype and out.data.ptr == data.data.ptr:
        return out  # in place; what CUDA does when memory is copied onto itself is not said
    xp.copyto(out, data, casting="unsafe")
    return out


def _own_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    shape = unify(ins[0], outs[0])
    return (shape, ins[1]), (shape,)


def _last_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    return ins, (unify_dtypes((ins[1], *outs)),)


@op(
    "_backward_Cast",
    outline=("like",),
    shape=_own_shape,
    dtype=_last_dtype,
    gradient=lambda F, g, y, data, like: (F._backward_Cast(g, data), None),
)
def backward_cast(xp, data, like, /, *, out=None):
    """`data` in the dtype of `like`, whatever the shape of that."""
    return cast(xp, data, dtype=like.dtype, out=out)


_NARROW = tuple(map(as_dtype, ("float16", "float32")))


def _amp_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    (data,) = ins
    if data is None:
        return ins, outs
    return ins, (unify_dtypes((params["dtype"] if data in _NARROW else data, *outs)),)


@op(
    "amp_cast",
    dtype=_amp_dtype,
    gradient=lambda F, g, y, data, dtype: F._backward_Cast(g, data),
)
def amp_cast(xp, data, /, *, dtype: DType):
    """Arrays of float16 and float32 in another dtype; others as they are.

    It is what tools for automatic mixed precision put into a graph.

    >>> mx.nd.amp_cast(mx.nd.array([1, 2]), dtype="float16").dtype
    <class 'numpy.float16'>
    """
    return data.astype(dtype if data.dtype in _NARROW else data.dtype)


def _common(dtypes: Sequence[DType], narrow: bool) -> list[DType]:
    """The dtypes with float16 and float32 replaced by one, which MXNet chooses in this way."""
    half, single = _NARROW
    first, second = (half, single) if narrow else (single, dtypes[0])
    chosen = first if first in dtypes else second
    return [chosen if dtype in _NARROW else dtype for dtype in dtypes]


def _multicast_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    given = [dtype for dtype in ins if dtype is not None]
    if len(given) < len(ins):
        return ins, outs
    targets = _common(given, params["cast_narrow"])
    return ins, tuple(unify_dtypes(pair) for pair in zip(targets, outs, strict=True))


def _multicast_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    if len(ins) != params["num_outputs"]:
        raise Mismatch(
            f"num_outputs must be {len(ins)}, the number of inputs",
            hint="num_outputs counts the arrays given.",
        )
    both = tuple(unify(*pair) for pair in zip(ins, outs, strict=True))
    return both, both


def _multicast_names(params: Params) -> Sequence[str]:
    return numbered.outputs(params["num_outputs"])


def _multicast_gradient(F: Any, g: Any, y: Any, *data: Any, **params: Any) -> Any:
    parts = g if isinstance(g, tuple) else (g,)
    return tuple(
        None if part is None else F._backward_Cast(part, item)
        for part, item in zip(parts, data, strict=True)
    )


@op(
    "amp_multicast",
    shape=_multicast_shape,
    dtype=_multicast_dtype,
    outputs=_multicast_names,
    gradient=_multicast_gradient,
)
def amp_multicast(
    xp, /, *data, num_outputs: Annotated[int, Range(1, None)], cast_narrow: bool = False
):
    """Arrays of float16 and float32 in one dtype; others as they are.

    It is float32 if an array has that, else that of the first array.

    num_outputs
        How many arrays there are.
    cast_narrow
        It is float16 instead if an array has that, else float32.

    >>> x, y = mx.nd.array([1]), mx.nd.array([2], dtype="float16")
    >>> [item.dtype.__name__ for item in mx.nd.amp_multicast(x, y, num_outputs=2)]
    ['float32', 'float32']
    """
    targets = _common([item.dtype for item in data], cast_narrow)
    return tuple(item.astype(dtype) for item, dtype in zip(data, targets, strict=True))


@op("cast_storage", view=True, gradient=lambda F, g, y, data, stype: g)
def cast_storage(xp, data, /, *, stype: Literal["csr", "default", "row_sparse"]):
    """The input itself; `stype` must be "default", because all arrays are dense.

    >>> mx.nd.cast_storage(mx.nd.array([1, 2]), stype="default").asnumpy()
    array([1., 2.], dtype=float32)
    """
    if stype != "default":
        raise UnsupportedError(
            f"the storage type {stype!r} is not served", hint="Use dense arrays."
        )
    return data


@op("zeros_like", outline=("data",), gradient=no_gradient)
def zeros_like(xp, data, /, *, out=None):
    """Zeros in the shape and dtype of the input.

    >>> mx.nd.zeros_like(mx.nd.array([1, 2])).asnumpy()
    array([0., 0.], dtype=float32)
    """
    return _filled(xp, data, 0, out)


@op("ones_like", outline=("data",), gradient=no_gradient)
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
