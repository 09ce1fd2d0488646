"""Simplification: nodes that give one of their inputs, to the bit, are left out.

Only identities that are exact in floating point count: x * 1 and x - 0 are x, also for NaN, infinities and
-0; but -0 + 0 is 0, so x + 0 stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..graph import Pin
from .rewrite import Standing

Rule = Callable[[tuple[Pin, ...], Mapping[str, Any], Standing], Pin | None]
"""`(inputs, params, standing)`: the value that is the node's one output, or None."""


def simplified(standing: Standing, i: int, inputs: tuple[Pin, ...]) -> Pin | None:
    """The value that the node at a position only gives again, or None."""
    typed = standing.typed
    node = typed.graph.nodes[i]
    rule = None if node.op is None else _RULES.get(node.op.name)
    found = None if rule is None else rule(inputs, node.params, standing)
    # Where shape or dtype differ it stretches or converts.
    return None if found is None or typed.spec(found) != typed.specs[i][0] else found


def _first(inputs: tuple[Pin, ...], params: Mapping[str, Any], standing: Standing) -> Pin:
    return inputs[0]


def _with_scalar(neutral: float) -> Rule:
    def rule(inputs: tuple[Pin, ...], params: Mapping[str, Any], standing: Standing) -> Pin | None:
        # The text tells 0 from -0, which is another number to take away.
        return inputs[0] if repr(params["scalar"]) == repr(neutral) else None

    return rule


def _twice_negative(
    inputs: tuple[Pin, ...], params: Mapping[str, Any], standing: Standing
) -> Pin | None:
    inner = inputs[0].node
    return standing.inputs(inner)[0] if _name(standing, inner) == "negative" else None


def _times_ones(
    inputs: tuple[Pin, ...], params: Mapping[str, Any], standing: Standing
) -> Pin | None:
    """The other factor, where one is all ones."""
    for one, other in (inputs, inputs[::-1]):
        if _name(standing, one.node) in ("ones_like", "_ones"):
            return other
    return None


def _name(standing: Standing, i: int) -> str | None:
    op = standing.typed.graph.nodes[i].op
    return None if op is None else op.name


_RULES: dict[str, Rule] = {
    **dict.fromkeys(
        [
            *("_copy", "BlockGrad", "_identity_with_attr_like_rhs", "make_loss"),
            *("Cast", "amp_cast", "Reshape", "Flatten", "reshape_like", "broadcast_to"),
            *("broadcast_like", "_backward_broadcast", "_backward_Cast", "_backward_sum"),
        ],
        _first,
    ),
    "_minus_scalar": _with_scalar(0.0),
    **dict.fromkeys(["_mul_scalar", "_div_scalar", "_power_scalar"], _with_scalar(1.0)),
    "negative": _twice_negative,
    **dict.fromkeys(["elemwise_mul", "broadcast_mul"], _times_ones),
}
