"""Grids of places in pictures, and sampling there: the parts of a spatial transformer.

A place is a pair (x, y) with the centres of a picture's corner pixels at ±1. M. Jaderberg et al.,
"Spatial transformer networks", NIPS 2015, https://arxiv.org/abs/1506.02025.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ..errors import shape_text
from ..specs import Dim, Shape
from .casting import floating
from .registry import op
from .rules import Mismatch, Params, Shapes, unify

Pair = tuple[int, ...]


def require_pictures(shape: Shape | None, what: str = "pictures") -> None:
    """Raise Mismatch unless there are four dimensions: batch, channel, y, x."""
    if shape is not None and len(shape) != 4:
        raise Mismatch(
            f"{what} have the shape (batch, channel, y, x), not {shape_text(shape)}",
            hint="x.reshape((1, 1, 4, 4)), for example.",
        )


def _require_target(target: Pair) -> Pair:
    if len(target) != 2 or min(target) < 1:
        raise Mismatch(
            f"target_shape {target} is not the height and width of a picture",
            hint="Give both: target_shape=(28, 28).",
        )
    return target


def _evenly(xp: Any, size: int, dtype: Any) -> Any:
    """Numbers from -1 to 1; of size 1, NaN as in MXNet."""
    return -1 + xp.arange(size, dtype=dtype) * (dtype.type(2) / dtype.type(size - 1))


def _target_places(xp: Any, target: Pair, dtype: Any) -> Any:
    """x, y and 1 of each pixel of a picture of that size, row by row: shape (3, pixels)."""
    y, x = (_evenly(xp, size, dtype) for size in target)
    ones = xp.ones(target, dtype)
    return xp.stack([(ones * x).ravel(), (ones * y[:, None]).ravel(), ones.ravel()])


# Grids


def _grid_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """The grid, and the places before the transformation, which are hidden."""
    (data,) = ins
    grid, places = outs
    if params["transform_type"] == "affine":
        height, width = _require_target(params["target_shape"])
        data = unify(data, (None, 6)) or ()
        return (data,), (
            unify((data[0], 2, height, width), grid),
            unify((3, height * width), places),
        )
    require_pictures(data, "flow fields")
    if data is None:
        return ins, outs
    data = unify(unify(data, (None, 2, None, None)), grid) or ()
    pixels = None if None in data[2:] else _product(data[2:])
    return (data,), (data, unify((2, pixels), places))


def _product(dims: Shape) -> Dim:
    height, width = dims
    return None if height is None or width is None else height * width


def _pixels(xp: Any, shape: Pair, dtype: Any) -> Any:
    """x and y of each pixel, as numbers from 0: shape (2, height, width)."""
    height, width = shape
    ones = xp.ones((height, width), dtype)
    columns, rows = xp.arange(width, dtype=dtype), xp.arange(height, dtype=dtype)
    return xp.stack([ones * columns, ones * rows[:, None]])


def _half_sizes(xp: Any, shape: Pair, dtype: Any) -> Any:
    """Half the distances of the corner pixels, for x and y: shape (2, 1, 1)."""
    result = xp.empty((2, 1, 1), dtype)
    for i, size in enumerate(shape[::-1]):
        result[i] = (size - 1) / 2
    return result


@op(
    "GridGenerator",
    shape=_grid_shape,
    dtype=floating,
    outputs=("output", "grid_dst"),
    shown=lambda params: 1,
    gradient=lambda F, g, y, data, **params: F._backward_GridGenerator(g[0], y[1], data, **params),
)
def grid_generator(
    xp,
    data,
    /,
    *,
    transform_type: Literal["affine", "warp"],
    target_shape: Pair = (0, 0),
):
    """Places to sample a picture at, for `BilinearSampler`: shape (batch, 2, height, width), x then y.

    affine: each place of the target is multiplied by a 2×3 matrix, `[a b c; d e f] [x y 1]ᵀ`.
    warp: a flow is added to each pixel's place. A size of 1 gives NaN or infinities, as in MXNet.
    (M. Jaderberg et al., NIPS 2015, https://arxiv.org/abs/1506.02025, section 3.2.)

    data
        affine: the matrices row by row, shape (batch, 6). warp: flows in pixels, of shape
        (batch, 2, height, width), x then y.
    transform_type
        What `data` is.
    target_shape
        affine: height and width of the grid.

    >>> same = mx.nd.array([[1, 0, 0, 0, 1, 0]])
    >>> mx.nd.GridGenerator(same, transform_type="affine", target_shape=(2, 3)).asnumpy()[0, 0]
    array([[-1.,  0.,  1.],
           [-1.,  0.,  1.]], dtype=float32)
    """
    dtype = data.dtype
    if transform_type == "affine":
        places = _target_places(xp, target_shape, dtype)
        grid = xp.matmul(data.reshape(-1, 2, 3), places)
        return grid.reshape(-1, 2, *target_shape), places
    pixels = _pixels(xp, data.shape[2:], dtype)
    grid = (data + pixels) / _half_sizes(xp, data.shape[2:], dtype) - 1
    return grid, pixels.reshape(2, -1)


@op(
    "_backward_GridGenerator",
    shape=lambda ins, outs, params: (ins, (unify(ins[2], outs[0]),)),
    dtype=floating,
)
def backward_grid_generator(
    xp, grad, places, data, /, *, transform_type: Literal["affine", "warp"], target_shape: Pair
):
    """The gradient of `GridGenerator`: of the matrices, or of the flows."""
    if transform_type == "affine":
        return xp.matmul(grad.reshape(len(grad), 2, -1), places.T).reshape(data.shape)
    return grad / _half_sizes(xp, data.shape[2:], data.dtype)


# Sampling


def _corners(xp: Any, grid: Any, height: int, width: int) -> tuple[Any, Any, list[Any]]:
    """Distances to the upper left pixels in x and y, and for each corner its pixel, or -1 outside.

    Corners in the order (0, 0), (0, 1), (1, 0), (1, 1) of (down, right); shapes (batch, h, w).
    """
    x = (grid[:, 0] + 1) * grid.dtype.type((width - 1) / 2)
    y = (grid[:, 1] + 1) * grid.dtype.type((height - 1) / 2)
    left, top = xp.floor(x), xp.floor(y)
    pixels = []
    for down in (0, 1):
        for right in (0, 1):
            row, column = top + down, left + right
            inside = (row >= 0) & (row <= height - 1) & (column >= 0) & (column <= width - 1)
            row, column = xp.where(inside, row, 0), xp.where(inside, column, 0)
            place = row.astype("int64") * width + column.astype("int64")
            pixels.append(xp.where(inside, place, -1))
    return x - left, y - top, pixels


def _picked(xp: Any, data: Any, pixels: Any) -> Any:
    """Values at these pixels, in all channels: shape (batch, channel, h, w); 0 outside."""
    batch, channels = data.shape[:2]
    flat = data.reshape(batch, channels, -1)
    places = xp.maximum(pixels, 0).reshape(batch, 1, -1)
    found = xp.take_along_axis(flat, places, axis=2).reshape(batch, channels, *pixels.shape[1:])
    return xp.where(pixels[:, None] >= 0, found, data.dtype.type(0))


def _shares(x: Any, y: Any) -> list[Any]:
    """The weights of the corners, in their order."""
    return [(1 - y) * (1 - x), (1 - y) * x, y * (1 - x), y * x]


def _sampled(xp: Any, data: Any, grid: Any) -> Any:
    """Pictures at the places of a grid."""
    if xp is not np:
        from .gpu.vision import sample

        return sample(xp, data, grid)
    x, y, pixels = _corners(xp, grid, *data.shape[2:])
    return sum(
        _picked(xp, data, place) * share[:, None]
        for place, share in zip(pixels, _shares(x, y), strict=True)
    )


def _sampler_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data, grid = ins
    require_pictures(data)
    require_pictures(grid, "grids")
    if data is None or grid is None:
        return ins, outs
    batch = unify(data[:1], grid[:1]) or ()
    grid = unify(grid, (*batch, 2, None, None)) or ()
    data = (*batch, *data[1:])
    shape = (*data[:2], *grid[2:])
    return (data, grid), (unify(shape, outs[0]), unify((*batch, *grid[2:], 2), outs[1]))


@op(
    "BilinearSampler",
    shape=_sampler_shape,
    dtype=floating,
    outputs=("output", "tmp"),
    shown=lambda params: 1,
    gradient=lambda F, g, y, data, grid, **params: tuple(
        F._backward_BilinearSampler(g[0], data, grid)
    ),
)
def bilinear_sampler(xp, data, grid, /, *, cudnn_off: bool | None = None):
    """Pictures at the places of a grid, each the mean of four pixels, weighted by nearness.

    data of shape (batch, channel, H, W) and grid of shape (batch, 2, h, w) give
    (batch, channel, h, w): the value at `((x + 1) (W - 1) / 2, (y + 1) (H - 1) / 2)`. Pixels outside
    count as 0. (M. Jaderberg et al., NIPS 2015, https://arxiv.org/abs/1506.02025, section 3.3.)

    data
        Pictures.
    grid
        Places, x then y; the corners of a picture are at ±1.
    cudnn_off
        MXNet has it; it changes nothing here.

    >>> picture, middle = mx.nd.array([[[[0, 2], [4, 6]]]]), mx.nd.zeros((1, 2, 1, 1))
    >>> mx.nd.BilinearSampler(picture, middle).asnumpy().ravel()
    array([3.], dtype=float32)
    """
    sizes = _half_sizes(xp, data.shape[2:], data.dtype).reshape(2)
    places = (xp.moveaxis(grid, 1, -1) + 1) * sizes
    return _sampled(xp, data, grid), places


def _both_shapes(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    return ins, (unify(ins[1], outs[0]), unify(ins[2], outs[1]))


@op("_backward_BilinearSampler", shape=_both_shapes, dtype=floating, outputs=("data", "grid"))
def backward_bilinear_sampler(xp, grad, data, grid, /):
    """The gradients of `BilinearSampler`: of the pictures and of the grid."""
    if xp is not np:
        from .gpu.vision import sample_backward

        return sample_backward(xp, grad, data, grid)
    batch, channels, height, width = data.shape
    x, y, pixels = _corners(xp, grid, height, width)
    to_data = xp.zeros((batch * channels, height * width), data.dtype)
    rows = xp.arange(batch * channels).reshape(batch, channels, 1, 1)
    values = []
    for place, share in zip(pixels, _shares(x, y), strict=True):
        inside = xp.broadcast_to((place >= 0)[:, None], grad.shape)
        where = rows * (height * width) + place[:, None]
        xp.add.at(to_data.reshape(-1), where[inside], (grad * share[:, None])[inside])
        values.append((_picked(xp, data, place) * grad).sum(axis=1))
    (a, b), (c, d) = values[:2], values[2:]
    to_x = ((b - a) * (1 - y) + (d - c) * y) * grid.dtype.type((width - 1) / 2)
    to_y = ((c - a) * (1 - x) + (d - b) * x) * grid.dtype.type((height - 1) / 2)
    return to_data.reshape(data.shape), xp.stack([to_x, to_y], axis=1)


# Both


def _transformer_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data, loc = ins
    require_pictures(data)
    height, width = _require_target(params["target_shape"])
    if data is None:
        return ins, outs
    batch, channels = data[:2]
    return (data, unify(loc, (batch, 6))), (
        unify((batch, channels, height, width), outs[0]),
        unify((3, height * width), outs[1]),
        unify((batch, 2, height * width), outs[2]),
    )


def _transformer_gradient(F, g, y, data, loc, target_shape, transform_type, **params):
    grid = F.reshape(y[2], shape=(0, 0, *target_shape))
    to_data, to_grid = F._backward_BilinearSampler(g[0], data, grid)
    to_loc = F._backward_GridGenerator(
        to_grid, y[1], loc, transform_type=transform_type, target_shape=target_shape
    )
    return to_data, to_loc


@op(
    "SpatialTransformer",
    shape=_transformer_shape,
    dtype=floating,
    outputs=("output", "grid_dst", "grid_src"),
    shown=lambda params: 1,
    gradient=_transformer_gradient,
)
def spatial_transformer(
    xp,
    data,
    loc,
    /,
    *,
    target_shape: Pair = (0, 0),
    transform_type: Literal["affine"],
    sampler_type: Literal["bilinear"],
    cudnn_off: bool | None = None,
):
    """Pictures turned, scaled, sheared and moved: `GridGenerator` and `BilinearSampler` in one.

    data of shape (batch, channel, H, W) gives (batch, channel, *target_shape). (M. Jaderberg et al.,
    "Spatial transformer networks", NIPS 2015, https://arxiv.org/abs/1506.02025.)

    data
        Pictures.
    loc
        The 2×3 matrices row by row, shape (batch, 6): from places in the result to places in the
        picture.
    target_shape
        Height and width of the result.
    transform_type
        Only affine.
    sampler_type
        Only bilinear.
    cudnn_off
        MXNet has it; it changes nothing here.

    >>> picture, mirrored = mx.nd.array([[[[0, 2], [4, 6]]]]), mx.nd.array([[-1, 0, 0, 0, 1, 0]])
    >>> kinds = {"transform_type": "affine", "sampler_type": "bilinear"}
    >>> mx.nd.SpatialTransformer(picture, mirrored, target_shape=(2, 2), **kinds).asnumpy()[0, 0]
    array([[2., 0.],
           [6., 4.]], dtype=float32)
    """
    places = _target_places(xp, target_shape, data.dtype)
    grid = xp.matmul(loc.reshape(-1, 2, 3), places)
    return _sampled(xp, data, grid.reshape(-1, 2, *target_shape)), places, grid
