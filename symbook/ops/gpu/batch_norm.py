"""Batch normalisation on a GPU, in training: three kernels forward, three back.

Data are seen as `(outer, channels, inner)`. The sums over a channel are shared by many blocks, or where
`inner` is small by many threads, each of which takes a stretch; what they find is joined by one block for
each channel, always in the same order. A stretch has its own mean, and the squares of what differs from
that; they are joined by the formula of Chan, Golub and LeVeque (1979), so that data are read from memory
only once, without loss where the mean is large. Vectors have the dtype `A`: float32 with float16 data.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from ...cuda import FLOATS, Kernel
from .follow import follow
from .unfold import Columns

FEW = 32
"""Elements in a row of one channel below which a thread takes a column, a block no row."""
BLOCKS = 1024
"""Blocks that keep a GPU busy with the sums of a channel's stretches."""
LEAST = 2048
"""Elements of a stretch that are worth a block."""

# A stretch of a channel, by a block: elements j = first … end of (outer, inner), which are walked through
# without a division.
_STRETCH = """
    const I total = I(outer) * I(inner);
    FOR_BLOCKS(b, I(channels) * I(splits)) {
        const I c = b % I(channels), s = b / I(channels), first = s * I(stretch);
        const I end = first + I(stretch) < total ? first + I(stretch) : total;
        const I far = (I(channels) - 1) * I(inner);
"""
# The element's place i: j in the channel, and what other channels have between.
_WALK = """for (I j = first + THREAD, o = j / I(inner), p = j %% I(inner); j < end; j += THREADS) {
            const I i = j + o * far + c * I(inner);
            %s
            for (p += THREADS; p >= I(inner); p -= I(inner)) o++;
        }"""

_SIZES = "long long outer, long long channels, long long inner, long long splits, long long stretch"

_MOMENTS = Kernel(
    "batch_moments",
    f"KERNEL batch_moments(const T* x, A* means, A* squares, {_SIZES}) {{"
    + _STRETCH
    + "        Sum<A> sum = {};\n        "
    + _WALK % "sum.add(A(x[i]));"
    + """
        const A count = A(end > first ? end - first : 1);
        const A mean = block_sum(sum) / count;
        Sum<A> apart = {};
        """
    + _WALK % "const A rest = A(x[i]) - mean; apart.add(rest * rest);"
    + """
        const A square = block_sum(apart);
        if (THREAD == 0) { means[b] = mean; squares[b] = square; }
    }
}""",
    types=FLOATS,
)

_MOMENTS_COLUMNS = Kernel(
    "batch_moments_columns",
    f"KERNEL batch_moments_columns(const T* x, A* means, A* squares, {_SIZES}) {{"
    + """
    const I columns = I(channels) * I(inner);
    FOR_EACH(b, columns * I(splits)) {
        const I column = b % columns, first = b / columns * I(stretch);
        const I end = first + I(stretch) < I(outer) ? first + I(stretch) : I(outer);
        Sum<A> sum = {}, apart = {};
        for (I o = first; o < end; o++) sum.add(A(x[o * columns + column]));
        const A mean = sum.value() / A(end > first ? end - first : 1);
        for (I o = first; o < end; o++) {
            const A rest = A(x[o * columns + column]) - mean;
            apart.add(rest * rest);
        }
        means[b] = mean;
        squares[b] = apart.value();
    }
}""",
    types=FLOATS,
)

# `parts` stretches lie side by side for each channel: the columns of `inner`, or 1.
_JOIN_MOMENTS = Kernel(
    "batch_join_moments",
    """
KERNEL batch_join_moments(const T* means, const T* squares, T* mean, T* var, T* inverse,
                          long long channels, long long parts, long long splits, long long stretch,
                          long long length, double eps) {
    FOR_BLOCKS(c, channels) {
        const I items = I(splits * parts);
        const auto place = [&](I k) { return (k / I(parts) * I(channels) + c) * I(parts) + k % I(parts); };
        const auto count = [&](I k) {
            const I left = I(length) - k / I(parts) * I(stretch);
            return T(left < I(stretch) ? (left > 0 ? left : I(0)) : I(stretch));
        };
        const T all = T(length * parts > 1 ? length * parts : 1);
        const T middle = row_sum(items, [&](I k) { return count(k) * means[place(k)]; }) / all;
        const T square = row_sum(items, [&](I k) {
            const T rest = means[place(k)] - middle;
            return squares[place(k)] + count(k) * (rest * rest);
        }) / all;
        if (THREAD == 0) {
            mean[c] = middle;
            if (var) var[c] = square;
            inverse[c] = T(1.0f) / sqrt(square + T(eps));
        }
    }
}""",
    types=FLOATS[1:],
)

_STATES = Kernel(
    "batch_states",
    """
KERNEL batch_states(const T* moving_mean, const T* moving_var, T* mean, T* var, T* inverse,
                    long long channels, double eps) {
    FOR_EACH(c, channels) {
        mean[c] = moving_mean[c];
        if (var) var[c] = moving_var[c];
        if (inverse) inverse[c] = T(1.0f) / sqrt(moving_var[c] + T(eps));
    }
}""",
    types=FLOATS[1:],
)

