"""The optimiser's work as plain data: the graph as each pass left it, the plan's memory, and the source."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from symbook.executor import Executor
from symbook.graph import Graph, Node, Pin
from symbook.passes.rewrite import Note
from symbook.passes.stages import Stage
from symbook.plan import Plan
from symbook.render.text import clean
from symbook.render.words import describe
from symbook.specs import Spec

from .nodes import graph_data, shown_name

Json = dict[str, Any]

_FOR = {
    "merge": "Nodes that compute the same thing of the same values become one.",
    "simplify": "Nodes that change nothing, such as a product with 1, are left out.",
    "fold constants": "What no argument can change is computed once, when the graph is bound.",
    "remove dead code": "Nodes that no output depends on any more are removed.",
    "join products": "Products of matrices with the same weights become one larger product.",
    "turn weights": "Weights are copied into the order in which products read them fastest.",
    "join layers": "A layer takes over the simple step that follows it, such as scaling or relu.",
    "spell out": "Steps of gradients are written in simpler operators, which a GPU can join.",
    "fuse": "Neighbouring element-wise nodes become one, so that values are read and written once.",
    "fuse reductions": "A sum takes over the element-wise nodes before it, so that these write nothing.",
}
"""What each pass is for, for somebody who has never seen an optimiser."""
_BOOKS = {
    "turns.taken": "turns.taken: if another thread is running this executor, this call waits its turn.",
    "references(": (
        "references(result0) > 3: if somebody still holds the result of the last run, a new array is made, "
        "so that theirs is not written over."
    ),
    "buffer": "buffer0 and so on are memory that values share.",
    "into[": "into[…] is where results go: the memory of a gradient's array, if nothing is added to it.",
    " = s[": "s[…] has what forward() kept, the gradients that backward() begins with, and those it adds to.",
    "values[": "values[…] keeps what backward() will read.",
    "ran[0]": (
        "ran[0] says whether there is a run that backward() can follow: none while this one goes on, this "
        "one at its end."
    ),
}
"""What signs in the source mean."""
_ASSIGNED = re.compile(r"^\s*(\w+)(?:, \w+)* = ")
_COMMENT = re.compile(r"\)  # (.+)$")


def of_optimiser(executor: Executor) -> Json:
    """The document of :class:`OptimiserView`.

    `stages` has each pass in its order, the graph as written first; one that did nothing has no graph, as its
    graph is that of the stage before. A note's `to` is the node that now stands for `node`, or null.
    `codes` has the code of forward, and of backward, if there are gradients.
    """
    stages = executor.stages
    rows = [_stage(stages[0], None)] if stages else []
    for before, stage in pairwise(stages):
        rows.append(_stage(stage, before))
    plan = executor.plan
    first = stages[0] if stages else None
    back = executor.backward_plan
    written = first.graph if first else None
    return {
        "format": 1,
        "stages": rows,
        "memory": memory(plan) | {"written": first and _as_written(first, plan)},
        "back": back and memory(back),
        "codes": [
            {
                "of": of,
                "source": source,
                "about": about(source),
                "lines": lines(source, ran, written),
            }
            for of, source, ran in (
                ("forward()", executor.source, plan),
                ("backward()", executor.backward_source, back),
            )
            if source is not None and ran is not None
        ],
    }


def about(source: str) -> str:
    """What the lines of the source are for, for somebody who reads generated code for the first time."""
    told = ["A line that begins with a node's name makes its value; the others keep the books."]
    told += [text for sign, text in _BOOKS.items() if sign in source]
    return " ".join(told)


def _stage(stage: Stage, before: Stage | None) -> Json:
    found: Json = {"name": stage.name, "for": _FOR.get(stage.name.removesuffix(" again"), "")}
    if before is not None and not stage.notes and stage.graph is before.graph:
        return found | {"notes": []}
    graph, specs = alive(stage)
    there = _Names(graph)
    return found | {
        "graph": graph_data(graph, specs),
        "alt": describe(graph, specs),
        "notes": [_note(note, there) for note in stage.notes],
    }


def _note(note: Note, there: _Names) -> Json:
    return {
        "node": shown_name(note.node),
        "op": note.op,
        "act": note.act,
        "by": shown_name(note.by),
        "to": there.find(note.by) or there.find(note.node),
        "why": clean(note.why),
    }


class _Names:
    """The nodes of a graph by what notes call them: a node's name, or that of one of its outputs."""

    def __init__(self, graph: Graph) -> None:
        self._known: dict[str, str] = {}
        for node in graph.nodes:
            self._known.setdefault(node.name, node.name)
        for node in graph.nodes:
            for name in node.output_names:
                self._known.setdefault(name, node.name)

    def find(self, text: str) -> str | None:
        """The node of a name, as it is shown; of `fc1 = Convolution` it is the first word."""
        found = self._known.get(text) or self._known.get(text.split(" = ", 1)[0])
        return None if found is None else shown_name(found)


