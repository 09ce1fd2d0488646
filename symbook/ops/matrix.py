"""Products, triangular systems, inverses and determinants of matrices, one or many: `mx.sym.linalg`.

Every array of two or more dimensions is a batch of the matrices in its last two. The dtype is float32 or
float64, as in MXNet. `L(A)` stands for the lower triangle of A, or the upper one with `lower=False`: the
other one is neither read nor does it get a gradient.

Sources of the gradients: M. Giles, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation", 2008, https://doi.org/10.1007/978-3-540-68942-3_4; and M. Seeger et al.,
"Auto-differentiating linear algebra", 2017, https://arxiv.org/abs/1710.08717.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import OutOfRange, shape_text
from ..specs import Shape, as_dtype
from .registry import op
from .rules import DTypes, Mismatch, Params, Shapes, same_dtype, unify, unify_all

_REAL = (as_dtype("float32"), as_dtype("float64"))


# Rules and helpers that the matrix operators share


def real(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    """All inputs and outputs have one dtype, float32 or float64."""
    ins, outs = same_dtype(ins, outs, params)
    if outs[0] is not None and outs[0] not in _REAL:
        raise Mismatch(
            f"it takes float32 and float64 only, not {outs[0]}",
            hint="Convert them first: x.astype('float32') or mx.sym.cast(x, dtype='float32').",
        )
    return ins, outs


def require_matrices(shape: Shape) -> Shape:
    """The shape, which must have at least two dimensions. Raises Mismatch."""
    if len(shape) < 2:
        raise Mismatch(
            f"it needs matrices, arrays of 2 or more dimensions, not {shape_text(shape)}"
        )
    return shape


def square(shape: Shape | None) -> Shape | None:
    """What is known of square matrices: an unknown side is as long as the other. Raises Mismatch."""
    if shape is None:
        return None
    require_matrices(shape)
    rows, columns = shape[-2:]
    if rows is not None and columns is not None and rows != columns:
        raise Mismatch(f"it needs square matrices, not {shape_text(shape)}")
    side = rows if columns is None else columns
    return (*shape[:-2], side, side)


def squares(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """One shape for all, of square matrices."""
    shape = square(unify_all((*ins, *outs)))
    return (shape,) * len(ins), (shape,) * len(outs)


def transposed(xp: Any, data: Any) -> Any:
    """The last two dimensions exchanged."""
    return xp.swapaxes(data, -1, -2)


def triangle(xp: Any, data: Any, lower: bool) -> Any:
    """The lower or the upper triangle, diagonal included, and zeros elsewhere."""
    return xp.tril(data) if lower else xp.triu(data)


def lapack(xp: Any, why: str, compute: Callable[..., Any], *arrays: Any) -> Any:
    """The result of a routine of the namespace's `linalg`; OutOfRange, which says why, where it fails."""
    try:
        return compute(*arrays)
    except xp.linalg.LinAlgError as error:
        raise OutOfRange(f"{why} ({error})") from None


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


# Products


def _gemm_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """Of A and B, and of C where it is given; the dimensions beside rows and columns are equal."""
    a, b, *c = ins
    if a is None or b is None:
        out = unify_all((*c, *outs))
        return (a, b, *(out for _ in c)), (out,)
    require_matrices(a)
    axis = params["axis"]
    row = axis + len(a) if axis < 0 else axis
    if len(a) != len(b) or not 0 <= row < len(a) - 1:
        raise Mismatch(f"gemm shape error: {shape_text(a)} X {shape_text(b)} with axis {axis}")
    sides = [
        (s[-1], s[row]) if flip else (s[row], s[-1])
        for s, flip in ((a, params["transpose_a"]), (b, params["transpose_b"]))
    ]
    (rows, summed), (also, columns) = sides
    if summed is not None and also is not None and summed != also:
        raise Mismatch(
            f"gemm shape error: {shape_text(a)} X {shape_text(b)}",
            hint=f"The sizes summed over, here {summed} and {also}, must be equal.",
        )
    beside = [s[:row] + s[row + 1 : -1] for s in (a, b)]
    batch = unify(*beside) or ()
    out = unify_all(((*batch[:row], rows, *batch[row:], columns), *c, *outs))
    return (a, b, *(out for _ in c)), (out,)


def _gemm2_gradient(F, g, y, A, B, transpose_a, transpose_b, alpha, axis):
    """`dA = α g op(B)ᵀ` and `dB = α op(A)ᵀ g`, each transposed where its matrix was."""

    def product(left, right, flip_left, flip_right):
        return F._linalg_gemm2(
            left, right, transpose_a=flip_left, transpose_b=flip_right, alpha=alpha, axis=axis
        )

    dA = product(B, g, transpose_b, True) if transpose_a else product(g, B, False, not transpose_b)
    dB = product(g, A, True, transpose_a) if transpose_b else product(A, g, not transpose_a, False)
    return dA, dB


