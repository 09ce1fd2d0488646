"""Arithmetic, comparison and logic of an array and a number.

The number is first cast to the array's dtype, as in MXNet: an int32 array times 1.5 is times 1.
Python's operators make these operators where one side is a number; the `r` of `_rminus_scalar` says
that the number stands on the left.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, log
from typing import Any

import numpy as np

from ..specs import DType
from . import arithmetic, comparison
from .backward import no_gradient
from .registry import Gradient, op
from .rules import DTypes, Mismatch, Params, is_real, keeps, unify_dtypes


def _result_dtype(dtype: DType, is_int: bool) -> DType:
    """The dtype in which array and number meet: bool widens; so do integers without `is_int`."""
    if dtype.kind == "f":
        return dtype
    if not is_int:
        return np.dtype("float64")
    return np.dtype("int64") if dtype.kind == "b" else dtype


@keeps(is_real)
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


def _register(
    name: str,
    function: Callable[..., Any],
    doc: str,
    example: tuple[str, str],
    gradient: Gradient = no_gradient,
    kernel: str | None = None,
) -> None:
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

    >>> ({example[0]}).asnumpy()
    array({example[1]}, dtype=float32)
    """
    op(
        name,
        alias=(_camel_case(name),),
        dtype=_scalar_dtype,
        gradient=gradient,
        kernel=kernel,
    )(fn)


def _camel_case(name: str) -> str:
    """`_RMinusScalar` of `_rminus_scalar`."""
    words = name.strip("_").split("_")
    if name.startswith("_r"):
        words = ["r", words[0][1:], *words[1:]]
    return "_" + "".join(map(str.title, words))


# Arithmetic


def _reverse_divide_gradient(F: Any, g: Any, y: Any, data: Any, **params: Any) -> Any:
    return F.negative(g * (y / data))


def _reverse_modulo_gradient(F: Any, g: Any, y: Any, data: Any, scalar: float, is_int: bool) -> Any:
    return F.negative(g * F.floor(scalar / data))


def _power_gradient(F: Any, g: Any, y: Any, data: Any, scalar: float, is_int: bool) -> Any:
    # Squares are common, and a product is far quicker than a power.
    slope = data if scalar == 2 else data ** (scalar - 1)
    return g * (slope * scalar)


def _reverse_power_gradient(F: Any, g: Any, y: Any, data: Any, scalar: float, is_int: bool) -> Any:
    rate = log(scalar) if scalar > 0 else float("-inf") if scalar == 0 else float("nan")
    return g * (y * rate)


_register(
    "_plus_scalar",
    arithmetic.add,
    "Array plus a number: `data + scalar`.",
    ("mx.nd.array([1, 2]) + 10", "[11., 12.]"),
    lambda F, g, y, data, **params: g,
    kernel="data + scalar",
)
_register(
    "_minus_scalar",
    arithmetic.subtract,
    "Array less a number: `data - scalar`.",
    ("mx.nd.array([1, 2]) - 10", "[-9., -8.]"),
    lambda F, g, y, data, **params: g,
    kernel="data - scalar",
)
_register(
    "_rminus_scalar",
    arithmetic.subtract,
    "Number less an array: `scalar - data`.",
    ("10 - mx.nd.array([1, 2])", "[9., 8.]"),
    lambda F, g, y, data, **params: F.negative(g),
    kernel="scalar - data",
)
_register(
    "_mul_scalar",
    arithmetic.multiply,
    "Array times a number: `data * scalar`.",
    ("mx.nd.array([1, 2]) * 10", "[10., 20.]"),
    lambda F, g, y, data, scalar, is_int: g * scalar,
    kernel="data * scalar",
)
_register(
    "_div_scalar",
    arithmetic.divide,
    "Array divided by a number: `data / scalar`; integers as in C, and by 0 they give 0.",
    ("mx.nd.array([1, 2]) / 10", "[0.1, 0.2]"),
    lambda F, g, y, data, scalar, is_int: g / scalar,
    kernel="data / scalar",
)
_register(
    "_rdiv_scalar",
    arithmetic.divide,
    "Number divided by an array: `scalar / data`; integers as in C, and by 0 they give 0.",
    ("10 / mx.nd.array([1, 2])", "[10.,  5.]"),
    _reverse_divide_gradient,
    kernel="scalar / data",
)
_register(
    "_mod_scalar",
    arithmetic.modulo,
    "Remainder of an array by a number: `data % scalar`, with the number's sign; by 0 it is 0.",
    ("mx.nd.array([5, -5]) % 3", "[2., 1.]"),
    lambda F, g, y, data, **params: g,
)
_register(
    "_rmod_scalar",
    arithmetic.modulo,
    "Remainder of a number by an array: `scalar % data`, with the array's sign; by 0 it is 0.",
    ("5 % mx.nd.array([3, -3])", "[ 2., -1.]"),
    _reverse_modulo_gradient,
)
_register(
    "_power_scalar",
    arithmetic.power,
    "Array to the power of a number: `data ** scalar`; NaN for broken powers of x < 0.",
    ("mx.nd.array([2, 3]) ** 2", "[4., 9.]"),
    _power_gradient,
    kernel="power(data, scalar)",
)
_register(
    "_rpower_scalar",
    arithmetic.power,
    "Number to the power of an array: `scalar ** data`; NaN for broken powers below 0.",
    ("2 ** mx.nd.array([2, 3])", "[4., 8.]"),
    _reverse_power_gradient,
    kernel="power(scalar, data)",
)
_register(
    "_maximum_scalar",
    arithmetic.maximum,
    "Larger of an element and a number; NaN where either is NaN.",
    ("mx.nd.maximum(mx.nd.array([1, 5]), 3)", "[3., 5.]"),
    lambda F, g, y, data, scalar, is_int: g * (data >= scalar),
    kernel="maximum(data, scalar)",
)
_register(
    "_minimum_scalar",
    arithmetic.minimum,
    "Smaller of an element and a number; NaN where either is NaN.",
    ("mx.nd.minimum(mx.nd.array([1, 5]), 3)", "[1., 3.]"),
    lambda F, g, y, data, scalar, is_int: g * (data <= scalar),
    kernel="minimum(data, scalar)",
)
_register(
    "_hypot_scalar",
    arithmetic.hypot,
    "Hypotenuse: `sqrt(data² + scalar²)`.",
    ("mx.nd._internal._hypot_scalar(mx.nd.array([3, 0]), scalar=4)", "[5., 4.]"),
    lambda F, g, y, data, **params: g * (data / y),
    kernel="hypot(data, scalar)",
)

