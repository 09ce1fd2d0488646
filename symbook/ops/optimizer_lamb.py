"""The two halves of a step of LAMB, which scales each layer's step to the layer's weights.

Between them, the norms of the weights and of the first half's result are computed: `r1` and `r2`.
Y. You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", ICLR 2020,
algorithm 2, https://arxiv.org/abs/1904.00962.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import optimizer_kernels as kernels
from .casting import floating
from .optimizer import FLOAT32, clipped, number, numbers, rounded, update
from .rules import DTypes, Params, Shapes, unify, unify_all, unify_dtypes


def _direction(
    xp: Any,
    weight: Any,
    grad: Any,
    mean: Any,
    var: Any,
    beta1: float,
    beta2: float,
    epsilon: float,
    t: int,
    bias_correction: bool,
    wd: float,
    rescale_grad: float,
    clip_gradient: float,
) -> Any:
    """Adam's direction plus weight decay, in a new array; `mean` and `var` are changed in place."""
    first, second, time = numbers(weight.dtype, beta1, beta2, t)
    # In mixed precision MXNet rounds these two to the gradient's dtype.
    scale, limit = (weight.dtype.type(x) for x in numbers(grad.dtype, rescale_grad, clip_gradient))
    if xp is not np:
        left = (1 - first**time, 1 - second**time) if bias_correction else (1, 1)
        given = (first, second, *left, *numbers(weight.dtype, epsilon, wd), scale, limit)
        mixed = grad.dtype != weight.dtype
        kernel = kernels.MIXED_LAMB_DIRECTION if mixed else kernels.LAMB_DIRECTION
        return kernel(xp, (weight, grad), (mean, var), given, low=grad.dtype)
    step = clipped(xp, grad.astype(weight.dtype) * scale, limit)
    mean *= first
    mean += (1 - first) * step
    var *= second
    var += (1 - second) * step * step
    scale, centre = var, mean
    if bias_correction:
        centre = mean / (1 - first**time)
        scale = var / (1 - second**time)
    scale = xp.sqrt(scale)
    scale += number(weight.dtype, epsilon)
    return centre / scale + weight * number(weight.dtype, wd)


def _ratio(xp: Any, r1: Any, r2: Any, lr: float, lower_bound: float, upper_bound: float) -> Any:
    """The learning rate times the bounded norm of the weights over the norm of the step.

    The learning rate alone where one of the norms is 0.
    """
    rate, low, high = numbers(r1.dtype, lr, lower_bound, upper_bound)
    norm = xp.maximum(r1, low) if low >= 0 else r1
    norm = xp.minimum(norm, high) if high >= 0 else norm
    usable = (norm != 0) & (r2 != 0)
    return xp.where(usable, rate * norm / xp.where(usable, r2, r2.dtype.type(1)), rate)


@update("mean", "var")
def lamb_update_phase1(
    xp,
    weight,
    grad,
    mean,
    var,
    /,
    *,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-6,
    t: int,
    bias_correction: bool = True,
    wd: float,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
):
    """First half of a step of LAMB: the direction, `m / (sqrt(v) + epsilon) + wd * weight`.

    First, in place, `mean = beta1 * mean + (1 - beta1) * g` and
    `var = beta2 * var + (1 - beta2) * g²`, where `g` is `rescale_grad * grad`, clipped. `m` and `v`
    are these, divided by `1 - beta1**t` and `1 - beta2**t` if the bias is corrected. All arrays
    have one shape and one floating dtype. (Y. You et al., ICLR 2020, algorithm 2,
    https://arxiv.org/abs/1904.00962.)

    mean
        Running mean of the gradient; changed in place.
    var
        Running mean of its square; changed in place.
    beta1
        How much of `mean` is kept at each step.
    beta2
        How much of `var` is kept at each step.
    epsilon
        What keeps the quotient finite.
    t
        The number of this step, from 1.
    bias_correction
        Whether to correct the bias that the first steps have towards 0.

    >>> import symbook as mx
    >>> weight, grad, mean, var = (mx.nd.array([x]) for x in (2, 4, 0, 0))
    >>> mx.nd.lamb_update_phase1(weight, grad, mean, var, t=1, wd=0.5).asnumpy().round(4)
    array([2.], dtype=float32)
    """
    return _direction(
        xp, weight, grad, mean, var, beta1, beta2, epsilon, t, bias_correction, wd, rescale_grad,
        clip_gradient,
    )  # fmt: skip


def _phase2_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """The norms have the shape (1,), all else the weights' shape."""
    weight, step, r1, r2, *copy = ins
    shape = unify_all((weight, step, *copy, *outs))
    norms = unify(r1, (1,)), unify(r2, (1,))
    return (shape, shape, *norms, *(shape for _ in copy)), (shape,)


