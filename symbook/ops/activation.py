"""Activation functions and the softmax family."""

from __future__ import annotations

from typing import Any, Literal

from .casting import floating
from .registry import get, op

_ACTIVATIONS = Literal["relu", "sigmoid", "softrelu", "softsign", "tanh"]


# Activation


def _softrelu(xp: Any, data: Any, out: Any) -> Any:
    result = xp.exp(data)
    xp.log1p(result, out=result)
    # Beyond 20 the exponential overflows before it matters: log(1 + eˣ) is x there.
    xp.copyto(result, data, where=data > 20)
    if out is None:
        return result
    xp.copyto(out, result)
    return out


def _activation_gradient(F, g, y, data, *, act_type):
    known = data if act_type == "softsign" else y
    return F._backward_Activation(g, known, act_type=act_type)


@op("Activation", dtype=floating, gradient=_activation_gradient)
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
        "relu": lambda: None,
        "sigmoid": lambda: 1 - 2 * known,
        "tanh": lambda: -2 * known,
        "softrelu": lambda: F.exp(-known),
        "softsign": lambda: -2 * F.sign(known) / (1 + F.abs(known)) ** 3,
    }[act_type]()
    to_known = None if change is None else g * grad * change
    return F._backward_Activation(g, known, act_type=act_type), to_known


def _slope(xp: Any, known: Any, act_type: str) -> Any:
    """The derivative of an activation, from its result; of softsign, from its data."""
    if act_type == "relu":
        return known > 0
    if act_type == "softrelu":
        result = xp.negative(known)
        return xp.negative(xp.expm1(result, out=result), out=result)
    if act_type == "softsign":
        result = xp.absolute(known)
        result += 1
        return xp.reciprocal(xp.square(result, out=result), out=result)
    square = xp.square(known)
    return xp.subtract(known if act_type == "sigmoid" else 1, square, out=square)


@op("_backward_Activation", dtype=floating, gradient=_activation_second)
def backward_activation(xp, grad, known, /, *, act_type: _ACTIVATIONS, out=None):
    """Gradient of Activation; `known` is its result, but its data for softsign."""
    return xp.multiply(grad, _slope(xp, known, act_type), out=out)
