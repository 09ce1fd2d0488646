"""Running sums, and counts of values."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ..cuda import NUMBERS, Kernel
from ..errors import OutOfRange
from ..specs import Shape, as_dtype
from .backward import gradient_dtype, like_shape
from .casting import numeric
from .device import lanes, packed
from .registry import op
from .reshape import product
from .rules import DTypes, Mismatch, Params, axis_of, forward, unify_dtypes


def _running_shape(a: Shape, axis: int | None, **_: Any) -> Shape:
    if axis is None:
        return (product(a),)
    axis_of(axis, len(a))
    return a


def _running_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    if params["dtype"] is None:
        return numeric(ins, outs, params)
    return ins, (unify_dtypes((as_dtype(params["dtype"]), *outs)),)


# Longer lanes than this are too long for one block: CuPy has all blocks work at them.
_LONGEST = 2**15

# A block for each lane: its threads add up their share, then what lies before it.
_RUNNING = Kernel(
    "running_sum",
    """
KERNEL running_sum(const T* data, T* out, long long lanes, long long n, long long after,
                   long long back) {
    SHARED A shares[1024];
    I each = ((I)n + THREADS - 1) / THREADS;
    I first = each * THREAD, last = first + each < n ? first + each : (I)n;
    FOR_BLOCKS(lane, lanes) {
        I start = lane / (I)after * (I)n * (I)after + lane % (I)after;
        A share = A(0);
        for (I i = first; i < last; i++)
            share += A(data[start + (back ? (I)n - 1 - i : i) * (I)after]);
        SYNC();
        shares[THREAD] = share;
        SYNC();
        A total = A(0);
        for (I i = 0; i < THREAD; i++) total += shares[i];
        for (I i = first; i < last; i++) {
            I at = start + (back ? (I)n - 1 - i : i) * (I)after;
            total += A(data[at]);
            out[at] = T(total);
        }
    }
}
""",
    types=NUMBERS,
)


def running(xp: Any, data: Any, axis: int, back: bool = False) -> Any:
    """Running sums along an axis on a GPU; `back`: from its end."""
    if data.shape[axis] > _LONGEST:
        turned = xp.flip(data, axis) if back else data
        sums = xp.cumsum(turned, axis=axis, dtype=data.dtype)
        return xp.flip(sums, axis) if back else sums
    data = packed(data)
    result = xp.empty(data.shape, data.dtype)
    before, size, after = lanes(data.shape, axis % data.ndim)
    count = before * after if size else 0
    # Few elements for each thread, but not so few that a lane is mostly threads.
    threads = 32 if size <= 512 else 256
    args = (data, result, count, size, after, int(back))
    _RUNNING(xp, data.dtype, args, blocks=min(count, 65536), threads=threads)
    return result


def _running_gradient(F: Any, g: Any, y: Any, a: Any, axis: int | None, dtype: str | None) -> Any:
    g = g if dtype is None else F._backward_Cast(g, a)
    return F._backward_cumsum(g, a, axis=axis)


@op(
    "_np_cumsum",
    alias=("cumsum",),
    shape=forward(_running_shape, whole=False),
    dtype=_running_dtype,
    gradient=_running_gradient,
)
def cumsum(
    xp,
    a,
    /,
    *,
    axis: int | None = None,
    dtype: Literal["float16", "float32", "float64", "int32", "int64", "int8"] | None = None,
):
    """The sum of all elements up to each one along an axis, itself included.

    axis
        None sums over the flattened array, and gives a flat one.
    dtype
        Dtype of the result; the array's own by default.

    >>> mx.nd.cumsum(mx.nd.array([[1, 2, 3], [4, 5, 6]]), axis=1).asnumpy()
    array([[ 1.,  3.,  6.],
           [ 4.,  9., 15.]], dtype=float32)
    """
    if xp is not np:
        values = a.astype(dtype or a.dtype, copy=False)
        return running(xp, values.reshape(-1) if axis is None else values, axis or 0)
    return xp.cumsum(a, axis=axis, dtype=dtype or a.dtype)


@op(
    "_backward_cumsum",
    outline=("a",),
    shape=like_shape,
    dtype=gradient_dtype,
    gradient=lambda F, g, y, ograd, a, axis: (F.cumsum(g, axis=axis), None),
)
def backward_cumsum(xp, ograd, a, /, *, axis: int | None = None):
    """The gradient of `cumsum`: the sums from each element on, in the shape of `a`."""
    place = 0 if axis is None else axis
    if xp is not np:
        return running(xp, ograd, place, back=True).reshape(a.shape)
    sums = xp.flip(xp.cumsum(xp.flip(ograd, place), axis=place, dtype=ograd.dtype), place)
    return sums.reshape(a.shape)


def _bins(data: Shape, *bins: Shape, bin_cnt: int | None, range: Any) -> list[Shape]:
    if bins:
        (edges,) = bins
        if len(edges) != 1:
            raise Mismatch("bins must have one dimension", hint="Flatten it: bins.reshape((-1,)).")
        return [((edges[0] or 0) - 1,), edges]
    if bin_cnt is None or range is None or len(range) != 2:
        raise Mismatch("bin_cnt needs a range too", hint="Give it: range=(low, high).")
    return [(bin_cnt,), (bin_cnt + 1,)]


def _bins_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    dtype = unify_dtypes((*ins, outs[1]))
    return (dtype,) * len(ins), (unify_dtypes((as_dtype("int64"), outs[0])), dtype)


def _histogram_inputs(params: Params) -> tuple[str, ...]:
    return ("data", "bins") if params["bin_cnt"] is None else ("data",)


_COUNT = Kernel(
    "count_values",
    """
