"""The documents of the interactive views: what they say is what happened, whatever the graph is."""

from __future__ import annotations

import json
import unicodedata
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import random_case

import symbook as mx
from symbook.errors import ArgumentError, ShapeError
from symbook.views.acts import duration
from symbook.views.document import of_failure, of_run, of_symbol
from symbook.views.explorer import of_operators, tried, typed
from symbook.views.optimiser import of_optimiser
from symbook.views.page import page
from symbook.views.schedule import timeline
from symbook.views.tree import grouped

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


class TestGroups:
    names = st.lists(
        st.text("ab_/.0123456789", min_size=1, max_size=8) | st.sampled_from(["_plus0", "x", "layer1_w"]),
        min_size=1, max_size=700,
    )  # fmt: skip

    @settings(deadline=None, max_examples=30)
    @given(names=names)
    def test_they_are_runs_one_in_the_other(self, names) -> None:
        value = mx.sym.Variable("x")
        for name in names:
            value = mx.sym.relu(value, name=name)
        groups = grouped(value.graph, limit=20)

        def check(parts, start, stop):
            for part in parts:
                assert start <= part.start < part.stop <= stop
                assert part.stop - part.start > 1
                check(part.parts, part.start, part.stop)
                start = part.stop

        check(groups, 0, len(value.graph))

    def test_small_graphs_have_none(self) -> None:
        assert () == grouped(bound().symbol.graph)

    def test_what_is_opened_is_looked_over_easily(self) -> None:
        value = mx.sym.Variable("x")
        for stage in range(8):
            for unit in range(40):
                value = mx.sym.relu(value, name=f"stage{stage}_unit{unit}_relu")
                value = value + 1

        def count(group):
            inside = sum(part.stop - part.start - 1 for part in group.parts)
            return group.stop - group.start - inside

        groups = grouped(value.graph)
        pending = list(groups)
        assert [f"stage{k}" for k in range(8)] == [group.title for group in groups]
        while pending:
            group = pending.pop()
            assert count(group) <= 60
            pending += group.parts

    def test_blocks_that_repeat_are_told(self) -> None:
        value = mx.sym.Variable("x")
        for _ in range(50):
            value = mx.sym.exp(mx.sym.relu(mx.sym.tanh(mx.sym.sigmoid(value)) + 1) * 2)
        titles = [group.title for group in grouped(value.graph)]
        assert all(title.startswith("block ") for title in titles)
        assert 40 < len(titles) < 60


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


class TestRun:
    @settings(deadline=None, max_examples=25)
    @given(seed=st.integers(0, 10_000))
    def test_every_output_is_numpys(self, seed) -> None:
        case = random_case(seed)
        document = of_run(case.symbol.bind(mx.cpu(), case.bound())).document
        found = values_at_the_end(document)
        for head, expected in zip(document["graph"]["heads"], case.expected, strict=True):
            assert np.array_equal(items(found[tuple(head)]), expected)

    @settings(deadline=None, max_examples=25)
    @given(seed=st.integers(0, 10_000), threads=st.booleans())
    def test_states_are_as_things_are(self, seed, threads) -> None:
        case = random_case(seed)
        runner = "threads" if threads else "serial"
        document = of_run(case.symbol.bind(mx.cpu(), case.bound(), runner=runner)).document
        nodes = document["graph"]["nodes"]
        for act, step, now in states(document):
            if act["name"] != "forward":
                assert not {"ready", "running", "done"} & set(now)
                continue
            for node, state in zip(nodes, now, strict=True):
                ready = all(now[k] in ("bound", "done") for k, _ in node["inputs"])
                if "op" in node:
                    assert (state == "waiting") == (not ready), (act["name"], step["text"])
                else:
                    assert "bound" == state
        assert {"bound", "done"} >= set(now)

    def test_a_step_is_said_in_a_sentence(self) -> None:
        document = of_run(bound()).document
        acts = {act["name"]: [step["text"] for step in act["steps"]] for act in document["acts"]}
        assert "A is a variable: a name that has no value yet." == acts["compose"][0]
        assert "_mul0 is A times B. Nothing is computed: it is only noted." == acts["compose"][2]
        assert "A has the shape (2,): its array has it." == acts["infer"][0]
        assert "_mul0 has the shape (2,): it follows from A and B." in acts["infer"]
        assert "A is bound to an array of shape (2,), float32, on cpu(0)." == acts["bind"][0]
        assert acts["forward"][-1].startswith("_plus0 computed _mul0 plus _mul1: (2,) in ")

    def test_shapes_that_readers_need_are_learnt_from_them(self) -> None:
        data = mx.sym.Variable("data")
        net = mx.sym.FullyConnected(data, num_hidden=3, name="fc")
        document = of_run(net.simple_bind(mx.cpu(), data=(2, 4))).document
        told = [step["text"] for step in document["acts"][1]["steps"]]
        assert "fc_weight has the shape (3, 4): its array has it." in told
        symbols = of_failure(net, {"data": mx.nd.ones((2, 4))}, mx.base.MXNetError("no"))
        told = [step["text"] for step in symbols["acts"][1]["steps"]]
        assert "fc_weight has the shape (3, 4): fc needs it." in told

    def test_the_bound_arrays_stay_as_they_are(self) -> None:
        executor = bound()
        before = {name: array.asnumpy() for name, array in executor.arg_dict.items()}
        of_run(executor)
        for name, array in executor.arg_dict.items():
            assert np.array_equal(before[name], array.asnumpy())


