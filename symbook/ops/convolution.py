"""Convolution, as matrix products with copies of its windows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np

from ..errors import shape_text
from ..specs import Dim, Shape, known
from .casting import floating
from .convolve import Where, correlate, spread, weigh
from .params import Range
from .registry import Names, op
from .rules import Mismatch, Params, ShapeRule, Shapes, unify
from .windows import (
    Ints,
    channels_first,
    check_layout,
    check_rank,
    in_layout,
    is_last,
    shape_first,
    shape_in,
    window,
)

Layout = Literal["NCDHW", "NCHW", "NCW", "NDHWC", "NHWC"] | None
Tuning = Literal["fastest", "limited_workspace", "off"] | None
Count = Annotated[int, Range(1, None)]
Megabytes = Annotated[int, Range(0, None)]


# What convolution and its transpose share


def optional_bias(params: Mapping[str, Any]) -> Names:
    """Names of the inputs."""
    return ("data", "weight") if params["no_bias"] else ("data", "weight", "bias")


def divided(count: Dim, groups: int, what: str) -> Dim:
    """How many of so many channels are in each group.

    Raises
    ------
    Mismatch
        If they cannot be divided.
    """
    if count is not None and count % groups:
        raise Mismatch(
            f"{what}, {count}, cannot be divided into {groups} groups",
            hint="Choose a num_group that divides it.",
        )
    return None if count is None else count // groups


def fitting_weight(data: Shape, wanted: Shape, weight: Shape | None) -> Shape | None:
    """The weight's shape, of which the data and the parameters say that it is `wanted`.

    Raises
    ------
    Mismatch
        If it is not.
    """
    try:
        return unify(wanted, weight)
    except Mismatch:
        raise Mismatch(
            f"data of shape {shape_text(data)} needs a weight of shape {shape_text(wanted)},"
            f" not {shape_text(weight or ())}",
            hint="It follows from num_filter, num_group, kernel and the number of channels.",
        ) from None


def adding(xp: Any, bias: Any) -> Any:
    """What :func:`convolve.correlate` does with its results: add a number for each channel."""
    if xp is not np:
        from .gpu.convolve import Following

        return Following(("bias",), (xp.ascontiguousarray(bias),))

    def finish(values: Any, place: Any, where: Where, matrix: Any = None) -> None:
        xp.add(values, bias[where[1]].reshape(-1, *(1,) * (place.ndim - 1)), out=place)

    return finish


def add_bias(result: Any, bias: Any) -> None:
    """Add a number for each channel to `(N, F, *counts)`; None is nothing."""
    if bias is not None:
        result += bias.reshape(-1, *(1,) * (result.ndim - 2))


def target(xp: Any, shape: Shape, dtype: Any, layout: str | None, out: Any) -> Any:
    """A C-contiguous array `(N, C, *space)` to compute in: `out` itself where it is one."""
    if out is not None and not is_last(layout) and out.flags.c_contiguous:
        return out
    return xp.empty(known(shape), dtype=dtype)


def finished(xp: Any, result: Any, layout: str | None, out: Any = None) -> Any:
    """What was computed in :func:`target`, in the operator's layout, and in `out` where that is given."""
    if result is out:
        return out
    result = in_layout(result, layout)
    if out is None:
        return xp.ascontiguousarray(result)
    out[...] = result
    return out


def bias_gradient(F: Any, g: Any, kernel: Ints, layout: str | None) -> Any:
    """What the bias of each channel gets: the sum over samples and space."""
    axes = range(len(kernel) + 2)
    channel = axes[-1] if is_last(layout) else 1
    return F.sum(g, axis=tuple(axis for axis in axes if axis != channel))


# Shapes


def _convolution_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """From data all else; of data, the batch from the output, and where the stride is 1, the space."""
    data, weight, *bias = ins
    if data is None:
        return ins, outs
    at = window(params["kernel"], params["stride"], params["dilate"], params["pad"])
    filters, groups, layout = params["num_filter"], params["num_group"], params["layout"]
    check_rank(data, len(at.kernel))
    check_layout(layout, len(at.kernel))
    divided(filters, groups, "num_filter")
    batch, channels, *space = shape_first(data, layout)
    per_group = divided(channels, groups, "the number of channels")
    weight = fitting_weight(data, shape_in((filters, per_group, *at.kernel), layout), weight)
    out = unify(shape_in((batch, filters, *at.counts(tuple(space))), layout), outs[0]) or ()
    batch, _, *counts = shape_first(out, layout)
    sizes = map(_size_before, space, counts, at.stride, at.pad, at.reach)
    data = unify(shape_in((batch, channels, *sizes), layout), data)
    return (data, weight, *(unify((filters,), item) for item in bias)), (out,)


