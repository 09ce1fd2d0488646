"""Activation functions and the softmax family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from .casting import floating, stored
from .registry import get, op
from .statistics import wide

_ACTIVATIONS = Literal["relu", "sigmoid", "softrelu", "softsign", "tanh"]
_SMOOTH = Literal["sigmoid", "softrelu", "softsign", "tanh"]


# Activation


def _softrelu(xp: Any, data: Any, out: Any) -> Any:
    if xp is not np:
        from .gpu.leaky import softrelu

        return softrelu(xp, data, out)
    values = wide(data)
    result = xp.exp(values)
    xp.log1p(result, out=result)
    # Where the exponential is large, ln(1 + eˣ) is x; it overflows beyond.
    xp.copyto(result, values, where=values > 20)
    return stored(result, data.dtype, out)


def _activation_gradient(F, g, y, data, *, act_type):
    if act_type == "relu":
        return F._backward_relu(g, y)
    known = data if act_type == "softsign" else y
    return F._backward_Activation(g, known, act_type=act_type)


_KERNELS = {
    "softsign": "grad * (1 / ((absolute(known) + 1) * (absolute(known) + 1)))",
    "sigmoid": "grad * (known - known * known)",
    "tanh": "grad * (1 - known * known)",
}


def _activation_kernel(params: Mapping[str, Any]) -> str | None:
    act_type = params["act_type"]
    return None if act_type == "softrelu" else get(act_type).expression({})


@op("Activation", dtype=floating, gradient=_activation_gradient, kernel=_activation_kernel)
def activation(xp, data, /, *, act_type: _ACTIVATIONS, out=None):
    """An activation function, element by element.

    The result has the shape and the floating-point dtype of the data.

    act_type
        `relu`: `max(x, 0)`; `sigmoid`: `1 / (1 + e⁻ˣ)`; `tanh`: `tanh x`;
        `softrelu`: `ln(1 + eˣ)`, also called softplus; `softsign`: `x / (1 + |x|)`.

    >>> import symbook as mx
    >>> mx.nd.Activation(mx.nd.array([-1, 2]), act_type="relu").asnumpy()
    array([0., 2.], dtype=float32)
    """
    if act_type == "softrelu":
        return _softrelu(xp, data, out)
    return get(act_type).fn(xp, data, out=out)


def _activation_second(F, g, y, grad, known, *, act_type):
    """The slope's own derivative by what it is computed from, in terms of that."""
    change = {
        "sigmoid": lambda: 1 - 2 * known,
        "tanh": lambda: -2 * known,
        "softrelu": lambda: F.exp(-known),
        "softsign": lambda: -2 * F.sign(known) / (1 + F.abs(known)) ** 3,
    }[act_type]()
    return F._backward_Activation(g, known, act_type=act_type), g * grad * change


def _slope(xp: Any, known: Any, act_type: str) -> Any:
    """The derivative of an activation, from its result; of softsign, from its data."""
    if act_type == "softrelu":
        result = xp.negative(known)
        return xp.negative(xp.expm1(result, out=result), out=result)
    if act_type == "softsign":
        result = xp.absolute(known)
        result += 1
        return xp.reciprocal(xp.square(result, out=result), out=result)
    square = xp.square(known)
    return xp.subtract(known if act_type == "sigmoid" else 1, square, out=square)


@op(
    "_backward_Activation",
    dtype=floating,
    gradient=_activation_second,
    kernel=lambda params: _KERNELS.get(params["act_type"]),
)
def backward_activation(xp, grad, known, /, *, act_type: _SMOOTH, out=None):
    """Gradient of Activation, but for relu; `known` is its result, or for softsign its data."""
    if act_type == "softrelu" and xp is not np:
        from .gpu.leaky import softrelu_backward

        return softrelu_backward(xp, grad, known, out)
    return xp.multiply(grad, _slope(xp, known, act_type), out=out)
