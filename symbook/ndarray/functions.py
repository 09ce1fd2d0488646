"""MXNet's binary functions that take arrays and numbers in any order: `mx.nd.add(1, x)`.

Two numbers give a number. A comparison gives 1 where it holds and 0 elsewhere, in the arrays'
dtype.
"""

from __future__ import annotations

from typing import Any

from . import ndarray as kinds
from .ndarray import Binary, binary, is_number

__all__ = [
    "add",
    "divide",
    "equal",
    "greater",
    "greater_equal",
    "hypot",
    "lesser",
    "lesser_equal",
    "logical_and",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "modulo",
    "multiply",
    "not_equal",
    "power",
    "subtract",
    "true_divide",
]


def _either(kind: Binary, lhs: Any, rhs: Any) -> Any:
    if is_number(lhs) and is_number(rhs):
        return kind.python(lhs, rhs)
    return binary(kind, lhs, rhs)


def add(lhs: Any, rhs: Any) -> Any:
    """Sum, element by element, broadcast: `lhs + rhs`."""
    return _either(kinds.ADD, lhs, rhs)


def subtract(lhs: Any, rhs: Any) -> Any:
    """Difference, element by element, broadcast: `lhs - rhs`."""
    return _either(kinds.SUBTRACT, lhs, rhs)


def multiply(lhs: Any, rhs: Any) -> Any:
    """Product, element by element, broadcast: `lhs * rhs`."""
    return _either(kinds.MULTIPLY, lhs, rhs)


def divide(lhs: Any, rhs: Any) -> Any:
    """Quotient, element by element, broadcast: `lhs / rhs`. Integers are divided as in C."""
    return _either(kinds.DIVIDE, lhs, rhs)


true_divide = divide


def modulo(lhs: Any, rhs: Any) -> Any:
    """Remainder, element by element, broadcast: `lhs % rhs`, with the divisor's sign."""
    return _either(kinds.MODULO, lhs, rhs)


def power(base: Any, exp: Any) -> Any:
    """Power, element by element, broadcast: `base ** exp`."""
    return _either(kinds.POWER, base, exp)


def maximum(lhs: Any, rhs: Any) -> Any:
    """The larger, element by element, broadcast."""
    return _either(kinds.MAXIMUM, lhs, rhs)


def minimum(lhs: Any, rhs: Any) -> Any:
    """The smaller, element by element, broadcast."""
    return _either(kinds.MINIMUM, lhs, rhs)


def hypot(lhs: Any, rhs: Any) -> Any:
    """Length of the hypotenuse, element by element, broadcast: `sqrt(lhs² + rhs²)`."""
    return _either(kinds.HYPOT, lhs, rhs)


def equal(lhs: Any, rhs: Any) -> Any:
    """1 where `lhs == rhs`, else 0."""
    return _either(kinds.EQUAL, lhs, rhs)


def not_equal(lhs: Any, rhs: Any) -> Any:
    """1 where `lhs != rhs`, else 0."""
    return _either(kinds.NOT_EQUAL, lhs, rhs)


def lesser(lhs: Any, rhs: Any) -> Any:
    """1 where `lhs < rhs`, else 0."""
    return _either(kinds.LESSER, lhs, rhs)


def lesser_equal(lhs: Any, rhs: Any) -> Any:
    """1 where `lhs <= rhs`, else 0."""
    return _either(kinds.LESSER_EQUAL, lhs, rhs)


def greater(lhs: Any, rhs: Any) -> Any:
    """1 where `lhs > rhs`, else 0."""
    return _either(kinds.GREATER, lhs, rhs)


def greater_equal(lhs: Any, rhs: Any) -> Any:
    """1 where `lhs >= rhs`, else 0."""
    return _either(kinds.GREATER_EQUAL, lhs, rhs)


def logical_and(lhs: Any, rhs: Any) -> Any:
    """1 where both are other than 0, else 0."""
    return _either(kinds.LOGICAL_AND, lhs, rhs)


def logical_or(lhs: Any, rhs: Any) -> Any:
    """1 where at least one is other than 0, else 0."""
    return _either(kinds.LOGICAL_OR, lhs, rhs)


def logical_xor(lhs: Any, rhs: Any) -> Any:
    """1 where just one of them is 0, else 0."""
    return _either(kinds.LOGICAL_XOR, lhs, rhs)
