"""The modules `cupy`, `cupy.cuda` and so on: with the recorded names, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import numpy as np

from . import (
    creation,
    cublas,
    cuda,
    errors,
    exchange,
    functions,
    linalg,
    memory,
    pinned,
    pool,
    runtime,
    ufuncs,
    views,
)
from . import kernels as raw
from . import random as draws
from .array import Pools, allocate, ndarray
from .facts import FACTS, MODULES
from .methods import add_methods

_pinned_pool = pinned.PinnedMemoryPool()


class Simulated(ModuleType):
    """A module that tells what CuPy does not have from what the simulation does not have."""

    def __getattr__(self, name: str) -> Any:
        if name in MODULES.get(self.__name__, {}):
            raise errors.NotSimulated(
                f"{self.__name__}.{name} is not simulated: add it to tests/gpu/simulated"
            )
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


def _public(module: ModuleType) -> dict[str, Any]:
    return {
        name: each
        for name, each in vars(module).items()
        if getattr(each, "__module__", "") == module.__name__ and name[0] != "_"
    }


def _of_numpy() -> dict[str, Any]:
    """What CuPy has from NumPy: types, constants, questions about dtypes."""
    found = {}
    for name, kind in MODULES["cupy"].items():
        there = getattr(np, name, None)
        if there is not None and (
            "value" in kind
            or (
                isinstance(there, type)
                and issubclass(there, np.generic | np.dtype | np.finfo | np.iinfo)
            )
        ):
            found[name] = there
    for name in [
        "promote_types",
        "broadcast_shapes",
        "issubdtype",
        "isscalar",
        "ndindex",
        "index_exp",
        "s_",
    ]:
        found[name] = getattr(np, name)
    return found


def result_type(*values: Any) -> Any:
    """`cupy.result_type`: dtypes, arrays of the device and numbers."""
    return np.result_type(*(each.dtype if isinstance(each, ndarray) else each for each in values))


def _cupy() -> dict[str, Any]:
    names = _of_numpy() | _public(creation) | functions.FUNCTIONS | views.FUNCTIONS | ufuncs.ALL
    names |= {
        "ndarray": ndarray,
        "ufunc": ufuncs.ufunc,
        "result_type": result_type,
        "from_dlpack": exchange.from_dlpack,
        "fromDlpack": exchange.fromDlpack,
        "RawModule": raw.RawModule,
        "RawKernel": raw.RawKernel,
        "get_default_memory_pool": lambda: Pools.pool,
        "get_default_pinned_memory_pool": lambda: _pinned_pool,
        "get_array_module": get_array_module,
        "shape": lambda a: a.shape if isinstance(a, ndarray) else np.shape(a),
        "ndim": lambda a: a.ndim if isinstance(a, ndarray) else np.ndim(a),
        "size": size,
        "may_share_memory": may_share_memory,
        "shares_memory": may_share_memory,
        "can_cast": can_cast,
        "isfortran": lambda a: a.flags.fnc,
        "iterable": np.iterable,
        "astype": lambda x, dtype, /, *, copy=True: x.astype(dtype, copy=copy),
    }
    names["is_available"] = cuda.is_available
    return {name: each for name, each in names.items() if name in MODULES["cupy"]}


def can_cast(from_: Any, to: Any, casting: str = "safe") -> bool:
    """`cupy.can_cast`: of arrays of the device too."""
    return bool(np.can_cast(from_.dtype if isinstance(from_, ndarray) else from_, to, casting))


def get_array_module(*args: Any) -> Any:
    """CuPy if any argument is an array of a device, else NumPy."""
    return MADE["cupy"] if any(isinstance(each, ndarray) for each in args) else np


def size(a: Any, axis: Any = None) -> int:
    """How many elements there are, along one axis if given."""
    return a.size if axis is None else a.shape[axis]


def may_share_memory(a: Any, b: Any, max_work: Any = None) -> bool:
    """Whether the bounds overlap."""
    for each in (a, b):
        if not isinstance(each, ndarray):
            raise TypeError(f"Unsupported type {type(each)}")
    return bool(np.may_share_memory(a._np, b._np))


def set_allocator(allocator: Any = None) -> None:
    """What allocates arrays from now on."""
    Pools.allocate = pool.MemoryPool().malloc if allocator is None else allocator


@contextmanager
def using_allocator(allocator: Any = None) -> Iterator[None]:
    """What allocates the calling thread's arrays meanwhile."""
    before = vars(Pools.own).get("allocator")
    Pools.own.allocator = pool.MemoryPool().malloc if allocator is None else allocator
    try:
        yield
    finally:
        del Pools.own.allocator
        if before is not None:
            Pools.own.allocator = before


