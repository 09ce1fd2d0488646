"""Normalisations, softmax and the like on a GPU: rows of any length, values of every kind."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from beside import beside, on_gpu, same
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import symbook as mx
from symbook.ops import registry
from symbook.ops.gpu import batch_norm

RANDOM = np.random.default_rng(11)
FLOATS = ["float16", "float32", "float64"]
DTYPES = st.sampled_from(FLOATS)
# Shorter and longer than a thread, a warp and a block take, and just so many.
ROWS = [1, 2, 15, 16, 17, 32, 255, 256, 257, 1024, 1025, 5000]


def examples(most):
    return settings(
        deadline=None,
        max_examples=most,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


def normal(shape, dtype="float32"):
    return RANDOM.normal(size=shape).astype(dtype)


# Softmax


@pytest.mark.parametrize("op", ["softmax", "softmin", "log_softmax"])
@pytest.mark.parametrize("n", ROWS)
def test_rows_of_any_length(gpu, op, n):
    for dtype in FLOATS:
        data = normal((3, n), dtype)
        shares = beside(gpu, op, data, times=4)[0]
        if op != "softmin":
            beside(gpu, f"_backward_{op}", normal(shares.shape, dtype), shares, axis=-1, times=4)


@examples(40)
@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=4),
    st.data(),
    DTYPES,
    st.sampled_from(["softmax", "log_softmax"]),
)
def test_any_axis(gpu, shape, draw, dtype, op):
    axis = draw.draw(st.integers(-len(shape), len(shape) - 1))
    params = {"axis": axis, "temperature": draw.draw(st.sampled_from([None, 1.0, 3.0]))}
    shares = beside(
        gpu, op, normal(shape, dtype), times=4,
        dtype=draw.draw(st.sampled_from([None, "float32", "float64"])), **params,
    )[0]  # fmt: skip
    beside(
        gpu, f"_backward_{op}", normal(shape, shares.dtype), shares, times=4, **params
    )  # fmt: skip


@pytest.mark.parametrize(
    "shape", [(9000, 20, 2), (2, 20, 9000), (3, 70, 20), (2, 1000, 3)], ids=str
)
def test_axes_in_the_middle(gpu, shape):
    beside(gpu, "softmax", normal(shape), axis=1, times=4)


def test_lengths(gpu):
    data = normal((4, 40, 3))
    lengths = RANDOM.integers(0, 42, (4, 3))
    for dtype in ("int32", "float32"):
        beside(gpu, "softmax", data, lengths.astype(dtype), axis=1, use_length=True, times=4)


@pytest.mark.parametrize("n", [3, 300])
def test_values_of_every_kind(gpu, n):
    data = normal((6, n))
    data[0], data[1, 1], data[2, 2], data[3, 0], data[4] = -np.inf, np.nan, np.inf, -np.inf, 3e38
    for op in ("softmax", "log_softmax", "softmin"):
        beside(gpu, op, data)


@pytest.mark.parametrize("shape", [(0, 5), (3, 0)], ids=str)
def test_softmax_of_nothing(gpu, shape):
    beside(gpu, "softmax", normal(shape))


@examples(40)
@given(
    st.sampled_from([(4, 6), (5, 3, 4), (3, 4, 2, 2), (2, 300)]),
    st.sampled_from(["null", "batch", "valid"]),
    st.data(),
    DTYPES,
)
def test_gradients_of_cross_entropy(gpu, shape, normalization, draw, dtype):
    multi, preserve = draw.draw(st.booleans()), draw.draw(st.booleans())
    params = {
        "multi_output": multi,
        "preserve_shape": preserve,
        "normalization": normalization,
        "use_ignore": draw.draw(st.booleans()),
        "ignore_label": float(draw.draw(st.integers(-1, 1))),
        "grad_scale": draw.draw(st.sampled_from([1.0, 0.5])),
        "out_grad": draw.draw(st.booleans()),
        "smooth_alpha": draw.draw(st.sampled_from([0.0, 0.1])),
    }
    label = RANDOM.integers(-1, 5, (shape[0], *shape[2:]) if multi else shape[:-1]).astype(dtype)
    shares = beside(gpu, "SoftmaxOutput", normal(shape, dtype), label, times=4, **params)[0]
    beside(gpu, "_backward_SoftmaxOutput", label, shares, times=4, **params)


# Batches


@examples(40)
@given(
    st.lists(st.integers(1, 7), min_size=2, max_size=4),
    st.data(),
    DTYPES,
    st.booleans(),
    st.booleans(),
)
def test_batches_of_any_shape(gpu, shape, draw, dtype, fix, stored):
    axis = draw.draw(st.integers(-len(shape), len(shape) - 1))
    vector = np.dtype("float32" if dtype == "float16" else dtype).type
    data, grad = normal(shape, dtype), normal(shape, dtype)
    gamma, beta, mean, var = (normal(shape[axis], vector) for _ in range(4))
    params = {
        "fix_gamma": fix,
        "use_global_stats": stored,
        "axis": axis,
        "is_train": draw.draw(st.booleans()),
    }
    arrays = (data, gamma, beta, mean, np.abs(var) + vector(1))
    cuts = draw.draw(st.sampled_from([(1024, 2048, 32), (7, 2, 1), (3, 1, 100)]))
    names = ("BLOCKS", "LEAST", "FEW")
    with mock.patch.multiple(batch_norm, **dict(zip(names, cuts, strict=True))):
        found = beside(gpu, "BatchNorm", *arrays, times=8, **params)
        inputs = (grad, data, gamma, found[1], found[2], mean, np.abs(var))
        given = {**params, "eps": 1e-3, "momentum": 0.9}
        beside_with_states(gpu, "_backward_BatchNorm", inputs, given)


def beside_with_states(gpu, name, arrays, params):
    """As `beside`, for an operator that changes its inputs."""
    op = registry.get(name)
    ours, changed = on_gpu(gpu, op, arrays, params)
    copies = [item.copy() for item in arrays]
    expected = op.call(np, copies, params)
    for a, b in zip((*ours, *changed), (*expected, *copies), strict=True):
        same(a, b, 8)


@pytest.mark.parametrize("shape", [(64, 3, 33, 31), (5000, 3), (4, 2, 5000)], ids=str)
@pytest.mark.parametrize("mean", [0, 1e3])
def test_large_batches_lose_nothing(gpu, shape, mean):
    """Beside float64, from float32 data whose mean is far larger than their deviation."""
    data = (normal(shape) + mean).astype("float32")
    one, zero = np.ones(shape[1], "float32"), np.zeros(shape[1], "float32")
    op = registry.get("BatchNorm")
    params = registry.sort_call(op, (data, one, zero, zero, one), {}, np.ndarray).params
    (result, found, inverse), _ = on_gpu(
        gpu, op, (data, one, zero, zero, one), {**params, "is_train": True}
    )
    axes = (0, *range(2, len(shape)))
    wide = data.astype("float64")
    np.testing.assert_allclose(found, wide.mean(axes), rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(inverse, 1 / np.sqrt(wide.var(axes) + 1e-3), rtol=2e-5)
    np.testing.assert_allclose(result.mean(axes), 0, atol=2e-3 if mean else 1e-6)


# Rows


@pytest.mark.parametrize("n", ROWS)
def test_layers_of_any_width(gpu, n):
    for dtype in FLOATS:
        data, gamma, beta = normal((5, n), dtype), normal(n, dtype), normal(n, dtype)
        if n == 1:
            data = np.ones_like(data)
        result, mean, std = beside(gpu, "LayerNorm", data, gamma, beta, times=10)
        if n > 1:
            grad = normal(result.shape, dtype)
            beside(gpu, "_backward_LayerNorm", grad, data, gamma, mean, std, axis=-1, times=20)


@examples(40)
@given(st.lists(st.integers(2, 6), min_size=3, max_size=4), st.data(), DTYPES)
def test_rows_of_any_array(gpu, shape, draw, dtype):
    data, grad = normal(shape, dtype), normal(shape, dtype)
    axis = draw.draw(st.integers(-len(shape), len(shape) - 1))
    gamma, beta = normal(shape[axis], dtype), normal(shape[axis], dtype)
    _, mean, std = beside(gpu, "LayerNorm", data, gamma, beta, axis=axis, times=10)
    beside(gpu, "_backward_LayerNorm", grad, data, gamma, mean, std, axis=axis, times=30)
    gamma, beta = normal(shape[1], dtype), normal(shape[1], dtype)
    _, mean, var = beside(gpu, "InstanceNorm", data, gamma, beta, times=10)
    beside(gpu, "_backward_InstanceNorm", grad, data, gamma, mean, var, eps=1e-3, times=30)
    groups = draw.draw(st.sampled_from([k for k in range(1, shape[1] + 1) if shape[1] % k == 0]))
    gamma, beta = normal(groups, dtype), normal(groups, dtype)
    _, mean, std = beside(gpu, "GroupNorm", data, gamma, beta, num_groups=groups, times=10)
    # A group of few elements has next to no gradient: its terms cancel.
    terms = float(np.abs(grad).max() * np.abs(gamma).max() / std.min())
    beside(
        gpu,
        "_backward_GroupNorm",
        *(grad, data, gamma, mean, std),
        num_groups=groups,
        times=30,
        terms=terms,
    )


@pytest.mark.parametrize("size", [1, 2, 3, 5, 9, 40])
def test_neighbours(gpu, size):
    for dtype in FLOATS:
        data = normal((2, 7, 3, 2), dtype)
        params = {"nsize": size, "alpha": 0.1, "beta": 0.75, "knorm": 2.0}
        _, norm = beside(gpu, "LRN", data, **params)
        beside(gpu, "_backward_LRN", normal(data.shape, dtype), data, norm, times=4, **params)


@pytest.mark.parametrize("mode", ["instance", "channel", "spatial"])
def test_lengths_of_one(gpu, mode):
    for dtype in FLOATS:
        data = normal((3, 4, 5, 6), dtype)
        result, norm = beside(gpu, "L2Normalization", data, mode=mode)
        beside(
            gpu,
            "_backward_L2Normalization",
            normal(data.shape, dtype),
            result,
            norm,
            mode=mode,
            times=4,
        )


# Units


@pytest.mark.parametrize("kind", ["leaky", "elu", "selu", "gelu", "prelu"])
def test_units_that_leak(gpu, kind):
    for dtype in FLOATS:
        data = np.concatenate(
            [normal(90, dtype), np.array([0, -0.0, np.inf, -np.inf, -1e4, 1e4], dtype)]
        )
        data = data.reshape(2, 3, 16)
        gamma = [normal(3, dtype)] if kind == "prelu" else []
        result = beside(gpu, "LeakyReLU", data, *gamma, act_type=kind, times=2)[0]
        grad = normal(data.shape, dtype)
        data[~np.isfinite(data)] = 1
        if kind == "prelu":
            beside(gpu, "_backward_prelu", grad, data, *gamma, times=2)
            beside(gpu, "_backward_prelu", grad, data, gamma[0][:1], times=2)
        else:
            result[~np.isfinite(result)] = 1
            beside(
                gpu, "_backward_LeakyReLU", grad, data, result, act_type=kind, slope=0.25, times=2
            )


def test_softrelu_far_out(gpu):
    data = np.array([-np.inf, -100, -1, 0, 19, 21, 90, 1e30, np.inf, np.nan], "float32")
    result = beside(gpu, "Activation", data, act_type="softrelu")[0]
    beside(gpu, "_backward_Activation", np.ones_like(data), result, act_type="softrelu")


# What is drawn


def dropped(gpu, shape, seed, **params):
    mx.random.seed(seed)
    symbol = mx.sym.Dropout(mx.sym.Variable("x"), mode="always", **params)
    executor = symbol.bind(gpu, {"x": mx.nd.ones(shape, ctx=gpu)})
    return executor.forward()[0].asnumpy()


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout_keeps_its_share_and_repeats_by_seed(gpu, p):
    first = dropped(gpu, (200, 300), 5, p=p)
    kept = np.float32(1) / np.float32(1 - np.float32(p))
    assert np.isin(first, [0, kept]).all()
    assert abs((first != 0).mean() - (1 - p)) < 0.01
    np.testing.assert_array_equal(dropped(gpu, (200, 300), 5, p=p), first)
    assert (dropped(gpu, (200, 300), 6, p=p) != first).any()


def test_axes_share_what_is_drawn(gpu):
    result = dropped(gpu, (40, 30, 20), 5, p=0.5, axes=(1,))
    np.testing.assert_array_equal(result, np.broadcast_to(result[:, :1], result.shape))
    assert 0.3 < (result[:, 0] == 0).mean() < 0.7
