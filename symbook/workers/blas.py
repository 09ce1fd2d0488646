"""The threads of NumPy's BLAS, limited while several of our own threads call it.

Most libraries have one number of threads for the process; for some, each thread that calls them has its own.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from typing import Any

# An interrupt may leave it locked, in the instruction after it was taken; see `limit_process`.
_lock = threading.RLock()
_SECONDS_LOCKED_AT_MOST = 1.0

_before: tuple[int, ...] | None = None
"""How many threads the process's libraries had before they were limited; None while they are not."""


@functools.cache
def libraries() -> tuple[Any, ...]:
    """What controls the BLAS libraries that are loaded; finding them takes milliseconds.

    None where there is no threadpoolctl, or for a BLAS that it does not know, such as Apple's.
    """
    try:
        # Here, because small graphs never need it.
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return ()
    return tuple(ThreadpoolController().select(user_api="blas").lib_controllers)


@functools.cache
def _libraries_of(whom: str) -> tuple[Any, ...]:
    return tuple([library for library in libraries() if _scope(library) == whom])


def _scope(library: Any) -> str:
    """Whose number of threads is set: the process's or the calling thread's."""
    if library.internal_api == "mkl":
        return "process"
    openmp = getattr(library, "threading_layer", "") == "openmp"
    return "process" if library.internal_api == "openblas" and not openmp else "thread"


def blas_threads() -> int | None:
    """How many threads a matrix product of NumPy's has at the moment; None where that cannot be told."""
    return max([library.num_threads for library in libraries()], default=None)


def limit_process(wanted: Callable[[], int | None]) -> None:
    """Let the process's libraries have at most as many threads as `wanted()` says; for None, as before.

    It is asked when nobody else is changing the limit, so the last call sets what holds then.
    """
    global _lock, _before
    ours = _libraries_of("process")
    if not _lock.acquire(timeout=_SECONDS_LOCKED_AT_MOST):
        _lock = threading.RLock()
        _lock.acquire()
    try:
        most = wanted()
        if most is not None:
            if _before is None:
                _before = tuple([library.num_threads for library in ours])
            _set(ours, [min(count, most) for count in _before])
        elif _before is not None:
            _set(ours, _before)
            _before = None
    finally:
        _lock.release()


def limit_thread(most: int) -> tuple[int, ...]:
    """The same for the libraries with a number for each thread; what they had, for :func:`free_thread`."""
    ours = _libraries_of("thread")
    before = tuple([library.num_threads for library in ours])
    _set(ours, [min(count, most) for count in before])
    return before


def free_thread(before: Sequence[int]) -> None:
    """Let this thread's calls have as many threads as before."""
    _set(_libraries_of("thread"), before)


def _set(ours: Sequence[Any], counts: Sequence[int]) -> None:
    for library, count in zip(ours, counts, strict=True):
        # From threadpoolctl 3.8 on there is a lock around this, for which a signal's handler in its middle,
        # or a child forked then, waits for ever. We have a lock of our own.
        direct = getattr(library, "_real_set_num_threads", None)
        if direct is not None:
            direct(count)
            continue
        library.set_num_threads(count)
        # The thread that has set it is the only one that may, until it says so.
        if hasattr(library, "clear_controlling_thread"):
            library.clear_controlling_thread()


def forget() -> None:
    """In a forked child nobody holds the lock."""
    global _lock
    _lock = threading.RLock()
