"""What operators share that launch kernels of ours on a GPU: packed memory, targets, moved elements."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..specs import DType

INDICES = ("int32", "int64", "float32")
"""The dtypes of indices that kernels read as they are; others are made int64 first."""

MOVED = ("uint8", "uint16", "int32", "int64")
"""The types that stand in for all of one size, where elements are only moved."""

PLACES = tuple((moved, index) for moved in MOVED for index in INDICES)
"""Of a kernel that moves elements by indices: the types of both."""


def packed(array: Any) -> Any:
    """The array itself if it is C-contiguous, else a copy that is."""
    return array if array.flags.c_contiguous else array.copy(order="C")


def target(xp: Any, out: Any, shape: tuple[int, ...], dtype: DType) -> Any:
    """What a kernel writes to: `out` if it can, else new memory, for :func:`delivered`."""
    return out if out is not None and out.flags.c_contiguous else xp.empty(shape, dtype)


def delivered(result: Any, out: Any) -> Any:
    """The result, in `out` where that is given."""
    if out is None or out is result:
        return result
    out[...] = result
    return out


def moved(array: Any) -> Any:
    """The elements of a C-contiguous array as whole numbers of their size: see `MOVED`."""
    return array.view(np.dtype(MOVED[array.dtype.itemsize.bit_length() - 1]))


def bits(value: float, dtype: DType) -> int:
    """A number of that dtype as the whole number, with a sign, that has its bits."""
    return int(np.array(value).astype(dtype).view(f"int{8 * dtype.itemsize}"))


def indices(array: Any) -> Any:
    """Indices as a kernel reads them: packed, of one of the dtypes `INDICES`."""
    return packed(array if array.dtype.name in INDICES else array.astype("int64"))


def lanes(shape: tuple[int, ...], axis: int) -> tuple[int, int, int]:
    """How many lanes there are before the axis, its size, and how many elements lie between its positions."""
    return math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])
