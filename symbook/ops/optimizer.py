"""Steps of gradient descent: plain, with momentum, and by the gradient's sign.

Each operator gives the new weight and changes its states, such as the momentum, in place. Give
`out=weight` to change the weight too. As in MXNet, numbers such as the learning rate are rounded to
float32, and then to the dtype that the step is computed in.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..specs import as_dtype
from . import optimizer_kernels as kernels
from .casting import floating
from .registry import op
from .rules import DTypeRule

FLOAT32 = as_dtype("float32")

_NOTES = {
    "weight": "The weights, of any shape.",
    "grad": "Their gradient, in the weights' shape.",
    "mom": "The momentum, in the weights' shape; changed in place.",
    "weight32": "The weights in float32; changed in place.",
    "lr": "The learning rate.",
    "momentum": "How much of the momentum is kept at each step.",
    "wd": "Weight decay: `wd * weight` is added to the gradient, which pulls weights towards 0.",
    "rescale_grad": "The gradient is multiplied by it first; 1 / batch size makes a mean of a sum.",
    "clip_gradient": "Limit of each part of the rescaled gradient; below 0, there is none.",
    "lazy_update": "MXNet's choice for sparse gradients; it changes nothing here.",
}


def update(
    *states: str, dtype: DTypeRule = floating, **options: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register an update operator that changes these inputs, and document what all of them share."""

    def register(fn: Callable[..., Any]) -> Callable[..., Any]:
        fn.__doc__ = with_notes(fn, _NOTES)
        return op(dtype=dtype, aux=states, mutates=states, **options)(fn)

    return register


def with_notes(fn: Callable[..., Any], notes: dict[str, str]) -> str:
    """A function's text, with notes on those inputs and parameters on which it has none, examples last."""
    text, examples, code = inspect.cleandoc(fn.__doc__ or "").partition(">>> ")
    names = fn.__code__.co_varnames[: fn.__code__.co_argcount + fn.__code__.co_kwonlyargcount]
    lines = text.splitlines()
    added = [f"{name}\n    {notes[name]}" for name in names if name in notes and name not in lines]
    return "\n".join([text.strip(), "", *added, "", examples + code]).strip()


def number(dtype: Any, value: float) -> Any:
    """A parameter as MXNet uses it: rounded to float32, then to the dtype of the step."""
    return dtype.type(np.float32(value))


def numbers(dtype: Any, *values: float) -> tuple[Any, ...]:
    """Several parameters, each as :func:`number` gives it."""
    return tuple(number(dtype, value) for value in values)


def rescaled(xp: Any, grad: Any, rescale_grad: float, clip_gradient: float) -> Any:
    """The gradient times a number, and no further from 0 than the limit, in a new array."""
    return clipped(xp, grad * number(grad.dtype, rescale_grad), clip_gradient)


def clipped(xp: Any, step: Any, limit: float) -> Any:
    """A step no further from 0 than the limit, in place; below 0, there is none."""
    if limit < 0:
        return step
    bound = number(step.dtype, limit)
    return xp.clip(step, -bound, bound, out=step)


def scaled(xp: Any, grad: Any, rate: Any, rescale_grad: float, clip_gradient: float) -> Any:
    """`rate` times the rescaled and clipped gradient, multiplied in MXNet's order, in a new array."""
    scale = number(grad.dtype, rescale_grad)
    if clip_gradient < 0:
        return grad * (rate * scale)
    step = clipped(xp, grad * scale, clip_gradient)
    step *= rate
    return step


def scales(
    dtype: Any, rate: Any, rescale_grad: float, clip_gradient: float
) -> tuple[Any, Any, Any]:
    """`scale`, `limit` and `factor` of kernels: :func:`scaled` is the gradient times `scale`, no further
    from 0 than `limit`, times `factor`."""
    scale = number(dtype, rescale_grad)
    if clip_gradient < 0:
        return rate * scale, -1.0, 1.0
    return scale, number(dtype, clip_gradient), rate


