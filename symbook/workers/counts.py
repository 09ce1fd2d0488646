"""How many threads may run at once."""

from __future__ import annotations

import functools
import math
import os
import sys
from pathlib import Path

from .. import control_groups
from ..errors import ArgumentError

VARIABLE = "SYMBOOK_NUM_THREADS"

MOST_THREADS = 256
"""What may be asked for, unless there are more processors: more would only wait for each other."""

_WITHOUT_THREADS = ("emscripten", "wasi")

_chosen: int | None = None
_latest = 0


def thread_count() -> int:
    """How many threads may run at once.

    That is what was set; else `SYMBOOK_NUM_THREADS`; else `OMP_NUM_THREADS`, but no more than there are
    :func:`processors`; else those.

    Raises
    ------
    ArgumentError
        If `SYMBOOK_NUM_THREADS` is no positive number, or too large a one.
    """
    global _latest
    _latest = _found()
    return _latest


def latest_count() -> int:
    """What :func:`thread_count` said last, which is asked whenever a graph is bound.

    To find out takes some microseconds, too many for each time that a little work is to be shared.
    """
    return _latest or thread_count()


def bounded() -> bool:
    """Whether fewer threads may run than libraries would take by themselves."""
    return _chosen is not None or VARIABLE in os.environ or _quota() is not None


def _found() -> int:
    if _chosen is not None:
        return _chosen
    if os.environ.get(VARIABLE, "").strip():
        return _from_environment(os.environ[VARIABLE])
    if "OMP_NUM_THREADS" in os.environ:
        # As OpenMP has it: a list, for each level of nesting.
        first = os.environ["OMP_NUM_THREADS"].partition(",")[0].strip()
        if first.isdecimal() and int(first) > 0:
            return min(int(first), processors())
    return processors()


def _from_environment(text: str) -> int:
    if not text.strip().isdecimal() or int(text) < 1:
        raise ArgumentError(
            f"the environment variable {VARIABLE} is {text!r}",
            hint="Set it to 1 or more, or unset it.",
        )
    if int(text) > most_threads():
        raise ArgumentError(
            f"the environment variable {VARIABLE} is {text!r}, and at most {most_threads()} threads can run",
            hint="Unset it: there are then as many as there are processors.",
        )
    return int(text)


def most_threads() -> int:
    """How many threads may be asked for at most."""
    return max(MOST_THREADS, processors())


def set_thread_count(count: int | None) -> int | None:
    """Set how many threads may run at once, for the whole process; what was set before.

    None: what the environment or the processors say.
    """
    global _chosen
    before, _chosen = _chosen, count
    thread_count()
    return before


def processors() -> int:
    """How many processors this process may use: those of its affinity, within its container's quota.

    A browser's Python has one: it cannot start threads, whatever the machine has.
    """
    if sys.platform in _WITHOUT_THREADS:
        return 1
    # The process's, whatever single threads are kept on.
    has_affinity = hasattr(os, "sched_getaffinity")
    found = len(os.sched_getaffinity(os.getpid())) if has_affinity else os.cpu_count() or 1
    quota = _quota()
    return found if quota is None else max(1, min(found, math.ceil(quota)))


@functools.cache
def _quota(root: Path = control_groups.ROOT, own: Path = control_groups.OWN) -> float | None:
    """How many processors' time the control groups of this process may take, if that is limited.

    The least of its groups and all those above. Files as in the kernel's documents: `cpu.max` of version 2
    has `QUOTA PERIOD`, or `max PERIOD`; version 1 has both in files of their own, and -1 for no limit.
    """
    found = []
    for folder in control_groups.folders("cpu", root, own):
        found += _quota_of(folder)
    return min(found, default=None)


def _quota_of(group: Path) -> list[float]:
    for names in (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us")):
        try:
            quota, period = " ".join([(group / name).read_text() for name in names]).split()
            if float(quota) > 0:
                return [float(quota) / float(period)]
        except (OSError, ValueError):
            continue
    return []
