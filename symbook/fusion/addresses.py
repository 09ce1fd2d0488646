"""The addresses of NumPy's own loops, for :mod:`symbook.fusion.calls`."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import numpy as np

from ..specs import DType


class _Ufunc(ctypes.Structure):
    """The beginning of `PyUFuncObject`, public in NumPy's C API, after the object's own head."""

    _fields_ = (
        ("nin", ctypes.c_int),
        ("nout", ctypes.c_int),
        ("nargs", ctypes.c_int),
        ("identity", ctypes.c_int),
        ("functions", ctypes.POINTER(ctypes.c_void_p)),
        ("data", ctypes.POINTER(ctypes.c_void_p)),
        ("ntypes", ctypes.c_int),
        ("reserved1", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("types", ctypes.POINTER(ctypes.c_char)),
    )


@cache
def address(name: str, dtype: DType) -> tuple[int, int] | None:
    """The address of the loop of NumPy's function `name` for arrays of that dtype, and of its data.

    None where it is not found as NumPy's C API says, or does not give what NumPy itself gives.
    """
    ufunc = getattr(np, name)
    head = object.__basicsize__
    found = _Ufunc.from_address(id(ufunc) + head)
    kinds = f"{dtype.char * ufunc.nin}->{dtype.char}"
    # Were the object laid out otherwise, these would hardly agree, and the address is not even looked at.
    agree = (found.nin, found.nout, found.nargs, found.ntypes) == (
        ufunc.nin, ufunc.nout, ufunc.nargs, ufunc.ntypes,
    )  # fmt: skip
    if not agree or found.reserved1 != 0 or kinds not in ufunc.types:
        return None
    if found.name != ufunc.__name__.encode():
        return None
    k = ufunc.types.index(kinds)
    codes = bytes(found.types[k * ufunc.nargs + n][0] for n in range(ufunc.nargs))
    if codes != bytes([dtype.num] * ufunc.nargs) or not found.functions[k]:
        return None
    pair = (found.functions[k] or 0, found.data[k] or 0)
    return pair if _gives_the_same(ufunc, dtype, pair) else None


_Function = ctypes.CFUNCTYPE(
    None,
    ctypes.POINTER(ctypes.c_void_p),
    ctypes.POINTER(ctypes.c_ssize_t),
    ctypes.POINTER(ctypes.c_ssize_t),
    ctypes.c_void_p,
)


def _gives_the_same(ufunc: Any, dtype: DType, pair: tuple[int, int]) -> bool:
    """Whether the function gives the ufunc's bits, for a few numbers."""
    inputs = [np.linspace(0.1, 0.9, 37).astype(dtype) for _ in range(ufunc.nin)]
    out = np.empty(37, dtype)
    arrays = [*inputs, out]
    pointers = (ctypes.c_void_p * len(arrays))(*[array.ctypes.data for array in arrays])
    steps = (ctypes.c_ssize_t * len(arrays))(*[dtype.itemsize] * len(arrays))
    _Function(pair[0])(pointers, (ctypes.c_ssize_t * 1)(37), steps, pair[1])
    with np.errstate(all="ignore"):
        return bool(out.tobytes() == ufunc(*inputs).tobytes())
