"""What the plan of a graph ends in, on a GPU: a copy to an output, and a sum with a gradient."""

from __future__ import annotations

from typing import Any

from ...cuda import NUMBERS, TYPES, elementwise

_COPY = elementwise("copy_to_output", "const T x, T y", "y = x;", TYPES)
_ADD = elementwise("add_to_gradient", "const T x, T& total", "total = T(A(total) + A(x));", NUMBERS)


def copied(xp: Any, data: Any, out: Any) -> Any:
    """`out` with the elements of an array of the same shape and dtype."""
    if data.flags.c_contiguous and data.dtype == out.dtype:
        _COPY(xp, out.dtype, (data, out, out.size), size=out.size)
    else:
        xp.copyto(out, data)
    return out


def added(xp: Any, total: Any, data: Any) -> Any:
    """`total` with the elements of an array of the same shape and dtype added."""
    if data.flags.c_contiguous and data.dtype == total.dtype and data.dtype.kind != "b":
        _ADD(xp, total.dtype, (data, total, total.size), size=total.size)
        return total
    return xp.add(total, data, out=total)
