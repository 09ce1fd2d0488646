"""Heads and losses against sums over single elements, numeric derivatives, and what MXNet infers."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from bound import gradients_of, outputs_of
from gradients import check_numeric_gradient, symbol_of
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import symbook as mx
from symbook.errors import OutOfRange, SymbookError

RNG = np.random.default_rng(7)
# Factors of gradients are float32 numbers in every dtype, as in MXNet.
CLOSE = {"float16": 4e-3, "float32": 3e-6, "float64": 1e-7}


def normal(*shape, dtype="float64"):
    return RNG.normal(size=shape).astype(dtype)


def shapes(op, params=None, **known):
    """Shapes of the arguments, by name, and of the outputs; 0 is not known."""
    params = params or {}
    symbol = symbol_of(op, dict.fromkeys(("data", "label")), params)
    args, outs, _ = symbol.infer_shape_partial(**known)
    return dict(zip(symbol.list_arguments(), args, strict=True)), outs


# SoftmaxOutput


def softmax(row):
    powers = [math.exp(value - max(row)) for value in row]
    return [power / sum(powers) for power in powers]


def head_gradient(probabilities, mark, params):
    """The gradient of one instance at one position, before it is divided."""
    count = len(probabilities)
    if params["use_ignore"] and int(mark) == int(params["ignore_label"]):
        return [0.0] * count
    alpha = 0.0 if params["multi_output"] else float(np.float32(params["smooth_alpha"]))
    target = [alpha / (count - 1)] * count
    if 0 <= int(mark) < count:
        target[int(mark)] = 1 - alpha
    return [p - t for p, t in zip(probabilities, target, strict=True)]


def softmax_head(data, label, params):
    """The output and the gradient that MXNet's documentation tells of, instance by instance."""
    n, k = data.shape[:2]
    if params["multi_output"]:
        rows = data.reshape(n, k, -1).transpose(0, 2, 1)
    else:
        rows = data.reshape((-1, data.shape[-1]) if params["preserve_shape"] else (n, -1))[:, None]
    marks = label.reshape(-1)
    output, gradient = np.empty_like(rows), np.empty_like(rows)
    for (i, j), mark in zip(np.ndindex(rows.shape[:2]), marks, strict=False):
        output[i, j] = softmax(rows[i, j])
        gradient[i, j] = head_gradient(output[i, j], mark, params)
    ignored = sum(int(mark) == int(params["ignore_label"]) for mark in marks)
    divisor = {
        "null": rows.shape[1],
        "batch": rows.shape[1] * (n if params["multi_output"] else marks.size),
        "valid": max(marks.size - ignored, 1),
    }[params["normalization"]]
    gradient *= params["grad_scale"] / divisor
    if params["out_grad"]:
        gradient *= output
    if params["multi_output"]:
        output, gradient = output.transpose(0, 2, 1), gradient.transpose(0, 2, 1)
    return output.reshape(data.shape), gradient.reshape(data.shape)


HEADS = st.fixed_dictionaries(
    {
        "grad_scale": st.sampled_from([1.0, 0.5, 4.0]),
        "ignore_label": st.sampled_from([-1.0, 0.0, 1.0]),
        "multi_output": st.booleans(),
        "use_ignore": st.booleans(),
        "preserve_shape": st.booleans(),
        "normalization": st.sampled_from(["null", "batch", "valid"]),
        "out_grad": st.booleans(),
        "smooth_alpha": st.sampled_from([0.0, 0.1]),
    }
)


@settings(deadline=None)
@given(
    HEADS,
    st.integers(1, 3),
    st.integers(2, 4),
    st.lists(st.integers(1, 3), max_size=2),
    st.sampled_from(["float16", "float32", "float64"]),
    st.integers(0, 2**16),
)
def test_softmax_output(params, n, k, rest, dtype, seed):
    random = np.random.default_rng(seed)
    shape = (n, k, *rest) if params["multi_output"] else (n, *rest, k)
    data = random.normal(size=shape).astype(dtype)
    label_shape = (n, math.prod(rest)) if params["multi_output"] else shape[:-1]
    label = (random.integers(-1, k + 1, label_shape) + random.choice([0, 0.5])).astype(dtype)
    (output,), grads = gradients_of("SoftmaxOutput", {"data": data, "label": label}, **params)
    expected, gradient = softmax_head(data.astype("float64"), label.astype("float64"), params)
    for found, wanted in ((output, expected), (grads["data"], gradient)):
        assert found.dtype == dtype
        assert_allclose(found, wanted, atol=CLOSE[dtype] * max(params["grad_scale"], 1))
    assert not grads["label"].any()


