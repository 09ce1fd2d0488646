"""Sequences of different lengths: masked, reversed, their last elements.

Data is of shape (steps, batch, …), or (batch, steps, …) with `axis=1`; a length for each sequence of the
batch tells how many of its steps count.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..cuda import Kernel
from ..specs import Shape
from .casting import single
from .device import MOVED, bits, moved, packed
from .registry import op
from .rules import DTypes, Mismatch, Params, Shapes, unify, unify_dtypes


def _inputs(params: Mapping[str, Any]) -> tuple[str, ...]:
    return ("data", "sequence_length") if params["use_sequence_length"] else ("data",)


def _require_axis(data: Shape, axis: int, axes: tuple[int, ...]) -> None:
    if axis not in axes:
        raise Mismatch(
            f"the axis of the steps must be {' or '.join(map(str, axes))}, not {axis}",
            hint="The steps of a sequence come first, or after the batch.",
        )
    if len(data) < 2:
        raise Mismatch(
            "the data needs an axis of steps and one of the batch",
            hint="For example the shape (steps, batch, units).",
        )


def _with_lengths(data: Shape, lengths: tuple[Shape | None, ...], axis: int) -> tuple[Any, Any]:
    """The data and the lengths, (batch,), each with what the other says of the batch."""
    if not lengths:
        return data, ()
    batch = 1 - axis
    size = unify((data[batch],), lengths[0]) or ()
    return (*data[:batch], *size, *data[batch + 1 :]), (size,)


def _same(axes: tuple[int, ...]) -> Any:
    """The rule for an output of the data's shape."""

    def rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
        data = unify(ins[0], outs[0])
        if data is None:
            return ins, outs
        _require_axis(data, params["axis"], axes)
        data, lengths = _with_lengths(data, ins[1:], params["axis"])
        return (data, *lengths), (data,)

    return rule


def _last_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data, axis, (out,) = ins[0], params["axis"], outs
    if data is None:
        return ins, outs
    _require_axis(data, axis, (0, 1))
    data, lengths = _with_lengths(data, ins[1:], axis)
    out = unify((*data[:axis], *data[axis + 1 :]), out) or ()
    return ((*out[:axis], data[axis], *out[axis:]), *lengths), (out,)


def _last_backward_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    (data, *lengths), (grad,) = _last_rule((unify(ins[1], outs[0]), *ins[2:]), ins[:1], params)
    return (grad, data, *lengths), (data,)


def _dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    """Data and output have one dtype; lengths have any, the data's if it is not known."""
    dtype = unify_dtypes((ins[0], *outs))
    return (dtype, *[dtype if item is None else item for item in ins[1:]]), (dtype,)


def _last_backward_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    dtype = unify_dtypes((*ins[:2], *outs))
    return (dtype, dtype, *ins[2:]), (dtype,)


def _counts(xp: Any, data: Any, lengths: Any, axis: int) -> Any:
    """How many steps of each sequence count: whole numbers from 0 to the number of steps."""
    return xp.clip(lengths.astype("int64"), 0, data.shape[axis])


# Data of (d0, d1, inner): the steps are d0, or d1 with `axis`. `lengths` are what `_counts` gives.
_STEP = """
    I inner = k % (I)after, row = k / (I)after;
    I major = row / (I)d1, minor = row % (I)d1;
    I step = axis ? minor : major, batch = axis ? major : minor;
    I length = (I)lengths[batch];
"""

_MASK = Kernel(
    "mask_steps",
    f"""
KERNEL mask_steps(const T* data, const long long* lengths, T* out, long long d1, long long after,
                  long long axis, long long value, long long n) {{
    FOR_EACH(k, n) {{
        {_STEP}
        out[k] = step < length ? data[k] : T(value);
    }}
}}
""",
    types=MOVED,
)

_LAST = Kernel(
    "last_step",
    """
KERNEL last_step(const T* data, const long long* lengths, T* out, long long steps, long long batch,
                 long long after, long long axis, long long n) {
    FOR_EACH(k, n) {
        I inner = k % (I)after, b = k / (I)after;
        I step = (I)lengths[b] - 1;
        I row = axis ? b * (I)steps + step : step * (I)batch + b;
        out[k] = step < 0 ? T(0) : data[row * (I)after + inner];
    }
}
""",
    types=MOVED,
)

