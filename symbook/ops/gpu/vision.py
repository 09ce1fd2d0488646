"""Sampling of pictures on a GPU, and its gradients; and pooling of regions.

A gradient of a picture is gathered: places are sorted by the pixel that they touch, so that each pixel has
its places in a row, in the order of the grid. Channels share that order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...cuda import FLOATS, Kernel

# Where a place lies: the pixel above to the left of it, and how far from that. NaN lies nowhere.
_PLACE = """
DEVICE A half_of(I size) { return A(size - 1) * A(0.5f); }
struct Where { A x, y; I left, top; };
DEVICE Where where(A gx, A gy, I height, I width) {
    const A x = (gx + A(1.0f)) * half_of(width), y = (gy + A(1.0f)) * half_of(height);
    const A left = floor(x), top = floor(y);
    const bool near = left >= A(-1.0f) && left <= A(width) && top >= A(-1.0f) && top <= A(height);
    return {x - left, y - top, near ? I(left) : I(-2), near ? I(top) : I(-2)};
}
DEVICE I pixel(const Where& at, int corner, I height, I width) {
    const I row = at.top + corner / 2, column = at.left + corner % 2;
    return row >= 0 && row < height && column >= 0 && column < width ? row * width + column : I(-1);
}
DEVICE A share(const Where& at, int corner) {
    return (corner / 2 ? at.y : A(1.0f) - at.y) * (corner % 2 ? at.x : A(1.0f) - at.x);
}
"""

_SAMPLE = Kernel(
    "bilinear_sample",
    _PLACE
    + """
KERNEL bilinear_sample(const T* data, const T* grid, T* out, long long size, long long channels,
                       long long height, long long width, long long places) {
    FOR_EACH(i, size) {
        const I p = i % I(places), plane = i / I(places), n = plane / I(channels);
        const T* own = grid + n * 2 * I(places) + p;
        const Where at = where(A(own[0]), A(own[places]), I(height), I(width));
        A total = A(0);
        for (int k = 0; k < 4; k++) {
            const I found = pixel(at, k, I(height), I(width));
            const A value = found >= 0 ? A(data[plane * I(height * width) + found]) : A(0);
            total += value * share(at, k);
        }
        out[i] = T(total);
    }
}""",
    types=FLOATS,
)

_TO_GRID = Kernel(
    "bilinear_to_grid",
    _PLACE
    + """
KERNEL bilinear_to_grid(const T* grad, const T* data, const T* grid, T* out, long long batch,
                        long long channels, long long height, long long width, long long places) {
    FOR_EACH(i, batch * places) {
        const I p = i % I(places), n = i / I(places);
        const T* own = grid + n * 2 * I(places) + p;
        const Where at = where(A(own[0]), A(own[places]), I(height), I(width));
        A sums[4];
        for (int k = 0; k < 4; k++) {
            const I found = pixel(at, k, I(height), I(width));
            sums[k] = A(0);
            for (I c = 0; c < I(channels) && found >= 0; c++) {
                const I plane = n * I(channels) + c;
                sums[k] += A(data[plane * I(height * width) + found]) * A(grad[plane * I(places) + p]);
            }
        }
        const A one = A(1.0f);
        const A to_x = (sums[1] - sums[0]) * (one - at.y) + (sums[3] - sums[2]) * at.y;
        const A to_y = (sums[2] - sums[0]) * (one - at.x) + (sums[3] - sums[1]) * at.x;
        T* to = out + n * 2 * I(places) + p;
        to[0] = T(to_x * half_of(I(width)));
        to[places] = T(to_y * half_of(I(height)));
    }
}""",
    types=FLOATS,
)

# For each place and corner the pixel, in the batch's order; that after the last where it is outside.
_TOUCHED = Kernel(
    "bilinear_touched",
    _PLACE
    + """
