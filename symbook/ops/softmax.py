"""The softmax family: shares of a whole, from numbers of any size."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ..specs import DType, Shape
from .casting import floating
from .registry import op
from .rules import DTypes, Mismatch, Params, Shapes, axis_of, unify, unify_dtypes
from .statistics import wide

_SHORT = 500
"""Elements up to which NumPy's maximum of a row is slow."""

# Inference


def _softmax_inputs(params: Params) -> tuple[str, ...]:
    return ("data", "length") if params["use_length"] else ("data",)


def _softmax_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data = unify(ins[0], outs[0])
    if data is None:
        return ins, outs
    axis = axis_of(params["axis"], len(data))
    length: Shape = (*data[:axis], *data[axis + 1 :]) or (1,)
    return (data, *(unify(length, item) for item in ins[1:])), (data,)


def _softmax_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    (data,), _ = floating((ins[0],), (None,), params)
    out = unify_dtypes((params["dtype"], *outs))
    if params["dtype"] is None:
        data = out = unify_dtypes((data, out))
    return (data, *ins[1:]), floating((None,), (out,), params)[1]


# Running


def _exponents(xp: Any, data: Any, axis: int, temperature: float | None, dtype: Any) -> Any:
    """A new array of `(x - max x) / temperature`, which never overflows, in the dtype to compute with."""
    values = data.astype(xp.result_type(wide(data), dtype or data.dtype), copy=False)
    result = values - _largest(xp, values, axis) if data.size else values.copy()
    if temperature not in (None, 1):
        result /= result.dtype.type(temperature)
    return result


def _largest(xp: Any, values: Any, axis: int) -> Any:
    """The maximum along an axis, which stays with size 1."""
    last = axis in (-1, values.ndim - 1)
    if not last or values.shape[axis] > _SHORT:
        return xp.max(values, axis=axis, keepdims=True)
    # NumPy goes through short rows one by one; folding them in halves takes all rows at once.
    while (size := values.shape[-1]) > 1:
        half = (size + 1) // 2
        values = np.maximum(values[..., :half], values[..., -half:])
    return values


def _shares(xp: Any, exponents: Any, axis: int) -> Any:
    """`eˣ / Σ eˣ`, in place."""
    xp.exp(exponents, out=exponents)
    exponents /= xp.sum(exponents, axis=axis, keepdims=True)
    return exponents


def _masked_shares(
    xp: Any, data: Any, length: Any, axis: int, temperature: float | None, dtype: Any
) -> Any:
    """Shares among the first `length` elements; 0 for the others."""
    place = axis_of(axis, data.ndim)
    kept = (*data.shape[:place], 1, *data.shape[place + 1 :])
    counter = xp.arange(data.shape[place]).reshape(-1, *(1,) * (data.ndim - 1 - place))
    inside = counter < length.reshape(kept)
    values = xp.where(inside, data, data.dtype.type(-np.inf))
    result = xp.exp(_exponents(xp, values, axis, temperature, dtype))
    result = xp.where(inside, result, result.dtype.type(0))
    total = xp.sum(result, axis=axis, keepdims=True)
    return xp.where(inside, result / total, result)


def _on_gpu(xp: Any, data: Any, axis: int, kind: str, *settings: Any) -> Any:
    from .gpu import softmax

    return softmax.softmax(xp, data, axis, getattr(softmax, kind), *settings)


def _back_on_gpu(
    xp: Any, grad: Any, output: Any, axis: int, kind: str, temperature: float | None
) -> Any:
    from .gpu import softmax

    return softmax.backward(xp, grad, output, axis, getattr(softmax, kind), temperature)


# Gradients


def _like_data(F: Any, gradient: Any, data: Any, dtype: Any) -> Any:
    """The gradient in the data's dtype, of an operator whose result may have another."""
    return gradient if dtype is None else F._backward_Cast(gradient, data)


def _softmax_gradient(F, g, y, data, *length, axis, temperature, dtype, use_length):
    back = F._backward_softmax(g, y, axis=axis, temperature=temperature)
    return _like_data(F, back, data, dtype), *[None] * len(length)


