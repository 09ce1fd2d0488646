"""`mx.sym.random`: symbols of random numbers, drawn anew at every run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import UnsupportedError
from .create import create
from .symbol import Symbol

Shape = Sequence[int] | int


def uniform(
    low: float = 0, high: float = 1, shape: Shape | None = None, dtype: Any = None, **kwargs: Any
) -> Symbol:
    """Numbers drawn evenly from `low` up to, not including, `high`."""
    return _draw("_random_uniform", shape, dtype, low=low, high=high, **kwargs)


def normal(
    loc: float = 0, scale: float = 1, shape: Shape | None = None, dtype: Any = None, **kwargs: Any
) -> Symbol:
    """Numbers of the normal distribution of mean `loc` and standard deviation `scale`."""
    return _draw("_random_normal", shape, dtype, loc=loc, scale=scale, **kwargs)


def randn(
    *shape: int, loc: float = 0, scale: float = 1, dtype: Any = None, **kwargs: Any
) -> Symbol:
    """As :func:`normal`, the shape given as numbers: `randn(2, 3)`."""
    return normal(loc, scale, shape or None, dtype, **kwargs)


def exponential(
    scale: float = 1, shape: Shape | None = None, dtype: Any = None, **kwargs: Any
) -> Symbol:
    """Numbers of the exponential distribution of mean `scale`."""
    return _draw("_random_exponential", shape, dtype, lam=1.0 / scale, **kwargs)


def randint(
    low: int, high: int, shape: Shape | None = None, dtype: Any = None, **kwargs: Any
) -> Symbol:
    """Whole numbers drawn evenly from `low` up to, not including, `high`."""
    return _draw("_random_randint", shape, dtype, low=low, high=high, **kwargs)


def _draw(op_name: str, shape: Shape | None, dtype: Any, **params: Any) -> Symbol:
    """Only what was given goes into the symbol's attributes, as in MXNet."""
    for key, value in params.items():
        if isinstance(value, Symbol):
            raise UnsupportedError(
                f"{op_name}: {key} is a symbol: drawing with parameters that are arrays is not served",
                hint="Draw with numbers, then scale: low + (high - low) * mx.sym.random.uniform(shape=…).",
            )
    optional = {"shape": shape, "dtype": dtype}
    return create(
        op_name, **params, **{key: value for key, value in optional.items() if value is not None}
    )
