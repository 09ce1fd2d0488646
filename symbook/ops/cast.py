"""Operators that change the dtype, or keep only shape and dtype."""

from __future__ import annotations

from typing import Any

from ..specs import DType
from .registry import op
from .rules import param_dtype


@op("Cast", alias=("cast",), dtype=param_dtype)
def cast(xp, data, /, *, dtype: DType, out=None):
    """The values in another dtype.

    Floats are cut to whole numbers towards zero, numbers other than 0 become True, and floats are
    rounded to the nearest of a narrower dtype.
    """
    if out is None:
        return data.astype(dtype)
    xp.copyto(out, data, casting="unsafe")
    return out


@op("zeros_like")
def zeros_like(xp, data, /, *, out=None):
    """Zeros in the shape and dtype of the input."""
    return _filled(xp, data, 0, out)


@op("ones_like")
def ones_like(xp, data, /, *, out=None):
    """Ones in the shape and dtype of the input."""
    return _filled(xp, data, 1, out)


def _filled(xp: Any, data: Any, value: int, out: Any) -> Any:
    out = xp.empty(data.shape, data.dtype) if out is None else out
    out.fill(value)
    return out
