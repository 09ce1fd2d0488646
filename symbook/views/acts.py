"""The acts of a course of events, each a list of steps with what it changes: the document's `acts`.

Compose, infer, bind, forward, derive, backward. Each begins with a step that tells what the act is. A step
says in one sentence what happened, and which states of nodes, which labels on edges and which values it
changes. States are `hidden`, `unbound`, `bound`, `waiting`, `ready`, `running`, `done` and `error`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from symbook.errors import listed, shape_text
from symbook.graph import Graph, Pin
from symbook.infer import DTYPES, SHAPES, explained
from symbook.ndarray import NDArray
from symbook.render.text import clean, plural, shorten
from symbook.runners.trace import Failure, Record

from .failing import failed, raised
from .moments import moments
from .schedule import place_of
from .sentences import added, changed, entry_name, formula, given, happened, said
from .verbs import together

Json = dict[str, Any]

_LONGEST = 40

_OPENINGS = {
    "compose": (
        "You write a formula with names, and it becomes a graph: boxes for what is to be computed, arrows "
        "for what is read. No number is computed yet."
    ),
    "optimise": (
        "Before a graph runs, it is rewritten: what is computed twice is computed once, what nobody needs is "
        "left out, and neighbours are joined to one step. The numbers stay the same."
    ),
    "infer": (
        "Before anything runs, each operator tells from the shapes of its inputs which shape its result has."
    ),
    "bind": "The names get arrays, so that there is something to compute with, and memory is planned.",
    "forward": (
        "Now numbers flow along the arrows. A step is ready when all its inputs are there; what is ready may "
        "run, several steps at the same time."
    ),
    "derive": (
        "How does the result change when an input changes a little? The rules of calculus, from the results "
        "back, make a second graph that computes just that."
    ),
    "backward": (
        "The second graph runs, from the results back to the inputs: in the end, each input has its gradient."
    ),
}


def compose(graph: Graph, written: Collection[int]) -> Json:
    """The nodes that the user wrote appear one by one."""
    steps = [opening("compose")]
    for i, node in enumerate(graph.nodes):
        if i not in written:
            continue
        text = (
            f"{said(graph, i)} is a variable: a name that has no value yet."
            if node.op is None
            else f"{said(graph, i)} is {formula(graph, i)}. Nothing is computed: it is only noted."
        )
        steps.append({"node": i, "text": text, "states": [[i, "unbound"]]})
    before = "Nothing has been written yet."
    return {"name": "compose", "title": "Compose", "opening": before, "steps": steps}


def opening(act: str, states: Sequence[Any] = ()) -> Json:
    """The step that an act begins with: it tells what the act is."""
    return {"node": None, "text": _OPENINGS[act], "states": list(states), "opens": True}


def infer(graph: Graph, shapes: Mapping[str, Any], dtypes: Mapping[str, Any]) -> Json:
    """Shapes become known, each from what is known already; then dtypes, in one step."""
    learnt, error = explained(graph, SHAPES, shapes)
    steps: list[Json] = [opening("infer")]
    for pin, shape, by in learnt:
        if shape is None:
            continue
        told = shape_text(shape)
        reason = _reason(graph, pin, by, graph.nodes[pin.node].name in shapes)
        text = f"{entry_name(graph, pin)} has the shape {told}{reason}."
        steps.append({"node": pin.node, "text": text, "labels": [[list(pin), told]], "by": by})
    if error is None:
        kinds, error = explained(graph, DTYPES, dtypes)
        names = {str(kind) for _, kind, _ in kinds}
        if error is None and names and steps:
            steps.append(
                {
                    "node": None,
                    "text": f"Types of elements follow in the same way: {listed(sorted(names))}.",
                    "types": True,
                }
            )
    if error is not None:
        steps.append(failed(graph, error))
    return {"name": "infer", "title": "Infer shapes", "steps": steps}


def bind(graph: Graph, arrays: Mapping[str, NDArray]) -> Json:
    """Arrays take the variables' places."""
    steps = [opening("bind")]
    for i in graph.variables:
        array = arrays.get(graph.nodes[i].name)
        if array is None:
            continue
        text = (
            f"{said(graph, i)} is bound to an array of shape {shape_text(array.shape)}, "
            f"{array.dtype.__name__}, on {array.context}."
        )
        steps.append(_bound(graph, i, text))
    return {"name": "bind", "title": "Bind", "steps": steps}


def _bound(graph: Graph, i: int, text: str) -> Json:
    return {"node": i, "text": text, "states": [[i, "bound"]], "value": graph.nodes[i].name}


def optimise(graph: Graph, before: int, nodes: Collection[int]) -> Json:
    """What the optimiser made of a graph appears, at once."""
    count = plural(sum(graph.nodes[i].op is not None for i in nodes), "operator")
    text = (
        f"The graph had {plural(before, 'node')}, gradients included. Of these, {plural(len(nodes), 'node')} "
        f"with {count} now go forward."
    )
    states = [[i, "unbound"] for i in nodes]
    steps = [opening("optimise"), {"node": None, "text": text, "states": states}]
    return {"name": "optimise", "title": "Optimise", "steps": steps}


