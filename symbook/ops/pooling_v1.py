"""Pooling as MXNet's first version of it computes it: padding is zeros, and all ties get the gradient."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from ..errors import GradientError
from ..specs import known
from . import pool
from .casting import floating
from .pool import Line
from .pooling import pooled, pooling_window
from .registry import op
from .rules import Mismatch, Params, Shapes, unify
from .windows import Ints, Window, inside, padded

Kind = Literal["avg", "max", "sum"]
Convention = Literal["full", "valid"]


def _shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    (data,) = ins
    if data is None:
        return ins, outs
    if len(data) < 4:
        raise Mismatch("Pooling_v1 has two or three dimensions of space", hint="Use Pooling.")
    return ins, (unify(pooled(data, params), outs[0]),)


def _gradient_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    grad, data, result = ins
    data = unify(data, outs[0])
    (data,), (same,) = _shape((data,), (unify(grad, result),), params)
    return (same, data, same), (data,)


def _padded(xp: Any, data: Any, params: Params) -> tuple[Any, list[Line]]:
    """The data with its padding, and the windows over that."""
    at, counts = pooling_window(data.shape[2:], params)
    whole = padded(xp, data, at.pad, at.pad, 0)
    none = (0,) * len(at.pad)
    return whole, pool.lines(whole.shape[2:], known(counts), at.kernel, at.stride, none)


def _share(along: list[Line]) -> float:
    """One over the number of points of a window, which MXNet rounds to float32 for every dtype."""
    return float(np.float32(1 / math.prod(line.kernel for line in along)))


@op(
    "Pooling_v1",
    shape=_shape,
    dtype=floating,
    gradient=lambda F, g, y, data, **params: F._backward_Pooling_v1(g, data, y, **params),
)
def pooling_v1(
    xp,
    data,
    /,
    *,
    kernel: Ints = (),
    pool_type: Kind = "max",
    global_pool: bool = False,
    pooling_convention: Convention = "valid",
    stride: Ints = (),
    pad: Ints = (),
):
    """Pooling of two or three dimensions of space, as older files have it.

    It differs from `Pooling` in this: padding is zeros for `max` too, NaN is the largest number, `avg`
    always divides by the number of points of the kernel, and the gradient of `max` goes to all numbers
    that are equal to the largest. Shapes are those of `Pooling`.

    kernel
        Size of a window: `(h, w)` or `(d, h, w)`.
    pool_type
        `max`, `avg` or `sum`.
    global_pool
        One window that is all of space; kernel, stride and pad are ignored.
    pooling_convention
        `valid` or `full`, as in `Pooling`.
    stride
        Distance of windows; 1 by default.
    pad
        Zeros on both sides of each dimension of space; 0 by default.

    >>> mx.nd.Pooling_v1(mx.nd.array([[[[1, 5, 3], [4, 2, 6]]]]), kernel=(2, 2)).asnumpy()
    array([[[[5., 6.]]]], dtype=float32)
    """
    params = dict(locals())  # as rules get them
    if xp is not np:
        return _forward_on_gpu(xp, data, params)
    whole, along = _padded(xp, data, params)
    if pool_type == "max":
        return pool.largest(xp, whole, along, xp.maximum, -xp.inf)
    total = pool.summed(xp, whole.astype(pool.wide(data.dtype), copy=False), along)
    if pool_type == "avg":
        total *= _share(along)
    return total.astype(data.dtype, copy=False)


def _kind(params: Params, at: Window) -> Any:
    from .gpu import pool as on_gpu

    if params["pool_type"] == "max":
        return on_gpu.Kind(on_gpu.LARGEST_OR_NAN, -math.inf)
    factor = 1.0
    if params["pool_type"] == "avg":
        factor = float(np.float32(1 / math.prod(at.kernel)))
    return on_gpu.Kind(on_gpu.SUM, factor)


def _forward_on_gpu(xp: Any, data: Any, params: Params) -> Any:
    from .gpu import pool as on_gpu

    at, counts = pooling_window(data.shape[2:], params)
    out = xp.empty((*data.shape[:2], *known(counts)), dtype=data.dtype)
    on_gpu.forward(xp, xp.ascontiguousarray(data), at, _kind(params, at), out)
    return out


def _backward_on_gpu(xp: Any, grad: Any, data: Any, result: Any, params: Params) -> Any:
    from .gpu import pool as on_gpu

    at, _ = pooling_window(data.shape[2:], params)
    out = xp.empty(data.shape, dtype=data.dtype)
    grad, data, result = map(xp.ascontiguousarray, (grad, data, result))
    if params["pool_type"] == "max":
        on_gpu.spread_to_ties(xp, grad, data, result, at, out)
    else:
        on_gpu.spread_sums(xp, grad, at, _kind(params, at), out)
    return out


def _second(F, g, y, grad, data, result, pool_type, **params):
    if pool_type == "max":
        raise GradientError(
            "the gradient of Pooling_v1 by max cannot be differentiated", hint="Use Pooling."
        )
    return F.Pooling_v1(g, pool_type=pool_type, **params), None, None


@op("_backward_Pooling_v1", shape=_gradient_shape, dtype=floating, gradient=_second)
def backward_pooling_v1(
    xp,
    grad,
    data,
    result,
    /,
    *,
    kernel: Ints = (),
    pool_type: Kind = "max",
    global_pool: bool = False,
    pooling_convention: Convention = "valid",
    stride: Ints = (),
    pad: Ints = (),
):
    """Gradient of `Pooling_v1`: what each window has, at all its largest numbers or shared out."""
    params = dict(locals())  # as rules get them
    at, _ = pooling_window(data.shape[2:], params)
    if xp is not np:
        return _backward_on_gpu(xp, grad, data, result, params)
    whole, along = _padded(xp, data, params)
    grad = grad.astype(pool.wide(grad.dtype), copy=False)
    if pool_type == "max":
        total = pool.spread_to_ties(xp, grad, whole, result, along)
    else:
        total = pool.spread_sums(xp, grad, along)
        if pool_type == "avg":
            total *= _share(along)
    part = xp.ascontiguousarray(total[inside(data.shape[2:], at.pad)])
    return part.astype(data.dtype, copy=False)