def alive(stage: Stage) -> tuple[Graph, Sequence[tuple[Spec, ...]]]:
    """The stage's graph without nodes that no output depends on, and its specs."""
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


def _as_written(stage: Stage, plan: Plan) -> Json:
    """How many values there are between inputs and outputs, and what they would take without a plan.

    Those that `plan` is of, without gradients.
    """
    graph, specs = stage.graph, stage.specs
    heads = graph.heads[: len(plan.outputs)]
    kept = {pin.node for pin in heads}
    for i in range(len(graph) - 1, -1, -1):
        if i in kept:
            kept.update(pin.node for pin in graph.inputs[i])
    sizes = [
        specs[i][k].nbytes
        for i, node in enumerate(graph.nodes)
        if i in kept and node.op is not None and not node.op.view
        for k in range(node.shown_count)
        if Pin(i, k) not in heads
    ]
    return {"values": len(sizes), "bytes": sum(sizes)}


def memory(plan: Plan) -> Json:
    """Which values are in which buffer, and from which step to which: the document's `memory`.

    `rows` are `[buffer, name, bytes, first step, last step, kind]`; a buffer of -1 is memory of the
    value's own, and its kind `output`, or `own` for what is no output.
    """
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for k, step in enumerate(plan.steps):
        for slot in step.outs:
            first.setdefault(slot, k)
        for slot in (*step.ins, *step.outs):
            last[slot] = k
    names = {slot: _name(node, k) for (node, k), slot in plan.slot_of.items()}
    rows = []
    for slot, begin in sorted(first.items(), key=lambda item: item[1]):
        if slot not in plan.placement.buffer_of and plan.steps[begin].op.view:
            continue
        end = len(plan.steps) - 1 if slot in plan.sinks else last[slot]
        name = shown_name(names.get(slot, plan.steps[begin].origin.name))
        buffer = plan.placement.buffer_of.get(slot, -1)
        kind = "buffer" if buffer >= 0 else "output" if slot in plan.outputs else "own"
        rows.append([buffer, name, plan.specs[slot].nbytes, begin, end, kind])
    return {
        "sizes": list(plan.placement.sizes),
        "steps": [shown_name(step.origin.name) for step in plan.steps],
        "rows": rows,
    }


def _name(node: Node, k: int) -> str:
    return node.name if node.shown_count == 1 and k == 0 else node.output_names[k]


def lines(source: str, plan: Plan, written: Graph | None) -> list[str | None]:
    """For each line of the source, the node whose value it names; None for other lines.

    Within a fused step, the nodes are those of the graph as `written`.
    """
    nodes = [step.origin for step in plan.steps] + list(written.nodes if written else plan.nodes)
    known = {_word(node.name): shown_name(node.name) for node in reversed(nodes)}
    found: list[str | None] = []
    for line in source.splitlines():
        assigned, comment = _ASSIGNED.match(line), _COMMENT.search(line)
        name = None
        if assigned:
            # A name that was taken already has an underscore more, and one of several outputs its number.
            word = assigned[1].rstrip("_")
            name = (
                known.get(assigned[1]) or known.get(word) or known.get(re.sub(r"_\d+$", "", word))
            )
        if name is None and comment:
            name = known.get(_word(comment[1].split(", ")[-1]))
        found.append(name)
    return found


def _word(name: str) -> str:
    return re.sub(r"\W", "_", name, flags=re.ASCII).rstrip("_")
