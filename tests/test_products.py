"""Products that are joined: what is joined, what is not, and that the values are those of NumPy."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

import symbook as mx

STEPS, ROWS, WIDTH, HIDDEN = 9, 8, 64, 128


def integers(seed, *shape):
    """Small whole numbers: their sums of products are exact in any order."""
    return np.random.default_rng(seed).integers(-2, 3, shape).astype(np.float64)


def network(steps=STEPS, axis=0, no_bias=False, used=None, squeeze=True, hidden=HIDDEN):
    """h = clip(x[t] Wxᵀ + b + h Whᵀ) for each step, which keeps whole numbers small."""
    data, h = mx.sym.Variable("data"), mx.sym.Variable("h0")
    wx, wh, b = (mx.sym.Variable(name) for name in ("wx", "wh", "b"))
    parts = mx.sym.SliceChannel(data, num_outputs=steps, axis=axis, squeeze_axis=squeeze)
    for t in range(steps) if used is None else used:
        given = {"weight": wx, "num_hidden": hidden, "no_bias": no_bias}
        x = mx.sym.FullyConnected(parts[t], **given, **({} if no_bias else {"bias": b}))
        h = x + mx.sym.FullyConnected(h, weight=wh, num_hidden=hidden, no_bias=True)
        h = mx.sym.clip(h, a_min=-2, a_max=2)
    return h


def arrays(rows=ROWS, steps=STEPS, axis=0, no_bias=False, hidden=HIDDEN):
    shape = (steps, rows, WIDTH) if axis == 0 else (rows, steps, WIDTH)
    found = {
        "data": integers(0, *shape), "h0": integers(1, rows, hidden), "wx": integers(2, hidden, WIDTH),
        "wh": integers(3, hidden, hidden), "b": integers(4, hidden),
    }  # fmt: skip
    if no_bias:
        del found["b"]
    return found


def by_numpy(given, head, axis=0, used=None):
    """The result, and the gradients of all arguments."""
    data = given["data"] if axis == 0 else given["data"].swapaxes(0, 1)
    used = range(len(data)) if used is None else used
    hs, inner = [given["h0"]], []
    for t in used:
        z = data[t] @ given["wx"].T + given.get("b", 0) + hs[-1] @ given["wh"].T
        inner.append((z >= -2) & (z <= 2))
        hs.append(np.clip(z, -2, 2))
    grads = {name: np.zeros_like(value) for name, value in given.items()}
    into = grads["data"] if axis == 0 else grads["data"].swapaxes(0, 1)
    g = head
    for k, t in reversed(list(enumerate(used))):
        g = g * inner[k]
        into[t] += g @ given["wx"]
        grads["wx"] += g.T @ data[t]
        grads["wh"] += g.T @ hs[k]
        if "b" in grads:
            grads["b"] += g.sum(axis=0)
        g = g @ given["wh"]
    grads["h0"] = g
    return hs[-1], grads


def run(symbol, given, head, **kwargs):
    args = {name: mx.nd.array(value, dtype="float64") for name, value in given.items()}
    grads = {name: mx.nd.zeros(value.shape, dtype="float64") for name, value in given.items()}
    executor = symbol.bind(mx.cpu(), args, args_grad=grads, **kwargs)
    (out,) = executor.forward(is_train=True)
    executor.backward(mx.nd.array(head, dtype="float64"))
    return executor, out.asnumpy(), {name: grad.asnumpy() for name, grad in grads.items()}


def products(executor):
    """How many steps of each kind of product there are, forward and backward."""
    plans = (executor.plan, executor.backward_plan)
    names = Counter(step.op.name for plan in plans for step in plan.steps)
    return names["FullyConnected"], names["dot"]


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("no_bias", [False, True])
@pytest.mark.parametrize("optimize", [False, True])
@pytest.mark.parametrize("runner", ["serial", "threads"])
def test_a_network_unrolled(axis, no_bias, optimize, runner):
    given, head = arrays(axis=axis, no_bias=no_bias), integers(9, ROWS, HIDDEN)
    symbol = network(axis=axis, no_bias=no_bias)
    executor, out, grads = run(symbol, given, head, optimize=optimize, runner=runner)
    expected, slopes = by_numpy(given, head, axis)
    np.testing.assert_array_equal(expected, out)
    for name, value in slopes.items():
        np.testing.assert_array_equal(value, grads[name], err_msg=name)
    # Joined: the inputs of all steps, forward; of wh the sum. Left: each step's own.
    assert products(executor) == (
        (STEPS + 1, 2 * STEPS + 2) if optimize else (2 * STEPS, 4 * STEPS)
    )


@pytest.mark.parametrize(
    "change",
    [
        {"rows": 1},  # BLAS has a way of its own for vectors
        {"rows": 300},
        {"steps": 3},
    ],
)
def test_what_would_gain_nothing_is_left(change):
    given = arrays(**change)
    rows, steps = len(given["h0"]), len(given["data"])
    head = integers(9, rows, HIDDEN)
    executor, out, grads = run(network(steps), given, head)
    expected, slopes = by_numpy(given, head)
    np.testing.assert_array_equal(expected, out)
    for name, value in slopes.items():
        np.testing.assert_array_equal(value, grads[name], err_msg=name)
    assert 2 * steps == products(executor)[0]


@pytest.mark.parametrize(
    "used", [[0, 1, 2, 3, 4, 5], [8, 6, 4, 2, 0], [0, 1, 2, 3], [5, 5, 5, 5, 5]]
)
def test_some_parts_in_any_order(used):
    given, head = arrays(), integers(9, ROWS, HIDDEN)
    executor, out, grads = run(network(used=used), given, head)
    expected, slopes = by_numpy(given, head, used=used)
    np.testing.assert_array_equal(expected, out)
    for name, value in slopes.items():
        np.testing.assert_array_equal(value, grads[name], err_msg=name)
    # Not where most of the parts are not multiplied.
    joined = len(set(used)) > STEPS / 2
    assert (1 if joined else len(set(used))) + len(used) == products(executor)[0]


def test_products_that_others_read_too_stay():
    """One of the summed products is an output as well."""
    lhs = [mx.sym.Variable(f"a{k}") for k in range(5)]
    rhs = [mx.sym.Variable(f"b{k}") for k in range(5)]
    pairs = [mx.sym.dot(a, b, transpose_a=True) for a, b in zip(lhs, rhs, strict=True)]
    total = mx.sym.add_n(*pairs)
    given = {f"{c}{k}": integers(10 * k + (c == "b"), 4, 32) for k in range(5) for c in "ab"}
    bound = {name: mx.nd.array(value, dtype="float64") for name, value in given.items()}
    wanted = [given[f"a{k}"].T @ given[f"b{k}"] for k in range(5)]
    alone = total.bind(mx.cpu(), bound)
    assert 1 == sum(step.op.name == "dot" for step in alone.plan.steps)
    np.testing.assert_array_equal(sum(wanted), alone.forward()[0].asnumpy())
    both = mx.sym.Group([total, pairs[2]]).bind(mx.cpu(), bound)
    assert 5 == sum(step.op.name == "dot" for step in both.plan.steps)
    for value, found in zip((sum(wanted), wanted[2]), both.forward(), strict=True):
        np.testing.assert_array_equal(value, found.asnumpy())


def test_rounding_is_all_that_differs():
    given = {name: value / 7 for name, value in arrays().items()}
    head = integers(9, ROWS, HIDDEN)
    _, out, grads = run(network(), given, head)
    expected, slopes = by_numpy(given, head)
    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12)
    for name, value in slopes.items():
        np.testing.assert_allclose(grads[name], value, rtol=1e-11, atol=1e-10, err_msg=name)


def test_weights_changed_between_runs_are_read_again():
    given, head = arrays(), integers(9, ROWS, HIDDEN)
    executor, _, _ = run(network(), given, head)
    assert "by columns" in [step.op.name for step in executor.plan.steps]
    given["wh"] = integers(77, HIDDEN, HIDDEN)
    (out,) = executor.forward(wh=mx.nd.array(given["wh"], dtype="float64"))
    np.testing.assert_array_equal(by_numpy(given, head)[0], out.asnumpy())


def test_the_optimiser_s_work_can_be_seen():
    given = {name: mx.nd.array(value) for name, value in arrays().items()}
    executor = network().bind(mx.cpu(), given)
    symbol = executor.get_optimized_symbol()
    names = [node["op"] for node in json.loads(symbol.tojson())["nodes"]]
    assert STEPS + 1 == names.count("FullyConnected")
    (found,) = symbol.bind(mx.cpu(), given).forward()
    expected, _ = by_numpy(arrays(), np.zeros((ROWS, HIDDEN)))
    np.testing.assert_array_equal(expected, found.asnumpy())


def test_what_flows_back_is_not_taken_into_steps_that_run_forward():
    """Values large enough that element-wise steps are fused."""
    given, head = arrays(rows=64, hidden=256), integers(9, 64, 256)
    executor, out, grads = run(network(hidden=256), given, head)
    assert any(step.op.name.startswith("fused") for step in executor.plan.steps)
    expected, slopes = by_numpy(given, head)
    np.testing.assert_array_equal(expected, out)
    for name, value in slopes.items():
        np.testing.assert_array_equal(value, grads[name], err_msg=name)