def derive(graph: Graph, nodes: Sequence[int], begins: Mapping[int, tuple[str, NDArray]]) -> Json:
    """The nodes of the gradient appear, at once; then what it begins with.

    `begins` has, for variables that stand for the gradient of an output, its name and the gradient.
    """
    count = plural(sum(graph.nodes[i].op is not None for i in nodes), "node")
    text = f"The rule of each operator, from the outputs back, gives {count}."
    bound = {i for i in nodes if graph.nodes[i].op is None and i not in begins}
    states = [[i, "bound" if i in bound else "unbound"] for i in nodes]
    steps = [opening("derive"), {"node": None, "text": text, "states": states}]
    for i, (output, value) in begins.items():
        text = (
            f"{said(graph, i)} is what it begins with: the gradient of the output "
            f"{shorten(clean(output), _LONGEST)}, given to backward(). It is {given(value)}."
        )
        steps.append(_bound(graph, i, text))
    return {"name": "derive", "title": "Derive", "steps": steps}


class Course(NamedTuple):
    """What an act tells of a recorded run, forward or backward.

    Attributes
    ----------
    records : sequence of Record
        Those of the graph's own nodes.
    nodes : collection of int
        The operators that were to run.
    is_train : bool
    failure : Failure or None
    given : dict of Pin to NDArray
        The values that were there before.
    gradient_of : mapping of int to str
        For nodes that compute gradients, what of.
    changes : mapping of int to sequence of (Pin, NDArray)
        For nodes that change variables, these and what they are from there on.
    sums : mapping of int to (str, NDArray, NDArray)
        For nodes whose gradient is added to what its array has: of what, what it had, and what it gets.
    """

    records: Sequence[Record]
    nodes: Collection[int]
    is_train: bool = False
    failure: Failure | None = None
    given: dict[Pin, NDArray] = {}  # noqa: RUF012  # never changed
    gradient_of: Mapping[int, str] = MappingProxyType({})
    changes: Mapping[int, Sequence[tuple[Pin, NDArray]]] = MappingProxyType({})
    sums: Mapping[int, tuple[str, NDArray, NDArray]] = MappingProxyType({})


def run(graph: Graph, name: str, title: str, course: Course, known: set[int]) -> Json:
    """Steps of a recorded run: what began while something else ran, and each end, in the order of their ends.

    Parameters
    ----------
    graph : Graph
    name, title : str
    course : Course
    known : set of int
        The nodes whose values are there before; those of the records are added.
    """
    records = course.records
    mine = set(course.nodes)
    missing = {i: {pin.node for pin in graph.inputs[i]} - known for i in mine}
    before = [[i, "waiting" if missing[i] else "ready"] for i in sorted(mine)]
    steps: list[Json] = [opening(name, before)]
    alone = len({record.lane for record in records}) < 2
    began = min((record.start for record in records), default=0.0)
    for moment in moments(records):
        if moment.begun and len(moment.begun) + len(moment.beside) > 1:
            states = [[record.position, "running"] for record in moment.begun]
            positions = [record.position for record in moment.begun]
            text = _together(graph, moment.begun, moment.beside)
            at = max(record.start for record in moment.begun) - began
            steps.append(
                {"node": positions[0], "nodes": positions, "text": text, "states": states, "at": at}
            )
        record = moment.ended
        i = record.position
        states = [[i, "done"]]
        known.add(i)
        for j in graph.readers[i]:
            if j in missing and i in missing[j]:
                missing[j].discard(i)
                if not missing[j]:
                    states.append([j, "ready"])
        text = _ran(graph, record, course, alone)
        at = record.end - began
        step = {"node": i, "text": text, "states": states, "record": record, "at": at}
        if i in course.changes:
            step["changed"] = course.changes[i]
        steps.append(step)
    if course.failure is not None:
        steps.append(raised(graph, course.failure, course.given, records))
    return {"name": name, "title": title, "steps": steps}


def _reason(graph: Graph, pin: Pin, by: int, given: bool) -> str:
    if by == pin.node and graph.nodes[by].op is None:
        return ": its array has it" if given else ": it was declared"
    if by != pin.node:
        return f": {said(graph, by)} needs it"
    names = list(dict.fromkeys(entry_name(graph, source) for source in graph.inputs[by]))
    if not names:
        return ""
    return f": it follows from {together(names) if len(names) < 4 else 'its inputs'}"


def _ran(graph: Graph, record: Record, course: Course, alone: bool) -> str:
    i = record.position
    where = "" if alone else f" on {place_of(record)}"
    aim = f"; this is the gradient of {course.gradient_of[i]}" if i in course.gradient_of else ""
    more = changed(graph, course.changes.get(i, ()))
    more += added(*course.sums[i]) if i in course.sums else ""
    return happened(graph, record, course.is_train, where, aim + more)


def _together(graph: Graph, begun: Sequence[Record], beside: Sequence[Record]) -> str:
    """What runs at the same time."""
    begun = sorted(begun, key=place_of)
    new = together([said(graph, record.position) for record in begun])
    lanes = list(dict.fromkeys([place_of(record) for record in begun]))
    if beside:
        others = together([said(graph, record.position) for record in beside])
        begins = "begins" if len(begun) == 1 else "begin"
        runs = "runs" if len(beside) == 1 else "run"
        there = together(list(dict.fromkeys([place_of(record) for record in beside])))
        return f"{new} {begins} on {together(lanes)}, while {others} still {runs} on {there}."
    if all(lane.startswith("thread ") for lane in lanes):
        lanes = [lane.removeprefix("thread ") for lane in lanes]
        return f"{new} run at the same time, on threads {together(lanes)}."
    return f"{new} run at the same time, on {together(lanes)}."