def _size_before(size: Dim, count: Dim, stride: int, pad: int, reach: int) -> Dim:
    """The size that gives so many windows, where only one does."""
    if size is None and count is not None and stride == 1:
        return count + reach - 1 - 2 * pad
    return size


def data_gradient_shape(shape: ShapeRule) -> ShapeRule:
    """The rule of `(grad, weight, data) -> data` beside that of `(data, weight) -> grad`."""

    def rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
        grad, weight, data = ins
        (data, weight), (grad,) = shape((unify(data, outs[0]), weight), (grad,), params)
        return (grad, weight, data), (data,)

    return rule


def weight_gradient_shape(shape: ShapeRule) -> ShapeRule:
    """The rule of `(data, grad) -> weight` beside that of `(data, weight) -> grad`."""

    def rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
        data, grad = ins
        (data, weight), (grad,) = shape((data, outs[0]), (grad,), params)
        return (data, grad), (weight,)

    return rule


# Convolution

# What is the same for the operators of gradients.
_SETTINGS = ("kernel", "stride", "dilate", "pad", "num_filter", "num_group", "layout")


def _settings(params: Params) -> dict[str, Any]:
    return {key: params[key] for key in _SETTINGS}


def _gradient(F, g, y, data, weight, *bias, **params):
    settings = _settings(params)
    return (
        F._backward_Convolution_data(g, weight, data, **settings),
        F._backward_Convolution_weight(data, g, **settings),
        *(bias_gradient(F, g, params["kernel"], params["layout"]) for _ in bias),
    )


def _convolve(xp: Any, data: Any, weight: Any, bias: Any, settings: Params, out: Any) -> Any:
    layout = settings["layout"]
    data, weight = channels_first(data, layout), channels_first(weight, layout)
    at = window(settings["kernel"], settings["stride"], settings["dilate"], settings["pad"])
    shape = (len(data), len(weight), *at.whole_counts(data.shape[2:]))
    result = target(xp, shape, data.dtype, layout, out)
    finish = None if bias is None else adding(xp, bias)
    correlate(xp, data, weight, at, settings["num_group"], result, finish)
    return finished(xp, result, layout, out)


@op(
    "Convolution",
    shape=_convolution_shape,
    dtype=floating,
    inputs=optional_bias,
    gradient=_gradient,
)
def convolution(
    xp,
    data,
    weight,
    bias=None,
    /,
    *,
    kernel: Ints,
    stride: Ints = (),
    dilate: Ints = (),
    pad: Ints = (),
    num_filter: Count,
    num_group: Count = 1,
    workspace: Megabytes = 1024,
    no_bias: bool = False,
    cudnn_tune: Tuning = None,
    cudnn_off: bool = False,
    layout: Layout = None,
    out=None,
):
    """Convolution of one to three dimensions of space: a filter's sums over windows, filter by filter.

    `out[n, f, y, x] = bias[f] + Σ weight[f, c, i, j] data[n, c, sy y + dy i - py, sx x + dx j - px]`
    over channels `c` and points `(i, j)` of the kernel, where `s`, `d` and `p` are stride, dilate and
    pad, and data is 0 outside. It is a cross-correlation: the kernel is not flipped.

    Shapes: data `(batch, channel, height, width)`, weight `(num_filter, channel / num_group, *kernel)`,
    bias `(num_filter,)`, result `(batch, num_filter, out_height, out_width)` with
    `out = ⌊(size + 2 pad - dilate (kernel - 1) - 1) / stride⌋ + 1`. With one or three dimensions of space,
    the shapes have `width` or `depth, height, width` in place of `height, width`. All have one
    floating-point dtype; float16 is computed in float32.

    kernel
        Size of a window: `(w,)`, `(h, w)` or `(d, h, w)`. Its length says how many dimensions there are.
    stride
        Distance of windows; 1 by default.
    dilate
        Distance of the points in a window; 1 by default.
    pad
        Zeros on both sides of each dimension of space; 0 by default.
    num_filter
        Number of filters, which are the result's channels.
    num_group
        The channels and filters are cut into so many groups, and each filter sees the channels of its
        own group only. As many groups as channels make a depthwise convolution.
    no_bias
        There is no input `bias`.
    layout
        NCW, NCHW or NCDHW, the default; or NHWC, NDHWC: channels last, of weight
        `(num_filter, *kernel, channel / num_group)` too.
    workspace
        Accepted, without effect.
    cudnn_tune
        Accepted, without effect.
    cudnn_off
        Accepted, without effect.

    >>> mx.nd.Convolution(mx.nd.ones((1, 1, 2, 3)), mx.nd.ones((1, 1, 2, 2)), no_bias=True,
    ...                   kernel=(2, 2), num_filter=1).asnumpy()
    array([[[[4., 4.]]]], dtype=float32)
    """
    return _convolve(xp, data, weight, bias, _settings(locals()), out)


