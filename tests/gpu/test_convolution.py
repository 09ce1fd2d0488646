"""Convolution and pooling on a GPU, of any geometry, beside the CPU's."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from itertools import product
from unittest import mock

import numpy as np
import pytest
from beside import beside, on_gpu, same
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symbook.ops.gpu import convolve, direct, pool, winograd
from symbook.ops.layers import Follower, layer

RANDOM = np.random.default_rng(7)
DTYPES = st.sampled_from(["float16", "float32", "float64"])
LAST = {1: None, 2: "NHWC", 3: "NDHWC"}


def examples(most):
    return settings(
        deadline=None,
        max_examples=most,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


def normal(shape, dtype):
    return RANDOM.normal(size=shape).astype(dtype)


@st.composite
def geometries(draw):
    """Parameters of a convolution, shapes of data and weight, and the result's."""
    rank = draw(st.integers(1, 3))

    def numbers(low, high):
        return tuple(draw(st.lists(st.integers(low, high), min_size=rank, max_size=rank)))

    kernel, stride, dilate, pad = numbers(1, 3), numbers(1, 3), numbers(1, 2), numbers(0, 2)
    rows = list(zip(kernel, dilate, pad, numbers(0, 4), strict=True))
    space = tuple(max(1, d * (k - 1) + 1 - 2 * p) + more for k, d, p, more in rows)
    groups = draw(st.integers(1, 3))
    channels, filters = (groups * draw(st.integers(1, 3)) for _ in range(2))
    counts = tuple(
        (size + 2 * p - d * (k - 1) - 1) // s + 1
        for size, (k, d, p, _), s in zip(space, rows, stride, strict=True)
    )
    batch = draw(st.integers(1, 4))
    params = {"kernel": kernel, "stride": stride, "dilate": dilate, "pad": pad}
    params |= {"num_filter": filters, "num_group": groups}
    shapes = (
        (batch, channels, *space),
        (filters, channels // groups, *kernel),
        (batch, filters, *counts),
    )
    return params, shapes


# What else decides how a convolution is done: sizes of blocks, together or each, by hand or not.
WAYS = st.tuples(st.sampled_from([1, 2**27]), st.sampled_from([0, 128]), st.sampled_from([0, 8]))


@contextmanager
def done(way):
    """Convolutions are done that way meanwhile."""
    block, few, most = way
    with (
        mock.patch.object(convolve, "BLOCK_BYTES", block),
        mock.patch.object(convolve, "FEW_PLACES", few),
        mock.patch.object(direct, "MOST", most),
    ):
        yield


@examples(25)
@given(st.data(), st.integers(1, 3), st.integers(1, 40), st.integers(1, 5), st.booleans())
def test_windows_of_nine_points(gpu, draw, batch, channels, filters, split):
    """By fewer multiplications, forward and back, and in blocks."""
    space = tuple(draw.draw(st.integers(3, 9)) for _ in range(2))
    pad = tuple(draw.draw(st.integers(0, 2)) for _ in range(2))
    params = {"kernel": (3, 3), "pad": pad, "num_filter": filters}
    data, weight = (
        normal((batch, channels, *space), "float32"),
        normal((filters, channels, 3, 3), "float32"),
    )
    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(winograd, "LEAST", 1))
        stack.enter_context(mock.patch.object(winograd, "MOST_WASTE", 9))
        stack.enter_context(mock.patch.object(convolve, "BLOCK_BYTES", 1 if split else 2**27))
        result = beside(
            gpu, "Convolution", data, weight, normal(filters, "float32"), times=4, **params
        )[0]
        grad = normal(result.shape, "float32")
        beside(gpu, "_backward_Convolution_data", grad, weight, data, times=4, **params)
        followers, arrays = chain(("bias", "norm", "add", "relu"), result.shape, "float32")
        op = layer(True, ("bias", "norm", "add", "relu"))
        given = [data, weight, *arrays]
        params = {
            "settings": {**params, "stride": (), "dilate": (), "num_group": 1},
            "followers": followers,
        }
        expected = op.call(np, given, params)[0]
        same(on_gpu(gpu, op, given, params)[0][0], expected, 8)


def last(array):
    return np.ascontiguousarray(np.moveaxis(array, 1, -1))


