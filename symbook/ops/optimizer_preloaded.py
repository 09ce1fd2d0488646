"""Steps of gradient descent for many weights, with learning rates and weight decays in arrays.

Two more inputs follow those of :mod:`.optimizer_many`: the learning rates and the weight decays.
"""

from __future__ import annotations

from .optimizer_many import many, many_stepped

_VECTORS = ("lrs", "wds")


@many("weight", "grad", rest=_VECTORS)
def preloaded_multi_sgd_update(
    xp,
    groups,
    rest,
    /,
    *,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
):
    """As `multi_sgd_update`, with the learning rates and the weight decays in arrays.

    Inputs: `weight_0, grad_0, weight_1, …, lrs, wds`; the last two are float32 vectors with an
    element for each weight. Outputs: the new weights.

    >>> import symbook as mx
    >>> weight, grad, lrs, wds = (mx.nd.array([x]) for x in (1, 2, 1, 0))
    >>> mx.nd.preloaded_multi_sgd_update(weight, grad, lrs, wds).asnumpy()
    array([-1.], dtype=float32)
    """
    return many_stepped(xp, groups, rest[0], rest[1], rescale_grad, clip_gradient)


@many("weight", "grad", "mom", rest=_VECTORS)
def preloaded_multi_sgd_mom_update(
    xp,
    groups,
    rest,
    /,
    *,
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
):
    """As `multi_sgd_mom_update`, with the learning rates and the weight decays in arrays.

    Inputs: `weight_0, grad_0, mom_0, weight_1, …, lrs, wds`; the last two are float32 vectors with an
    element for each weight. Outputs: the new weights.

    >>> import symbook as mx
    >>> weight, grad, mom, lrs, wds = (mx.nd.array([x]) for x in (1, 2, 4, 1, 0))
    >>> mx.nd.preloaded_multi_sgd_mom_update(weight, grad, mom, lrs, wds, momentum=0.5).asnumpy()
    array([1.], dtype=float32)
    """
    return many_stepped(xp, groups, rest[0], rest[1], rescale_grad, clip_gradient, momentum)


@many("weight", "grad", "weight32", rest=_VECTORS)
def preloaded_multi_mp_sgd_update(
    xp,
    groups,
    rest,
    /,
    *,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
):
    """As `multi_mp_sgd_update`, with the learning rates and the weight decays in arrays.

    Inputs: `weight_0, grad_0, weight32_0, weight_1, …, lrs, wds`; the last two are float32 vectors
    with an element for each weight. Outputs: the new weights.

    >>> import symbook as mx
    >>> weight, grad = (mx.nd.array([x], dtype="float16") for x in (1, 2))
    >>> rest = [mx.nd.array([x]) for x in (1, 1, 0)]
    >>> mx.nd.preloaded_multi_mp_sgd_update(weight, grad, *rest).asnumpy()
    array([-1.], dtype=float16)
    """
    return many_stepped(xp, groups, rest[0], rest[1], rescale_grad, clip_gradient, mixed=True)


@many("weight", "grad", "mom", "weight32", rest=_VECTORS)
def preloaded_multi_mp_sgd_mom_update(
    xp,
    groups,
    rest,
    /,
    *,
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
):
    """As `multi_mp_sgd_mom_update`, with the learning rates and the weight decays in arrays.

    Inputs: `weight_0, grad_0, mom_0, weight32_0, weight_1, …, lrs, wds`; the last two are float32
    vectors with an element for each weight. Outputs: the new weights.

    >>> import symbook as mx
    >>> weight, grad = (mx.nd.array([x], dtype="float16") for x in (1, 2))
    >>> rest = [mx.nd.array([x]) for x in (4, 1, 1, 0)]
    >>> mx.nd.preloaded_multi_mp_sgd_mom_update(weight, grad, *rest, momentum=0.5).asnumpy()
    array([1.], dtype=float16)
    """
    return many_stepped(
        xp, groups, rest[0], rest[1], rescale_grad, clip_gradient, momentum, mixed=True
    )
