"""Memory: which values may share a buffer, so that any order of running, on any threads, is right.

A buffer is used again for a new value only if the old value's writer and all its readers come before the
new value's step in *every* order, that is, are its ancestors. No edge is added to the graph for it. An
element-wise step may also write over an input of its own that nobody reads later.

What is free is handed down the graph: a step passes the buffers that it knows to be free to the first step
that depends on it. A buffer is thereby offered to one step at a time, always to a descendant of all that
used it, and planning takes time linear in the graph.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..ops.rules import broadcast, elementwise, same_shape
from ..specs import Spec

if TYPE_CHECKING:
    from ..plan import Step

# Operators with these rules write each element from those at its place, so that they may write over an
# input; those that take `out` are tested to.
_ELEMENT_WISE = (same_shape, elementwise, broadcast)

# How many ancestors to look through for a value's other readers, and how many free buffers for one that
# fits, before giving up: a bound on the pass's inner loops, so that planning stays linear.
_LOOK_BACK = 64


@dataclass(frozen=True, slots=True)
class Placement:
    """Which slots are computed into which buffers.

    Attributes
    ----------
    buffer_of : mapping of int to int
        For a slot that lives in a shared buffer, the buffer's number.
    sizes : tuple of int
        Bytes of each buffer.
    """

    buffer_of: Mapping[int, int] = field(default_factory=dict)
    sizes: tuple[int, ...] = ()

    @property
    def nbytes(self) -> int:
        """Bytes of all buffers together."""
        return sum(self.sizes)


def place(
    steps: Sequence[Step],
    specs: Sequence[Spec],
    roots: Sequence[int],
    outputs: frozenset[int],
    kept: frozenset[int] = frozenset(),
) -> Placement:
    """Assign buffers to the values between arguments and outputs.

    Parameters
    ----------
    steps : sequence of Step
        In topological order.
    specs : sequence of Spec
        For each slot.
    roots : sequence of int
        For each slot, the slot whose memory it may be a view of.
    outputs : frozenset of int
        Slots that leave the graph; they get memory of their own.
    kept : frozenset of int
        Slots whose values must last: their memory is not used again.
    """
    lasting = {roots[slot] for slot in kept}
    retired = _retirements(steps, roots)
    free: list[list[int]] = [[] for _ in steps]
    buffer_of: dict[int, int] = {}
    sizes: list[int] = []
    for i, step in enumerate(steps):
        pool = _inherit(free, step.deps)
        slot = step.outs[0]
        ending = [root for root in retired[i] if root in buffer_of and root not in lasting]
        if (
            step.op.takes_out
            and len(step.outs) == 1
            and slot not in outputs
            and roots[slot] == slot
        ):
            place = _in_place(step, specs, ending)
            if place is None:
                buffer_of[slot] = _take(pool, sizes, specs[slot].nbytes)
            else:
                buffer_of[slot] = buffer_of[place]
                ending.remove(place)
        pool += [buffer_of[root] for root in ending]
        free[i] = pool
    return Placement(buffer_of, tuple(sizes))


def _in_place(step: Step, specs: Sequence[Spec], ending: Sequence[int]) -> int | None:
    """An input that nobody reads after this step and that its result can take the place of."""
    if step.op.shape not in _ELEMENT_WISE:
        return None
    mine = specs[step.outs[0]]
    return next((slot for slot in step.ins if slot in ending and specs[slot] == mine), None)


def _inherit(free: list[list[int]], deps: Sequence[int]) -> list[int]:
    """What the steps before know to be free and no other step has been given."""
    pools = sorted((free[dep] for dep in deps), key=len)
    for dep in deps:
        free[dep] = []
    if not pools:
        return []
    largest = pools.pop()
    for pool in pools:
        largest += pool
    return largest


def _take(pool: list[int], sizes: list[int], nbytes: int) -> int:
    """The smallest free buffer that is large enough, else the largest one, grown, else a new one.

    It looks at the buffers freed last, which may still be in the cache.
    """
    first = max(len(pool) - _LOOK_BACK, 0)
    places = range(first, len(pool))
    fitting = [k for k in places if sizes[pool[k]] >= nbytes]
    if fitting:
        return pool.pop(min(fitting, key=lambda k: sizes[pool[k]]))
    if places:
        chosen = pool.pop(max(places, key=lambda k: sizes[pool[k]]))
        sizes[chosen] = nbytes
        return chosen
    sizes.append(nbytes)
    return len(sizes) - 1


def _retirements(steps: Sequence[Step], roots: Sequence[int]) -> list[list[int]]:
    """For each step, the values that nothing but its descendants can run after the last use of."""
    users: dict[int, list[int]] = {}
    for i, step in enumerate(steps):
        for root in {roots[slot] for slot in (*step.ins, *step.outs)}:
            users.setdefault(root, []).append(i)
    ending: dict[int, list[int]] = {}
    for root, using in users.items():
        ending.setdefault(using[-1], []).append(root)
    retired: list[list[int]] = [[] for _ in steps]
    for last, found in ending.items():
        direct = {last, *steps[last].deps}
        for root in found:
            if _are_ancestors(steps, set(users[root]) - direct, last):
                retired[last].append(root)
    return retired


def _are_ancestors(steps: Sequence[Step], missing: set[int], step: int) -> bool:
    """Whether all of some steps come before a step; False also when that is not soon found out."""
    if not missing:
        return True
    queue = deque(steps[step].deps[:_LOOK_BACK])
    visited = set(queue)
    for _ in range(_LOOK_BACK):
        if not queue:
            break
        fresh = set(steps[queue.popleft()].deps[:_LOOK_BACK]) - visited
        missing -= fresh
        visited |= fresh
        queue += fresh
    return not missing
