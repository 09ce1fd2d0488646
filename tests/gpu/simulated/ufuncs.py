"""CuPy's ufuncs: their loops are the recorded ones, the arithmetic is NumPy's.

The first loop is taken to which all inputs can be cast; Python's numbers have no dtype of their own.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .array import launch, ndarray, new
from .casts import store
from .facts import UFUNCS
from .noise import disturbed

Scalar = bool | int | float | complex
_WEAK = {bool: "?", int: "l", float: "d", complex: "D"}


def check_operand(value: Any) -> Any:
    """What a kernel of CuPy's takes: arrays of the device, and scalars."""
    if isinstance(value, ndarray | np.generic | bool | int | float | complex):
        return value
    if hasattr(value, "__cuda_array_interface__"):
        from .exchange import from_interface

        return from_interface(value)
    raise TypeError(f"Unsupported type {type(value)}")


def input_types(operands: tuple[Any, ...]) -> tuple[np.dtype[Any], ...]:
    """The dtypes that choose a loop: Python's numbers take that of their company."""
    strong = [value.dtype for value in operands if isinstance(value, ndarray | np.generic)]
    types = []
    for value in operands:
        if isinstance(value, ndarray | np.generic):
            types.append(value.dtype)
        elif not strong:
            types.append(np.dtype(_WEAK[type(value)]))
        else:
            types.append(_beside(type(value), tuple(strong)))
    return tuple(types)


@functools.cache
def _beside(kind: type, strong: tuple[np.dtype[Any], ...]) -> np.dtype[Any]:
    """The dtype of a Python number beside arrays."""
    company = np.result_type(*strong)
    if kind is bool:
        return np.dtype(bool)
    return np.result_type(company, kind(0))


