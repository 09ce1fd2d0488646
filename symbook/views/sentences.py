"""What a step did, in a sentence: `multiplied C (1000×1000) by D`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symbook.errors import shape_text
from symbook.graph import Graph, Node, Pin
from symbook.ndarray import NDArray
from symbook.render.opnames import bare_name, look_of, phrase
from symbook.render.text import clean, number_text, shorten
from symbook.runners.trace import Record

from .values import label
from .verbs import TOLD, Step, by, together

_LONGEST = 40
_TOLD = 3
"""So many of several outputs are told."""
_FEW = 4
"""Values of so many elements are told by their numbers, larger ones by their shape."""


def said(graph: Graph, i: int) -> str:
    """A node's name, in a sentence."""
    return shorten(clean(graph.nodes[i].name), _LONGEST) or "(no name)"


def formula(graph: Graph, i: int) -> str:
    """What a node computes, in words: `A times B`."""
    return phrase(graph.nodes[i], [entry_name(graph, pin) for pin in graph.inputs[i]])


def happened(graph: Graph, record: Record, is_train: bool, how: str, more: str) -> str:
    """What a step did, `how`, how long it took, and what came: `s multiplied A by B on thread 2 in 4 ms.`"""
    made = did(graph, record.position, record, is_train)
    took = duration(record.seconds)
    return f"{said(graph, record.position)} {made}{how} in {took}{gave(record)}{more}."


def did(graph: Graph, i: int, record: Record, is_train: bool) -> str:
    """What a step did: a verb and its objects, `multiplied C (1000×1000) by D`."""
    node = graph.nodes[i]
    assert node.op is not None  # only operators have steps
    step = _step(graph, i, record, is_train)
    told = TOLD.get(bare_name(node.op.name))
    sides = _sides(node, step.x)
    try:
        if "scalar" in node.params and bare_name(node.op.name) in ("plus", "add"):
            return f"added {sides[1]} to {sides[0]}"
        if callable(told):
            return told(step)
        if told is None:
            look = look_of(node.op.name)[0]
            told = TOLD.get(bare_name(node.op.name)[1:]) if look is not None else None
        if isinstance(told, str):
            return told.format(*sides)
    except (IndexError, KeyError, TypeError, ValueError):  # an unusual call of an operator
        pass
    if node.op.name.startswith("_backward_"):
        return f"applied the gradient's rule of {clean(node.op.name[10:])} to {step.many()}"
    if node.op.name.startswith("fused "):
        parts = node.op.name.partition(": ")[2].split()
        return (
            f"did {together([bare_name(part) for part in parts], 6)} in one go, from {step.many()},"
        )
    return f"computed {phrase(node, step.x)}"


def _sides(node: Node, inputs: Sequence[str]) -> list[str]:
    """The inputs, and the scalar where the operator has it."""
    if "scalar" not in node.params:
        return list(inputs)
    assert node.op is not None  # the caller's test
    scalar = number_text(node.params["scalar"])
    return [scalar, *inputs] if look_of(node.op.name)[1] else [*inputs, scalar]


def gave(record: Record) -> str:
    """What came of a step, where its inputs do not tell: `; the result is 32×10`."""
    if not record.outputs:
        return ""
    pairs = list(zip(record.output_names, record.outputs, strict=True))
    # A workspace that a step has no use for is empty.
    rows = [(name, value) for name, value in pairs if value.size] or pairs
    if len(rows) > 1:
        return f"; the results are {_several(rows)}"
    [(_, first)] = rows
    if text := _short(first):
        return f"; the result is {text}"
    if any(value.shape == first.shape for value in record.inputs):
        return ""
    return f"; the result is {by(first.shape)}"


def _several(rows: Sequence[tuple[str, NDArray]]) -> str:
    """Several outputs by name: `s_output0 = [1 2], s_output1 = [3 4], s_output2 = [5 6] and 5 more`."""
    told = []
    for name, value in rows[:_TOLD]:
        text, name = _short(value), shorten(clean(name), _LONGEST)
        told.append(f"{name} = {text}" if text else f"{name} ({by(value.shape)})")
    more = len(rows) - _TOLD
    return f"{', '.join(told)} and {more:,} more" if more > 0 else together(told)


def given(value: NDArray) -> str:
    """What somebody gave: `1`, or the shape of a larger array, `an array of shape (10, 3)`."""
    return _short(value) or f"an array of shape {shape_text(value.shape)}"


def changed(graph: Graph, rows: Sequence[tuple[Pin, NDArray]]) -> str:
    """What a step changed besides: `; it changed bn_moving_mean to [1 2]`."""
    told = [
        f"{entry_name(graph, pin)} to {text}" if (text := _short(value)) else entry_name(graph, pin)
        for pin, value in rows
    ]
    return f"; it changed {together(told)}" if told else ""


def added(name: str, before: NDArray, after: NDArray) -> str:
    """That a gradient is added to what is there: `; backward() adds it to [1 1] in …, which makes [3 5]`."""
    name = shorten(clean(name), _LONGEST)
    told = f"; as grad_req is add, backward() adds it to what the array of {name}'s gradient has"
    old, new = _short(before), _short(after)
    return f"{told}: {old} becomes {new}" if old and new else told


def _step(graph: Graph, i: int, record: Record, is_train: bool) -> Step:
    names = [entry_name(graph, pin) for pin in graph.inputs[i]]
    told: list[str] = []
    before: Any = None
    for name, value in zip(names, record.inputs, strict=False):
        text = _short(value)
        if text:
            told.append(f"{name} = {text}")
        elif value.shape == before:
            told.append(name)
        else:
            told.append(f"{name} ({by(value.shape)})")
        before = value.shape
    told += names[len(told) :]
    read = [value.shape for value in record.inputs]
    made = [value.shape for value in record.outputs]
    return Step(told, names, graph.nodes[i].params, read, made, is_train)


def _short(value: NDArray) -> str:
    return label(value.asnumpy()) if value.size <= _FEW else ""


def entry_name(graph: Graph, pin: Pin) -> str:
    """What a value is called, in a sentence."""
    node = graph.nodes[pin.node]
    alone = node.shown_count == 1 and pin.index == 0
    return shorten(clean(node.name if alone else node.output_names[pin.index]), _LONGEST)


def duration(seconds: float) -> str:
    """`0.41 ms`, `3.2 s`, `12 µs`: two digits, or all before the point; then `1 min 5 s`, `1 h`."""
    if 0 <= seconds < 0.95e-7:
        return "less than 0.1 µs"
    if seconds >= 59.5:
        return _long(seconds)
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size / 10 or unit == "µs":
            found = seconds / size
            return f"{found:.0f} {unit}" if found >= 99.5 else f"{found:.2g} {unit}"
    raise AssertionError  # microseconds take all


def _long(seconds: float) -> str:
    """From a minute on: `1 min 5 s`, `2 h 10 min`."""
    whole, low, high = round(seconds), "s", "min"
    if whole >= 3600:
        whole, low, high = round(seconds / 60), "min", "h"
    more = f" {whole % 60} {low}" if whole % 60 else ""
    return f"{whole // 60} {high}{more}"
