"""A trace: one recorded run, as plain data that every view can be drawn from."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from ..errors import LookupFailure, counted, listed, one_of, shortened
from ..ndarray.storage import placed
from ..places import Where
from ..plan import Plan, Step
from ..specs import known
from ..underway import tells
from .base import Runner
from .base import execute as plainly
from .done import of_slots
from .pieces import beside


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Record:
    """One step of a recorded run.

    Attributes
    ----------
    node : str
        The node's name.
    op : str
        The operator's name.
    input_names, output_names : tuple of str
        Names of the values read and written.
    roles : tuple of str
        What the operator calls its inputs: `data`, `weight`.
    inputs, outputs : tuple of NDArray
        The values themselves; no later run changes them.
    start, end : float
        Seconds since the first step of the run began.
    thread : int
        Which thread ran it: 1 is the calling thread, others count on in order of appearance.
    where : Where or None
        The user's line that made the node.
    stream : str
        On a GPU, the stream that it ran on, where the thread only asked for it: `main`, `side 1`, or with
        several devices `gpu(1) main`. Empty on the CPU.
    position : int
        The node's position in the executor's `graph`, or `optimized_graph`; -1 of a step that is no
        node's, such as a copy.
    left : mapping of int to NDArray
        What its inputs, counted from 0, were afterwards, if it changed them and other steps did, too.
        `inputs` has them as they were at the end of the run.
    """

    node: str
    op: str
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    roles: tuple[str, ...]
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    start: float
    end: float
    thread: int
    where: Where | None
    stream: str = ""
    position: int = -1
    left: Mapping[int, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """How long the step took."""
        return self.end - self.start

    @property
    def lane(self) -> str:
        """What it shares with steps that did not run at the same time: its stream, or its thread."""
        return self.stream or f"thread {self.thread}"

    def __str__(self) -> str:
        read = ", ".join(self.input_names)
        return (
            f"{self.start * 1e3:9.3f} ms  {self.seconds * 1e3:8.3f} ms  {self.lane}"
            f"  {self.node} = {self.op}({read})"
        )

    def __repr__(self) -> str:
        return f"<Record of {self.node}: {self.seconds * 1e3:.3f} ms>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """IPython's own text form."""
        printer.text(str(self).strip())


class Failure(NamedTuple):
    """What ended a run before its end.

    Attributes
    ----------
    error : Exception
    node : str
        The name of the node whose step raised it; empty where that is not known, as of what a GPU tells late.
    position : int
        The node's position, as in :class:`Record`.
    """

    error: Exception
    node: str
    position: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Trace:
    """One recorded run.

    Attributes
    ----------
    records : tuple of Record
        One for each step, by start time.
    outputs : tuple of NDArray
        The graph's outputs.
    seconds : float
        From the start of the first step to the end of the last one.
    threads : int
        How many threads ran steps.
    runner : str
        The runner's name.
    began : float
        When the first step began, by `time.perf_counter`.
    failure : Failure or None
        What ended the run before its end, if anything did; only `Executor.attempt` gives such traces.
    """

    records: tuple[Record, ...]
    outputs: tuple[Any, ...]
    seconds: float
    threads: int
    runner: str
    began: float = 0.0
    failure: Failure | None = None

    def __getitem__(self, node: str) -> Record:
        """The record of the node of that name. Raises LookupFailure."""
        for record in self:
            if record.node == node:
                return record
        names = [record.node for record in self]
        raise LookupFailure(
            f"no step of this run is that of {node!r}; its steps are those of {listed(names)}",
            hint=one_of(str(node), names),
        )

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.records)

    @property
    def streams(self) -> tuple[str, ...]:
        """The streams that steps ran on; none on the CPU."""
        return tuple(sorted({record.stream for record in self} - {""}))

    def _summary(self) -> str:
        took = f"{counted(len(self), 'step')} in {self.seconds * 1e3:.3f} ms"
        lanes = [counted(len(self.streams), "stream")] if self.streams else []
        return ", ".join([took, counted(self.threads, "thread"), *lanes, self.runner])

    def __str__(self) -> str:
        return "\n".join([self._summary(), *map(str, self.records)])

    def __repr__(self) -> str:
        return f"<Trace: {self._summary()}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """IPython's own text form: the steps, those in the middle of a long run left out."""
        printer.text(shortened(str(self)))


def record(
    plan: Plan,
    runner: Runner,
    slots: list[Any],
    names: Sequence[str],
    wrap: Callable[[int, Any], Any],
    *,
    until_error: bool = False,
) -> Trace:
    """Run a plan and record each step.

    Parameters
    ----------
    plan : Plan
        Compiled with `reuse=False`, so that every value is kept.
    runner : Runner
    slots : list
        The arguments' slots filled with arrays that nobody else changes.
    names : sequence of str
        For each slot, the value's name.
    wrap : callable
        Makes what the trace holds of a slot and its raw array.
    until_error : bool
        Give what there is when a step raises, with its error in the trace, instead of letting it pass.
    """
    times = Times()
    failure = None
    try:
        timed(plan, runner, slots, _memory(plan), times)
    except Exception as error:
        if not until_error:
            raise
        failure = _failure(plan, times.failed, error)
    values = {slot: wrap(slot, raw) for slot, raw in enumerate(slots) if raw is not None}
    left = {
        i: {k: wrap(plan.steps[i].ins[k], raw) for k, raw in row.items()}
        for i, row in times.left.items()
    }
    return trace_of(plan, runner.name, times, names, values, failure, left)


def _failure(plan: Plan, i: int | None, error: Exception) -> Failure:
    if i is None:
        return Failure(error, "", -1)
    return Failure(error, plan.steps[i].origin.name, _position(plan, plan.steps[i]))


