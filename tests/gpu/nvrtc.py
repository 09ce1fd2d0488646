"""NVIDIA's compiler for kernels, without a device: whether a text compiles, and what it is made into."""

from __future__ import annotations

import ctypes
import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from on_cpu import compiler

# The oldest GPUs that CUDA 13 knows, and those of today's data centres.
ARCHITECTURES = ("sm_75", "sm_90")

# CuPy adds it to everything, after our own options.
CUPYS = ("-ftz=true",)

REASON = "NVRTC is not installed: pip install nvidia-cuda-nvrtc-cu12"


class Error(RuntimeError):
    """What the compiler said."""


def check(code: str, options: Sequence[str], architecture: str = "sm_75") -> None:
    """That a text compiles; what did so before is not compiled again.

    Raises
    ------
    Error
        If the compiler refuses the text; with its message.
    """
    said = "\0".join([code, *options, *CUPYS, architecture, str(loaded())]).encode()
    passed = compiler.folder() / f"{hashlib.sha256(said).hexdigest()[:24]}.compiles"
    if passed.exists():
        passed.touch()
        return
    compile(code, options, architecture)
    passed.touch()


def ptx(architecture: str) -> str:
    """To stop at PTX, from which machine code is made: half of the time."""
    return architecture.replace("sm", "compute")


def compile(code: str, options: Sequence[str], architecture: str = "sm_75") -> bytes:
    """A text as the machine code of an architecture, or as the PTX of one by `ptx`.

    Raises
    ------
    Error
        If the compiler refuses the text; with its message.
    """
    nvrtc = loaded()
    assert nvrtc is not None, REASON
    program = ctypes.c_void_p()
    source = code.encode()
    _succeed(nvrtc.nvrtcCreateProgram(ctypes.byref(program), source, b"kernel.cu", 0, None, None))
    try:
        target = f"--gpu-architecture={architecture}"
        said = [option.encode() for option in (*options, *CUPYS, target)]
        if nvrtc.nvrtcCompileProgram(program, len(said), (ctypes.c_char_p * len(said))(*said)):
            raise Error(_answer(program, "ProgramLog").decode(errors="replace").strip("\0\n"))
        return _answer(program, "PTX" if architecture.startswith("compute") else "CUBIN")
    finally:
        nvrtc.nvrtcDestroyProgram(ctypes.byref(program))


@cache
def loaded() -> ctypes.CDLL | None:
    """NVRTC, of the wheel or of a CUDA installation; None where there is none."""
    for path in _places():
        try:
            return ctypes.CDLL(str(path))
        except OSError:
            continue
    return None


def _places() -> Iterator[Path | str]:
    pattern = "nvrtc64_*.dll" if sys.platform == "win32" else "libnvrtc.so.*"
    found = find_spec("nvidia")
    for root in found.submodule_search_locations or () if found else ():
        for folder in ("cuda_nvrtc/lib", "cuda_nvrtc/bin", "cu13/lib", "cu13/bin/x86_64"):
            yield from _nvrtc_in(Path(root) / folder, pattern)
    homes = [os.environ.get(name) for name in ("CUDA_PATH", "CUDA_HOME")]
    for home in [
        *filter(None, homes),
        "/usr/local/cuda",
        *sorted(Path("/usr/local").glob("cuda-*")),
    ]:
        for folder in ("lib64", "targets/x86_64-linux/lib", "bin"):
            yield from _nvrtc_in(Path(home) / folder, pattern)
    if sys.platform != "win32":
        yield from ("libnvrtc.so.13", "libnvrtc.so.12")


def _nvrtc_in(folder: Path, pattern: str) -> list[Path]:
    """The libraries in a folder: not the parts that they load themselves."""
    return [path for path in sorted(folder.glob(pattern)) if ".alt." not in path.name]


def _answer(program: ctypes.c_void_p, what: str) -> bytes:
    nvrtc = loaded()
    assert nvrtc is not None
    size = ctypes.c_size_t()
    _succeed(getattr(nvrtc, f"nvrtcGet{what}Size")(program, ctypes.byref(size)))
    answer = ctypes.create_string_buffer(size.value)
    _succeed(getattr(nvrtc, f"nvrtcGet{what}")(program, answer))
    return answer.raw


def _succeed(code: int) -> None:
    if code:
        raise Error(f"NVRTC's error {code}")
