"""Convolutions with windows of 3×3 points at every place, in float32, by fewer multiplications.

Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015, arXiv:1509.09308,
F(2×2, 3×3): four results of one channel take 16 products instead of 36. Windows of 4×4 points and the weights
are transformed by sums and halves only; then there are 16 products of matrices, and their results are
transformed back to tiles of 2×2. So there are 2.25 times fewer multiplications than with columns, and 4
numbers for each one of the data are written instead of 9. Rounding errors are no larger than with columns;
but what is infinite or not a number spreads over its tile instead of its windows.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from ...cuda import Kernel
from ...cuda.blas import multiply
from ..windows import Ints, Window
from . import follow

LEAST = 32
"""Channels and filters from which it pays: with fewer, products are as quick as transforms."""
MOST_WASTE = 1.5
"""How many results tiles may have for each that there is."""
POINTS = 16
_TYPES = ("float32",)

# Of a matrix of 3×3, G g Gᵀ. `by_row` and `by_column` say how far the next row and column of the transformed
# weights is in `w`, in kernels; `flip` turns a kernel round, as the gradient of the data needs it.
_WEIGHTS = Kernel(
    "winograd_weights",
    """
KERNEL winograd_weights(const T* w, T* out, long long rows, long long columns, long long by_row,
                        long long by_column, long long flip) {
    FOR_EACH(i, I(rows * columns)) {
        const T* g = w + ((i / I(columns)) * I(by_row) + i % I(columns) * I(by_column)) * 9;
        T half_[4][3], k[9];
        for (int j = 0; j < 9; j++) k[j] = g[flip ? 8 - j : j];
        for (int x = 0; x < 3; x++) {
            const T ends = k[x] + k[6 + x];
            half_[0][x] = k[x];
            half_[1][x] = (ends + k[3 + x]) * T(0.5f);
            half_[2][x] = (ends - k[3 + x]) * T(0.5f);
            half_[3][x] = k[6 + x];
        }
        for (int y = 0; y < 4; y++) {
            const T ends = half_[y][0] + half_[y][2];
            const T all[4] = {half_[y][0], (ends + half_[y][1]) * T(0.5f),
                              (ends - half_[y][1]) * T(0.5f), half_[y][2]};
            for (int x = 0; x < 4; x++) out[(y * 4 + x) * I(rows * columns) + i] = all[x];
        }
    }
}""",
    types=_TYPES,
)

# Of windows of 4×4, Bᵀ d B: (16, channels, tiles), the tiles of all samples side by side.
_DATA = Kernel(
    "winograd_data",
    """
