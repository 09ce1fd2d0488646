"""Gradients of executors and symbols, against calculus done in NumPy.

What the forms of `args_grad`, `grad_req` and `out_grads` do is what MXNet 1.9.1 was seen to do. Random
graphs are differentiated by the complex step: the imaginary part of f(x + i·h·d) / h is the derivative
along d to the last bit, because nothing cancels (Squire and Trapp, 1998).
"""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symbook as mx
from symbook.errors import BindError, GradientError, SymbookError

A, B = np.array([1.0, 2, 3]), np.array([4.0, 5, 6])
SEED = np.array([1.0, 10, 100])


def product():
    return mx.sym.Variable("a") * mx.sym.Variable("b")


def nd(values, dtype="float32"):
    return mx.nd.array(values, dtype=dtype)


def bound(req="write", symbol=None, **options):
    """The product of `a` and `b`, with gradients that hold 10 and 20 before."""
    grads = {"a": nd([10, 10, 10]), "b": nd([20, 20, 20])}
    symbol = product() if symbol is None else symbol
    return symbol.bind(mx.cpu(), {"a": nd(A), "b": nd(B)}, args_grad=grads, grad_req=req, **options)


def ran(executor, out_grads=None, is_train=True):
    """What each gradient's array holds after a run forward and backward."""
    executor.forward(is_train=is_train)
    executor.backward(nd(SEED) if out_grads is None else out_grads)
    return values(executor)


def values(executor):
    return {
        name: None if array is None else array.asnumpy().tolist()
        for name, array in executor.grad_dict.items()
    }


WROTE = {"a": (SEED * B).tolist(), "b": (SEED * A).tolist()}
ADDED = {"a": (10 + SEED * B).tolist(), "b": (20 + SEED * A).tolist()}
KEPT = {"a": [10, 10, 10], "b": [20, 20, 20]}


class TestRequirements:
    @pytest.mark.parametrize(
        ("req", "expected"),
        [
            ("write", WROTE),
            ("add", ADDED),
            ("null", KEPT),
            ({"a": "write", "b": "add"}, {"a": WROTE["a"], "b": ADDED["b"]}),
            ({"a": "add"}, {"a": ADDED["a"], "b": KEPT["b"]}),
            (["add", "null"], {"a": ADDED["a"], "b": KEPT["b"]}),
        ],
    )
    def test_each_argument_has_its_own(self, req, expected):
        assert expected == ran(bound(req))

    def test_add_adds_at_every_run(self):
        executor = bound("add")
        ran(executor)
        assert {"a": (10 + 2 * SEED * B).tolist(), "b": (20 + 2 * SEED * A).tolist()} == ran(
            executor
        )

    @pytest.mark.parametrize(
        ("req", "error", "text"),
        [
            ("wirte", ValueError, "for a it is 'wirte'"),
            ({"a": "adds"}, ValueError, "for a it is 'adds'"),
            (["write"], ValueError, "1 item for 2 arguments"),
            ({"z": "write"}, ValueError, "'z' in `grad_req`"),
            (5, TypeError, "grad_req is an int"),
        ],
    )
    def test_others_are_refused(self, req, error, text):
        with pytest.raises(error, match=text) as caught:
            bound(req)
        assert isinstance(caught.value, SymbookError)


