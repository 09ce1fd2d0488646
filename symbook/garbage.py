"""Python's memory: whether references are counted, and the search for garbage put off while much is made."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

Result = TypeVar("Result")

COUNTS = getattr(sys, "_is_gil_enabled", lambda: True)()
"""Whether references and who is in a Context are counted exactly: with a global interpreter lock."""


class _State:
    """Whether it is put off here. A user who has switched it off keeps it so."""

    put_off = False


def without(function: Callable[..., Result], *args: Any) -> Result:
    """Call a function as in `with put_off()`, which no interrupt can leave half done."""
    if not gc.isenabled():
        return function(*args)
    try:
        _State.put_off = True
        gc.disable()
        return function(*args)
    finally:
        gc.enable()
        _State.put_off = False


@contextlib.contextmanager
def put_off() -> Iterator[None]:
    """Make many objects that are no garbage, such as the nodes of a graph, without a search among them.

    Python searches each time that so many are made, now and then through all that a program holds: for a
    graph of 100,000 nodes that takes longer than making them. Objects that nothing refers to are freed as
    ever. It counts for all threads. When threads do this at the same time, the first to end brings the
    search back.
    """
    if not gc.isenabled():
        yield
        return
    try:
        _State.put_off = True
        gc.disable()
        yield
    finally:
        gc.enable()
        _State.put_off = False


def _after_fork() -> None:
    """In a child, the thread that would bring the search back is not there."""
    if _State.put_off:
        gc.enable()
        _State.put_off = False


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
