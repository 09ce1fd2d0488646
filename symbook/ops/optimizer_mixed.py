"""Steps of gradient descent for weights of float16 that have a copy in float32.

The step is computed in float32 from the copy, which is a state, and the weight is that copy rounded
(P. Micikevicius et al., "Mixed precision training", ICLR 2018, https://arxiv.org/abs/1710.03740).
"""

from __future__ import annotations

import numpy as np

from . import optimizer_kernels as kernels
from .casting import floating
from .optimizer import (
    FLOAT32,
    ahead,
    numbers,
    pull,
    rescaled,
    rounded,
    scaled,
    scales,
    slide,
    update,
)
from .rules import DTypes, Params, unify_dtypes


def mixed_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    """Weight, gradient and result have one floating dtype; the states are float32."""
    (low, _), (out,) = floating(ins[:2], outs, params)
    return (low, low, *(unify_dtypes((FLOAT32, state)) for state in ins[2:])), (out,)


@update("weight32", dtype=mixed_dtype)
def mp_sgd_update(
    xp,
    weight,
    grad,
    weight32,
    /,
    *,
    lr: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    out=None,
):
    """As `sgd_update`, computed in float32 on `weight32`, in place; gives it in the weights' dtype.

    All arrays have one shape; weight and grad have one floating dtype.

    >>> import symbook as mx
    >>> weight, grad = mx.nd.array([1], dtype="float16"), mx.nd.array([4], dtype="float16")
    >>> mx.nd.mp_sgd_update(weight, grad, mx.nd.array([1]), lr=0.5).asnumpy()
    array([-1.], dtype=float16)
    """
    rate, decay = numbers(FLOAT32, lr, wd)
    if xp is not np:
        given = (1 - rate * decay, *scales(FLOAT32, rate, rescale_grad, clip_gradient))
        return kernels.MIXED_SGD(xp, (grad,), (weight32,), given, low=weight.dtype, out=out)
    step = scaled(xp, grad.astype(FLOAT32), rate, rescale_grad, clip_gradient)
    weight32 *= 1 - rate * decay
    weight32 -= step
    return rounded(weight32, weight, out)


@update("mom", "weight32", dtype=mixed_dtype)
def mp_sgd_mom_update(
    xp,
    weight,
    grad,
    mom,
    weight32,
    /,
    *,
    lr: float,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    out=None,
):
    """As `sgd_mom_update`, computed in float32 on `weight32`, in place; gives it in the weights' dtype.

    All arrays have one shape; weight and grad have one floating dtype, mom is float32.

    >>> import symbook as mx
    >>> weight, grad = mx.nd.array([1], dtype="float16"), mx.nd.array([4], dtype="float16")
    >>> mom, weight32 = mx.nd.array([1]), mx.nd.array([1])
    >>> mx.nd.mp_sgd_mom_update(weight, grad, mom, weight32, lr=0.5, momentum=0.5).asnumpy()
    array([-0.5], dtype=float16)
    """
    kept, rate, decay = numbers(FLOAT32, momentum, lr, wd)
    if xp is not np:
        given = (kept, rate * decay, *scales(FLOAT32, rate, rescale_grad, clip_gradient))
        states = (mom, weight32)
        return kernels.MIXED_SGD_MOM(xp, (grad,), states, given, low=weight.dtype, out=out)
    step = scaled(xp, grad.astype(FLOAT32), rate, rescale_grad, clip_gradient)
    slide(mom, weight32, step, kept, rate * decay)
    weight32 += mom
    return rounded(weight32, weight, out)


@update("mom", "weight32", dtype=mixed_dtype)
def mp_nag_mom_update(
    xp,
    weight,
    grad,
    mom,
    weight32,
    /,
    *,
    lr: float,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    out=None,
):
    """As `nag_mom_update`, computed in float32 on `weight32`, in place; gives it in the weights' dtype.

    All arrays have one shape; weight and grad have one floating dtype, mom is float32. As in MXNet,
    the momentum takes its weight decay from the new weights.

    >>> import symbook as mx
    >>> weight, grad = mx.nd.array([1], dtype="float16"), mx.nd.array([4], dtype="float16")
    >>> mom, weight32 = mx.nd.array([1]), mx.nd.array([1])
    >>> mx.nd.mp_nag_mom_update(weight, grad, mom, weight32, lr=0.5, momentum=0.5).asnumpy()
    array([-1.75], dtype=float16)
    """
    factors = numbers(FLOAT32, momentum, lr, wd)
    if xp is not np:
        given = (*factors, *numbers(FLOAT32, rescale_grad, clip_gradient))
        states = (mom, weight32)
        return kernels.MIXED_NAG(xp, (grad,), states, given, low=weight.dtype, out=out)
    step = rescaled(xp, grad.astype(FLOAT32), rescale_grad, clip_gradient)
    weight32[...] = ahead(mom, weight32, step, *factors)
    pull(mom, weight32, step, *factors[1:])
    return rounded(weight32, weight, out)
