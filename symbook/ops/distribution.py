"""Draws from the gamma, Poisson and negative binomial distributions.

The numbers have the right distributions and repeat with the seed; they are not MXNet's own.
"""

from __future__ import annotations

import math
from typing import Any

from ..rng import generator
from ..specs import DType
from .backward import no_gradient
from .create import FLOAT32, OptionalSizes, Sizes
from .random import FLOATS, drawn, drawn_dtype, each_of, like_dtype, sampled, shape_drawn
from .registry import op
from .rules import Mismatch, Params, Shapes, unify

# Beyond it a Poisson number differs from its mean by less than a float32 can tell, and NumPy refuses it.
_LARGE = 1e15


def _gamma(xp: Any, alpha: Any, shape: tuple[int, ...]) -> Any:
    """Values, float64, of the gamma distributions of these shapes and scale 1; NaN where there is none."""
    good = (alpha >= 0) & (alpha < math.inf)
    values = generator(xp).gamma(xp.where(good, alpha, 1.0), shape)
    return xp.where(good, values, math.nan)


def _poisson(xp: Any, lam: Any, shape: tuple[int, ...]) -> Any:
    """Counts, float64, of the Poisson distributions of these means; NaN where there is none."""
    good = (lam >= 0) & (lam < _LARGE)
    counts = generator(xp).poisson(xp.where(good, lam, 0.0), shape)
    return xp.where(good, counts, xp.where(lam >= _LARGE, lam, math.nan))


def _negative_binomial(xp: Any, k: Any, p: Any, shape: tuple[int, ...]) -> Any:
    return _poisson(xp, _gamma(xp, k, shape) * (xp.maximum(1 - p, 0) / p), shape)


def _generalized(xp: Any, mu: Any, alpha: Any, shape: tuple[int, ...]) -> Any:
    """A Poisson distribution where alpha is 0, else a mixture of them."""
    plain = alpha == 0
    safe = xp.where(plain, 1.0, alpha)
    mixed = _gamma(xp, 1 / safe, shape) * (mu * safe)
    return _poisson(xp, xp.where(plain, mu, mixed), shape)


def _not_negative(*names: str) -> Any:
    """A check of parameters that may be 0, but not less."""

    def check(params: Params) -> None:
        for name in names:
            if not params[name] >= 0:
                raise Mismatch(
                    f"{name} must not be negative, as {params[name]} is",
                    hint=f"Give 0 or more, such as {name}=1.0.",
                )

    return check


def _wide(xp: Any, value: Any) -> Any:
    """A parameter, or an array of them, in float64."""
    return xp.asarray(value, dtype="float64")


# With numbers as parameters


@op(
    "_random_negative_binomial",
    alias=("random_negative_binomial",),
    shape=drawn(_not_negative("k", "p")),
    dtype=drawn_dtype(FLOATS),
    random=True,
)
def random_negative_binomial(
    xp,
    /,
    *,
    k: int = 1,
    p: float = 1.0,
    shape: OptionalSizes = None,
    ctx: str = "",
    dtype: DType | None = None,
):
    """How many trials fail before `k` have succeeded, each with probability `p`; as floats.

    float32 by default. Without a shape, one value: shape (1,). The mean is `k (1 - p) / p`. They are
    drawn as Poisson numbers with means of a gamma distribution. The values are not MXNet's.

    k
        The number of successes to wait for.
    p
        The probability of a success, more than 0 and at most 1.
    shape
        Shape of the result.
    dtype
        float32, float64 or float16.

    >>> mx.nd.random_negative_binomial(k=2, p=1, shape=3).asnumpy()
    array([0., 0., 0.], dtype=float32)
    """
    counts = _negative_binomial(xp, _wide(xp, k), _wide(xp, p), shape_drawn(shape))
    return counts.astype(dtype or FLOAT32)


