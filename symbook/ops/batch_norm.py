"""Batch normalisation, in training and in prediction."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..specs import Shape, as_dtype
from .casting import floating, single
from .registry import op
from .rules import DTypes, Params, Shapes, axis_of, unify, unify_all, unify_dtypes
from .statistics import along, centred, inverse_root, other_axes, wide

FLOAT32 = as_dtype("float32")
_START = {"moving_mean": '["zero", {}]', "moving_var": '["one", {}]'}
_STATES = ("moving_mean", "moving_var")


# Inference


def _shapes(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """Data of any shape; all other inputs and outputs are vectors along one of its axes."""
    data, *vectors = ins
    if data is None:
        return ins, outs
    size: Shape = (data[axis_of(params.get("axis", 1), len(data))],)
    vector = unify_all((size, *vectors, *outs[1:]))
    return (data, *[vector] * len(vectors)), (unify(data, outs[0]), vector, vector)


def _vector_dtype(data: Any, vectors: DTypes) -> Any:
    """Of float16 data, everything else is float32; of other data, of their dtype."""
    own = () if data is None else (FLOAT32 if data == "float16" else data,)
    return unify_dtypes((*own, *vectors))


def _dtypes(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    (data,), _ = floating((ins[0],), (outs[0],), params)
    vector = _vector_dtype(data, (*ins[1:], *outs[1:]))
    return (data, *[vector] * (len(ins) - 1)), (data, vector, vector)


def _backward_shapes(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data, vector = unify_all((*ins[:2], outs[0])), unify_all((*ins[2:], *outs[1:]))
    return (data, data, *[vector] * (len(ins) - 2)), (data, vector, vector)


def _backward_dtypes(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    data = unify_dtypes((*ins[:2], outs[0]))
    vector = _vector_dtype(data, (*ins[2:], *outs[1:]))
    return (data, data, *[vector] * (len(ins) - 2)), (data, vector, vector)


# Running


def _normalized(
    xp: Any, data: Any, vectors: Any, axis: int, eps: float, batch: bool, fix_gamma: bool
) -> tuple[Any, Any, Any]:
    """The result, and the mean and variance that it was normalised with: vectors."""
    gamma, beta, mean, variance = vectors
    values = wide(data)
    if batch:
        values, mean, variance = centred(xp, values, other_axes(data.ndim, axis))
        mean, variance = mean.reshape(-1), variance.reshape(-1)
    scale = inverse_root(xp, variance, eps)
    if not fix_gamma:
        scale *= gamma
    shift = beta if batch else beta - mean * scale
    result = xp.multiply(values, along(scale, data.ndim, axis), out=values if batch else None)
    result += along(shift, data.ndim, axis)
    return result.astype(data.dtype, copy=False), mean, variance


def _gradient(F, g, y, data, gamma, beta, moving_mean, moving_var, *, inverse, **params):
    if g[0] is None:
        return None
    keys = ("eps", "momentum", "fix_gamma", "use_global_stats")
    options = {key: params[key] for key in keys} | {"axis": params.get("axis", 1)}
    inputs = (g[0], data, gamma, y[1], inverse, moving_mean, moving_var)
    result = F._backward_BatchNorm(*inputs, **options)
    return result[0], result[1], result[2], None, None


def _batch_norm_gradient(F, g, y, *inputs, **params):
    return _gradient(F, g, y, *inputs, inverse=y[2], **params)


def _batch_norm_v1_gradient(F, g, y, *inputs, **params):
    return _gradient(F, g, y, *inputs, inverse=F.rsqrt(y[2] + params["eps"]), **params)


@op(
    "BatchNorm",
    shape=_shapes,
    dtype=_dtypes,
    outputs=("output", "mean", "var"),
    shown=lambda params: 3 if params["output_mean_var"] else 1,
    aux=_STATES,
    initial=_START,
    gradient=_batch_norm_gradient,
)
def batch_norm(
    xp,
    data,
    gamma,
    beta,
    moving_mean,
    moving_var,
    /,
    *,
    eps: float = single(1e-3),
    momentum: float = 0.9,
    fix_gamma: bool = True,
    use_global_stats: bool = False,
    output_mean_var: bool = False,
    axis: int = 1,
    cudnn_off: bool = False,
    min_calib_range: float | None = None,
    max_calib_range: float | None = None,
    is_train,
):
    """Batch normalisation: each channel to mean 0 and variance 1, then scaled and shifted by learned numbers.

    `y = (x - mean) / √(var + eps) · gamma + beta`, with one mean, var, gamma and beta for each channel.

    In training, mean and variance (not corrected for bias) are those of the batch: of all elements of
    the channel. In prediction they are the auxiliary states `moving_mean` and `moving_var`, which
    training keeps: each *backward* pass makes a state `momentum · state + (1 - momentum) · value`.

    `data` has any shape, such as (n, channels, h, w), and so has the result; the other inputs are
    vectors (channels,). All have one floating-point dtype, but with float16 data the vectors are
    float32.

    eps
        Added to the variance, so that none is 0.
    momentum
        How much of the moving states stays at each step.
    fix_gamma
        Take `gamma` as 1, whatever it holds, and give it the gradient 0; the backward pass writes 1 into
        it. On by default.
    use_global_stats
        Normalise with the moving states in training, too, and leave them as they are.
    output_mean_var
        Show two more outputs: the means and `1 / √(var + eps)`. No gradient flows through them.
    axis
        The axis of the channels.
    cudnn_off, min_calib_range, max_calib_range
        Change nothing.

    Source: Ioffe and Szegedy, Batch Normalization, 2015, arXiv:1502.03167.

    >>> import symbook as mx
    >>> one, zero = mx.nd.ones(2), mx.nd.zeros(2)
    >>> mx.nd.BatchNorm(mx.nd.array([[1, 6]]), one, zero, zero, one * 4, eps=0).asnumpy()
    array([[0.5, 3. ]], dtype=float32)
    """
    axis = axis_of(axis, data.ndim)
    vectors = gamma, beta, moving_mean, moving_var
    batch = is_train and not use_global_stats
    if xp is not np:
        from .gpu.batch_norm import normalized

        found = normalized(xp, data, vectors, axis, eps, batch, fix_gamma)
        return found[0], found[1], found[3]
    result, mean, variance = _normalized(xp, data, vectors, axis, eps, batch, fix_gamma)
    # A copy, because the states change before the gradient reads what they were.
    return result, mean if batch else mean.copy(), inverse_root(xp, variance, eps)


@op(
    "BatchNorm_v1",
    shape=_shapes,
    dtype=_dtypes,
    outputs=("output", "mean", "var"),
    shown=lambda params: 3 if params["output_mean_var"] else 1,
    aux=_STATES,
    initial=_START,
    gradient=_batch_norm_v1_gradient,
)
def batch_norm_v1(
    xp,
    data,
    gamma,
    beta,
    moving_mean,
    moving_var,
    /,
    *,
    eps: float = 1e-3,
    momentum: float = 0.9,
    fix_gamma: bool = True,
    use_global_stats: bool = False,
    output_mean_var: bool = False,
    is_train,
):
    """Batch normalisation as MXNet had it first, along axis 1; use BatchNorm.

    The formula, the shapes and the parameters are those of BatchNorm, but the third output is the
    variance itself.

    >>> import symbook as mx
    >>> one, zero = mx.nd.ones(2), mx.nd.zeros(2)
    >>> mx.nd.BatchNorm_v1(mx.nd.array([[1, 6]]), one, zero, zero, one * 4, eps=0).asnumpy()
    array([[0.5, 3. ]], dtype=float32)
    """
    vectors = gamma, beta, moving_mean, moving_var
    batch = is_train and not use_global_stats
    if xp is not np:
        from .gpu.batch_norm import normalized

        return normalized(xp, data, vectors, 1, single(eps), batch, fix_gamma)[:3]
    result, mean, variance = _normalized(xp, data, vectors, 1, single(eps), batch, fix_gamma)
    return (result, mean, variance) if batch else (result, mean.copy(), variance.copy())


@op(
    "_backward_BatchNorm",
    shape=_backward_shapes,
    dtype=_backward_dtypes,
    outputs=("data", "gamma", "beta"),
    aux=_STATES,
    mutates=("gamma", *_STATES),
)
def backward_batch_norm(
    xp,
    grad,
    data,
    gamma,
    mean,
    inverse,
    moving_mean,
    moving_var,
    /,
    *,
    eps: float,
    momentum: float,
    fix_gamma: bool,
    use_global_stats: bool,
    axis: int,
    is_train,
):
    """Gradients of BatchNorm's data, gamma and beta; in training it moves the states, too.

    As in MXNet, a gamma that is taken as 1 is made so here.

    `mean` and `inverse`, which is `1 / √(var + eps)`, are what the forward pass normalised with.
    """
    axis = axis_of(axis, data.ndim)
    moves = is_train and not use_global_stats
    if xp is not np:
        from .gpu.batch_norm import gradients

        arrays = grad, data, gamma, mean, inverse, moving_mean, moving_var
        keep = single(momentum)
        return gradients(xp, arrays, axis, eps, keep, single(1 - keep), fix_gamma, moves)
    axes = other_axes(data.ndim, axis)
    rows, grads = wide(data), wide(grad)
    normal = rows - along(mean, data.ndim, axis)
    normal *= along(inverse, data.ndim, axis)
    to_gamma, to_beta = xp.sum(grads * normal, axis=axes), xp.sum(grads, axis=axes)
    scale = along(inverse if fix_gamma else inverse * gamma, data.ndim, axis)
    if moves:
        size = mean.dtype.type(max(math.prod(data.shape[i] for i in axes), 1))
        normal *= along(to_gamma / size, data.ndim, axis)
        xp.subtract(grads, normal, out=normal)
        normal -= along(to_beta / size, data.ndim, axis)
        normal *= scale
        _move(moving_mean, mean, momentum)
        _move(moving_var, xp.reciprocal(xp.square(inverse)) - eps, momentum)
    else:
        normal = grads * scale
    if fix_gamma:
        to_gamma = xp.zeros_like(gamma)
        gamma[...] = 1
    return normal.astype(data.dtype, copy=False), to_gamma, to_beta


def _move(state: Any, value: Any, momentum: float) -> None:
    """The moving average, in place."""
    keep = single(momentum)
    state *= keep
    state += value * single(1 - keep)
