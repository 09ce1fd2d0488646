"""Rectified linear units that leak: whose result depends on the input below 0, too."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from ..errors import counted, shape_text
from ..rng import generator
from ..specs import Shape
from .casting import floating, single
from .registry import get, op
from .rules import Mismatch, Params, Shapes, unify, unify_all
from .statistics import along, other_axes, wide

# Klambauer et al., Self-Normalizing Neural Networks, 2017, arXiv:1706.02515.
SELU_ALPHA = single(1.6732632423543772)
SELU_SCALE = single(1.0507009873554805)

_FIXED = Literal["elu", "gelu", "leaky", "selu"]


def _inputs(params: Params) -> tuple[str, ...]:
    return ("data", "gamma") if params["act_type"] == "prelu" else ("data",)


def _outputs(params: Params) -> tuple[str, ...]:
    return ("output", "mask") if params["act_type"] == "rrelu" else ("output",)


def _rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data = unify_all((ins[0], *outs))
    if data is None:
        return ins, outs
    gamma = (_gamma_shape(data, item) for item in ins[1:])
    return (data, *gamma), (data,) * len(outs)


def _gamma_shape(data: Shape, gamma: Shape | None) -> Shape:
    """One slope for each channel, or one for all."""
    if gamma == (1,):
        return gamma
    if len(data) < 2:
        raise Mismatch(
            f"data of {counted(len(data), 'dimension')} has no channels to give slopes to",
            hint="The second axis is that of the channels; or give one slope for all, of shape (1,).",
        )
    if gamma is not None and gamma not in ((None,), data[1:2]) and data[1] is not None:
        raise Mismatch(
            f"gamma of shape {shape_text(gamma)} does not fit data of shape {shape_text(data)}",
            hint="It needs the size of the second axis, or 1.",
        )
    return unify(data[1:2], gamma) or data[1:2]


def _slopes(gamma: Any, rank: int) -> Any:
    return gamma if gamma.size == 1 else along(gamma, rank, 1)


# Running


def _leaking(xp: Any, data: Any, slopes: Any) -> Any:
    """The data above 0, and `slopes` times the data below; much faster than a choice by `where`."""
    result = xp.minimum(data, 0)
    result *= slopes
    result += xp.maximum(data, 0)
    return result


def _elu(xp: Any, data: Any, alpha: float) -> Any:
    """The data above 0, and `alpha (eˣ - 1)` below."""
    result = xp.minimum(data, 0)
    xp.expm1(result, out=result)
    result *= alpha
    result += xp.maximum(data, 0)
    return result


def _gelu(xp: Any, data: Any) -> Any:
    result = get("erf").fn(xp, data / data.dtype.type(math.sqrt(2)))
    result += 1
    result *= data
    result *= 0.5
    return result


def _random_slopes(xp: Any, data: Any, low: float, high: float, is_train: bool) -> Any:
    """The slope of each element: random in training, else the middle."""
    if not is_train:
        return xp.full(data.shape, (low + high) / 2, data.dtype)
    mask = generator(xp).uniform(data.shape, xp.dtype("float32"))
    mask *= high - low
    mask += low
    return mask.astype(data.dtype, copy=False)


def _on_gpu(xp: Any, data: Any, gamma: Any, act_type: str, slope: float) -> Any:
    from .gpu import leaky

    if act_type == "prelu":
        return leaky.prelu(xp, data, gamma)
    alpha = SELU_ALPHA if act_type == "selu" else single(slope)
    return leaky.leaky(xp, data, act_type, alpha, SELU_SCALE)


def _leaky_gradient(F, g, y, data, gamma=None, *, act_type, slope, **_):
    if act_type == "rrelu":
        leaking = None if g[0] is None else g[0] * y[1]
        return (
            leaking
            if leaking is None
            else F.where(F._greater_scalar(data, scalar=0), g[0], leaking)
        )
    if act_type == "prelu":
        result = F._backward_prelu(g, data, gamma)
        return result[0], result[1]
    return F._backward_LeakyReLU(g, data, y, act_type=act_type, slope=slope)


@op(
    "LeakyReLU",
    shape=_rule,
    dtype=floating,
    inputs=_inputs,
    outputs=_outputs,
    random=True,
    initial={"gamma": '["Constant", {"value": 0.25}]'},
    gradient=_leaky_gradient,
)
def leaky_relu(
    xp,
    data,
    gamma=None,
    /,
    *,
    act_type: Literal["elu", "gelu", "leaky", "prelu", "rrelu", "selu"] = "leaky",
    slope: float = 0.25,
    lower_bound: float = 0.125,
    upper_bound: float = 0.334,
    is_train,
):
    """A rectified linear unit that leaks: x above 0, and below it something that still has a slope.

    The result has the shape and the floating-point dtype of the data.

    act_type
        `leaky`: `slope · x` below 0. `prelu`: the same with the learned slopes `gamma`, a second
        input, (channels,) for the second axis of the data, or (1,). `rrelu`: the same with a random
        slope for each element in training, else with the middle of the bounds; the slopes are a
        second output. `elu`: `slope · (eˣ - 1)` below 0. `selu`: the same with slope 1.6733, and then
        all multiplied by 1.0507; its gradient below 0 is MXNet's, `1.0507 · (1.6733 + y)`.
        `gelu`: `x/2 · (1 + erf(x/√2))`, also above 0.
    slope
        For leaky and elu.
    lower_bound, upper_bound
        Of the random slopes of rrelu.

    Sources: Xu et al., arXiv:1505.00853; He et al., arXiv:1502.01852 (prelu); Clevert et al.,
    arXiv:1511.07289 (elu); Klambauer et al., arXiv:1706.02515 (selu); Hendrycks and Gimpel,
    arXiv:1606.08415 (gelu).

    >>> import symbook as mx
    >>> mx.nd.LeakyReLU(mx.nd.array([-4, 2])).asnumpy()
    array([-1.,  2.], dtype=float32)
    """
    if act_type == "rrelu" and xp is not np and is_train:
        from .gpu.leaky import random_slopes

        return random_slopes(xp, data, single(lower_bound), single(upper_bound), generator(xp))
    if act_type == "rrelu":
        mask = _random_slopes(xp, data, single(lower_bound), single(upper_bound), is_train)
        return _leaking(xp, data, mask), mask
    if xp is not np:
        return _on_gpu(xp, data, gamma, act_type, slope)
    values = wide(data)
    if act_type == "gelu":
        result = _gelu(xp, values)
    elif act_type == "elu":
        result = _elu(xp, values, single(slope))
    elif act_type == "selu":
        result = _elu(xp, values, SELU_ALPHA)
        result *= SELU_SCALE
    else:
        slopes = single(slope) if act_type == "leaky" else _slopes(gamma, data.ndim)
        result = _leaking(xp, values, slopes)
    return result.astype(data.dtype, copy=False)


# Gradients


def _slope(xp: Any, data: Any, output: Any, act_type: str, slope: float) -> Any:
    """The derivative of a unit whose slope is not learned, as MXNet has it."""
    kind = data.dtype.type
    if act_type == "gelu":
        density = xp.exp(xp.square(data) * -0.5)
        density *= data
        density *= 1 / math.sqrt(2 * math.pi)
        density += (get("erf").fn(xp, data / kind(math.sqrt(2))) + 1) * 0.5
        return density
    if act_type == "selu":
        return kind(SELU_SCALE) * xp.where(data > 0, kind(1), output + kind(SELU_ALPHA))
    alpha = kind(single(slope))
    if not 0 <= slope <= 1:
        return xp.where(data > 0, kind(1), alpha if act_type == "leaky" else output + alpha)
    # What is at most 1 can be had without `where`, which is slow.
    below = alpha if act_type == "leaky" else xp.minimum(output, 0) + alpha
    return xp.maximum((data > 0).astype(data.dtype), below)


def _second(F, g, y, grad, data, output, *, act_type, slope):
    to_grad = F._backward_LeakyReLU(g, data, output, act_type=act_type, slope=slope)
    if act_type == "leaky":
        return to_grad, None, None
    both = g * grad
    if act_type == "gelu":
        square = F.square(data)
        return to_grad, both * (2 - square) * F.exp(-square / 2) / math.sqrt(2 * math.pi), None
    scale = SELU_SCALE if act_type == "selu" else 1
    return to_grad, None, both * F._lesser_equal_scalar(data, scalar=0) * scale


@op("_backward_LeakyReLU", dtype=floating, gradient=_second)
def backward_leaky_relu(xp, grad, data, output, /, *, act_type: _FIXED, slope: float, out=None):
    """Gradient of LeakyReLU where its slope is neither learned nor random."""
    if xp is not np:
        from .gpu.leaky import leaky_backward

        alpha = SELU_ALPHA if act_type == "selu" else single(slope)
        return leaky_backward(xp, grad, data, output, act_type, alpha, SELU_SCALE, out)
    return xp.multiply(grad, _slope(xp, data, output, act_type, slope), out=out)


def _prelu_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data, gamma = unify_all((*ins[:2], outs[0])), unify(ins[2], outs[1])
    return (data, data, gamma), (data, gamma)


@op("_backward_prelu", shape=_prelu_rule, dtype=floating, outputs=("data", "gamma"))
def backward_prelu(xp, grad, data, gamma, /):
    """Gradients of the data and the slopes of a LeakyReLU of kind prelu."""
    if xp is np:
        to_data = np.where(data > 0, grad, grad * _slopes(gamma, data.ndim))
        below = np.minimum(wide(data), 0)
        below *= grad
    else:
        from .gpu.leaky import prelu_backward

        to_data, below = prelu_backward(xp, grad, data, gamma)
    axes = other_axes(data.ndim, 1) if gamma.size > 1 else tuple(range(data.ndim))
    to_gamma = xp.sum(below, axis=axes).reshape(gamma.shape).astype(gamma.dtype, copy=False)
    return to_data, to_gamma
