"""Random numbers of the less common distributions: their distribution functions and moments."""

from __future__ import annotations

import math

import numpy as np
import pytest

import symbook as mx
from symbook.errors import SymbookError

MANY = 20000


@pytest.fixture(autouse=True)
def _seed():
    mx.random.seed(3)


def poisson_chances(lam, most=200):
    return np.array([math.exp(n * math.log(lam) - lam - math.lgamma(n + 1)) for n in range(most)])


def negative_binomial_chances(k, p, most=400):
    logs = [
        math.lgamma(n + k)
        - math.lgamma(n + 1)
        - math.lgamma(k)
        + k * math.log(p)
        + n * math.log1p(-p)
        for n in range(most)
    ]
    return np.exp(logs)


def require_chances(counts, chances):
    """Kolmogorov-Smirnov: the distribution function is the one expected, by 1 in 1000 at most."""
    counts = np.asarray(counts, dtype="int64")
    found = np.bincount(counts.ravel(), minlength=len(chances))[: len(chances)] / counts.size
    gap = abs(np.cumsum(found) - np.cumsum(chances)).max()
    assert gap < 1.95 / math.sqrt(counts.size)


def require_moments(values, mean, variance):
    """Mean and variance as expected: the mean to 4 standard errors."""
    assert abs(values.mean() - mean) < 4 * math.sqrt(variance / values.size)
    assert values.var() == pytest.approx(variance, rel=0.1)


def arrays(*values):
    return [mx.nd.array(value) for value in values]


def test_gamma():
    alphas, betas = [0.5, 3.0], [2.0, 0.25]
    result = mx.nd.sample_gamma(*arrays(alphas, betas), shape=MANY).asnumpy()
    assert result.shape == (2, MANY)
    assert result.dtype == "float32"
    for values, alpha, beta in zip(result, alphas, betas, strict=True):
        require_moments(values, alpha * beta, alpha * beta**2)
    # Of shape 1 it is the exponential distribution.
    values = np.sort(mx.nd.sample_gamma(*arrays([1], [2]), shape=MANY).asnumpy()[0])
    expected = 1 - np.exp(-values / 2)
    assert abs(expected - np.arange(MANY) / MANY).max() < 1.95 / math.sqrt(MANY)


