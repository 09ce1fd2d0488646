"""Reductions, running sums, counts, positions of extremes, and orders."""

from __future__ import annotations

import itertools
import math
from functools import partial
from typing import Any

import numpy as np

from ..values import Array
from .table import add

# Axes


def _axes(axis: Any, rank: int, exclude: bool) -> tuple[int, ...]:
    given = (axis,) if isinstance(axis, int) else axis
    if not given and given != 0:
        return tuple(range(rank))
    found = {a % rank for a in given}
    return tuple(sorted(set(range(rank)) - found if exclude else found))


def _draw_axes(b: Any, i: int) -> dict[str, Any]:
    rank = b.rank(i)
    axis: Any = None
    if rank and b.source.chance(0.8):
        if b.source.chance(0.6):
            axis = b.source.between(-rank, rank - 1)
        else:
            axis = tuple(b.source.random.sample(range(rank), b.source.between(1, min(rank, 3))))
    exclude = axis is not None and b.source.chance(0.15)
    return {"axis": axis, "keepdims": b.source.chance(0.4), "exclude": exclude}


def _shaped(found: Any, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    """A result that was taken with `keepdims`; where no axis is left, of the shape (1,)."""
    if keepdims:
        return found
    left = tuple(n for k, n in enumerate(x.shape) if k not in axes)
    return found.reshape(left or (1,))


def _sum(x: Array, axis: Any, keepdims: bool, exclude: bool, without_nan: bool = False) -> Array:
    axes = _axes(axis, x.ndim, exclude)
    if x.dtype.kind == "b":
        return _shaped(x.any(axis=axes, keepdims=True), x, axes, keepdims)
    wide = x.astype("float64") if x.dtype.kind == "f" else x
    if without_nan and x.dtype.kind == "f":
        wide = np.where(np.isnan(wide), 0.0, wide)
    found = wide.sum(axis=axes, keepdims=True, dtype=wide.dtype).astype(x.dtype)
    return _shaped(found, x, axes, keepdims)


def _prod(x: Array, axis: Any, keepdims: bool, exclude: bool, without_nan: bool = False) -> Array:
    axes = _axes(axis, x.ndim, exclude)
    if x.dtype.kind == "b":
        return _shaped(x.all(axis=axes, keepdims=True), x, axes, keepdims)
    wide = x.astype("float64") if x.dtype.kind == "f" else x
    if without_nan and x.dtype.kind == "f":
        wide = np.where(np.isnan(wide), 1.0, wide)
    found = wide.prod(axis=axes, keepdims=True, dtype=wide.dtype).astype(x.dtype)
    return _shaped(found, x, axes, keepdims)


def _mean(x: Array, axis: Any, keepdims: bool, exclude: bool) -> Array:
    axes = _axes(axis, x.ndim, exclude)
    total = _sum(x.astype("float64"), axis, keepdims, exclude)
    found = total / np.float64(math.prod(x.shape[k] for k in axes))
    return found.astype(x.dtype)


def _extreme(function: Any, x: Array, axis: Any, keepdims: bool, exclude: bool) -> Array:
    axes = _axes(axis, x.ndim, exclude)
    return _shaped(function(x, axis=axes, keepdims=True), x, axes, keepdims)


def _over(g: Array, x: Array, axes: tuple[int, ...]) -> Array:
    """Of a reduction, something at all the elements that it is of."""
    kept = tuple(1 if k in axes else n for k, n in enumerate(x.shape))
    return np.broadcast_to(g.reshape(kept), x.shape)


def _sum_gradient(
    g: Any, y: Any, x: Array, axis: Any, keepdims: bool, exclude: bool = False
) -> list[Array]:
    return [_over(g[0], x, _axes(axis, x.ndim, exclude))]


def _mean_gradient(
    g: Any, y: Any, x: Array, axis: Any, keepdims: bool, exclude: bool
) -> list[Array]:
    axes = _axes(axis, x.ndim, exclude)
    return [_over(g[0], x, axes) / math.prod(x.shape[k] for k in axes)]


def _extreme_gradient(
    g: Any, y: Any, x: Array, axis: Any, keepdims: bool, exclude: bool
) -> list[Array]:
    axes = _axes(axis, x.ndim, exclude)
    return [_over(g[0], x, axes) * (_over(y[0], x, axes) == x)]


def _draw_total(b: Any, name: str, most: int = 8) -> int | None:
    """Of whole numbers, so that the order does not matter."""
    i = b.pick("f") if b.smooth else b.picked_whole("f") if b.source.chance(0.7) else b.pick("iu")
    if not b.smooth:
        i = b.made_whole(i, most)
    if name == "mean" and (b.arrays[i].size == 0 or b.arrays[i].dtype == "float16"):
        return None
    return b.call(name, (i,), _draw_axes(b, i))


add("sum", _sum, partial(_draw_total, name="sum"), gradient=_sum_gradient, smooth=True)
add(
    "nansum",
    partial(_sum, without_nan=True),
    partial(_draw_total, name="nansum"),
    gradient=_sum_gradient,
)


def _draw_mean(b: Any) -> int | None:
    i = b.pick("f", full=True) if b.smooth else b.picked_whole("f", full=True)
    if b.dtype(i) == "float16":
        return None
    return b.call("mean", (i,), _draw_axes(b, i))


add("mean", _mean, _draw_mean, gradient=_mean_gradient, smooth=True, whole=False)


def _draw_prod(b: Any, name: str) -> int | None:
    shape = b.source.shape(b.source.between(1, 3), most=12)
    dtype = b.source.choice([d for d in b.kind.dtypes if d not in ("bool", "float16")])
    i = b.fresh(shape, dtype, lambda s: s.whole_numbers(shape, dtype, -2, 2))
    return b.call(name, (i,), _draw_axes(b, i))


add("prod", _prod, partial(_draw_prod, name="prod"))
add("nanprod", partial(_prod, without_nan=True), partial(_draw_prod, name="nanprod"))


def _draw_extreme(b: Any, name: str) -> int | None:
    i = b.made_whole(b.pick("fiu", full=True))
    return b.call(name, (i,), _draw_axes(b, i))


add(
    "max", partial(_extreme, np.max), partial(_draw_extreme, name="max"), gradient=_extreme_gradient
)
add(
    "min", partial(_extreme, np.min), partial(_draw_extreme, name="min"), gradient=_extreme_gradient
)


def _norm(x: Array, ord: int, axis: Any, keepdims: bool) -> Array:
    axes = _axes(axis, x.ndim, False)
    size = np.abs(x.astype("float64"))
    found = (
        size.sum(axis=axes, keepdims=True)
        if ord == 1
        else np.sqrt((size * size).sum(axis=axes, keepdims=True))
    )
    return _shaped(found.astype(x.dtype), x, axes, keepdims)


def _draw_norm(b: Any) -> int | None:
    i = b.picked_whole("f")
    params = {key: value for key, value in _draw_axes(b, i).items() if key != "exclude"}
    return b.call("norm", (i,), {"ord": b.source.between(1, 2), **params})


add("norm", _norm, _draw_norm, ulps=8)

# Running sums, counts


def _cumsum(a: Array, axis: int | None) -> Array:
    wide = a.astype("float64") if a.dtype.kind == "f" else a
    return np.cumsum(wide, axis, dtype=wide.dtype).astype(a.dtype)


def _draw_cumsum(b: Any) -> int | None:
    i = b.made_whole(b.pick("fiu", (1, 64)))
    if b.dtype(i) == "float16" and b.arrays[i].size > 200:
        return None
    rank = b.rank(i)
    return b.call(
        "_np_cumsum",
        (i,),
        {"axis": None if b.source.chance(0.3) else b.source.between(-rank, rank - 1)},
    )


def _cumsum_gradient(g: Any, y: Any, a: Array, axis: int | None) -> list[Array]:
    if axis is None:
        return [np.cumsum(g[0][::-1])[::-1].reshape(a.shape)]
    return [np.flip(np.cumsum(np.flip(g[0], axis), axis), axis)]


add("_np_cumsum", _cumsum, _draw_cumsum, gradient=_cumsum_gradient)


def _histogram(x: Array, bin_cnt: int, range: tuple[float, float]) -> list[Array]:
    edges = np.linspace(range[0], range[1], bin_cnt + 1)
    flat = x.reshape(-1).astype("float64")
    counts = [
        int(((flat >= low) & ((flat < high) | ((k == bin_cnt - 1) & (flat == high)))).sum())
        for k, (low, high) in enumerate(itertools.pairwise(edges))
    ]
    return [np.array(counts, "int64"), edges.astype(x.dtype)]


def _draw_histogram(b: Any) -> int | None:
    i = b.picked_whole("f")
    return b.call(
        "_histogram", (i,), {"bin_cnt": b.source.choice((1, 2, 4, 8)), "range": (-8.0, 8.0)}
    )


# Positions


def _position(x: Array, axis: int | None, keepdims: bool, smallest: bool) -> Array:
    function = np.argmin if smallest else np.argmax
    if axis is None:
        found = np.asarray(function(x.reshape(-1))).reshape((1,) * x.ndim if keepdims else (1,))
    else:
        found = function(x, axis=axis, keepdims=keepdims)
        found = found.reshape(1) if found.ndim == 0 else found
    return found.astype(x.dtype)


def _draw_position(b: Any, name: str) -> int | None:
    i = b.pick("fiu", (1, 64), full=True)
    rank = b.rank(i)
    axis = None if b.source.chance(0.2) else b.source.between(-rank, rank - 1)
    if b.arrays[i].size > 127:
        return None
    return b.call(name, (i,), {"axis": axis, "keepdims": b.source.chance(0.4)})


add(
    "argmax",
    partial(_position, smallest=False),
    partial(_draw_position, name="argmax"),
    gradient="zero",
)
add(
    "argmin",
    partial(_position, smallest=True),
    partial(_draw_position, name="argmin"),
    gradient="zero",
)
add(
    "argmax_channel", lambda x: np.argmax(x, axis=1).astype(x.dtype),
    lambda b: b.call("argmax_channel", (b.pick("fiu", (2, 64), full=True),), {}),
)  # fmt: skip

# Orders


def _lanes(x: Array, axis: int | None) -> tuple[Array, Any]:
    """A matrix whose rows go along the axis, and a function that undoes it."""
    if axis is None:
        return x.reshape(1, -1), lambda y: y.reshape(-1)
    turned = np.moveaxis(x, axis, -1)
    shape = turned.shape[:-1]
    return (
        turned.reshape(math.prod(shape), x.shape[axis]),
        lambda y: np.moveaxis(y.reshape(*shape, y.shape[-1]), -1, axis),
    )


def _order(x: Array, is_ascend: bool) -> Array:
    """Stable; NaN last in ascending order, first in descending."""
    if is_ascend:
        return np.argsort(x, axis=-1, kind="stable")
    return np.flip(x.shape[-1] - 1 - np.argsort(np.flip(x, -1), axis=-1, kind="stable"), -1)


def _sort(x: Array, axis: int | None, is_ascend: bool) -> Array:
    lanes, back = _lanes(x, axis)
    return back(np.take_along_axis(lanes, _order(lanes, is_ascend), -1))


def _argsort(x: Array, axis: int | None, is_ascend: bool, dtype: str) -> Array:
    lanes, back = _lanes(x, axis)
    return back(_order(lanes, is_ascend)).astype(dtype)


def _topk(x: Array, axis: int | None, k: int, ret_typ: str, is_ascend: bool, dtype: str) -> Any:
    lanes, back = _lanes(x, axis)
    order = _order(lanes, is_ascend)[..., : k if k >= 1 else lanes.shape[-1]]
    values, places = back(np.take_along_axis(lanes, order, -1)), back(order).astype(dtype)
    if ret_typ == "mask":
        mask = np.zeros_like(lanes)
        np.put_along_axis(mask, order, 1, -1)
        return back(mask).reshape(x.shape)
    return {"value": values, "indices": places, "both": [values, places]}[ret_typ]


def _draw_order(b: Any, name: str) -> int | None:
    i = b.made_whole(b.pick("fiu", (1, 64), full=True))
    rank = b.rank(i)
    axis = None if b.source.chance(0.2) else b.source.between(-rank, rank - 1)
    size = b.arrays[i].size if axis is None else b.shape(i)[axis]
    params: dict[str, Any] = {"axis": axis, "is_ascend": b.source.chance(0.5)}
    if name != "sort":
        params["dtype"] = b.source.choice(("float32", "int32", "int64", "float64"))
    if name == "topk":
        kind = b.source.choice(("value", "indices", "mask", "both"))
        params |= {"k": b.source.between(0, size), "ret_typ": kind}
    return b.call(name, (i,), params)


add("sort", _sort, partial(_draw_order, name="sort"))
add("argsort", _argsort, partial(_draw_order, name="argsort"), gradient="zero")
add("topk", _topk, partial(_draw_order, name="topk"))
add("_histogram", _histogram, _draw_histogram)
