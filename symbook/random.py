"""`mx.random`: seeds the generators of all devices, and draws arrays as `mx.nd.random` does."""

from __future__ import annotations

from .ndarray.random import exponential, normal, randint, randn, shuffle, uniform
from .rng import seed

__all__ = ["exponential", "normal", "randint", "randn", "seed", "shuffle", "uniform"]
