"""Memory: which values may share a buffer, so that any order of running, on any threads, is right.

A buffer is used again for a new value only if the old value's writer and all its readers come before the
new value's step in *every* order, that is, are its ancestors. An element-wise step may also write over an
input of its own that nobody reads later. Outputs have memory of their own; what is large and computed on
the way to one may use it before.

What is free is handed down the graph: a step passes the buffers that it knows to be free to the first step
that depends on it. A buffer is thereby offered to one step at a time, always to a descendant of all that
used it, and planning takes time linear in the graph.

One kind of reader would keep its inputs' memory for good: a step on the side, that nothing or little depends
on, such as the one that computes a weight's gradient. A step that takes such memory is made to wait for that
reader. What steps on the side themselves need, they borrow from the last step that is none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..fusion import Fused
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

# The longest way that may be left to the end of the graph for a step to be on the side.
_SHORT = 2

_LENDING = 64 * 1024
"""Bytes of the smallest output whose memory is used for other values: of smaller ones, time counts more."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Which slots are computed into which memory.

    Attributes
    ----------
    buffer_of : mapping of int to int
        For a slot that lives in a shared buffer, the buffer's number.
    sizes : tuple of int
        Bytes of each buffer.
    lent : mapping of int to int
        For a slot that lives in the memory of an output until that is computed, the output's slot.
    """

    buffer_of: Mapping[int, int] = field(default_factory=dict)
    sizes: tuple[int, ...] = ()
    lent: Mapping[int, int] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        """Bytes of all buffers together."""
        return sum(self.sizes)

    def memory_of(self, slot: int) -> tuple[str, int]:
        """What tells the memory of a slot from that of others: a buffer, or a slot with memory of its own."""
        buffer = self.buffer_of.get(slot)
        return ("own", self.lent.get(slot, slot)) if buffer is None else ("buffer", buffer)


def place(
    steps: Sequence[Step],
    specs: Sequence[Spec],
    roots: Sequence[int],
    outputs: frozenset[int],
    kept: frozenset[int] = frozenset(),
    borrowed: frozenset[int] = frozenset(),
) -> tuple[Placement, dict[int, tuple[int, ...]]]:
    """Assign memory to the values between arguments and outputs.

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
    borrowed : frozenset of int
        Those outputs whose memory is somebody else's and is written to only by their own steps.

    Returns
    -------
    Placement
    dict of int to tuple of int
        For the positions of steps that must wait for others than those they depend on, those others.
    """
    planning = _Planning(steps, specs, roots, outputs, kept, outputs - borrowed)
    for i in range(len(steps)):
        planning.step(i)
    return planning.placement(), planning.waits


class _Planning:
    """What has been decided so far."""

    def __init__(
        self,
        steps: Sequence[Step],
        specs: Sequence[Spec],
        roots: Sequence[int],
        outputs: frozenset[int],
        kept: frozenset[int],
        lenders: frozenset[int],
    ) -> None:
        self._steps, self._specs, self._roots = steps, specs, roots
        self._outputs, self._lenders = outputs, lenders
        self._lasting = {roots[slot] for slot in kept}
        # For each step, the step that it borrows from; itself where it is not on the side.
        self._host = _hosts(steps)
        inner = {i for i, host in enumerate(self._host) if i == host}
        self._last_use, self._waits = _last_uses(steps, roots, inner)
        # For each step, the buffers that it knows to be free and that no other has been given.
        self._free: list[list[int] | None] = [None] * len(steps)
        # Of a free buffer, the steps that the next to use it must wait for.
        self._pending: dict[int, tuple[int, ...]] = {}
        self._buffer_of: dict[int, int] = {}
        self._sizes: list[int] = []
        self._owner: dict[int, int] = {}
        self.waits: dict[int, tuple[int, ...]] = {}

    def step(self, i: int) -> None:
        """Decide where a step's result goes, and which buffers it sets free."""
        step, host = self._steps[i], self._host[i]
        pool = self._inherit(step.deps) if i == host else (self._free[host] or [])
        ending = self._ending(i)
        for k, slot in enumerate(step.outs if step.op.takes_out else ()):
            if self._roots[slot] != slot:
                continue
            if slot not in self._outputs:
                self._buffer_of[slot] = self._chosen(i, k, ending, pool)
            elif slot in self._lenders and self._specs[slot].nbytes >= _LENDING:
                self._lend(i, k, ending, pool)
        also = () if i == host else (i,)
        for root in ending:
            buffer = self._buffer_of[root]
            if buffer not in self._owner:
                pool.append(buffer)
                if root in self._waits or also:
                    self._pending[buffer] = self._waits.get(root, ()) + also
        if pool:
            self._free[host] = pool

    def _ending(self, i: int) -> list[int]:
        """The values with buffers that a step is the last to read."""
        found: list[int] = []
        for slot in self._steps[i].ins:
            root = self._roots[slot]
            if self._last_use[root] == i and root in self._buffer_of and root not in self._lasting:
                found.append(root)
        return sorted(set(found)) if len(found) > 1 else found

    def _inherit(self, deps: Sequence[int]) -> list[int]:
        """What the steps before know to be free and no other step has been given."""
        pools: list[list[int]] = []
        for dep in deps:
            pool = self._free[dep]
            if pool:
                pools.append(pool)
            self._free[dep] = None
        if len(pools) < 2:
            return pools[0] if pools else []
        pools.sort(key=len)
        largest = pools.pop()
        for pool in pools:
            largest += pool
        return largest

    def _chosen(self, i: int, k: int, ending: list[int], pool: list[int]) -> int:
        """The buffer of a step's result."""
        place = self._in_place(i, k, ending)
        if place is not None:
            ending.remove(place)
            return self._buffer_of[place]
        nbytes, sizes = self._specs[self._steps[i].outs[k]].nbytes, self._sizes
        places = self._places(i, pool)
        if not places:
            sizes.append(nbytes)
            return len(sizes) - 1
        if i != self._host[i]:
            # It only borrows: others will need what is much larger.
            places = [k for k in places if sizes[pool[k]] <= 2 * nbytes]
            if not places:
                sizes.append(nbytes)
                return len(sizes) - 1
        fitting = [k for k in places if sizes[pool[k]] >= nbytes]
        # The smallest that is large enough, else the largest, grown.
        chosen = (min if fitting else max)(fitting or places, key=lambda k: sizes[pool[k]])
        found = self._taken(i, chosen, pool)
        sizes[found] = max(nbytes, sizes[found])
        return found

    def _lend(self, i: int, k: int, ending: list[int], pool: list[int]) -> None:
        """Let an output's memory be a buffer that is free when its step begins, if there is one."""
        slot, sizes = self._steps[i].outs[k], self._sizes
        nbytes = self._specs[slot].nbytes
        place = self._in_place(i, k, ending)
        if place is not None and sizes[self._buffer_of[place]] <= nbytes:
            ending.remove(place)  # or another result of this step would be written there, too
            self._owner[self._buffer_of[place]] = slot
            return
        fitting = [k for k in self._places(i, pool) if sizes[pool[k]] <= nbytes]
        if fitting:
            chosen = max(fitting, key=lambda k: sizes[pool[k]])
            self._owner[self._taken(i, chosen, pool)] = slot

    def _places(self, i: int, pool: list[int]) -> Sequence[int]:
        """Places in a pool that a step may take: of buffers freed last, which may still be in the cache."""
        places = range(max(len(pool) - _LOOK_BACK, 0), len(pool))
        if not self._pending:
            return places
        return [k for k in places if all(wait < i for wait in self._pending.get(pool[k], ()))]

    def _taken(self, i: int, place: int, pool: list[int]) -> int:
        found = pool.pop(place)
        if found in self._pending:
            self.waits[i] = self.waits.get(i, ()) + self._pending.pop(found)
        return found

    def _in_place(self, i: int, k: int, ending: list[int]) -> int | None:
        """An input that nobody reads after this step and that its result can take the place of."""
        step = self._steps[i]
        group = step.op.fn.group if isinstance(step.op.fn, Fused) else None
        if not ending or (group is None and step.op.shape not in _ELEMENT_WISE):
            return None
        mine = self._specs[step.outs[k]]
        # Not where others may still read: this step would have to wait for them.
        for position, slot in enumerate(step.ins):
            if slot in ending and slot not in self._waits:
                spec = self._specs[slot]
                if not (spec is mine or spec == mine):
                    continue
                if group is None:
                    return slot
                # Its loop goes through the arrays once: no other may be a view of the one it writes over.
                alone = sum([self._roots[other] == slot for other in step.ins]) == 1
                if alone and group.may_overwrite(k, position):
                    return slot
        return None

    def placement(self) -> Placement:
        """What has been decided, the buffers numbered anew without those that are memory of outputs."""
        left = [buffer for buffer in range(len(self._sizes)) if buffer not in self._owner]
        number = {buffer: k for k, buffer in enumerate(left)}
        own = {slot: number[b] for slot, b in self._buffer_of.items() if b in number}
        lent = {slot: self._owner[b] for slot, b in self._buffer_of.items() if b in self._owner}
        return Placement(own, tuple(self._sizes[buffer] for buffer in left), lent)


