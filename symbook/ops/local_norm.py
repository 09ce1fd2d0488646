"""Normalisation by sums of squares: over neighbouring channels, or to length 1; and moments."""

from __future__ import annotations

from typing import Annotated, Any

from .casting import floating, single
from .params import Range
from .registry import op
from .rules import Mismatch, Params, Shapes, unify
from .statistics import wide

# Local response normalisation


def _lrn_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    shape = unify(ins[0], unify(*outs))
    if shape is not None and len(shape) < 2:
        raise Mismatch(
            f"it needs an array of 2 or more dimensions, not {len(shape)}",
            hint="The second axis is that of the channels.",
        )
    return (shape,), (shape, shape)


def _window_sum(xp: Any, data: Any, size: int) -> Any:
    """The sum over each channel and its `(size - 1) // 2` neighbours on either side; axis 1 is theirs."""
    result = data.copy()
    for step in range(1, min((size - 1) // 2, data.shape[1] - 1) + 1):
        result[:, step:] += data[:, :-step]
        result[:, :-step] += data[:, step:]
    return result


def _lrn_gradient(F, g, y, data, **params):
    return None if g[0] is None else F._backward_LRN(g[0], data, y[1], **params)


@op(
    "LRN",
    shape=_lrn_rule,
    dtype=floating,
    outputs=("output", "tmp_norm"),
    shown=lambda params: 1,
    gradient=_lrn_gradient,
)
def lrn(
    xp,
    data,
    /,
    *,
    alpha: float = 1e-4,
    beta: float = 0.75,
    knorm: float = 2.0,
    nsize: Annotated[int, Range(1, None)],
):
    """Local response normalisation: each element is divided by a power of its neighbours' squares.

    `y_c = x_c · (knorm + alpha / nsize · Σ x_k²)^(-beta)`; the sum goes over the `nsize` channels k
    around c, those that there are, at the same place. `data` (n, channels, …) of any floating-point
    dtype; the result has its shape.

    nsize
        How many channels the sum goes over, the element's own in the middle: an odd number.
    alpha, beta, knorm
        Numbers of the formula.

    Source: Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural Networks, 2012.

    >>> import symbook as mx
    >>> mx.nd.LRN(mx.nd.array([[[[2]], [[4]]]]), nsize=1, alpha=1, beta=1, knorm=0).asnumpy().ravel()
    array([0.5 , 0.25], dtype=float32)
    """
    values = wide(data)
    norm = _window_sum(xp, xp.square(values), nsize)
    norm *= single(alpha) / nsize
    norm += single(knorm)
    result = xp.power(norm, norm.dtype.type(-single(beta)))
    result *= values
    return result.astype(data.dtype, copy=False), norm.astype(data.dtype, copy=False)


@op("_backward_LRN", dtype=floating)
def backward_lrn(xp, grad, data, norm, /, *, alpha: float, beta: float, knorm: float, nsize: int):
    """Gradient of LRN; `norm` is its second output: what is raised to the power."""
    values, norm = wide(data), wide(norm)
    result = xp.power(norm, norm.dtype.type(-single(beta)))
    result *= wide(grad)
    around = result * values
    around /= norm
    around = _window_sum(xp, around, nsize)
    around *= values
    around *= 2 * single(beta) * single(alpha) / nsize
    result -= around
    return result.astype(data.dtype, copy=False)
