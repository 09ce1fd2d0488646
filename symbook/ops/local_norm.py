"""Normalisation by sums of squares: over neighbouring channels, or to length 1; and moments."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import numpy as np

from ..specs import Shape
from .casting import floating, numeric, single, stored
from .params import Range
from .registry import op
from .rules import Mismatch, Params, Shapes, axes_of, forward, unify, unify_all
from .statistics import mean_of, wide

# Local response normalisation


def _lrn_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    shape = unify(ins[0], unify(*outs))
    if shape is not None and len(shape) < 2:
        raise Mismatch(
            f"it needs an array of 2 or more dimensions, not {len(shape)}",
            hint="The second axis is that of the channels.",
        )
    return (shape,), (shape, shape)


def _window_sum(xp: Any, data: Any, size: int) -> Any:
    """The sum over each channel and its `(size - 1) // 2` neighbours on either side; axis 1 is theirs."""
    result = data.copy()
    for step in range(1, min((size - 1) // 2, data.shape[1] - 1) + 1):
        result[:, step:] += data[:, :-step]
        result[:, :-step] += data[:, step:]
    return result


def _lrn_gradient(F, g, y, data, **params):
    return None if g[0] is None else F._backward_LRN(g[0], data, y[1], **params)


@op(
    "LRN",
    shape=_lrn_rule,
    dtype=floating,
    outputs=("output", "tmp_norm"),
    shown=lambda params: 1,
    gradient=_lrn_gradient,
)
def lrn(
    xp,
    data,
    /,
    *,
    alpha: float = 1e-4,
    beta: float = 0.75,
    knorm: float = 2.0,
    nsize: Annotated[int, Range(1, None)],
):
    """Local response normalisation: each element is divided by a power of its neighbours' squares.

    `y_c = x_c · (knorm + alpha / nsize · Σ x_k²)^(-beta)`; the sum goes over the `nsize` channels k
    around c, those that there are, at the same place. `data` (n, channels, …) of any floating-point
    dtype; the result has its shape.

    nsize
        How many channels the sum goes over, the element's own in the middle: an odd number.
    alpha, beta, knorm
        Numbers of the formula.

    Source: Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural Networks, 2012.

    >>> import symbook as mx
    >>> mx.nd.LRN(mx.nd.array([[[[2]], [[4]]]]), nsize=1, alpha=1, beta=1, knorm=0).asnumpy().ravel()
    array([0.5 , 0.25], dtype=float32)
    """
    if xp is not np:
        from .gpu import local_norm

        return local_norm.forward(
            xp, data, nsize, single(alpha) / nsize, single(knorm), single(beta)
        )
    values = wide(data)
    norm = _window_sum(xp, xp.square(values), nsize)
    norm *= single(alpha) / nsize
    norm += single(knorm)
    result = xp.power(norm, norm.dtype.type(-single(beta)))
    result *= values
    return result.astype(data.dtype, copy=False), norm.astype(data.dtype, copy=False)


@op("_backward_LRN", dtype=floating)
def backward_lrn(xp, grad, data, norm, /, *, alpha: float, beta: float, knorm: float, nsize: int):
    """Gradient of LRN; `norm` is its second output: what is raised to the power."""
    if xp is not np:
        from .gpu import local_norm

        factor = 2 * single(beta) * single(alpha) / nsize
        return local_norm.backward(xp, grad, data, norm, nsize, single(beta), factor)
    values, norm = wide(data), wide(norm)
    result = xp.power(norm, norm.dtype.type(-single(beta)))
    result *= wide(grad)
    around = result * values
    around /= norm
    around = _window_sum(xp, around, nsize)
    around *= values
    around *= 2 * single(beta) * single(alpha) / nsize
    result -= around
    return result.astype(data.dtype, copy=False)


# Length 1


def _l2_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data = unify(ins[0], outs[0])
    if data is None:
        return ins, outs
    return (data,), (data, unify(_norm_shape(data, params["mode"]), outs[1]))


def _norm_shape(data: Shape, mode: str) -> Shape:
    if mode == "instance":
        return data[:1]
    if len(data) < 3:
        raise Mismatch(
            f"the mode {mode!r} needs an array of 3 or more dimensions, not {len(data)}",
            hint='For examples of one dimension use mode="instance".',
        )
    return data[:2] if mode == "spatial" else (data[0], 1, *data[2:])


def _l2_axes(rank: int, mode: str) -> tuple[int, ...]:
    """The axes along which squares are summed."""
    return (1,) if mode == "channel" else tuple(range(1 if mode == "instance" else 2, rank))


def _l2_gradient(F, g, y, data, *, eps, mode):
    return None if g[0] is None else F._backward_L2Normalization(g[0], y[0], y[1], mode=mode)


@op(
    "L2Normalization",
    shape=_l2_rule,
    dtype=floating,
    outputs=("output", "norm"),
    shown=lambda params: 1,
    gradient=_l2_gradient,
)
def l2_normalization(
    xp,
    data,
    /,
    *,
    eps: float = 1e-10,
    mode: Literal["channel", "instance", "spatial"] = "instance",
):
    """Division by the Euclidean norm: `y = x / √(Σ x² + eps)`.

    `data` (n, channels, d1, …) of any floating-point dtype; the result has its shape.

    eps
        Added to the sum of squares, so that it is not 0.
    mode
        What the squares are summed over: `instance`, all elements of an example; `channel`, the
        channels at each place; `spatial`, all places of a channel. The last two need 3 or more
        dimensions.

    >>> import symbook as mx
    >>> mx.nd.L2Normalization(mx.nd.array([[3, 4]])).asnumpy()
    array([[0.6, 0.8]], dtype=float32)
    """
    values = wide(data)
    norm = xp.sum(xp.square(values), axis=_l2_axes(data.ndim, mode), keepdims=True)
    norm += single(eps)
    xp.sqrt(norm, out=norm)
    shape = _norm_shape(data.shape, mode)
    result = (values / norm).astype(data.dtype, copy=False)
    return result, norm.reshape(shape).astype(data.dtype, copy=False)


def _l2_back_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    shape = unify_all((*ins[:2], *outs))
    return (shape, shape, ins[2]), (shape,)


@op("_backward_L2Normalization", shape=_l2_back_rule, dtype=floating)
def backward_l2_normalization(
    xp, grad, output, norm, /, *, mode: Literal["channel", "instance", "spatial"]
):
    """Gradient of L2Normalization: `(g - y Σ g y) / norm`; `output` is y."""
    axes = _l2_axes(grad.ndim, mode)
    grads, directions = wide(grad), wide(output)
    result = directions * xp.sum(grads * directions, axis=axes, keepdims=True)
    xp.subtract(grads, result, out=result)
    result /= norm.reshape(tuple(1 if i in axes else n for i, n in enumerate(grad.shape)))
    return result.astype(grad.dtype, copy=False)


# Moments


def _moment_shapes(data: Shape, axes: tuple[int, ...] | None, keepdims: bool) -> list[Shape]:
    if not axes:
        raise Mismatch(
            "it needs the axes to go over", hint="Name all of them for one mean: axes=(0, 1)."
        )
    chosen = axes_of(axes, len(data))
    if keepdims:
        return [tuple(1 if i in chosen else dim for i, dim in enumerate(data))] * 2
    return [tuple(dim for i, dim in enumerate(data) if i not in chosen) or (1,)] * 2


def _moments_gradient(F, g, y, data, *, axes, keepdims):
    parts = [
        F._backward_moments(part, data, y[0], axes=axes, order=order)
        for order, part in enumerate(g, 1)
        if part is not None
    ]
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


@op(
    "moments",
    shape=forward(_moment_shapes, whole=False),
    dtype=numeric,
    outputs=("output0", "output1"),
    gradient=_moments_gradient,
)
def moments(xp, data, /, *, axes: tuple[int, ...] | None = None, keepdims: bool = False):
    """Mean and variance along axes: two results.

    The variance is `mean((x - mean)²)`, not corrected for bias. Both have the dtype of the data, and
    of integers the fraction is dropped.

    axes
        The axes to go over; at least one must be named.
    keepdims
        Leave these axes in the results, with size 1.

    >>> import symbook as mx
    >>> [x.asnumpy().tolist() for x in mx.nd.moments(mx.nd.array([[1, 3], [2, 8]]), axes=(1,))]
    [[2.0, 5.0], [1.0, 9.0]]
    """
    chosen = axes_of(axes, data.ndim)
    shape = _moment_shapes(data.shape, axes, keepdims)[0]
    values = wide(data)
    mean = stored(mean_of(xp, values, chosen), values.dtype)
    variance = stored(mean_of(xp, xp.square(values - mean), chosen), values.dtype)
    return tuple(item.reshape(shape).astype(data.dtype, copy=False) for item in (mean, variance))


def _moments_back_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data = unify(ins[1], outs[0])
    statistic = unify(ins[0], ins[2])
    return (statistic, data, statistic), (data,)


@op("_backward_moments", shape=_moments_back_rule)
def backward_moments(
    xp, grad, data, mean, /, *, axes: tuple[int, ...], order: Annotated[int, Range(1, 2)]
):
    """Gradient of the mean (order 1) or the variance (order 2) of `moments`."""
    chosen = axes_of(axes, data.ndim)
    kept = tuple(1 if i in chosen else dim for i, dim in enumerate(data.shape))
    size = math.prod(data.shape[i] for i in chosen)
    share = wide(grad).reshape(kept) / size
    if order == 1:
        return xp.broadcast_to(share, data.shape).astype(data.dtype)
    result = wide(data) - mean.reshape(kept)
    result *= 2 * share
    return result.astype(data.dtype, copy=False)
