"""A plan's steps on a GPU: launched one after another, and not waited for.

Steps run on the stream that is CuPy's current one of the calling thread, *main*, and branches that are worth
it on further ones, as :mod:`symbook.runners.streams` assigns them. Those further streams, *sides*, are the
same for all runs on a device. That is safe:

- A run's sides wait for main before their first step, and main for them at the end; before that nothing of
  the run is let go of, as the slots hold it.
- CuPy's pool keeps what was allocated on a stream for that stream, and gives it out again at once when nobody
  refers to it, whatever other streams still do with it. What a step takes on a side and gives back while it
  runs is used on that side alone, in order. What it leaves in a slot, other streams read; it goes back after
  the run at the earliest, and by then the side waits for all that the run does on any stream. What outlives
  the run was not allocated on a side at all.
- Events are waited for in the order in which they were recorded, so streams cannot wait for each other in
  a circle, also when several threads run executors.

Graphs whose parts are on several devices run on the main stream of each; the copies between them wait on both
sides (:func:`symbook.ndarray.storage.moved`), and for what goes to the CPU the calling thread waits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

import numpy as np

from .. import in_flight
from ..context import Context
from ..ndarray.storage import placed, unwarned
from ..plan import Plan
from .base import Execute, note
from .base import execute as plainly
from .cuda_trace import Stopwatch
from .streams import MAIN, Assignment, assign, on_main
from .trace import Times

_sides: dict[int, list[Any]] = {}


def sides(xp: Any, device: int, count: int) -> list[Any]:
    """Further streams of a device, the current one; they are made once."""
    found = _sides.setdefault(device, [])
    while len(found) < count:
        found.append(xp.cuda.Stream(non_blocking=True))
    return found[:count]


class CudaRunner:
    """Runs plans on a GPU, or on several devices of which one is a GPU.

    The GPU that the executor is bound to must be the current one. `run` returns when all is launched.

    Parameters
    ----------
    ctx : Context
        What the executor is bound to.
    plans : collection of Plan
        All plans of a program, so that it is known what one leaves for another to read.
    weigh : bool or None
        Use sides only where that pays; False: for every branch; None: not at all.
    waits : bool
        Wait for each step before the next, so that an error is that of its step.
    """

    name = "cuda"

    def __init__(
        self,
        ctx: Context,
        plans: Collection[Plan] = (),
        *,
        weigh: bool | None = True,
        waits: bool = False,
    ) -> None:
        self._ctx, self._weigh = ctx, weigh
        self._plans = plans
        self._waits = waits
        self._assignments: dict[Plan, Assignment] = {}
        self._branches: dict[Plan, Branches | None] = {}
        self._flights: dict[Plan, in_flight.Flight] = {}

    def run(
        self, plan: Plan, slots: list[Any], into: Sequence[Any], execute: Execute | None = None
    ) -> None:
        """Launch every step; see :class:`symbook.runners.base.Runner`."""
        run_step = execute or (_waiting if self._waits else plainly)
        with unwarned():
            if any(step.ctx is not None for step in plan.steps):
                in_flight.launched[self.flight(plan)] = in_flight.ANY
                _on_devices(plan, slots, into, run_step)
            else:
                main = plan.xp.cuda.get_current_stream()
                in_flight.launched[self.flight(plan)] = main.ptr
                self._on_streams(plan, slots, into, run_step)

    def timed(self, plan: Plan, slots: list[Any], into: Sequence[Any], times: Times) -> None:
        """Run a plan and wait for it; note when each step ran."""
        watch = Stopwatch(plan, self._ctx, self.assignment(plan), times)
        watch.begin()
        try:
            self.run(plan, slots, into, watch.execute)
        except Exception:
            with suppress(Exception):  # the device may be lost
                watch.end()
            raise
        watch.end()

    def may_be_written(self, plan: Plan) -> bool:
        """Whether a plan may be written out as Python, instead of being run by this."""
        return not self._waits and all(step.ctx is None for step in plan.steps)

    def branches(self, plan: Plan) -> Branches | None:
        """The streams of a plan's runs; None where there is only main."""
        if plan not in self._branches:
            assignment = self.assignment(plan)
            several = bool(assignment.sides)
            self._branches[plan] = (
                Branches(plan.xp, self._ctx.device_id, assignment) if several else None
            )
        return self._branches[plan]

    def assignment(self, plan: Plan) -> Assignment:
        """The streams of a plan's steps."""
        if plan not in self._assignments:
            if self._waits or self._weigh is None:
                found = on_main(plan)
            else:
                found = assign(plan, self._leaving(plan), weigh=self._weigh)
            self._assignments[plan] = found
        return self._assignments[plan]

    def _leaving(self, plan: Plan) -> Collection[int] | None:
        """The slots that are read when a plan has run; None, of a plan by itself: any may be."""
        if plan not in self._plans:
            return None
        others = [other for other in self._plans if other is not plan]
        return {*plan.outputs, *(slot for p in others for step in p.steps for slot in step.ins)}

    def flight(self, plan: Plan) -> in_flight.Flight:
        """What is said of a plan's runs when an error shows after them."""
        if plan not in self._flights:
            made = {slot: step.origin.name for step in plan.steps for slot in step.outs}
            outputs = [made[slot] for slot in plan.outputs if slot in made]
            names = dict.fromkeys(step.origin.name for step in plan.steps)
            self._flights[plan] = in_flight.Flight(outputs, list(names))
        return self._flights[plan]

    def _on_streams(
        self, plan: Plan, slots: list[Any], into: Sequence[Any], run_step: Execute
    ) -> None:
        branches = self.branches(plan)
        if branches is not None and branches.busy:
            # In the middle of a run: its events are not ours to record.
            branches = Branches(plan.xp, self._ctx.device_id, branches.assignment)
        if branches is None:
            for i in range(len(plan.steps)):
                run_step(plan, i, slots, into)
            return
        now = MAIN
        with branches as streams:
            for act, stream, number in branches.assignment.commands:
                if act == "wait":
                    streams[stream].wait_event(branches.events[number])
                elif act == "record":
                    branches.events[number].record(streams[stream])
                else:
                    if stream != now:
                        streams[stream].use()
                        now = stream
                    run_step(plan, number, slots, into)


