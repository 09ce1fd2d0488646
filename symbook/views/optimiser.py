"""The optimiser's work as plain data: the graph as each pass left it, the plan's memory, and the source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symbook.executor import Executor
from symbook.graph import Graph
from symbook.passes.stages import Stage
from symbook.plan import Plan
from symbook.render.text import clean
from symbook.render.words import describe
from symbook.specs import Spec

from .nodes import graph_data, shown_name

Json = dict[str, Any]


def of_optimiser(executor: Executor) -> Json:
    """The document of :class:`OptimiserView`.

    `stages` has each pass's graph and notes, the graph as written first; passes without notes are left out.
    """
    stages = executor.stages
    shown = [stage for k, stage in enumerate(stages) if k in (0, len(stages) - 1) or stage.notes]
    return {
        "format": 1,
        "stages": [_stage(stage) for stage in shown],
        "memory": memory(executor.plan),
        "source": executor.source,
    }


def _stage(stage: Stage) -> Json:
    graph, specs = alive(stage)
    return {
        "name": stage.name,
        "graph": graph_data(graph, specs),
        "alt": describe(graph, specs),
        "notes": [
            {
                "node": shown_name(note.node),
                "op": note.op,
                "act": note.act,
                "by": shown_name(note.by),
                "why": clean(note.why),
            }
            for note in stage.notes
        ],
    }


def alive(stage: Stage) -> tuple[Graph, Sequence[tuple[Spec, ...]]]:
    """The stage's graph without nodes that no output depends on."""
    graph = stage.graph
    kept = [False] * len(graph)
    for pin in graph.heads:
        kept[pin.node] = True
    for i in range(len(graph) - 1, -1, -1):
        if kept[i]:
            for pin in graph.inputs[i]:
                kept[pin.node] = True
    if all(kept):
        return graph, stage.specs
    linked = graph.linked()
    found = Graph(linked.outputs)
    position = {node: i for i, node in enumerate(linked.nodes)}
    return found, [stage.specs[position[node]] for node in found.nodes]


def memory(plan: Plan) -> Json:
    """Which values are in which buffer, and from which step to which: the document's `memory`.

    `rows` are `[buffer, name, bytes, first step, last step]`; a buffer of -1 is memory of the value's own.
    """
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for k, step in enumerate(plan.steps):
        for slot in step.outs:
            first.setdefault(slot, k)
        for slot in (*step.ins, *step.outs):
            last[slot] = k
    names = {slot: node.output_names[k] for (node, k), slot in plan.slot_of.items()}
    rows = []
    for slot, begin in sorted(first.items(), key=lambda item: item[1]):
        if slot not in plan.placement.buffer_of and plan.steps[begin].op.view:
            continue
        end = len(plan.steps) - 1 if slot in plan.sinks else last[slot]
        name = shown_name(names.get(slot, plan.steps[begin].origin.name))
        rows.append(
            [plan.placement.buffer_of.get(slot, -1), name, plan.specs[slot].nbytes, begin, end]
        )
    return {
        "sizes": list(plan.placement.sizes),
        "steps": [shown_name(step.origin.name) for step in plan.steps],
        "rows": rows,
    }
