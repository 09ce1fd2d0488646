"""The documents of the interactive views: what they say is what happened, whatever the graph is."""

from __future__ import annotations

import json
import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import random_case
from view_cases import bound, items, states, values_at_the_end

import symbook as mx
from symbook.errors import ShapeError
from symbook.views.document import of_failure, of_run, of_symbol
from symbook.views.page import page


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
        assert "A is a variable: a name that has no value yet." == acts["compose"][1]
        assert "_mul0 is A times B. Nothing is computed: it is only noted." == acts["compose"][3]
        assert "A has the shape (2,): its array has it." == acts["infer"][1]
        assert "_mul0 has the shape (2,): it follows from A and B." in acts["infer"]
        assert "A is bound to an array of shape (2,), float32, on cpu(0)." == acts["bind"][1]
        assert re.fullmatch(
            r"_plus0 added _mul0 = \[3 8\] and _mul1 = \[35 48\] in \S+ .s; the result is \[38 56\]\.",
            acts["forward"][-1],
        )

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
