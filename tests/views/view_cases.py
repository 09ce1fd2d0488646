"""What tests of the views' documents share: a graph, and ways to read a document."""

from __future__ import annotations

import numpy as np

import symbook as mx

_VALUES = {"A": [1.0, 2.0], "B": [3.0, 4.0], "C": [5.0, 6.0], "D": [7.0, 8.0]}


def bound(**options):
    with mx.name.NameManager():
        a, b, c, d = (mx.sym.Variable(name) for name in "ABCD")
        e = (a * b) + (c * d)
    arrays = {name: mx.nd.array(value) for name, value in _VALUES.items()}
    return e.bind(mx.cpu(), arrays, **options)


def states(document):
    """What state every node is in after each step."""
    found = ["hidden"] * len(document["graph"]["nodes"])
    for act in document["acts"]:
        for node, state in act.get("before", ()):
            found[node] = state
        for step in act["steps"]:
            for node, state in step.get("states", ()):
                found[node] = state
            yield act, step, list(found)


def items(value):
    """The elements of a value that is in a document in full."""
    words = {"NaN": np.nan, "∞": np.inf, "−∞": -np.inf}
    return np.array([words.get(item, item) for item in value["items"]]).reshape(value["shape"])


def values_at_the_end(document):
    """For each entry, its last value."""
    found = {}
    for act in document["acts"]:
        for step in act["steps"]:
            for entry, number in step.get("values", ()):
                found[tuple(entry)] = document["values"][number]
    return found
