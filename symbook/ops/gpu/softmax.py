"""The softmax family on a GPU: one kernel for each result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...cuda import FLOATS, Kernel
from ..rules import Params
from .rows import RowKernel, Shape, along

SOFTMAX, SOFTMIN, LOG_SOFTMAX = range(3)

# T is the data's type, T1 the result's, which is no narrower; W computes.
_WIDER = "typedef decltype(A(0) + A1(0)) W;"
_PAIRS = [(a, b) for k, a in enumerate(FLOATS) for b in FLOATS[k:]]

_FORWARD = RowKernel(
    "softmax",
    "const T* x, T1* y, const double* lengths, long long kind, double temperature",
    """
        const I count = lengths && lengths[r] < double(n) ? I(ceil(lengths[r])) : I(n);
        const W t = W(temperature);
        const bool scaled = temperature != 1;
        const auto at = [&](I k) {
            const W value = W(A(x[START + k * I(inner)]));
            return kind == 1 ? -value : value;
        };
        W most = lowest<W>();
        EACH(k) if (k < count) most = maximum(most, at(k));
        most = ROW_MAX(most);
        const auto exponent = [&](I k) { return scaled ? (at(k) - most) / t : at(k) - most; };
        Sum<W> sum = {};
        EACH(k) if (k < count) sum.add(W(exp(exponent(k))));
        const W total = ROW_SUM(sum);
        const W shift = kind == 2 ? W(log(total)) : W(0);
        EACH(k) {
            W value = W(0);
            if (k < count) value = kind == 2 ? exponent(k) - shift : W(exp(exponent(k))) / total;
            y[START + k * I(inner)] = T1(value);
        }
""",
    _PAIRS,
    _WIDER,
)

_BACKWARD = RowKernel(
    "softmax_backward",
    "const T* grad, const T* y, T* out, long long kind, double temperature",
    """
        Sum<A> sum = {};
        EACH(k) {
            const I i = START + k * I(inner);
            sum.add(kind == 2 ? A(grad[i]) : A(grad[i]) * A(y[i]));
        }
        const A total = ROW_SUM(sum);
        EACH(k) {
            const I i = START + k * I(inner);
            A value = kind == 2 ? A(grad[i]) - A(exp(A(y[i]))) * total : (A(grad[i]) - total) * A(y[i]);
            if (temperature != 1) value = value / A(temperature);
            out[i] = T(value);
        }
""",
    FLOATS,
)


def softmax(
    xp: Any,
    data: Any,
    axis: int,
    kind: int = SOFTMAX,
    temperature: float | None = None,
    dtype: Any = None,
    length: Any = None,
) -> Any:
    """A softmax of that kind along an axis, of the dtype, or the data's."""
    data = xp.ascontiguousarray(data)
    wanted = np.dtype(dtype or data.dtype)
    out = xp.empty(data.shape, dtype=max(data.dtype, wanted, key=lambda each: each.itemsize))
    lengths = 0
    if length is not None:
        lengths = xp.ascontiguousarray(length).astype(np.dtype("float64"))
    args = (data, out, lengths, kind, 1.0 if temperature is None else float(temperature))
    _FORWARD(xp, (data.dtype, out.dtype), along(data.shape, axis), args)
    return out.astype(wanted, copy=False)


def backward(
    xp: Any,
    grad: Any,
    output: Any,
    axis: int,
    kind: int = SOFTMAX,
    temperature: float | None = None,
) -> Any:
    """The gradient of the data, from that of the output and the output."""
    grad, output = xp.ascontiguousarray(grad), xp.ascontiguousarray(output)
    out = xp.empty(grad.shape, dtype=grad.dtype)
    args = (grad, output, out, kind, 1.0 if temperature is None else float(temperature))
    _BACKWARD(xp, grad.dtype, along(grad.shape, axis), args)
    return out


# With labels

_COUNT_VALID = Kernel(
    "softmax_count_valid",
    """
KERNEL softmax_count_valid(const T* label, int64* count, long long n, long long ignored) {
    const int64 total = row_sum(I(n), [&](I k) { return int64((int64)A(label[k]) != ignored); });
    if (BLOCK == 0 && THREAD == 0) *count = total;
}""",
    types=FLOATS,
)