class TestArrays:
    def bind(self, grads, req="write"):
        return product().bind(mx.cpu(), [nd(A), nd(B)], args_grad=grads, grad_req=req)

    def test_a_list_is_in_the_order_of_the_arguments(self):
        grads = [nd([0, 0, 0]), nd([0, 0, 0])]
        executor = self.bind(grads)
        assert WROTE == ran(executor)
        assert executor.grad_arrays[0] is grads[0]
        assert executor.grad_dict["b"] is grads[1]

    @pytest.mark.parametrize("grads", [{"a": nd([0, 0, 0])}, [nd([0, 0, 0]), None]])
    def test_an_argument_left_out_has_none(self, grads):
        assert {"a": WROTE["a"], "b": None} == ran(self.bind(grads))

    def test_one_array_may_hold_two_gradients_together(self):
        shared = nd([0, 0, 0])
        executor = self.bind({"a": shared, "b": shared}, "add")
        ran(executor)
        np.testing.assert_array_equal(SEED * (A + B), shared.asnumpy())

    def test_a_view_is_written_through(self):
        both = mx.nd.zeros((2, 3))
        ran(self.bind({"a": both[0], "b": both[1]}))
        np.testing.assert_array_equal([SEED * B, SEED * A], both.asnumpy())

    @pytest.mark.parametrize(
        ("grads", "error", "text"),
        [
            ([nd([0, 0, 0])], ValueError, "1 array for 2 arguments"),
            ({"a": nd([0, 0])}, ValueError, r"argument's shape: it has \(2,\), and a has \(3,\)"),
            ({"a": nd([0, 0, 0], "float64")}, TypeError, "argument's dtype"),
            ({"a": np.zeros(3)}, TypeError, "only NDArrays"),
            ({"aa": nd([0, 0, 0])}, ValueError, "'aa' in `args_grad` is no argument"),
            (nd([0, 0, 0]), TypeError, "args_grad"),
        ],
    )
    def test_others_are_refused(self, grads, error, text):
        with pytest.raises(error, match=text):
            self.bind(grads)

    def test_without_any_backward_has_nothing_to_do(self):
        executor = product().bind(mx.cpu(), [nd(A), nd(B)])
        executor.forward(is_train=True)
        executor.backward(nd(SEED))
        assert executor.grad_arrays is None
        assert {"a": None, "b": None} == executor.grad_dict
        assert executor.backward_plan is None

    def test_simple_bind_makes_them(self):
        executor = product().simple_bind(mx.cpu(), a=(3,), grad_req={"a": "write"})
        assert {"a": [0, 0, 0], "b": None} == values(executor)
        executor = product().simple_bind(mx.cpu(), a=(3,), type_dict={"a": "float64"})
        assert {np.float64} == {array.dtype for array in executor.grad_arrays}

    def test_reshape_keeps_what_keeps_its_shape(self):
        symbol = mx.sym.dot(mx.sym.Variable("x"), mx.sym.Variable("w"))
        executor = symbol.simple_bind(mx.cpu(), x=(4, 3), w=(3, 2))
        smaller = executor.reshape(x=(2, 3), w=(3, 2))
        assert smaller.grad_dict["w"] is executor.grad_dict["w"]
        assert (2, 3) == smaller.grad_dict["x"].shape
        smaller.arg_dict["x"][:] = 1
        smaller.forward(is_train=True)
        smaller.backward(mx.nd.ones((2, 2)))
        np.testing.assert_array_equal(np.full((3, 2), 2), executor.grad_dict["w"].asnumpy())


