"""Normalisations: batch, layer, instance and group norm, LRN, L2 norm, and moments."""

from __future__ import annotations

import math

import numpy as np
import pytest
from gradients import check_numeric_gradient, nd, symbol_of, with_hidden
from hypothesis import given, settings
from hypothesis import strategies as st
from ops_cases import run

import symbook as mx
from symbook.errors import DTypeError, ShapeError

RTOL = {"float16": 1e-2, "float32": 2e-5, "float64": 1e-9}
DTYPES = st.sampled_from(["float16", "float32", "float64"])


def values(shape, dtype="float64", seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def close(result, expected, dtype="float64"):
    assert result.dtype == dtype
    np.testing.assert_allclose(result, expected, rtol=RTOL[dtype], atol=RTOL[dtype])


def along(vector, rank, axis):
    return np.expand_dims(vector, tuple(i for i in range(rank) if i != axis % rank))


def normalised(data, axes, eps):
    """The definition, in float64."""
    data = data.astype("float64")
    spread = data.var(axis=axes, keepdims=True) + eps
    return (data - data.mean(axis=axes, keepdims=True)) / np.sqrt(spread)


# Batch norm


def batch_inputs(shape, axis=1, dtype="float64"):
    channels = shape[axis]
    vector = "float32" if dtype == "float16" else dtype
    arrays = {
        "data": values(shape, dtype),
        "gamma": values(channels, vector, 1),
        "beta": values(channels, vector, 2),
    }
    states = {
        "moving_mean": values(channels, vector, 3),
        "moving_var": values(channels, vector, 4) ** 2 + np.asarray(0.5, vector),
    }
    return arrays, states


def batch_norm(arrays, states, train=True, op="BatchNorm", req="write", **params):
    """Outputs, gradients and states of the executor after one pass forward and backward."""
    symbol = symbol_of(op, {**arrays, **states}, params)
    grads = {name: nd(np.ones_like(item)) for name, item in arrays.items()}
    aux = {name: nd(item) for name, item in states.items()}
    bound = {name: nd(item) for name, item in arrays.items()}
    executor = symbol.bind(mx.cpu(), bound, grads, req, aux)
    outputs = [item.asnumpy() for item in executor.forward(is_train=train)]
    before = {name: item.asnumpy() for name, item in aux.items()}
    executor.backward([nd(values(item.shape, item.dtype, 7)) for item in outputs])
    after = {name: item.asnumpy() for name, item in aux.items()}
    return outputs, {name: item.asnumpy() for name, item in grads.items()}, before, after


@settings(deadline=None, max_examples=40)
@given(st.data(), DTYPES, st.booleans(), st.booleans(), st.booleans())
def test_batch_norm(data, dtype, train, fix_gamma, use_global_stats):
    shape = data.draw(st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    arrays, states = batch_inputs(shape, axis, dtype)
    (result,), _, before, after = batch_norm(
        arrays, states, train, axis=axis, fix_gamma=fix_gamma, eps=0.01, momentum=0.75,
        use_global_stats=use_global_stats,
    )  # fmt: skip
    wide, rank = {**arrays, **states}, len(shape)
    wide = {name: item.astype("float64") for name, item in wide.items()}
    others = tuple(i for i in range(rank) if i != axis % rank)
    own = train and not use_global_stats
    mean = wide["data"].mean(axis=others) if own else wide["moving_mean"]
    variance = wide["data"].var(axis=others) if own else wide["moving_var"]
    scale = (1 if fix_gamma else wide["gamma"]) / np.sqrt(variance + 0.01)
    expected = (wide["data"] - along(mean, rank, axis)) * along(scale, rank, axis)
    close(result, expected + along(wide["beta"], rank, axis), dtype)
    # The states change in the backward pass only.
    vector = states["moving_mean"].dtype.name
    for name, value in (("moving_mean", mean), ("moving_var", variance)):
        np.testing.assert_array_equal(before[name], states[name])
        moved = 0.75 * wide[name] + 0.25 * value if own else wide[name]
        close(after[name], moved, vector)


@pytest.mark.parametrize("shape", [(4, 3), (2, 3, 4), (2, 3, 2, 2)])
@pytest.mark.parametrize("use_global_stats", [False, True])
def test_gradient_of_batch_norm(shape, use_global_stats):
    arrays, states = batch_inputs(shape)
    params = {"fix_gamma": False, "use_global_stats": use_global_stats}
    symbol = symbol_of("BatchNorm", {**arrays, **states}, params)
    check_numeric_gradient(symbol, arrays, states)
    fixed = symbol_of("BatchNorm", {**arrays, **states}, {**params, "fix_gamma": True})
    check_numeric_gradient(fixed, arrays, states)


@pytest.mark.parametrize("use_global_stats", [False, True])
def test_gradient_of_batch_norm_v1(use_global_stats):
    arrays, states = batch_inputs((2, 3, 2, 2))
    params = {"fix_gamma": False, "use_global_stats": use_global_stats}
    check_numeric_gradient(symbol_of("BatchNorm_v1", {**arrays, **states}, params), arrays, states)


def test_backward_after_a_prediction_is_mxnets():
    # A backward pass is always one of training: it takes the moving statistics for the batch's own.
    arrays, states = batch_inputs((4, 3))
    (result,), grads, _, after = batch_norm(arrays, states, train=False, fix_gamma=False)
    head, spread = values(result.shape, seed=7), np.sqrt(states["moving_var"] + 1e-3)
    normal = (arrays["data"] - states["moving_mean"]) / spread
    inner = head - head.mean(axis=0) - normal * (head * normal).mean(axis=0)
    np.testing.assert_allclose(grads["data"], arrays["gamma"] / spread * inner, rtol=1e-6)
    np.testing.assert_allclose(after["moving_mean"], states["moving_mean"])


def test_fixed_gamma_has_gradient_0():
    arrays, states = batch_inputs((4, 3))
    _, grads, *_ = batch_norm(arrays, states)
    np.testing.assert_array_equal(grads["gamma"], 0)


def test_shown_statistics():
    arrays, states = batch_inputs((5, 2))
    data = arrays["data"]
    outputs, *_ = batch_norm(arrays, states, output_mean_var=True)
    np.testing.assert_allclose(outputs[1], data.mean(axis=0))
    np.testing.assert_allclose(outputs[2], 1 / np.sqrt(data.var(axis=0) + 1e-3), rtol=1e-6)
    outputs, *_ = batch_norm(arrays, states, output_mean_var=True, op="BatchNorm_v1")
    np.testing.assert_allclose(outputs[2], data.var(axis=0))
    outputs, *_ = batch_norm(arrays, states, train=False, output_mean_var=True)
    np.testing.assert_allclose(outputs[1], states["moving_mean"])
    symbol = mx.sym.BatchNorm(mx.sym.Variable("x"), name="b", output_mean_var=True)
    assert symbol.list_outputs() == ["b_output", "b_mean", "b_var"]


def test_variables_of_batch_norm():
    symbol = mx.sym.BatchNorm(mx.sym.Variable("x"), name="b")
    assert symbol.list_arguments() == ["x", "b_gamma", "b_beta"]
    assert symbol.list_auxiliary_states() == ["b_moving_mean", "b_moving_var"]
    assert symbol.list_outputs() == ["b_output"]
    attributes = symbol.attr_dict()
    assert attributes["b_moving_mean"]["__init__"] == '["zero", {}]'
    assert attributes["b_moving_var"]["__init__"] == '["one", {}]'


def test_inference_of_batch_norm():
    symbol = mx.sym.BatchNorm(mx.sym.Variable("x"), name="b")
    found = symbol.infer_shape_partial(x=(0, 4, 3, 3))
    assert found == ([(0, 4, 3, 3), (4,), (4,)], [(0, 4, 3, 3)], [(4,), (4,)])
    dtypes = symbol.infer_type(x="float16")
    assert dtypes == ([np.float16, np.float32, np.float32], [np.float16], [np.float32] * 2)
    with pytest.raises(ShapeError, match="axis 1 is out of range"):
        symbol.infer_shape(x=(4,))
    with pytest.raises(DTypeError):
        symbol.infer_type(x="float16", b_gamma="float16")
    with pytest.raises(DTypeError):
        symbol.infer_type(x="int32")


def test_moving_statistics_of_several_steps():
    arrays, states = batch_inputs((6, 2), dtype="float32")
    symbol = symbol_of("BatchNorm", {**arrays, **states}, {})
    aux = {name: nd(item) for name, item in states.items()}
    bound = {name: nd(item) for name, item in arrays.items()}
    grads = {"data": nd(arrays["data"])}
    executor = symbol.bind(mx.cpu(), bound, grads, aux_states=aux)
    expected = states["moving_mean"].astype("float64")
    for step in range(5):
        batch = values((6, 2), "float32", 20 + step)
        executor.forward(is_train=True, data=nd(batch))
        executor.backward([nd(batch)])
        expected = 0.9 * expected + 0.1 * batch.astype("float64").mean(axis=0)
    np.testing.assert_allclose(aux["moving_mean"].asnumpy(), expected, rtol=1e-5)


def test_a_batch_of_nothing():
    arrays, states = batch_inputs((0, 3))
    (result,), grads, *_ = batch_norm(arrays, states)
    assert result.shape == (0, 3)
    np.testing.assert_array_equal(grads["beta"], 0)


# Layer, instance and group norm


@settings(deadline=None, max_examples=40)
@given(st.data(), DTYPES)
def test_layer_norm(data, dtype):
    shape = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x, gamma, beta = (values(s, dtype, i) for i, s in enumerate((shape, shape[axis], shape[axis])))
    result, mean, std = run("LayerNorm", x, gamma, beta, axis=axis, eps=0.5)
    expected = normalised(x, axis, 0.5) * along(gamma, len(shape), axis)
    close(result, expected + along(beta, len(shape), axis), dtype)
    wide = x.astype("float64")
    close(mean, wide.mean(axis=axis, keepdims=True), dtype)
    close(std, np.sqrt(wide.var(axis=axis, keepdims=True) + 0.5), dtype)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 4), min_size=3, max_size=4).map(tuple), DTYPES)
