"""Elements moved by indices on a GPU, one launch each: taken, picked, put back, marked.

The kernels see an axis as (lanes before it, its positions, elements between them), and elements as whole
numbers of their size. Indices are cut to whole numbers; those outside are clipped, or counted round and
round.
"""

from __future__ import annotations

import math
from typing import Any

from ..cuda import Kernel
from ..specs import DType
from .device import (
    INDICES,
    MOVED,
    PLACES,
    bits,
    delivered,
    indices,
    lanes,
    moved,
    packed,
    target,
)

# What cannot be a whole number becomes the least one, as in NumPy.
_PLACE = """
template <class V> DEVICE long long whole_of(V index) {
    if constexpr (is_floating<V>::value)
        if (!(fabs((double)index) < 9.2e18)) return lowest<long long>();
    return (long long)index;
}
template <class V> DEVICE long long place_of(V index, long long size, bool wraps) {
    long long whole = whole_of(index);
    if (wraps) return modulo(whole, size);
    return whole < 0 ? 0 : whole < size ? whole : size - 1;
}
"""

_TAKE = Kernel(
    "take_places",
    _PLACE
    + """
KERNEL take_places(const T* data, const T1* places, T* out, long long before, long long size,
                   long long after, long long count, long long shared, long long wraps) {
    FOR_EACH(k, before * count * after) {
        I inner = k % (I)after, row = k / (I)after;
        I lane = row / (I)count;
        I place = (I)place_of(places[shared ? row % (I)count : k], size, wraps);
        out[k] = data[(lane * (I)size + place) * (I)after + inner];
    }
}
""",
    types=PLACES,
)

_PUT = Kernel(
    "put_places",
    _PLACE
    + """
KERNEL put_places(const T* values, const T1* places, T* out, long long before, long long size,
                  long long after, long long count) {
    FOR_EACH(k, before * count * after) {
        I inner = k % (I)after, lane = k / (I)after / (I)count;
        out[(lane * (I)size + (I)place_of(places[k], size, false)) * (I)after + inner] = values[k];
    }
}
""",
    types=PLACES,
)

_PICKED_BACK = Kernel(
    "picked_back",
    _PLACE
    + """
KERNEL picked_back(const T* grad, const T1* places, T* out, long long before, long long size,
                   long long after, long long wraps) {
    FOR_EACH(k, before * size * after) {
        I inner = k % (I)after, row = k / (I)after;
        I from = row / (I)size * (I)after + inner;
        bool here = place_of(places[from], size, wraps) == row % (I)size;
        out[k] = here ? grad[from] : T(0);
    }
}
""",
    types=PLACES,
)

_ONE_HOT = Kernel(
    "one_hot",
    _PLACE
    + """
KERNEL one_hot(const T1* places, T* out, long long depth, long long on, long long off,
               long long n) {
    FOR_EACH(k, n) out[k] = T(whole_of(places[k / (I)depth]) == k % (I)depth ? on : off);
}
""",
    types=PLACES,
)

# Of several rows for one place the last stays: each place learns the number of its last row first.
_LAST_ROW = Kernel(
    "last_row",
    """
KERNEL last_row(const long long* places, long long* last, long long count) {
    FOR_EACH(k, count) atomicMax(last + places[k], (long long)k);
}
""",
    types=("int64",),
)

_PLACE_ROWS = Kernel(
    "place_rows",
    """
KERNEL place_rows(const T* rows, const long long* last, T* out, long long width, long long n) {
    FOR_EACH(k, n) {
        long long row = last[k / (I)width];
        out[k] = row < 0 ? T(0) : rows[row * width + k % (I)width];
    }
}
""",
    types=MOVED,
)

_JOINED_PLACES = Kernel(
    "joined_places",
    _PLACE
    + """
KERNEL joined_places(const T1* places, long long* joined, T* outside, long long size,
                     long long first, long long n) {
    FOR_EACH(k, n) {
        long long whole = whole_of(places[k]);
        if (whole < -size || whole >= size) *outside = T(1);
        joined[k] = (first ? 0 : joined[k] * size) + modulo(whole, size < 1 ? 1 : size);
    }
}
""",
    types=[("int32", index) for index in INDICES],
)