class TestBackward:
    def test_every_value_has_its_gradient_beside_it(self) -> None:
        """y = sum(sin(a b)): the gradient of a b is cos(a b), of a it is b cos(a b)."""
        with mx.name.NameManager():
            a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
            y = mx.sym.sum(mx.sym.sin(a * b), name="y")
        x, z = np.array([0.5, -1.0, 2.0], np.float32), np.array([1.5, 0.25, -0.5], np.float32)
        arrays = {"a": mx.nd.array(x), "b": mx.nd.array(z)}
        grads = {name: mx.nd.zeros((3,)) for name in "ab"}
        executor = y.bind(mx.cpu(), arrays, args_grad=grads)
        document = of_run(executor, is_train=True, out_grads=mx.nd.ones((1,))).document
        names = [node["name"] for node in document["graph"]["nodes"]]
        final = values_at_the_end(document)
        found = {
            names[entry[0]]: items(final[tuple(at)])
            for entry, at in document["gradients"]
            if tuple(at) in final
        }
        np.testing.assert_allclose(found["_mul0"], np.cos(x * z), rtol=1e-6)
        np.testing.assert_allclose(found["a"], z * np.cos(x * z), rtol=1e-6)
        np.testing.assert_allclose(found["b"], x * np.cos(x * z), rtol=1e-6)
        assert ["compose", "infer", "bind", "forward", "derive", "backward"] == [
            act["name"] for act in document["acts"]
        ]
        assert ["forward", "backward"] == [line["act"] for line in document["timelines"]]

    def test_a_trace_back_needs_a_trace_forward(self) -> None:
        executor = bound(args_grad={"A": mx.nd.zeros((2,))})
        executor.forward(is_train=True)
        with pytest.raises(mx.base.MXNetError, match="no recorded run"):
            executor.trace_backward(mx.nd.ones((2,)))
        with pytest.raises(mx.base.MXNetError, match="bound without gradients"):
            bound().trace_backward(mx.nd.ones((2,)))
        executor.trace(is_train=True)
        trace = executor.trace_backward(mx.nd.ones((2,)))
        assert np.array_equal([3.0, 4.0], executor.grad_dict["A"].asnumpy())
        assert all(
            executor.graph.nodes[record.position].name == record.node
            for record in trace
            if record.position >= 0
        )


class TestFailure:
    def test_shapes_that_contradict(self) -> None:
        with mx.name.NameManager():
            symbol = mx.sym.Variable("A") * mx.sym.Variable("B")
        arrays = {"A": mx.nd.ones((2,)), "B": mx.nd.ones((3,))}
        with pytest.raises(ShapeError) as caught:
            symbol.bind(mx.cpu(), arrays)
        document = of_failure(symbol, arrays, caught.value)
        act, step, now = list(states(document))[-1]
        assert ("infer", True) == (act["name"], step["failed"])
        assert "(2,)" in step["text"]
        assert "(3,)" in step["text"]
        assert "error" == now[[node["name"] for node in document["graph"]["nodes"]].index("_mul0")]

    def test_a_missing_array(self) -> None:
        symbol = bound().symbol
        arrays = {"A": mx.nd.ones((2,))}
        with pytest.raises(mx.base.MXNetError) as caught:
            symbol.bind(mx.cpu(), arrays)
        document = of_failure(symbol, arrays, caught.value)
        assert ["compose", "infer", "bind"] == [act["name"] for act in document["acts"]]
        assert document["acts"][-1]["steps"][-1]["failed"]


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
        act, values = recorded.what_if.change(name, given_items)
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


