"""The methods of `cupy.ndarray` that are functions too, with the methods' own parameters, and operators."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import creation, indexing, ufuncs, views
from .array import ndarray
from .errors import NotSimulated
from .facts import CLASSES, bind
from .functions import FUNCTIONS

_BINARY = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "power",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "left_shift",
    "rshift": "right_shift",
    "divmod": "divmod",
}
_COMPARE = {
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
}
_UNARY = {"neg": "negative", "pos": "positive", "abs": "absolute", "invert": "invert"}


def _method(name: str) -> Any:
    function = FUNCTIONS[name]

    def method(self: ndarray, *args: Any, **kwargs: Any) -> Any:
        bind("ndarray", name, (self, *args), kwargs)
        return function(self, *args, **kwargs)

    method.__name__ = name
    return method


def _operators() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, of in {**_BINARY, **_COMPARE}.items():
        found[f"__{name}__"] = _forward(ufuncs.ALL[of])
    for name, of in _BINARY.items():
        found[f"__r{name}__"] = _reflected(ufuncs.ALL[of])
        if name != "divmod":
            found[f"__i{name}__"] = _in_place(ufuncs.ALL[of])
    for name, of in _UNARY.items():
        found[f"__{name}__"] = _single(ufuncs.ALL[of])
    return found


def _forward(function: Any) -> Any:
    return lambda self, other, *mod: _or_not(function, self, other)


def _reflected(function: Any) -> Any:
    return lambda self, other, *mod: _or_not(function, other, self)


def _in_place(function: Any) -> Any:
    return lambda self, other: function(self, other, self)


def _single(function: Any) -> Any:
    return lambda self: function(self)


def _or_not(function: Any, x: Any, y: Any) -> Any:
    """As CuPy: whoever has a higher priority computes."""
    for other in (x, y):
        if (
            not isinstance(other, ndarray | np.ndarray | np.generic)
            and getattr(other, "__array_ufunc__", False) is None
        ):
            return NotImplemented
    return function(x, y)


def _matmul(self: Any, other: Any) -> Any:
    return FUNCTIONS["matmul"](self, other)


def sort(self: ndarray, axis: int = -1, kind: Any = None) -> None:
    self[...] = FUNCTIONS["sort"](self, axis, kind)


def partition(self: ndarray, kth: Any, axis: int = -1) -> None:
    self[...] = FUNCTIONS["partition"](self, kth, axis)


def flatten(self: ndarray, order: str = "C") -> ndarray:
    result = views.ravel(self, order)
    return creation.copy_of(result) if result.base is not None else result


def copy(self: ndarray, order: str = "C") -> ndarray:
    return creation.copy_of(self, order)


def deepcopy(self: ndarray, memo: Any) -> ndarray:
    with self.device:
        return creation.copy_of(self)


def dot(self: ndarray, b: ndarray, out: Any = None) -> Any:
    return FUNCTIONS["dot"](self, b, out=out)


def scatter_add(self: ndarray, slices: Any, value: Any) -> None:
    indexing.scatter(self, slices, value, "add")


def put(self: ndarray, indices: Any, values: Any, mode: str = "wrap") -> None:
    self.ravel()[indices] = values


def conj(self: ndarray) -> ndarray:
    return ufuncs.ALL["conj"](self) if self.dtype.kind == "c" else self  # type: ignore[no-any-return]


def nonzero(self: ndarray) -> Any:
    return FUNCTIONS["nonzero"](self)


def reduced_view(self: ndarray, dtype: Any = None) -> ndarray:
    return self


def _missing(name: str) -> Any:
    def method(self: ndarray, *args: Any, **kwargs: Any) -> Any:
        raise NotSimulated(f"ndarray.{name} is not simulated: add it to tests/gpu/simulated")

    return method


def add_methods() -> None:
    """Give `ndarray` all methods that are recorded."""
    found: dict[str, Any] = {**_operators(), **views.METHODS, "astype": creation.astype}
    for each in (
        sort,
        partition,
        flatten,
        copy,
        dot,
        scatter_add,
        put,
        conj,
        nonzero,
        reduced_view,
    ):
        found[each.__name__] = each
    found |= {"conjugate": conj, "__copy__": copy, "__deepcopy__": deepcopy}
    found |= {"__matmul__": _matmul, "__rmatmul__": lambda self, other: _matmul(other, self)}
    for name, text in CLASSES["ndarray"].items():
        if name in found or name in vars(ndarray) or name[0] == "_" or text is None:
            continue
        found[name] = _method(name) if name in FUNCTIONS else _missing(name)
    for name, method in found.items():
        setattr(ndarray, name, method)
