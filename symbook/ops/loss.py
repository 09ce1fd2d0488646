"""Heads of networks that are trained: outputs with a gradient of their own, and losses.

The gradient of a head does not depend on what flows back to it, so that `backward()` needs no
`out_grads`. Labels get no gradient. Factors are float32 numbers, as in MXNet, whatever the dtype.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, Literal

import numpy as np

from ..errors import shape_text
from ..specs import Shape, is_known
from .casting import floating
from .registry import op
from .rules import Mismatch, Params, Shapes, unify

Normalization = Literal["null", "batch", "valid"]


def _like_last(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """The output has the last input's shape; the others have any."""
    shape = unify(ins[-1], outs[0])
    return (*ins[:-1], shape), (shape,)


# Softmax with cross-entropy


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
        raise Mismatch(f"multi_output needs an axis 1, which {shape_text(data)} has not")
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
        `grad_scale (p - label)` and the other parameters do nothing to it.
    multi_output
        Classes are on axis 1. Labels have the data's shape without that axis, or (d₁, d₃⋯dₙ), or 1
        in its place. The gradient is divided by the number of positions, d₃⋯dₙ, unless the
        normalization is "valid".
    preserve_shape
        Classes are on the last axis. By default they are on all axes after the first together.
    grad_scale
        Factor of the gradient.
    use_ignore, ignore_label
        Where the label is `ignore_label`, the gradient is 0.
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
    return _softmax(xp, rows, 1).reshape(data.shape)


@op("_backward_SoftmaxOutput", shape=_like_last, dtype=floating)
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
    if label.shape == output.shape:
        result = (output - label) * output.dtype.type(np.float32(grad_scale))
        return result * output if out_grad else result
    rows = output.reshape(_layers(output.shape, multi_output, preserve_shape))
    instances, classes, positions = rows.shape
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


# Regression


def _regression_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data, label = unify(ins[0], outs[0]), ins[1]
    if data is None:
        return ins, outs
    if label is None:
        column = len(data) == 2 and data[1] in (1, None)
        # A column may be left unknown: only then it is not decided which shape is meant.
        unknown = column and data[1] is None
        return (data, None if unknown else data[:1] if column else data), (data,)
    batch = unify(data[:1], label[:1]) or ()
    data, label = (*batch, *data[1:]), (*batch, *label[1:])
    if is_known(data) and is_known(label) and _count(data) != _count(label):
        raise Mismatch(
            f"data {shape_text(data)} has no labels of shape {shape_text(label)}",
            hint="There is one label for each element of the data.",
        )
    return (data, label), (data,)


def _count(shape: Shape) -> int:
    return prod(dim or 0 for dim in shape)


def _difference(xp: Any, output: Any, label: Any) -> Any:
    return xp.subtract(output, label)


def _side(xp: Any, output: Any, label: Any) -> Any:
    return xp.where(output > label, output.dtype.type(1), output.dtype.type(-1))


_REGRESSION = """{doc}

    Output: {formula}. Gradient of the data: {gradient},
    times `grad_scale`, divided by the number of labels of one instance (of all axes but the first),
    whatever flows back.

    data
        Of shape (n, …) and a floating-point dtype, which all arrays have.
    label
        As many elements, the first axis being alike; of the data's shape, unless that is (n, 1), when
        it is (n,).
    grad_scale
        Factor of the gradient.

    >>> import symbook as mx
    >>> mx.nd.{name}(mx.nd.array([[{x}]]), mx.nd.array([1])).asnumpy()
    array([[{y}]], dtype=float32)
    """


