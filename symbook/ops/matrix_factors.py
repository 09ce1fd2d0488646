"""Factors of matrices, inverses and determinants: Cholesky, LQ, eigenvalues, LU.

Each operator works on the matrices in the last two dimensions; see :mod:`.matrix`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import shape_text
from ..specs import as_dtype
from .matrix import lapack, real, require_all, require_matrices, square, squares, transposed
from .matrix_kernels import cholesky, inverted, lu_factored, solved
from .registry import op
from .rules import DTypes, Mismatch, Params, Shapes, unify, unify_dtypes

INT32 = as_dtype("int32")


def _flipped(F: Any, data: Any) -> Any:
    """Symbols: the last two dimensions exchanged."""
    return F.SwapAxis(data, dim1=-2, dim2=-1)


def _mirrored(F: Any, data: Any) -> Any:
    """Symbols: symmetric matrices made of lower triangles, which are copied to the upper ones."""
    low = F._backward_linalg_triangle(data)
    return low + _flipped(F, low) - F._linalg_makediag(F._linalg_extractdiag(data))


def _potrf_gradient(F, g, y, A):
    """`dA = ½ L⁻ᵀ copyltu(Lᵀ g) L⁻¹`, where copyltu copies the lower triangle to the upper."""
    inner = _mirrored(F, F._linalg_trmm(y, g, transpose=True))
    left = F._linalg_trsm(y, inner, transpose=True, alpha=0.5)
    return F._linalg_trsm(y, left, rightside=True)


@op(
    "_linalg_potrf",
    alias=("linalg_potrf",),
    shape=squares,
    dtype=real,
    gradient=_potrf_gradient,
)
def potrf(xp, A, /):
    """Cholesky factors: the lower triangular L with a positive diagonal and `L Lᵀ = A`.

    Shape (…, n, n), the same for both. The gradient is symmetric (M. Seeger et al.,
    "Auto-differentiating linear algebra", 2017, https://arxiv.org/abs/1710.08717).

    A
        Symmetric, positive definite matrices; their lower triangles are read.

    Raises OutOfRange if one is not positive definite.

    >>> mx.nd.linalg.potrf(mx.nd.array([[4, 2], [2, 5]])).asnumpy()
    array([[2., 0.],
           [1., 2.]], dtype=float32)
    """
    why = "a matrix is not positive definite"
    if xp is not np:
        factors = cholesky(xp, A)
        require_all(xp.diagonal(factors, axis1=-2, axis2=-1) > 0, why)
        return factors
    return lapack(xp, why, xp.linalg.cholesky, A)


def _potri_gradient(F, g, y, A):
    """`dL = -L(B (g + gᵀ) L⁻ᵀ)` with `B = (L Lᵀ)⁻¹`."""
    both = F._linalg_gemm2(y, g) + F._linalg_gemm2(y, g, transpose_b=True)
    solved = F._linalg_trsm(A, both, rightside=True, transpose=True, alpha=-1.0)
    return F._backward_linalg_triangle(solved)


@op(
    "_linalg_potri",
    alias=("linalg_potri",),
    shape=squares,
    dtype=real,
    gradient=_potri_gradient,
)
def potri(xp, A, /):
    """Inverses of matrices of which the Cholesky factors are given: `(L Lᵀ)⁻¹`.

    Shape (…, n, n), the same for both.

    A
        Lower triangular matrices L, such as `linalg.potrf` gives; the upper triangles are not read.

    Raises OutOfRange if a diagonal has a zero.

    >>> mx.nd.linalg.potri(mx.nd.array([[2, 0], [0, 4]])).asnumpy()
    array([[0.25  , 0.    ],
           [0.    , 0.0625]], dtype=float32)
    """
    why = "a matrix has a zero on its diagonal"
    if xp is not np:
        require_all(xp.diagonal(A, axis1=-2, axis2=-1) != 0, why)
        half = solved(xp, A, xp.broadcast_to(xp.eye(A.shape[-1], dtype=A.dtype), A.shape))
    else:
        half = lapack(xp, why, xp.linalg.inv, xp.tril(A))
    return xp.matmul(transposed(xp, half), half)


def _gelqf_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """Q has the shape of A; L is square."""
    shape = unify(ins[0], outs[0])
    if shape is None:
        return ins, outs
    rows, columns = require_matrices(shape)[-2:]
    if rows is not None and columns is not None and rows > columns:
        raise Mismatch(
            f"it needs at least as many columns as rows, not {shape_text(shape)}",
            hint="Transpose it: QR of A is LQ of its transpose.",
        )
    return (shape,), (shape, unify((*shape[:-2], rows, rows), outs[1]))


def _gelqf_gradient(F, g, y, A):
    """`dA = L⁻ᵀ (dQ + copyltu(Lᵀ dL - dQ Qᵀ) Q)`."""
    (Q, L), (dQ, dL) = y, g
    dQ = F.zeros_like(Q) if dQ is None else dQ
    inner = F._linalg_gemm2(dQ, Q, transpose_b=True, alpha=-1.0)
    if dL is not None:
        inner = inner + F._linalg_trmm(L, dL, transpose=True)
    return F._linalg_trsm(L, dQ + F._linalg_gemm2(_mirrored(F, inner), Q), transpose=True)


@op(
    "_linalg_gelqf",
    alias=("linalg_gelqf",),
    shape=_gelqf_shape,
    dtype=real,
    outputs=("output0", "output1"),
    gradient=_gelqf_gradient,
)
def gelqf(xp, A, /):
    """LQ factors: Q with orthonormal rows and lower triangular L with `L Q = A`.

    A of shape (…, n, m), n ≤ m, gives Q of shape (…, n, m) and L of shape (…, n, n), in this order.
    (M. Seeger et al., "Auto-differentiating linear algebra", 2017,
    https://arxiv.org/abs/1710.08717.)

    A
        Matrices of full row rank, where the gradient is wanted.

    >>> q, l = mx.nd.linalg.gelqf(mx.nd.array([[-3, 0], [0, -1]]))
    >>> l.asnumpy() @ q.asnumpy()
    array([[-3.,  0.],
           [ 0., -1.]], dtype=float32)
    """
    q, r = xp.linalg.qr(transposed(xp, A))
    return transposed(xp, q), transposed(xp, r)


def _syevd_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """U has the shape of A, the eigenvalues one dimension less."""
    shape = square(unify(ins[0], outs[0]))
    if shape is None:
        return ins, outs
    return (shape,), (shape, unify(shape[:-1], outs[1]))


def _syevd_gradient(F, g, y, A):
    """`dA = Uᵀ (sym(dU Uᵀ ∘ E) + diag(dλ)) U`, `E_ij = 1 / (λ_i - λ_j)`, and 0 where they are equal."""
    (U, values), (dU, dvalues) = y, g
    inner = F._linalg_makediag(F.zeros_like(values) if dvalues is None else dvalues)
    if dU is not None:
        turned = F._linalg_gemm2(dU, U, transpose_b=True)
        gaps = F.broadcast_sub(F.expand_dims(values, axis=-1), F.expand_dims(values, axis=-2))
        equal = gaps == 0
        scaled = turned / (gaps + equal) * (1 - equal)
        inner = inner + (scaled + _flipped(F, scaled)) * 0.5
    return F._linalg_gemm2(F._linalg_gemm2(U, inner, transpose_a=True), U)


@op(
    "_linalg_syevd",
    shape=_syevd_shape,
    dtype=real,
    outputs=("output0", "output1"),
    gradient=_syevd_gradient,
)
def syevd(xp, A, /):
    """Eigenvectors and eigenvalues of symmetric matrices: `A = Uᵀ diag(λ) U`.

    A of shape (…, n, n) gives U of the same shape, whose rows are the orthonormal eigenvectors, and
    the eigenvalues, of shape (…, n), in ascending order. Of each eigenvector the element of the
    largest absolute value is positive. Eigenvectors of equal eigenvalues are arbitrary and give no
    gradient to each other. (M. Giles, "Collected matrix derivative results for forward and reverse
    mode algorithmic differentiation", 2008, section 3.1.)

    A
        Symmetric matrices; their lower triangles are read.

    >>> u, values = mx.nd.linalg.syevd(mx.nd.array([[2, 0], [0, 1]]))
    >>> values.asnumpy()
    array([1., 2.], dtype=float32)
    """
    values, vectors = lapack(xp, "eigenvalues did not converge", xp.linalg.eigh, A)
    rows = transposed(xp, vectors)
    largest = xp.argmax(xp.abs(rows), axis=-1)[..., None]
    return rows * xp.sign(xp.take_along_axis(rows, largest, axis=-1)), values


def _inverse_gradient(F, g, y, A):
    """`dA = -A⁻ᵀ g A⁻ᵀ`."""
    return F._linalg_gemm2(F._linalg_gemm2(y, g, transpose_a=True), y, transpose_b=True, alpha=-1.0)


@op(
    "_linalg_inverse",
    alias=("linalg_inverse",),
    shape=squares,
    dtype=real,
    gradient=_inverse_gradient,
)
def inverse(xp, A, /):
    """Inverses of matrices. Shape (…, n, n), the same for both.

    A
        Square matrices.

    Raises OutOfRange if one is singular.

    >>> mx.nd.linalg.inverse(mx.nd.array([[2, 0], [0, 4]])).asnumpy()
    array([[0.5 , 0.  ],
           [0.  , 0.25]], dtype=float32)
    """
    why = "a matrix is singular"
    if xp is not np:
        lu, pivots = lu_factored(xp, A)
        require_all(xp.diagonal(lu, axis1=-2, axis2=-1) != 0, why)
        return inverted(xp, lu, pivots)
    return lapack(xp, why, xp.linalg.inv, A)


# Determinants


def _det_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """One or two numbers for each matrix; then the hidden LU factors and the rows exchanged."""
    shape = square(ins[0])
    if shape is None:
        return ins, outs
    numbers = tuple(unify(shape[:-2] or (1,), out) for out in outs[:-2])
    return (shape,), (*numbers, unify(shape, outs[-2]), unify(shape[:-1], outs[-1]))


def _det_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    ins, outs_real = real(ins, outs[:-1], params)
    return ins, (*outs_real, unify_dtypes((INT32, outs[-1])))


def _factored(xp: Any, A: Any) -> tuple[Any, Any]:
    """LU factors in one array, L below the diagonal without its ones, and LAPACK's pivots from 1.

    By columns inside of panels, and panels by matrix products (G. Golub and C. Van Loan, "Matrix
    computations", 4th edition, 2013, section 3.2.11).
    """
    if xp is not np:
        return lu_factored(xp, A)
    size, width = A.shape[-1], 32
    a = xp.array(A).reshape(-1, size, size)
    pivots = xp.empty(a.shape[:2], INT32)
    each = xp.arange(len(a))
    for start in range(0, size, width):
        stop = min(start + width, size)
        for j in range(start, stop):
            best = xp.argmax(xp.abs(a[:, j:, j]), axis=1) + j
            pivots[:, j] = best + 1
            row = a[each, best]
            a[each, best] = a[:, j]
            a[:, j] = row
            pivot = row[:, j]
            a[:, j + 1 :, j] /= xp.where(pivot == 0, pivot.dtype.type(1), pivot)[:, None]
            a[:, j + 1 :, j + 1 : stop] -= a[:, j + 1 :, j, None] * a[:, j, None, j + 1 : stop]
        if stop < size:
            low = xp.tril(a[:, start:stop, start:stop], -1) + xp.eye(stop - start, dtype=a.dtype)
            a[:, start:stop, stop:] = xp.linalg.solve(low, a[:, start:stop, stop:])
            a[:, stop:, stop:] -= xp.matmul(a[:, stop:, start:stop], a[:, start:stop, stop:])
    return a.reshape(A.shape), pivots.reshape(A.shape[:-1])


def _sign_of(xp: Any, lu: Any, pivots: Any) -> Any:
    """-1, 0 or 1: the sign of the product of the diagonal, turned by each exchange of rows."""
    diagonal = xp.diagonal(lu, axis1=-2, axis2=-1)
    own = xp.arange(1, lu.shape[-1] + 1)
    turned = xp.where(pivots == own, lu.dtype.type(1), lu.dtype.type(-1))
    return xp.prod(xp.sign(diagonal) * turned, axis=-1)


def _log_of(xp: Any, lu: Any) -> Any:
    return xp.sum(xp.log(xp.abs(xp.diagonal(lu, axis1=-2, axis2=-1))), axis=-1)


@op(
    "_backward_linalg_inverse",
    shape=squares,
    dtype=real,
    gradient=lambda F, g, y, A: F._linalg_gemm2(
        F._linalg_gemm2(y, g, transpose_a=True), y, transpose_b=True, alpha=-1.0
    ),
)
def backward_inverse(xp, A, /):
    """Inverses of matrices, and zeros in place of those that do not exist."""
    if xp is not np:
        lu, pivots = lu_factored(xp, A)
        zero = (xp.diagonal(lu, axis1=-2, axis2=-1) == 0).any(axis=-1)
        return xp.where(zero[..., None, None], A.dtype.type(0), inverted(xp, lu, pivots))
    singular = (xp.linalg.slogdet(A)[0] == 0)[..., None, None]
    some = xp.linalg.inv(xp.where(singular, xp.eye(A.shape[-1], dtype=A.dtype), A))
    return xp.where(singular, A.dtype.type(0), some)


def _times_inverse(F: Any, factor: Any, A: Any) -> Any:
    """Symbols: `factor * A⁻ᵀ`, with a number for each matrix; zeros for a singular one."""
    spread = F.expand_dims(F.expand_dims(factor, axis=-1), axis=-1)
    inverted = _flipped(F, F._backward_linalg_inverse(A))
    return F.reshape_like(F.broadcast_mul(spread, inverted), A)


@op(
    "_linalg_det",
    alias=("linalg_det",),
    shape=_det_shape,
    dtype=_det_dtype,
    outputs=("output0", "output1", "output2"),
    shown=lambda params: 1,
    gradient=lambda F, g, y, A: None if g[0] is None else _times_inverse(F, g[0] * y[0], A),
)
def det(xp, A, /):
    """Determinants. Shape (…, n, n) gives (…), and one matrix the shape (1,).

    The gradient, `det(A) A⁻ᵀ`, is taken as 0 for a singular matrix. (M. Giles, "Collected matrix
    derivative results for forward and reverse mode algorithmic differentiation", 2008,
    section 2.2.4.)

    A
        Square matrices.

    >>> mx.nd.linalg.det(mx.nd.array([[2, 1], [0, 3]])).asnumpy()
    array([6.], dtype=float32)
    """
    lu, pivots = _factored(xp, A)
    size = xp.abs(xp.prod(xp.diagonal(lu, axis1=-2, axis2=-1), axis=-1))
    return (_sign_of(xp, lu, pivots) * size).reshape(A.shape[:-2] or (1,)), lu, pivots


@op(
    "_linalg_slogdet",
    alias=("linalg_slogdet",),
    shape=_det_shape,
    dtype=_det_dtype,
    outputs=("output0", "output1", "output2", "output3"),
    shown=lambda params: 2,
    gradient=lambda F, g, y, A: None if g[1] is None else _times_inverse(F, g[1], A),
)
def slogdet(xp, A, /):
    """Signs and logarithms of the absolute values of determinants.

    Shape (…, n, n) gives two arrays of shape (…), and one matrix the shape (1,). A singular matrix
    has the sign 0 and the logarithm minus infinity. The sign has no gradient; the logarithm's,
    `A⁻ᵀ`, is taken as 0 for a singular matrix.

    A
        Square matrices.

    >>> sign, logabsdet = mx.nd.linalg.slogdet(mx.nd.array([[1, 5], [0, -1]]))
    >>> sign.asscalar().item(), logabsdet.asscalar().item()
    (-1.0, 0.0)
    """
    lu, pivots = _factored(xp, A)
    shape = A.shape[:-2] or (1,)
    return _sign_of(xp, lu, pivots).reshape(shape), _log_of(xp, lu).reshape(shape), lu, pivots
