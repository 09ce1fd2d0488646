"""im2col and col2im: windows as the columns of a matrix, and back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import shape_text
from ..specs import is_known, known
from .casting import floating
from .registry import op
from .rules import Mismatch, Params, Shapes, unify
from .windows import Ints, Window, at_offset, check_rank, inside, padded, sliding, window


def _columns_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    (data,) = ins
    at = window(params["kernel"], params["stride"], params["dilate"], params["pad"])
    if data is None or not is_known(data):
        return ins, outs
    check_rank(data, len(at.kernel))
    n, channels, *space = known(data)
    shape = (n, channels * math.prod(at.kernel), math.prod(at.whole_counts(space)))
    return ins, (unify(shape, outs[0]),)


def _image_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    (data,) = ins
    at = window(params["kernel"], params["stride"], params["dilate"], params["pad"])
    space = params["output_size"]
    if len(space) != len(at.kernel):
        raise Mismatch(
            f"output_size {space} must have as many numbers as kernel {at.kernel}",
            hint=f"Give {len(at.kernel)} of them.",
        )
    points, places = math.prod(at.kernel), math.prod(at.whole_counts(space))
    if data is None or not is_known(data):
        return ins, outs
    data = known(data)
    if len(data) != 3 or data[1] % points or data[2] != places:
        raise Mismatch(
            f"data must have the shape (batch, channels * {points}, {places}), not {shape_text(data)}",
            hint="It is what im2col gives.",
        )
    return ins, (unify((data[0], data[1] // points, *space), outs[0]),)


def _backward_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    grad, data = ins
    shape = unify(data, outs[0])
    (shape,), (grad,) = _columns_shape((shape,), (grad,), params)
    return (grad, shape), (shape,)


def _to_columns(xp, data, at):
    """`(N, C, *space)` as `(N, C * kernel, counts)`."""
    counts = at.whole_counts(data.shape[2:])
    if xp is not np:
        from .gpu.unfold import columns_of

        return columns_of(xp, data, at, counts)
    views = sliding(xp, padded(xp, data, at.pad, at.pad, 0), at, counts)
    n, channels = data.shape[:2]
    return views.reshape(n, channels * math.prod(at.kernel), math.prod(counts)).copy()


def _to_image(xp, columns, at, space):
    """The sums, `(N, C, *space)`, of what columns `(N, C * kernel, counts)` have for each place."""
    wide = "float32" if columns.dtype == "float16" else columns.dtype
    n, channels = len(columns), columns.shape[1] // math.prod(at.kernel)
    if xp is not np:
        from .gpu.unfold import image_of

        return image_of(xp, columns, at, (n, channels, *space))
    room = (size + 2 * p for size, p in zip(space, at.pad, strict=True))
    total = xp.zeros((n, channels, *room), dtype=wide)
    _add_columns(columns.swapaxes(0, 1), total, at, at.whole_counts(space))
    return xp.ascontiguousarray(total[inside(space, at.pad)]).astype(columns.dtype, copy=False)


def _add_columns(columns: Any, total: Any, at: Window, counts: Ints) -> None:
    """Add columns `(C * kernel, samples, counts)` to the points that they are copies of."""
    samples, channels = total.shape[:2]
    columns = columns.reshape(channels, math.prod(at.kernel), samples, *counts)
    for i, offset in enumerate(at.offsets()):
        place = at_offset(total, offset, at.stride, counts)
        place += columns[:, i].swapaxes(0, 1)


@op(
    "im2col",
    shape=_columns_shape,
    dtype=floating,
    gradient=lambda F, g, y, data, **params: F._backward_im2col(g, data, **params),
)
def im2col(xp, data, /, *, kernel: Ints, stride: Ints = (), dilate: Ints = (), pad: Ints = ()):
    """The windows of an array as the columns of a matrix, which a convolution multiplies.

    Shapes: data `(batch, channel, *space)` with one to three dimensions of space, result
    `(batch, channel * kernel points, windows)`, where windows are counted as in `Convolution`.

    kernel
        Size of a window: `(w,)`, `(h, w)` or `(d, h, w)`.
    stride
        Distance of windows; 1 by default.
    dilate
        Distance of the points in a window; 1 by default.
    pad
        Zeros on both sides of each dimension of space; 0 by default.

    >>> mx.nd.im2col(mx.nd.array([[[1, 2, 3]]]), kernel=(2,)).asnumpy()
    array([[[1., 2.],
            [2., 3.]]], dtype=float32)
    """
    return _to_columns(xp, data, window(kernel, stride, dilate, pad))


@op(
    "col2im",
    shape=_image_shape,
    dtype=floating,
    gradient=lambda F, g, y, data, output_size, **params: F.im2col(g, **params),
)
def col2im(
    xp,
    data,
    /,
    *,
    output_size: Ints,
    kernel: Ints,
    stride: Ints = (),
    dilate: Ints = (),
    pad: Ints = (),
):
    """Columns of windows added up where they lie: the gradient of `im2col`, and not its inverse.

    Shapes: data `(batch, channel * kernel points, windows)`, result `(batch, channel, *output_size)`.

    output_size
        The result's space.
    kernel
        Size of a window: `(w,)`, `(h, w)` or `(d, h, w)`.
    stride
        Distance of windows; 1 by default.
    dilate
        Distance of the points in a window; 1 by default.
    pad
        Of both sides of each dimension, what is left out of the result; 0 by default.

    >>> mx.nd.col2im(mx.nd.array([[[1, 2], [2, 3]]]), output_size=(3,), kernel=(2,)).asnumpy()
    array([[[1., 4., 3.]]], dtype=float32)
    """
    return _to_image(xp, data, window(kernel, stride, dilate, pad), output_size)


@op(
    "_backward_im2col",
    outline=("data",),
    shape=_backward_shape,
    dtype=floating,
    gradient=lambda F, g, y, grad, data, **params: (F.im2col(g, **params), None),
)
def backward_im2col(
    xp, grad, data, /, *, kernel: Ints, stride: Ints = (), dilate: Ints = (), pad: Ints = ()
):
    """Gradient of `im2col`: as `col2im`, to the shape of `data`."""
    return _to_image(xp, grad, window(kernel, stride, dilate, pad), data.shape[2:])
