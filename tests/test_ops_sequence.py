"""Operators of sequences against loops over single sequences."""

from __future__ import annotations

import numpy as np
import pytest
from bound import gradients_of, outputs_of
from gradients import check_numeric_gradient, symbol_of
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from symbook.errors import SymbookError

OPS = ("SequenceMask", "SequenceLast", "SequenceReverse")


def expected(op, steps, lengths, value):
    """The result for data whose steps are on axis 0, one sequence at a time."""
    result = np.zeros_like(steps[0]) if op == "SequenceLast" else steps.copy()
    for b, length in enumerate(lengths):
        if op == "SequenceMask":
            result[length:, b] = value
        elif op == "SequenceReverse":
            result[:length, b] = steps[:length, b][::-1]
        elif length:
            result[b] = steps[length - 1, b]
    return result


@st.composite
def calls(draw):
    """Inputs and parameters of any of the operators, with the lengths as they count."""
    op, axis = draw(st.sampled_from([*((name, 0) for name in OPS), *((n, 1) for n in OPS[:2])]))
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=2, max_size=4)))
    dtype = draw(st.sampled_from(["float16", "float32", "float64", "int32"]))
    size = int(np.prod(shape))
    inputs = {"data": np.arange(1, size + 1).astype(dtype).reshape(shape)}
    params = {"axis": axis}
    lengths = [shape[axis]] * shape[1 - axis]
    if op == "SequenceMask":
        params["value"] = draw(st.sampled_from([0.0, -1.0, 2.5]))
    if draw(st.booleans()):
        given_lengths = [draw(st.integers(0, shape[axis] + 2)) for _ in lengths]
        kind = draw(st.sampled_from(["float32", "float64", "int32"]))
        inputs["sequence_length"] = np.array(given_lengths).astype(kind)
        lengths = [min(length, shape[axis]) for length in given_lengths]
        params["use_sequence_length"] = True
    return op, inputs, params, lengths


@settings(deadline=None)
@given(calls())
def test_forward(call):
    op, inputs, params, lengths = call
    (result,) = outputs_of(op, inputs, **params)
    steps = np.moveaxis(inputs["data"], params["axis"], 0)
    wanted = expected(op, steps, lengths, inputs["data"].dtype.type(params.get("value", 0)))
    if op != "SequenceLast":
        wanted = np.moveaxis(wanted, 0, params["axis"])
    assert result.dtype == inputs["data"].dtype
    assert_array_equal(result, wanted)


@settings(deadline=None, max_examples=40)
@given(calls())
def test_gradient(call):
    op, inputs, params, _ = call
    inputs["data"] = inputs["data"].astype("float64")
    check_numeric_gradient(symbol_of(op, inputs, params), inputs, wrt=["data"])


@pytest.mark.parametrize("op", OPS)
def test_lengths_are_cut_to_whole_numbers_that_there_are(op):
    data = np.arange(12.0).reshape(3, 2, 2)
    for given_lengths, counted in (([1.7, 2.9], [1, 2]), ([-1, 9], [0, 3])):
        inputs = {"data": data, "sequence_length": np.array(given_lengths)}
        (result,) = outputs_of(op, inputs, use_sequence_length=True)
        assert_array_equal(result, expected(op, data, counted, 0.0))


@pytest.mark.parametrize("op", OPS)
def test_gradients_keep_their_dtype_and_add_up(op):
    inputs = {"data": np.ones((3, 2), "float16"), "sequence_length": np.array([2, 3])}
    grad = np.ones((2,) if op == "SequenceLast" else (3, 2), "float16")
    _, grads = gradients_of(op, inputs, [grad], use_sequence_length=True)
    assert grads["data"].dtype == np.float16
    assert grads["data"].sum() == {"SequenceMask": 5, "SequenceLast": 2, "SequenceReverse": 6}[op]


@pytest.mark.parametrize("op", OPS)
def test_inference_both_ways(op):
    names = ("data", "sequence_length")
    symbol = symbol_of(op, dict.fromkeys(names), {"use_sequence_length": True})
    out = (3, 2) if op == "SequenceLast" else (4, 3, 2)
    args, outs, _ = symbol.infer_shape_partial(data=(4, 3, 2))
    assert (args, outs) == ([(4, 3, 2), (3,)], [out])
    args, _, _ = symbol.infer_shape_partial(data=(4, 0, 2), sequence_length=(3,))
    assert args == [(4, 3, 2), (3,)]
    types = symbol.infer_type(data="float32", sequence_length="int32")
    assert types[:2] == ([np.float32, np.int32], [np.float32])
    assert symbol.infer_type(data="float16")[0] == [np.float16, np.float16]


@pytest.mark.parametrize(
    ("op", "params", "shape"),
    [
        ("SequenceMask", {"axis": 2}, (2, 3, 4)),
        ("SequenceLast", {"axis": -1}, (2, 3)),
        ("SequenceReverse", {"axis": 1}, (2, 3)),
        ("SequenceMask", {}, (4,)),
        ("SequenceLast", {}, (4,)),
        ("SequenceReverse", {}, (4,)),
    ],
)
def test_other_axes_are_refused(op, params, shape):
    with pytest.raises(SymbookError, match="axis"):
        symbol_of(op, {"data": None}, params).infer_shape(data=shape)


def test_sequences_without_steps():
    assert outputs_of("SequenceLast", {"data": np.zeros((0, 2))})[0].tolist() == [0, 0]
    assert outputs_of("SequenceMask", {"data": np.zeros((0, 2))})[0].shape == (0, 2)
    assert outputs_of("SequenceReverse", {"data": np.zeros((0, 2))})[0].shape == (0, 2)
