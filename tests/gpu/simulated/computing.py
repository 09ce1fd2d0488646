"""What NumPy computes or decides otherwise than CuPy."""

from __future__ import annotations

from typing import Any

import numpy as np

# Functions whose first argument may be a number.
SCALARS = {"where", "clip", "full", "isclose", "allclose", "logspace", "meshgrid", "einsum"}


def take(a: Any, indices: Any, axis: Any = None, out: Any = None) -> Any:
    """Indices beyond the ends wrap."""
    return np.take(a, indices, axis, mode="wrap")


def take_along_axis(a: Any, indices: Any, axis: Any) -> Any:
    """Indices beyond the ends wrap."""
    if axis is None:
        return np.take_along_axis(a.ravel(), indices % max(a.size, 1), 0)
    return np.take_along_axis(a, indices % max(a.shape[axis], 1), axis)


def argsort(a: Any, axis: Any = -1, kind: Any = None) -> Any:
    """Stable always."""
    return np.argsort(a, axis, kind="stable")


def sort(a: Any, axis: Any = -1, kind: Any = None) -> Any:
    """Stable always."""
    return np.sort(a, axis, kind="stable")


COMPUTE: dict[str, Any] = {
    "take": take,
    "take_along_axis": take_along_axis,
    "argsort": argsort,
    "sort": sort,
}