def taken(xp: Any, data: Any, places: Any, axis: int, wraps: bool = False, out: Any = None) -> Any:
    """The positions `places`, of any shape, of one axis, which they replace; in `out` where it is given."""
    before, size, after = lanes(data.shape, axis)
    shape = (*data.shape[:axis], *places.shape, *data.shape[axis + 1 :])
    numbers = (before, size, after, places.size, 1, int(wraps))
    return delivered(_gathered(xp, data, places, shape, numbers, out), out)


def taken_along(xp: Any, data: Any, places: Any, axis: int, wraps: bool = False) -> Any:
    """For each element of `places` the element of its lane there; it has any number of positions."""
    before, size, after = lanes(data.shape, axis)
    shape = (*data.shape[:axis], places.shape[axis], *data.shape[axis + 1 :])
    count = places.shape[axis]
    return _gathered(xp, data, places, shape, (before, size, after, count, 0, int(wraps)))


def _gathered(
    xp: Any,
    data: Any,
    places: Any,
    shape: tuple[int, ...],
    numbers: tuple[int, ...],
    out: Any = None,
) -> Any:
    data, places = packed(data), indices(places)
    result = target(xp, out, shape, data.dtype)
    if result.size:
        source, into = moved(data), moved(result)
        _TAKE(xp, (source.dtype, places.dtype), (source, places, into, *numbers), size=result.size)
    return result


def put_along(xp: Any, values: Any, places: Any, size: int) -> Any:
    """Zeros with lanes of `size` along the last axis, and the values of each lane at its places.

    No place may be named twice in a lane.
    """
    values, places = packed(values), indices(places)
    result = xp.zeros((*values.shape[:-1], size), values.dtype)
    if values.size:
        source, into = moved(values), moved(result)
        count = values.shape[-1]
        args = (source, places, into, values.size // count, size, 1, count)
        _PUT(xp, (source.dtype, places.dtype), args, size=values.size)
    return result


def picked_back(xp: Any, grad: Any, places: Any, like: Any, axis: int, wraps: bool) -> Any:
    """Zeros in the shape of `like` with one element of each lane from `grad`, at its place."""
    result = xp.empty(like.shape, grad.dtype)
    if result.size:
        source, places, into = moved(packed(grad)), indices(places), moved(result)
        args = (source, places, into, *lanes(like.shape, axis), int(wraps))
        _PICKED_BACK(xp, (source.dtype, places.dtype), args, size=result.size)
    return result


def marked(xp: Any, places: Any, depth: int, on: float, off: float, dtype: DType) -> Any:
    """`on` at the places along a new last axis of size `depth`, else `off`."""
    places = indices(places)
    result = xp.empty((*places.shape, depth), dtype)
    if result.size:
        into = moved(result)
        args = (places, into, depth, bits(on, dtype), bits(off, dtype), result.size)
        _ONE_HOT(xp, (into.dtype, places.dtype), args, size=result.size)
    return result


def rows_placed(xp: Any, rows: Any, places: Any, count: int) -> Any:
    """`count` rows of zeros with `rows` (n, width) at `places` (n,) of int64; of equal places the last."""
    rows = packed(rows)
    width = rows.shape[1]
    last = xp.full(count, -1, "int64")
    _LAST_ROW(xp, places.dtype, (places, last, places.size), size=places.size)
    result = xp.empty((count, width), rows.dtype)
    if result.size:
        source, into = moved(rows), moved(result)
        _PLACE_ROWS(xp, source.dtype, (source, last, into, width, result.size), size=result.size)
    return result


def joined_places(xp: Any, places: Any, sizes: tuple[int, ...]) -> tuple[Any, Any]:
    """Positions in axes of these sizes, a row of `places` for each, as positions in the axes joined.

    Returns
    -------
    tuple of array
        The positions, of int64 and one dimension; and an array of one number that is not 0 if one of them
        is outside its axis: they go from -size to size - 1.
    """
    places = indices(places)
    each = math.prod(places.shape[1:])
    joined, outside = xp.empty(each, "int64"), xp.zeros(1, "int32")
    for axis, size in enumerate(sizes):
        args = (places[axis], joined, outside, size, int(axis == 0), each)
        _JOINED_PLACES(xp, (outside.dtype, places.dtype), args, size=each)
    return joined, outside