@pytest.mark.parametrize("params", [{}, {"multi_output": True, "normalization": "batch"}])
def test_softmax_output_takes_probabilities(params):
    data, label = normal(2, 3), np.abs(normal(2, 3))
    inputs = {"data": data, "label": label}
    (output,), grads = gradients_of("SoftmaxOutput", inputs, grad_scale=0.5, **params)
    assert_allclose(output, [softmax(row) for row in data])
    assert_allclose(grads["data"], (output - label) / 2)


@pytest.mark.parametrize(
    ("params", "data", "label", "expected"),
    [
        ({}, (2, 3), None, (2,)),
        ({}, (2, 3, 4, 5), None, (2, 3, 4)),
        ({}, (0, 3), None, (0,)),
        ({}, (5,), None, ()),
        ({}, (2, 3), (2, 3), (2, 3)),
        ({"multi_output": True}, (2, 3), None, (2, 1)),
        ({"multi_output": True}, (2, 3, 4, 5), None, (2, 20)),
        ({"multi_output": True}, (2, 3, 4, 5), (2, 4, 5), (2, 4, 5)),
        ({"multi_output": True}, (2, 3, 4, 5), (2, 1, 4, 5), (2, 1, 4, 5)),
    ],
)
def test_softmax_output_infers_labels_as_mxnet(params, data, label, expected):
    known = {"data": data} if label is None else {"data": data, "label": label}
    args, outs = shapes("SoftmaxOutput", params, **known)
    assert args["label"] == expected
    assert outs == [data]


@pytest.mark.parametrize(
    ("params", "label"),
    [
        ({}, (2, 20)),
        ({}, (2, 4, 5)),
        ({}, (2, 1, 4, 5)),
        ({"multi_output": True}, (2, 3, 4)),
        ({"multi_output": True}, (3, 20)),
    ],
)
def test_softmax_output_refuses_other_labels(params, label):
    with pytest.raises(SymbookError, match="labels"):
        shapes("SoftmaxOutput", params, data=(2, 3, 4, 5), label=label)


def test_labels_tell_the_batch():
    assert shapes("SoftmaxOutput", data=(0, 3), label=(4,))[0]["data"] == (4, 3)
    assert shapes("LinearRegressionOutput", data=(0, 3), label=(4, 3))[1] == [(4, 3)]
    assert shapes("SVMOutput", data=(0, 3), label=(4,))[1] == [(4, 3)]


def test_heads_take_floating_point_arrays_of_one_dtype():
    for op in ("SoftmaxOutput", "LinearRegressionOutput", "SVMOutput", "softmax_cross_entropy"):
        symbol = symbol_of(op, dict.fromkeys(("data", "label")), {})
        assert symbol.infer_type(label="float64")[1] == [np.float64]
        for types in ({"data": "int32"}, {"data": "float32", "label": "float64"}):
            with pytest.raises(SymbookError, match=r"dtype|floating"):
                symbol.infer_type(**types)


def test_heads_of_empty_batches():
    for op in ("SoftmaxOutput", "LinearRegressionOutput", "MAERegressionOutput", "SVMOutput"):
        label = (0, 3) if "Regression" in op else (0,)
        inputs = {"data": np.zeros((0, 3)), "label": np.zeros(label)}
        (output,), grads = gradients_of(op, inputs)
        assert output.shape == grads["data"].shape == (0, 3)


# Regression

REGRESSIONS = {
    "LinearRegressionOutput": (lambda x: x, lambda y, label: y - label),
    "LogisticRegressionOutput": (lambda x: 1 / (1 + math.exp(-x)), lambda y, label: y - label),
    "MAERegressionOutput": (lambda x: x, lambda y, label: 1.0 if y > label else -1.0),
}


@pytest.mark.parametrize("op", REGRESSIONS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(4,), (4, 1), (3, 2), (2, 3, 2)])
def test_regression(op, dtype, shape):
    function, error = REGRESSIONS[op]
    data = normal(*shape, dtype=dtype)
    label = np.where(RNG.random(shape) < 0.3, data, normal(*shape)).astype(dtype)
    given = label.reshape(shape[0]) if shape[1:] == (1,) else label
    (output,), grads = gradients_of(op, {"data": data, "label": given}, grad_scale=3.0)
    each = math.prod(shape[1:])
    values = np.vectorize(function)(data.astype("float64"))
    wanted = np.vectorize(error)(values, label.astype("float64")) * 3 / each
    assert output.dtype == grads["data"].dtype == dtype
    assert_allclose(output, values, atol=CLOSE[dtype])
    assert_allclose(grads["data"], wanted, rtol=CLOSE[dtype], atol=3 * CLOSE[dtype])


@pytest.mark.parametrize(
    ("data", "label", "expected"),
    [
        ((2, 3), None, (2, 3)),
        ((2, 1), None, (2,)),
        ((2, 1, 1), None, (2, 1, 1)),
        ((2, 0), None, ()),
        ((2, 3, 4), (2, 12), (2, 12)),
    ],
)
def test_regression_infers_labels_as_mxnet(data, label, expected):
    known = {"data": data} if label is None else {"data": data, "label": label}
    assert shapes("LinearRegressionOutput", **known)[0]["label"] == expected


