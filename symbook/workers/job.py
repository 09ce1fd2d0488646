"""Work that several threads do together.

A thread with work to share announces a :class:`Job` and begins it itself. Workers that sleep are woken, help
for as long as there is something to take, and sleep again. Whoever announced a job does all that nobody else
takes and waits only for what others have begun; so a job inside a job cannot deadlock, and where no thread
can be started everything still gets done.

Workers help only while no more threads run than :func:`thread_count` says, callers included. So where jobs
are inside jobs, or several of the user's threads announce some, the processors are not oversubscribed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..tuning import PATIENCE
from . import pool
from .blas import free_thread, limit_process, limit_thread
from .counts import latest_count, thread_count

Task = Callable[[int], object]


def in_job() -> bool:
    """Whether this thread works on a job; others may then be busy with the same."""
    return threading.get_ident() in pool.running


def free_threads() -> int:
    """How many threads a job that is announced now would run on, the caller's included."""
    others = len(pool.running) - in_job()
    return max(1, thread_count() - others)


def awaiting(thread: int) -> set[int]:
    """A thread, that for which it works if it helps with a job, and so on: all who wait for it."""
    found: set[int] = set()
    while thread and thread not in found:
        found.add(thread)
        thread = getattr(pool.running.get(thread), "caller", 0)
    return found


def share(task: Task, count: int, threads: int | None = None, *, blas: bool = False) -> None:
    """Call `task(0)` … `task(count - 1)`, each once, on this thread and those that have nothing to do.

    In no certain order. Workers run with NumPy's floating-point warnings off.

    Parameters
    ----------
    task : callable
    count : int
    threads : int, optional
        How many threads at most, the caller's included; :func:`thread_count` if left out.
    blas : bool
        Whether the task calls BLAS, whose own threads are then limited: to one for each of ours, if all of
        ours are at it.

    Raises
    ------
    BaseException
        What the first failing call raised, after all that had begun have ended; the others are not begun.
    """
    most = latest_count()
    others = min(count, most if threads is None else min(threads, most)) - 1
    if others < 1:
        for i in range(count):
            task(i)
        return
    Job(task, list(range(count - 1, -1, -1)), others, blas=blas).run()


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
    blas : bool
        Whether the task calls BLAS, whose threads are limited meanwhile to this job's share of all.

    Attributes
    ----------
    stopped : bool
        Whether nobody shall take another item.
    caller : int
        The identity of the thread that runs it, and waits for those who help; 0 before.
    """

    __slots__ = (
        "_begun",
        "_blas_threads",
        "_errors",
        "_others",
        "_permits",
        "_task",
        "caller",
        "stopped",
        "todo",
    )

    def __init__(self, task: Task, todo: list[int], others: int, *, blas: bool = False) -> None:
        self.todo = todo
        self.stopped = False
        self.caller = 0
        self._blas_threads = max(1, latest_count() // (1 + others)) if blas else None
        self._task: Task | None = task
        self._others = others
        self._permits: list[None] = []  # one for each worker that may come
        self._begun: list[_Visit] = []
        self._errors: list[BaseException] = []

    @property
    def over(self) -> bool:
        """Whether it has been done or given up, and nobody is at it any more."""
        return self._task is None

    def run(self) -> None:
        """Do it, together with whoever is free. When this returns or raises, nobody is at it any more.

        Raises
        ------
        BaseException
            What the first failing call raised.
        """
        me = self.caller = threading.get_ident()
        outer = pool.running.get(me)
        if outer is not None and not outer.over:
            self._do()
        else:
            try:
                pool.running[me] = self
                self._do()
            finally:
                pool.running.pop(me, None)
            if pool.jobs:
                pool.wake(1)
        if self._errors:
            first, self._errors = self._errors[:1], []
            raise first.pop()  # no name refers to it, or its traceback would keep it and all arrays alive

    def take(self) -> int:
        """The next item. Raises IndexError if there is none."""
        return self.todo.pop()

    def wait(self) -> None:
        """Called when the caller finds nothing to take: returns when nothing more will come."""

    def call_back(self) -> bool:
        """Called when the caller, if it waits, must look for something to take; whether it waited."""
        return False

    def stop(self) -> None:
        """Let nobody take another item."""
        self.stopped = True
        self.todo.clear()

    def _do(self) -> None:
        before: tuple[int, ...] = ()
        try:
            try:
                pool.jobs.append(self)
                if self._blas_threads is not None:
                    limit_process(_blas_share)
                    before = limit_thread(self._blas_threads)
                # Not before, for workers that are awake come at once.
                self._permits += [None] * self._others
                pool.wake(self._others)
                self._work()
                self.wait()
            except Exception as error:
                self._errors.append(error)
            finally:
                self._end()
        finally:
            # Again, for an interrupt may have come at the beginning of what precedes.
            self._end()
            if before:
                free_thread(before)

    def _end(self) -> None:
        """Take it off, and wait until nobody is at it; no interrupt ends the waiting."""
        interrupt: BaseException | None = None
        while not self.over:
            try:
                self.stop()
                for visit in self._begun:
                    visit.wait()
                if self in pool.jobs:
                    pool.jobs.remove(self)
                if self._blas_threads is not None:
                    limit_process(_blas_share)
                self._task = None
            except BaseException as error:  # an interrupt, or what a signal's handler raises
                interrupt = error
        if interrupt is not None:
            raise interrupt

    def _work(self, only_helping: bool = False) -> None:
        task, todo = self._task, self.todo
        own = -1
        while todo and not self.stopped and task is not None:
            if not only_helping:
                own = pool.keep_clear(own)
            try:
                item = self.take()
            except IndexError:
                return
            task(item)
            if only_helping and len(pool.running) > latest_count():  # another caller has begun
                self.call_back()
                return

    # For workers

    def wants_help(self) -> bool:
        """Whether there is something to take, and room for another worker."""
        return bool(self.todo and self._permits)

    def help(self) -> None:
        """Work on it as one of the workers, if there is room for another."""
        try:
            self._permits.pop()
        except IndexError:
            return
        visit = _Visit()
        # Noted before anything is taken: whoever ends the job sees either this or that nothing was taken.
        self._begun.append(visit)
        before = () if self._blas_threads is None else limit_thread(self._blas_threads)
        try:
            self._work(only_helping=True)
        except BaseException as error:
            self._errors.append(error)
            self.stop()
        finally:
            if before:
                free_thread(before)
            visit.leave()
            self._permits.append(None)

    def forget_helpers(self) -> None:
        """Wait for nobody: in a forked child the workers do not exist."""
        self._begun.clear()


def _blas_share() -> int | None:
    """How many threads each call of BLAS may have, for all jobs that there are."""
    shares = [job._blas_threads for job in pool.jobs if isinstance(job, Job)]
    return min([share for share in shares if share is not None], default=None)


class _Visit:
    """One worker's work on one job."""

    __slots__ = ("_left", "_lock")

    def __init__(self) -> None:
        self._left: list[None] = []  # has an item when the worker has left
        self._lock: threading.Lock | None = None

    def leave(self) -> None:
        """The worker has left."""
        self._left.append(None)
        if self._lock is not None:
            self._lock.release()

    def wait(self) -> None:
        """Wait until it has."""
        if self._left:
            return
        # To sleep and be woken takes longer than most waits here.
        end = time.perf_counter() + PATIENCE
        while not self._left and time.perf_counter() < end:
            pool.pause()
        if self._lock is None:
            lock = threading.Lock()
            lock.acquire()
            # The worker notes first that it has left, and looks for a lock then.
            self._lock = lock
        while not self._left:
            self._lock.acquire()
