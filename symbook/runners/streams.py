"""Which steps of a plan run on which of a GPU's streams, and which events order them.

A stream does its work in the order in which it was launched, and streams know nothing of each other but by
events. Stream 0 is *main*, the stream that the caller uses; the others, *sides*, take branches that are worth
it, by the estimates of :mod:`symbook.runners.cuda_estimate`. An event is recorded after a step, and another
stream waits for it before a step of its own; none is where what a stream has waited for already says as much.

Sides begin when main has got to the run, and main goes on when they are done; so whoever reads and writes
arrays on main before and after a run need not know of them. At the very end they wait for main in turn:
memory that a step took on a side is given out again on that side only, and not before every stream is done
with it. What outlives the run is made on main, for its readers are there.

cuBLAS may choose another way to compute a product while other streams use it: its last bits may then differ
from run to run.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ..cached import cached_property
from ..plan import Plan, Step
from ..tuning import GPU_EVENT, GPU_HEAVY, GPU_LAUNCH
from .cuda_estimate import GpuEstimate, gpu_estimate

MAIN = 0

MOST = 4
"""Streams at most, main included: more branches than that seldom leave something of a GPU to each other."""

# Side by side must be that much faster than one after the other, by the estimates.
_GAIN = 0.92

# A step that needs more of the GPU leaves too little to others.
_LARGE = 0.75


class Command(NamedTuple):
    """What is to be put on a stream.

    Attributes
    ----------
    act : {"run", "record", "wait"}
    stream : int
    number : int
        Of `run`, the step's position; else the event's: the step's position that it is recorded after, or
        `BEGIN` or `END`.
    """

    act: Literal["run", "record", "wait"]
    stream: int
    number: int


BEGIN, END = -1, -2
"""The events that main records before the first step and when all streams have come together."""


@dataclass(frozen=True, eq=False, repr=False)
class Assignment:
    """The streams and events of a plan's run.

    Attributes
    ----------
    streams : tuple of int
        For each step of the plan, its stream.
    waits : tuple of tuple of int
        For each step, the steps whose events its stream waits for just before.
    begins : frozenset of int
        Sides that wait for main before their first step; the others wait for a step of another stream.
    joins : tuple of int
        Steps whose events main waits for in the end.
    """

    streams: tuple[int, ...]
    waits: tuple[tuple[int, ...], ...]
    begins: frozenset[int]
    joins: tuple[int, ...]

    @cached_property
    def sides(self) -> tuple[int, ...]:
        """The streams used but for main."""
        return tuple(sorted({*self.streams} - {MAIN}))

    @cached_property
    def recorded(self) -> frozenset[int]:
        """The steps that an event is recorded after."""
        return frozenset(self.joins).union(*self.waits)

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """All that a run does, in the order in which it is launched."""
        return tuple(self._commands())

    def _commands(self) -> Iterator[Command]:
        if self.begins:
            yield Command("record", MAIN, BEGIN)
        waiting = set(self.begins)
        for i, (stream, waits) in enumerate(zip(self.streams, self.waits, strict=True)):
            if stream in waiting:
                waiting.remove(stream)
                yield Command("wait", stream, BEGIN)
            for other in waits:
                yield Command("wait", stream, other)
            yield Command("run", stream, i)
            if i in self.recorded:
                yield Command("record", stream, i)
        for i in self.joins:
            yield Command("wait", MAIN, i)
        if self.sides:
            yield Command("record", MAIN, END)
            for stream in self.sides:
                yield Command("wait", stream, END)

    def __str__(self) -> str:
        lines = []
        for command in self.commands:
            name = "main" if command.stream == MAIN else f"side {command.stream}"
            event = {BEGIN: "the beginning", END: "the end"}.get(
                command.number, f"step {command.number}"
            )
            act = {"run": "", "record": "record ", "wait": "wait for "}[command.act]
            lines.append(f"{name:<8}{act}{event}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        counts = f"{len(self.sides)} sides, {len(self.recorded)} events"
        return f"<Assignment: {len(self.streams)} steps, {counts}>"


def assign(
    plan: Plan, leaving: Collection[int] | None, *, weigh: bool = True, most: int = MOST
) -> Assignment:
    """The streams of a plan's steps.

    Parameters
    ----------
    plan : Plan
    leaving : collection of int or None
        The slots whose values are read after the run; None for all.
    weigh : bool
        Use a side only where it pays; if not, for every branch.
    most : int
        Streams at most.
    """
    bound_to_main = _bound_to_main(plan, leaving)
    if not weigh:
        return ordered(plan, _each_branch(plan, bound_to_main, most))
    estimates = _estimates(plan)
    movable = [
        found.seconds >= GPU_HEAVY and found.share < _LARGE and i not in bound_to_main
        for i, found in enumerate(estimates)
    ]
    if sum(movable) < 2 or most < 2:
        return on_main(plan)
    alone = _Simulation(plan, estimates, bound_to_main, movable, 1)
    found = _Simulation(plan, estimates, bound_to_main, movable, most)
    return ordered(plan, found.streams) if found.seconds < _GAIN * alone.seconds else on_main(plan)


def _estimates(plan: Plan) -> list[GpuEstimate]:
    """What the steps take; in long graphs many are alike."""
    known: dict[Hashable, GpuEstimate] = {}
    found = []
    for step in plan.steps:
        key = (step.op, *[plan.specs[slot] for slot in (*step.ins, *step.outs)])
        if key not in known:
            known[key] = gpu_estimate(plan, step)
        found.append(known[key])
    return found


def on_main(plan: Plan) -> Assignment:
    """All on main, one step after another."""
    return Assignment((MAIN,) * len(plan.steps), ((),) * len(plan.steps), frozenset(), ())


def _bound_to_main(plan: Plan, leaving: Collection[int] | None) -> frozenset[int]:
    """Steps that must run on main.

    Those whose results are in memory that they take themselves and outlive the run; and those that use what
    other runs use as well, such as random numbers, or that call functions of the user's.
    """
    given = _given_memory(plan, leaving)
    left = None if leaving is None else _with_sources(plan.steps, leaving)
    found = set()
    for i, step in enumerate(plan.steps):
        own = [slot for slot in step.outs if not (step.op.takes_out and slot in given)]
        outlives = any(left is None or slot in left for slot in own)
        if outlives or step.op.random or step.op.state is not None or step.op.calls_users:
            found.add(i)
    return frozenset(found)


def _given_memory(plan: Plan, leaving: Collection[int] | None) -> Collection[int]:
    """The slots whose steps are given memory to write to, if they can: where all are kept, all are."""
    if leaving is None:
        return range(len(plan.specs))
    return {*plan.placement.buffer_of, *plan.placement.lent, *plan.sinks}


def _with_sources(steps: Sequence[Step], slots: Collection[int]) -> set[int]:
    """Some slots, and those whose memory they may be views of."""
    found = set(slots)
    for step in reversed(steps):
        if step.op.view and step.ins and not found.isdisjoint(step.outs):
            found.add(step.ins[0])
    return found


def ordered(plan: Plan, streams: Sequence[int]) -> Assignment:
    """The fewest events that are right for some streams of a plan's steps."""
    width = max(streams, default=MAIN) + 1
    done = [0] * width  # how many steps each stream has been given
    number: list[int] = []  # for each step, which one of its stream's it is, from 1
    # For each stream, and for each step, how many steps of each stream are over before what follows it.
    known = [[0] * width for _ in range(width)]
    after: list[list[int]] = []
    waits = []
    begins = set()

    def awaited(stream: int, steps: Sequence[int]) -> tuple[int, ...]:
        found = []
        for i in sorted(
            steps, reverse=True
        ):  # what comes late may have waited for what comes early
            if known[stream][streams[i]] < number[i]:
                found.append(i)
                known[stream] = list(map(max, known[stream], after[i]))
        return tuple(found)

    for i, step in enumerate(plan.steps):
        stream = streams[i]
        waits.append(awaited(stream, step.deps))
        if stream != MAIN and not done[stream] and not waits[i]:
            begins.add(stream)
        done[stream] += 1
        number.append(done[stream])
        known[stream][stream] = done[stream]
        after.append(list(known[stream]))
    last = {stream: i for i, stream in enumerate(streams)}
    joins = awaited(MAIN, [i for stream, i in last.items() if stream != MAIN])
    return Assignment(tuple(streams), tuple(waits), frozenset(begins), joins)


