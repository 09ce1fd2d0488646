"""Which steps of a plan run side by side, decided from estimates when the plan is first run.

Steps that nobody gains from separating are put together into tasks. Then the tasks are run in thought, on so
many threads: where several heavy ones are ready at once, they and what follows them run side by side, each
on its thread, until one alone is left; that one runs by itself, and BLAS has all threads for it. So a step
always runs in the same way, and gives the same bits, whatever the threads do.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..plan import Plan
from ..tuning import CALL, HANDOFF, HEAVY
from .estimate import Estimate, estimate

# How many ancestors of a task to look through for another task before giving up.
_LOOK_BACK = 64

# A step is light, whatever it does, if all arrays it reads and writes have fewer bytes.
_SMALL = 4096

# Side by side must be that much faster than one after the other, by the estimates.
_GAIN = 0.92


@dataclass(slots=True)
class _Task:
    """Steps that run one after the other."""

    deps: tuple[int, ...]
    steps: list[int] = field(default_factory=list)
    one: float = 0.0
    alone: float = 0.0
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a run.

    Attributes
    ----------
    tasks : tuple of tuple of int
        Positions of steps. A phase of one task runs on the calling thread.
    followers : tuple of tuple of int
        For each task, the tasks that wait for it.
    waiting : tuple of int
        For each task, how many it waits for.
    width : int
        How many threads it uses at most.
    blas : bool
        Whether BLAS is called on several of them.
    """

    tasks: tuple[tuple[int, ...], ...]
    followers: tuple[tuple[int, ...], ...] = ((),)
    waiting: tuple[int, ...] = (0,)
    width: int = 1
    blas: bool = False


def each_by_itself(plan: Plan, threads: int) -> tuple[Phase, ...]:
    """Every step a task, whether that pays or not."""
    tasks = [_Task(step.deps, [i]) for i, step in enumerate(plan.steps)]
    blas = any(estimate(plan, step).blas for step in plan.steps)
    return (_side_by_side(tasks, range(len(tasks)), min(threads, len(tasks)), blas),)


def phases(plan: Plan, threads: int) -> tuple[Phase, ...]:
    """The parts of a run on so many threads, one after the other."""
    if not plan.steps:
        return ()
    whole = (Phase((tuple(range(len(plan.steps))),)),)
    if threads < 2 or _is_small(plan):
        return whole
    estimates = [estimate(plan, step) for step in plan.steps]
    if sum(found.one >= HEAVY for found in estimates) < 2:
        return whole
    return _Simulation(_tasks(plan, estimates, threads), estimates, threads).phases()


def calls_blas(plan: Plan) -> bool:
    """Whether it has a product that BLAS may give several threads to."""
    return not _is_small(plan) and any(
        found.blas and found.one >= HEAVY for found in (estimate(plan, step) for step in plan.steps)
    )


def _is_small(plan: Plan) -> bool:
    """Whether every step is light, told from what it reads and writes."""
    specs = {id(spec): spec for spec in plan.specs}  # many values have one
    return all(spec.nbytes < _SMALL for spec in specs.values())


# Tasks


def _tasks(plan: Plan, estimates: Sequence[Estimate], threads: int) -> list[_Task]:
    tasks: list[_Task] = []
    home: list[int] = []
    for i, (step, found) in enumerate(zip(plan.steps, estimates, strict=True)):
        before = sorted({home[dep] for dep in step.deps})
        light = found.one < HEAVY
        last = before[-1] if before else None
        if last is not None and _may_join(plan, tasks, i, last, before[:-1], light):
            k = last
        else:
            k = len(tasks)
            tasks.append(_Task(tuple(before)))
        home.append(k)
        tasks[k].steps.append(i)
        tasks[k].one += found.one
        tasks[k].alone += found.on(threads)
    return tasks


def _may_join(
    plan: Plan, tasks: Sequence[_Task], i: int, last: int, others: Sequence[int], light: bool
) -> bool:
    """Whether a step may be the next of the latest task that it depends on, without delaying anybody much."""
    tail = tasks[last].steps[-1]
    if not light and (tail not in plan.steps[i].deps or plan.followers[tail] != (i,)):
        return False
    missing = set(others)
    seen: set[int] = set()
    pending = [last]
    while pending and missing and len(seen) < _LOOK_BACK:
        fresh = [dep for dep in tasks[pending.pop()].deps if dep not in seen]
        seen.update(fresh)
        missing.difference_update(fresh)
        pending += [dep for dep in fresh if missing and dep > min(missing)]
    return not missing


# Phases