KERNEL count_values(const T* data, const T* edges, long long* counts, long long bins, long long n) {
    FOR_EACH(i, n) {
        A value = A(data[i]);
        if (!(value >= A(edges[0]) && value <= A(edges[bins]))) continue;
        I low = 0, high = (I)bins;
        while (high - low > 1) {
            I middle = (low + high) / 2;
            if (A(edges[middle]) <= value) low = middle;
            else high = middle;
        }
        atomic_add(counts + low, (long long)1);
    }
}
""",
    types=NUMBERS,
)


def _counted(xp: Any, data: Any, edges: Any, bin_cnt: int | None, limits: Any) -> tuple[Any, Any]:
    """:func:`histogram` on a GPU."""
    given = data.dtype
    if edges is None:
        low, high = map(float, limits)
        if low == high:
            low, high = low - 0.5, high + 0.5
        wide = given if given.kind == "f" else np.dtype("float64")
        edges = xp.linspace(low, high, (bin_cnt or 0) + 1, dtype="float64").astype(wide)
        data = data.astype(wide, copy=False)
    elif bool((edges[1:] < edges[:-1]).any()):
        # Waits for what came before: an error is an error of this call.
        raise OutOfRange(
            "the edges of the intervals are not in ascending order",
            hint="Sort them: mx.nd.sort(bins).",
        )
    data, edges = packed(data), packed(edges)
    counts = xp.zeros(edges.size - 1, "int64")
    args = (data, edges, counts, counts.size, data.size)
    _COUNT(xp, data.dtype, args, size=data.size if counts.size else 0)
    return counts, edges.astype(given)


@op(
    "_histogram",
    shape=forward(_bins),
    dtype=_bins_dtype,
    outputs=("output0", "output1"),
    inputs=_histogram_inputs,
)
def histogram(
    xp,
    data,
    bins=None,
    /,
    *,
    bin_cnt: int | None = None,
    range: tuple[float, ...] | None = None,
):
    """How many elements lie in each of some intervals, as int64, and the edges of these.

    An interval has its lower edge, the last one both. Elements beyond the edges are not counted.

    bins
        The edges, in ascending order. Not given where `bin_cnt` is.
    bin_cnt, range
        Instead of edges: how many intervals, of one size, from the first number to the second.

    >>> counts, edges = mx.nd._internal._histogram(mx.nd.array([1, 2, 2, 3]), bin_cnt=3, range=(1, 4))
    >>> counts.asnumpy().tolist(), edges.asnumpy().tolist()
    ([1, 2, 1], [1.0, 2.0, 3.0, 4.0])
    """
    if xp is not np:
        return _counted(xp, data, bins, bin_cnt, range)
    if bins is None:
        counts, edges = xp.histogram(data, bins=bin_cnt, range=range)
        return counts.astype("int64"), edges.astype(data.dtype)
    return xp.histogram(data, bins=bins)[0].astype("int64"), bins.copy()
