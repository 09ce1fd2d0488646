"""Parts of pictures: crops, pools over regions of interest, and the correlation of two pictures."""

from __future__ import annotations

import math
from typing import Annotated, Any

import numpy as np

from ..errors import shape_text
from .casting import floating
from .params import Range
from .registry import op
from .rules import Mismatch, Params, Shapes, first_dtype, unify
from .vision import Pair, require_pictures

Count = Annotated[int, Range(0, None)]
Positive = Annotated[int, Range(1, None)]


# Crops


def _corner(whole: Pair, part: Pair, offset: Pair, center_crop: bool) -> Pair:
    """Where a part of that size begins. Raises Mismatch if it does not fit."""
    first = tuple((w - p) // 2 for w, p in zip(whole, part, strict=True)) if center_crop else offset
    for start, size, all_of_it in zip(first, part, whole, strict=True):
        if start < 0 or start + size > all_of_it:
            raise Mismatch(
                f"a part of size {shape_text(part)} at {shape_text(first)} is not inside of "
                f"{shape_text(whole)}",
                hint="offset and h_w together must stay inside.",
            )
    return first


def _crop_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    if len(ins) > 2:
        raise Mismatch(
            "it takes an array, and one whose height and width to take; no more",
            hint="Give one or two inputs.",
        )
    for shape in ins:
        require_pictures(shape)
    data = ins[0]
    if data is None or (len(ins) == 2 and ins[1] is None):
        return ins, outs
    size = ins[1][2:] if len(ins) == 2 and ins[1] is not None else params["h_w"]
    if len(ins) == 1 and (len(size) != 2 or min(size) < 1):
        raise Mismatch(
            f"h_w {size} is not the height and width of a part",
            hint="Give h_w=(height, width), or a second input of that size.",
        )
    if None not in (*size, *data[2:]):
        _corner(data[2:], size, params["offset"], params["center_crop"])  # type: ignore[arg-type]
    return ins, (unify((*data[:2], *size), outs[0]),)


def _crop_gradient(F, g, y, data, *like, num_args, **params):
    return (F._backward_Crop(g, data, **params), *(None for _ in like))


@op("Crop", shape=_crop_shape, dtype=first_dtype, gradient=_crop_gradient)
def crop(
    xp,
    /,
    *data,
    num_args: Positive,
    offset: Pair = (0, 0),
    h_w: Pair = (0, 0),
    center_crop: bool = False,
):
    """A rectangle of each picture: shape (batch, channel, H, W) gives (batch, channel, h, w).

    Its size is that of the second input, where there are two, and else `h_w`. The second input has no
    gradient.

    num_args
        How many inputs there are: 1 or 2.
    offset
        Upper left corner of the rectangle, (y, x).
    h_w
        Height and width of the rectangle.
    center_crop
        Take the middle of the picture instead of a rectangle at `offset`.

    >>> picture = mx.nd.arange(9).reshape((1, 1, 3, 3))
    >>> mx.nd.Crop(picture, offset=(0, 1), h_w=(2, 2), num_args=1).asnumpy()[0, 0]
    array([[1., 2.],
           [4., 5.]], dtype=float32)
    """
    size = data[1].shape[2:] if len(data) == 2 else h_w
    return xp.array(data[0][_window(data[0].shape[2:], size, offset, center_crop)])


def _window(whole: Pair, size: Pair, offset: Pair, center_crop: bool) -> tuple[Any, ...]:
    top, left = _corner(whole, size, offset, center_crop)
    return (..., slice(top, top + size[0]), slice(left, left + size[1]))


@op(
    "_backward_Crop",
    outline=("data",),
    shape=lambda ins, outs, params: (ins, (unify(ins[1], outs[0]),)),
    dtype=first_dtype,
    gradient=lambda F, g, y, grad, data, **params: (F.Crop(g, grad, num_args=2, **params), None),
)
def backward_crop(
    xp, grad, data, /, *, offset: Pair = (0, 0), h_w: Pair = (0, 0), center_crop: bool = False
):
    """The gradient of `Crop`: zeros around."""
    result = xp.zeros(data.shape, grad.dtype)
    result[_window(data.shape[2:], grad.shape[2:], offset, center_crop)] = grad
    return result


# Regions of interest


def _roi_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data, rois = ins
    require_pictures(data)
    size = params["pooled_size"]
    if len(size) != 2 or min(size) < 1:
        raise Mismatch(
            f"pooled_size {size} is not a height and a width",
            hint="For example: pooled_size=(7, 7).",
        )
    rois = unify(rois, (None if not rois else rois[0], 5))
    number = None if rois is None else rois[0]
    channels = None if data is None else data[1]
    out = unify(unify((number, channels, *size), outs[0]), outs[1])
    return (data, rois), (out, out)


def _edges(xp: Any, start: Any, end: Any, pooled: int, size: int) -> tuple[Any, Any]:
    """Where the bins of regions begin and end along one dimension: shapes (regions, pooled)."""
    length = xp.maximum(end - start + 1, 1)
    width = (length / start.dtype.type(pooled))[:, None]
    bins = xp.arange(pooled, dtype=start.dtype)
    first = xp.floor(bins * width) + start[:, None]
    last = xp.ceil((bins + 1) * width) + start[:, None]
    return xp.clip(first, 0, size).astype("int64"), xp.clip(last, 0, size).astype("int64")


def _away(xp: Any, values: Any) -> Any:
    """Rounded to whole numbers, halves away from 0 as in C."""
    return xp.trunc(values + xp.copysign(values.dtype.type(0.5), values))


def _steps(xp: Any, first: Any, last: Any) -> tuple[Any, Any]:
    """Positions in bins, as many for each as the largest has, and which of them are inside."""
    most = max(int((last - first).max()), 1)
    positions = first[:, None] + xp.arange(most)
    inside = positions < last[:, None]
    return xp.where(inside, positions, 0), inside


@op(
    "ROIPooling",
    shape=_roi_shape,
    dtype=floating,
    outputs=("output", "maxidx"),
    shown=lambda params: 1,
    gradient=lambda F, g, y, data, rois, **params: (
        F._backward_ROIPooling(g[0], y[1], rois, data),
        None,
    ),
)
def roi_pooling(xp, data, rois, /, *, pooled_size: Pair, spatial_scale: float):
    """The largest value in each bin of each region of interest: its features in one size.

    data of shape (batch, channel, H, W) and rois of shape (n, 5) give (n, channel, *pooled_size).
    A region is scaled, its corners rounded, both included, and divided into bins that may overlap by
    a pixel. A bin outside of the picture gives 0. The regions have no gradient. (R. Girshick,
    "Fast R-CNN", ICCV 2015, https://arxiv.org/abs/1504.08083, section 2.1.)

    data
        Feature maps.
    rois
        Regions: which picture of the batch, then left, top, right and bottom in pixels of the
        original picture. A region of no picture of the batch gives zeros.
    pooled_size
        Rows and columns of bins.
    spatial_scale
        Size of the feature map over that of the original picture.

    >>> features, region = mx.nd.arange(16).reshape((1, 1, 4, 4)), mx.nd.array([[0, 0, 0, 3, 3]])
    >>> mx.nd.ROIPooling(features, region, pooled_size=(2, 2), spatial_scale=1).asnumpy()[0, 0]
    array([[ 5.,  7.],
           [13., 15.]], dtype=float32)
    """
    if xp is not np:
        from .gpu.vision import roi_pool

        return roi_pool(xp, data, rois, pooled_size, float(spatial_scale))
    batch, channels, height, width = data.shape
    corners = _away(xp, rois[:, 1:] * rois.dtype.type(spatial_scale))
    left, top, right, bottom = corners.T
    rows = _edges(xp, top, bottom, pooled_size[0], height)
    columns = _edges(xp, left, right, pooled_size[1], width)
    result = xp.zeros((len(rois), channels, *pooled_size), data.dtype)
    places = xp.full(result.shape, -1, data.dtype)
    # A loop over regions: the bins of each have sizes of their own.
    for i, picture in enumerate(rois[:, 0].tolist()):
        if not 0 <= picture < batch:
            continue
        y, in_y = _steps(xp, rows[0][i], rows[1][i])
        x, in_x = _steps(xp, columns[0][i], columns[1][i])
        inside = in_y[:, None, :, None] & in_x[None, :, None, :]
        block = data[int(picture)][:, y[:, None, :, None], x[None, :, None, :]]
        block = xp.where(inside, block, -math.inf).reshape(channels, *pooled_size, -1)
        best = xp.argmax(block, axis=-1)[..., None]
        pixel = (y[:, None, :, None] * width + x[None, :, None, :]).reshape(1, *pooled_size, -1)
        filled = inside.any(axis=(2, 3))
        largest = xp.take_along_axis(block, best, axis=-1)[..., 0]
        where = xp.take_along_axis(xp.broadcast_to(pixel, block.shape), best, axis=-1)[..., 0]
        result[i] = xp.where(filled, largest, 0)
        places[i] = xp.where(filled, where, -1)
    return result, places


@op(
    "_backward_ROIPooling",
    outline=("data",),
    shape=lambda ins, outs, params: (ins, (unify(ins[3], outs[0]),)),
    dtype=floating,
)
def backward_roi_pooling(xp, grad, places, rois, data, /):
    """The gradient of `ROIPooling`: each bin's goes to the pixel that was the largest."""
    if xp is not np:
        from .gpu.vision import roi_pool_backward

        return roi_pool_backward(xp, grad, places, rois, data)
    batch, channels, height, width = data.shape
    result = xp.zeros(data.size, data.dtype)
    pictures = rois[:, 0].reshape(-1, 1, 1, 1)
    inside = (places >= 0) & (pictures >= 0) & (pictures < batch)
    planes = xp.where(pictures >= 0, pictures, 0).astype("int64") * channels
    planes = planes + xp.arange(channels).reshape(1, -1, 1, 1)
    where = planes * (height * width) + places.astype("int64")
    xp.add.at(result, where[inside], grad[inside])
    return result.reshape(data.shape)
