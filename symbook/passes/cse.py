"""Common subexpressions: of two nodes that must give the same values, one is left."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from ..graph import Node, Pin


class Twins:
    """The nodes seen so far, by what they compute."""

    def __init__(self) -> None:
        self._first: dict[Hashable, int] = {}

    def of(self, i: int, node: Node, inputs: tuple[Pin, ...]) -> int | None:
        """The position of an earlier node of the same operator, parameters and inputs, or None.

        Nodes that draw random numbers, keep something between calls or change a state have none.
        """
        op = node.op
        if op is None or op.random or op.mutates or op.state is not None:
            return None
        key = (op, inputs, _frozen(node.params) if node.params else ())
        try:
            found = self._first.setdefault(key, i)
        except TypeError:  # a parameter that cannot be compared
            return None
        return None if found == i else found


def _frozen(params: Mapping[str, Any]) -> Hashable:
    """Parameters as a key. To Python, 1 equals 1.0 and True, and 0.0 equals -0.0: to an operator not."""
    return tuple(
        [
            (value.__class__, repr(value) if value.__class__ is float and value == 0 else value)
            for value in params.values()
        ]
    )
