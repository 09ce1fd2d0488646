"""Pooling: the largest, the mean, the sum or a norm of what lies in windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from ..errors import shape_text
from ..specs import Dim, Shape, known
from . import pool
from .casting import floating
from .pool import Line
from .registry import op
from .rules import Mismatch, Params, Shapes, unify
from .windows import (
    Ints,
    Window,
    channels_first,
    check_layout,
    check_rank,
    fitting,
    in_layout,
    is_last,
    shape_first,
    shape_in,
    window,
)

Kind = Literal["avg", "lp", "max", "sum"]
Convention = Literal["full", "same", "valid"]
Layout = Literal["NCDHW", "NCHW", "NCW", "NDHWC", "NHWC", "NWC"] | None


# Where windows lie


def pooling_window(space: Shape, params: Params) -> tuple[Window, Shape]:
    """The windows over arrays of that space, and how many there are; None where a size is not known."""
    rank, convention = len(space), params["pooling_convention"]
    if params["global_pool"]:
        whole = tuple(1 if size is None else size for size in space)
        return Window(whole, (1,) * rank, (1,) * rank, (0,) * rank), (1,) * rank
    pad: Ints = params["pad"]
    if convention == "same":
        if any(pad):
            raise Mismatch(
                f"pad {pad} has no place in the pooling convention 'same'",
                hint="Leave pad out, or choose pooling_convention='valid'.",
            )
        pad = ()
    at = window(params["kernel"], params["stride"], (), pad)
    if convention == "same":
        return at, tuple(_ceiling(size, s) for size, s in zip(space, at.stride, strict=True))
    if convention == "valid":
        return at, at.counts(space)
    rows = zip(space, at.pad, at.kernel, at.stride, strict=True)
    return at, tuple(
        None if size is None else 1 + -(-(fitting(size, p, k) - k) // s) for size, p, k, s in rows
    )


def _ceiling(size: Dim, stride: int) -> Dim:
    return None if size is None else -(-size // stride)


def pooled(data: Shape, params: Params) -> Shape:
    """The result's shape."""
    layout = params.get("layout")
    if params["global_pool"]:
        if not 3 <= len(data) <= 5:
            raise Mismatch(
                f"data must have 3 to 5 dimensions, not {len(data)}: {shape_text(data)}",
                hint="Its layout is batch, channel, then one to three axes of space.",
            )
    else:
        window(params["kernel"])
        check_rank(data, len(params["kernel"]))
    check_layout(layout, len(data) - 2)
    first = shape_first(data, layout)
    return shape_in((*first[:2], *pooling_window(first[2:], params)[1]), layout)


def _lines(data: Any, params: Params) -> list[Line]:
    space = data.shape[2:]
    at, counts = pooling_window(space, params)
    return pool.lines(space, known(counts), at.kernel, at.stride, at.pad)


# Pooling


def _outputs(params: Params) -> tuple[str, ...]:
    """Where oneDNN could compute a maximum, MXNet has a second output that nobody sees; files count it."""
    working = params["pool_type"] == "max" and params["kernel"] and not is_last(params["layout"])
    return ("output", "workspace") if working else ("output",)


def _pooling_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    if params["pool_type"] == "lp" and params["p_value"] not in (1, 2, 3):
        raise Mismatch(
            f"pool_type 'lp' needs a p_value of 1, 2 or 3, not {params['p_value']}",
            hint="Give it: p_value=2.",
        )
    if ins[0] is None:
        return ins, outs
    hidden = ((0,),) if len(outs) == 2 else ()
    return ins, (unify(pooled(ins[0], params), outs[0]), *hidden)


def _scale(xp: Any, total: Any, along: Sequence[Line], params: Params) -> Any:
    """Sums of what windows have, as means where the pooling is one."""
    if params["pool_type"] != "avg":
        return total
    return total / pool.sizes(xp, along, params["count_include_pad"] is not False, total.dtype)


def _root(xp: Any, total: Any, p: int | None) -> Any:
    if p == 2:
        return xp.sqrt(total)
    return xp.cbrt(total) if p == 3 else total


def _forward(xp: Any, data: Any, along: Sequence[Line], params: Params) -> Any:
    """The pooling of a block of planes."""
    kind = params["pool_type"]
    if kind == "max":
        return pool.largest(xp, data, along)
    data = data.astype(pool.wide(data.dtype), copy=False)
    if kind == "lp":
        p = params["p_value"]
        return _root(xp, pool.summed(xp, data if p == 1 else data**p, along), p)
    return _scale(xp, pool.summed(xp, data, along), along, params)


