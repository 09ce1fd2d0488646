"""What the view of the optimiser is told: the passes, the memory, and which line computes which node."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import random_case

import symbook as mx
from symbook.passes import PASSES
from symbook.views import sections
from symbook.views.optimiser import of_optimiser


def _document(symbol, **shapes):
    return of_optimiser(symbol.simple_bind(mx.cpu(), grad_req="null", **shapes))


def _twice():
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    left = mx.sym.exp(mx.sym.elemwise_mul(a, b, name="one"), name="left")
    return mx.sym.elemwise_add(
        left, mx.sym.tanh(mx.sym.elemwise_mul(a, b, name="two"), name="right"), name="sum"
    )


def _by_name(document):
    return {stage["name"]: stage for stage in document["stages"]}


class TestStages:
    def test_passes_that_did_nothing_are_there_without_a_graph_of_their_own(self) -> None:
        stages = _by_name(_document(_twice(), a=(4,), b=(4,)))
        assert [name for name, stage in stages.items() if "graph" in stage] == [
            "as written",
            "merge",
        ]
        assert stages["simplify"]["notes"] == []

    def test_a_note_names_what_stands_for_the_node(self) -> None:
        stages = _by_name(_document(_twice(), a=(4,), b=(4,)))
        [note] = stages["merge"]["notes"]
        assert (note["node"], note["act"], note["to"]) == ("two", "merged", "one")
        nodes = [node["name"] for node in stages["merge"]["graph"]["nodes"]]
        assert nodes == ["a", "b", "one", "left", "right", "sum"]

    def test_what_is_removed_has_nothing_in_its_place(self) -> None:
        x = mx.sym.Variable("x")
        kept = mx.sym.elemwise_mul(x, mx.sym.ones((4,), name="ones") * 2, name="kept")
        stages = _by_name(_document(kept, x=(4,)))
        acts = {
            note["node"]: (note["act"], note["to"])
            for stage in stages.values()
            for note in stage["notes"]
        }
        assert acts["ones"] == ("removed", None)

    @pytest.mark.parametrize("name", [one.name.removesuffix(" again") for one in PASSES])
    def test_every_pass_says_what_it_is_for(self, name) -> None:
        from symbook.views.optimiser import _FOR

        assert re.fullmatch(r"[A-Z][^.]+\.", _FOR[name])

    @settings(deadline=None, max_examples=40)
    @given(seed=st.integers(0, 10**6))
    def test_what_a_note_names_is_in_the_graph(self, seed) -> None:
        case = random_case(seed)
        names: set[str] = set()
        for stage in of_optimiser(case.symbol.bind(mx.cpu(), case.bound()))["stages"]:
            if "graph" in stage:
                names = {node["name"] for node in stage["graph"]["nodes"]}
            assert {note["to"] for note in stage["notes"]} - {None} <= names


class TestMemory:
    def test_what_it_would_be_as_written_is_counted_by_hand(self) -> None:
        # `one`, `two`, `left` and `right` lie between the inputs and the output, 4 float32 each.
        memory = _document(_twice(), a=(4,), b=(4,))["memory"]
        assert memory["written"] == {"values": 4, "bytes": 4 * 4 * 4}

    def test_gradients_are_not_counted(self) -> None:
        executor = _twice().simple_bind(mx.cpu(), a=(4,), b=(4,))
        assert of_optimiser(executor)["memory"]["written"] == {"values": 4, "bytes": 64}

    @settings(deadline=None, max_examples=40)
    @given(seed=st.integers(0, 10**6))
    def test_values_in_one_buffer_are_never_there_at_once(self, seed) -> None:
        case = random_case(seed)
        memory = of_optimiser(case.symbol.bind(mx.cpu(), case.bound()))["memory"]
        rows = [row for row in memory["rows"] if row[5] == "buffer"]
        for k, (buffer, _, nbytes, first, last, _) in enumerate(rows):
            assert 0 <= first <= last < len(memory["steps"])
            assert nbytes <= memory["sizes"][buffer]
            for other, _, _, begin, end, _ in rows[:k]:
                # One may be written over the other in the step that reads it last.
                assert other != buffer or first >= end or last <= begin
        assert all(row[0] == -1 for row in memory["rows"] if row[5] != "buffer")


class TestLines:
    def test_the_line_of_each_step_is_known(self) -> None:
        document = _document(_twice(), a=(4,), b=(4,))
        [code] = document["codes"]
        lines = code["source"].splitlines()
        assert len(lines) == len(code["lines"])
        shown = {
            name: line.strip() for name, line in zip(code["lines"], lines, strict=True) if name
        }
        assert shown["a"].startswith("a = ")
        for name in document["memory"]["steps"]:
            assert re.match(rf"{name}_?\b", shown[name]), shown[name]

    def test_lines_within_a_fused_step_are_those_of_its_nodes(self) -> None:
        a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
        both = mx.sym.elemwise_mul(mx.sym.elemwise_add(a, b, name="plus"), a, name="times")
        document = _document(both, a=(1000, 1000), b=(1000, 1000))
        [code] = document["codes"]
        lines = code["source"].splitlines()
        named = [
            line.strip() for line, name in zip(lines, code["lines"], strict=True) if name == "plus"
        ]
        assert any(line.startswith("plus = ") for line in named), code["source"]

    def test_names_that_are_no_identifiers_are_found(self) -> None:
        x = mx.sym.Variable("x")
        odd = mx.sym.tanh(mx.sym.exp(x, name="a-b.c"), name="softmax")
        document = _document(odd, x=(4,))
        assert {"a-b.c", "softmax", "x"} <= {name for name in document["codes"][0]["lines"] if name}

    def test_a_graph_bound_without_the_optimiser_has_no_stages(self) -> None:
        x = mx.sym.Variable("x")
        executor = mx.sym.exp(x, name="y").bind(mx.cpu(), {"x": mx.nd.ones((2,))}, optimize=False)
        document = of_optimiser(executor)
        assert document["stages"] == []
        assert document["memory"]["written"] is None
        assert "y" in document["codes"][0]["lines"]


class TestBothRuns:
    """By hand: E = (A*B)+(C*D) has three steps forward, and four backward, of which all are outputs."""

    @pytest.mark.parametrize("back", [False, True])
    def test_memory_of_both_runs_and_words_for_the_code(self, back) -> None:
        a, b, c, d = (mx.sym.Variable(name) for name in "ABCD")
        e = mx.sym.elemwise_add(
            mx.sym.elemwise_mul(a, b, name="m"), mx.sym.elemwise_mul(c, d, name="n"), name="e"
        )
        arrays = {name: mx.nd.ones((2,)) for name in "ABCD"}
        grads = {name: mx.nd.zeros((2,)) for name in "ABCD"} if back else None
        document = of_optimiser(e.bind(mx.cpu(), arrays, args_grad=grads, optimize=False))
        assert document["memory"]["steps"] == ["m", "n", "e"]
        about, source = (document["codes"][0][key] for key in ("about", "source"))
        assert ("ran[0] says" in about) is ("ran[0]" in source) is back
        assert ("turns.taken" in about) is ("turns.taken" in source)
        assert ["forward()", "backward()"][: 1 + back] == [code["of"] for code in document["codes"]]
        if not back:
            assert document["back"] is None
            return
        rows = document["back"]["rows"]
        assert len(document["back"]["steps"]) == 4
        assert {kind for *_, kind in rows} == {"output"}
        assert [size for _, _, size, *_ in rows] == [8, 8, 8, 8]
        executor = e.bind(mx.cpu(), arrays, args_grad=grads)
        told = sections.passes(of_optimiser(executor), executor)
        for form in (told.html, told.text):
            assert "Memory of forward: " in form
            assert "Memory of backward: 4 values" in form
            for of in ("forward()", "backward()"):
                assert f"The code that runs: {of}" in form
                assert f"def {of[:-2]}(" in form
        code = document["codes"][1]
        assert "into[…] is where" in code["about"]
        assert len(code["source"].splitlines()) == len(code["lines"])
        # dE/dA = B times what backward begins with, and so on: each once.
        given = r"\w+_grad"
        for name in "ABCD":
            other = dict(zip("ABCD", "BADC", strict=True))[name]
            one = rf"= multiply\(({given}, {other}|{other}, {given}),"
            assert len(re.findall(one, code["source"])) == 1

    @pytest.mark.parametrize("runs", [1, 30])
    def test_the_code_of_backward_gives_the_gradients(self, runs) -> None:
        a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
        arrays = {"a": mx.nd.array([2.0, 3.0]), "b": mx.nd.array([5.0, 7.0])}
        grads = {name: mx.nd.zeros((2,)) for name in arrays}
        executor = mx.sym.elemwise_mul(a, b, name="m").bind(mx.cpu(), arrays, args_grad=grads)
        for _ in range(runs):
            executor.forward(is_train=True)
            executor.backward(mx.nd.array([1.0, 10.0]))
        space = {"multiply": lambda x, y, out=None: x * y}
        exec(executor.backward_source, space)
        plan = executor.backward_plan
        slots = {plan.args[name]: array.asnumpy() for name, array in arrays.items()}
        [seed] = [slot for (node, _), slot in plan.slot_of.items() if node.name == "m_output_grad"]
        slots[seed] = mx.nd.array([1.0, 10.0]).asnumpy()
        space["backward"](slots, dict.fromkeys(range(len(plan.specs))))
        found = [slots[slot].tolist() for slot in plan.outputs]
        assert sorted(found) == sorted([[5.0, 70.0], [2.0, 30.0]])
        assert sorted(grad.asnumpy().tolist() for grad in grads.values()) == sorted(found)

    def test_without_gradients_there_is_no_code_of_backward(self) -> None:
        executor = mx.sym.exp(mx.sym.Variable("x")).bind(mx.cpu(), {"x": mx.nd.ones((2,))})
        assert executor.backward_source is None
