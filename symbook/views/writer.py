"""Puts the document of a recorded run together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symbook.cached import cached_property
from symbook.executor import Executor
from symbook.graph import Pin
from symbook.ndarray import NDArray
from symbook.render.text import plural
from symbook.render.words import describe
from symbook.runners.trace import Trace
from symbook.specs import Spec
from symbook.workers import thread_count

from . import acts
from .nodes import graph_data
from .recording import Run
from .records import nodes_of, values_of
from .schedule import timeline
from .sentences import entry_name
from .values import IN_FULL, label, summary

Json = dict[str, Any]

_ELEMENTS = 20_000
"""So many elements a document has in it, all small arrays together."""


class Writer:
    """What a run left, put together as a document.

    Attributes
    ----------
    graph : Graph
        What was recorded.
    records : list of Record
        Those of its nodes, in an order in which they can run.
    given : dict of Pin to NDArray
        The values of variables, as they were when the run began.
    """

    def __init__(self, executor: Executor, is_train: bool, optimized: bool, run: Run) -> None:
        self.graph = executor.optimized_graph if optimized else executor.graph
        self._executor, self._symbol, self._kept = executor, executor.symbol, run.kept
        self._traces = traces = [trace for trace, _ in run.kept]
        self._is_train, self._optimized, self._heads = is_train, optimized, run.heads
        self._states, self._sums = run.states, run.sums
        self._values: list[Json | None] = []
        self._room = _ELEMENTS
        self.arrays: list[NDArray] = []
        self.records = [record for trace in traces for record in nodes_of(trace)]
        self.given = self._given()
        self._bound = {self.graph.nodes[pin.node].name: value for pin, value in self.given.items()}

    def _given(self) -> dict[Pin, NDArray]:
        """What was read of variables is in the records; what was not is copied now."""
        graph, found = self.graph, dict[Pin, NDArray]()
        bound = {**self._executor.arg_dict, **self._executor.aux_dict}
        for i in graph.variables:
            if (name := graph.nodes[i].name) in self._states[0]:
                # The records have it as it was changed.
                found[Pin(i, 0)] = self._states[0][name]
        for record in self.records:
            for pin, value in zip(graph.inputs[record.position], record.inputs, strict=False):
                own = graph.nodes[pin.node]
                if own.op is None and pin not in found:
                    # A step elsewhere has read a copy.
                    ctx = bound[own.name].context if own.name in bound else value.context
                    found[pin] = value.as_in_context(ctx)
        for i in graph.variables:
            name = graph.nodes[i].name
            if Pin(i, 0) not in found and name in bound:
                found[Pin(i, 0)] = bound[name].copy()
            elif name in self._heads:
                # A gradient that is handed on as it is was read by no step.
                found.setdefault(Pin(i, 0), self._heads[name])
        return found

    def document(self) -> Json:
        """The document of what was recorded."""
        graph, own = self.graph, self._symbol.graph
        specs = self._specs()
        written = self._written
        told = self._acts()
        self._add_values(told)
        described = (graph, specs) if self._optimized else (own, specs[: len(own)])
        return {
            "format": 1,
            "alt": describe(*described),
            "graph": graph_data(graph, specs, written),
            "acts": told,
            "values": self._values,
            "gradients": self._gradients,
            "written": sorted(written),
            "timelines": [
                timeline(graph, act, trace, _threads(trace)) | {"recordings": recordings}
                for act, (trace, recordings) in zip(
                    ("forward", "backward"), self._kept, strict=False
                )
                if len(trace)
            ],
            "ran": self._ran(),
        }

    def _acts(self) -> list[Json]:
        graph, bound, written = self.graph, self._bound, self._written
        own = {**self._executor.arg_dict, **self._executor.aux_dict}
        mine = {name: array for name, array in bound.items() if name in own}
        known = {pin.node for pin in self.given if graph.nodes[pin.node].name in own}
        if self._optimized:
            told = [acts.optimise(graph, len(self._executor.graph), written)]
        else:
            shapes = {name: array.shape for name, array in mine.items()}
            dtypes = {name: np.dtype(array.dtype) for name, array in mine.items()}
            told = [
                acts.compose(graph, written),
                acts.infer(self._symbol.graph, shapes, dtypes),
            ]
        told.append(acts.bind(graph, mine))
        told.append(acts.run(graph, "forward", "Forward", self._course(0), known))
        if len(self._traces) > 1:
            rest = [i for i in range(len(graph)) if i not in written]
            known |= {i for i in rest if graph.nodes[i].op is None}
            told.append(acts.derive(graph, rest, self._begins()))
            told.append(acts.run(graph, "backward", "Backward", self._course(1), known))
        return told

    def _begins(self) -> dict[int, tuple[str, NDArray]]:
        """For variables that stand for the gradient of an output, the output, and what was given."""
        names, seeds = self._symbol.list_outputs(), self._executor.seeds
        output = {seed: name for seed, name in zip(seeds, names, strict=True) if seed is not None}
        return {
            pin.node: (output[self.graph.nodes[pin.node].name], value)
            for pin, value in self.given.items()
            if self.graph.nodes[pin.node].name in output.keys() & self._heads.keys()
        }

    def _course(self, k: int) -> acts.Course:
        """What is told of a trace."""
        trace = self._traces[k]
        names: dict[int, str] = {}
        for entry, gradient in self._gradients:
            names.setdefault(gradient[0], entry_name(self.graph, Pin(*entry)))
        mine = nodes_of(trace)
        nodes = {record.position for record in mine}
        if trace.failure is not None:
            rows = enumerate(self.graph.nodes)
            nodes |= {i for i, node in rows if node.op and (i in self._written) == (k == 0)}
        known = self._known(k)
        told = acts.Course(mine, nodes, self._is_train, trace.failure, known, names if k else {})
        return told._replace(changes=self._changes(k), sums=self._added() if k else {})

    def _changes(self, k: int) -> dict[int, list[tuple[Pin, NDArray]]]:
        """For each step of a trace, the variables that it changed, with what they are from there on."""
        known, after = dict(self._states[k]), self._states[k + 1]
        found: dict[int, list[tuple[Pin, NDArray]]] = {}
        for record in nodes_of(self._traces[k]):
            i = record.position
            node, pins = self.graph.nodes[i], self.graph.inputs[i]
            for at, pin in node.op.changed(node.params, list(enumerate(pins))) if node.op else ():
                name = self.graph.nodes[pin.node].name
                if name not in after:
                    continue
                now = record.left.get(at, after[name])
                if now.asnumpy().tobytes() != known[name].asnumpy().tobytes():
                    found.setdefault(i, []).append((pin, now))
                known[name] = now
        return found

    def _added(self) -> dict[int, tuple[str, NDArray, NDArray]]:
        """For nodes that compute gradients that are added: of what, what there was, and what it comes to."""
        own = {self.graph.nodes[i].name: i for i in self.graph.variables}
        made = {entry[0]: gradient[0] for entry, gradient in self._gradients}
        return {
            made[own[name]]: (name, *pair)
            for name, pair in self._sums.items()
            if own.get(name) in made
        }

    def _known(self, k: int) -> dict[Pin, NDArray]:
        """The values that are there before a trace."""
        earlier = [record for trace in self._traces[:k] for record in nodes_of(trace)]
        return self.given | values_of(earlier)

    @cached_property
    def _written(self) -> set[int]:
        """The nodes that the user wrote, or what became of them; the others came with the gradient."""
        if not self._optimized:
            mine = set(self._symbol.graph.nodes)
            return {i for i, node in enumerate(self.graph.nodes) if node in mine}
        pending = [pin.node for pin in self.graph.heads[: len(self._symbol.graph.heads)]]
        found: set[int] = set()
        while pending:
            i = pending.pop()
            if i not in found:
                found.add(i)
                pending += [pin.node for pin in self.graph.inputs[i]]
        return found

    @cached_property
    def _gradients(self) -> list[list[list[int]]]:
        """`[entry, entry]`: a value that the user wrote, and its gradient."""
        position = self.graph.positions
        own = self._symbol.graph
        return [
            [[position[own.nodes[pin.node]], pin.index], [position[entry.node], entry.index]]
            for pin, entry in self._executor.adjoints.items()
            if entry.node in position and own.nodes[pin.node] in position
        ]

    def _ran(self) -> Json:
        """How it ran: as written or as optimised, and what is different in the other way."""
        count = len(nodes_of(self._traces[0]))
        usual = len(self._executor.plan.steps)
        lanes = {record.lane for record in self.records}
        if self._optimized:
            text = (
                f"Recorded as the optimiser left it: {plural(count, 'step')} forward. What it joined to one "
                "step, or left out, is not seen by itself."
            )
        else:
            text = "Recorded as written: each node is a step of its own."
            if usual < count and self._traces[0].failure is None:
                text += (
                    f" forward() itself takes {usual} instead of {count}: the optimiser joins steps and "
                    "leaves some out."
                )
        if lanes == {"thread 1"} and count > 1 and thread_count() > 1:
            text += " It ran on one thread: another was not expected to make it faster."
        if self._kept[0].recordings > 1:
            text += f" This is the quickest of {self._kept[0].recordings} recordings."
        return {
            "optimized": self._optimized,
            "text": text,
            "differs": usual != count or self._optimized,
        }

    def _add_values(self, told: Sequence[Json]) -> None:
        """Put the values that steps name into the document, and their numbers into the steps."""
        for act in told:
            for step in act["steps"]:
                if name := step.pop("value", None):
                    self._tell(step, [(step["node"], 0, self._bound[name])])
                if record := step.pop("record", None):
                    rows = [(step["node"], k, value) for k, value in enumerate(record.outputs)]
                    changed = step.pop("changed", ())
                    self._tell(step, rows + [(pin.node, pin.index, to) for pin, to in changed])

    def _tell(self, step: Json, rows: Sequence[tuple[int, int, NDArray]]) -> None:
        step["values"] = [[[i, k], self._add(value)] for i, k, value in rows]
        labels = [([i, k], label(value.asnumpy())) for i, k, value in rows if value.size <= 4]
        if any(text for _, text in labels):
            step["labels"] = [[entry, text] for entry, text in labels if text]

    def _add(self, value: NDArray) -> int:
        self.arrays.append(value)
        # To look through large arrays, or many, takes time: that is done when they are looked at.
        fits = value.size <= min(IN_FULL, self._room)
        self._room -= value.size if fits else 0
        self._values.append(summary(value.asnumpy()) if fits else None)
        return len(self._values) - 1

    def _specs(self) -> list[tuple[Spec, ...]]:
        found = [(Spec(),) * node.output_count for node in self.graph.nodes]
        for pin, array in self.given.items():
            found[pin.node] = (Spec(array.shape, np.dtype(array.dtype)),)
        for record in self.records:
            row = [Spec(value.shape, np.dtype(value.dtype)) for value in record.outputs]
            i = record.position
            found[i] = (*row, *found[i][len(row) :])
        return found


def _threads(trace: Trace) -> int:
    """How many steps could have run at a time, where that is known."""
    return thread_count() if trace.runner == "threads" and not trace.streams else 0