KERNEL bilinear_touched(const T* grid, int64* keys, long long batch, long long height, long long width,
                        long long places) {
    FOR_EACH(i, batch * places) {
        const I p = i % I(places), n = i / I(places);
        const T* own = grid + n * 2 * I(places) + p;
        const Where at = where(A(own[0]), A(own[places]), I(height), I(width));
        for (int k = 0; k < 4; k++) {
            const I found = pixel(at, k, I(height), I(width));
            keys[(int64)i * 4 + k] = found < 0 ? int64(batch * height * width)
                : int64(n) * (height * width) + found;
        }
    }
}""",
    types=FLOATS,
)

_TO_DATA = Kernel(
    "bilinear_to_data",
    _PLACE
    + """
KERNEL bilinear_to_data(const T* grad, const T* grid, const int64* order, const int64* starts, T* out,
                        long long size, long long channels, long long height, long long width,
                        long long places) {
    FOR_EACH(i, size) {
        const I area = I(height * width), pixel_ = i % area, plane = i / area, n = plane / I(channels);
        const I key = n * area + pixel_;
        A total = A(0);
        for (int64 j = starts[key]; j < starts[key + 1]; j++) {
            const I p = I(order[j] / 4 - (int64)n * places);
            const T* own = grid + n * 2 * I(places) + p;
            const Where at = where(A(own[0]), A(own[places]), I(height), I(width));
            total += A(grad[plane * I(places) + p]) * share(at, int(order[j] % 4));
        }
        out[i] = T(total);
    }
}""",
    types=FLOATS,
)


def sample(xp: Any, data: Any, grid: Any) -> Any:
    """Pictures `(N, C, H, W)` at the places of a grid `(N, 2, h, w)`."""
    data, grid = xp.ascontiguousarray(data), xp.ascontiguousarray(grid)
    out = xp.empty((*data.shape[:2], *grid.shape[2:]), dtype=data.dtype)
    args = (data, grid, out, out.size, *data.shape[1:], grid.shape[2] * grid.shape[3])
    _SAMPLE(xp, data.dtype, args=args, size=out.size)
    return out


def sample_backward(xp: Any, grad: Any, data: Any, grid: Any) -> tuple[Any, Any]:
    """The gradients of the pictures and of the grid."""
    grad, data, grid = (xp.ascontiguousarray(item) for item in (grad, data, grid))
    batch, channels, height, width = data.shape
    places = grid.shape[2] * grid.shape[3]
    to_grid, to_data = xp.empty(grid.shape, grid.dtype), xp.empty(data.shape, data.dtype)
    args = (grad, data, grid, to_grid, batch, channels, height, width, places)
    _TO_GRID(xp, data.dtype, args=args, size=batch * places)
    whole = np.dtype("int64")
    keys = xp.empty(batch * places * 4, dtype=whole)
    _TOUCHED(xp, data.dtype, args=(grid, keys, batch, height, width, places), size=batch * places)
    order = xp.argsort(keys, kind="stable").astype(whole, copy=False)
    pixels = xp.arange(batch * height * width + 1, dtype=whole)
    starts = xp.searchsorted(keys[order], pixels).astype(whole, copy=False)
    arrays = (grad, grid, order, starts, to_data)
    sizes = (data.size, channels, height, width, places)
    _TO_DATA(xp, data.dtype, args=(*arrays, *sizes), size=data.size)
    return to_data, to_grid


# Regions of interest

# The bins of a region along one dimension: from a corner's pixel on, bins of one width, cut at the edges.
_REGION = """
DEVICE A away(A x) { return trunc(x + copysign(A(0.5f), x)); }
struct Bins { A start, width; I size; };
DEVICE Bins bins_of(A first, A last, A scale, I pooled, I size) {
    const A start = away(first * scale), end = away(last * scale);
    return {start, maximum(end - start + A(1.0f), A(1.0f)) / A(pooled), size};
}
DEVICE I begin_of(const Bins& bins, I k) {
    return I(clip(A(floor(A(k) * bins.width) + bins.start), A(0), A(bins.size)));
}
DEVICE I end_of(const Bins& bins, I k) {
    return I(clip(A(ceil(A(k + 1) * bins.width) + bins.start), A(0), A(bins.size)));
}
"""
_ROI_SIZES = (
    "long long batch, long long channels, long long height, long long width, long long regions,"
    " long long bins_y, long long bins_x"
)

_ROI_POOL = Kernel(
    "roi_pool",
    _REGION
    + f"KERNEL roi_pool(const T* data, const T* rois, T* out, T* places, double scale, {_ROI_SIZES}) {{"
    + """
    FOR_EACH(i, regions * channels * bins_y * bins_x) {
        const I kx = i % I(bins_x), ky = i / I(bins_x) % I(bins_y), plane = i / I(bins_x) / I(bins_y);
        const I c = plane % I(channels);
        const T* roi = rois + plane / I(channels) * 5;
        const A picture = A(roi[0]);
        A most = A(0);
        I place = -1;
        if (picture >= A(0) && picture < A(batch)) {
            const Bins across = bins_of(A(roi[1]), A(roi[3]), A(scale), I(bins_x), I(width));
            const Bins down = bins_of(A(roi[2]), A(roi[4]), A(scale), I(bins_y), I(height));
            const T* own = data + (I(picture) * I(channels) + c) * I(height * width);
            const I last_y = end_of(down, ky), last_x = end_of(across, kx);
            for (I y = begin_of(down, ky); y < last_y; y++)
                for (I x = begin_of(across, kx); x < last_x; x++) {
                    const A value = A(own[y * I(width) + x]);
                    const bool better = place < 0 || value > most || (is_nan(value) && !is_nan(most));
                    if (better) {
                        most = value;
                        place = y * I(width) + x;
                    }
                }
        }
        out[i] = T(most);
        places[i] = T(A(place));
    }
}""",
    types=FLOATS,
)

# By a block for each plane, region after region. Bins overlap by a pixel: of those that have the same
# largest one, the first adds up for all.
_ROI_BACKWARD = Kernel(
    "roi_pool_backward",
    f"KERNEL roi_pool_backward(const T* grad, const T* places, const T* rois, T* out, {_ROI_SIZES}) {{"
    + """
    const I bins = I(bins_y * bins_x), area = I(height * width);
    FOR_BLOCKS(plane, batch * channels) {
        const I c = plane % I(channels), n = plane / I(channels);
        T* own = out + plane * area;
        FOR_THREADS(k, area) own[k] = T(0.0f);
        SYNC();
        for (I r = 0; r < I(regions); r++) {
            const A picture = A(rois[r * 5]);
            if (!(picture >= A(0) && picture < A(batch)) || I(picture) != n) continue;
            const T* place = places + (r * I(channels) + c) * bins;
            const T* from = grad + (r * I(channels) + c) * bins;
            FOR_THREADS(k, bins) {
                const A pixel = A(place[k]);
                bool first = pixel >= A(0);
                for (I j = 0; first && j < k; j++) first = A(place[j]) != pixel;
                if (!first) continue;
                A sum = A(own[I(pixel)]);
                for (I j = k; j < bins; j++) if (A(place[j]) == pixel) sum += A(from[j]);
                own[I(pixel)] = T(sum);
            }
            SYNC();
        }
    }
}""",
    types=FLOATS,
)


def roi_pool(xp: Any, data: Any, rois: Any, pooled: tuple[int, ...], scale: float) -> Any:
    """The largest value of each bin, and where it is in its plane, -1 for nowhere."""
    data, rois = xp.ascontiguousarray(data), xp.ascontiguousarray(rois)
    out, places = (xp.empty((len(rois), data.shape[1], *pooled), data.dtype) for _ in range(2))
    args = (data, rois, out, places, scale, *data.shape, len(rois), *pooled)
    _ROI_POOL(xp, data.dtype, args=args, size=out.size)
    return out, places


def roi_pool_backward(xp: Any, grad: Any, places: Any, rois: Any, data: Any) -> Any:
    """What each pixel gets from the bins that it is the largest of."""
    grad, places, rois = (xp.ascontiguousarray(item) for item in (grad, places, rois))
    out = xp.empty(data.shape, dtype=grad.dtype)
    args = (grad, places, rois, out, *data.shape, len(rois), *grad.shape[2:])
    _ROI_BACKWARD(xp, grad.dtype, args=args, blocks=data.shape[0] * data.shape[1], threads=64)
    return out
