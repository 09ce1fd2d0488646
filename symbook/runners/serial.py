"""One step after another on the calling thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..plan import Plan
from .base import Execute
from .base import execute as plainly
from .straight import MOST_STEPS, Straight


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
        # None for a plan that has run once: writing it out pays from the second run on.
        self._straight: dict[Plan, Straight | None] = {}

    def run(
        self, plan: Plan, slots: list[Any], into: Sequence[Any], execute: Execute | None = None
    ) -> None:
        """Run every step; see :class:`symbook.runners.base.Runner`."""
        if execute is None and self._order is None and len(plan.steps) <= MOST_STEPS:
            if plan in self._straight:
                straight = self._straight[plan] = self._straight[plan] or Straight(plan)
                with np.errstate(all="ignore"):
                    straight.run(slots, into)
                return
            self._straight[plan] = None
        run_step = execute or plainly
        # Division by zero and overflow give inf and nan, as in MXNet, not warnings of NumPy's.
        with np.errstate(all="ignore"):
            for i in range(len(plan.steps)) if self._order is None else self._order(plan):
                run_step(plan, i, slots, into)
