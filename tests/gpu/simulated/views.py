"""Functions that give views of an array, or a copy where there is no such view."""

from __future__ import annotations

from typing import Any

import numpy as np

from .array import launch, ndarray, new, view_of
from .facts import bind

# NumPy's function gives a view, or in some cases a copy, of its first argument.
VIEWS = [
    "reshape",
    "ravel",
    "transpose",
    "permute_dims",
    "swapaxes",
    "moveaxis",
    "rollaxis",
    "broadcast_to",
    "expand_dims",
    "squeeze",
    "diagonal",
    "split",
    "array_split",
    "hsplit",
    "vsplit",
    "dsplit",
    "flip",
    "fliplr",
    "flipud",
    "rot90",
    "matrix_transpose",
]


def wrapped(array: ndarray, compute: Any) -> Any:
    """What NumPy makes of the array's memory: a view of it, or a copy that is made when it is due."""
    found = compute(array._np)
    if isinstance(found, list | tuple):
        return type(found)(_one(array, each, None) for each in found)
    return _one(array, found, compute)


def _one(array: ndarray, found: Any, compute: Any) -> ndarray:
    if found is array._np:
        return array
    if not found.size or np.may_share_memory(found, array._np):
        return view_of(array, found)
    result = new(found.shape, found.dtype, "F" if found.flags.fnc else "C")
    source, target = array._np, result._np
    launch("copy", lambda: np.copyto(target, compute(source)), [array], [result])
    return result


def function(name: str) -> Any:
    """CuPy's function of that name, by NumPy's."""
    numpys = getattr(np, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        bind("cupy", name, args, kwargs)
        array, *rest = args if args else (kwargs.pop(next(iter(kwargs))),)
        if not isinstance(array, ndarray):
            raise TypeError(f"{name}: only cupy.ndarray is taken, not {type(array)}")
        for each in (*rest, *kwargs.values()):
            if isinstance(each, ndarray | np.ndarray):
                raise TypeError(f"{name}: {type(each)} is no parameter")
        return wrapped(array, lambda view: numpys(view, *rest, **kwargs))

    call.__name__ = name
    return call


FUNCTIONS = {name: function(name) for name in VIEWS}


def broadcast_arrays(*args: Any) -> Any:
    shape = np.broadcast_shapes(*(each.shape for each in args))
    return [FUNCTIONS["broadcast_to"](each, shape) for each in args]


def _at_least(dimensions: int) -> Any:
    def at_least(*arrays: Any) -> Any:
        numpys = (np.atleast_1d, np.atleast_2d, np.atleast_3d)[dimensions - 1]
        found = [wrapped(each, numpys) for each in arrays]
        return found[0] if len(found) == 1 else found

    return at_least


FUNCTIONS["broadcast_arrays"] = broadcast_arrays
for _n in (1, 2, 3):
    FUNCTIONS[f"atleast_{_n}d"] = _at_least(_n)


def sliding_window_view(
    x: ndarray, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> ndarray:
    view = np.lib.stride_tricks.sliding_window_view
    return wrapped(x, lambda values: view(values, window_shape, axis))


# methods


def reshape(self: ndarray, *shape: Any, order: str = "C", copy: Any = None) -> ndarray:
    if len(shape) == 1 and not isinstance(shape[0], int | np.integer):
        shape = tuple(shape[0])
    if any(isinstance(each, ndarray) for each in shape):
        raise TypeError("'cupy.ndarray' object cannot be interpreted as an integer")
    return wrapped(self, lambda view: view.reshape(shape, order=order))


def transpose(self: ndarray, *axes: Any) -> ndarray:
    return wrapped(self, lambda view: view.transpose(*axes))


def ravel(self: ndarray, order: str = "C") -> ndarray:
    return wrapped(self, lambda view: view.ravel(order))


def squeeze(self: ndarray, axis: Any = None) -> ndarray:
    return wrapped(self, lambda view: view.squeeze(axis))


def swapaxes(self: ndarray, axis1: int, axis2: int) -> ndarray:
    return wrapped(self, lambda view: view.swapaxes(axis1, axis2))


def diagonal(self: ndarray, offset: int = 0, axis1: int = 0, axis2: int = 1) -> ndarray:
    return wrapped(self, lambda view: view.diagonal(offset, axis1, axis2))


METHODS = {each.__name__: each for each in (reshape, transpose, ravel, squeeze, swapaxes, diagonal)}
