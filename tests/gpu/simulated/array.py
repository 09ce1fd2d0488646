"""`cupy.ndarray`: an array of the device's memory, as strict as CuPy's about what it mixes with."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np

from . import dispatch
from .flags import Flags
from .memory import MemoryPointer
from .pool import MemoryPool
from .streams import current_queue
from .work import launch, refuse_capture, strides_of, upload
from .world import Part, world

KINDS = "?bBhHiIlLqQefdFDV"


class Pools:
    """The allocator in use, and the default pools."""

    pool = MemoryPool()
    allocate: Any = pool.malloc
    own = threading.local()


def allocate(size: int) -> MemoryPointer:
    """Memory from the thread's own allocator, or everybody's."""
    return getattr(Pools.own, "allocator", Pools.allocate)(size)


def check_dtype(dtype: Any) -> np.dtype[Any]:
    """A dtype that CuPy has."""
    found = np.dtype(dtype)
    if found.char not in KINDS or not found.isnative:
        raise ValueError(f"Unsupported dtype {found}")
    return found


class ndarray:
    """`cupy.ndarray`. `_np` is its memory as NumPy sees it, which only work of a queue may touch."""

    __slots__ = ("__weakref__", "_np", "_part", "base", "data")
    __array_priority__ = 100
    __hash__ = None  # type: ignore[assignment]
    __module__ = "cupy"

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return super().__new__(cls)

    def __init__(
        self,
        shape: Any,
        dtype: Any = float,
        memptr: MemoryPointer | None = None,
        strides: Any = None,
        order: str = "C",
    ) -> None:
        shape = tuple(map(int, shape)) if isinstance(shape, tuple | list) else (int(shape),)
        if any(length < 0 for length in shape):
            raise ValueError("Negative dimensions are not allowed")
        kind = check_dtype(dtype)
        if strides is None:
            strides = strides_of(shape, kind.itemsize, order)
        if memptr is None:
            memptr = allocate(math.prod(shape) * kind.itemsize)
        self._set(memptr, shape, kind, strides, None)

    def _set(self, memptr: Any, shape: Any, dtype: Any, strides: Any, base: Any) -> None:
        self.data = memptr
        self.base = base
        self._part = None
        buffer = memptr.mem.buffer
        if math.prod(shape) == 0:
            buffer = np.empty(64, np.uint8)
            self._np = np.ndarray(shape, dtype, buffer, 0, strides)
        else:
            offset = memptr.ptr - memptr.mem.ptr
            self._np = np.ndarray(shape, dtype, buffer, offset, strides)

    def __array_finalize__(self, obj: Any) -> None:
        pass

    # what it is

    @property
    def shape(self) -> tuple[int, ...]:
        return self._np.shape

    @shape.setter
    def shape(self, shape: Any) -> None:
        other = self.reshape(shape)
        if other.base is not self and other.base is not self.base:
            raise AttributeError("Incompatible shape for in-place modification.")
        self._np, self._part = other._np, None

    @property
    def strides(self) -> tuple[int, ...]:
        return self._np.strides

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._np.dtype

    @property
    def ndim(self) -> int:
        return self._np.ndim

    @property
    def size(self) -> int:
        return self._np.size

    @property
    def itemsize(self) -> int:
        return self._np.itemsize

    @property
    def nbytes(self) -> int:
        return self._np.nbytes

    @property
    def flags(self) -> Flags:
        return Flags(self._np, self.base is None)

    @property
    def device(self) -> Any:
        from .cuda import Device

        return Device(self.data.device_id)

    @property
    def T(self) -> ndarray:
        return view_of(self, self._np.T)

    @property
    def mT(self) -> ndarray:
        if self.ndim < 2:
            raise ValueError("matrix transpose with ndim < 2 is undefined")
        return view_of(self, np.swapaxes(self._np, -1, -2))

    @property
    def real(self) -> ndarray:
        return view_of(self, self._np.real) if self.dtype.kind == "c" else self

    @real.setter
    def real(self, value: Any) -> None:
        self.real[...] = value

    @property
    def imag(self) -> ndarray:
        if self.dtype.kind == "c":
            return view_of(self, self._np.imag)
        from .creation import zeros

        return zeros(self.shape, self.dtype)

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __iter__(self) -> Any:
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    @property
    def part(self) -> Part:
        """The simulation's own: the memory that a task of it uses."""
        if self._part is None:
            self._part = Part(self.data.mem.block, self._np)
        return self._part

    # to the host

    def get(
        self, stream: Any = None, order: str = "C", out: Any = None, blocking: bool = True
    ) -> Any:
        """A NumPy array with its values, or `out` with them."""
        refuse_capture()
        here = world()
        if out is None:
            out = np.empty(self.shape, self.dtype, "F" if order == "F" else "C")
        elif not isinstance(out, np.ndarray):
            raise TypeError(
                f"Only numpy.ndarray can be obtained from cupy.ndarray, not {type(out)}"
            )
        elif out.dtype != self.dtype or out.shape != self.shape:
            raise ValueError("Shape or dtype mismatch")
        here.counts["downloads"] += 1
        queue = current_queue(self.data.device_id) if stream is None else stream.queue
        source = self._np
        task = here.enqueue(queue, "download", lambda: np.copyto(out, source), [self.part])
        if blocking:
            here.counts["synchronizations"] += 1
            here.finish([task])
        return out

    def item(self) -> Any:
        """The only element as a Python number."""
        if self.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return self.get().item()

    def __bool__(self) -> bool:
        if self.size == 0:
            # CuPy says False, and warns.
            raise ValueError("The truth value of an empty array is ambiguous.")
        if self.size != 1:
            raise ValueError(
                "The truth value of an array with more than one element is ambiguous. "
                "Use a.any() or a.all()"
            )
        return bool(self.get())

    def _only(self) -> Any:
        if self.size != 1:
            raise TypeError("only length-1 arrays can be converted to Python scalars")
        return self.item()

    def __int__(self) -> int:
        return int(self._only())

    def __float__(self) -> float:
        return float(self._only())

    def __complex__(self) -> complex:
        return complex(self._only())

    def __repr__(self) -> str:
        return repr(self.get())

    def __str__(self) -> str:
        return str(self.get())

    def __format__(self, spec: str) -> str:
        return format(self.get(), spec)

    def tolist(self) -> Any:
        return self.get().tolist()

    def tobytes(self, order: str = "C") -> bytes:
        return self.get().tobytes(order)  # type: ignore[no-any-return]

    def __array__(self, dtype: Any = None) -> Any:
        raise TypeError(
            "Implicit conversion to a NumPy array is not allowed. "
            "Please use `.get()` to construct a NumPy array explicitly."
        )

    def __reduce__(self) -> Any:
        from .creation import array

        return array, (self.get(),)

    # from the host

    def set(self, arr: Any, stream: Any = None) -> None:
        """Copy a NumPy array of the same shape and dtype here."""
        refuse_capture()
        if not isinstance(arr, np.ndarray):
            raise TypeError(f"Only numpy.ndarray can be set to cupy.ndarray, not {type(arr)}")
        if self.dtype != arr.dtype:
            raise TypeError(f"{arr.dtype} array cannot be set to {self.dtype} array")
        if self.shape != arr.shape:
            raise ValueError(f"Shape mismatch. Old shape: {self.shape}, new shape: {arr.shape}")
        if not (self._np.flags.c_contiguous or self._np.flags.f_contiguous):
            raise RuntimeError("Cannot set to non-contiguous array")
        upload(self, arr, stream)

    # DLPack and CUDA's array interface

    def __dlpack_device__(self) -> tuple[int, int]:
        return 2, self.data.device_id

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: Any = None,
        dl_device: Any = None,
        copy: Any = None,
    ) -> Any:
        from .exchange import export

        return export(self, stream, max_version, dl_device, copy)

    def toDlpack(self) -> Any:
        return self.__dlpack__()

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        from .exchange import interface

        return interface(self)

    # calls of NumPy's functions

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return dispatch.ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return dispatch.function(func, types, args, kwargs)

    # elements

    def __getitem__(self, key: Any) -> Any:
        from .indexing import getitem

        return getitem(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        from .indexing import setitem

        setitem(self, key, value)

    def view(self, dtype: Any = None, type: Any = None) -> ndarray:
        """The same memory, as another dtype too."""
        return view_of(
            self, self._np.view() if dtype is None else self._np.view(check_dtype(dtype))
        )

    def fill(self, value: Any) -> None:
        """Set all elements to a scalar."""
        if isinstance(value, np.ndarray):
            if value.ndim:
                raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
            value = value.item()
        if isinstance(value, str):
            raise ValueError(f"could not convert string to {self.dtype}: {value!r}")
        target = self._np
        if isinstance(value, ndarray):
            source = value._np
            launch("fill", lambda: np.copyto(target, source, casting="unsafe"), [value], [self])
            return
        launch("fill", lambda: target.fill(value), [], [self], capturable=True)


def new(shape: Any, dtype: Any, order: str = "C") -> ndarray:
    """A fresh array of garbage on the current device."""
    return ndarray(tuple(shape), dtype, order=order)


def view_of(array: ndarray, view: Any) -> ndarray:
    """An array over the same memory; `view` is a NumPy view of its `_np`."""
    result = ndarray.__new__(type(array))
    base = array if array.base is None else array.base
    at = view.__array_interface__["data"][0] - array._np.__array_interface__["data"][0]
    memptr = array.data + at if view.size else array.data
    result._set(memptr, view.shape, view.dtype, view.strides, base)
    return result
