"""Arithmetic, comparison and logic of an array and a number.

The number is first cast to the array's dtype, as in MXNet: an int32 array times 1.5 is times 1.
Python's operators make these operators where one side is a number; the `r` of `_rminus_scalar` says
that the number stands on the left.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

import numpy as np

from ..specs import DType
from . import arithmetic, comparison
from .registry import op
from .rules import DTypes, Mismatch, Params, unify_dtypes


def _result_dtype(dtype: DType, is_int: bool) -> DType:
    """The dtype in which array and number meet: bool widens; so do integers without `is_int`."""
    if dtype.kind == "f":
        return dtype
    if not is_int:
        return np.dtype("float64")
    return np.dtype("int64") if dtype.kind == "b" else dtype


def _scalar_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    """The result has the array's dtype, unless :func:`_result_dtype` says otherwise."""
    (data,) = ins
    if data is None:
        # An int64 result may also come from bool; without `is_int`, a float64 one from any integer.
        return (outs[0] if params["is_int"] and outs[0] != np.int64 else None,), outs
    result = _result_dtype(data, params["is_int"])
    number = params["scalar"]
    if result.kind in "iu" and not (isfinite(number) and abs(number) < 2**63):
        raise Mismatch(
            f"the number {number} cannot be cast to the array's dtype {result}",
            hint="Convert the array first: x.astype('float32') or mx.sym.cast(x, dtype='float32').",
        )
    return ins, (unify_dtypes((result, *outs)),)


def _operands(data: Any, scalar: float, is_int: bool) -> tuple[Any, Any]:
    """The array and the number in the dtype where they meet; integers wrap around."""
    dtype = data.dtype
    if dtype.kind == "f":
        return data, dtype.type(scalar)
    result = _result_dtype(dtype, is_int)
    data = data.astype(result, copy=False)
    if result.kind == "f":
        return data, result.type(scalar)
    return data, np.int64(int(scalar)).astype(result)


def _register(name: str, alias: str, function: Callable[..., Any], doc: str) -> None:
    """Register `name`, which applies the function of two arrays to the array and the number."""

    def forward(xp, data, /, *, scalar: float = 1.0, is_int: bool = True, out=None):
        data, number = _operands(data, scalar, is_int)
        return function(xp, data, number, out=out)

    def reverse(xp, data, /, *, scalar: float = 1.0, is_int: bool = True, out=None):
        data, number = _operands(data, scalar, is_int)
        return function(xp, number, data, out=out)

    fn = reverse if name.startswith("_r") else forward
    fn.__name__ = name
    fn.__doc__ = f"""{doc}

    The result has the array's shape and dtype; the number is cast to that dtype first. With
    `is_int=False` the result of an integer array is float64 instead.
    """
    op(name, alias=(alias,), dtype=_scalar_dtype)(fn)


for _name, _alias, _function, _doc in (
    ("_plus_scalar", "_PlusScalar", arithmetic.add, "Array plus a number: `data + scalar`."),
    ("_minus_scalar", "_MinusScalar", arithmetic.subtract, "Array less a number: `data - scalar`."),
    (
        "_rminus_scalar",
        "_RMinusScalar",
        arithmetic.subtract,
        "Number less an array: `scalar - data`.",
    ),
    ("_mul_scalar", "_MulScalar", arithmetic.multiply, "Array times a number: `data * scalar`."),
    (
        "_div_scalar",
        "_DivScalar",
        arithmetic.divide,
        "Array divided by a number: `data / scalar`; integers as in C, and by 0 they give 0.",
    ),
    (
        "_rdiv_scalar",
        "_RDivScalar",
        arithmetic.divide,
        "Number divided by an array: `scalar / data`; integers as in C, and by 0 they give 0.",
    ),
    (
        "_mod_scalar",
        "_ModScalar",
        arithmetic.modulo,
        "Remainder of an array by a number: `data % scalar`, with the number's sign; by 0 it is 0.",
    ),
    (
        "_rmod_scalar",
        "_RModScalar",
        arithmetic.modulo,
        "Remainder of a number by an array: `scalar % data`, with the array's sign; by 0 it is 0.",
    ),
    (
        "_power_scalar",
        "_PowerScalar",
        arithmetic.power,
        "Array to the power of a number: `data ** scalar`; NaN for broken powers of x < 0.",
    ),
    (
        "_rpower_scalar",
        "_RPowerScalar",
        arithmetic.power,
        "Number to the power of an array: `scalar ** data`; NaN for broken powers below 0.",
    ),
    (
        "_maximum_scalar",
        "_MaximumScalar",
        arithmetic.maximum,
        "Larger of an element and a number; NaN where either is NaN.",
    ),
    (
        "_minimum_scalar",
        "_MinimumScalar",
        arithmetic.minimum,
        "Smaller of an element and a number; NaN where either is NaN.",
    ),
    ("_hypot_scalar", "_HypotScalar", arithmetic.hypot, "Hypotenuse: `sqrt(data² + scalar²)`."),
    ("_equal_scalar", "_EqualScalar", comparison.equal, "1 where `data == scalar`, else 0."),
    (
        "_not_equal_scalar",
        "_NotEqualScalar",
        comparison.not_equal,
        "1 where `data != scalar`, else 0.",
    ),
    ("_greater_scalar", "_GreaterScalar", comparison.greater, "1 where `data > scalar`, else 0."),
    (
        "_greater_equal_scalar",
        "_GreaterEqualScalar",
        comparison.greater_equal,
        "1 where `data >= scalar`, else 0.",
    ),
    ("_lesser_scalar", "_LesserScalar", comparison.lesser, "1 where `data < scalar`, else 0."),
    (
        "_lesser_equal_scalar",
        "_LesserEqualScalar",
        comparison.lesser_equal,
        "1 where `data <= scalar`, else 0.",
    ),
    (
        "_logical_and_scalar",
        "_LogicalAndScalar",
        comparison.logical_and,
        "1 where neither the element nor the number is 0, else 0.",
    ),
    (
        "_logical_or_scalar",
        "_LogicalOrScalar",
        comparison.logical_or,
        "1 where the element or the number is other than 0, else 0.",
    ),
    (
        "_logical_xor_scalar",
        "_LogicalXorScalar",
        comparison.logical_xor,
        "1 where just one of the element and the number is 0, else 0.",
    ),
):
    _register(_name, _alias, _function, _doc)
