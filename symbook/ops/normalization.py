"""Normalisation by statistics of each example: layer, instance and group norm."""

from __future__ import annotations

import math
from typing import Annotated, Any

import numpy as np

from ..specs import Shape
from .casting import floating, single
from .params import Range
from .registry import op
from .rules import Mismatch, Params, Shapes, axis_of, unify, unify_all
from .statistics import along, centred, normal_gradient, other_axes, wide

# What the gradient operators give.
_PARTS = ("data", "gamma", "beta")


# Inference


def _rule(vector_and_statistics: Any) -> Any:
    """Data; vectors gamma and beta; and statistics; of shapes `vector_and_statistics(data, params)`."""

    def rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
        data = unify(ins[0], outs[0])
        if data is None:
            return ins, outs
        vector, statistics = vector_and_statistics(data, params)
        vector = unify_all((vector, *ins[1:]))
        statistics = unify_all((statistics, *outs[1:]))
        return (data, vector, vector), (data, statistics, statistics)

    return rule


def _layer_shapes(data: Shape, params: Params) -> tuple[Shape, Shape]:
    axis = axis_of(params["axis"], len(data))
    return (data[axis],), (*data[:axis], 1, *data[axis + 1 :])


def _instance_shapes(data: Shape, params: Params) -> tuple[Shape, Shape]:
    _require_places(data)
    return data[1:2], data[:2]


def _group_shapes(data: Shape, params: Params) -> tuple[Shape, Shape]:
    _require_places(data)
    groups = params["num_groups"]
    if data[1] is not None and data[1] % groups:
        raise Mismatch(
            f"{data[1]} channels cannot be parted into {groups} groups of one size",
            hint="Choose a num_groups that divides the channels.",
        )
    return (groups,), (data[0], groups)


def _require_places(data: Shape) -> None:
    if len(data) < 3:
        raise Mismatch(
            f"it needs an array of 3 or more dimensions, not {len(data)}",
            hint="They are examples, channels, and one or more of place.",
        )


def _backward_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data, vector = unify_all((*ins[:2], outs[0])), unify_all((ins[2], *outs[1:]))
    return (data, data, vector, *ins[3:]), (data, vector, vector)


# Running


def _normalized(
    xp: Any, data: Any, gamma: Any, beta: Any, axes: tuple[int, ...], axis: int, eps: float
) -> tuple[Any, Any, Any]:
    """Data normalised along `axes`, scaled and shifted by vectors along `axis`; mean and variance."""
    normal, mean, variance = centred(xp, wide(data), axes)
    normal /= _deviation(xp, variance, eps)
    normal *= along(gamma, data.ndim, axis)
    normal += along(beta, data.ndim, axis)
    return normal.astype(data.dtype, copy=False), mean, variance


def _deviation(xp: Any, variance: Any, eps: float) -> Any:
    return xp.sqrt(variance + variance.dtype.type(single(eps)))


def _statistics(xp: Any, data: Any, mean: Any, variance: Any, eps: float) -> tuple[Any, Any]:
    """Mean and `√(var + eps)` in the data's dtype."""
    deviation = _deviation(xp, variance, eps)
    return mean.astype(data.dtype, copy=False), deviation.astype(data.dtype, copy=False)


def _as_rows(statistic: Any, data: Any) -> Any:
    """What there is one of for each pair of example and channel, or group: a matrix."""
    return statistic.reshape(statistic.shape[:2]).astype(data.dtype, copy=False)


def _grouped(data: Any, groups: int) -> Any:
    """Examples, groups, and everything in a group."""
    size = math.prod(data.shape[1:]) // groups
    return data.reshape(data.shape[0], groups, size)


def _gradient_by(name: str, key: str) -> Any:
    """The rule of a normalisation: an operator of that name, which takes one of its parameters."""

    def rule(F, g, y, data, gamma, beta, **params):
        if g[0] is None:
            return None
        result = getattr(F, name)(g[0], data, gamma, y[1], y[2], **{key: params[key]})
        return result[0], result[1], result[2]

    return rule


def _gradients(
    xp: Any,
    grad: Any,
    data: Any,
    gamma: Any,
    mean: Any,
    deviation: Any,
    axes: tuple[int, ...],
    axis: int,
) -> tuple[Any, Any, Any]:
    """Gradients of data, gamma and beta, given the mean and the deviation that data were normalised by."""
    grads, scale = wide(grad), xp.reciprocal(wide(deviation))
    normal = wide(data) - mean
    normal *= scale
    others = other_axes(data.ndim, axis)
    to_gamma, to_beta = xp.sum(grads * normal, axis=others), xp.sum(grads, axis=others)
    to_data = normal_gradient(xp, grads * along(gamma, data.ndim, axis), normal, scale, axes)
    return tuple(item.astype(data.dtype, copy=False) for item in (to_data, to_gamma, to_beta))


