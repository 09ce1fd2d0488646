"""A graph from a seed: its kind, its size, its operators."""

from __future__ import annotations

from functools import cache

from .draft import ANY, MOST_ELEMENTS, SMOOTH, WHOLE_NUMBERS, Draft, Kind
from .graph import Graph
from .operators import OPERATORS
from .values import Source


@cache
def names(kind: str) -> list[str]:
    """The operators that graphs of a kind are made of."""
    if kind == "whole":
        return [name for name, op in OPERATORS.items() if op.gradient is not None and op.whole]
    if kind == "smooth":
        return [name for name, op in OPERATORS.items() if op.smooth]
    return list(OPERATORS)


def random_graph(seed: int, kind: Kind | None = None) -> tuple[Graph, str]:
    """The graph of a seed, and the name of its kind."""
    source = Source(seed)
    chance = source.random.random()
    if kind is None:
        kind = ANY if chance < 0.6 else source.choice(WHOLE_NUMBERS) if chance < 0.9 else SMOOTH
    nodes, outputs = _size(source, kind)
    large = kind.name != "smooth" and source.chance(0.004)
    draft = Draft(source, kind, 100 * MOST_ELEMENTS if large else MOST_ELEMENTS)
    for _ in range(source.choice((0, 1, 1, 2, 3))):
        draft.new("fiub" if kind is ANY else "f")
    draft.grow(nodes, names(kind.name))
    if not draft.arrays:
        draft.new("f")
    return draft.graph(outputs), kind.name


def _size(source: Source, kind: Kind) -> tuple[int, int]:
    """How many calls of operators, and how many outputs."""
    chance = source.random.random()
    outputs = source.choice((1, 1, 1, 2, 3))
    if kind is SMOOTH:
        return source.between(1, 4), outputs
    if chance < 0.8:
        return source.between(1, 3), outputs
    if chance < 0.97:
        return source.between(5, 12), outputs
    if chance < 0.998:
        return source.between(13, 40), outputs
    return source.between(60, 200), outputs + 3
