"""What the rules of simplification are made of: a rule, the place that it is asked about, its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ..graph import Node, Pin
from ..ops import registry
from ..ops.params import attr_text
from ..specs import Spec
from .rewrite import Standing

# How many views to look through.
_LOOK_BACK = 64


class Site:
    """A node that a rule is asked about.

    Attributes
    ----------
    standing : Standing
    i : int
        The node's position.
    node : Node
    inputs : tuple of Pin
        What it reads by now.
    """

    __slots__ = ("i", "inputs", "node", "standing")

    def __init__(self, standing: Standing, i: int, node: Node, inputs: tuple[Pin, ...]) -> None:
        self.standing, self.i, self.node, self.inputs = standing, i, node, inputs

    @property
    def params(self) -> Mapping[str, Any]:
        """The node's parameters."""
        return self.node.params

    @property
    def own(self) -> Spec:
        """What the node's first output is like."""
        return self.standing.before.specs[self.i][0]

    def spec(self, pin: Pin) -> Spec:
        """What a value is like."""
        return self.standing.before.specs[pin.node][pin.index]

    def maker(self, pin: Pin) -> Node:
        """The node that a value comes from."""
        return self.standing.nodes[pin.node]

    def made_by(self, pin: Pin, *names: str) -> bool:
        """Whether a value comes from an operator of one of these names."""
        op = self.standing.nodes[pin.node].op
        return op is not None and op.name in names

    def behind(self, pin: Pin) -> tuple[Pin, ...]:
        """What the node that a value comes from reads."""
        return self.standing.inputs(pin.node)

    def in_order(self, pin: Pin) -> bool:
        """Whether a value is known to lie in memory in the order of its elements, without gaps."""
        for _ in range(_LOOK_BACK):
            op = self.standing.nodes[pin.node].op
            if op is None:
                return True
            if not op.view:
                return op.takes_out and len(self.standing.before.specs[pin.node]) == 1
            if op.name not in IN_ORDER:
                return False
            pin = self.standing.inputs(pin.node)[0]
        return False


SAME_ORDER = ("Reshape", "Flatten", "reshape_like", "expand_dims", "squeeze", "_backward_rows")
"""Operators that give the same elements in the same order in another shape."""

IN_ORDER = frozenset(
    (*SAME_ORDER, "_copy", "BlockGrad", "_identity_with_attr_like_rhs", "cast_storage")
)


class Swap(NamedTuple):
    """Another operator, or other parameters or inputs, for a node.

    Attributes
    ----------
    op : str
        The operator's name.
    inputs : tuple of Pin
    given : mapping of str to object
        The parameters that are not as the operator's defaults.
    """

    op: str
    inputs: tuple[Pin, ...]
    given: Mapping[str, Any]

    def node(self, old: Node) -> Node:
        """The node; it keeps the old one's name, attributes and the line it was made at."""
        op = registry.get(self.op)
        kept = {key: text for key, text in old.attrs.items() if key.startswith("__")}
        texts = {key: attr_text(value) for key, value in self.given.items()}
        return Node(op, (), op.parse(self.given), old.name, {**texts, **kept}, old.where)


Answer = Pin | Sequence[Pin] | Swap | None
"""A value that is the node's one output, one for each of its outputs, what to make of the node, or None."""


class Rule(NamedTuple):
    """An identity.

    Attributes
    ----------
    why : str
        The identity in words.
    find : callable
        Gives the answer for a place. Values of another shape or dtype than the node's count as None.
    """

    why: str
    find: Callable[[Site], Answer]
