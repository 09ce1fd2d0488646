"""Heads of regressions: a prediction whose gradient is that of its error."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from ..cuda import FLOATS, elementwise
from ..errors import shape_text
from ..specs import count, is_known
from .casting import floating
from .device import packed
from .loss import like_last
from .registry import op
from .rules import Mismatch, Params, Shapes, unify


def _regression_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data, label = unify(ins[0], outs[0]), ins[1]
    if data is None:
        return ins, outs
    if label is None:
        if len(data) == 2 and data[1] in (1, None):
            # Of a matrix whose columns are not counted yet, labels may have one axis or two.
            return (data, None if data[1] is None else data[:1]), (data,)
        return (data, data), (data,)
    batch = unify(data[:1], label[:1]) or ()
    data, label = (*batch, *data[1:]), (*batch, *label[1:])
    if is_known(data) and is_known(label) and count(data) != count(label):
        raise Mismatch(
            f"data {shape_text(data)} has no labels of shape {shape_text(label)}",
            hint="There is one label for each element of the data.",
        )
    return (data, label), (data,)


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
    op(backward, shape=like_last, dtype=floating)(head_backward)


_LOGISTIC = elementwise("logistic", "const T x, T y", "y = T(A(1) / (A(1) + exp(-A(x))));", FLOATS)


def _logistic(xp: Any, data: Any) -> Any:
    if xp is not np:
        result = xp.empty(data.shape, data.dtype)
        _LOGISTIC(xp, data.dtype, (packed(data), result, result.size), size=result.size)
        return result
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
