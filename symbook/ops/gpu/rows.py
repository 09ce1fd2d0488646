"""Kernels for which an array is many rows: one text, by which a block, a warp or a thread takes a row.

An array of shape `(outer, n, inner)` has `outer · inner` rows of `n` elements, `inner` apart. Neighbouring
threads should read neighbouring elements: so where `inner` is large each thread takes a row by itself, and
where it is 1 a warp or a block shares one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from ...cuda import Kernel

SHORT = 16
"""Elements of a row that one thread may as well take, though its neighbour's reads are that far away."""
OF_A_WARP = 1024
"""Elements of a row up to which a warp takes it."""
MANY = 8192
"""Rows that keep a GPU busy with a thread for each."""

# What a body is written in: `ROWS(r)` are its rows, `EACH(k)` the elements of one that are this thread's.
_BY_BLOCK = """
#define ROWS(r) FOR_BLOCKS(r, rows)
#define EACH(k) FOR_THREADS(k, n)
#define FIRST (THREAD == 0)
#define ROW_MAX(x) block_max(x)
#define ROW_SUM(x) block_sum(x)
"""
_BY_THREAD = """
#define ROWS(r) FOR_EACH(r, rows)
#define EACH(k) for (I k = 0; k < I(n); k++)
#define FIRST true
#define ROW_MAX(x) (x)
#define ROW_SUM(x) ((x).value())
"""


class Shape(NamedTuple):
    """An array's shape as rows."""

    outer: int
    n: int
    inner: int

    @property
    def rows(self) -> int:
        return self.outer * self.inner


class RowKernel:
    """A kernel over rows.

    Parameters
    ----------
    name : str
    params : str
        Its own, after `rows`, `n` and `inner`.
    body : str
        What is done, with `START` the index of a row's first element and `I(inner)` the distance of the next.
    types : sequence
    """

    def __init__(
        self, name: str, params: str, body: str, types: Sequence[Any], more: str = ""
    ) -> None:
        self._by_block, self._by_thread = (
            Kernel(
                f"{name}_{kind}",
                f"{macros}{more}\n"
                f"KERNEL {name}_{kind}(long long rows, long long n, long long inner, {params}) {{\n"
                f"    ROWS(r) {{\n"
                f"        const I START = r / I(inner) * I(n) * I(inner) + r % I(inner);\n"
                f"{body}    }}\n}}",
                types=types,
            )
            for kind, macros in (("rows", _BY_BLOCK), ("columns", _BY_THREAD))
        )

    def __call__(self, xp: Any, dtypes: Any, shape: Shape, args: Sequence[Any]) -> None:
        """Launch it for all rows of a shape."""
        rows, n, inner = shape.rows, shape.n, shape.inner
        if not rows:
            return
        given = (rows, n, inner, *args)
        if n <= SHORT or (inner >= SHORT and (rows >= MANY or n <= 4 * SHORT)):
            self._by_thread(xp, dtypes, args=given, size=rows, threads=128)
        else:
            self._by_block(
                xp, dtypes, args=given, blocks=rows, threads=32 if n <= OF_A_WARP else 256
            )


def along(shape: Sequence[int], axis: int) -> Shape:
    """A shape as rows along one axis, which may be counted from the end."""
    axis %= len(shape)
    return Shape(math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :]))
