"""Operators that put elements elsewhere: other shapes, parts, copies, joins. Views are NumPy's views."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from ..values import MOST_DIMENSIONS, Array
from .table import add

# The same elements


def _unary(b: Any, name: str, params: dict[str, Any] | None = None) -> int | None:
    return b.call(name, (b.pick("fiub", exact=False),), params or {})


for _name in ("_copy", "BlockGrad"):
    add(_name, lambda x: x, partial(_unary, name=_name), gradient="zero" if _name == "BlockGrad" else "moves",
        smooth=True)  # fmt: skip
add("cast_storage", lambda x, stype: x, partial(_unary, name="cast_storage", params={"stype": "default"}),
    gradient="moves")  # fmt: skip
add("shape_array", lambda x: np.array(x.shape, "int64"), partial(_unary, name="shape_array"))
add("size_array", lambda x: np.array([x.size], "int64"), partial(_unary, name="size_array"))


def _draw_like(b: Any) -> int | None:
    i = b.pick("fiub")
    return b.call(
        "_identity_with_attr_like_rhs", (i, b.like(i, dtype=b.source.choice(b.kind.dtypes))), {}
    )


add("_identity_with_attr_like_rhs", lambda x, y: x, _draw_like, gradient="moves", moved=(0,))


def _draw_transpose(b: Any) -> int | None:
    i = b.pick("fiub", exact=False)
    axes = list(range(b.rank(i)))
    b.source.random.shuffle(axes)
    return b.call("transpose", (i,), {"axes": tuple(axes)} if b.source.chance(0.6) else {})


add(
    "transpose",
    lambda x, axes=(): np.transpose(x, axes or None),
    _draw_transpose,
    gradient="moves",
    smooth=True,
)


def _axis(b: Any, i: int) -> int:
    """An axis of a value, counted from either end."""
    rank = b.rank(i)
    return int(b.source.between(-rank, rank - 1))


def _draw_swap(b: Any) -> int | None:
    i = b.pick("fiub", (1, 64), exact=False)
    params = {f"dim{k}": b.source.between(0, b.rank(i) - 1) for k in (1, 2)}
    return b.call("SwapAxis", (i,), params)


add(
    "SwapAxis",
    lambda x, dim1, dim2: np.swapaxes(x, dim1, dim2),
    _draw_swap,
    gradient="moves",
    smooth=True,
)


def _draw_reverse(b: Any) -> int | None:
    i = b.pick("fiub", (1, 64), exact=False)
    axes = b.source.random.sample(range(b.rank(i)), b.source.between(1, min(2, b.rank(i))))
    return b.call("reverse", (i,), {"axis": tuple(axes)})


add("reverse", lambda x, axis: np.flip(x, axis), _draw_reverse, gradient="moves", smooth=True)

# Other shapes


def _flatten(x: Array) -> Array:
    return x.reshape(x.shape[0], math.prod(x.shape[1:]))


add("Flatten", _flatten, lambda b: b.call("Flatten", (b.pick("fiub", (1, 64), exact=False),), {}),
    gradient="moves", smooth=True)  # fmt: skip


def _reshape(x: Array, shape: tuple[int, ...], reverse: bool, target: tuple[int, ...]) -> Array:
    return x.reshape(target)


def _draw_reshape(b: Any) -> int | None:
    """A shape in MXNet's codes, and what it says, which the draft works out by itself."""
    i = b.pick("fiub", (1, 64), exact=False)
    old, rng = list(b.shape(i)), b.source
    shape: list[int] = []
    target: list[int] = []
    k = 0
    while k < len(old):
        kind = rng.choice(("copy", "size", "join", "split", "rest"))
        if kind == "join" and k + 1 < len(old):
            shape, target, k = [*shape, -3], [*target, old[k] * old[k + 1]], k + 2
        elif kind == "split" and old[k] > 0:
            first = rng.choice([n for n in range(1, old[k] + 1) if old[k] % n == 0])
            sizes = [first, old[k] // first]
            said = [first, -1] if rng.chance(0.5) else [-1, sizes[1]]
            shape, target, k = [*shape, -4, *said], [*target, *sizes], k + 1
        elif kind == "rest" and rng.chance(0.3):
            shape, target, k = [*shape, -2], [*target, *old[k:]], len(old)
        elif kind == "size" and old[k] > 0:
            shape, target, k = [*shape, old[k]], [*target, old[k]], k + 1
        else:
            shape, target, k = [*shape, 0], [*target, old[k]], k + 1
    if rng.chance(0.3) and all(old):
        shape, target = [-1], [math.prod(old)]
    if len(target) > MOST_DIMENSIONS or not target:
        return None
    params = {"shape": tuple(shape), "reverse": False, "target": tuple(target)}
    return b.call("Reshape", (i,), params)


add("Reshape", _reshape, _draw_reshape, gradient="moves", smooth=True, unsaid=("target",))


def _draw_expand(b: Any) -> int | None:
    i = b.pick("fiub", (0, 62), exact=False)
    rank = b.rank(i)
    return b.call("expand_dims", (i,), {"axis": b.source.between(-rank - 1, rank)})


add(
    "expand_dims",
    lambda x, axis: np.expand_dims(x, axis),
    _draw_expand,
    gradient="moves",
    smooth=True,
)


def _squeeze(x: Array, axis: tuple[int, ...] | None) -> Array:
    """Of an array in which nothing would be left, the shape (1,)."""
    axes = tuple(k for k, n in enumerate(x.shape) if n == 1) if axis is None else axis
    left = tuple(n for k, n in enumerate(x.shape) if k not in [a % x.ndim for a in axes])
    return x.reshape(left or (1,))


def _draw_squeeze(b: Any) -> int | None:
    i = b.pick("fiub", (1, 64), exact=False)
    ones = [k for k, n in enumerate(b.shape(i)) if n == 1]
    axis = None
    if ones and b.source.chance(0.5):
        axis = tuple(b.source.random.sample(ones, b.source.between(1, len(ones))))
    return b.call("squeeze", (i,), {"axis": axis})


add("squeeze", _squeeze, _draw_squeeze, gradient="moves", smooth=True)


def _draw_reshape_like(b: Any) -> int | None:
    i = b.pick("fiub", (1, 64), exact=False)
    shape = list(b.shape(i))
    b.source.random.shuffle(shape)
    other = b.like(i, tuple(shape), b.source.choice(b.kind.dtypes))
    return b.call("reshape_like", (i, other), {})


add(
    "reshape_like",
    lambda x, y: x.reshape(y.shape),
    _draw_reshape_like,
    gradient="moves",
    moved=(0,),
)


def _depth_to_space(x: Array, block_size: int) -> Array:
    n, c, h, w = x.shape
    k = block_size
    parts = x.reshape(n, k, k, c // (k * k), h, w).transpose(0, 3, 4, 1, 5, 2)
    return np.ascontiguousarray(parts).reshape(n, c // (k * k), h * k, w * k)


def _space_to_depth(x: Array, block_size: int) -> Array:
    n, c, h, w = x.shape
    k = block_size
    parts = x.reshape(n, c, h // k, k, w // k, k).transpose(0, 3, 5, 1, 2, 4)
    return np.ascontiguousarray(parts).reshape(n, c * k * k, h // k, w // k)


def _draw_depth(b: Any, name: str) -> int | None:
    k = b.source.between(1, 2)
    n, c, h, w = (b.source.between(1, 2) for _ in range(4))
    shape = (n, c * k * k, h, w) if name == "depth_to_space" else (n, c, h * k, w * k)
    dtype = b.source.choice(b.kind.dtypes)
    return b.call(
        name, (b.like(0, shape, dtype) if b.arrays else b.fresh(shape, dtype),), {"block_size": k}
    )


add(
    "depth_to_space",
    _depth_to_space,
    partial(_draw_depth, name="depth_to_space"),
    gradient="moves",
    smooth=True,
)
add(
    "space_to_depth",
    _space_to_depth,
    partial(_draw_depth, name="space_to_depth"),
    gradient="moves",
    smooth=True,
)

# Copies of elements


def _stretched(b: Any, i: int) -> tuple[int, ...]:
    """A shape that the value broadcasts to, of the same rank."""
    return tuple(
        b.source.between(0 if b.source.chance(0.05) else 1, 3) if n == 1 else n for n in b.shape(i)
    )


def _draw_broadcast_to(b: Any) -> int | None:
    i = b.pick("fiub", (1, 64), exact=False)
    target = _stretched(b, i)
    if math.prod(target) > b.most:
        return None
    said = tuple(
        0 if n == m and b.source.chance(0.3) else m for n, m in zip(b.shape(i), target, strict=True)
    )
    if any(m == 0 and n == 1 for n, m in zip(b.shape(i), target, strict=True)):
        return None
    return b.call("broadcast_to", (i,), {"shape": said, "target": target})


add("broadcast_to", lambda x, shape, target: np.broadcast_to(x, target), _draw_broadcast_to, gradient="moves",
    smooth=True, unsaid=("target",))  # fmt: skip


def _broadcast_axis(x: Array, axis: tuple[int, ...], size: tuple[int, ...]) -> Array:
    shape = list(x.shape)
    for k, n in zip(axis, size, strict=True):
        shape[k] = n
    return np.broadcast_to(x, shape)


def _draw_broadcast_axis(b: Any) -> int | None:
    i = b.pick("fiub", (1, 64), exact=False)
    ones = [k for k, n in enumerate(b.shape(i)) if n == 1][:2]
    if not ones:
        return None
    sizes = tuple(b.source.between(1, 3) for _ in ones)
    return b.call("broadcast_axis", (i,), {"axis": tuple(ones), "size": sizes})


add("broadcast_axis", _broadcast_axis, _draw_broadcast_axis, gradient="moves", smooth=True)


def _draw_broadcast_like(b: Any) -> int | None:
    i = b.pick("fiub", (1, 64), exact=False)
    target = tuple(n or 1 for n in _stretched(b, i)) if 0 not in b.shape(i) else b.shape(i)
    if math.prod(target) > b.most:
        return None
    return b.call("broadcast_like", (i, b.like(i, target, b.source.choice(b.kind.dtypes))), {})


add(
    "broadcast_like",
    lambda x, y: np.broadcast_to(x, y.shape),
    _draw_broadcast_like,
    gradient="moves",
    moved=(0,),
)


def _draw_tile(b: Any) -> int | None:
    i = b.pick("fiub", (0, 62), exact=False)
    reps = tuple(b.source.choice((1, 1, 1, 2, 3, 0)) if b.source.chance(0.7) else 1
                 for _ in range(b.source.between(1, 3)))  # fmt: skip
    if b.arrays[i].size * math.prod(reps) > b.most:
        return None
    return b.call("tile", (i,), {"reps": reps})


add("tile", lambda x, reps: np.tile(x, reps), _draw_tile, gradient="moves", smooth=True)


def _draw_repeat(b: Any) -> int | None:
    i = b.pick("fiub", (1, 64), exact=False)
    axis = None if b.source.chance(0.2) else _axis(b, i)
    repeats = b.source.choice((1, 2, 3, 0))
    if b.arrays[i].size * repeats > b.most:
        return None
    return b.call("repeat", (i,), {"repeats": repeats, "axis": axis})


add(
    "repeat",
    lambda x, repeats, axis: np.repeat(x, repeats, axis),
    _draw_repeat,
    gradient="moves",
    smooth=True,
)


def _pad(x: Array, mode: str, pad_width: tuple[int, ...], constant_value: float = 0.0) -> Array:
    widths = list(zip(pad_width[::2], pad_width[1::2], strict=True))
    if mode == "constant":
        number = np.asarray(constant_value).astype(x.dtype)
        return np.pad(x, widths, "constant", constant_values=number)
    return np.pad(x, widths, mode)


def _draw_pad(b: Any) -> int | None:
    i = b.pick("fiub", (1, 6), exact=False, full=True)
    mode = b.source.choice(("constant", "edge", "reflect"))
    widths: list[int] = []
    for size in b.shape(i):
        most = min(2, size - 1 if mode == "reflect" else 2)
        widths += (b.source.between(0, most), b.source.between(0, most))
    params: dict[str, Any] = {"mode": mode, "pad_width": tuple(widths)}
    if mode == "constant":
        params["constant_value"] = b.source.choice((0.0, 1.0, 3.0))
    return b.call("Pad", (i,), params)


add("Pad", _pad, _draw_pad, gradient="moves", smooth=True, still=(("constant_value", 0.0),))

# Joins and splits


def _draw_joined(b: Any, name: str) -> int | None:
    first = b.pick("fiub", (1, 62), exact=False)
    axis = _axis(b, first)
    inputs = [first]
    for _ in range(b.source.between(0, 3)):
        shape = list(b.shape(first))
        if name == "Concat" and b.source.chance(0.5):
            shape[axis] = b.source.between(0, 3)
        inputs.append(b.like(first, tuple(shape)))
    if b.source.chance(0.2):
        inputs.append(first)
    if name == "Concat":
        return b.call(name, tuple(inputs), {"dim": axis})
    rank = b.rank(first)
    return b.call(name, tuple(inputs), {"axis": b.source.between(-rank - 1, rank)})


add("Concat", lambda *xs, dim: np.concatenate(xs, dim), partial(_draw_joined, name="Concat"),
    gradient="moves", smooth=True)  # fmt: skip
add("stack", lambda *xs, axis: np.stack(xs, axis), partial(_draw_joined, name="stack"), gradient="moves",
    smooth=True)  # fmt: skip


def _split(x: Array, num_outputs: int, axis: int, squeeze_axis: bool) -> list[Array]:
    parts = np.split(x, num_outputs, axis)
    return [np.squeeze(part, axis) for part in parts] if squeeze_axis else list(parts)


def _draw_split(b: Any) -> int | None:
    i = b.pick("fiub", (1, 64), exact=False, full=True)
    axis = _axis(b, i)
    size = b.shape(i)[axis]
    parts = b.source.choice([n for n in range(1, min(size, 6) + 1) if size % n == 0])
    squeeze = parts == size and b.rank(i) > 1 and b.source.chance(0.5)
    return b.call(
        "SliceChannel", (i,), {"num_outputs": parts, "axis": axis, "squeeze_axis": squeeze}
    )


add("SliceChannel", _split, _draw_split, gradient="moves", smooth=True)


def _split_v2(x: Array, indices: tuple[int, ...], axis: int, sections: int) -> list[Array]:
    return list(np.split(x, sections, axis) if sections else np.split(x, indices[1:], axis))


def _draw_split_v2(b: Any) -> int | None:
    i = b.pick("fiub", (1, 64), exact=False, full=True)
    axis = _axis(b, i)
    size = b.shape(i)[axis]
    params: dict[str, Any] = {"indices": (), "axis": axis, "sections": 0}
    if b.source.chance(0.5):
        params["sections"] = b.source.choice(
            [n for n in range(1, min(size, 6) + 1) if size % n == 0]
        )
    else:
        cuts = sorted(b.source.between(0, size) for _ in range(b.source.between(0, 2)))
        params["indices"] = (0, *cuts)
    return b.call("_split_v2", (i,), params)


add("_split_v2", _split_v2, _draw_split_v2, gradient="moves", smooth=True)

# Parts


def _bounds(
    b: Any, i: int, most: int = 4
) -> tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]:
    """Bounds of a slice of some of a value's first axes, each of them of some elements at least."""
    begin: list[Any] = []
    end: list[Any] = []
    step: list[Any] = []
    for size in b.shape(i)[: b.source.between(1, min(most, b.rank(i)))]:
        if b.source.chance(0.3) or size == 0:
            part = (None, None, b.source.choice((None, None, 1, 2, -1)) if size else None)
        else:
            low = b.source.between(0, size - 1)
            high = b.source.between(low + 1, size)
            stride = b.source.choice((None, 1, 1, 2, 3, -1, -2))
            if stride is not None and stride < 0:
                low, high = high - 1, low - 1
                part = (low, None if high < 0 else high, stride)
            elif b.source.chance(0.3):
                part = (low - size, high - size or None, stride)
            else:
                part = (low, high, stride)
        for bound, items in zip(part, (begin, end, step), strict=True):
            items.append(bound)
    return tuple(begin), tuple(end), tuple(step)


def _at(begin: Any, end: Any, step: Any) -> tuple[slice, ...]:
    return tuple(
        slice(*part) for part in zip(begin, end, step or (None,) * len(begin), strict=True)
    )


def _draw_slice(b: Any) -> int | None:
    i = b.pick("fiub", (1, 64), exact=False)
    begin, end, step = _bounds(b, i)
    return b.call("slice", (i,), {"begin": begin, "end": end, "step": step})


add(
    "slice",
    lambda x, begin, end, step: x[_at(begin, end, step)],
    _draw_slice,
    gradient="moves",
    smooth=True,
)


def _slice_assign(x: Array, y: Array, begin: Any, end: Any, step: Any) -> Array:
    made = x.copy()
    made[_at(begin, end, step)] = y
    return made


def _draw_assign(b: Any) -> int | None:
    i = b.pick("fiub", (1, 64))
    begin, end, step = _bounds(b, i)
    shape = b.arrays[i][_at(begin, end, step)].shape
    return b.call(
        "_slice_assign", (i, b.like(i, shape)), {"begin": begin, "end": end, "step": step}
    )


add("_slice_assign", _slice_assign, _draw_assign)


def _slice_assign_scalar(x: Array, scalar: float, begin: Any, end: Any, step: Any) -> Array:
    made = x.copy()
    made[_at(begin, end, step)] = np.asarray(scalar).astype(x.dtype)
    return made


def _draw_assign_scalar(b: Any) -> int | None:
    i = b.pick("fiub", (1, 64))
    begin, end, step = _bounds(b, i)
    number = b.source.choice((0.0, 1.0, 3.0))
    return b.call(
        "_slice_assign_scalar", (i,), {"scalar": number, "begin": begin, "end": end, "step": step}
    )


add("_slice_assign_scalar", _slice_assign_scalar, _draw_assign_scalar)


def _slice_axis(x: Array, axis: int, begin: int, end: int | None) -> Array:
    return x[(*(slice(None),) * (axis % x.ndim), slice(begin, end))]


def _draw_slice_axis(b: Any) -> int | None:
    i = b.pick("fiub", (1, 64), exact=False, full=True)
    axis = _axis(b, i)
    size = b.shape(i)[axis]
    begin = b.source.between(0, size - 1)
    end = b.source.between(begin + 1, size)
    params = {
        "axis": axis,
        "begin": begin,
        "end": None if end == size and b.source.chance(0.5) else end,
    }
    if b.source.chance(0.3):
        params["begin"] = begin - size
    return b.call("slice_axis", (i,), params)


add("slice_axis", _slice_axis, _draw_slice_axis, gradient="moves", smooth=True)


def _slice_like(x: Array, like: Array, axes: tuple[int, ...]) -> Array:
    chosen = [axis % x.ndim for axis in axes] or range(x.ndim)
    return x[tuple(slice(like.shape[k]) if k in chosen else slice(None) for k in range(x.ndim))]


def _draw_slice_like(b: Any) -> int | None:
    i = b.pick("fiub", (1, 64), exact=False, full=True)
    shape = tuple(b.source.between(1, n) for n in b.shape(i))
    axes = () if b.source.chance(0.5) else (_axis(b, i),)
    return b.call(
        "slice_like", (i, b.like(i, shape, b.source.choice(b.kind.dtypes))), {"axes": axes}
    )


add("slice_like", _slice_like, _draw_slice_like, gradient="moves", moved=(0,))
