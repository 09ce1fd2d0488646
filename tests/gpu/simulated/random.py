"""`cupy.random`: generators whose values are made at once and delivered when they are due.

A seed gives the same values again; they are not those of a GPU.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .array import launch, ndarray, new
from .casts import store
from .facts import CLASSES, bind


class BitGenerator:
    """What CuPy's bit generators share."""

    def __init__(self, seed: Any = None, *, size: int = 1000 * 256) -> None:
        if isinstance(seed, ndarray):
            raise TypeError("a seed is a number of the host")
        self._numpy = np.random.Philox(seed)
        self._size = size

    def random_raw(self, size: Any = None, output: bool = True) -> Any:
        """Whole numbers as the generator makes them."""
        values = np.random.Generator(self._numpy).integers(0, 2**32, size, np.uint64)
        return _delivered("random_raw", values, np.uint32) if output else None

    def state(self) -> Any:
        """Where it is."""
        return self._numpy.state


class Philox4x3210(BitGenerator):
    """`cupy.random.Philox4x3210`."""


class XORWOW(BitGenerator):
    """`cupy.random.XORWOW`."""


class MRG32k3a(BitGenerator):
    """`cupy.random.MRG32k3a`."""


class Generator:
    """`cupy.random.Generator`: the methods and parameters that CuPy's has."""

    def __init__(self, bit_generator: BitGenerator) -> None:
        self.bit_generator = bit_generator
        self._numpy = np.random.Generator(bit_generator._numpy)


_FLOATS = {"random", "standard_exponential", "standard_gamma", "standard_normal", "uniform", "beta"}
_WITH_ARRAYS = ["exponential", "gamma", "poisson", "standard_gamma", "beta", "binomial", "uniform"]


def _delivered(name: str, values: Any, dtype: Any, out: Any = None) -> ndarray:
    values = np.asarray(values)
    result = new(values.shape, dtype) if out is None else out
    target = result._np
    launch(f"random.{name}", lambda: store(target, values), [], [result])
    return result


def _method(name: str) -> Any:
    def method(self: Generator, *args: Any, **kwargs: Any) -> Any:
        given = bind("Generator", name, (self, *args), kwargs)
        given.pop("self")
        out = given.pop("out", None)
        dtype = np.dtype(given.pop("dtype", None) or _dtype(name))
        if name in _FLOATS and dtype not in (np.float32, np.float64):
            raise TypeError(f"Unsupported dtype {dtype} for {name}")
        for key, value in given.items():
            if isinstance(value, np.ndarray):
                raise TypeError(f"{key}: Unsupported type {type(value)}")
        if any(isinstance(value, ndarray) for value in given.values()):
            return _of_arrays(self, name, given, dtype)
        if name == "standard_exponential":
            given.pop("method", None)
        if out is not None:
            if out.dtype != dtype:
                raise TypeError("Supplied output array has the wrong type.")
            given["size"] = out.shape
        values = getattr(self._numpy, name)(**given)
        return _delivered(name, values, dtype, out)

    method.__name__ = name
    return method


def _dtype(name: str) -> Any:
    whole = {"integers", "poisson", "binomial", "geometric", "hypergeometric", "logseries"}
    return np.int64 if name in whole else np.float64


def _of_arrays(self: Generator, name: str, given: dict[str, Any], dtype: Any) -> Any:
    """Parameters that are arrays are read when the values are due."""
    if name not in _WITH_ARRAYS:
        raise TypeError(f"{name} of arrays is not supported")
    arrays = [value for value in given.values() if isinstance(value, ndarray)]
    size = given.pop("size", None)
    shape = np.broadcast_shapes(*(each.shape for each in arrays)) if size is None else size
    result = new(shape if isinstance(shape, tuple) else (shape,), dtype)
    target = result._np
    late = {key: v._np if isinstance(v, ndarray) else v for key, v in given.items()}
    numbers = np.random.Generator(np.random.Philox(self._numpy.integers(2**63)))

    def run() -> None:
        store(target, getattr(numbers, name)(**late, size=target.shape))

    launch(f"random.{name}", run, arrays, [result])
    return result


for _name, _text in CLASSES["Generator"].items():
    if _name[0] != "_" and _text is not None and hasattr(np.random.Generator, _name):
        setattr(Generator, _name, _method(_name))


def default_rng(seed: Any = None) -> Generator:
    """A generator of the seed."""
    if isinstance(seed, Generator):
        return seed
    return Generator(seed if isinstance(seed, BitGenerator) else XORWOW(seed))


_state = np.random.RandomState(0)


def seed(seed: Any = None) -> None:
    """Start the old functions again from a seed."""
    _state.seed(seed)


def _old(name: str, dtype: Any = np.float64) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        given = bind("cupy.random", name, args, kwargs)
        wanted = given.pop("dtype", None) or dtype
        sizes = given.pop("size", ()) if name in ("rand", "randn") else ()
        return _delivered(name, getattr(_state, name)(*sizes, **given), wanted)

    call.__name__ = name
    return call


FUNCTIONS: dict[str, Any] = {
    "default_rng": default_rng,
    "seed": seed,
    **{
        name: _old(name)
        for name in ("rand", "randn", "random", "random_sample", "uniform", "normal")
    },
    "standard_normal": _old("standard_normal"),
    "randint": _old("randint", np.int64),
    "permutation": _old("permutation", np.int64),
}
