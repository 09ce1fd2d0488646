"""`mx.nd.save` and `mx.nd.load`: arrays as `.params` files, in MXNet's format.

A file, little endian throughout, is::

    u64 0x112, u64 0
    u64 number of arrays, the arrays
    u64 number of names (0 for a list), for each: u64 number of bytes, UTF-8

An array, as 1.0 and later write it, is::

    u32 0xF993FAC9, i32 storage type (0: dense), i32 rank, i64 sizes,
    i32 device type, i32 device number, i32 dtype code, the elements

The number in front is 0xF993FACA if shapes have NumPy's meaning, where rank 0 is one element. Before 0.12 it
was 0xF993FAC8, and no storage type followed; before that there was none, and sizes were u32.

The whole structure is read and checked against the file's length before memory is taken for any array.
"""

from __future__ import annotations

import math
import os
import struct
import sys
from collections import Counter
from collections.abc import Mapping
from io import BufferedIOBase, BytesIO
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from ..context import Context
from ..errors import ArgumentError, FormatError, ParamError, UnsupportedError, counted
from ..files import no_file, path_text, replacing, unreadable
from ..quoting import brief, given
from ..specs import CODE_OF_DTYPE, DTYPE_OF_CODE, MOST_DIMS, count
from .ndarray import NDArray

_LIST = 0x112
_V1, _V2, _V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
_DENSE = 0
# Storage types with indices beside the values, and how many arrays of indices (ndarray.h).
_SPARSE = {1: ("row_sparse", 1), 2: ("csr", 2)}
# NumPy has no bfloat16: its numbers are float32's with the lower half of the bits cut off.
_BFLOAT16 = 12
_SIZES = {code: dtype.itemsize for code, dtype in DTYPE_OF_CODE.items()} | {_BFLOAT16: 2}
# Names of MXNet's other codes (mshadow/base.h), which its own arrays cannot have either.
_OTHER = {8: "int16", 9: "uint16", 10: "uint32", 11: "uint64"}

_MOST_BYTES = sys.maxsize  # of an array: as many as NumPy can count, 2 GB in a browser's Python

Arrays = list[NDArray] | dict[str, NDArray]


def save(fname: str | os.PathLike[str], data: Any) -> None:
    """Write arrays to a file, whole or not at all; byte for byte as MXNet writes it.

    Parameters
    ----------
    fname : str or path
        An existing file is replaced.
    data : NDArray, list of NDArray, or dict of str to NDArray
        One array is saved as a list of one. An array of shape () can be read by MXNet only under
        `mx.util.np_shape(True)`.

    Raises
    ------
    ArgumentError
        If names are no strings or values no NDArrays. A TypeError.
    ParamError
        If `data` is none of these. A ValueError.
    OSError
        If the file cannot be written; MissingFile, a FileNotFoundError, if there is no such folder.
    """
    path = path_text(fname)
    names, arrays = _sorted_out(data)
    encoded = [name.encode() for name in names]
    version = _V3 if any(not array.shape for array in arrays) else _V2
    with replacing(path) as file:
        file.write(struct.pack("<3Q", _LIST, 0, len(arrays)))
        for array in arrays:
            _write_array(file, array, version)
        file.write(struct.pack("<Q", len(encoded)))
        for name in encoded:
            file.write(struct.pack("<Q", len(name)) + name)


def _sorted_out(data: Any) -> tuple[list[str], list[NDArray]]:
    if isinstance(data, NDArray):
        data = [data]
    if not isinstance(data, (list, Mapping)):
        raise ParamError(
            "data needs to either be a NDArray, dict of str, NDArray pairs or a list of NDarrays, "
            f"not {type(data)}",
            hint="Make a NumPy array an NDArray with mx.nd.array(…).",
        )
    names, values = ([], data) if isinstance(data, list) else (list(data), list(data.values()))
    for label, value in zip(names or range(len(values)), values, strict=True):
        if (names and not isinstance(label, str)) or not isinstance(value, NDArray):
            raise ArgumentError(
                "save only accept dict str->NDArray or list of NDArray; "
                f"under {label!r} there is {type(value)}",
                hint="Make an NDArray of it: mx.nd.array([…]); names are strings.",
            )
    return names, values


