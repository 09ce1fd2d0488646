"""What if a bound value were another one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import random_case
from view_cases import bound, items, values_at_the_end

import symbook as mx
from symbook.errors import ArgumentError, ShapeError
from symbook.views.document import of_run


class TestWhatIf:
    @settings(deadline=None, max_examples=25)
    @given(seed=st.integers(0, 10_000), data=st.data())
    def test_it_is_as_if_bound_so_and_only_what_depends_is_computed(self, seed, data) -> None:
        case = random_case(seed)
        executor = case.symbol.bind(mx.cpu(), case.bound())
        recorded = of_run(executor)
        name = data.draw(st.sampled_from(sorted(case.arrays)))
        size = case.arrays[name].size
        given_items = data.draw(st.lists(st.integers(-9, 9), min_size=size, max_size=size))
        answer = recorded.what_if.change(name, given_items)
        act, values = answer["act"], answer["values"]
        changed = {
            **case.arrays,
            name: np.array(given_items, float).reshape(case.arrays[name].shape),
        }
        fresh = case.symbol.bind(
            mx.cpu(), {key: mx.nd.array(value, dtype=value.dtype) for key, value in changed.items()}
        )
        graph = executor.graph
        computed = [step["node"] for step in act["steps"][1:]]
        place = next(i for i in graph.variables if graph.nodes[i].name == name)
        depend = {place}
        for i, pins in enumerate(graph.inputs):
            if any(pin.node in depend for pin in pins):
                depend.add(i)
        assert depend - {place} == set(computed)
        shown = {
            tuple(entry): values[number]
            for step in act["steps"]
            for entry, number in step["values"]
        }
        for pin, output in zip(graph.heads, fresh.forward(), strict=True):
            if tuple(pin) in shown:
                assert np.array_equal(items(shown[tuple(pin)]), output.asnumpy())

    def test_what_cannot_be_is_refused(self) -> None:
        recorded = of_run(bound())
        with pytest.raises(ArgumentError, match="no bound variable 'X'"):
            recorded.what_if.change("X", [1.0])
        with pytest.raises(ShapeError, match="A has 2 elements"):
            recorded.what_if.change("A", [1.0])

    def test_several_changes_are_seen_together_until_they_are_undone(self) -> None:
        """E = A*B + C*D; first A, then C: what A changed still shows."""
        what_if = of_run(bound()).what_if
        first = what_if.answer({"change": "A", "items": [10, 10]})
        assert ["A"] == first["changed"]
        second = what_if.answer({"change": "C", "elements": [[1, "0"]]})
        assert ["A", "C"] == second["changed"]
        names = [node.name for node in bound().symbol.graph.nodes]
        shown = {
            names[entry[0]]: second["values"][number]["items"]
            for step in second["act"]["steps"]
            for entry, number in step["values"]
        }
        assert {
            "A": [10, 10], "_mul0": [30, 40], "C": [5, 0], "_mul1": [35, 0], "_plus0": [65, 40]
        } == shown  # fmt: skip
        assert {"undone": True, "changed": []} == what_if.answer({"undo": True})
        third = what_if.answer({"change": "A", "items": [1, 2]})
        assert [38, 56] == third["values"][-1]["items"]

    def test_gradients_are_computed_again(self) -> None:
        """Of x², from ones back: 2x."""
        x = mx.sym.Variable("x")
        arrays, grads = {"x": mx.nd.array([3, 4])}, {"x": mx.nd.zeros((2,))}
        executor = mx.sym.square(x).bind(mx.cpu(), arrays, args_grad=grads)
        recorded = of_run(executor, is_train=True)
        answer = recorded.what_if.answer({"change": "x", "items": [5, "-1"]})
        (gradient,) = [at for entry, at in recorded.document["gradients"] if entry == [0, 0]]
        found = {tuple(e): n for step in answer["act"]["steps"] for e, n in step["values"]}
        assert [10, -2] == answer["values"][found[tuple(gradient)]]["items"]

    def test_what_was_dropped_stays_dropped(self) -> None:
        x = mx.sym.Variable("x")
        recorded = of_run(
            mx.sym.Dropout(x, name="d").bind(mx.cpu(), {"x": mx.nd.ones((40,))}), is_train=True
        )
        before = recorded.traces[0].outputs[0].asnumpy()
        answer = recorded.what_if.answer({"change": "x", "items": [3] * 40})
        assert (3 * before).tolist() == answer["values"][1]["items"]

    @pytest.mark.parametrize(
        ("message", "text"),
        [
            ({"change": "A", "items": [1]}, "A has 2 elements"),
            ({"change": "A", "items": [1, "x"]}, "'x' is not a number"),
            ({"change": "A", "elements": [[2, 1]]}, "no element 2"),
            ({"change": "A", "elements": [1]}, "its position and its number"),
            ({"change": "n", "items": [1.5, 2]}, "whole numbers"),
            ({"change": "n", "items": [300, 2]}, "from 0 to 255"),
            ({"change": "n", "items": ["nan", 2]}, "whole numbers"),
            ({"change": 3}, "no question"),
        ],
    )
    def test_a_wrong_answer_is_told_in_words_and_changes_nothing(self, message, text) -> None:
        a, n = mx.sym.Variable("A"), mx.sym.Variable("n")
        arrays = {"A": mx.nd.array([1, 2]), "n": mx.nd.array([1, 2], dtype="uint8")}
        what_if = of_run(mx.sym.Group([a + 1, n + 1]).bind(mx.cpu(), arrays)).what_if
        with pytest.raises(mx.base.MXNetError, match=text):
            what_if.answer(message)
        assert ["n"] == what_if.answer({"change": "n", "elements": [[0, 7]]})["changed"]

    def test_an_operator_that_cannot_take_it_changes_nothing(self) -> None:
        x, i = mx.sym.Variable("x"), mx.sym.Variable("i")
        arrays = {"x": mx.nd.array([1, 2]), "i": mx.nd.array([0, 1])}
        what_if = of_run(mx.sym.take(x, i, mode="raise").bind(mx.cpu(), arrays)).what_if
        with pytest.raises(Exception, match=r"9|bound|range"):
            what_if.answer({"change": "i", "items": [9, 0]})
        answer = what_if.answer({"change": "x", "items": [5, 6]})
        assert ["x"] == answer["changed"]
        assert [5, 6] == answer["values"][-1]["items"]


def test_what_is_drawn_to_try_a_value_changes_nothing_that_is_drawn_later():
    with mx.name.NameManager():
        drawn = mx.sym.sample_normal(mx.sym.Variable("mu"), mx.sym.Variable("sigma"), shape=(2,))
    executor = drawn.bind(mx.cpu(), {"mu": mx.nd.array([0.0]), "sigma": mx.nd.array([1.0])})
    recorded = of_run(executor)
    mx.random.seed(3)
    expected = mx.nd.random.uniform(shape=(3,)).asnumpy()
    mx.random.seed(3)
    answer = recorded.what_if.answer({"change": "mu", "items": [100]})
    assert min(answer["values"][-1]["items"]) > 90
    np.testing.assert_array_equal(mx.nd.random.uniform(shape=(3,)).asnumpy(), expected)


def test_values_can_be_changed_where_a_graph_is_on_several_contexts():
    with mx.name.NameManager():
        x = mx.sym.Variable("x")
        with mx.AttrScope(ctx_group="first"):
            twice = mx.sym.broadcast_mul(x, x, name="square")
        with mx.AttrScope(ctx_group="second"):
            graph = mx.sym.broadcast_add(twice, x, name="more")
    groups = {"first": mx.cpu(1), "second": mx.cpu(2)}
    executor = graph.bind(
        mx.cpu(),
        {"x": mx.nd.array([1.0, 2.0])},
        args_grad={"x": mx.nd.zeros(2)},
        group2ctx=groups,
    )
    recorded = of_run(executor, is_train=True)
    names = [node["name"] for node in recorded.document["graph"]["nodes"]]
    at_the_end = values_at_the_end(recorded.document)
    np.testing.assert_array_equal(items(at_the_end[names.index("square"), 0]), [1, 4])
    np.testing.assert_array_equal(items(at_the_end[names.index("more"), 0]), [2, 6])
    gradients = {
        names[entry[0]]: items(at_the_end[tuple(gradient)])
        for entry, gradient in recorded.document["gradients"]
        if tuple(gradient) in at_the_end
    }
    np.testing.assert_array_equal(gradients["x"], [3, 5])  # 2x + 1
    (told_of_x,) = (
        step
        for act in recorded.document["acts"]
        if act["name"] == "bind"
        for step in act["steps"][1:]
    )
    assert told_of_x["text"].endswith("on cpu(0).")
    answer = recorded.what_if.answer({"change": "x", "items": [3, 4]})
    entries = {
        tuple(entry): answer["values"][k]
        for step in answer["act"]["steps"]
        for entry, k in step["values"]
    }
    np.testing.assert_array_equal(items(entries[names.index("more"), 0]), [12, 20])
