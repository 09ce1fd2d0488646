"""Memory that operators work in and do not keep: each thread has its own, used again from call to call."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ..specs import DType

Result = TypeVar("Result")

KEPT_BYTES = 2**24
"""The largest piece of memory that is kept; a larger one lives as long as it is used."""


class _Pieces(threading.local):
    """The memory of one thread, by what it is for.

    Attributes
    ----------
    by_role : dict of str to array
        That of the call that is under way.
    free : dict of str to array or None
        What the next call may have; None while one has it.
    """

    def __init__(self) -> None:
        self.by_role: dict[str, Any] = {}
        self.free: dict[str, Any] | None = {}


_pieces = _Pieces()


def working(function: Callable[..., Result], *args: Any) -> Result:
    """Call a function that uses :func:`scratch`.

    What runs in the middle of it on the same thread, from a signal's handler or as an object goes, has other
    memory, which is not kept.
    """
    before, own = _pieces.by_role, _pieces.free
    _pieces.free = None
    try:
        _pieces.by_role = {} if own is None else own
        return function(*args)
    finally:
        _pieces.by_role = before
        _pieces.free = own


def scratch(role: str, shape: tuple[int, ...], dtype: DType) -> Any:
    """An array of that shape and dtype with anything in it.

    It is overwritten by the next call with this role, in the same call of :func:`working`: whoever uses it
    must be done with it by then.
    """
    size = math.prod(shape) * dtype.itemsize
    piece = _pieces.by_role.get(role)
    if piece is None or piece.nbytes < size:
        _pieces.by_role.pop(role, None)
        del piece
        piece = _aligned(size)
        if size <= KEPT_BYTES:
            _pieces.by_role[role] = piece
    return piece[:size].view(dtype).reshape(shape)


def _aligned(size: int) -> Any:
    """Bytes that begin with a line of the cache, which vector instructions like best."""
    room = np.empty(size + 64, np.uint8)
    first = -room.ctypes.data % 64
    return room[first : first + size]
