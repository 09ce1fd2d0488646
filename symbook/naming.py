"""Automatic names and attribute scopes, one stack per thread, as MXNet's `mx.name` and `mx.attribute`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Generic, TypeVar

from .errors import ParamError, SymbookError


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
        number = self._counter.get(hint, 0)
        self._counter[hint] = number + 1
        return f"{hint}{number}"

    def __enter__(self) -> NameManager:
        _names.push(self)
        return self

    def __exit__(self, *exc: object) -> None:
        _names.pop()


class Prefix(NameManager):
    """A name manager that puts `prefix` before every name, given or automatic; not before Variables'.

    >>> import symbook as mx
    >>> with mx.name.Prefix("net_"):
    ...     mx.sym.exp(mx.sym.Variable("x"), name="e")
    <Symbol net_e>
    """

    def __init__(self, prefix: str) -> None:
        super().__init__()
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
        self._attrs = {**_attrs.top()._attrs, **self._given}
        _attrs.push(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _attrs.pop()
        self._attrs = self._given


_Manager = TypeVar("_Manager", NameManager, AttrScope)


class _Stack(threading.local, Generic[_Manager]):
    """The managers entered on this thread, over one that is always there."""

    def __init__(self, kind: type[_Manager]) -> None:
        self._items: list[Any] = [kind()]

    def top(self) -> _Manager:
        item: _Manager = self._items[-1]
        return item

    def push(self, item: _Manager) -> None:
        self._items.append(item)

    def pop(self) -> None:
        if len(self._items) == 1:
            raise SymbookError("a scope was left that had not been entered on this thread")
        self._items.pop()


_names: _Stack[NameManager] = _Stack(NameManager)
_attrs: _Stack[AttrScope] = _Stack(AttrScope)


def current() -> NameManager:
    """The name manager in force on this thread."""
    return _names.top()


def current_attrs() -> AttrScope:
    """The attribute scope in force on this thread."""
    return _attrs.top()


@contextmanager
def alone(names: NameManager, attrs: dict[str, str]) -> Iterator[None]:
    """These names and attributes in place of the user's: for nodes that a pass makes."""
    _names.push(names)
    _attrs.push(AttrScope(**attrs))
    try:
        yield
    finally:
        _attrs.pop()
        _names.pop()
