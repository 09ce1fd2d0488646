"""The cases of ``ops.json``: reductions, matrix products and creation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import golden_cases as base

Case = tuple[str, list[Any], dict[str, Any]]

REDUCE = ["sum", "mean", "prod", "max", "min", "nansum", "nanprod"]


def reductions() -> Iterator[Case]:
    """Reductions over axes given every way."""
    axes: list[dict[str, Any]] = [
        {}, {"axis": 0}, {"axis": -1}, {"axis": (0, 2)}, {"axis": (-1, 0)}, {"axis": ()},
        {"axis": None}, {"keepdims": True}, {"axis": 1, "keepdims": True},
        {"axis": 1, "exclude": True}, {"axis": (0, 1), "exclude": True, "keepdims": True},
        {"axis": (0, 1, 2)}, {"axis": (), "exclude": True}, {"axis": 3}, {"axis": -4},
        {"axis": (1, 1)}]
    for op in REDUCE:
        for params in axes:
            yield op, [base.ramp(2, 3, 4) + 0.25], params
        for dtype in ("float64", "float16", "int32", "int64", "uint8", "int8"):
            yield op, [base.ramp(2, 3, dtype=dtype)], {}
            yield op, [base.ramp(2, 3, dtype=dtype)], {"axis": 1}
        for values in ([1.0, base.NAN, 3.0], [base.INF, 1.0], [base.INF, -base.INF],
                       [base.NAN], [0.1] * 100, [-0.0]):
            yield op, [base.array(values)], {}
        yield op, [base.array([True, False], "bool")], {}
    yield "sum", [base.array([1] * 2050, "float16")], {}
    yield "mean", [base.array([0.1] * 2050, "float16")], {}


def norms() -> Iterator[Case]:
    """``norm`` of both orders."""
    for params in ({}, {"ord": 1}, {"axis": 1}, {"ord": 1, "axis": 0}, {"axis": (0, 1)},
                   {"axis": -1, "keepdims": True}, {"keepdims": True}, {"ord": 2, "axis": (1, 2)},
                   {"ord": 1, "axis": (0, 2)}, {"ord": 3}, {"out_dtype": "float64"},
                   {"axis": (0, 1, 2)}):
        yield "norm", [base.ramp(2, 3, 4)], params
    for dtype in ("float64", "float16", "int32"):
        yield "norm", [base.ramp(2, 3, dtype=dtype)], {}
        yield "norm", [base.ramp(2, 3, dtype=dtype)], {"ord": 1, "axis": 1}
    yield "norm", [base.array([1, base.NAN])], {}


def positions() -> Iterator[Case]:
    """``argmax`` and ``argmin``: ties, NaN, and the type of the result."""
    tie = base.array([[1, 5, 5], [7, 7, 2]])
    for op in ("argmax", "argmin"):
        for params in ({}, {"axis": 0}, {"axis": 1}, {"axis": -1}, {"axis": 1, "keepdims": True},
                       {"keepdims": True}, {"axis": 2}, {"axis": None}):
            yield op, [tie], params
        yield op, [base.ramp(2, 3, 4)], {"axis": 1}
        for dtype in ("float64", "float16", "int32", "int64", "uint8"):
            yield op, [tie.astype(dtype)], {"axis": 1}
        for values in ([base.NAN, 1, 2], [1, base.NAN, 2], [base.INF, -base.INF], [3]):
            yield op, [base.array(values)], {"axis": 0}
    for values in (tie, base.ramp(2, 3, 2), base.array([3, 9, 1]), tie.astype("float64"),
                   tie.astype("int32")):
        yield "argmax_channel", [values], {}


def products() -> Iterator[Case]:
    """``dot`` and ``batch_dot``."""
    flags = [{}, {"transpose_a": True}, {"transpose_b": True},
             {"transpose_a": True, "transpose_b": True}]
    for params, left, right in zip(flags, ((2, 3), (3, 2), (2, 3), (3, 2)),
                                   ((3, 4), (3, 4), (4, 3), (4, 3)), strict=True):
        for dtype in ("float32", "float64", "float16", "int32"):
            yield "dot", [base.ramp(*left, dtype=dtype), base.ramp(*right, dtype=dtype)], params
            batch = [base.ramp(2, *left, dtype=dtype), base.ramp(2, *right, dtype=dtype)]
            yield "batch_dot", batch, params
    for left, right in (((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3, 4), (4, 5)),
                        ((2, 3, 4), (4, 3, 2)), ((2, 3), (3, 2, 4)), ((2, 3), (4, 5)),
                        ((2, 3, 4), (4,)), ((1,), (1,)), ((4,), (3,)), ((1, 3), (3, 1)),
                        ((2,), (1, 3))):
        yield "dot", [base.ramp(*left), base.ramp(*right)], {}
    for params in flags[1:]:
        yield "dot", [base.ramp(3, 2, 4), base.ramp(5, 3, 4)], params
        yield "dot", [base.ramp(4, 2, 3), base.ramp(3, 5, 4)], params
        yield "dot", [base.ramp(4, 2, 3), base.ramp(4, 5, 3)], params
        yield "dot", [base.ramp(3), base.ramp(3)], params
        yield "dot", [base.ramp(3), base.ramp(3, 2)], params
        yield "dot", [base.ramp(2, 3), base.ramp(3)], params
    yield "dot", [base.array([[base.NAN, 1], [base.INF, 0]]), base.array([[0, 1], [1, 0]])], {}
    yield "dot", [base.ramp(2, 2), base.ramp(2, 2, dtype="float64")], {}
    for left, right in (((2, 2, 3), (3, 3, 4)), ((2, 3), (3, 2)), ((2, 2, 3), (2, 4, 3)),
                        ((1, 1, 1), (1, 1, 1)), ((2, 1, 2, 3), (2, 1, 3, 2))):
        yield "batch_dot", [base.ramp(*left), base.ramp(*right)], {}


def creation() -> Iterator[Case]:
    """Operators that take no array."""
    for op, extra in (("_zeros", {}), ("_ones", {}), ("_full", {"value": 2.5})):
        for shape in ((2, 3), (1,), 4, (2, 1, 3), (0, 2), ()):
            yield op, [], {"shape": shape, **extra}
        for dtype in ("float16", "float64", "int32", "int64", "uint8", "int8", "bool"):
            yield op, [], {"shape": (2,), "dtype": dtype, **extra}
    for value in (base.NAN, -base.INF, -3, 1e-9):
        yield "_full", [], {"shape": (2,), "value": value}
    aranges: list[dict[str, Any]] = [
        {"start": 0, "stop": 5}, {"start": 5}, {"start": 2, "stop": 6},
        {"start": 1, "stop": 2, "step": 0.3}, {"start": 0, "stop": 1, "step": 0.1},
        {"start": 6, "stop": 2, "step": -1.5}, {"start": 0, "stop": 3, "repeat": 2},
        {"start": 0, "stop": 3, "dtype": "int32"}, {"start": 0.5, "stop": 3, "dtype": "int32"},
        {"start": 0, "stop": 1, "step": 0.1, "dtype": "float64"},
        {"start": 0, "stop": 3, "dtype": "float16"}, {"start": 3, "stop": 3},
        {"start": 3, "stop": 1}, {"start": 0, "stop": 3, "step": 0}, {"start": 4, "stop": None},
        {"start": 0, "stop": None, "infer_range": True}]
    for params in aranges:
        yield "_arange", [], params
    for params in ({"N": 3}, {"N": 2, "M": 3}, {"N": 3, "M": 2, "k": 1}, {"N": 3, "k": -1},
                   {"N": 2, "dtype": "int32"}, {"N": 2, "k": 5}, {"N": 0}):
        yield "_eye", [], params
    for params in ({"start": 0, "stop": 1, "num": 5}, {"start": 2, "stop": -2, "num": 4},
                   {"start": 0, "stop": 10, "num": 4, "dtype": "int32"},
                   {"start": 0, "stop": 1, "num": 1}, {"start": 0, "stop": 1, "num": 0},
                   {"start": 0, "stop": 1, "num": 4, "endpoint": False},
                   {"start": 0, "stop": 1, "num": 3, "dtype": "float64"}, {"start": 0, "stop": 1}):
        yield "_linspace", [], params


GROUPS: tuple[Callable[[], Iterator[Case]], ...] = (
    reductions, norms, positions, products, creation)