@examples(60)
@given(geometries(), WAYS, DTYPES, st.booleans(), st.booleans())
def test_convolutions_of_any_geometry(gpu, drawn, way, dtype, biased, channels_last):
    params, shapes = drawn
    rank = len(params["kernel"])
    data, weight, grad = (normal(shape, dtype) for shape in shapes)
    if channels_last and LAST[rank]:
        params = {**params, "layout": LAST[rank]}
        data, weight, grad = last(data), last(weight), last(grad)
    bias = [normal(shapes[1][:1], dtype)] if biased else []
    with done(way):
        beside(gpu, "Convolution", data, weight, *bias, no_bias=not biased, times=4, **params)
        beside(gpu, "_backward_Convolution_data", grad, weight, data, times=4, **params)
        beside(gpu, "_backward_Convolution_weight", data, grad, times=4, **params)


@examples(25)
@given(geometries(), WAYS, DTYPES, st.data())
def test_deconvolutions_of_any_geometry(gpu, drawn, way, dtype, more):
    """Of a result's shape: the data's is that of a convolution's result."""
    params, (_, _, small) = drawn
    adj = tuple(more.draw(st.integers(0, s - 1)) for s in params["stride"])
    rows = zip(
        small[2:], *(params[key] for key in ("kernel", "stride", "dilate", "pad")), adj, strict=True
    )
    space = [s * (n - 1) + d * (k - 1) + 1 - 2 * p + a for n, k, s, d, p, a in rows]
    if min(space) < 1:
        return
    groups = params["num_group"]
    filters = groups * more.draw(st.integers(1, 3))
    params = {**params, "num_filter": filters, "adj": adj}
    data = normal(small, dtype)
    weight = normal((small[1], filters // groups, *params["kernel"]), dtype)
    grad = normal((small[0], filters, *space), dtype)
    with done(way):
        beside(gpu, "Deconvolution", data, weight, no_bias=True, times=4, **params)
        beside(gpu, "_backward_Deconvolution_data", grad, weight, data, times=4, **params)
        beside(gpu, "_backward_Deconvolution_weight", data, grad, times=4, **params)


@pytest.mark.parametrize("batch", [0, 1])
def test_nothing_or_one_point(gpu, batch):
    at = {"kernel": (1, 1), "num_filter": 2}
    data, weight = normal((batch, 3, 1, 1), "float32"), normal((2, 3, 1, 1), "float32")
    beside(gpu, "Convolution", data, weight, no_bias=True, **at)
    beside(
        gpu, "_backward_Convolution_data", normal((batch, 2, 1, 1), "float32"), weight, data, **at
    )
    beside(gpu, "_backward_Convolution_weight", data, normal((batch, 2, 1, 1), "float32"), **at)


def test_results_are_the_same_in_every_run(gpu):
    """Of sums over many samples in several blocks, and over groups by hand."""
    for groups, most in product((1, 8), (2**12, 2**27)):
        at = {"kernel": (3, 3), "pad": (1, 1), "num_filter": 8, "num_group": groups}
        data, grad = normal((6, 8, 9, 9), "float32"), normal((6, 8, 9, 9), "float32")
        with mock.patch.object(convolve, "BLOCK_BYTES", most):
            runs = [
                beside(gpu, "_backward_Convolution_weight", data, grad, times=4, **at)
                for _ in range(3)
            ]
        assert len({run[0].tobytes() for run in runs}) == 1


# What follows

CHAINS = [
    ("bias",),
    ("norm",),
    ("bias", "norm", "relu"),
    ("norm", "add", "relu"),
    ("relu", "norm", "add", "norm", "relu"),
]


def chain(kinds, shape, dtype):
    """Followers, and the arrays that they read."""
    found, arrays = [], []
    for k, kind in enumerate(kinds):
        found.append(Follower(kind, 1e-3, bool(k % 2)) if kind == "norm" else Follower(kind))
        if kind == "norm":
            arrays += [normal(shape[1:2], dtype) for _ in range(3)] + [
                RANDOM.uniform(0.5, 2, shape[1]).astype(dtype)
            ]
        elif kind == "bias":
            arrays.append(normal(shape[1:2], dtype))
        elif kind == "add":
            arrays.append(normal(shape, dtype))
    return tuple(found), arrays


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kinds", CHAINS, ids="+".join)
@pytest.mark.parametrize("space", [(1, 1), (5, 7), (70, 80)], ids=str)
def test_what_follows_is_the_same_to_the_bit(gpu, kinds, dtype, space):
    if kinds[0] == "bias":
        kinds = ("relu", *kinds)
    shape = (2, 3, *space)
    followers, arrays = chain(kinds, shape, dtype)
    op = layer(False, kinds)
    given = [normal(shape, dtype), *arrays]
    expected = op.call(np, given, {"followers": followers})[0]
    results, _ = on_gpu(gpu, op, given, {"followers": followers})
    np.testing.assert_array_equal(results[0], expected)


@examples(15)
@given(geometries(), WAYS, st.sampled_from(CHAINS), st.sampled_from(["float32", "float64"]))
def test_convolutions_with_what_follows(gpu, drawn, way, kinds, dtype):
    params, shapes = drawn
    followers, arrays = chain(kinds, shapes[2], dtype)
    op = layer(True, kinds)
    given = [normal(shapes[0], dtype), normal(shapes[1], dtype), *arrays]
    params = {"settings": params, "followers": followers}
    expected = op.call(np, given, params)[0]
    with done(way):
        results, _ = on_gpu(gpu, op, given, params)
    same(results[0], expected, 4)


# Pooling


@st.composite
def poolings(draw):
    rank = draw(st.integers(1, 3))
    kernel = tuple(draw(st.integers(1, 4)) for _ in range(rank))
    convention = draw(st.sampled_from(["valid", "full", "same"]))
    pad = tuple(draw(st.integers(0, k // 2)) for k in kernel) if convention != "same" else ()
    space = tuple(k + draw(st.integers(0, 5)) for k in kernel)
    params = {
        "kernel": kernel,
        "stride": tuple(draw(st.integers(1, 3)) for _ in range(rank)),
        "pad": pad,
        "pooling_convention": convention,
        "global_pool": draw(st.integers(0, 4)) == 0,
        "count_include_pad": draw(st.booleans()),
    }
    if draw(st.booleans()):
        params["layout"] = {1: "NWC", 2: "NHWC", 3: "NDHWC"}[rank]
    return params, (draw(st.integers(1, 3)), draw(st.integers(1, 3)), *space)


@examples(60)
@given(poolings(), DTYPES, st.sampled_from(["max", "avg", "sum", "lp"]), st.sampled_from([1, 64]))
def test_poolings_of_any_geometry(gpu, drawn, dtype, kind, large):
    params, shape = drawn
    data = RANDOM.integers(-3, 4, shape).astype(dtype)
    if "layout" in params:
        data = last(data)
    more = {"p_value": 2} if kind == "lp" else {}
    with mock.patch.object(pool, "LARGE", large):
        result = beside(gpu, "Pooling", data, pool_type=kind, **params, **more)[0]
        if kind == "lp":
            return
        grad = normal(result.shape, dtype)
        beside(gpu, "_backward_Pooling", grad, data, result, pool_type=kind, times=2, **params)
        if kind == "max":
            given = {key: value for key, value in params.items() if key != "count_include_pad"}
            values = normal(data.shape, dtype)
            beside(gpu, "_backward_backward_Pooling", values, data, result, **given)


@examples(25)
@given(poolings(), DTYPES, st.sampled_from(["max", "avg", "sum"]))
def test_poolings_of_the_first_version(gpu, drawn, dtype, kind):
    params, shape = drawn
    if len(shape) == 3 or params["pooling_convention"] == "same":
        return
    params = {
        key: params[key] for key in ("kernel", "stride", "pad", "pooling_convention", "global_pool")
    }
    data = RANDOM.integers(-3, 4, shape).astype(dtype)
    result = beside(gpu, "Pooling_v1", data, pool_type=kind, **params)[0]
    beside(
        gpu,
        "_backward_Pooling_v1",
        normal(result.shape, dtype),
        data,
        result,
        pool_type=kind,
        times=2,
        **params,
    )


@pytest.mark.parametrize("size", [3, 16])
def test_maxima_pass_over_what_is_no_number(gpu, size):
    data = normal((2, 2, size, size), "float32")
    data[0, 0], data[0, 1, 1], data[1, 0, :, 0] = np.nan, np.nan, -np.inf
    for params in ({"kernel": (2, 2), "stride": (1, 1)}, {"global_pool": True, "kernel": ()}):
        result = beside(gpu, "Pooling", data, pool_type="max", **params)[0]
        beside(
            gpu, "_backward_Pooling", np.ones_like(result), data, result, pool_type="max", **params
        )
