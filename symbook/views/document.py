"""The document of a view: everything that it shows, as plain data, from one recorded run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from symbook import garbage, rng, underway
from symbook.arguments import seeds_by_head
from symbook.errors import SymbookError
from symbook.executor import Executor
from symbook.graph import Graph, Pin
from symbook.ndarray import NDArray, ones
from symbook.render.picture import declared_specs
from symbook.render.text import plural
from symbook.render.words import describe
from symbook.runners.trace import Record, Trace
from symbook.specs import Spec
from symbook.symbol import Symbol
from symbook.workers import thread_count

from . import acts
from .nodes import graph_data
from .schedule import memory, timeline
from .sentences import entry_name
from .values import IN_FULL, label, summary
from .whatif import WhatIf

Json = dict[str, Any]

_ELEMENTS = 20_000
"""So many elements a document has in it, all small arrays together."""
_SHORT = 0.2
"""Seconds that nobody minds to wait for: recordings of a run that is short are repeated for no longer."""
_RECORDINGS = 5
"""Recordings that the quickest is taken of, at most."""


def of_symbol(symbol: Symbol, specs: Sequence[tuple[Spec, ...]] | None) -> Json:
    """A graph that was not run: the picture alone."""
    graph = symbol.graph
    return {"format": 1, "alt": describe(graph, specs), "graph": graph_data(graph, specs)}


def of_composed(symbol: Symbol, shapes: Mapping[str, tuple[int, ...]]) -> Json:
    """A graph without values: composing, and inferring as far as the shapes that are known go."""
    graph = symbol.graph
    known = {name: shape for name, shape in shapes.items() if name in symbol.list_inputs()}
    infer = acts.infer(graph, known, {})
    if len(infer["steps"]) == 1:  # the opening alone
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


def of_failure(
    symbol: Symbol, arrays: Mapping[str, NDArray], error: SymbookError, brief: bool = False
) -> Json:
    """What cannot be bound: composing, inferring as far as it goes, and the error, `brief` or whole."""
    graph = symbol.graph
    shapes = {name: array.shape for name, array in arrays.items()}
    dtypes = {name: np.dtype(array.dtype) for name, array in arrays.items()}
    infer = acts.infer(graph, shapes, dtypes)
    course = [acts.compose(graph, range(len(graph))), infer]
    if infer["steps"][-1].get("failed"):
        # The same error as binding raised, which knows shapes and dtypes alike.
        found = acts.failed(graph, error, brief)
        if found["node"] is not None and found["node"] == infer["steps"][-1]["node"]:
            infer["steps"][-1] = found
    else:
        bind = acts.bind(graph, arrays)
        bind["steps"].append(acts.unbound(graph, error, arrays, brief))
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
    graph : Graph
        What was recorded: the graph as written, or what the optimiser made of it.
    again : callable
        `again(optimized)` records the same once more, as written or as optimised.
    """

    document: Json
    arrays: list[NDArray]
    what_if: WhatIf
    traces: tuple[Trace, ...]
    executor: Executor
    graph: Graph
    again: Callable[[bool], Recorded]


@underway.act("recording")
def of_run(
    executor: Executor, *, is_train: bool = False, out_grads: Any = None, optimized: bool = False
) -> Recorded:
    """A recorded run of an executor: what happened from the first line to the last value.

    A step that raises an error ends it; the error is the last that it shows.

    Looking changes nothing: the run reads the arguments bound, and has gradients' arrays, auxiliary states
    and outputs of its own (:meth:`Executor.aside`). It draws the random numbers that the next run will draw
    again. Only the code of custom operators runs as in any run, with all that it does.

    Parameters
    ----------
    executor : Executor
    is_train : bool
        Run as in training; an executor with gradients then goes backward, too.
    out_grads : optional
        As :meth:`Executor.backward` takes them; ones, if left out.
    optimized : bool
        Record what the optimiser made of the graph, instead of the graph as it was written.
    """
    begins = _begins(executor)
    with nullcontext() if begins is None else rng.resumed(begins):
        run = _run(executor, is_train, out_grads, optimized)
    traces = tuple([trace for trace, _ in run.kept])
    with garbage.put_off():
        writer = _Writer(executor, is_train, optimized, run)
        document = writer.document()
    return Recorded(
        document,
        writer.arrays,
        WhatIf(writer.graph, writer.given, writer.records, is_train, begins),
        traces,
        executor,
        writer.graph,
        lambda other: of_run(executor, is_train=is_train, out_grads=out_grads, optimized=other),
    )


def memory_of(recorded: Recorded) -> list[tuple[float, float]]:
    """How many bytes the values of a run take, from a moment on: seconds since its first step began."""
    began = recorded.traces[0].began
    return [
        (trace.began - began + moment, nbytes)
        for trace in recorded.traces
        for moment, nbytes in memory(recorded.graph, _nodes_of(trace))
    ]