class TestSeeds:
    """The gradients of the outputs."""

    @pytest.mark.parametrize(
        "seed", [nd(SEED), [nd(SEED)], (nd(SEED),), {"_mul0_output": nd(SEED)}]
    )
    def test_every_form(self, seed):
        with mx.name.NameManager():
            assert WROTE == ran(bound(), seed)

    def test_another_dtype_is_converted(self):
        assert WROTE == ran(bound(), nd(SEED, "float64"))

    @pytest.mark.parametrize(
        ("seed", "error", "text"),
        [
            (False, ValueError, "head_gradient is required when calling backward: _mul0_output"),
            ({"out": nd(SEED)}, ValueError, "'out' in `out_grads` is no output"),
            ([nd([1, 2])], ValueError, r"has the shape \(2,\), and _mul0_output has \(3,\)"),
            ([nd(SEED), nd(SEED)], ValueError, "2 gradients for 1 output"),
            ([SEED], TypeError, "must be an NDArray, not an ndarray"),
            (3, TypeError, "`out_grads` is an int"),
        ],
    )
    def test_others_are_refused_and_nothing_is_written(self, seed, error, text):
        with mx.name.NameManager():
            executor = bound()
        executor.forward(is_train=True)
        with pytest.raises(error, match=text):
            executor.backward(None if seed is False else seed)
        assert KEPT == values(executor)

    def test_every_output_needs_one(self):
        a = mx.sym.Variable("a")
        symbol = mx.sym.Group([a * mx.sym.Variable("b"), a])
        executor = bound(symbol=symbol)
        executor.forward(is_train=True)
        with pytest.raises(BindError, match="a is no head of a loss"):
            executor.backward([nd(SEED)])
        executor.backward([nd(SEED), nd([1, 1, 1])])
        assert {"a": (SEED * B + 1).tolist(), "b": WROTE["b"]} == values(executor)

    def test_a_loss_has_its_own(self):
        a = mx.sym.Variable("a")
        executor = mx.sym.MakeLoss(a * a).simple_bind(mx.cpu(), a=(3,))
        executor.arg_dict["a"][:] = nd(A)
        executor.forward(is_train=True)
        executor.backward()
        np.testing.assert_array_equal(2 * A, executor.grad_dict["a"].asnumpy())
        executor.backward(nd([7, 7, 7]))
        np.testing.assert_array_equal(2 * A, executor.grad_dict["a"].asnumpy())

    def test_an_argument_of_the_name_that_a_seed_would_have(self):
        with mx.name.NameManager():
            symbol = mx.sym.exp(mx.sym.Variable("x")) * mx.sym.Variable("_mul0_output_grad")
        executor = symbol.simple_bind(mx.cpu(), x=(3,))
        executor.arg_dict["x"][:] = 0
        executor.arg_dict["_mul0_output_grad"][:] = nd(A)
        executor.forward(is_train=True)
        executor.backward(nd(SEED))
        np.testing.assert_array_equal(SEED * A, executor.grad_dict["x"].asnumpy())


class TestRuns:
    def test_backward_belongs_to_the_latest_forward(self):
        executor = bound()
        with pytest.raises(BindError, match="before forward"):
            executor.backward(nd(SEED))
        executor.forward(is_train=True, a=nd([7, 7, 7]))
        executor.backward(nd(SEED))
        assert (SEED * 7).tolist() == values(executor)["b"]

    def test_after_a_prediction_too(self):
        assert WROTE == ran(bound(), is_train=False)

    def test_twice_gives_the_same(self):
        x = mx.sym.Variable("x")
        deep = mx.sym.tanh(mx.sym.exp(mx.sym.sin(x * x) * x) * x)
        executor = deep.simple_bind(mx.cpu(), x=(5,))
        executor.arg_dict["x"][:] = nd(np.linspace(-1, 1, 5))
        executor.forward(is_train=True)
        found = []
        for _ in range(3):
            executor.grad_dict["x"][:] = 0
            executor.backward(mx.nd.ones(5))
            found.append(executor.grad_dict["x"].asnumpy().tolist())
        assert found[0] == found[1] == found[2]

    def test_outputs_that_are_held_outlive_the_next_run(self):
        executor = bound()
        first = executor.forward(is_train=True)[0]
        executor.forward(is_train=True, a=nd([0, 0, 0]))
        executor.backward(nd(SEED))
        np.testing.assert_array_equal(A * B, first.asnumpy())

    @pytest.mark.parametrize("watch", ["trace", "monitor"])
    def test_a_watched_forward_is_gone_back_from(self, watch):
        executor = bound()
        if watch == "trace":
            executor.trace(is_train=True)
        else:
            executor.set_monitor_callback(lambda name, array: None)
            executor.forward(is_train=True)
        executor.backward(nd(SEED))
        assert WROTE == values(executor)

    def test_nothing_is_written_when_an_array_is_read_only(self):
        raw = np.zeros(3, np.float32)
        raw.flags.writeable = False
        grads = {"a": nd([10, 10, 10]), "b": mx.nd.from_numpy(raw)}
        executor = product().bind(mx.cpu(), [nd(A), nd(B)], args_grad=grads)
        executor.forward(is_train=True)
        with pytest.raises(ValueError, match="read-only"):
            executor.backward(nd(SEED))
        assert [10, 10, 10] == grads["a"].asnumpy().tolist()