def slide(mom: Any, weight: Any, step: Any, momentum: Any, decay: Any) -> None:
    """`mom = momentum * mom - decay * weight - step`, in place."""
    mom *= momentum
    mom -= weight * decay
    mom -= step


def ahead(mom: Any, weight: Any, step: Any, momentum: Any, rate: Any, wd: Any) -> Any:
    """Weights after Nesterov's step, in a new array; `mom` becomes `momentum * mom`."""
    mom *= momentum
    jump = weight * wd
    jump += step
    jump *= rate
    result = mom - jump
    result *= momentum + 1
    result += weight - mom
    return result


def pull(mom: Any, weight: Any, step: Any, rate: Any, wd: Any) -> None:
    """`mom -= rate * (step + wd * weight)`, in place; `step` is used up."""
    step += weight * wd
    step *= rate
    mom -= step


def sign(xp: Any, data: Any) -> Any:
    """-1, 0 or 1 in the array's dtype; 0 of NaN, as MXNet has it."""
    return xp.sign(xp.where(data == data, data, data.dtype.type(0)))


def rounded(weight32: Any, weight: Any, out: Any) -> Any:
    """The float32 weights in the dtype of the others, in `out` where it is given."""
    if out is None:
        return weight32.astype(weight.dtype)
    out[...] = weight32
    return out


@update()
def sgd_update(
    xp,
    weight,
    grad,
    /,
    *,
    lr: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    out=None,
):
    """One step of gradient descent: the new weights, `weight - lr * (g + wd * weight)`.

    `g` is `rescale_grad * grad`, clipped. All arrays have one shape and one floating dtype.

    >>> import symbook as mx
    >>> mx.nd.sgd_update(mx.nd.array([1, 2]), mx.nd.array([4, -4]), lr=0.25).asnumpy()
    array([0., 3.], dtype=float32)
    """
    rate, decay = numbers(weight.dtype, lr, wd)
    if xp is not np:
        given = scales(weight.dtype, rate, rescale_grad, clip_gradient)
        return kernels.SGD(xp, (weight, grad), (), (1 - rate * decay, *given), out=out)
    step = scaled(xp, grad, rate, rescale_grad, clip_gradient)
    return xp.subtract(weight * (1 - rate * decay), step, out=out)