class _Run(NamedTuple):
    """What a run left.

    Attributes
    ----------
    kept : sequence of _Kept
        Of forward, and of backward, if it went there.
    heads : dict of str to NDArray
        The gradients of outputs that backward began with, by their variables' names.
    states : sequence of dict of str to NDArray
        The arrays that operators change, by name: before the run, and after each trace.
    sums : dict of str to (NDArray, NDArray)
        For arguments whose gradient is added: what its array had, and what it has then.
    """

    kept: Sequence[_Kept]
    heads: dict[str, NDArray]
    states: Sequence[dict[str, NDArray]]
    sums: dict[str, tuple[NDArray, NDArray]]


def _begins(executor: Executor) -> rng.State | None:
    """Where random numbers begin, if the run draws some."""
    return rng.state() if any(op.random for op in executor.graph.operators) else None


def _run(executor: Executor, is_train: bool, out_grads: Any, optimized: bool) -> _Run:
    aside = executor.aside()
    states = [_states(aside)]
    pure = not any(op.random or op.mutates or op.calls_users for op in executor.graph.operators)
    forward = _quickest(lambda: aside.attempt(is_train, optimized), lambda: pure)
    forward = forward._replace(trace=_as_read(forward.trace, aside, optimized, states[0]))
    states.append(_states(aside))
    if not is_train or executor.backward_plan is None or forward.trace.failure is not None:
        return _Run([forward], {}, states, {})
    if out_grads is None:
        out_grads = [ones(out.shape, out.context, out.dtype) for out in executor.outputs]
    given = seeds_by_head(executor.symbol.list_outputs(), out_grads)
    # Copies: some of the values recorded may be views of them.
    given = [array.copy() if isinstance(array, NDArray) else array for array in given]
    heads = {
        name: array
        for name, array in zip(executor.seeds, given, strict=True)
        if name and array is not None
    }
    backward = _quickest(
        lambda: aside.trace_backward(given, until_error=True),
        lambda: pure and aside.repeats_backward(given),
    )
    backward = backward._replace(trace=_as_read(backward.trace, aside, optimized, states[1]))
    states.append(_states(aside))
    sums = {
        name: (before, after)
        for name, before in executor.grad_dict.items()
        if before is not None
        and (after := aside.grad_dict[name]) is not None
        and executor.requirements[name] == "add"
    }
    return _Run([forward, backward], heads, states, sums if backward.trace.failure is None else {})


def _as_read(
    trace: Trace, executor: Executor, optimized: bool, before: Mapping[str, NDArray]
) -> Trace:
    """A trace whose steps have what they change as they read it, before they changed it."""
    graph = executor.optimized_graph if optimized else executor.graph

    def read(record: Record) -> Record:
        node = graph.nodes[record.position]
        if record.position < 0 or node.op is None or not node.op.mutates:
            return record
        names = [graph.nodes[pin.node].name for pin in graph.inputs[record.position]]
        inputs = [before.get(name, own) for name, own in zip(names, record.inputs, strict=False)]
        return replace(record, inputs=tuple(inputs))

    return replace(trace, records=tuple(map(read, trace))) if before else trace


def _states(executor: Executor) -> dict[str, NDArray]:
    """Copies of the arrays bound that operators change."""
    bound = {**executor.arg_dict, **executor.aux_dict}
    names = [executor.graph.nodes[pin.node].name for pin in executor.graph.changed]
    return {name: bound[name].copy() for name in names if name in bound}


class _Kept(NamedTuple):
    """A trace, and how many recordings it is the quickest of."""

    trace: Trace
    recordings: int


def _quickest(record: Callable[[], Trace], repeats: Callable[[], bool]) -> _Kept:
    """The quickest of a few recordings, where a run is short and `repeats` says that more change nothing.

    In one alone, a step may seem slow because threads began, memory was fresh or something else ran. The
    first is for threads and memory; it counts only if it remains the only one.
    """
    began = time.perf_counter()
    best = record()
    took = time.perf_counter() - began
    if best.failure is not None or took > _SHORT or not repeats():
        return _Kept(best, 1)
    count = 0
    while count < _RECORDINGS and (not count or time.perf_counter() - began + took < _SHORT):
        since = time.perf_counter()
        trace = record()
        took = time.perf_counter() - since
        count += 1
        if count == 1 or trace.seconds < best.seconds or trace.failure is not None:
            best = trace
        if trace.failure is not None:
            break
    return _Kept(best, count)


