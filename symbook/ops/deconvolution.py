"""Transposed convolution: the gradient of a convolution's data, as a layer."""

from __future__ import annotations

from typing import Any

from ..errors import shape_text
from ..specs import Shape
from .casting import floating
from .convolution import (
    Count,
    Layout,
    Megabytes,
    Tuning,
    add_bias,
    bias_gradient,
    data_gradient_shape,
    divided,
    finished,
    fitting_weight,
    optional_bias,
    target,
    weight_gradient_shape,
)
from .convolve import correlate, spread, weigh
from .registry import op
from .rules import Mismatch, Params, Shapes, unify
from .windows import (
    Ints,
    Window,
    channels_first,
    check_layout,
    check_rank,
    shape_first,
    shape_in,
    window,
)

# Where windows lie in the result


def _placed(space: Shape, params: Params) -> tuple[Window, Shape]:
    """The windows in the result, and its space: `stride (size - 1) + reach - 2 pad + adj`.

    With a target shape, pad and adj follow from it; None for an unknown size.

    Raises
    ------
    Mismatch
        If nothing is left, or the target shape is out of reach.
    """
    at = window(params["kernel"], params["stride"], params["dilate"], params["pad"])
    whole = [
        None if size is None else s * (size - 1) + reach
        for size, s, reach in zip(space, at.stride, at.reach, strict=True)
    ]
    wanted: Ints = params["target_shape"]
    if any(wanted):
        return _to_target(at, whole, wanted)
    adj = params["adj"] or (0,) * len(whole)
    _check_adj(at, adj, "adj")
    rows = zip(whole, at.pad, adj, strict=True)
    sizes = tuple(None if size is None else size - 2 * p + a for size, p, a in rows)
    if any(size is not None and size < 1 for size in sizes):
        raise Mismatch(
            f"nothing is left of the result's space {shape_text(tuple(whole))} without"
            f" the padding {at.pad} on both sides",
            hint="Make pad smaller.",
        )
    return at, sizes


