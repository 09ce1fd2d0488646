"""Values for a graph that was given none, so that it can be watched all the same; they are told as such."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symbook import infer
from symbook.errors import SymbookError
from symbook.infer import DTYPES, SHAPES
from symbook.specs import DType
from symbook.symbol.symbol import Symbol

_SEED = 1
_MOST = 50_000_000
"""Elements in all, beyond which nobody wants to wait for values that mean nothing."""
_READ = 64
"""Elements that somebody may read: they have one digit behind the point."""


def made_up(
    symbol: Symbol, shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, np.ndarray[Any, Any]] | None:
    """Values of all variables, the same ones each time; None where no shapes are known for them.

    A variable of which no shape is known has one element, if the graph allows that; variables of one element
    are 1, 2, 3 and so on. Others have numbers between -1 and 1, or 0 and 1 where only whole numbers can be;
    parameters of layers, told by the ends of their names, have what training begins with.
    """
    graph = symbol.graph
    names = [graph.nodes[i].name for i in graph.variables]
    try:
        kinds = infer.infer(graph, DTYPES, {})
        known = _shapes(symbol, shapes, kinds)
    except SymbookError:
        return None
    if known is None or sum(int(np.prod(shape)) for shape in known.values()) > _MOST:
        return None
    random = np.random.default_rng(_SEED)
    found: dict[str, np.ndarray[Any, Any]] = {}
    count = 0
    for i, name in zip(graph.variables, names, strict=True):
        dtype = kinds[i][0] or np.dtype("float32")
        shape = known[name]
        if name.endswith(("label", *_BEGINNINGS)) or shape != (1,):
            found[name] = _filled(name, shape, dtype, random)
        else:
            count += 1
            found[name] = np.full(shape, count, dtype)
    return found


def _shapes(
    symbol: Symbol, shapes: Mapping[str, tuple[int, ...]], kinds: infer.Values
) -> dict[str, tuple[int, ...]] | None:
    """The shapes of all variables, by name."""
    graph = symbol.graph
    variables = [(i, graph.nodes[i].name) for i in graph.variables]
    found = infer.infer(graph, SHAPES, shapes, kinds)
    unknown = [name for i, name in variables if found[i][0] is None]
    if unknown:
        one = dict.fromkeys(unknown, (1,))
        found = infer.infer(graph, SHAPES, {**one, **shapes}, kinds)
    if any(value is None or None in value for row in found for value in row):
        return None
    return {name: found[i][0] for i, name in variables}


# What layers begin with, by the ends of their parameters' names; auxiliary states, too.
_BEGINNINGS = {
    "bias": 0, "beta": 0, "moving_mean": 0, "running_mean": 0,
    "gamma": 1, "moving_var": 1, "running_var": 1,
}  # fmt: skip


def _filled(
    name: str, shape: tuple[int, ...], dtype: DType, random: np.random.Generator
) -> np.ndarray[Any, Any]:
    for end, value in _BEGINNINGS.items():
        if name.endswith(end):
            return np.full(shape, value, dtype)
    if dtype.kind != "f" or name.endswith("label"):
        return random.integers(0, 2, shape).astype(dtype)
    # Of layers of many inputs, weights as small as they are in practice.
    reach = (
        1.0 if len(shape) < 2 or not name.endswith("weight") else (3 / np.prod(shape[1:])) ** 0.5
    )
    values = random.uniform(-reach, reach, shape)
    return (values.round(1) if values.size <= _READ else values).astype(dtype)
