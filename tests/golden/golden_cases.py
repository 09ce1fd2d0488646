"""The cases of ``ops.json``: element-wise operators, and the list of all groups.

A case is ``(op, inputs, params)``. Integers are chosen so that no result leaves its type, for
C++ leaves that undefined and a golden value would pin one machine's answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import golden_cases_reduce
import golden_cases_shape
import numpy as np

Case = tuple[str, list[Any], dict[str, Any]]

NAN, INF = float("nan"), float("inf")
EDGES = [-INF, -2.5, -1.0, -0.0, 0.0, 0.5, 1.0, 3.0, INF, NAN]
INTEGERS = [-7, -2, -1, 0, 1, 3, 8]

ARITHMETIC = ["add", "sub", "mul", "div", "mod", "power", "maximum", "minimum", "hypot"]
COMPARISON = ["equal", "not_equal", "greater", "greater_equal", "lesser", "lesser_equal"]
LOGIC = ["logical_and", "logical_or", "logical_xor"]
ELEMWISE = {"add": "elemwise_add", "sub": "elemwise_sub", "mul": "elemwise_mul",
            "div": "elemwise_div"}
SCALAR = ["_plus", "_minus", "_rminus", "_mul", "_div", "_rdiv", "_mod", "_rmod", "_power",
          "_rpower", "_maximum", "_minimum", "_hypot", *("_" + n for n in COMPARISON + LOGIC)]

ROUNDING = ["round", "rint", "ceil", "floor", "trunc", "fix"]
UNARY = [*ROUNDING, "exp", "expm1", "log", "log2", "log10", "log1p", "sqrt", "rsqrt", "cbrt",
         "rcbrt", "square", "reciprocal", "sin", "cos", "tan", "arcsin", "arccos", "arctan",
         "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "degrees", "radians", "sign",
         "abs", "negative", "sigmoid", "hard_sigmoid", "relu", "softsign", "erf", "erfinv",
         "gamma", "gammaln", "logical_not", "_copy", "BlockGrad", "zeros_like", "ones_like"]
SIGNED_INTEGER = {*ROUNDING, "square", "sign", "abs", "negative", "relu", "logical_not", "_copy",
                  "BlockGrad", "zeros_like", "ones_like", "arctan", "cbrt", "degrees"}
# Integers at which each of these is finite.
DOMAIN = {"arcsin": [0, 1], "arccos": [0, 1], "arctanh": [0], "erfinv": [0]}


def array(values: Any, dtype: str = "float32") -> Any:
    return np.array(values, dtype=dtype)


def ramp(*shape: int, dtype: str = "float32") -> Any:
    """A small array of unordered halves, or of integers; both signs unless unsigned."""
    values = np.arange(np.prod(shape), dtype="int64") * 7 % 11
    if dtype.startswith("float"):
        return ((values - 5) / 2).astype(dtype).reshape(shape)
    return (values - (0 if dtype.startswith("u") else 5)).astype(dtype).reshape(shape)


def pairs(left: list[float], right: list[float], dtype: str) -> list[Any]:
    """Every pair of the two lists, as two arrays."""
    return [array(part, dtype).reshape(len(left), len(right))
            for part in np.meshgrid(left, right, indexing="ij")]


def integer_pairs(name: str, dtype: str) -> list[Any]:
    """Pairs of integers on which the operator is defined."""
    left = [0, 1, 2, 5, 7] if dtype == "uint8" else INTEGERS
    if name == "sub" and dtype == "uint8":
        return [array([9, 7, 2], dtype), array([1, 7, 0], dtype)]
    if name == "power":
        return pairs([v for v in left if v], [0, 1, 2], dtype)
    return pairs(left, [v for v in left if v or name != "div"], dtype)


def binary() -> Iterator[Case]:
    """Operators of two arrays of one shape."""
    for name in ARITHMETIC + COMPARISON + LOGIC:
        op = ELEMWISE.get(name, "_" + name)
        yield op, pairs(EDGES, EDGES, "float32"), {}
        for dtype in ("float64", "float16"):
            yield op, pairs(EDGES[1:8], [-3.0, 0.1, 2.0], dtype), {}
        for dtype in ("int32", "int64", "uint8", "int8"):
            yield op, integer_pairs(name, dtype), {}
        yield op, [array([7]), array([2])], {}
        yield op, [ramp(2, 3), ramp(1, 3)], {}
        yield op, [ramp(2, 3), ramp(2, 3, dtype="float64")], {}
        yield op, [array([True, False]), array([True, True])], {}
    for dtype in ("int32", "int64"):
        yield "elemwise_div", [array([5, 7], dtype), array([0, 2], dtype)], {}
    for count in (1, 2, 4):
        for dtype in ("float32", "float64", "int32"):
            yield "add_n", [ramp(2, 3, dtype=dtype) * (i + 1) for i in range(count)], {}
    yield "add_n", [ramp(2, 3), ramp(3, 2)], {}


def scalar_values(name: str, dtype: str) -> list[float]:
    """Scalars of both Python types; whole and not, and edge values for floats."""
    if dtype.startswith("float"):
        return [2, -1.5, 0.0, INF, NAN]
    if name == "_power":
        return [0, 2, 2.5]
    zero_divides = name in ("_div", "_mod")
    return [1, 2, 2.5] if dtype == "uint8" else [3, -2, 1.5, -1.5, *([] if zero_divides else [0])]


def scalar() -> Iterator[Case]:
    """Operators of an array and a Python number."""
    for name in SCALAR:
        op = name + "_scalar"
        for dtype in ("float32", "float64", "float16", "int32", "int64", "uint8"):
            whole = [1, 2, 3, 6] if name in ("_rdiv", "_rpower") else INTEGERS
            if dtype == "uint8":
                whole = {"_minus": [3, 4, 9], "_rminus": [0, 1]}.get(name, [1, 2, 3, 6])
            values = EDGES if dtype.startswith("float") else whole
            for number in scalar_values(name, dtype):
                yield op, [array(values, dtype)], {"scalar": number}
        yield op, [ramp(2, 3)], {"scalar": 0.1}
        yield op, [array([4])], {"scalar": 3}
        yield op, [ramp(3)], {}
    for op in ("_div_scalar", "_mod_scalar"):
        yield op, [array([5, 7], "int32")], {"scalar": 0}
    for op in ("_rdiv_scalar", "_rmod_scalar"):
        yield op, [array([5, 0], "int32")], {"scalar": 7}
    yield "_div_scalar", [array([5, 7], "int32")], {"scalar": 0.5}


def unary() -> Iterator[Case]:
    """Operators of one array."""
    halves = [-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5]
    fine = [*EDGES, *halves, -0.9, -1e-3, 1e-8, 0.3, 0.9, 1.2, 5.7, 20.0, 90.0]
    for op in UNARY:
        yield op, [array(fine)], {}
        yield op, [array(fine, "float64")], {}
        yield op, [array([*halves, 0.1, 0.25, 0.9, NAN, INF], "float16")], {}
        yield op, [ramp(2, 3)], {}
        yield op, [array([0.7])], {}
        for dtype in ("int32", "int64", "uint8"):
            yield op, [array(DOMAIN.get(op, [1, 2, 3, 5]), dtype)], {}
        if op in SIGNED_INTEGER:
            yield op, [array(INTEGERS, "int32")], {}
            yield op, [array([[-3], [4]], "int8")], {}
        yield op, [array([True, False], "bool")], {}
    yield "hard_sigmoid", [array(fine)], {"alpha": 0.5, "beta": 0.25}
    yield "gamma", [array([4.5, 10.0, 34.0, 35.1, 36.0, -1.0, -2.0, 0.0])], {}
    yield "gammaln", [array([4.5, 10.0, 1e6, -1.0, -2.5, 0.0])], {}
    yield "erfinv", [array([-1, -0.999, -0.1, 0, 1e-6, 0.5, 0.999, 1, 1.5])], {}
    yield "zeros_like", [ramp(2, 3, 4)], {}


def broadcasting() -> Iterator[Case]:
    """Operators of two arrays whose dimensions of one stretch."""
    shapes = [((2, 3), (1, 3)), ((2, 1, 3), (1, 4, 1)), ((2, 3), (2, 3)), ((1,), (1,)),
              ((3,), (1,)), ((2, 3), (3, 2)), ((2, 3), (3,)), ((1, 1, 1, 2, 3), (2, 1, 2, 1, 1))]
    for name in ARITHMETIC + COMPARISON + LOGIC:
        op = "broadcast_" + name
        yield op, [array(EDGES).reshape(-1, 1), array(EDGES).reshape(1, -1)], {}
        for left, right in shapes:
            yield op, [ramp(*left) + 4, ramp(*right) + 3.5], {}
        for dtype in ("float64", "float16", "int32", "int64", "uint8"):
            right = np.array([[1], [2]], dtype)
            yield op, [array([[3, 5, 6]], dtype), right], {}
        yield op, [ramp(2, 3), ramp(1, 3, dtype="int32")], {}


def all_cases() -> Iterator[Case]:
    """Every case of every group."""
    for group in (binary, scalar, unary, broadcasting, *golden_cases_reduce.GROUPS,
                  *golden_cases_shape.GROUPS):
        yield from group()
