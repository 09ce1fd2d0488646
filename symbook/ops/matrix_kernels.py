"""Factors of matrices and solutions of triangular systems on a GPU, for many matrices at once.

Panels of a few columns are done by a kernel, a block for each matrix, and what is left by matrix products
(G. Golub and C. Van Loan, "Matrix computations", 4th edition, 2013, sections 3.2.11 and 4.2.6). cuSOLVER
has a routine for one matrix, and says whether it failed to who waits for it; here a failure shows on the
diagonal of the factors.
"""

from __future__ import annotations

import math
from typing import Any

from ..cuda import Kernel
from .device import packed

_WIDTH = 32
_REAL = ("float32", "float64")

_LU_PANEL = Kernel(
    "lu_panel",
    """
KERNEL lu_panel(T* matrices, int* pivots, long long count, long long n, long long start,
                long long stop) {
    FOR_BLOCKS(matrix, count) {
        T* a = matrices + matrix * n * n;
        for (I j = (I)start; j < stop; j++) {
            SYNC();
            I best = j + row_argmax((I)n - j, [=](I i) { return (T)fabs(a[(j + i) * n + j]); });
            if (THREAD == 0) pivots[matrix * n + j] = (int)best + 1;
            SYNC();
            if (best != j) FOR_THREADS(c, n) {
                T kept = a[j * n + c];
                a[j * n + c] = a[best * n + c];
                a[best * n + c] = kept;
            }
            SYNC();
            T pivot = a[j * n + j];
            if (pivot != T(0)) FOR_THREADS(i, n - j - 1) a[(j + 1 + i) * n + j] /= pivot;
            SYNC();
            I wide = (I)stop - j - 1;
            FOR_THREADS(k, (n - j - 1) * wide) {
                I row = j + 1 + k / wide, column = j + 1 + k % wide;
                a[row * n + column] -= a[row * n + j] * a[j * n + column];
            }
        }
        SYNC();
    }
}
""",
    types=_REAL,
)

_CHOLESKY_PANEL = Kernel(
    "cholesky_panel",
    """
KERNEL cholesky_panel(T* matrices, long long count, long long n, long long start, long long stop) {
    FOR_BLOCKS(matrix, count) {
        T* a = matrices + matrix * n * n;
        for (I j = (I)start; j < stop; j++) {
            SYNC();
            FOR_THREADS(i, n - j) {
                T rest = a[(j + i) * n + j];
                for (I k = (I)start; k < j; k++) rest -= a[(j + i) * n + k] * a[j * n + k];
                a[(j + i) * n + j] = rest;
            }
            SYNC();
            T root = sqrt(a[j * n + j]);
            SYNC();
            FOR_THREADS(i, n - j) a[(j + i) * n + j] = i == 0 ? root : a[(j + i) * n + j] / root;
        }
        SYNC();
    }
}
""",
    types=_REAL,
)

# A thread for each column of each right side. Steps from one row to the next: of `part` and of `right`.
_SOLVE_BLOCK = Kernel(
    "solve_block",
    """
KERNEL solve_block(const T* part, T* right, long long count, long long size, long long columns,
                   long long part_next, long long part_row, long long right_next, long long lower,
                   long long turned, long long unit) {
    FOR_EACH(k, count * columns) {
        const T* l = part + k / (I)columns * part_next;
        T* x = right + k / (I)columns * right_next + k % (I)columns;
        for (I s = 0; s < size; s++) {
            I i = lower ? s : (I)size - 1 - s;
            T rest = x[i * columns];
            for (I t = 0; t < s; t++) {
                I j = lower ? t : (I)size - 1 - t;
                rest -= (turned ? l[j * part_row + i] : l[i * part_row + j]) * x[j * columns];
            }
            x[i * columns] = unit ? rest : rest / l[i * part_row + i];
        }
    }
}
""",
    types=_REAL,
)

_EXCHANGE_ROWS = Kernel(
    "exchange_rows",
    """
KERNEL exchange_rows(T* right, const int* pivots, long long count, long long n, long long columns) {
    FOR_EACH(k, count * columns) {
        I matrix = k / (I)columns;
        T* x = right + matrix * n * columns + k % (I)columns;
        for (I i = 0; i < n; i++) {
            I other = (I)pivots[matrix * n + i] - 1;
            T kept = x[i * columns];
            x[i * columns] = x[other * columns];
            x[other * columns] = kept;
        }
    }
}
""",
    types=_REAL,
)


