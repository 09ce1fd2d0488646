"""A runner during whose runs BLAS has no more threads than may run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..plan import Plan
from ..workers import Job, thread_count
from .base import Execute, Runner


class LimitedRunner:
    """Runs as another does, with BLAS's threads limited to :func:`symbook.workers.thread_count`."""

    def __init__(self, runner: Runner) -> None:
        self.name = runner.name
        self._runner = runner

    def run(
        self, plan: Plan, slots: list[Any], into: Sequence[Any], execute: Execute | None = None
    ) -> None:
        """Run every step; see :class:`symbook.runners.base.Runner`."""
        thread_count()
        Job(lambda _: self._runner.run(plan, slots, into, execute), [0], 0, blas=True).run()

    def may_be_written(self, plan: Plan) -> bool:
        """Whether a plan may be written out as Python, instead of being run by this."""
        return False