# Comparison and logic, whose gradients are zero everywhere

_register(
    "_equal_scalar",
    comparison.equal,
    "1 where `data == scalar`, else 0.",
    ("mx.nd.array([1, 2, 3]) == 2", "[0., 1., 0.]"),
    kernel="data == scalar",
)
_register(
    "_not_equal_scalar",
    comparison.not_equal,
    "1 where `data != scalar`, else 0.",
    ("mx.nd.array([1, 2, 3]) != 2", "[1., 0., 1.]"),
    kernel="data != scalar",
)
_register(
    "_greater_scalar",
    comparison.greater,
    "1 where `data > scalar`, else 0.",
    ("mx.nd.array([1, 2, 3]) > 2", "[0., 0., 1.]"),
    kernel="data > scalar",
)
_register(
    "_greater_equal_scalar",
    comparison.greater_equal,
    "1 where `data >= scalar`, else 0.",
    ("mx.nd.array([1, 2, 3]) >= 2", "[0., 1., 1.]"),
    kernel="data >= scalar",
)
_register(
    "_lesser_scalar",
    comparison.lesser,
    "1 where `data < scalar`, else 0.",
    ("mx.nd.array([1, 2, 3]) < 2", "[1., 0., 0.]"),
    kernel="data < scalar",
)
_register(
    "_lesser_equal_scalar",
    comparison.lesser_equal,
    "1 where `data <= scalar`, else 0.",
    ("mx.nd.array([1, 2, 3]) <= 2", "[1., 1., 0.]"),
    kernel="data <= scalar",
)
_register(
    "_logical_and_scalar",
    comparison.logical_and,
    "1 where neither the element nor the number is 0, else 0.",
    ("mx.nd._internal._logical_and_scalar(mx.nd.array([0, 5]), scalar=3)", "[0., 1.]"),
    kernel="(data != 0) & (scalar != 0)",
)
_register(
    "_logical_or_scalar",
    comparison.logical_or,
    "1 where the element or the number is other than 0, else 0.",
    ("mx.nd._internal._logical_or_scalar(mx.nd.array([0, 5]), scalar=3)", "[1., 1.]"),
    kernel="(data != 0) | (scalar != 0)",
)
_register(
    "_logical_xor_scalar",
    comparison.logical_xor,
    "1 where just one of the element and the number is 0, else 0.",
    ("mx.nd._internal._logical_xor_scalar(mx.nd.array([0, 5]), scalar=3)", "[1., 0.]"),
    kernel="(data != 0) != (scalar != 0)",
)
