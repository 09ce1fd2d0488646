"""Functions that take numbers as well as symbols, in either place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError
from ..ops import registry
from . import compose
from .arithmetic import is_number
from .symbol import Symbol


def pow(base: Any, exp: Any) -> Any:  # MXNet's name
    """`base ** exp`, element by element; either may be a number."""
    return _either("_power", "_power_scalar", "_rpower_scalar", base, exp, lambda x, y: x**y)


power = pow


def maximum(left: Any, right: Any) -> Any:
    """The larger of two, element by element; either may be a number."""
    return _either("_maximum", "_maximum_scalar", "_maximum_scalar", left, right, max)


def minimum(left: Any, right: Any) -> Any:
    """The smaller of two, element by element; either may be a number."""
    return _either("_minimum", "_minimum_scalar", "_minimum_scalar", left, right, min)


def hypot(left: Any, right: Any) -> Any:
    """`sqrt(left² + right²)`, element by element; either may be a number."""
    return _either(
        "_hypot", "_hypot_scalar", "_hypot_scalar", left, right, lambda x, y: abs(complex(x, y))
    )


# The hints of automatic names: MXNet calls these operators by their CamelCase names.
_HINTS = {
    "_power_scalar": "_powerscalar",
    "_rpower_scalar": "_rpowerscalar",
    "_maximum_scalar": "_maximumscalar",
    "_minimum_scalar": "_minimumscalar",
    "_hypot_scalar": "_hypotscalar",
}


def _either(
    both: str,
    right_scalar: str,
    left_scalar: str,
    x: Any,
    y: Any,
    numbers: Callable[[Any, Any], Any],
) -> Any:
    if isinstance(x, Symbol) and isinstance(y, Symbol):
        return compose.apply_binary(registry.get(both), both, x, y, Symbol)
    if isinstance(x, Symbol) and is_number(y):
        return _scalar_form(right_scalar, x, y)
    if is_number(x) and isinstance(y, Symbol):
        return _scalar_form(left_scalar, y, x)
    if is_number(x) and is_number(y):
        return numbers(x, y)
    raise ArgumentError(
        f"types ({type(x)}, {type(y)}) not supported", hint="Give symbols or numbers."
    )


def _scalar_form(op_name: str, symbol: Symbol, number: Any) -> Symbol:
    return compose.apply_scalar(registry.get(op_name), _HINTS[op_name], symbol, number, Symbol)
