"""Sorting and ranking, against NumPy's stable sort and MXNet's answers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from gradients import nd, symbol_of
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from ops_cases import infer, run

import symbook as mx
from symbook.ops import registry
from symbook.ops.rules import Mismatch

DTYPES = st.sampled_from(["float16", "float32", "float64", "int8", "int32", "int64", "uint8"])
SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)
# Few different values, so that many are equal.
ARRAYS = st.tuples(DTYPES, SHAPES).flatmap(
    lambda pair: hnp.arrays(pair[0], pair[1], elements=st.integers(0, 3))
)
TIES = np.float32([[2, 1, 2, 1], [0, 3, 3, 3]])


def axis_of(draw: st.DataObject, rank: int) -> int | None:
    return draw.draw(st.none() | st.integers(-rank, rank - 1))


def ranked(values: np.ndarray, axis: int | None, is_ascend: bool) -> np.ndarray:
    """Positions by Python's stable sort, lane by lane."""
    lanes = values.reshape(1, -1) if axis is None else np.moveaxis(values, axis, -1)
    rows = lanes.reshape(-1, lanes.shape[-1]).astype(int).tolist()
    sign = 1 if is_ascend else -1
    found = [sorted(range(len(row)), key=lambda i, row=row: sign * row[i]) for row in rows]
    order = np.array(found).reshape(lanes.shape)
    return order[0] if axis is None else np.moveaxis(order, -1, axis)


@settings(deadline=None)
@given(ARRAYS, st.booleans(), st.data())
def test_argsort_is_stable(values, is_ascend, data):
    axis = axis_of(data, values.ndim)
    (result,) = run("argsort", values, axis=axis, is_ascend=is_ascend, dtype="int64")
    np.testing.assert_array_equal(result, ranked(values, axis, is_ascend))


@settings(deadline=None)
@given(ARRAYS, st.booleans(), st.data())
def test_sort(values, is_ascend, data):
    axis = axis_of(data, values.ndim)
    result, positions = run("sort", values, axis=axis, is_ascend=is_ascend)
    expected = np.sort(values, axis=axis)
    expected = expected if is_ascend else np.flip(expected, -1 if axis is None else axis)
    np.testing.assert_array_equal(result, expected)
    np.testing.assert_array_equal(positions, ranked(values, axis, is_ascend))
    assert positions.dtype == "int32"


@settings(deadline=None)
@given(ARRAYS, st.booleans(), st.data())
def test_topk(values, is_ascend, data):
    axis = axis_of(data, values.ndim)
    size = values.size if axis is None else values.shape[axis]
    k = data.draw(st.integers(-1, size))
    params = {"axis": axis, "k": k, "is_ascend": is_ascend}
    place = -1 if axis is None else axis
    order = ranked(values, axis, is_ascend).take(range(k if k > 0 else size), axis=place)
    flat = values.reshape(-1) if axis is None else values
    top = np.take_along_axis(flat, order, place)
    mask = np.zeros(flat.shape, values.dtype)
    np.put_along_axis(mask, order, 1, place)
    np.testing.assert_array_equal(run("topk", values, **params)[0], order)
    np.testing.assert_array_equal(run("topk", values, ret_typ="value", **params)[0], top)
    both = run("topk", values, ret_typ="both", **params)
    np.testing.assert_array_equal(both[0], top)
    np.testing.assert_array_equal(both[1], order)
    (found,) = run("topk", values, ret_typ="mask", **params)
    np.testing.assert_array_equal(found, mask.reshape(values.shape))


def test_the_least_integer():
    values = np.array([5, -128, 127, -128], "int8")
    np.testing.assert_array_equal(run("argsort", values, is_ascend=False)[0], [2, 0, 1, 3])


def test_nan_comes_last():
    values = np.array([2.0, np.nan, 1.0])
    np.testing.assert_array_equal(run("sort", values)[0], [1, 2, np.nan])
    np.testing.assert_array_equal(run("sort", values, is_ascend=False)[0], [2, 1, np.nan])
    np.testing.assert_array_equal(run("topk", values, k=3)[0], [0, 2, 1])


def test_without_elements():
    empty = np.zeros((0, 3), "float32")
    assert run("sort", empty)[0].shape == (0, 3)
    assert run("sort", empty, axis=None)[0].shape == (0,)
    assert run("topk", empty, k=2, ret_typ="value")[0].shape == (0, 2)


# As MXNet 1.9.1 answers
@pytest.mark.parametrize(
    ("params", "dtypes"),
    [
        ({}, ["float32"]),
        ({"dtype": "int32"}, ["int32"]),
        ({"dtype": "uint8", "ret_typ": "both"}, ["float64", "uint8"]),
        ({"ret_typ": "mask"}, ["float64"]),
        # The positions are hidden.
        ({"ret_typ": "value"}, ["float64", "int32"]),
    ],
)
def test_dtypes(params, dtypes):
    assert [result.dtype for result in run("topk", np.zeros((2, 3)), **params)] == dtypes


def test_outputs_that_a_user_sees():
    x = mx.sym.Variable("x")
    assert mx.sym.topk(x, ret_typ="both", name="t").list_outputs() == ["t_output0", "t_output1"]
    assert mx.sym.topk(x, ret_typ="value", name="t").list_outputs() == ["t_output0"]
    assert mx.sym.topk(x, name="t").list_outputs() == ["t_output"]
    assert mx.sym.sort(x, name="t").list_outputs() == ["t_output0"]
    assert mx.sym.argsort(x, name="t").list_outputs() == ["t_output"]


@pytest.mark.parametrize("k", [4, 100])
def test_too_many_are_refused(k):
    with pytest.raises(Mismatch, match="k must be at most 3"):
        run("topk", np.zeros((2, 3)), k=k)


@pytest.mark.parametrize(
    ("dtype", "most"), [("uint8", 2**8), ("float16", 2**11), ("float32", 2**24)]
)
def test_positions_that_a_dtype_cannot_count_are_refused(dtype, most):
    for name in ("topk", "argsort"):
        params = registry.get(name).parse({"dtype": dtype})
        assert infer(name, [((most,), np.dtype("int8"))], params)
        with pytest.raises(Mismatch, match="cannot count"):
            infer(name, [((most + 1,), np.dtype("int8"))], params)


@settings(deadline=None, max_examples=20)
@given(SHAPES, st.sampled_from(["topk", "sort"]), st.booleans(), st.data())
def test_gradients_go_where_the_elements_were(shape, name, is_ascend, data):
    values = np.random.default_rng(math.prod(shape)).permutation(math.prod(shape)).reshape(shape)
    axis = axis_of(data, len(shape))
    params = {"axis": axis, "is_ascend": is_ascend}
    if name == "topk":
        params |= {"k": 1, "ret_typ": data.draw(st.sampled_from(["both", "value"]))}
    inputs = {"data": values.astype("float32")}
    grad = mx.nd.zeros(shape)
    executor = symbol_of(name, inputs, params).bind(
        mx.cpu(), {"data": nd(inputs["data"])}, args_grad={"data": grad}
    )
    outputs = [out.asnumpy() for out in executor.forward(is_train=True)]
    # Ten times each element goes back to it.
    executor.backward([nd(10 * out) for out in outputs])
    expected = np.where(np.isin(values, outputs[0]), 10 * values, 0)
    np.testing.assert_array_equal(grad.asnumpy(), expected)
