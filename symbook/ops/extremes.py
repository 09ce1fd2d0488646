"""Where the largest and smallest elements are; the gradients are zero everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..cuda import NUMBERS, Kernel
from ..specs import Shape, known
from .backward import no_gradient
from .casting import numeric, stored
from .device import delivered, lanes, packed, target
from .reduce import reduced_nonempty, remaining
from .registry import op
from .rules import Mismatch, axes_of, forward


def _channel(shape: Shape) -> Shape:
    if len(shape) < 2:
        raise Mismatch(
            f"it needs an array of 2 or more dimensions, not {len(shape)}",
            hint="Add one: x.expand_dims(0).",
        )
    return reduced_nonempty(shape, 1, False)


# Of lanes that lie side by side a thread each, else a block each. CuPy's own leaves open which of several
# NaN it finds, and gives int64.
_FIRST = Kernel(
    "first_extreme",
    """
KERNEL first_extreme(const T* data, T* out, long long lanes, long long n, long long after,
                     long long smallest) {
    if (after == 1) {
        FOR_BLOCKS(lane, lanes) {
            const T* row = data + lane * n;
            I found = smallest ? row_argmin((I)n, [=](I i) { return A(row[i]); })
                               : row_argmax((I)n, [=](I i) { return A(row[i]); });
            if (THREAD == 0) out[lane] = T(found);
        }
        return;
    }
    FOR_EACH(lane, lanes) {
        const T* first = data + lane / (I)after * (I)n * (I)after + lane % (I)after;
        Place<A> best = {A(first[0]), (I)0};
        for (I i = 1; i < n; i++) {
            Place<A> next = {A(first[i * (I)after]), i};
            if (smallest ? smaller_place(next, best) : greater_place(next, best)) best = next;
        }
        out[lane] = T(best.index);
    }
}
""",
    types=NUMBERS,
)


def _first(
    xp: Any, smallest: bool, data: Any, axis: int | None, shape: tuple[int, ...], out: Any
) -> Any:
    """:func:`_position` on a GPU."""
    before, size, after = (1, data.size, 1) if axis is None else lanes(data.shape, axis % data.ndim)
    data = packed(data)
    result = target(xp, out, shape, data.dtype)
    count = before * after
    args = (data, result, count, size, after, int(smallest))
    if after == 1:
        _FIRST(xp, data.dtype, args, blocks=min(count, 65536))
    else:
        _FIRST(xp, data.dtype, args, size=count)
    return delivered(result, out)


def _position(xp: Any, function: str, data: Any, axis: int | None, keepdims: bool, out: Any) -> Any:
    """Index of the first extreme, in the data's dtype."""
    whole = axis is None or data.ndim == 1
    if xp is not np:
        shape = known(remaining(data.shape, axes_of(axis, data.ndim), keepdims))
        return _first(xp, function == "argmin", data, axis, shape, out)
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
