"""Sorting and ranking: sort, argsort, topk.

Equal elements keep their order, ascending and descending, and NaN comes last either way.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from ..cuda import TYPES, Kernel
from ..specs import DType, Shape, as_dtype
from . import moving
from .along import taken_along
from .backward import gradient_dtype, like_shape, no_gradient
from .casting import numeric
from .device import packed
from .registry import op
from .rules import (
    DTypes,
    Mismatch,
    Params,
    Shapes,
    axis_of,
    unify,
    unify_dtypes,
)

INT32 = as_dtype("int32")
IndexDType = Literal["float16", "float32", "float64", "int32", "int64", "uint8"]

# How many positions a dtype counts exactly.
_COUNTABLE = {
    "float16": 2**11,
    "float32": 2**24,
    "float64": 2**53,
    "int32": 2**31,
    "int64": 2**63,
    "uint8": 2**8,
}


# The longest row that a block sorts in its own memory.
_ROW = 1024

# Bitonic: each pair of places is brought into order, by element and then by position, so that it is stable.
_ORDER_ROWS = Kernel(
    "order_rows",
    f"""
template <class V> DEVICE bool goes_before(V a, int at, V b, int bt, int n, bool ascending) {{
    if (at >= n || bt >= n) return at < bt;
    if (is_nan(a) || is_nan(b)) return is_nan(a) == is_nan(b) ? at < bt : is_nan(b);
    if (a == b) return at < bt;
    return ascending ? a < b : a > b;
}}
KERNEL order_rows(const T* data, long long* order, long long rows, long long n, long long room,
                  long long ascending) {{
    SHARED T values[{_ROW}];
    SHARED int places[{_ROW}];
    FOR_BLOCKS(row, rows) {{
        SYNC();
        FOR_THREADS(i, room) {{
            values[i] = data[row * n + (i < n ? i : 0)];
            places[i] = (int)i;
        }}
        for (int run = 2; run <= room; run *= 2) {{
            for (int step = run / 2; step > 0; step /= 2) {{
                SYNC();
                FOR_THREADS(i, room) {{
                    int j = (int)i ^ step;
                    if (j <= i) continue;
                    bool before = goes_before(values[i], places[i], values[j], places[j], (int)n,
                                              ascending != 0);
                    if (before != (((int)i & run) == 0)) {{
                        T value = values[i];
                        values[i] = values[j];
                        values[j] = value;
                        int place = places[i];
                        places[i] = places[j];
                        places[j] = place;
                    }}
                }}
            }}
        }}
        SYNC();
        FOR_THREADS(i, n) order[row * n + i] = places[i];
    }}
}}
""",
    types=TYPES,
)


def _row_orders(xp: Any, data: Any, is_ascend: bool) -> Any:
    """:func:`_order` of short rows on a GPU, a block for each."""
    data = packed(data)
    size = data.shape[-1]
    order = xp.empty(data.shape, "int64")
    rows = data.size // max(size, 1)
    room = 1 << max(size - 1, 0).bit_length()
    threads = min(max(room // 2, 32), 256)
    args = (data, order, rows, size, room, int(is_ascend))
    _ORDER_ROWS(xp, data.dtype, args, blocks=min(rows, 65536), threads=threads)
    return order


_MOST_TO_SORT = 31
"""Dimensions that NumPy sorts along one of."""


def _order(xp: Any, data: Any, is_ascend: bool) -> Any:
    """Positions along the last axis in the order of the elements."""
    if xp is not np and data.shape[-1] <= _ROW:
        return _row_orders(xp, data, is_ascend)
    if xp is np and data.ndim > _MOST_TO_SORT:
        rows = data.reshape(math.prod(data.shape[:-1]), data.shape[-1])
        return _order(xp, rows, is_ascend).reshape(data.shape)
    if is_ascend:
        return xp.argsort(data, axis=-1, kind="stable")
    if data.dtype.kind == "f":
        return xp.argsort(-data, axis=-1, kind="stable")
    # Not `-data`, which overflows for the least integer: sorted backwards, twice reversed.
    backwards = xp.argsort(data[..., ::-1], axis=-1, kind="stable")
    return data.shape[-1] - 1 - backwards[..., ::-1]


def _lanes(xp: Any, data: Any, axis: int | None) -> Any:
    """The data with the axis last; for None, all of it in one."""
    return data.reshape(-1) if axis is None else xp.moveaxis(data, axis, -1)


def _picked(xp: Any, lanes: Any, order: Any, axis: int | None) -> Any:
    """The elements at those positions of each lane, with the axis in its place."""
    if xp is not np:
        return _restored(xp, moving.taken_along(xp, lanes, order, lanes.ndim - 1), axis)
    return _restored(xp, taken_along(lanes, order, axis=-1), axis)


def _restored(xp: Any, lanes: Any, axis: int | None) -> Any:
    return lanes if axis is None else xp.moveaxis(lanes, -1, axis)


def _scattered(xp: Any, lanes: Any, order: Any, size: int) -> Any:
    """Zeros of `size` in each lane, with the values of `lanes` at the positions in `order`."""
    if xp is not np:
        return moving.put_along(xp, lanes, order, size)
    rows = math.prod(lanes.shape[:-1])
    starts = xp.arange(rows).reshape(-1, 1) * size
    result = xp.zeros(rows * size, lanes.dtype)
    places = starts + order.reshape(rows, order.shape[-1])
    result[places] = lanes.reshape(rows, lanes.shape[-1])
    return result.reshape(*lanes.shape[:-1], size)


# topk


def _count(k: int, size: int) -> int:
    """How many are taken of an axis of that size: all of them for less than 1."""
    if k > size:
        raise Mismatch(
            f"k must be at most {size}, the number of elements; it is {k}",
            hint="k=0 takes all of them.",
        )
    return k if k > 0 else size


def _top_shape(data: Shape, axis: int | None, k: int) -> Shape:
    if axis is None:
        if None in data:
            return (k if k > 0 else None,)
        return (_count(k, math.prod(dim for dim in data if dim is not None)),)
    place = axis_of(axis, len(data))
    size = data[place]
    taken = _count(k, size) if size is not None else k if k > 0 else None
    return (*data[:place], taken, *data[place + 1 :])


def _require_countable(data: Shape, axis: int | None, dtype: str) -> None:
    """Refuse axes with more positions than the dtype counts exactly."""
    (size,) = _top_shape(data, None, 0) if axis is None else (data[axis_of(axis, len(data))],)
    if size is not None and size > _COUNTABLE[dtype]:
        raise Mismatch(
            f"{dtype} cannot count the {size} positions of the axis exactly",
            hint='Give another dtype of the positions: dtype="int64".',
        )


def _topk_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    (data,) = ins
    if data is None:
        return ins, outs
    _require_countable(data, params["axis"], _index_dtype(params).name)
    shape = _top_shape(data, params["axis"], params["k"])
    result = data if params["ret_typ"] == "mask" else shape
    return ins, tuple(unify(result, out) for out in outs)


def _topk_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    if params["ret_typ"] == "indices":
        return ins, (unify_dtypes((_index_dtype(params), outs[0])),)
    own, values = numeric(ins, outs[:1], params)
    if params["ret_typ"] == "mask":
        return own, values
    return own, (*values, unify_dtypes((_index_dtype(params), outs[1])))


def _index_dtype(params: Params) -> DType:
    """The dtype of positions: of those that are there for the gradient only, as of `sort`, int32."""
    return as_dtype(params["dtype"]) if params["ret_typ"] in ("both", "indices") else INT32


def _topk_names(params: Params) -> tuple[str, ...]:
    single = params["ret_typ"] in ("indices", "mask")
    return ("output",) if single else ("output0", "output1")


def _topk_gradient(F: Any, g: Any, y: Any, data: Any, axis: int | None, **params: Any) -> Any:
    # Of positions and masks the gradient is zero.
    if not isinstance(y, tuple) or g[0] is None:
        return None
    return F._backward_topk(g[0], y[1], data, axis=axis)


@op(
    "topk",
    shape=_topk_rule,
    dtype=_topk_dtype,
    outputs=_topk_names,
    shown=lambda params: 2 if params["ret_typ"] == "both" else 1,
    gradient=_topk_gradient,
)
def topk(
    xp,
    data,
    /,
    *,
    axis: int | None = -1,
    k: int = 1,
    ret_typ: Literal["both", "indices", "mask", "value"] = "indices",
    is_ascend: bool = False,
    dtype: IndexDType = "float32",
):
    """The `k` largest elements along an axis, the largest first; of equal ones, the first of them.

    axis
        None takes all of the array as one axis.
    k
        How many; all of them for less than 1.
    ret_typ
        What to give: their positions (`indices`), the elements (`value`), elements and positions
        (`both`), or an array of the input's shape that is 1 where they are, else 0 (`mask`).
    is_ascend
        The smallest elements instead, the smallest first.
    dtype
        Dtype of the positions. float32 counts exactly up to 2²⁴.

    >>> mx.nd.topk(mx.nd.array([[3, 1, 2], [4, 6, 5]]), k=2, ret_typ="value").asnumpy()
    array([[3., 2.],
           [6., 5.]], dtype=float32)
    """
    lanes = _lanes(xp, data, axis)
    order = _order(xp, lanes, is_ascend)[..., : _count(k, lanes.shape[-1])]
    if ret_typ == "mask":
        ones = xp.ones(order.shape, data.dtype)
        mask = _restored(xp, _scattered(xp, ones, order, lanes.shape[-1]), axis)
        return mask.reshape(data.shape)
    positions = _restored(xp, order, axis)
    if ret_typ == "indices":
        return positions.astype(dtype)
    positions = positions.astype(dtype if ret_typ == "both" else INT32)
    return _picked(xp, lanes, order, axis), positions


@op("_backward_topk", outline=("data",), shape=like_shape, dtype=gradient_dtype)
def backward_topk(xp, ograd, indices, data, /, *, axis: int | None = -1):
    """The gradient of `topk` and `sort`: `ograd` where the elements were, in the shape of `data`."""
    lanes, order = _lanes(xp, ograd, axis), _lanes(xp, indices, axis).astype("int64")
    size = data.size if axis is None else data.shape[axis]
    return _restored(xp, _scattered(xp, lanes, order, size), axis).reshape(data.shape)


# sort


def _sorted_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    (data,) = ins
    if data is None:
        return ins, outs
    shape = _top_shape(data, params["axis"], 0)
    return ins, tuple(unify(shape, out) for out in outs)


def _sort_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    own, values = numeric(ins, outs[:1], params)
    return own, (*values, unify_dtypes((INT32, outs[1])))


def _sort_gradient(F: Any, g: Any, y: Any, data: Any, axis: int | None, is_ascend: bool) -> Any:
    return None if g[0] is None else F._backward_topk(g[0], y[1], data, axis=axis)


@op(
    "sort",
    shape=_sorted_rule,
    dtype=_sort_dtype,
    outputs=("output0", "output1"),
    shown=lambda params: 1,
    gradient=_sort_gradient,
)
def sort(xp, data, /, *, axis: int | None = -1, is_ascend: bool = True):
    """The elements in ascending order along an axis, or in descending order.

    axis
        None sorts all of the array as one axis.

    >>> mx.nd.sort(mx.nd.array([[3, 1, 2], [4, 6, 5]])).asnumpy()
    array([[1., 2., 3.],
           [4., 5., 6.]], dtype=float32)
    """
    lanes = _lanes(xp, data, axis)
    order = _order(xp, lanes, is_ascend)
    return _picked(xp, lanes, order, axis), _restored(xp, order, axis).astype("int32")


def _argsort_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    if ins[0] is not None:
        _require_countable(ins[0], params["axis"], params["dtype"])
    return _sorted_rule(ins, outs, params)


def _argsort_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    return ins, (unify_dtypes((as_dtype(params["dtype"]), outs[0])),)


@op("argsort", shape=_argsort_rule, dtype=_argsort_dtype, gradient=no_gradient)
def argsort(
    xp, data, /, *, axis: int | None = -1, is_ascend: bool = True, dtype: IndexDType = "float32"
):
    """The positions of the elements in ascending order along an axis, or in descending order.

    axis
        None takes all of the array as one axis.
    dtype
        Dtype of the positions. float32 counts exactly up to 2²⁴.

    >>> mx.nd.argsort(mx.nd.array([[3, 1, 2], [4, 6, 5]])).asnumpy()
    array([[1., 2., 0.],
           [0., 2., 1.]], dtype=float32)
    """
    order = _order(xp, _lanes(xp, data, axis), is_ascend)
    return _restored(xp, order, axis).astype(dtype)
