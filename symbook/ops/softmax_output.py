"""Softmax with cross-entropy: the head of classifiers, and the loss by itself."""

from __future__ import annotations

from math import prod
from typing import Any, Literal

import numpy as np

from ..errors import shape_text
from ..specs import Shape, is_known
from .casting import floating, single
from .loss import like_last
from .registry import op
from .rules import Mismatch, Params, Shapes, unify, unify_all

Normalization = Literal["null", "batch", "valid"]


def _softmax(xp: Any, data: Any, axis: int) -> Any:
    """eˣ / Σ eˣ along an axis; float16 is computed in float32."""
    if data.size == 0:
        return data.copy()
    wide = data.astype("float32") if data.dtype == "float16" else data
    result = wide - wide.max(axis=axis, keepdims=True)
    xp.exp(result, out=result)
    result /= result.sum(axis=axis, keepdims=True)
    return result.astype(data.dtype, copy=False)


def _layers(shape: tuple[int, ...], multi_output: bool, preserve_shape: bool) -> tuple[int, ...]:
    """The data's shape as (instances, classes, positions), the softmax being taken over classes."""
    if multi_output:
        return (*shape[:2], prod(shape[2:]))
    if preserve_shape:
        return (prod(shape[:-1]), shape[-1], 1)
    return (shape[0], prod(shape[1:]), 1)


def _label_shapes(data: Shape, multi_output: bool) -> list[Shape]:
    """The shapes that labels of such data may have, the usual one first."""
    if not multi_output:
        return [data[:-1], data] if len(data) > 1 else [data]
    if len(data) < 2:
        raise Mismatch(
            f"multi_output needs an axis 1, which {shape_text(data)} has not",
            hint="It is the axis of the classes; leave multi_output out for a matrix.",
        )
    rest = data[2:]
    flat = prod(dim for dim in rest if dim is not None) if is_known(rest) else None
    return [(data[0], flat), (data[0], *rest), (data[0], 1, *rest), data]


def _agrees(a: Shape, b: Shape) -> bool:
    return len(a) == len(b) and all(
        x == y or x is None or y is None for x, y in zip(a, b, strict=True)
    )


def _softmax_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data, label = unify(ins[0], outs[0]), ins[1]
    if data is None:
        return ins, outs
    shapes = _label_shapes(data, params["multi_output"])
    if label is None:
        return (data, shapes[0] if len(data) > 1 else None), (data,)
    possible = [shape for shape in shapes if _agrees(shape, label)]
    if not possible:
        raise Mismatch(
            f"data {shape_text(data)} has no labels of shape {shape_text(label)}",
            hint=f"Labels may have the shapes {', '.join(map(shape_text, dict.fromkeys(shapes)))}.",
        )
    if len(possible) == 1:
        label = unify(label, possible[0]) or ()
    if label:
        data = (data[0] if label[0] is None else label[0], *data[1:])
    return (data, label), (data,)


def _softmax_gradient(F: Any, g: Any, y: Any, data: Any, label: Any, **params: Any) -> Any:
    return F._backward_SoftmaxOutput(label, y, **params), None


@op(
    "SoftmaxOutput",
    alias=("Softmax",),
    shape=_softmax_rule,
    dtype=floating,
    gradient=_softmax_gradient,
)
def SoftmaxOutput(
    xp,
    data,
    label,
    /,
    *,
    grad_scale: float = 1.0,
    ignore_label: float = -1.0,
    multi_output: bool = False,
    use_ignore: bool = False,
    preserve_shape: bool = False,
    normalization: Normalization = "null",
    out_grad: bool = False,
    smooth_alpha: float = 0.0,
):
    """Softmax whose gradient is that of the cross-entropy with the labels.

    Output: `p = eˣ / Σ eˣ`, of the data's shape. Gradient of the data: `p - onehot(label)`, that of
    `-Σ log p[label]`, whatever flows back. All arrays have one floating-point dtype.

    data
        Of shape (d₁, …, dₙ).
    label
        Class numbers, of shape (d₁, …, dₙ₋₁); the fraction is dropped, and a number that is no class
        stands for none. Or probabilities of the data's shape: the gradient is then
        `grad_scale (p - label)`, and of the other parameters only `out_grad` counts.
    multi_output
        Classes are on axis 1. Labels have the data's shape without that axis, or (d₁, d₃⋯dₙ), or 1
        in its place. The gradient is divided by the number of positions, d₃⋯dₙ, unless the
        normalization is "valid".
    preserve_shape
        Classes are on the last axis. By default they are on all axes after the first together.
    grad_scale
        Factor of the gradient.
    use_ignore
        Make the gradient 0 where the label is `ignore_label`.
    ignore_label
        The label that is ignored, and that the normalization "valid" does not count.
    normalization
        "batch" divides the gradient by the number of labels (with `multi_output`: by d₁), "valid" by
        the number of labels that are not `ignore_label`, or 1 if there are none.
    out_grad
        The gradient is multiplied with the output. (MXNet's text says: with what flows back; this is
        what MXNet 1.9 does.)
    smooth_alpha
        So much is taken from the label's 1 and given to the other classes in equal parts; not with
        `multi_output`.

    >>> import symbook as mx
    >>> mx.nd.SoftmaxOutput(mx.nd.array([[0, 0]]), mx.nd.array([1])).asnumpy()
    array([[0.5, 0.5]], dtype=float32)
    """
    rows = data.reshape(_layers(data.shape, multi_output, preserve_shape))
    if xp is not np:
        from .gpu.softmax import softmax

        return softmax(xp, rows, 1).reshape(data.shape)
    return _softmax(xp, rows, 1).reshape(data.shape)


