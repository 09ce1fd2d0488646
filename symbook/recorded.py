"""The arrays of a recorded run: what it reads, and what its trace shows of them.

A trace's values stay as they are, whatever is written to the bound arrays and to the outputs afterwards.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Container, Iterable, Sequence
from functools import cache

import numpy as np
from numpy.lib.array_utils import byte_bounds

from .context import Context
from .ndarray import NDArray
from .ndarray.later import Later, can_wait
from .ndarray.storage import Raw, contiguous
from .runners.pieces import beside
from .tuning import BYTES, SHARING
from .workers import share


def to_read(filled: Sequence[Raw], changed: Container[int]) -> list[Raw]:
    """The bound arrays as a recorded run reads them, by slot; None stays None.

    Those that it changes are copied, and those that somebody may change without a word.
    """
    wait = {slot for slot, raw in enumerate(filled) if slot not in changed and can_wait(raw)}
    found = copies([None if slot in wait else raw for slot, raw in enumerate(filled)])
    for slot in wait:
        found[slot] = filled[slot]
    return found


def to_show(outputs: Iterable[Raw]) -> list[Raw]:
    """A recorded run's outputs for the executor's handles, which anybody may write to."""
    return [raw if isinstance(raw, np.ndarray) else copies([raw])[0] for raw in outputs]


def keeping(
    exposed: Callable[[], Iterable[Raw]], place_of: Callable[[int], Context]
) -> Callable[[int, Raw], NDArray]:
    """What makes an NDArray for a trace of a slot and its array.

    Parameters
    ----------
    exposed : callable
        Gives the arrays that may be written to after the run; it is called when the run has ended.
    place_of : callable
        Gives the context of a slot.
    """
    memory = cache(lambda: _Memory(exposed()))

    def wrap(slot: int, raw: Raw) -> NDArray:
        whole, place = contiguous(raw), place_of(slot)
        if isinstance(whole, np.ndarray) and memory().has_part_of(whole):
            return Later(whole, place) if can_wait(whole) else NDArray(whole.copy(), place)
        return NDArray(whole, place)

    return wrap


class _Memory:
    """The memory of some arrays on the CPU, as stretches of addresses that do not touch, in order."""

    def __init__(self, arrays: Iterable[Raw]) -> None:
        bounds = sorted(byte_bounds(raw) for raw in arrays if isinstance(raw, np.ndarray))
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in bounds:
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def has_part_of(self, raw: Raw) -> bool:
        """Whether an array's memory overlaps."""
        start, end = byte_bounds(raw)
        k = bisect_left(self._starts, end)  # those before it begin before the array ends
        return k > 0 and self._ends[k - 1] > start


def copies(arrays: Sequence[Raw]) -> list[Raw]:
    """Copies on the same devices; None stays None."""
    found = list(arrays)
    ours = [k for k, raw in enumerate(arrays) if isinstance(raw, np.ndarray)]
    places = beside([(arrays[k].shape, arrays[k].dtype) for k in ours])
    for k, place in zip(ours, places, strict=True):
        found[k] = place
    worth = sum(place.nbytes for place in places) > SHARING * BYTES
    share(lambda i: np.copyto(places[i], arrays[ours[i]]), len(ours), None if worth else 1)
    for k, raw in enumerate(arrays):
        if raw is not None and not isinstance(raw, np.ndarray):
            with raw.device:
                found[k] = raw.copy()
    return found
