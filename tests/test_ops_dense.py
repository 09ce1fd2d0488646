"""Full connection and embedding."""

from __future__ import annotations

import numpy as np
import pytest
from gradients import check_numeric_gradient, nd, symbol_of
from hypothesis import given, settings
from hypothesis import strategies as st
from ops_cases import run

import symbook as mx
from symbook.errors import DTypeError, ShapeError
from symbook.ops import registry

DIMS = st.lists(st.integers(0, 4), min_size=1, max_size=3).map(tuple)


def layer(shape, hidden, flatten, no_bias, dtype="float64", seed=0):
    """Inputs of a full connection, and its parameters."""
    random = np.random.default_rng(seed)
    width = int(np.prod(shape[1:])) if flatten else shape[-1]
    inputs = {
        "data": random.standard_normal(shape),
        "weight": random.standard_normal((hidden, width)),
    }
    if not no_bias:
        inputs["bias"] = random.standard_normal(hidden)
    inputs = {name: values.astype(dtype) for name, values in inputs.items()}
    return inputs, {"num_hidden": hidden, "flatten": flatten, "no_bias": no_bias}


def connected(inputs, flatten):
    """The layer by its definition, element by element."""
    data, weight = inputs["data"], inputs["weight"]
    rows = data.reshape(len(data), weight.shape[1]) if flatten else data
    result = np.einsum("...k,hk->...h", rows.astype("float64"), weight.astype("float64"))
    return result + inputs.get("bias", 0)


# Full connection


@settings(deadline=None, max_examples=60)
@given(DIMS, st.integers(1, 4), st.booleans(), st.booleans())
def test_full_connection(shape, hidden, flatten, no_bias):
    inputs, params = layer(shape, hidden, flatten, no_bias)
    (result,) = run("FullyConnected", *inputs.values(), **params)
    np.testing.assert_allclose(result, connected(inputs, flatten), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("dtype", "rtol"), [("float16", 2e-3), ("float32", 1e-5), ("int32", 0)])
@pytest.mark.parametrize("flatten", [True, False])
def test_full_connection_of_any_dtype(dtype, rtol, flatten):
    inputs, params = layer((3, 2, 4), 5, flatten, False, "float64")
    inputs = {name: (values * 4).astype(dtype) for name, values in inputs.items()}
    (result,) = run("FullyConnected", *inputs.values(), **params)
    assert result.dtype == dtype
    np.testing.assert_allclose(result, connected(inputs, flatten), rtol=rtol, atol=20 * rtol)


def test_float16_is_summed_without_rounding_in_between():
    data, weight = np.full((1, 4096), 0.1, "float16"), np.ones((1, 4096), "float16")
    (result,) = run("FullyConnected", data, weight, num_hidden=1, no_bias=True)
    np.testing.assert_allclose(result, [[409.5]], rtol=1e-3)


def test_into_a_buffer_that_is_not_contiguous():
    inputs, params = layer((3, 4), 5, True, False)
    op = registry.get("FullyConnected")
    buffer = np.empty((5, 3)).T
    op.call(np, list(inputs.values()), op.parse(params), out=buffer)
    np.testing.assert_allclose(buffer, connected(inputs, True))


@settings(deadline=None, max_examples=20)
@given(DIMS, st.integers(1, 3), st.booleans(), st.booleans())
def test_gradient_of_full_connection(shape, hidden, flatten, no_bias):
    inputs, params = layer(shape, hidden, flatten, no_bias)
    check_numeric_gradient(symbol_of("FullyConnected", inputs, params), inputs)


@pytest.mark.parametrize("flatten", [True, False])
def test_second_gradient_of_full_connection(flatten):
    inputs, params = layer((2, 3, 2), 3, flatten, False)
    symbol = symbol_of("FullyConnected", inputs, params)
    gradient = symbol.gradient(["data", "weight"], [mx.sym.Variable("head")])
    head = np.random.default_rng(5).standard_normal(connected(inputs, flatten).shape)
    arrays = {**inputs, "head": head}
    check_numeric_gradient(gradient, {k: arrays[k] for k in gradient.list_arguments()})


def test_gradients_have_the_dtype_of_the_layer():
    inputs, params = layer((2, 3), 4, True, False, "float16")
    arrays = {name: nd(values) for name, values in inputs.items()}
    grads = {name: nd(np.zeros_like(values)) for name, values in inputs.items()}
    executor = symbol_of("FullyConnected", inputs, params).bind(mx.cpu(), arrays, grads)
    executor.forward(is_train=True)
    executor.backward([nd(np.ones((2, 4), "float16"))])
    np.testing.assert_array_equal(grads["bias"].asnumpy(), np.full(4, 2, "float16"))
    assert {grad.dtype for grad in grads.values()} == {np.float16}