def _each_branch(plan: Plan, bound_to_main: Collection[int], most: int) -> list[int]:
    """A stream for each branch, whether that pays or not."""
    streams: list[int] = []
    last: dict[int, int] = {}
    turn = 0
    for i, step in enumerate(plan.steps):
        follows = [streams[dep] for dep in step.deps if last[streams[dep]] == dep]
        if i in bound_to_main:
            stream = MAIN
        elif follows:
            stream = follows[-1]
        else:
            stream, turn = turn % most, turn + 1
        streams.append(stream)
        last[stream] = i
    return streams


class _Simulation:
    """A run in thought: each step in turn is given to the stream on which it can begin first.

    Attributes
    ----------
    streams : list of int
        For each step.
    seconds : float
        What the run takes.
    """

    def __init__(
        self,
        plan: Plan,
        estimates: Sequence[GpuEstimate],
        bound_to_main: Collection[int],
        movable: Sequence[bool],
        most: int,
    ) -> None:
        self.streams: list[int] = []
        self._free = [0.0] * most
        self._last = [-1] * most
        self._ends: list[float] = []
        host = 0.0
        for i, (step, found) in enumerate(zip(plan.steps, estimates, strict=True)):
            choices = self._choices(step, i in bound_to_main, movable[i])
            begin, events, stream = min(
                (self._begin(step, stream), self._waits(step, stream), stream) for stream in choices
            )
            host += GPU_LAUNCH * (not step.op.view) + 2 * GPU_EVENT * events
            end = max(begin, host) + found.seconds
            self.streams.append(stream)
            self._ends.append(end)
            self._free[stream], self._last[stream] = end, i
        # However they lie beside each other, the GPU has only so many multiprocessors.
        work = sum(found.seconds * found.share for found in estimates)
        self.seconds = max([work, *self._ends])

    def _choices(self, step: Step, on_main: bool, movable: bool) -> Collection[int]:
        """The streams that a step may run on: a light one only where something that it reads was made."""
        if on_main:
            return (MAIN,)
        if movable:
            return range(len(self._free))
        return {self.streams[dep] for dep in step.deps} or (MAIN,)

    def _begin(self, step: Step, stream: int) -> float:
        return max([self._free[stream], *[self._ends[dep] for dep in step.deps]])

    def _waits(self, step: Step, stream: int) -> int:
        """How many streams it waits for, about."""
        return len({self.streams[dep] for dep in step.deps} - {stream})
