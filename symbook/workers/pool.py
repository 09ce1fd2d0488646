"""The worker threads: started when first needed, asleep between jobs, new after a fork, gone at exit.

Nothing here takes a lock that could stay locked: an interrupt may come between any two instructions of the
main thread. What threads share are lists, whose `append`, `pop` and `clear` are atomic, with the GIL and
without it. Each worker sleeps on a lock of its own, which is released to wake it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time
import zlib
from typing import Protocol

import numpy as np

from . import blas
from .counts import latest_count
from .places import keep_off, processor


class Helped(Protocol):
    """What workers know of a job."""

    @property
    def over(self) -> bool:
        """Whether it has been done or given up, and nobody is at it any more."""

    def wants_help(self) -> bool:
        """Whether there is something to take, and room for another worker."""

    def help(self) -> None:
        """Work on it as long as there is something to take."""

    def forget_helpers(self) -> None:
        """Wait for nobody: workers do not exist any more."""


class Place(Protocol):
    """Where workers wait before they go to sleep, and do what they find there."""

    def mark(self) -> int:
        """To be taken before a worker looks for jobs the last time."""

    def stay(self, mark: int) -> None:
        """Wait; not long, and not after somebody has called since `mark`."""

    def call(self) -> int:
        """Call those who are there to other work; how many there are."""

    def busy(self) -> int:
        """How many of them work."""

    def forget(self) -> None:
        """Nobody is there: this is a forked child."""


jobs: list[Helped] = []
"""Those that have been announced and are not over; the latest last."""

running: dict[int, Helped] = {}
"""What our threads that run are at, by identity: workers that help, and callers with their outermost job."""

place: Place | None = None
"""Where workers wait; None where there is no compiled code to wait in."""

_workers: list[_Worker] = []
_no_start_before = 0.0
_ending = False

# The checksum of so much takes some microseconds, in which zlib does not hold the GIL.
_NOTHING = bytes(16 * 1024)

# After a thread could not be started, it is not tried again for so long.
_SECONDS_WITHOUT_TRYING = 1.0


class _Worker:
    """A thread that helps with jobs, and sleeps while there is none."""

    __slots__ = ("_asleep", "_kept_off", "_lock", "_thread")

    def __init__(self) -> None:
        self._asleep = False
        self._kept_off = -1
        self._thread = 0
        self._lock = threading.Lock()
        self._lock.acquire()

    def loop(self) -> None:
        if len(_workers) >= latest_count():
            return
        self._thread = threading.get_native_id()
        _workers.append(self)
        try:
            with np.errstate(all="ignore"):  # per thread
                while not _ending and self in _workers:
                    waits = place
                    mark = 0 if waits is None else waits.mark()
                    self._help()
                    if waits is not None:
                        waits.stay(mark)
                    # Whoever announces a job looks for sleepers afterwards; so first this, then look again.
                    self._asleep = True
                    if _open_job() is None:
                        self._lock.acquire()
                    self._asleep = False
        finally:
            with contextlib.suppress(ValueError):
                _workers.remove(self)

    def wake(self, processor: int = -1) -> bool:
        """Wake it if it sleeps; whether it did. Only the worker itself notes that it is awake.

        It is kept off the processor of whoever wakes it.
        """
        if not self._asleep or not self._lock.locked():
            return False
        self.keep_off(processor)
        try:
            self._lock.release()
        except RuntimeError:  # somebody else has woken it at the same moment
            return False
        return True

    def keep_off(self, processor: int) -> None:
        """Let it run elsewhere than on a processor; on any if that is -1."""
        if processor != self._kept_off and processor >= 0:
            self._kept_off = processor
            keep_off(self._thread, processor)

    def _help(self) -> None:
        me = threading.get_ident()
        while (job := _open_job()) is not None:
            running[me] = job
            try:
                if at_work() <= latest_count():
                    job.help()
            finally:
                del job
                running.pop(me, None)


def at_work() -> int:
    """How many of our threads run."""
    return len(running) + (0 if place is None else place.busy())


def room(me: int) -> int:
    """How many threads may work beside the calling one, whose identity is `me`."""
    return latest_count() - at_work() - (me not in running)


def pause() -> None:
    """Do nothing for a few microseconds, without the GIL: sleeping would take tens of them."""
    zlib.crc32(_NOTHING)


def _open_job() -> Helped | None:
    """The latest job that wants help, if one more thread may run."""
    if not jobs or at_work() >= latest_count():
        return None
    for job in reversed(jobs):
        if job.wants_help():
            return job
    return None


def wake(wanted: int) -> None:
    """Call waiting workers, wake sleeping ones or start new ones: so many, or as many as may run."""
    wanted = min(wanted, latest_count() - at_work())
    if wanted > 0 and place is not None:
        wanted -= place.call()
    if wanted > 0:
        wake_sleeping(wanted)


def wake_sleeping(wanted: int) -> None:
    """Wake so many workers that sleep, or start new ones."""
    own = processor()
    for worker in _workers:
        if wanted < 1:
            return
        wanted -= worker.wake(own)
    while wanted > 0 and len(_workers) < latest_count() and _start():
        wanted -= 1


def keep_clear(own: int) -> int:
    """Keep the workers off the caller's processor, if that is another than before; where it is now.

    Linux may move the caller to the processor of a worker that it has waited for.
    """
    now = processor()
    if now != own:
        for worker in _workers:
            worker.keep_off(now)
    return now


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


def forget() -> None:
    """In a forked child the parent's workers do not exist, and nobody is at any job but this thread."""
    global _workers, _no_start_before
    for job in jobs:
        job.forget_helpers()
    # Cleared, not new: others have imported them.
    jobs.clear()
    running.clear()
    _workers, _no_start_before = [], 0.0
    if place is not None:
        place.forget()
    blas.forget()


def _stop() -> None:
    """At exit: let the workers end. They are daemons, so that one that does not cannot hold up anything."""
    global _ending
    _ending = True
    if place is not None:
        place.call()
    for worker in _workers:
        worker.wake()


atexit.register(_stop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget)
