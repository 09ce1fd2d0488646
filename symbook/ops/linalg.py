"""Products of matrices."""

from __future__ import annotations

import math
from typing import Any, Literal

from ..errors import shape_text
from ..specs import Shape
from .registry import op
from .rules import Mismatch, forward, unify

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


@op("dot", shape=forward(_dot_shape, whole=False))
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
    """
    shape = _dot_shape(lhs.shape, rhs.shape, transpose_a, transpose_b)
    left = _front(lhs).T if transpose_a else _back(lhs)
    right = _back(rhs).T if transpose_b else _front(rhs)
    if out is None:
        return xp.matmul(left, right).reshape(shape)
    if out.flags.c_contiguous:
        xp.matmul(left, right, out=out.reshape(left.shape[0], right.shape[1]))
    else:
        out[...] = xp.matmul(left, right).reshape(shape)
    return out


def _front(array: Any) -> Any:
    """A matrix of the first dimension and all others together."""
    return array.reshape(array.shape[0], math.prod(array.shape[1:]))


def _back(array: Any) -> Any:
    """A matrix of all other dimensions together and the last."""
    return array.reshape(math.prod(array.shape[:-1]), array.shape[-1])


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


@op("batch_dot", shape=forward(_batch_dot_shape, whole=False))
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
    """
    left = xp.swapaxes(lhs, -1, -2) if transpose_a else lhs
    right = xp.swapaxes(rhs, -1, -2) if transpose_b else rhs
    return xp.matmul(left, right, out=out)
