"""What the views are as pictures: graphs with their values, times, and graphs beside each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from symbook.errors import shape_text
from symbook.executor import Executor
from symbook.graph import Graph, Pin
from symbook.infer import SHAPES, explained
from symbook.ndarray import NDArray
from symbook.passes.stages import Stage
from symbook.render import arrays
from symbook.render.beside import Bar, Chart, beside, time_chart
from symbook.render.picture import Picture, draw
from symbook.render.scene import value_text
from symbook.render.text import plural
from symbook.render.theme import FAILED
from symbook.specs import Spec
from symbook.symbol import Symbol

from .document import Json, Recorded
from .optimiser import alive
from .schedule import at_a_time
from .sentences import said

_MOST_LOOKED_THROUGH = 4_000_000
"""Elements of an array whose range is told in a picture: it must be there at once."""


def values_by_entry(recorded: Recorded) -> dict[Pin, NDArray]:
    """The value of each entry at the end of a recorded run."""
    found = {}
    for act in recorded.document["acts"]:
        for step in act["steps"]:
            for (node, index), number in step.get("values", ()):
                if number < len(recorded.arrays):
                    found[Pin(node, index)] = recorded.arrays[number]
    return found


def values_by_name(recorded: Recorded) -> dict[str, NDArray]:
    """The same by the names of nodes, and of their outputs; the first node of a name has it."""
    nodes, found = recorded.graph.nodes, dict[str, NDArray]()
    values = sorted(values_by_entry(recorded).items())
    for pin, value in values:
        found.setdefault(nodes[pin.node].name, value)
    for pin, value in values:
        found.setdefault(nodes[pin.node].output_names[pin.index], value)
    return found


def of_graph(graph: Graph, values: Mapping[Pin, NDArray], statistics: bool = False) -> Picture:
    """A graph with what is known of its entries; with `statistics`, those of large arrays."""
    specs = [
        tuple(_spec(values.get(Pin(i, k))) for k in range(node.output_count))
        for i, node in enumerate(graph.nodes)
    ]
    names = Counter(name for node in graph.nodes for name in node.output_names)
    named = {
        name: _stated(values[Pin(i, k)]) if statistics else values[Pin(i, k)]
        for i, node in enumerate(graph.nodes)
        for k, name in enumerate(node.output_names)
        if names[name] == 1 and Pin(i, k) in values
    }
    return draw(graph, specs=specs, values=named)


def _stated(value: NDArray) -> NDArray | str:
    """A small array as it is, of a large one the shape, the range and the mean, each on a line."""
    if value.size == 0 or value.size > _MOST_LOOKED_THROUGH:
        return value
    told = value_text(value)
    if told:
        return told
    statistics = arrays.statistics(value.asnumpy()).replace(", mean", "\nmean", 1)
    return f"{shape_text(value.shape)}\n{statistics}"


def of_run(recorded: Recorded, statistics: bool = False) -> Picture:
    """The graph that the user wrote, with the values of a run; with `statistics`, those of large arrays."""
    executor = recorded.executor
    if recorded.graph is not executor.graph:
        return of_graph(recorded.graph, values_by_entry(recorded), statistics)
    written = _written(executor, values_by_entry(recorded))
    return of_graph(executor.symbol.graph, written, statistics)


def of_gradient(recorded: Recorded) -> list[tuple[str, Picture]]:
    """The graph that the user wrote, and with its gradient, with the values of both, and headings."""
    whole = of_graph(recorded.graph, values_by_entry(recorded))
    return [("The graph", of_run(recorded)), ("With its gradient", whole)]


def of_times(document: Json) -> Picture:
    """When each step ran, and where."""
    names = [node["name"] for node in document["graph"]["nodes"]]
    charts = []
    for run in document["timelines"]:
        path = set(run["path"])
        bars = [
            Bar(names[i], lane, start, end, i in path) for i, lane, start, end, *_ in run["bars"]
        ]
        # Where a gradient is what was given, nothing ran backward.
        first = run["lanes"][0] if run["lanes"] else "thread"
        kind = f"{first.split()[0]}{'s' if run['threads'] > 1 else ''}"
        told = f"{run['act'].capitalize()}: {at_a_time(run):.1f} of {run['threads']} {kind} busy"
        charts.append(
            Chart(f"{told}; thick outlines: the critical path", run["lanes"], bars, run["seconds"])
        )
    return time_chart(charts)


def of_pass(before: Stage, after: Stage) -> list[tuple[str, Picture]]:
    """The graph before a pass and after it, with headings; what it did stands in the boxes."""
    old = {note.node: note.act for note in after.notes}
    gone: dict[str, list[str]] = {}
    for note in after.notes:
        gone.setdefault(note.by, []).extend([note.node] if note.node != note.by else [])
    acts = {note.by: note.act for note in after.notes}
    new = {by: _in_place_of(names) if names else acts[by] for by, names in gone.items()}
    return [("Before", _marked(before, old)), ("After", _marked(after, new))]


def _in_place_of(names: Sequence[str]) -> str:
    """What is said of a node that stands for others, in the words of `passes.js`."""
    others = ", ".join(names) if len(names) <= 3 else f"{len(names)} others"
    return f"in place of {others}"


def _marked(stage: Stage, acts: Mapping[str, str]) -> Picture:
    graph, specs = alive(stage)
    marks = {}
    for i, node in enumerate(graph.nodes):
        found = (acts[name] for name in (node.name, *node.output_names) if name in acts)
        if act := next(found, ""):
            marks[i] = act
    return draw(graph, specs=specs, marks=marks)


def of_memory(memory: Json) -> Picture:
    """Which value is in which buffer, over the steps; those with memory of their own are left out."""
    rows = [row for row in memory["rows"] if row[0] >= 0]
    bars = [Bar(name, buffer, first, last + 1, False) for buffer, name, _, first, last, _ in rows]
    lanes = [f"buffer {k + 1}" for k in range(len(memory["sizes"]))]
    steps = plural(len(memory["steps"]), "step")
    told = f"Memory: {plural(len(rows), 'value')} in {plural(len(lanes), 'buffer')} over {steps}"
    return time_chart([Chart(told, lanes, bars, len(memory["steps"]), _step_text)])


def _step_text(at: float) -> str:
    return f"{at:.0f}" if at == int(at) else ""


def of_failure(symbol: Symbol, arrays: Mapping[str, NDArray], document: Json) -> Picture:
    """The graph with the shapes that were found before an error, and where the error is."""
    graph = symbol.graph
    learnt, _ = explained(graph, SHAPES, {name: array.shape for name, array in arrays.items()})
    specs = [[Spec()] * node.output_count for node in graph.nodes]
    for pin, shape, _ in learnt:
        if shape is not None and None not in shape:
            specs[pin.node][pin.index] = Spec(tuple(shape))
    last = document["acts"][-1]["steps"][-1]
    failed = [i for i, state in last.get("states", ()) if state == "error"]
    bare = {i for i in failed if graph.nodes[i].op is None and graph.nodes[i].name not in arrays}
    marks = {i: "no array" if i in bare else FAILED for i in failed}
    drawn = draw(symbol, specs=[tuple(row) for row in specs], marks=marks)
    told = [f"At {said(graph, i)}: {mark}." for i, mark in marks.items()]
    return replace(drawn, alt=" ".join([drawn.alt, *told]))


def of_stages(executor: Executor) -> Picture:
    """The graph as it was written, and as the optimiser left it."""
    stages = executor.stages
    rows = [("As written", stages[0]), ("As it is run", stages[-1])]
    return beside([(title, draw(stage.graph, specs=stage.specs)) for title, stage in rows])


def _written(executor: Executor, values: Mapping[Pin, NDArray]) -> dict[Pin, NDArray]:
    """The values of a graph with its gradient as those of the graph alone."""
    position = executor.graph.positions
    found = {}
    for i, node in enumerate(executor.symbol.graph.nodes):
        for k in range(node.output_count):
            value = values.get(Pin(position[node], k)) if node in position else None
            if value is not None:
                found[Pin(i, k)] = value
    return found


def _spec(value: NDArray | None) -> Spec:
    return Spec() if value is None else Spec(value.shape, np.dtype(value.dtype))