def _cuda() -> dict[str, Any]:
    return {
        **{
            name: getattr(cuda, name)
            for name in [
                "Device",
                "Stream",
                "Event",
                "Graph",
                "get_current_stream",
                "get_device_id",
                "get_elapsed_time",
                "is_available",
            ]
        },
        "ExternalStream": None,
        "MemoryPool": pool.MemoryPool,
        "MemoryPointer": memory.MemoryPointer,
        "Memory": memory.Memory,
        "PinnedMemoryPool": pinned.PinnedMemoryPool,
        "PinnedMemoryPointer": pinned.PinnedMemoryPointer,
        "alloc": allocate,
        "using_allocator": using_allocator,
        "alloc_pinned_memory": _pinned_pool.malloc,
        "set_allocator": set_allocator,
        "get_allocator": lambda: Pools.allocate,
    }


def _make(name: str, contents: dict[str, Any]) -> ModuleType:
    module = Simulated(name)
    module.__path__ = []  # type: ignore[attr-defined]
    module.__spec__ = ModuleSpec(name, None, is_package=True)
    vars(module).update({key: each for key, each in contents.items() if each is not None})
    return module


def make() -> dict[str, ModuleType]:
    """All modules by name, as for `sys.modules`."""
    made = {
        "cupy": _make("cupy", _cupy()),
        "cupy.linalg": _make(
            "cupy.linalg", {**linalg.FUNCTIONS, "LinAlgError": np.linalg.LinAlgError}
        ),
        "cupy.random": _make(
            "cupy.random",
            {
                **draws.FUNCTIONS,
                **{
                    each.__name__: each
                    for each in (
                        draws.Generator,
                        draws.BitGenerator,
                        draws.Philox4x3210,
                        draws.XORWOW,
                        draws.MRG32k3a,
                    )
                },
            },
        ),
        "cupy.lib": _make("cupy.lib", {}),
        "cupy.lib.stride_tricks": _make(
            "cupy.lib.stride_tricks",
            {"as_strided": creation.as_strided, "sliding_window_view": views.sliding_window_view},
        ),
        "cupy.cuda": _make("cupy.cuda", _cuda()),
        "cupy.cuda.runtime": _make("cupy.cuda.runtime", runtime.contents()),
        "cupy.cuda.memory": _make(
            "cupy.cuda.memory",
            {
                **_public(memory),
                **_public(pool),
                "OutOfMemoryError": errors.OutOfMemoryError,
                "set_allocator": set_allocator,
                "get_allocator": lambda: Pools.allocate,
            },
        ),
        "cupy.cuda.stream": _make("cupy.cuda.stream", _cuda()),
        "cupy.cuda.device": _make(
            "cupy.cuda.device",
            {"Device": cuda.Device, "get_cublas_handle": cublas.get_cublas_handle},
        ),
        "cupy.cuda.cublas": _make(
            "cupy.cuda.cublas", {"gemmStridedBatchedEx": cublas.gemmStridedBatchedEx}
        ),
        "cupy.cuda.graph": _make("cupy.cuda.graph", {"Graph": cuda.Graph}),
        "cupy.cuda.nvrtc": _make("cupy.cuda.nvrtc", {"getVersion": lambda: (12, 9)}),
        "cupy.cuda.compiler": _make(
            "cupy.cuda.compiler", {"CompileException": errors.CompileException}
        ),
    }
    for name, module in made.items():
        above, _, last = name.rpartition(".")
        if above:
            setattr(made[above], last, module)
    made["cupy"].__version__ = FACTS["version"]  # type: ignore[attr-defined]
    return made


add_methods()
MADE = make()
