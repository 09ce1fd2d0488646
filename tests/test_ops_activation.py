"""Activations, leaking units and the softmax family."""

from __future__ import annotations

import math

import numpy as np
import pytest
from gradients import check_numeric_gradient, nd, symbol_of
from hypothesis import given, settings
from hypothesis import strategies as st
from ops_cases import run

import symbook as mx
from symbook.errors import DTypeError, ParamError, ShapeError

SHAPES = st.lists(st.integers(0, 4), min_size=1, max_size=3).map(tuple)
DTYPES = st.sampled_from(["float16", "float32", "float64"])
RTOL = {"float16": 4e-3, "float32": 2e-6, "float64": 1e-13}


def values(shape, dtype="float64", seed=0, scale=3.0):
    """Random values, none of them near 0, where units have a kink."""
    random = np.random.default_rng(seed)
    found = random.standard_normal(shape) * scale
    return (found + np.copysign(0.1, found)).astype(dtype)


def second_gradient(op, inputs, params, wrt):
    """Check the gradient of the gradient, by the inputs named and by what flows back."""
    symbol = symbol_of(op, inputs, params)
    gradient = symbol.gradient(wrt, [mx.sym.Variable("head")])
    arrays = {**inputs, "head": values(inputs["data"].shape, seed=9)}
    used = {name: arrays[name] for name in gradient.list_arguments()}
    floats = [name for name, item in used.items() if item.dtype.kind == "f"]
    check_numeric_gradient(gradient, used, wrt=floats)


def close(result, expected, dtype):
    assert result.dtype == dtype
    np.testing.assert_allclose(
        result.astype("float64"), expected, rtol=RTOL[dtype], atol=np.finfo(dtype).tiny
    )


# Activation

FORMULAS = {
    "relu": lambda x: max(x, 0.0),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": math.tanh,
    "softrelu": lambda x: math.log1p(math.exp(-abs(x))) + max(x, 0),
    "softsign": lambda x: x / (1 + abs(x)),
}


@pytest.mark.parametrize("kind", FORMULAS)
@settings(deadline=None, max_examples=40)
@given(SHAPES, DTYPES, st.floats(0.1, 8))
def test_activation(kind, shape, dtype, scale):
    data = values(shape, dtype, scale=scale)
    (result,) = run("Activation", data, act_type=kind)
    expected = np.vectorize(FORMULAS[kind], otypes=["float64"])(data.astype("float64"))
    close(result, expected, dtype)


@pytest.mark.parametrize("kind", FORMULAS)
@pytest.mark.parametrize("shape", [(2, 3), (4,), (0, 2)])
def test_gradients_of_activation(kind, shape):
    inputs = {"data": values(shape)}
    check_numeric_gradient(symbol_of("Activation", inputs, {"act_type": kind}), inputs)
    second_gradient("Activation", inputs, {"act_type": kind}, ["data"])


def test_large_numbers():
    data = np.float32([-1000, -80, 80, 1000])
    expected = {
        "relu": [0, 0, 80, 1000],
        "sigmoid": [0, math.exp(-80), 1, 1],
        "tanh": [-1, -1, 1, 1],
        "softrelu": [0, math.exp(-80), 80, 1000],
        "softsign": [-1000 / 1001, -80 / 81, 80 / 81, 1000 / 1001],
    }
    for kind, wanted in expected.items():
        np.testing.assert_allclose(run("Activation", data, act_type=kind)[0], wanted, rtol=1e-5)
    (half,) = run("Activation", np.float16([12, 60000]), act_type="softrelu")
    np.testing.assert_array_equal(half, np.float16([12, 60000]))


def test_activations_take_floats_only():
    with pytest.raises(DTypeError, match="floating-point"):
        mx.sym.Activation(mx.sym.Variable("x"), act_type="relu").infer_type(x="int32")
    with pytest.raises(ParamError):
        mx.sym.Activation(mx.sym.Variable("x"), act_type="swish")


# Leaking units

ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805
UNITS = {
    "leaky": lambda x, s: x if x > 0 else s * x,
    "elu": lambda x, s: x if x > 0 else s * math.expm1(x),
    "selu": lambda x, s: SCALE * (x if x > 0 else ALPHA * math.expm1(x)),
    "gelu": lambda x, s: x / 2 * (1 + math.erf(x / math.sqrt(2))),
}


@pytest.mark.parametrize("kind", UNITS)
@settings(deadline=None, max_examples=30)
@given(SHAPES, DTYPES, st.sampled_from([0.25, 0.0, 1.5, -0.5]))
def test_units(kind, shape, dtype, slope):
    data = values(shape, dtype)
    (result,) = run("LeakyReLU", data, act_type=kind, slope=slope)
    expected = [UNITS[kind](float(x), slope) for x in data.ravel()]
    rtol = max(RTOL[dtype], 1e-7)  # MXNet has the numbers of selu as float32
    np.testing.assert_allclose(
        result.astype("float64").ravel(),
        expected,
        rtol=rtol,
        atol=2e-3 if dtype == "float16" else 1e-6,
    )


