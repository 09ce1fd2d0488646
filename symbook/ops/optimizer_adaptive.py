"""Steps of gradient descent whose length adapts to each weight: Adam, RMSProp, FTRL, FTML, LAMB.

Each operator gives the new weight and changes its states in place, as in :mod:`.optimizer`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import optimizer_kernels as kernels
from .optimizer import clipped, number, numbers, rescaled, sign, update


def _blend(state: Any, value: Any, kept: float, factor: Any = None) -> None:
    """`state = kept * state + (1 - kept) * value`, times `factor` where it is given; in place."""
    share = number(state.dtype, kept)
    added = value * (1 - share)
    if factor is not None:
        added *= factor
    state *= share
    state += added


def _decayed(
    xp: Any, weight: Any, grad: Any, wd: float, rescale_grad: float, clip_gradient: float
) -> Any:
    """The rescaled gradient plus weight decay, no further from 0 than the limit, in a new array."""
    step = rescaled(xp, grad, rescale_grad, -1.0)
    step += weight * number(weight.dtype, wd)
    return clipped(xp, step, clip_gradient)


def _bounded(xp: Any, weight: Any, limit: float, out: Any) -> Any:
    """The weights, no further from 0 than the limit; below 0, there is none."""
    if limit < 0:
        if out is None:
            return weight
        out[...] = weight
        return out
    bound = number(weight.dtype, limit)
    return xp.clip(weight, -bound, bound, out=out)


@update("mean", "var")
def adam_update(
    xp,
    weight,
    grad,
    mean,
    var,
    /,
    *,
    lr: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    out=None,
):
    """One step of Adam: the new weights, `weight - lr * mean / (sqrt(var) + epsilon)`.

    First, in place, `mean = beta1 * mean + (1 - beta1) * g` and
    `var = beta2 * var + (1 - beta2) * g²`, where `g` is `rescale_grad * grad + wd * weight`,
    clipped. All arrays have one shape and one floating dtype. The paper's correction of the
    bias at the start is left to `lr`, which the optimiser multiplies by
    `sqrt(1 - beta2**t) / (1 - beta1**t)` at step `t`. (D. Kingma and J. Ba, "Adam: a method for
    stochastic optimization", ICLR 2015, https://arxiv.org/abs/1412.6980.)

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

    >>> import symbook as mx
    >>> weight, grad, mean, var = (mx.nd.array([x]) for x in (1, 4, 0, 0))
    >>> mx.nd.adam_update(weight, grad, mean, var, lr=1, beta1=0.5, beta2=0.75).asnumpy()
    array([0.], dtype=float32)
    """
    if xp is not np:
        given = (lr, beta1, beta2, epsilon, wd, rescale_grad, clip_gradient)
        states = (mean, var)
        factors = numbers(weight.dtype, *given)
        return kernels.ADAM(xp, (weight, grad), states, factors, out=out)
    step = _decayed(xp, weight, grad, wd, rescale_grad, clip_gradient)
    _blend(mean, step, beta1)
    _blend(var, step, beta2, step)
    scale = xp.sqrt(var)
    scale += number(var.dtype, epsilon)
    step = mean * number(mean.dtype, lr)
    step /= scale
    return xp.subtract(weight, step, out=out)


@update("n")
def rmsprop_update(
    xp,
    weight,
    grad,
    n,
    /,
    *,
    lr: float,
    gamma1: float = 0.95,
    epsilon: float = 1e-8,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    clip_weights: float = -1.0,
    out=None,
):
    """One step of RMSProp: the new weights, `weight - lr * g / sqrt(n + epsilon)`.

    First `n = gamma1 * n + (1 - gamma1) * g²`, in place, where `g` is
    `rescale_grad * grad + wd * weight`, clipped. All arrays have one shape and one floating dtype.
    (T. Tieleman and G. Hinton, "Lecture 6.5: RMSProp", Coursera, Neural Networks for Machine Learning, 2012.)

    n
        Running mean of the squared gradient; changed in place.
    gamma1
        How much of `n` is kept at each step.
    epsilon
        What keeps the quotient finite.
    clip_weights
        Limit of each new weight; below 0, there is none.

    >>> import symbook as mx
    >>> weight, grad, n = (mx.nd.array([x]) for x in (1, 4, 0))
    >>> mx.nd.rmsprop_update(weight, grad, n, lr=1, gamma1=0.75).asnumpy()
    array([-1.], dtype=float32)
    """
    if xp is not np:
        given = (lr, gamma1, epsilon, wd, rescale_grad, clip_gradient, clip_weights)
        return kernels.RMSPROP(xp, (weight, grad), (n,), numbers(weight.dtype, *given), out=out)
    step = _decayed(xp, weight, grad, wd, rescale_grad, clip_gradient)
    _blend(n, step * step, gamma1)
    step /= xp.sqrt(n + number(n.dtype, epsilon))
    step *= number(step.dtype, lr)
    return _bounded(xp, weight - step, clip_weights, out)


@update("n", "g", "delta")
def rmspropalex_update(
    xp,
    weight,
    grad,
    n,
    g,
    delta,
    /,
    *,
    lr: float,
    gamma1: float = 0.95,
    gamma2: float = 0.9,
    epsilon: float = 1e-8,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    clip_weights: float = -1.0,
    out=None,
):
    """One step of RMSProp centred on the mean gradient, with momentum: `weight + delta`.

    With `s`, which is `rescale_grad * grad + wd * weight`, clipped, first, in place,
    `n = gamma1 * n + (1 - gamma1) * s²`, `g = gamma1 * g + (1 - gamma1) * s` and
    `delta = gamma2 * delta - lr * s / sqrt(n - g² + epsilon)`. All arrays have one shape and one
    floating dtype. (A. Graves, "Generating sequences with recurrent neural networks", 2013,
    equations 38 to 45, https://arxiv.org/abs/1308.0850.)

    n
        Running mean of the squared gradient; changed in place.
    g
        Running mean of the gradient; changed in place.
    delta
        The last step; changed in place.
    gamma1
        How much of `n` and `g` is kept at each step.
    gamma2
        How much of `delta` is kept at each step.
    epsilon
        What keeps the quotient finite.
    clip_weights
        Limit of each new weight; below 0, there is none.

    >>> import symbook as mx
    >>> weight, grad, n, g, delta = (mx.nd.array([x]) for x in (1, 4, 0, 0, 0))
    >>> mx.nd.rmspropalex_update(weight, grad, n, g, delta, lr=1, gamma1=0.5).asnumpy()
    array([-1.], dtype=float32)
    """
    if xp is not np:
        given = (lr, gamma1, gamma2, epsilon, wd, rescale_grad, clip_gradient, clip_weights)
        states, factors = (n, g, delta), numbers(weight.dtype, *given)
        return kernels.RMSPROP_ALEX(xp, (weight, grad), states, factors, out=out)
    step = _decayed(xp, weight, grad, wd, rescale_grad, clip_gradient)
    _blend(n, step * step, gamma1)
    _blend(g, step, gamma1)
    spread = n - g * g
    spread += number(n.dtype, epsilon)
    step *= number(step.dtype, lr)
    step /= xp.sqrt(spread)
    delta *= number(delta.dtype, gamma2)
    delta -= step
    return _bounded(xp, weight + delta, clip_weights, out)


@update("z", "n")
def ftrl_update(
    xp,
    weight,
    grad,
    z,
    n,
    /,
    *,
    lr: float,
    lamda1: float = 0.01,
    beta: float = 1.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    out=None,
):
    """One step of FTRL-Proximal, which makes weights that matter little exactly 0.

    With `g`, which is `rescale_grad * grad`, clipped, first, in place,
    `z = z + g - (sqrt(n + g²) - sqrt(n)) * weight / lr` and `n = n + g²`. The new weights are
    `-sign(z) * max(|z| - lamda1, 0) / ((beta + sqrt(n)) / lr + wd)`. All arrays have one shape and
    one floating dtype. (H. B. McMahan et al., "Ad click prediction: a view from the trenches",
    KDD 2013, algorithm 1, https://doi.org/10.1145/2487575.2488200.)

    z
        Sum of the gradients less what the weights already answer for; changed in place.
    n
        Sum of the squared gradients; changed in place.
    lamda1
        Weight of the L1 penalty.
    beta
        What keeps the first steps short.
    wd
        Weight of the L2 penalty.

    >>> import symbook as mx
    >>> weight, grad, z, n = (mx.nd.array([x]) for x in (0, 4, 0, 0))
    >>> mx.nd.ftrl_update(weight, grad, z, n, lr=0.5, lamda1=2).asnumpy()
    array([-0.2], dtype=float32)
    """
    if xp is not np:
        factors = numbers(weight.dtype, lr, lamda1, beta, wd, rescale_grad, clip_gradient)
        return kernels.FTRL(xp, (weight, grad), (z, n), factors, out=out)
    rate = number(weight.dtype, lr)
    step = rescaled(xp, grad, rescale_grad, clip_gradient)
    square = step * step
    root = xp.sqrt(n)
    n += square
    after = xp.sqrt(n)
    z += step - (after - root) * weight / rate
    after += number(n.dtype, beta)
    after /= rate
    after += number(n.dtype, wd)
    edge = number(z.dtype, lamda1)
    return xp.multiply((sign(xp, z) * edge - z) / after, xp.abs(z) > edge, out=out)


@update("d", "v", "z")
def ftml_update(
    xp,
    weight,
    grad,
    d,
    v,
    z,
    /,
    *,
    lr: float,
    beta1: float = 0.6,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    t: int,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_grad: float = -1.0,
    out=None,
):
    """One step of FTML, "follow the moving leader": the new weights, `-z / d`.

    With `g`, which is `rescale_grad * grad + wd * weight`, clipped, first, in place,
    `v = beta2 * v + (1 - beta2) * g²`,
    `d' = (1 - beta1**t) / lr * (sqrt(v / (1 - beta2**t)) + epsilon)`,
    `z = beta1 * z + (1 - beta1) * g - (d' - beta1 * d) * weight` and `d = d'`. All arrays have one
    shape and one floating dtype. (S. Zheng and J. Kwok, "Follow the moving leader in deep
    learning", ICML 2017, algorithm 1, https://proceedings.mlr.press/v70/zheng17a.html.)

    d
        What the last new weights were divided by; changed in place.
    v
        Running mean of the squared gradient; changed in place.
    z
        What the last new weights were made of; changed in place.
    beta1
        How much of `z` is kept at each step.
    beta2
        How much of `v` is kept at each step.
    epsilon
        What keeps the quotient finite.
    t
        The number of this step, from 1.
    clip_grad
        Limit of each part of the gradient with its decay; below 0, there is none.

    >>> import symbook as mx
    >>> weight, grad, d, v, z = (mx.nd.array([x]) for x in (3, 4, 0, 0, 0))
    >>> mx.nd.ftml_update(weight, grad, d, v, z, lr=1, beta1=0.5, beta2=0.5, t=1).asnumpy()
    array([2.], dtype=float32)
    """
    rate, first, second, time = numbers(weight.dtype, lr, beta1, beta2, t)
    if xp is not np:
        left, pace = 1 - second**time, (1 - first**time) / rate
        common = numbers(weight.dtype, wd, rescale_grad, clip_grad)
        given = (first, second, left, weight.dtype.type(epsilon), pace, *common)
        return kernels.FTML(xp, (weight, grad), (d, v, z), given, out=out)
    step = _decayed(xp, weight, grad, wd, rescale_grad, clip_grad)
    _blend(v, step * step, beta2)
    root = xp.sqrt(v / (1 - second**time))
    root += weight.dtype.type(epsilon)
    root *= (1 - first**time) / rate
    d *= first
    _blend(z, step, beta1)
    z -= (root - d) * weight
    d[...] = root
    return xp.divide(-z, root, out=out)
