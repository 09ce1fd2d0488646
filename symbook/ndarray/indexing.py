"""Indexing of raw arrays, with MXNet's rules.

Integers, slices, `None` and `...` give a view where the part is contiguous and a copy where it is
not, as in MXNet. Integer arrays and lists gather a copy. What leaves no dimension has shape `(1,)`.
Boolean arrays are masks, as in NumPy; MXNet's legacy arrays read them as the integers 0 and 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..context import Context
from ..errors import ArgumentError, OutOfRange, ShapeError, shape_text
from .storage import Raw, computing, contiguous, numbers, placed

Key = tuple[Any, ...]


class IndexKindError(ArgumentError, ValueError, IndexError):
    """A thing in square brackets that is no index."""


def read(raw: Raw, key: Any, ctx: Context) -> Raw:
    """The part that a key selects: a view where it is contiguous memory of `raw`, else a new array.

    Raises
    ------
    OutOfRange
        If an index is out of bounds, or there are more indices than dimensions.
    IndexKindError
        If an item of the key is no index.
    """
    items, basic = _normalised(key, ctx)
    with placed(ctx):
        found = _selected(raw, items, basic)
        if found.ndim == 0 and raw.ndim > 0:
            found = found.reshape(1)
        return contiguous(found)


def write(raw: Raw, key: Any, value: Raw, ctx: Context) -> None:
    """Assign `value` to the part that a key selects, broadcast and cast to the array's dtype.

    Raises
    ------
    ShapeError
        If the value does not broadcast to the part.
    OutOfRange, IndexKindError
        As :func:`read`.
    """
    items, basic = _normalised(key, ctx)
    with placed(ctx):
        part = _selected(raw, items, basic)
    value = _without_leading_ones(value, part.ndim)
    try:
        with computing(ctx):
            if basic:
                ctx.xp.copyto(part, value, casting="unsafe")
            else:
                raw[items] = value
    except ValueError:
        raise ShapeError(
            f"a value of shape {shape_text(value.shape)} cannot be assigned to a part of shape "
            f"{shape_text(part.shape)}",
            hint="Sizes must be equal, or the value's 1, counted from the last dimension.",
        ) from None


def _without_leading_ones(value: Raw, rank: int) -> Raw:
    while value.ndim > rank and value.shape[0] == 1:
        value = value[0, ...]
    return value


def _selected(raw: Raw, items: Key, basic: bool) -> Raw:
    if basic and Ellipsis not in items:
        # With an ellipsis NumPy gives a view even where no dimension is left.
        items = (*items, Ellipsis)
    try:
        return raw[items]
    except IndexError as error:
        raise OutOfRange(f"{error} (the array's shape is {shape_text(raw.shape)})") from None
    except (TypeError, ValueError) as error:
        raise IndexKindError(str(error)) from None


def _normalised(key: Any, ctx: Context) -> tuple[Key, bool]:
    """The key as a tuple for NumPy and CuPy; and whether it is basic, that is, has no arrays."""
    items: list[Any] = []
    basic = True
    for item in key if isinstance(key, tuple) else (key,):
        if item is None or item is Ellipsis or isinstance(item, slice):
            items.append(item)
        elif isinstance(item, (int, np.integer)) and not isinstance(item, bool):
            items.append(int(item))
        else:
            array = _index_array(item, ctx)
            if array.ndim == 0 and array.dtype.kind != "b":
                items.append(int(array))
            else:
                items.append(array)
                basic = False
    return tuple(items), basic


def _index_array(item: Any, ctx: Context) -> Raw:
    raw = getattr(item, "_data", item)
    if isinstance(raw, (list, tuple, range)):
        raw = numbers(raw) if len(raw) else np.zeros(0, np.int64)
    if not hasattr(raw, "dtype") or not hasattr(raw, "ndim") or raw.dtype.kind not in "biuf":
        raise IndexKindError(
            f"NDArray does not support slicing with key {item!r} of type {type(item)}.",
            hint="Use whole numbers, slices, None, …, or arrays of whole numbers or booleans.",
        )
    if raw.dtype.kind == "f":
        whole = raw.astype(np.int64)
        if not bool((whole == raw).all()):
            raise IndexKindError("an index array holds numbers that are not whole")
        raw = whole
    return ctx.xp.asarray(raw)
