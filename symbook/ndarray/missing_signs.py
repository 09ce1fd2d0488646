"""Python's operators that MXNet's arrays do not have: each says what to write."""

from __future__ import annotations

from typing import Any, NoReturn

from ..errors import ArgumentError


class MissingSigns:
    """Base of NDArray."""

    __slots__ = ()

    def _not_here(self, sign: str, instead: str) -> ArgumentError:
        return ArgumentError(f"NDArrays have no operator `{sign}`: {self!r}", hint=instead)

    def __xor__(self, other: Any) -> NoReturn:
        raise self._not_here("^", "A power is written with two stars: x ** 2.")

    def __matmul__(self, other: Any) -> NoReturn:
        raise self._not_here("@", "Write mx.nd.dot(x, y).")

    def __floordiv__(self, other: Any) -> NoReturn:
        raise self._not_here("//", "Write mx.nd.floor(x / y).")

    def __and__(self, other: Any) -> NoReturn:
        raise self._not_here("&", "Write mx.nd.logical_and(x, y).")

    def __or__(self, other: Any) -> NoReturn:
        raise self._not_here("|", "Write mx.nd.logical_or(x, y).")

    def __invert__(self) -> NoReturn:
        raise self._not_here("~", "Write mx.nd.logical_not(x).")

    def __delitem__(self, index: Any) -> NoReturn:
        raise ArgumentError(
            "parts of an NDArray cannot be deleted", hint="Copy what is to stay: y = x[1:].copy()."
        )

    __rxor__, __rmatmul__, __rfloordiv__ = __xor__, __matmul__, __floordiv__
    __rand__, __ror__ = __and__, __or__
