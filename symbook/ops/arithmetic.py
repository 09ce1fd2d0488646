"""Arithmetic of two or more arrays, element by element.

Each function serves two operators. The `elemwise_*` one (or `_mod`, `_power`, …) takes arrays of
one shape, and gives an array whose shape is not known its partner's; the `broadcast_*` one leaves
it unknown.
"""

from __future__ import annotations

from typing import Annotated

from .casting import numeric, stored
from .params import Range
from .registry import op
from .rules import broadcast, elementwise


@op("elemwise_add", alias=("_plus", "_Plus", "_add"), shape=elementwise, dtype=numeric)
@op("broadcast_add", alias=("broadcast_plus",), shape=broadcast, dtype=numeric)
def add(xp, lhs, rhs, /, *, out=None):
    """Sum of two arrays, element by element: `lhs + rhs`.

    Both have one dtype, which is the result's; sizes of 1 stretch to the partner's.
    """
    return xp.add(lhs, rhs, out=out)


@op("elemwise_sub", alias=("_minus", "_Minus", "_sub"), shape=elementwise, dtype=numeric)
@op("broadcast_sub", alias=("broadcast_minus",), shape=broadcast, dtype=numeric)
def subtract(xp, lhs, rhs, /, *, out=None):
    """Difference of two arrays, element by element: `lhs - rhs`.

    Both have one dtype, which is the result's; sizes of 1 stretch to the partner's.
    """
    return xp.subtract(lhs, rhs, out=out)


@op("elemwise_mul", alias=("_mul", "_Mul"), shape=elementwise, dtype=numeric)
@op("broadcast_mul", shape=broadcast, dtype=numeric)
def multiply(xp, lhs, rhs, /, *, out=None):
    """Product of two arrays, element by element: `lhs * rhs`.

    Both have one dtype, which is the result's; sizes of 1 stretch to the partner's. The product of
    matrices is `dot`.
    """
    return xp.multiply(lhs, rhs, out=out)


@op("elemwise_div", alias=("_div", "_Div"), shape=elementwise, dtype=numeric)
@op("broadcast_div", shape=broadcast, dtype=numeric)
def divide(xp, lhs, rhs, /, *, out=None):
    """Quotient of two arrays, element by element: `lhs / rhs`.

    Both have one dtype, which is the result's; sizes of 1 stretch to the partner's. Integers are
    divided as in C: 7 / 2 is 3 and -7 / 2 is -3; division of an integer by 0 gives 0.
    """
    if lhs.dtype.kind == "f":
        return xp.divide(lhs, rhs, out=out)
    if lhs.dtype.kind == "u":
        return xp.floor_divide(lhs, rhs, out=out)
    floor = xp.floor_divide(lhs, rhs)
    return xp.add(floor, (floor < 0) & (floor * rhs != lhs), out=out)


@op("_mod", alias=("_Mod",), shape=elementwise, dtype=numeric)
@op("broadcast_mod", shape=broadcast, dtype=numeric)
def modulo(xp, lhs, rhs, /, *, out=None):
    """Remainder of a division, element by element: `lhs % rhs`, with the sign of the divisor.

    Both have one dtype, which is the result's; sizes of 1 stretch to the partner's. The
    remainder by 0 is 0.
    """
    if lhs.dtype.kind != "f":
        return xp.mod(lhs, rhs, out=out)
    remainder = xp.mod(lhs, rhs)
    return stored(xp.where(rhs == 0, lhs.dtype.type(0), remainder), lhs.dtype, out)


@op("_power", alias=("_Power",), shape=elementwise, dtype=numeric)
@op("broadcast_power", shape=broadcast, dtype=numeric)
def power(xp, lhs, rhs, /, *, out=None):
    """First array to the power of the second, element by element: `lhs ** rhs`.

    Both have one dtype, which is the result's; sizes of 1 stretch to the partner's. A negative
    float to a broken power is NaN; an integer to a negative power is 0 unless it is 1 or -1.
    """
    if lhs.dtype.kind == "f":
        return xp.power(lhs, rhs, out=out)
    # NumPy refuses negative powers of integers.
    size = xp.power(lhs, xp.maximum(xp.abs(rhs), 0))
    return xp.multiply(size, (rhs >= 0) | (xp.abs(lhs) == 1), out=out)


@op("_maximum", alias=("_Maximum",), shape=elementwise, dtype=numeric)
@op("broadcast_maximum", shape=broadcast, dtype=numeric)
def maximum(xp, lhs, rhs, /, *, out=None):
    """Larger of two arrays' elements; NaN where either is NaN.

    Both have one dtype, which is the result's; sizes of 1 stretch to the partner's.
    """
    return xp.maximum(lhs, rhs, out=out)


@op("_minimum", alias=("_Minimum",), shape=elementwise, dtype=numeric)
@op("broadcast_minimum", shape=broadcast, dtype=numeric)
def minimum(xp, lhs, rhs, /, *, out=None):
    """Smaller of two arrays' elements; NaN where either is NaN.

    Both have one dtype, which is the result's; sizes of 1 stretch to the partner's.
    """
    return xp.minimum(lhs, rhs, out=out)


@op("_hypot", alias=("_Hypot",), shape=elementwise, dtype=numeric)
@op("broadcast_hypot", shape=broadcast, dtype=numeric)
def hypot(xp, lhs, rhs, /, *, out=None):
    """Hypotenuse, element by element: `sqrt(lhs² + rhs²)`, without overflow on the way.

    Both have one dtype, which is the result's; sizes of 1 stretch to the partner's. For integers
    the fraction is dropped.
    """
    if lhs.dtype.kind == "f":
        return xp.hypot(lhs, rhs, out=out)
    return stored(xp.hypot(lhs.astype("float64"), rhs.astype("float64")), lhs.dtype, out)


@op("add_n", alias=("ElementWiseSum",), shape=elementwise, dtype=numeric)
def add_n(xp, /, *args, num_args: Annotated[int, Range(1, None)], out=None):
    """Sum of any number of arrays of one shape and dtype, element by element.

    `num_args` is how many there are; a call in Python counts them itself.
    """
    if num_args == 1:
        return xp.positive(args[0], out=out)
    total, *rest = args
    # Only the last sum goes into `out`, which may be the memory of one of the inputs.
    for item in rest[:-1]:
        total = xp.add(total, item)
    return xp.add(total, rest[-1], out=out)