def _output_back_on_gpu(xp: Any, label: Any, rows: Any, settings: Params) -> Any:
    from .gpu.softmax import output_backward

    instances, _, positions = rows.shape
    multi, normalization = settings["multi_output"], settings["normalization"]
    divisor = None
    if normalization != "valid":
        batch = instances if multi else label.size
        divisor = float(max(positions * (batch if normalization == "batch" else 1), 1))
    smooth = 0.0 if multi else settings["smooth_alpha"]
    return output_backward(xp, label, rows, settings, divisor, smooth)


@op("_backward_SoftmaxOutput", shape=like_last, dtype=floating)
def _backward_SoftmaxOutput(
    xp,
    label,
    output,
    /,
    *,
    grad_scale: float = 1.0,
    ignore_label: float = -1.0,
    multi_output: bool = False,
    use_ignore: bool = False,
    preserve_shape: bool = False,
    normalization: Normalization = "null",
    out_grad: bool = False,
    smooth_alpha: float = 0.0,
):
    """Gradient of the data of SoftmaxOutput, from its labels and its output."""
    settings = dict(locals())
    if label.shape == output.shape:
        result = (output - label) * output.dtype.type(single(grad_scale))
        return result * output if out_grad else result
    rows = output.reshape(_layers(output.shape, multi_output, preserve_shape))
    instances, classes, positions = rows.shape
    if xp is not np:
        return _output_back_on_gpu(xp, label, rows, settings).reshape(output.shape)
    marks = label.reshape(-1).astype("int64")
    # Without multi_output the softmax of data of many axes uses the first labels only, as MXNet's.
    mark = marks[: instances * positions].reshape(instances, 1, positions)
    hot = mark == xp.arange(classes).reshape(1, classes, 1)
    target = hot
    if smooth_alpha and not multi_output:
        alpha = np.float32(smooth_alpha)
        others = alpha / np.float32(max(classes - 1, 1))
        target = xp.where(hot, rows.dtype.type(1 - float(alpha)), rows.dtype.type(others))
    result = xp.subtract(rows, target, dtype=rows.dtype)
    if use_ignore:
        result *= mark != int(ignore_label)
    if normalization == "valid":
        divisor = max(int((marks != int(ignore_label)).sum()), 1)
    else:
        batch = instances if multi_output else marks.size
        divisor = max(positions * (batch if normalization == "batch" else 1), 1)
    result *= result.dtype.type(np.float32(grad_scale) / np.float32(divisor))
    if out_grad:
        result *= rows
    return result.reshape(output.shape)


# The loss by itself


def _cross_entropy_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data, label = unify(ins[0], (None, None)), unify(ins[1], (None,))
    assert data is not None
    batch = unify(data[:1], label) or ()
    return ((*batch, data[1]), batch), (unify((1,), outs[0]),)


def _cross_entropy_gradient(F: Any, g: Any, y: Any, data: Any, label: Any) -> Any:
    return F._backward_softmax_cross_entropy(g, data, label), None


def _hot(xp: Any, data: Any, label: Any) -> Any:
    return label.astype("int64")[:, None] == xp.arange(data.shape[1])


@op(
    "softmax_cross_entropy",
    shape=_cross_entropy_rule,
    dtype=floating,
    gradient=_cross_entropy_gradient,
)
def softmax_cross_entropy(xp, data, label, /):
    """Cross-entropy of the softmax of a matrix's rows with labels, summed over the rows.

    `Σ -log max(p[label], 1e-8)`, where `p` is the softmax of the row, as an array of shape (1,). The
    gradient of the data is `p - onehot(label)`. All arrays have one floating-point dtype.

    data
        Scores of shape (rows, classes).
    label
        Class numbers of shape (rows,); the fraction is dropped, and a number that is no class has the
        probability 0.

    >>> import symbook as mx
    >>> mx.nd.softmax_cross_entropy(mx.nd.array([[0, 0]]), mx.nd.array([1])).asnumpy()
    array([0.6931472], dtype=float32)
    """
    if xp is not np:
        from .gpu.softmax import cross_entropy

        return cross_entropy(xp, data, label).sum().reshape(1).astype(data.dtype, copy=False)
    chosen = (_softmax(xp, data, 1) * _hot(xp, data, label)).sum(axis=1)
    losses = -xp.log(xp.maximum(chosen, data.dtype.type(1e-8)))
    return losses.sum().reshape(1).astype(data.dtype, copy=False)


def _cross_entropy_backward_rule(
    ins: Shapes, outs: Shapes, params: Params
) -> tuple[Shapes, Shapes]:
    shape = unify_all((ins[1], outs[0]))
    return (ins[0], shape, ins[2]), (shape,)


@op("_backward_softmax_cross_entropy", shape=_cross_entropy_backward_rule, dtype=floating)
def _backward_softmax_cross_entropy(xp, grad, data, label, /):
    """Gradient of the data of softmax_cross_entropy."""
    if xp is not np:
        from .gpu.softmax import cross_entropy_backward

        return cross_entropy_backward(xp, grad, data, label)
    result = _softmax(xp, data, 1)
    xp.subtract(result, _hot(xp, data, label), out=result)
    result *= grad
    return result
