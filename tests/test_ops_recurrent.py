"""RNN against loops over steps and sequences in float64, differences, and MXNet's generator."""

from __future__ import annotations

import math

import numpy as np
import pytest
from bound import gradients_of, outputs_of
from gradients import check_numeric_gradient, symbol_of
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import symbook as mx
from symbook.errors import SymbookError

GATES = {"rnn_relu": 1, "rnn_tanh": 1, "lstm": 4, "gru": 3}
MODES = tuple(GATES)
NAMES = ("data", "parameters", "state", "state_cell", "sequence_length")


# The oracle: one sequence and one step at a time, weights cut out of the vector by hand


def pieces(vector, params, inputs):
    """Matrices and biases of each layer and direction, in MXNet's order."""
    rows, units = GATES[params["mode"]] * params["state_size"], params["state_size"]
    size = params.get("projection_size") or units
    directions = 1 + params.get("bidirectional", False)
    count, place, found = params["num_layers"] * directions, 0, []

    def cut(height, width=None):
        nonlocal place
        length = height * (width or 1)
        place += length
        part = vector[place - length : place]
        return part if width is None else part.reshape(height, width)

    for k in range(count):
        x = cut(rows, inputs if k < directions else directions * size)
        h = cut(rows, size)
        r = cut(size, units) if params.get("projection_size") else None
        found.append([x, h, r])
    for item in found:
        item += [cut(rows), cut(rows)]
    assert place == len(vector)
    return found


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def step(params, weights, x, h, c):
    """The next state and cell state of one sequence."""
    wx, wh, wr, bx, bh = weights
    a, b = wx @ x + bx, wh @ h + bh
    if params["mode"] == "rnn_relu":
        return np.maximum(a + b, 0), None
    if params["mode"] == "rnn_tanh":
        return np.tanh(a + b), None
    if params["mode"] == "gru":
        (ar, az, an), (br, bz, bn) = np.split(a, 3), np.split(b, 3)
        r, z = sigmoid(ar + br), sigmoid(az + bz)
        return (1 - z) * np.tanh(an + r * bn) + z * h, None
    i, f, g, o = np.split(a + b, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    if params.get("lstm_state_clip_min") is not None:
        c = np.clip(c, params["lstm_state_clip_min"], params["lstm_state_clip_max"])
    h = sigmoid(o) * np.tanh(c)
    return (h if wr is None else wr @ h), c


def network(inputs, params, keep=None):
    """Output, last states and last cell states; `keep` multiplies the outputs between layers."""
    directions = 1 + params.get("bidirectional", False)
    x, steps = inputs["data"], len(inputs["data"])
    lengths = inputs.get("sequence_length", np.full(x.shape[1], steps))
    weights = pieces(inputs["parameters"], params, x.shape[2])
    last, cells = inputs["state"].copy(), inputs.get("state_cell")
    cells = None if cells is None else cells.copy()
    for layer in range(params["num_layers"]):
        parts = np.zeros((steps, x.shape[1], directions, last.shape[2]))
        for d in range(directions):
            k = layer * directions + d
            for b in range(x.shape[1]):
                order = range(int(lengths[b]))
                for t in reversed(order) if d else order:
                    cell = None if cells is None else cells[k, b]
                    last[k, b], cell = step(params, weights[k], x[t, b], last[k, b], cell)
                    parts[t, b, d] = last[k, b]
                    if cells is not None:
                        cells[k, b] = cell
        x = parts.reshape(*parts.shape[:2], -1)
        if keep is not None and layer + 1 < params["num_layers"]:
            x = x * keep[layer]
    return x, last, cells


@st.composite
def calls(draw, layers=3):
    """Inputs in float64, and parameters."""
    mode = draw(st.sampled_from(MODES))
    steps, batch, inputs, units = (draw(st.integers(1, 3)) for _ in range(4))
    params = {
        "mode": mode,
        "state_size": units,
        "num_layers": draw(st.integers(1, layers)),
        "bidirectional": draw(st.booleans()),
        "state_outputs": draw(st.booleans()),
    }
    if mode == "lstm" and draw(st.booleans()):
        params["projection_size"] = draw(st.integers(1, units))
    if mode == "lstm" and draw(st.booleans()):
        params |= {"lstm_state_clip_min": -0.25, "lstm_state_clip_max": 0.5}
    random = np.random.default_rng(draw(st.integers(0, 2**16)))
    lengths = random.integers(0, steps + 1, batch) if draw(st.booleans()) else None
    if lengths is not None:
        params["use_sequence_length"] = True
    return arrays_of(random, params, (steps, batch, inputs), lengths), params


def arrays_of(random, params, shape, lengths=None):
    """Random inputs for a network."""
    units, directions = params["state_size"], 1 + params.get("bidirectional", False)
    size, count = params.get("projection_size") or units, params["num_layers"] * directions
    each = GATES[params["mode"]] * units
    length = directions * each * (shape[2] + size + 2) + units * count * (
        size if size < units else 0
    )
    length += (count - directions) * each * (directions * size + size + 2)
    if params.get("projection_size") == units:
        length += units * size * count
    found = {
        "data": random.normal(size=shape),
        "parameters": random.normal(size=length) / 2,
        "state": random.normal(size=(count, shape[1], size)),
    }
    if params["mode"] == "lstm":
        found["state_cell"] = random.normal(size=(count, shape[1], units))
    if lengths is not None:
        found["sequence_length"] = lengths
    return found


@settings(deadline=None)
@given(calls())
def test_forward(call):
    inputs, params = call
    expected = [part for part in network(inputs, params) if part is not None]
    results = outputs_of("RNN", inputs, **params)
    assert len(results) == (len(expected) if params["state_outputs"] else 1)
    for result, wanted in zip(results, expected, strict=False):
        assert_allclose(result, wanted, rtol=1e-11, atol=1e-12)


@settings(deadline=None, max_examples=60)
@given(calls())
def test_gradient(call):
    inputs, params = call
    # Away from the kinks of max and of clipping, where a difference has no meaning.
    check_numeric_gradient(symbol_of("RNN", inputs, params), inputs, step=1e-7, rtol=2e-5)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("units", [1, 3])
def test_smaller_dtypes(mode, dtype, units):
    params = {"mode": mode, "state_size": units, "num_layers": 2, "state_outputs": True}
    inputs = arrays_of(np.random.default_rng(1), params, (4, 2, 3))
    grads = [np.ones((4, 2, units)), np.ones((2, 2, units)), np.ones((2, 2, units))]
    grads = grads[: 3 if mode == "lstm" else 2]
    outputs, found = gradients_of("RNN", inputs, grads, **params)
    small = {name: values.astype(dtype) for name, values in inputs.items()}
    results = gradients_of("RNN", small, [grad.astype(dtype) for grad in grads], **params)
    tolerance = 1e-2 if dtype == "float16" else 1e-5
    for result, wanted in zip(results[0], outputs, strict=True):
        assert result.dtype == dtype
        assert_allclose(result, wanted, atol=tolerance)
    for name, wanted in found.items():
        assert results[1][name].dtype == dtype
        assert_allclose(results[1][name], wanted, rtol=tolerance, atol=10 * tolerance)


# Dropout between layers


def kept(seed, shape, p):
    """What MXNet's second generator keeps: one Mersenne twister, seeded with 127 times the seed."""
    words = np.random.RandomState(127 * seed).randint(0, 2**32, math.prod(shape), np.uint32)
    return (words.astype("float64") / 2**32 >= p).reshape(shape) / (1 - p)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_dropout_in_training(mode, bidirectional):
    params = {"mode": mode, "state_size": 4, "num_layers": 3, "bidirectional": bidirectional}
    inputs = arrays_of(np.random.default_rng(2), params, (5, 3, 2))
    mx.random.seed(11)
    (result,) = outputs_of("RNN", inputs, train=True, p=0.25, **params)
    keep = kept(11, (2, 5, 3, 4 * (1 + bidirectional)), 0.25)
    assert_allclose(result, network(inputs, params, keep)[0], rtol=1e-10)
    assert set(np.unique(keep)) == {0, 4 / 3}


def test_dropout_goes_on_with_the_generator():
    params = {"mode": "rnn_tanh", "state_size": 4, "num_layers": 2, "p": 0.5}
    inputs = arrays_of(np.random.default_rng(3), params, (5, 3, 2))
    mx.random.seed(5)
    first, second = (outputs_of("RNN", inputs, train=True, **params)[0] for _ in range(2))
    mx.random.seed(5)
    assert_array_equal(outputs_of("RNN", inputs, train=True, **params)[0], first)
    assert (first != second).any()


def test_no_dropout_in_prediction():
    params = {"mode": "gru", "state_size": 2, "num_layers": 2}
    inputs = arrays_of(np.random.default_rng(4), params, (3, 2, 2))
    assert_array_equal(
        outputs_of("RNN", inputs, p=0.5, **params)[0], outputs_of("RNN", inputs, **params)[0]
    )


@pytest.mark.parametrize("mode", MODES)
def test_gradient_with_dropout(mode):
    params = {"mode": mode, "state_size": 3, "num_layers": 3, "bidirectional": True, "p": 0.5}
    inputs = arrays_of(np.random.default_rng(5), params, (3, 2, 2))
    symbol = symbol_of("RNN", inputs, {**params, "state_outputs": True})
    check_numeric_gradient(symbol, inputs, seed=3, step=1e-7, rtol=2e-5)


# Clipping


def test_clipping_of_nan():
    params = {"mode": "lstm", "state_size": 1, "num_layers": 1, "state_outputs": True}
    params |= {"lstm_state_clip_min": -0.5, "lstm_state_clip_max": 0.5}
    inputs = arrays_of(np.random.default_rng(6), params, (1, 1, 1))
    inputs["state_cell"][:] = np.nan
    assert np.isnan(outputs_of("RNN", inputs, **params)[2]).all()
    assert_array_equal(outputs_of("RNN", inputs, lstm_state_clip_nan=True, **params)[2], [[[-0.5]]])


# Names and inference


def rnn(mode="lstm", **params):
    return mx.sym.RNN(
        mx.sym.Variable("data"), mode=mode, **{"state_size": 3, "num_layers": 2, **params}, name="r"
    )


def test_names_are_mxnets():
    symbol = rnn(state_outputs=True, use_sequence_length=True)
    assert symbol.list_arguments() == [
        "data", "r_parameters", "r_state", "r_state_cell", "r_sequence_length",
    ]  # fmt: skip
    assert symbol.list_outputs() == ["r_output", "r_state_output", "r_statecell_output"]
    assert rnn("gru", state_outputs=True).list_outputs() == ["r_output", "r_state_output"]
    assert rnn("gru", use_sequence_length=True).list_arguments()[-1] == "r_sequence_length"
    assert rnn("rnn_relu").list_outputs() == ["r_output"]
    assert '"node_row_ptr": [0, 1, 2, 3, 4, 7]' in rnn(state_outputs=True).tojson()


@pytest.mark.parametrize(
    ("mode", "params", "length", "layers"),
    [
        ("lstm", {}, 204, 2),
        ("gru", {}, 153, 2),
        ("rnn_relu", {}, 51, 2),
        ("lstm", {"bidirectional": True}, 480, 4),
        ("gru", {"bidirectional": True}, 360, 4),
        ("rnn_tanh", {"bidirectional": True}, 120, 4),
    ],
)
def test_shapes_are_mxnets(mode, params, length, layers):
    symbol = rnn(mode, state_outputs=True, **params)
    args, outs, _ = symbol.infer_shape(data=(5, 2, 4))
    assert args[:3] == [(5, 2, 4), (length,), (layers, 2, 3)]
    assert outs[:2] == [(5, 2, 3 * layers // 2), (layers, 2, 3)]
    # From the length of the parameters to the inputs, and from the states to the batch.
    args, _, _ = symbol.infer_shape_partial(r_parameters=(length,), r_state=(layers, 2, 0))
    assert args[0] == (0, 2, 4)


def test_projection_has_mxnets_shapes():
    args, outs, _ = rnn(num_layers=1, projection_size=2).infer_shape(data=(3, 2, 4))
    assert (args, outs) == ([(3, 2, 4), (102,), (1, 2, 2), (1, 2, 3)], [(3, 2, 2)])


def test_dtypes():
    symbol = rnn("gru", use_sequence_length=True)
    args, outs, _ = symbol.infer_type(data="float16", r_sequence_length="int32")
    assert (args, outs) == ([np.float16] * 3 + [np.int32], [np.float16])
    with pytest.raises(SymbookError, match="mixed dtypes"):
        symbol.infer_type(data="float32", r_state="float64")


@pytest.mark.parametrize(
    ("params", "known"),
    [
        ({}, {"data": (3, 4)}),
        ({}, {"data": (3, 2, 4), "r_parameters": (203,)}),
        ({}, {"r_parameters": (203,)}),
        ({}, {"data": (3, 2, 4), "r_state": (2, 3, 3)}),
        ({"mode": "gru", "projection_size": 2}, {"data": (3, 2, 4)}),
        ({"projection_size": 4}, {"data": (3, 2, 4)}),
        ({"lstm_state_clip_min": 0.0}, {"data": (3, 2, 4)}),
        ({"lstm_state_clip_min": 1.0, "lstm_state_clip_max": 0.0}, {"data": (3, 2, 4)}),
        ({"p": 1.0}, {"data": (3, 2, 4)}),
    ],
)
def test_what_makes_no_sense_is_refused(params, known):
    with pytest.raises(SymbookError):
        rnn(**params).infer_shape_partial(**known)


@pytest.mark.parametrize(
    "params", [{"state_size": 0}, {"num_layers": 0}, {"p": 1.5}, {"mode": "x"}]
)
def test_parameters_are_checked(params):
    with pytest.raises(SymbookError):
        rnn(**params)


@pytest.mark.parametrize("shape", [(0, 2, 3), (2, 0, 3)])
def test_nothing_to_run(shape):
    params = {"mode": "lstm", "state_size": 2, "num_layers": 2, "state_outputs": True}
    inputs = arrays_of(np.random.default_rng(8), params, shape)
    grads = [np.ones((*shape[:2], 2)), *[np.ones((2, shape[1], 2))] * 2]
    outputs, found = gradients_of("RNN", inputs, grads, **params)
    assert_array_equal(outputs[1], inputs["state"])
    assert_array_equal(found["state"], grads[1])
    assert not found["parameters"].any()
