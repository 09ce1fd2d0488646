"""Products with triangular matrices, and triangular systems.

What they share with the other operators of `mx.sym.linalg` is told in :mod:`.matrix`.
`L(A)` stands for the lower triangle of A, or the upper one with `lower=False`: the other one is neither
read nor does it get a gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..specs import Shape
from .matrix import real, require_matrices, square, squares, transposed, triangle
from .matrix_kernels import solved
from .registry import op
from .rules import Params, Shapes, unify


def _part(F: Any, data: Any, lower: bool) -> Any:
    """Symbols: the part of a gradient that belongs to the triangle that was read."""
    return F._backward_linalg_triangle(data, lower=lower)


@op(
    "_backward_linalg_triangle",
    shape=squares,
    dtype=real,
    gradient=lambda F, g, y, data, **params: F._backward_linalg_triangle(g, **params),
)
def backward_triangle(xp, data, /, *, lower: bool = True):
    """The lower or the upper triangle of each matrix, and zeros elsewhere."""
    return triangle(xp, data, lower)


def _triangular_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """B and the result have one shape; A is square and fits their rows, or their columns."""
    a, b = square(ins[0]), unify(ins[1], outs[0])
    side = -1 if params["rightside"] else -2
    if a is not None and b is not None:
        b = unify(b, _with(b, side, a[-1], batch=a[:-2]))
    if b is not None:
        require_matrices(b)
        a = square(unify(a, (*b[:-2], b[side], b[side])))
    return (a, b), (b,)


def _with(shape: Shape, side: int, size: Any, batch: Shape) -> Shape:
    rows, columns = shape[-2:]
    return (*batch, rows, size) if side == -1 else (*batch, size, columns)


def _trmm_gradient(F, g, y, A, B, transpose, rightside, lower, alpha):
    """`dB = α op(A)ᵀ g`; `dA = α L(g Bᵀ)`, and its like for the other side and the transpose."""
    dB = F._linalg_trmm(
        A, g, transpose=not transpose, rightside=rightside, lower=lower, alpha=alpha
    )
    left, right = (B, g) if transpose != rightside else (g, B)
    flip = {"transpose_a": True} if rightside else {"transpose_b": True}
    return _part(F, F._linalg_gemm2(left, right, alpha=alpha, **flip), lower), dB


@op(
    "_linalg_trmm",
    alias=("linalg_trmm",),
    shape=_triangular_shape,
    dtype=real,
    gradient=_trmm_gradient,
)
def trmm(
    xp,
    A,
    B,
    /,
    *,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
):
    """Product of triangular matrices with others: `alpha * op(L(A)) B`, or `alpha * B op(L(A))`.

    A of shape (…, n, n) and B of shape (…, n, m), or (…, m, n), give an array in the shape of B.

    A
        Matrices, of which one triangle is read.
    B
        Matrices to multiply them with.
    transpose
        Transpose the triangular matrices first.
    rightside
        The triangular matrices stand on the right.
    lower
        The lower triangle is read, else the upper one.
    alpha
        Factor of the product.

    >>> mx.nd.linalg.trmm(mx.nd.array([[1, 9], [2, 3]]), mx.nd.array([[1], [1]])).asnumpy()
    array([[1.],
           [5.]], dtype=float32)
    """
    part = triangle(xp, A, lower)
    part = transposed(xp, part) if transpose else part
    return xp.matmul(*((B, part) if rightside else (part, B))) * A.dtype.type(alpha)


def _trsm_gradient(F, g, y, A, B, transpose, rightside, lower, alpha):
    """`dB = α op(A)⁻ᵀ g`; `dA = -L(op(A)⁻ᵀ g Xᵀ)`, X the solution, and its like for the other forms."""
    sides = {"transpose": not transpose, "rightside": rightside, "lower": lower}
    solved = F._linalg_trsm(A, g, alpha=1.0, **sides)
    left, right = (y, solved) if transpose != rightside else (solved, y)
    flip = {"transpose_a": True} if rightside else {"transpose_b": True}
    dA = _part(F, F._linalg_gemm2(left, right, alpha=-1.0, **flip), lower)
    return dA, solved * alpha


@op(
    "_linalg_trsm",
    alias=("linalg_trsm",),
    shape=_triangular_shape,
    dtype=real,
    gradient=_trsm_gradient,
)
def trsm(
    xp,
    A,
    B,
    /,
    *,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
):
    """Solution X of triangular systems: `op(L(A)) X = alpha * B`, or `X op(L(A)) = alpha * B`.

    A of shape (…, n, n) and B of shape (…, n, m), or (…, m, n), give an array in the shape of B.
    Zeros on the diagonal give infinities and NaN.

    A
        Matrices, of which one triangle is read.
    B
        The right-hand sides.
    transpose
        Transpose the triangular matrices first.
    rightside
        The triangular matrices stand on the right.
    lower
        The lower triangle is read, else the upper one.
    alpha
        Factor of the right-hand sides.

    >>> mx.nd.linalg.trsm(mx.nd.array([[1, 9], [2, 4]]), mx.nd.array([[1], [6]])).asnumpy()
    array([[1.],
           [1.]], dtype=float32)
    """
    right = B * B.dtype.type(alpha)
    if xp is not np:
        right = transposed(xp, right) if rightside else right
        turned = transpose != rightside
        x = solved(xp, A, right, lower != turned, turned)
        return transposed(xp, x) if rightside else x
    part = triangle(xp, A, lower)
    if rightside:
        # X M = B is Mᵀ Xᵀ = Bᵀ.
        part, right = (part if transpose else transposed(xp, part)), transposed(xp, right)
        return transposed(xp, _solved(xp, part, right, lower == transpose))
    part = transposed(xp, part) if transpose else part
    return _solved(xp, part, right, lower != transpose)


def _solved(xp: Any, part: Any, right: Any, lower: bool) -> Any:
    """Solution of triangular systems, by LAPACK; singular ones row by row."""
    try:
        return xp.linalg.solve(part, right)
    except xp.linalg.LinAlgError:
        return _substituted(xp, part, right, lower)


def _substituted(xp: Any, part: Any, right: Any, lower: bool) -> Any:
    """Solution of triangular systems by substitution, which divides by zeros on the diagonal."""
    result = xp.array(right)
    size = part.shape[-1]
    for i in range(size) if lower else reversed(range(size)):
        known = slice(0, i) if lower else slice(i + 1, size)
        row = xp.matmul(part[..., i : i + 1, known], result[..., known, :])
        result[..., i : i + 1, :] -= row
        result[..., i, :] /= part[..., i, i, None]
    return result