def test_instance_norm(shape, dtype):
    x, gamma, beta = (values(s, dtype, i) for i, s in enumerate((shape, shape[1], shape[1])))
    result, mean, variance = run("InstanceNorm", x, gamma, beta, eps=0.5)
    axes = tuple(range(2, len(shape)))
    expected = normalised(x, axes, 0.5) * along(gamma, len(shape), 1)
    close(result, expected + along(beta, len(shape), 1), dtype)
    close(mean, x.astype("float64").mean(axis=axes), dtype)
    close(variance, x.astype("float64").var(axis=axes), dtype)


@settings(deadline=None, max_examples=30)
@given(st.data(), st.integers(1, 3), st.integers(1, 3), DTYPES)
def test_group_norm(data, groups, each, dtype):
    places = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=2).map(tuple))
    shape = (2, groups * each, *places)
    x, gamma, beta = (values(s, dtype, i) for i, s in enumerate((shape, groups, groups)))
    result, mean, std = run("GroupNorm", x, gamma, beta, num_groups=groups, eps=0.5)
    rows = x.reshape(2, groups, -1)
    expected = normalised(rows, 2, 0.5) * gamma[:, None] + beta[:, None]
    close(result, expected.reshape(shape), dtype)
    close(mean, rows.astype("float64").mean(axis=2), dtype)
    close(std, np.sqrt(rows.astype("float64").var(axis=2) + 0.5), dtype)


