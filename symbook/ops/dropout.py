"""Dropout: elements set to zero at random while training."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from ..rng import generator
from ..specs import Shape, known
from .casting import floating, single
from .params import Range
from .registry import op
from .rules import Mismatch, Params, Shapes, unify


def _mask_shape(data: Shape, axes: tuple[int, ...]) -> Shape:
    """The shape of the mask: size 1 along the axes that share it."""
    for axis in axes:
        if not 0 <= axis < len(data):
            raise Mismatch(
                f"axis {axis} is out of range for an array of {len(data)} dimensions",
                hint=f"Axes here go from 0 to {len(data) - 1}.",
            )
    return tuple(1 if axis in axes else dim for axis, dim in enumerate(data))


def _dropout_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data = unify(ins[0], outs[0])
    if data is None:
        return ins, outs
    return (data,), (data, unify(_mask_shape(data, params["axes"]), outs[1]))


def _dropout_gradient(F, g, y, data, **_):
    return None if g[0] is None else F.broadcast_mul(g[0], y[1])


@op(
    "Dropout",
    shape=_dropout_rule,
    dtype=floating,
    outputs=("output", "mask"),
    shown=lambda params: 1,
    random=True,
    view=True,
    gradient=_dropout_gradient,
)
def dropout(
    xp,
    data,
    /,
    *,
    p: Annotated[float, Range(0, 1)] = 0.5,
    mode: Literal["always", "training"] = "training",
    axes: tuple[int, ...] = (),
    cudnn_off: bool | None = False,
    is_train,
):
    """Elements set to 0 with probability `p` in training, the others divided by `1 - p`.

    `y = x · mask`, where each element of the mask is `1 / (1 - p)` where a uniform random number is
    below `1 - p`, else 0: the expected value stays the same. In prediction `y = x`. The result has
    the shape and the floating-point dtype of the data.

    On CPU the random numbers are MXNet's own: after `mx.random.seed(n)` the same elements are kept.

    p
        Probability of an element to be dropped, from 0 to 1. With 0 nothing is drawn.
    mode
        `always` drops in prediction, too.
    axes
        Axes along which all elements share one random number.
    cudnn_off
        Changes nothing.

    Source: Srivastava et al., Dropout, Journal of Machine Learning Research 15, 2014.

    >>> import symbook as mx
    >>> mx.nd.Dropout(mx.nd.array([1, 2])).asnumpy()
    array([1., 2.], dtype=float32)
    """
    shape = _mask_shape(data.shape, axes)
    if p == 0 or not (is_train or mode == "always"):
        return data, xp.broadcast_to(xp.ones((), data.dtype), shape)
    if xp is not np:
        from .gpu.dropout import dropout as on_gpu

        return on_gpu(xp, data, known(shape), 1 - single(p), generator(xp))
    mask = _mask(xp, known(shape), data.dtype, 1 - single(p))
    return data * mask, mask


def _mask(xp: Any, shape: tuple[int, ...], dtype: Any, keep: float) -> Any:
    """`1 / keep` with probability `keep`, else 0."""
    # As in MXNet: float16 and float64 draw float64 numbers, and all is compared and scaled in float32.
    drawn = xp.dtype("float32" if dtype == "float32" else "float64")
    numbers = generator(xp).uniform(shape, drawn).astype("float32", copy=False)
    # With p=1 this is infinite, as in MXNet, and then everything is NaN; Python would refuse to divide.
    scale = numbers.dtype.type(1) / numbers.dtype.type(keep)
    return xp.multiply(numbers < keep, scale).astype(dtype, copy=False)
