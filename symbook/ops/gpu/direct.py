"""Convolutions of groups of few channels, a depthwise convolution's among them, on a GPU.

One thread computes one number of a result, or of the gradient of the data; one block, one number of the
gradient of the weight. Each reads little more than memory's caches have.
"""

from __future__ import annotations

import math
from typing import Any

from ...cuda import FLOATS, Kernel
from ..windows import Window
from .unfold import GEOMETRY, INSIDE, numbers

MOST = 8
"""Channels and filters of a group up to which these kernels are quicker than products of matrices."""

# T is the dtype of data and weight, T1 that of what is written.
_TYPES = [
    ("float16", "float16"),
    ("float16", "float32"),
    ("float32", "float32"),
    ("float64", "float64"),
]

_CORRELATE = Kernel(
    "grouped_correlate",
    """
KERNEL grouped_correlate(const T* x, const T* w, T1* y, long long samples, long long filters,
                         long long groups, long long inner, """
    + GEOMETRY
    + """) {
    const I places = I(nz * ny * nx), outer = I(filters / groups);
    FOR_EACH(i, I(samples * filters) * places) {
        const I p = i % places, plane = i / places, f = plane % I(filters), n = plane / I(filters);
        const I line = p / I(nx), ox = p % I(nx), oy = line % I(ny), oz = line / I(ny);
        const T* own = x + (n * I(groups * inner) + f / outer * I(inner)) * I(sz * sy * sx);
        const T* factor = w + f * I(inner * kz * ky * kx);
        A total = A(0);
        for (I c = 0; c < I(inner); c++, own += I(sz * sy * sx)) {
            for (I z = 0; z < I(kz); z++) {
                const I iz = oz * I(tz) - I(pz) + z * I(dz);
                for (I y0 = 0; y0 < I(ky); y0++) {
                    const I iy = oy * I(ty) - I(py) + y0 * I(dy);
                    if (iz < 0 || iz >= I(sz) || iy < 0 || iy >= I(sy)) {
                        factor += I(kx);
                        continue;
                    }
                    const T* row = own + (iz * I(sy) + iy) * I(sx);
                    for (I k = 0; k < I(kx); k++, factor++) {
                        const I ix = ox * I(tx) - I(px) + k * I(dx);
                        if (ix >= 0 && ix < I(sx)) total += A(row[ix]) * A(*factor);
                    }
                }
            }
        }
        y[i] = T1(total);
    }
}""",
    types=_TYPES,
    fmad=True,
)

_SPREAD = Kernel(
    "grouped_spread",
    INSIDE
    + """
KERNEL grouped_spread(const T* grad, const T* w, T* x, long long samples, long long filters,
                      long long groups, long long inner, """
    + GEOMETRY
    + """) {
    const I size = I(sz * sy * sx), places = I(nz * ny * nx), outer = I(filters / groups);
    FOR_EACH(i, I(samples * groups * inner) * size) {
        const I p = i % size, plane = i / size, c = plane % I(groups * inner);
        const I n = plane / I(groups * inner), group = c / I(inner);
        const I line = p / I(sx), ix = p % I(sx), iy = line % I(sy), iz = line / I(sy);
        const I z0 = first_window(iz, pz, kz, tz, dz), z1 = last_window(iz, pz, tz, nz);
        const I y0 = first_window(iy, py, ky, ty, dy), y1 = last_window(iy, py, ty, ny);
        const I x0 = first_window(ix, px, kx, tx, dx), x1 = last_window(ix, px, tx, nx);
        const T* own = grad + (n * I(filters) + group * outer) * places;
        const T* factor = w + (group * outer * I(inner) + c % I(inner)) * I(kz * ky * kx);
        A total = A(0);
        for (I f = 0; f < outer; f++, own += places, factor += I(inner * kz * ky * kx)) {
            for (I oz = z0; oz <= z1; oz++) {
                const I z = point_of(iz, pz, oz, tz, dz, kz);
                if (z < 0) continue;
                for (I oy = y0; oy <= y1; oy++) {
                    const I y = point_of(iy, py, oy, ty, dy, ky);
                    if (y < 0) continue;
                    for (I ox = x0; ox <= x1; ox++) {
                        const I k = point_of(ix, px, ox, tx, dx, kx);
                        if (k < 0) continue;
                        total += A(own[(oz * I(ny) + oy) * I(nx) + ox])
                            * A(factor[(z * I(ky) + y) * I(kx) + k]);
                    }
                }
            }
        }
        x[i] = T(total);
    }
}""",
    types=FLOATS,
    fmad=True,
)

_WEIGH = Kernel(
    "grouped_weigh",
    """
KERNEL grouped_weigh(const T* x, const T* grad, T* w, long long samples, long long filters,
                     long long groups, long long inner, """
    + GEOMETRY
    + """) {
    const I places = I(nz * ny * nx), outer = I(filters / groups), points = I(kz * ky * kx);
    FOR_BLOCKS(i, I(filters * inner) * points) {
        const I k = i % points, f = i / points / I(inner), c = i / points % I(inner);
        const I mx = k % I(kx) * I(dx) - I(px), my = k / I(kx) % I(ky) * I(dy) - I(py);
        const I mz = k / I(kx) / I(ky) * I(dz) - I(pz);
        const A total = row_sum(I(samples) * places, [&](I j) {
            const I n = j / places, p = j % places, line = p / I(nx);
            const I ix = p % I(nx) * I(tx) + mx, iy = line % I(ny) * I(ty) + my;
            const I iz = line / I(ny) * I(tz) + mz;
            if (ix < 0 || ix >= I(sx) || iy < 0 || iy >= I(sy) || iz < 0 || iz >= I(sz))
                return A(0);
            const I plane = n * I(groups * inner) + f / outer * I(inner) + c;
            return A(x[((plane * I(sz) + iz) * I(sy) + iy) * I(sx) + ix])
                * A(grad[(n * I(filters) + f) * places + p]);
        });
        if (THREAD == 0) w[i] = T(total);
    }
}""",
    types=FLOATS,
    fmad=True,
)


def serves(channels: int, filters: int, groups: int) -> bool:
    """Whether groups are that small."""
    return groups > 1 and max(channels, filters) <= MOST * groups


def correlate(xp: Any, data: Any, weight: Any, at: Window, groups: int, out: Any) -> None:
    """Write the convolution into `out`, of the data's dtype or float32 for float16."""
    args = _args(data, out, at, groups)
    _CORRELATE(xp, (data.dtype, out.dtype), args=(data, weight, out, *args), size=out.size)


def spread(xp: Any, grad: Any, weight: Any, at: Window, groups: int, out: Any) -> None:
    """Write the gradient of the data into `out`."""
    args = _args(out, grad, at, groups)
    _SPREAD(xp, out.dtype, args=(grad, weight, out, *args), size=out.size)


def weigh(xp: Any, data: Any, grad: Any, at: Window, groups: int, out: Any) -> None:
    """Write the gradient of the weight into `out`."""
    args = _args(data, grad, at, groups)
    summed = len(data) * math.prod(grad.shape[2:])
    threads = 256 if summed > 128 else 32
    args = (data, grad, out, *args)
    _WEIGH(xp, out.dtype, args=args, blocks=out.size, threads=threads)


def _args(data: Any, grad: Any, at: Window, groups: int) -> tuple[int, ...]:
    samples, channels, *space = data.shape
    geometry = numbers(at, tuple(space), grad.shape[2:])
    return (samples, grad.shape[1], groups, channels // groups, *geometry)
