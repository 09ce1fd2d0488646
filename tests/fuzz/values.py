"""Numbers and shapes to try: small ones, special ones, none at all, and many dimensions."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]

FLOATS = ("float16", "float32", "float64")
INTEGERS = ("int8", "uint8", "int32", "int64")
DTYPES = (*FLOATS, *INTEGERS, "bool")

MOST_DIMENSIONS = 64
"""NumPy's limit."""

_SPECIAL = np.array(
    [
        0.0,
        -0.0,
        1,
        -1,
        np.inf,
        -np.inf,
        np.nan,
        6e-8,
        -6e-8,
        0.5,
        -0.5,
        2.5,
        -2.5,
        65504,
        1e30,
        -1e-30,
    ]
)
_WHOLE = np.arange(-8, 9)


class Source:
    """Where all choices about one graph come from: the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.numbers = np.random.Generator(np.random.PCG64(seed))

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def choice(self, items: Any) -> Any:
        return items[int(self.random.random() * len(items))]

    def between(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self.random.random() * (high - low + 1))

    def any_numbers(self, shape: Shape, dtype: str) -> Array:
        """Numbers of a dtype; among floats sometimes infinities, NaN and what rounds badly."""
        kind = np.dtype(dtype).kind
        if kind == "f":
            values = self.numbers.normal(0, 3, shape)
            if self.chance(0.25):
                with np.errstate(over="ignore"):
                    odd = self.numbers.choice(_SPECIAL, shape)
                    values = np.where(self.numbers.random(shape) < 0.3, odd, values)
                    return np.asarray(values, dtype)
            return np.asarray(values, dtype)
        if kind == "b":
            return self.numbers.integers(0, 2, shape).astype("bool")
        if self.chance(0.1):
            info = np.iinfo(dtype)
            return self.numbers.integers(info.min, info.max, shape, dtype, endpoint=True)
        low = 0 if kind == "u" else -9
        return np.asarray(self.numbers.integers(low, 10, shape), dtype)

    def whole_numbers(self, shape: Shape, dtype: str, low: int = -8, high: int = 8) -> Array:
        """Small whole numbers, of which sums and products are exact in any order."""
        if dtype == "bool":
            return self.numbers.integers(0, 2, shape).astype("bool")
        low = max(low, 0) if dtype.startswith("u") else low
        return np.asarray(self.numbers.integers(low, high + 1, shape), dtype)

    def smooth_numbers(
        self, shape: Shape, dtype: str, low: float = -2.0, high: float = 2.0
    ) -> Array:
        """Floats in an interval, hardly ever two alike."""
        return np.asarray(self.numbers.uniform(low, high, shape), dtype)

    def shape(self, rank: int | None = None, most: int = 40) -> Shape:
        """Mostly small; sometimes without elements, without axes, or of very many axes."""
        if rank is None:
            kind = self.random.random()
            if kind < 0.03:
                return ()
            if kind < 0.05:
                return self._long_shape()
            rank = self.choice((1, 1, 2, 2, 2, 3, 3, 4, 5))
        shape: list[int] = []
        for _ in range(rank):
            room = most // max(math.prod(shape), 1)
            size = self.choice((1, 1, 2, 2, 3, 3, 4, 5, 7))
            shape.append(min(size, max(room, 1)))
        if rank and self.chance(0.03):
            shape[self.between(0, rank - 1)] = 0
        self.random.shuffle(shape)
        return tuple(shape)

    def _long_shape(self) -> Shape:
        rank = self.choice((6, 8, 16, 31, 32, 33, 48, MOST_DIMENSIONS))
        shape = [1] * rank
        for _ in range(3):
            shape[self.between(0, rank - 1)] = self.choice((1, 2, 3))
        return tuple(shape)


def bits(value: Array) -> tuple[Any, ...]:
    """Shape, dtype and bytes, every NaN alike: equal only if all numbers are, to the bit."""
    value = np.ascontiguousarray(value).reshape(value.shape)
    if value.dtype.kind == "f":
        value = np.where(np.isnan(value), value.dtype.type(np.nan), value)
    return value.shape, value.dtype, value.tobytes()
