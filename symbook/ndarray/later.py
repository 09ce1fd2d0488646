"""Copies made when they are needed: when somebody asks for the values, or before the original changes.

A recorded run shows values that no later run changes, of arrays that anybody may change afterwards. Mostly
nobody does, and only some of the values are looked at, so copying all at once would be for nothing.

Whoever writes to the memory of an array says so first, by :func:`about_to_write`. What others than symbook
can write to, who say nothing, is known by :func:`seen_outside`, and :func:`can_wait` tells.
"""

from __future__ import annotations

import os
import threading
import weakref
from functools import partial
from typing import Any

import numpy as np

from ..context import Context
from ..garbage import COUNTS
from .ndarray import NDArray
from .storage import Raw, owner, seen, watched

_SMALL = 1 << 14
"""Bytes up to which a copy is made at once: it takes no longer than the bookkeeping."""


class Later(NDArray):
    """A copy of an array as it is now; it is made at the latest before the original changes.

    Parameters
    ----------
    original : numpy.ndarray
        Something that :func:`can_wait` allows.
    ctx : Context
        Where it lives.
    """

    __slots__ = ("_copy", "_original")

    def __init__(self, original: np.ndarray[Any, Any], ctx: Context) -> None:
        self._original: Raw = original
        self._copy: Raw = None
        self._ctx = ctx
        key, own = id(owner(original)), id(self)
        watched.setdefault(key, {})[own] = weakref.ref(self, partial(_forget, key, own))

    @property
    def _data(self) -> Raw:
        if self._copy is None:
            self.settle()
        return self._copy

    @_data.setter
    def _data(self, raw: Raw) -> None:
        self.settle()
        self._copy = raw

    def settle(self) -> None:
        """Make the copy, unless it is made."""
        with _Lock.one:
            if self._copy is None:
                original = self._original
                self._copy = original.copy()
                self._original = None
                _forget(id(owner(original)), id(self))


class _Lock:
    """Held while a copy is made: nobody may write meanwhile, and nobody may have half of it."""

    one = threading.RLock()


def _forget(key: int, own: int, _: object = None) -> None:
    """What a weak reference calls, too, with itself."""
    found = watched.get(key, {})
    found.pop(own, None)
    if not found:
        watched.pop(key, None)


def can_wait(raw: Raw) -> bool:
    """Whether a copy of an array may be made later: whoever writes to its memory will say so before."""
    if not COUNTS or not isinstance(raw, np.ndarray) or raw.nbytes <= _SMALL:
        return False
    its = owner(raw)
    return its.base is None and id(its) not in seen


def _after_fork() -> None:
    # A thread that is not there in the child may have held it.
    _Lock.one = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