def _copies(xp: Any, data: Any) -> Any:
    """A new array of the matrices, one behind the other."""
    shape = data.shape[-2:]
    return xp.array(data, order="C").reshape(math.prod(data.shape[:-2]), *shape)


def solved(
    xp: Any,
    part: Any,
    right: Any,
    lower: bool = True,
    turned: bool = False,
    unit: bool = False,
) -> Any:
    """Solutions x of `part x = right`, of which a triangle is read.

    Parameters
    ----------
    part : array (…, n, n)
    right : array (…, n, m)
    lower : bool
        Whether it is the lower triangle of the systems; with `turned` it stands in the upper one of `part`.
    turned : bool
        Take the transposes of `part`.
    unit : bool
        Take ones for the diagonal, and do not read it.

    Returns
    -------
    array (…, n, m)
        By substitution, which divides by zeros on the diagonal.
    """
    size, columns = right.shape[-2:]
    matrices = packed(part).reshape(-1, size, size)
    x = _copies(xp, right)
    count = len(x)
    if not x.size:
        return x.reshape(right.shape)
    system = xp.swapaxes(matrices, 1, 2) if turned else matrices
    starts = range(0, size, _WIDTH)
    for start in starts if lower else reversed(starts):
        stop = min(start + _WIDTH, size)
        block = slice(start, stop)
        corner, rows = matrices[:, block, block].data, x[:, block].data
        numbers = (count, stop - start, columns, size * size, size, size * columns)
        flags = (int(lower), int(turned), int(unit))
        _SOLVE_BLOCK(xp, x.dtype, (corner, rows, *numbers, *flags), size=count * columns)
        left = slice(stop, size) if lower else slice(0, start)
        if left.start < left.stop:
            x[:, left] -= xp.matmul(system[:, left, block], x[:, block])
    return x.reshape(right.shape)


def lu_factored(xp: Any, A: Any) -> tuple[Any, Any]:
    """LU factors of matrices (…, n, n) in one array, and LAPACK's pivots (…, n) from 1, of int32."""
    size = A.shape[-1]
    a = _copies(xp, A)
    pivots = xp.empty(a.shape[:2], "int32")
    for start in range(0, size, _WIDTH) if a.size else ():
        stop = min(start + _WIDTH, size)
        args = (a, pivots, len(a), size, start, stop)
        _LU_PANEL(xp, a.dtype, args, blocks=len(a))
        if stop < size:
            panel, low = slice(start, stop), a[:, start:stop, start:stop]
            a[:, panel, stop:] = solved(xp, low, a[:, panel, stop:], unit=True)
            a[:, stop:, stop:] -= xp.matmul(a[:, stop:, panel], a[:, panel, stop:])
    return a.reshape(A.shape), pivots.reshape(A.shape[:-1])


def cholesky(xp: Any, A: Any) -> Any:
    """Cholesky factors of matrices (…, n, n).

    Of one that is not positive definite, there is something on the diagonal that is not above 0.
    """
    size = A.shape[-1]
    a = _copies(xp, A)
    for start in range(0, size, _WIDTH) if a.size else ():
        stop = min(start + _WIDTH, size)
        _CHOLESKY_PANEL(xp, a.dtype, (a, len(a), size, start, stop), blocks=len(a))
        if stop < size:
            panel = a[:, stop:, start:stop]
            a[:, stop:, stop:] -= xp.matmul(panel, xp.swapaxes(panel, 1, 2))
    return xp.tril(a).reshape(A.shape)


def inverted(xp: Any, lu: Any, pivots: Any) -> Any:
    """Inverses of the matrices (…, n, n) that have been factored."""
    size = lu.shape[-1]
    right = _copies(xp, xp.broadcast_to(xp.eye(size, dtype=lu.dtype), lu.shape))
    if right.size:
        args = (right, packed(pivots), len(right), size, size)
        _EXCHANGE_ROWS(xp, lu.dtype, args, size=right.size // size)
    half = solved(xp, lu.reshape(right.shape), right, unit=True)
    return solved(xp, lu.reshape(right.shape), half, lower=False).reshape(lu.shape)