@pytest.mark.parametrize(
    ("op", "shape", "size", "params"),
    [
        ("LayerNorm", (4, 5), 5, {}),
        ("LayerNorm", (2, 5, 3), 5, {"axis": 1}),
        ("LayerNorm", (6,), 6, {"axis": 0}),
        ("InstanceNorm", (2, 3, 4), 3, {}),
        ("InstanceNorm", (2, 3, 2, 3), 3, {}),
        ("GroupNorm", (2, 4, 3), 2, {"num_groups": 2}),
        ("GroupNorm", (2, 3, 2, 2), 1, {}),
    ],
)
def test_gradients(op, shape, size, params):
    inputs = {"data": values(shape), "gamma": values(size, seed=1), "beta": values(size, seed=2)}
    check_numeric_gradient(symbol_of(op, inputs, params), inputs)


def test_statistics_are_shown_on_demand():
    x = mx.sym.Variable("x")
    shown = mx.sym.LayerNorm(x, name="l", output_mean_var=True)
    assert shown.list_outputs() == ["l_output", "l_mean", "l_std"]
    assert len(mx.sym.GroupNorm(x, name="g").list_outputs()) == 1
    assert len(with_hidden(mx.sym.InstanceNorm(x)).list_outputs()) == 3


def test_inference():
    x = mx.sym.Variable("x")
    layer = mx.sym.LayerNorm(x, axis=1, name="l")
    assert layer.infer_shape_partial(x=(0, 4, 0))[0] == [(0, 4, 0), (4,), (4,)]
    group = mx.sym.GroupNorm(x, num_groups=2, name="g")
    assert group.infer_shape_partial(x=(0, 4, 3))[0] == [(0, 4, 3), (2,), (2,)]
    with pytest.raises(ShapeError, match="5 channels cannot be parted into 2 groups"):
        group.infer_shape(x=(2, 5, 3))
    with pytest.raises(ShapeError, match="3 or more dimensions"):
        mx.sym.InstanceNorm(x).infer_shape(x=(2, 5))


