"""Automatic names and attribute scopes, one stack per thread, as MXNet's `mx.name` and `mx.attribute`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from .errors import ArgumentError, ParamError, SymbookError, brief

Result = TypeVar("Result")


class NameManager:
    """Gives names to nodes that were made without one: the operator's name and a counter from 0.

    Use it in a `with` statement to start the counters anew for a while. Each thread has its own.

    >>> import symbook as mx
    >>> with mx.name.NameManager():
    ...     mx.sym.exp(mx.sym.Variable("x"))
    <Symbol exp0>
    """

    def __init__(self) -> None:
        self._counter: dict[str, int] = {}

    def get(self, name: str | None, hint: str) -> str:
        """`name` when it is given; otherwise `hint` followed by that hint's next number."""
        if name:
            return name
        counter = self._counter
        number = counter.get(hint, 0)
        counter[hint] = number + 1
        return f"{hint}{number}"

    def __enter__(self) -> NameManager:
        # Without a call, after which there might be an interrupt, before the block has begun.
        scopes.names = [*scopes.names, self]
        return self

    def __exit__(self, *exc: object) -> None:
        scopes.names = _left(scopes.names)


class Prefix(NameManager):
    """A name manager that puts `prefix` before every name, given or automatic; not before Variables'.

    >>> import symbook as mx
    >>> with mx.name.Prefix("net_"):
    ...     mx.sym.exp(mx.sym.Variable("x"), name="e")
    <Symbol net_e>
    """

    def __init__(self, prefix: str) -> None:
        super().__init__()
        if not isinstance(prefix, str):
            raise ArgumentError(
                f"a prefix is a string, not {brief(prefix)}",
                hint="For example: mx.name.Prefix('left_').",
            )
        self._prefix = prefix

    def get(self, name: str | None, hint: str) -> str:
        return self._prefix + super().get(name, hint)


class AttrScope:
    """Attributes for every symbol made inside the `with` statement; a symbol's own attributes win.

    >>> import symbook as mx
    >>> with mx.AttrScope(__group__="4"):
    ...     mx.sym.Variable("x").attr("__group__")
    '4'
    """

    def __init__(self, **attrs: str) -> None:
        for key, value in attrs.items():
            if not isinstance(value, str):
                raise ParamError(
                    f"Attributes need to be string: {key}={value!r}",
                    hint=f"Write {key}={str(value)!r}.",
                )
        self._given = attrs
        self._attrs = attrs

    def get(self, attrs: dict[str, str] | None) -> dict[str, str]:
        """The scope's attributes with those given laid over them."""
        if not self._attrs:
            return dict(attrs) if attrs else {}
        return {**self._attrs, **(attrs or {})}

    def __enter__(self) -> AttrScope:
        self._attrs = {**current_attrs()._attrs, **self._given}
        scopes.attrs = [*scopes.attrs, self]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        scopes.attrs = _left(scopes.attrs)
        self._attrs = self._given


class _Scopes(threading.local):
    """The managers entered on this thread, the innermost last, over one that is always there."""

    def __init__(self) -> None:
        self.names = [NameManager()]
        self.attrs = [AttrScope()]


scopes = _Scopes()


def _left(managers: list[Any]) -> list[Any]:
    if len(managers) == 1:
        raise SymbookError(
            "a scope was left that had not been entered on this thread",
            hint="Write it as: with mx.name.Prefix('left_'): …",
        )
    return managers[:-1]


def current() -> NameManager:
    """The name manager in force on this thread."""
    return scopes.names[-1]


def current_attrs() -> AttrScope:
    """The attribute scope in force on this thread."""
    return scopes.attrs[-1]


def alone(
    names: NameManager, attrs: dict[str, str], function: Callable[..., Result], *args: Any
) -> Result:
    """Call a function with these names and attributes in place of the user's: for nodes that a pass makes.

    No interrupt leaves them: a block's end is a function, at whose beginning there may be one.
    """
    before, outer = scopes.names, scopes.attrs
    try:
        scopes.names = [*before, names]
        scopes.attrs = [*outer, AttrScope(**attrs)]
        return function(*args)
    finally:
        scopes.names, scopes.attrs = before, outer
