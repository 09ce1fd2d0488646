"""One step after another on the calling thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..context import HOST_CONTEXT
from ..ndarray.storage import calling
from ..plan import Plan
from .base import Execute
from .base import execute as plainly


class SerialRunner:
    """Runs a plan's steps in turn, in the plan's own order unless told otherwise.

    Parameters
    ----------
    order : callable, optional
        Gives the positions of a plan's steps in the order to run them; each after those it depends on.
    """

    name = "serial"

    def __init__(self, order: Callable[[Plan], Iterable[int]] | None = None) -> None:
        self._order = order

    def may_be_written(self, plan: Plan) -> bool:
        """Whether a plan may be written out as Python, instead of being run by this."""
        return self._order is None

    def run(
        self, plan: Plan, slots: list[Any], into: Sequence[Any], execute: Execute | None = None
    ) -> None:
        """Run every step; see :class:`symbook.runners.base.Runner`."""
        run_step = execute or plainly
        # Division by zero and overflow give inf and nan, as in MXNet, not warnings of NumPy's.
        calling(HOST_CONTEXT, self._run, plan, slots, into, run_step)

    def _run(self, plan: Plan, slots: list[Any], into: Sequence[Any], run_step: Execute) -> None:
        for i in range(len(plan.steps)) if self._order is None else self._order(plan):
            run_step(plan, i, slots, into)
