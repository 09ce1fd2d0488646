"""Attributes that are computed when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

Value = TypeVar("Value")


class cached_property(Generic[Value]):  # named as Python's own
    """As `functools.cached_property` is from Python 3.12 on: without a lock.

    Before that there is one lock for all objects of a class. Threads wait there for each other's objects, and
    a forked child for threads that it does not have. Two threads may both compute a value; the last is kept.
    """

    def __init__(self, function: Callable[[Any], Value]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> cached_property[Value]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> Value: ...

    def __get__(self, instance: Any, owner: type) -> cached_property[Value] | Value:
        if instance is None:
            return self
        # Found there from now on, and not asked for here.
        found = instance.__dict__[self._name] = self._function(instance)
        return found
