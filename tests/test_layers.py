"""Convolutions joined with what follows them in prediction, against NumPy and the graph as written."""

from __future__ import annotations

import numpy as np
import pytest
from gradients import nd
from hypothesis import given, settings
from hypothesis import strategies as st

import symbook as mx

RANDOM = np.random.default_rng(9)
KERNELS = [(1, 1), (3, 3), (2, 3)]


def normal(*shape):
    return RANDOM.standard_normal(shape)


def bound(symbol, dtype="float32", optimize=True, grad_req="null", **shapes):
    """An executor with random arguments and states, the same for the same symbol and shapes."""
    random = np.random.default_rng(4)
    inputs, _, states = symbol.infer_shape(**shapes)

    def array(name, shape):
        positive = name.endswith("var")
        values = random.random(shape) + 0.5 if positive else random.standard_normal(shape)
        vector = name.endswith(("gamma", "beta", "mean", "var"))
        return mx.nd.array(values, dtype="float32" if vector and dtype == "float16" else dtype)

    args = {k: array(k, s) for k, s in zip(symbol.list_arguments(), inputs, strict=True)}
    aux = {k: array(k, s) for k, s in zip(symbol.list_auxiliary_states(), states, strict=True)}
    grads = {k: mx.nd.zeros(v.shape, dtype=v.dtype) for k, v in args.items()}
    return symbol.bind(
        mx.cpu(), args, args_grad=None if grad_req == "null" else grads, grad_req=grad_req,
        aux_states=aux, optimize=optimize,
    )  # fmt: skip


def ops(executor):
    return [step.op.name for step in executor.plan.steps]


def convolution(data, name, filters=4, **params):
    given = {"kernel": (3, 3), "pad": (1, 1), "no_bias": True, **params}
    return mx.sym.Convolution(data, num_filter=filters, name=name, **given)


def norm(data, name, **params):
    return mx.sym.BatchNorm(data, name=name, **{"fix_gamma": False, **params})


def relu(data, name=None):
    return mx.sym.Activation(data, act_type="relu", name=name)


