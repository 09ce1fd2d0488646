"""Memory that operators work in and do not keep: each thread has its own, used again from call to call."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np

from ..specs import DType

KEPT_BYTES = 2**24
"""The largest piece of memory that is kept; a larger one lives as long as it is used."""


class _Pieces(threading.local):
    """The memory of one thread, by what it is for."""

    def __init__(self) -> None:
        self.by_role: dict[str, Any] = {}


_pieces = _Pieces()


def scratch(role: str, shape: tuple[int, ...], dtype: DType) -> Any:
    """An array of that shape and dtype with anything in it.

    It is overwritten by the next call with this role on this thread: whoever uses it must be done with it
    by then.
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
