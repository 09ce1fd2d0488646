"""Python's operators on symbols: each makes a node."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, cast

import numpy as np

from ..errors import (
    ArgumentError,
    brief,
    type_text,
)
from ..ops import registry
from . import compose

if TYPE_CHECKING:
    from .symbol import Symbol


_NUMBERS = (int, float, np.number, np.bool_)


def is_number(value: Any) -> bool:
    """Whether it is a single number, Python's or NumPy's."""
    return isinstance(value, _NUMBERS)


Method = Callable[[Any, Any], "Symbol"]


def _binary(op_name: str, hint: str, scalar_op_name: str, scalar_hint: str) -> Method:
    """The method of a sign: one operator with another symbol, one with a number."""

    def method(me: Symbol, other: Any) -> Symbol:
        kind = type(me)
        if isinstance(other, kind):
            return compose.apply_binary(registry.get(op_name), hint, me, other, kind)
        if not isinstance(other, _NUMBERS):
            raise _no_operand(me, other)
        return compose.apply_scalar(registry.get(scalar_op_name), scalar_hint, me, other, kind)

    return method


def _reflected(op_name: str, hint: str) -> Method:
    """The method of a sign with a number on its left."""

    def method(me: Symbol, other: Any) -> Symbol:
        if not isinstance(other, _NUMBERS):
            raise _no_operand(me, other)
        return compose.apply_scalar(registry.get(op_name), hint, me, other, type(me))

    return method


def _no_operand(me: Symbol, other: Any) -> ArgumentError:
    kind = "None" if other is None else type_text(other)
    return ArgumentError(
        f"type {kind} not supported: {me!r} can be combined with symbols and numbers",
        hint=_instead_of(other),
    )


class Arithmetic:
    """Base of Symbol: `+ - * / % **`, comparisons, `-x` and `abs(x)`, with symbols and numbers."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """What NumPy asks when it meets a symbol: `np.float32(2) * x` is the symbol's own arithmetic."""
        if method == "__call__" and ufunc in _OF_UFUNC and len(inputs) == 2 and not kwargs:
            forward, reflected = _OF_UFUNC[ufunc]
            # NumPy makes an array without dimensions of a number that it compares.
            left, right = (
                x[()] if isinstance(x, np.ndarray) and x.ndim == 0 else x for x in inputs
            )
            if isinstance(left, Arithmetic):
                return getattr(left, forward)(right)
            return getattr(right, reflected)(left)
        raise self._needs_values(ufunc.__name__)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> NoReturn:
        raise self._needs_values(func.__name__)

    def _needs_values(self, numpys: str) -> ArgumentError:
        name = _NAME_OF_NUMPYS.get(numpys, numpys)
        return ArgumentError(
            f"np.{numpys} needs values, and {self!r} has none yet",
            hint=f"Write mx.sym.{name}(…): it makes a symbol." if registry.find(name) else None,
        )

    __add__ = __radd__ = _binary("elemwise_add", "_plus", "_plus_scalar", "_plusscalar")
    __sub__ = _binary("elemwise_sub", "_minus", "_minus_scalar", "_minusscalar")
    __rsub__ = _reflected("_rminus_scalar", "_rminusscalar")
    __mul__ = __rmul__ = _binary("elemwise_mul", "_mul", "_mul_scalar", "_mulscalar")
    __truediv__ = _binary("elemwise_div", "_div", "_div_scalar", "_divscalar")
    __rtruediv__ = _reflected("_rdiv_scalar", "_rdivscalar")
    __mod__ = _binary("_mod", "_mod", "_mod_scalar", "_modscalar")
    __rmod__ = _reflected("_rmod_scalar", "_rmodscalar")
    __pow__ = _binary("_power", "_power", "_power_scalar", "_powerscalar")
    __rpow__ = _reflected("_rpower_scalar", "_rpower_scalar")

    def __neg__(self) -> Symbol:
        return cast("Symbol", self) * -1.0

    def __abs__(self) -> Symbol:
        me = cast("Symbol", self)
        return compose.apply(registry.get("abs"), "abs", (me,), {}, type(me))

    # `==` builds a node, as MXNet's does.
    __eq__ = _binary("_equal", "_equal", "_equal_scalar", "_equal_scalar")  # type: ignore[assignment]
    __ne__ = _binary("_not_equal", "_not_equal", "_not_equal_scalar", "_not_equal_scalar")  # type: ignore[assignment]
    __gt__ = _binary("_greater", "_greater", "_greater_scalar", "_greater_scalar")
    __ge__ = _binary(
        "_greater_equal", "_greater_equal", "_greater_equal_scalar", "_greater_equal_scalar"
    )
    __lt__ = _binary("_lesser", "_lesser", "_lesser_scalar", "_lesser_scalar")
    __le__ = _binary(
        "_lesser_equal", "_lesser_equal", "_lesser_equal_scalar", "_lesser_equal_scalar"
    )

    # Python's operators that MXNet's symbols do not have

    def _not_here(self, sign: str, instead: str) -> ArgumentError:
        return ArgumentError(f"symbols have no operator `{sign}`: {self!r}", hint=instead)

    def __xor__(self, other: Any) -> NoReturn:
        raise self._not_here("^", "A power is written with two stars: x ** 2.")

    def __matmul__(self, other: Any) -> NoReturn:
        raise self._not_here("@", "Write mx.sym.dot(x, y).")

    def __floordiv__(self, other: Any) -> NoReturn:
        raise self._not_here("//", "Write mx.sym.floor(x / y).")

    def __and__(self, other: Any) -> NoReturn:
        raise self._not_here("&", "Write mx.sym.broadcast_logical_and(x, y).")

    def __or__(self, other: Any) -> NoReturn:
        raise self._not_here("|", "Write mx.sym.broadcast_logical_or(x, y).")

    def __lshift__(self, other: Any) -> NoReturn:
        raise self._not_here("<<", "Write x * 2 ** y.")

    def __rshift__(self, other: Any) -> NoReturn:
        raise self._not_here(">>", "Write mx.sym.floor(x / 2 ** y).")

    def __invert__(self) -> NoReturn:
        raise self._not_here("~", "Write mx.sym.logical_not(x).")

    __rxor__, __rmatmul__, __rfloordiv__ = __xor__, __matmul__, __floordiv__
    __rand__, __ror__ = __and__, __or__