@update(shape=_phase2_shape)
def lamb_update_phase2(
    xp,
    weight,
    g,
    r1,
    r2,
    /,
    *,
    lr: float,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
    out=None,
):
    """Second half of a step of LAMB: the new weights, `weight - lr * (r1 / r2) * g`.

    Where a norm is 0, `r1 / r2` is taken as 1. All arrays have one floating dtype.
    (Y. You et al., ICLR 2020, algorithm 2, https://arxiv.org/abs/1904.00962.)

    g
        The direction that the first half gave, in the weights' shape.
    r1
        The norm of the weights, of shape (1,).
    r2
        The norm of `g`, of shape (1,).
    lower_bound
        What `r1` is at least; below 0, there is no bound.
    upper_bound
        What `r1` is at most; below 0, there is no bound.

    >>> import symbook as mx
    >>> weight, g, r1, r2 = (mx.nd.array([x]) for x in (3, 2, 3, 2))
    >>> mx.nd.lamb_update_phase2(weight, g, r1, r2, lr=0.5).asnumpy()
    array([1.5], dtype=float32)
    """
    if xp is not np:
        given = numbers(weight.dtype, lr, lower_bound, upper_bound)
        return kernels.LAMB_STEP(xp, (weight, g), (), given, ones=(r1, r2), out=out)
    return xp.subtract(weight, _ratio(xp, r1, r2, lr, lower_bound, upper_bound) * g, out=out)


# With a copy of the weights in float32


def _phase1_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    """Weight and gradient have one floating dtype; all else is float32."""
    (low, _), _ = floating(ins[:2], (None,), params)
    states = tuple(unify_dtypes((FLOAT32, state)) for state in ins[2:])
    return (low, low, *states), (unify_dtypes((FLOAT32, outs[0])),)


@update("mean", "var", dtype=_phase1_dtype)
def mp_lamb_update_phase1(
    xp,
    weight,
    grad,
    mean,
    var,
    weight32,
    /,
    *,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-6,
    t: int,
    bias_correction: bool = True,
    wd: float,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
):
    """As `lamb_update_phase1`, computed from `weight32`; the result and the states are float32.

    weight
        Not used but for its shape.
    mean
        Running mean of the gradient; changed in place.
    var
        Running mean of its square; changed in place.
    weight32
        The weights in float32.
    beta1
        How much of `mean` is kept at each step.
    beta2
        How much of `var` is kept at each step.
    epsilon
        What keeps the quotient finite.
    t
        The number of this step, from 1.
    bias_correction
        Whether to correct the bias that the first steps have towards 0.

    >>> import symbook as mx
    >>> weight, grad = (mx.nd.array([x], dtype="float16") for x in (2, 4))
    >>> mean, var, weight32 = mx.nd.zeros(1), mx.nd.zeros(1), mx.nd.array([2])
    >>> mx.nd.mp_lamb_update_phase1(weight, grad, mean, var, weight32, t=1, wd=0.5).asnumpy().round(4)
    array([2.], dtype=float32)
    """
    return _direction(
        xp, weight32, grad, mean, var, beta1, beta2, epsilon, t, bias_correction,
        wd, rescale_grad, clip_gradient,
    )  # fmt: skip


def _phase2_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    """The weights and the result have one floating dtype; all else is float32."""
    (low,), (out,) = floating(ins[:1], outs, params)
    return (low, *(unify_dtypes((FLOAT32, other)) for other in ins[1:])), (out,)


@update(shape=_phase2_shape, dtype=_phase2_dtype)
def mp_lamb_update_phase2(
    xp,
    weight,
    g,
    r1,
    r2,
    weight32,
    /,
    *,
    lr: float,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
    out=None,
):
    """As `lamb_update_phase2`, computed from `weight32`; gives the new weights in the weights' dtype.

    weight
        Not used but for its shape and dtype.
    weight32
        The weights in float32. As in MXNet 1.9, they are not changed.
    g
        The direction that the first half gave, in the weights' shape and float32.
    r1
        The norm of the weights, of shape (1,).
    r2
        The norm of `g`, of shape (1,).
    lower_bound
        What `r1` is at least; below 0, there is no bound.
    upper_bound
        What `r1` is at most; below 0, there is no bound.

    >>> import symbook as mx
    >>> weight, (g, r1, r2) = mx.nd.array([3], dtype="float16"), map(mx.nd.array, ([2], [3], [2]))
    >>> mx.nd.mp_lamb_update_phase2(weight, g, r1, r2, mx.nd.array([3]), lr=0.5).asnumpy()
    array([1.5], dtype=float16)
    """
    if xp is not np:
        given = numbers(r1.dtype, lr, lower_bound, upper_bound)
        dtype = weight.dtype
        return kernels.MIXED_LAMB_STEP(
            xp, (weight32, g), (), given, ones=(r1, r2), low=dtype, out=out
        )
    new = weight32 - _ratio(xp, r1, r2, lr, lower_bound, upper_bound) * g
    return rounded(new, weight, out)
