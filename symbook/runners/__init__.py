"""Runners: each runs the same plan. :func:`choose` picks one for a graph's plans."""

from __future__ import annotations

from ..errors import ArgumentError
from ..plan import Plan
from ..workers import thread_count
from .base import Runner
from .serial import SerialRunner
from .threads import ThreadRunner

NAMES = ("auto", "serial", "threads")


def choose(name: str, *plans: Plan) -> Runner:
    """The runner of that name; for `auto`, threads where the estimates say that they pay.

    Raises
    ------
    ArgumentError
        If there is no such runner.
    """
    if name not in NAMES:
        raise ArgumentError(f"there is no runner {name!r}", hint=f"Use one of {', '.join(NAMES)}.")
    threads = thread_count()
    if name == "threads":
        return ThreadRunner(threads)
    if name == "auto" and threads > 1:
        runner = ThreadRunner(weigh=True)
        if any(phase.width > 1 for plan in plans for phase in runner.phases(plan)):
            return runner
    return SerialRunner()


__all__ = ["Runner", "SerialRunner", "ThreadRunner", "choose", "thread_count"]
