"""Layer, instance and group normalisation on a GPU: one kernel forward, and one back for the data.

What is normalised together is a row; `rows.py` says how rows are shared out. The numbers of gamma go along
the row (layer normalisation: `period` is 0) or by rows, the same ones after `period` of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...cuda import FLOATS, Kernel
from .rows import RowKernel, Shape

_FORWARD = RowKernel(
    "normalize",
    "const T* x, const T* gamma, const T* beta, T* y, T* mean, T* scale, long long period, double eps,"
    " long long deviation",
    """
        Sum<A> sum = {}, apart = {};
        EACH(k) sum.add(A(x[START + k * I(inner)]));
        const A middle = ROW_SUM(sum) / A(n);
        EACH(k) {
            const A rest = A(x[START + k * I(inner)]) - middle;
            apart.add(rest * rest);
        }
        const A var = ROW_SUM(apart) / A(n), root = sqrt(var + A(eps));
        EACH(k) {
            const I i = START + k * I(inner), c = period ? r % I(period) : k;
            A value = (A(x[i]) - middle) / root;
            value = value * A(gamma[c]);
            y[i] = T(value + A(beta[c]));
        }
        if (FIRST) {
            mean[r] = T(middle);
            scale[r] = T(deviation ? root : var);
        }
""",
    FLOATS,
)

# `by_row` and `normals`: what a row adds to the gradients of beta and gamma, where they go by rows.
_BACKWARD = RowKernel(
    "normalize_backward",
    "const T* grad, const T* x, const T* gamma, const T* mean, const T* scale, T* out, A* normals,"
    " A* by_row, long long period, double eps, long long deviation",
    """
        const A middle = A(mean[r]);
        const A by = A(1.0f) / (deviation ? A(scale[r]) : A(sqrt(A(scale[r]) + A(eps))));
        Sum<A> sum = {}, product = {};
        EACH(k) {
            const I i = START + k * I(inner);
            const A g = period ? A(grad[i]) : A(grad[i]) * A(gamma[k]);
            sum.add(g);
            product.add(g * ((A(x[i]) - middle) * by));
        }
        const A total = ROW_SUM(sum), with_normal = ROW_SUM(product);
        if (period && FIRST) {
            by_row[r] = total;
            normals[r] = with_normal;
        }
        const A factor = period ? A(gamma[r % I(period)]) : A(1.0f);
        EACH(k) {
            const I i = START + k * I(inner);
            const A g = period ? A(grad[i]) * factor : A(grad[i]) * A(gamma[k]);
            const A normal = (A(x[i]) - middle) * by;
            A value = g - normal * (with_normal * factor / A(n));
            value = value - total * factor / A(n);
            out[i] = T(value * by);
        }
""",
    FLOATS,
)

# Where gamma goes along rows: the sums of columns, by stretches of rows.
_VECTORS = Kernel(
    "normalize_vectors",
    """
KERNEL normalize_vectors(const T* grad, const T* x, const T* mean, const T* scale, A* normals, A* sums,
                         long long rows, long long n, long long inner, long long stretch) {
    FOR_EACH(b, I(n) * ((I(rows) + I(stretch) - 1) / I(stretch))) {
        const I k = b % I(n), first = b / I(n) * I(stretch);
        const I end = first + I(stretch) < I(rows) ? first + I(stretch) : I(rows);
        Sum<A> sum = {}, product = {};
        for (I r = first; r < end; r++) {
            const I i = inner == 1 ? r * I(n) + k : (r / I(inner) * I(n) + k) * I(inner) + r % I(inner);
            const A g = A(grad[i]);
            sum.add(g);
            product.add(g * ((A(x[i]) - A(mean[r])) / A(scale[r])));
        }
        normals[b] = product.value();
        sums[b] = sum.value();
    }
}""",
    types=FLOATS,
)
THREADS = 2**16
"""Threads among which columns and stretches are shared out."""


def forward(
    xp: Any,
    data: Any,
    gamma: Any,
    beta: Any,
    shape: Shape,
    period: int,
    eps: float,
    deviation: bool,
) -> tuple[Any, Any, Any]:
    """The result; and of each row the mean, and the deviation or the variance."""
    data, gamma, beta = (xp.ascontiguousarray(item) for item in (data, gamma, beta))
    out = xp.empty(data.shape, dtype=data.dtype)
    mean, scale = (xp.empty(shape.rows, dtype=data.dtype) for _ in range(2))
    args = (data, gamma, beta, out, mean, scale, period, eps, int(deviation))
    _FORWARD(xp, data.dtype, shape, args)
    return out, mean, scale


def backward(
    xp: Any, arrays: Any, shape: Shape, period: int, eps: float, deviation: bool
) -> tuple[Any, Any, Any]:
    """The gradients of data, gamma and beta; of `arrays` as the operators have them."""
    grad, data, gamma, mean, scale = (xp.ascontiguousarray(item) for item in arrays)
    wide = np.dtype("float32") if data.dtype == "float16" else data.dtype
    out = xp.empty(data.shape, dtype=data.dtype)
    normals, sums = (xp.empty(shape.rows if period else 0, dtype=wide) for _ in range(2))
    args = (grad, data, gamma, mean, scale, out, normals, sums, period, eps, int(deviation))
    _BACKWARD(xp, data.dtype, shape, args)
    if period:
        vectors = [item.reshape(-1, period) for item in (normals, sums)]
    else:
        vectors = _along_rows(xp, grad, data, mean, scale, shape, wide)
    to_gamma, to_beta = (xp.sum(item, axis=0).astype(data.dtype, copy=False) for item in vectors)
    return out, to_gamma, to_beta


def _along_rows(
    xp: Any, grad: Any, data: Any, mean: Any, scale: Any, shape: Shape, wide: Any
) -> list[Any]:
    """What stretches of rows add to the gradients of gamma and beta: matrices (stretches, n)."""
    rows, n = shape.rows, shape.n
    stretch = max(-(-rows * n // THREADS), min(rows, 16), 1)
    count = -(-rows // stretch)
    normals, sums = (xp.empty((count, n), dtype=wide) for _ in range(2))
    args = (grad, data, mean, scale, normals, sums, rows, n, shape.inner, stretch)
    _VECTORS(xp, data.dtype, args=args, size=count * n)
    return [normals, sums]