def _write_array(file: BinaryIO, array: NDArray, version: int) -> None:
    raw = np.ascontiguousarray(array.asnumpy() if array.context.is_gpu else array._data)
    shape, ctx = array.shape, array.context
    file.write(struct.pack(f"<Iii{len(shape)}q", version, _DENSE, len(shape), *shape))
    file.write(
        struct.pack("<3i", ctx.device_typeid, ctx.device_id, CODE_OF_DTYPE[array._data.dtype])
    )
    if raw.size:
        little = raw.astype(raw.dtype.newbyteorder("<"), copy=False)
        file.write(little.reshape(-1).view(np.uint8).data)


def load(fname: str | os.PathLike[str]) -> Arrays:
    """The arrays of a file, on the CPU: a list, or a dict if they were saved with names.

    Parameters
    ----------
    fname : str or path
        Any version of MXNet's format. bfloat16 becomes float32, which holds its every number.

    Raises
    ------
    FormatError
        If the file is damaged or no such file; the message says at which byte. A ValueError.
    UnsupportedError
        If it holds a sparse array; the message names it.
    OSError
        If it cannot be read; MissingFile, a FileNotFoundError, if there is none.
    """
    path = path_text(fname)
    try:
        with open(path, "rb") as file:
            return _Reader(file, path).read()
    except FileNotFoundError:
        raise no_file(path) from None
    except OSError as error:
        raise unreadable(path, error) from None


def load_frombuffer(buf: bytes | str) -> Arrays:
    """As :func:`load`, from the bytes of such a file.

    Raises
    ------
    ArgumentError
        If it is no bytes. A TypeError.
    FormatError, UnsupportedError
        As :func:`load`.
    """
    if isinstance(buf, str):
        buf = buf.encode()
    if not isinstance(buf, (bytes, bytearray, memoryview)):
        raise ArgumentError(
            f"buf required to be a string or bytes, not {type(buf)}",
            hint="Give what open('x.params', 'rb').read() gives.",
        )
    return _Reader(BytesIO(buf), "the buffer").read()


def _room(shape: tuple[int, ...]) -> int:
    """What NumPy wants to count: the sizes that are not zero multiplied, even where the product is zero."""
    return math.prod(dim for dim in shape if dim)


class _Stored(NamedTuple):
    """One array in the file: where its elements begin, and what they are."""

    start: int
    shape: tuple[int, ...]
    code: int
    problem: str = ""


