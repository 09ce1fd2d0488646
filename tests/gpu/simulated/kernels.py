"""`cupy.RawModule` and `cupy.RawKernel`: the kernels' own text, compiled for the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import on_cpu

from .array import ndarray
from .errors import STATUS, CompileException, CUDARuntimeError
from .facts import bind
from .memory import MemoryPointer
from .streams import current_queue, device_now
from .world import Part, world

MOST_SHARED = 49152
# So many bytes before and after an array a kernel must leave alone.
ZONE = 256
MOST_GRID = (2**31 - 1, 65535, 65535)


class RawModule:
    """`cupy.RawModule`: compiled when the first kernel is asked for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        signature = {"code": None, "options": (), "name_expressions": None}
        if args:
            kwargs["code"], args = args[0], args[1:]
        known = {"path", "backend", "translate_cucomplex", "enable_cooperative_groups", "jitify"}
        if args or kwargs.keys() - signature.keys() - known:
            raise TypeError(f"RawModule does not take {args or kwargs.keys()}")
        self.code, self.options, names = ({**signature, **kwargs}[key] for key in signature)
        if not isinstance(self.code, str):
            raise TypeError("code must be str")
        if not isinstance(self.options, tuple) or names or kwargs.get("path"):
            raise TypeError(
                "options are a tuple; the simulation has neither name_expressions nor path"
            )
        self._module: Any = None

    def compile(self, log_stream: Any = None) -> None:
        """Compile it now."""
        if self._module is None:
            try:
                self._module = on_cpu.load(self.code, self.options)
            except on_cpu.Error as error:
                raise CompileException(str(error)) from error

    def get_function(self, name: str) -> RawKernel:
        """The kernel of that name."""
        self.compile()
        try:
            return RawKernel._of(self._module.function(name), name)
        except KeyError:
            raise CUDARuntimeError(STATUS["cudaErrorInvalidDeviceFunction"]) from None


class RawKernel:
    """`cupy.RawKernel`."""

    name: str
    _function: Any

    def __init__(self, code: str, name: str, options: tuple[str, ...] = (), **kwargs: Any) -> None:
        other = RawModule(code=code, options=options, **kwargs).get_function(name)
        self.name, self._function = other.name, other._function

    @classmethod
    def _of(cls, function: Any, name: str) -> RawKernel:
        kernel = cls.__new__(cls)
        kernel.name, kernel._function = name, function
        return kernel

    def compile(self, log_stream: Any = None) -> None:
        """It is compiled."""

    @property
    def max_threads_per_block(self) -> int:
        return 1024

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        given = bind("RawKernel", "__call__", (self, *args), kwargs)
        grid, block, values = given["grid"], given["block"], given["args"]
        for size in (grid, block):
            if not isinstance(size, tuple) or not all(isinstance(each, int) for each in size):
                raise TypeError("grid and block are tuples of ints")
        _check_sizes(grid, block, given.get("kwargs", {}))
        kinds = self._function.signature
        if len(kinds) != len(values):
            raise CUDARuntimeError(STATUS["cudaErrorInvalidValue"])
        reads, writes, numbers = [], [], []
        for kind, value in zip(kinds, values, strict=True):
            part, number = _argument(kind, value)
            if part is not None:
                reads.append(part)
                if "&" not in kind:
                    writes.append(part)
            numbers.append(number)
        function, here, name = self._function, world(), self.name
        here.counts["launches"] += 1

        def run() -> None:
            around = [zone for part in writes for zone in _around(part, writes)]
            before = [zone.copy() for zone in around]
            try:
                function(grid=grid, block=block, args=numbers)
            except on_cpu.LaunchError as error:
                here.failure = CUDARuntimeError(STATUS["cudaErrorLaunchFailure"])
                here.failure.add_note(str(error))
            if not all(map(np.array_equal, around, before)):
                here.failure = CUDARuntimeError(STATUS["cudaErrorIllegalAddress"])
                here.failure.add_note(f"{name} writes outside its arrays")

        here.enqueue(current_queue(), self.name, run, reads, writes, capturable=True)


def _around(part: Part, written: list[Part]) -> list[Any]:
    """The bytes before and after an array that is written, where no other one is."""
    buffer = part.block.buffer
    start = buffer.ctypes.data
    zones = []
    for low, high in ((part.low - ZONE, part.low), (part.high, part.high + ZONE)):
        low, high = max(low, start), min(high, start + buffer.size)
        if low < high and all(each.high <= low or each.low >= high for each in written):
            zones.append(buffer[low - start : high - start])
    return zones


def _check_sizes(grid: Any, block: Any, options: dict[str, Any]) -> None:
    threads = int(np.prod(block))
    fine = 0 < threads <= 1024 and all(each > 0 for each in grid)
    fine = fine and all(have <= most for have, most in zip(grid, MOST_GRID, strict=False))
    if options.keys() - {"shared_mem"}:
        raise TypeError(f"unexpected keyword arguments {list(options)}")
    if not fine or options.get("shared_mem", 0) > MOST_SHARED:
        raise CUDARuntimeError(STATUS["cudaErrorInvalidValue"])


def _argument(kind: str, value: Any) -> tuple[Part | None, Any]:
    """The memory behind an argument, and what the compiled kernel is given.

    CuPy passes a Python int as 64 bits and a float as a double, whatever the kernel's parameter is: the
    kernel would read something else, so that here it is an error.
    """
    if isinstance(value, ndarray):
        if value.size and value.data.device_id != device_now():
            raise ValueError(
                "Array device must be same as the current device: array device = "
                f"{value.data.device_id} while current = {device_now()}"
            )
        return _pointer(kind, value.part if value.size else None, value.data.ptr)
    if isinstance(value, MemoryPointer):
        if value.device_id != device_now():
            raise ValueError("Array device must be same as the current device")
        size = value.mem.ptr + value.mem.size - value.ptr
        return _pointer(kind, value.part(size) if size else None, value.ptr)
    if value is None:
        raise TypeError(
            "CuPy passes None on as a null address of the argument, which the driver reads"
        )
    if kind[0] == "*" and type(value) is int and value == 0:
        return _pointer(kind, None, 0)
    if not isinstance(value, int | float | np.generic):
        raise TypeError(f"Unsupported type {type(value)}")
    char = (
        value.dtype.char
        if isinstance(value, np.generic)
        else "?qd"[[bool, int, float].index(type(value))]
    )
    if kind == "Q" and type(value) is int:
        return None, int(np.int64(value)) % 2**64  # the same bits
    if kind[0] == "*" or np.dtype(kind) != np.dtype(char):
        raise TypeError(f"a parameter of type {kind!r} is given {value!r}")
    return None, value


def _pointer(kind: str, part: Part | None, address: int) -> tuple[Part | None, int]:
    if kind[0] != "*":
        raise TypeError(f"a parameter of type {kind!r} is given an array")
    if part is not None and part.view.dtype != np.uint8:
        wanted = np.dtype(kind.strip("*&"))
        if wanted != part.view.dtype and wanted != np.uint8:
            raise TypeError(f"a parameter of type {kind!r} is given an array of {part.view.dtype}")
    return part, address
