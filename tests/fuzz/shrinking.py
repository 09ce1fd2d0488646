"""A graph that differs, made as small as it goes: it must differ still, in whatever way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

import numpy as np

from .graph import Call, Graph, Variable
from .plan import Plan
from .running import Difference, check


def shrunk(graph: Graph, plan: Plan, kind: str, tries: int = 400) -> tuple[Graph, Plan, Difference]:
    """The smallest graph and plan that was found to differ, and how it does.

    Raises
    ------
    ValueError
        If the graph does not differ.
    """
    found = _difference(graph, plan, kind)
    if found is None:
        raise ValueError("this graph does not differ")
    again = True
    while again and tries > 0:
        again = False
        for smaller, plainer in _simpler(graph, plan):
            tries -= 1
            problem = _difference(smaller, plainer, kind)
            if problem is not None:
                graph, plan, found, again = smaller, plainer, problem, True
                break
            if tries <= 0:
                break
    return graph, plan, found


def _difference(graph: Graph, plan: Plan, kind: str) -> Difference | None:
    try:
        check(graph, plan, kind)
    except Difference as problem:
        return problem
    return None


def _simpler(graph: Graph, plan: Plan) -> Iterator[tuple[Graph, Plan]]:
    """All that is one step simpler, the largest steps first."""
    if len(graph.outputs) > 1:
        for i in dict.fromkeys(graph.outputs):
            yield replace(graph, outputs=(i,)).pruned(), plan
    for k in range(len(graph.calls)):
        cut = _without(graph, k)
        if cut is not None:
            yield cut, plan
    default = Plan()
    for item in fields(Plan):
        if item.name != "seed" and getattr(plan, item.name) != getattr(default, item.name):
            yield graph, replace(plan, **{item.name: getattr(default, item.name)})
    for k, call in enumerate(graph.calls):
        # An output in the middle, without what comes after it.
        start = graph.starts()[k]
        if k < len(graph.calls) - 1:
            yield replace(graph, outputs=tuple(range(start, start + call.results))).pruned(), plan


def _without(graph: Graph, k: int) -> Graph | None:
    """The graph with variables in place of what a call computes; None if nothing reads that."""
    starts = graph.starts()
    results = range(starts[k], starts[k] + graph.calls[k].results)
    used = set(graph.outputs).union(*(call.inputs for call in graph.calls))
    if not used.intersection(results) or used.intersection(results) <= set(graph.outputs):
        return None
    values = graph.evaluate(graph.values)
    taken = {variable.name for variable in graph.variables}
    made = []
    for i in results:
        name = next(f"w{n}" for n in range(len(values) + 1) if f"w{n}" not in taken)
        taken.add(name)
        value = np.array(values[i])
        made.append(Variable(name, value, lambda source, value=value: value.copy()))
    count, new = len(graph.variables), len(made)
    # After the results there are as many values less as there are variables more.
    number = {i: i + new if count <= i < results.start else i for i in range(len(values))}
    number.update({i: count + j for j, i in enumerate(results)})
    calls = [
        Call(call.op, tuple([number[i] for i in call.inputs]), call.params, call.results)
        for j, call in enumerate(graph.calls)
        if j != k
    ]
    return replace(
        graph,
        variables=(*graph.variables, *made),
        calls=tuple(calls),
        outputs=tuple([number[i] for i in graph.outputs]),
        rough={number[i]: ulps for i, ulps in graph.rough.items()},
    ).pruned()
