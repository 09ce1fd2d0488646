"""The acts: what is told of a run, step by step, and of runs that fail."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from test_timelines import Row, runs
from view_cases import bound, states

import symbook as mx
from symbook.errors import SymbookError
from symbook.views import acts
from symbook.views.document import of_failure, of_run
from symbook.views.moments import moments


def course(document, name):
    """The texts of an act."""
    act = next(act for act in document["acts"] if act["name"] == name)
    return [step["text"] for step in act["steps"]]


class Timed(NamedTuple):
    """A record with times alone."""

    position: int
    start: float
    end: float


class TestMoments:
    def test_what_began_and_what_still_runs(self) -> None:
        """By hand: 0 alone; 1 and 2 together; 3 begins when 2 still runs."""
        rows = [Timed(0, 0, 1), Timed(1, 1, 3), Timed(2, 1.5, 5), Timed(3, 3, 4)]
        found = [
            ([r.position for r in m.begun], [r.position for r in m.beside], m.ended.position)
            for m in moments(rows)
        ]
        assert [([0], [], 0), ([1, 2], [], 1), ([3], [2], 3), ([], [2], 2)] == found

    def test_a_step_may_take_no_time(self) -> None:
        rows = [Timed(0, 1, 1), Timed(1, 1, 1), Timed(2, 1, 2)]
        assert [0, 1, 2] == sorted(moment.ended.position for moment in moments(rows))

    @settings(deadline=None, max_examples=40)
    @given(run=runs())
    def test_at_every_step_runs_what_had_begun_and_not_ended(self, run) -> None:
        graph, rows = run
        known = set(graph.variables)
        records = [Recorded(*row) for row in rows]
        act = acts.run(
            graph, "forward", "Forward", acts.Course(records, [r.position for r in rows]), known
        )
        now: dict[int, str] = {}
        ended = []
        for step in act["steps"]:
            now.update(map(tuple, step["states"]))
            if "record" in step:
                ended.append(step["record"])
                over = {row.position for row in ended}
                assert over == {i for i, state in now.items() if state == "done"}
            running = {i for i, state in now.items() if state == "running"}
            moment = step.get("at", 0.0) + min(row.start for row in rows)
            left = [row for row in rows if row not in ended]
            assert running <= {row.position for row in left if row.start <= moment}
            if "record" in step:
                assert running >= {row.position for row in left if row.start < moment < row.end}
            for i, state in now.items():
                if state in ("ready", "waiting"):
                    read = {pin.node for pin in graph.inputs[i] if graph.nodes[pin.node].op}
                    done = {row.position for row in ended}
                    assert (state == "ready") == (read <= done)
        assert [row.end for row in ended] == sorted(row.end for row in rows)


class Recorded(Row):
    """A row that an act can be made of."""

    thread = 1


class TestSentences:
    def test_the_tutorials_products(self) -> None:
        """As the issue words it."""
        arrays = {name: mx.nd.ones((1000, 1000)) for name in "ABCD"}
        told = course(of_run(bound().symbol.bind(mx.cpu(), arrays)).document, "forward")
        ends = [text for text in told if text.startswith("_mul1 multiplied")]
        assert re.fullmatch(
            r"_mul1 multiplied C \(1000×1000\) by D( on thread \d)? in [\d.]+ (s|ms|µs)\.", ends[0]
        )

    @pytest.mark.parametrize(
        ("make", "text"),
        [
            (lambda x: x + 2, "added 2 to x (3×4)"),
            (lambda x: 2 - x, "subtracted x (3×4) from 2"),
            (lambda x: x / 2, "divided x (3×4) by 2"),
            (lambda x: 1 / x, "divided 1 by x (3×4)"),
            (lambda x: mx.sym.sqrt(x), "took the square root of x (3×4)"),
            (lambda x: mx.sym.sum(x, axis=1), "summed x (3×4) along axis 1"),
            (lambda x: mx.sym.mean(x), "took the mean of x (3×4), all its elements"),
            (lambda x: mx.sym.max(x, axis=0, exclude=True),
             "took the largest of x (3×4) along every axis but 0"),
            (lambda x: mx.sym.Reshape(x, shape=(2, 6)), "gave x (3×4) the shape 2×6"),
            (lambda x: mx.sym.transpose(x), "transposed x (3×4)"),
            (lambda x: mx.sym.dot(x, x, transpose_b=True),
             "made the matrix product of x (3×4) and x, transposed"),
            (lambda x: mx.sym.Activation(x, act_type="tanh"), "applied tanh to x (3×4)"),
            (lambda x: mx.sym.softmax(x), "made probabilities of x (3×4), which add up to 1 along axis -1"),
            (lambda x: mx.sym.Concat(x, x, dim=0), "joined x (3×4) and x along axis 0"),
            (lambda x: mx.sym.clip(x, a_min=0, a_max=1), "brought x (3×4) between 0 and 1"),
            (lambda x: mx.sym.Dropout(x), "passed x (3×4) on as it is: Dropout acts in training only"),
            (lambda x: x > 1, "compared x (3×4) with 1: 1 where it is greater"),
            (lambda x: mx.sym.SliceChannel(x, num_outputs=2, axis=1),
             "split x (3×4) into 2 parts along axis 1"),
            (lambda x: mx.sym.gamma(x), "computed gamma of x (3×4)"),
            (lambda x: mx.sym.smooth_l1(x, scalar=1.0), "took the smooth L1 loss of x (3×4)"),
        ],
    )  # fmt: skip
    def test_what_operators_did(self, make, text) -> None:
        made = make(mx.sym.Variable("x"))
        executor = made.bind(mx.cpu(), {"x": mx.nd.ones((3, 4))})
        told = course(of_run(executor).document, "forward")[-1]
        assert f" {text} in " in told.replace(f"{text}; ", f"{text} in ") or f" {text} " in told, (
            told
        )

    def test_every_operator_with_a_sentence_is_there(self) -> None:
        from symbook.render.opnames import bare_name
        from symbook.views.explorer import of_operators
        from symbook.views.verbs import TOLD

        names = {bare_name(op["name"]) for op in of_operators()["operators"]}
        others = {name for op in of_operators()["operators"] for name in op["others"]}
        assert set(TOLD) <= names | {bare_name(name) for name in others} | {"grad_add", "identity"}
        assert len(TOLD) >= 100

    def test_a_gradient_says_what_of(self) -> None:
        x = mx.sym.Variable("x")
        executor = (x * x).bind(
            mx.cpu(), {"x": mx.nd.array([3.0])}, args_grad={"x": mx.nd.zeros((1,))}
        )
        told = course(of_run(executor, is_train=True).document, "backward")
        assert told[-1].endswith("; the result is 6; this is the gradient of x.")

    def test_each_act_opens_with_what_it_is(self) -> None:
        executor = bound(args_grad={"A": mx.nd.zeros((2,))})
        for optimized in (False, True):
            document = of_run(executor, is_train=True, optimized=optimized).document
            for act in document["acts"]:
                assert act["steps"][0]["opens"]
                assert act["steps"][0]["node"] is None
                assert 40 < len(act["steps"][0]["text"]) < 240


class Broken(mx.operator.CustomOp):
    """Fails forward or backward."""

    def __init__(self, back):
        self.back = back

    def forward(self, is_train, req, in_data, out_data, aux):
        if not self.back:
            raise ZeroDivisionError("on purpose")
        self.assign(out_data[0], req[0], in_data[0] * 2)

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        raise ZeroDivisionError("on purpose")


@mx.operator.register("test_acts_broken")
class BrokenProp(mx.operator.CustomOpProp):
    def __init__(self, back="0"):
        super().__init__(need_top_grad=True)
        self.back = int(back)

    def create_operator(self, ctx, shapes, dtypes):
        return Broken(self.back)


class TestFailures:
    @pytest.mark.parametrize("runner", ["serial", "threads"])
    @pytest.mark.parametrize("back", [0, 1])
    def test_a_step_that_raises_is_the_last(self, back, runner) -> None:
        x = mx.sym.Variable("x")
        y = mx.sym.relu(
            mx.sym.Custom(
                mx.sym.tanh(x, name="t"), op_type="test_acts_broken", back=str(back), name="b"
            ),
            name="r",
        )
        executor = y.bind(
            mx.cpu(), {"x": mx.nd.array([1, 2])}, args_grad={"x": mx.nd.zeros((2,))}, runner=runner
        )
        document = of_run(executor, is_train=True).document
        act, step, now = list(states(document))[-1]
        names = [node["name"] for node in document["graph"]["nodes"]]
        assert ("backward" if back else "forward") == act["name"]
        assert step["failed"]
        assert "ZeroDivisionError: on purpose" in step["text"]
        assert "error" == now[step["node"]]
        if not back:
            assert ("done", "error", "waiting") == tuple(now[names.index(name)] for name in "tbr")
            assert [("(2,) float32", names.index("t"))] == [
                (edge["text"], edge["entry"][0]) for edge in step["edges"]
            ]
        # It can be used again.
        if back:
            executor.forward(is_train=True)
        with pytest.raises(ZeroDivisionError):
            executor.forward(is_train=True) if not back else executor.backward(mx.nd.ones((2,)))

    def test_edges_that_do_not_fit_have_their_shapes(self) -> None:
        net = mx.sym.FullyConnected(mx.sym.Variable("d"), num_hidden=3, name="fc")
        arrays = {
            "d": mx.nd.ones((2, 4)),
            "fc_weight": mx.nd.ones((3, 5)),
            "fc_bias": mx.nd.ones((3,)),
        }
        with pytest.raises(SymbookError) as caught:
            net.bind(mx.cpu(), arrays)
        step = of_failure(net, arrays, caught.value)["acts"][-1]["steps"][-1]
        assert [(0, "(2, 4)"), (1, "(3, 5)")] == [
            (edge["port"], edge["text"]) for edge in step["edges"]
        ]

    def test_dtypes_that_do_not_fit(self) -> None:
        symbol = mx.sym.Variable("A") + mx.sym.Variable("B")
        arrays = {"A": mx.nd.ones((2,)), "B": mx.nd.ones((2,), dtype="float64")}
        with pytest.raises(SymbookError) as caught:
            symbol.bind(mx.cpu(), arrays)
        step = of_failure(symbol, arrays, caught.value)["acts"][-1]["steps"][-1]
        assert ["float32", "float64"] == [edge["text"] for edge in step["edges"]]

    def test_what_has_no_array_is_marked(self) -> None:
        symbol = bound().symbol
        arrays = {"A": mx.nd.ones((2,))}
        with pytest.raises(SymbookError) as caught:
            symbol.bind(mx.cpu(), arrays)
        document = of_failure(symbol, arrays, caught.value)
        *_, (_, step, now) = states(document)
        names = [node["name"] for node in document["graph"]["nodes"]]
        assert ["B", "C", "D"] == [names[i] for i, state in enumerate(now) if state == "error"]
        assert {"no array"} == {edge["text"] for edge in step["edges"]}

    def test_an_argument_that_is_none(self) -> None:
        symbol = bound().symbol
        arrays = {name: mx.nd.ones((2,)) for name in "ABCDX"}
        with pytest.raises(SymbookError) as caught:
            symbol.bind(mx.cpu(), arrays)
        step = of_failure(symbol, arrays, caught.value)["acts"][-1]["steps"][-1]
        assert step["failed"]
        assert "'X' in `args` is no argument" in step["text"]


class TestOptimised:
    def test_the_run_as_optimised_is_told_from_that_as_written(self) -> None:
        arrays = {name: mx.nd.array(np.full((64, 64), k)) for k, name in enumerate("ABCD", 1)}
        executor = bound().symbol.bind(mx.cpu(), arrays)
        written, optimised = (of_run(executor, optimized=way) for way in (False, True))
        assert 3 == len(written.traces[0])
        assert len(executor.plan.steps) == len(optimised.traces[0]) < 3
        assert "forward() itself takes 1 instead of 3" in written.document["ran"]["text"]
        assert optimised.document["ran"]["optimized"]
        assert ["optimise", "bind", "forward"] == [
            act["name"] for act in optimised.document["acts"]
        ]
        for found in (written, optimised):
            assert np.all(found.traces[0].outputs[0].asnumpy() == 14)
        again = optimised.again(False)
        assert 3 == len(again.traces[0])


@pytest.mark.parametrize("wrong", ["shape", "dtype"])
def test_an_error_of_binding_is_told_with_the_shapes_and_dtypes_of_its_arrays(wrong) -> None:
    net = mx.sym.Variable("a") * mx.sym.Variable("b")
    arrays = {
        "a": mx.nd.ones((2, 3)),
        "b": mx.nd.ones((4, 3)) if wrong == "shape" else mx.nd.ones((2, 3), dtype="int32"),
    }
    with pytest.raises(mx.base.MXNetError) as caught:
        net.bind(mx.cpu(), arrays)
    step = of_failure(net, arrays, caught.value)["acts"][-1]["steps"][-1]
    assert step["failed"]
    assert "(2, 3) float32" in step["text"]
    assert "unknown" not in step["text"]


FITTING = {"A": (2, 3), "B": (2, 3)}


@pytest.mark.parametrize(
    ("given", "marked"),
    [
        ({"args_grad": {"A": mx.nd.ones((2, 3)), "B": mx.nd.ones((3, 2))}}, "B"),
        ({"args_grad": {"A": mx.nd.ones((2, 3), dtype="float64")}}, "A"),
        ({"args_grad": {"B": [1, 2]}}, "B"),
        ({"args_grad": {"b": mx.nd.ones((2, 3))}}, "B"),
        ({"args_grad": {"X": mx.nd.ones((2, 3))}}, None),
        ({"grad_req": ["write", "wirte"]}, "B"),
        ({"grad_req": "wirte"}, "A"),
        ({"grad_req": 3}, None),
    ],
)
def test_an_error_that_is_no_nodes_fault_marks_its_argument(given, marked) -> None:
    net = mx.sym.Variable("A") * mx.sym.Variable("B")
    arrays = {name: mx.nd.ones(shape) for name, shape in FITTING.items()}
    with pytest.raises(SymbookError) as caught:
        net.bind(mx.cpu(), arrays, **given)
    document = of_failure(net, arrays, caught.value)
    *_, (act, step, now) = states(document)
    names = [node["name"] for node in document["graph"]["nodes"]]
    assert "bind" == act["name"]
    assert caught.value.message in step["text"]
    assert ([marked] if marked else []) == [names[i] for i, is_ in enumerate(now) if is_ == "error"]
    assert (marked and names.index(marked)) == step["node"]


def test_of_nodes_of_one_name_the_one_that_failed_is_marked() -> None:
    a, b = mx.sym.Variable("A"), mx.sym.Variable("B")
    first = mx.sym.elemwise_add(a, a, name="same")
    net = mx.sym.Group([mx.sym.elemwise_add(first, b, name="same"), mx.sym.relu(a, name="same")])
    arrays = {"A": mx.nd.ones((2, 3)), "B": mx.nd.ones((2, 4))}
    with pytest.raises(SymbookError) as caught:
        net.bind(mx.cpu(), arrays)
    step = of_failure(net, arrays, caught.value)["acts"][-1]["steps"][-1]
    inputs = [[net.graph.nodes[pin.node].name for pin in pins] for pins in net.graph.inputs]
    assert inputs.index(["same", "B"]) == step["node"]
