"""Shapes and dtypes as the engine knows them: possibly only in part.

A dimension that is not known yet is None (MXNet writes 0), a shape of unknown rank is None, and so is an
unknown dtype. Zero is a real size here: :func:`from_mxnet` and :func:`to_mxnet` translate at the border.
"""

from __future__ import annotations

import math
import operator
import re
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .errors import ArgumentError, DTypeError
from .quoting import given

Dim = int | None
Shape = tuple[Dim, ...]
DType = np.dtype[Any]

# MXNet's type codes (mshadow/base.h); JSON attributes and .params files hold them.
DTYPE_OF_CODE: dict[int, DType] = {
    0: np.dtype("float32"),
    1: np.dtype("float64"),
    2: np.dtype("float16"),
    3: np.dtype("uint8"),
    4: np.dtype("int32"),
    5: np.dtype("int8"),
    6: np.dtype("int64"),
    7: np.dtype("bool"),
}
CODE_OF_DTYPE = {dtype: code for code, dtype in DTYPE_OF_CODE.items()}
_TEXT = re.compile("[<>=|]?(?:[A-Zb-z][a-z]*[0-9]*|\\?)")
_NAMES = ", ".join(sorted(dtype.name for dtype in CODE_OF_DTYPE))


class Spec(NamedTuple):
    """What is known of one value: its shape and its dtype."""

    shape: Shape | None = None
    dtype: DType | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of the value; shape and dtype must be known."""
        if self.shape is None or self.dtype is None:
            raise ValueError("the size of a value is not known before its shape and dtype")
        return count(self.shape) * self.dtype.itemsize


def count(shape: Shape) -> int:
    """Number of elements of a known shape. Python integers: no overflow, however large the shape."""
    total = 1
    for dim in shape:
        if dim is None:
            raise ValueError(f"the shape {shape} is not known in full")
        total *= dim
    return total


MOST_DIMS = 64
"""Dimensions of an array: NumPy's limit."""


def impossible(shape: Shape) -> str:
    """Why NumPy can have no array of a shape with many dimensions, or without elements; else empty."""
    if len(shape) > MOST_DIMS:
        return f"an array has at most {MOST_DIMS} dimensions, not {len(shape):,}"
    # The sizes that are not zero are multiplied, even where the product is zero.
    if not all(shape) and math.prod(dim for dim in shape if dim) > sys.maxsize // 8:
        return f"no array can have the shape {shape}"
    return ""


def is_known(shape: Shape | None) -> bool:
    """Whether the rank and every dimension are known."""
    return shape is not None and None not in shape


def known(shape: Shape | None) -> tuple[int, ...]:
    """The same shape, for the type checker: every dimension known."""
    if shape is None or None in shape:
        raise ValueError(f"the shape {shape} is not known in full")
    return shape  # type: ignore[return-value]  # the test above leaves no None


def as_dtype(value: Any) -> DType:
    """The NumPy dtype for a dtype, its name, a NumPy scalar type, Python's type or MXNet's type code.

    Raises
    ------
    DTypeError
        If it is none of these, or a dtype that MXNet arrays cannot have.
    """
    try:
        if isinstance(value, str) and value.isdigit():
            value = int(value)
        if isinstance(value, str) and not _TEXT.fullmatch(value):
            raise ValueError  # NumPy would take it for a description of columns, or warn of it
        if isinstance(value, int) and not isinstance(value, bool):
            return DTYPE_OF_CODE[value]
        if value is int:  # NumPy's answer depends on the machine: 32 bits in a browser's Python
            value = np.int64
        dtype: DType | None = np.dtype(value).newbyteorder("=") if value is not None else None
    except (TypeError, KeyError, ValueError):
        dtype = None
    # Not `dtype in CODE_OF_DTYPE` alone: NumPy reads None as float64 when it compares.
    if dtype is None or dtype not in CODE_OF_DTYPE:
        raise DTypeError(
            f"{given(value)} is not a dtype that arrays here can have",
            hint=f"Use one of: {_NAMES}.",
        )
    return dtype


def as_shape(value: Any) -> tuple[int, ...]:
    """A tuple of non-negative Python integers from an integer or a sequence of them.

    Raises
    ------
    ArgumentError
        If it is not one, holds a negative size, or has more elements than an array can have.
    """
    try:
        items: Sequence[Any] = (value,) if not isinstance(value, (tuple, list)) else value
        shape = tuple(operator.index(item) for item in items)
    except TypeError:
        raise ArgumentError(
            f"{value!r} is not a shape", hint="A shape is a tuple of whole numbers, such as (2, 3)."
        ) from None
    if any(dim < 0 for dim in shape):
        raise ArgumentError(f"the shape {shape} has a negative size", hint="Sizes are 0 or more.")
    if count(shape) > sys.maxsize:
        raise ArgumentError(
            f"an array of shape {shape} would have {count(shape):,} elements, more than any memory holds",
            hint="Give smaller sizes.",
        )
    if why := impossible(shape):
        raise ArgumentError(why, hint="Give fewer or smaller sizes.")
    return shape


def from_mxnet(shape: Sequence[int]) -> Shape | None:
    """MXNet's partial shape as ours: `()` is unknown, 0 (or -1) is an unknown dimension."""
    return tuple(dim if dim > 0 else None for dim in shape) or None


def to_mxnet(shape: Shape | None) -> tuple[int, ...]:
    """Our partial shape as MXNet's: `()` for unknown, 0 for an unknown dimension."""
    return tuple(0 if dim is None else dim for dim in shape) if shape is not None else ()
