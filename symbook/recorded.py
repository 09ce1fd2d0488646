"""The arrays of a recorded run: what it reads, and what its trace shows of them.

A trace's values stay as they are, whatever is written to the bound arrays and to the outputs afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence

import numpy as np

from .context import Context
from .ndarray import NDArray
from .ndarray.later import Later, can_wait
from .ndarray.storage import Raw, contiguous, owner
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
    by_owner: dict[int, list[Raw]] = {}

    def wrap(slot: int, raw: Raw) -> NDArray:
        if not by_owner:
            for one in exposed():
                if isinstance(one, np.ndarray):
                    by_owner.setdefault(id(owner(one)), []).append(one)
            by_owner.setdefault(0, [])  # so that this is done once
        whole, place = contiguous(raw), place_of(slot)
        if isinstance(whole, np.ndarray):
            near = by_owner.get(id(owner(whole)), ())
            if any(np.may_share_memory(whole, one) for one in near):
                return Later(whole, place) if can_wait(whole) else NDArray(whole.copy(), place)
        return NDArray(whole, place)

    return wrap


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
