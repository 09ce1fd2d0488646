"""Spatial transformers, regions, crops and correlation: against loops over pixels, and differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
from gradients import check_numeric_gradient

import symbook as mx
from symbook.errors import SymbookError

RNG = np.random.default_rng(17)
AFFINE = {"transform_type": "affine"}
BOTH = {"transform_type": "affine", "sampler_type": "bilinear"}


def rand(*shape):
    return RNG.standard_normal(shape)


def nd(array):
    return mx.nd.array(array, dtype=array.dtype)


def run(op, *arrays, **params):
    return getattr(mx.nd, op)(*map(nd, arrays), **params).asnumpy()


def check_gradient(op, *arrays, wrt=None, **params):
    names = [f"x{i}" for i in range(len(arrays))]
    symbol = getattr(mx.sym, op)(*map(mx.sym.Variable, names), **params)
    values = dict(zip(names, arrays, strict=True))
    check_numeric_gradient(symbol, values, wrt=wrt, step=1e-6, rtol=1e-5)


def one_sample(picture, x, y):
    """A picture at a place, by the definition: each pixel's share falls off over one pixel."""
    height, width = picture.shape
    total = 0.0
    for row in range(height):
        for column in range(width):
            share = max(0, 1 - abs(x - column)) * max(0, 1 - abs(y - row))
            total += picture[row, column] * share
    return total


def sampled(data, grid):
    batch, channels, height, width = data.shape
    result = np.zeros((batch, channels, *grid.shape[2:]))
    for b, c, i, j in np.ndindex(*result.shape):
        x, y = (grid[b, 0, i, j] + 1) * (width - 1) / 2, (grid[b, 1, i, j] + 1) * (height - 1) / 2
        result[b, c, i, j] = one_sample(data[b, c], x, y)
    return result


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_sampler(dtype):
    data, grid = rand(2, 3, 4, 5).astype(dtype), RNG.uniform(-1.6, 1.6, (2, 2, 3, 2)).astype(dtype)
    result = run("BilinearSampler", data, grid)
    assert result.dtype == dtype
    rtol = {"float16": 2e-2, "float32": 1e-5, "float64": 1e-12}[dtype]
    np.testing.assert_allclose(
        result, sampled(data.astype("float64"), grid.astype("float64")), rtol=rtol, atol=rtol
    )


def test_sampler_gradient():
    # Away from pixels' centres, where the slope jumps.
    places = RNG.integers(-2, 6, (2, 2, 3, 2)) + RNG.uniform(0.1, 0.9, (2, 2, 3, 2))
    grid = places / np.array([4, 3]).reshape(1, 2, 1, 1) * 2 - 1
    check_gradient("BilinearSampler", rand(2, 3, 4, 5), grid)


def test_affine_grid():
    theta, (height, width) = rand(2, 6), (3, 4)
    result = run("GridGenerator", theta, target_shape=(height, width), **AFFINE)
    for b, i, j in np.ndindex(2, height, width):
        place = [-1 + 2 * j / (width - 1), -1 + 2 * i / (height - 1), 1]
        np.testing.assert_allclose(result[b, :, i, j], theta[b].reshape(2, 3) @ place)
    check_gradient("GridGenerator", theta, target_shape=(height, width), **AFFINE)


def test_warped_grid():
    flow = rand(2, 2, 3, 4)
    result = run("GridGenerator", flow, transform_type="warp")
    for b, i, j in np.ndindex(2, 3, 4):
        x, y = j + flow[b, 0, i, j], i + flow[b, 1, i, j]
        np.testing.assert_allclose(result[b, :, i, j], [2 * x / 3 - 1, 2 * y / 2 - 1])
    check_gradient("GridGenerator", flow, transform_type="warp")


def test_transformer_is_grid_and_sampler():
    data, theta = rand(2, 3, 4, 5), np.array([[1, 0, 0, 0, 1, 0]]) + 0.3 * rand(2, 6)
    result = run("SpatialTransformer", data, theta, target_shape=(3, 2), **BOTH)
    grid = run("GridGenerator", theta, target_shape=(3, 2), **AFFINE)
    np.testing.assert_allclose(result, sampled(data, grid), rtol=1e-10)
    check_gradient("SpatialTransformer", data, theta, target_shape=(3, 2), **BOTH)