@update("mom")
def sgd_mom_update(
    xp,
    weight,
    grad,
    mom,
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
    """One step of gradient descent with momentum: the new weights, `weight + mom`.

    First `mom = momentum * mom - lr * (g + wd * weight)`, in place, where `g` is
    `rescale_grad * grad`, clipped. All arrays have one shape and one floating dtype.
    (B. Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.)

    >>> import symbook as mx
    >>> weight, mom = mx.nd.array([1.0]), mx.nd.array([2.0])
    >>> mx.nd.sgd_mom_update(weight, mx.nd.array([4.0]), mom, lr=0.25, momentum=0.5).asnumpy()
    array([1.], dtype=float32)
    >>> mom.asnumpy()
    array([0.], dtype=float32)
    """
    kept, rate, decay = numbers(mom.dtype, momentum, lr, wd)
    if xp is not np:
        given = (kept, rate * decay, *scales(mom.dtype, rate, rescale_grad, clip_gradient))
        return kernels.SGD_MOM(xp, (weight, grad), (mom,), given, out=out)
    step = scaled(xp, grad, rate, rescale_grad, clip_gradient)
    slide(mom, weight, step, kept, rate * decay)
    return xp.add(weight, mom, out=out)


@update("mom")
def nag_mom_update(
    xp,
    weight,
    grad,
    mom,
    /,
    *,
    lr: float,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    out=None,
):
    """One step with Nesterov's momentum: the new weights, `weight + momentum * mom - lr * s`.

    `s` is `rescale_grad * grad`, clipped, plus `wd * weight`; first
    `mom = momentum * mom - lr * s`, in place. All arrays have one shape and one floating dtype. As
    in MXNet, with `out=weight` the momentum takes its weight decay from the new weights.
    (Y. Nesterov, 1983, in the form of I. Sutskever et al., "On the importance of initialization and
    momentum in deep learning", ICML 2013, https://proceedings.mlr.press/v28/sutskever13.html.)

    >>> import symbook as mx
    >>> weight, mom = mx.nd.array([1.0]), mx.nd.array([2.0])
    >>> mx.nd.nag_mom_update(weight, mx.nd.array([2.0]), mom, lr=0.25, momentum=0.5).asnumpy()
    array([0.75], dtype=float32)
    """
    factors = numbers(mom.dtype, momentum, lr, wd)
    if xp is not np:
        by_new = out is not None and xp.may_share_memory(out, weight)
        given = (*factors, *numbers(mom.dtype, rescale_grad, clip_gradient), by_new)
        return kernels.NAG(xp, (weight, grad), (mom,), given, out=out)
    step = rescaled(xp, grad, rescale_grad, clip_gradient)
    result = ahead(mom, weight, step, *factors)
    if out is not None:
        # Where it is the weights' own array, the momentum takes its decay from the new weights.
        out[...] = result
        result = out
    pull(mom, weight, step, *factors[1:])
    return result


@update()
def signsgd_update(
    xp,
    weight,
    grad,
    /,
    *,
    lr: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    out=None,
):
    """One step by the gradient's sign alone: `(1 - lr * wd) * weight - lr * sign(grad)`.

    All arrays have one shape and one floating dtype. (J. Bernstein et al., "signSGD: compressed
    optimisation for non-convex problems", ICML 2018, https://arxiv.org/abs/1802.04434.)

    rescale_grad
        MXNet has it; it changes nothing here.
    clip_gradient
        MXNet has it; it changes nothing here.

    >>> import symbook as mx
    >>> mx.nd.signsgd_update(mx.nd.array([1, 2]), mx.nd.array([9, -0.1]), lr=0.5).asnumpy()
    array([0.5, 2.5], dtype=float32)
    """
    rate = number(weight.dtype, lr)
    if xp is not np:
        keep = 1 - rate * number(weight.dtype, wd)
        return kernels.SIGNSGD(xp, (weight, grad), (), (keep, rate), out=out)
    kept = weight * (1 - rate * number(weight.dtype, wd))
    return xp.subtract(kept, sign(xp, grad) * rate, out=out)


@update("mom")
def signum_update(
    xp,
    weight,
    grad,
    mom,
    /,
    *,
    lr: float,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    wd_lh: float = 0.0,
    out=None,
):
    """One step by the momentum's sign: `(1 - lr * wd_lh) * weight + lr * sign(mom)`.

    First `mom = momentum * mom - (1 - momentum) * (g + wd * weight)`, in place, where `g` is
    `rescale_grad * grad`, clipped. All arrays have one shape and one floating dtype.
    (J. Bernstein et al., "signSGD: compressed optimisation for non-convex problems", ICML 2018,
    https://arxiv.org/abs/1802.04434.)

    wd_lh
        Weight decay that acts on the weights and not by way of the gradient (I. Loshchilov and
        F. Hutter, "Decoupled weight decay regularization", ICLR 2019).

    >>> import symbook as mx
    >>> weight, mom = mx.nd.array([1, 2]), mx.nd.zeros(2)
    >>> mx.nd.signum_update(weight, mx.nd.array([9, -0.1]), mom, lr=0.5).asnumpy()
    array([0.5, 2.5], dtype=float32)
    """
    rate = number(weight.dtype, lr)
    kept, decay, apart = numbers(weight.dtype, momentum, wd, wd_lh)
    if xp is not np:
        given = scales(weight.dtype, 1 - kept, rescale_grad, clip_gradient)
        factors = (kept, (1 - kept) * decay, 1 - rate * apart, rate, *given)
        return kernels.SIGNUM(xp, (weight, grad), (mom,), factors, out=out)
    step = scaled(xp, grad, 1 - kept, rescale_grad, clip_gradient)
    slide(mom, weight, step, kept, (1 - kept) * decay)
    return xp.add(weight * (1 - rate * apart), sign(xp, mom) * rate, out=out)
