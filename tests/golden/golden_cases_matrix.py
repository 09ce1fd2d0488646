"""Gradient cases of linear algebra and of densities of distributions."""

from __future__ import annotations

from typing import Any

import numpy as np
from golden_draw import Case, Cases, Draw, Params

DOUBLES = ("float32", "float64")


def lower(draw: Draw, *shape: int, dtype: str = "float64") -> Any:
    """Lower triangular matrices whose diagonals are far from 0."""
    values = np.tril(draw(*shape, dtype=dtype))
    step = np.arange(shape[-1])
    values[..., step, step] = 1 + np.abs(values[..., step, step])
    return values


def definite(draw: Draw, *shape: int, dtype: str = "float64") -> Any:
    """Symmetric positive definite matrices, of halves so that they are symmetric to the bit."""
    root = lower(draw, *shape)
    root = np.round(root * 2) / 2
    step = np.arange(shape[-1])
    root[..., step, step] += 1
    return (root @ np.swapaxes(root, -1, -2)).astype(dtype)


def products() -> Cases:
    """Products of matrices."""
    draw = Draw(60)
    for dtype in DOUBLES:
        for params, left, right in (
                ({}, (2, 3), (3, 4)), ({"transpose_a": True}, (3, 2), (3, 4)),
                ({"transpose_b": True, "alpha": 2.5}, (2, 3), (4, 3)),
                ({"transpose_a": True, "transpose_b": True, "alpha": -1}, (3, 2), (4, 3))):
            for batch in ((), (2,), (2, 1)):
                a, b = draw(*batch, *left, dtype=dtype), draw(*batch, *right, dtype=dtype)
                yield Case("_linalg_gemm2", {"A": a, "B": b}, params)
                c = draw(*batch, 2, 4, dtype=dtype)
                for more in ({}, {"beta": 0.5}):
                    yield Case("_linalg_gemm", {"A": a, "B": b, "C": c}, {**params, **more})
        for params, left, right, out in (
                ({"axis": 0}, (2, 3, 2), (2, 3, 4), (2, 3, 4)),
                ({"axis": 0}, (2, 3, 3), (3, 3, 4), (2, 3, 4)),
                ({"axis": 1, "alpha": 2}, (2, 2, 3), (2, 3, 4), (2, 2, 4))):
            a, b = draw(*left, dtype=dtype), draw(*right, dtype=dtype)
            yield Case("_linalg_gemm2", {"A": a, "B": b}, params)
            yield Case("_linalg_gemm", {"A": a, "B": b, "C": draw(*out, dtype=dtype)}, params)
        for params in ({}, {"transpose": True}, {"alpha": -2.0}, {"transpose": True, "alpha": 0.5}):
            for shape in ((2, 3), (2, 3, 2), (1, 1)):
                yield Case("_linalg_syrk", {"A": draw(*shape, dtype=dtype)}, params)
        for shapes in (((2, 3), (4, 3)), ((2, 2), (3, 2), (1, 2)), ((3, 1), (2, 1))):
            yield Case("khatri_rao", {f"arg{i}": draw(*shape, dtype=dtype)
                                      for i, shape in enumerate(shapes)})
    yield Case("_linalg_gemm2", {"A": draw(2, 3), "B": draw(3, 4)}, req="add")


def triangular() -> Cases:
    """Products with, and solutions of, triangular matrices."""
    draw = Draw(61)
    options: list[Params] = [
        {}, {"transpose": True}, {"lower": False}, {"alpha": 2.5}, {"rightside": True},
        {"rightside": True, "transpose": True}, {"lower": False, "transpose": True},
        {"rightside": True, "lower": False}]
    for op in ("_linalg_trmm", "_linalg_trsm"):
        for dtype in DOUBLES:
            for params in options:
                for batch in ((), (2,)):
                    a = lower(draw, *batch, 3, 3, dtype=dtype)
                    a = a if params.get("lower", True) else np.swapaxes(a, -1, -2).copy()
                    shape = (2, 3) if params.get("rightside") else (3, 2)
                    yield Case(op, {"A": a, "B": draw(*batch, *shape, dtype=dtype)}, params)
        full = {"A": draw(3, 3) + 3 * np.eye(3, dtype="float32"), "B": draw(3, 2)}
        yield Case(op, full, {})
        yield Case(op, full, {}, req="add")


