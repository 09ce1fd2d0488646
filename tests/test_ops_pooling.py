"""Pooling and UpSampling against single windows in float64, and what MXNet does at the edges."""

from __future__ import annotations

import math
from itertools import product
from unittest import mock

import numpy as np
import pytest
from gradients import check_numeric_gradient, nd
from hypothesis import given, settings
from hypothesis import strategies as st
from ops_cases import run

import symbook as mx
from symbook.errors import GradientError, ShapeError
from symbook.ops import pool

RANDOM = np.random.default_rng(6)
LAST = {1: "NWC", 2: "NHWC", 3: "NDHWC"}
LEAST = {dtype: np.finfo(dtype).min for dtype in ("float16", "float32", "float64")}


# The definition


def counted(space, kernel, stride, pad, convention):
    """How many windows there are along each dimension."""
    counts = []
    for size, k, s, p in zip(space, kernel, stride, pad, strict=True):
        if convention == "same":
            counts.append(math.ceil(size / s))
        else:
            rounded = math.floor if convention == "valid" else math.ceil
            counts.append(rounded((size + 2 * p - k) / s) + 1)
    return tuple(counts)


def windows(shape, counts, kernel, stride, pad):
    """Each result's index, its window's index in the data, and the window's size with padding."""
    n, channels, *space = shape
    for i, c, *place in product(range(n), range(channels), *map(range, counts)):
        starts = [o * s - p for o, s, p in zip(place, stride, pad, strict=True)]
        ends = [
            min(a + k, size + p) for a, k, size, p in zip(starts, kernel, space, pad, strict=True)
        ]
        whole = math.prod(b - a for a, b in zip(starts, ends, strict=True))
        where = tuple(slice(max(a, 0), max(b, 0)) for a, b in zip(starts, ends, strict=True))
        yield (i, c, *place), (i, c, *where), whole


def definition(data, head, counts, at, kind, p=2, with_pad=True):
    """The pooling of data and the gradient of `Σ head · result`, window by window."""
    result, grad = np.zeros((*data.shape[:2], *counts)), np.zeros(data.shape)
    for out, where, whole in windows(data.shape, counts, *at):
        part = data[where]
        if kind == "max":
            result[out] = part.max() if part.size else LEAST["float64"]
            if part.size:
                first = np.unravel_index(part.argmax(), part.shape)
                grad[where][first] += head[out]
        elif kind == "lp":
            total = (part**p).sum()
            result[out] = math.copysign(abs(total) ** (1 / p), total)
            if total:
                grad[where] += head[out] * part ** (p - 1) / result[out] ** (p - 1)
        else:
            share = 1 if kind == "sum" else max(whole if with_pad else part.size, 1)
            result[out] = part.sum() / share
            grad[where] += head[out] / share
    return result, grad


@st.composite
def poolings(draw, least=1, conventions=("valid", "full", "same")):
    """Sizes and parameters of a pooling of one to three dimensions."""
    rank = draw(st.integers(least, 3))

    def numbers(low, high):
        return tuple(draw(st.lists(st.integers(low, high), min_size=rank, max_size=rank)))

    kernel, stride, pad = numbers(1, 3), numbers(1, 3), numbers(0, 3)
    convention = draw(st.sampled_from(conventions))
    if convention == "same":
        pad = (0,) * rank
    rows = zip(kernel, pad, numbers(0, 4), strict=True)
    space = tuple(max(1, k - 2 * p) + more for k, p, more in rows)
    shape = (draw(st.integers(1, 2)), draw(st.integers(1, 2)), *space)
    return shape, (kernel, stride, pad), convention


def named(at, convention):
    kernel, stride, pad = at
    return {"kernel": kernel, "stride": stride, "pad": pad, "pooling_convention": convention}


