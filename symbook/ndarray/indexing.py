"""Indexing of raw arrays, with MXNet's rules.

Integers, slices, `None` and `...` give a view where the part is contiguous and a copy where it is
not, as in MXNet. Integer arrays and lists gather a copy. What leaves no dimension has shape `(1,)`.
Boolean arrays are masks, as in NumPy; MXNet's legacy arrays read them as the integers 0 and 1.

CuPy wraps positions that are out of bounds and takes one mask at most, so arrays of positions are checked
here, those of the CPU before they are moved, and masks become positions. What a GPU's own array of positions
or mask selects has to be waited for. Of several values for one position of a GPU's array any may be stored.
"""

from __future__ import annotations

from operator import setitem
from typing import Any

import numpy as np

from ..context import Context
from ..errors import (
    ArgumentError,
    OutOfRange,
    ShapeError,
    brief,
    counted,
    shape_text,
    type_text,
)
from .dlpack import imported, on_gpu
from .storage import Raw, apart, calling, contiguous, moved, numbers, placed

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
    items, basic = _normalised(key, raw, ctx)
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
    items, basic = _normalised(key, raw, ctx)
    if not basic:
        _scatter(raw, items, apart(raw, value, ctx), ctx)
        return
    with placed(ctx):
        part = _selected(raw, items, basic)
    value = apart(part, value, ctx)
    value = _without_leading_ones(value, part.ndim)
    try:
        calling(ctx, ctx.xp.copyto, part, _scalar(value), casting="unsafe")
    except ValueError:
        raise _unlike(value, part) from None


def _scatter(raw: Raw, items: Key, value: Raw, ctx: Context) -> None:
    """Assign to what arrays of positions and masks select."""
    try:
        value = _without_leading_ones(value, _rank(raw, items))
        calling(ctx, setitem, raw, items, _scalar(value))
    except IndexError as error:
        raise _outside(error, raw) from None
    except ValueError:
        raise _unlike(value, _selected(raw, items, False)) from None


def _scalar(value: Raw) -> Any:
    """A number of the CPU as a scalar, which CuPy takes too; all else as it is."""
    return value[()] if value.ndim == 0 and isinstance(value, np.ndarray) else value


def _unlike(value: Raw, part: Raw) -> ShapeError:
    return ShapeError(
        f"a value of shape {shape_text(value.shape)} cannot be assigned to a part of shape "
        f"{shape_text(part.shape)}",
        hint="Sizes must be equal, or the value's 1, counted from the last dimension.",
    )


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
        raise _outside(error, raw) from None
    except (TypeError, ValueError) as error:
        raise IndexKindError(
            str(error),
            hint="Use whole numbers, slices, None, …, or arrays of whole numbers or booleans.",
        ) from None


def _outside(error: IndexError | str, raw: Raw) -> OutOfRange:
    text = str(error)
    # CuPy begins with a capital.
    hint = "Positions are counted from 0, or from -1 back; x[0, 1] has one for each dimension."
    return OutOfRange(
        f"{text[:1].lower()}{text[1:]} (the array's shape is {shape_text(raw.shape)})", hint=hint
    )


def _normalised(key: Any, raw: Raw, ctx: Context) -> tuple[Key, bool]:
    """The key as a tuple for NumPy and CuPy; and whether it is basic, that is, has no arrays."""
    items: list[Any] = []
    basic = True
    for item in key if isinstance(key, tuple) else (key,):
        if item is None or item is Ellipsis or isinstance(item, slice):
            if ctx.is_gpu and isinstance(item, slice):
                _require_whole(item)
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
    if not basic and ctx.is_gpu:
        with placed(ctx):
            items = _for_gpu(items, raw, ctx)
    return tuple(items), basic


def _require_whole(item: slice) -> None:
    """CuPy would cut the fraction off a slice's bounds."""
    for bound in (item.start, item.stop, item.step):
        if bound is not None and not hasattr(bound, "__index__"):
            raise IndexKindError(
                "slice indices must be integers or None or have an __index__ method",
                hint="Write whole numbers: x[0:2].",
            )