def _first_convolution_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    window(params["kernel"], least=2)
    return _convolution_shape(ins, outs, params)


@op(
    "Convolution_v1",
    shape=_first_convolution_shape,
    dtype=floating,
    inputs=optional_bias,
    gradient=_gradient,
)
def convolution_v1(
    xp,
    data,
    weight,
    bias=None,
    /,
    *,
    kernel: Ints,
    stride: Ints = (),
    dilate: Ints = (),
    pad: Ints = (),
    num_filter: Count,
    num_group: Count = 1,
    workspace: Megabytes = 1024,
    no_bias: bool = False,
    cudnn_tune: Tuning = None,
    cudnn_off: bool = False,
    layout: Literal["NCDHW", "NCHW", "NDHWC", "NHWC"] | None = None,
    out=None,
):
    """Convolution of two or three dimensions of space, as older files call it.

    The same as `Convolution`, with the same parameters.

    >>> mx.nd.Convolution_v1(mx.nd.ones((1, 1, 2, 3)), mx.nd.ones((1, 1, 2, 2)), no_bias=True,
    ...                      kernel=(2, 2), num_filter=1).asnumpy()
    array([[[[4., 4.]]]], dtype=float32)
    """
    return _convolve(xp, data, weight, bias, _settings(locals()), out)


@op(
    "_backward_Convolution_data",
    outline=("data",),
    shape=data_gradient_shape(_convolution_shape),
    dtype=floating,
    gradient=lambda F, g, y, grad, weight, data, **settings: (
        F.Convolution(g, weight, no_bias=True, **settings),
        F._backward_Convolution_weight(g, grad, **settings),
        None,
    ),
)
def backward_convolution_data(
    xp,
    grad,
    weight,
    data,
    /,
    *,
    kernel: Ints,
    stride: Ints = (),
    dilate: Ints = (),
    pad: Ints = (),
    num_filter: Count,
    num_group: Count = 1,
    layout: Layout = None,
    out=None,
):
    """Gradient of the data of `Convolution`: numbers of `grad` times the weights, added where they lay.

    Of `data`, the shape alone is used.
    """
    grad, weight = channels_first(grad, layout), channels_first(weight, layout)
    result = target(xp, shape_first(data.shape, layout), grad.dtype, layout, out)
    spread(xp, grad, weight, window(kernel, stride, dilate, pad), num_group, result)
    return finished(xp, result, layout, out)


@op(
    "_backward_Convolution_weight",
    shape=weight_gradient_shape(_convolution_shape),
    dtype=floating,
    gradient=lambda F, g, y, data, grad, **settings: (
        F._backward_Convolution_data(grad, g, data, **settings),
        F.Convolution(data, g, no_bias=True, **settings),
    ),
)
def backward_convolution_weight(
    xp,
    data,
    grad,
    /,
    *,
    kernel: Ints,
    stride: Ints = (),
    dilate: Ints = (),
    pad: Ints = (),
    num_filter: Count,
    num_group: Count = 1,
    layout: Layout = None,
    out=None,
):
    """Gradient of the weight of `Convolution`: sums of `grad` times the data in the windows."""
    data, grad = channels_first(data, layout), channels_first(grad, layout)
    shape = (grad.shape[1], data.shape[1] // num_group, *kernel)
    result = target(xp, shape, data.dtype, layout, out)
    weigh(xp, data, grad, window(kernel, stride, dilate, pad), num_group, result)
    return finished(xp, result, layout, out)
