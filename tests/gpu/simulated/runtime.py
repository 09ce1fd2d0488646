"""`cupy.cuda.runtime`: what is used of CUDA's own functions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from .cuda import CAPABILITY, Device, Stream, _check_device
from .errors import CUDARuntimeError
from .facts import MODULES
from .memory import ALLOCATIONS
from .streams import device_now, use_device
from .world import world


def getDeviceCount() -> int:
    return world().devices


def getDevice() -> int:
    return device_now()


def setDevice(device: int) -> None:
    _check_device(device)
    use_device(device)


def memGetInfo() -> tuple[int, int]:
    return Device().mem_info


def driverGetVersion() -> int:
    return 12080


def runtimeGetVersion() -> int:
    return 12090


def getDeviceProperties(device: int) -> dict[str, Any]:
    _check_device(device)
    return {
        "name": f"Simulated GPU {device}".encode(),
        "totalGlobalMem": world().memory,
        "major": int(CAPABILITY[:-1]),
        "minor": int(CAPABILITY[-1]),
        "multiProcessorCount": 8,
        "sharedMemPerBlock": 49152,
        "maxThreadsPerBlock": 1024,
        "maxThreadsPerMultiProcessor": 2048,
        "warpSize": 32,
        "memoryClockRate": 1_000_000,
        "memoryBusWidth": 1024,
        "clockRate": 1_000_000,
        "l2CacheSize": 2**22,
    }


def pointerGetAttributes(ptr: int) -> Any:
    """Whose memory an address is in: its device, and type 2, which is a device's."""
    for memory in list(ALLOCATIONS):
        if memory.ptr <= ptr < memory.ptr + memory.size:
            return SimpleNamespace(
                device=memory.device_id, devicePointer=ptr, hostPointer=0, type=2
            )
    return SimpleNamespace(device=-2, devicePointer=0, hostPointer=ptr, type=0)


def deviceSynchronize() -> None:
    Device().synchronize()


def deviceCanAccessPeer(device: int, peerDevice: int) -> int:
    return 0


def deviceGetAttribute(attrib: int, device: int) -> int:
    _check_device(device)
    known = {"cudaDevAttrMultiProcessorCount": 8, "cudaDevAttrMaxThreadsPerBlock": 1024}
    for name, value in known.items():
        if MODULES["cupy.cuda.runtime"].get(name, {}).get("value") == attrib:
            return value
    raise NotImplementedError(f"attribute {attrib} is not simulated")


def _stream(pointer: int) -> Any:
    from .exchange import _by_pointer

    queue = _by_pointer(pointer or None)
    stream = Stream.__new__(Stream)
    stream.queue, stream.ptr, stream.device_id = queue, pointer, queue.device
    return Stream.null if queue.null else stream


def streamSynchronize(stream: int) -> None:
    _stream(stream).synchronize()


def streamIsCapturing(stream: int) -> bool:
    return bool(_stream(stream).is_capturing())


def _view(pointer: int, size: int) -> Any:
    from .pinned import host_view

    return host_view(pointer, size)[0]


def memcpy(dst: int, src: int, size: int, kind: int) -> None:
    """Waits for the device, as nobody knows what the addresses are."""
    world().finish_device(device_now())
    np.copyto(_view(dst, size), _view(src, size))


def contents() -> dict[str, Any]:
    """The functions, and CUDA's constants."""
    found = {
        name: each
        for name, each in globals().items()
        if getattr(each, "__module__", "") == __name__ and name in MODULES["cupy.cuda.runtime"]
    }
    found["CUDARuntimeError"] = CUDARuntimeError
    for name, kind in MODULES["cupy.cuda.runtime"].items():
        if isinstance(kind.get("value"), int):
            found[name] = kind["value"]
    return found