class TestFlow:
    """Where gradients go."""

    def test_every_use_of_a_variable_adds_up(self):
        x = mx.sym.Variable("x")
        executor = (x * x * x + x + x).simple_bind(mx.cpu(), x=(3,))
        executor.arg_dict["x"][:] = nd(A)
        assert {"x": (SEED * (3 * A * A + 2)).tolist()} == ran(executor)

    def test_two_variables_of_one_name_are_one(self):
        executor = (mx.sym.Variable("x") * mx.sym.Variable("x")).simple_bind(mx.cpu(), x=(3,))
        executor.arg_dict["x"][:] = nd(A)
        assert {"x": (SEED * 2 * A).tolist()} == ran(executor)

    def test_blocked_gradients_are_zero(self):
        symbol = mx.sym.BlockGrad(mx.sym.Variable("a")) * mx.sym.Variable("b")
        assert {"a": [0, 0, 0], "b": WROTE["b"]} == ran(bound(symbol=symbol))
        kept = ran(bound("add", symbol))
        assert KEPT["a"] == kept["a"]

    def test_a_stretched_operand_gets_the_sum(self):
        symbol = mx.sym.Variable("a") * mx.sym.Variable("b")
        executor = symbol.bind(
            mx.cpu(),
            {"a": nd(np.ones((2, 3))), "b": nd([[2.0], [3.0]])},
            args_grad={"a": mx.nd.zeros((2, 3)), "b": mx.nd.zeros((2, 1))},
        )
        executor.forward(is_train=True)
        executor.backward(nd([[1, 2, 3], [4, 5, 6]]))
        assert [[6], [15]] == executor.grad_dict["b"].asnumpy().tolist()
        assert [[2, 4, 6], [12, 15, 18]] == executor.grad_dict["a"].asnumpy().tolist()

    def test_an_operator_without_gradient_is_named(self):
        @mx.operator.define
        def rounded_for_test(xp, x):
            return xp.round(x)

        symbol = rounded_for_test(mx.sym.Variable("x"), name="r")
        with pytest.raises(GradientError, match="rounded_for_test has no gradient") as caught:
            symbol.simple_bind(mx.cpu(), x=(3,))
        assert "r = rounded_for_test(x)" in str(caught.value)
        assert "test_gradient.py" in str(caught.value)
        symbol.simple_bind(mx.cpu(), x=(3,), grad_req="null").forward()

    def test_a_rule_that_gives_too_few_is_named(self):
        @mx.operator.define(gradient=lambda F, g, y, a, b: (g,))
        def lame_for_test(xp, a, b):
            return a + b

        symbol = lame_for_test(mx.sym.Variable("a"), mx.sym.Variable("b"))
        with pytest.raises(GradientError, match="for each of the 2 inputs"):
            symbol.simple_bind(mx.cpu(), a=(3,), b=(3,))

    def test_a_chain_of_100_000_nodes(self):
        symbol = mx.sym.Variable("x")
        for _ in range(100_000):
            symbol = symbol + 1
        executor = symbol.simple_bind(mx.cpu(), x=(2,))
        executor.forward(is_train=True)
        executor.backward(nd([3, 4]))
        assert [3, 4] == executor.grad_dict["x"].asnumpy().tolist()


