"""When each step of a run was on the GPU: CUDA's events before and after it, on its own stream."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

from .. import in_flight
from ..context import Context
from ..ndarray.storage import placed
from ..plan import Plan
from .base import execute as plainly
from .streams import MAIN, Assignment
from .trace import Moment, Times


class Stopwatch:
    """Times one run.

    Events of different devices cannot be compared: each device has a first event of its own, recorded while
    it has nothing to do, at a moment that the host's clock knows.

    Parameters
    ----------
    plan : Plan
    ctx : Context
        Where steps without a context of their own run.
    assignment : Assignment
    """

    def __init__(self, plan: Plan, ctx: Context, assignment: Assignment) -> None:
        self._plan, self._ctx, self._assignment = plan, ctx, assignment
        found = dict.fromkeys([step.ctx or ctx for step in plan.steps] or [ctx])
        self._gpus = [gpu for gpu in found if gpu.is_gpu]
        self._first: dict[Context, tuple[Any, float]] = {}
        self._marks: dict[int, tuple[Any, Any]] = {}
        self._times: Times = {}

    def begin(self) -> None:
        """Wait until the devices have nothing to do, and begin."""
        for gpu in self._gpus:
            with placed(gpu):
                gpu.xp.cuda.Device().synchronize()
        in_flight.landed()
        self._begin = time.perf_counter()
        for gpu in self._gpus:
            with placed(gpu):
                self._first[gpu] = (_mark(gpu.xp), time.perf_counter() - self._begin)

    def execute(self, plan: Plan, i: int, slots: list[Any], into: Sequence[Any]) -> None:
        """Run one step between two events."""
        ctx = plan.steps[i].ctx or self._ctx
        if ctx.is_gpu:
            start = _mark(ctx.xp)
            plainly(plan, i, slots, into)
            self._marks[i] = (start, _mark(ctx.xp))
        else:
            begin = time.perf_counter() - self._begin
            plainly(plan, i, slots, into)
            end = time.perf_counter() - self._begin
            self._times[i] = Moment(begin, end, threading.get_ident())

    def end(self) -> tuple[Times, float]:
        """Wait; when each step ran, and how many seconds all took."""
        ends = [time.perf_counter() - self._begin]
        for gpu in self._gpus:
            with placed(gpu), in_flight.Waiting():
                last = _mark(gpu.xp)
                last.synchronize()
                ends.append(self._seconds(gpu, last))
        for i, (start, end) in self._marks.items():
            gpu = self._plan.steps[i].ctx or self._ctx
            moments = self._seconds(gpu, start), self._seconds(gpu, end)
            self._times[i] = Moment(*moments, threading.get_ident(), self._stream(i))
        return self._times, max([*ends, *[moment.end for moment in self._times.values()]])

    def _seconds(self, gpu: Context, event: Any) -> float:
        first, offset = self._first[gpu]
        xp: Any = gpu.xp
        return offset + float(xp.cuda.get_elapsed_time(first, event)) / 1e3

    def _stream(self, i: int) -> str:
        ctx = self._plan.steps[i].ctx
        if ctx is not None:
            return f"{ctx} main"
        stream = self._assignment.streams[i]
        return "main" if stream == MAIN else f"side {stream}"


def _mark(xp: Any) -> Any:
    """An event that is recorded now, on the current stream."""
    event = xp.cuda.Event()
    event.record()
    return event
