"""Probability densities of random numbers, and their logarithms, with gradients.

Each distribution's parameters are arrays of one shape, with a distribution for each element; the
samples have that shape followed by any dimensions. The gradients are those of the logarithm, times
the density where it is the density that was asked for. Whole-numbered samples get none.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log, pi
from typing import Any

import numpy as np

from ..errors import shape_text
from ..specs import Shape
from . import special
from .backward import gradient_dtype, like_shape
from .casting import floating
from .registry import op
from .rules import Mismatch, Params, Shapes, unify, unify_all
from .special_kernels import special_function

Slopes = Callable[..., tuple[Any, ...]]
"""`(F, sample, *parameters)`: symbols of the logarithm's derivatives by each of them; None for zero."""


# Parameters and samples of different shapes


def _aligned(data: Any, like: Any, tail: int = 0) -> Any:
    """Parameters with as many dimensions as the samples; the last `tail` of them stay the last."""
    split = data.ndim - tail
    between = (1,) * (like.ndim - data.ndim)
    return data.reshape(data.shape[:split] + between + data.shape[split:])


@op(
    "_backward_random_pdf_spread",
    outline=("like",),
    shape=like_shape,
    dtype=gradient_dtype,
    gradient=lambda F, g, y, data, like, tail: (
        F._backward_random_pdf_gather(g, data, tail=tail),
        None,
    ),
)
def backward_spread(xp, data, like, /, *, tail: int = 0):
    """Parameters repeated for each of their samples."""
    return xp.array(xp.broadcast_to(_aligned(data, like, tail), like.shape))


@op(
    "_backward_random_pdf_gather",
    outline=("like",),
    shape=like_shape,
    dtype=gradient_dtype,
    gradient=lambda F, g, y, data, like, tail: (
        F._backward_random_pdf_spread(g, data, tail=tail),
        None,
    ),
)
def backward_gather(xp, data, like, /, *, tail: int = 0):
    """The sum over the samples of each parameter."""
    axes = tuple(range(like.ndim - tail, data.ndim - tail))
    if not axes:
        return data.copy()
    wide = "float32" if data.dtype == "float16" else data.dtype
    return xp.sum(data, axis=axes, dtype=wide).astype(data.dtype)


# What the distributions of single numbers share


def _pdf_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """The result has the samples' shape; that begins with the parameters' shape."""
    sample, parameter = unify(ins[0], outs[0]), unify_all(ins[1:])
    sample, parameter = _prefixed(sample, parameter)
    return (sample, *(parameter for _ in ins[1:])), (sample,)


def _prefixed(sample: Shape | None, parameter: Shape | None) -> tuple[Shape | None, Shape | None]:
    """Both shapes, the first of which begins with the second. Raises Mismatch."""
    if sample is None or parameter is None:
        return sample, parameter
    if len(parameter) > len(sample):
        raise Mismatch(
            f"samples of shape {shape_text(sample)} have fewer dimensions than their parameters, "
            f"of shape {shape_text(parameter)}",
            hint="The first dimensions of the samples are those of the parameters.",
        )
    parameter = unify(parameter, sample[: len(parameter)]) or ()
    return (*parameter, *sample[len(parameter) :]), parameter


def _gradient(slopes: Slopes) -> Callable[..., Any]:
    def rule(F: Any, g: Any, y: Any, sample: Any, *parameters: Any, is_log: bool) -> Any:
        weight = g if is_log else g * y
        spread = [F._backward_random_pdf_spread(item, sample) for item in parameters]
        by_sample, *others = slopes(F, sample, *spread)
        return (
            None if by_sample is None else weight * by_sample,
            *(
                F._backward_random_pdf_gather(weight * slope, item)
                for slope, item in zip(others, parameters, strict=True)
            ),
        )

    return rule


def _density(
    xp: Any, log_density: Callable[..., Any], arrays: tuple[Any, ...], is_log: bool
) -> Any:
    """The density, or its logarithm, in the samples' dtype; computed in float64."""
    sample, *others = (array.astype("float64") for array in arrays)
    logs = log_density(sample, *(_aligned(item, sample) for item in others))
    values = logs if is_log else xp.exp(logs)
    return xp.array(xp.broadcast_to(values, sample.shape)).astype(arrays[0].dtype)


def _options(name: str, slopes: Slopes) -> dict[str, Any]:
    return {
        "name": f"_random_pdf_{name}",
        "alias": (f"random_pdf_{name}",),
        "shape": _pdf_shape,
        "dtype": floating,
        "gradient": _gradient(slopes),
    }


def _gammaln(xp: Any, x: Any) -> Any:
    return special.gammaln(xp, x) if xp is np else special_function(xp, "gammaln", x)


def _psi(F: Any, x: Any) -> Any:
    """Symbols: digamma, the derivative of the logarithm of gamma."""
    return F._backward_gammaln(x)


# Distributions


def _uniform_slopes(F, x, low, high):
    density = 1 / (high - low)
    return None, density, -density