@op(
    "_random_generalized_negative_binomial",
    alias=("random_generalized_negative_binomial",),
    shape=drawn(_not_negative("mu", "alpha")),
    dtype=drawn_dtype(FLOATS),
    random=True,
)
def random_generalized_negative_binomial(
    xp,
    /,
    *,
    mu: float = 1.0,
    alpha: float = 1.0,
    shape: OptionalSizes = None,
    ctx: str = "",
    dtype: DType | None = None,
):
    """Counts of mean `mu` that spread wider than Poisson's: their variance is `mu + alpha mu²`.

    float32 by default. Without a shape, one value: shape (1,). It is the negative binomial
    distribution with `k = 1 / alpha`, which need not be whole, and `p = 1 / (1 + mu alpha)`. The
    values are not MXNet's.

    mu
        The mean.
    alpha
        How much wider; 0 gives a Poisson distribution.
    shape
        Shape of the result.
    dtype
        float32, float64 or float16.

    >>> mx.nd.random_generalized_negative_binomial(mu=0, alpha=1, shape=3).asnumpy()
    array([0., 0., 0.], dtype=float32)
    """
    counts = _generalized(xp, _wide(xp, mu), _wide(xp, alpha), shape_drawn(shape))
    return counts.astype(dtype or FLOAT32)


# In the shape and dtype of an array


def _like(check: Any) -> Any:
    """The shape of the input; `check` refuses parameters that make no sense."""

    def rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
        check(params)
        shape = unify(ins[0], outs[0])
        return (shape,), (shape,)

    return rule


@op(
    "_random_gamma_like",
    shape=_like(_not_negative("alpha", "beta")),
    dtype=like_dtype,
    random=True,
    gradient=no_gradient,
)
def random_gamma_like(xp, data, /, *, alpha: float = 1.0, beta: float = 1.0):
    """Values of the gamma distribution, in the shape and floating dtype of the input.

    alpha
        Shape of the distribution.
    beta
        Its scale: the mean is `alpha * beta`.

    >>> mx.nd._internal._random_gamma_like(mx.nd.zeros((2, 3)), alpha=4).shape
    (2, 3)
    """
    return (_gamma(xp, _wide(xp, alpha), data.shape) * beta).astype(data.dtype)


@op(
    "_random_poisson_like",
    shape=_like(_not_negative("lam")),
    dtype=like_dtype,
    random=True,
    gradient=no_gradient,
)
def random_poisson_like(xp, data, /, *, lam: float = 1.0):
    """Counts of the Poisson distribution, in the shape and floating dtype of the input.

    lam
        The mean.

    >>> mx.nd._internal._random_poisson_like(mx.nd.zeros(2), lam=0).asnumpy()
    array([0., 0.], dtype=float32)
    """
    return _poisson(xp, _wide(xp, lam), data.shape).astype(data.dtype)


@op(
    "_random_negative_binomial_like",
    shape=_like(_not_negative("k", "p")),
    dtype=like_dtype,
    random=True,
    gradient=no_gradient,
)
def random_negative_binomial_like(xp, data, /, *, k: int = 1, p: float = 1.0):
    """Counts of failures before `k` successes, in the shape and floating dtype of the input.

    k
        The number of successes to wait for.
    p
        The probability of a success.

    >>> mx.nd._internal._random_negative_binomial_like(mx.nd.zeros(2), k=3, p=1).asnumpy()
    array([0., 0.], dtype=float32)
    """
    return _negative_binomial(xp, _wide(xp, k), _wide(xp, p), data.shape).astype(data.dtype)


@op(
    "_random_generalized_negative_binomial_like",
    shape=_like(_not_negative("mu", "alpha")),
    dtype=like_dtype,
    random=True,
    gradient=no_gradient,
)
def random_generalized_negative_binomial_like(xp, data, /, *, mu: float = 1.0, alpha: float = 1.0):
    """Counts of mean `mu` and variance `mu + alpha mu²`, in the shape and floating dtype of the input.

    mu
        The mean.
    alpha
        How much wider than Poisson's the distribution is.

    >>> mx.nd._internal._random_generalized_negative_binomial_like(mx.nd.zeros(2), mu=0).asnumpy()
    array([0., 0.], dtype=float32)
    """
    return _generalized(xp, _wide(xp, mu), _wide(xp, alpha), data.shape).astype(data.dtype)


# With arrays of parameters


