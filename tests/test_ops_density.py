"""Densities: they add up to 1, have known values, and gradients as differences have them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from gradients import check_numeric_gradient

import symbook as mx
from symbook.errors import SymbookError

RNG = np.random.default_rng(13)


def lgamma(x):
    return np.vectorize(math.lgamma)(x)


def normal(x, mu, sigma):
    return np.exp(-((x - mu) ** 2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))


def gamma(x, alpha, beta):
    return beta**alpha * x ** (alpha - 1) * np.exp(-beta * x) / np.exp(lgamma(alpha))


def negative_binomial(x, k, p):
    ways = np.exp(lgamma(x + k) - lgamma(x + 1) - lgamma(k))
    return ways * p**k * (1 - p) ** x


FORMULAS = {
    "uniform": lambda x, low, high: 1 / (high - low) + 0 * x,
    "normal": normal,
    "gamma": gamma,
    "exponential": lambda x, lam: lam * np.exp(-lam * x),
    "poisson": lambda x, lam: lam**x * np.exp(-lam) / np.exp(lgamma(x + 1)),
    "negative_binomial": negative_binomial,
    "generalized_negative_binomial": lambda x, mu, alpha: negative_binomial(
        x, 1 / alpha, 1 / (1 + mu * alpha)
    ),
}
PARAMETERS = {
    "uniform": ([0.0, -1.0], [2.0, 4.0]),
    "normal": ([0.5, -1.0], [0.75, 2.0]),
    "gamma": ([0.5, 3.0], [2.0, 0.25]),
    "exponential": ([0.5, 3.0],),
    "poisson": ([0.5, 3.0],),
    "negative_binomial": ([2.0, 3.5], [0.25, 0.75]),
    "generalized_negative_binomial": ([2.0, 3.5], [0.25, 1.5]),
}
DISCRETE = {"poisson", "negative_binomial", "generalized_negative_binomial"}


def samples(name, *rest):
    shape = (2, *rest)
    if name in DISCRETE:
        return RNG.integers(0, 7, shape).astype("float64")
    return RNG.uniform(0.25, 3, shape)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("rest", [(), (4,), (3, 2)])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_formula(name, rest, dtype):
    sample = samples(name, *rest).astype(dtype)
    parameters = [np.array(item, dtype) for item in PARAMETERS[name]]
    aligned = [p.astype("float64").reshape(2, *(1,) * len(rest)) for p in parameters]
    expected = FORMULAS[name](sample.astype("float64"), *aligned)
    function = getattr(mx.nd, f"random_pdf_{name}")
    given = [mx.nd.array(item, dtype=dtype) for item in (sample, *parameters)]
    rtol = {"float16": 4e-3, "float32": 1e-5, "float64": 1e-10}[dtype]
    for is_log, wanted in ((False, expected), (True, np.log(expected))):
        result = function(*given, is_log=is_log).asnumpy()
        assert result.dtype == dtype
        np.testing.assert_allclose(result, wanted, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("is_log", [False, True])
@pytest.mark.parametrize("rest", [(), (3,)])
def test_gradient(name, is_log, rest):
    names = ["sample", "a", "b"][: 1 + len(PARAMETERS[name])]
    symbol = getattr(mx.sym, f"random_pdf_{name}")(*map(mx.sym.Variable, names), is_log=is_log)
    values = [samples(name, *rest), *map(np.array, PARAMETERS[name])]
    wrt = names[1:] if name in DISCRETE else names
    check_numeric_gradient(symbol, dict(zip(names, values, strict=True)), wrt=wrt)


@pytest.mark.parametrize("name", sorted(DISCRETE))
def test_counts_get_no_gradient(name):
    names = ["sample", "a", "b"][: 1 + len(PARAMETERS[name])]
    symbol = getattr(mx.sym, f"random_pdf_{name}")(*map(mx.sym.Variable, names))
    args = [mx.nd.array(item) for item in (samples(name), *PARAMETERS[name])]
    grads = [mx.nd.ones(2) for _ in names]
    bound = symbol.bind(
        mx.cpu(), dict(zip(names, args, strict=True)), dict(zip(names, grads, strict=True))
    )
    bound.forward(is_train=True)
    bound.backward(mx.nd.ones(2))
    np.testing.assert_array_equal(grads[0].asnumpy(), [0, 0])
    assert all(grad.asnumpy().any() for grad in grads[1:])


@pytest.mark.parametrize("name", sorted(DISCRETE))
def test_probabilities_add_up_to_one(name):
    sample = mx.nd.array(np.tile(np.arange(400.0), (2, 1)), dtype="float64")
    parameters = [mx.nd.array(item, dtype="float64") for item in PARAMETERS[name]]
    result = getattr(mx.nd, f"random_pdf_{name}")(sample, *parameters).asnumpy()
    np.testing.assert_allclose(result.sum(axis=1), [1, 1], rtol=1e-9)


def dirichlet(x, alpha):
    logs = lgamma(alpha.sum(-1)) - lgamma(alpha).sum(-1) + ((alpha - 1) * np.log(x)).sum(-1)
    return np.exp(logs)


@pytest.mark.parametrize(
    ("sample_shape", "alpha_shape"),
    [((3,), (3,)), ((4, 3), (3,)), ((2, 3), (2, 3)), ((2, 5, 4, 3), (2, 3))],
)
@pytest.mark.parametrize("is_log", [False, True])
def test_dirichlet(sample_shape, alpha_shape, is_log):
    sample = RNG.dirichlet([2, 3, 4], sample_shape[:-1])
    alpha = RNG.uniform(0.5, 3, alpha_shape)
    between = (1,) * (len(sample_shape) - len(alpha_shape))
    expected = dirichlet(sample, alpha.reshape(alpha_shape[:-1] + between + alpha_shape[-1:]))
    expected = np.reshape(np.log(expected) if is_log else expected, sample_shape[:-1] or (1,))
    given = [mx.nd.array(item, dtype="float64") for item in (sample, alpha)]
    result = mx.nd.random_pdf_dirichlet(*given, is_log=is_log).asnumpy()
    assert result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=1e-10)
    symbol = mx.sym.random_pdf_dirichlet(
        mx.sym.Variable("x"), mx.sym.Variable("alpha"), is_log=is_log
    )
    check_numeric_gradient(symbol, {"x": sample, "alpha": alpha}, rtol=1e-5)


def test_shapes_must_fit():
    with pytest.raises(SymbookError, match="fewer dimensions"):
        mx.nd.random_pdf_poisson(mx.nd.ones(2), mx.nd.ones((2, 3)))
    with pytest.raises(SymbookError):
        mx.nd.random_pdf_poisson(mx.nd.ones((3, 2)), mx.nd.ones(2))
    symbol = mx.sym.random_pdf_normal(mx.sym.Variable("x"), name="n")
    arguments, outputs, _ = symbol.infer_shape(x=(2, 5), n_mu=(2,))
    assert (arguments, outputs) == ([(2, 5), (2,), (2,)], [(2, 5)])
