"""Windows copied into columns, and columns added up again, on a GPU.

Arrays are `(N, C, *space)`, C-contiguous, of one to three dimensions of space, which kernels see as three.
Columns hold, for each sample, channel and point of a window, all positions of the windows; `Columns` says
where. A thread takes one position of one channel, so that all reads and writes of neighbours are of
neighbours, and divides once for all points of the window.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

from ...cuda import FLOATS, Kernel
from ..windows import Ints, Window

# Of all kernels that know of windows: space, counts, kernel, stride, dilate, pad, as `numbers` gives them.
GEOMETRY = """
    long long sz, long long sy, long long sx, long long nz, long long ny, long long nx,
    long long kz, long long ky, long long kx, long long tz, long long ty, long long tx,
    long long dz, long long dy, long long dx, long long pz, long long py, long long px"""

# For one dimension: the windows `first` to `last` that a place may lie in, and which point of a window it
# is; -1 for none.
INSIDE = """
DEVICE I quotient(I a, I b) { return b == 1 ? a : a / b; }
DEVICE I first_window(I place, I pad, I kernel, I stride, I dilate) {
    const I past = place + pad - dilate * (kernel - 1);
    return past <= 0 ? 0 : quotient(past + stride - 1, stride);
}
DEVICE I last_window(I place, I pad, I stride, I count) {
    const I last = quotient(place + pad, stride);
    return last < count ? last : count - 1;
}
DEVICE I point_of(I place, I pad, I window, I stride, I dilate, I kernel) {
    const I from = place + pad - window * stride;
    const I point = quotient(from, dilate);
    return point * dilate == from && point < kernel ? point : I(-1);
}
"""

_UNFOLD = Kernel(
    "unfold",
    """
KERNEL unfold(const T* x, T* columns, long long samples, long long channels,
              long long by_sample, long long by_row, """
    + GEOMETRY
    + """) {
    const I places = I(nz * ny * nx);
    FOR_EACH(i, I(samples * channels) * places) {
        const I p = i % places, plane = i / places;
        const I line = p / I(nx), ox = p % I(nx), oy = line % I(ny), oz = line / I(ny);
        const T* own = x + plane * I(sz * sy * sx);
        T* to = columns + (plane / I(channels)) * I(by_sample) + p
            + (plane % I(channels)) * I(kz * ky * kx) * I(by_row);
        for (I z = 0; z < I(kz); z++) {
            const I iz = oz * I(tz) - I(pz) + z * I(dz);
            for (I y = 0; y < I(ky); y++) {
                const I iy = oy * I(ty) - I(py) + y * I(dy);
                const bool in_line = iz >= 0 && iz < I(sz) && iy >= 0 && iy < I(sy);
                const T* row = own + (iz * I(sy) + iy) * I(sx);
                for (I k = 0; k < I(kx); k++) {
                    const I ix = ox * I(tx) - I(px) + k * I(dx);
                    *to = in_line && ix >= 0 && ix < I(sx) ? row[ix] : T(0.0f);
                    to += I(by_row);
                }
            }
        }
    }
}""",
    types=FLOATS,
)

# T is the array's type, T1 that of the columns.
_FOLD = Kernel(
    "fold",
    INSIDE
    + """
