"""The worker threads, shared by all executors: started when first needed, gone at exit, new after a fork."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import ArgumentError

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

_lock = threading.Lock()
_pool: ThreadPoolExecutor | None = None
_size = 0


def thread_count() -> int:
    """How many threads a run may use: `SYMBOOK_NUM_THREADS`, else the processors of this process.

    Raises
    ------
    ArgumentError
        If the environment variable is no positive number.
    """
    text = os.environ.get("SYMBOOK_NUM_THREADS")
    if text is None:
        return _processors()
    if not text.strip().isdecimal() or int(text) < 1:
        raise ArgumentError(
            f"the environment variable SYMBOOK_NUM_THREADS is {text!r}",
            hint="Set it to 1 or more, or unset it.",
        )
    return int(text)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def submit(task: Callable[[], None], workers: int) -> Future[None] | None:
    """Start a task on one of at least that many workers; None where no thread can be started."""
    # Here, because it costs `import symbook` 7 ms and small graphs never need it.
    from concurrent.futures import ThreadPoolExecutor

    global _pool, _size
    with _lock:
        if _pool is None or _size < workers:
            # The smaller pool's threads finish what they have and end; nobody waits for them here.
            old, _size = _pool, workers
            _pool = ThreadPoolExecutor(workers, thread_name_prefix="symbook")
            if old is not None:
                old.shutdown(wait=False)
        try:
            return _pool.submit(task)
        except RuntimeError:
            return None


def _forget() -> None:
    """In a forked child the parent's workers do not exist."""
    global _pool, _lock
    _lock = threading.Lock()
    _pool = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