def _memory(plan: Plan) -> list[Any]:
    """New memory for what steps can write to memory that is given.

    Left to themselves, they put a result in the order that their input has in memory, and sums of it differ
    from those of other runs in the last bit.
    """
    into: list[Any] = [None] * len(plan.specs)
    writes = [(step, slot) for step in plan.steps if step.op.takes_out for slot in step.outs]
    ours = [slot for step, slot in writes if step.ctx is None and plan.xp is np]
    kinds = [(known(plan.specs[slot].shape), np.dtype(plan.specs[slot].dtype)) for slot in ours]
    for slot, raw in zip(ours, beside(kinds), strict=True):
        into[slot] = raw
    for step, slot in writes:
        if into[slot] is None:
            shape, dtype = known(plan.specs[slot].shape), plan.specs[slot].dtype
            if step.ctx is None:
                into[slot] = plan.xp.empty(shape, dtype)
            else:
                with placed(step.ctx):
                    into[slot] = step.ctx.xp.empty(shape, dtype)
    return into


class Moment(NamedTuple):
    """When a step ran.

    Attributes
    ----------
    start, end : float
        Seconds, by `time.perf_counter`.
    thread : int
        The thread's identity.
    stream : str
        As in :class:`Record`.
    """

    start: float
    end: float
    thread: int
    stream: str = ""


class Times(dict[int, Moment]):
    """For each step of a plan, when it ran.

    Attributes
    ----------
    failed : int or None
        The first step that raised an error.
    left : dict of int to dict of int to array
        For steps, what inputs that they changed were afterwards, if other steps change them, too.
    """

    failed: int | None = None

    def __init__(self) -> None:
        super().__init__()
        self.left: dict[int, dict[int, Any]] = {}


@runtime_checkable
class Timing(Protocol):
    """A runner that times runs itself."""

    def timed(self, plan: Plan, slots: list[Any], into: Sequence[Any], times: Times) -> None:
        """Run a plan, and note when each step ran, also of a run that fails."""


@tells(of_slots)
def timed(plan: Plan, runner: Runner, slots: list[Any], into: Sequence[Any], times: Times) -> None:
    """Run a plan, and note when each step ran, also of a run that fails."""
    if isinstance(runner, Timing):
        runner.timed(plan, slots, into, times)
        return

    counts = Counter(slot for i in range(len(plan.steps)) for slot in _changed(plan, i).values())

    def watched(plan: Plan, i: int, slots: list[Any], into: Sequence[Any]) -> None:
        start = time.perf_counter()
        try:
            plainly(plan, i, slots, into)
        except Exception:
            times.failed = i if times.failed is None else times.failed
            raise
        times[i] = Moment(start, time.perf_counter(), threading.get_ident())
        if row := {k: slots[at].copy() for k, at in _changed(plan, i).items() if counts[at] > 1}:
            times.left[i] = row

    runner.run(plan, slots, into, watched)


def _changed(plan: Plan, i: int) -> dict[int, int]:
    """The inputs, counted from 0, that a step changes in place, and their slots."""
    step = plan.steps[i]
    if not step.op.mutates:
        return {}
    places = list(enumerate(step.ins))
    return dict(step.op.changed(step.params, places))


def trace_of(
    plan: Plan,
    runner: str,
    times: Times,
    names: Sequence[str],
    values: Mapping[int, Any],
    failure: Failure | None = None,
    left: Mapping[int, Mapping[int, Any]] = MappingProxyType({}),
) -> Trace:
    """The trace of a run, called on the thread that it was started from.

    Parameters
    ----------
    plan : Plan
    runner : str
        The runner's name.
    times : Times
        As :func:`timed` notes them.
    names : sequence of str
        For each slot, the value's name.
    values : mapping of int to NDArray
        The values of slots; those of other slots are left out of the records.
    failure : Failure, optional
        What ended the run.
    left : mapping of int to mapping of int to NDArray, optional
        For steps, the records' `left`.
    """
    order = sorted(times, key=lambda i: times[i])
    began = times[order[0]].start if order else time.perf_counter()
    lanes = {threading.get_ident(): 1}
    for i in order:
        lanes.setdefault(times[i].thread, len(lanes) + 1)
    records = []
    for i in order:
        step, moment = plan.steps[i], times[i]
        records.append(
            Record(
                node=step.origin.name,
                op=step.op.name,
                input_names=tuple([names[slot] for slot in step.ins]),
                output_names=tuple([names[slot] for slot in step.outs]),
                roles=step.op.input_names(step.origin.params, len(step.ins))
                if step.op is step.origin.op
                else step.op.inputs,
                inputs=tuple([values[slot] for slot in step.ins if slot in values]),
                outputs=tuple([values[slot] for slot in step.outs if slot in values]),
                start=moment.start - began,
                end=moment.end - began,
                thread=lanes[moment.thread],
                where=step.origin.where,
                stream=moment.stream,
                position=_position(plan, step),
                left=left.get(i, {}),
            )
        )
    used = len({record.thread for record in records})
    outputs = tuple([values[slot] for slot in plan.outputs if slot in values])
    seconds = max((record.end for record in records), default=0.0)
    return Trace(tuple(records), outputs, seconds, used, runner, began, failure)


def _position(plan: Plan, step: Step) -> int:
    return plan.position_of.get(step.origin, -1) if step.op is step.origin.op else -1


def renumbered(trace: Trace, origins: Sequence[int]) -> Trace:
    """A trace with the positions of another graph, which `origins` tells for its own; -1 for none."""

    def moved(position: int) -> int:
        return origins[position] if position >= 0 else -1

    records = tuple([replace(known, position=moved(known.position)) for known in trace])
    failure = trace.failure
    if failure is not None:
        failure = failure._replace(position=moved(failure.position))
    return replace(trace, records=records, failure=failure)
