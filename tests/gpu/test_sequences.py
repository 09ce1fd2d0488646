"""Recurrent layers, CTC, and the sampling of pictures on a GPU, beside the CPU's and differences."""

from __future__ import annotations

import numpy as np
import pytest
from beside import beside, on_gpu
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symbook.ops import registry
from symbook.ops.params import parse_params

RANDOM = np.random.default_rng(13)
FLOATS = ["float16", "float32", "float64"]
DTYPES = st.sampled_from(FLOATS)


def examples(most):
    return settings(
        deadline=None,
        max_examples=most,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


def normal(shape, dtype="float32", scale=1.0):
    return (RANDOM.normal(size=shape) * scale).astype(dtype)


# Recurrent layers


@st.composite
def networks(draw):
    mode = draw(st.sampled_from(["lstm", "gru", "rnn_relu", "rnn_tanh"]))
    params = {
        "mode": mode,
        "state_size": draw(st.integers(1, 5)),
        "num_layers": draw(st.integers(1, 2)),
        "bidirectional": draw(st.booleans()),
        "state_outputs": True,
        "use_sequence_length": draw(st.booleans()),
    }
    if mode == "lstm":
        if draw(st.booleans()):
            params["projection_size"] = draw(st.integers(1, params["state_size"]))
        if draw(st.booleans()):
            params |= {"lstm_state_clip_min": -0.3, "lstm_state_clip_max": 0.4}
            params["lstm_state_clip_nan"] = draw(st.booleans())
    return params, draw(st.integers(1, 5)), draw(st.integers(1, 4)), draw(st.integers(1, 4))


@examples(60)
@given(networks(), DTYPES)
def test_networks_of_any_kind(gpu, drawn, dtype):
    params, steps, batch, inputs = drawn
    op = registry.get("RNN")
    data = normal((steps, batch, inputs), dtype)
    lengths = RANDOM.integers(0, steps + 1, batch).astype("int32")
    typed = parse_params(op.params, params, op.name)
    names, count = op.input_names(typed, 0), 3 if params["mode"] == "lstm" else 2
    known = tuple(data.shape if name == "data" else None for name in names)
    shapes, _ = op.shape(known, (None,) * count, typed)
    arrays = [
        data
        if name == "data"
        else lengths
        if name == "sequence_length"
        else normal(shape, dtype, 0.5)
        for name, shape in zip(names, shapes, strict=True)
    ]
    results = beside(gpu, "RNN", *arrays, times=20, is_train=True, **params)
    grads = [normal(item.shape, dtype) for item in results]
    beside(gpu, "_backward_RNN", *grads, *arrays, times=60, **params)


# CTC


@examples(40)
@given(st.integers(1, 9), st.integers(1, 4), st.integers(2, 6), st.integers(0, 5), st.data())
def test_labels_of_any_length(gpu, steps, batch, classes, labels, draw):
    labels = min(labels, steps)
    dtype = draw.draw(DTYPES)
    blank = draw.draw(st.sampled_from(["first", "last"]))
    low, high = (1, classes) if blank == "first" else (0, classes - 1)
    label = RANDOM.integers(low, high, (batch, labels)).astype("float32")
    data = normal((steps, batch, classes), dtype, 2)
    params = {"blank_label": blank, "use_data_lengths": False, "use_label_lengths": False}
    more = []
    if draw.draw(st.booleans()):
        params["use_data_lengths"] = True
        more.append(RANDOM.integers(0, steps + 1, batch).astype("float32"))
    if draw.draw(st.booleans()):
        params["use_label_lengths"] = True
        more.append(RANDOM.integers(0, labels + 1, batch).astype("int32"))
    elif labels:
        label[0, RANDOM.integers(0, labels) :] = 0 if blank == "first" else -1
    loss, gradient = beside(gpu, "CTCLoss", data, label, *more, times=20, **params)
    beside(gpu, "_backward_CTCLoss", normal(loss.shape, dtype), gradient)


def test_a_long_sequence(gpu):
    """More places than a block has threads, and chances too small for a float."""
    data, label = normal((400, 2, 30)), RANDOM.integers(1, 30, (2, 180)).astype("float32")
    beside(gpu, "CTCLoss", data, label, times=40)


def test_a_label_that_is_no_class_has_no_chance(gpu):
    op = registry.get("CTCLoss")
    given = (normal((4, 2, 3)), np.array([[1, 7], [2, 1]], "float32"))
    params = registry.sort_call(op, given, {}, np.ndarray).params
    (loss, _), _ = on_gpu(gpu, op, given, params)
    assert np.isinf(loss[0])
    assert np.isfinite(loss[1])


# Pictures


@examples(30)
@given(st.data(), DTYPES)
def test_correlations_of_any_geometry(gpu, draw, dtype):
    params = {
        "kernel_size": draw.draw(st.sampled_from([1, 3])),
        "max_displacement": draw.draw(st.integers(0, 3)),
        "stride1": draw.draw(st.integers(1, 2)),
        "stride2": draw.draw(st.integers(1, 2)),
        "is_multiply": draw.draw(st.booleans()),
    }
    border = params["max_displacement"] + params["kernel_size"] // 2
    params["pad_size"] = draw.draw(st.integers(0, border + 1))
    least = max(2 * (border - params["pad_size"]) + 1, 1)
    shape = (2, draw.draw(st.integers(1, 40)), least + 2, least + draw.draw(st.integers(0, 3)))
    first, second = normal(shape, dtype), normal(shape, dtype)
    result, *padded = beside(gpu, "Correlation", first, second, times=4, **params)
    beside(gpu, "_backward_Correlation", normal(result.shape, dtype), *padded, times=8, **params)


@examples(30)
@given(
    st.tuples(*[st.integers(1, 5)] * 6), st.sampled_from(["float32", "float64"]), st.floats(0.3, 2)
)
def test_places_in_and_outside_of_pictures(gpu, sizes, dtype, reach):
    batch, channels, height, width, rows, columns = sizes
    data = normal((batch, channels, height, width), dtype)
    grid = normal((batch, 2, rows, columns), dtype, reach)
    result = beside(gpu, "BilinearSampler", data, grid, times=8)[0]
    beside(gpu, "_backward_BilinearSampler", normal(result.shape, dtype), data, grid, times=40)


def test_gradients_of_pictures_are_the_same_in_every_run(gpu):
    """Many places on few pixels."""
    data, grid = normal((2, 3, 2, 2)), normal((2, 2, 30, 30), scale=0.4)
    grad = normal((2, 3, 30, 30))
    runs = [beside(gpu, "_backward_BilinearSampler", grad, data, grid, times=20) for _ in range(3)]
    assert len({run[0].tobytes() for run in runs}) == 1


def test_places_that_are_no_numbers(gpu):
    grid = normal((1, 2, 2, 3))
    grid[0, 0, 0] = np.nan, np.inf, 1e30
    data = normal((1, 2, 4, 4))
    op = registry.get("BilinearSampler")
    (result, _), _ = on_gpu(gpu, op, (data, grid), {})
    assert np.isfinite(result[0, :, 1]).all()


@examples(25)
@given(st.data(), st.sampled_from(["float32", "float64"]))
def test_regions_of_any_size(gpu, draw, dtype):
    shape = (2, 3, draw.draw(st.integers(1, 9)), draw.draw(st.integers(1, 9)))
    data = RANDOM.integers(-4, 5, shape).astype(dtype)
    corners = np.sort(RANDOM.integers(-3, 20, (5, 2, 2)), axis=1).reshape(5, 4)
    rois = np.concatenate([RANDOM.integers(-1, 3, (5, 1)), corners], axis=1).astype(dtype)
    params = {"pooled_size": (draw.draw(st.integers(1, 4)), draw.draw(st.integers(1, 4)))}
    scale = draw.draw(st.sampled_from([1.0, 0.5, 0.3]))
    result, places = beside(gpu, "ROIPooling", data, rois, spatial_scale=scale, **params)
    beside(gpu, "_backward_ROIPooling", normal(result.shape, dtype), places, rois, data, times=4)


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (4, 5)], ids=str)
def test_grids(gpu, shape):
    for dtype in FLOATS:
        matrices = normal((2, 6), dtype)
        params = {"transform_type": "affine", "target_shape": shape}
        grid, places = beside(gpu, "GridGenerator", matrices, **params)
        if min(shape) > 1:
            grad = normal(grid.shape, dtype)
            beside(gpu, "_backward_GridGenerator", grad, places, matrices, **params)
        flow = normal((2, 2, *shape), dtype)
        grid, places = beside(gpu, "GridGenerator", flow, transform_type="warp")
