"""Operators that choose elements."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ops_cases import cases_of, check, ops_of, run

from symbook.errors import OutOfRange, ParamError
from symbook.ops import registry
from symbook.ops.rules import Mismatch

DIFFERENT = {"slice_axis-4": "arrays without elements are arrays here"}
X = np.arange(12, dtype="float32").reshape(3, 4)


@pytest.mark.parametrize(
    "case", cases_of([*ops_of("slicing"), *ops_of("index")], DIFFERENT), ids=str
)
def test_golden(case):
    check(case)


def test_slice_axis_without_elements():
    assert run("slice_axis", X, axis=0, begin=2, end=2)[0].shape == (0, 4)


def test_clip_the_wrong_way_round():
    (result,) = run("clip", np.float32([-2, 0, 2, np.nan]), a_min=1, a_max=-1)
    np.testing.assert_array_equal(result, [1, -1, -1, np.nan])  # as MXNet


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "float16", "float64", "bool"])
@pytest.mark.parametrize("bounds", [(-1e9, 1e9), (-float("inf"), 1), (0, 1)])
def test_clip_beyond_the_dtype(dtype, bounds):
    data = np.array([0, 1, 2, 100]).astype(dtype)
    (result,) = run("clip", data, a_min=bounds[0], a_max=bounds[1])
    np.testing.assert_array_equal(result, np.clip(data.astype("float64"), *bounds).astype(dtype))


BOUND = st.none() | st.integers(-3, 6)


@given(BOUND, BOUND, st.sampled_from([None, 1, 2, -1, -2]))
def test_slice_is_pythons(begin, end, step):
    (result,) = run("slice", X, begin=(begin,), end=(end,), step=(step,))
    np.testing.assert_array_equal(result, X[begin:end:step])


def test_take_out_of_range():
    with pytest.raises(OutOfRange, match="from -1 to 1, the axis has 3 positions"):
        run("take", X, np.array([-1, 1]), mode="raise")
    with pytest.raises(OutOfRange, match="size 0"):
        run("take", X[:0], np.array([0]))
    assert run("take", X[:0], np.zeros(0, "int32"))[0].shape == (0, 4)


def test_one_hot_of_numbers_that_are_no_index():
    (result,) = run("one_hot", np.array([np.nan, 1e30, -0.5]), depth=2)
    np.testing.assert_array_equal(result, [[0, 0], [0, 0], [1, 0]])


def test_where_chooses_rows():
    (result,) = run("where", np.array([0, 2, 0]), X, -X)
    np.testing.assert_array_equal(result, [-X[0], X[1], -X[2]])


@pytest.mark.parametrize(
    ("index", "params", "expected"),
    [
        # Checked with MXNet, on [[1, 2, 3], [4, 5, 6]].
        ([0, 5], {}, [1, 6]),
        ([-1, 5], {"mode": "wrap"}, [3, 6]),
        ([0, 1, 0], {"axis": 0, "keepdims": True}, [[1, 5, 3]]),
        ([[0], [2]], {"keepdims": True}, [[1], [6]]),
        ([[0], [2]], {}, [1, 6]),
    ],
)
def test_pick(index, params, expected):
    data = np.arange(1, 7, dtype="float32").reshape(2, 3)
    (result,) = run("pick", data, np.float32(index), **params)
    np.testing.assert_array_equal(result, np.float32(expected))
    assert result.shape == np.shape(expected)


def test_pick_needs_an_axis():
    with pytest.raises(ParamError, match="axis"):
        run("pick", X, np.zeros(3), axis=None)


def test_batch_take():
    data = np.arange(1, 7, dtype="float32").reshape(2, 3)
    np.testing.assert_array_equal(run("batch_take", data, np.int32([0, 7]))[0], [1, 6])
    with pytest.raises(Mismatch, match="int32"):
        run("batch_take", data, np.float32([0, 1]))


@pytest.mark.parametrize("k", [-2, -1, 0, 1, 3])
def test_diag(k):
    np.testing.assert_array_equal(run("diag", X, k=k)[0], np.diagonal(X, k))
    np.testing.assert_array_equal(run("diag", X[0], k=k)[0], np.diag(X[0], k))
    cube = np.arange(60).reshape(3, 4, 5)
    (result,) = run("diag", cube, k=k, axis1=0, axis2=2)
    np.testing.assert_array_equal(result, np.diagonal(cube, k, 0, 2))


def test_no_such_diagonal():
    with pytest.raises(Mismatch, match="no diagonal 9"):
        run("diag", X, k=9)


_ = None


@pytest.mark.parametrize(
    ("op", "params", "ins", "out", "all_ins", "all_out"),
    [
        # As MXNet's `infer_shape_partial`.
        ("slice", {"begin": (0, 1), "end": (2, 2)}, [(_, 4)], _, [(_, 4)], (_, 1)),
        ("slice", {"begin": (0, 1), "end": (2, 2)}, [(4, _)], _, [(4, _)], (2, _)),
        ("slice_axis", {"axis": 0, "begin": 0, "end": 2}, [(4, _)], _, [(4, _)], (2, _)),
        ("slice_axis", {"axis": 0, "begin": 0, "end": 2}, [(_, 4)], _, [(_, 4)], (_, 4)),
        ("clip", {"a_min": 0, "a_max": 1}, [_], (2, 3), [(2, 3)], (2, 3)),
        ("where", {}, [(2,), (2, 3), _], _, [(2,), (2, 3), (2, 3)], (2, 3)),
        ("where", {}, [(2, 3), _, _], _, [(2, 3), _, _], _),
        ("take", {}, [(_, 6), (2, 3)], _, [(_, 6), (2, 3)], (2, 3, 6)),
        ("pick", {}, [(2, 3), _], _, [(2, 3), (2,)], (2,)),
        # More than MXNet: what must be true.
        ("one_hot", {"depth": 4}, [(_, 3)], (2, 3, 4), [(2, 3)], (2, 3, 4)),
        ("where", {}, [_, _, _], (2, 3), [_, (2, 3), (2, 3)], (2, 3)),
    ],
)
def test_partial_inference(op, params, ins, out, all_ins, all_out):
    operator = registry.get(op)
    found = operator.shape(tuple(ins), (out,), operator.parse(params))
    assert found == (tuple(all_ins), (all_out,))