def decompositions() -> Cases:
    """Factors, determinants, inverses, diagonals, triangles."""
    draw = Draw(62)
    for dtype in DOUBLES:
        for shape in ((3, 3), (2, 3, 3), (1, 1), (2, 2, 2, 2)):
            yield Case("_linalg_potrf", {"A": definite(draw, *shape, dtype=dtype)})
            yield Case("_linalg_potri", {"A": lower(draw, *shape, dtype=dtype)})
            yield Case("_linalg_sumlogdiag", {"A": definite(draw, *shape, dtype=dtype)})
            yield Case("_linalg_syevd", {"A": definite(draw, *shape, dtype=dtype)})
            general = draw(*shape, dtype=dtype) + 3 * np.eye(shape[-1], dtype=dtype)
            for op in ("_linalg_inverse", "_linalg_det", "_linalg_slogdet"):
                yield Case(op, {"A": general})
            negative = general.copy()
            negative[..., 0, :] *= -1
            yield Case("_linalg_det", {"A": negative})
            yield Case("_linalg_slogdet", {"A": negative})
        yield Case("_linalg_det", {"A": np.array([[1, 2], [2, 4]], dtype)})
        for shape in ((2, 3), (3, 3), (2, 2, 4), (1, 2)):
            yield Case("_linalg_gelqf", {"A": draw(*shape, dtype=dtype)})
        for offset in (0, 1, -1):
            for shape in ((3, 3), (2, 3, 3)):
                square = {"A": draw(*shape, dtype=dtype)}
                yield Case("_linalg_extractdiag", square, {"offset": offset})
                for low in (True, False):
                    yield Case("_linalg_extracttrian", square, {"offset": offset, "lower": low})
            for shape in ((3,), (2, 3)):
                flat = {"A": draw(*shape, dtype=dtype)}
                yield Case("_linalg_makediag", flat, {"offset": offset})
                for low in (True, False):
                    yield Case("_linalg_maketrian", flat, {"offset": offset, "lower": low})
        yield Case("_linalg_maketrian", {"A": draw(2, 6, dtype=dtype)}, {})


def densities() -> Cases:
    """Densities of distributions, and their logarithms."""
    draw = Draw(63)
    two: list[tuple[str, tuple[str, ...], bool]] = [
        ("uniform", ("low", "high"), False), ("normal", ("mu", "sigma"), False),
        ("gamma", ("alpha", "beta"), False), ("exponential", ("lam",), False),
        ("poisson", ("lam",), True), ("negative_binomial", ("k", "p"), True),
        ("generalized_negative_binomial", ("mu", "alpha"), True)]
    for dtype in DOUBLES:
        for shape, count in (((2,), (2, 3)), ((1,), (1, 4)), ((2, 2), (2, 2, 2)), ((2,), (2,))):
            for log in (False, True):
                for kind, names, whole in two:
                    sample = draw.integers(*count, high=6, dtype=dtype) if whole else draw(
                        *count, dtype=dtype, low=0.25, high=2)
                    inputs = {"sample": sample} | {
                        name: draw(*shape, dtype=dtype, low=0.25, high=0.875) for name in names}
                    if kind == "uniform":
                        inputs["high"] = inputs["high"] + dtype_one(dtype)
                    yield Case(f"_random_pdf_{kind}", inputs, {"is_log": log})
        for shape in ((3,), (2, 3)):
            for count in ((), (2,)):
                for log in (False, True):
                    raw = draw(*shape[:-1], *count, 3, dtype=dtype, low=0.25, high=1)
                    inputs = {"sample": raw / raw.sum(-1, keepdims=True),
                              "alpha": draw(*shape, dtype=dtype, low=0.5, high=3)}
                    yield Case("_random_pdf_dirichlet", inputs, {"is_log": log})


def dtype_one(dtype: str) -> Any:
    """1 in a dtype."""
    return np.ones((), dtype)


GROUPS = (products, triangular, decompositions, densities)