_SUMS = Kernel(
    "batch_sums",
    f"KERNEL batch_sums(const T* grad, const T* x, const A* mean, A* products, A* sums, {_SIZES}) {{"
    + _STRETCH
    + "        const A middle = mean[c];\n        Sum<A> product = {}, sum = {};\n        "
    + _WALK % "const A g = A(grad[i]); sum.add(g); product.add(g * (A(x[i]) - middle));"
    + """
        const A of_products = block_sum(product), of_grad = block_sum(sum);
        if (THREAD == 0) { products[b] = of_products; sums[b] = of_grad; }
    }
}""",
    types=FLOATS,
)

_SUMS_COLUMNS = Kernel(
    "batch_sums_columns",
    f"KERNEL batch_sums_columns(const T* grad, const T* x, const A* mean, A* products, A* sums, {_SIZES}) {{"
    + """
    const I columns = I(channels) * I(inner);
    FOR_EACH(b, columns * I(splits)) {
        const I column = b % columns, first = b / columns * I(stretch);
        const I end = first + I(stretch) < I(outer) ? first + I(stretch) : I(outer);
        const A middle = mean[column / I(inner)];
        Sum<A> product = {}, sum = {};
        for (I o = first; o < end; o++) {
            const A g = A(grad[o * columns + column]);
            sum.add(g);
            product.add(g * (A(x[o * columns + column]) - middle));
        }
        products[b] = product.value();
        sums[b] = sum.value();
    }
}""",
    types=FLOATS,
)

# The gradients of gamma and beta; what the gradient of the data needs of them, `by_normal` and `by_one`; and
# the states' way to what the batch has.
_JOIN_SUMS = Kernel(
    "batch_join_sums",
    """
KERNEL batch_join_sums(const T* products, const T* sums, const T* mean, const T* inverse, T* gamma,
                       T* to_gamma, T* to_beta, T* by_normal, T* by_one, T* moving_mean, T* moving_var,
                       long long channels, long long parts, long long splits, long long length,
                       long long fixed, long long moves, double eps, double keep, double rest) {
    FOR_BLOCKS(c, channels) {
        const I items = I(splits * parts);
        const auto place = [&](I k) { return (k / I(parts) * I(channels) + c) * I(parts) + k % I(parts); };
        const T all = T(length * parts > 1 ? length * parts : 1);
        const T by = inverse[c];
        const T product = row_sum(items, [&](I k) { return products[place(k)]; }) * by;
        const T sum = row_sum(items, [&](I k) { return sums[place(k)]; });
        if (THREAD != 0) continue;
        by_normal[c] = product / all;
        by_one[c] = sum / all;
        to_gamma[c] = fixed ? T(0.0f) : product;
        to_beta[c] = sum;
        if (moves) {
            moving_mean[c] = moving_mean[c] * T(keep) + mean[c] * T(rest);
            moving_var[c] = moving_var[c] * T(keep) + (T(1.0f) / (by * by) - T(eps)) * T(rest);
        }
        if (fixed) gamma[c] = T(1.0f);
    }
}""",
    types=FLOATS[1:],
)

_SPREAD = Kernel(
    "batch_spread",
    """
KERNEL batch_spread(const T* grad, const T* x, const A* mean, const A* inverse, const A* gamma,
                    const A* by_normal, const A* by_one, T* out, long long size, long long channels,
                    long long inner, long long fixed, long long moves) {
    FOR_EACH(i, size) {
        const I c = i / I(inner) % I(channels);
        const A scale = fixed ? inverse[c] : inverse[c] * gamma[c];
        A value = A(grad[i]);
        if (moves) {
            const A normal = (A(x[i]) - mean[c]) * inverse[c];
            value = value - normal * by_normal[c];
            value = value - by_one[c];
        }
        out[i] = T(value * scale);
    }
}""",
    types=FLOATS,
)


class _Cut(NamedTuple):
    """How data are cut into stretches."""

    outer: int
    channels: int
    inner: int
    columns: bool
    splits: int
    stretch: int

    @property
    def length(self) -> int:
        """Elements that are cut: of a channel, or of a column."""
        return self.outer if self.columns else self.outer * self.inner

    @property
    def parts(self) -> int:
        return self.inner if self.columns else 1

    @property
    def sizes(self) -> tuple[int, ...]:
        return (self.outer, self.channels, self.inner, self.splits, self.stretch)


