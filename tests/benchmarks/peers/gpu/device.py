"""The first device as CuPy sees it, and the wait for all of its work."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import cupy

if not cupy.cuda.runtime.getDeviceCount():
    raise ImportError("CuPy sees no CUDA device")


def describe() -> dict[str, Any]:
    """Name, memory, and the versions of driver and CUDA."""
    found = cupy.cuda.runtime.getDeviceProperties(0)
    name = found["name"]
    return {
        "name": name.decode() if isinstance(name, bytes) else name,
        "memory": int(found["totalGlobalMem"]),
        "multiprocessors": int(found["multiProcessorCount"]),
        "compute capability": f"{found['major']}.{found['minor']}",
        "driver": _driver(),
        "driver CUDA": _version(cupy.cuda.runtime.driverGetVersion()),
        "CUDA": _version(cupy.cuda.runtime.runtimeGetVersion()),
    }


def about() -> dict[str, Any]:
    """What runs here."""
    return {"version": cupy.__version__, "TF32": False}


def wait() -> None:
    """Wait for all streams."""
    cupy.cuda.runtime.deviceSynchronize()


def _version(number: int) -> str:
    return f"{number // 1000}.{number % 1000 // 10}"


def _driver() -> str:
    """The driver's own version; empty where `nvidia-smi` does not say."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ""
    asked = [tool, "--query-gpu=driver_version", "--format=csv,noheader", "--id=0"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
