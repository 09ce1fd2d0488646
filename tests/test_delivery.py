"""Where gradients go: straight into their arrays, and nobody can tell, whatever shares memory with what."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import symbook as mx

SHAPE = (4, 3)
RUNNERS = ("serial", "threads")


def nd(value):
    return mx.nd.from_numpy(np.array(value, np.float32))


def values(seed, *shape):
    return np.random.default_rng(seed).integers(-3, 4, shape or SHAPE).astype(np.float32)


A, B, G = (values(k) for k in range(3))


def product(optimize=True, **kwargs):
    """a * b + a, whose gradients are g * b + g and g * a."""
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    return (a * b + a).bind(mx.cpu(), optimize=optimize, **kwargs)


def pieces(*places):
    """Arrays of SHAPE in one block of memory, each from a row on."""
    block = np.zeros((12, 3), np.float32)
    whole = mx.nd.from_numpy(block)
    return block, [whole[place : place + 4] for place in places]


def test_a_result_is_computed_in_its_array():
    executor = product(args=[nd(A), nd(B)], args_grad=[nd(A), nd(B)])
    executor.forward(is_train=True)
    slots = []
    run = executor._runner.run

    def watched(plan, values, into, execute=None):
        run(plan, values, into, execute)
        slots.append([values[slot] for slot in plan.outputs])

    executor._runner.run = watched
    executor.backward(nd(G))
    for raw, grad in zip(slots[0], executor.grad_arrays, strict=True):
        assert raw is grad._data
    np.testing.assert_array_equal(G * B + G, executor.grad_arrays[0].asnumpy())
    np.testing.assert_array_equal(G * A, executor.grad_arrays[1].asnumpy())


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("reqs", list(itertools.product(("write", "add", "null"), repeat=2)))
def test_every_mix_of_requests_twice(reqs, runner):
    grads = [nd(values(7)), nd(values(8))]
    executor = product(args=[nd(A), nd(B)], args_grad=grads, grad_req=list(reqs), runner=runner)
    expected = [values(7), values(8)]
    for seed in (G, G[::-1]):
        executor.forward(is_train=True)
        for _ in range(2):
            executor.backward(nd(seed))
            for k, found in enumerate((seed * B + seed, seed * A)):
                if reqs[k] == "write":
                    expected[k] = found
                elif reqs[k] == "add":
                    expected[k] = expected[k] + found
            for grad, value in zip(grads, expected, strict=True):
                np.testing.assert_array_equal(value, grad.asnumpy())


@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("req", ["write", "add"])
def test_a_gradient_s_array_that_is_an_argument_s(req, swap):
    """Whichever gradient is computed first, the other needs the argument that it would overwrite."""
    a, b = nd(A), nd(B)
    executor = product(args=[a, b], args_grad=[b, a] if swap else [a, b], grad_req=req)
    executor.forward(is_train=True)
    executor.backward(nd(G))
    for name, found in (("a", G * B + G), ("b", G * A)):
        old = {"a": A, "b": B}[name if not swap else {"a": "b", "b": "a"}[name]]
        expected = old + found if req == "add" else found
        np.testing.assert_array_equal(expected, executor.grad_dict[name].asnumpy())


@pytest.mark.parametrize("shift", [0, 1, 3, 4])
@pytest.mark.parametrize("reqs", [("write", "write"), ("add", "add"), ("add", "write")])
def test_gradients_that_share_memory_are_delivered_in_turn(shift, reqs):
    block, grads = pieces(2, 2 + shift)
    block[:] = values(9, 12, 3)
    expected = block.copy()
    executor = product(args=[nd(A), nd(B)], args_grad=grads, grad_req=list(reqs))
    executor.forward(is_train=True)
    executor.backward(nd(G))
    for place, req, found in zip((2, 2 + shift), reqs, (G * B + G, G * A), strict=True):
        part = expected[place : place + 4]
        part[...] = found if req == "write" else part + found
    np.testing.assert_array_equal(expected, block)


@pytest.mark.parametrize("shift", [-3, -1, 0, 2])
@pytest.mark.parametrize("name", ["a", "b"])
@pytest.mark.parametrize("req", ["write", "add"])
def test_what_flows_back_may_be_a_gradient_s_array(shift, name, req):
    block, (grad, seed) = pieces(4, 4 + shift)
    block[:] = values(10, 12, 3)
    before, given = grad.asnumpy(), seed.asnumpy()
    other = "b" if name == "a" else "a"
    executor = product(
        args=[nd(A), nd(B)],
        args_grad={name: grad, other: nd(A)},
        grad_req={name: req, other: "write"},
        optimize=False,
    )
    executor.forward(is_train=True)
    executor.backward(seed)
    expected = {"a": given * B + given, "b": given * A}
    if req == "add":
        expected[name] = before + expected[name]
    for each, value in expected.items():
        np.testing.assert_array_equal(value, executor.grad_dict[each].asnumpy())


def test_a_gradient_in_part_of_an_auxiliary_state():
    block, (grad, _) = pieces(0, 4)
    data = mx.sym.Variable("data")
    symbol = mx.sym.BatchNorm(data, fix_gamma=False, momentum=0.5, name="bn")
    shared = mx.nd.from_numpy(block.reshape(-1))[1:4]  # a moving mean inside the gradient's array

    def run(mean, grad):
        executor = symbol.bind(
            mx.cpu(),
            {"data": nd(A), "bn_gamma": mx.nd.ones(3), "bn_beta": mx.nd.zeros(3)},
            aux_states={"bn_moving_mean": mean, "bn_moving_var": mx.nd.ones(3)},
            args_grad={"data": grad},
        )
        executor.forward(is_train=True)
        executor.backward(nd(G))
        return executor.grad_dict["data"].asnumpy()

    apart = run(mx.nd.zeros(3), mx.nd.zeros(SHAPE))
    np.testing.assert_array_equal(apart, run(shared, grad))


def test_adding_keeps_the_sign_of_zeros():
    x = mx.sym.Variable("x")
    for shared in (False, True):
        grad = nd([-0.0, 0.0, -0.0])
        given = nd([1.0, 1, 1])
        executor = (x * mx.sym.Variable("y")).bind(
            mx.cpu(),
            {"x": grad if shared else given, "y": nd([-0.0, -0.0, 0.0])},
            args_grad={"x": grad},
            grad_req="add",
        )
        executor.forward(is_train=True)
        executor.backward(given)
        np.testing.assert_array_equal([True, False, False], np.signbit(grad.asnumpy()))


@pytest.mark.parametrize("optimize", [True, False])
def test_one_value_may_be_several_gradients_and_an_argument(optimize):
    """The gradients of a + b and b + c are what flows back; that of d is the argument e."""
    names = "abcde"
    a, b, c, d, e = (mx.sym.Variable(name) for name in names)
    symbol = mx.sym.MakeLoss(mx.sym.sum(a + b) + mx.sym.sum(b + c) + mx.sym.sum(d * e))
    args = {name: nd(values(k)) for k, name in enumerate(names)}
    for req in ("write", "add"):
        grads = {name: nd(values(20)) for name in names}
        executor = symbol.bind(mx.cpu(), args, args_grad=grads, grad_req=req, optimize=optimize)
        executor.forward(is_train=True)
        executor.backward()
        old = values(20) if req == "add" else 0
        for name, value in zip(names, (1, 2, 1, values(4), values(3)), strict=True):
            np.testing.assert_array_equal(
                old + np.broadcast_to(value, SHAPE), grads[name].asnumpy()
            )


def test_outputs_that_are_held_stay_while_their_memory_is_wanted():
    """Values on the way are computed in the output's memory, and in new memory while it is held."""
    x, shape = mx.sym.Variable("x"), (200, 200)
    for k in range(4):
        x = mx.sym.tanh(mx.sym.dot(x, mx.sym.Variable(f"w{k}")))
    executor = x.simple_bind(mx.cpu(), **dict.fromkeys(x.list_arguments(), shape))
    assert executor.plan.placement.lent
    given = {name: np.random.default_rng(k).normal(0, 0.1, shape).astype("float32")
             for k, name in enumerate(executor.arg_dict)}  # fmt: skip

    def expected(data):
        for k in range(4):
            data = np.tanh(data @ given[f"w{k}"])
        return data

    held = []
    for factor in (1, 2, 3, 4, 5):
        outputs = executor.forward(is_train=True, **{**given, "x": given["x"] * np.float32(factor)})
        if factor != 3:
            held.append((factor, outputs[0]))
        del outputs
        executor.backward(mx.nd.ones(shape))
        first = executor.grad_dict["x"].asnumpy()
        executor.backward(mx.nd.ones(shape))
        np.testing.assert_array_equal(first, executor.grad_dict["x"].asnumpy())
        for k, output in held:
            np.testing.assert_allclose(
                expected(given["x"] * np.float32(k)), output.asnumpy(), rtol=1e-4, atol=1e-6
            )