def test_identity_gives_the_picture():
    data, same = rand(1, 2, 4, 5), np.array([[1.0, 0, 0, 0, 1, 0]])
    result = run("SpatialTransformer", data, same, target_shape=(4, 5), **BOTH)
    np.testing.assert_allclose(result, data, rtol=1e-10, atol=1e-12)


def away(x):
    return int(math.copysign(math.floor(abs(x) + 0.5), x))


def pooled(data, rois, size, scale):
    """Fast R-CNN's region pooling, one bin after the other."""
    channels, height, width = data.shape[1:]
    result = np.zeros((len(rois), channels, *size))
    for n, (picture, *corners) in enumerate(rois):
        left, top, right, bottom = (away(corner * scale) for corner in corners)
        tall = max(bottom - top + 1, 1) / size[0]
        wide = max(right - left + 1, 1) / size[1]
        for c, i, j in np.ndindex(channels, *size):
            y = [min(max(math.floor(i * tall) + top, 0), height)]
            y.append(min(max(math.ceil((i + 1) * tall) + top, 0), height))
            x = [min(max(math.floor(j * wide) + left, 0), width)]
            x.append(min(max(math.ceil((j + 1) * wide) + left, 0), width))
            part = data[int(picture), c, y[0] : y[1], x[0] : x[1]]
            result[n, c, i, j] = part.max() if part.size else 0
    return result


ROIS = np.array(
    [[0, 0, 0, 9, 7], [1, 2, 1, 2, 1], [1, -3, -2, 20, 30], [0, 5, 5, 1, 1], [0, 30, 30, 40, 40]]
)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (7, 7)])
@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_regions(size, scale):
    data = rand(2, 3, 6, 8)
    rois = ROIS.astype("float64")
    params = {"pooled_size": size, "spatial_scale": scale}
    np.testing.assert_array_equal(
        run("ROIPooling", data, rois, **params), pooled(data, rois, size, scale)
    )
    check_gradient("ROIPooling", data, rois, wrt=["x0"], **params)


def test_regions_of_no_picture():
    rois = np.array([[-1.0, 0, 0, 3, 3], [2, 0, 0, 3, 3]])
    result = run("ROIPooling", rand(2, 3, 4, 4), rois, pooled_size=(2, 2), spatial_scale=1)
    np.testing.assert_array_equal(result, np.zeros((2, 3, 2, 2)))
    check_gradient(
        "ROIPooling", rand(2, 3, 4, 4), rois, wrt=["x0"], pooled_size=(2, 2), spatial_scale=1
    )


def test_crop():
    data = rand(2, 3, 5, 6)
    close = np.testing.assert_array_equal
    close(run("Crop", data, h_w=(2, 3), offset=(1, 2), num_args=1), data[:, :, 1:3, 2:5])
    close(run("Crop", data, h_w=(2, 3), center_crop=True, num_args=1), data[:, :, 1:3, 1:4])
    like = rand(1, 1, 4, 2)
    close(run("Crop", data, like, num_args=2), data[:, :, :4, :2])
    close(run("Crop", data, like, num_args=2, center_crop=True), data[:, :, 0:4, 2:4])
    check_gradient("Crop", data, h_w=(2, 3), offset=(1, 2), num_args=1)
    check_gradient("Crop", data, like, center_crop=True, num_args=2)
    with pytest.raises(SymbookError, match="not inside"):
        run("Crop", data, h_w=(2, 3), offset=(4, 0), num_args=1)
    with pytest.raises(SymbookError, match="h_w"):
        run("Crop", data, num_args=1)