def _softmin_gradient(F, g, y, data, *, axis, temperature, dtype, use_length):
    back = F._backward_softmax(g, y, axis=axis, temperature=temperature)
    return _like_data(F, -back, data, dtype)


def _log_softmax_gradient(F, g, y, data, *, axis, temperature, dtype, use_length):
    back = F._backward_log_softmax(g, y, axis=axis, temperature=temperature)
    return _like_data(F, back, data, dtype)


@op(
    "softmax",
    shape=_softmax_rule,
    dtype=_softmax_dtype,
    inputs=_softmax_inputs,
    gradient=_softmax_gradient,
)
def softmax(
    xp,
    data,
    length=None,
    /,
    *,
    axis: int = -1,
    temperature: float | None = None,
    dtype: DType | None = None,
    use_length: bool | None = False,
):
    """Shares along an axis: `y_i = exp(x_i / t) / Σ exp(x_k / t)`, positive and of sum 1.

    The result has the shape of the data, which are floating-point numbers.

    axis
        The axis along which the shares sum to 1.
    temperature
        The `t` of the formula, by default 1. A high one makes the shares alike.
    dtype
        Of the result: float16, float32 or float64; that of the data where it is left out.
    use_length
        Take a second input, `length`: how many elements count, from the first, at each place of the
        other axes. It has the shape of the data without `axis` and any dtype. Elements that do not
        count get 0.

    >>> import symbook as mx
    >>> mx.nd.softmax(mx.nd.array([0, 0, 0, 0])).asnumpy()
    array([0.25, 0.25, 0.25, 0.25], dtype=float32)
    """
    if xp is not np:
        return _on_gpu(xp, data, axis, "SOFTMAX", temperature, dtype, length)
    if use_length:
        result = _masked_shares(xp, data, length, axis, temperature, dtype)
    else:
        result = _shares(xp, _exponents(xp, data, axis, temperature, dtype), axis)
    return result.astype(dtype or data.dtype, copy=False)


def _refuse_length(use_length: bool | None) -> None:
    if use_length:
        raise Mismatch("it has no input for lengths", hint="Only softmax takes use_length=True.")


