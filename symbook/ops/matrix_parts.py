"""Diagonals and triangles of matrices.

Each operator works on the matrices in the last two dimensions; see :mod:`.matrix`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..cuda import Kernel
from ..errors import shape_text
from ..specs import Dim, Shape
from .device import packed
from .matrix import real, square
from .registry import op
from .rules import Mismatch, Params, Shapes, unify


def _sumlogdiag_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    shape = square(ins[0])
    if shape is None:
        return ins, outs
    return (shape,), (unify(shape[:-2] or (1,), outs[0]),)


def _sumlogdiag_gradient(F, g, y, A):
    """`dA = g diag(1 / A_ii)`."""
    shares = F.broadcast_div(F.expand_dims(g, axis=-1), F._linalg_extractdiag(A))
    return F.reshape_like(F._linalg_makediag(shares), A)


@op(
    "_linalg_sumlogdiag",
    alias=("linalg_sumlogdiag",),
    shape=_sumlogdiag_shape,
    dtype=real,
    gradient=_sumlogdiag_gradient,
)
def sumlogdiag(xp, A, /):
    """Sum of the logarithms of the diagonal: of a Cholesky factor, half the log-determinant.

    Shape (…, n, n) gives (…), and one matrix the shape (1,).

    A
        Square matrices with positive diagonals.

    >>> mx.nd.linalg.sumlogdiag(mx.nd.array([[1, 7], [7, 1]])).asnumpy()
    array([0.], dtype=float32)
    """
    diagonal = xp.diagonal(A, axis1=-2, axis2=-1)
    return xp.sum(xp.log(diagonal), axis=-1).reshape(A.shape[:-2] or (1,))


# Diagonals


def _side_left(side: Dim, offset: int) -> Dim:
    """The length of a diagonal of a matrix with this side, or None where that is not known."""
    if side is None:
        return None
    if abs(offset) >= side:
        raise Mismatch(
            f"a {side}×{side} matrix has no diagonal with offset {offset}",
            hint=f"Offsets here go from {1 - side} to {side - 1}.",
        )
    return side - abs(offset)


def _extractdiag_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    shape = square(ins[0])
    if shape is None:
        return ins, outs
    left = _side_left(shape[-1], params["offset"])
    return (shape,), (unify((*shape[:-2], left), outs[0]),)


@op(
    "_linalg_extractdiag",
    alias=("linalg_extractdiag",),
    shape=_extractdiag_shape,
    dtype=real,
    gradient=lambda F, g, y, A, **params: F._linalg_makediag(g, **params),
)
def extractdiag(xp, A, /, *, offset: int = 0):
    """Diagonals of square matrices. Shape (…, n, n) gives (…, n - |offset|).

    A
        Square matrices.
    offset
        Which diagonal: above 0 above the main one, below 0 below it.

    >>> mx.nd.linalg.extractdiag(mx.nd.array([[1, 2], [3, 4]])).asnumpy()
    array([1., 4.], dtype=float32)
    """
    return xp.array(xp.diagonal(A, offset=offset, axis1=-2, axis2=-1))


def _makediag_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    (shape,), (out,) = ins, outs
    if shape is None:
        return ins, (square(out),)
    if not shape:
        raise Mismatch("it needs arrays of 1 or more dimensions", hint="Add one: x.expand_dims(0).")
    side = None if shape[-1] is None else shape[-1] + abs(params["offset"])
    return (shape,), (square(unify((*shape[:-1], side, side), out)),)


@op(
    "_linalg_makediag",
    alias=("linalg_makediag",),
    shape=_makediag_shape,
    dtype=real,
    gradient=lambda F, g, y, A, **params: F._linalg_extractdiag(g, **params),
)
def makediag(xp, A, /, *, offset: int = 0):
    """Square matrices with these diagonals and zeros elsewhere.

    Shape (…, n) gives (…, m, m), m = n + |offset|.

    A
        Diagonals.
    offset
        Which diagonal: above 0 above the main one, below 0 below it.

    >>> mx.nd.linalg.makediag(mx.nd.array([1, 2])).asnumpy()
    array([[1., 0.],
           [0., 2.]], dtype=float32)
    """
    side = A.shape[-1] + abs(offset)
    result = xp.zeros((*A.shape[:-1], side, side), A.dtype)
    if xp is not np:
        # CuPy's diagonals can be written to.
        xp.diagonal(result, offset, -2, -1)[...] = A
        return result
    each = xp.arange(A.shape[-1])
    result[..., each + max(-offset, 0), each + max(offset, 0)] = A
    return result


# Triangles


def _extracttrian_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    shape = square(ins[0])
    if shape is None:
        return ins, outs
    side = _side_left(shape[-1], params["offset"])
    size = None if side is None else side * (side + 1) // 2
    return (shape,), (unify((*shape[:-2], size), outs[0]),)


def _maketrian_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    (shape,), (out,) = ins, outs
    if shape is None:
        return ins, (square(out),)
    if not shape:
        raise Mismatch("it needs arrays of 1 or more dimensions", hint="Add one: x.expand_dims(0).")
    side = _side_of(shape, params["offset"])
    return (shape,), (square(unify((*shape[:-1], side, side), out)),)


def _side_of(shape: Shape, offset: int) -> Dim:
    """The side of the matrix of which a triangle with that many elements is a part."""
    size = shape[-1]
    if size is None:
        return None
    side = (math.isqrt(8 * size + 1) - 1) // 2
    if side * (side + 1) // 2 != size:
        raise Mismatch(
            f"{size} elements, of {shape_text(shape)}, make no triangle",
            hint="A triangle has 1, 3, 6, 10, … elements: n (n + 1) / 2 in n rows.",
        )
    return side + abs(offset)


def _places(xp: Any, side: int, offset: int, lower: bool) -> tuple[Any, Any]:
    """Rows and columns of a triangle's elements: a lower one row by row, an upper one by columns."""
    long, short = xp.tril_indices(side - abs(offset))
    if offset < 0 or (offset == 0 and lower):
        return long - offset, short
    return short, long + offset