class TestSymbol:
    """The gradient as a symbol."""

    def test_it_has_an_output_for_each_argument(self):
        gradient = product().gradient()
        assert ["a_grad_output", "b_grad_output"] == gradient.list_outputs()
        assert ["a", "b"] == gradient.list_arguments()
        found = gradient.eval(a=nd(A), b=nd(B))
        assert [B.tolist(), A.tolist()] == [array.asnumpy().tolist() for array in found]

    @pytest.mark.parametrize("wrt", ["b", ["b"], ["b", "a"]])
    def test_of_the_arguments_asked_for(self, wrt):
        found = product().gradient(wrt).eval(a=nd(A), b=nd(B))
        expected = [A, B] if len(wrt) == 2 else [A]
        assert [e.tolist() for e in expected] == [array.asnumpy().tolist() for array in found]

    def test_along_a_gradient_that_is_a_symbol(self):
        seed = mx.sym.Variable("seed")
        gradient = product().gradient("a", head_grads=seed)
        assert {"seed", "b", "a"} >= set(gradient.list_arguments())
        given = {"a": nd(A), "b": nd(B), "seed": nd(SEED)}
        bound = {name: given[name] for name in gradient.list_arguments()}
        (found,) = gradient.eval(**bound)
        assert (SEED * B).tolist() == found.asnumpy().tolist()

    def test_it_is_differentiated_again(self):
        x = mx.sym.Variable("x")
        symbol = mx.sym.sin(x)
        signs = [np.cos, lambda v: -np.sin(v), lambda v: -np.cos(v), np.sin]
        for expected in signs:
            symbol = symbol.gradient("x")
            (found,) = symbol.eval(x=nd(A, "float64"))
            np.testing.assert_allclose(found.asnumpy(), expected(A), rtol=1e-12)

    def test_shapes_leave_out_what_would_undo_broadcasting(self):
        with mx.name.NameManager():
            free = product().gradient()
            known = product().gradient(a=(3,), b=(3,))
        assert len(known.get_internals()) < len(free.get_internals())

    def test_what_nothing_depends_on_has_zeros(self):
        symbol = mx.sym.Group([mx.sym.BlockGrad(mx.sym.Variable("a")), mx.sym.Variable("b")])
        found = symbol.gradient().eval(a=nd(A), b=nd(B))
        assert [[0, 0, 0], [1, 1, 1]] == [array.asnumpy().tolist() for array in found]

    def test_automatic_names_are_not_used_up(self):
        with mx.name.NameManager():
            symbol = mx.sym.Variable("a") * mx.sym.Variable("b")
            symbol.gradient()
            assert "_mul1" == (symbol * symbol).name

    def test_every_node_belongs_to_a_line_of_the_users(self):
        gradient = mx.sym.sin(product()).gradient()
        files = {node.where.file for node in gradient.graph.nodes if node.where}
        assert {__file__} == files

    @pytest.mark.parametrize(
        ("call", "error", "text"),
        [
            (lambda s: s.gradient("c"), ValueError, "'c' is no argument"),
            (lambda s: s.gradient(c=(1,)), ValueError, "'c' is no argument"),
            (lambda s: s.gradient(head_grads=[]), TypeError, "head_grads must be one symbol"),
            (lambda s: s.gradient(head_grads=[nd(A)]), TypeError, "head_grads must be one symbol"),
        ],
    )
    def test_others_are_refused(self, call, error, text):
        with pytest.raises(error, match=text):
            call(product())

    def test_its_json_is_read_again(self):
        gradient = mx.sym.load_json(product().gradient().tojson())
        found = gradient.eval(a=nd(A), b=nd(B))
        assert [B.tolist(), A.tolist()] == [array.asnumpy().tolist() for array in found]


