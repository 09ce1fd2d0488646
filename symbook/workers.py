"""The process's worker threads: shared by everybody, started when first needed, asleep between jobs.

A thread with work to share announces a :class:`Job` and begins it itself. Workers that sleep are woken, help
for as long as there is something to take, and sleep again. Whoever announced a job does all that nobody else
takes and waits only for what others have begun; so a job inside a job cannot deadlock, and where no thread
can be started everything still gets done.

Workers help only while no more threads run than :func:`thread_count` says, callers included. So where jobs
are inside jobs, or several of the user's threads announce some, the processors are not oversubscribed.

Nothing here takes a lock that could stay locked: an interrupt may come between any two instructions of the
main thread. What threads share are lists, whose `append`, `pop` and `clear` are atomic, with the GIL and
without it. Each thread sleeps on a lock of its own, which is released to wake it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time
from collections.abc import Callable

import numpy as np

from .errors import ArgumentError

Task = Callable[[int], object]

_jobs: list[Job] = []
"""Those that have been announced and are not over; the latest last."""

_workers: list[_Worker] = []

_running: dict[int, Job] = {}
"""What our threads that run are at, by identity: workers that help, and callers with their outermost job."""

_chosen: int | None = None
_no_start_before = 0.0
_ending = False

# After a thread could not be started, it is not tried again for so long.
_SECONDS_WITHOUT_TRYING = 1.0


# How many


def thread_count() -> int:
    """How many threads may run at once: as set, else `SYMBOOK_NUM_THREADS`, else the processors.

    The processors are those that this process may use: of its affinity, and of its container's quota.

    Raises
    ------
    ArgumentError
        If the environment variable is no positive number.
    """
    if _chosen is not None:
        return _chosen
    text = os.environ.get("SYMBOOK_NUM_THREADS")
    if text is None:
        return processors()
    if not text.strip().isdecimal() or int(text) < 1:
        raise ArgumentError(
            f"the environment variable SYMBOOK_NUM_THREADS is {text!r}",
            hint="Set it to 1 or more, or unset it.",
        )
    return int(text)


def set_thread_count(count: int | None) -> int | None:
    """Set how many threads may run at once, for the whole process; what was set before.

    None: what `SYMBOOK_NUM_THREADS` or the processors say.
    """
    global _chosen
    before, _chosen = _chosen, count
    return before


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_job() -> bool:
    """Whether this thread works on a job; others may then be busy with the same."""
    return threading.get_ident() in _running


def free_threads() -> int:
    """How many threads a job that is announced now would run on, the caller's included."""
    others = len(_running) - in_job()
    return max(1, thread_count() - others)


# What is done


def share(task: Task, count: int, threads: int | None = None) -> None:
    """Call `task(0)` … `task(count - 1)`, each once, on this thread and those that have nothing to do.

    In no certain order. Workers run with NumPy's floating-point warnings off.

    Parameters
    ----------
    task : callable
    count : int
    threads : int, optional
        How many threads at most, the caller's included; :func:`thread_count` if left out.

    Raises
    ------
    BaseException
        What the first failing call raised, after all that had begun have ended; the others are not begun.
    """
    most = thread_count() if threads is None else min(threads, thread_count())
    others = min(most, count) - 1
    if others < 1:
        for i in range(count):
            task(i)
        return
    Job(task, list(range(count - 1, -1, -1)), others).run()