KERNEL fold(const T1* columns, T* x, long long samples, long long channels,
            long long by_sample, long long by_row, """
    + GEOMETRY
    + """) {
    const I size = I(sz * sy * sx);
    FOR_EACH(i, I(samples * channels) * size) {
        const I p = i % size, plane = i / size;
        const I line = p / I(sx), ix = p % I(sx), iy = line % I(sy), iz = line / I(sy);
        const T1* own = columns + (plane / I(channels)) * I(by_sample)
            + (plane % I(channels)) * I(kz * ky * kx) * I(by_row);
        const I z0 = first_window(iz, pz, kz, tz, dz), z1 = last_window(iz, pz, tz, nz);
        const I y0 = first_window(iy, py, ky, ty, dy), y1 = last_window(iy, py, ty, ny);
        const I x0 = first_window(ix, px, kx, tx, dx), x1 = last_window(ix, px, tx, nx);
        A total = A(0);
        for (I oz = z0; oz <= z1; oz++) {
            const I z = point_of(iz, pz, oz, tz, dz, kz);
            if (z < 0) continue;
            for (I oy = y0; oy <= y1; oy++) {
                const I y = point_of(iy, py, oy, ty, dy, ky);
                if (y < 0) continue;
                const T1* from = own + (oz * I(ny) + oy) * I(nx);
                for (I ox = x0; ox <= x1; ox++) {
                    const I k = point_of(ix, px, ox, tx, dx, kx);
                    if (k >= 0) total += A(from[((z * I(ky) + y) * I(kx) + k) * I(by_row) + ox]);
                }
            }
        }
        x[i] = T(total);
    }
}""",
    types=[
        ("float16", "float16"),
        ("float16", "float32"),
        ("float32", "float32"),
        ("float64", "float64"),
    ],
)


class Columns(NamedTuple):
    """How columns lie in memory.

    Attributes
    ----------
    by_sample, by_row : int
        How many elements the next sample, and the next row (the next point of a window or channel) is away.
    """

    by_sample: int
    by_row: int


@lru_cache(maxsize=4096)
def numbers(at: Window, space: Ints, counts: Ints) -> Ints:
    """The parameters that `GEOMETRY` names, of three dimensions."""
    more = 3 - len(space)
    rows = [
        ((1,) * more, space),
        ((1,) * more, counts),
        ((1,) * more, at.kernel),
        ((1,) * more, at.stride),
        ((1,) * more, at.dilate),
        ((0,) * more, at.pad),
    ]
    return tuple(number for front, own in rows for number in (*front, *own))


def unfold(xp: Any, data: Any, at: Window, counts: Ints, columns: Any, lie: Columns) -> None:
    """Write the windows of `data` `(n, C, *space)` into columns."""
    samples, channels, *space = data.shape
    geometry = numbers(at, tuple(space), counts)
    args = (data, columns, samples, channels, *lie, *geometry)
    _UNFOLD(xp, data.dtype, args=args, size=samples * channels * math.prod(counts))


def fold(xp: Any, columns: Any, at: Window, counts: Ints, out: Any, lie: Columns) -> None:
    """Write the sums of all columns' elements at each place of `out` `(n, C, *space)`."""
    samples, channels, *space = out.shape
    geometry = numbers(at, tuple(space), counts)
    args = (columns, out, samples, channels, *lie, *geometry)
    _FOLD(xp, (out.dtype, columns.dtype), args=args, size=out.size)


def side_by_side(xp: Any, data: Any, out: Any) -> None:
    """Write `(n, C, *space)` as a matrix `(C, n * size)`: the samples of a channel one after the other."""
    one = Window((1,), (1,), (1,), (0,))
    samples, channels = data.shape[:2]
    size = math.prod(data.shape[2:])
    planes = data.reshape(samples, channels, size)
    unfold(xp, planes, one, (size,), out, Columns(size, samples * size))


def columns_of(xp: Any, data: Any, at: Window, counts: Ints) -> Any:
    """`(N, C, *space)` as `(N, C * kernel, positions)`."""
    rows, places = data.shape[1] * math.prod(at.kernel), math.prod(counts)
    columns = xp.empty((len(data), rows, places), dtype=data.dtype)
    unfold(xp, xp.ascontiguousarray(data), at, counts, columns, Columns(rows * places, places))
    return columns


def image_of(xp: Any, columns: Any, at: Window, shape: Ints) -> Any:
    """Such columns added up where they lie: an array of that shape `(N, C, *space)`."""
    out = xp.empty(shape, dtype=columns.dtype)
    lie = Columns(columns.shape[1] * columns.shape[2], columns.shape[2])
    counts = at.whole_counts(shape[2:])
    fold(xp, xp.ascontiguousarray(columns), at, counts, out, lie)
    return out
