"""What an optimiser asks of many arrays at once: sums of squares, LARS's rates, whether all is finite."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import counted
from .casting import floating
from .optimizer import FLOAT32, numbers
from .optimizer_kernels import clear_unless_finite, lars_rates
from .registry import op
from .rules import DTypes, Mismatch, Params, Shapes, same_shape, unify, unify_dtypes


def _one_for_all(size: Any) -> Any:
    """A shape rule: the inputs may have any shapes; the result is a vector of `size(params)`."""

    def rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
        expected = params.get("num_arrays", len(ins))
        if len(ins) != expected:
            raise Mismatch(
                f"num_arrays says {counted(expected, 'array')}, {len(ins)} were given",
                hint=f"Give num_arrays={len(ins)}.",
            )
        return ins, tuple(unify(out, (size(params),)) for out in outs)

    return rule


def _float32_of_floats(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    """The inputs have one floating dtype; the result is float32."""
    found, _ = floating(ins, (None,), params)
    return found, (unify_dtypes((FLOAT32, outs[0])),)


def _all_finite(xp: Any, arrays: Any, init_output: bool, out: Any) -> Any:
    if out is None:
        out = xp.ones(1, FLOAT32)
    elif init_output:
        out.fill(1)
    for array in arrays:
        if xp is not np:
            clear_unless_finite(xp, array, out)
            continue
        out *= xp.isfinite(array).all()
    return out


@op("all_finite", shape=_one_for_all(lambda params: 1), dtype=_float32_of_floats)
def all_finite(xp, data, /, *, init_output: bool = True, out=None):
    """1 if every element is finite, 0 if one is NaN or infinite; float32, of shape (1,).

    data
        An array of any shape and floating dtype.
    init_output
        If not, `out` becomes 0 where an element is not finite, and otherwise stays as it was.

    >>> import symbook as mx
    >>> mx.nd.all_finite(mx.nd.array([1, float("inf")])).asnumpy()
    array([0.], dtype=float32)
    """
    return _all_finite(xp, [data], init_output, out)


@op("multi_all_finite", shape=_one_for_all(lambda params: 1), dtype=_float32_of_floats)
def multi_all_finite(xp, /, *data, num_arrays: int = 1, init_output: bool = True, out=None):
    """1 if every element of all arrays is finite, 0 if one is NaN or infinite; float32, of shape (1,).

    The arrays have any shapes and one floating dtype.

    num_arrays
        How many there are.
    init_output
        If not, `out` becomes 0 where an element is not finite, and otherwise stays as it was.

    >>> import symbook as mx
    >>> mx.nd.multi_all_finite(mx.nd.zeros(2), mx.nd.zeros(3), num_arrays=2).asnumpy()
    array([1.], dtype=float32)
    """
    return _all_finite(xp, data, init_output, out)


@op(
    "multi_sum_sq",
    shape=_one_for_all(lambda params: params["num_arrays"]),
    dtype=_float32_of_floats,
)
def multi_sum_sq(xp, /, *data, num_arrays: int):
    """The sum of the squares of each array: a float32 vector with an element for each.

    The arrays have any shapes and one floating dtype.

    num_arrays
        How many there are.

    >>> import symbook as mx
    >>> mx.nd.multi_sum_sq(mx.nd.array([1, 2]), mx.nd.array([3]), num_arrays=2).asnumpy()
    array([5., 9.], dtype=float32)
    """
    return xp.stack([xp.square(array).sum(dtype=_wide(array)) for array in data]).astype(FLOAT32)


def _wide(array: Any) -> Any:
    """The dtype to add up in: float32 at least."""
    return FLOAT32 if array.dtype == "float16" else array.dtype


def _float32(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    """Everything is float32."""
    return tuple(unify_dtypes((FLOAT32, i)) for i in ins), (unify_dtypes((FLOAT32, outs[0])),)


@op("multi_lars", shape=same_shape, dtype=_float32)
def multi_lars(
    xp,
    lrs,
    weights_sum_sq,
    grads_sum_sq,
    wds,
    /,
    *,
    eta: float,
    eps: float,
    rescale_grad: float = 1.0,
):
    """Learning rates of LARS, one for each layer: `lr * eta * |w| / (|g| + wd * |w| + eps)`.

    `|w|` and `|g|` are the norms of a layer's weights and of its rescaled gradient; where one of
    them is 0, the learning rate stays as it is. All arrays are float32 vectors with an element for
    each layer. (Y. You, I. Gitman and B. Ginsburg, "Large batch training of convolutional networks",
    2017, https://arxiv.org/abs/1708.03888.)

    lrs
        Learning rates.
    weights_sum_sq
        Sums of the squared weights, from `multi_sum_sq`.
    grads_sum_sq
        Sums of the squared gradients.
    wds
        Weight decays.
    eta
        How far a step may go, as a part of the weights' norm.
    eps
        What keeps the quotient finite.
    rescale_grad
        The gradients' norms are multiplied by it.

    >>> import symbook as mx
    >>> lrs, weights, grads, wds = (mx.nd.array([x]) for x in (1, 4, 1, 0))
    >>> mx.nd.multi_lars(lrs, weights, grads, wds, eta=0.5, eps=0).asnumpy()
    array([1.], dtype=float32)
    """
    trust, least, scale = numbers(FLOAT32, eta, eps, rescale_grad)
    if xp is not np:
        arrays = (lrs, weights_sum_sq, grads_sum_sq, wds)
        return lars_rates(xp, arrays, trust, least, scale)
    weights, grads = xp.sqrt(weights_sum_sq), xp.sqrt(grads_sum_sq) * scale
    usable = (weights > 0) & (grads > 0)
    below = xp.where(usable, grads + wds * weights + least, FLOAT32.type(1))
    return xp.where(usable, lrs * trust * weights / below, lrs)