def _kind(params: Params, dtype: Any) -> Any:
    from .gpu import pool as on_gpu

    kind = params["pool_type"]
    if kind == "max":
        return on_gpu.Kind(on_gpu.LARGEST, float(pool.lowest(dtype)))
    if kind == "avg":
        return on_gpu.Kind(on_gpu.MEAN, padding=params["count_include_pad"] is not False)
    return on_gpu.Kind(on_gpu.SUM, power=params["p_value"] if kind == "lp" else 1)


def _forward_on_gpu(xp: Any, data: Any, params: Params, out: Any) -> None:
    from .gpu import pool as on_gpu

    at = pooling_window(data.shape[2:], params)[0]
    kind = _kind(params, data.dtype)
    on_gpu.forward(xp, xp.ascontiguousarray(data), at, kind, out)


def _backward_on_gpu(xp: Any, arrays: Sequence[Any], params: Params, out: Any) -> None:
    from .gpu import pool as on_gpu

    data, grad, result = map(xp.ascontiguousarray, arrays)
    at = pooling_window(data.shape[2:], params)[0]
    if params["pool_type"] == "max":
        on_gpu.spread_largest(xp, grad, data, result, at, out)
    else:
        on_gpu.spread_sums(xp, grad, at, _kind(params, data.dtype), out)


def _gradient(F, g, y, data, **params):
    """By sums, for `lp` too: so that it can be differentiated again."""
    kind, p = params.pop("pool_type"), params.pop("p_value")
    del params["cudnn_off"]
    if kind == "max":
        g, y = (g[0], y[0]) if isinstance(g, tuple) else (g, y)
        return F._backward_Pooling(g, data, y, pool_type="max", **params)
    if kind == "avg" or p == 1 or kind == "sum":
        return F._backward_Pooling(
            g, data, y, pool_type="avg" if kind == "avg" else "sum", **params
        )
    # The derivative of the root is 0 at 0.
    root, power = y + (y == 0), data
    if p == 3:
        root, power = root * root, data * data
    parts = g * (y != 0) / root
    return F._backward_Pooling(parts, data, y, pool_type="sum", **params) * power


@op(
    "Pooling",
    shape=_pooling_shape,
    dtype=floating,
    outputs=_outputs,
    shown=lambda params: 1,
    gradient=_gradient,
)
def pooling(
    xp,
    data,
    /,
    *,
    kernel: Ints = (),
    pool_type: Kind = "max",
    global_pool: bool = False,
    cudnn_off: bool = False,
    pooling_convention: Convention = "valid",
    stride: Ints = (),
    pad: Ints = (),
    p_value: int | None = None,
    count_include_pad: bool | None = None,
    layout: Layout = None,
):
    """Pooling of one to three dimensions of space: the largest of each window, or its mean, sum or norm.

    Shapes: data `(batch, channel, height, width)`, or with one or three dimensions of space; the result
    has `⌊(size + 2 pad - kernel) / stride⌋ + 1` in place of each size. Both have one floating-point dtype.

    kernel
        Size of a window: `(w,)`, `(h, w)` or `(d, h, w)`.
    pool_type
        `max`: the largest number; NaN is passed over, and where there is none it is the dtype's least.
        `avg`: the mean. `sum`: the sum. `lp`: `(Σ xᵖ)^(1/p)`, without absolute values.
    global_pool
        One window that is all of space; kernel, stride and pad are ignored.
    pooling_convention
        Which windows there are. `valid`: those inside the padded array. `full`: as many as start in it,
        `⌈(size + 2 pad - kernel) / stride⌉ + 1`. `same`: `⌈size / stride⌉`, without padding.
    stride
        Distance of windows; 1 by default.
    pad
        Padding on both sides of each dimension; 0 by default. `max` never takes it for a number.
    p_value
        The p of `lp`: 1, 2 or 3.
    count_include_pad
        Whether `avg` counts the padding among the numbers of a window, as zeros; so it does by default.
    layout
        NCW, NCHW or NCDHW, the default; or NWC, NHWC, NDHWC: channels last.
    cudnn_off
        Accepted, without effect.

    The gradient of `max` goes to the first of equal numbers, row by row. Source of `lp`: Sermanet,
    Chintala, LeCun, Convolutional Neural Networks Applied to House Numbers Digit Classification, 2012.

    >>> mx.nd.Pooling(mx.nd.array([[[[1, 5, 3], [4, 2, 6]]]]), kernel=(2, 2)).asnumpy()
    array([[[[5., 6.]]]], dtype=float32)
    """
    params = dict(locals())  # as rules get them, to be handed on
    first = channels_first(data, layout)
    along = _lines(first, params)
    result = xp.empty((*first.shape[:2], *(line.count for line in along[::-1])), dtype=data.dtype)
    if xp is np:
        pool.by_planes(xp, lambda block: _forward(xp, block, along, params), [first], result)
    else:
        _forward_on_gpu(xp, first, params, result)
    result = xp.ascontiguousarray(in_layout(result, layout))
    hidden = [xp.empty(0, dtype=data.dtype) for _ in _outputs(params)[1:]]
    return (result, *hidden)


