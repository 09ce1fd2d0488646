"""Operators that choose elements by numbers in other arrays, and arrays made of nothing but parameters."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from ..values import Array
from .table import add

_INDEX_DTYPES = ("int32", "int64", "float32", "float64", "uint8", "int8")


def indices(b: Any, shape: tuple[int, ...], low: int, high: int, dtype: str | None = None) -> int:
    """A new variable of whole numbers between bounds, of a dtype that has them."""
    dtype = dtype or b.source.choice(_INDEX_DTYPES)
    if b.whole or b.smooth:
        dtype = dtype if dtype.startswith(("int", "uint")) else "int32"
    low = max(low, 0) if dtype.startswith("u") else low
    return int(
        b.fresh(shape, dtype, lambda s: s.numbers.integers(low, high + 1, shape).astype(dtype))
    )


def _where(condition: Array, x: Array, y: Array) -> Array:
    holds = condition != 0
    if holds.ndim == 1 and x.ndim > 1:
        holds = holds.reshape((-1,) + (1,) * (x.ndim - 1))
    return np.where(holds, x, y)


def _draw_where(b: Any) -> int | None:
    x = b.pick("fiu", (1, 64), exact=False)
    y = b.like(x)
    shape = b.shape(x)
    if b.rank(x) > 1 and b.source.chance(0.3):
        shape = shape[:1]
    if b.source.chance(0.5) and b.whole is False and b.smooth is False:
        condition = b.like(x, shape, b.source.choice(b.kind.dtypes))
    else:
        condition = indices(b, shape, 0, 1, "int32")
    return b.call("where", (condition, x, y), {})


add("where", _where, _draw_where, gradient="moves", moved=(1, 2), smooth=True)


def _located(places: Array, size: int, mode: str) -> Array:
    """Whole positions from 0 to size - 1: those outside clipped, or counted round and round."""
    whole = np.trunc(places).astype("int64")
    return whole % size if mode == "wrap" else np.clip(whole, 0, size - 1)


def _take(a: Array, places: Array, axis: int, mode: str) -> Array:
    return np.take(a, _located(places, a.shape[axis], mode), axis)


def _draw_take(b: Any) -> int | None:
    i = b.pick("fiub", (1, 8), exact=False, full=True)
    axis = b.source.between(-b.rank(i), b.rank(i) - 1)
    mode = b.source.choice(("clip", "wrap", "raise"))
    size = b.shape(i)[axis]
    bounds = (0, size - 1) if mode == "raise" else (-size - 2, 2 * size)
    if size > 100:
        return None
    places = indices(b, b.source.shape(b.source.between(0, 2), 8), *bounds)
    return b.call("take", (i, places), {"axis": axis, "mode": mode})


add("take", _take, _draw_take, gradient="moves", moved=(0,), smooth=True)


def _pick(x: Array, places: Array, axis: int, keepdims: bool, mode: str) -> Array:
    at = _located(places, x.shape[axis], mode)
    kept = tuple(1 if k == axis % x.ndim else n for k, n in enumerate(x.shape))
    lanes = np.moveaxis(x, axis, -1).reshape(
        -1, x.shape[axis]
    )  # take_along_axis has no 64 dimensions
    found = np.take_along_axis(lanes, at.reshape(-1, 1), -1).reshape(kept)
    if keepdims:
        return found
    return found.reshape(tuple(n for k, n in enumerate(x.shape) if k != axis % x.ndim) or (1,))


def _draw_pick(b: Any) -> int | None:
    i = b.pick("fiu", (1, 64), exact=False, full=True)
    shape, axis = b.shape(i), b.source.between(-b.rank(i), b.rank(i) - 1)
    keepdims, place = b.source.chance(0.4), axis % len(b.shape(i))
    left = tuple(n for k, n in enumerate(shape) if k != place) or (1,)
    kept = tuple(1 if k == place else n for k, n in enumerate(shape))
    if shape[axis] > 50:
        return None
    places = indices(b, kept if keepdims else left, -3, shape[axis] + 2)
    params = {"axis": axis, "keepdims": keepdims, "mode": b.source.choice(("clip", "wrap"))}
    return b.call("pick", (i, places), params)


add("pick", _pick, _draw_pick, gradient="moves", moved=(0,), smooth=True)


def _draw_batch_take(b: Any) -> int | None:
    i = b.pick("fiu", (2, 2), exact=False, full=True)
    return b.call("batch_take", (i, indices(b, b.shape(i)[:1], -1, b.shape(i)[1], "int32")), {})


add("batch_take", lambda a, places: a[np.arange(len(a)), np.clip(places, 0, a.shape[1] - 1)],
    _draw_batch_take, gradient="moves", moved=(0,))  # fmt: skip


def _one_hot(places: Array, depth: int, on_value: float, off_value: float, dtype: str) -> Array:
    at = np.trunc(places)[..., None] == np.arange(depth)
    return np.where(at, np.asarray(on_value).astype(dtype), np.asarray(off_value).astype(dtype))


def _draw_one_hot(b: Any) -> int | None:
    i = indices(b, b.source.shape(b.source.between(1, 3), 20), -2, 5)
    params = {"depth": b.source.between(0, 5), "on_value": b.source.choice((1.0, 3.0)),
              "off_value": b.source.choice((0.0, 2.0)),
              "dtype": b.source.choice([d for d in b.kind.dtypes if d != "bool"])}  # fmt: skip
    return b.call("one_hot", (i,), params)


add("one_hot", _one_hot, _draw_one_hot, gradient="zero")


def _gather(x: Array, places: Array) -> Array:
    return x[tuple(places.astype("int64"))]


def _positions(b: Any, shape: tuple[int, ...], many: tuple[int, ...], negative: bool) -> int:
    """A variable of positions in some first axes of a shape, one row for each."""
    rows = len(shape)
    low = np.array([-n if negative else 0 for n in shape]).reshape((rows,) + (1,) * len(many))
    high = np.array(shape).reshape(low.shape)
    dtype = b.source.choice(
        ("int32", "int64") if b.whole or b.smooth else ("int32", "int64", "float32")
    )
    return int(b.fresh((rows, *many), dtype,
                       lambda s: s.numbers.integers(low, high, (rows, *many)).astype(dtype)))  # fmt: skip


def _draw_gather(b: Any) -> int | None:
    i = b.pick("fiub", (1, 8), exact=False, full=True)
    rows = b.source.between(1, min(3, b.rank(i)))
    places = _positions(b, b.shape(i)[:rows], b.source.shape(b.source.between(1, 2), 8), True)
    return b.call("gather_nd", (i, places), {})


add("gather_nd", _gather, _draw_gather, gradient="moves", moved=(0,), smooth=True)


def _scatter(x: Array, places: Array, shape: tuple[int, ...]) -> Array:
    made = np.zeros(shape, x.dtype)
    for k in range(places.shape[1]):
        made[tuple(places[:, k].astype("int64"))] = x[k]
    return made


def _draw_scatter(b: Any) -> int | None:
    shape = tuple(b.source.between(1, 3) for _ in range(b.source.between(1, 3)))
    rows = b.source.between(1, len(shape))
    many = b.source.between(1, 4)
    places = _positions(b, shape[:rows], (many,), False)
    dtype = b.source.choice([d for d in b.kind.dtypes if d != "bool"])
    data = b.fresh((many, *shape[rows:]), dtype)
    return b.call("scatter_nd", (data, places), {"shape": shape})


add("scatter_nd", _scatter, _draw_scatter)


def _fill(x: Array, values: Array, places: Array) -> Array:
    made = x.copy()
    for k in range(len(x)):
        made[k, int(places[k])] = values[k]
    return made


def _draw_fill(b: Any) -> int | None:
    i = b.pick("f", (2, 2), full=True)
    n, m = b.shape(i)
    places = b.fresh((n,), b.dtype(i), lambda s: s.numbers.integers(0, m, n).astype(b.dtype(i)))
    return b.call("fill_element_0index", (i, b.like(i, (n,)), places), {}) if m < 100 else None


add("fill_element_0index", _fill, _draw_fill)


def _diag(x: Array, k: int, axis1: int, axis2: int) -> Array:
    return np.diag(x, k) if x.ndim == 1 else np.diagonal(x, k, axis1, axis2)


def _draw_diag(b: Any) -> int | None:
    i = b.pick("fiu", (1, 4), exact=False, full=True)
    params = {"k": b.source.between(-1, 1), "axis1": 0, "axis2": 1}
    if b.rank(i) > 1:
        one, two = b.source.random.sample(range(b.rank(i)), 2)
        params |= {"axis1": one, "axis2": two - b.rank(i)}
        if min(b.shape(i)[one], b.shape(i)[two]) < 2:
            params["k"] = 0
    elif b.shape(i)[0] > 30:
        return None
    return b.call("diag", (i,), params)


add("diag", _diag, _draw_diag, gradient="moves", smooth=True)


def _unravel(places: Array, shape: tuple[int, ...]) -> Array:
    return np.stack(np.unravel_index(places.astype("int64"), shape)).astype(places.dtype)


def _draw_unravel(b: Any) -> int | None:
    shape = tuple(b.source.between(1, 4) for _ in range(b.source.between(1, 3)))
    dtype = b.source.choice(("int32", "int64"))
    data = indices(b, b.source.shape(1, 8), 0, math.prod(shape) - 1, dtype)
    return b.call("_unravel_index", (data,), {"shape": shape})


add("_unravel_index", _unravel, _draw_unravel, gradient="zero")


def _ravel(places: Array, shape: tuple[int, ...]) -> Array:
    total = np.zeros(places.shape[1:], "int64")
    for row, size in zip(places.astype("int64"), shape, strict=True):
        total = total * size + row
    return total.astype(places.dtype)


def _draw_ravel(b: Any) -> int | None:
    shape = tuple(b.source.between(1, 4) for _ in range(b.source.between(1, 3)))
    return b.call(
        "_ravel_multi_index",
        (_positions(b, shape, (b.source.between(0, 5),), False),),
        {"shape": shape},
    )


add("_ravel_multi_index", _ravel, _draw_ravel, gradient="zero")

# Made of parameters


def _draw_made(b: Any, name: str) -> int | None:
    dtype = b.source.choice([d for d in b.kind.dtypes if d != "bool"])
    shape = b.source.shape(b.source.between(1, 3))
    draw = b.source.between
    params: dict[str, Any] = {"dtype": dtype}
    if name in ("_zeros", "_ones", "_full"):
        params["shape"] = tuple(n or 1 for n in shape)  # 0 means that it is not known yet
        if name == "_full":
            params["value"] = float(draw(0, 9))
    elif name == "_eye":
        params |= {"N": draw(0, 4), "M": draw(0, 4), "k": draw(-1, 2)}
    elif name == "_arange":
        start = draw(0, 3)
        params |= {"start": float(start), "stop": float(start + draw(1, 6)), "step": float(draw(1, 2)),
                   "repeat": draw(1, 2)}  # fmt: skip
    else:
        params |= {
            "start": float(draw(0, 2)),
            "stop": float(draw(3, 9)),
            "num": draw(1, 5),
            "endpoint": b.source.chance(0.7),
        }
        if b.whole or dtype not in ("float64", "float32"):
            params |= {"start": 0.0, "stop": 8.0, "num": 5, "endpoint": True}
    return b.call(name, (), params)


def _arange(start: float, stop: float, step: float, repeat: int, dtype: str) -> Array:
    return np.repeat(start + step * np.arange(math.ceil((stop - start) / step)), repeat).astype(
        dtype
    )


add(
    "_zeros",
    lambda shape, dtype: np.zeros(shape, dtype),
    partial(_draw_made, name="_zeros"),
    gradient="zero",
)
add(
    "_ones",
    lambda shape, dtype: np.ones(shape, dtype),
    partial(_draw_made, name="_ones"),
    gradient="zero",
)
add(
    "_full",
    lambda shape, value, dtype: np.full(shape, value).astype(dtype),
    partial(_draw_made, name="_full"),
    gradient="zero",
)
add(
    "_eye",
    lambda N, M, k, dtype: np.eye(N, M or N, k, dtype),
    partial(_draw_made, name="_eye"),
    gradient="zero",
)
add("_arange", _arange, partial(_draw_made, name="_arange"), gradient="zero")
add(
    "_linspace",
    lambda start, stop, num, endpoint, dtype: np.linspace(start, stop, num, endpoint).astype(dtype),
    partial(_draw_made, name="_linspace"), gradient="zero",
)  # fmt: skip