_OF_UFUNC = {
    np.add: ("__add__", "__radd__"),
    np.subtract: ("__sub__", "__rsub__"),
    np.multiply: ("__mul__", "__rmul__"),
    np.true_divide: ("__truediv__", "__rtruediv__"),
    np.remainder: ("__mod__", "__rmod__"),
    np.power: ("__pow__", "__rpow__"),
    np.equal: ("__eq__", "__eq__"),
    np.not_equal: ("__ne__", "__ne__"),
    np.less: ("__lt__", "__gt__"),
    np.less_equal: ("__le__", "__ge__"),
    np.greater: ("__gt__", "__lt__"),
    np.greater_equal: ("__ge__", "__le__"),
}
_NAME_OF_NUMPYS = {"absolute": "abs", "matmul": "dot", "true_divide": "broadcast_div"}


def _instead_of(value: Any) -> str:
    """What to do for a value that cannot stand beside a symbol."""
    name = getattr(value, "__name__", None)
    if callable(value) and name:
        return f"{name} is a function. For a Variable of that name: {name} = mx.sym.Variable({name!r})."
    if hasattr(value, "shape") or isinstance(value, (list, tuple)):
        return "A symbol has no data yet: put a Variable here and give the array to bind."
    if value is None:
        return "`x is None` asks whether x is None at all."
    if isinstance(value, str):
        return f"Write a number, or a variable: mx.sym.Variable({brief(value)})."
    return "Give a symbol or a real number."
