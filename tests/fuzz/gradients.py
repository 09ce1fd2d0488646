"""Gradients of a graph by NumPy: back through it node by node, each operator by its own rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .graph import Call, Graph, computed
from .operators import OPERATORS
from .values import Array

Gradients = dict[str, Array]

STEP = 1e-5
"""Of differences, where an operator has no rule of its own. Their error is some 1e-10."""


def gradients(
    graph: Graph, values: Mapping[str, Array], heads: Sequence[Array]
) -> tuple[Gradients, float]:
    """For each variable of floats its gradient, and how large numbers became on the way.

    Parameters
    ----------
    heads : sequence of array
        For each output, what flows back into it.
    """
    found = graph.evaluate(values)
    back: list[Any] = [None] * len(found)
    largest = 0.0

    def give(i: int, gradient: Array) -> None:
        nonlocal largest
        if found[i].dtype.kind != "f":
            return
        assert gradient.shape == found[i].shape, (gradient.shape, found[i].shape)
        back[i] = gradient if back[i] is None else back[i] + gradient
        largest = max(
            largest, float(np.abs(gradient).max(initial=0)), float(np.abs(back[i]).max(initial=0))
        )

    with np.errstate(all="ignore"):
        for i, head in zip(graph.outputs, heads, strict=True):
            give(i, head.astype("float64"))
        starts = graph.starts()
        for call, start in zip(reversed(graph.calls), reversed(starts), strict=True):
            results = range(start, start + call.results)
            if all(back[i] is None for i in results):
                continue
            flowing = [np.zeros(found[i].shape) if back[i] is None else back[i] for i in results]
            inputs = [found[i] for i in call.inputs]
            rule = backward(call, flowing, [found[i] for i in results], inputs)
            for i, gradient in zip(call.inputs, rule, strict=True):
                if gradient is not None:
                    give(i, np.asarray(gradient, "float64"))
    named = {}
    for i, variable in enumerate(graph.variables):
        if found[i].dtype.kind == "f":
            named[variable.name] = np.zeros(found[i].shape) if back[i] is None else back[i]
    return named, largest


def backward(
    call: Call, flowing: list[Array], results: list[Array], inputs: list[Array]
) -> list[Any]:
    """For each input of a call, its gradient in float64, or None."""
    operator = OPERATORS[call.op]
    rule = operator.gradient
    if rule == "zero":
        return [None] * len(inputs)
    if rule == "moves":
        return _followed(call, flowing, inputs)
    if rule in ("unit", "steps"):
        return _stepped(call, flowing, inputs, 1.0 if rule == "unit" else STEP)
    if rule is None:
        raise NotImplementedError(f"{call.op} has no rule")
    assert callable(rule)
    wide = [x.astype("float64") if x.dtype.kind == "f" else x for x in inputs]
    return list(rule(flowing, [y.astype("float64") for y in results], *wide, **call.params))


def _followed(call: Call, flowing: list[Array], inputs: list[Array]) -> list[Any]:
    """Each element is given a number, and found again by it."""
    operator = OPERATORS[call.op]
    moved = range(len(inputs)) if operator.moved is None else operator.moved
    numbered, count = list(inputs), 0
    for k in moved:
        numbered[k] = np.arange(count + 1, count + 1 + inputs[k].size).reshape(inputs[k].shape)
        count += inputs[k].size
    params = {**call.params, **{key: value for key, value in operator.still if key in call.params}}
    places = computed(Call(call.op, call.inputs, params), numbered)
    total = np.zeros(count + 1)
    for place, gradient in zip(places, flowing, strict=True):
        np.add.at(total, place.reshape(-1), gradient.reshape(-1))
    back: list[Any] = [None] * len(inputs)
    position = 1
    for k in moved:
        back[k] = total[position : position + inputs[k].size].reshape(inputs[k].shape)
        position += inputs[k].size
    return back


def _stepped(call: Call, flowing: list[Array], inputs: list[Array], step: float) -> list[Any]:
    """What a step of each element makes of the sum of all results times what flows back."""
    wide = [x.astype("float64") if x.dtype.kind == "f" else x for x in inputs]

    def total() -> float:
        return sum(float((g * y).sum()) for g, y in zip(flowing, computed(call, wide), strict=True))

    back: list[Any] = []
    for k, x in enumerate(wide):
        if x.dtype.kind != "f":
            back.append(None)
            continue
        gradient = np.zeros(x.size)
        moved = wide[k] = x.copy()
        flat = moved.reshape(-1)
        for e in range(x.size):
            middle = flat[e]
            flat[e] = middle + step
            ahead = total()
            flat[e] = middle - step
            gradient[e] = (ahead - total()) / (2 * step)
            flat[e] = middle
        back.append(gradient.reshape(x.shape))
    return back