_LAST_BACK = Kernel(
    "last_step_back",
    f"""
KERNEL last_step_back(const T* grad, const long long* lengths, T* out, long long d1, long long after,
                      long long axis, long long n) {{
    FOR_EACH(k, n) {{
        {_STEP}
        out[k] = step == length - 1 ? grad[batch * (I)after + inner] : T(0);
    }}
}}
""",
    types=MOVED,
)

_REVERSE = Kernel(
    "reverse_steps",
    """
KERNEL reverse_steps(const T* data, const long long* lengths, T* out, long long batch,
                     long long after, long long n) {
    FOR_EACH(k, n) {
        I inner = k % (I)after, row = k / (I)after;
        I step = row / (I)batch, b = row % (I)batch;
        I length = (I)lengths[b];
        I from = step < length ? length - 1 - step : step;
        out[k] = data[(from * (I)batch + b) * (I)after + inner];
    }
}
""",
    types=MOVED,
)


def _launched(
    xp: Any, kernel: Kernel, data: Any, counts: Any, shape: tuple[int, ...], *numbers: int
) -> Any:
    """What one of these kernels makes of the data, or of a gradient."""
    data = packed(data)
    result = xp.empty(shape, data.dtype)
    if result.size:
        source, into = moved(data), moved(result)
        args = (source, counts, into, *numbers, result.size)
        kernel(xp, source.dtype, args, size=result.size)
    return result


def _after(data: Any) -> int:
    """How many elements of a step belong to one sequence."""
    return math.prod(data.shape[2:])


def _mask_gradient(F: Any, g: Any, y: Any, data: Any, *lengths: Any, **params: Any) -> Any:
    return F.SequenceMask(g, *lengths, **{**params, "value": 0.0}), *[None] * len(lengths)


@op(
    "SequenceMask",
    shape=_same((0, 1)),
    dtype=_dtype,
    inputs=_inputs,
    gradient=_mask_gradient,
)
def SequenceMask(
    xp,
    data,
    sequence_length=None,
    /,
    *,
    use_sequence_length: bool = False,
    value: float = 0.0,
    axis: int = 0,
):
    """The data with one number in place of the steps after each sequence's end.

    The result has the data's shape and dtype; the gradient of those steps is 0.

    data
        Of shape (steps, batch, …), or (batch, steps, …) with `axis=1`.
    sequence_length
        How many steps of each sequence stay, of shape (batch,) and any dtype; only with
        `use_sequence_length`, without which all of them stay.
    value
        The number, cast to the data's dtype.
    axis
        The axis of the steps, 0 or 1.

    >>> import symbook as mx
    >>> x, lengths = mx.nd.array([[1, 2], [3, 4]]), mx.nd.array([1, 2])
    >>> mx.nd.SequenceMask(x, lengths, use_sequence_length=True).asnumpy()
    array([[1., 2.],
           [0., 4.]], dtype=float32)
    """
    if sequence_length is None:
        return data.copy()
    counts = _counts(xp, data, sequence_length, axis)
    if xp is not np:
        numbers = (data.shape[1], _after(data), axis, bits(single(value), data.dtype))
        return _launched(xp, _MASK, data, counts, data.shape, *numbers)
    kept = xp.arange(data.shape[axis])[:, None] < counts
    kept = kept if axis == 0 else kept.T
    kept = kept.reshape(*kept.shape, *(1,) * (data.ndim - 2))
    return xp.where(kept, data, data.dtype.type(single(value)))


def _last_gradient(F: Any, g: Any, y: Any, data: Any, *lengths: Any, **params: Any) -> Any:
    result = F._backward_SequenceLast(g, data, *lengths, **params)
    return result, *[None] * len(lengths)


