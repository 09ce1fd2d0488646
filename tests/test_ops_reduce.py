"""Reductions along axes."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ops_cases import cases_of, check, ops_of, run

import symbook as mx
from symbook.errors import ParamError
from symbook.ops.rules import Mismatch

DIFFERENT = {
    "nansum-29": "inf + 1 is inf; MXNet's compensated sum makes it NaN",
    "norm-10": "out_dtype works; MXNet lists it and then refuses it",
    "norm-16": "sqrt(68) is 8 and a bit; MXNet scales integers by integers on the way",
}

NUMPY = {
    "sum": np.sum,
    "mean": np.mean,
    "prod": np.prod,
    "max": np.max,
    "min": np.min,
    "nansum": np.nansum,
    "nanprod": np.nanprod,
}


@pytest.mark.parametrize(
    "case", cases_of([*ops_of("reduce"), *ops_of("extremes")], DIFFERENT), ids=str
)
def test_golden(case):
    check(case)


@st.composite
def reductions(draw):
    """An array of float64, an `axis` for it, and the axes that it means."""
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)))
    axes = draw(st.sets(st.integers(0, len(shape) - 1)))
    signed = tuple(axis - len(shape) * draw(st.integers(0, 1)) for axis in axes)
    data = np.random.default_rng(draw(st.integers(0, 99))).normal(size=shape)
    return data, signed, axes


@pytest.mark.parametrize("op", NUMPY)
@settings(deadline=None)
@given(reductions(), st.booleans(), st.booleans())
def test_axes_as_in_numpy(op, reduction, keepdims, exclude):
    data, axis, axes = reduction
    if not axes:
        axes = set(range(data.ndim))
    elif exclude:
        axes = set(range(data.ndim)) - axes
    (result,) = run(op, data, axis=axis, keepdims=keepdims, exclude=exclude)
    expected = NUMPY[op](data, axis=tuple(axes), keepdims=keepdims)
    np.testing.assert_allclose(result, expected if expected.shape else [expected], rtol=1e-12)


def test_nothing_left_to_exclude_leaves_the_array():
    values = np.float32([[1, 2], [3, 4]])
    (result,) = run("sum", values, axis=(0, 1), exclude=True)
    np.testing.assert_array_equal(result, values)  # as MXNet


@pytest.mark.parametrize(("op", "expected"), [("sum", 0), ("prod", 1), ("nansum", 0), ("norm", 0)])
def test_over_nothing(op, expected):
    for dtype in ("float32", "int32"):
        (result,) = run(op, np.zeros((2, 0), dtype), axis=1)
        np.testing.assert_array_equal(result, [expected, expected])


def test_mean_over_nothing():
    (result,) = run("mean", np.zeros((2, 0), "float32"), axis=1)
    assert np.isnan(result).all()
    assert run("mean", np.zeros((0, 2), "float32"), axis=1)[0].shape == (0,)
    assert run("mean", np.zeros((0, 2), "int32"), axis=1)[0].shape == (0,)


@pytest.mark.parametrize("op", ["max", "min", "argmax", "argmin"])
def test_no_extreme_of_nothing(op):
    with pytest.raises(Mismatch, match="size 0"):
        run(op, np.zeros((2, 0), "float32"), axis=1)
    assert run(op, np.zeros((0, 2), "float32"), axis=1)[0].shape == (0,)


def test_mean_of_integers_does_not_wrap():
    (result,) = run("mean", np.array([200, 201, 203], "uint8"))
    assert (result.dtype, result.tolist()) == (np.dtype("uint8"), [201])
    (result,) = run("mean", np.array([-3, -4], "int8"))
    assert result.tolist() == [-3]


def test_sums_of_float16_are_rounded_once():
    values = np.full(4100, 0.1, "float16")
    (result,) = run("sum", values)
    assert result[0] == np.float16(math.fsum(values.astype("float64")))


def test_an_array_without_axes():
    for op in NUMPY:
        np.testing.assert_array_equal(run(op, np.float32(3))[0], np.float32([3]))


def test_norm_does_not_overflow_or_vanish():
    for scale in (1e30, 1e-30, 1.0):
        (result,) = run("norm", np.float32([3 * scale, 4 * scale]))
        np.testing.assert_allclose(result, [5 * scale], rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "float64", "int32"])
def test_norm_in_another_dtype(dtype):
    (result,) = run("norm", np.float32([[3, 4], [6, 8.5]]), axis=1, out_dtype=dtype)
    assert result.dtype == dtype
    np.testing.assert_allclose(result, np.array([5, math.hypot(6, 8.5)]).astype(dtype), rtol=1e-3)


def test_norm_of_integers():
    (result,) = run("norm", np.array([-5, 2, -2, 5, 1, -3], "int32"))
    assert result.tolist() == [math.isqrt(68)]


def test_norm_of_infinities():
    assert run("norm", np.float32([1, math.inf]))[0].tolist() == [math.inf]
    assert run("norm", np.zeros(3, "float32"))[0].tolist() == [0]


def test_norms_of_other_orders_are_refused():
    with pytest.raises(ParamError, match="ord"):
        run("norm", np.ones(2, "float32"), ord=3)


def test_argmax_of_bool_is_refused():
    with pytest.raises(Mismatch, match="bool"):
        run("argmax", np.array([True]), axis=0)


@pytest.mark.parametrize("dtype", ["float64", "int64"])
@pytest.mark.parametrize("function", ["max", "min", "sum", "prod"])
@pytest.mark.parametrize("keepdims", [True, False])
def test_what_runs_backwards_through_memory(function, dtype, keepdims):
    """NumPy 2.0 and 2.1 give other extremes of it when they are written into an array that is there."""
    x = mx.sym.Variable("x")
    value = np.random.default_rng(3).integers(-9, 9, (3, 4, 5)).astype(dtype)
    for axes, axis in itertools.product(((0,), (1,), (0, 2)), (0, 1, 2, (0, 1))):
        reduced = getattr(mx.sym, function)(
            mx.sym.reverse(x, axis=axes), axis=axis, keepdims=keepdims
        )
        executor = reduced.bind(mx.cpu(), {"x": mx.nd.array(value, dtype=dtype)})
        backwards = np.flip(value, axes).copy()
        expected = NUMPY[function](backwards, axis=axis, keepdims=keepdims)
        for _ in range(2):
            np.testing.assert_array_equal(expected, executor.forward()[0].asnumpy())