def _gemm_gradient(F, g, y, A, B, C, beta, **params):
    return (*_gemm2_gradient(F, g, y, A, B, **params), g * beta)


def _product(
    xp: Any, A: Any, B: Any, transpose_a: bool, transpose_b: bool, alpha: float, axis: int
) -> Any:
    left, right = (xp.moveaxis(x, axis, -2) for x in (A, B))
    left = transposed(xp, left) if transpose_a else left
    right = transposed(xp, right) if transpose_b else right
    return xp.moveaxis(xp.matmul(left, right) * A.dtype.type(alpha), -2, axis)


@op(
    "_linalg_gemm",
    alias=("linalg_gemm",),
    shape=_gemm_shape,
    dtype=real,
    gradient=_gemm_gradient,
)
def gemm(
    xp,
    A,
    B,
    C,
    /,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    beta: float = 1.0,
    axis: int = -2,
):
    """Product of matrices plus another: `alpha * op(A) op(B) + beta * C`, op the transpose or nothing.

    op(A) of shape (…, n, k), op(B) of shape (…, k, m) and C of shape (…, n, m) give (…, n, m), with
    equal leading dimensions.

    A
        Matrices.
    B
        Matrices to multiply them with.
    C
        Matrices to add, in the result's shape.
    transpose_a
        Transpose A first.
    transpose_b
        Transpose B first.
    alpha
        Factor of the product.
    beta
        Factor of C.
    axis
        The dimension of the rows; the columns are always the last.

    >>> a, b = mx.nd.array([[1, 2]]), mx.nd.array([[3], [4]])
    >>> mx.nd.linalg.gemm(a, b, mx.nd.array([[100]]), alpha=2).asnumpy()
    array([[122.]], dtype=float32)
    """
    result = _product(xp, A, B, transpose_a, transpose_b, alpha, axis)
    result += C * C.dtype.type(beta)
    return result


@op(
    "_linalg_gemm2",
    alias=("linalg_gemm2",),
    shape=_gemm_shape,
    dtype=real,
    gradient=_gemm2_gradient,
)
def gemm2(
    xp,
    A,
    B,
    /,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    axis: int = -2,
):
    """Product of matrices: `alpha * op(A) op(B)`, op the transpose or nothing.

    op(A) of shape (…, n, k) and op(B) of shape (…, k, m) give (…, n, m), with equal leading
    dimensions.

    A
        Matrices.
    B
        Matrices to multiply them with.
    transpose_a
        Transpose A first.
    transpose_b
        Transpose B first.
    alpha
        Factor of the product.
    axis
        The dimension of the rows; the columns are always the last.

    >>> mx.nd.linalg.gemm2(mx.nd.array([[1, 2]]), mx.nd.array([[3, 4]]), transpose_b=True).asnumpy()
    array([[11.]], dtype=float32)
    """
    return _product(xp, A, B, transpose_a, transpose_b, alpha, axis)


def _syrk_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    (a,), (out,) = ins, outs
    if a is not None:
        require_matrices(a)
        side = a[-1] if params["transpose"] else a[-2]
        out = unify((*a[:-2], side, side), out)
    return (a,), (square(out),)


def _syrk_gradient(F, g, y, A, transpose, alpha):
    """`dA = α (g + gᵀ) A`, or `α A (g + gᵀ)` of the transposed product."""
    sides = (A, g) if transpose else (g, A)
    flip = {"transpose_b": True} if transpose else {"transpose_a": True}
    return F._linalg_gemm2(*sides, alpha=alpha) + F._linalg_gemm2(*sides, alpha=alpha, **flip)


@op("_linalg_syrk", alias=("linalg_syrk",), shape=_syrk_shape, dtype=real, gradient=_syrk_gradient)
def syrk(xp, A, /, *, transpose: bool = False, alpha: float = 1.0):
    """Product of matrices with their own transposes: `alpha * A Aᵀ`, or `alpha * Aᵀ A`.

    Shape (…, n, k) gives (…, n, n), and (…, k, k) with `transpose`.

    A
        Matrices.
    transpose
        Transpose the left factor rather than the right one.
    alpha
        Factor of the product.

    >>> mx.nd.linalg.syrk(mx.nd.array([[1, 2], [0, 1]])).asnumpy()
    array([[5., 2.],
           [2., 1.]], dtype=float32)
    """
    left, right = (transposed(xp, A), A) if transpose else (A, transposed(xp, A))
    return xp.matmul(left, right) * A.dtype.type(alpha)


# Triangular matrices


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
    part = triangle(xp, A, lower)
    right = B * B.dtype.type(alpha)
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