class _Simulation:
    """A run in thought. Of the tasks that are ready, the one with most work behind it is taken first."""

    def __init__(self, tasks: list[_Task], estimates: Sequence[Estimate], threads: int) -> None:
        self._tasks, self._estimates, self._threads = tasks, estimates, threads
        self._followers: list[list[int]] = [[] for _ in tasks]
        for k, task in enumerate(tasks):
            for dep in task.deps:
                self._followers[dep].append(k)
        for k in range(len(tasks) - 1, -1, -1):
            behind = max((tasks[f].wait for f in self._followers[k]), default=0.0)
            tasks[k].wait = tasks[k].one + behind
        self._missing = [len(task.deps) for task in tasks]
        # Ready tasks, light and heavy ones apart, each list a heap.
        self._light: list[tuple[float, int]] = []
        self._heavy: list[tuple[float, int]] = []
        for k, count in enumerate(self._missing):
            if not count:
                self._make_ready(k)
        self._serial: list[int] = []
        self._found: list[Phase] = []

    def _is_heavy(self, k: int) -> bool:
        return self._tasks[k].one >= HEAVY

    def _make_ready(self, k: int) -> None:
        heapq.heappush(self._heavy if self._is_heavy(k) else self._light, (-self._tasks[k].wait, k))

    def _finish(self, k: int) -> None:
        for follower in self._followers[k]:
            self._missing[follower] -= 1
            if not self._missing[follower]:
                self._make_ready(follower)

    def phases(self) -> tuple[Phase, ...]:
        """All of them, in order."""
        while self._light or self._heavy:
            if self._light or len(self._heavy) == 1:
                k = heapq.heappop(self._light or self._heavy)[1]
                self._serial.append(k)
                self._finish(k)
            else:
                self._together()
        self._close_serial()
        return tuple(self._found)

    def _together(self) -> None:
        """Run side by side for as long as at least two heavy tasks can."""
        taken: list[int] = []
        ends: list[tuple[float, int]] = []
        now, width = 0.0, 1
        while True:
            handoff = CALL  # the thread that is free goes on; others must be woken
            while len(ends) < self._threads and (ready := self._next(ends)) is not None:
                k = heapq.heappop(ready)[1]
                taken.append(k)
                heapq.heappush(ends, (now + self._tasks[k].one + handoff, k))
                handoff = HANDOFF
                width = max(width, sum(self._is_heavy(other) for _, other in ends))
            if not ends:
                break
            now, k = heapq.heappop(ends)
            self._finish(k)
        self._accept(taken, now, width)

    def _next(self, beside: Sequence[tuple[float, int]]) -> list[tuple[float, int]] | None:
        """The heap to take from; None where there is none, or one heavy task would be alone."""
        alone = len(self._heavy) == 1 and not any(self._is_heavy(k) for _, k in beside)
        if self._heavy and not alone and (not self._light or self._heavy < self._light):
            return self._heavy
        return self._light or None

    def _accept(self, taken: list[int], seconds: float, width: int) -> None:
        """Note the phase if it is worth it; else run its tasks one after the other."""
        alone = sum(self._tasks[k].alone for k in taken)
        steps = [self._estimates[i] for k in taken for i in self._tasks[k].steps]
        blas = any(step.blas for step in steps)
        # Where there are fewer tasks than threads, each has some of BLAS's.
        own = sum(step.on(self._threads // width) for step in steps)
        seconds *= own / sum(step.one for step in steps)
        if width < 2 or seconds > _GAIN * alone:
            self._serial += taken
            return
        self._close_serial()
        self._found.append(_side_by_side(self._tasks, taken, width, blas))

    def _close_serial(self) -> None:
        if self._serial:
            # In the plan's own order.
            steps = sorted(i for k in self._serial for i in self._tasks[k].steps)
            self._found.append(Phase((tuple(steps),)))
            self._serial = []


def _side_by_side(tasks: Sequence[_Task], chosen: Sequence[int], width: int, blas: bool) -> Phase:
    """A phase of some tasks. What precedes them has run, and what is most urgent has the highest number."""
    order = sorted(chosen, key=lambda k: (tasks[k].wait, -k))
    place = {k: position for position, k in enumerate(order)}
    followers: list[list[int]] = [[] for _ in order]
    waiting = []
    for k in order:
        inside = [place[dep] for dep in tasks[k].deps if dep in place]
        waiting.append(len(inside))
        for dep in inside:
            followers[dep].append(place[k])
    return Phase(
        tuple([tuple(tasks[k].steps) for k in order]),
        tuple(map(tuple, followers)),
        tuple(waiting),
        width,
        blas,
    )
