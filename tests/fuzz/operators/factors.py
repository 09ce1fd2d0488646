"""Determinants, inverses, Cholesky factors and triangular systems, of matrices that are far from singular."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..values import Array
from .table import add

_ULPS = 1024.0
"""Of float64 and float32; matrices have up to four rows, and condition numbers below some ten."""


def _wide(x: Array) -> Array:
    return x.astype("float64")


def _swapped(x: Array) -> Array:
    return np.swapaxes(x, -1, -2)


def _good(size: int, values: Array) -> Array:
    return values / 2 + 4 * np.eye(size)


def _positive(size: int, values: Array) -> Array:
    return values @ _swapped(values) / 2 + 4 * np.eye(size)


def _drawn(b: Any, make: Callable[[int, Array], Array]) -> int:
    """A new variable of square matrices."""
    size = b.source.between(1, 4)
    shape = (*b.source.choice(((), (), (2,), (2, 1))), size, size)
    dtype = b.source.choice([d for d in b.kind.dtypes if d in ("float32", "float64")])
    return int(
        b.fresh(
            shape, dtype, lambda s: make(size, s.smooth_numbers(shape, "float64")).astype(dtype)
        )
    )


def _one(found: Array, x: Array) -> Array:
    """A number for each matrix; of one matrix, of the shape (1,)."""
    return np.asarray(found).reshape(x.shape[:-2] or (1,)).astype(x.dtype)


def _det(x: Array) -> Array:
    return _one(np.linalg.det(_wide(x)), x)


def _slogdet(x: Array) -> list[Array]:
    return [_one(found, x) for found in np.linalg.slogdet(_wide(x))]


def _inverse(x: Array) -> Array:
    return np.linalg.inv(_wide(x)).astype(x.dtype)


def _potrf(x: Array) -> Array:
    return np.linalg.cholesky(_wide(x)).astype(x.dtype)


def _potri(x: Array) -> Array:
    lower = np.tril(_wide(x))
    return np.linalg.inv(lower @ _swapped(lower)).astype(x.dtype)


def _sumlogdiag(x: Array) -> Array:
    return _one(np.log(np.diagonal(_wide(x), axis1=-2, axis2=-1)).sum(-1), x)


for _name, _function, _make in (
    ("_linalg_det", _det, _good), ("_linalg_slogdet", _slogdet, _good), ("_linalg_inverse", _inverse, _good),
    ("_linalg_potrf", _potrf, _positive), ("_linalg_potri", _potri, _good),
    ("_linalg_sumlogdiag", _sumlogdiag, _good),
):  # fmt: skip

    def _draw(b: Any, name: str = _name, make: Any = _make) -> int | None:
        return b.call(name, (_drawn(b, make),), {})

    add(_name, _function, _draw, ulps=_ULPS)


def _trsm(a: Array, x: Array, transpose: bool, rightside: bool, lower: bool, alpha: float) -> Array:
    factor = np.tril(_wide(a)) if lower else np.triu(_wide(a))
    factor = _swapped(factor) if transpose else factor
    if rightside:
        return (alpha * _swapped(np.linalg.solve(_swapped(factor), _swapped(_wide(x))))).astype(
            x.dtype
        )
    return (alpha * np.linalg.solve(factor, _wide(x))).astype(x.dtype)


def _draw_trsm(b: Any) -> int | None:
    i, many = _drawn(b, _good), b.source.between(1, 3)
    rightside, shape = b.source.chance(0.5), b.shape(i)
    size = (many, shape[-1]) if rightside else (shape[-1], many)
    shape, dtype = (*shape[:-2], *size), b.dtype(i)
    j = b.fresh(shape, dtype, lambda s: s.smooth_numbers(shape, dtype))
    params = {
        "transpose": b.source.chance(0.5),
        "rightside": rightside,
        "lower": b.source.chance(0.5),
    }
    return b.call("_linalg_trsm", (i, j), {**params, "alpha": b.source.choice((1.0, 2.0))})


add("_linalg_trsm", _trsm, partial(_draw_trsm), ulps=_ULPS)
