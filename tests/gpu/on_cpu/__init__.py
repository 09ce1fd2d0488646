"""Kernels of ours on the CPU: the very text that a GPU is given, compiled by a C++ compiler.

    module = on_cpu.load(code, options)
    module.function("scale")(grid=(4,), block=(256,), args=[x_address, y_address, 1000, 2.0])

`cuda.h` stands for CUDA. Blocks run in a random order, the threads of a block in another random order from
barrier to barrier, and shared memory begins as rubbish, so that what is only right by luck shows. A kernel
that only loops over the grid (`FOR_EACH`) is run by one thread, as fast as the CPU can.
"""

from __future__ import annotations

import ctypes
import hashlib
import itertools
import re
import threading
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from . import compiler

HERE = Path(__file__).parent
MARK = "// ---- kernel ----\n"

# What needs the threads of a block, and what needs them to wait for each other.
_BARRIERS = re.compile(
    r"\b(SYNC|block_\w+|row_\w+|warp_\w+|shuffle_\w+|__sync\w+|__shfl\w+|__ballot\w+)\b"
)
_THREADS = re.compile(
    r"\b(SHARED|THREADS?|BLOCKS?|FOR_THREADS|FOR_BLOCKS|(?:thread|block)Idx|blockDim|gridDim|__shared__)\b"
)

Error = compiler.Error


class LaunchError(RuntimeError):
    """A kernel did what a GPU would not allow."""


class Function:
    """A compiled kernel.

    `signature` has an item for each parameter: a letter as Python's struct has them ("q" for long long, "d"
    for double, "e" for float16, "?" for bool), after "*" for a pointer and "*&" for one to const.
    """

    def __init__(self, module: Module, name: str) -> None:
        library, key = module.loaded, f"{name}_{module.key}"
        self.name = name
        self.most_threads = module.most_threads
        letters = ctypes.create_string_buffer(1024)
        getattr(library, f"{key}_signature")(letters)
        self.signature = re.findall(r"\*?&?.", letters.value.decode())
        self._launch = getattr(library, f"{key}_launch")
        self._launch.restype = ctypes.c_char_p
        self._launch.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulonglong)
        self._seeds = itertools.count(1)
        self._lock = module.lock

    def __call__(self, grid: Sequence[int], block: Sequence[int], args: Sequence[float]) -> None:
        """Run it to its end. `args` are addresses (0 for a null pointer) and numbers.

        Raises
        ------
        LaunchError
            If the kernel did what a GPU would not allow, or was called so.
        """
        if len(args) != len(self.signature):
            raise LaunchError(f"{self.name} takes {len(self.signature)} arguments, not {len(args)}")
        sizes = (ctypes.c_uint * 6)(*_three(grid), *_three(block))
        if not all(sizes) or sizes[3] * sizes[4] * sizes[5] > self.most_threads:
            raise LaunchError(f"{self.name} cannot have a grid of {grid} with blocks of {block}")
        values = [_c_value(kind, value) for kind, value in zip(self.signature, args, strict=True)]
        pointers = (ctypes.c_void_p * max(len(values), 1))(*map(ctypes.addressof, values))
        with self._lock:
            problem = self._launch(sizes, pointers, next(self._seeds))
        if problem:
            raise LaunchError(f"{self.name}: {problem.decode()}")


class Module:
    """The kernels of one text."""

    def __init__(self, library: ctypes.CDLL, key: str, code: str) -> None:
        self.loaded = library
        self.key = key
        bound = re.search(r"#define MOST_THREADS (\d+)", code)
        self.most_threads = int(bound[1]) if bound else 1024
        self.lock = threading.Lock()  # its kernels share what stands for a GPU

    @cache  # noqa: B019 - modules are kept for good
    def function(self, name: str) -> Function:
        """The kernel of that name.

        Raises
        ------
        KeyError
            If there is none.
        """
        try:
            return Function(self, name)
        except AttributeError:
            raise KeyError(name) from None


_modules: dict[str, Module] = {}
_locks: dict[str, threading.Lock] = defaultdict(threading.Lock)


def load(code: str, options: Sequence[str] = ()) -> Module:
    """The kernels of a text that NVRTC would be given with these options, compiled if need be.

    Raises
    ------
    Error
        If the compiler refuses the text; with its message.
    """
    key = _key(code, options)
    with _locks[key]:
        if key not in _modules:
            path = compiler.shared(key, _unit(code, key), _flags(code, options))
            _modules[key] = Module(ctypes.CDLL(str(path)), key, code)
        return _modules[key]


def check(code: str, options: Sequence[str] = ()) -> None:
    """That a text compiles, without making anything of it.

    Raises
    ------
    Error
        If the compiler refuses the text; with its message.
    """
    key = _key(code, options)
    compiler.check(key, _unit(code, key))


def mode(code: str) -> str:
    """How a text's threads are run: "SERIAL", "THREADS" or "BARRIERS"."""
    own = code.rpartition(MARK)[2]
    if _BARRIERS.search(own):
        return "BARRIERS"
    return "THREADS" if _THREADS.search(own) or "FOR_EACH" not in own else "SERIAL"


def _unit(code: str, key: str) -> str:
    names = re.findall(r"\bKERNEL\s+(\w+)", code.rpartition(MARK)[2])
    exports = [f"ON_CPU_EXPORT({name}, {name}_{key})" for name in names]
    return "\n".join(
        [f"#define {mode(code)}", '#include "cuda.h"', '#line 1 "kernel"', code, *exports, ""]
    )


def _flags(code: str, options: Sequence[str]) -> list[str]:
    contract = ["-ffp-contract=off"] if "--fmad=false" in options else []
    return [*contract, *_without_vectors(code)]


def _without_vectors(code: str) -> list[str]:
    """Flags for texts in which doubles go by way of float: made vectors, GCC 12 forgets to round them."""
    own = code.rpartition(MARK)[2]
    if "(float)" in own and "(double)" in own:
        return ["-fno-tree-vectorize", "-fno-tree-slp-vectorize"]
    return []


@cache
def _headers() -> bytes:
    return b"".join(path.read_bytes() for path in sorted(HERE.glob("*.h")))


def _key(code: str, options: Sequence[str]) -> str:
    said = "\0".join([code, *options, *compiler.command(), *_without_vectors(code)]).encode()
    return hashlib.sha256(said + _headers()).hexdigest()[:24]


def _three(size: Sequence[int]) -> tuple[int, int, int]:
    x, y, z = (*size, 1, 1)[:3]
    return x, y, z


def _c_value(kind: str, value: float) -> ctypes._SimpleCData:
    if kind[0] == "*":
        return ctypes.c_void_p(int(value))
    if kind == "d":
        return ctypes.c_double(value)
    if kind in "qQ" and isinstance(value, int):
        return ctypes.c_longlong(value)
    raise LaunchError(f"{value!r} is no argument for a parameter of type {kind!r}")