def _on_gpu(
    xp: Any,
    data: Any,
    gamma: Any,
    beta: Any,
    axis: int | None,
    groups: int,
    eps: float,
    deviation: bool,
) -> tuple[Any, Any, Any]:
    """Data normalised along an axis, or in so many groups after the first axis; and statistics."""
    from .gpu import normalization
    from .gpu.rows import Shape, along

    if axis is not None:
        shape = along(data.shape, axis)
        kept = (*data.shape[:axis], 1, *data.shape[axis + 1 :])
    else:
        kept = (len(data), groups)
        shape = Shape(math.prod(kept), math.prod(data.shape[1:]) // max(groups, 1), 1)
    found = normalization.forward(
        xp, data, gamma, beta, shape, groups, float(single(eps)), deviation
    )
    return found[0], found[1].reshape(kept), found[2].reshape(kept)


def _back_on_gpu(
    xp: Any, arrays: Any, axis: int | None, groups: int, eps: float, deviation: bool
) -> tuple[Any, Any, Any]:
    from .gpu import normalization
    from .gpu.rows import Shape, along

    data = arrays[1]
    if axis is not None:
        shape = along(data.shape, axis)
    else:
        shape = Shape(len(data) * groups, math.prod(data.shape[1:]) // max(groups, 1), 1)
    return normalization.backward(xp, arrays, shape, groups, float(single(eps)), deviation)


# The operators


@op(
    "LayerNorm",
    shape=_rule(_layer_shapes),
    dtype=floating,
    outputs=("output", "mean", "std"),
    shown=lambda params: 3 if params["output_mean_var"] else 1,
    gradient=_gradient_by("_backward_LayerNorm", "axis"),
)
def layer_norm(
    xp,
    data,
    gamma,
    beta,
    /,
    *,
    axis: int = -1,
    eps: float = 1e-5,
    output_mean_var: bool = False,
):
    """Layer normalisation: mean 0 and variance 1 along one axis, then scaled and shifted by learned numbers.

    `y = (x - mean) / √(var + eps) · gamma + beta`; mean and variance (not corrected for bias) are
    taken along `axis` for each place of the others. `gamma` and `beta` are vectors of the size of
    that axis. All have one floating-point dtype; the result has the shape of the data.

    axis
        The axis that is normalised, by default the last.
    eps
        Added to the variance, so that none is 0.
    output_mean_var
        Show two more outputs: the means and `√(var + eps)`, with size 1 along `axis`. No gradient
        flows through them.

    Source: Ba, Kiros and Hinton, Layer Normalization, 2016, arXiv:1607.06450.

    >>> import symbook as mx
    >>> one, zero = mx.nd.ones(2), mx.nd.zeros(2)
    >>> mx.nd.LayerNorm(mx.nd.array([[1, 3], [2, 8]]), one, zero, eps=0).asnumpy()
    array([[-1.,  1.],
           [-1.,  1.]], dtype=float32)
    """
    axis = axis_of(axis, data.ndim)
    if xp is not np:
        return _on_gpu(xp, data, gamma, beta, axis, 0, eps, True)
    result, mean, variance = _normalized(xp, data, gamma, beta, (axis,), axis, eps)
    return result, *_statistics(xp, data, mean, variance, eps)


@op("_backward_LayerNorm", shape=_backward_rule, dtype=floating, outputs=_PARTS)
def backward_layer_norm(xp, grad, data, gamma, mean, std, /, *, axis: int):
    """Gradients of LayerNorm's data, gamma and beta; `mean` and `std` are its other outputs."""
    axis = axis_of(axis, data.ndim)
    if xp is not np:
        return _back_on_gpu(xp, (grad, data, gamma, mean, std), axis, 0, 0.0, True)
    return _gradients(xp, grad, data, gamma, mean, std, (axis,), axis)


@op(
    "InstanceNorm",
    shape=_rule(_instance_shapes),
    dtype=floating,
    outputs=("output", "mean", "var"),
    shown=lambda params: 1,
    gradient=_gradient_by("_backward_InstanceNorm", "eps"),
)
def instance_norm(xp, data, gamma, beta, /, *, eps: float = 1e-3):
    """Instance normalisation: each channel of an example to mean 0 and variance 1, then scaled and shifted.

    `y = (x - mean) / √(var + eps) · gamma + beta`; mean and variance (not corrected for bias) are
    taken over all places of a channel of an example. `data` (n, channels, d1, …); `gamma` and `beta`
    (channels,). All have one floating-point dtype; the result has the shape of the data.

    eps
        Added to the variance, so that none is 0.

    Source: Ulyanov et al., Instance Normalization, 2016, arXiv:1607.08022.

    >>> import symbook as mx
    >>> one, zero = mx.nd.ones(1), mx.nd.zeros(1)
    >>> mx.nd.InstanceNorm(mx.nd.array([[[1, 3]], [[2, 8]]]), one, zero, eps=0).asnumpy()
    array([[[-1.,  1.]],
    <BLANKLINE>
           [[-1.,  1.]]], dtype=float32)
    """
    if xp is not np:
        return _on_gpu(xp, data, gamma, beta, None, data.shape[1], eps, False)
    axes = tuple(range(2, data.ndim))
    result, mean, variance = _normalized(xp, data, gamma, beta, axes, 1, eps)
    return result, *(_as_rows(item, data) for item in (mean, variance))


@op("_backward_InstanceNorm", shape=_backward_rule, dtype=floating, outputs=_PARTS)
def backward_instance_norm(xp, grad, data, gamma, mean, variance, /, *, eps: float):
    """Gradients of InstanceNorm's data, gamma and beta; `mean` and `variance` are its other outputs."""
    if xp is not np:
        arrays = (grad, data, gamma, mean, variance)
        return _back_on_gpu(xp, arrays, None, data.shape[1], eps, False)
    shape = (*data.shape[:2], *(1,) * (data.ndim - 2))
    deviation = _deviation(xp, wide(variance), eps).reshape(shape)
    axes = tuple(range(2, data.ndim))
    return _gradients(xp, grad, data, gamma, mean.reshape(shape), deviation, axes, 1)


@op(
    "GroupNorm",
    shape=_rule(_group_shapes),
    dtype=floating,
    outputs=("output", "mean", "std"),
    shown=lambda params: 3 if params["output_mean_var"] else 1,
    gradient=_gradient_by("_backward_GroupNorm", "num_groups"),
)
def group_norm(
    xp,
    data,
    gamma,
    beta,
    /,
    *,
    num_groups: Annotated[int, Range(1, None)] = 1,
    eps: float = 1e-5,
    output_mean_var: bool = False,
):
    """Group normalisation: each group of channels of an example to mean 0 and variance 1, scaled and shifted.

    `y = (x - mean) / √(var + eps) · gamma + beta`; mean and variance (not corrected for bias) are
    taken over all places of all channels of a group. `data` (n, channels, d1, …). `gamma` and `beta`
    (num_groups,): as in MXNet 1.9, one number for each group. All have one floating-point dtype; the
    result has the shape of the data.

    num_groups
        How many groups the channels are parted into, in order; all of one size.
    eps
        Added to the variance, so that none is 0.
    output_mean_var
        Show two more outputs: the means and `√(var + eps)`, (n, num_groups). No gradient flows
        through them.

    Source: Wu and He, Group Normalization, 2018, arXiv:1803.08494.

    >>> import symbook as mx
    >>> one, zero = mx.nd.ones(2), mx.nd.zeros(2)
    >>> mx.nd.GroupNorm(mx.nd.array([[[1, 3], [2, 8]]]), one, zero, num_groups=2, eps=0).asnumpy()
    array([[[-1.,  1.],
            [-1.,  1.]]], dtype=float32)
    """
    if xp is not np:
        return _on_gpu(xp, data, gamma, beta, None, num_groups, eps, True)
    rows = _grouped(data, num_groups)
    result, mean, variance = _normalized(xp, rows, gamma, beta, (2,), 1, eps)
    mean, deviation = _statistics(xp, data, mean, variance, eps)
    return result.reshape(data.shape), _as_rows(mean, data), _as_rows(deviation, data)


@op("_backward_GroupNorm", shape=_backward_rule, dtype=floating, outputs=_PARTS)
def backward_group_norm(xp, grad, data, gamma, mean, std, /, *, num_groups: int):
    """Gradients of GroupNorm's data, gamma and beta; `mean` and `std` are its other outputs."""
    if xp is not np:
        return _back_on_gpu(xp, (grad, data, gamma, mean, std), None, num_groups, 0.0, True)
    rows, grads = _grouped(data, num_groups), _grouped(grad, num_groups)
    places = mean[:, :, None], std[:, :, None]
    to_data, to_gamma, to_beta = _gradients(xp, grads, rows, gamma, *places, (2,), 1)
    return to_data.reshape(data.shape), to_gamma, to_beta