class Branches:
    """The streams of one plan's runs. In a `with` statement, of one run: main and the sides.

    After it main is the current stream; and if the run failed, all streams have waited for all.

    Attributes
    ----------
    assignment : Assignment
    events : dict of int to Event
        For each number in the commands, an event, recorded anew in each run.
    busy : bool
        Whether a run is being launched.
    """

    def __init__(self, xp: Any, device: int, assignment: Assignment) -> None:
        self.assignment = assignment
        numbers = [command.number for command in assignment.commands if command.act == "record"]
        self.events = {number: xp.cuda.Event(disable_timing=True) for number in numbers}
        self._xp, self._device = xp, device
        self._streams: list[Any] = []
        self.busy = False

    def __enter__(self) -> list[Any]:
        main = self._xp.cuda.get_current_stream()
        self.busy = True
        self._streams = [main, *sides(self._xp, self._device, max(self.assignment.sides))]
        return self._streams

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        streams, self._streams, self.busy = self._streams, [], False
        streams[MAIN].use()
        if error is not None:
            with suppress(Exception):  # of a device that does nothing any more
                _join(self._xp, streams)


def _join(xp: Any, streams: Sequence[Any]) -> None:
    """End a run that failed as others end: with all streams waiting for all."""
    main = streams[MAIN]
    for side in streams[1:]:
        main.wait_event(side.record(xp.cuda.Event(disable_timing=True)))
    end = main.record(xp.cuda.Event(disable_timing=True))
    for side in streams[1:]:
        side.wait_event(end)


def _waiting(plan: Plan, i: int, slots: list[Any], into: Sequence[Any]) -> None:
    """Run one step and wait for it."""
    plainly(plan, i, slots, into)
    step = plan.steps[i]
    xp: Any = plan.xp if step.ctx is None else step.ctx.xp
    if xp is np:
        return
    try:
        xp.cuda.get_current_stream().synchronize()
    except Exception as error:
        note(error, plan, step)
        raise


def _on_devices(plan: Plan, slots: list[Any], into: Sequence[Any], run_step: Execute) -> None:
    """One step after another, each with its device the current one."""
    for i, step in enumerate(plan.steps):
        if step.ctx is not None and step.ctx.is_gpu:
            with placed(step.ctx):
                run_step(plan, i, slots, into)
        else:
            run_step(plan, i, slots, into)