class Job:
    """Calls of one function that several threads make.

    Parameters
    ----------
    task : callable
        Called with each item, on any thread.
    todo : list of int
        The items that may be taken now; taken from its end. `task` may append to it.
    others : int
        How many workers may help at a time.

    Attributes
    ----------
    stopped : bool
        Whether nobody shall take another item.
    """

    __slots__ = ("_begun", "_errors", "_permits", "_task", "stopped", "todo")

    def __init__(self, task: Task, todo: list[int], others: int) -> None:
        self.todo = todo
        self.stopped = False
        self._task: Task | None = task
        self._permits: list[None] = [None] * others
        self._begun: list[_Visit] = []
        self._errors: list[BaseException] = []

    def run(self) -> None:
        """Do it, together with whoever is free. When this returns or raises, nobody is at it any more."""
        me = threading.get_ident()
        outer = _running.get(me)
        if outer is not None and not outer.over:
            self._do()
        else:
            try:
                _running[me] = self
                self._do()
            finally:
                _running.pop(me, None)
            if _jobs:
                wake(1)
        if self._errors:
            first, self._errors = self._errors[:1], []
            raise first.pop()  # no name refers to it, or its traceback would keep it and all arrays alive

    @property
    def over(self) -> bool:
        """Whether it has been done or given up, and nobody is at it any more."""
        return self._task is None

    def _do(self) -> None:
        try:
            try:
                _jobs.append(self)
                wake(len(self._permits))
                self._work()
                self.wait()
            except Exception as error:
                self._errors.append(error)
            finally:
                self._end()
        finally:
            # Again, for an interrupt may have come at the beginning of what precedes.
            self._end()

    def wait(self) -> None:
        """Called when the caller finds nothing to take: returns when nothing more will come."""

    def help(self) -> None:
        """Work on it as one of the workers, if there is room for another."""
        try:
            self._permits.pop()
        except IndexError:
            return
        visit = _Visit()
        # Noted before anything is taken: whoever ends the job sees either this or that nothing was taken.
        self._begun.append(visit)
        try:
            self._work(only_helping=True)
        except BaseException as error:
            self._errors.append(error)
            self.stop()
        finally:
            visit.leave()
            self._permits.append(None)

    def stop(self) -> None:
        """Let nobody take another item."""
        self.stopped = True
        self.todo.clear()

    def _work(self, only_helping: bool = False) -> None:
        task, todo = self._task, self.todo
        while todo and not self.stopped and task is not None:
            try:
                item = todo.pop()
            except IndexError:
                return
            task(item)
            if only_helping and len(_running) > thread_count():
                return  # another caller has begun

    def _end(self) -> None:
        """Take it off, and wait until nobody is at it; no interrupt ends the waiting."""
        interrupt: BaseException | None = None
        while True:
            try:
                self.stop()
                for visit in self._begun:
                    visit.wait()
                if self in _jobs:
                    _jobs.remove(self)
                break
            except BaseException as error:  # an interrupt, or what a signal's handler raises
                interrupt = error
        self._task = None
        if interrupt is not None:
            raise interrupt


class _Visit:
    """One worker's work on one job."""

    __slots__ = ("_lock", "_over")

    def __init__(self) -> None:
        self._over = False
        self._lock = threading.Lock()
        self._lock.acquire()

    def leave(self) -> None:
        self._over = True
        self._lock.release()

    def wait(self) -> None:
        while not self._over:
            self._lock.acquire()


# The threads


class _Worker:
    """A thread that helps with jobs, and sleeps while there is none."""

    __slots__ = ("_lock", "asleep")

    def __init__(self) -> None:
        self.asleep = False
        self._lock = threading.Lock()
        self._lock.acquire()

    def loop(self) -> None:
        if len(_workers) >= thread_count():
            return
        _workers.append(self)
        try:
            with np.errstate(all="ignore"):  # per thread
                while not _ending and self in _workers:
                    self._help()
                    # Whoever announces a job looks for sleepers afterwards; so first this, then look again.
                    self.asleep = True
                    if _open_job() is None:
                        self._lock.acquire()
                    self.asleep = False
        finally:
            with contextlib.suppress(ValueError):
                _workers.remove(self)

    def wake(self) -> bool:
        """Wake it if it sleeps; whether it did. Only the worker itself notes that it is awake."""
        if not self.asleep or not self._lock.locked():
            return False
        try:
            self._lock.release()
        except RuntimeError:  # somebody else has woken it at the same moment
            return False
        return True

    def _help(self) -> None:
        me = threading.get_ident()
        while (job := _open_job()) is not None:
            _running[me] = job
            try:
                if len(_running) <= thread_count():
                    job.help()
            finally:
                del job
                _running.pop(me, None)


def _open_job() -> Job | None:
    """The latest job with something to take and room for another worker, if one more may run."""
    if not _jobs or len(_running) >= thread_count():
        return None
    for job in reversed(_jobs):
        if job.todo and job._permits:
            return job
    return None


def wake(wanted: int) -> None:
    """Wake as many sleeping workers, or start new ones; fewer where that many may not run."""
    wanted = min(wanted, thread_count() - len(_running))
    for worker in _workers:
        if wanted < 1:
            return
        wanted -= worker.wake()
    while wanted > 0 and len(_workers) < thread_count() and _start():
        wanted -= 1


def _start() -> bool:
    """Start a worker; whether that was possible."""
    global _no_start_before
    if _ending or time.monotonic() < _no_start_before:
        return False
    try:
        threading.Thread(target=_Worker().loop, name="symbook", daemon=True).start()
    except RuntimeError:
        _no_start_before = time.monotonic() + _SECONDS_WITHOUT_TRYING
        return False
    return True


def _forget() -> None:
    """In a forked child the parent's workers do not exist, and nobody is at any job but this thread."""
    global _jobs, _workers, _running, _no_start_before
    for job in _jobs:
        job._begun.clear()
    _jobs, _workers, _running, _no_start_before = [], [], {}, 0.0


def _stop() -> None:
    """At exit: let the workers end. They are daemons, so that one that does not cannot hold up anything."""
    global _ending
    _ending = True
    for worker in _workers:
        worker.wake()


atexit.register(_stop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
