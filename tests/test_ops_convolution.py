"""Convolution, its transpose, and columns, against sums over single windows in float64."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import product
from unittest import mock

import numpy as np
import pytest
from gradients import check_numeric_gradient, nd
from hypothesis import given, settings
from hypothesis import strategies as st
from ops_cases import infer, run

import symbook as mx
from symbook.errors import ShapeError, SymbookError
from symbook.ops import convolve, registry
from symbook.ops.rules import Mismatch

LAST = {1: "NWC", 2: "NHWC", 3: "NDHWC"}
RANDOM = np.random.default_rng(5)


# The definition


def form(data, weight, grad, counts, stride, dilate, pad, groups):
    """`Σ grad[n,f,o] weight[f,c,k] data[n,c,stride o + dilate k - pad]` and what multiplies each in it.

    Gives what multiplies `grad` (the convolution), `weight` and `data`; `grad` None is ones.
    """
    n, channels, *space = data.shape
    filters, per_group, *kernel = weight.shape
    room = np.zeros((n, channels, *(size + 2 * p for size, p in zip(space, pad, strict=True))))
    inner = (..., *(slice(p, p + size) for size, p in zip(space, pad, strict=True)))
    room[inner] = data
    back = np.zeros_like(room)
    result, by_weight = np.zeros((n, filters, *counts)), np.zeros(weight.shape)
    if grad is None:
        grad = np.ones_like(result)
    for i, f, *place in product(range(n), range(filters), *map(range, counts)):
        first = f // (filters // groups) * per_group
        rows = zip(place, stride, dilate, kernel, strict=True)
        points = [slice(o * s, o * s + d * (k - 1) + 1, d) for o, s, d, k in rows]
        where = (i, slice(first, first + per_group), *points)
        at = (i, f, *place)
        result[at] = (room[where] * weight[f]).sum()
        by_weight[f] += grad[at] * room[where]
        back[where] += grad[at] * weight[f]
    return result, by_weight, back[inner]


def counted(space, kernel, stride, dilate, pad):
    rows = zip(space, kernel, stride, dilate, pad, strict=True)
    return tuple((size + 2 * p - d * (k - 1) - 1) // s + 1 for size, k, s, d, p in rows)


@st.composite
def geometries(draw, most=3):
    """Parameters of a convolution, its groups and sizes, of one to three dimensions."""
    rank = draw(st.integers(1, most))

    def numbers(low, high):
        return tuple(draw(st.lists(st.integers(low, high), min_size=rank, max_size=rank)))

    kernel, stride, dilate, pad = numbers(1, 3), numbers(1, 3), numbers(1, 2), numbers(0, 2)
    extra = numbers(0, 3)
    rows = zip(kernel, dilate, pad, extra, strict=True)
    space = tuple(max(1, d * (k - 1) + 1 - 2 * p) + more for k, d, p, more in rows)
    groups = draw(st.integers(1, 3))
    channels, filters = (groups * draw(st.integers(1, 3)) for _ in range(2))
    at = {"kernel": kernel, "stride": stride, "dilate": dilate, "pad": pad}
    return at, groups, (draw(st.integers(1, 3)), channels, *space), filters


@contextmanager
def small_blocks(size):
    """Blocks of `size` bytes, and no more columns than that either: a large product's ways of cutting."""
    with (
        mock.patch.object(convolve, "BLOCK_BYTES", size),
        mock.patch.object(convolve, "FEW_COLUMNS", size // 16),
        mock.patch.object(convolve, "MANY_COLUMNS", size // 16),
    ):
        yield


BLOCKS = [2**21, 2**9, 16]


def backward(op, names, arrays, head, **params):
    """Outputs and gradients of an operator on arrays of float64, by name."""
    symbol = getattr(mx.sym, op)(**{name: mx.sym.Variable(name) for name in names}, **params)
    given = {name: nd(array) for name, array in zip(names, arrays, strict=True)}
    grads = {name: nd(np.zeros_like(array)) for name, array in zip(names, arrays, strict=True)}
    executor = symbol.bind(mx.cpu(), given, args_grad=grads)
    (out,) = executor.forward(is_train=True)
    executor.backward([nd(head(out.shape))])
    return out.asnumpy(), {name: grads[name].asnumpy() for name in names}


def normal(*shape):
    return RANDOM.standard_normal(shape)


# Convolution


@pytest.mark.parametrize("size", BLOCKS)
@settings(deadline=None, max_examples=60)
@given(geometries())
def test_convolution_and_its_gradients(size, geometry):
    at, groups, shape, filters = geometry
    data, bias = normal(*shape), normal(filters)
    weight = normal(filters, shape[1] // groups, *at["kernel"])
    counts = counted(shape[2:], **at)
    head = normal(shape[0], filters, *counts)
    with small_blocks(size):
        out, grads = backward(
            "Convolution", ("data", "weight", "bias"), (data, weight, bias), lambda _: head,
            num_filter=filters, num_group=groups, **at,
        )  # fmt: skip
    place = (at["stride"], at["dilate"], at["pad"], groups)
    result, by_weight, by_data = form(data, weight, head, counts, *place)
    column = bias.reshape(-1, *(1,) * len(counts))
    np.testing.assert_allclose(out, result + column, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(grads["data"], by_data, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(grads["weight"], by_weight, rtol=1e-12, atol=1e-12)
    axes = (0, *range(2, head.ndim))
    np.testing.assert_allclose(grads["bias"], head.sum(axis=axes), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("size", BLOCKS)
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("kernel", [1, 3])
def test_larger_convolution(size, stride, groups, kernel):
    """Sizes at which products, blocks of rows, several samples and depthwise ways are taken."""
    data, weight = normal(5, 6, 17, 18), normal(6, 6 // groups, kernel, kernel)
    at = {
        "kernel": (kernel,) * 2,
        "stride": (stride,) * 2,
        "dilate": (1, 1),
        "pad": (kernel // 2,) * 2,
    }
    counts = counted((17, 18), **at)
    head = normal(5, 6, *counts)
    with small_blocks(size):
        out, grads = backward(
            "Convolution", ("data", "weight"), (data, weight), lambda _: head,
            num_filter=6, num_group=groups, no_bias=True, **at,
        )  # fmt: skip
    result, by_weight, by_data = form(
        data, weight, head, counts, at["stride"], at["dilate"], at["pad"], groups
    )
    np.testing.assert_allclose(out, result, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(grads["data"], by_data, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(grads["weight"], by_weight, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("op", ["Convolution", "Deconvolution"])
@settings(deadline=None, max_examples=30)
@given(geometries().filter(lambda item: len(item[0]["kernel"]) > 1))
def test_channels_last(op, geometry):
    at, groups, shape, filters = geometry
    at = {**at, "pad": (0,) * len(at["kernel"])} if op == "Deconvolution" else at
    shape = (*shape[:2], *(size + 2 * 2 for size in shape[2:]))
    rank = len(at["kernel"])
    data, front = normal(*shape), filters if op == "Convolution" else shape[1]
    back = shape[1] if op == "Convolution" else filters
    weight = normal(front, back // groups, *at["kernel"])
    params = {"num_filter": filters, "num_group": groups, "no_bias": True, **at}
    first, grads = backward(op, ("data", "weight"), (data, weight), normal_like, **params)
    order, inverse = (0, *range(2, rank + 2), 1), (0, rank + 1, *range(1, rank + 1))
    last, last_grads = backward(
        op, ("data", "weight"), (data.transpose(order), weight.transpose(order)),
        lambda shape: normal_like([shape[i] for i in inverse]).transpose(order),
        layout=LAST[rank], **params,
    )  # fmt: skip
    np.testing.assert_allclose(last, first.transpose(order), rtol=1e-12, atol=1e-12)
    for name, grad in grads.items():
        np.testing.assert_allclose(last_grads[name], grad.transpose(order), rtol=1e-12, atol=1e-12)


def normal_like(shape):
    return np.random.default_rng(1).standard_normal(tuple(shape))


@pytest.mark.parametrize("op", ["Convolution", "Convolution_v1", "Deconvolution"])
def test_numeric_gradient(op):
    names = {"data": normal(2, 4, 5, 6), "weight": normal(4, 2, 3, 2), "bias": normal(4)}
    symbol = getattr(mx.sym, op)(
        **{name: mx.sym.Variable(name) for name in names}, kernel=(3, 2), stride=(2, 1),
        pad=(1, 0), num_filter=4, num_group=2, no_bias=False,
    )  # fmt: skip
    check_numeric_gradient(symbol, names)


@pytest.mark.parametrize("op", ["Convolution", "Deconvolution"])
@pytest.mark.parametrize("layout", [None, "NHWC"])
def test_second_order(op, layout):
    """The gradient of a function of the gradients, against differences of the gradients."""
    shapes = [(2, 4, 5, 6), (4, 2, 3, 2)]
    if layout:
        shapes = [(n, *space, c) for n, c, *space in shapes]
    arrays = dict(zip(("data", "weight"), (normal(*shape) for shape in shapes), strict=True))
    symbol = getattr(mx.sym, op)(
        **{name: mx.sym.Variable(name) for name in arrays}, kernel=(3, 2), stride=(2, 1),
        pad=(1, 0), num_filter=4, num_group=2, no_bias=True, layout=layout,
    )  # fmt: skip
    grads = mx.sym.square(symbol).gradient(["data", "weight"])
    check_numeric_gradient(mx.sym.Group([grads[0] * 1, grads[1] * 1]), arrays, rtol=1e-5)


def test_known_result():
    """Worked by hand: a cross-correlation, the kernel is not turned around."""
    data = np.arange(9, dtype="float32").reshape(1, 1, 3, 3)
    weight = np.float32([[[[1, 2], [3, 4]]]])
    (result,) = run("Convolution", data, weight, kernel=(2, 2), num_filter=1, no_bias=True)
    np.testing.assert_array_equal(result, [[[[27, 37], [57, 67]]]])


@pytest.mark.parametrize("op", ["Convolution", "Deconvolution"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtype_is_kept(op, dtype):
    data, weight, bias = (
        item.astype(dtype) for item in (normal(2, 3, 6), normal(3, 3, 2), normal(3))
    )
    params = {"kernel": (2,), "num_filter": 3, "no_bias": False}
    arrays = (data, weight, bias)
    out, grads = backward(
        op, ("data", "weight", "bias"), arrays, lambda s: np.ones(s, dtype), **params
    )
    wide, wide_grads = backward(
        op, ("data", "weight", "bias"), [a.astype("float64") for a in arrays], np.ones, **params
    )
    rtol = {"float16": 2e-3, "float32": 1e-5, "float64": 1e-12}[dtype]
    assert out.dtype == dtype
    np.testing.assert_allclose(out, wide, rtol=rtol, atol=rtol)
    for name, grad in grads.items():
        assert grad.dtype == dtype
        np.testing.assert_allclose(grad, wide_grads[name], rtol=rtol, atol=rtol)


def test_float16_is_added_up_in_float32():
    data, weight = np.ones((1, 1, 4096), "float16"), np.ones((1, 1, 4096), "float16")
    (result,) = run("Convolution", data, weight, kernel=(4096,), num_filter=1, no_bias=True)
    assert result.ravel() == [4096]


@pytest.mark.parametrize("op", ["Convolution", "Deconvolution"])
@pytest.mark.parametrize("groups", [1, 2, 4])
def test_no_samples(op, groups):
    arrays = (np.zeros((0, 4, 5, 5)), normal(4, 4 // groups, 3, 3))
    out, grads = backward(
        op, ("data", "weight"), arrays, np.ones, kernel=(3, 3), num_filter=4, num_group=groups,
        no_bias=True,
    )  # fmt: skip
    assert out.shape == (0, 4, *((3, 3) if op == "Convolution" else (7, 7)))
    assert not grads["weight"].any()


def test_no_channels():
    (result,) = run(
        "Convolution",
        np.zeros((2, 0, 4)),
        np.zeros((3, 0, 2)),
        normal(3),
        kernel=(2,),
        num_filter=3,
    )
    assert result.shape == (2, 3, 3)


# Inference


def shapes_of(op, known, **params):
    """Shapes of the inputs and of the output; `known` has what is known, by name."""
    symbol = getattr(mx.sym, op)(mx.sym.Variable("data"), name="op", **params)
    both = symbol + mx.sym.Variable("out")
    inputs, outputs, _ = both.infer_shape_partial(**known)
    found = dict(zip(both.list_arguments(), inputs, strict=True))
    return found, outputs[0]


@pytest.mark.parametrize(
    ("known", "inputs", "out"),
    [
        ({"data": (2, 6, 7, 8)}, {"op_weight": (4, 3, 3, 3), "op_bias": (4,)}, (2, 4, 4, 4)),
        ({"data": (0, 6, 0, 8)}, {"op_weight": (4, 3, 3, 3)}, (0, 4, 0, 4)),
        ({"data": (2, 0, 7, 8)}, {"op_weight": (4, 0, 3, 3), "op_bias": (4,)}, (2, 4, 4, 4)),
        ({"data": (0, 6, 7, 8), "out": (5, 0, 0, 0)}, {"data": (5, 6, 7, 8)}, (5, 4, 4, 4)),
        ({"op_weight": (4, 3, 3, 3)}, {"data": ()}, ()),
    ],
)  # as MXNet's infer_shape_partial answers
def test_shapes_of_convolution(known, inputs, out):
    params = {"kernel": (3, 3), "stride": (2, 2), "pad": (1, 1), "num_filter": 4, "num_group": 2}
    found, result = shapes_of("Convolution", known, **params)
    assert {key: found[key] for key in inputs} == inputs
    assert result == out


def test_space_follows_from_the_output_where_the_stride_is_1():
    known = {"data": (0, 6, 0, 0), "out": (2, 4, 4, 4)}
    found, _ = shapes_of("Convolution", known, kernel=(3, 3), stride=(1, 2), num_filter=4)
    assert found["data"] == (2, 6, 6, 0)


def test_dtype_goes_both_ways():
    symbol = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3,), num_filter=2, name="op")
    inputs, outputs, _ = symbol.infer_type(data="float16")
    assert {*inputs, *outputs} == {np.float16}


@pytest.mark.parametrize(
    ("params", "shape"),
    [
        ({"kernel": (3, 3)}, (2, 6, 9)),
        ({"kernel": (3, 3)}, (2, 6, 2, 9)),
        ({"kernel": (3, 3), "dilate": (4, 4)}, (2, 6, 8, 9)),
        ({"kernel": (3, 3), "num_group": 4}, (2, 6, 9, 9)),
        ({"kernel": (3, 3), "num_group": 3}, (2, 6, 9, 9)),
        ({"kernel": (3, 3), "stride": (2,)}, (2, 6, 9, 9)),
        ({"kernel": (3, 3), "stride": (0, 1)}, (2, 6, 9, 9)),
        ({"kernel": (3, 3), "pad": (-1, 0)}, (2, 6, 9, 9)),
        ({"kernel": (0, 3)}, (2, 6, 9, 9)),
        ({"kernel": ()}, (2, 6, 9, 9)),
        ({"kernel": (2, 2, 2, 2)}, (2, 6, 9, 9, 9, 9)),
        ({"kernel": (3, 3), "layout": "NCDHW"}, (2, 6, 9, 9)),
    ],
)
@pytest.mark.parametrize("op", ["Convolution", "Deconvolution"])
def test_refused(op, params, shape):
    if op == "Deconvolution" and shape == (2, 6, 2, 9):
        params = {**params, "pad": (9, 9)}
    if op == "Deconvolution" and params.get("dilate"):
        params = {**params, "adj": (1, 1)}
    params = {"num_filter": 4, **params}
    symbol = getattr(mx.sym, op)(mx.sym.Variable("data"), name="op", **params)
    with pytest.raises(ShapeError):
        symbol.infer_shape(data=shape)


@pytest.mark.parametrize("op", ["Convolution", "Deconvolution"])
def test_a_weight_that_does_not_fit(op):
    symbol = getattr(mx.sym, op)(
        mx.sym.Variable("data"), mx.sym.Variable("w", shape=(4, 2, 3)), kernel=(3,), num_filter=5,
        no_bias=True,
    )  # fmt: skip
    wanted = r"\(5, 4, 3\)" if op == "Convolution" else r"\(4, 5, 3\)"
    with pytest.raises(ShapeError, match=rf"needs a weight of shape {wanted}, not \(4, 2, 3\)"):
        symbol.infer_shape(data=(1, 4, 9))


def test_refused_at_once():
    for params in ({"kernel": (3,), "num_filter": 0}, {"kernel": (3,)}, {"num_filter": 2}):
        with pytest.raises(SymbookError):
            mx.sym.Convolution(mx.sym.Variable("data"), **params)


def test_first_version_has_two_dimensions_or_three():
    with pytest.raises(Mismatch):
        infer(
            "Convolution_v1",
            [((1, 2, 5), np.dtype("float32")), ((1, 2, 3), np.dtype("float32"))],
            registry.get("Convolution_v1").parse(
                {"kernel": (3,), "num_filter": 1, "no_bias": True}
            ),
        )


# Transposed convolution


@pytest.mark.parametrize("size", BLOCKS)
@settings(deadline=None, max_examples=60)
@given(geometries(), st.data())
def test_deconvolution_and_its_gradients(size, geometry, more):
    at, groups, (n, *_), filters = geometry
    rank = len(at["kernel"])
    counts = tuple(more.draw(st.integers(1, 4)) for _ in range(rank))
    channels = groups * more.draw(st.integers(1, 2))
    adj = tuple(more.draw(st.integers(0, s - 1)) for s in at["stride"])
    rows = zip(counts, adj, at["kernel"], at["stride"], at["dilate"], strict=True)
    whole = [s * (o - 1) + d * (k - 1) + 1 + a for o, a, k, s, d in rows]
    at["pad"] = tuple(min(p, (w - 1) // 2) for p, w in zip(at["pad"], whole, strict=True))
    space = tuple(w - 2 * p for w, p in zip(whole, at["pad"], strict=True))
    data, bias = normal(n, channels, *counts), normal(filters)
    weight = normal(channels, filters // groups, *at["kernel"])
    head = normal(n, filters, *space)
    with small_blocks(size):
        out, grads = backward(
            "Deconvolution", ("data", "weight", "bias"), (data, weight, bias), lambda _: head,
            adj=adj, num_filter=filters, num_group=groups, no_bias=False, **at,
        )  # fmt: skip
    # The convolution that this is the transpose of takes `head` to `data`.
    by_data, by_weight, result = form(
        head, weight, data, counts, at["stride"], at["dilate"], at["pad"], groups
    )
    column = bias.reshape(-1, *(1,) * rank)
    np.testing.assert_allclose(out, result + column, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(grads["data"], by_data, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(grads["weight"], by_weight, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("target", "pad", "adj"), [(13, 1, 0), (14, 1, 1), (12, 2, 1), (15, 0, 0)])
def test_target_shape(target, pad, adj):
    data, weight = normal(2, 3, 7), normal(3, 4, 3)
    common = {"kernel": (3,), "stride": (2,), "num_filter": 4}
    (expected,) = run("Deconvolution", data, weight, pad=(pad,), adj=(adj,), **common)
    assert expected.shape == (2, 4, target)
    (result,) = run(
        "Deconvolution", data, weight, target_shape=(target,), pad=(2,), adj=(1,), **common
    )
    np.testing.assert_array_equal(result, expected)


def test_gradients_with_a_target_shape():
    arrays = {"data": normal(2, 3, 4, 5), "weight": normal(3, 2, 3, 3)}
    symbol = mx.sym.Deconvolution(
        *map(mx.sym.Variable, arrays),
        kernel=(3, 3),
        stride=(2, 2),
        target_shape=(8, 9),
        num_filter=2,
    )
    check_numeric_gradient(symbol, arrays)


@pytest.mark.parametrize(
    "params",
    [
        {"target_shape": (10, 10)},
        {"target_shape": (9,)},
        {"target_shape": (9, 0)},
        {"target_shape": (8, 8)},
        {"adj": (1, 0)},
        {"adj": (1,)},
        {"pad": (5, 5)},
    ],
)
def test_refused_transposes(params):
    symbol = mx.sym.Deconvolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=4, **params)
    with pytest.raises(ShapeError):
        symbol.infer_shape(data=(2, 6, 7, 7))


def test_no_bias_by_default():
    symbol = mx.sym.Deconvolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=4, name="up")
    assert symbol.list_arguments() == ["data", "up_weight"]
    _, outputs, _ = symbol.infer_shape_partial(data=(0, 6, 7, 0))
    assert outputs == [(0, 4, 9, 0)]


# Columns


@settings(deadline=None, max_examples=60)
@given(geometries())
def test_im2col_and_col2im(geometry):
    at, _, shape, _ = geometry
    data = normal(*shape)
    counts = counted(shape[2:], **at)
    points = int(np.prod(at["kernel"]))
    # The weights of a convolution that picks each point of each channel.
    picks = np.eye(shape[1] * points).reshape(-1, shape[1], *at["kernel"])
    expected, _, _ = form(data, picks, None, counts, at["stride"], at["dilate"], at["pad"], 1)
    columns, grads = backward("im2col", ("data",), (data,), normal_like, **at)
    np.testing.assert_array_equal(columns, expected.reshape(columns.shape))
    head = normal_like(columns.shape)
    _, _, back = form(
        data, picks, head.reshape(expected.shape), counts, at["stride"], at["dilate"], at["pad"], 1
    )
    np.testing.assert_allclose(grads["data"], back, rtol=1e-12, atol=1e-12)
    image, grads = backward(
        "col2im", ("data",), (head,), lambda _: data, output_size=shape[2:], **at
    )
    np.testing.assert_allclose(image, back, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(grads["data"], columns)


@pytest.mark.parametrize("shape", [(2, 26, 25), (2, 27, 24), (2, 27, 5, 5)])
def test_refused_columns(shape):
    symbol = mx.sym.col2im(mx.sym.Variable("data"), kernel=(3, 3), output_size=(7, 7))
    with pytest.raises(ShapeError):
        symbol.infer_shape(data=shape)