class _Reader:
    """Reads a file in two passes: the structure with every check, then the elements."""

    def __init__(self, file: BufferedIOBase, label: str) -> None:
        self._file = file
        self._label = label
        self._size = file.seek(0, os.SEEK_END)
        self._at = file.seek(0)
        self._part = "the header"

    def read(self) -> Arrays:
        stored, names = self._structure()
        arrays = (self._elements(item) for item in stored)
        return dict(zip(names, arrays, strict=True)) if names else list(arrays)

    def _structure(self) -> tuple[list[_Stored], list[str]]:
        first = self._unpack("Q")[0]
        if first != _LIST:
            hint = "mx.nd.save writes files of arrays. A symbol's file is read by mx.sym.load."
            if first.to_bytes(8, "little").startswith((b"\x93NUMPY", b"PK\x03\x04")):
                hint = "It is a file of NumPy's: mx.nd.array(numpy.load(…)) makes an NDArray of it."
            raise FormatError(
                self._placed("it does not begin as a file of arrays does", 0), hint=hint
            )
        self._unpack("Q")
        stored = []
        for i in range(self._counter("arrays", 4)):
            self._part = f"array {i}"
            stored.append(self._array())
        self._part = "the list of names"
        names = [self._name() for _ in range(self._counter("names", 8))]
        if names and len(names) != len(stored):
            raise self._error(f"there are {len(stored):,} arrays and {len(names):,} names")
        for name, times in Counter(names).items():
            if times > 1:
                raise self._error(f"the name {given(name)} is there {times:,} times")
        for i, item in enumerate(stored):
            if item.problem:
                self._part = f"array {i} ({brief(names[i])})" if names else f"array {i}"
                raise UnsupportedError(
                    self._placed(item.problem, item.start),
                    hint="In MXNet, x.tostype('default') makes a dense array of it, to be saved.",
                )
        return stored, names

    def _array(self) -> _Stored:
        start = self._at
        (version,) = self._unpack("I")
        storage = self._unpack("i")[0] if version in (_V2, _V3) else _DENSE
        if storage in _SPARSE:
            return self._sparse(start, *_SPARSE[storage])
        if storage != _DENSE:
            raise self._error(f"there is no storage type {storage}", start + 4)
        if version in (_V1, _V2, _V3):
            shape = self._shape()
        elif version <= MOST_DIMS:
            shape = self._sizes(version, "I", start)
        else:
            raise self._error(f"0x{version:08X} is no version of the format", start)
        if not shape and version != _V3:
            raise self._error("it was saved without ever having had a value", start)
        *_, code = self._unpack("3i")
        return self._skip(_Stored(self._at, shape, code), self._at - 4)

    def _sparse(self, start: int, kind: str, indices: int) -> _Stored:
        """Step over an array that is not served, so that the names behind it can be read."""
        parts = [self._shape()]
        self._shape()
        codes = [self._unpack("3i")[2]]
        for _ in range(indices):
            codes += self._unpack("i")
            parts.append(self._shape())
        for shape, code in zip(parts, codes, strict=True):
            self._skip(_Stored(self._at, shape, code), start)
        problem = f"its storage type is {kind}, which is not served: all arrays here are dense"
        return _Stored(start, (), 0, problem)

    def _shape(self) -> tuple[int, ...]:
        at = self._at
        (rank,) = self._unpack("i")
        if not 0 <= rank <= MOST_DIMS:
            raise self._error(f"{rank:,} is no number of dimensions", at)
        return self._sizes(rank, "q", at)

    def _sizes(self, rank: int, kind: str, at: int) -> tuple[int, ...]:
        shape = self._unpack(f"{rank}{kind}")
        if min(shape, default=0) < 0 or _room(shape) > _MOST_BYTES // 8:
            raise self._error(f"no array can have the shape {shape}", at)
        return shape

    def _skip(self, item: _Stored, at: int) -> _Stored:
        """Step over an array's elements, which must all be in the file."""
        if item.code not in _SIZES:
            named = f" ({_OTHER[item.code]})" if item.code in _OTHER else ""
            raise self._error(f"there is no dtype code {item.code}{named}", at)
        length = count(item.shape) * _SIZES[item.code]
        self._require(length, "of elements")
        self._at = self._file.seek(self._at + length)
        return item

    def _name(self) -> str:
        at = self._at
        (length,) = self._unpack("Q")
        try:
            return self._take(length, "of a name").decode()
        except UnicodeDecodeError:
            raise self._error("a name is no UTF-8 text", at + 8) from None

    def _elements(self, item: _Stored) -> NDArray:
        stored = np.dtype("uint16") if item.code == _BFLOAT16 else DTYPE_OF_CODE[item.code]
        raw: np.ndarray[Any, Any] = np.empty(item.shape, stored.newbyteorder("<"))
        if raw.size:
            self._file.seek(item.start)
            into = raw.reshape(-1).view(np.uint8).data
            if self._file.readinto(into) != raw.nbytes:
                raise self._error("the file became shorter while it was read", item.start)
        raw = raw.astype(stored, copy=False)
        if item.code == _BFLOAT16:
            raw = np.left_shift(raw, 16, dtype=np.uint32, out=np.empty(raw.shape, np.uint32))
            raw = raw.view(np.float32)
        if stored.kind == "b":
            raw = raw.view(np.uint8)
            raw = np.not_equal(raw, 0, out=np.empty(raw.shape, bool))  # a byte may be over 1
        return NDArray(raw, Context("cpu"))

    def _counter(self, what: str, each: int) -> int:
        at = self._at
        (number,) = self._unpack("Q")
        if number * each > self._size - self._at:
            raise self._error(f"{number:,} {what} cannot be in what is left of the file", at)
        return int(number)

    def _unpack(self, form: str) -> tuple[int, ...]:
        length = struct.calcsize(f"<{form}")
        values: tuple[int, ...] = struct.unpack(
            f"<{form}", self._take(length, "of its description")
        )
        return values

    def _take(self, length: int, what: str) -> bytes:
        self._require(length, what)
        raw = self._file.read(length)
        if len(raw) != length:
            raise self._error("the file became shorter while it was read")
        self._at += length
        return raw

    def _require(self, length: int, what: str) -> None:
        if length > self._size - self._at:
            raise self._error(
                f"{counted(length, 'byte')} {what} should follow, and the file ends after "
                f"{self._size - self._at:,}"
            )

    def _error(self, message: str, at: int | None = None) -> FormatError:
        return FormatError(
            self._placed(message, self._at if at is None else at),
            hint="It is damaged, or was not written by mx.nd.save.",
        )

    def _placed(self, message: str, at: int) -> str:
        return f"{self._label}: {self._part}, at byte {at:,}: {message}"
