"""Pooling on a GPU: a thread for each window, or a block where one window is all of a large plane.

Gradients are gathered: each place of the data looks through the windows that it lies in. Where a window has
its largest number is found first, once, as a place in its plane (-1 for none).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ...cuda import FLOATS, Kernel
from ..windows import Ints, Window
from .unfold import GEOMETRY, INSIDE, numbers

LARGE = 64
"""Points of a plane from which a block shares them, if they are one window."""
THREADS = 128


class Kind(NamedTuple):
    """What is computed of a window.

    Attributes
    ----------
    code : int
        One of those below.
    factor : float
        Of `SUM`, what the sum is multiplied with; of `LARGEST`, what the largest number is at least.
    power : int
        Of `SUM`, of what power of the numbers it is, whose root is taken then.
    padding : bool
        Whether the padding's zeros are among the numbers.
    """

    code: int
    factor: float = 1.0
    power: int = 1
    padding: bool = True


LARGEST, LARGEST_OR_NAN, SUM, MEAN = range(4)

_PARAMS = "long long planes, long long code, long long power, long long padding, double factor,"
# Of one window, from `begin` on along a dimension: its points inside the array, and those in the padding.
_PARTS = """
DEVICE I covered(I begin, I kernel, I size, I pad) {
    const I low = begin > -pad ? begin : -pad;
    const I end = begin + kernel < size + pad ? begin + kernel : size + pad;
    return end > low ? end - low : I(0);
}
DEVICE I length(I begin, I kernel, I size, I pad) {
    const I found = covered(begin, kernel, size, pad);
    return found > 1 ? found : I(1);
}
DEVICE I upto(I a, I b) { return a < b ? a : b; }
DEVICE I from(I a) { return a > 0 ? a : I(0); }
template <class V> DEVICE V powered(V x, I power) {
    return power == 1 ? x : power == 2 ? x * x : x * x * x;
}
template <class V> DEVICE V rooted(V x, I power) {
    return power == 1 ? x : power == 2 ? V(sqrt(x)) : V(cbrt(x));
}
"""

# The window of each place of the result, cut to what lies inside, and the plane that it is in.
_WINDOW = """
    const I places = I(nz * ny * nx), rows = I(sy * sx);
    FOR_EACH(i, I(planes) * places) {
        const I p = i % places, line = p / I(nx);
        const I x0 = p % I(nx) * I(tx) - I(px), y0 = line % I(ny) * I(ty) - I(py);
        const I z0 = line / I(ny) * I(tz) - I(pz);
        const I x1 = upto(x0 + I(kx), I(sx)), y1 = upto(y0 + I(ky), I(sy)), z1 = upto(z0 + I(kz), I(sz));
        const T* own = x + i / places * I(sz) * rows;
"""

_POOL = Kernel(
    "pool",
    _PARTS
    + f"KERNEL pool(const T* x, T* y, {_PARAMS} {GEOMETRY}) {{"
    + _WINDOW
    + """        A total = code < 2 ? A(factor) : A(0);
        for (I z = from(z0); z < z1; z++)
            for (I v = from(y0); v < y1; v++)
                for (I k = from(x0); k < x1; k++) {
                    const A value = A(own[z * rows + v * I(sx) + k]);
                    if (code == 0) total = fmaximum(total, value);
                    else if (code == 1) total = maximum(total, value);
                    else total += powered(value, I(power));
                }
        const I pad = padding ? 1 : 0;
        const I all = length(z0, kz, sz, I(pz) * pad) * length(y0, ky, sy, I(py) * pad)
            * length(x0, kx, sx, I(px) * pad);
        if (code == 1) {
            const I inside = covered(z0, kz, sz, 0) * covered(y0, ky, sy, 0) * covered(x0, kx, sx, 0);
            const I whole = covered(z0, kz, sz, pz) * covered(y0, ky, sy, py) * covered(x0, kx, sx, px);
            if (whole > inside) total = maximum(total, A(0));
        }
        if (code == 2) total = rooted(total, I(power)) * A(factor);
        if (code == 3) total = total / A(all);
        y[i] = T(total);
    }
}""",
    types=FLOATS,
)

# One window that is the whole of a plane, without padding.
_POOL_WHOLE = Kernel(
    "pool_whole",
    _PARTS
    + """