@pytest.mark.parametrize("kind", ["leaky", "elu", "gelu"])
@pytest.mark.parametrize("slope", [0.25, 1.5, -0.5])
def test_gradients_of_units(kind, slope):
    inputs, params = {"data": values((2, 5))}, {"act_type": kind, "slope": slope}
    check_numeric_gradient(symbol_of("LeakyReLU", inputs, params), inputs)
    second_gradient("LeakyReLU", inputs, params, ["data"])


def test_gradient_of_selu_is_mxnets():
    # MXNet takes scale · (alpha + y) below 0; the derivative is scale · alpha + y.
    data = np.array([-2.0, -0.5, 0.5])
    x = mx.sym.Variable("x")
    gradient = mx.sym.LeakyReLU(x, act_type="selu").gradient(["x"], [mx.sym.ones_like(x)])
    (found,) = gradient.bind(mx.cpu(), {"x": nd(data)}).forward()
    output = SCALE * ALPHA * np.expm1(data)
    expected = np.where(data > 0, SCALE, SCALE * (ALPHA + output))
    np.testing.assert_allclose(found.asnumpy(), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("shape", "gamma"), [((2, 3), (3,)), ((2, 3, 4), (3,)), ((2, 3, 2, 2), (1,)), ((5,), (1,))]
)
def test_prelu(shape, gamma):
    inputs = {"data": values(shape), "gamma": np.linspace(0.1, 0.7, *gamma)}
    params = {"act_type": "prelu"}
    (result,) = run("LeakyReLU", *inputs.values(), **params)
    slopes = inputs["gamma"].reshape(-1, *(1,) * (len(shape) - 2))
    data = inputs["data"]
    np.testing.assert_allclose(result, np.where(data > 0, data, data * slopes))
    check_numeric_gradient(symbol_of("LeakyReLU", inputs, params), inputs)


def test_slopes_of_prelu_are_inferred_and_initialised():
    symbol = mx.sym.LeakyReLU(mx.sym.Variable("x"), act_type="prelu", name="p")
    assert symbol.infer_shape(x=(2, 3, 4))[0] == [(2, 3, 4), (3,)]
    assert symbol.infer_shape(x=(2, 3, 4), p_gamma=(1,))[0] == [(2, 3, 4), (1,)]
    assert symbol.attr_dict()["p_gamma"]["__init__"] == '["Constant", {"value": 0.25}]'
    with pytest.raises(ShapeError, match=r"gamma of shape \(4,\) does not fit"):
        symbol.infer_shape(x=(2, 3, 4), p_gamma=(4,))


def test_rrelu_in_training():
    mx.random.seed(3)
    data = -np.ones((100, 100), "float32")
    data[0] = 2
    back = nd(np.zeros_like(data))
    symbol = mx.sym.LeakyReLU(
        mx.sym.Variable("x"), act_type="rrelu", lower_bound=0.2, upper_bound=0.4
    )
    assert len(symbol.list_outputs()) == 2
    executor = symbol[0].bind(mx.cpu(), {"x": nd(data)}, {"x": back})
    (result,) = executor.forward(is_train=True)
    executor.backward([nd(np.full_like(data, 3))])
    slopes = -result.asnumpy()[1:]
    np.testing.assert_array_equal(result.asnumpy()[0], 2)
    assert np.float32(0.2) <= slopes.min() < 0.201
    assert 0.399 < slopes.max() <= np.float32(0.4)
    assert abs(slopes.mean() - 0.3) < 0.002
    np.testing.assert_allclose(back.asnumpy()[1:], 3 * slopes, rtol=1e-6)
    np.testing.assert_array_equal(back.asnumpy()[0], 3)


def test_rrelu_in_prediction():
    symbol = mx.sym.LeakyReLU(
        mx.sym.Variable("x"), act_type="rrelu", lower_bound=0.2, upper_bound=0.4
    )
    executor = symbol.bind(mx.cpu(), {"x": mx.nd.array([-1, 2])})
    np.testing.assert_allclose(executor.forward()[0].asnumpy(), [-0.3, 2], rtol=1e-6)


# Softmax


def shares(data, axis, temperature=1.0):
    exponents = np.exp(data.astype("float64") / temperature)
    return exponents / exponents.sum(axis=axis, keepdims=True)


FAMILY = {
    "softmax": shares,
    "softmin": lambda data, *rest: shares(-data, *rest),
    "log_softmax": lambda data, *rest: np.log(shares(data, *rest)),
}


@st.composite
def rows(draw):
    shape = draw(SHAPES)
    return shape, draw(st.integers(-len(shape), len(shape) - 1))