class _Writer:
    """Puts a document together.

    Attributes
    ----------
    graph : Graph
        What was recorded.
    records : list of Record
        Those of its nodes, in an order in which they can run.
    given : dict of Pin to NDArray
        The values of variables, as they were when the run began.
    """

    def __init__(
        self,
        executor: Executor,
        is_train: bool,
        optimized: bool,
        run: _Run,
    ) -> None:
        self.graph = executor.optimized_graph if optimized else executor.graph
        self._executor, self._symbol, self._kept = executor, executor.symbol, run.kept
        self._traces = traces = [trace for trace, _ in run.kept]
        self._is_train, self._optimized, self._heads = is_train, optimized, run.heads
        self._states, self._sums = run.states, run.sums
        self._values: list[Json | None] = []
        self._room = _ELEMENTS
        self.arrays: list[NDArray] = []
        self.records = [record for trace in traces for record in _nodes_of(trace)]
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
        written = self._written()
        course = self._acts(written)
        self._add_values(course)
        described = (graph, specs) if self._optimized else (own, specs[: len(own)])
        return {
            "format": 1,
            "alt": describe(*described),
            "graph": graph_data(graph, specs, written),
            "acts": course,
            "values": self._values,
            "gradients": self._gradients(),
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

    def _acts(self, written: set[int]) -> list[Json]:
        graph, bound = self.graph, self._bound
        own = {**self._executor.arg_dict, **self._executor.aux_dict}
        mine = {name: array for name, array in bound.items() if name in own}
        known = {pin.node for pin in self.given if graph.nodes[pin.node].name in own}
        if self._optimized:
            course = [acts.optimise(graph, len(self._executor.graph), written)]
        else:
            shapes = {name: array.shape for name, array in mine.items()}
            dtypes = {name: np.dtype(array.dtype) for name, array in mine.items()}
            course = [
                acts.compose(graph, written),
                acts.infer(self._symbol.graph, shapes, dtypes),
            ]
        course.append(acts.bind(graph, mine))
        course.append(acts.run(graph, "forward", "Forward", self._run(0), known))
        if len(self._traces) > 1:
            rest = [i for i in range(len(graph)) if i not in written]
            known |= {i for i in rest if graph.nodes[i].op is None}
            course.append(acts.derive(graph, rest, self._begins()))
            course.append(acts.run(graph, "backward", "Backward", self._run(1), known))
        return course

    def _begins(self) -> dict[int, tuple[str, NDArray]]:
        """For variables that stand for the gradient of an output, the output, and what was given."""
        names, seeds = self._symbol.list_outputs(), self._executor.seeds
        output = {seed: name for seed, name in zip(seeds, names, strict=True) if seed is not None}
        return {
            pin.node: (output[self.graph.nodes[pin.node].name], value)
            for pin, value in self.given.items()
            if self.graph.nodes[pin.node].name in output.keys() & self._heads.keys()
        }

    def _run(self, k: int) -> acts.Run:
        trace = self._traces[k]
        names: dict[int, str] = {}
        for entry, gradient in self._gradients():
            names.setdefault(gradient[0], entry_name(self.graph, Pin(*entry)))
        mine = _nodes_of(trace)
        nodes = {record.position for record in mine}
        if trace.failure is not None:
            graph, written = self.graph, self._written()
            nodes |= {
                i for i, node in enumerate(graph.nodes) if node.op and (i in written) == (k == 0)
            }
        known = self._known(k)
        run = acts.Run(mine, nodes, self._is_train, trace.failure, known, names if k else {})
        return run._replace(changes=self._changes(k), sums=self._added() if k else {})

    def _changes(self, k: int) -> dict[int, list[tuple[Pin, NDArray]]]:
        """For each step of a trace, the variables that it changed, with what they are from there on.

        Where several steps change one, the last of them is told.
        """
        before, after, last = self._states[k], self._states[k + 1], dict[Pin, int]()
        for record in _nodes_of(self._traces[k]):
            node, pins = self.graph.nodes[record.position], self.graph.inputs[record.position]
            if node.op is not None:
                last.update(dict.fromkeys(node.op.changed(node.params, pins), record.position))
        found: dict[int, list[tuple[Pin, NDArray]]] = {}
        for pin, i in last.items():
            name = self.graph.nodes[pin.node].name
            if (
                name in after
                and after[name].asnumpy().tobytes() != before[name].asnumpy().tobytes()
            ):
                found.setdefault(i, []).append((pin, after[name]))
        return found

    def _added(self) -> dict[int, tuple[str, NDArray, NDArray]]:
        """For nodes that compute gradients that are added: of what, what there was, and what it comes to."""
        own = {self.graph.nodes[i].name: i for i in self.graph.variables}
        made = {entry[0]: gradient[0] for entry, gradient in self._gradients()}
        return {
            made[own[name]]: (name, *pair)
            for name, pair in self._sums.items()
            if own.get(name) in made
        }

    def _known(self, k: int) -> dict[Pin, NDArray]:
        """The values that are there before a trace."""
        earlier = [record for trace in self._traces[:k] for record in _nodes_of(trace)]
        values = {
            Pin(record.position, port): value
            for record in earlier
            for port, value in enumerate(record.outputs)
        }
        return self.given | values

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
        count = sum(record.position >= 0 for record in self._traces[0])
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
            text += " It ran on one thread: for steps this small, waking another takes longer than it saves."
        if self._kept[0].recordings > 1:
            text += f" This is the quickest of {self._kept[0].recordings} recordings."
        return {
            "optimized": self._optimized,
            "text": text,
            "differs": usual != count or self._optimized,
        }

    def _add_values(self, course: Sequence[Json]) -> None:
        """Put the values that steps name into the document, and their numbers into the steps."""
        for act in course:
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


def _nodes_of(trace: Trace) -> list[Record]:
    """The records of the graph's own nodes."""
    return [record for record in trace if record.position >= 0]


def _threads(trace: Trace) -> int:
    """How many steps could have run at a time, where that is known."""
    return thread_count() if trace.runner == "threads" and not trace.streams else 0
