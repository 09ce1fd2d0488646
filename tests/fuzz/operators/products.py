"""Products of matrices, of whole numbers, so that the order of sums does not matter; parts of matrices."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ..values import Array
from .table import add


def _double(x: Array) -> Array:
    return x.astype("float64") if x.dtype.kind == "f" else x


def _dot(x: Array, y: Array, transpose_a: bool = False, transpose_b: bool = False) -> Array:
    a = np.moveaxis(_double(x), 0, -1) if transpose_a and x.ndim > 1 else _double(x)
    c = np.moveaxis(_double(y), -1, 0) if transpose_b and y.ndim > 1 else _double(y)
    found = np.tensordot(a, c, 1)
    return found.reshape(found.shape or (1,)).astype(x.dtype)


def _dtype(b: Any, kinds: str = "f") -> str:
    return str(b.source.choice([d for d in b.kind.dtypes if np.dtype(d).kind in kinds]))


def _matrix(b: Any, shape: tuple[int, ...], dtype: str) -> int:
    """Small whole numbers of this shape: a value that is there, made small, or a new variable."""
    if b.smooth:
        return int(b.like(0, shape, dtype))
    found = [
        j
        for j, v in enumerate(b.arrays)
        if v.shape == shape and v.dtype == dtype and j not in b.rough
    ]
    if found and b.source.chance(0.7):
        return int(b.made_whole(b.source.choice(found), 4 if b.whole else 8))
    return int(b.whole_variable(shape, dtype, -3, 3))


def _sizes(b: Any, count: int) -> list[int]:
    small = [b.source.choice((1, 2, 2, 3, 3, 4, 5)) for _ in range(count)]
    if b.source.chance(0.02):
        small[b.source.between(0, count - 1)] = 0
    if b.source.chance(0.01) and not b.smooth:
        small[b.source.between(0, count - 1)] = 40
    return small


def _draw_dot(b: Any) -> int | None:
    dtype = _dtype(b, "fiu" if b.source.chance(0.2) and not (b.whole or b.smooth) else "f")
    rows, inner, columns = _sizes(b, 3)
    flags = {"transpose_a": b.source.chance(0.4), "transpose_b": b.source.chance(0.4)}
    left, right = (rows, inner), (inner, columns)
    if b.source.chance(0.15):
        left = (2, rows, inner)  # type: ignore[assignment]
    if b.source.chance(0.1):
        left, flags["transpose_a"] = (inner,), False  # type: ignore[assignment]
    if b.source.chance(0.15):
        right, flags["transpose_b"] = (inner,), False  # type: ignore[assignment]
    if flags["transpose_a"]:
        left = (*left[-1:], *left[:-1])  # type: ignore[assignment]
    if flags["transpose_b"]:
        right = (*right[1:], right[0])  # type: ignore[assignment]
    i = _matrix(b, left, dtype)
    j = i if left == right and b.source.chance(0.4) else _matrix(b, right, dtype)
    return b.call("dot", (i, j), flags)


add("dot", _dot, _draw_dot, gradient="unit", smooth=True, signless=True)


def _batch_dot(x: Array, y: Array, transpose_a: bool, transpose_b: bool) -> Array:
    a, c = _double(x), _double(y)
    a = np.swapaxes(a, -1, -2) if transpose_a else a
    c = np.swapaxes(c, -1, -2) if transpose_b else c
    return np.matmul(a, c).astype(x.dtype)


def _draw_batch_dot(b: Any, name: str) -> int | None:
    dtype = _dtype(b)
    if name != "batch_dot" and dtype == "float16":
        return None
    rows, inner, columns = _sizes(b, 3)
    batch = b.source.choice(
        ((2,), (3,), (1,), (2, 2)) if name == "batch_dot" else ((), (2,), (2, 2))
    )
    flags = {"transpose_a": b.source.chance(0.4), "transpose_b": b.source.chance(0.4)}
    left = (inner, rows) if flags["transpose_a"] else (rows, inner)
    right = (columns, inner) if flags["transpose_b"] else (inner, columns)
    i = _matrix(b, (*batch, *left), dtype)
    j = i if left == right and b.source.chance(0.3) else _matrix(b, (*batch, *right), dtype)
    if name == "batch_dot":
        return b.call(name, (i, j), flags)
    alpha = {"alpha": b.source.choice((1.0, 2.0, -1.0))}
    if name == "_linalg_gemm2":
        return b.call(name, (i, j), {**flags, **alpha})
    k = _matrix(b, (*batch, rows, columns), dtype)
    return b.call(name, (i, j, k), {**flags, **alpha, "beta": b.source.choice((1.0, 3.0, 0.0))})


def _gemm(x: Array, y: Array, z: Array, alpha: float, beta: float, **flags: bool) -> Array:
    return (alpha * _batch_dot(_double(x), _double(y), **flags) + beta * _double(z)).astype(x.dtype)


def _gemm2(x: Array, y: Array, alpha: float, **flags: bool) -> Array:
    return (alpha * _batch_dot(_double(x), _double(y), **flags)).astype(x.dtype)


add(
    "batch_dot",
    _batch_dot,
    partial(_draw_batch_dot, name="batch_dot"),
    gradient="unit",
    smooth=True,
    signless=True,
)
add(
    "_linalg_gemm",
    _gemm,
    partial(_draw_batch_dot, name="_linalg_gemm"),
    gradient="unit",
    signless=True,
)
add(
    "_linalg_gemm2",
    _gemm2,
    partial(_draw_batch_dot, name="_linalg_gemm2"),
    gradient="unit",
    signless=True,
)


def _syrk(x: Array, transpose: bool, alpha: float) -> Array:
    return _gemm2(x, x, alpha, transpose_a=transpose, transpose_b=not transpose)


def _draw_syrk(b: Any) -> int | None:
    dtype = _dtype(b)
    if dtype == "float16":
        return None
    i = _matrix(b, (*b.source.choice(((), (2,))), *_sizes(b, 2)), dtype)
    return b.call(
        "_linalg_syrk",
        (i,),
        {"transpose": b.source.chance(0.5), "alpha": b.source.choice((1.0, 2.0))},
    )


add("_linalg_syrk", _syrk, _draw_syrk, gradient="unit", signless=True)


def _khatri_rao(*arrays: Array) -> Array:
    made = arrays[0]
    for x in arrays[1:]:
        made = (made[:, None, :] * x[None, :, :]).reshape(-1, x.shape[1])
    return made


def _draw_khatri_rao(b: Any) -> int | None:
    dtype, columns = _dtype(b), b.source.between(1, 3)
    inputs = [
        b.whole_variable((b.source.between(1, 3), columns), dtype, -3, 3)
        for _ in range(b.source.between(1, 3))
    ]
    return b.call("khatri_rao", tuple(inputs), {})


add("khatri_rao", _khatri_rao, _draw_khatri_rao)


def _triangle(x: Array, lower: bool) -> Array:
    return np.tril(x) if lower else np.triu(x)


def _trmm(a: Array, x: Array, transpose: bool, rightside: bool, lower: bool, alpha: float) -> Array:
    factor = _triangle(_double(a), lower)
    factor = np.swapaxes(factor, -1, -2) if transpose else factor
    found = np.matmul(_double(x), factor) if rightside else np.matmul(factor, _double(x))
    return (alpha * found).astype(x.dtype)


def _draw_trmm(b: Any) -> int | None:
    dtype = _dtype(b)
    if dtype == "float16":
        return None
    batch = b.source.choice(((), (2,)))
    n, m = b.source.between(1, 4), b.source.between(1, 4)
    rightside = b.source.chance(0.5)
    i = _matrix(b, (*batch, n, n), dtype)
    j = _matrix(b, (*batch, m, n) if rightside else (*batch, n, m), dtype)
    params = {
        "transpose": b.source.chance(0.5),
        "rightside": rightside,
        "lower": b.source.chance(0.5),
    }
    return b.call("_linalg_trmm", (i, j), {**params, "alpha": b.source.choice((1.0, 2.0))})


add("_linalg_trmm", _trmm, _draw_trmm, gradient="unit", signless=True)

# Diagonals and triangles


def _triangle_places(n: int, offset: int, lower: bool) -> tuple[Array, Array]:
    """Rows and columns of a triangle's elements: a lower one by rows, an upper one by columns."""
    if offset < 0 or (offset == 0 and lower):
        return np.tril_indices(n, offset)
    columns, rows = np.tril_indices(n, -offset)
    return rows, columns


