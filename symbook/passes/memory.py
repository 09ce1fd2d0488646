"""Memory: which values may share a buffer, so that any order of running, on any threads, is right.

A buffer is used again for a new value only if the old value's writer and all its readers come before the
new value's step in *every* order, that is, are its ancestors. No edge is added to the graph for it.

What is free is handed down the graph: a step passes the buffers that it knows to be free to the first step
that depends on it. A buffer is thereby offered to one step at a time, always to a descendant of all that
used it, and planning takes time linear in the graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..specs import Spec

if TYPE_CHECKING:
    from ..plan import Step

# How many ancestors to look through for a value's other readers before giving up on its buffer: a bound
# on the pass's only inner loop, so that planning stays linear.
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
    steps: Sequence[Step], specs: Sequence[Spec], roots: Sequence[int], outputs: frozenset[int]
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
    """
    retired = _retirements(steps, roots)
    free: list[list[int]] = [[] for _ in steps]
    buffer_of: dict[int, int] = {}
    sizes: list[int] = []
    for i, step in enumerate(steps):
        pool = _inherit(free, step.deps)
        slot = step.outs[0]
        if (
            step.op.takes_out
            and len(step.outs) == 1
            and slot not in outputs
            and roots[slot] == slot
        ):
            buffer_of[slot] = _take(pool, sizes, specs[slot].nbytes)
        pool += [buffer_of[root] for root in retired[i] if root in buffer_of]
        free[i] = pool
    return Placement(buffer_of, tuple(sizes))


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
    """The smallest free buffer that is large enough, else the largest one, grown, else a new one."""
    fitting = [buffer for buffer in pool if sizes[buffer] >= nbytes]
    if fitting:
        chosen = min(fitting, key=sizes.__getitem__)
    elif pool:
        chosen = max(pool, key=sizes.__getitem__)
        sizes[chosen] = nbytes
    else:
        sizes.append(nbytes)
        return len(sizes) - 1
    pool.remove(chosen)
    return chosen


def _retirements(steps: Sequence[Step], roots: Sequence[int]) -> list[list[int]]:
    """For each step, the values that nothing but its descendants can run after the last use of."""
    users: dict[int, list[int]] = {}
    for i, step in enumerate(steps):
        for root in {roots[slot] for slot in (*step.ins, *step.outs)}:
            users.setdefault(root, []).append(i)
    retired: list[list[int]] = [[] for _ in steps]
    for root, using in users.items():
        last = using[-1]
        if _are_ancestors(steps, set(using[:-1]), last):
            retired[last].append(root)
    return retired


def _are_ancestors(steps: Sequence[Step], wanted: set[int], step: int) -> bool:
    missing = wanted - {step}
    queue, seen = list(steps[step].deps), 0
    visited = set(queue)
    while queue and missing and seen < _LOOK_BACK:
        seen += 1
        ancestor = queue.pop(0)
        missing.discard(ancestor)
        fresh = [dep for dep in steps[ancestor].deps if dep not in visited]
        visited.update(fresh)
        queue += fresh
    return not missing
