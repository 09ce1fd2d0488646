"""Numbers from one dtype to another as a GPU does it."""

from __future__ import annotations

from typing import Any

import numpy as np


def store(target: Any, values: Any) -> None:
    """Put values into a view, cast as on a GPU: floats beyond the range of an integer become its ends."""
    np.copyto(target, cast(values, target.dtype), casting="unsafe")


def cast(values: Any, dtype: Any) -> Any:
    """Values as another dtype; the same array if it has it already."""
    values, dtype = np.asarray(values), np.dtype(dtype)
    if values.dtype == dtype:
        return values
    if values.dtype.kind == "c" and dtype.kind != "c":
        values = values.real
    if values.dtype.kind == "f" and dtype.kind in "iu":
        wide = values.astype(np.float64)
        # Types of fewer than 32 bits are cut out of an int.
        through = np.dtype(dtype.kind + str(max(dtype.itemsize, 4)))
        ends = np.iinfo(through)
        whole = np.trunc(np.where(np.isnan(wide), 0, wide))
        found = np.empty(values.shape, through)
        high, low = whole >= float(ends.max), whole <= float(ends.min)
        found[...] = np.where(high | low, 0, whole).astype(through)
        found[high], found[low] = ends.max, ends.min
        return found.astype(dtype)
    return values.astype(dtype)
