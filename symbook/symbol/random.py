"""`mx.sym.random`: symbols of random numbers, drawn anew at every run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .create import create
from .symbol import Symbol

Shape = Sequence[int] | int


def uniform(
    low: float = 0.0, high: float = 1.0, shape: Shape = 1, dtype: Any = "float32", **kwargs: Any
) -> Symbol:
    """Numbers drawn evenly from `low` up to, not including, `high`."""
    return create("_random_uniform", low=low, high=high, shape=shape, dtype=dtype, **kwargs)


def normal(
    loc: float = 0.0, scale: float = 1.0, shape: Shape = 1, dtype: Any = "float32", **kwargs: Any
) -> Symbol:
    """Numbers of the normal distribution of mean `loc` and standard deviation `scale`."""
    return create("_random_normal", loc=loc, scale=scale, shape=shape, dtype=dtype, **kwargs)


def exponential(scale: float = 1.0, shape: Shape = 1, dtype: Any = "float32", **kwargs: Any) -> Symbol:
    """Numbers of the exponential distribution of mean `scale`."""
    return create("_random_exponential", lam=1.0 / scale, shape=shape, dtype=dtype, **kwargs)


def randint(low: int, high: int, shape: Shape = 1, dtype: Any = "int32", **kwargs: Any) -> Symbol:
    """Whole numbers drawn evenly from `low` up to, not including, `high`."""
    return create("_random_randint", low=low, high=high, shape=shape, dtype=dtype, **kwargs)
