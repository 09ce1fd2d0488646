"""How far a run has come, for whoever looks at it from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from ..plan import Plan, Step
from ..underway import Part
from .estimate import estimate

_weights: WeakKeyDictionary[Plan, list[float]] = WeakKeyDictionary()


def of_slots(known: Mapping[str, Any]) -> Part | None:
    """What the local variables `plan` and `slots` tell: a step has run if its slots are filled."""
    plan, slots = known["plan"], known["slots"]
    done = [slots[step.outs[0]] is not None for step in plan.steps]
    return of_steps(plan, done, _ready(plan.steps, done))


def of_steps(plan: Plan, done: Sequence[bool], now: Step | None) -> Part:
    """The part of a plan whose steps have run or not, while one is under way."""
    weights = _weights_of(plan)
    over = sum([weight for weight, ran in zip(weights, done, strict=True) if ran])
    return Part(
        sum(done), len(done), "steps",
        "" if now is None else now.origin.name,
        "" if now is None else now.op.name,
        over / sum(weights) if weights else None,
    )  # fmt: skip


def _ready(steps: Sequence[Step], done: Sequence[bool]) -> Step | None:
    """The first step that has not run, and could."""
    for step, ran in zip(steps, done, strict=True):
        if not ran and all(done[i] for i in step.deps):
            return step
    return None


def _weights_of(plan: Plan) -> list[float]:
    """For each step, the seconds that it takes, roughly."""
    if plan not in _weights:
        _weights[plan] = [estimate(plan, step).one for step in plan.steps]
    return _weights[plan]
