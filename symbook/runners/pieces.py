"""Memory for the many arrays of a recorded run: few pieces, used again once nobody has them any more."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np

from ..garbage import COUNTS
from ..specs import DType, count

Array = np.ndarray[tuple[int, ...], np.dtype[np.generic]]

_APART, _PIECE, _ALIGNED = 1 << 22, 1 << 25, 64
_KEPT, _WORTH_KEEPING = 1 << 26, 1 << 20

_kept: list[Array] = []
"""Pieces that were given out, the latest last: at most `_KEPT` bytes in all.

The system clears new memory a page at a time when it is first written to. A run of (A*B)+(C*D) on 1000×1000
that is recorded takes 2 to 8 ms in new memory, and 1.5 ms in memory that an earlier one had.
"""


def beside(kinds: Sequence[tuple[tuple[int, ...], DType]]) -> list[Array]:
    """Arrays on the CPU of these shapes and dtypes that nobody else has, several in one piece of memory.

    What is in them is whatever the memory held. NumPy asks the system for large pages from 4 MiB on. Arrays
    of less take three times as long to be written for the first time, each in memory of its own; here they
    share pieces of at most 32 MiB.
    """
    found: list[Array] = [np.empty(0)] * len(kinds)
    row: list[int] = []
    wide = 0
    sizes = [count(shape) * dtype.itemsize for shape, dtype in kinds]
    for k, size in enumerate(sizes):
        if size >= _APART:
            _fill(found, kinds, [k])
            continue
        if wide + size > _PIECE:
            _fill(found, kinds, row)
            row, wide = [], 0
        row.append(k)
        wide += size + _ALIGNED
    _fill(found, kinds, row)
    return found


def _fill(
    found: list[Array], kinds: Sequence[tuple[tuple[int, ...], DType]], row: Sequence[int]
) -> None:
    """Put the arrays of a row into one piece of memory."""
    sizes = [count(kinds[k][0]) * kinds[k][1].itemsize for k in row]
    piece = _piece(sum(sizes) + _ALIGNED * (len(row) + 1))
    at = -piece.ctypes.data % _ALIGNED
    for k, size in zip(row, sizes, strict=True):
        shape, dtype = kinds[k]
        found[k] = np.ndarray(shape, dtype, piece, at)
        at += size + -size % _ALIGNED


def _piece(nbytes: int) -> Array:
    """Memory of at least that size: one that was given out before and that nobody refers to, or new."""
    if nbytes < _WORTH_KEEPING or not COUNTS:
        return np.empty(nbytes, np.uint8)
    piece = _unused(nbytes)
    if piece is None:
        piece = np.empty(nbytes, np.uint8)
    _kept.append(piece)
    total = sum(one.nbytes for one in _kept)
    while total > _KEPT and _kept:
        total -= _kept.pop(0).nbytes
    return piece


def _unused(nbytes: int) -> Array | None:
    # Each is taken out before it is looked at, so that no two threads find the same.
    for _ in range(len(_kept)):
        if not _kept:
            break
        taken = [_kept.pop(0)]
        if nbytes <= taken[0].nbytes <= 2 * nbytes and _references(taken) == _ALONE:
            return taken[0]
        _kept.append(taken[0])
    return None


def _references(taken: list[Array]) -> int:
    return sys.getrefcount(taken[0])


_ALONE = _references([np.empty(1)])