# Element k of the first triangle stands in row r, the largest with r (r + 1) / 2 ≤ k.
_TRIANGLES = Kernel(
    "triangles",
    """
KERNEL triangles(const T* data, T* out, long long side, long long offset, long long long_rows,
                 long long size, long long packs, long long n) {
    FOR_EACH(i, n) {
        I matrix = i / (I)size, k = i % (I)size;
        I r = (I)((sqrt(8.0 * (double)k + 1.0) - 1.0) / 2.0);
        while ((long long)r * (r + 1) / 2 > k) r--;
        while ((long long)(r + 1) * (r + 2) / 2 <= k) r++;
        I c = k - (I)((long long)r * (r + 1) / 2);
        long long row = long_rows ? r - offset : c, column = long_rows ? c : r + offset;
        long long at = (matrix * side + row) * side + column;
        if (packs) out[i] = data[at];
        else out[at] = data[i];
    }
}
""",
    types=("float32", "float64"),
)


def _triangles(xp: Any, data: Any, result: Any, elements: Any, offset: int, lower: bool) -> Any:
    """The elements of triangles out of matrices or into them, on a GPU."""
    packs = result is elements
    side = (data if packs else result).shape[-1]
    long_rows = offset < 0 or (offset == 0 and lower)
    numbers = (side, offset, int(long_rows), elements.shape[-1], int(packs), elements.size)
    _TRIANGLES(xp, data.dtype, (data, result, *numbers), size=elements.size)
    return result


@op(
    "_linalg_extracttrian",
    alias=("linalg_extracttrian",),
    shape=_extracttrian_shape,
    dtype=real,
    gradient=lambda F, g, y, A, **params: F._linalg_maketrian(g, **params),
)
def extracttrian(xp, A, /, *, offset: int = 0, lower: bool = True):
    """The elements of a triangle of square matrices: a lower one row by row, an upper one by columns.

    Shape (…, n, n) gives (…, k (k + 1) / 2), k = n - |offset|.

    A
        Square matrices.
    offset
        Where the triangle begins: with the diagonal above the main one, if above 0, and upwards from
        there; or below it, if below 0, and downwards.
    lower
        With offset 0: take the lower triangle, else the upper one.

    >>> mx.nd.linalg.extracttrian(mx.nd.array([[1, 2], [3, 4]])).asnumpy()
    array([1., 3., 4.], dtype=float32)
    """
    if xp is not np:
        size = _side_left(A.shape[-1], offset) or 0
        packing = xp.empty((*A.shape[:-2], size * (size + 1) // 2), A.dtype)
        return _triangles(xp, packed(A), packing, packing, offset, lower)
    rows, columns = _places(xp, A.shape[-1], offset, lower)
    return A[..., rows, columns]


@op(
    "_linalg_maketrian",
    alias=("linalg_maketrian",),
    shape=_maketrian_shape,
    dtype=real,
    gradient=lambda F, g, y, A, **params: F._linalg_extracttrian(g, **params),
)
def maketrian(xp, A, /, *, offset: int = 0, lower: bool = True):
    """Square matrices with these elements in a triangle, and zeros elsewhere.

    A lower triangle is filled row by row, an upper one column by column.

    Shape (…, k (k + 1) / 2) gives (…, n, n), n = k + |offset|.

    A
        The elements of the triangles.
    offset
        Where the triangle begins: with the diagonal above the main one, if above 0, and upwards from
        there; or below it, if below 0, and downwards.
    lower
        With offset 0: fill the lower triangle, else the upper one.

    >>> mx.nd.linalg.maketrian(mx.nd.array([1, 3, 4])).asnumpy()
    array([[1., 0.],
           [3., 4.]], dtype=float32)
    """
    side = _side_of(A.shape, offset) or 0
    result = xp.zeros((*A.shape[:-1], side, side), A.dtype)
    if xp is not np:
        return _triangles(xp, packed(A), result, A, offset, lower)
    rows, columns = _places(xp, side, offset, lower)
    result[..., rows, columns] = A
    return result