def _to_target(at: Window, whole: list[Any], wanted: Ints) -> tuple[Window, Shape]:
    if len(wanted) != len(whole) or min(wanted) < 1:
        raise Mismatch(
            f"target_shape {wanted} must have {len(whole)} numbers of at least 1",
            hint="Give the result's size along each axis of space.",
        )
    if any(size is not None and size < want for size, want in zip(whole, wanted, strict=True)):
        raise Mismatch(
            f"too big target shape {wanted}: without padding the result has {tuple(whole)}",
            hint="Make it smaller, or kernel or stride larger.",
        )
    over = [0 if size is None else size - want for size, want in zip(whole, wanted, strict=True)]
    _check_adj(at, tuple(rest % 2 for rest in over), "the adj for this target_shape")
    pad = tuple((rest + 1) // 2 for rest in over)
    return Window(at.kernel, at.stride, at.dilate, pad), wanted


def _check_adj(at: Window, adj: Ints, name: str) -> None:
    if len(adj) != len(at.stride) or not all(
        0 <= a < s for a, s in zip(adj, at.stride, strict=True)
    ):
        raise Mismatch(
            f"{name}, {adj}, must be smaller than stride {at.stride}",
            hint="It chooses between sizes that the convolution would give one result for.",
        )


def _deconvolution_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """From data all else."""
    data, weight, *bias = ins
    if data is None:
        return ins, outs
    kernel, layout = params["kernel"], params["layout"]
    filters, groups = params["num_filter"], params["num_group"]
    window(kernel)
    check_rank(data, len(kernel))
    check_layout(layout, len(kernel))
    batch, channels, *space = shape_first(data, layout)
    divided(channels, groups, "the number of channels")
    per_group = divided(filters, groups, "num_filter")
    weight = fitting_weight(data, shape_in((channels, per_group, *kernel), layout), weight)
    sizes = _placed(tuple(space), params)[1]
    out = unify(shape_in((batch, filters, *sizes), layout), outs[0])
    return (data, weight, *(unify((filters,), item) for item in bias)), (out,)


# The operator and its gradients

_SETTINGS = (
    "kernel",
    "stride",
    "dilate",
    "pad",
    "adj",
    "target_shape",
    "num_filter",
    "num_group",
    "layout",
)


def _gradient(F, g, y, data, weight, *bias, **params):
    settings = {key: params[key] for key in _SETTINGS}
    return (
        F._backward_Deconvolution_data(g, weight, data, **settings),
        F._backward_Deconvolution_weight(data, g, **settings),
        *(bias_gradient(F, g, params["kernel"], params["layout"]) for _ in bias),
    )


@op(
    "Deconvolution",
    shape=_deconvolution_shape,
    dtype=floating,
    inputs=optional_bias,
    gradient=_gradient,
)
def deconvolution(
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
    adj: Ints = (),
    target_shape: Ints = (),
    num_filter: Count,
    num_group: Count = 1,
    workspace: Megabytes = 512,
    no_bias: bool = True,
    cudnn_tune: Tuning = None,
    cudnn_off: bool = False,
    layout: Layout = None,
    out=None,
):
    """Transposed convolution of one to three dimensions of space: each number spreads a filter out.

    `out[n, f, sy y + dy i - py, sx x + dx j - px] += weight[c, f, i, j] data[n, c, y, x]`, summed over
    channels `c` and wherever places coincide, where `s`, `d` and `p` are stride, dilate and pad. It is the
    gradient of the data of a `Convolution` with these parameters, whose result has the shape of `data`.

    Shapes: data `(batch, channel, height, width)`, weight `(channel, num_filter / num_group, *kernel)`,
    bias `(num_filter,)`, result `(batch, num_filter, out_height, out_width)` with
    `out = stride (size - 1) + dilate (kernel - 1) + 1 - 2 pad + adj`; or with one or three dimensions of
    space. All have one floating-point dtype; float16 is computed in float32.

    kernel
        Size of a filter: `(w,)`, `(h, w)` or `(d, h, w)`.
    stride
        Distance of the filters' places; 1 by default.
    dilate
        Distance of the points in a filter; 1 by default.
    pad
        What is cut off on both sides of each dimension; 0 by default.
    adj
        What is added after each dimension: less than the stride. 0 by default.
    target_shape
        The result's space, instead of pad and adj, which then follow from it.
    num_filter
        Number of the result's channels.
    num_group
        The channels and filters are cut into so many groups, and each number spreads in its own group only.
    layout
        NCW, NCHW or NCDHW, the default; or NHWC, NDHWC: channels last, of weight
        `(channel, *kernel, num_filter / num_group)` too.
    no_bias
        There is no input `bias`, as by default.
    workspace
        Accepted, without effect.
    cudnn_tune
        Accepted, without effect.
    cudnn_off
        Accepted, without effect.

    Source: Zeiler, Krishnan, Taylor, Fergus, Deconvolutional Networks, 2010.

    >>> mx.nd.Deconvolution(mx.nd.array([[[1, 2]]]), mx.nd.ones((1, 1, 2)), kernel=(2,),
    ...                     num_filter=1).asnumpy()
    array([[[1., 3., 2.]]], dtype=float32)
    """
    params = dict(locals())  # as rules get them
    data, weight = channels_first(data, layout), channels_first(weight, layout)
    at, space = _placed(data.shape[2:], params)
    result = target(xp, (len(data), num_filter, *space), data.dtype, layout, out)
    spread(xp, data, weight, at, num_group, result)
    add_bias(result, bias)
    return finished(xp, result, layout, out)


@op(
    "_backward_Deconvolution_data",
    outline=("data",),
    shape=data_gradient_shape(_deconvolution_shape),
    dtype=floating,
    gradient=lambda F, g, y, grad, weight, data, **settings: (
        F.Deconvolution(g, weight, no_bias=True, **settings),
        F._backward_Deconvolution_weight(g, grad, **settings),
        None,
    ),
)
def backward_deconvolution_data(
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
    adj: Ints = (),
    target_shape: Ints = (),
    num_filter: Count,
    num_group: Count = 1,
    layout: Layout = None,
    out=None,
):
    """Gradient of the data of `Deconvolution`: the convolution of `grad`.

    Of `data`, the shape alone is used.
    """
    params = dict(locals())  # as rules get them
    grad, weight = channels_first(grad, layout), channels_first(weight, layout)
    shape = shape_first(data.shape, layout)
    result = target(xp, shape, grad.dtype, layout, out)
    correlate(xp, grad, weight, _placed(shape[2:], params)[0], num_group, result)
    return finished(xp, result, layout, out)


@op(
    "_backward_Deconvolution_weight",
    shape=weight_gradient_shape(_deconvolution_shape),
    dtype=floating,
    gradient=lambda F, g, y, data, grad, **settings: (
        F._backward_Deconvolution_data(grad, g, data, **settings),
        F.Deconvolution(data, g, no_bias=True, **settings),
    ),
)
def backward_deconvolution_weight(
    xp,
    data,
    grad,
    /,
    *,
    kernel: Ints,
    stride: Ints = (),
    dilate: Ints = (),
    pad: Ints = (),
    adj: Ints = (),
    target_shape: Ints = (),
    num_filter: Count,
    num_group: Count = 1,
    layout: Layout = None,
    out=None,
):
    """Gradient of the weight of `Deconvolution`: sums of the data times `grad` in the windows."""
    params = dict(locals())  # as rules get them
    data, grad = channels_first(data, layout), channels_first(grad, layout)
    shape = (data.shape[1], num_filter // num_group, *kernel)
    result = target(xp, shape, data.dtype, layout, out)
    weigh(xp, grad, data, _placed(data.shape[2:], params)[0], num_group, result)
    return finished(xp, result, layout, out)
