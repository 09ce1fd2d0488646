"""Errors as CUDA and CuPy raise them, and the one of the simulation's own."""

from __future__ import annotations

# https://docs.nvidia.com/cuda/cuda-runtime-api: enum cudaError.
_MESSAGES = {
    1: ("cudaErrorInvalidValue", "invalid argument"),
    2: ("cudaErrorMemoryAllocation", "out of memory"),
    98: ("cudaErrorInvalidDeviceFunction", "invalid device function"),
    101: ("cudaErrorInvalidDevice", "invalid device ordinal"),
    400: ("cudaErrorInvalidResourceHandle", "invalid resource handle"),
    600: ("cudaErrorNotReady", "device not ready"),
    700: ("cudaErrorIllegalAddress", "an illegal memory access was encountered"),
    719: ("cudaErrorLaunchFailure", "unspecified launch failure"),
    900: (
        "cudaErrorStreamCaptureUnsupported",
        "operation not permitted when stream is capturing",
    ),
    901: (
        "cudaErrorStreamCaptureInvalidated",
        "operation failed due to a previous error during capture",
    ),
    904: ("cudaErrorStreamCaptureUnjoined", "capturing stream has unjoined work"),
    905: (
        "cudaErrorStreamCaptureIsolation",
        "dependency created on uncaptured work in another stream",
    ),
    906: (
        "cudaErrorStreamCaptureImplicit",
        "operation would make the legacy stream depend on a capturing blocking stream",
    ),
    907: (
        "cudaErrorCapturedEvent",
        "operation not permitted on an event last recorded in a capturing stream",
    ),
}
STATUS = {name: number for number, (name, _) in _MESSAGES.items()}


class CUDARuntimeError(RuntimeError):
    """What `cupy.cuda.runtime` raises; `status` is CUDA's number of the error."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__("{}: {}".format(*_MESSAGES[status]))


class OutOfMemoryError(MemoryError):
    """What the memory pool raises."""

    def __init__(self, size: int, total: int, limit: int = 0) -> None:
        text = f"Out of memory allocating {size:,} bytes (allocated so far: {total:,} bytes"
        super().__init__(text + (f", limit set to: {limit:,} bytes)." if limit else ")."))


class CompileException(Exception):
    """What CuPy raises where NVRTC refuses the source."""


class Race(AssertionError):
    """Two tasks use the same memory, one of them writes, and the rules let either be first."""


class NotSimulated(NotImplementedError):
    """CuPy has it, and this simulation does not: add it there."""
