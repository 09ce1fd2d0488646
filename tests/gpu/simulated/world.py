"""The simulated machine: devices, queues of work, and the order in which the work is done.

Work is queued, and done as late as possible: when somebody waits for it, or now and then by chance. Between
queues (streams) any order that the rules allow may be taken; a seeded generator takes one. What the
rules leave open and matters is a race, and found whether or not this run's order shows it: each task
knows, by a clock of every queue, what is certainly done before it, and each piece of memory knows the
tasks that used it.
"""

from __future__ import annotations

import random
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from .errors import STATUS, CUDARuntimeError, Race

# So many tasks may wait before some are done, so that a long test needs no more memory.
MOST_WAITING = 2000


class Part:
    """Memory that a task uses: the allocation, and where in it, as a NumPy view."""

    __slots__ = ("block", "high", "low", "view")

    def __init__(self, block: Block, view: Any) -> None:
        self.block = block
        self.view = view
        self.low, self.high = np.lib.array_utils.byte_bounds(view)


@dataclass(eq=False, slots=True)
class Block:
    """An allocation of the device, and who used which part of it since the host last waited."""

    buffer: Any
    device: int
    uses: list[Use] = field(default_factory=list)


class Use(NamedTuple):
    """A task's use of a part of an allocation."""

    part: Part
    task: Task
    writes: bool


@dataclass(eq=False, slots=True)
class Task:
    """A piece of work in a queue; `clock[q]` tasks of queue q are certainly done before its end."""

    name: str
    queue: Queue
    index: int
    run: Callable[[], None] | None
    after: tuple[Task, ...]
    clock: dict[int, int]
    done: bool = False

    def follows(self, other: Task) -> bool:
        """Whether the rules say that `other` is done first."""
        return self.clock.get(other.queue.number, 0) >= other.index

    def __repr__(self) -> str:
        return f"{self.name} on stream {self.queue.number}"


@dataclass(eq=False, slots=True)
class Queue:
    """The work of one stream."""

    number: int
    device: int
    blocking: bool = True
    null: bool = False
    waiting: deque[Task] = field(default_factory=deque)
    last: Task | None = None
    count: int = 0
    waits: list[Task] = field(default_factory=list)
    capture: Any = None


