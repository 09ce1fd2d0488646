"""Gradients of the operators of arithmetic, shape, indexing and order: against differences and MXNet."""

from __future__ import annotations

import numpy as np
import pytest
from gradients import check_numeric_gradient, nd, symbol_of
from hypothesis import given, settings
from hypothesis import strategies as st
from op_spaces import SPACES
from ops_cases import ops_of

import symbook as mx
from symbook.errors import GradientError
from symbook.ops import registry

FAMILIES = (
    "accumulate", "arithmetic", "cast", "comparison", "create", "extremes", "gather", "index", "join",
    "linalg", "random", "reduce", "reshape", "scalar", "shape", "slicing", "sorting", "stretch", "unary",
)  # fmt: skip
OPS = [registry.get(name) for family in FAMILIES for name in ops_of(family)]

# As in MXNet, these have no gradient, and one that is asked for is an error.
WITHOUT = {
    "argmax_channel", "khatri_rao", "_shuffle", "fill_element_0index", "_histogram",
    "_slice_assign", "_slice_assign_scalar",
}  # fmt: skip
# What they are made of has no gradient, or MXNet has no second one.
FIRST_ONLY = {"sort", "topk"}
# They draw anew each time, so that there is nothing to differ from; see `test_parameters_of_draws`.
DRAWN = {"_sample_exponential", "_sample_normal", "_sample_uniform"}
NUMERIC = sorted(set(SPACES) - WITHOUT - {"BlockGrad"})
TWICE = [name for name in NUMERIC if name not in FIRST_ONLY]


def test_every_operator_is_here():
    left = {op.name for op in OPS if op.inputs or op.variadic} - set(SPACES) - WITHOUT - DRAWN
    assert {name for name in left if not name.startswith("_backward_")} == set()
    assert {op.name for op in OPS if op.gradient is None} <= WITHOUT | {
        "_backward_digamma",
        "_backward_topk",
    }


@pytest.mark.parametrize("name", NUMERIC)
@settings(deadline=None, max_examples=6)
@given(st.data())
def test_first(name, data):
    inputs, params = data.draw(SPACES[name])
    check_numeric_gradient(symbol_of(name, inputs, params), inputs, seed=1)


@pytest.mark.parametrize("name", TWICE)
@settings(deadline=None, max_examples=3)
@given(st.data())
def test_second(name, data):
    """The gradient is a symbol whose own gradient is right, as by the inputs so by what flows back."""
    inputs, params = data.draw(SPACES[name])
    symbol = symbol_of(name, inputs, params)
    floats = [key for key, values in inputs.items() if values.dtype.kind == "f"]
    heads = {f"head{i}": out.asnumpy() for i, out in enumerate(_outputs(symbol, inputs))}
    seeds = [mx.sym.Variable(head) for head in heads]
    gradient = symbol.gradient(floats, seeds)
    random = np.random.default_rng(3)
    weights = {head: random.standard_normal(values.shape) for head, values in heads.items()}
    arrays = {**inputs, **weights}
    used = {key: arrays[key] for key in gradient.list_arguments()}
    check_numeric_gradient(gradient, used, seed=1, rtol=1e-5)


def _outputs(symbol, inputs):
    mx.random.seed(1)
    arrays = {name: nd(values) for name, values in inputs.items()}
    return symbol.bind(mx.cpu(), arrays).forward(is_train=True)


@pytest.mark.parametrize("name", ["argmax_channel", "khatri_rao", "_shuffle"])
def test_no_gradient_is_an_error(name):
    op = registry.get(name)
    inputs = {key: np.ones((2, 2), "float32") for key in op.inputs or ("arg0", "arg1")}
    with pytest.raises(GradientError, match="has no gradient"):
        symbol_of(name, inputs, {}).gradient()


def test_nothing_flows_through_block_grad():
    (grad,) = _backward("BlockGrad", {"data": np.array([1.0, -2.0])}, {})
    np.testing.assert_array_equal(grad, [0, 0])


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_parameters_of_draws(name):
    op = registry.get(name)
    inputs = {key: np.full(2, i + 1, "float32") for i, key in enumerate(op.inputs)}
    for values in _backward(name, inputs, {"shape": (3,)}):
        np.testing.assert_array_equal(values, [0, 0])


def _backward(name, inputs, params, head=1.0):
    """The gradients of the inputs, those of the outputs being one number everywhere."""
    symbol = symbol_of(name, inputs, params)
    arrays = {key: nd(values) for key, values in inputs.items()}
    grads = {key: mx.nd.zeros(values.shape, dtype=values.dtype) for key, values in inputs.items()}
    executor = symbol.bind(mx.cpu(), arrays, args_grad=grads)
    outputs = executor.forward(is_train=True)
    executor.backward([mx.nd.full(out.shape, head, dtype=out.dtype) for out in outputs])
    return [grad.asnumpy() for grad in grads.values()]


