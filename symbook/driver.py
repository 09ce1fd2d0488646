"""The NVIDIA driver and its GPUs, asked without CuPy and without starting CUDA in this process."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from typing import NamedTuple

_LIBRARIES = ("libcuda.so.1", "nvcuda.dll", "/usr/lib/wsl/lib/libcuda.so.1")
_SECONDS = 10


class Gpu(NamedTuple):
    """What `nvidia-smi` says of one GPU: its name, and the version of what it can compute."""

    name: str
    capability: tuple[int, int]


def version() -> tuple[int, int] | None:
    """The newest CUDA version that the installed driver serves, such as (12, 4); None without a driver."""
    found = ctypes.c_int(0)
    for library in _LIBRARIES:
        try:
            status = ctypes.CDLL(library).cuDriverGetVersion(ctypes.byref(found))
        except (OSError, AttributeError):
            continue
        if status == 0 and found.value > 0:
            return found.value // 1000, found.value % 1000 // 10
    return None


def gpus() -> list[Gpu]:
    """The GPUs that `nvidia-smi` lists; none where it is not there or fails."""
    text = _smi("--query-gpu=compute_cap,name", "--format=csv,noheader")
    rows = re.findall(r"^\s*(\d+)\.(\d+)\s*,\s*(.+?)\s*$", text, re.MULTILINE)
    return [Gpu(name, (int(major), int(minor))) for major, minor, name in rows]


def _smi(*options: str) -> str:
    """What `nvidia-smi` prints; empty when it is not there or fails."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ""
    try:
        done = subprocess.run(
            [tool, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ""
    return done.stdout