def _for_gpu(items: list[Any], raw: Raw, ctx: Context) -> list[Any]:
    """The items as CuPy takes them: on the device, within bounds, and no mask but one alone."""
    if len(items) == 1 and items[0].dtype.kind == "b" and not isinstance(items[0], np.ndarray):
        _require_alike(items[0], raw, 0)
        return items
    indexed = sum(map(_dims, items))
    if indexed > raw.ndim:
        raise _outside(f"too many indices: {indexed} for {counted(raw.ndim, 'dimension')}", raw)
    ready: list[Any] = []
    axis = 0
    for item in items:
        if item is None or item is Ellipsis or isinstance(item, (int, slice)):
            if isinstance(item, int):
                _require_within(np.array(item), raw, axis, ctx)
            axis += raw.ndim - indexed if item is Ellipsis else _dims(item)
            ready.append(item)
        elif item.dtype.kind == "b":
            _require_alike(item, raw, axis)
            axis += item.ndim
            ready += (ctx.xp.asarray(positions) for positions in item.nonzero())
        else:
            _require_within(item, raw, axis, ctx)
            axis += 1
            ready.append(ctx.xp.asarray(item))
    return ready


def _dims(item: Any) -> int:
    """How many dimensions of the array an item of a key is for."""
    if item is None or item is Ellipsis:
        return 0
    if isinstance(item, (int, slice)):
        return 1
    return int(item.ndim) if item.dtype.kind == "b" else 1


def _rank(raw: Raw, items: Key) -> int:
    """The number of dimensions of what a key with arrays selects."""
    arrays = [item for item in items if hasattr(item, "dtype")]
    if arrays[0].dtype.kind == "b":
        return int(raw.ndim - arrays[0].ndim + 1)
    others = sum(item is None or isinstance(item, slice) for item in items)
    left = raw.ndim - sum(map(_dims, items))
    return int(max(item.ndim for item in arrays) + others + left)


def _require_alike(mask: Raw, raw: Raw, axis: int) -> None:
    if mask.ndim == 0:
        raise IndexKindError(
            "a single truth value is no index of an array on a GPU",
            hint="Choose parts by an array of truth values.",
        )
    covered = raw.shape[axis : axis + mask.ndim]
    if mask.shape != covered:
        raise _outside(
            f"a mask of shape {shape_text(mask.shape)} does not fit dimensions of sizes "
            f"{shape_text(covered)}",
            raw,
        )


def _require_within(positions: Raw, raw: Raw, axis: int, ctx: Context) -> None:
    if positions.size == 0:
        return
    size = raw.shape[axis]
    least, most = positions.min(), positions.max()
    if not isinstance(positions, np.ndarray):
        least, most = ctx.xp.stack((least, most)).get()  # both with one wait
    if least < -size or most >= size:
        wrong = int(least) if least < -size else int(most)
        raise _outside(f"index {wrong} is out of bounds for axis {axis} with size {size}", raw)


def _index_array(item: Any, ctx: Context) -> Raw:
    """An array of whole numbers or booleans; of a GPU's on that device, or else on the CPU."""
    raw, home = getattr(item, "_data", item), getattr(item, "_ctx", None)
    if isinstance(raw, (list, tuple, range)):
        raw = numbers(raw) if len(raw) else np.zeros(0, np.int64)
    elif home is None and hasattr(raw, "dtype") and on_gpu(raw):
        raw, home = imported(raw, contiguous=False)
    if not hasattr(raw, "dtype") or not hasattr(raw, "ndim") or raw.dtype.kind not in "biuf":
        raise IndexKindError(
            f"NDArray does not support slicing with key {brief(item)} of type {type_text(item)}.",
            hint="Use whole numbers, slices, None, …, or arrays of whole numbers or booleans.",
        )
    if home is not None and home.is_gpu:
        raw = moved(raw, home, ctx)
    with placed(ctx):
        if raw.dtype.kind == "f":
            whole = raw.astype(np.int64)
            if not bool((whole == raw).all()):
                raise IndexKindError(
                    "an index array holds numbers that are not whole",
                    hint="Round them first: index.round().",
                )
            raw = whole
    return raw
