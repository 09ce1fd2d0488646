"""Which of 0 and -0 NumPy takes for the larger and the smaller, which depends on the processor.

To IEEE 754 they are equal. x86's instructions give the second operand, C's `a >= b ? a : b` the first, and
ARM's the 0 as the larger.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ..specs import DType


@cache
def first_wins(function: str, dtype: DType) -> bool | None:
    """Whether `maximum` or `minimum` gives the first of a 0 and a -0; None if neither always wins.

    Asked of vectors of several lengths, for NumPy computes the ends of long ones in another way.
    """
    ufunc = getattr(np, function)
    found = set()
    for size in (1, 3, 8, 67):
        zeros, negative = np.zeros(size, dtype), np.full(size, -0.0, dtype)
        found |= set((~np.signbit(ufunc(zeros, negative))).tolist())
        found |= set(np.signbit(ufunc(negative, zeros)).tolist())
    return found.pop() if len(found) == 1 else None