NAN, INF = float("nan"), float("inf")

# What MXNet 1.9.1 answers where there is no derivative: inputs, parameters, gradients of their sum.
SPECIAL = [
    ("abs", [[-2, 0, 3, NAN]], {}, [[-1, 0, 1, 0]]),
    ("sign", [[-2, 0, 3, NAN]], {}, [[0, 0, 0, 0]]),
    ("relu", [[-1, 0, 2, NAN]], {}, [[0, 0, 1, NAN]]),
    ("sqrt", [[-1, 0]], {}, [[NAN, INF]]),
    ("cbrt", [[0]], {}, [[INF]]),
    ("rsqrt", [[-1, 0]], {}, [[NAN, -INF]]),
    ("rcbrt", [[0]], {}, [[-INF]]),
    ("reciprocal", [[0]], {}, [[-INF]]),
    ("log", [[-2, 0]], {}, [[-0.5, INF]]),
    ("log1p", [[-2.5, -1]], {}, [[-2 / 3, INF]]),
    ("arcsin", [[-1, 1, 2]], {}, [[INF, INF, NAN]]),
    ("arccos", [[-1, 1, 2]], {}, [[-INF, -INF, NAN]]),
    ("arccosh", [[1, 0.5]], {}, [[INF, NAN]]),
    ("arctanh", [[1, -1]], {}, [[INF, INF]]),
    ("erfinv", [[1, -1, 2]], {}, [[INF, INF, NAN]]),
    ("gamma", [[-1, 0]], {}, [[NAN, INF]]),
    ("gammaln", [[-1, 0, -INF]], {}, [[INF, INF, INF]]),
    ("hard_sigmoid", [[-2.5, 2.5, NAN]], {}, [[0, 0, 0]]),
    ("clip", [[-2, -1, 0, 1, 2, NAN]], {"a_min": -1, "a_max": 1}, [[0, 1, 1, 1, 0, 1]]),
    ("_maximum", [[0, 1, 2], [0, 2, 1]], {}, [[1, 0, 1], [0, 1, 0]]),
    ("_minimum", [[0, 1, 2], [0, 2, 1]], {}, [[1, 1, 0], [0, 0, 1]]),
    ("broadcast_maximum", [[[1], [2]], [[1, 2]]], {}, [[[1], [2]], [[0, 1]]]),
    ("_maximum_scalar", [[0, 1, 2]], {"scalar": 1}, [[0, 1, 1]]),
    ("_minimum_scalar", [[0, 1, 2]], {"scalar": 1}, [[1, 1, 0]]),
    ("_mod", [[0, 2, 5.5, -2], [0, 0, -2, 3]], {}, [[1, 1, 1, 1], [NAN, -INF, 3, 1]]),
    ("_mod_scalar", [[0, 3, -3]], {"scalar": 2}, [[1, 1, 1]]),
    ("_rmod_scalar", [[0, 2, -2]], {"scalar": 1}, [[-INF, 0, 1]]),
    ("_power", [[0, 0, -2, 2], [0, 2, 3, 0]], {}, [[NAN, 0, 12, 0], [-INF, NAN, NAN, np.log(2)]]),
    ("_power_scalar", [[0, -2]], {"scalar": 0}, [[NAN, 0]]),
    ("_power_scalar", [[0, -2]], {"scalar": 2}, [[0, -4]]),
    ("_power_scalar", [[0, -2]], {"scalar": -2.5}, [[-INF, NAN]]),
    ("_rpower_scalar", [[0, 1]], {"scalar": 0}, [[-INF, NAN]]),
    ("_rpower_scalar", [[0, 1]], {"scalar": -2.5}, [[NAN, NAN]]),
    ("_hypot", [[0, 0], [0, 2]], {}, [[NAN, 0], [NAN, 1]]),
    ("_hypot_scalar", [[0, -3]], {"scalar": 0}, [[NAN, -1]]),
    ("elemwise_div", [[0, 2], [0, 0]], {}, [[INF, INF], [NAN, -INF]]),
    ("_rdiv_scalar", [[0, 2]], {"scalar": 0}, [[NAN, 0]]),
    ("prod", [[[0, 2, 2], [2, 3, 3]]], {"axis": 1}, [[[NAN, 0, 0], [9, 6, 6]]]),
    ("nanprod", [[[0, NAN, 2], [1, 2, NAN]]], {"axis": 1}, [[[NAN, 0, 0], [2, 1, 0]]]),
    ("nansum", [[[0, NAN, 2], [1, 2, NAN]]], {"axis": 1}, [[[1, 0, 1], [1, 1, 0]]]),
    ("max", [[[NAN, 1, 2], [2, 2, 1]]], {"axis": 1}, [[[0, 0, 0], [1, 1, 0]]]),
    ("min", [[[0, 0, 2], [2, 3, 1]]], {}, [[[1, 1, 0], [0, 0, 0]]]),
    ("norm", [[[0, 0, 0], [3, 4, 0]]], {"axis": 1}, [[[NAN, NAN, NAN], [0.6, 0.8, 0]]]),
    ("norm", [[[0, -1, 0], [3, 4, 0]]], {"axis": 1, "ord": 1}, [[[0, -1, 0], [1, 1, 0]]]),
    ("take", [[1, 2, 3], [0, 5, -1, 1]], {}, [[2, 1, 1], [0, 0, 0, 0]]),
    ("take", [[1, 2, 3], [0, 5, -1, 1]], {"mode": "wrap"}, [[1, 1, 2], [0, 0, 0, 0]]),
    (
        "gather_nd",
        [[[0, 2], [3, 0]], [[0, 1, 1], [1, 0, 0]]],
        {},
        [[[0, 1], [2, 0]], [[0] * 3] * 2],
    ),
    ("where", [[1, 0], [1, 2], [3, 4]], {}, [[0, 0], [1, 0], [0, 1]]),
    ("topk", [[[1, 1, 1, 0]]], {"k": 2, "ret_typ": "value"}, [[[1, 1, 0, 0]]]),
    ("topk", [[[1, 2, 3]]], {"ret_typ": "indices"}, [[[0, 0, 0]]]),
    ("topk", [[[1, 2, 3]]], {"ret_typ": "mask"}, [[[0, 0, 0]]]),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "values", "params", "expected"), SPECIAL)