# Smooth operators with NumPy's form of each, which takes complex numbers too.
UNARY = [
    lambda s, v: (mx.sym.sin(s), np.sin(v)),
    lambda s, v: (mx.sym.exp(s * 0.1), np.exp(v * 0.1)),
    lambda s, v: (mx.sym.tanh(s), np.tanh(v)),
    lambda s, v: (mx.sym.square(s) * 0.1, v * v * 0.1),
    lambda s, v: (2 - s, 2 - v),
    lambda s, v: (1 / (mx.sym.square(s) + 2), 1 / (v * v + 2)),
    lambda s, v: (mx.sym.transpose(s), v.T),
    lambda s, v: (mx.sym.reshape(s, shape=(-1, 2)), v.reshape(-1, 2)),
    lambda s, v: (mx.sym.sum(s, axis=0, keepdims=True), v.sum(axis=0, keepdims=True)),
    lambda s, v: (mx.sym.mean(s, axis=1, keepdims=True), v.mean(axis=1, keepdims=True)),
    lambda s, v: (mx.sym.slice_axis(s, axis=0, begin=0, end=1), v[:1]),
    lambda s, v: (mx.sym.concat(s, s, dim=0), np.concatenate([v, v])),
]
BINARY = [
    lambda s, t, v, w: (s + t, v + w),
    lambda s, t, v, w: (s - t, v - w),
    lambda s, t, v, w: (s * t, v * w),
    lambda s, t, v, w: (mx.sym.broadcast_mul(s, t), v * w),
    lambda s, t, v, w: (s / (mx.sym.square(t) + 1), v / (w * w + 1)),
]


def _build(rng, values, nodes):
    """A symbol over variables of these values, and NumPy's value of it."""
    made = [(mx.sym.Variable(name), value) for name, value in values.items()]
    for _ in range(nodes):
        symbol, value = rng.choice(made[-4:])
        other, other_value = rng.choice(made)
        try:
            np.broadcast_shapes(value.shape, other_value.shape)
            fits = rng.random() < 0.5
        except ValueError:
            fits = False
        if fits:
            made.append(rng.choice(BINARY)(symbol, other, value, other_value))
            continue
        rule = rng.choice(UNARY)
        made.append(rule(symbol, value) if value.size % 2 == 0 else UNARY[0](symbol, value))
    return made[-1]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["serial", "threads"]), st.integers(1, 25))
def test_random_graphs_have_the_derivative_of_the_complex_step(seed, runner, nodes):
    shapes = [(2, 2), (1, 2), (2, 1), (4, 2)]
    rng, numbers = random.Random(seed), np.random.default_rng(seed)
    start = {f"v{i}": numbers.uniform(-1, 1, rng.choice(shapes)) for i in range(3)}
    along = {name: numbers.uniform(-1, 1, value.shape) for name, value in start.items()}
    with mx.name.NameManager():
        symbol, _ = _build(random.Random(seed), start, nodes)
    step = 1e-150
    moved = {name: start[name] + 1j * step * along[name] for name in start}
    with mx.name.NameManager():
        _, complex_value = _build(random.Random(seed), moved, nodes)
    used = symbol.list_arguments()
    args = {name: nd(start[name], "float64") for name in used}
    grads = {name: mx.nd.zeros(start[name].shape, dtype="float64") for name in used}
    executor = symbol.bind(mx.cpu(), args, args_grad=grads, runner=runner)
    (out,) = executor.forward(is_train=True)
    weights = numbers.uniform(-1, 1, out.shape)
    executor.backward(nd(weights, "float64"))
    found = sum(float(np.sum(grads[name].asnumpy() * along[name])) for name in used)
    expected = float(np.sum(weights * complex_value.imag / step))
    scale = sum(float(np.sum(np.abs(grads[name].asnumpy() * along[name]))) for name in used)
    assert abs(found - expected) <= 1e-11 * max(scale, 1e-3)
    gradient = symbol.gradient(used, head_grads=mx.sym.Variable("weights"))
    names = gradient.list_arguments()
    given_arrays = {**args, "weights": nd(weights, "float64")}
    again = gradient.bind(mx.cpu(), {name: given_arrays[name] for name in names}).forward()
    for name, array in zip(used, again, strict=True):
        np.testing.assert_allclose(array.asnumpy(), grads[name].asnumpy(), rtol=1e-12, atol=1e-12)
