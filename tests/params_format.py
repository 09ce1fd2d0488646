"""MXNet's `.params` format by its published layout (ndarray.cc, tuple.h), every version of it.

A second implementation, for the tests alone: MXNet 1.9.1 writes the newest version only. That it
reads what is written here is checked by `tests/golden/golden_files.py`.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

CODES = {
    "float32": 0,
    "float64": 1,
    "float16": 2,
    "uint8": 3,
    "int32": 4,
    "int8": 5,
    "int64": 6,
    "bool": 7,
}
V1, V2, V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA


def pack_array(version: int, array: np.ndarray, device: tuple[int, int] = (1, 0)) -> bytes:
    """One array; version 0 is the oldest, which has the rank in place of a number of the format."""
    shape = array.shape
    if version == 0:
        head = struct.pack(f"<I{len(shape)}I", len(shape), *shape)
    elif version == V1:
        head = struct.pack(f"<Ii{len(shape)}q", V1, len(shape), *shape)
    else:
        head = struct.pack(f"<Iii{len(shape)}q", version, 0, len(shape), *shape)
    return head + struct.pack("<3i", *device, CODES[array.dtype.name]) + array.tobytes()


def pack_file(arrays: Sequence[bytes], names: Sequence[str] = ()) -> bytes:
    """A file of packed arrays."""
    encoded = [name.encode() for name in names]
    return b"".join(
        [struct.pack("<3Q", 0x112, 0, len(arrays)), *arrays, struct.pack("<Q", len(encoded))]
        + [struct.pack("<Q", len(name)) + name for name in encoded]
    )
