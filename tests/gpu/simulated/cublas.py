"""`cupy.cuda.cublas`: the one product of matrices that symbook calls by itself, at raw addresses."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from .memory import ALLOCATIONS
from .streams import current_queue, device_now
from .world import Part, world

# cudaDataType, and cublasComputeType with the types of operands and results that it takes.
TYPES = {2: np.dtype("float16"), 0: np.dtype("float32"), 1: np.dtype("float64")}
COMPUTING = {
    68: {("e", "e"), ("e", "f"), ("f", "f")},
    77: {("f", "f")},
    70: {("d", "d")},
}
_HANDLES = 0xB1A5


class CUBLASError(RuntimeError):
    """What CuPy raises where cuBLAS refuses."""


def get_cublas_handle() -> int:
    """A number for the current device."""
    return _HANDLES + device_now()


def gemmStridedBatchedEx(
    handle: int, transa: int, transb: int, m: int, n: int, k: int,
    alpha: int, A: int, Atype: int, lda: int, strideA: int,
    B: int, Btype: int, ldb: int, strideB: int,
    beta: int, C: int, Ctype: int, ldc: int, strideC: int,
    batchCount: int, computeType: int, algo: int,
) -> None:  # fmt: skip
    """`C[i] = op(A[i]) op(B[i])` of matrices that lie column by column."""
    given = [value for name, value in sorted(locals().items())]
    if not all(type(value) is int for value in given):
        raise TypeError("cuBLAS takes integers")
    _check(handle, (m, n, k, batchCount), (transa, lda, m, k), (transb, ldb, k, n), ldc)
    a, b, c = TYPES[Atype], TYPES[Btype], TYPES[Ctype]
    if a != b or (a.char, c.char) not in COMPUTING.get(computeType, ()):
        raise CUBLASError("CUBLAS_STATUS_NOT_SUPPORTED")
    queue = current_queue()
    if queue.capture is not None:
        raise NotImplementedError(
            "calling cuBLAS API during stream capture is currently unsupported"
        )
    factor = ctypes.c_double if computeType == 70 else ctypes.c_float
    if (factor.from_address(alpha).value, factor.from_address(beta).value) != (1, 0):
        raise NotImplementedError("only alpha = 1 and beta = 0 are simulated")
    left, read_a = _matrices(A, a, (batchCount, m, k), (strideA, lda), transa)
    right, read_b = _matrices(B, b, (batchCount, k, n), (strideB, ldb), transb)
    result, written = _matrices(C, c, (batchCount, m, n), (strideC, ldc), 0)
    wide = np.dtype("float64" if computeType == 70 else "float32")

    def run() -> None:
        result[...] = np.matmul(
            left.astype(wide, copy=False), right.astype(wide, copy=False), dtype=wide
        )

    world().counts["functions"] += 1
    world().enqueue(queue, "gemmStridedBatchedEx", run, [read_a, read_b], [written])


def _check(handle: int, sizes: Any, first: Any, second: Any, ldc: int) -> None:
    if handle != get_cublas_handle():
        raise CUBLASError("CUBLAS_STATUS_NOT_INITIALIZED")
    fine = min(sizes) > 0 and ldc >= sizes[0] and max(sizes) < 2**31
    for flip, leading, rows, columns in (first, second):
        fine = fine and leading >= (columns if flip else rows)
    if not fine:
        raise CUBLASError("CUBLAS_STATUS_INVALID_VALUE")


def _matrices(
    address: int, dtype: Any, shape: tuple[int, int, int], steps: tuple[int, int], flip: int
) -> tuple[Any, Part]:
    """The matrices at an address, as an array of NumPy's, and the memory that they are in."""
    apart, leading = steps
    strides = (apart, leading, 1) if flip else (apart, 1, leading)
    last = sum((size - 1) * step for size, step in zip(shape, strides, strict=True)) + 1
    if address % dtype.itemsize:
        raise CUBLASError("CUBLAS_STATUS_INVALID_VALUE")
    buffer, block = _allocation(address, last * dtype.itemsize)
    view = np.ndarray(
        shape, dtype, buffer, strides=tuple(step * dtype.itemsize for step in strides)
    )
    return view, Part(block, buffer)


def _allocation(address: int, size: int) -> tuple[Any, Any]:
    for memory in list(ALLOCATIONS):
        first = address - memory.ptr
        if 0 <= first and first + size <= memory.size:
            if memory.device_id != device_now():
                raise CUBLASError("CUBLAS_STATUS_MAPPING_ERROR")
            return memory.buffer[first : first + size], memory.block
    raise CUBLASError("CUBLAS_STATUS_MAPPING_ERROR")
