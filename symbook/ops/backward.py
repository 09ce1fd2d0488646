"""What several families' gradients are made of, and no user asks for."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..cuda import NUMBERS, Kernel
from .device import packed
from .registry import op
from .rules import DTypes, Params, Shapes, anything, is_real, keeps, unify, unify_dtypes

_LONG = 512
"""Elements of a row from which on adding it by itself is quicker than adding element by element."""


def no_gradient(F: Any, g: Any, y: Any, *inputs: Any, **params: Any) -> None:
    """The rule of an operator whose gradient is zero everywhere, as of `floor`."""


@keeps(anything)
def like_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """The output has the last input's shape."""
    return ins, (unify(ins[-1], outs[0]),)


@keeps(is_real)
def gradient_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    """The output has the first input's dtype, which is a gradient; the others have any."""
    dtype = unify_dtypes((ins[0], *outs))
    return (dtype, *ins[1:]), (dtype,) * len(outs)


def total(xp: Any, data: Any, axes: tuple[int, ...]) -> Any:
    """The sum along axes, which stay with size 1; of float16 it is taken in float32."""
    wide = "float32" if data.dtype == "float16" else data.dtype
    return xp.sum(data, axis=axes, keepdims=True, dtype=wide).astype(data.dtype, copy=False)


def added_at(xp: Any, shape: tuple[int, ...], positions: Any, rows: Any) -> Any:
    """Zeros of this shape, with each of `rows` added at its position of the first axis.

    `positions` has one dimension. Rows at one position are summed in their order, those of float16
    in float32.
    """
    width = math.prod(shape[1:])
    if xp is not np:
        return _added_runs(xp, shape, positions, rows.reshape(positions.size, width))
    wide = "float32" if rows.dtype == "float16" else rows.dtype
    result = xp.zeros((shape[0], width), wide)
    added = rows.astype(wide, copy=False).reshape(positions.size, width)
    if width >= _LONG:
        for place, row in zip(positions.tolist(), added, strict=True):
            result[place] += row
    else:
        # NumPy is quick where both arrays have one dimension only.
        places = positions[:, None] * width + xp.arange(width)
        xp.add.at(result.reshape(-1), places.reshape(-1), added.reshape(-1))
    return result.astype(rows.dtype, copy=False).reshape(shape)


# Sorted by their positions, rows of one position stand in a run, in their order: a thread adds up one column
# of a run, so that sums are the same from run to run, as those by atomic additions are not.
_ADD_RUNS = Kernel(
    "add_runs",
    """
KERNEL add_runs(const T* rows, const long long* positions, const long long* order, T* out,
                long long count, long long width) {
    FOR_EACH(i, count * width) {
        I first = i / (I)width, column = i % (I)width;
        long long place = positions[order[first]];
        if (first > 0 && positions[order[first - 1]] == place) continue;
        A sum = A(0);
        for (I k = first; k < count && positions[order[k]] == place; k++)
            sum += A(rows[order[k] * width + column]);
        out[place * width + column] = T(sum);
    }
}
""",
    types=NUMBERS,
)


# CuPy sorts by Thrust, for which the caller waits. So many positions are quicker compared each with each.
_MOST_COMPARED = 2**15

_ORDER_PLACES = Kernel(
    "order_places",
    """
KERNEL order_places(const long long* places, long long* order, long long n) {
    SHARED long long tile[1024];
    FOR_BLOCKS(chunk, (n + THREADS - 1) / THREADS) {
        I i = chunk * THREADS + THREAD;
        long long mine = i < n ? places[i] : 0;
        I before = 0;
        for (I start = 0; start < n; start += THREADS) {
            SYNC();
            if (start + THREAD < n) tile[THREAD] = places[start + THREAD];
            SYNC();
            I many = (I)n - start < THREADS ? (I)n - start : THREADS;
            for (I k = 0; k < many; k++)
                before += tile[k] < mine || (tile[k] == mine && start + k < i);
        }
        if (i < n) order[before] = i;
    }
}
""",
    types=("int64",),
)


def _ordered(xp: Any, places: Any) -> Any:
    """Where the places are in ascending order, equal ones in the order that they are in."""
    if places.size > _MOST_COMPARED:
        return xp.argsort(places).astype("int64", copy=False)
    order = xp.empty(places.size, "int64")
    blocks = -(-places.size // 256)
    _ORDER_PLACES(xp, order.dtype, (places, order, places.size), blocks=blocks)
    return order


def _added_runs(xp: Any, shape: tuple[int, ...], positions: Any, rows: Any) -> Any:
    """:func:`added_at` on a GPU."""
    result = xp.zeros(shape, rows.dtype)
    count, width = rows.shape
    positions = packed(positions.astype("int64", copy=False))
    if count and width:
        args = (packed(rows), positions, _ordered(xp, positions), result, count, width)
        _ADD_RUNS(xp, rows.dtype, args, size=count * width)
    return result


def _summed_gradient(F: Any, g: Any, y: Any, data: Any, like: Any) -> Any:
    return F._backward_stretched(g, data), None


@op(
    "_backward_broadcast",
    outline=("like",),
    shape=like_shape,
    dtype=gradient_dtype,
    view=True,
    gradient=_summed_gradient,
)
def backward_broadcast(xp, data, like, /):
    """`data` summed to the shape of `like`, which had been stretched to the shape of `data`."""
    if data.shape == like.shape:
        return data
    extra = data.ndim - like.ndim
    axes = [i for i in range(data.ndim) if i < extra or data.shape[i] != like.shape[i - extra]]
    return total(xp, data, tuple(axes)).reshape(like.shape)


def _stretched_gradient(F: Any, g: Any, y: Any, data: Any, like: Any) -> Any:
    return F._backward_broadcast(g, data), None


@op(
    "_backward_stretched",
    outline=("like",),
    shape=like_shape,
    dtype=gradient_dtype,
    view=True,
    gradient=_stretched_gradient,
)
def backward_stretched(xp, data, like, /):
    """`data` broadcast to the shape of `like`, to which it had been summed."""
    return xp.broadcast_to(data, like.shape)