def _without_length(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    _refuse_length(params["use_length"])
    return _softmax_rule(ins, outs, params)


@op("softmin", shape=_without_length, dtype=_softmax_dtype, gradient=_softmin_gradient)
def softmin(
    xp,
    data,
    /,
    *,
    axis: int = -1,
    temperature: float | None = None,
    dtype: DType | None = None,
    use_length: bool | None = False,
):
    """Shares along an axis, the largest of the smallest: `y_i = exp(-x_i / t) / Σ exp(-x_k / t)`.

    It is `softmax` of `-x`, with the same parameters; `use_length` is refused, as in MXNet.

    >>> import symbook as mx
    >>> mx.nd.softmin(mx.nd.array([0, 1000])).asnumpy()
    array([1., 0.], dtype=float32)
    """
    if xp is not np:
        return _on_gpu(xp, data, axis, "SOFTMIN", temperature, dtype)
    exponents = _exponents(xp, -data, axis, temperature, dtype)
    return _shares(xp, exponents, axis).astype(dtype or data.dtype, copy=False)


@op("log_softmax", shape=_without_length, dtype=_softmax_dtype, gradient=_log_softmax_gradient)
def log_softmax(
    xp,
    data,
    /,
    *,
    axis: int = -1,
    temperature: float | None = None,
    dtype: DType | None = None,
    use_length: bool | None = False,
):
    """Logarithm of softmax: `y_i = x_i / t - ln Σ exp(x_k / t)`, which never underflows.

    The parameters are those of `softmax`; `use_length` is refused, as in MXNet.

    >>> import symbook as mx
    >>> mx.nd.log_softmax(mx.nd.array([0, 1000])).asnumpy()
    array([-1000.,     0.], dtype=float32)
    """
    if xp is not np:
        return _on_gpu(xp, data, axis, "LOG_SOFTMAX", temperature, dtype)
    result = _exponents(xp, data, axis, temperature, dtype)
    result -= xp.log(xp.sum(xp.exp(result), axis=axis, keepdims=True))
    return result.astype(dtype or data.dtype, copy=False)


# Both derivatives are g - s with s a sum along the axis, up to factors; that is linear in g, and its
# Jacobian is symmetric for softmax, so each differentiates into itself.


def _softmax_second(F, g, y, grad, output, *, axis, temperature):
    scale = 1 / (1 if temperature is None else temperature)
    inner = F.sum(grad * output, axis=axis, keepdims=True)
    other = F.sum(g * output, axis=axis, keepdims=True)
    by_output = g * F.broadcast_sub(grad, inner) - F.broadcast_mul(grad, other)
    to_grad = F._backward_softmax(g, output, axis=axis, temperature=temperature)
    return to_grad, scale * by_output


@op("_backward_softmax", dtype=floating, gradient=_softmax_second)
def backward_softmax(xp, grad, output, /, *, axis: int, temperature: float | None = None):
    """Gradient of softmax: `y (g - Σ g y) / t`; `output` is y."""
    if xp is not np:
        return _back_on_gpu(xp, grad, output, axis, "SOFTMAX", temperature)
    values, shares = wide(grad), wide(output)
    result = values - xp.sum(values * shares, axis=axis, keepdims=True)
    result *= shares
    if temperature not in (None, 1):
        result /= result.dtype.type(temperature)
    return result.astype(grad.dtype, copy=False)


def _log_softmax_second(F, g, y, grad, output, *, axis, temperature):
    scale = 1 / (1 if temperature is None else temperature)
    shares = F.exp(output)
    weighted = F.sum(g * shares, axis=axis, keepdims=True)
    to_grad = F.broadcast_sub(g, weighted)
    to_output = F.broadcast_mul(g * shares, F.sum(grad, axis=axis, keepdims=True))
    return scale * to_grad, -scale * to_output


@op("_backward_log_softmax", dtype=floating, gradient=_log_softmax_second)
def backward_log_softmax(xp, grad, output, /, *, axis: int, temperature: float | None = None):
    """Gradient of log_softmax: `(g - exp(y) Σ g) / t`; `output` is y."""
    if xp is not np:
        return _back_on_gpu(xp, grad, output, axis, "LOG_SOFTMAX", temperature)
    values = wide(grad)
    result = xp.exp(wide(output))
    result *= xp.sum(values, axis=axis, keepdims=True)
    xp.subtract(values, result, out=result)
    if temperature not in (None, 1):
        result /= result.dtype.type(temperature)
    return result.astype(grad.dtype, copy=False)


# SoftmaxActivation


def _activation_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    shape = unify(ins[0], outs[0])
    if params["mode"] == "channel" and shape is not None and len(shape) < 3:
        raise Mismatch(
            f"it needs an array of 3 or more dimensions, not {len(shape)}",
            hint='For examples of one dimension use mode="instance".',
        )
    return (shape,), (shape,)


def _activation_gradient(F, g, y, data, *, mode):
    return F._backward_softmax(g, y, axis=1)


_AXES = {"channel": 1, "instance": -1}


@op(
    "SoftmaxActivation",
    shape=_activation_rule,
    dtype=floating,
    gradient=_activation_gradient,
)
def softmax_activation(xp, data, /, *, mode: Literal["channel", "instance"] = "instance"):
    """Softmax along the last axis, or along that of the channels; `softmax` is more general.

    The result has the shape and the floating-point dtype of the data.

    mode
        `instance` shares out along the last axis; `channel` along the second, and needs 3 or more
        dimensions. The gradient is that along the second axis in either mode, as in MXNet.

    >>> import symbook as mx
    >>> mx.nd.SoftmaxActivation(mx.nd.zeros((1, 4))).asnumpy()
    array([[0.25, 0.25, 0.25, 0.25]], dtype=float32)
    """
    axis = _AXES[mode]
    if xp is not np:
        return _on_gpu(xp, data, axis, "SOFTMAX")
    result = _shares(xp, _exponents(xp, data, axis, None, None), axis)
    return result.astype(data.dtype, copy=False)