# Local responses


def responses(data, size, alpha, beta, knorm):
    """Krizhevsky's formula, channel by channel."""
    result, half, channels = np.empty(data.shape), (size - 1) // 2, data.shape[1]
    for c in range(channels):
        near = data[:, max(0, c - half) : min(channels, c + half + 1)].astype("float64")
        result[:, c] = data[:, c] * (knorm + alpha / size * (near**2).sum(axis=1)) ** -beta
    return result


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.integers(1, 6), min_size=2, max_size=4).map(tuple),
    st.sampled_from([1, 2, 3, 5, 9]), st.floats(0, 1), st.floats(0.2, 1.5), DTYPES,
)  # fmt: skip
def test_lrn(shape, size, alpha, beta, dtype):
    data = values(shape, dtype)
    result, _ = run("LRN", data, nsize=size, alpha=alpha, beta=beta, knorm=1.5)
    expected = responses(data, size, alpha, beta, 1.5)
    np.testing.assert_allclose(result, expected, rtol=1e-2 if dtype == "float16" else 1e-5)


@pytest.mark.parametrize("size", [1, 3, 7])
def test_gradient_of_lrn(size):
    inputs = {"data": values((2, 5, 3))}
    params = {"nsize": size, "alpha": 0.5, "beta": 0.6, "knorm": 1.5}
    check_numeric_gradient(symbol_of("LRN", inputs, params), inputs)


# Length 1


@pytest.mark.parametrize(
    ("mode", "shape", "axes"),
    [
        ("instance", (3, 4), (1,)),
        ("instance", (2, 3, 2, 2), (1, 2, 3)),
        ("channel", (2, 3, 4), (1,)),
        ("spatial", (2, 3, 2, 2), (2, 3)),
    ],
)
def test_l2_norm(mode, shape, axes):
    inputs = {"data": values(shape)}
    result, norm = run("L2Normalization", inputs["data"], mode=mode, eps=0.1)
    length = np.sqrt((inputs["data"] ** 2).sum(axis=axes, keepdims=True) + 0.1)
    np.testing.assert_allclose(result, inputs["data"] / length, rtol=1e-6)
    assert norm.shape == length.shape if mode == "channel" else norm.size == length.size
    check_numeric_gradient(symbol_of("L2Normalization", inputs, {"mode": mode}), inputs)


def test_l2_norm_of_large_float16():
    (result, _) = run("L2Normalization", np.full((1, 4), 300, "float16"))
    np.testing.assert_array_equal(result, np.float16([[0.5] * 4]))


def test_modes_of_l2_norm_need_places():
    symbol = mx.sym.L2Normalization(mx.sym.Variable("x"), mode="channel")
    with pytest.raises(ShapeError, match="3 or more dimensions"):
        symbol.infer_shape(x=(2, 3))


# Moments


@settings(deadline=None, max_examples=40)
@given(st.data(), DTYPES, st.booleans())
def test_moments(data, dtype, keepdims):
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple))
    axes = data.draw(st.sets(st.integers(0, len(shape) - 1), min_size=1).map(tuple))
    x = values(shape, dtype)
    mean, variance = run("moments", x, axes=axes, keepdims=keepdims)
    wide, options = x.astype("float64"), {"axis": axes, "keepdims": keepdims}
    close(mean, np.atleast_1d(wide.mean(**options)), dtype)
    close(variance, np.atleast_1d(wide.var(**options)), dtype)


@pytest.mark.parametrize("keepdims", [False, True])
def test_gradient_of_moments(keepdims):
    inputs, params = {"data": values((2, 3, 4))}, {"axes": (0, -1), "keepdims": keepdims}
    symbol = symbol_of("moments", inputs, params)
    for part in (symbol, symbol[0], symbol[1]):
        check_numeric_gradient(part, inputs)


def test_moments_of_integers_drop_the_fraction_at_each_step():
    mean, variance = run("moments", np.arange(12, dtype="int32").reshape(4, 3), axes=(0,))
    np.testing.assert_array_equal(mean, [4, 5, 6])
    squares = [math.floor(np.mean((np.arange(i, 12, 3) - (4 + i)) ** 2)) for i in range(3)]
    np.testing.assert_array_equal(variance, squares)


def test_moments_need_axes():
    with pytest.raises(ShapeError, match="needs the axes"):
        mx.sym.moments(mx.sym.Variable("x"))[0].infer_shape(x=(2, 3))
