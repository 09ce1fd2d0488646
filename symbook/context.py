"""Devices: which array namespace (`numpy` or `cupy`) holds and computes the arrays of a context."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import numpy as np

from . import limits
from .errors import ArgumentError, DeviceError, brief

if TYPE_CHECKING:
    from .diagnosis import Trouble

# MXNet's device type codes; .params files and symbol attributes hold them.
_CODES = {"cpu": 1, "gpu": 2, "cpu_pinned": 3, "cpu_shared": 5}


class Context:
    """A device that arrays live and graphs run on: `cpu(0)`, `gpu(1)`.

    Parameters
    ----------
    device_type : {"cpu", "gpu", "cpu_pinned", "cpu_shared"} or Context
    device_id : int
        Which of the devices of that type; for the CPU all numbers mean the same memory.

    Use it in a `with` statement to make it the default of the calling thread.
    """

    default_ctx: ClassVar[Context]
    devstr2type: ClassVar[dict[str, int]] = dict(_CODES)
    devtype2str: ClassVar[dict[int, str]] = {code: name for name, code in _CODES.items()}
    __slots__ = ("device_id", "device_type", "is_gpu")

    def __init__(self, device_type: str | Context, device_id: int = 0) -> None:
        kind = device_type.device_type if isinstance(device_type, Context) else device_type
        number: Any = device_type.device_id if isinstance(device_type, Context) else device_id
        if kind not in _CODES:
            raise ArgumentError(
                f"there is no device type {kind!r}", hint="Use mx.cpu() or mx.gpu()."
            )
        if not isinstance(number, (int, np.integer)) or number < 0:
            raise ArgumentError(f"{number!r} is not a device number", hint="Count from 0.")
        self.device_type: str = kind
        self.device_id: int = int(number)
        self.is_gpu: bool = kind == "gpu"
        """Whether arrays of this context live in a GPU's memory."""

    @property
    def device_typeid(self) -> int:
        """MXNet's code of the device type: 1 for the CPU, 2 for a GPU."""
        return _CODES[self.device_type]

    @property
    def xp(self) -> ModuleType:
        """The array namespace of the device.

        Raises
        ------
        DeviceError
            If it is a GPU and there is no CuPy, no driver, none that fits, or no such device; the
            message says which, and what to type.
        """
        if not self.is_gpu:
            return np
        return _usable.get(self.device_id) or _first_use(self.device_id)

    @property
    def memory(self) -> int | None:
        """Bytes of memory of the device, used and free; None where the system does not say.

        Of the CPU, what this process may have: the machine's, or its container's limit if that is less.

        Raises
        ------
        DeviceError
            If it is a GPU that cannot be used.
        """
        if self.is_gpu:
            return gpu_memory_info(self.device_id)[1]
        found = limits.memory()
        return None if found is None else found.nbytes

    def empty_cache(self) -> None:
        """Give memory that the device's pool holds and nobody uses back to the system."""
        if self.is_gpu:
            cupy: Any = self.xp
            with cupy.cuda.Device(self.device_id):
                cupy.get_default_memory_pool().free_all_blocks()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Context):
            return NotImplemented
        return (self.device_type, self.device_id) == (other.device_type, other.device_id)

    def __hash__(self) -> int:
        return hash((self.device_type, self.device_id))

    def __repr__(self) -> str:
        return f"{self.device_type}({self.device_id})"

    def __enter__(self) -> Context:
        _defaults.stack.append(self)
        return self

    def __exit__(self, *exc: object) -> None:
        _defaults.stack.pop()


class _Defaults(threading.local):
    def __init__(self) -> None:
        self.stack: list[Context] = []


_defaults = _Defaults()


def cpu(device_id: int = 0) -> Context:
    """The CPU and its memory. The number is kept for MXNet's sake: all CPU contexts are one memory."""
    return Context("cpu", device_id)


def cpu_pinned(device_id: int = 0) -> Context:
    """CPU memory for copies to a GPU; here ordinary CPU memory."""
    return Context("cpu_pinned", device_id)


def gpu(device_id: int = 0) -> Context:
    """The GPU of that number. Naming it costs nothing; using it needs CuPy and an NVIDIA device."""
    return Context("gpu", device_id)


def current_context() -> Context:
    """The context that arrays are made on when none is named: the innermost `with`, else `cpu(0)`."""
    return _defaults.stack[-1] if _defaults.stack else Context.default_ctx