KERNEL winograd_data(const T* x, T* out, long long samples, long long channels, long long height,
                     long long width, long long down, long long across, long long py, long long px) {
    const I tiles = I(down * across), all = I(samples) * tiles;
    FOR_EACH(i, I(channels) * all) {
        const I c = i / all, tile = i % tiles, n = i % all / tiles;
        const I top = tile / I(across) * 2 - I(py), left = tile % I(across) * 2 - I(px);
        const T* own = x + (n * I(channels) + c) * I(height * width);
        T d[4][4];
        for (int y = 0; y < 4; y++)
            for (int k = 0; k < 4; k++) {
                const I row = top + y, column = left + k;
                const bool inside = row >= 0 && row < I(height) && column >= 0 && column < I(width);
                d[y][k] = inside ? own[row * I(width) + column] : T(0);
            }
        for (int k = 0; k < 4; k++) {
            const T a = d[0][k] - d[2][k], b = d[1][k] + d[2][k];
            const T c_ = d[2][k] - d[1][k], e = d[1][k] - d[3][k];
            d[0][k] = a; d[1][k] = b; d[2][k] = c_; d[3][k] = e;
        }
        for (int y = 0; y < 4; y++) {
            const T found[4] = {d[y][0] - d[y][2], d[y][1] + d[y][2], d[y][2] - d[y][1], d[y][1] - d[y][3]};
            for (int k = 0; k < 4; k++) out[(y * 4 + k) * (I(channels) * all) + i] = found[k];
        }
    }
}""",
    types=_TYPES,
)

# Back, Aᵀ m A: a tile of 2×2 by each thread, with what follows the convolution.
_BACK = """
KERNEL winograd_back{name}(const T* m, T* out, long long samples, long long channels, long long height,
                           long long width, long long down, long long across{params}) {{
    const I tiles = I(down * across), all = I(samples) * tiles;
    FOR_EACH(i, I(channels) * all) {{
        const I channel = i / all, tile = i % tiles, n = i % all / tiles;
        const I top = tile / I(across) * 2, left = tile % I(across) * 2;
        {once}
        T half_[2][4];
        for (int k = 0; k < 4; k++) {{
            const T a = m[k * (I(channels) * all) + i], b = m[(4 + k) * (I(channels) * all) + i];
            const T c = m[(8 + k) * (I(channels) * all) + i], d = m[(12 + k) * (I(channels) * all) + i];
            half_[0][k] = a + b + c;
            half_[1][k] = b - c - d;
        }}
        for (int y = 0; y < 2; y++) {{
            const T found[2] = {{half_[y][0] + half_[y][1] + half_[y][2],
                                half_[y][1] - half_[y][2] - half_[y][3]}};
            for (int k = 0; k < 2; k++) {{
                if (top + y >= I(height) || left + k >= I(width)) continue;
                const I to = ((n * I(channels) + channel) * I(height) + top + y) * I(width) + left + k;
                A v = found[k];
                {each}
                out[to] = T(v);
            }}
        }}
    }}
}}"""


@cache
def _back(kinds: tuple[str, ...]) -> Kernel:
    name = "".join(f"_{kind}" for kind in kinds)
    text = _BACK.format(name=name, **follow.written(kinds))
    return Kernel(f"winograd_back{name}", text.replace("T2", "T"), types=_TYPES)


for _kinds in ((), ("bias", "norm", "add", "relu")):
    _back(_kinds)


def serves(at: Window, dtype: Any, channels: int, filters: int, groups: int, counts: Ints) -> bool:
    """Whether a convolution is one of those."""
    if at.kernel != (3, 3) or dtype.char != "f" or groups != 1:
        return False
    if at.stride != (1, 1) or at.dilate != (1, 1) or min(channels, filters) < LEAST:
        return False
    height, width = counts
    whole = (height + height % 2) * (width + width % 2)
    return 0 < whole <= MOST_WASTE * height * width


def weights(xp: Any, weight: Any, back: bool) -> Any:
    """The transformed weights: `(16, F, C)`, or `(16, C, F)` for the gradient of the data."""
    filters, channels = weight.shape[:2]
    shape = (channels, filters) if back else (filters, channels)
    steps = (1, channels) if back else (channels, 1)
    out = xp.empty((POINTS, *shape), dtype=weight.dtype)
    _WEIGHTS(
        xp, weight.dtype, args=(weight, out, *shape, *steps, int(back)), size=filters * channels
    )
    return out


def correlate(
    xp: Any, data: Any, factors: Any, pad: Ints, out: Any, kinds: tuple[str, ...], operands: Any
) -> None:
    """Write the convolution with transformed weights, and what follows it, into `out`."""
    samples, channels, height, width = data.shape
    filters, *counts = out.shape[1:]
    down, across = (-(-size // 2) for size in counts)
    tiles = samples * down * across
    columns = xp.empty((POINTS, channels, tiles), dtype=data.dtype)
    args = (data, columns, samples, channels, height, width, down, across, *pad)
    _DATA(xp, data.dtype, args=args, size=channels * tiles)
    result = multiply(xp, factors, columns, xp.empty((POINTS, filters, tiles), dtype=data.dtype))
    sizes = (samples, filters, *counts, down, across)
    args = (result, out, *sizes, *operands)
    _back(kinds)(xp, data.dtype, args=args, size=filters * tiles)