def correlated(a, b, kernel, reach, stride1, stride2, pad, multiply):
    batch, channels = a.shape[:2]
    a, b = (np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad))) for x in (a, b))
    border = reach + kernel // 2
    height, width = (math.ceil((size - 2 * border) / stride1) for size in a.shape[2:])
    steps = range(-(reach // stride2) * stride2, reach // stride2 * stride2 + 1, stride2)
    moves = [(dy, dx) for dy in steps for dx in steps]
    result = np.zeros((batch, len(moves), height, width))
    for (k, (dy, dx)), i, j in (
        (move, i, j) for move in enumerate(moves) for i in range(height) for j in range(width)
    ):
        y, x = i * stride1 + reach, j * stride1 + reach
        left = a[:, :, y : y + kernel, x : x + kernel]
        right = b[:, :, y + dy : y + dy + kernel, x + dx : x + dx + kernel]
        both = left * right if multiply else abs(left - right)
        result[:, k, i, j] = both.sum(axis=(1, 2, 3)) / (kernel**2 * channels)
    return result


@pytest.mark.parametrize(
    ("kernel", "reach", "stride1", "stride2", "pad"),
    [(1, 1, 1, 1, 0), (3, 2, 2, 1, 3), (1, 3, 1, 2, 3), (3, 0, 1, 1, 1), (1, 4, 2, 2, 4)],
)
@pytest.mark.parametrize("multiply", [False, True])
def test_correlation(kernel, reach, stride1, stride2, pad, multiply):
    a, b = rand(2, 3, 5, 6), rand(2, 3, 5, 6)
    params = {
        "kernel_size": kernel,
        "max_displacement": reach,
        "stride1": stride1,
        "stride2": stride2,
        "pad_size": pad,
        "is_multiply": multiply,
    }
    expected = correlated(a, b, kernel, reach, stride1, stride2, pad, multiply)
    np.testing.assert_allclose(run("Correlation", a, b, **params), expected, rtol=1e-10, atol=1e-12)
    check_gradient("Correlation", a, b, **params)


@pytest.mark.parametrize(
    ("op", "params", "given", "outputs"),
    [
        ("BilinearSampler", {}, {"data": (2, 3, 4, 5), "grid": (0, 2, 6, 7)}, (2, 3, 6, 7)),
        ("GridGenerator", {**AFFINE, "target_shape": (4, 5)}, {"data": (2, 0)}, (2, 2, 4, 5)),
        ("SpatialTransformer", {**BOTH, "target_shape": (4, 5)}, {"data": (2, 3, 8, 8)}, (2, 3, 4, 5)),
        (
            "ROIPooling",
            {"pooled_size": (2, 2), "spatial_scale": 1},
            {"data": (2, 3, 8, 8), "rois": (7, 5)},
            (7, 3, 2, 2),
        ),
        ("Correlation", {"pad_size": 1}, {"data1": (2, 3, 8, 8)}, (2, 9, 8, 8)),
    ],
)  # fmt: skip
def test_shapes(op, params, given, outputs):
    symbol = getattr(mx.sym, op)(name="f", **params)
    found = symbol.infer_shape(**{f"f_{key}": shape for key, shape in given.items()})
    assert found[1] == [outputs]
    assert all(0 not in shape for shape in found[0])


@pytest.mark.parametrize(
    ("op", "arrays", "params", "message"),
    [
        ("BilinearSampler", [(1, 1, 4, 4), (1, 3, 2, 2)], {}, "expected"),
        ("GridGenerator", [(1, 6)], AFFINE, "target_shape"),
        ("Correlation", [(1, 1, 4, 4)] * 2, {"kernel_size": 2}, "odd"),
        ("Correlation", [(1, 1, 2, 2)] * 2, {}, "nothing is left"),
        ("ROIPooling", [(1, 4, 4), (1, 5)], {"pooled_size": (2, 2), "spatial_scale": 1}, "batch"),
    ],
)
def test_refusals(op, arrays, params, message):
    with pytest.raises(SymbookError, match=message):
        run(op, *(rand(*shape) for shape in arrays), **params)


def test_hidden_outputs_are_as_many_as_mxnets():
    # node_row_ptr of MXNet 1.9.1's symbols.
    x = mx.sym.Variable("x")
    for symbol, count in (
        (mx.sym.BilinearSampler(x, x), 2),
        (mx.sym.GridGenerator(x, target_shape=(2, 2), **AFFINE), 2),
        (mx.sym.SpatialTransformer(x, x, target_shape=(2, 2), **BOTH), 3),
        (mx.sym.ROIPooling(x, x, pooled_size=(2, 2), spatial_scale=1), 2),
        (mx.sym.Correlation(x, x), 3),
    ):
        assert f'"node_row_ptr": [0, 1, {1 + count}]' in symbol.tojson()
        assert len(symbol.list_outputs()) == 1