@pytest.mark.parametrize("label", [(3, 2), (2, 4), (2,)])
def test_regression_refuses_labels_of_another_size(label):
    with pytest.raises(SymbookError):
        shapes("LinearRegressionOutput", data=(2, 3), label=label)


# Losses made elsewhere


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, 1),
        ({"grad_scale": 3}, 3),
        ({"grad_scale": 3, "normalization": "batch"}, 3 / 2),
        ({"grad_scale": 3, "normalization": "valid"}, 3 / 4),
        ({"normalization": "valid", "valid_thresh": 2}, 1 / 2),
        ({"normalization": "valid", "valid_thresh": 9}, 1),
    ],
)
def test_make_loss(dtype, params, expected):
    data = np.array([[1, -2, 3], [4, 0, 2]], dtype)
    (output,), grads = gradients_of("MakeLoss", {"data": data}, **params)
    assert_array_equal(output, data)
    assert_array_equal(grads["data"], np.full((2, 3), expected, dtype))


def test_make_loss_counts_all_axes_but_the_last_as_the_batch():
    _, grads = gradients_of("MakeLoss", {"data": normal(2, 3, 4)}, normalization="batch")
    assert_allclose(grads["data"], np.full((2, 3, 4), 1 / 6), rtol=1e-7)


def test_make_loss_of_a_graph():
    x = mx.sym.Variable("x")
    executor = mx.sym.make_loss(mx.sym.square(x)).simple_bind(mx.cpu(), x=(3,))
    executor.forward(is_train=True, x=mx.nd.array([1, -2, 3]))
    executor.backward()
    assert_array_equal(executor.grad_dict["x"].asnumpy(), [2, -4, 6])


# Errors


@pytest.mark.parametrize("scalar", [1.0, 0.5, 3.0])
def test_smooth_l1(scalar):
    data = normal(50) * 3
    square = scalar**2
    expected = [
        0.5 * square * x * x if abs(x) <= 1 / square else abs(x) - 0.5 / square for x in data
    ]
    (output,) = outputs_of("smooth_l1", {"data": data}, scalar=scalar)
    assert_allclose(output, expected)
    check_numeric_gradient(
        symbol_of("smooth_l1", {"data": data}, {"scalar": scalar}), {"data": data}
    )


def test_smooth_l1_drops_the_fraction_of_integers():
    (output,) = outputs_of("smooth_l1", {"data": np.array([-2, 0, 5])}, scalar=1.0)
    assert_array_equal(output, [1, 0, 4])


def test_softmax_cross_entropy():
    inputs = {"data": normal(4, 3), "label": np.array([0.0, 2, 1, 2])}
    (output,) = outputs_of("softmax_cross_entropy", inputs)
    chosen = [softmax(row)[int(mark)] for row, mark in zip(*inputs.values(), strict=True)]
    assert_allclose(output, [-sum(map(math.log, chosen))])
    check_numeric_gradient(symbol_of("softmax_cross_entropy", inputs, {}), inputs, wrt=["data"])


def test_softmax_cross_entropy_of_no_chance():
    data, label = np.array([[0.0, 100], [0, 0]]), np.array([0.0, 7])
    (output,), grads = gradients_of(
        "softmax_cross_entropy", {"data": data, "label": label}, [np.array([2.0])]
    )
    assert_allclose(output, [2 * math.log(1e8)])
    assert_allclose(grads["data"], [[-2, 2], [1, 1]])


@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize("shape", [(5, 3), (2, 3, 4)])
def test_svm_output_is_the_derivative_of_the_hinge_loss(linear, shape):
    data, label = normal(*shape), RNG.integers(0, shape[-1], shape[:-1]).astype("float64")
    params = {"margin": 0.5, "regularization_coefficient": 0.25, "use_linear": linear}

    def loss(x):
        hinge = np.where(np.arange(shape[-1]) == label[..., None], 0.5 - x, 0.5 + x).clip(0)
        return 0.25 * (hinge if linear else hinge**2).sum()

    (output,), grads = gradients_of("SVMOutput", {"data": data, "label": label}, **params)
    assert_array_equal(output, data)
    for place in np.ndindex(shape):
        step = np.zeros(shape)
        step[place] = 1e-6
        slope = (loss(data + step) - loss(data - step)) / 2e-6
        assert grads["data"][place] == pytest.approx(slope, abs=1e-6)