def forward_backward(op, data, head, **params):
    """The output and the gradient of `Σ head · output`; `head` may be a function of the shape."""
    symbol = getattr(mx.sym, op)(mx.sym.Variable("data"), **params)
    grad = nd(np.zeros_like(data))
    executor = symbol.bind(mx.cpu(), {"data": nd(data)}, args_grad={"data": grad})
    out = executor.forward(is_train=True)[0].asnumpy()
    executor.backward([nd(head(out.shape) if callable(head) else head)])
    return out, grad.asnumpy()


def normal(*shape):
    return RANDOM.standard_normal(shape)


def tied(*shape):
    """Few different numbers, so that windows have several largest ones."""
    return RANDOM.integers(-1, 2, shape).astype("float64")


# Pooling


@pytest.mark.parametrize("block", [2**20, 64])
@pytest.mark.parametrize("kind", ["max", "avg", "sum", "lp1", "lp2", "lp3"])
@settings(deadline=None, max_examples=50)
@given(poolings(), st.booleans())
def test_pooling_and_its_gradient(kind, block, pooling, with_pad):
    shape, at, convention = pooling
    counts = counted(shape[2:], *at, convention)
    data = tied(*shape) if kind == "max" else normal(*shape)
    head = normal(*shape[:2], *counts)
    p = int(kind[2:]) if kind[:2] == "lp" else None
    kind = kind[:2] if p else kind
    more = {"p_value": p} if p else {"count_include_pad": with_pad} if kind == "avg" else {}
    with mock.patch.object(pool, "BLOCK_BYTES", block):
        out, grad = forward_backward(
            "Pooling", data, head, pool_type=kind, **named(at, convention), **more
        )
    result, expected = definition(data, head, counts, at, kind, p, with_pad)
    np.testing.assert_allclose(out, result, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(grad, expected, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("block", [2**20, 64])
@pytest.mark.parametrize(
    "space", [(5,), (7, 7), (7, 8), (8, 7), (9, 1), (1, 9), (2, 3, 4)], ids=str
)
def test_sums_of_whole_planes_are_numpys(space, block):
    data = RANDOM.standard_normal((3, 40, *space)).astype("float32")
    data[0, 0], data[0, 1], data[0, 2] = -0.0, np.nan, np.inf
    wanted = data
    for axis in range(2, data.ndim):
        wanted = wanted.sum(axis=axis, keepdims=True)
    params = {"global_pool": True, "kernel": space, "pool_type": "sum"}
    with mock.patch.multiple(pool, BLOCK_BYTES=block, SHARED_BYTES=block):
        (found,) = run("Pooling", data, **params)
    assert found.tobytes() == wanted.tobytes()  # bit for bit, the zeros' signs too


@pytest.mark.parametrize("kind", ["max", "avg"])
@settings(deadline=None, max_examples=30)
@given(poolings())
def test_channels_last(kind, pooling):
    shape, at, convention = pooling
    rank = len(shape) - 2
    order, inverse = (0, *range(2, rank + 2), 1), (0, rank + 1, *range(1, rank + 1))
    data = tied(*shape)
    head = normal(*shape[:2], *counted(shape[2:], *at, convention))
    params = {"pool_type": kind, **named(at, convention)}
    out, grad = forward_backward(
        "Pooling", data.transpose(order), head.transpose(order), layout=LAST[rank], **params
    )
    first, first_grad = forward_backward("Pooling", data, head, **params)
    np.testing.assert_array_equal(out.transpose(inverse), first)
    np.testing.assert_array_equal(grad.transpose(inverse), first_grad)


@pytest.mark.parametrize("kind", ["max", "avg", "sum"])
@pytest.mark.parametrize("kernel", [(), (2, 2), (1,)])
@pytest.mark.parametrize("layout", [None, "NHWC"])
def test_global(kind, kernel, layout):
    data = normal(2, 3, 4, 5)
    out, grad = forward_backward(
        "Pooling", data, np.ones, pool_type=kind, kernel=kernel, global_pool=True, stride=(2, 2),
        pad=(1, 1), layout=layout,
    )  # fmt: skip
    axes = (2, 3) if layout is None else (1, 2)
    function = {"max": np.max, "avg": np.mean, "sum": np.sum}[kind]
    expected = function(data, axis=axes, keepdims=True)
    np.testing.assert_allclose(out, expected, rtol=1e-12)
    share = {"max": data == expected, "avg": 1 / (data.size / expected.size), "sum": 1}[kind]
    np.testing.assert_allclose(grad, np.broadcast_to(share, data.shape), rtol=1e-12)


def test_long_windows():
    """A window's points may be more than a byte can number."""
    data = tied(2, 2, 900)
    at = ((300,), (7,), (20,))
    counts = counted((900,), *at, "valid")
    head = normal(2, 2, *counts)
    out, grad = forward_backward("Pooling", data, head, **named(at, "valid"))
    result, expected = definition(data, head, counts, at, "max")
    np.testing.assert_array_equal(out, result)
    np.testing.assert_allclose(grad, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", LEAST)
def test_numbers_that_max_passes_over(dtype):
    """NaN, infinite and missing numbers, as MXNet answers."""
    nan, inf = math.nan, math.inf
    data = np.array([[[1, nan, 3, nan, nan, nan, 7, -inf, -inf, -inf, inf]]], dtype)
    (result, *_) = run("Pooling", data, kernel=(3,))
    least = LEAST[dtype]
    np.testing.assert_array_equal(result, [[[3, 3, 3, least, 7, 7, 7, least, inf]]])
    _, grad = forward_backward("Pooling", data, lambda shape: np.ones(shape, dtype), kernel=(3,))
    np.testing.assert_array_equal(grad, [[[0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 1]]])


def test_windows_of_padding_alone():
    data = normal(1, 1, 3)
    params = {"kernel": (1,), "stride": (2,), "pad": (1,)}
    (result, *_) = run("Pooling", data, **params)
    np.testing.assert_array_equal(result, [[[LEAST["float64"], data[0, 0, 1], LEAST["float64"]]]])
    for kind in ("avg", "sum"):
        for with_pad in (True, False):
            (result,) = run("Pooling", data, pool_type=kind, count_include_pad=with_pad, **params)
            np.testing.assert_array_equal(result, [[[0, data[0, 0, 1], 0]]])


def test_same_convention():
    """As MXNet answers for the one form that it takes: padding of three zeros."""
    data = np.arange(10.0).reshape(1, 1, 10)
    for pad in ((), (0,), (0, 0, 0)):
        for kind, expected in (("max", [2, 6, 9]), ("avg", [1, 5, 8.5]), ("sum", [3, 15, 17])):
            (result, *_) = run(
                "Pooling", data, kernel=(3,), stride=(4,), pool_type=kind, pad=pad,
                pooling_convention="same",
            )  # fmt: skip
            np.testing.assert_array_equal(result, [[expected]])


@pytest.mark.parametrize("kind", ["max", "avg", "sum", "lp"])
@pytest.mark.parametrize("dtype", LEAST)
def test_dtype_is_kept(kind, dtype):
    data = RANDOM.uniform(0.5, 2, (2, 3, 5, 4)).astype(dtype)
    params = {"kernel": (3, 2), "pool_type": kind, "pad": (1, 1), "p_value": 2}
    out, grad = forward_backward("Pooling", data, lambda shape: np.ones(shape, dtype), **params)
    wide, wide_grad = forward_backward("Pooling", data.astype("float64"), np.ones, **params)
    rtol = {"float16": 3e-3, "float32": 1e-5, "float64": 1e-12}[dtype]
    assert (out.dtype, grad.dtype) == (dtype, dtype)
    np.testing.assert_allclose(out, wide, rtol=rtol)
    np.testing.assert_allclose(grad, wide_grad, rtol=rtol)


@pytest.mark.parametrize("kind", ["max", "avg"])
def test_no_samples(kind):
    out, grad = forward_backward(
        "Pooling", np.zeros((0, 3, 5, 5)), np.ones, kernel=(2, 2), pool_type=kind
    )
    assert (out.shape, grad.shape) == ((0, 3, 4, 4), (0, 3, 5, 5))


@pytest.mark.parametrize("kind", ["max", "avg", "sum", "lp"])
@pytest.mark.parametrize("layout", [None, "NHWC"])
def test_second_order(kind, layout):
    data = {"data": RANDOM.permutation(2 * 5 * 6 * 3).reshape(2, 5, 6, 3) / 20 - 3.0}
    symbol = mx.sym.Pooling(
        mx.sym.Variable("data"), kernel=(3, 2), stride=(2, 1), pad=(1, 0), pool_type=kind,
        p_value=2, layout=layout,
    )  # fmt: skip
    check_numeric_gradient(symbol, data, rtol=1e-5)
    (grad,) = mx.sym.square(symbol).gradient(["data"])
    check_numeric_gradient(grad * 1, data, rtol=1e-4)
    (third,) = mx.sym.square(grad).gradient(["data"])
    check_numeric_gradient(third * 1, data, rtol=1e-3)


@pytest.mark.parametrize(
    ("params", "shape", "out"),
    [
        ({"kernel": (2, 2)}, (2, 6, 9, 9), (2, 6, 8, 8)),
        ({"kernel": (2, 2)}, (0, 6, 9, 9), (0, 6, 8, 8)),
        (
            {"kernel": (3, 3), "stride": (2, 2), "pooling_convention": "full"},
            (2, 6, 9, 9),
            (2, 6, 4, 4),
        ),
        (
            {"kernel": (3, 3), "stride": (2, 2), "pad": (1, 1), "pooling_convention": "full"},
            (2, 6, 9, 9),
            (2, 6, 5, 5),
        ),
        (
            {"kernel": (2, 2), "stride": (5, 5), "pooling_convention": "full"},
            (2, 6, 9, 9),
            (2, 6, 3, 3),
        ),
        ({"kernel": (3, 3), "layout": "NHWC"}, (2, 6, 9, 9), (2, 4, 7, 9)),
        ({"global_pool": True}, (2, 6, 9), (2, 6, 1)),
        ({"global_pool": True, "layout": "NDHWC"}, (2, 6, 3, 4, 5), (2, 1, 1, 1, 5)),
        ({"global_pool": True}, (2, 6, 0, 0), (2, 6, 1, 1)),
    ],
)  # as MXNet's infer_shape_partial answers
def test_shapes(params, shape, out):
    symbol = mx.sym.Pooling(mx.sym.Variable("data"), **params)
    assert symbol.infer_shape_partial(data=shape)[1] == [out]


@pytest.mark.parametrize(
    ("params", "shape"),
    [
        ({}, (2, 6, 9, 9)),
        ({"kernel": (2, 2)}, (2, 6, 9)),
        ({"kernel": (2, 2)}, (2, 6)),
        ({"kernel": (10, 3)}, (2, 6, 9, 9)),
        ({"kernel": (10, 3), "pooling_convention": "full"}, (2, 6, 9, 9)),
        ({"kernel": (3, 3), "stride": (2,)}, (2, 6, 9, 9)),
        ({"kernel": (3, 3), "layout": "NCW"}, (2, 6, 9, 9)),
        ({"kernel": (3, 3), "pool_type": "lp"}, (2, 6, 9, 9)),
        ({"kernel": (3, 3), "pool_type": "lp", "p_value": 4}, (2, 6, 9, 9)),
        ({"kernel": (3, 3), "pad": (1, 1), "pooling_convention": "same"}, (2, 6, 9, 9)),
        ({"global_pool": True}, (2, 6)),
    ],
)
def test_refused(params, shape):
    symbol = mx.sym.Pooling(mx.sym.Variable("data"), **params)
    with pytest.raises(ShapeError):
        symbol.infer_shape(data=shape)


# The first version


def first_definition(data, head, counts, at, kind):
    """Pooling_v1: over data with zeros around it; all ties get the gradient."""
    kernel, stride, pad = at
    widths = [(0, 0), (0, 0), *((p, p) for p in pad)]
    whole = np.pad(data, widths)
    result, grad = np.zeros((*data.shape[:2], *counts)), np.zeros(whole.shape)
    share = 1 / math.prod(kernel) if kind == "avg" else 1
    for out, where, _ in windows(whole.shape, counts, kernel, stride, (0,) * len(pad)):
        part = whole[where]
        if kind == "max":
            result[out] = part.max() if part.size else -math.inf
            grad[where] += head[out] * (part == result[out])
        else:
            result[out] = part.sum() * share
            grad[where] += head[out] * share
    return result, grad[
        tuple(slice(a, n - b) for n, (a, b) in zip(whole.shape, widths, strict=True))
    ]


@pytest.mark.parametrize("kind", ["max", "avg", "sum"])
@settings(deadline=None, max_examples=50)
@given(poolings(least=2, conventions=("valid", "full")))
def test_first_version(kind, pooling):
    shape, at, convention = pooling
    counts = counted(shape[2:], *at, convention)
    data, head = tied(*shape), normal(*shape[:2], *counts)
    params = named(at, convention)
    out, grad = forward_backward("Pooling_v1", data, head, pool_type=kind, **params)
    result, expected = first_definition(data, head, counts, at, kind)
    # The mean is taken with a number of float32, as MXNet does.
    np.testing.assert_allclose(out, result, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(grad, expected, rtol=1e-6, atol=1e-6)


def test_first_version_takes_nan_for_the_largest():
    data = np.array([[[[1, math.nan, 3, 2]]]])
    (result,) = run("Pooling_v1", data, kernel=(1, 2))
    np.testing.assert_array_equal(result, [[[[math.nan, math.nan, 3]]]])


def test_first_version_differentiated_twice():
    data = {"data": normal(2, 2, 5, 5)}
    variable = mx.sym.Variable("data")
    symbol = mx.sym.Pooling_v1(variable, kernel=(2, 2), pool_type="avg", pad=(1, 1))
    (grad,) = mx.sym.square(symbol).gradient(["data"])
    check_numeric_gradient(grad * 1, data)
    (grad,) = mx.sym.square(mx.sym.Pooling_v1(variable, kernel=(2, 2))).gradient(["data"])
    with pytest.raises(GradientError):
        grad.gradient(["data"])


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3, 1, 4)])
def test_first_version_refused(shape):
    symbol = mx.sym.Pooling_v1(mx.sym.Variable("data"), kernel=(2,) * (len(shape) - 2))
    with pytest.raises(ShapeError):
        symbol.infer_shape(data=shape)


# UpSampling


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 3), st.lists(st.sampled_from([(1, 1), (2, 1), (1, 2), (2, 2)]), max_size=2),
       st.sampled_from(["concat", "sum"]))  # fmt: skip
