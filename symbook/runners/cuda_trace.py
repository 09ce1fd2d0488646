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
    times : Times
        Where it notes when steps ran.
    """

    def __init__(self, plan: Plan, ctx: Context, assignment: Assignment, times: Times) -> None:
        self._plan, self._ctx, self._assignment = plan, ctx, assignment
        found = dict.fromkeys([step.ctx or ctx for step in plan.steps] or [ctx])
        self._gpus = [gpu for gpu in found if gpu.is_gpu]
        self._first: dict[Context, tuple[Any, float]] = {}
        self._marks: dict[int, tuple[Any, Any]] = {}
        self._times = times

    def begin(self) -> None:
        """Wait until the devices have nothing to do, and begin."""
        for gpu in self._gpus:
            with placed(gpu):
                gpu.xp.cuda.Device().synchronize()
        in_flight.landed()
        for gpu in self._gpus:
            with placed(gpu):
                self._first[gpu] = (_mark(gpu.xp), time.perf_counter())

    def execute(self, plan: Plan, i: int, slots: list[Any], into: Sequence[Any]) -> None:
        """Run one step between two events."""
        ctx = plan.steps[i].ctx or self._ctx
        start = _mark(ctx.xp) if ctx.is_gpu else time.perf_counter()
        try:
            plainly(plan, i, slots, into)
        except Exception:
            self._times.failed = i if self._times.failed is None else self._times.failed
            raise
        if ctx.is_gpu:
            self._marks[i] = (start, _mark(ctx.xp))
        else:
            self._times[i] = Moment(start, time.perf_counter(), threading.get_ident())

    def end(self) -> None:
        """Wait, and note when each step ran."""
        for gpu in self._gpus:
            with placed(gpu), in_flight.Waiting():
                _mark(gpu.xp).synchronize()
        for i, (start, end) in self._marks.items():
            gpu = self._plan.steps[i].ctx or self._ctx
            moments = self._seconds(gpu, start), self._seconds(gpu, end)
            self._times[i] = Moment(*moments, threading.get_ident(), self._stream(i))

    def _seconds(self, gpu: Context, event: Any) -> float:
        first, moment = self._first[gpu]
        xp: Any = gpu.xp
        return moment + float(xp.cuda.get_elapsed_time(first, event)) / 1e3

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
