"""Rectified linear units that leak, and softrelu, on a GPU: one kernel each."""

from __future__ import annotations

import math
from typing import Any

from ...cuda import FLOATS, Kernel, elementwise

CODES = {"leaky": 0, "elu": 1, "selu": 2, "gelu": 3}

_LEAKY = elementwise(
    "leaky",
    "const T x, T y, long long code, double slope, double scale",
    """
    const A v = A(x);
    if (code == 3) {
        y = T((A(erf(v / A(1.4142135623730951))) + A(1.0f)) * v * A(0.5f));
    } else {
        const A below = minimum(v, A(0));
        const A part = (code == 0 ? below : A(expm1(below))) * A(slope) + maximum(v, A(0));
        y = T(code == 2 ? part * A(scale) : part);
    }
""",
    FLOATS,
)

_LEAKY_BACKWARD = elementwise(
    "leaky_backward",
    "const T grad, const T x, const T y, T out, long long code, double slope, double scale",
    """
    const A v = A(x);
    A by;
    if (code == 3) {
        by = A(exp(v * v * A(-0.5f))) * v * A(0.3989422804014327)
            + (A(erf(v / A(1.4142135623730951))) + A(1.0f)) * A(0.5f);
    } else {
        by = v > A(0) ? A(1.0f) : code == 0 ? A(slope) : A(y) + A(slope);
        if (code == 2) by = by * A(scale);
    }
    out = T(A(grad) * by);
""",
    FLOATS,
)

_PRELU = Kernel(
    "prelu",
    """
KERNEL prelu(const T* x, const T* gamma, T* y, long long size, long long channels, long long inner) {
    FOR_EACH(i, size) {
        const A v = A(x[i]), slope = A(gamma[channels == 1 ? I(0) : i / I(inner) % I(channels)]);
        y[i] = T(minimum(v, A(0)) * slope + maximum(v, A(0)));
    }
}""",
    types=FLOATS,
)

_PRELU_BACKWARD = Kernel(
    "prelu_backward",
    """
KERNEL prelu_backward(const T* grad, const T* x, const T* gamma, T* out, A* below, long long size,
                      long long channels, long long inner) {
    FOR_EACH(i, size) {
        const A v = A(x[i]), g = A(grad[i]);
        const A slope = A(gamma[channels == 1 ? I(0) : i / I(inner) % I(channels)]);
        out[i] = T(v > A(0) ? g : g * slope);
        below[i] = minimum(v, A(0)) * g;
    }
}""",
    types=FLOATS,
)

# A slope for each element, drawn where there is a seed, of 24 bits as float32 has them.
_RANDOM = elementwise(
    "leaky_random",
    "const T x, T y, T slopes, double low, double range, unsigned long long seed, unsigned long long start",
    """
    const Words words = philox(seed, 0, start + i / 4);
    const T slope = T(uniform(words.at[i % 4]) * float(range) + float(low));
    const A v = A(x);
    y = T(minimum(v, A(0)) * A(slope) + maximum(v, A(0)));
    slopes = slope;
""",
    FLOATS,
)

_SOFTRELU = elementwise(
    "softrelu",
    "const T x, T y",
    "const A v = A(x); y = T(v > A(20.0f) ? v : A(log1p(A(exp(v)))));",
    FLOATS,
)
_SOFTRELU_BACKWARD = elementwise(
    "softrelu_backward",
    "const T grad, const T y, T out",
    "out = T(A(grad) * -A(expm1(-A(y))));",
    FLOATS,
)


def leaky(xp: Any, data: Any, kind: str, slope: float, scale: float) -> Any:
    """A unit whose slope is the same for all; selu's result is multiplied by `scale`."""
    data = xp.ascontiguousarray(data)
    out = xp.empty(data.shape, dtype=data.dtype)
    args = (data, out, CODES[kind], slope, scale, data.size)
    _LEAKY(xp, data.dtype, args=args, size=data.size)
    return out


def leaky_backward(
    xp: Any, grad: Any, data: Any, output: Any, kind: str, slope: float, scale: float, out: Any
) -> Any:
    """The gradient of such a unit."""
    grad, data, output = (xp.ascontiguousarray(item) for item in (grad, data, output))
    result = written(xp, out, data)
    args = (grad, data, output, result, CODES[kind], slope, scale, data.size)
    _LEAKY_BACKWARD(xp, data.dtype, args=args, size=data.size)
    return given(out, result)


def prelu(xp: Any, data: Any, gamma: Any) -> Any:
    """A unit with a slope for each channel, or one."""
    data, gamma = xp.ascontiguousarray(data), xp.ascontiguousarray(gamma)
    out = xp.empty(data.shape, dtype=data.dtype)
    args = (data, gamma, out, data.size, gamma.size, math.prod(data.shape[2:]))
    _PRELU(xp, data.dtype, args=args, size=data.size)
    return out


def prelu_backward(xp: Any, grad: Any, data: Any, gamma: Any) -> tuple[Any, Any]:
    """The gradient of the data; and of each element, in the dtype of sums, what it adds to that of gamma."""
    grad, data, gamma = (xp.ascontiguousarray(item) for item in (grad, data, gamma))
    out = xp.empty(data.shape, dtype=data.dtype)
    below = xp.empty(data.shape, dtype="float64" if data.dtype == "float64" else "float32")
    args = (grad, data, gamma, out, below, data.size, gamma.size, math.prod(data.shape[2:]))
    _PRELU_BACKWARD(xp, data.dtype, args=args, size=data.size)
    return out, below


def random_slopes(xp: Any, data: Any, low: float, high: float, generator: Any) -> tuple[Any, Any]:
    """The result and the slopes, drawn from `low` to `high`."""
    data = xp.ascontiguousarray(data)
    key, start = generator.take(-(-data.size // 4))
    out, slopes = (xp.empty(data.shape, dtype=data.dtype) for _ in range(2))
    args = (data, out, slopes, low, high - low, key, start, data.size)
    _RANDOM(xp, data.dtype, args=args, size=data.size)
    return out, slopes


def softrelu(xp: Any, data: Any, out: Any) -> Any:
    """`ln(1 + eˣ)`."""
    data = xp.ascontiguousarray(data)
    result = written(xp, out, data)
    _SOFTRELU(xp, data.dtype, args=(data, result, data.size), size=data.size)
    return given(out, result)


def softrelu_backward(xp: Any, grad: Any, output: Any, out: Any) -> Any:
    """Its gradient, from its result."""
    grad, output = xp.ascontiguousarray(grad), xp.ascontiguousarray(output)
    result = written(xp, out, output)
    args = (grad, output, result, output.size)
    _SOFTRELU_BACKWARD(xp, output.dtype, args=args, size=output.size)
    return given(out, result)


def written(xp: Any, out: Any, like: Any) -> Any:
    """What a kernel can write into: `out` where that is contiguous, else a new array."""
    if out is not None and out.flags.c_contiguous and out.dtype == like.dtype:
        return out
    return xp.empty(like.shape, dtype=like.dtype)


def given(out: Any, result: Any) -> Any:
    """What an operator gives that was to write into `out`."""
    if out is None or out is result:
        return result
    out[...] = result
    return out
