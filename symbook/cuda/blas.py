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

_REAL = {"float16": 2, "float32": 0, "float64": 1}
"""cudaDataType of a dtype."""
_IN_SINGLE, _IN_DOUBLE, _IN_TF32 = 68, 70, 77
"""cublasComputeType."""
_DEFAULT = -1
"""cublasGemmAlgo: the one that cuBLAS thinks best."""
_NUMBERS = {name: np.array([1, 0], name) for name in ("float32", "float64")}
"""The factors of products and of what was in the result, in the type of the sums."""


def multiply(xp: Any, a: Any, b: Any, out: Any) -> Any:
    """Write `a[i] @ b[i]` into `out[i]`, for all i; gives `out`.

    Parameters
    ----------
    a, b : arrays (batch, m, k) and (batch, k, n)
        Of one floating-point dtype. In each matrix one axis is contiguous; the batch may be one matrix
        repeated (`broadcast_to`).
    out : array (batch, m, n)
        Of that dtype, or float32 for float16; rows are contiguous, and it shares no memory with the others.

    Raises
    ------
    ValueError
        If an array lies in memory in another way.
    """
    batch, rows, inner = a.shape
    columns = b.shape[2]
    if out.size == 0:
        return out
    if inner == 0:
        out.fill(0)
        return out
    # cuBLAS counts by columns: what it takes for outᵀ = bᵀ aᵀ is in memory what is meant.
    flip_b, step_b = _lying(b)
    flip_a, step_a = _lying(a)
    flip_out, step_out = _lying(out)
    if flip_out:
        raise ValueError("the rows of the result must be contiguous")
    total = "float64" if out.dtype == "float64" else "float32"
    one, zero = _factors(total)
    xp.cuda.cublas.gemmStridedBatchedEx(
        xp.cuda.device.get_cublas_handle(), flip_b, flip_a, columns, rows, inner,
        one, b.data.ptr, _REAL[b.dtype.name], step_b, _apart(b),
        a.data.ptr, _REAL[a.dtype.name], step_a, _apart(a),
        zero, out.data.ptr, _REAL[out.dtype.name], step_out, _apart(out),
        batch, _computing(total), _DEFAULT,
    )  # fmt: skip
    return out


def _lying(array: Any) -> tuple[int, int]:
    """Whether columns rather than rows are contiguous, and how many elements the next one is away."""
    item = array.itemsize
    (rows, columns), (down, right) = array.shape[1:], array.strides[1:]
    if columns == 1 or right == item:
        if rows == 1 or (down >= columns * item and down % item == 0):
            return 0, max(down // item if rows > 1 else columns, 1)
        if columns > 1:
            raise ValueError(f"rows of strides {array.strides} overlap")
    if (rows == 1 or down == item) and right >= rows * item and right % item == 0:
        return 1, max(right // item if columns > 1 else rows, 1)
    raise ValueError(f"no axis of the matrices is contiguous: strides {array.strides}")


def _apart(array: Any) -> int:
    return int(array.strides[0] // array.itemsize) if len(array) > 1 else 0


def _computing(total: str) -> int:
    if total == "float64":
        return _IN_DOUBLE
    return _IN_TF32 if os.getenv("CUPY_TF32", "0") not in ("", "0") else _IN_SINGLE


@cache
def _factors(total: str) -> tuple[int, int]:
    """Addresses of 1 and 0 in the host's memory."""
    numbers = _NUMBERS[total]
    return int(numbers.ctypes.data), int(numbers.ctypes.data) + numbers.itemsize
