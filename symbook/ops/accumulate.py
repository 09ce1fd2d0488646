"""Running sums, and counts of values."""

from __future__ import annotations

from typing import Any, Literal

from ..specs import Shape, as_dtype
from .backward import gradient_dtype, like_shape
from .casting import numeric
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
    sums = xp.flip(xp.cumsum(xp.flip(ograd, place), axis=place, dtype=ograd.dtype), place)
    return sums.reshape(a.shape)


def _bins(data: Shape, *bins: Shape, bin_cnt: int | None, range: Any) -> list[Shape]:
    if bins:
        (edges,) = bins
        if len(edges) != 1:
            raise Mismatch("bins must have one dimension")
        return [((edges[0] or 0) - 1,), edges]
    if bin_cnt is None or range is None or len(range) != 2:
        raise Mismatch("bin_cnt needs a range too", hint="Give it: range=(low, high).")
    return [(bin_cnt,), (bin_cnt + 1,)]


def _bins_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    dtype = unify_dtypes((*ins, outs[1]))
    return (dtype,) * len(ins), (unify_dtypes((as_dtype("int64"), outs[0])), dtype)


def _histogram_inputs(params: Params) -> tuple[str, ...]:
    return ("data", "bins") if params["bin_cnt"] is None else ("data",)


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
    if bins is None:
        counts, edges = xp.histogram(data, bins=bin_cnt, range=range)
        return counts.astype("int64"), edges.astype(data.dtype)
    return xp.histogram(data, bins=bins)[0].astype("int64"), bins.copy()
