"""Convolution and its transpose, as matrix products over strided views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from ..specs import Dim
from .casting import floating
from .convolve import correlate
from .params import Range
from .registry import Names, op
from .rules import Mismatch, Params, Shapes, unify
from .windows import (
    Ints,
    Window,
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


def _inputs(params: Mapping[str, Any]) -> Names:
    return ("data", "weight") if params["no_bias"] else ("data", "weight", "bias")


def _window(params: Params) -> Window:
    return window(params["kernel"], params["stride"], params["dilate"], params["pad"])


def _divided(count: Dim, groups: int, what: str) -> Dim:
    """Channels of a group."""
    if count is not None and count % groups:
        raise Mismatch(f"{what} {count} cannot be divided into {groups} groups")
    return None if count is None else count // groups


# Convolution


def _convolution_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """From data all else; of data, the batch from the output, and where the stride is 1, the space."""
    data, weight, *bias = ins
    if data is None:
        return ins, outs
    at, filters, groups = _window(params), params["num_filter"], params["num_group"]
    layout = params.get("layout")
    check_rank(data, len(at.kernel))
    check_layout(layout, len(at.kernel))
    _divided(filters, groups, "num_filter")
    batch, channels, *space = shape_first(data, layout)
    per_group = _divided(channels, groups, "the number of channels")
    weight = unify(shape_in((filters, per_group, *at.kernel), layout), weight)
    out = unify(shape_in((batch, filters, *at.counts(tuple(space))), layout), outs[0])
    assert out is not None
    found = shape_first(out, layout)
    known = (found[0], channels, *map(_size_before, space, found[2:], at.stride, at.pad, at.reach))
    data = unify(shape_in(known, layout), data)
    return (data, weight, *(unify((filters,), item) for item in bias)), (out,)


def _size_before(size: Dim, count: Dim, stride: int, pad: int, reach: int) -> Dim:
    """The size that gives so many windows, where only one does."""
    if size is None and count is not None and stride == 1:
        return count + reach - 1 - 2 * pad
    return size


def _biased(xp: Any, result: Any, bias: tuple[Any, ...]) -> None:
    """Add a bias for each channel to `(N, F, *counts)`."""
    if bias:
        result += bias[0].reshape(-1, *(1,) * (result.ndim - 2))


def _result(xp: Any, shape: Any, dtype: Any, layout: str | None, out: Any) -> Any:
    """A C-contiguous array with the channels first to compute in: `out` where that is one."""
    if out is not None and not is_last(layout) and out.flags.c_contiguous:
        return out
    return xp.empty(shape, dtype=dtype)


def _given(result: Any, layout: str | None, out: Any) -> Any:
    """The result in the operator's layout, in `out` where that is given."""
    if result is out:
        return out
    result = in_layout(result, layout)
    if out is None:
        return result.copy() if is_last(layout) else result
    out[...] = result
    return out


def _convolve(xp: Any, arrays: Any, at: Window, groups: int, layout: str | None, out: Any) -> Any:
    data, weight = (channels_first(item, layout) for item in arrays[:2])
    bias = arrays[2:]
    shape = (len(data), len(weight), *at.counts(data.shape[2:]))
    result = _result(xp, shape, data.dtype, layout, out)
    correlate(xp, data, weight, at, groups, result)
    _biased(xp, result, bias)
    return _given(result, layout, out)


@op("Convolution", shape=_convolution_shape, dtype=floating, inputs=_inputs)
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
    num_filter: Annotated[int, Range(1, None)],
    num_group: Annotated[int, Range(1, None)] = 1,
    workspace: Annotated[int, Range(0, None)] = 1024,
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
    stride, dilate
        Distance of windows, and of the points in a window; 1 by default.
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
    workspace, cudnn_tune, cudnn_off
        Accepted, without effect.

    >>> mx.nd.Convolution(mx.nd.ones((1, 1, 2, 3)), mx.nd.ones((1, 1, 2, 2)), no_bias=True,
    ...                   kernel=(2, 2), num_filter=1).asnumpy()
    array([[[[4., 4.]]]], dtype=float32)
    """
    arrays = (data, weight) if bias is None else (data, weight, bias)
    at = window(kernel, stride, dilate, pad)
    return _convolve(xp, arrays, at, num_group, layout, out)