def _cut(shape: tuple[int, ...], axis: int) -> _Cut:
    outer, inner = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
    channels, columns = shape[axis], inner < FEW
    length = outer if columns else outer * inner
    if columns:
        wanted, most = 64 * BLOCKS // max(channels * inner, 1), length // 16
    else:
        wanted, most = BLOCKS // max(channels, 1), length // LEAST
    splits = max(min(wanted, most), 1)
    stretch = max(-(-length // splits), 1)
    return _Cut(outer, channels, inner, columns, max(-(-length // stretch), 1), stretch)


def _stretches(xp: Any, cut: _Cut, dtype: Any) -> tuple[Any, Any]:
    """Room for two numbers of each stretch."""
    count = cut.splits * cut.channels * cut.parts
    return xp.empty(count, dtype=dtype), xp.empty(count, dtype=dtype)


def _launch(kernels: tuple[Kernel, Kernel], xp: Any, dtype: Any, args: Any, cut: _Cut) -> None:
    if cut.columns:
        count = cut.splits * cut.channels * cut.inner
        kernels[1](xp, dtype, args=(*args, *cut.sizes), size=count, threads=128)
    else:
        blocks = cut.splits * cut.channels
        kernels[0](xp, dtype, args=(*args, *cut.sizes), blocks=blocks, threads=256)


def moments(xp: Any, data: Any, axis: int, eps: float, dtype: Any) -> tuple[Any, Any, Any]:
    """Mean, variance and `1 / √(variance + eps)` of each channel, of the dtype of sums."""
    cut = _cut(data.shape, axis)
    means, squares = _stretches(xp, cut, dtype)
    _launch((_MOMENTS, _MOMENTS_COLUMNS), xp, data.dtype, (data, means, squares), cut)
    mean, var, inverse = (xp.empty(cut.channels, dtype=dtype) for _ in range(3))
    args = (
        *(means, squares, mean, var, inverse, cut.channels, cut.parts, cut.splits, cut.stretch),
        *(cut.length, float(eps)),
    )
    _JOIN_MOMENTS(xp, dtype, args=args, blocks=cut.channels, threads=64)
    return mean, var, inverse


def normalized(
    xp: Any, data: Any, vectors: Any, axis: int, eps: float, batch: bool, fix_gamma: bool
) -> tuple[Any, Any, Any, Any]:
    """The result; and the mean, the variance and `1 / √(variance + eps)` that it was normalised with."""
    data = xp.ascontiguousarray(data)
    gamma, beta, moving_mean, moving_var = (xp.ascontiguousarray(item) for item in vectors)
    out = xp.empty(data.shape, dtype=data.dtype)
    outer, inner = math.prod(data.shape[:axis]), math.prod(data.shape[axis + 1 :])
    shape, lie = (outer, data.shape[axis], inner), Columns(data.shape[axis] * inner, inner)
    if batch:
        mean, var, inverse = moments(xp, data, axis, eps, gamma.dtype)
        operands = (gamma, beta, mean, inverse, int(fix_gamma))
        follow(xp, ("batch",), operands, data.reshape(shape), lie, out.reshape(shape))
        return out, mean, var, inverse
    states = (gamma, beta, moving_mean, moving_var, float(eps), int(fix_gamma))
    follow(xp, ("norm",), states, data.reshape(shape), lie, out.reshape(shape))
    # Copies, because the states change before the gradient reads what they were.
    mean, var, inverse = (xp.empty(shape[1], dtype=gamma.dtype) for _ in range(3))
    args = (moving_mean, moving_var, mean, var, inverse, shape[1], float(eps))
    _STATES(xp, gamma.dtype, args=args, size=shape[1])
    return out, mean, var, inverse


def gradients(
    xp: Any, arrays: Any, axis: int, eps: float, keep: float, rest: float, fix: bool, moves: bool
) -> tuple[Any, Any, Any]:
    """Gradients of data, gamma and beta; of `arrays`, as `_backward_BatchNorm` has its inputs.

    With `moves` the gradient goes through the batch's statistics, and the states are moved.
    """
    packed = [xp.ascontiguousarray(item) for item in arrays]
    grad, data, gamma, mean, inverse, moving_mean, moving_var = packed
    cut, dtype = _cut(data.shape, axis), mean.dtype
    products, sums = _stretches(xp, cut, dtype)
    _launch((_SUMS, _SUMS_COLUMNS), xp, data.dtype, (grad, data, mean, products, sums), cut)
    to_gamma, to_beta, by_normal, by_one = (xp.empty(cut.channels, dtype=dtype) for _ in range(4))
    flags = (int(fix), int(moves))
    args = (
        *(products, sums, mean, inverse, gamma, to_gamma, to_beta, by_normal, by_one),
        *(moving_mean, moving_var, cut.channels, cut.parts, cut.splits, cut.length, *flags),
        *(float(eps), float(keep), float(rest)),
    )
    _JOIN_SUMS(xp, dtype, args=args, blocks=cut.channels, threads=64)
    out = xp.empty(data.shape, dtype=data.dtype)
    given = (grad, data, mean, inverse, gamma, by_normal, by_one, out)
    sizes = (data.size, cut.channels, cut.inner, *flags)
    _SPREAD(xp, data.dtype, args=(*given, *sizes), size=data.size)
    for ours, theirs in zip(packed[2:], arrays[2:], strict=True):
        if ours is not theirs:  # what is changed in place, and has gaps
            theirs[...] = ours
    return out, to_gamma, to_beta
