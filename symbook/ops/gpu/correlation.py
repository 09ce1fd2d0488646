"""The correlation of two maps on a GPU: one kernel forward, one for each gradient.

Maps are padded, with channels last, as the operator has them for its gradient. A warp sums one number of the
result over channels; back, a thread gathers what one channel of one pixel has from all displacements.
"""

from __future__ import annotations

from typing import Any

from ...cuda import FLOATS, Kernel

_GEOMETRY = (
    "long long height, long long width, long long channels, long long rows, long long columns,"
    " long long kernel, long long most, long long stride1, long long stride2, long long steps,"
    " long long product"
)
BLOCKS = 2**15

_FORWARD = Kernel(
    "correlation",
    f"KERNEL correlation(const T* a, const T* b, T* out, long long size, {_GEOMETRY}) {{"
    + """
    const I side = I(2 * steps + 1);
    FOR_BLOCKS(i, size) {
        const I x = i % I(columns), y = i / I(columns) % I(rows);
        const I move = i / I(columns) / I(rows) % (side * side), n = i / I(columns) / I(rows) / (side * side);
        const I dy = (move / side - I(steps)) * I(stride2), dx = (move % side - I(steps)) * I(stride2);
        A sum = A(0);
        for (I ky = 0; ky < I(kernel); ky++)
            for (I kx = 0; kx < I(kernel); kx++) {
                const I top = y * I(stride1) + I(most) + ky, left = x * I(stride1) + I(most) + kx;
                const T* here = a + ((n * I(height) + top) * I(width) + left) * I(channels);
                const T* there = b + ((n * I(height) + top + dy) * I(width) + left + dx) * I(channels);
                FOR_THREADS(c, channels) {
                    const A u = A(here[c]), v = A(there[c]);
                    sum += product ? u * v : A(fabs(u - v));
                }
            }
        sum = block_sum(sum);
        if (THREAD == 0) out[i] = T(sum / A(kernel * kernel * channels));
    }
}""",
    types=FLOATS,
    fmad=True,
)

# `second` is 1 for the gradient of the map that is displaced. `out` has no padding.
_BACKWARD = Kernel(
    "correlation_backward",
    "KERNEL correlation_backward(const T* grad, const T* a, const T* b, T* out, long long size,"
    f" long long pad, long long second, {_GEOMETRY}) {{"
    + """
    const I side = I(2 * steps + 1), inner = I(width - 2 * pad);
    FOR_EACH(i, size) {
        const I c = i % I(channels), p = i / I(channels);
        const I left = p % inner + I(pad), line = p / inner;
        const I top = line % I(height - 2 * pad) + I(pad), n = line / I(height - 2 * pad);
        A total = A(0);
        for (I move = 0; move < side * side; move++) {
            const I dy = (move / side - I(steps)) * I(stride2), dx = (move % side - I(steps)) * I(stride2);
            const I from_y = second ? top - dy : top, from_x = second ? left - dx : left;
            const I to_y = from_y + dy, to_x = from_x + dx;
            const bool inside = from_y >= 0 && from_y < I(height) && from_x >= 0 && from_x < I(width)
                && to_y >= 0 && to_y < I(height) && to_x >= 0 && to_x < I(width);
            if (!inside) continue;
            A sum = A(0);
            for (I ky = 0; ky < I(kernel); ky++) {
                const I y = from_y - I(most) - ky;
                if (y < 0 || y % I(stride1) || y / I(stride1) >= I(rows)) continue;
                for (I kx = 0; kx < I(kernel); kx++) {
                    const I x = from_x - I(most) - kx;
                    if (x < 0 || x % I(stride1) || x / I(stride1) >= I(columns)) continue;
                    sum += A(grad[((n * side * side + move) * I(rows) + y / I(stride1)) * I(columns)
                                  + x / I(stride1)]);
                }
            }
            const A u = A(a[((n * I(height) + from_y) * I(width) + from_x) * I(channels) + c]);
            const A v = A(b[((n * I(height) + to_y) * I(width) + to_x) * I(channels) + c]);
            if (product) total += sum * (second ? u : v);
            else total += (u >= v) == (second == 0) ? sum : -sum;
        }
        out[i] = T(total / A(kernel * kernel * channels));
    }
}""",
    types=FLOATS,
    fmad=True,
)


def _numbers(geometry: Any, first: Any, counts: Any, multiply: bool) -> tuple[int, ...]:
    _, height, width, channels = first.shape
    kernel, most, stride1, stride2, _ = geometry
    sizes = (height, width, channels, *counts)
    return (*sizes, kernel, most, stride1, stride2, geometry.steps, int(multiply))


def forward(xp: Any, first: Any, second: Any, geometry: Any, multiply: bool, out: Any) -> None:
    """Write the correlation of padded maps `(N, H, W, C)` into `out`."""
    numbers = _numbers(geometry, first, out.shape[2:], multiply)
    first, second = xp.ascontiguousarray(first), xp.ascontiguousarray(second)
    args = (first, second, out, out.size, *numbers)
    _FORWARD(xp, out.dtype, args=args, blocks=min(out.size, BLOCKS), threads=32)


def backward(
    xp: Any, grad: Any, first: Any, second: Any, geometry: Any, multiply: bool
) -> tuple[Any, Any]:
    """The gradients of both maps, `(N, C, H, W)`."""
    grad, first, second = (xp.ascontiguousarray(item) for item in (grad, first, second))
    numbers = _numbers(geometry, first, grad.shape[2:], multiply)
    pad = geometry.pad_size
    batch, height, width, channels = first.shape
    results = []
    for which in (0, 1):
        out = xp.empty((batch, height - 2 * pad, width - 2 * pad, channels), dtype=grad.dtype)
        args = (grad, first, second, out, out.size, pad, which, *numbers)
        _BACKWARD(xp, grad.dtype, args=args, size=out.size)
        results.append(xp.moveaxis(out, -1, 1))
    return results[0], results[1]