KERNEL pool_whole(const T* x, T* y, long long planes, long long code, long long power, double factor,
                  long long size) {
    FOR_BLOCKS(i, planes) {
        const T* own = x + i * I(size);
        A total = A(factor);
        if (code == 0) {
            FOR_THREADS(k, size) total = fmaximum(total, A(own[k]));
            total = block_reduce(total, [](A a, A b) { return fmaximum(a, b); });
        } else if (code == 1) {
            FOR_THREADS(k, size) total = maximum(total, A(own[k]));
            total = block_max(total);
        } else {
            total = row_sum(I(size), [&](I k) { return powered(A(own[k]), I(power)); });
            if (code == 2) total = rooted(total, I(power)) * A(factor);
            else total = total / A(size);
        }
        if (THREAD == 0) y[i] = T(total);
    }
}""",
    types=FLOATS,
)

_WINNERS = Kernel(
    "pool_winners",
    _PARTS
    + f"KERNEL pool_winners(const T* x, const T* y, int32* found, long long planes, {GEOMETRY}) {{"
    + _WINDOW
    + """        const A extreme = A(y[i]);
        I place = -1;
        for (I z = from(z0); z < z1 && place < 0; z++)
            for (I v = from(y0); v < y1 && place < 0; v++)
                for (I k = from(x0); k < x1 && place < 0; k++)
                    if (A(own[z * rows + v * I(sx) + k]) == extreme) place = z * rows + v * I(sx) + k;
        found[i] = int32(place);
    }
}""",
    types=FLOATS,
)

_WINNERS_WHOLE = Kernel(
    "pool_winners_whole",
    """
KERNEL pool_winners_whole(const T* x, const T* y, int32* found, long long planes, long long size) {
    FOR_BLOCKS(i, planes) {
        const T* own = x + i * I(size);
        const A extreme = A(y[i]);
        I place = I(size);
        FOR_THREADS(k, size) if (A(own[k]) == extreme && k < place) place = k;
        place = block_min(place);
        if (THREAD == 0) found[i] = place < I(size) ? int32(place) : int32(-1);
    }
}""",
    types=FLOATS,
)

# The windows that a place of the data lies in.
_AROUND = """
    const I size = I(sz * sy * sx), places = I(nz * ny * nx);
    FOR_EACH(i, I(planes) * size) {
        const I p = i % size, line = p / I(sx), ix = p % I(sx), iy = line % I(sy), iz = line / I(sy);
        const I z0 = first_window(iz, pz, kz, tz, 1), z1 = last_window(iz, pz, tz, nz);
        const I y0 = first_window(iy, py, ky, ty, 1), y1 = last_window(iy, py, ty, ny);
        const I x0 = first_window(ix, px, kx, tx, 1), x1 = last_window(ix, px, tx, nx);
        const I own = i / size * places;
        A total = A(0);
        for (I oz = z0; oz <= z1; oz++)
            for (I oy = y0; oy <= y1; oy++)
                for (I ox = x0; ox <= x1; ox++) {
                    const I w = own + (oz * I(ny) + oy) * I(nx) + ox;
                    """

_SPREAD_LARGEST = Kernel(
    "pool_spread_largest",
    INSIDE
    + f"""KERNEL pool_spread_largest(const T* grad, const int32* found, T* out, long long planes,
                          {GEOMETRY}) {{"""
    + _AROUND
    + """if (I(found[w]) == p) total += A(grad[w]);
                }
        out[i] = T(total);
    }
}""",
    types=FLOATS,
)

_SPREAD_TIES = Kernel(
    "pool_spread_ties",
    INSIDE
    + f"""KERNEL pool_spread_ties(const T* grad, const T* x, const T* y, T* out, long long planes,
                        {GEOMETRY}) {{"""
    + _AROUND
    + """if (A(x[i]) == A(y[w])) total += A(grad[w]);
                }
        out[i] = T(total);
    }
}""",
    types=FLOATS,
)

_SPREAD_SUMS = Kernel(
    "pool_spread_sums",
    INSIDE
    + _PARTS
    + f"KERNEL pool_spread_sums(const T* grad, T* out, {_PARAMS} {GEOMETRY}) {{"
    + _AROUND
    + """const I pad = padding ? 1 : 0;
                    const I all = code != 3 ? I(1)
                        : length(oz * I(tz) - I(pz), kz, sz, I(pz) * pad)
                        * length(oy * I(ty) - I(py), ky, sy, I(py) * pad)
                        * length(ox * I(tx) - I(px), kx, sx, I(px) * pad);
                    total += A(grad[w]) / A(all);
                }
        out[i] = T(total * A(factor));
    }
}""",
    types=FLOATS,
)

_PICK = Kernel(
    "pool_pick",
    """