class World:
    """All state of the simulation: a fixture makes one for each test.

    Parameters
    ----------
    seed : int
        Decides about orders of work.
    devices : int
    memory : int
        Bytes of each device.
    eagerness : float
        How probable it is that some waiting work is done when other work is queued.

    Attributes
    ----------
    counts : Counter
        `uploads` and `downloads` (copies between host and device memory), `synchronizations` (the host
        waited), `launches` (kernels of raw modules), `functions` (CuPy's own), `allocations`,
        `mallocs` (those that the pool could not serve), `graphs` (launched).
    launched : list of str
        Names of what was queued since the list was last cleared.
    races : list of str
    """

    def __init__(
        self, seed: int = 0, devices: int = 2, memory: int = 2**33, eagerness: float = 0.05
    ):
        self.random = random.Random(seed)
        self.eagerness = eagerness
        self.memory = memory
        self.devices = devices
        self.lock = threading.RLock()
        self.counts: Counter[str] = Counter()
        self.launched: list[str] = []
        self.races: list[str] = []
        self.tolerant = False
        self.failing: dict[str, str] = {}
        self.failure: CUDARuntimeError | None = None
        self.time = 0.0
        self.allocated = [0] * devices
        self.queues: list[Queue] = []
        self.nulls = [self.queue(device, null=True) for device in range(devices)]
        self.host: dict[int, int] = {}

    def queue(self, device: int, blocking: bool = True, null: bool = False) -> Queue:
        """A new, empty queue of a device."""
        with self.lock:
            made = Queue(len(self.queues), device, blocking, null)
            self.queues.append(made)
            return made

    def enqueue(
        self,
        queue: Queue,
        name: str,
        run: Callable[[], None],
        reads: Iterable[Part] = (),
        writes: Iterable[Part] = (),
        capturable: bool = False,
    ) -> Task | None:
        """Put work into a queue; None where the queue is being captured."""
        with self.lock:
            self.raise_failure()
            self.launched.append(name)
            reads, writes = list(reads), list(writes)
            if queue.capture is not None:
                queue.capture.add(queue, name, run, reads, writes, capturable)
                return None
            task = self._put(queue, name, run)
            for part, writing in [(p, False) for p in reads] + [(p, True) for p in writes]:
                self._use(task, part, writing)
            self._do_some()
            return task

    def _put(self, queue: Queue, name: str, run: Callable[[], None] | None) -> Task:
        self.refuse_implicit(queue)
        after = [task for task in (queue.last, *queue.waits, *self._by_null_stream(queue)) if task]
        queue.waits.clear()
        queue.count += 1
        clock = dict(self.host)
        for other in after:
            for number, count in other.clock.items():
                clock[number] = max(clock.get(number, 0), count)
        clock[queue.number] = queue.count
        task = Task(name, queue, queue.count, run, tuple(t for t in after if not t.done), clock)
        queue.waiting.append(task)
        queue.last = task
        return task

    def _by_null_stream(self, queue: Queue) -> list[Task | None]:
        """What the legacy null stream makes a task wait for."""
        if not queue.blocking:
            return []
        others = [q for q in self.queues if q.device == queue.device and q.blocking]
        return [q.last for q in others if q is not queue and (queue.null or q.null)]

    def refuse_implicit(self, queue: Queue) -> None:
        """The null stream waits for blocking streams, which those being captured cannot allow."""
        if not queue.null:
            return
        for other in self.queues:
            if other.capture is not None and other.blocking and other.device == queue.device:
                other.capture.broken = True
                raise CUDARuntimeError(STATUS["cudaErrorStreamCaptureImplicit"])

    def mark(self, queue: Queue, name: str, run: Callable[[], None]) -> Task:
        """Work of no memory, such as recording an event."""
        with self.lock:
            return self._put(queue, name, run)

    def finish(self, tasks: Iterable[Task | None]) -> None:
        """The host waits until tasks are done; others may be done meanwhile."""
        with self.lock:
            wanted = [task for task in tasks if task is not None]
            needed = self._needed(wanted)
            while needed:
                ready = self._ready()
                if self.random.random() < 0.7:
                    ready = [task for task in ready if task in needed]
                task = self.random.choice(ready)
                self._do(task)
                needed.discard(task)
            for task in wanted:
                for number, count in task.clock.items():
                    self.host[number] = max(self.host.get(number, 0), count)
            self.raise_failure()

    def finish_device(self, device: int) -> None:
        """The host waits for all work of a device."""
        with self.lock:
            for queue in self.queues:
                if queue.device == device and queue.capture is not None:
                    queue.capture.broken = True
                    raise CUDARuntimeError(STATUS["cudaErrorStreamCaptureUnsupported"])
            self.finish([q.last for q in self.queues if q.device == device])

    def raise_failure(self) -> None:
        """A kernel that failed makes every later call fail."""
        if self.failure is not None:
            raise self.failure

    def _needed(self, tasks: list[Task]) -> set[Task]:
        needed: set[Task] = set()
        stack = [task for task in tasks if not task.done]
        while stack:
            task = stack.pop()
            if task in needed or task.done:
                continue
            needed.add(task)
            stack.extend(task.after)
        return needed

    def _ready(self) -> list[Task]:
        heads = [queue.waiting[0] for queue in self.queues if queue.waiting]
        return [task for task in heads if all(other.done for other in task.after)]

    def _do_some(self) -> None:
        waiting = sum(len(queue.waiting) for queue in self.queues)
        while waiting > MOST_WAITING or (waiting and self.random.random() < self.eagerness):
            self._do(self.random.choice(self._ready()))
            waiting -= 1

    def _do(self, task: Task) -> None:
        task.queue.waiting.popleft()
        run, task.run = task.run, None
        task.done, task.after = True, ()
        self.time += self.random.uniform(0.002, 0.02)
        if task.name in self.failing:
            self.failure = CUDARuntimeError(STATUS[self.failing.pop(task.name)])
            return
        if run is not None and self.failure is None:
            with np.errstate(all="ignore"):
                run()

    def _use(self, task: Task, part: Part, writes: bool) -> None:
        """Note that a task uses memory; it must follow all tasks with which it would collide."""
        low, high, view = part.low, part.high, part.view
        if view.size == 0:
            return
        kept = []
        for use in part.block.uses:
            other = use.part
            if other.high <= low or other.low >= high:
                kept.append(use)
                continue
            ordered = task.follows(use.task)
            if (writes or use.writes) and not ordered and np.shares_memory(other.view, view):
                self._race(task, use, writes)
            covered = low <= other.low and other.high <= high and view.flags.forc
            if not (covered and ordered and (writes or not use.writes)):
                kept.append(use)
        kept.append(Use(part, task, writes))
        if len(kept) > 64:
            kept = [use for use in kept if self.host.get(use.task.queue.number, 0) < use.task.index]
        part.block.uses = kept

    def _race(self, task: Task, use: Use, writes: bool) -> None:
        first, second = ("writes" if each else "reads" for each in (writes, use.writes))
        self.race(f"{task!r} {first} memory that {use.task!r} {second}")

    def race(self, found: str) -> None:
        """Note a race, and raise it."""
        text = f"{found}, and nothing makes it wait for that"
        self.races.append(text)
        if not self.tolerant:
            raise Race(text)


class Current:
    """The world that is simulated now; modules and arrays find it here."""

    world: World = World(devices=1)


def world() -> World:
    """The world that is simulated now."""
    return Current.world
