"""Element-wise arithmetic of arrays."""

from __future__ import annotations

from .registry import op
from .rules import elementwise


@op("elemwise_add", alias=("_plus", "_Plus", "_add"), shape=elementwise)
def elemwise_add(xp, lhs, rhs, /, *, out=None):
    """Sum of two arrays, element by element."""
    return xp.add(lhs, rhs, out=out)


@op("elemwise_mul", alias=("_mul", "_Mul"), shape=elementwise)
def elemwise_mul(xp, lhs, rhs, /, *, out=None):
    """Product of two arrays, element by element."""
    return xp.multiply(lhs, rhs, out=out)