def _hosts(steps: Sequence[Step]) -> list[int]:
    """For each step, itself, or of a step on the side the last that it depends on and that is none."""
    left = [0] * len(steps)
    for i in range(len(steps) - 1, -1, -1):
        for dep in steps[i].deps:
            left[dep] = max(left[dep], left[i] + 1)
    host = list(range(len(steps)))
    for i, step in enumerate(steps):
        if left[i] <= _SHORT and step.deps:
            host[i] = max([host[dep] for dep in step.deps])
    return host


def _last_uses(
    steps: Sequence[Step], roots: Sequence[int], inner: set[int]
) -> tuple[list[int], dict[int, tuple[int, ...]]]:
    """For each value, the last step to use it, whose descendants may overwrite it; -1 where none may.

    And for some values, whom those must wait for besides: readers on the side, that are not in `inner`.
    """
    first, last = [-1] * len(roots), [-1] * len(roots)
    between: dict[int, list[int]] = {}
    for i, step in enumerate(steps):
        for slot in (*step.ins, *step.outs):
            root = roots[slot]
            before = last[root]
            if before < 0:
                first[root] = i
            elif before not in (i, first[root]):
                between.setdefault(root, []).append(before)
            last[root] = i
    waits: dict[int, tuple[int, ...]] = {}
    for root, end in enumerate(last):
        begin = first[root]
        if end in inner and root not in between and (begin == end or begin in steps[end].deps):
            continue  # written, read once, by a step that others depend on
        if end < 0:
            continue
        others = between.get(root, [])
        if end not in inner:
            others = [*others, end]
            end = next((i for i in reversed(others) if i in inner), end)
        missing = {begin, last[root], *others}.difference((end,), steps[end].deps)
        last[root] = end if _are_ancestors(steps, missing & inner, end) else -1
        if missing - inner:
            waits[root] = tuple(sorted(missing - inner))
    return last, waits


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
