"""The real CuPy where there is no GPU: everything of it runs but the device.

Import this before `cupy`. Functions of CUDA's runtime, which CuPy's extension modules contain, and of cuBLAS
and cuSOLVER are replaced in the memory of this process by those of cuda.c; nothing is compiled by NVRTC, and
kernels do nothing, so that results are rubbish. Their dtypes, shapes and strides are right, and so are all
of CuPy's own decisions and refusals: `record_behaviour.py` writes them down, and

    PYTHONPATH=.:tests:tests/gpu python -O -m pytest -p pretended.plugin --assert=plain -k device tests/gpu

runs the tests on it: what fails with a TypeError or an AttributeError would fail on a GPU too.

It needs Linux on x86-64, CuPy with the libraries of CUDA from wheels, a C compiler, and `nm`.
"""

from __future__ import annotations

import ctypes
import os
import struct
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_PAGE = 4096
_WRITABLE = 7


def _library() -> ctypes.CDLL:
    """cuda.c, compiled; CuPy finds the driver in it, by the name that it gives itself."""
    target = Path(tempfile.mkdtemp(prefix="symbook-pretended-")) / "libcuda.so.1"
    source = Path(__file__).with_name("cuda.c")
    compiler = os.environ.get("CC", "cc")
    flags = ["-w", "-O1", "-fPIC", "-shared", "-Wl,-soname,libcuda.so.1"]
    subprocess.run([compiler, *flags, str(source), "-o", str(target)], check=True)
    return ctypes.CDLL(str(target), mode=ctypes.RTLD_GLOBAL)


_ours = _library()


def _replacement(name: str) -> int:
    found = getattr(_ours, f"fake_{name}", _ours.fake_default)
    return ctypes.cast(found, ctypes.c_void_p).value or 0


def _start(path: Path) -> int | None:
    """Where a library was loaded; None if it was not."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        words = line.split()
        if len(words) == 6 and words[5] == str(path) and int(words[2], 16) == 0:
            return int(words[0].split("-")[0], 16)
    return None


def _replace(path: Path, prefixes: tuple[str, ...], *options: str) -> None:
    """Let functions of a loaded library jump to ours."""
    start = _start(path)
    if start is None:
        return
    listed = subprocess.run(
        ["nm", "--defined-only", *options, str(path)], capture_output=True, text=True, check=True
    )
    protect = ctypes.CDLL(None).mprotect
    for line in listed.stdout.splitlines():
        offset, kind, name = line.split()[:3] if line.count(" ") >= 2 else ("0", "", "")
        name = name.split("@")[0]
        if kind not in "tT" or not name.startswith(prefixes):
            continue
        place = start + int(offset, 16)
        if protect(ctypes.c_void_p(place & -_PAGE), 2 * _PAGE, _WRITABLE):
            raise OSError(f"{path.name} cannot be changed")
        # movabs rax, address; jmp rax
        jump = b"\x48\xb8" + struct.pack("<Q", _replacement(name)) + b"\xff\xe0"
        ctypes.memmove(place, jump, len(jump))


_RUNTIME = (*(f"cuda{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), "__cudaP")


def _replace_runtime(folders: list[Path]) -> None:
    for folder in folders:
        for path in folder.rglob("*.so"):
            if path.resolve() not in _done and _start(path.resolve()) is not None:
                _done.add(path.resolve())
                _replace(path.resolve(), _RUNTIME)


_done: set[Path] = set()


def _nothing(*args: Any, **kwargs: Any) -> None:
    """Of CuPy's functions that are not made of kernels."""


def _compiled(*args: Any, **kwargs: Any) -> Any:
    """A module without code in the place of what NVRTC would make."""
    from cupy.cuda import function

    module = function.Module()
    module.load(b"nothing")
    return module


def pretend() -> None:
    """Load CuPy so."""
    # CUB looks into the device's code.
    os.environ["CUPY_ACCELERATORS"] = ""
    folders = [Path(find_spec(name).origin).parent for name in ("cupy", "cupy_backends")]  # type: ignore
    import cupy_backends.cuda.api.runtime

    assert cupy_backends.cuda.api.runtime
    _replace_runtime(folders)
    import cupy
    from cupy.cuda import compiler, thrust

    assert cupy
    _replace_runtime(folders)
    for pattern, prefix in (
        ("cublas/lib/libcublas.so.12", "cublas"),
        ("cusolver/lib/libcusolver.so.11", "cusolver"),
    ):
        for path in (folders[0].parent / "nvidia").glob(pattern):
            ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
            _replace(path.resolve(), (prefix,), "-D")
    compiler._compile_module_with_cache = _compiled
    for name in ("sort", "lexsort", "argsort"):
        setattr(thrust, name, _nothing)


if "cupy" not in sys.modules:
    pretend()
