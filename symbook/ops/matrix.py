"""Products of matrices, one or many, and what the operators of `mx.sym.linalg` share.

Every array of two or more dimensions is a batch of the matrices in its last two. The dtype is float32 or
float64, as in MXNet.

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
from .rules import DTypes, Mismatch, Params, Shapes, is_real, keeps, same_dtype, unify, unify_all

_REAL = (as_dtype("float32"), as_dtype("float64"))


# Rules that the matrix operators share


@keeps(is_real)
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
            f"it needs matrices, arrays of 2 or more dimensions, not {shape_text(shape)}",
            hint="x.reshape((2, 3)) makes a matrix of six elements.",
        )
    return shape


def square(shape: Shape | None) -> Shape | None:
    """What is known of square matrices: an unknown side is as long as the other. Raises Mismatch."""
    if shape is None:
        return None
    require_matrices(shape)
    rows, columns = shape[-2:]
    if rows is not None and columns is not None and rows != columns:
        raise Mismatch(
            f"it needs square matrices, not {shape_text(shape)}",
            hint="Its last two dimensions must be equal.",
        )
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


_LAPACK = "Look at its values; adding a small number to its diagonal often helps."


def lapack(xp: Any, why: str, compute: Callable[..., Any], *arrays: Any) -> Any:
    """The result of a routine of the namespace's `linalg`; OutOfRange, which says why, where it fails."""
    try:
        return compute(*arrays)
    except xp.linalg.LinAlgError as error:
        raise OutOfRange(f"{why} ({error})", hint=_LAPACK) from None


def require_all(good: Any, why: str) -> None:
    """Raise OutOfRange, which says why, unless all of the array on a GPU is true.

    This waits for what came before: an error is an error of this call.
    """
    if not bool(good.all()):
        raise OutOfRange(why, hint=_LAPACK)


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
        raise Mismatch(
            f"gemm shape error: {shape_text(a)} X {shape_text(b)} with axis {axis}",
            hint="All dimensions but rows and columns must be equal.",
        )
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