class ufunc:
    """`cupy.ufunc`."""

    __module__ = "cupy"

    def __init__(self, name: str, compute: Any = None) -> None:
        found = UFUNCS[name]
        self.name: str = found["name"]
        self.__name__ = self.name.removeprefix("cupy_")
        self.types: list[str] = found["types"]
        self._scatter: str | None = found["scatter"]
        ins, outs = self.types[0].split("->")
        self.nin, self.nout = len(ins), len(outs)
        self.nargs = self.nin + self.nout
        self._compute = compute or getattr(np, name)
        self._cache: dict[Any, str] = {}

    def __repr__(self) -> str:
        return f"<ufunc '{self.name}'>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        out = kwargs.pop("out", None)
        dtype = kwargs.pop("dtype", None)
        casting = kwargs.pop("casting", "same_kind")
        if kwargs:
            raise TypeError(f"Wrong arguments {kwargs}")
        if len(args) not in range(self.nin, self.nargs + 1):
            raise TypeError(
                f"Wrong number of arguments for '{self.name}'. It must be either {self.nin} or "
                f"{self.nargs} (with outputs), but given {len(args)}."
            )
        operands = tuple(check_operand(each) for each in args[: self.nin])
        outs = list(args[self.nin :])
        if out is not None:
            if outs:
                raise ValueError("Cannot specify 'out' as both a positional and keyword argument")
            outs = list(out) if isinstance(out, tuple) else [out]
        loop = self.loop(operands, dtype)
        shape = np.broadcast_shapes(*(getattr(each, "shape", ()) for each in operands))
        results = self._results(outs, loop.split("->")[1], shape, casting)
        self._run(operands, loop, results)
        return results[0] if self.nout == 1 else tuple(results)

    def loop(self, operands: tuple[Any, ...], dtype: Any) -> str:
        """The types of the loop, as `"ff->f"`."""
        if dtype is not None:
            wanted = np.dtype(dtype).char
            for each in self.types:
                if set(each.split("->")[1]) == {wanted}:
                    return each
            raise TypeError(f"Wrong type ({np.dtype(dtype).type}) of arguments for {self.name}")
        types = input_types(operands)
        if self.name == "cupy_ldexp" and type(operands[1]) in (bool, int):
            types = (types[0], np.dtype("i"))
        if types not in self._cache:
            self._cache[types] = self._guess(types)
        return self._cache[types]

    def _guess(self, types: tuple[np.dtype[Any], ...]) -> str:
        if self.name in _NOT_OF_BOOL and all(each == np.bool_ for each in types):
            raise TypeError(f"The cupy boolean {self.__name__} is not supported")
        for each in self.types:
            if all(np.can_cast(have, want) for have, want in zip(types, each, strict=False)):
                return each
        raise TypeError(f"Wrong type ({tuple(t.type for t in types)}) of arguments for {self.name}")

    def _results(self, outs: list[Any], types: str, shape: Any, casting: str) -> list[ndarray]:
        results = []
        for position, char in enumerate(types):
            given = outs[position] if position < len(outs) else None
            if given is None:
                results.append(new(shape, char))
                continue
            if not isinstance(given, ndarray):
                raise TypeError("return arrays must be of ArrayType")
            if given.shape != shape and np.broadcast_shapes(given.shape, shape) != given.shape:
                raise ValueError("Out shape is mismatched")
            if not np.can_cast(char, given.dtype, casting):
                raise TypeError(
                    f"output (typecode '{char}') could not be coerced to provided output parameter "
                    f"(typecode '{given.dtype.char}') according to the casting rule \"{casting}\""
                )
            results.append(given)
        return results

    def _run(self, operands: tuple[Any, ...], loop: str, results: list[ndarray]) -> None:
        ins, outs = loop.split("->")
        views = [
            each._np if isinstance(each, ndarray) else np.dtype(char).type(each)
            for each, char in zip(operands, ins, strict=True)
        ]
        targets = [each._np for each in results]
        compute = self._compute

        def run() -> None:
            values = _by_numpy(
                compute, [v.astype(c, copy=False) for v, c in zip(views, ins, strict=True)]
            )
            for target, value, char in zip(
                targets, values if len(outs) > 1 else [values], outs, strict=True
            ):
                exact = np.asarray(value).astype(char, copy=False)
                store(target, disturbed(self.name, exact))

        arrays = [each for each in operands if isinstance(each, ndarray)]
        launch(self.name, run, arrays, results)

    # methods

    def at(self, a: Any, indices: Any, b: Any = None) -> None:
        """Unbuffered, in place; only where CuPy can do it by atomic operations."""
        if self._scatter is None:
            raise NotImplementedError(f"`{self.name}.at` is not supported yet")
        from .indexing import scatter

        scatter(a, indices, b, self._scatter)

    def reduce(
        self, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False
    ) -> Any:
        """Sums and products only."""
        names = {"cupy_add": "sum", "cupy_multiply": "prod"}
        if self.name not in names:
            raise NotImplementedError(f"`{self.name}.reduce` is not supported yet")
        return getattr(array, names[self.name])(axis, dtype, out, keepdims)

    def accumulate(self, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
        """Sums and products only."""
        names = {"cupy_add": "cumsum", "cupy_multiply": "cumprod"}
        if self.name not in names:
            raise NotImplementedError(f"`{self.name}.accumulate` is not supported yet")
        return getattr(array, names[self.name])(axis, dtype, out)

    def outer(self, A: Any, B: Any, **kwargs: Any) -> Any:
        """Of each element of A with each of B."""
        if self.nin != 2:
            raise ValueError("outer product only supported for binary functions")
        return self(A.reshape(A.shape + (1,) * B.ndim), B, **kwargs)

    def reduceat(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"`{self.name}.reduceat` is not supported yet")


def _by_numpy(compute: Any, values: list[Any]) -> Any:
    """The function's values; NumPy has no loops for bool where CuPy computes with 0 and 1."""
    try:
        return compute(*values)
    except TypeError:
        return compute(*(v.astype("b") if v.dtype == np.bool_ else v for v in values))


# Where NumPy computes otherwise, or raises what a GPU cannot.


def _power(x: Any, y: Any) -> Any:
    if x.dtype.kind not in "iu":
        return np.power(x, y)
    if x.dtype.kind == "u":
        return np.power(x, y)
    x, y = np.broadcast_arrays(x, y)
    negative = y < 0
    found = np.power(x, np.where(negative, 0, y).astype(y.dtype))
    odd = np.where(y % 2 == 1, -1, 1)
    inverse = np.where(x == 1, 1, np.where(x == -1, odd, 0))
    return np.where(negative, inverse, found).astype(x.dtype)


def _reciprocal(x: Any) -> Any:
    if x.dtype.kind in "iu":
        return np.where(x == 0, 0, 1 // np.where(x == 0, 1, x)).astype(x.dtype)
    return np.reciprocal(x)


_COMPUTE = {
    "cupy_power": _power,
    "cupy_reciprocal": _reciprocal,
    "cupy_conjugate": np.conjugate,
    "cupy_invert": np.invert,
}
# CuPy has loops for these that only raise.
_NOT_OF_BOOL = {f"cupy_{name}" for name in ("subtract", "negative", "positive", "gcd", "lcm")}


def make_all() -> dict[str, ufunc]:
    """All of `cupy`'s ufuncs, aliases being the same object."""
    by_name: dict[str, ufunc] = {}
    result = {}
    for public, found in UFUNCS.items():
        name = found["name"]
        if name not in by_name:
            by_name[name] = ufunc(public, _COMPUTE.get(name))
        result[public] = by_name[name]
    return result


ALL = make_all()
