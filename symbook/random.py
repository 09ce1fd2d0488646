"""`mx.random`: seeds the generators of all devices, and draws arrays as `mx.nd.random` does."""

from __future__ import annotations

from .errors import asked_of
from .ndarray.random import (
    exponential,
    gamma,
    generalized_negative_binomial,
    multinomial,
    negative_binomial,
    normal,
    poisson,
    randint,
    randn,
    shuffle,
    uniform,
)
from .rng import seed

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
    "seed",
    "shuffle",
    "uniform",
]

__getattr__ = asked_of("mx.random", __all__)