# What MXNet 1.9.1 infers; 0 is not known.
INFERRED = [
    ({}, {"d": (2, 3, 4)}, [(2, 3, 4), (3, 12), (3,)], (2, 3)),
    ({}, {"d": (0, 3, 4)}, [(0, 3, 4), (3, 12), (3,)], (0, 3)),
    ({}, {"d": (5,)}, [(5,), (3, 1), (3,)], (5, 3)),
    ({}, {"f_weight": (3, 7)}, [(), (3, 7), ()], ()),
    ({"flatten": False}, {"d": (0, 3, 4)}, [(0, 3, 4), (3, 4), (3,)], (0, 3, 3)),
    ({"flatten": False}, {"d": (2, 3, 0)}, [(2, 3, 0), (3, 0), (3,)], (2, 3, 3)),
    ({"flatten": False}, {"d": (5,)}, [(5,), (3, 5), (3,)], (3,)),
]


@pytest.mark.parametrize(("params", "given", "arguments", "output"), INFERRED)
def test_inference(params, given, arguments, output):
    symbol = mx.sym.FullyConnected(mx.sym.Variable("d"), num_hidden=3, name="f", **params)
    found = symbol.infer_shape_partial(**given)
    assert found == (arguments, [output], [])


def test_batch_is_inferred_from_the_output():
    layer = mx.sym.FullyConnected(mx.sym.Variable("d"), num_hidden=3, name="f")
    symbol = mx.sym.elemwise_add(layer, mx.sym.Variable("o"))
    arguments, _, _ = symbol.infer_shape(d=(0, 4), o=(6, 3))
    assert arguments == [(6, 4), (3, 4), (3,), (6, 3)]


def test_a_weight_that_does_not_fit_is_told():
    symbol = mx.sym.FullyConnected(mx.sym.Variable("d"), num_hidden=3, name="f")
    with pytest.raises(ShapeError, match=r"needs a weight of shape \(3, 12\), not \(3, 4\)"):
        symbol.infer_shape(d=(2, 3, 4), f_weight=(3, 4))


def test_all_dtypes_are_one():
    symbol = mx.sym.FullyConnected(mx.sym.Variable("d"), num_hidden=3, name="f")
    assert symbol.infer_type(f_weight="float16") == ([np.float16] * 3, [np.float16], [])
    with pytest.raises(DTypeError):
        symbol.infer_type(d="float16", f_bias="float32")


# Embedding


@settings(deadline=None, max_examples=40)
@given(DIMS, st.integers(1, 5), st.integers(1, 3), st.sampled_from(["int32", "float32", "int8"]))
def test_embedding(shape, rows, width, dtype):
    random = np.random.default_rng(1)
    data = random.integers(-3, rows + 3, shape).astype(dtype)
    table = random.standard_normal((rows, width))
    (result,) = run("Embedding", data, table, input_dim=rows, output_dim=width)
    expected = [table[min(max(int(i), 0), rows - 1)] for i in data.ravel()]
    np.testing.assert_array_equal(result, np.reshape(expected, (*shape, width)))


def test_fractions_are_cut_to_rows():
    table = np.arange(4.0).reshape(4, 1)
    (result,) = run("Embedding", np.array([0.9, 2.999, -0.5]), table, input_dim=4, output_dim=1)
    np.testing.assert_array_equal(result, [[0], [2], [0]])


@settings(deadline=None, max_examples=40)
@given(DIMS, st.integers(1, 5), st.sampled_from(["float16", "float32", "float64"]))
def test_gradient_of_embedding_adds_rows_up(shape, rows, dtype):
    random = np.random.default_rng(2)
    data = random.integers(-1, rows + 1, shape)
    grad = random.integers(-4, 5, (*shape, 2)).astype(dtype)
    (result,) = run("_backward_Embedding", grad, data, input_dim=rows)
    expected = np.zeros((rows, 2))
    np.add.at(expected, np.clip(data, 0, rows - 1), grad)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, expected)


def test_embedding_is_differentiated_by_its_table_only():
    inputs = {"data": np.array([[0, 2], [2, 5]]), "weight": np.arange(8.0).reshape(4, 2)}
    symbol = symbol_of("Embedding", inputs, {"input_dim": 4, "output_dim": 2})
    check_numeric_gradient(symbol, inputs, wrt=["weight"])
    gradient = symbol.gradient(["weight"], [mx.sym.Variable("head")])
    head = {"head": np.random.default_rng(3).standard_normal((2, 2, 2))}
    check_numeric_gradient(gradient, {**head, "data": inputs["data"]}, wrt=["head"])


def test_dtype_of_a_table():
    symbol = mx.sym.Embedding(mx.sym.Variable("d"), input_dim=4, output_dim=2, name="e")
    assert symbol.infer_type(d="int32")[0] == [np.int32, np.float32]
    assert symbol.infer_type(d="int32", e_weight="float64")[1] == [np.float64]
    half = mx.sym.Embedding(mx.sym.Variable("d"), input_dim=4, output_dim=2, dtype="float16")
    assert half.infer_type(d="int64")[1] == [np.float16]


def test_shape_of_a_table():
    symbol = mx.sym.Embedding(mx.sym.Variable("d"), input_dim=4, output_dim=2, name="e")
    assert symbol.infer_shape_partial(d=(0, 3)) == ([(0, 3), (4, 2)], [(0, 3, 2)], [])
    with pytest.raises(ShapeError):
        symbol.infer_shape(d=(1,), e_weight=(5, 2))
