"""`mx.sym.random`: symbols of random numbers, drawn anew at every run.

Each distribution's parameters are numbers, or symbols of one shape with a distribution for each element;
the result then has that shape followed by `shape`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import ArgumentError, ParamError
from ..ops import registry
from .arithmetic import is_number
from .create import create
from .symbol import Symbol

__all__ = [
    "exponential",
    "gamma",
    "generalized_negative_binomial",
    "multinomial",
    "negative_binomial",
    "normal",
    "poisson",
    "randint",
    "randn",
    "shuffle",
    "uniform",
]

Shape = Sequence[int] | int


def uniform(
    low: Any = 0, high: Any = 1, shape: Shape | None = None, dtype: Any = None, **kwargs: Any
) -> Symbol:
    """Numbers drawn evenly from `low` up to, not including, `high`."""
    return _draw("uniform", {"low": low, "high": high}, shape, dtype, kwargs)


def normal(
    loc: Any = 0, scale: Any = 1, shape: Shape | None = None, dtype: Any = None, **kwargs: Any
) -> Symbol:
    """Numbers of the normal distribution of mean `loc` and standard deviation `scale`."""
    return _draw("normal", {"loc": loc, "scale": scale}, shape, dtype, kwargs)


def randn(*shape: int, loc: Any = 0, scale: Any = 1, dtype: Any = None, **kwargs: Any) -> Symbol:
    """As :func:`normal`, the shape given as numbers: `randn(2, 3)`."""
    return normal(loc, scale, shape or None, dtype, **kwargs)


def exponential(
    scale: Any = 1, shape: Shape | None = None, dtype: Any = None, **kwargs: Any
) -> Symbol:
    """Numbers of the exponential distribution of mean `scale`."""
    return _draw("exponential", {"lam": 1.0 / scale}, shape, dtype, kwargs)


def gamma(
    alpha: Any = 1, beta: Any = 1, shape: Shape | None = None, dtype: Any = None, **kwargs: Any
) -> Symbol:
    """Numbers of the gamma distribution of shape `alpha` and scale `beta`."""
    return _draw("gamma", {"alpha": alpha, "beta": beta}, shape, dtype, kwargs)


def poisson(lam: Any = 1, shape: Shape | None = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Whole numbers, as floats, of the Poisson distribution of mean `lam`."""
    return _draw("poisson", {"lam": lam}, shape, dtype, kwargs)


def negative_binomial(
    k: Any = 1, p: Any = 1, shape: Shape | None = None, dtype: Any = None, **kwargs: Any
) -> Symbol:
    """How often trials of success `p` fail before the `k`-th success, as floats."""
    return _draw("negative_binomial", {"k": k, "p": p}, shape, dtype, kwargs)


def generalized_negative_binomial(
    mu: Any = 1, alpha: Any = 1, shape: Shape | None = None, dtype: Any = None, **kwargs: Any
) -> Symbol:
    """Whole numbers, as floats, of the negative binomial distribution of mean `mu`, dispersion `alpha`."""
    values = {"mu": mu, "alpha": alpha}
    return _draw("generalized_negative_binomial", values, shape, dtype, kwargs)


def multinomial(
    data: Symbol,
    shape: Shape | None = None,
    get_prob: bool = True,
    dtype: Any = "int32",
    **kwargs: Any,
) -> Symbol:
    """Positions drawn with the probabilities `data`, and with `get_prob` the logarithms of theirs."""
    params = {"get_prob": get_prob, "dtype": dtype} | ({} if shape is None else {"shape": shape})
    return create("_sample_multinomial", data, **params, **kwargs)


def randint(
    low: int, high: int, shape: Shape | None = None, dtype: Any = None, **kwargs: Any
) -> Symbol:
    """Whole numbers drawn evenly from `low` up to, not including, `high`."""
    return _draw("randint", {"low": low, "high": high}, shape, dtype, kwargs)


def shuffle(data: Symbol, **kwargs: Any) -> Symbol:
    """The parts along the first dimension in random order."""
    return create("_shuffle", data, **kwargs)


def _draw(
    name: str,
    distribution: dict[str, Any],
    shape: Shape | None,
    dtype: Any,
    more: dict[str, Any],
) -> Symbol:
    """Only what was given goes into the symbol's attributes, as in MXNet."""
    given = {key: value for key, value in (("shape", shape), ("dtype", dtype)) if value is not None}
    symbols = [isinstance(value, Symbol) for value in distribution.values()]
    if not any(symbols):
        for key, value in distribution.items():
            if not is_number(value):
                raise ParamError(
                    f"Distribution parameters must be either Symbol or numbers, but {key} is {value!r}",
                    hint=f"For example: {key}=1.0.",
                )
        return create(f"_random_{name}", **distribution, **given, **more)
    if name == "randint" or not all(symbols):
        raise ArgumentError(
            f"Distribution parameters must all be numbers, or all symbols; {name} got "
            + ", ".join(f"{key}={value!r}" for key, value in distribution.items()),
            hint="Make variables of the numbers, or give numbers for the symbols.",
        )
    return create(f"_sample_{name}", *distribution.values(), **given, **more)


def __getattr__(name: str) -> Any:
    """Draws like a symbol: `normal_like(data, loc=…, scale=…)`."""
    if name.endswith("_like") and registry.find(f"_random_{name}") is not None:
        from .make import make_function

        return make_function(registry.get(f"_random_{name}"), name, __name__)
    raise registry.no_attribute("mx.sym.random", name, __all__)
