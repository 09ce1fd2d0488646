"""Heads of networks that are trained: outputs with a gradient of their own, and losses.

The gradient of a head does not depend on what flows back to it, so that `backward()` needs no
`out_grads`. Labels get no gradient. Factors are float32 numbers, as in MXNet, whatever the dtype.
"""

from __future__ import annotations

from math import prod
from typing import Annotated, Any, Literal

import numpy as np

from ..cuda import FLOATS, Kernel, elementwise
from .casting import floating, numeric, single, stored
from .device import delivered, indices, packed, target
from .params import Range
from .registry import op
from .rules import Mismatch, Params, Shapes, unify, unify_all

Normalization = Literal["null", "batch", "valid"]


def like_last(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """The output has the last input's shape; the others have any."""
    shape = unify(ins[-1], outs[0])
    return (*ins[:-1], shape), (shape,)


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
        valid = data > data.dtype.type(single(valid_thresh))
        if xp is not np:
            result = xp.empty(data.shape, data.dtype)
            result[...] = data.dtype.type(scale) / xp.maximum(valid.sum(), 1).astype(data.dtype)
            return result
        scale = data.dtype.type(scale) / data.dtype.type(max(int(valid.sum()), 1))
    return xp.full_like(data, scale)


@op("make_loss", outputs=("loss",), gradient=lambda F, g, y, data: F.ones_like(data))
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


# Errors


_SMOOTH_L1 = elementwise(
    "smooth_l1",
    "const T x, T y, double square, double edge",
    "A size = fabs(A(x)); "
    "y = T(size > A(edge) ? size - A(edge) / A(2) : A(0.5) * A(x) * A(x) * A(square));",
    FLOATS,
)


def _smooth_l1_gradient(F: Any, g: Any, y: Any, data: Any, /, *, scalar: float) -> Any:
    return g * F.clip(data * scalar**2, a_min=-1.0, a_max=1.0)


@op("smooth_l1", dtype=numeric, gradient=_smooth_l1_gradient)
def smooth_l1(xp, data, /, *, scalar: float = 1.0, out=None):
    """Smooth absolute value: a parabola near 0, straight lines beyond.

    `½ (σx)²` where `|x| ≤ 1 / σ²`, else `|x| - ½ / σ²`. The result has the array's shape and dtype; of
    integers, the fraction is dropped.

    scalar
        σ: the larger, the nearer to the absolute value.

    Source: Girshick, Fast R-CNN, 2015, arXiv:1504.08083, where σ is 1.

    >>> import symbook as mx
    >>> mx.nd.smooth_l1(mx.nd.array([0.5, 3])).asnumpy()
    array([0.125, 2.5  ], dtype=float32)
    """
    values = data if data.dtype.kind == "f" else data.astype("float64")
    square = values.dtype.type(scalar**2)
    edge = 1 / square if square else values.dtype.type(xp.inf)
    if xp is not np:
        whole = data.dtype.kind != "f"
        given, result = packed(values), target(xp, None if whole else out, data.shape, values.dtype)
        args = (given, result, float(square), float(edge), result.size)
        _SMOOTH_L1(xp, values.dtype, args, size=result.size)
        return stored(result, data.dtype, out) if whole else delivered(result, out)
    size = xp.abs(values)
    near = values.dtype.type(0.5) * values * values * square
    return stored(xp.where(size > edge, size - edge / 2, near), data.dtype, out)


# Support vector machines


def _svm_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data, label = unify(ins[0], outs[0]), ins[1]
    if data is None:
        return ins, outs
    if len(data) < 2:
        raise Mismatch(
            "the data needs a last axis of classes and one before it",
            hint="For example the shape (batch, classes).",
        )
    label = unify(data[:-1], label) or ()
    data = (*label, data[-1])
    return (data, label), (data,)


_SVM = Kernel(
    "svm_back",
    """
KERNEL svm_back(const T* output, const long long* labels, T* grad, long long classes, double margin,
                double factor, long long linear, long long n) {
    FOR_EACH(i, n) {
        A side = labels[i / (I)classes] == i % (I)classes ? A(1) : A(-1);
        A lack = A(T(margin)) - side * A(output[i]);
        A size = linear ? A(lack > A(0) ? 1 : 0) : A(2) * maximum(lack, A(0));
        grad[i] = T(-side * (size * A(T(factor))));
    }
}
""",
    types=FLOATS,
)


def _svm_gradient(F: Any, g: Any, y: Any, data: Any, label: Any, **params: Any) -> Any:
    return F._backward_SVMOutput(label, y, **params), None


@op("SVMOutput", shape=_svm_rule, dtype=floating, gradient=_svm_gradient)
def SVMOutput(
    xp,
    data,
    label,
    /,
    *,
    margin: float = 1.0,
    regularization_coefficient: float = 1.0,
    use_linear: bool = False,
    out=None,
):
    """The data, with the gradient of the hinge loss of a support vector machine.

    With `s = 1` for the label's class and `s = -1` for the others, the gradient is, where
    `s x < margin`, `-2 s C (margin - s x)`, and 0 elsewhere, whatever flows back.

    data
        Scores of shape (…, classes), of two or more axes and a floating-point dtype, which both
        arrays have.
    label
        Class numbers, of shape (…); a number that is no class stands for none.
    margin
        What the label's class should reach, and the others' negatives.
    regularization_coefficient
        C, the factor of the gradient.
    use_linear
        The gradient is `-s C` where `s x < margin`: that of the loss, not of its square.

    Source: Tang, Deep Learning using Linear Support Vector Machines, 2013, arXiv:1306.0239.

    >>> import symbook as mx
    >>> mx.nd.SVMOutput(mx.nd.array([[1, 2]]), mx.nd.array([0])).asnumpy()
    array([[1., 2.]], dtype=float32)
    """
    return xp.positive(data, out=out)


@op("_backward_SVMOutput", shape=like_last, dtype=floating)
def _backward_SVMOutput(
    xp,
    label,
    output,
    /,
    *,
    margin: float = 1.0,
    regularization_coefficient: float = 1.0,
    use_linear: bool = False,
):
    """Gradient of the data of SVMOutput, from its labels and its output."""
    number = output.dtype.type
    if xp is not np:
        result = xp.empty(output.shape, output.dtype)
        factors = (single(margin), single(regularization_coefficient), int(use_linear))
        labels = indices(label.astype("int64"))
        args = (packed(output), labels, result, output.shape[-1], *factors, result.size)
        _SVM(xp, output.dtype, args, size=result.size)
        return result
    hot = label.astype("int64")[..., None] == xp.arange(output.shape[-1])
    side = xp.where(hot, number(1), number(-1))
    lack = number(single(margin)) - side * output
    size = (lack > 0).astype(output.dtype) if use_linear else 2 * xp.maximum(lack, number(0))
    return -side * (size * number(single(regularization_coefficient)))


# Sparse activations


def _sparse_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data, average = unify(ins[0], outs[0]), ins[1]
    if data is None:
        return ins, outs
    if len(data) < 2:
        raise Mismatch(
            "the data needs an axis of the batch and one of units",
            hint="For example the shape (batch, units).",
        )
    units = unify_all((data[1:2], data[-1:], average)) or ()
    data = (data[0], *units) if len(data) == 2 else (data[0], *units, *data[2:-1], *units)
    return (data, units), (data,)


def _sparse_gradient(F: Any, g: Any, y: Any, data: Any, moving_avg: Any, **params: Any) -> Any:
    return F._backward_IdentityAttachKLSparseReg(g, data, moving_avg, **params), None


@op(
    "IdentityAttachKLSparseReg",
    shape=_sparse_rule,
    dtype=floating,
    aux=("moving_avg",),
    initial={"moving_avg": '["zero", {}]'},
    gradient=_sparse_gradient,
)
def IdentityAttachKLSparseReg(
    xp,
    data,
    moving_avg,
    /,
    *,
    sparseness_target: Annotated[float, Range(0, 1)] = 0.1,
    penalty: float = 0.001,
    momentum: Annotated[float, Range(0, 1)] = 0.9,
    out=None,
):
    """The data, whose gradient also draws each unit's mean activation to a target.

    What flows back is increased by `penalty · (-ρ / a + (1 - ρ) / (1 - a))`, the derivative of the
    divergence of ρ, `sparseness_target`, from the unit's moving mean activation a. Each backward pass
    first makes the auxiliary state `moving_avg` `momentum · a + (1 - momentum) · mean`.

    data
        Outputs of sigmoids, of shape (batch, units) and a floating-point dtype. With more axes, the last
        is that of the units, and axis 1 must be as long, as in MXNet.
    moving_avg
        Auxiliary state of shape (units,): the moving mean activations.

    Source: Hinton, A Practical Guide to Training Restricted Boltzmann Machines, 2010, section 11.

    >>> import symbook as mx
    >>> mx.nd.IdentityAttachKLSparseReg(mx.nd.array([[0.5]]), mx.nd.zeros(1)).asnumpy()
    array([[0.5]], dtype=float32)
    """
    return xp.positive(data, out=out)


def _sparse_backward_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    shape = unify_all((*ins[:2], outs[0]))
    return (shape, shape, ins[2]), (shape,)


@op(
    "_backward_IdentityAttachKLSparseReg",
    shape=_sparse_backward_rule,
    dtype=floating,
    aux=("moving_avg",),
    mutates=("moving_avg",),
)
def _backward_IdentityAttachKLSparseReg(
    xp,
    grad,
    data,
    moving_avg,
    /,
    *,
    sparseness_target: float = 0.1,
    penalty: float = 0.001,
    momentum: float = 0.9,
):
    """Gradient of the data of IdentityAttachKLSparseReg; it moves the average, too."""
    target, keep = single(sparseness_target), single(momentum)
    moving_avg *= keep
    rows = data.reshape(-1, data.shape[-1])
    moving_avg += rows.sum(axis=0) * ((1 - keep) / max(len(rows), 1))
    return grad + single(penalty) * (-target / moving_avg + (1 - target) / (1 - moving_avg))
