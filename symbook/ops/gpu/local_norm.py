"""Local response normalisation on a GPU: one kernel each way, whose threads look at their neighbours."""

from __future__ import annotations

import math
from typing import Any

from ...cuda import FLOATS, Kernel

_LRN = Kernel(
    "lrn",
    """
KERNEL lrn(const T* x, T* y, T* norm, long long size, long long channels, long long inner,
           long long reach, double alpha, double knorm, double beta) {
    FOR_EACH(i, size) {
        const I c = i / I(inner) % I(channels);
        const I below = c < I(reach) ? c : I(reach);
        const I above = I(channels) - 1 - c < I(reach) ? I(channels) - 1 - c : I(reach);
        A sum = A(0);
        for (I k = -below; k <= above; k++) {
            const A value = A(x[i + k * I(inner)]);
            sum += value * value;
        }
        sum = sum * A(alpha) + A(knorm);
        norm[i] = T(sum);
        y[i] = T(A(pow(sum, A(-beta))) * A(x[i]));
    }
}""",
    types=FLOATS,
)

# `grad`, times the power of the norm, by the two ways through a number: itself, and the sums it is in.
_BACKWARD = Kernel(
    "lrn_backward",
    """
KERNEL lrn_backward(const T* grad, const T* x, const T* norm, T* out, long long size, long long channels,
                    long long inner, long long reach, double beta, double factor) {
    FOR_EACH(i, size) {
        const I c = i / I(inner) % I(channels);
        const I below = c < I(reach) ? c : I(reach);
        const I above = I(channels) - 1 - c < I(reach) ? I(channels) - 1 - c : I(reach);
        A around = A(0);
        for (I k = -below; k <= above; k++) {
            const I j = i + k * I(inner);
            const A by = A(norm[j]);
            around += A(pow(by, A(-beta))) * A(grad[j]) * A(x[j]) / by;
        }
        const A own = A(pow(A(norm[i]), A(-beta))) * A(grad[i]);
        out[i] = T(own - around * A(x[i]) * A(factor));
    }
}""",
    types=FLOATS,
)


def forward(
    xp: Any, data: Any, size: int, alpha: float, knorm: float, beta: float
) -> tuple[Any, Any]:
    """The result, and what is raised to the power; `alpha` is the factor of the sum of `size` squares."""
    data = xp.ascontiguousarray(data)
    out, norm = (xp.empty(data.shape, dtype=data.dtype) for _ in range(2))
    args = (data, out, norm, *_sizes(data, size), alpha, knorm, beta)
    _LRN(xp, data.dtype, args=args, size=data.size)
    return out, norm


def backward(
    xp: Any, grad: Any, data: Any, norm: Any, size: int, beta: float, factor: float
) -> Any:
    """The gradient of the data."""
    grad, data, norm = (xp.ascontiguousarray(item) for item in (grad, data, norm))
    out = xp.empty(data.shape, dtype=data.dtype)
    args = (grad, data, norm, out, *_sizes(data, size), beta, factor)
    _BACKWARD(xp, data.dtype, args=args, size=data.size)
    return out


def _sizes(data: Any, size: int) -> tuple[int, int, int, int]:
    return data.size, data.shape[1], math.prod(data.shape[2:]), (size - 1) // 2
