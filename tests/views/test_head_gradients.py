"""The gradients that backward begins with: where they are handed on, they are values like any other."""

from __future__ import annotations

import numpy as np
import pytest
from view_cases import bound, items, values_at_the_end

import symbook as mx
from symbook.views import sections
from symbook.views.document import of_run

NAMES = "ABCD"


def recorded(symbol, arrays, out_grads=None):
    executor = symbol.bind(
        mx.cpu(),
        {name: mx.nd.array(value) for name, value in arrays.items()},
        args_grad={name: mx.nd.zeros(np.shape(value)) for name, value in arrays.items()},
    )
    return of_run(executor, is_train=True, out_grads=out_grads)


def shown(found):
    """By name, the gradient that a document shows."""
    document = found.document
    nodes, final = document["graph"]["nodes"], values_at_the_end(document)
    return {
        nodes[entry[0]]["outs"][entry[1]]["name"]: items(final[tuple(at)])
        for entry, at in document["gradients"]
    }


def test_of_the_tutorials_graph_every_gradient_is_told() -> None:
    """By hand, for A = 1, B = 2, C = 3, D = 4: those of the sum and of both products are 1."""
    found = recorded(bound().symbol, dict(zip(NAMES, ([1.0], [2.0], [3.0], [4.0]), strict=True)))
    told = {name: value.tolist() for name, value in shown(found).items()}
    between = {"_mul0_output": [1.0], "_mul1_output": [1.0], "_plus0_output": [1.0]}
    assert {"A": [2.0], "B": [1.0], "C": [4.0], "D": [3.0]} | between == told
    table = sections.gradients(found).text
    assert "not" not in table
    rows = [line.split() for line in table.splitlines()[2:]]
    assert {"_mul0": ["2", "1"], "_mul1": ["12", "1"], "_plus0": ["14", "1"]} == {
        name: numbers for name, kind, *numbers in rows if kind != "variable"
    }


def test_what_the_reader_gave_goes_back_as_it_is() -> None:
    """Of a sum of sums no step reads the gradient: it is that of all, as NumPy has it."""
    a, b, c = (mx.sym.Variable(name) for name in "abc")
    given = np.array([5.0, -2.0, 0.5], np.float32)
    found = recorded(a + b + c, dict.fromkeys("abc", np.ones(3)), mx.nd.array(given))
    told = shown(found)
    assert {"a", "b", "c"} <= told.keys()
    for value in told.values():
        np.testing.assert_array_equal(given, value)
    act = next(act for act in found.document["acts"] if act["name"] == "derive")
    assert act["steps"][-1]["text"].endswith("given to backward(). It is [5 -2 0.5].")


def test_outputs_each_have_their_own() -> None:
    x = mx.sym.Variable("x")
    both = mx.sym.Group([mx.sym.sin(x, name="s"), mx.sym.exp(x, name="e")])
    at = np.array([0.25, 1.0], np.float32)
    one, other = np.array([2.0, 3.0], np.float32), np.array([-1.0, 4.0], np.float32)
    found = shown(recorded(both, {"x": at}, [mx.nd.array(one), mx.nd.array(other)]))
    np.testing.assert_array_equal(one, found["s_output"])
    np.testing.assert_array_equal(other, found["e_output"])
    np.testing.assert_allclose(one * np.cos(at) + other * np.exp(at), found["x"], rtol=1e-6)


def test_a_loss_needs_none() -> None:
    x = mx.sym.Variable("x")
    found = recorded(mx.sym.MakeLoss(x * x, name="l"), {"x": [3.0]})
    assert [6.0] == shown(found)["x"].tolist()
    names = [node["name"] for node in found.document["graph"]["nodes"]]
    assert not any(name.endswith("_output_grad") for name in names)


@pytest.mark.parametrize("optimized", [False, True])
def test_another_one_can_be_tried(optimized) -> None:
    """What if the gradient of the output were 10? All gradients are ten times as large."""
    executor = bound(args_grad={name: mx.nd.zeros((2,)) for name in NAMES})
    found = of_run(executor, is_train=True, optimized=optimized)
    names = [node["name"] for node in found.document["graph"]["nodes"]]
    answer = found.what_if.change("_plus0_output_grad", [10.0, 10.0])
    made = {
        names[entry[0]]: items(answer["values"][number]).tolist()
        for step in answer["act"]["steps"]
        for entry, number in step["values"]
    }
    assert [10.0, 10.0] == made.pop("_plus0_output_grad")
    assert {(30.0, 40.0), (10.0, 20.0), (70.0, 80.0), (50.0, 60.0)} == set(
        map(tuple, made.values())
    )