def _extracttrian(x: Array, offset: int, lower: bool) -> Array:
    rows, columns = _triangle_places(x.shape[-1], offset, lower)
    return x[..., rows, columns]


def _maketrian(x: Array, offset: int, lower: bool) -> Array:
    k = int((np.sqrt(8 * x.shape[-1] + 1) - 1) / 2)
    n = k + abs(offset)
    made = np.zeros((*x.shape[:-1], n, n), x.dtype)
    rows, columns = _triangle_places(n, offset, lower)
    made[..., rows, columns] = x
    return made


def _makediag(x: Array, offset: int) -> Array:
    n = x.shape[-1] + abs(offset)
    made = np.zeros((*x.shape[:-1], n, n), x.dtype)
    k = np.arange(x.shape[-1])
    made[..., k + max(-offset, 0), k + max(offset, 0)] = x
    return made


def _draw_parts(b: Any, name: str) -> int | None:
    dtype = _dtype(b)
    if dtype == "float16":
        return None
    batch, n, offset = b.source.choice(((), (2,))), b.source.between(2, 4), b.source.between(-1, 1)
    shape = {"_linalg_makediag": (n,), "_linalg_maketrian": (n * (n + 1) // 2,)}.get(name, (n, n))
    params: dict[str, Any] = {"offset": offset}
    if name.endswith("trian"):
        params["lower"] = b.source.chance(0.5)
    return b.call(name, (_matrix(b, (*batch, *shape), dtype),), params)


for _name, _function in (
    ("_linalg_extractdiag", lambda x, offset: np.diagonal(x, offset, -2, -1)),
    ("_linalg_makediag", _makediag),
    ("_linalg_extracttrian", _extracttrian), ("_linalg_maketrian", _maketrian),
):  # fmt: skip
    add(_name, _function, partial(_draw_parts, name=_name), gradient="moves")