def test_poisson():
    lams = [0.5, 4.0, 60.0]
    result = mx.nd.sample_poisson(*arrays(lams), shape=(MANY // 2, 2)).asnumpy()
    assert result.shape == (3, MANY // 2, 2)
    for counts, lam in zip(result, lams, strict=True):
        require_chances(counts, poisson_chances(lam))


def test_negative_binomial():
    ks, ps = [1, 3, 6], [0.5, 0.3, 0.9]
    result = mx.nd.sample_negative_binomial(*arrays(ks, ps), shape=MANY).asnumpy()
    for counts, k, p in zip(result, ks, ps, strict=True):
        require_chances(counts, negative_binomial_chances(k, p))
    counts = mx.nd.random_negative_binomial(k=3, p=0.4, shape=MANY).asnumpy()
    require_chances(counts, negative_binomial_chances(3, 0.4))


def test_generalized_negative_binomial():
    mus, alphas = [2.0, 5.0, 3.0], [0.3, 1.5, 0.0]
    result = mx.nd.sample_generalized_negative_binomial(*arrays(mus, alphas), shape=MANY).asnumpy()
    for counts, mu, alpha in zip(result, mus, alphas, strict=True):
        if alpha == 0:
            require_chances(counts, poisson_chances(mu))
        else:
            require_chances(counts, negative_binomial_chances(1 / alpha, 1 / (1 + mu * alpha)))
    counts = mx.nd.random_generalized_negative_binomial(mu=2, alpha=0.5, shape=MANY).asnumpy()
    require_chances(counts, negative_binomial_chances(2, 0.5))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_like(dtype):
    data = mx.nd.zeros((100, 200), dtype=dtype)
    internal = mx.nd._internal
    for op, params, mean, variance in (
        ("gamma", {"alpha": 3, "beta": 2}, 6, 12),
        ("poisson", {"lam": 4}, 4, 4),
        ("negative_binomial", {"k": 3, "p": 0.5}, 3, 6),
        ("generalized_negative_binomial", {"mu": 3, "alpha": 0.5}, 3, 7.5),
    ):
        result = getattr(internal, f"_random_{op}_like")(data, **params).asnumpy()
        assert result.dtype == dtype
        assert result.shape == (100, 200)
        require_moments(result.astype("float64"), mean, variance)


@pytest.mark.parametrize(
    ("op", "count"),
    [
        ("sample_gamma", 2),
        ("sample_poisson", 1),
        ("sample_negative_binomial", 2),
        ("sample_generalized_negative_binomial", 2),
    ],
)
def test_samples_have_shape_and_dtype_and_repeat(op, count):
    params = [mx.nd.ones((2, 3)) * 0.5 for _ in range(count)]
    function = getattr(mx.nd, op)
    assert function(*params).shape == (2, 3)
    assert function(*params, shape=4).shape == (2, 3, 4)
    assert np.dtype(function(*params, shape=(4, 0), dtype="float16").dtype) == "float16"
    mx.random.seed(9)
    first = function(*params, shape=50).asnumpy()
    second = function(*params, shape=50).asnumpy()
    mx.random.seed(9)
    np.testing.assert_array_equal(function(*params, shape=50).asnumpy(), first)
    assert (first != second).any()


def test_parameters_that_make_no_sense():
    minus = mx.nd.array([-1.0, np.nan])
    assert np.isnan(mx.nd.sample_poisson(minus, shape=3).asnumpy()).all()
    assert np.isnan(mx.nd.sample_gamma(minus, mx.nd.ones(2), shape=3).asnumpy()).all()
    large = mx.nd.array([1e30], dtype="float64")
    assert mx.nd.sample_poisson(large, dtype="float64").asscalar() == 1e30
    with pytest.raises(SymbookError, match="k must not be negative"):
        mx.nd.random_negative_binomial(k=-1, p=0.5)
    with pytest.raises(SymbookError, match="cannot be drawn"):
        mx.nd._internal._random_poisson_like(mx.nd.zeros(2, dtype="int32"))


def test_multinomial():
    chances = np.array([[0.1, 0.0, 0.6, 0.3], [0.25, 0.25, 0.25, 0.25]])
    result = mx.nd.sample_multinomial(mx.nd.array(chances), shape=(MANY // 4, 4)).asnumpy()
    assert result.dtype == "int32"
    assert result.shape == (2, MANY // 4, 4)
    for found, expected in zip(result, chances, strict=True):
        require_chances(found, expected)
        assert not np.isin(found, np.flatnonzero(expected == 0)).any()


@pytest.mark.parametrize(
    ("data", "shape", "expected"),
    [
        ((3,), (), (1,)),
        ((3,), 2, (2,)),
        ((2, 3), (), (2,)),
        ((2, 3), 1, (2, 1)),
        ((2, 2, 3), (4, 5), (2, 2, 4, 5)),
        ((0, 3), 2, (0, 2)),
    ],
)
def test_multinomial_shapes(data, shape, expected):
    # Shapes as MXNet 1.9.1 has them.
    chances = mx.nd.full(data, 1 / 3)
    assert mx.nd.sample_multinomial(chances, shape=shape).shape == expected
    first, second = mx.nd.sample_multinomial(chances, shape=shape, get_prob=True, dtype="uint8")
    assert (first.shape, second.shape) == (expected, expected)
    assert (np.dtype(first.dtype), np.dtype(second.dtype)) == ("uint8", "float32")


def test_multinomial_gives_logarithms_and_their_gradient():
    chances = np.array([[0.2, 0.8], [0.5, 0.5]])
    data = mx.sym.Variable("p")
    positions, logs = mx.sym.sample_multinomial(data, shape=5, get_prob=True)
    grad = mx.nd.zeros((2, 2), dtype="float64")
    bound = mx.sym.Group([mx.sym.BlockGrad(positions), logs]).bind(
        mx.cpu(), {"p": mx.nd.array(chances, dtype="float64")}, args_grad={"p": grad}
    )
    drawn, found = (item.asnumpy() for item in bound.forward(is_train=True))
    np.testing.assert_allclose(found, np.log(np.take_along_axis(chances, drawn, 1)))
    weights = np.arange(10.0).reshape(2, 5)
    bound.backward(
        [mx.nd.zeros((2, 5), dtype="int32"), mx.nd.array(weights, dtype="float64")]
    )  # fmt: skip
    expected = np.zeros((2, 2))
    for row in range(2):
        for column in range(5):
            position = drawn[row, column]
            expected[row, position] += weights[row, column] / chances[row, position]
    np.testing.assert_allclose(grad.asnumpy(), expected)


def test_zipfian():
    numbers, tries = mx.nd._internal._sample_unique_zipfian(range_max=50, shape=(4000, 5))
    numbers, tries = numbers.asnumpy(), tries.asnumpy()
    assert numbers.dtype == tries.dtype == "int64"
    assert tries.shape == (4000,)
    assert (tries >= 5).all()
    for row in numbers:
        assert len(set(row)) == 5
    # The first of a row has the distribution of one draw: of 50^u, rounded, less 1.
    edges = np.concatenate([[1], np.arange(1.5, 50), [50]])
    require_chances(numbers[:, 0], np.diff(np.log(edges)) / np.log(50))
    # MXNet 1.9.1 drew 20000 numbers below 20 as often as this.
    drawn = mx.nd._internal._sample_unique_zipfian(range_max=20, shape=(MANY, 1))[0].asnumpy()
    share = np.bincount(drawn.ravel(), minlength=20) / MANY
    np.testing.assert_allclose(share[[0, 1, 2, 19]], [0.1354, 0.173, 0.1098, 0.0082], atol=0.012)
    with pytest.raises(SymbookError, match="no 4 different numbers"):
        mx.nd._internal._sample_unique_zipfian(range_max=3, shape=(1, 4))