@op(**_options("uniform", _uniform_slopes))
def pdf_uniform(xp, sample, low, high, /, *, is_log: bool = False):
    """Densities of uniform distributions: `1 / (high - low)`.

    As in MXNet, also of samples that are not between `low` and `high`.

    sample
        Samples; the shape begins with that of the parameters. The result has this shape.
    low
        Lower bounds.
    high
        Upper bounds.
    is_log
        Give the logarithms of the densities.

    >>> mx.nd.random_pdf_uniform(mx.nd.array([[1, 2]]), mx.nd.array([0]), mx.nd.array([4])).asnumpy()
    array([[0.25, 0.25]], dtype=float32)
    """
    return _density(xp, lambda x, a, b: -xp.log(b - a), (sample, low, high), is_log)


def _normal_slopes(F, x, mu, sigma):
    score = (x - mu) / sigma
    return -score / sigma, score / sigma, (score * score - 1) / sigma


@op(**_options("normal", _normal_slopes))
def pdf_normal(xp, sample, mu, sigma, /, *, is_log: bool = False):
    """Densities of normal distributions: `exp(-(x - mu)² / (2 sigma²)) / (sigma sqrt(2π))`.

    sample
        Samples; the shape begins with that of the parameters. The result has this shape.
    mu
        Means.
    sigma
        Standard deviations.
    is_log
        Give the logarithms of the densities.

    >>> mx.nd.random_pdf_normal(mx.nd.array([[1]]), mx.nd.array([1]), mx.nd.array([1])).asnumpy()
    array([[0.3989423]], dtype=float32)
    """

    def logs(x: Any, mean: Any, deviation: Any) -> Any:
        return -(((x - mean) / deviation) ** 2) / 2 - xp.log(deviation) - log(2 * pi) / 2

    return _density(xp, logs, (sample, mu, sigma), is_log)


def _gamma_slopes(F, x, alpha, beta):
    return (
        (alpha - 1) / x - beta,
        F.log(beta) + F.log(x) - _psi(F, alpha),
        alpha / beta - x,
    )


@op(**_options("gamma", _gamma_slopes))
def pdf_gamma(xp, sample, alpha, beta, /, *, is_log: bool = False):
    """Densities of gamma distributions: `beta^alpha x^(alpha - 1) exp(-beta x) / Γ(alpha)`.

    sample
        Samples; the shape begins with that of the parameters. The result has this shape.
    alpha
        Shapes of the distributions.
    beta
        Rates of the distributions: not scales, as `sample_gamma` has them.
    is_log
        Give the logarithms of the densities.

    >>> mx.nd.random_pdf_gamma(mx.nd.array([[0]]), mx.nd.array([1]), mx.nd.array([3])).asnumpy()
    array([[3.]], dtype=float32)
    """

    def logs(x: Any, a: Any, b: Any) -> Any:
        power = xp.where(a == 1, 0.0, (a - 1) * xp.log(x))
        return a * xp.log(b) + power - b * x - _gammaln(xp, a)

    return _density(xp, logs, (sample, alpha, beta), is_log)


@op(**_options("exponential", lambda F, x, lam: (-lam, 1 / lam - x)))
def pdf_exponential(xp, sample, lam, /, *, is_log: bool = False):
    """Densities of exponential distributions: `lam exp(-lam x)`.

    sample
        Samples; the shape begins with that of the parameters. The result has this shape.
    lam
        Rates.
    is_log
        Give the logarithms of the densities.

    >>> mx.nd.random_pdf_exponential(mx.nd.array([[0]]), mx.nd.array([2])).asnumpy()
    array([[2.]], dtype=float32)
    """
    return _density(xp, lambda x, rate: xp.log(rate) - rate * x, (sample, lam), is_log)


@op(**_options("poisson", lambda F, x, lam: (None, x / lam - 1)))
def pdf_poisson(xp, sample, lam, /, *, is_log: bool = False):
    """Probabilities of Poisson distributions: `exp(-lam) lam^x / x!`.

    sample
        Counts; the shape begins with that of the parameters. The result has this shape.
    lam
        Means.
    is_log
        Give the logarithms of the probabilities.

    >>> mx.nd.random_pdf_poisson(mx.nd.array([[1, 2]]), mx.nd.array([2])).asnumpy()
    array([[0.27067056, 0.27067056]], dtype=float32)
    """

    def logs(x: Any, mean: Any) -> Any:
        return x * xp.log(mean) - _gammaln(xp, x + 1) - mean

    return _density(xp, logs, (sample, lam), is_log)


def _negative_binomial_logs(xp: Any, x: Any, k: Any, p: Any, q: Any) -> Any:
    """With probabilities p of a success and q of a failure."""
    ways = _gammaln(xp, x + k) - _gammaln(xp, x + 1) - _gammaln(xp, k)
    return ways + k * xp.log(p) + xp.where(x == 0, 0.0, x * xp.log(q))


def _negative_binomial_slopes(F, x, k, p):
    return None, _psi(F, x + k) - _psi(F, k) + F.log(p), k / p - x / (1 - p)


