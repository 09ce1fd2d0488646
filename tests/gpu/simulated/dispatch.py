"""Calls of NumPy's functions with arrays of the device: they go to CuPy's, or nowhere."""

from __future__ import annotations

import functools
import sys
from typing import Any

import numpy as np

Scalar = bool | int | float | complex


def ufunc(function: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What `__array_ufunc__` gives."""
    from .array import ndarray

    out = kwargs.pop("out", None)
    if out is not None:
        if len(out) == 1:
            out = out[0]
        kwargs["out"] = out
    for each in (*inputs, *([] if out is None else out if isinstance(out, tuple) else [out])):
        if each is not None and not isinstance(each, ndarray | np.ndarray | np.generic | Scalar):
            return NotImplemented
    cupy = sys.modules["cupy"]
    found = getattr(cupy, function.__name__, None)
    if found is None:
        return NotImplemented
    if method == "__call__":
        return found(*inputs, **kwargs)
    if method in ("at", "reduce", "accumulate", "outer", "reduceat"):
        return getattr(found, method)(*inputs, **kwargs)
    return NotImplemented


def function(func: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What `__array_function__` gives."""
    from .array import ndarray

    try:
        module = functools.reduce(getattr, func.__module__.split(".")[1:], sys.modules["cupy"])
        found = getattr(module, func.__name__)
    except AttributeError:
        return NotImplemented
    if any(not issubclass(each, ndarray) for each in types):
        return NotImplemented
    return found(*args, **kwargs)
