"""Dtype rules and conversions that the element-wise families share."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..specs import DType
from .rules import DTypes, Mismatch, Params, is_real, keeps, same_dtype


@keeps(is_real)
def numeric(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    """All inputs and outputs have one dtype, which is not bool."""
    ins, outs = same_dtype(ins, outs, params)
    if outs[0] is not None and outs[0].kind == "b":
        raise Mismatch(
            "it does not take arrays of bool",
            hint="Convert them first: x.astype('int32') or mx.sym.cast(x, dtype='int32').",
        )
    return ins, outs


@keeps(is_real)
def floating(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    """All inputs and outputs have one floating-point dtype."""
    ins, outs = same_dtype(ins, outs, params)
    if outs[0] is not None and outs[0].kind != "f":
        raise Mismatch(
            f"it takes floating-point arrays only, not {outs[0]}",
            hint="Convert them first: x.astype('float32') or mx.sym.cast(x, dtype='float32').",
        )
    return ins, outs


def stored(value: Any, dtype: DType, out: Any = None) -> Any:
    """The value as an array of that dtype, in `out` where it is given.

    A float becomes an integer as in C: the fraction is dropped, and what is too large for the dtype
    wraps around (by way of int64, so that it does so on every processor).
    """
    if dtype.kind in "iu" and value.dtype.kind == "f":
        value = value.astype("int64")
    if out is None:
        return value.astype(dtype, copy=False)
    # A number of NumPy's, which is what its functions make of shape (), is refused where it does not fit.
    out[...] = value if value.ndim else value.astype(dtype)
    return out


def single(value: float) -> float:
    """The value as MXNet holds it: its parameters of kind `float` are float32, for all data."""
    return float(np.float32(value))
