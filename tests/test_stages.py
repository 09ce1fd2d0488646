"""What the optimiser shows of its work: the graph as each pass left it, and the optimised symbol."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import random_case

import symbook as mx
from symbook.errors import LookupFailure
from symbook.passes import PASSES, optimised
from symbook.passes.folding import MOST_BYTES


def x():
    return mx.sym.Variable("x")


@pytest.fixture
def executor():
    with mx.name.NameManager():
        s = x()
        back = mx.sym.transpose(mx.sym.transpose(s * 1), name="back")
        ramp = mx.sym.reshape(mx.sym.arange(0, 6), shape=(2, 3), name="ramp")
        symbol = mx.sym.exp(back) + mx.sym.exp(s) + ramp * 2
        return symbol.bind(mx.cpu(), {"x": mx.nd.ones((2, 3))})


def operators(stage):
    return [node.op.name for node in stage.graph.nodes if node.op is not None]


def test_one_stage_for_each_pass_that_ran(executor):
    names = [stage.name for stage in executor.stages]
    assert ["as written", *(each.name for each in PASSES if each.name in names)] == names
    assert {
        each.name for each in PASSES if not (each.again or each.predicts or each.device)
    } <= set(names)


def test_notes_say_what_was_done_and_why(executor):
    stages = executor.stages
    assert 10 == len(operators(stages["as written"]))
    assert [
        ("_mulscalar0", "_mul_scalar", "left out", "x", "x * 1 is x"),
        ("back", "transpose", "left out", "x", "one transposition undoes the other"),
    ] == [tuple(note) for note in stages["simplify"].notes]
    (merged,) = stages["merge again"].notes
    assert ("exp1", "merged", "exp0_output") == (merged.node, merged.act, merged.by)
    computed = {note.node for note in stages["fold constants"].notes}
    assert {"_arange0", "ramp", "_mulscalar1"} == computed
    assert {"transpose0", "_arange0", "ramp"} == {
        note.node for note in stages["remove dead code"].notes
    }
    assert ["exp", "elemwise_add", "constant", "elemwise_add"] == operators(
        stages["remove dead code"]
    )


def test_stages_print(executor):
    text = str(executor.stages)
    assert "simplify: 8 operators; 2 left out" in text.splitlines()
    assert "    _mulscalar0 = _mul_scalar  left out for x: x * 1 is x" in text.splitlines()
    assert "merge again" in repr(executor.stages)
    assert "<Stage simplify: 8 operators; 2 left out>" == repr(executor.stages["simplify"])


def test_a_stage_can_be_drawn(executor):
    for stage in executor.stages:
        assert ["x"] == stage.symbol.list_arguments()
    assert 1 == executor.stages["merge again"].symbol.tojson().count('"exp"')


def test_a_stage_that_is_not_there(executor):
    with pytest.raises(LookupFailure, match="simplify"):
        executor.stages["simplfy"]


def test_nothing_is_kept_unless_asked_for(executor):
    assert () == executor._program.stages


def test_without_the_optimiser_there_is_no_stage():
    arrays = {"x": mx.nd.ones(3)}
    assert () == (x() * 1).bind(mx.cpu(), arrays, optimize=False).stages


class TestConstants:
    def constants(self, symbol, **arrays):
        executor = symbol.bind(mx.cpu(), {key: mx.nd.array(v) for key, v in arrays.items()})
        return executor, list(executor.plan.constants.values())

    def test_what_depends_on_nothing_is_computed_once(self):
        weights = mx.sym.exp(mx.sym.reshape(mx.sym.arange(0, 4), shape=(2, 2)) / 4)
        symbol = x() * weights
        executor, values = self.constants(symbol, x=[[1, 2], [3, 4]])
        assert ["elemwise_mul"] == [step.op.name for step in executor.plan.steps]
        expected = np.exp(np.arange(4, dtype=np.float32).reshape(2, 2) / 4)
        assert [expected.tobytes()] == [value.tobytes() for value in values]
        for _ in range(3):
            (found,) = executor.forward()
            np.testing.assert_array_equal(np.float32([[1, 2], [3, 4]]) * expected, found.asnumpy())

    def test_shapes_and_what_is_made_like_an_argument(self):
        symbol = mx.sym.Group([mx.sym.shape_array(x()), mx.sym.ones_like(mx.sym.exp(x())) + x()])
        executor, values = self.constants(symbol, x=[[1, 2]])
        assert [[1, 2], [[1, 1]]] == [value.tolist() for value in values]
        assert [[1, 2], [[2, 3]]] == [out.asnumpy().tolist() for out in executor.forward()]
        assert "exp" not in [step.op.name for step in executor.plan.steps]

    def test_they_cannot_be_changed(self):
        executor, (value,) = self.constants(mx.sym.arange(0, 4) + x(), x=[1, 1, 1, 1])
        assert not value.flags.writeable
        constant = mx.sym.arange(0, 4)
        executor = mx.sym.Group([constant, constant]).bind(mx.cpu(), {})
        for _ in range(2):
            first, second = executor.forward()
            assert [[0, 1, 2, 3]] * 2 == [first.asnumpy().tolist(), second.asnumpy().tolist()]
            first[:] = 7

    def test_large_ones_are_not_kept(self):
        half = MOST_BYTES // 8
        assert [] == self.constants(mx.sym.zeros((3 * half,)) + 1)[1]
        assert 1 == len(self.constants(mx.sym.zeros((2 * half,)) + 1)[1])
        # A large one in the middle ends it.
        symbol = mx.sym.sum(mx.sym.zeros((3 * half,)) + 1)
        executor, values = self.constants(symbol)
        assert [] == values
        assert [3 * half] == executor.forward()[0].asnumpy().tolist()

    def test_many_small_ones_are_not_all_kept(self):
        size = MOST_BYTES // 4
        symbol = mx.sym.add_n(*[mx.sym.full((size,), i) for i in range(1000)])
        executor, values = self.constants(symbol)
        assert sum(value.nbytes for value in values) <= 2**22
        np.testing.assert_array_equal(sum(range(1000)), executor.forward()[0].asnumpy())

    def test_draws_and_functions_of_the_users_are_not_computed_beforehand(self):
        calls = []

        @mx.operator.define
        def seen_for_test(xp, data):
            calls.append(1)
            return data + 1

        symbol = mx.sym.Group([
            seen_for_test(mx.sym.arange(0, 3)), mx.sym.random.uniform(shape=(3,)),
            mx.sym.Dropout(mx.sym.ones((3,)), mode="always"),
        ])  # fmt: skip
        executor, values = self.constants(symbol)
        assert [] == calls
        assert 2 == len(values)
        executor.forward()
        executor.forward()
        assert 2 == len(calls)


@settings(deadline=None, max_examples=80)
@given(seed=st.integers(0, 2**32), nodes=st.integers(1, 60))
def test_the_optimised_symbol_gives_the_same(seed, nodes):
    """It is saved and read again before it is bound as written."""
    case = random_case(seed, nodes)
    executor = case.symbol.bind(mx.cpu(), case.bound())
    found = mx.sym.load_json(executor.get_optimized_symbol().tojson())
    arrays = {name: case.bound()[name] for name in found.list_arguments()}
    outputs = found.bind(mx.cpu(), arrays, optimize=False).forward()
    for expected, output in zip(case.expected, outputs, strict=True):
        assert expected.tobytes() == output.asnumpy().tobytes()
    written = len(case.symbol.get_internals().list_outputs())
    assert len(found.get_internals().list_outputs()) <= written


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32), nodes=st.integers(1, 60))
def test_every_pass_gives_a_graph_of_the_same_values(seed, nodes):
    """Each stage's graph is run as it is."""
    case = random_case(seed, nodes)
    executor = case.symbol.bind(mx.cpu(), case.bound())
    for stage in executor.stages:
        if any(name == "constant" or name.startswith("fused") for name in operators(stage)):
            continue
        symbol = stage.symbol
        arrays = {name: case.bound()[name] for name in symbol.list_arguments()}
        outputs = symbol.bind(mx.cpu(), arrays, optimize=False).forward()
        for expected, output in zip(case.expected, outputs, strict=True):
            assert expected.tobytes() == output.asnumpy().tobytes()


def test_passes_leave_alone_what_they_cannot_improve(executor):
    typed = executor.stages[-1].typed
    assert optimised(typed) is typed


def test_a_draw_keeps_the_graph_as_written():
    """Nothing but its shape is read: it is still drawn, and the numbers after it stay what they were."""
    draw = mx.sym.random.uniform(shape=(4,))
    symbol = mx.sym.Group([mx.sym.ones_like(draw) * 1, mx.sym.random.uniform(shape=(4,))])
    found = []
    for optimize in (True, False):
        mx.random.seed(5)
        executor = symbol.bind(mx.cpu(), {}, optimize=optimize)
        found.append([[out.asnumpy().tobytes() for out in executor.forward()] for _ in range(2)])
    assert found[0] == found[1]
    stages = symbol.bind(mx.cpu(), {}).stages
    assert ["as written"] == [stage.name for stage in stages]