def _register_regression(
    name: str, output: Callable[..., Any], error: Callable[..., Any], doc: str
) -> None:
    """Register a regression head and its gradient.

    `output(xp, data)` is the head's output, `error(xp, output, label)` its gradient but for factors.
    """
    backward = f"_backward_{name}"

    def gradient(F, g, y, data, label, /, *, grad_scale):
        return getattr(F, backward)(label, y, grad_scale=grad_scale), None

    def head(xp, data, label, /, *, grad_scale: float = 1.0):
        return output(xp, data)

    def head_backward(xp, label, output, /, *, grad_scale: float = 1.0):
        result = error(xp, output, label.reshape(output.shape))
        labels = np.float32(max(prod(label.shape[1:]), 1))
        result *= result.dtype.type(np.float32(grad_scale) / labels)
        return result

    head.__name__, head.__doc__ = name, doc
    head_backward.__name__ = backward
    head_backward.__doc__ = f"Gradient of the data of {name}, from its labels and its output."
    op(name, shape=_regression_rule, dtype=floating, gradient=gradient)(head)
    op(backward, shape=_like_last, dtype=floating)(head_backward)


def _logistic(xp: Any, data: Any) -> Any:
    return 1 / (1 + xp.exp(-data))


for _name, _output, _error, _words in (
    (
        "LinearRegressionOutput",
        lambda xp, data: data.copy(),
        _difference,
        ("The data, with the gradient of half the squared error.", "x", "`x - label`", "3", "3."),
    ),
    (
        "LogisticRegressionOutput",
        _logistic,
        _difference,
        (
            "Logistic function, with the gradient of the cross-entropy with labels in [0, 1].",
            "`y = 1 / (1 + e⁻ˣ)`",
            "`y - label`",
            "0",
            "0.5",
        ),
    ),
    (
        "MAERegressionOutput",
        lambda xp, data: data.copy(),
        _side,
        (
            "The data, with the gradient of the absolute error.",
            "x",
            "1 where `x > label`, else -1",
            "3",
            "3.",
        ),
    ),
):
    _keys = ("doc", "formula", "gradient", "x", "y")
    _doc = _REGRESSION.format(name=_name, **dict(zip(_keys, _words, strict=True)))
    _register_regression(_name, _output, _error, _doc)


# A loss that was computed by other operators


def _make_loss_gradient(F: Any, g: Any, y: Any, data: Any, **params: Any) -> Any:
    return F._backward_MakeLoss(data, **params)


@op("MakeLoss", dtype=floating, gradient=_make_loss_gradient)
def MakeLoss(
    xp,
    data,
    /,
    *,
    grad_scale: float = 1.0,
    valid_thresh: float = 0.0,
    normalization: Normalization = "null",
    out=None,
):
    """The data, as a loss: its gradient is `grad_scale` everywhere, whatever flows back.

    The result has the data's shape and floating-point dtype.

    grad_scale
        The gradient.
    normalization
        "batch" divides the gradient by the product of all dimensions but the last, which of a matrix
        is its number of rows; "valid" by the number of elements greater than `valid_thresh`, or 1 if
        there are none.

    >>> import symbook as mx
    >>> mx.nd.MakeLoss(mx.nd.array([1, 2])).asnumpy()
    array([1., 2.], dtype=float32)
    """
    return xp.positive(data, out=out)


@op("_backward_MakeLoss", dtype=floating)
def _backward_MakeLoss(
    xp,
    data,
    /,
    *,
    grad_scale: float = 1.0,
    valid_thresh: float = 0.0,
    normalization: Normalization = "null",
):
    """Gradient of the data of MakeLoss."""
    scale = np.float32(grad_scale)
    if normalization == "batch":
        scale /= np.float32(max(prod(data.shape[:-1]), 1))
    elif normalization == "valid":
        valid = data > data.dtype.type(np.float32(valid_thresh))
        scale = data.dtype.type(scale) / data.dtype.type(max(int(valid.sum()), 1))
    return xp.full_like(data, scale)


@op("make_loss", gradient=lambda F, g, y, data: F.ones_like(data))
def make_loss(xp, data, /, *, out=None):
    """The data, as a loss: its gradient is 1 everywhere, whatever flows back.

    The result has the data's shape and dtype, which is any.

    >>> import symbook as mx
    >>> mx.nd.make_loss(mx.nd.array([1, 2])).asnumpy()
    array([1., 2.], dtype=float32)
    """
    if out is None:
        return data.copy()
    out[...] = data
    return out