@op(**_options("negative_binomial", _negative_binomial_slopes))
def pdf_negative_binomial(xp, sample, k, p, /, *, is_log: bool = False):
    """Probabilities of negative binomial distributions: `Γ(x + k) / (x! Γ(k)) p^k (1 - p)^x`.

    sample
        Counts of failures; the shape begins with that of the parameters. The result has this shape.
    k
        The numbers of successes to wait for.
    p
        The probabilities of a success.
    is_log
        Give the logarithms of the probabilities.

    >>> k, p = mx.nd.array([1]), mx.nd.array([0.5])
    >>> mx.nd.random_pdf_negative_binomial(mx.nd.array([[0, 1, 2]]), k, p).asnumpy()
    array([[0.5  , 0.25 , 0.125]], dtype=float32)
    """

    def logs(x: Any, successes: Any, chance: Any) -> Any:
        return _negative_binomial_logs(xp, x, successes, chance, 1 - chance)

    return _density(xp, logs, (sample, k, p), is_log)


def _generalized_slopes(F, x, mu, alpha):
    k, spread = 1 / alpha, 1 + mu * alpha
    change = _psi(F, k) - _psi(F, x + k) + F.log(spread)
    return None, (x - mu) / (mu * spread), k * (k * change + (x - mu) / spread)


@op(**_options("generalized_negative_binomial", _generalized_slopes))
def pdf_generalized_negative_binomial(xp, sample, mu, alpha, /, *, is_log: bool = False):
    """Probabilities of counts of mean `mu` and variance `mu + alpha mu²`.

    They are those of the negative binomial distribution with `k = 1 / alpha` and
    `p = 1 / (1 + mu alpha)`.

    sample
        Counts; the shape begins with that of the parameters. The result has this shape.
    mu
        Means.
    alpha
        How much wider than Poisson's the distributions are.
    is_log
        Give the logarithms of the probabilities.

    >>> mu, alpha = mx.nd.array([1]), mx.nd.array([1])
    >>> mx.nd.random_pdf_generalized_negative_binomial(mx.nd.array([[0, 1]]), mu, alpha).asnumpy()
    array([[0.5 , 0.25]], dtype=float32)
    """

    def logs(x: Any, mean: Any, wider: Any) -> Any:
        chance = 1 / (1 + mean * wider)
        return _negative_binomial_logs(xp, x, 1 / wider, chance, mean * wider * chance)

    return _density(xp, logs, (sample, mu, alpha), is_log)


def _dirichlet_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """The parts are in the last dimension; before it, all is as for single numbers."""
    sample, alpha = ins
    if sample is None or alpha is None:
        return ins, outs
    if not sample or not alpha:
        raise Mismatch(
            "samples and parameters need a dimension for the parts",
            hint="The last dimension of both is that of one distribution.",
        )
    last = unify(sample[-1:], alpha[-1:]) or ()
    before, own = _prefixed(sample[:-1], alpha[:-1])
    assert before is not None
    assert own is not None
    return ((*before, *last), (*own, *last)), (unify(before or (1,), outs[0]),)


def _dirichlet_gradient(F, g, y, sample, alpha, is_log):
    weight = F.expand_dims(g if is_log else g * y, axis=-1)
    spread = F._backward_random_pdf_spread(alpha, sample, tail=1)
    total = F.sum(spread, axis=-1, keepdims=True)
    by_sample = F.broadcast_mul(weight, (spread - 1) / sample)
    slope = F.broadcast_add(_psi(F, total), F.log(sample) - _psi(F, spread))
    by_alpha = F.reshape_like(F.broadcast_mul(weight, slope), sample)
    return (
        F.reshape_like(by_sample, sample),
        F._backward_random_pdf_gather(by_alpha, alpha, tail=1),
    )


@op(
    "_random_pdf_dirichlet",
    alias=("random_pdf_dirichlet",),
    shape=_dirichlet_shape,
    dtype=floating,
    gradient=_dirichlet_gradient,
)
def pdf_dirichlet(xp, sample, alpha, /, *, is_log: bool = False):
    """Densities of Dirichlet distributions: `Γ(Σ alpha_i) / Π Γ(alpha_i) · Π x_i^(alpha_i - 1)`.

    Samples of shape (…, n, k) with parameters of shape (…, k) give (…, n). One of them gives (1,).

    sample
        Samples: parts that add up to 1, in the last dimension.
    alpha
        Concentrations of the parts, in the last dimension.
    is_log
        Give the logarithms of the densities.

    >>> mx.nd.random_pdf_dirichlet(mx.nd.array([[0.2, 0.8]]), mx.nd.array([[2, 1]])).asnumpy()
    array([0.4], dtype=float32)
    """
    x, a = sample.astype("float64"), _aligned(alpha.astype("float64"), sample, tail=1)
    powers = xp.where(a == 1, 0.0, (a - 1) * xp.log(x))
    scale = _gammaln(xp, a.sum(axis=-1)) - _gammaln(xp, a).sum(axis=-1)
    logs = powers.sum(axis=-1) + scale
    values = logs if is_log else xp.exp(logs)
    return values.reshape(sample.shape[:-1] or (1,)).astype(sample.dtype)
