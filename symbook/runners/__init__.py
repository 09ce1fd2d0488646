"""Runners: each runs the same plan. :func:`choose` picks one for a plan."""

from __future__ import annotations

from ..errors import ArgumentError
from ..plan import Plan
from .base import Runner
from .pool import thread_count
from .serial import SerialRunner
from .threads import ThreadRunner

# Elements from which a step is worth a thread of its own. Two threads sped up NumPy calls of 8k float32
# elements 1.1 times, of 32k 1.1 to 1.7 times, of 128k and more 1.9 times, on two cores.
HEAVY = 128 * 1024

NAMES = ("auto", "serial", "threads")


def choose(name: str, plan: Plan) -> Runner:
    """The runner of that name; for `auto`, threads where at least two heavy steps can run at once.

    Raises
    ------
    ArgumentError
        If there is no such runner.
    """
    if name not in NAMES:
        raise ArgumentError(f"there is no runner {name!r}", hint=f"Use one of {', '.join(NAMES)}.")
    threads = thread_count()
    if name == "threads" or (name == "auto" and threads > 1 and plan.widest(HEAVY) > 1):
        return ThreadRunner(threads)
    return SerialRunner()


__all__ = ["Runner", "SerialRunner", "ThreadRunner", "choose", "thread_count"]
