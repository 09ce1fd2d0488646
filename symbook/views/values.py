"""Values as small plain data: all numbers of small arrays; statistics of large ones, and parts of them."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np

from symbook.render.scene import value_text

from .images import as_image, picture

Array = np.ndarray[Any, Any]
Json = dict[str, Any]

IN_FULL = 256
"""Up to so many elements, all are in the summary, as JSON."""
WHOLE = 4096
"""Up to so many elements, all are in the summary, as bytes."""
_MOST_READ = 40_000_000
"""Larger arrays are not read through: nobody wants to wait for a picture of them."""
_MOST_IN_PAGE = 65_536
_PAGE_BYTES, _MANY_BYTES = 4_000_000, 1_000_000
"""Bytes of larger arrays that a page has in it, all together, so that it opens at once; then of many."""
_MANY = 1000
_SPARE = 24
"""So many arrays for which there is no room are still there in part; of others, statistics alone."""
_ALWAYS = 8
"""Up to so many elements, all are always there."""
_SIDE = 64
"""Most rows and columns of the coarse picture."""
_BINS = 24
_ROWS, _COLUMNS = 32, 16
"""Most rows and columns of a table; of more, the first and the last."""
_EXACT = 2**53
_AT_ONCE = 1 << 20


def summary(values: Array, most: int = WHOLE, listed: int = IN_FULL) -> Json:
    """What the views show of an array.

    Parameters
    ----------
    values : array
    most : int
        Up to so many elements, all are there. With 0, no element is there but those that are listed.
    listed : int
        Up to so many elements, all are there as JSON.

    Returns
    -------
    dict
        `shape` and `dtype`. `range`, the least, mean and greatest finite element; `std`, their standard
        deviation; counts of `zeros`, and of `nan` and `infinite` where there are any. `items`, all elements
        of a small array, row by row, what JSON lacks as texts; or else `data`, their bytes; or else `plane`,
        the first of the array's matrices (as :func:`plane`), and `picture`. `bars` is a histogram of what is
        finite, `image` how the array can be read as pictures (as :func:`symbook.views.images.as_image`).
        An array that is empty, or too large to be looked through, has shape and dtype alone.
    """
    found: Json = {"shape": list(values.shape), "dtype": dtype_name(values.dtype)}
    if values.size == 0 or values.size > _MOST_READ:
        return found
    finite = _finite(values)
    if finite.size < values.size:
        found["nan"] = int(np.isnan(values).sum())
        found["infinite"] = int(np.isinf(values).sum())
    if finite.size:
        _add_statistics(found, finite)
    low, _, high = found.get("range", (0, 0, 0))
    if image := as_image(values.shape, values.dtype, low, high, finite.size == values.size):
        found["image"] = image
    if values.size <= listed:
        found["items"] = [_plain(item) for item in values.ravel().tolist()]
    elif values.size <= most:
        found["data"] = _data(values)
    elif most:
        found["plane"] = plane(values, [0] * max(0, values.ndim - 2))
        if image:
            found["picture"] = picture(values, image, 0)
    return found


def part(values: Array, kind: str, at: Sequence[int]) -> Json:
    """What is asked for of an array when it is looked at: a `plane`, or a `picture` of a batch.

    Raises
    ------
    IndexError
        If there is no such place in the array.
    ValueError
        If it is of no such kind.
    """
    if kind == "plane":
        return plane(values, at)
    finite = _finite(values)
    image = finite.size and as_image(
        values.shape, values.dtype, float(finite.min()), float(finite.max()), True
    )
    if kind != "picture" or not image:
        raise ValueError(f"an array of shape {values.shape} has no {kind}")
    return picture(values, image, *at)


def plane(values: Array, at: Sequence[int]) -> Json:
    """One of an array's matrices: its last two dimensions at some place of the others.

    Parameters
    ----------
    values : array
        A vector is a column in the table, and a row in the picture.
    at : sequence of int
        An index for each dimension but the last two.

    Returns
    -------
    dict
        `at`; `of`, rows and columns; `cells`, the elements of some `rows` and `columns`, all of a small
        matrix and the first and the last of others; `grid`, the means of blocks of elements as float32.
    """
    matrix = values.reshape(-1, 1) if values.ndim < 2 else values[tuple(at)]
    if matrix.ndim != 2:
        raise IndexError(f"{list(at)} is no place of a matrix in an array of shape {values.shape}")
    rows, columns = _ends(matrix.shape[0], _ROWS), _ends(matrix.shape[1], _COLUMNS)
    means = _block_means((matrix.T if values.ndim < 2 else matrix).astype(np.float64))
    with np.errstate(over="ignore"):
        coarse = means.astype("<f4")
    return {
        "at": list(at),
        "of": list(matrix.shape),
        "rows": rows,
        "columns": columns,
        "cells": [[_plain(matrix[r, c].item()) for c in columns] for r in rows],
        "grid": {
            "rows": coarse.shape[0],
            "columns": coarse.shape[1],
            "numbers": _text(coarse),
        },
    }


def for_page(shown: Iterable[tuple[Json | None, Array]], count: int = 0) -> list[Json]:
    """Summaries for a page, which has no Python to ask: with all elements, while there is room for them.

    Parameters
    ----------
    shown : iterable of (dict or None, array)
        The summary that there is already, and the array.
    count : int, optional
        How many arrays there are: of many, each has less room.
    """
    many = count > _MANY
    room, spare, found = _MANY_BYTES if many else _PAGE_BYTES, _SPARE, list[Json]()
    for known, values in shown:
        if known is not None and values.size <= IN_FULL:
            found.append(known)
            continue
        listed = _ALWAYS if many else IN_FULL
        fits = values.size <= _MOST_IN_PAGE and values.nbytes <= room
        if fits:
            room -= values.nbytes
            most = _MOST_IN_PAGE
        else:
            most = WHOLE if spare or not many else 0
            spare = max(0, spare - (values.size > listed))
        found.append(summary(values, most, listed))
    return found


@cache
def dtype_name(dtype: np.dtype[Any]) -> str:
    """What a dtype is called. NumPy takes longer to tell than to add up a small array."""
    return str(dtype)


def label(values: Array) -> str:
    """What stands on an edge: the value itself, if it is short."""
    return value_text(values)


def _add_statistics(found: Json, finite: Array) -> None:
    low, high = finite.min().item(), finite.max().item()
    greatest = max(abs(float(low)), abs(float(high)))
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(finite.mean(dtype=np.float64))
    if not math.isfinite(mean):
        mean = greatest * float((finite / greatest).mean(dtype=np.float64))
    found["range"] = [_plain(float(low)), _plain(mean), _plain(float(high))]
    found["std"] = _plain(_deviation(finite, mean, greatest))
    found["zeros"] = int(finite.size - np.count_nonzero(finite))
    if finite.dtype.kind in "biu" and int(high) - int(low) < _BINS:
        # Whole numbers as wide as an index, as `bincount` wants them: 32 bits in a browser.
        above = (finite.astype(np.int64) - int(low)).astype(np.intp)
        counts = np.bincount(above, minlength=int(high) - int(low) + 1)
        found["bars"], found["each"] = [int(count) for count in counts], True
    else:
        found["bars"] = _bars(finite, float(low), float(high))


def _deviation(finite: Array, mean: float, greatest: float) -> float:
    """The standard deviation, of the whole population; in parts, so that little memory is taken."""
    if not greatest:
        return 0.0
    total = 0.0
    for start in range(0, finite.size, _AT_ONCE):
        # Divided first: squares of large numbers could overflow.
        some = finite[start : start + _AT_ONCE].astype(np.float64) / greatest - mean / greatest
        total += float(np.square(some).sum())
    return greatest * math.sqrt(total / finite.size)


def _plain(number: float) -> float | str:
    if isinstance(number, int):
        return number if abs(number) <= _EXACT else str(number)
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "∞" if number > 0 else "−∞"
    return number


def _finite(values: Array) -> Array:
    return values[np.isfinite(values)] if values.dtype.kind == "f" else values.reshape(-1)


def _data(values: Array) -> Json:
    """All elements as bytes, of a kind that JavaScript has: `f4`, `f8`, `i4`, `i1`, `u1`."""
    kinds = {"f2": "f4", "f4": "f4", "i4": "i4", "i2": "i4", "i1": "i1", "u1": "u1", "b1": "u1"}
    kind = kinds.get(values.dtype.str[1:], "f8")
    return {"kind": kind, "bytes": _text(values.astype(f"<{kind}"))}


def _text(values: Array) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")


def _ends(size: int, most: int) -> list[int]:
    if size <= most:
        return list(range(size))
    return [*range(most // 2), *range(size - most // 2, size)]


def _bars(finite: Array, low: float, high: float) -> list[int]:
    if not low < high:
        return [int(finite.size)]
    with np.errstate(all="ignore"):
        # Halves keep the span of the largest floats finite.
        part = (finite.astype(np.float64) / 2 - low / 2) / (high / 2 - low / 2)
        places = np.minimum((part * _BINS).astype(np.intp), _BINS - 1)
    return [int(count) for count in np.bincount(places, minlength=_BINS)]


def _block_means(matrix: Array) -> Array:
    with np.errstate(all="ignore"):
        for axis, size in enumerate(matrix.shape):
            if size > _SIDE:
                edges = np.linspace(0, size, _SIDE + 1).astype(np.intp)
                counts = np.diff(edges)
                # Divided first: a sum of large numbers could overflow where their mean does not.
                parts = matrix / np.expand_dims(np.repeat(counts, counts), 1 - axis)
                matrix = np.add.reduceat(parts, edges[:-1], axis=axis)
    return matrix