@op("SequenceLast", shape=_last_rule, dtype=_dtype, inputs=_inputs, gradient=_last_gradient)
def SequenceLast(
    xp, data, sequence_length=None, /, *, use_sequence_length: bool = False, axis: int = 0
):
    """The last step of each sequence.

    The result has the data's shape without the axis of the steps, and its dtype. Of a sequence of no
    steps, it is 0.

    data
        Of shape (steps, batch, …), or (batch, steps, …) with `axis=1`.
    sequence_length
        How many steps each sequence has, of shape (batch,) and any dtype; only with
        `use_sequence_length`, without which they have all steps.
    axis
        The axis of the steps, 0 or 1.

    >>> import symbook as mx
    >>> x, lengths = mx.nd.array([[1, 2], [3, 4]]), mx.nd.array([1, 2])
    >>> mx.nd.SequenceLast(x, lengths, use_sequence_length=True).asnumpy()
    array([1., 4.], dtype=float32)
    """
    steps = xp.moveaxis(data, axis, 0)
    if not len(steps):
        return xp.zeros(steps.shape[1:], dtype=data.dtype)
    if sequence_length is None:
        return steps[-1].copy()
    counts = _counts(xp, data, sequence_length, axis)
    if xp is not np:
        numbers = (steps.shape[0], steps.shape[1], _after(data), axis)
        return _launched(xp, _LAST, data, counts, steps.shape[1:], *numbers)
    result = steps[counts - 1, xp.arange(steps.shape[1])]
    result[counts == 0] = 0
    return result


@op(
    "_backward_SequenceLast",
    outline=("data",),
    shape=_last_backward_rule,
    dtype=_last_backward_dtype,
    inputs=lambda params: ("grad", *_inputs(params)),
    gradient=lambda F, g, y, grad, data, *lengths, **params: (
        F.SequenceLast(g, *lengths, **params),
        None,
        *[None] * len(lengths),
    ),
)
def _backward_SequenceLast(
    xp, grad, data, sequence_length=None, /, *, use_sequence_length: bool = False, axis: int = 0
):
    """Gradient of the data of SequenceLast: what flows back, at each sequence's last step."""
    if xp is not np and sequence_length is not None:
        counts = _counts(xp, data, sequence_length, axis)
        numbers = (data.shape[1], _after(data), axis)
        return _launched(xp, _LAST_BACK, grad, counts, data.shape, *numbers)
    result = xp.zeros_like(data)
    steps = xp.moveaxis(result, axis, 0)
    if not len(steps):
        return result
    if sequence_length is None:
        steps[-1] = grad
        return result
    counts = _counts(xp, data, sequence_length, axis)
    some = counts > 0
    steps[counts[some] - 1, xp.flatnonzero(some)] = grad[some]
    return result


def _reverse_gradient(F: Any, g: Any, y: Any, data: Any, *lengths: Any, **params: Any) -> Any:
    # Reversing twice changes nothing: each element goes back by the way that it came.
    return F.SequenceReverse(g, *lengths, **params), *[None] * len(lengths)


@op(
    "SequenceReverse",
    shape=_same((0,)),
    dtype=_dtype,
    inputs=_inputs,
    gradient=_reverse_gradient,
)
def SequenceReverse(
    xp, data, sequence_length=None, /, *, use_sequence_length: bool = False, axis: int = 0
):
    """The steps of each sequence in reverse order; those after its end stay where they are.

    The result has the data's shape and dtype.

    data
        Of shape (steps, batch, …).
    sequence_length
        How many steps each sequence has, of shape (batch,) and any dtype; only with
        `use_sequence_length`, without which they have all steps.
    axis
        The axis of the steps, which must be 0.

    >>> import symbook as mx
    >>> x, lengths = mx.nd.array([[1, 2], [3, 4]]), mx.nd.array([1, 2])
    >>> mx.nd.SequenceReverse(x, lengths, use_sequence_length=True).asnumpy()
    array([[1., 4.],
           [3., 2.]], dtype=float32)
    """
    if sequence_length is None:
        return data[::-1].copy()
    counts = _counts(xp, data, sequence_length, axis)
    if xp is not np:
        return _launched(xp, _REVERSE, data, counts, data.shape, data.shape[1], _after(data))
    step = xp.arange(data.shape[0])[:, None]
    return data[xp.where(step < counts, counts - 1 - step, step), xp.arange(data.shape[1])]