def _like_second(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """The output has the second input's shape."""
    grad, data, result = ins
    shape = unify(data, outs[0])
    same = unify(grad, result)
    return (same, shape, same), (shape,)


def _like_third(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """The output has the third input's shape, and the first the second's."""
    values, data, result = ins
    same, shape = unify(values, data), unify(result, outs[0])
    return (same, same, shape), (shape,)


@op(
    "_backward_Pooling",
    shape=_like_second,
    dtype=floating,
    gradient=lambda F, g, y, grad, data, result, **params: (
        F._backward_backward_Pooling(
            g, data, result, **_without(params, "pool_type", "count_include_pad")
        )
        if params["pool_type"] == "max"
        else F.Pooling(g, **params),
        None,
        None,
    ),
)
def backward_pooling(
    xp,
    grad,
    data,
    result,
    /,
    *,
    kernel: Ints = (),
    pool_type: Literal["avg", "max", "sum"] = "max",
    global_pool: bool = False,
    pooling_convention: Convention = "valid",
    stride: Ints = (),
    pad: Ints = (),
    count_include_pad: bool | None = None,
    layout: Layout = None,
):
    """Gradient of `Pooling`: what each window has, at its largest number or shared out over its numbers."""
    params = dict(locals())  # as rules get them, to be handed on
    first, *others = (channels_first(item, layout) for item in (data, grad, result))
    out = xp.empty(first.shape, dtype=data.dtype)
    if xp is not np:
        _backward_on_gpu(xp, (first, *others), params, out)
        return xp.ascontiguousarray(in_layout(out, layout))
    along = _lines(first, params)

    def compute(data: Any, grad: Any, result: Any) -> Any:
        grad = grad.astype(pool.wide(grad.dtype), copy=False)
        if pool_type == "max":
            return pool.spread_largest(xp, grad, data, result, along)
        return pool.spread_sums(xp, _scale(xp, grad, along, params), along)

    pool.by_planes(xp, compute, (first, *others), out)
    return xp.ascontiguousarray(in_layout(out, layout))


def _without(params: Params, *names: str) -> dict[str, Any]:
    return {key: value for key, value in params.items() if key not in names}


@op(
    "_backward_backward_Pooling",
    shape=_like_third,
    dtype=floating,
    gradient=lambda F, g, y, values, data, result, **params: (
        F._backward_Pooling(g, data, result, pool_type="max", **params),
        None,
        None,
    ),
)
def backward_backward_pooling(
    xp,
    values,
    data,
    result,
    /,
    *,
    kernel: Ints = (),
    global_pool: bool = False,
    pooling_convention: Convention = "valid",
    stride: Ints = (),
    pad: Ints = (),
    layout: Layout = None,
):
    """Gradient of the gradient of max pooling: the value where each window of `data` has its largest."""
    params = dict(locals())  # as rules get them
    first, *others = (channels_first(item, layout) for item in (data, values, result))
    out = xp.empty(others[1].shape, dtype=values.dtype)
    if xp is not np:
        from .gpu import pool as on_gpu

        data, values, result = map(xp.ascontiguousarray, (first, *others))
        at = pooling_window(data.shape[2:], params)[0]
        on_gpu.pick_largest(xp, values, data, result, at, out)
        return xp.ascontiguousarray(in_layout(out, layout))
    along = _lines(first, params)

    def compute(data: Any, values: Any, result: Any) -> Any:
        return pool.pick_largest(xp, values, data, result, along)

    pool.by_planes(xp, compute, (first, *others), out)
    return xp.ascontiguousarray(in_layout(out, layout))
