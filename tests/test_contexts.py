"""Parts of a graph on different contexts: `ctx_group` and `group2ctx`, as MXNet 1.9.1 places them."""

from __future__ import annotations

import numpy as np
import pytest

import symbook as mx
from symbook.errors import SymbookError

GROUPS = {"first": mx.cpu(0), "second": mx.cpu(1)}


def two_groups():
    """`exp((a + b) * d)`; the sum is of the first group, the rest of the second."""
    with mx.AttrScope(ctx_group="first"):
        total = mx.sym.Variable("a") + mx.sym.Variable("b")
    with mx.AttrScope(ctx_group="second"):
        return mx.sym.exp(total * mx.sym.Variable("d"), name="exp")


def arrays(*places):
    """`a`, `b` and `d` on the CPU contexts of these numbers."""
    return {
        name: mx.nd.array(value, ctx=mx.cpu(place))
        for name, value, place in zip("abd", ([1, 2], [3, 4], [0.5, 0.25]), places, strict=True)
    }


def places(plan):
    return [(step.origin.name, step.op.name, str(step.ctx)) for step in plan.steps]


class TestPlan:
    def test_a_copy_stands_between_two_contexts(self):
        with mx.name.NameManager():
            executor = two_groups().bind(mx.cpu(2), arrays(0, 0, 1), group2ctx=GROUPS)
        assert [
            ("_plus0", "elemwise_add", "cpu(0)"),
            ("_plus0_0_copy", "_CrossDeviceCopy", "cpu(1)"),
            ("_mul0", "elemwise_mul", "cpu(1)"),
            ("exp", "exp", "cpu(1)"),
        ] == places(executor.plan)
        assert "@cpu(1)" in str(executor.plan)
        assert mx.cpu(1) == executor.outputs[0].context

    def test_a_value_goes_to_a_context_once(self):
        with mx.AttrScope(ctx_group="first"):
            a = mx.sym.exp(mx.sym.Variable("a"))
        with mx.AttrScope(ctx_group="second"):
            symbol = a * a + a
        executor = symbol.simple_bind(mx.cpu(), a=(2,), grad_req="null", group2ctx=GROUPS)
        assert 1 == sum(op == "_CrossDeviceCopy" for _, op, _ in places(executor.plan))

    def test_a_node_without_group_is_where_its_first_placed_input_is(self):
        executor = mx.sym.sqrt(two_groups(), name="root").simple_bind(
            mx.cpu(2), a=(2,), b=(2,), d=(2,), grad_req="null", group2ctx=GROUPS
        )
        assert ("root", "sqrt", "cpu(1)") == places(executor.plan)[-1]

    def test_arrays_may_be_anywhere(self):
        executor = two_groups().bind(mx.cpu(0), arrays(2, 2, 2), group2ctx=GROUPS)
        copied = [name for name, op, _ in places(executor.plan) if op == "_CrossDeviceCopy"]
        assert ["a_0_copy", "b_0_copy", "d_0_copy"] == [n for n in copied if "plus" not in n]

    def test_simple_bind_puts_arrays_where_they_are_read(self):
        executor = two_groups().simple_bind(mx.cpu(2), a=(2,), b=(2,), d=(2,), group2ctx=GROUPS)
        for found in (executor.arg_dict, executor.grad_dict):
            assert {"a": "cpu(0)", "b": "cpu(0)", "d": "cpu(1)"} == {
                name: str(array.context) for name, array in found.items()
            }

    def test_without_group2ctx_groups_mean_nothing(self):
        executor = two_groups().bind(mx.cpu(), arrays(0, 0, 0))
        assert {"None"} == {ctx for _, _, ctx in places(executor.plan)}


class TestValues:
    @pytest.mark.parametrize("numbers", [(0, 0, 1), (0, 0, 0), (2, 1, 0)])
    @pytest.mark.parametrize("runner", ["serial", "threads"])
    def test_forward_and_backward_are_those_of_one_context(self, numbers, runner):
        args = arrays(*numbers)
        grads = {name: mx.nd.zeros(2, ctx=array.context) for name, array in args.items()}
        executor = two_groups().bind(
            mx.cpu(), args, args_grad=grads, group2ctx=GROUPS, runner=runner
        )
        (out,) = executor.forward(is_train=True)
        executor.backward(mx.nd.array([1, 10]))
        a, b, d = np.array([1, 2]), np.array([3, 4]), np.array([0.5, 0.25])
        expected = np.exp((a + b) * d)
        seed = np.array([1, 10])
        np.testing.assert_allclose(expected, out.asnumpy(), rtol=1e-6)
        np.testing.assert_allclose(seed * expected * d, grads["a"].asnumpy(), rtol=1e-6)
        np.testing.assert_allclose(seed * expected * d, grads["b"].asnumpy(), rtol=1e-6)
        np.testing.assert_allclose(seed * expected * (a + b), grads["d"].asnumpy(), rtol=1e-6)

    def test_a_trace_shows_the_copies(self):
        executor = two_groups().bind(mx.cpu(), arrays(0, 0, 1), group2ctx=GROUPS)
        trace = executor.trace()
        copies = [record for record in trace.records if record.op == "_CrossDeviceCopy"]
        assert 1 == len(copies)
        assert mx.cpu(1) == copies[0].outputs[0].context


class TestMistakes:
    @pytest.mark.parametrize(
        ("groups", "error", "text"),
        [
            ({"first": mx.cpu(0)}, ValueError, "device assignment not found for group second"),
            ({"first": mx.cpu(0), "secnod": mx.cpu(1)}, ValueError, "Did you mean 'secnod'"),
            ({"first": "cpu", "second": mx.cpu(1)}, TypeError, "'cpu' is not a context"),
            ([mx.cpu(0)], TypeError, "`group2ctx` is a dict"),
        ],
    )
    def test_they_are_said_at_bind(self, groups, error, text):
        with pytest.raises(error, match=text) as caught:
            two_groups().bind(mx.cpu(), arrays(0, 0, 1), group2ctx=groups)
        assert isinstance(caught.value, SymbookError)


def test_gradients_that_are_added_may_be_infinite():
    """Infinity less infinity is NaN, without NumPy's warning."""
    args = arrays(0, 0, 1)
    grads = {name: mx.nd.full(a.shape, -np.inf, ctx=a.context) for name, a in args.items()}
    executor = two_groups().bind(mx.cpu(2), args, grads, "add", group2ctx=GROUPS)
    executor.forward(is_train=True)
    executor.backward(mx.nd.array([np.inf, np.inf]))
    assert np.all(np.isnan(executor.grad_dict["a"].asnumpy()))