def test_sparse_activations():
    data, grad = np.abs(normal(4, 3)) / 5, normal(4, 3)
    inputs = {"data": data, "moving_avg": np.array([0.25, 0.5, 0.75])}
    average = inputs["moving_avg"] * 0.75 + data.mean(axis=0) * 0.25
    params = {"sparseness_target": 0.125, "penalty": 0.5, "momentum": 0.75}
    (output,), grads = gradients_of(
        "IdentityAttachKLSparseReg", inputs, [grad], aux=["moving_avg"], **params
    )
    assert_array_equal(output, data)
    assert_allclose(inputs["moving_avg"], average)
    assert_allclose(grads["data"], grad + 0.5 * (0.875 / (1 - average) - 0.125 / average))


# CTC


def collapse(path, blank):
    """A path without repeated classes, then without blanks."""
    return [mark for mark, _ in itertools.groupby(path) if mark != blank]


def ctc_by_paths(scores, labels, blank):
    """The loss of one sequence, from every path there is."""
    chances = [softmax(row) for row in scores]
    total = math.fsum(
        math.prod(chances[t][mark] for t, mark in enumerate(path))
        for path in itertools.product(range(scores.shape[1]), repeat=len(scores))
        if collapse(path, blank) == list(labels)
    )
    return -math.log(total) if total else 0.0


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 5),
    st.integers(1, 3),
    st.integers(2, 4),
    st.sampled_from(["first", "last"]),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2**16),
)
def test_ctc_loss_is_the_sum_over_paths(steps, batch, classes, blank, by_data, by_label, seed):
    random = np.random.default_rng(seed)
    most = int(random.integers(1, steps + 1))
    low = 1 if blank == "first" else 0
    labels = random.integers(low, classes - 1 + low, (batch, most))
    counts, lengths = random.integers(0, most + 1, batch), random.integers(1, steps + 1, batch)
    inputs = {"data": random.normal(size=(steps, batch, classes)), "label": labels}
    if by_data:
        inputs["data_lengths"] = lengths
    if by_label:
        inputs["label_lengths"] = counts.astype("float32")
    else:
        labels[np.arange(most) >= counts[:, None]] = low - 1
    params = {"blank_label": blank, "use_data_lengths": by_data, "use_label_lengths": by_label}
    (output,) = outputs_of("CTCLoss", inputs, **params)
    for b in range(batch):
        scores = inputs["data"][: lengths[b] if by_data else steps, b]
        wanted = ctc_by_paths(scores, labels[b, : counts[b]], 0 if low else classes - 1)
        assert output[b] == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("blank", ["first", "last"])
def test_ctc_gradient(blank):
    label = np.array([[1, 1, 2], [2, 0, 0], [1, 2, 1]]) - (blank == "last")
    inputs = {
        "data": normal(6, 3, 3),
        "label": label,
        "data_lengths": np.array([6, 4, 5]),
        "label_lengths": np.array([3, 1, 3]),
    }
    params = {"use_data_lengths": True, "use_label_lengths": True, "blank_label": blank}
    check_numeric_gradient(symbol_of("CTCLoss", inputs, params), inputs, wrt=["data"])


def test_ctc_without_room_for_the_labels():
    inputs = {"data": normal(2, 1, 3, dtype="float32"), "label": np.array([[1, 1]])}
    (output,), grads = gradients_of("CTCLoss", inputs, [np.ones(1, "float32")])
    assert_array_equal(output, [0])
    assert not grads["data"].any()


def test_ctc_of_long_sequences_stays_finite():
    inputs = {"data": 30 * normal(300, 2, 20, dtype="float32")}
    inputs["label"] = RNG.integers(1, 20, (2, 40))
    (output,), grads = gradients_of("CTCLoss", inputs, [np.ones(2, "float32")])
    assert np.isfinite(output).all()
    # The probabilities of a step sum to 1 in the softmax, and over the places in the labels.
    assert_allclose(grads["data"].sum(axis=2), 0, atol=1e-3)


def test_ctc_outputs_and_inputs():
    variables = {name: mx.sym.Variable(name) for name in ("data", "label")}
    symbol = mx.sym.CTCLoss(**variables, use_label_lengths=True, name="c")
    assert symbol.list_arguments() == ["data", "label", "c_label_lengths"]
    assert symbol.list_outputs() == ["c_output0"]
    assert '"node_row_ptr": [0, 1, 2, 3, 5]' in symbol.tojson()
    args, outs, _ = symbol.infer_shape_partial(data=(7, 0, 5), label=(3, 4))
    assert (args, outs) == ([(7, 3, 5), (3, 4), (3,)], [(3,)])
    with pytest.raises(SymbookError, match="do not fit"):
        symbol.infer_shape(data=(3, 2, 5), label=(2, 4))


def test_ctc_refuses_labels_that_are_no_classes():
    with pytest.raises(OutOfRange, match="labels go from 1 to 9"):
        mx.nd.CTCLoss(mx.nd.zeros((3, 1, 4)), mx.nd.array([[1, 9]])).asnumpy()