@pytest.mark.parametrize("op", FAMILY)
@settings(deadline=None, max_examples=40)
@given(rows(), DTYPES, st.sampled_from([None, 0.5, 2.0]))
def test_family(op, row, dtype, temperature):
    shape, axis = row
    data = values(shape, dtype, scale=1)
    (result,) = run(op, data, axis=axis, temperature=temperature)
    expected = FAMILY[op](data, axis, temperature or 1)
    assert result.dtype == dtype
    np.testing.assert_allclose(result, expected, rtol=10 * RTOL[dtype], atol=10 * RTOL[dtype])


@pytest.mark.parametrize("op", FAMILY)
@settings(deadline=None, max_examples=8)
@given(rows(), st.sampled_from([None, 0.5]))
def test_gradients_of_family(op, row, temperature):
    shape, axis = row
    inputs, params = {"data": values(shape)}, {"axis": axis, "temperature": temperature}
    check_numeric_gradient(symbol_of(op, inputs, params), inputs)
    second_gradient(op, inputs, params, ["data"])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 500, 501, 1200])
def test_rows_of_any_length(size):
    data = values((3, size), seed=size)
    np.testing.assert_allclose(run("softmax", data)[0], shares(data, -1), rtol=1e-12)


def test_numbers_that_would_overflow():
    data = np.float32([[1000, 999, -1000]])
    expected = shares(np.array([[1.0, 0.0, -1999.0]]), -1)
    np.testing.assert_allclose(run("softmax", data)[0], expected, rtol=1e-6)
    wanted = [[-0.31326169, -1.31326169, -2000.31326169]]
    np.testing.assert_allclose(run("log_softmax", data)[0], wanted, rtol=1e-6)
    assert np.isnan(run("softmax", np.float32([0, np.nan, 1]))[0]).all()


@pytest.mark.parametrize("op", FAMILY)
def test_dtype_of_the_result(op):
    data = values((2, 3), "float16", scale=1)
    (result,) = run(op, data, dtype="float64")
    np.testing.assert_allclose(result, FAMILY[op](data, -1), rtol=1e-6)
    symbol = symbol_of(op, {"data": data}, {"dtype": "float64"})
    assert symbol.infer_type(data="float16")[1] == [np.float64]
    back = nd(np.zeros_like(data))
    executor = symbol.bind(mx.cpu(), {"data": nd(data)}, {"data": back})
    executor.forward(is_train=True)
    executor.backward([nd(np.ones((2, 3)))])
    assert back.dtype == np.float16


@settings(deadline=None, max_examples=40)
@given(rows(), st.sampled_from(["int32", "int64"]))
def test_lengths(row, dtype):
    shape, axis = row
    data, place = values(shape), axis % len(shape)
    others = shape[:place] + shape[place + 1 :] or (1,)
    length = np.random.default_rng(1).integers(-1, shape[axis] + 2, others).astype(dtype)
    (result,) = run("softmax", data, length, axis=axis, use_length=True)
    lines = np.moveaxis(data, place, -1).reshape(-1, shape[axis]) if data.size else []
    found = np.moveaxis(result, place, -1).reshape(-1, shape[axis]) if data.size else []
    for line, got, count in zip(lines, found, length.ravel(), strict=False):
        count = max(count, 0)
        np.testing.assert_allclose(got[:count], shares(line[:count], -1), rtol=1e-12)
        np.testing.assert_array_equal(got[count:], 0)


def test_gradient_with_lengths():
    inputs = {"data": values((3, 4)), "length": np.array([2, 0, 4])}
    symbol = symbol_of("softmax", inputs, {"use_length": True})
    check_numeric_gradient(symbol, inputs, wrt=["data"])


def test_lengths_are_for_softmax_only():
    x = mx.sym.Variable("x")
    assert mx.sym.softmax(x, use_length=True, name="s").list_arguments() == ["x", "s_length"]
    assert mx.sym.softmax(x, use_length=True).infer_shape(x=(2, 3, 4))[0] == [(2, 3, 4), (2, 3)]
    with pytest.raises(ShapeError, match="no input for lengths"):
        mx.sym.softmin(x, use_length=True).infer_shape(x=(2, 3))


@pytest.mark.parametrize(("mode", "axis"), [("instance", -1), ("channel", 1)])
def test_softmax_activation(mode, axis):
    data = values((2, 3, 4))
    np.testing.assert_allclose(run("SoftmaxActivation", data, mode=mode)[0], shares(data, axis))


def test_gradients_of_softmax_activation():
    inputs = {"data": values((2, 3))}
    check_numeric_gradient(symbol_of("SoftmaxActivation", inputs, {}), inputs)
    inputs = {"data": values((2, 3, 4))}
    check_numeric_gradient(symbol_of("SoftmaxActivation", inputs, {"mode": "channel"}), inputs)
    with pytest.raises(ShapeError, match="3 or more dimensions"):
        mx.sym.SoftmaxActivation(mx.sym.Variable("x"), mode="channel").infer_shape(x=(2, 3))
