"""Draws from the gamma, Poisson, negative binomial and categorical distributions.

The numbers have the right distributions and repeat with the seed; they are not MXNet's own.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from ..errors import counted, shape_text
from ..rng import generator
from ..specs import DType, Shape, as_dtype
from .backward import no_gradient
from .create import FLOAT32, OptionalSizes, Sizes
from .params import Range
from .random import FLOATS, drawn, drawn_dtype, each_of, like_dtype, sampled, shape_drawn
from .registry import op
from .rules import DTypes, Mismatch, Params, Shapes, first_dtype, unify, unify_dtypes

INT64 = as_dtype("int64")

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
                raise Mismatch(f"{name} must not be negative, as {params[name]} is")

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


# Choices


def _chosen_shape(data: Shape | None, params: Params) -> Shape | None:
    """The shape of the choices for distributions in the last dimension of `data`."""
    if data is None:
        return None
    if not data or data[-1] == 0:
        raise Mismatch(f"there is nothing to choose from in {shape_text(data)}")
    return (*data[:-1], *params["shape"]) or (1,)


def _multinomial_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    shape = _chosen_shape(ins[0], params)
    return ins, tuple(unify(shape, out) for out in outs)


def _multinomial_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    """Choices have the dtype asked for, logarithms that of the probabilities."""
    found: list[DType | None] = [unify_dtypes((as_dtype(params["dtype"]), outs[0]))]
    (dtype,) = ins
    if dtype is not None and dtype.kind != "f":
        raise Mismatch(f"probabilities are floats, not {dtype}")
    if params["get_prob"]:
        dtype = unify_dtypes((dtype, outs[1]))
        found.append(dtype)
    return (dtype,), tuple(found)


def _multinomial_gradient(F, g, y, data, get_prob, **params):
    """The logarithms' gradient: `g / p` of each choice goes to its probability."""
    if not get_prob or g[1] is None:
        return None
    return F._backward_sample_multinomial(g[1], y[0], data)


@op(
    "_sample_multinomial",
    alias=("sample_multinomial",),
    shape=_multinomial_shape,
    dtype=_multinomial_dtype,
    outputs=lambda params: ("output0", "output1") if params["get_prob"] else ("output",),
    random=True,
    gradient=_multinomial_gradient,
)
def sample_multinomial(
    xp,
    data,
    /,
    *,
    shape: Sizes = (),
    get_prob: bool = False,
    dtype: Literal["float16", "float32", "float64", "int32", "uint8"] = "int32",
):
    """Draws positions: for each distribution in the last dimension, an array of `shape` of them.

    data of shape (…, k) gives (…) + shape, and one distribution without `shape` the shape (1,). With
    `get_prob` there is a second output of that shape, the logarithms of the probabilities of what was
    drawn; its gradient goes to `data`, as in REINFORCE (R. Williams, "Simple statistical
    gradient-following algorithms", Machine Learning 8, 1992, 229-256). The values are not MXNet's.

    data
        Probabilities; those of a distribution should add up to 1. What is missing goes to the last.
    shape
        How many positions for each distribution, and in which shape.
    get_prob
        Give the logarithms of the probabilities too.
    dtype
        Dtype of the positions.

    >>> mx.nd.sample_multinomial(mx.nd.array([[0, 1, 0], [0, 0, 1]]), shape=2).asnumpy()
    array([[1, 1],
           [2, 2]], dtype=int32)
    """
    edges = xp.cumsum(data.reshape(-1, data.shape[-1]), axis=1, dtype="float64")
    each = math.prod(shape)
    u = generator(xp).uniform((len(edges), each), as_dtype("float64"))
    # How many edges are at or below the value; one edge at a time, to need no array of all pairs.
    chosen = xp.zeros(u.shape, "int64")
    for i in range(data.shape[-1] - 1):
        chosen += edges[:, i, None] <= u
    result = (*data.shape[:-1], *shape) or (1,)
    positions = chosen.reshape(result).astype(dtype)
    if not get_prob:
        return positions
    picked = xp.take_along_axis(data.reshape(edges.shape), chosen, axis=1)
    return positions, xp.log(picked).reshape(result)


def _last_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    return ins, (unify(ins[-1], outs[0]),)


@op("_backward_sample_multinomial", shape=_last_shape, dtype=first_dtype)
def backward_sample_multinomial(xp, grad, positions, data, /):
    """Zeros in the shape of `data`, with `grad / p` added for each position drawn."""
    flat = data.reshape(-1, data.shape[-1])
    result = xp.zeros_like(flat)
    rows = xp.repeat(xp.arange(len(flat)), grad.size // max(len(flat), 1))
    columns = positions.reshape(-1).astype("int64")
    xp.add.at(result, (rows, columns), grad.reshape(-1) / flat[rows, columns])
    return result.reshape(data.shape)


def _zipfian_shape(params: Params) -> Shape:
    shape: tuple[int, ...] = params["shape"] or ()
    if len(shape) != 2:
        raise Mismatch(f"shape must have two dimensions, not {len(shape)}", hint="shape=(1, n)")
    if shape[1] > params["range_max"]:
        raise Mismatch(
            f"there are no {shape[1]} different numbers among {counted(params['range_max'], 'number')}"
        )
    return shape


def _zipfian_shapes(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    shape = _zipfian_shape(params)
    return ins, (unify(shape, outs[0]), unify(shape[:1], outs[1]))


def _int64s(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    return ins, tuple(unify_dtypes((INT64, out)) for out in outs)


@op(
    "_sample_unique_zipfian",
    shape=_zipfian_shapes,
    dtype=_int64s,
    outputs=("output0", "output1"),
    random=True,
)
def sample_unique_zipfian(
    xp, /, *, range_max: Annotated[int, Range(1, None)], shape: OptionalSizes = None
):
    """Different whole numbers, the small ones more often; and how many draws each row took.

    Each row of the first output holds different numbers from 0 to range_max - 1, in the order drawn
    from an approximate Zipf distribution: `P(i) = log((i + 2) / (i + 1)) / log(range_max + 1)`. The
    second output, a vector, counts the draws, repeated ones included. Both are int64. Used to sample
    negative classes (S. Jean et al., "On using very large target vocabulary for neural machine
    translation", ACL 2015). The values are not MXNet's.

    range_max
        How many numbers there are to draw from.
    shape
        (rows, numbers in a row).

    >>> numbers, tries = mx.nd._internal._sample_unique_zipfian(range_max=3, shape=(1, 3))
    >>> sorted(numbers.asnumpy()[0].tolist())
    [0, 1, 2]
    """
    rows, each = shape or (1, 1)
    numbers, tries = xp.zeros((rows, each), INT64), xp.zeros(rows, INT64)
    for row in range(rows if each else 0):
        drawn_so_far = xp.zeros(0, INT64)
        first = drawn_so_far
        while len(first) < each:
            u = generator(xp).uniform((2 * each,), as_dtype("float64"))
            more = xp.exp(u * math.log(range_max + 1)).astype(INT64) - 1
            drawn_so_far = xp.concatenate([drawn_so_far, xp.minimum(more, range_max - 1)])
            first = xp.sort(xp.unique(drawn_so_far, return_index=True)[1])
        numbers[row] = drawn_so_far[first[:each]]
        tries[row] = first[each - 1] + 1
    return numbers, tries
