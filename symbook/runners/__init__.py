"""Runners: each runs the same plan. :func:`choose` picks one for a graph's plans."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ..context import HOST_CONTEXT, Context
from ..errors import ArgumentError
from ..plan import Plan
from ..workers import blas_threads, bounded, thread_count
from .base import Runner
from .limited import LimitedRunner
from .schedule import calls_blas
from .serial import SerialRunner
from .threads import ThreadRunner

NAMES = ("auto", "serial", "threads")


def choose(name: str, *plans: Plan, ctx: Context | None = None) -> Runner:
    """The runner of that name for these plans.

    On a GPU, named by `ctx` or by a plan's steps, that is one which launches them: on one stream for
    `serial`, every branch on its own for `threads`, and what pays for `auto`.

    For `auto`, threads where the estimates say that they pay, unless the environment's
    `MXNET_ENGINE_TYPE` is `NaiveEngine`. Where fewer threads may run than BLAS has, BLAS is limited.

    Raises
    ------
    ArgumentError
        If there is no such runner.
    """
    if name not in NAMES:
        raise ArgumentError(f"there is no runner {name!r}", hint=f"Use one of {', '.join(NAMES)}.")
    here = ctx or HOST_CONTEXT
    if here.is_gpu or any(step.ctx and step.ctx.is_gpu for plan in plans for step in plan.steps):
        return _on_gpu(name, plans, here)
    runner = _chosen(name, plans)
    if bounded() and any(map(calls_blas, plans)) and thread_count() < (blas_threads() or 1):
        return LimitedRunner(runner)
    return runner


def _chosen(name: str, plans: Sequence[Plan]) -> Runner:
    threads = thread_count()
    if name == "threads":
        return ThreadRunner(threads)
    if name == "auto" and threads > 1 and not _is_naive():
        runner = ThreadRunner(weigh=True)
        if any(phase.width > 1 for plan in plans for phase in runner.phases(plan)):
            return runner
    return SerialRunner()


def _on_gpu(name: str, plans: Sequence[Plan], ctx: Context) -> Runner:
    from .cuda import CudaRunner

    weigh = {"auto": True, "threads": False, "serial": None}[name]
    return CudaRunner(ctx, plans, weigh=weigh, waits=_is_naive())


def _is_naive() -> bool:
    return os.environ.get("MXNET_ENGINE_TYPE") == "NaiveEngine"


__all__ = ["Runner", "SerialRunner", "ThreadRunner", "choose", "thread_count"]
