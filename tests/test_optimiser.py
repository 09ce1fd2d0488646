"""What the optimiser leaves out, and that nobody can tell from the results."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import random_case

import symbook as mx

VALUES = np.array([0.0, -0.0, 1.5, -2.0, np.inf, -np.inf, np.nan], np.float32)


def steps(symbol, optimize=True, **shapes):
    arrays = {name: mx.nd.zeros(shape) for name, shape in shapes.items()}
    plan = symbol.bind(mx.cpu(), arrays, optimize=optimize).plan
    return [step.op.name for step in plan.steps]


def x():
    return mx.sym.Variable("x")


class TestSimplified:
    @pytest.mark.parametrize(
        "make",
        [
            lambda s: s * 1,
            lambda s: s / 1,
            lambda s: s - 0,
            lambda s: s**1,
            lambda s: mx.sym.negative(mx.sym.negative(s)),
            lambda s: mx.sym.identity(s),
            lambda s: mx.sym.BlockGrad(s),
            lambda s: mx.sym.reshape(s, shape=(7,)),
            lambda s: mx.sym.Cast(s, dtype="float32"),
            lambda s: mx.sym.broadcast_to(s, shape=(7,)),
            lambda s: mx.sym.ones_like(s) * s,
            lambda s: mx.sym.broadcast_mul(s, mx.sym.ones((7,))),
        ],
    )
    def test_what_changes_nothing(self, make):
        symbol = mx.sym.exp(make(mx.sym.abs(x())))
        assert ["abs", "exp"] == steps(symbol, x=(7,))
        assert len(steps(symbol, optimize=False, x=(7,))) > 2
        # The value itself, with every special number, and the sign of zero.
        (found,) = make(x()).eval(x=mx.nd.array(VALUES))
        assert VALUES.tobytes() == found.asnumpy().tobytes()

    @pytest.mark.parametrize(
        "make",
        [
            lambda s: s + 0,  # -0 + 0 is 0
            lambda s: s - (-0.0),
            lambda s: 0 - s,
            lambda s: s * -1,
            lambda s: s * 0,  # NaN and infinity stay NaN
            lambda s: s - s,
            lambda s: 1 / (1 / s),
            lambda s: mx.sym.sqrt(mx.sym.square(s)),
            lambda s: mx.sym.Cast(s, dtype="float16"),
            lambda s: mx.sym.broadcast_mul(s, mx.sym.ones((2, 7))),
        ],
    )
    def test_what_is_not_the_same_to_the_bit_stays(self, make):
        symbol = mx.sym.identity(make(mx.sym.abs(x())))
        plain, found = steps(symbol, optimize=False, x=(7,)), steps(symbol, x=(7,))
        others = {"_copy", "copy to output", "_ones"}  # ones are computed before the first run
        assert set(plain) - others == set(found) - others

    def test_an_output_that_is_an_argument_is_still_apart(self):
        value = mx.nd.array(VALUES)
        executor = mx.sym.identity(x() * 1).bind(mx.cpu(), {"x": value})
        (out,) = executor.forward()
        value[:] = 7
        assert VALUES.tobytes() == out.asnumpy().tobytes()


class TestMerged:
    def test_one_node_of_two(self):
        symbol = mx.sym.exp(x()) + mx.sym.exp(x())
        assert ["exp", "elemwise_add"] == steps(symbol, x=(3,))
        assert 3 == len(steps(symbol, optimize=False, x=(3,)))

    def test_through_several(self):
        symbol = mx.sym.Group([mx.sym.sin(mx.sym.exp(x()) * 2), mx.sym.sin(mx.sym.exp(x()) * 2)])
        executor = symbol.bind(mx.cpu(), {"x": mx.nd.array(VALUES)})
        first, second = executor.forward()
        assert first.asnumpy().tobytes() == second.asnumpy().tobytes()
        first[:] = 0
        assert not np.array_equal(first.asnumpy(), second.asnumpy())

    def test_parameters_tell_apart(self):
        symbol = mx.sym.Group([x() * 0.0, x() * -0.0, mx.sym.sum(x(), axis=0), mx.sym.sum(x())])
        assert 4 == len(steps(symbol, x=(3,)))

    def test_draws_are_never_one(self):
        draw = [mx.sym.random.uniform(shape=(4,)) for _ in range(2)]
        mx.random.seed(3)
        (both,) = (draw[0] - draw[1]).eval()
        assert np.all(both.asnumpy() != 0)
        assert 3 == len(steps(draw[0] - draw[1]))

    def test_draws_keep_their_order(self):
        """The numbers are those of the graph as written, whatever is merged or left out."""
        a, b = (mx.sym.random.uniform(shape=(4,)) for _ in range(2))
        symbol = mx.sym.Group([mx.sym.identity(b) * 1 + a, mx.sym.exp(b), mx.sym.exp(b * 1)])
        found = []
        for optimize in (True, False):
            mx.random.seed(5)
            executor = symbol.bind(mx.cpu(), {}, optimize=optimize)
            found.append([out.asnumpy().tobytes() for out in executor.forward()])
        assert found[0] == found[1]

    def test_a_draw_that_nobody_reads_any_more_is_still_made(self):
        """Else the numbers after it would be others."""
        draw = mx.sym.random.uniform(shape=(4,))
        symbol = mx.sym.Group([mx.sym.ones_like(draw) * mx.sym.random.uniform(shape=(4,))])
        found = []
        for optimize in (True, False):
            mx.random.seed(5)
            found.append(symbol.bind(mx.cpu(), {}, optimize=optimize).forward()[0].asnumpy())
        np.testing.assert_array_equal(*found)

    def test_values_before_and_after_a_change_stay_apart(self):
        """The momentum is read, changed by the update, and read again."""
        mom = mx.sym.Variable("mom")
        weight, grad = mx.sym.Variable("weight"), mx.sym.Variable("grad")
        before = mx.sym.exp(mom) * 1
        update = mx.sym.sgd_mom_update(weight, grad, mom, lr=0.5, momentum=0.5)
        symbol = mx.sym.Group([before, update, mx.sym.exp(mom)])
        for optimize in (True, False):
            args = {"weight": mx.nd.zeros(3), "grad": mx.nd.ones(3)}
            states = {"mom": mx.nd.zeros(3)}
            executor = symbol.bind(mx.cpu(), args, aux_states=states, optimize=optimize)
            first, updated, last = (out.asnumpy() for out in executor.forward())
            np.testing.assert_array_equal(np.ones(3), first)
            np.testing.assert_array_equal(np.full(3, -0.5), updated)
            np.testing.assert_allclose(np.exp(np.full(3, -0.5)), last, rtol=1e-6)

    def test_states_are_never_one(self):
        @mx.operator.define
        def counted_for_test(xp, x, *, state):
            state["calls"] = state.get("calls", 0) + 1
            return x * state["calls"]

        symbol = counted_for_test(x()) + counted_for_test(x())
        assert 3 == len(steps(symbol, x=(1,)))


@settings(deadline=None, max_examples=150)
@given(seed=st.integers(0, 2**32), nodes=st.integers(1, 60))
def test_random_graphs_give_the_same_bits(seed, nodes):
    case = random_case(seed, nodes)
    for optimize in (True, False):
        executor = case.symbol.bind(mx.cpu(), case.bound(), optimize=optimize)
        for _ in range(2):
            for expected, found in zip(case.expected, executor.forward(), strict=True):
                assert expected.tobytes() == found.asnumpy().tobytes()


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32))
def test_training_gives_the_same_bits(seed):
    rng = random.Random(seed)
    with mx.name.NameManager():
        net = mx.sym.Variable("data")
        for _ in range(rng.randint(1, 3)):
            net = mx.sym.FullyConnected(net, num_hidden=rng.randint(1, 5))
            net = rng.choice([mx.sym.BatchNorm, mx.sym.tanh, mx.sym.Dropout, mx.sym.identity])(net)
            net = net * 1 + rng.choice([net, net * 2])
        net = mx.sym.SoftmaxOutput(net, name="softmax")
    found = []
    for optimize in (True, False):
        shapes, _, aux_shapes = net.infer_shape(data=(4, 3))
        draw = np.random.default_rng(seed)
        args = {
            name: mx.nd.array(draw.normal(size=shape))
            for name, shape in zip(net.list_arguments(), shapes, strict=True)
        }
        args["softmax_label"][:] = 0
        grads = {name: mx.nd.zeros(array.shape) for name, array in args.items()}
        aux = [mx.nd.ones(shape) for shape in aux_shapes]
        executor = net.bind(mx.cpu(), args, grads, aux_states=aux, optimize=optimize)
        mx.random.seed(seed % 1000)
        for _ in range(2):
            executor.forward(is_train=True)
            executor.backward()
        arrays = [*executor.outputs, *executor.grad_arrays, *executor.aux_arrays]
        found.append([array.asnumpy().tobytes() for array in arrays])
    assert found[0] == found[1]