class TestTimeline:
    def records(self, *rows):
        return [
            SimpleNamespace(position=i, start=start, end=end, lane=lane, seconds=end - start)
            for i, start, end, lane in rows
        ]

    def test_of_two_lanes(self) -> None:
        """Nodes 4 and 5 are the products, 6 the sum; B and D come after A and C in the graph's order."""
        graph = bound().symbol.graph
        mul0, mul1, plus = (
            next(i for i, node in enumerate(graph.nodes) if node.name == name)
            for name in ("_mul0", "_mul1", "_plus0")
        )
        rows = self.records(
            (mul0, 0.0, 2.0, "thread 0"), (mul1, 0.5, 3.0, "thread 1"), (plus, 3.0, 4.0, "thread 1")
        )

        class Trace(list):
            seconds = 4.0

        found = timeline(graph, "forward", Trace(rows))
        assert ["thread 0", "thread 1"] == found["lanes"]
        assert [mul1, plus] == found["path"]
        assert pytest.approx(5.5 / 4.0) == found["parallelism"]

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [(2.5, "2.5 s"), (0.00041, "410 µs"), (0.0123, "12.3 ms"), (3e-8, "0.03 µs")],
    )
    def test_times_in_words(self, seconds, text) -> None:
        assert text == duration(seconds)


class TestHostile:
    names = st.text(min_size=1, max_size=30) | st.sampled_from(
        [
            "<script>alert(1)</script>",
            "</script><img src=x onerror=alert(1)>",
            "a\"b'c",
            "\u202eabc",
            "x" * 20_000,
            "\x00\x1f",
            "\ud800",
        ]
    )

    @settings(deadline=None, max_examples=60)
    @given(name=names)
    def test_a_page_is_safe_whatever_names_are(self, name) -> None:
        value = mx.sym.relu(mx.sym.Variable(name), name=name + "_out")
        text = page(of_symbol(value, None), name)
        text.encode("utf-8")
        start = text.index('<script type="application/json"')
        document = text[text.index(">", start) + 1 : text.index("</script>", start)]
        assert "<" not in document
        shown = json.loads(document)["graph"]["nodes"]
        assert 2 == len(shown)
        assert {"\n"} >= {char for char in text if unicodedata.category(char) in ("Cc", "Cs")}
        assert not set("\u202e\u2066\x00") & set(text)


class TestOptimiser:
    def test_what_was_merged_is_told(self) -> None:
        with mx.name.NameManager():
            a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
            y = mx.sym.exp(a * b) + mx.sym.tanh(a * b)
        arrays = {"a": mx.nd.ones((4,)), "b": mx.nd.ones((4,))}
        document = of_optimiser(y.bind(mx.cpu(), arrays))
        merge = next(stage for stage in document["stages"] if stage["notes"])
        assert [("_mul1", "merged")] == [(note["node"], note["act"]) for note in merge["notes"]]
        first, last = document["stages"][0], document["stages"][-1]
        assert 7 == len(first["graph"]["nodes"])
        assert len(last["graph"]["nodes"]) < len(first["graph"]["nodes"])
        assert "def forward" in document["source"]
        for buffer, _, nbytes, begin, end in document["memory"]["rows"]:
            assert begin <= end < len(document["memory"]["steps"])
            assert buffer < 0 or nbytes <= document["memory"]["sizes"][buffer]


class TestExplorer:
    def test_it_has_every_operator_that_is_called(self) -> None:
        names = {op["name"] for op in of_operators()["operators"]}
        assert {"dot", "Convolution", "broadcast_add", "clip"} <= names
        assert not any(name.startswith("_backward") for name in names)

    def test_an_operator_is_tried(self) -> None:
        reply = tried("dot", ["1 2; 3 4", "1 0; 0 1"], {"transpose_a": "True"})
        assert np.array_equal([[1, 3], [2, 4]], items(reply["values"][0]))
        made = eval(reply["code"], {"mx": mx})
        assert np.array_equal([[1, 3], [2, 4]], made.asnumpy())

    @pytest.mark.parametrize(
        ("name", "inputs", "params", "text"),
        [
            ("dot", ["1 2", "x"], {}, "no array"),
            ("dot", ["1 2 3", "1 2"], {}, "dot"),
            ("clip", ["1"], {"a_min": "q"}, "a_min"),
        ],
    )
    def test_a_mistake_is_said(self, name, inputs, params, text) -> None:
        assert text in tried(name, inputs, params)["error"]

    def test_too_many_elements_are_refused(self) -> None:
        with pytest.raises(ArgumentError, match="too many to try"):
            typed("1 " * 10_001)
