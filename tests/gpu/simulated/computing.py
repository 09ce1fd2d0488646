"""What NumPy computes or decides otherwise than CuPy."""

from __future__ import annotations

from typing import Any

import numpy as np

# Functions whose first argument may be a number.
SCALARS = {"full", "isclose", "allclose", "logspace", "meshgrid", "einsum"}


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
    _check_kind(kind)
    return np.argsort(a, axis, kind="stable")


def _check_kind(kind: Any) -> None:
    if kind not in (None, "stable"):
        raise ValueError("kind can only be None or 'stable'")


def sort(a: Any, axis: Any = -1, kind: Any = None) -> Any:
    """Stable always."""
    _check_kind(kind)
    return np.sort(a, axis, kind="stable")


def argsort_layout(result: Any, arrays: Any, args: Any, kwargs: Any) -> Any:
    """The sorted axis is the innermost in memory."""
    axis = kwargs.get("axis", args[1] if len(args) > 1 else -1)
    return result if axis is None else _innermost(result, axis)


def scan_layout(result: Any, arrays: Any, args: Any, kwargs: Any) -> Any:
    """The axis gone along is the innermost in memory, but for the first."""
    axis = kwargs.get("axis", args[1] if len(args) > 1 else None)
    return result if axis in (None, 0) else _innermost(result, axis)


def same_layout(result: Any, arrays: Any, args: Any, kwargs: Any) -> Any:
    """In Fortran's order, if the argument is."""
    return _laid(result, range(result.ndim)) if arrays[0].flags.fnc else result


def _innermost(result: Any, axis: int) -> Any:
    axis %= result.ndim
    return _laid(result, (axis, *reversed([each for each in range(result.ndim) if each != axis])))


def _laid(result: Any, axes: Any) -> Any:
    """The array with other strides; `axes` from the innermost to the outermost."""
    strides, step = list(result.strides), result.itemsize
    for axis in axes:
        strides[axis] = step
        step *= max(result.shape[axis], 1)
    result._set(result.data, result.shape, result.dtype, tuple(strides), None)
    return result


LAYOUTS = {
    "argsort": argsort_layout,
    "cumsum": scan_layout,
    "cumprod": scan_layout,
    "pad": same_layout,
    "nan_to_num": same_layout,
    "linalg.solve": lambda result, arrays, args, kwargs: (
        _laid(result, range(2)) if result.ndim == 2 else result
    ),
}
# Both arguments are arrays.
PAIRS = {"matmul", "dot", "inner", "outer", "vdot", "tensordot", "kron", "cross", "take_along_axis"}
# `out` may be of any dtype.
ANY_OUT = {"sum", "prod", "max", "min", "amax", "amin", "any", "all", "mean", "var", "std"}
ANY_OUT |= {"argmax", "argmin", "cumsum", "cumprod"}

COMPUTE: dict[str, Any] = {
    "take": take,
    "take_along_axis": take_along_axis,
    "argsort": argsort,
    "sort": sort,
}