def test_nearest(scale, factors, mode):
    """Several inputs, each repeated until it has the size of the enlarged first one."""
    channels = [2] * (len(factors) + 1) if mode == "sum" else range(1, len(factors) + 2)
    sizes = [(2 * 2, 2 * 3)] + [(4 // a, 6 // b) for a, b in factors]
    arrays = {
        f"arg{i}": normal(2, c, *size)
        for i, (c, size) in enumerate(zip(channels, sizes, strict=True))
    }
    large = [
        np.repeat(np.repeat(item, 4 * scale // size[0], 2), 6 * scale // size[1], 3)
        for item, size in zip(arrays.values(), sizes, strict=True)
    ]
    expected = np.concatenate(large, axis=1) if mode == "concat" else sum(large)
    symbol = mx.sym.UpSampling(
        *map(mx.sym.Variable, arrays), scale=scale, sample_type="nearest", multi_input_mode=mode
    )
    executor = symbol.bind(mx.cpu(), {name: nd(item) for name, item in arrays.items()})
    np.testing.assert_allclose(executor.forward()[0].asnumpy(), expected, rtol=1e-12)
    check_numeric_gradient(symbol, arrays)


def test_nearest_differentiated_twice():
    arrays = {"a": normal(1, 2, 2, 2), "b": normal(1, 1, 4, 4)}
    symbol = mx.sym.UpSampling(*map(mx.sym.Variable, arrays), scale=2, sample_type="nearest")
    first, second = mx.sym.square(symbol).gradient(["a", "b"])
    check_numeric_gradient(mx.sym.Group([first * 1, second * 1]), arrays)
    check_numeric_gradient(second * 1, arrays, wrt=["b"])


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_bilinear(scale):
    """A transposed convolution of each channel by itself, of which each place is added up here."""
    kernel, pad = 2 * scale - scale % 2, math.ceil((scale - 1) / 2)
    data, weight = normal(2, 3, 3, 4), normal(3, 1, kernel, kernel)
    (result,) = run("UpSampling", data, weight, scale=scale, sample_type="bilinear", num_filter=3)
    room = np.zeros((2, 3, 3 * scale + 2 * kernel, 4 * scale + 2 * kernel))
    for y, x in product(range(3), range(4)):
        place = room[:, :, y * scale : y * scale + kernel, x * scale : x * scale + kernel]
        place += data[:, :, y, x, None, None] * weight[:, 0]
    expected = room[:, :, pad : pad + 3 * scale, pad : pad + 4 * scale]
    np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-12)
    arrays = {"data": data, "weight": weight}
    symbol = mx.sym.UpSampling(
        *map(mx.sym.Variable, arrays), scale=scale, sample_type="bilinear", num_filter=3
    )
    check_numeric_gradient(symbol, arrays)
    first, second = mx.sym.square(symbol).gradient(["data", "weight"])
    check_numeric_gradient(mx.sym.Group([first * 1, second * 1]), arrays, rtol=1e-5)


def test_bilinear_makes_its_weight():
    symbol = mx.sym.UpSampling(
        mx.sym.Variable("data"), scale=2, sample_type="bilinear", num_filter=3, name="up"
    )
    assert symbol.list_arguments() == ["data", "up_weight"]
    assert symbol.attr_dict()["up_weight"]["__init__"] == '["bilinear", {}]'
    shapes, outputs, _ = symbol.infer_shape(data=(2, 3, 4, 5))
    assert (shapes, outputs) == ([(2, 3, 4, 5), (3, 1, 4, 4)], [(2, 3, 8, 10)])
    again = mx.sym.load_json(symbol.tojson())
    assert again.list_arguments() == symbol.list_arguments()


def test_inputs_by_name():
    """As MXNet takes them, though the operator has any number of inputs."""
    data, weight = mx.sym.Variable("data"), mx.sym.Variable("w")
    symbol = mx.sym.UpSampling(
        data=data, weight=weight, scale=2, sample_type="bilinear", num_filter=3
    )
    assert symbol.list_arguments() == ["data", "w"]
    symbol = mx.sym.UpSampling(data, name="up", scale=2, sample_type="nearest", num_args=2)
    assert symbol.list_arguments() == ["data", "up_arg1"]


@pytest.mark.parametrize(
    ("shapes", "params"),
    [
        ([(1, 3, 4, 4), (1, 2, 3, 4)], {"sample_type": "nearest"}),
        ([(1, 3, 4, 4), (1, 2, 4, 4)], {"sample_type": "nearest", "multi_input_mode": "sum"}),
        ([(1, 3, 4, 4), (2, 3, 4, 4)], {"sample_type": "nearest"}),
        ([(1, 3, 4)], {"sample_type": "nearest"}),
        ([(1, 3, 4, 4)], {"sample_type": "bilinear", "num_filter": 2}),
    ],
)
def test_refused_enlargements(shapes, params):
    names = [f"x{i}" for i in range(len(shapes))]
    symbol = mx.sym.UpSampling(*map(mx.sym.Variable, names), scale=2, **params)
    with pytest.raises(ShapeError):
        symbol.infer_shape(**dict(zip(names, shapes, strict=True)))
