"""The document of a view: everything that it shows, as plain data, from one recorded run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from typing import Any, NamedTuple

import numpy as np

from symbook import garbage, rng, underway
from symbook.errors import SymbookError
from symbook.executor import Executor
from symbook.graph import Graph
from symbook.ndarray import NDArray
from symbook.render.picture import declared_specs
from symbook.render.words import describe
from symbook.runners.trace import Trace
from symbook.specs import Spec
from symbook.symbol import Symbol

from . import acts
from .failing import failed, unbound
from .nodes import graph_data
from .recording import beginning, run
from .records import nodes_of
from .schedule import memory
from .values import summary
from .whatif import WhatIf
from .writer import Writer

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
    if len(infer["steps"]) == 1:  # the opening alone
        told = "No shape is known yet: no variable has an array or declares a shape."
        infer["steps"].append({"node": None, "text": told})
    course = [acts.compose(graph, range(len(graph))), infer]
    return _declared(symbol) | {"acts": course, "values": []}


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
        found = failed(graph, error, brief)
        if found["node"] is not None and found["node"] == infer["steps"][-1]["node"]:
            infer["steps"][-1] = found
    else:
        bind = acts.bind(graph, arrays)
        bind["steps"].append(unbound(graph, error, arrays, brief))
        course.append(bind)
    values: list[Json] = []
    for step in (step for act in course for step in act["steps"]):
        if name := step.pop("value", None):
            step["values"] = [[[step["node"], 0], len(values)]]
            values.append(summary(arrays[name].asnumpy()))
    return _declared(symbol) | {"acts": course, "values": values}


def _declared(symbol: Symbol) -> Json:
    return of_symbol(symbol, declared_specs(symbol.graph))


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
    begins = beginning(executor)
    with ExitStack() as ends:
        # What the user's own operators leave behind may be large.
        if not any(op.calls_users for op in executor.graph.operators):
            ends.enter_context(garbage.put_off())
        with nullcontext() if begins is None else rng.resumed(begins):
            recorded = run(executor, is_train, out_grads, optimized)
        ends.enter_context(garbage.put_off())
        writer = Writer(executor, is_train, optimized, recorded)
        return Recorded(
            writer.document(),
            writer.arrays,
            WhatIf(writer.graph, writer.given, writer.records, is_train, begins),
            tuple([trace for trace, _ in recorded.kept]),
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
        for moment, nbytes in memory(recorded.graph, nodes_of(trace))
    ]