KERNEL pool_pick(const T* values, const int32* found, T* out, long long count, long long places,
                 long long size) {
    FOR_EACH(i, count) {
        const I place = I(found[i]);
        out[i] = place < 0 ? T(0.0f) : values[i / I(places) * I(size) + place];
    }
}""",
    types=FLOATS,
)


def _whole(at: Window, space: Ints, counts: Ints) -> bool:
    """Whether there is one window, all of a plane that is large."""
    one = math.prod(counts) == 1 and at.kernel == tuple(space) and not any(at.pad)
    return one and math.prod(space) >= LARGE


def forward(xp: Any, data: Any, at: Window, kind: Kind, out: Any) -> None:
    """Write the pooling of `data` `(N, C, *space)` into `out` `(N, C, *counts)`."""
    planes, space = math.prod(data.shape[:2]), data.shape[2:]
    if _whole(at, space, out.shape[2:]):
        args = (data, out, planes, kind.code, kind.power, kind.factor, math.prod(space))
        _POOL_WHOLE(xp, data.dtype, args=args, blocks=planes, threads=THREADS)
        return
    settings = (planes, kind.code, kind.power, int(kind.padding), kind.factor)
    args = (data, out, *settings, *numbers(at, space, out.shape[2:]))
    _POOL(xp, data.dtype, args=args, size=out.size)


def _winners(xp: Any, data: Any, result: Any, at: Window) -> Any:
    """Where each window has its largest number first, in its plane; -1 for none."""
    planes, space = math.prod(data.shape[:2]), data.shape[2:]
    found = xp.empty(result.shape, np.dtype("int32"))
    if _whole(at, space, result.shape[2:]):
        args = (data, result, found, planes, math.prod(space))
        _WINNERS_WHOLE(xp, data.dtype, args=args, blocks=planes, threads=THREADS)
    else:
        args = (data, result, found, planes, *numbers(at, space, result.shape[2:]))
        _WINNERS(xp, data.dtype, args=args, size=result.size)
    return found


def spread_largest(xp: Any, grad: Any, data: Any, result: Any, at: Window, out: Any) -> None:
    """The gradient of the largest: what each window has, added at its first largest number."""
    found = _winners(xp, data, result, at)
    geometry = numbers(at, out.shape[2:], grad.shape[2:])
    args = (grad, found, out, math.prod(out.shape[:2]), *geometry)
    _SPREAD_LARGEST(xp, out.dtype, args=args, size=out.size)


def spread_to_ties(xp: Any, grad: Any, data: Any, result: Any, at: Window, out: Any) -> None:
    """What each window has, added to all its numbers that are equal to the largest."""
    geometry = numbers(at, out.shape[2:], grad.shape[2:])
    args = (grad, data, result, out, math.prod(out.shape[:2]), *geometry)
    _SPREAD_TIES(xp, out.dtype, args=args, size=out.size)


def spread_sums(xp: Any, grad: Any, at: Window, kind: Kind, out: Any) -> None:
    """The gradient of sums and means: what each window has, shared out over its places."""
    geometry = numbers(at, out.shape[2:], grad.shape[2:])
    settings = (math.prod(out.shape[:2]), kind.code, 1, int(kind.padding), kind.factor)
    _SPREAD_SUMS(xp, out.dtype, args=(grad, out, *settings, *geometry), size=out.size)


def pick_largest(xp: Any, values: Any, data: Any, result: Any, at: Window, out: Any) -> None:
    """The values where windows of the data have their largest number; 0 without one."""
    found = _winners(xp, data, result, at)
    places, size = math.prod(out.shape[2:]), math.prod(data.shape[2:])
    _PICK(xp, out.dtype, args=(values, found, out, out.size, places, size), size=out.size)
