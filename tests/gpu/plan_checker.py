"""A proof, for one plan and its streams and buffers, that every legal order of running gives the same values.

What happens on one stream happens in order, and what waits for an event happens after what came before its
recording; nothing else is promised. :func:`check` follows a run's commands and notes for each what surely
happened before. Of two uses of one piece of memory, one of them a write, the earlier one of the plan must
be among those. Then all orders give what the plan's own order gives; and of that it checks that each read
finds the value that it is meant to.

:class:`AnyOrder` is a runner that takes a plan's commands in a random order that the streams allow.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symbook.fusion import Fused
from symbook.ops.rules import broadcast, elementwise, same_shape
from symbook.plan import ADD, Plan, Step
from symbook.runners.base import execute as plainly
from symbook.runners.streams import END, MAIN, Assignment, Command

Region = tuple[str, int]
Clock = dict[int, int]


class Wrong(AssertionError):
    """A plan, or its streams, that some legal order computes wrongly."""


@dataclass
class Memory:
    """What is where.

    Attributes
    ----------
    holds : dict
        For each piece of memory, the slot whose value it holds.
    written : set of int
        Slots that have been written.
    sources : dict of int to tuple of int
        For each view, the slots whose memory its value may be in.
    """

    holds: dict[Region, int] = field(default_factory=dict)
    written: set[int] = field(default_factory=set)
    sources: dict[int, tuple[int, ...]] = field(default_factory=dict)


@dataclass
class _Use:
    step: int
    stream: int
    moment: int


def check(
    plan: Plan,
    assignment: Assignment,
    leaving: Collection[int] | None = None,
    memory: Memory | None = None,
) -> Memory:
    """Raise Wrong if any order that the streams allow could go wrong.

    Parameters
    ----------
    plan : Plan
    assignment : Assignment
    leaving : collection of int, optional
        Slots that are read after the run; the outputs, if left out.
    memory : Memory, optional
        What runs before have left, for a plan that reads it.

    Returns
    -------
    Memory
        What this run leaves, for the next.
    """
    clocks = happened_before(plan, assignment)
    memory = memory or Memory()
    values = _Values(plan, memory)
    uses: dict[Region, list[_Use]] = {}
    written: dict[Region, _Use] = {}
    for i, step in enumerate(plan.steps):
        stream = assignment.streams[i]
        use = _Use(i, stream, clocks[i][stream])
        reads, writes = values.regions(step)
        for region in reads | writes:
            before = [written[region]] if region in written else []
            if region in writes:
                before += uses.get(region, [])
            for other in before:
                if clocks[i].get(other.stream, 0) < other.moment:
                    raise Wrong(
                        f"steps {other.step} and {i} both use {region} and may meet\n{plan}"
                    )
        values.step(step)
        for region in writes:
            written[region], uses[region] = use, []
        for region in reads:
            uses.setdefault(region, []).append(use)
    leaving = plan.outputs if leaving is None else leaving
    for slot in leaving:
        values.read(slot, "after the run")
    _check_own_memory(plan, assignment, leaving)
    return memory


def happened_before(plan: Plan, assignment: Assignment) -> list[Clock]:
    """For each step, how far each stream had surely got when it ran, itself included.

    Main's first moment is the beginning of the run. Raises Wrong for a step that might begin before, and for
    one that might not be over when main or a side goes on after the run.
    """
    clocks: dict[int, Clock] = {MAIN: {MAIN: 1}}
    events: dict[int, Clock] = {}
    found: dict[int, Clock] = {}
    for command in assignment.commands:
        clock = clocks.setdefault(command.stream, {command.stream: 0})
        if command.act == "wait":
            if command.number not in events:
                raise Wrong(f"event {command.number} is waited for before it is recorded")
            for stream, moment in events[command.number].items():
                clock[stream] = max(clock.get(stream, 0), moment)
        elif command.act == "record":
            events[command.number] = dict(clock)
        else:
            clock[command.stream] += 1
            found[command.number] = dict(clock)
            if clock.get(MAIN, 0) < 1:
                raise Wrong(f"step {command.number} may run before main has got to the run")
    if sorted(found) != list(range(len(plan.steps))):
        raise Wrong("not every step runs once")
    for i, clock in found.items():
        stream = assignment.streams[i]
        for other, end in clocks.items():
            if end.get(stream, 0) < clock[stream]:
                raise Wrong(f"stream {other} goes on before step {i} is over")
    return [found[i] for i in range(len(plan.steps))]


class _Values:
    """Which memory the values of slots are in, and whether it still holds them."""

    def __init__(self, plan: Plan, memory: Memory) -> None:
        self._plan, self._memory = plan, memory
        self._given = {*plan.args.values(), *plan.aux.values(), *plan.stand_ins}
        self._given |= set(plan.sums.values())
        self._sources = memory.sources
        for step in plan.steps:
            if step.op.view and step.ins:
                for slot in step.outs:
                    source = step.ins[0]
                    self._sources[slot] = (slot, *self._sources.get(source, (source,)))

    def _places(self, slot: int) -> list[Region]:
        return [self._plan.placement.memory_of(s) for s in self._sources.get(slot, (slot,))]

    def regions(self, step: Step) -> tuple[set[Region], set[Region]]:
        """The memory that a step may read, and that it may write to."""
        reads = {region for slot in step.ins for region in self._places(slot)}
        writes = {self._plan.placement.memory_of(slot) for slot in step.outs}
        for slot in step.op.changed(step.params, step.ins):
            writes |= set(self._places(slot))
        if step.op is ADD:
            writes |= set(self._places(step.ins[0]))
        return reads, writes

    def read(self, slot: int, reader: str) -> None:
        """Raise Wrong if the memory of a slot does not hold its value."""
        for source in self._sources.get(slot, (slot,)):
            if source in self._given:
                continue
            region = self._plan.placement.memory_of(source)
            if source not in self._memory.written:
                raise Wrong(f"slot {source} is read {reader}, and nothing wrote it")
            if self._memory.holds.get(region) != source:
                raise Wrong(f"slot {source} is read {reader}, when {region} holds another value")

    def step(self, step: Step) -> None:
        """Have a step read and write."""
        for slot in step.ins:
            self.read(slot, f"by {step.origin.name}")
        placement, specs = self._plan.placement, self._plan.specs
        read = {placement.memory_of(slot): slot for slot in step.ins}
        for k, slot in enumerate(step.outs):
            region = placement.memory_of(slot)
            if region[0] == "buffer" and specs[slot].nbytes > placement.sizes[region[1]]:
                raise Wrong(f"slot {slot} is larger than {region}")
            if region in read and not _may_overwrite(step, k, read[region], self._plan):
                raise Wrong(f"{step.origin.name} writes over what it reads")
            self._memory.holds[region] = slot
            self._memory.written.add(slot)


def _may_overwrite(step: Step, k: int, slot: int, plan: Plan) -> bool:
    if plan.specs[slot] != plan.specs[step.outs[k]]:
        return False
    if isinstance(step.op.fn, Fused):
        return step.op.fn.group.may_overwrite(k, step.ins.index(slot))
    return step.op.view or step.op.shape in (same_shape, elementwise, broadcast)


def _check_own_memory(plan: Plan, assignment: Assignment, leaving: Iterable[int]) -> None:
    """What a step took memory for on a side is not there any more after the run."""
    left = set(leaving)
    for i in reversed(range(len(plan.steps))):
        step = plan.steps[i]
        if left.isdisjoint(step.outs):
            continue
        if step.op.view and step.ins:
            left.add(step.ins[0])
        given = step.op.takes_out and all(
            plan.placement.memory_of(slot) != ("own", slot) or slot in plan.outputs
            for slot in step.outs
            if slot in left
        )
        if not given and assignment.streams[i] != MAIN:
            raise Wrong(f"step {i} takes memory on a side for what outlives the run")


class AnyOrder:
    """A runner of NumPy's steps in a random order among those that the streams allow.

    Parameters
    ----------
    seed : int
    assign : callable
        Gives the assignment of a plan.
    """

    name = "any order"

    def __init__(self, seed: int, assign: Callable[[Plan], Assignment]) -> None:
        self._rng, self._assign = random.Random(seed), assign

    def run(self, plan: Plan, slots: list[Any], into: Sequence[Any], execute: Any = None) -> None:
        """Run every step; see :class:`symbook.runners.base.Runner`."""
        queues: dict[int, deque[Command]] = {}
        for command in self._assign(plan).commands:
            queues.setdefault(command.stream, deque()).append(command)
        recorded: set[int] = set()
        with np.errstate(all="ignore"):
            while ready := [s for s, queue in queues.items() if _is_ready(queue, recorded)]:
                command = queues[self._rng.choice(ready)].popleft()
                if command.act == "record":
                    recorded.add(command.number)
                elif command.act == "run":
                    (execute or plainly)(plan, command.number, slots, into)
        assert not any(queues.values()), "the streams wait for each other"
        assert END in recorded or len(queues) < 2

    def may_be_written(self, plan: Plan) -> bool:
        """Whether a plan may be written out as Python, instead of being run by this."""
        return False


def _is_ready(queue: deque[Command], recorded: Collection[int]) -> bool:
    return bool(queue) and (queue[0].act != "wait" or queue[0].number in recorded)
