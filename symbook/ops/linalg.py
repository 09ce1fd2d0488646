"""Products of matrices."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import numpy as np

from ..cuda import blas
from ..errors import shape_text
from ..specs import Shape, known
from .backward import gradient_dtype
from .device import delivered, packed, target
from .params import Range
from .registry import op
from .reshape import product
from .rules import Mismatch, Params, Shapes, forward, unify, unify_all

Stype = Literal["default", "csr", "row_sparse"] | None


def _dot_shape(lhs: Shape, rhs: Shape, transpose_a: bool, transpose_b: bool, **_: Any) -> Shape:
    """The dimensions that are left after the pair that is summed over."""
    if len(lhs) == len(rhs) == 1 and (transpose_a or transpose_b):
        raise Mismatch(
            "two vectors cannot be transposed", hint="Leave transpose_a and transpose_b out."
        )
    summed_a, rows = (lhs[0], lhs[1:]) if transpose_a else (lhs[-1], lhs[:-1])
    summed_b, columns = (rhs[-1], rhs[:-1]) if transpose_b else (rhs[0], rhs[1:])
    if None not in (summed_a, summed_b) and summed_a != summed_b:
        raise Mismatch(
            f"dot shape error: {shape_text(lhs)} X {shape_text(rhs)}",
            hint=f"The sizes summed over, here {summed_a} and {summed_b}, must be equal.",
        )
    return (*rows, *columns) or (1,)


def _dot_gradient(F: Any, g: Any, y: Any, lhs: Any, rhs: Any, **params: Any) -> Any:
    return (
        F._backward_dot_lhs(g, lhs, rhs, **_flags(params)),
        F._backward_dot_rhs(g, lhs, rhs, **_flags(params)),
    )


def _flags(params: Params) -> dict[str, bool]:
    return {key: params[key] for key in ("transpose_a", "transpose_b")}


@op("dot", shape=forward(_dot_shape, whole=False), gradient=_dot_gradient)
def dot(
    xp,
    lhs,
    rhs,
    /,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    forward_stype: Stype = None,
    out=None,
):
    """Sum over the last axis of `lhs` and the first of `rhs`: the product of two matrices.

    Shape `lhs.shape[:-1] + rhs.shape[1:]`, and (1,) for two vectors. `transpose_a` sums over the
    first axis of `lhs` instead, `transpose_b` over the last of `rhs`. Any dtype, the same for both.
    `forward_stype` is MXNet's hint for sparse arrays; it changes nothing.

    >>> mx.nd.dot(mx.nd.array([[1, 2], [3, 4]]), mx.nd.array([[0, 1], [1, 0]])).asnumpy()
    array([[2., 1.],
           [4., 3.]], dtype=float32)
    """
    shape = _dot_shape(lhs.shape, rhs.shape, transpose_a, transpose_b)
    left, right = _matrices(lhs, rhs, transpose_a, transpose_b)
    return _product(xp, left, right, shape, out)


def _product(xp: Any, left: Any, right: Any, shape: Shape, out: Any) -> Any:
    """The product of two matrices in another shape, written to `out` where it is given."""
    if out is None:
        return xp.matmul(left, right).reshape(shape)
    if out.flags.c_contiguous:
        xp.matmul(left, right, out=out.reshape(left.shape[0], right.shape[1]))
    else:
        out[...] = xp.matmul(left, right).reshape(shape)
    return out


def _matrices(lhs: Any, rhs: Any, transpose_a: bool, transpose_b: bool) -> tuple[Any, Any]:
    """The two matrices whose product `dot` is, but for its shape."""
    left = _front(lhs).T if transpose_a else _back(lhs)
    right = _back(rhs).T if transpose_b else _front(rhs)
    return left, right


def _front(array: Any) -> Any:
    """A matrix of the first dimension and all others together."""
    return array.reshape(array.shape[0], math.prod(array.shape[1:]))


def _back(array: Any) -> Any:
    """A matrix of all other dimensions together and the last."""
    return array.reshape(math.prod(array.shape[:-1]), array.shape[-1])


def _input_shape(position: int) -> Any:
    """The rule of a gradient of `dot`: it has the shape of that one of its inputs."""

    def rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
        return ins, (unify(ins[position], outs[0]),)

    return rule


# Both are linear in `ograd` and in the other input, so that they are each other's gradients.


def _lhs_gradient(F: Any, g: Any, y: Any, ograd: Any, lhs: Any, rhs: Any, **flags: bool) -> Any:
    return F.dot(g, rhs, **flags), None, F._backward_dot_rhs(ograd, g, rhs, **flags)


@op(
    "_backward_dot_lhs",
    outline=("lhs",),
    shape=_input_shape(1),
    dtype=gradient_dtype,
    gradient=_lhs_gradient,
)
def backward_dot_lhs(
    xp, ograd, lhs, rhs, /, *, transpose_a: bool = False, transpose_b: bool = False, out=None
):
    """The gradient of `dot` with respect to `lhs`, of which only the shape is used."""
    left, right = _matrices(lhs, rhs, transpose_a, transpose_b)
    grad = ograd.reshape(left.shape[0], right.shape[1])
    pair = (right, grad.T) if transpose_a else (grad, right.T)
    return _product(xp, *pair, lhs.shape, out)


def _rhs_gradient(F: Any, g: Any, y: Any, ograd: Any, lhs: Any, rhs: Any, **flags: bool) -> Any:
    return F.dot(lhs, g, **flags), F._backward_dot_lhs(ograd, lhs, g, **flags), None


@op(
    "_backward_dot_rhs",
    outline=("rhs",),
    shape=_input_shape(2),
    dtype=gradient_dtype,
    gradient=_rhs_gradient,
)
def backward_dot_rhs(
    xp, ograd, lhs, rhs, /, *, transpose_a: bool = False, transpose_b: bool = False, out=None
):
    """The gradient of `dot` with respect to `rhs`, of which only the shape is used."""
    left, right = _matrices(lhs, rhs, transpose_a, transpose_b)
    grad = ograd.reshape(left.shape[0], right.shape[1])
    pair = (grad.T, left) if transpose_b else (left.T, grad)
    return _product(xp, *pair, rhs.shape, out)


def _batch_dot_shape(
    lhs: Shape, rhs: Shape, transpose_a: bool, transpose_b: bool, **_: Any
) -> Shape:
    if len(lhs) < 3 or len(lhs) != len(rhs):
        raise Mismatch(
            f"batch_dot shape error: {shape_text(lhs)} X {shape_text(rhs)}",
            hint="Both need the same number of dimensions, at least 3; use dot for two matrices.",
        )
    batch = unify(lhs[:-2], rhs[:-2]) or ()
    rows, summed_a = lhs[:-3:-1] if transpose_a else lhs[-2:]
    summed_b, columns = rhs[:-3:-1] if transpose_b else rhs[-2:]
    if None not in (summed_a, summed_b) and summed_a != summed_b:
        raise Mismatch(
            f"batch_dot shape error: {shape_text(lhs)} X {shape_text(rhs)}",
            hint=f"The sizes summed over, here {summed_a} and {summed_b}, must be equal.",
        )
    return (*batch, rows, columns)


def _batch_dot_gradient(
    F: Any,
    g: Any,
    y: Any,
    lhs: Any,
    rhs: Any,
    transpose_a: bool,
    transpose_b: bool,
    forward_stype: Stype,
) -> Any:
    a, b = transpose_a, transpose_b
    left = (rhs, g, b, True) if a else (g, rhs, False, not b)
    right = (g, lhs, True, a) if b else (lhs, g, not a, False)
    return tuple(F.batch_dot(x, z, transpose_a=s, transpose_b=t) for x, z, s, t in (left, right))


@op("batch_dot", shape=forward(_batch_dot_shape, whole=False), gradient=_batch_dot_gradient)
def batch_dot(
    xp,
    lhs,
    rhs,
    /,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    forward_stype: Stype = None,
    out=None,
):
    """Products of the matrices in the last two axes: (…, n, k) and (…, k, m) give (…, n, m).

    The leading dimensions are equal. `transpose_a` and `transpose_b` exchange the last two axes of
    an input first. Any dtype, the same for both. `forward_stype` changes nothing.

    >>> mx.nd.batch_dot(mx.nd.ones((5, 2, 3)), mx.nd.ones((5, 3, 4))).shape
    (5, 2, 4)
    """
    if xp is not np and lhs.dtype.kind == "f":
        return _multiplied(xp, lhs, rhs, transpose_a, transpose_b, out)
    left = xp.swapaxes(lhs, -1, -2) if transpose_a else lhs
    right = xp.swapaxes(rhs, -1, -2) if transpose_b else rhs
    return xp.matmul(left, right, out=out)


def _multiplied(xp: Any, lhs: Any, rhs: Any, flip_lhs: bool, flip_rhs: bool, out: Any) -> Any:
    """:func:`batch_dot` of floats on a GPU, where CuPy would copy what is transposed."""
    shape = _batch_dot_shape(lhs.shape, rhs.shape, flip_lhs, flip_rhs)
    result = target(xp, out, known(shape), lhs.dtype)
    batch = math.prod(lhs.shape[:-2])
    left, right, into = (
        packed(item).reshape(batch, *item.shape[-2:]) for item in (lhs, rhs, result)
    )
    left = xp.swapaxes(left, 1, 2) if flip_lhs else left
    right = xp.swapaxes(right, 1, 2) if flip_rhs else right
    blas.multiply(xp, left, right, into)
    return delivered(result, out)


def _khatri_rao_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    if any(shape is not None and len(shape) != 2 for shape in ins):
        raise Mismatch(
            "all inputs must be matrices", hint="A matrix has two dimensions: x.reshape((2, 3))."
        )
    columns = unify_all([None if shape is None else shape[1:] for shape in ins])
    matrices = [shape for shape in ins if shape is not None]
    if columns is None or len(matrices) < len(ins):
        return ins, outs
    rows = product([shape[0] for shape in matrices])
    completed = tuple((shape[0], *columns) for shape in matrices)
    return completed, (unify((rows, *columns), outs[0]),)


# As in MXNet, this has no gradient.
@op("khatri_rao", shape=_khatri_rao_rule)
def khatri_rao(xp, /, *args, num_args: Annotated[int, Range(1, None)]):
    """Khatri-Rao product: column by column, the Kronecker product of matrices of as many columns.

    Shape: (m, k) and (n, k) give (m*n, k), and so on for more.

    >>> mx.nd.khatri_rao(mx.nd.array([[1, 2]]), mx.nd.array([[3, 4], [5, 6]])).asnumpy()
    array([[ 3.,  8.],
           [ 5., 12.]], dtype=float32)
    """
    result = args[0]
    for matrix in args[1:]:
        result = (result[:, None] * matrix).reshape(-1, matrix.shape[1])
    return result.copy() if num_args == 1 else result
