"""Where the largest and smallest elements are; the gradients are zero everywhere."""

from __future__ import annotations

from typing import Any

from ..specs import Shape
from .backward import no_gradient
from .casting import numeric, stored
from .reduce import reduced_nonempty
from .registry import op
from .rules import Mismatch, forward


def _channel(shape: Shape) -> Shape:
    if len(shape) < 2:
        raise Mismatch(f"it needs an array of 2 or more dimensions, not {len(shape)}")
    return reduced_nonempty(shape, 1, False)


def _position(xp: Any, function: str, data: Any, axis: int | None, keepdims: bool, out: Any) -> Any:
    """Index of the first extreme, in the data's dtype."""
    whole = axis is None or data.ndim == 1
    found = getattr(xp, function)(data, axis=axis, keepdims=keepdims)
    return stored(found.reshape(1) if whole and not keepdims else found, data.dtype, out)


@op(
    "argmax",
    shape=forward(reduced_nonempty, whole=False),
    dtype=numeric,
    gradient=no_gradient,
)
def argmax(xp, data, /, *, axis: int | None = None, keepdims: bool = False, out=None):
    """Index of the largest element along an axis, or in the flattened array; the first of several.

    The result has the array's dtype: float32 counts exactly up to 2²⁴. A NaN counts as largest.

    >>> mx.nd.argmax(mx.nd.array([[1, 2], [4, 3]]), axis=1).asnumpy()
    array([1., 0.], dtype=float32)
    """
    return _position(xp, "argmax", data, axis, keepdims, out)


@op(
    "argmin",
    shape=forward(reduced_nonempty, whole=False),
    dtype=numeric,
    gradient=no_gradient,
)
def argmin(xp, data, /, *, axis: int | None = None, keepdims: bool = False, out=None):
    """Index of the smallest element along an axis, or in the flattened array; the first of several.

    The result has the array's dtype: float32 counts exactly up to 2²⁴. A NaN counts as smallest.

    >>> mx.nd.argmin(mx.nd.array([[1, 2], [4, 3]]), axis=1).asnumpy()
    array([0., 1.], dtype=float32)
    """
    return _position(xp, "argmin", data, axis, keepdims, out)


@op("argmax_channel", shape=forward(_channel, whole=False), dtype=numeric)
def argmax_channel(xp, data, /, *, out=None):
    """Index of the largest element along axis 1, of an array of 2 or more dimensions.

    The result has the shape without that axis, and the array's dtype.

    >>> mx.nd.argmax_channel(mx.nd.array([[1, 2], [4, 3]])).asnumpy()
    array([1., 0.], dtype=float32)
    """
    return _position(xp, "argmax", data, 1, False, out)
