"""Values as small plain data: numbers of small arrays, and of large ones statistics and a coarse picture."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np

from symbook.render.scene import value_text

Array = np.ndarray[Any, Any]

IN_FULL = 256
"""Up to so many elements, all are in the summary."""
_MOST_READ = 40_000_000
"""Larger arrays are not read through: nobody wants to wait for a picture of them."""
_SIDE = 48
"""Most rows and columns of the coarse picture."""
_BINS = 24
_COLOURS = 251
"""Steps of the coarse picture's colours; 252 to 254 are NaN, minus and plus infinity."""


def summary(values: Array) -> dict[str, Any]:
    """What the views show of an array.

    `items` has all elements of a small one, row by row, numbers that JSON lacks as texts; others have `grid`,
    means of blocks as bytes from `low` to `high`, and `bars`, a histogram of what is finite. `range` is the
    least, mean and greatest finite element.
    """
    found: dict[str, Any] = {"shape": list(values.shape), "dtype": str(values.dtype)}
    if values.size == 0 or values.size > _MOST_READ:
        return found
    if values.size <= IN_FULL:
        found["items"] = [_plain(item) for item in values.ravel().tolist()]
    finite = _finite(values)
    if values.dtype.kind == "f" and finite.size < values.size:
        found["nan"] = int(np.isnan(values).sum())
        found["infinite"] = int(np.isinf(values).sum())
    if finite.size:
        low, high = float(finite.min()), float(finite.max())
        with np.errstate(over="ignore"):
            found["range"] = [
                _plain(low),
                _plain(float(finite.mean(dtype=np.float64))),
                _plain(high),
            ]
        if values.size > IN_FULL:
            found["bars"] = _bars(finite, low, high)
            found["grid"] = _grid(values, low, high)
    return found


def label(values: Array) -> str:
    """What stands on an edge: the value itself, if it is short."""
    return value_text(values)


def _plain(number: float) -> float | str:
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "∞" if number > 0 else "−∞"
    return number


def _finite(values: Array) -> Array:
    return values[np.isfinite(values)] if values.dtype.kind == "f" else values.reshape(-1)


def _bars(finite: Array, low: float, high: float) -> list[int]:
    if not low < high:
        return [int(finite.size)]
    with np.errstate(all="ignore"):
        # Halves keep the span of the largest floats finite.
        part = (finite / 2 - low / 2) / (high / 2 - low / 2)
        places = np.minimum((part * _BINS).astype(np.int64), _BINS - 1)
    return [int(count) for count in np.bincount(places, minlength=_BINS)]


def _grid(values: Array, low: float, high: float) -> dict[str, Any]:
    """The last two dimensions of the first of an array's matrices, or a vector as one row."""
    matrix = (
        values.reshape(1, -1) if values.ndim == 1 else values.reshape(-1, *values.shape[-2:])[0]
    )
    means = _block_means(matrix.astype(np.float64))
    with np.errstate(all="ignore"):
        span = high / 2 - low / 2
        part = (means / 2 - low / 2) / span if span else np.full(means.shape, 0.5)
        places = np.nan_to_num(part * _COLOURS, nan=0, posinf=0, neginf=0).round()
    places = places.clip(0, _COLOURS).astype(np.uint8)
    places[np.isnan(means)], places[np.isneginf(means)], places[np.isposinf(means)] = 252, 253, 254
    return {
        "rows": places.shape[0],
        "columns": places.shape[1],
        "bytes": base64.b64encode(places.tobytes()).decode("ascii"),
        "of": [int(size) for size in matrix.shape],
    }


def _block_means(matrix: Array) -> Array:
    with np.errstate(all="ignore"):
        for axis, size in enumerate(matrix.shape):
            if size > _SIDE:
                edges = np.linspace(0, size, _SIDE + 1).astype(np.int64)
                counts = np.diff(edges)
                # Divided first: a sum of large numbers could overflow where their mean does not.
                parts = matrix / np.expand_dims(np.repeat(counts, counts), 1 - axis)
                matrix = np.add.reduceat(parts, edges[:-1], axis=axis)
    return matrix