@op(
    "_sample_gamma",
    alias=("sample_gamma",),
    shape=sampled,
    dtype=drawn_dtype(FLOATS),
    random=True,
    gradient=no_gradient,
)
def sample_gamma(xp, alpha, beta, /, *, shape: Sizes = (), dtype: DType | None = None):
    """For each pair of shape and scale, an array of `shape` of values of their gamma distribution.

    Shape `alpha.shape + shape`; float32 by default. Parameters that make no sense give NaN.

    alpha
        Shapes of the distributions.
    beta
        Their scales: the means are `alpha * beta`.
    shape
        How many values for each, and in which shape.
    dtype
        float32, float64 or float16.

    >>> mx.nd.sample_gamma(mx.nd.array([1, 2]), mx.nd.array([3, 4]), shape=5).shape
    (2, 5)
    """
    whole, first = each_of(_wide(xp, alpha), shape)
    _, second = each_of(_wide(xp, beta), shape)
    return (_gamma(xp, first, whole) * second).astype(dtype or FLOAT32)


@op(
    "_sample_poisson",
    alias=("sample_poisson",),
    shape=sampled,
    dtype=drawn_dtype(FLOATS),
    random=True,
    gradient=no_gradient,
)
def sample_poisson(xp, lam, /, *, shape: Sizes = (), dtype: DType | None = None):
    """For each mean, an array of `shape` of counts of its Poisson distribution, as floats.

    Shape `lam.shape + shape`; float32 by default. Means below 0 give NaN.

    lam
        The means.
    shape
        How many values for each, and in which shape.
    dtype
        float32, float64 or float16.

    >>> mx.nd.sample_poisson(mx.nd.array([0, 0]), shape=2).asnumpy()
    array([[0., 0.],
           [0., 0.]], dtype=float32)
    """
    whole, mean = each_of(_wide(xp, lam), shape)
    return _poisson(xp, mean, whole).astype(dtype or FLOAT32)


@op(
    "_sample_negative_binomial",
    alias=("sample_negative_binomial",),
    shape=sampled,
    dtype=drawn_dtype(FLOATS),
    random=True,
    gradient=no_gradient,
)
def sample_negative_binomial(xp, k, p, /, *, shape: Sizes = (), dtype: DType | None = None):
    """For each pair, an array of `shape` of counts of failures before `k` successes, as floats.

    Shape `k.shape + shape`; float32 by default. The means are `k (1 - p) / p`. Parameters that make
    no sense give NaN.

    k
        The numbers of successes to wait for.
    p
        The probabilities of a success.
    shape
        How many values for each, and in which shape.
    dtype
        float32, float64 or float16.

    >>> mx.nd.sample_negative_binomial(mx.nd.array([2]), mx.nd.array([1]), shape=3).asnumpy()
    array([[0., 0., 0.]], dtype=float32)
    """
    whole, first = each_of(_wide(xp, k), shape)
    _, second = each_of(_wide(xp, p), shape)
    return _negative_binomial(xp, first, second, whole).astype(dtype or FLOAT32)


@op(
    "_sample_generalized_negative_binomial",
    alias=("sample_generalized_negative_binomial",),
    shape=sampled,
    dtype=drawn_dtype(FLOATS),
    random=True,
    gradient=no_gradient,
)
def sample_generalized_negative_binomial(
    xp, mu, alpha, /, *, shape: Sizes = (), dtype: DType | None = None
):
    """For each pair, an array of `shape` of counts of mean `mu` and variance `mu + alpha mu²`.

    Shape `mu.shape + shape`; float32 by default. Parameters that make no sense give NaN.

    mu
        The means.
    alpha
        How much wider than Poisson's the distributions are.
    shape
        How many values for each, and in which shape.
    dtype
        float32, float64 or float16.

    >>> counts = mx.nd.sample_generalized_negative_binomial(mx.nd.array([0]), mx.nd.array([1]))
    >>> counts.asnumpy()
    array([0.], dtype=float32)
    """
    whole, first = each_of(_wide(xp, mu), shape)
    _, second = each_of(_wide(xp, alpha), shape)
    return _generalized(xp, first, second, whole).astype(dtype or FLOAT32)
