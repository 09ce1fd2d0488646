"""What all runners share: how they are called, how one step is run, and what is said when it fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from .. import in_flight
from ..errors import shape_text
from ..plan import Plan, Step

Execute = Callable[[Plan, int, list[Any], Sequence[Any]], None]
"""Runs one step of a plan, by its position: `execute(plan, i, slots, into)`."""


class Runner(Protocol):
    """Runs plans. It keeps nothing of a run."""

    name: str

    def run(
        self, plan: Plan, slots: list[Any], into: Sequence[Any], execute: Execute | None = None
    ) -> None:
        """Run every step of a plan.

        Parameters
        ----------
        plan : Plan
        slots : list
            One place for each value; those of arguments are filled. On return, all are.
        into : sequence
            For each slot, the array to write its value to, or None for new memory.
        execute : callable, optional
            What runs one step, for a runner that is watched.

        Raises
        ------
        Exception
            What the first failing step raised, with a note that names its node.
        """

    def may_be_written(self, plan: Plan) -> bool:
        """Whether a plan may be written out as Python, instead of being run by this."""


def execute(plan: Plan, i: int, slots: list[Any], into: Sequence[Any]) -> None:
    """Run one step; what it raises gets a note with the node and its inputs."""
    step = plan.steps[i]
    try:
        step.run(plan.xp, slots, into)
    except Exception as error:
        note(error, plan, step)
        raise


def note(error: Exception, plan: Plan, step: Step) -> None:
    """Add to what a step raised which node it is, with its inputs, and the user's line."""
    inputs = ", ".join(
        f"{shape_text(plan.specs[slot].shape)} {plan.specs[slot].dtype}" for slot in step.ins
    )
    lines = [f"while running node {step.origin.name} = {step.op.name}({inputs})"]
    if step.origin.where:
        lines.append(f"made at {step.origin.where}")
    # Once is enough where an operator runs its own executor again and again.
    if lines[-1] not in getattr(error, "__notes__", ()):
        for line in lines:
            error.add_note(line)
    in_flight.explain(error)
