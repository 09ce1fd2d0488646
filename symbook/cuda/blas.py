"""Batches of matrix products by cuBLAS, on CuPy's arrays as they lie in memory.

`cupy.matmul` copies every operand of three dimensions that is not C-contiguous, a transposed one too, and
where one matrix meets a batch it computes arrays of pointers, by three kernels more. cuBLAS needs none of
that: here operands may be transposed or have gaps between rows, and a batch of them may be one matrix
(a stride of 0).

float16 is multiplied by the matrix units and summed in float32. float32 is float32: not TF32, whose products
have 10 bits, unless the environment has `CUPY_TF32=1`, which CuPy's own products heed, too.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import numpy as np

_REAL = {"e": 2, "f": 0, "d": 1}
"""cudaDataType, by the dtype's letter."""
_IN_SINGLE, _IN_DOUBLE, _IN_TF32 = 68, 70, 77
"""cublasComputeType."""
_DEFAULT = -1
"""cublasGemmAlgo: the one that cuBLAS thinks best."""
_NUMBERS = {letter: np.array([1, 0], letter) for letter in "fd"}
"""The factors of products and of what was in the result, in the type of the sums."""


def multiply(xp: Any, a: Any, b: Any, out: Any) -> Any:
    """Write `a[i] @ b[i]`, or `a @ b[i]`, into `out[i]`, for all i; gives `out`.

    Parameters
    ----------
    a, b : arrays (batch, m, k) or (m, k), and (batch, k, n)
        Of one floating-point dtype. In each matrix one axis is contiguous.
    out : array (batch, m, n)
        Of that dtype, or float32 for float16; rows are contiguous, and it shares no memory with the others.

    Raises
    ------
    ValueError
        If an array lies in memory in another way.
    """
    rows, inner = a.shape[-2:]
    batch, _, columns = b.shape
    if out.size == 0:
        return out
    if inner == 0:
        out.fill(0)
        return out
    # cuBLAS counts by columns: what it takes for outᵀ = bᵀ aᵀ is in memory what is meant.
    flip_b, step_b, apart_b = _lying(b)
    flip_a, step_a, apart_a = _lying(a)
    flip_out, step_out, apart_out = _lying(out)
    if flip_out:
        raise ValueError("the rows of the result must be contiguous")
    kind, result = _REAL[b.dtype.char], _REAL[out.dtype.char]
    one, zero, computing = _computing(out.dtype.char)
    xp.cuda.cublas.gemmStridedBatchedEx(
        xp.cuda.device.get_cublas_handle(), flip_b, flip_a, columns, rows, inner,
        one, b.data.ptr, kind, step_b, apart_b, a.data.ptr, kind, step_a, apart_a,
        zero, out.data.ptr, result, step_out, apart_out, batch, computing, _DEFAULT,
    )  # fmt: skip
    return out


def _lying(array: Any) -> tuple[int, int, int]:
    """Whether columns, not rows, are contiguous; how many elements the next one, the next matrix is away."""
    item = array.itemsize
    *apart, down, right = array.strides
    rows, columns = array.shape[-2:]
    past = apart[0] // item if apart and array.shape[0] > 1 else 0
    if (columns == 1 or right == item) and (rows == 1 or down >= columns * item):
        return 0, down // item if rows > 1 else columns, past
    if (rows == 1 or down == item) and right >= rows * item:
        return 1, right // item if columns > 1 else rows, past
    raise ValueError(f"no axis of the matrices is contiguous: strides {array.strides}")


@cache
def _computing(letter: str) -> tuple[int, int, int]:
    """Where 1 and 0 are in the host's memory, and the type of computing, for results of a dtype."""
    numbers = _NUMBERS["d" if letter == "d" else "f"]
    one = int(numbers.ctypes.data)
    if letter == "d":
        return one, one + numbers.itemsize, _IN_DOUBLE
    single = _IN_TF32 if letter == "f" and int(os.getenv("CUPY_TF32") or 0) else _IN_SINGLE
    return one, one + numbers.itemsize, single
