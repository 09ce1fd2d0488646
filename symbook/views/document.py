"""The document of a view: everything that it shows, as plain data, from one recorded run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from symbook.errors import SymbookError
from symbook.executor import Executor
from symbook.ndarray import NDArray
from symbook.render.picture import declared_specs
from symbook.render.words import describe
from symbook.runners.trace import Record, Trace
from symbook.specs import Spec
from symbook.symbol import Symbol

from . import acts
from .nodes import graph_data
from .schedule import timeline
from .values import IN_FULL, label, summary
from .whatif import WhatIf

Json = dict[str, Any]


def of_symbol(symbol: Symbol, specs: Sequence[tuple[Spec, ...]] | None) -> Json:
    """A graph that was not run: the picture alone."""
    graph = symbol.graph
    return {"format": 1, "alt": describe(graph, specs), "graph": graph_data(graph, specs)}


def of_composed(symbol: Symbol, shapes: Mapping[str, tuple[int, ...]]) -> Json:
    """A graph without values: composing, and inferring as far as the shapes that are known go."""
    graph = symbol.graph
    known = {name: shape for name, shape in shapes.items() if name in symbol.list_inputs()}
    infer = acts.infer(graph, known, {})
    if not infer["steps"]:
        told = "No shape is known yet: no variable has an array or declares a shape."
        infer["steps"].append({"node": None, "text": told})
    specs = declared_specs(graph)
    return {
        "format": 1,
        "alt": describe(graph, specs),
        "graph": graph_data(graph, specs),
        "acts": [acts.compose(graph, range(len(graph))), infer],
        "values": [],
    }


def of_failure(symbol: Symbol, arrays: Mapping[str, NDArray], error: SymbookError) -> Json:
    """What cannot be bound: composing, inferring as far as it goes, and the error."""
    graph = symbol.graph
    shapes = {name: array.shape for name, array in arrays.items()}
    dtypes = {name: np.dtype(array.dtype) for name, array in arrays.items()}
    infer = acts.infer(graph, shapes, dtypes)
    course = [acts.compose(graph, range(len(graph))), infer]
    if not any(step.get("failed") for step in infer["steps"]):
        bind = acts.bind(graph, arrays)
        bind["steps"].append(acts.failed(graph, error))
        course.append(bind)
    values: list[Json] = []
    for step in (step for act in course for step in act["steps"]):
        if name := step.pop("value", None):
            step["values"] = [[[step["node"], 0], len(values)]]
            values.append(summary(arrays[name].asnumpy()))
    specs = declared_specs(graph)
    return {
        "format": 1,
        "alt": describe(graph, specs),
        "graph": graph_data(graph, specs),
        "acts": course,
        "values": values,
    }


class Recorded(NamedTuple):
    """A run, recorded.

    Attributes
    ----------
    document : dict
    arrays : list of NDArray
        The document's values; where that has none yet, its summary is to be made of the array.
    what_if : WhatIf
        Its values, to be changed.
    traces : tuple of Trace
        Of forward, and of backward, if it went there.
    executor : Executor
        What ran.
    """

    document: Json
    arrays: list[NDArray]
    what_if: WhatIf
    traces: tuple[Trace, ...]
    executor: Executor


def of_run(executor: Executor, *, is_train: bool = False, out_grads: Any = None) -> Recorded:
    """A recorded run of an executor: what happened from the first line to the last value.

    Parameters
    ----------
    executor : Executor
    is_train : bool
        Run as in training; an executor with gradients then goes backward, too.
    out_grads : optional
        As :meth:`Executor.backward` takes them; ones for outputs of one element, if left out.
    """
    writer = _Writer(executor)
    forward = executor.trace(is_train=is_train)
    backward = None
    if is_train and executor.backward_plan is not None:
        backward = executor.trace_backward(out_grads)
    graph = executor.graph
    arrays = {**executor.arg_dict, **executor.aux_dict}
    bound = [
        (i, arrays[graph.nodes[i].name]) for i in graph.variables if graph.nodes[i].name in arrays
    ]
    traces = (forward,) if backward is None else (forward, backward)
    records = [record for trace in traces for record in _nodes_of(trace)]
    document = writer.document(forward, backward)
    what_if = WhatIf(graph, bound, records, is_train)
    return Recorded(document, writer.arrays, what_if, traces, executor)


class _Writer:
    """Puts a document together."""

    def __init__(self, executor: Executor) -> None:
        self._graph = executor.graph
        self._symbol = executor.symbol
        self._bound = {**executor.arg_dict, **executor.aux_dict}
        self._adjoints = executor.adjoints
        self._values: list[Json | None] = []
        self.arrays: list[NDArray] = []

    def document(self, forward: Trace, backward: Trace | None) -> Json:
        """The document of what was recorded."""
        graph, bound = self._graph, self._bound
        shapes = {name: array.shape for name, array in bound.items()}
        dtypes = {name: np.dtype(array.dtype) for name, array in bound.items()}
        known = {i for i in graph.variables if graph.nodes[i].name in bound}
        written = self._written()
        course = [
            acts.compose(graph, written),
            acts.infer(self._symbol.graph, shapes, dtypes),
            acts.bind(graph, bound),
            acts.run(graph, "forward", "Forward", _nodes_of(forward), known),
        ]
        if backward is not None:
            rest = [i for i in range(len(graph)) if i not in written]
            known |= {i for i in rest if graph.nodes[i].op is None}
            course.append(acts.derive(graph, rest))
            course.append(acts.run(graph, "backward", "Backward", _nodes_of(backward), known))
        self._add_values(course)
        specs = self._specs([forward, *([backward] if backward else [])])
        return {
            "format": 1,
            "alt": describe(self._symbol.graph, specs[: len(self._symbol.graph)]),
            "graph": graph_data(graph, specs),
            "acts": course,
            "values": self._values,
            "gradients": self._gradients(),
            "written": sorted(written),
            "timelines": [
                timeline(graph, act, trace)
                for act, trace in (("forward", forward), ("backward", backward))
                if trace
            ],
        }

    def _written(self) -> set[int]:
        """The nodes that the user wrote; the others came with the gradient."""
        mine = set(self._symbol.graph.nodes)
        return {i for i, node in enumerate(self._graph.nodes) if node in mine}

    def _gradients(self) -> list[list[list[int]]]:
        """`[entry, entry]`: a value that the user wrote, and its gradient."""
        position = self._graph.positions
        own = self._symbol.graph
        return [
            [[position[own.nodes[pin.node]], pin.index], [position[entry.node], entry.index]]
            for pin, entry in self._adjoints.items()
            if entry.node in position and own.nodes[pin.node] in position
        ]

    def _add_values(self, course: Sequence[Json]) -> None:
        """Put the values that steps name into the document, and their numbers into the steps."""
        for act in course:
            for step in act["steps"]:
                if name := step.pop("value", None):
                    self._tell(step, [(step["node"], 0, self._bound[name])])
                if record := step.pop("record", None):
                    rows = [(step["node"], k, value) for k, value in enumerate(record.outputs)]
                    self._tell(step, rows)

    def _tell(self, step: Json, rows: Sequence[tuple[int, int, NDArray]]) -> None:
        step["values"] = [[[i, k], self._add(value)] for i, k, value in rows]
        labels = [([i, k], label(value.asnumpy())) for i, k, value in rows if value.size <= 4]
        if any(text for _, text in labels):
            step["labels"] = [[entry, text] for entry, text in labels if text]

    def _add(self, value: NDArray) -> int:
        self.arrays.append(value)
        # To look through large arrays takes time: that is done when they are looked at.
        self._values.append(summary(value.asnumpy()) if value.size <= IN_FULL else None)
        return len(self._values) - 1

    def _specs(self, traces: Sequence[Trace]) -> list[tuple[Spec, ...]]:
        found = [(Spec(),) * node.output_count for node in self._graph.nodes]
        for i in self._graph.variables:
            array = self._bound.get(self._graph.nodes[i].name)
            if array is not None:
                found[i] = (Spec(array.shape, np.dtype(array.dtype)),)
        for record in (record for trace in traces for record in _nodes_of(trace)):
            row = [Spec(value.shape, np.dtype(value.dtype)) for value in record.outputs]
            i = record.position
            found[i] = (*row, *found[i][len(row) :])
        return found


def _nodes_of(trace: Trace) -> list[Record]:
    """The records of the graph's own nodes."""
    return [record for record in trace if record.position >= 0]