def test_special_points_are_mxnets(name, values, params, expected, dtype):
    op = registry.get(name)
    keys = op.input_names(op.parse(params), len(values))
    inputs = {key: np.array(item, dtype) for key, item in zip(keys, values, strict=True)}
    for result, wanted in zip(_backward(name, inputs, params), expected, strict=True):
        assert result.dtype == dtype
        np.testing.assert_allclose(result, np.array(wanted, dtype), rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_mean_of_many_in_a_narrow_dtype(dtype):
    # 100 000 is no number of float16.
    (grad,) = _backward("mean", {"data": np.zeros((2, 50000), dtype)}, {}, head=64)
    assert grad.dtype == dtype
    np.testing.assert_allclose(grad[0, :3], np.full(3, 64 / 100000), rtol=1e-3)


def test_rows_added_in_float16_are_added_in_float32():
    inputs = {"a": np.zeros((2, 3), "float16"), "indices": np.zeros(4000, "float16")}
    (grad, _) = _backward("take", inputs, {})
    np.testing.assert_array_equal(grad, [[4000] * 3, [0] * 3])


@pytest.mark.parametrize("width", [1, 7, 511, 512, 600])
def test_rows_of_any_length_are_added(width):
    rows = np.array([2, 0, 2, 1, 2, 0], "int32")
    inputs = {"a": np.zeros((4, width), "float64"), "indices": rows}
    ograd = np.arange(6 * width, dtype="float64").reshape(6, width)
    grad = mx.nd.zeros((4, width), dtype="float64")
    arrays = {name: nd(values) for name, values in inputs.items()}
    executor = symbol_of("take", inputs, {}).bind(mx.cpu(), arrays, args_grad={"a": grad})
    executor.forward(is_train=True)
    executor.backward(nd(ograd))
    expected = [ograd[rows == i].sum(axis=0) for i in range(4)]
    np.testing.assert_array_equal(grad.asnumpy(), expected)


@pytest.mark.parametrize("name", ["_backward_gammaln", "_backward_digamma"])
def test_derivatives_of_the_logarithm_of_gamma(name):
    # By the recurrences ψ(x + 1) - ψ(x) = 1 / x and ψ'(x) - ψ'(x + 1) = 1 / x², and known values.
    x = np.concatenate([np.linspace(-5.49, 30.01, 997), np.logspace(-8, 3, 50)])
    with np.errstate(all="ignore"):
        (here, ahead) = (registry.get(name).call(np, (at,), {})[0] for at in (x, x + 1))
    first = name == "_backward_gammaln"
    step = 1 / x if first else -1 / (x * x)
    np.testing.assert_allclose(ahead - here, step, rtol=1e-12, atol=1e-12 * np.abs(here).max())
    euler = 0.5772156649015329
    known = [-euler, -euler - 2 * np.log(2)] if first else [np.pi**2 / 6, np.pi**2 / 2]
    with np.errstate(all="ignore"):
        (found,) = registry.get(name).call(np, (np.array([1.0, 0.5]),), {})
    np.testing.assert_allclose(found, known, rtol=1e-15)