# One number of the gradient by one thread: the share less what it should have been.
_OUTPUT_BACKWARD = Kernel(
    "softmax_output_backward",
    """
KERNEL softmax_output_backward(const T* label, const T* y, T* out, const int64* valid, long long size,
                               long long classes, long long inner, long long use_ignore,
                               long long ignored, long long out_grad, double hot, double cold,
                               double scale, double divisor) {
    float by = float(divisor);
    if (valid) by = float(*valid > 1 ? *valid : int64(1));
    const A factor = A(float(scale) / by);
    FOR_EACH(i, size) {
        const I row = i / I(inner) / I(classes), c = i / I(inner) % I(classes);
        const int64 mark = (int64)A(label[row * I(inner) + i % I(inner)]);
        const A share = A(y[i]);
        A value = share - (mark == int64(c) ? A(hot) : A(cold));
        if (use_ignore && mark == ignored) value = A(0);
        value = value * factor;
        if (out_grad) value = value * share;
        out[i] = T(value);
    }
}""",
    types=FLOATS,
)


def output_backward(
    xp: Any, label: Any, rows: Any, settings: Params, divisor: float | None, smooth: float
) -> Any:
    """The gradient of SoftmaxOutput's data, as `rows` (instances, classes, positions).

    With no divisor it is the number of labels that count.
    """
    label, rows = xp.ascontiguousarray(label), xp.ascontiguousarray(rows)
    out = xp.empty(rows.shape, dtype=rows.dtype)
    ignored, valid = int(settings["ignore_label"]), 0
    if divisor is None:
        valid = xp.empty(1, dtype=np.dtype("int64"))
        _COUNT_VALID(xp, label.dtype, args=(label, valid, label.size, ignored), blocks=1)
    classes, inner = rows.shape[1:]
    alpha = float(np.float32(smooth))
    cold = float(np.float32(smooth) / np.float32(max(classes - 1, 1)))
    args = (
        *(label, rows, out, valid, rows.size, classes, inner),
        *(int(settings["use_ignore"]), ignored, int(settings["out_grad"])),
        *(1 - alpha, cold, float(settings["grad_scale"]), float(divisor or 1)),
    )
    _OUTPUT_BACKWARD(xp, rows.dtype, args=args, size=rows.size)
    return out


# What softmax divides by in a row, and which place the row's label marks.
_SHARES = """
        A most = lowest<A>();
        EACH(k) most = maximum(most, A(x[START + k]));
        most = ROW_MAX(most);
        Sum<A> sum = {};
        EACH(k) sum.add(A(exp(A(x[START + k]) - most)));
        const A total = ROW_SUM(sum);
        const int64 mark = (int64)A(label[r]);
"""

_CROSS_ENTROPY = RowKernel(
    "softmax_cross_entropy",
    "const T* x, const T* label, A* losses",
    _SHARES
    + """        if (FIRST) {
            const bool is_class = mark >= 0 && mark < n;
            const A share = is_class ? A(exp(A(x[START + I(is_class ? mark : 0)]) - most)) / total : A(0);
            losses[r] = -A(log(maximum(share, A(1e-8f))));
        }
""",
    FLOATS,
)

_CROSS_ENTROPY_BACKWARD = RowKernel(
    "softmax_cross_entropy_backward",
    "const T* x, const T* label, const T* grad, T* out",
    _SHARES
    + """        EACH(k) {
            const A share = A(exp(A(x[START + k]) - most)) / total;
            out[START + k] = T((share - (mark == int64(k) ? A(1.0f) : A(0))) * A(*grad));
        }
""",
    FLOATS,
)


def cross_entropy(xp: Any, data: Any, label: Any) -> Any:
    """The losses of a matrix's rows, (rows,), in the dtype that sums are made in."""
    data, label = xp.ascontiguousarray(data), xp.ascontiguousarray(label)
    wide = np.dtype("float32") if data.dtype == "float16" else data.dtype
    losses = xp.empty(len(data), dtype=wide)
    _CROSS_ENTROPY(xp, data.dtype, Shape(len(data), data.shape[1], 1), (data, label, losses))
    return losses


def cross_entropy_backward(xp: Any, grad: Any, data: Any, label: Any) -> Any:
    """The gradient of the data."""
    arrays: Sequence[Any] = [xp.ascontiguousarray(item) for item in (data, label, grad)]
    out = xp.empty(data.shape, dtype=data.dtype)
    shape = Shape(len(data), data.shape[1], 1)
    _CROSS_ENTROPY_BACKWARD(xp, data.dtype, shape, (*arrays, out))
    return out