@st.composite
def networks(draw):
    """Chains of layers with sums of branches, and outputs in the middle."""
    values = [mx.sym.Variable("data")]
    channels = draw(st.integers(1, 3))
    shown = []
    for i in range(draw(st.integers(1, 7))):
        data = draw(st.sampled_from(values[-3:]))
        kind = draw(st.sampled_from(["conv", "conv", "norm", "norm", "relu", "add", "group"]))
        if kind in ("conv", "group"):
            k = draw(st.sampled_from([1, 3]))
            groups = channels if kind == "group" else 1
            bias = draw(st.booleans())
            made = convolution(
                data,
                f"n{i}",
                channels,
                kernel=(k, k),
                pad=(k // 2,) * 2,
                num_group=groups,
                no_bias=bias,
            )
        elif kind == "norm":
            made = norm(data, f"n{i}", fix_gamma=draw(st.booleans()))
        elif kind == "relu":
            made = relu(data, f"n{i}")
        else:
            made = mx.sym.elemwise_add(data, draw(st.sampled_from(values)), name=f"n{i}")
        values.append(made)
        if draw(st.integers(0, 5)) == 0:
            shown.append(made)
    return mx.sym.Group([*shown, values[-1]]), channels


@settings(deadline=None, max_examples=80)
@given(networks(), st.integers(1, 3), st.sampled_from(["float32", "float64", "float16"]))
def test_the_same_to_the_bit(network, batch, dtype):
    symbol, channels = network
    shape = (batch, channels, 6, 5)
    joined = bound(symbol, dtype, data=shape)
    plain = bound(symbol, dtype, optimize=False, data=shape)
    for is_train in (False, True, False):
        pairs = zip(joined.forward(is_train), plain.forward(is_train), strict=True)
        for found, wanted in pairs:
            np.testing.assert_array_equal(found.asnumpy(), wanted.asnumpy())


def test_what_is_added_is_not_written_over_before():
    data = mx.sym.Variable("data")
    first, second = norm(data, "first"), norm(data, "second")
    executor = bound(convolution(first + second, "last"), data=(2, 4, 6, 5))
    plain = bound(convolution(first + second, "last"), optimize=False, data=(2, 4, 6, 5))
    assert "BatchNorm+add" in ops(executor)
    (found,), (wanted,) = executor.forward(), plain.forward()
    np.testing.assert_array_equal(found.asnumpy(), wanted.asnumpy())


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", [1, 9])
def test_against_numpy(kernel, dtype, batch):
    net = convolution(mx.sym.Variable("data"), "c", kernel=kernel, pad=(0, 0), no_bias=False)
    other = mx.sym.Variable("other")
    executor = bound(
        relu(norm(net, "b", eps=1e-3) + other), dtype, data=(batch, 3, 8, 9),
        other=(batch, 4, 9 - kernel[0], 10 - kernel[1]),
    )  # fmt: skip
    assert ops(executor) == ["Convolution+bias+BatchNorm+add+relu"]
    for _ in range(2):
        (out,) = executor.forward()
        a = {k: v.asnumpy().astype("float64") for k, v in executor.arg_dict.items()}
        s = {k: v.asnumpy().astype("float64") for k, v in executor.aux_dict.items()}
        windows = np.lib.stride_tricks.sliding_window_view(a["data"], kernel, (2, 3))
        result = np.einsum("ncyxij,fcij->nfyx", windows, a["c_weight"], optimize=True)
        result += a["c_bias"].reshape(-1, 1, 1)

        def column(vector):
            return vector.reshape(-1, 1, 1)

        root = np.sqrt(column(s["b_moving_var"]) + 1e-3)
        result = (result - column(s["b_moving_mean"])) / root * column(a["b_gamma"])
        result = np.maximum(result + column(a["b_beta"]) + a["other"], 0)
        tolerance = 2e-5 if dtype == "float32" else 1e-12
        np.testing.assert_allclose(out.asnumpy(), result, rtol=tolerance, atol=tolerance)
        # Whatever is bound is read in each run.
        for arrays in (executor.arg_dict, executor.aux_dict):
            for array in arrays.values():
                array[:] = array * 2
        assert out.asnumpy().any()


def test_a_norm_by_itself_joins_with_what_follows():
    executor = bound(relu(norm(mx.sym.Variable("data"), "b")), data=(2, 3, 4, 5))
    assert ops(executor) == ["BatchNorm+relu"]


def test_what_is_read_elsewhere_is_computed():
    inner = convolution(mx.sym.Variable("data"), "c")
    executor = bound(mx.sym.Group([inner, relu(norm(inner, "b"))]), data=(2, 3, 6, 6))
    assert ops(executor) == ["Convolution", "BatchNorm+relu"]


@pytest.mark.parametrize(
    "params",
    [{"axis": 2}, {"axis": 3}, {"output_mean_var": True}],
    ids=lambda item: next(iter(item)),
)
def test_norms_that_stay(params):
    found = norm(convolution(mx.sym.Variable("data"), "c", 3), "b", **params)
    executor = bound(found[0] if params.get("output_mean_var") else found, data=(2, 3, 3, 3))
    plain = bound(found, optimize=False, data=(2, 3, 3, 3))
    np.testing.assert_array_equal(executor.forward()[0].asnumpy(), plain.forward()[0].asnumpy())
    if params.get("axis"):
        assert ops(executor) == ["Convolution", "BatchNorm"]


def test_with_gradients_nothing_is_joined():
    net = relu(norm(convolution(mx.sym.Variable("data"), "c"), "b"))
    assert ops(bound(net, grad_req="write", data=(2, 3, 6, 6))) == [
        "Convolution", "BatchNorm", "Activation",
    ]  # fmt: skip


def test_training_takes_other_plans_and_keeps_the_handles():
    net = relu(norm(convolution(mx.sym.Variable("data"), "c"), "b"))
    executor, plain = (bound(net, optimize=on, data=(2, 3, 6, 6)) for on in (True, False))
    handle = executor.outputs[0]
    before = executor.forward()[0]
    values = before.asnumpy()
    executor.forward(is_train=True)
    np.testing.assert_array_equal(handle.asnumpy(), plain.forward(is_train=True)[0].asnumpy())
    np.testing.assert_array_equal(before.asnumpy(), values)
    for _ in range(5):
        executor.forward()
        np.testing.assert_array_equal(handle.asnumpy(), values)
        executor.forward(is_train=True)
        np.testing.assert_array_equal(handle.asnumpy(), plain.outputs[0].asnumpy())


def test_a_trace_shows_every_node():
    net = relu(norm(convolution(mx.sym.Variable("data"), "c"), "b"), "r")
    executor = bound(net, data=(2, 3, 6, 6))
    assert [record.node for record in executor.trace().records] == ["c", "b", "r"]
    (out,) = executor.forward()
    np.testing.assert_array_equal(out.asnumpy(), executor.trace().outputs[0].asnumpy())


def test_stages_say_what_was_joined():
    net = relu(norm(convolution(mx.sym.Variable("data"), "c"), "b"), "r")
    executor = bound(net, data=(2, 3, 6, 6))
    (note,) = executor.stages["join layers"].notes
    assert (note.node, note.act) == ("c", "joined")
    assert note.by == "r = Convolution+BatchNorm+relu"


def test_special_values_go_through():
    data = np.zeros((1, 1, 2, 4), "float32")
    data[0, 0, 0] = [np.nan, np.inf, -np.inf, -0.0]
    net = relu(norm(mx.sym.Variable("data"), "b", fix_gamma=True, eps=0.0))
    given = {"data": nd(data), "b_gamma": nd(np.ones(1, "f4")), "b_beta": nd(np.zeros(1, "f4"))}
    states = {"b_moving_mean": nd(np.zeros(1, "f4")), "b_moving_var": nd(np.ones(1, "f4"))}
    (out,) = net.bind(mx.cpu(), given, aux_states=states, grad_req="null").forward()
    np.testing.assert_array_equal(out.asnumpy()[0, 0, 0], [np.nan, np.inf, 0, 0])