def num_gpus() -> int:
    """How many NVIDIA GPUs CuPy can use here; 0 without CuPy, a driver or a device.

    Where there is no driver CuPy is not imported.
    """
    if "cupy" not in sys.modules:
        from . import driver

        if driver.version() is None:
            return 0
    try:
        import cupy

        return int(cupy.cuda.runtime.getDeviceCount())
    except Exception:  # CuPy raises its own errors, ImportError or OSError: all mean "none"
        return 0


def gpu_memory_info(device_id: int = 0) -> tuple[int, int]:
    """Free and total bytes of a GPU's memory. What CuPy's pool keeps for further arrays is not free.

    Raises
    ------
    DeviceError
        If it cannot be used, as :attr:`Context.xp`.
    """
    cupy: Any = gpu(device_id).xp
    with cupy.cuda.Device(device_id):
        free, total = cupy.cuda.runtime.memGetInfo()
    return int(free), int(total)


def as_context(value: Any) -> Context:
    """`value` if it is a context, the default for None.

    Raises
    ------
    ArgumentError
        For anything else.
    """
    if value is None:
        return current_context()
    if not isinstance(value, Context):
        raise no_context(value)
    return value


def no_context(value: Any) -> ArgumentError:
    """The error for what stands where a context should."""
    hint = "Pass mx.cpu() or mx.gpu(0)."
    if callable(value):
        hint = "Call it, with parentheses: mx.cpu()."
    elif isinstance(value, Mapping):
        hint = "The context comes before the arrays: bind(mx.cpu(), {…}); eval takes them by name, A=…."
    elif isinstance(value, (int, float)):
        hint = (
            "A shape of more than one size is a tuple: (2, 3). A context is mx.cpu() or mx.gpu(0)."
        )
    elif isinstance(value, str) and value[-2:].isdigit():
        hint = f"Name a dtype: dtype={value!r}. A context is mx.cpu() or mx.gpu(0)."
    return ArgumentError(f"Context type error: {brief(value)} is not a context", hint=hint)


_usable: dict[int, ModuleType] = {}
"""CuPy, by the number of each device that was found usable: asking again would take time in each call."""

if hasattr(os, "register_at_fork"):
    # A forked child cannot use CUDA when its parent has, and shall be told so.
    os.register_at_fork(after_in_child=_usable.clear)


_several = True


def several_gpus() -> bool:
    """Whether there may be more than one GPU to choose from, so that the current one must be set."""
    return _several


def used_gpus() -> list[Context]:
    """The GPUs that arrays of this process may be on."""
    return [gpu(number) for number in sorted(_usable)]


def _first_use(device_id: int) -> ModuleType:
    """CuPy, once everything that a device needs was found to be there."""
    from . import diagnosis

    try:
        import cupy
    except ModuleNotFoundError as error:
        _refuse(
            device_id, diagnosis.no_cupy() if error.name == "cupy" else diagnosis.unloadable(error)
        )
    except Exception as error:  # it raises what the loader of a library does, or a warning
        _refuse(device_id, diagnosis.unloadable(error))
    if int(cupy.__version__.split(".")[0]) < diagnosis.LEAST_CUPY:
        _refuse(device_id, diagnosis.too_old(cupy.__version__))
    runtime = cupy.cuda.runtime
    try:
        count = int(runtime.getDeviceCount())
    except runtime.CUDARuntimeError as error:
        _refuse(device_id, diagnosis.uncounted(error, runtime.runtimeGetVersion()))
    if count == 0:
        _refuse(device_id, diagnosis.no_devices())
    if device_id >= count:
        _refuse(device_id, diagnosis.no_such_device(count))
    try:
        cupy.cuda.nvrtc.getVersion()
    except Exception as error:  # of several kinds: the library is loaded here
        _refuse(device_id, diagnosis.no_compiler(error))
    global _several
    _several = count > 1
    module: ModuleType = cupy
    _usable[device_id] = module
    return module


def _refuse(device_id: int, trouble: Trouble) -> NoReturn:
    raise DeviceError(
        f"gpu({device_id}) cannot be used: {trouble.what}",
        hint=f"Run on mx.cpu(). {trouble.remedy}",
    ) from None


HOST_CONTEXT = Context("cpu", 0)
"""Where NumPy's arrays are."""

Context.default_ctx = Context("cpu", 0)
