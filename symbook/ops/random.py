"""Operators that draw random numbers, from the generator of the device that they run on.

Scaling is done as MXNet does it: the parameters are float32 numbers, float32 results are computed
in float32, and float64 and float16 ones in float64. The gradients of what is drawn, with respect to
the parameters that it is drawn with, are zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..rng import generator
from ..specs import DType, Shape, as_dtype
from .backward import no_gradient
from .create import FLOAT32, OptionalSizes, Sizes, made, partial
from .registry import op
from .rules import (
    DTypeRule,
    DTypes,
    Mismatch,
    Params,
    ShapeRule,
    Shapes,
    unify,
    unify_all,
    unify_dtypes,
)

FLOATS = (FLOAT32, as_dtype("float64"), as_dtype("float16"))
_INTEGERS = tuple(map(as_dtype, ("int32", "int64")))


def _hint(choices: tuple[DType, ...]) -> str:
    return f"Use one of: {', '.join(choice.name for choice in choices)}."


def shape_drawn(shape: tuple[int, ...] | None) -> tuple[int, ...]:
    """One number when no shape is given."""
    return shape or (1,)


def drawn(check: Any = None) -> ShapeRule:
    """The shape of the parameter; `check` refuses other parameters that make no sense."""

    def shape_of(params: Params) -> Shape:
        if check is not None:
            check(params)
        return partial(shape_drawn(params["shape"]))

    return made(shape_of)


def drawn_dtype(choices: tuple[DType, ...]) -> DTypeRule:
    """The dtype of the parameter, which must be one of these; the first by default."""

    def rule(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
        dtype = params["dtype"] or choices[0]
        if dtype not in choices:
            raise Mismatch(f"random numbers of dtype {dtype} cannot be drawn", hint=_hint(choices))
        return ins, (unify_dtypes((dtype, outs[0])),)

    return rule


def _ordered(params: Params) -> None:
    if params["high"] < params["low"]:
        raise Mismatch(
            f"low ({params['low']}) must not be greater than high ({params['high']})",
            hint="Exchange them.",
        )


def positive(*names: str) -> Any:
    def check(params: Params) -> None:
        for name in names:
            if not params[name] > 0:
                raise Mismatch(
                    f"{name} must be greater than 0, not {params[name]}",
                    hint=f"Give a positive number, such as {name}=1.0.",
                )

    return check


def _working(dtype: DType | None) -> DType:
    """The dtype to draw and scale in."""
    # None is tested by itself: NumPy holds it equal to float64.
    return FLOAT32 if dtype is None or dtype == FLOAT32 else as_dtype("float64")


def _scaled(values: Any, factor: Any, offset: Any, dtype: DType | None) -> Any:
    """`values * factor + offset` in the values' own memory, then in the dtype asked for."""
    values *= factor
    values += offset
    return values.astype(dtype or FLOAT32, copy=False)


def _uniform(xp: Any, low: float, high: float, shape: Any, dtype: DType | None) -> Any:
    first, last = np.float32(low), np.float32(high)
    return _drawn_and_scaled(xp, "uniform", last - first, first, shape, dtype)


def _normal(xp: Any, loc: float, scale: float, shape: Any, dtype: DType | None) -> Any:
    return _drawn_and_scaled(xp, "normal", np.float32(scale), np.float32(loc), shape, dtype)


def _drawn_and_scaled(
    xp: Any, name: str, factor: Any, offset: Any, shape: Any, dtype: DType | None
) -> Any:
    draw = getattr(generator(xp), name)
    if xp is not np:  # all in one kernel
        return draw(shape, _working(dtype), factor, offset).astype(dtype or FLOAT32, copy=False)
    values = draw(shape, _working(dtype))
    if (factor, offset) == (1, 0):
        return values.astype(dtype or FLOAT32, copy=False)
    return _scaled(values, factor, offset, dtype)


def _exponential(xp: Any, lam: float, shape: Any, dtype: DType | None) -> Any:
    values = generator(xp).exponential(shape, _working(dtype), float(np.float32(lam)))
    return values.astype(dtype or FLOAT32, copy=False)


@op(
    "_random_uniform",
    alias=("uniform", "random_uniform"),
    shape=drawn(_ordered),
    dtype=drawn_dtype(FLOATS),
    random=True,
    gradient=no_gradient,
)
def random_uniform(
    xp,
    /,
    *,
    low: float = 0.0,
    high: float = 1.0,
    shape: OptionalSizes = None,
    ctx: str = "",
    dtype: DType | None = None,
):
    """Values spread evenly over [low, high), as `low + u * (high - low)`; float32 by default.

    Without a shape, one value: shape (1,). On the CPU the values are MXNet's to the bit.

    >>> mx.random.seed(0)
    >>> mx.nd.random.uniform(shape=3).asnumpy().round(4)
    array([0.5488, 0.5928, 0.7152], dtype=float32)
    """
    return _uniform(xp, low, high, shape_drawn(shape), dtype)


@op(
    "_random_normal",
    alias=("normal", "random_normal"),
    shape=drawn(positive("scale")),
    dtype=drawn_dtype(FLOATS),
    random=True,
    gradient=no_gradient,
)
def random_normal(
    xp,
    /,
    *,
    loc: float = 0.0,
    scale: float = 1.0,
    shape: OptionalSizes = None,
    ctx: str = "",
    dtype: DType | None = None,
):
    """Values of the normal distribution of mean `loc` and standard deviation `scale`; float32 by
    default. Without a shape, one value: shape (1,).

    >>> mx.random.seed(0)
    >>> mx.nd.random.normal(shape=3).asnumpy().round(4)
    array([2.2122, 0.774 , 1.0434], dtype=float32)
    """
    return _normal(xp, loc, scale, shape_drawn(shape), dtype)


@op(
    "_random_exponential",
    alias=("random_exponential",),
    shape=drawn(positive("lam")),
    dtype=drawn_dtype(FLOATS),
    random=True,
    gradient=no_gradient,
)
def random_exponential(
    xp,
    /,
    *,
    lam: float = 1.0,
    shape: OptionalSizes = None,
    ctx: str = "",
    dtype: DType | None = None,
):
    """Values of the exponential distribution of rate `lam`, mean 1/lam: `-log(1 - u) / lam`.

    float32 by default. Without a shape, one value: shape (1,).

    >>> mx.random.seed(0)
    >>> mx.nd.random.exponential(shape=3).asnumpy().round(4)
    array([0.7959, 0.8986, 1.2559], dtype=float32)
    """
    return _exponential(xp, lam, shape_drawn(shape), dtype)


def _nonempty(params: Params) -> None:
    if params["high"] <= params["low"]:
        raise Mismatch(
            f"low ({params['low']}) must be less than high ({params['high']})",
            hint="high itself is never drawn: make it larger.",
        )
    for name in ("low", "high"):
        if not -(2**63) <= params[name] < 2**63:
            raise Mismatch(
                f"{name} ({params[name]}) must be a number of int64", hint="Give a smaller number."
            )


@op(
    "_random_randint",
    alias=("random_randint",),
    shape=drawn(_nonempty),
    dtype=drawn_dtype(_INTEGERS),
    random=True,
    gradient=no_gradient,
)
def random_randint(
    xp,
    /,
    *,
    low: int,
    high: int,
    shape: OptionalSizes = None,
    ctx: str = "",
    dtype: DType | None = None,
):
    """Whole numbers in [low, high), int32 by default. Without a shape, one value: shape (1,).

    >>> values = mx.nd.random.randint(0, 10, shape=100).asnumpy()
    >>> int(values.min()) >= 0 and int(values.max()) <= 9
    True
    """
    return generator(xp).integers(low, high, shape_drawn(shape), dtype or _INTEGERS[0])


@op(
    "_random_gamma",
    alias=("random_gamma",),
    shape=drawn(positive("alpha", "beta")),
    dtype=drawn_dtype(FLOATS),
    random=True,
    gradient=no_gradient,
)
def random_gamma(
    xp,
    /,
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
    shape: OptionalSizes = None,
    ctx: str = "",
    dtype: DType | None = None,
):
    """Values of the gamma distribution of shape `alpha` and scale `beta`, mean alpha * beta.

    float32 by default. Without a shape, one value: shape (1,). The values are not MXNet's.

    >>> bool((mx.nd.random_gamma(alpha=9, beta=0.5, shape=100).asnumpy() > 0).all())
    True
    """
    values = generator(xp).gamma(alpha, shape_drawn(shape))
    values *= beta
    return values.astype(dtype or FLOAT32, copy=False)


@op(
    "_random_poisson",
    alias=("random_poisson",),
    shape=drawn(positive("lam")),
    dtype=drawn_dtype(FLOATS),
    random=True,
    gradient=no_gradient,
)
def random_poisson(
    xp,
    /,
    *,
    lam: float = 1.0,
    shape: OptionalSizes = None,
    ctx: str = "",
    dtype: DType | None = None,
):
    """Counts of the Poisson distribution of mean `lam`, as floats.

    float32 by default. Without a shape, one value: shape (1,). The values are not MXNet's.

    >>> float(mx.nd.random_poisson(lam=4, shape=100).asnumpy().min()) >= 0
    True
    """
    return generator(xp).poisson(lam, shape_drawn(shape)).astype(dtype or FLOAT32)


# In the shape and dtype of an array


def like_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    dtype = unify_dtypes((*ins, *outs))
    if dtype is not None and dtype not in FLOATS:
        raise Mismatch(f"random numbers of dtype {dtype} cannot be drawn", hint=_hint(FLOATS))
    return (dtype,), (dtype,)


@op("_random_uniform_like", dtype=like_dtype, random=True, gradient=no_gradient)
def random_uniform_like(xp, data, /, *, low: float = 0.0, high: float = 1.0):
    """Values spread evenly over [low, high), in the shape and floating dtype of the input.

    >>> mx.random.seed(0)
    >>> mx.nd._internal._random_uniform_like(mx.nd.zeros(3)).asnumpy().round(4)
    array([0.5488, 0.5928, 0.7152], dtype=float32)
    """
    return _uniform(xp, low, high, data.shape, data.dtype)


@op("_random_normal_like", dtype=like_dtype, random=True, gradient=no_gradient)
def random_normal_like(xp, data, /, *, loc: float = 0.0, scale: float = 1.0):
    """Values of a normal distribution, in the shape and floating dtype of the input.

    >>> mx.random.seed(0)
    >>> mx.nd._internal._random_normal_like(mx.nd.zeros(3)).asnumpy().round(4)
    array([2.2122, 0.774 , 1.0434], dtype=float32)
    """
    return _normal(xp, loc, scale, data.shape, data.dtype)


@op("_random_exponential_like", dtype=like_dtype, random=True, gradient=no_gradient)
def random_exponential_like(xp, data, /, *, lam: float = 1.0):
    """Values of the exponential distribution of rate `lam`, in the shape and dtype of the input.

    >>> mx.random.seed(0)
    >>> mx.nd._internal._random_exponential_like(mx.nd.zeros(3)).asnumpy().round(4)
    array([0.7959, 0.8986, 1.2559], dtype=float32)
    """
    return _exponential(xp, lam, data.shape, data.dtype)


# With an array of parameters


def sampled(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    shape = unify_all(ins)
    if shape is None:
        return ins, outs
    return (shape,) * len(ins), (unify((*shape, *params["shape"]), outs[0]),)


def each_of(params: Any, shape: tuple[int, ...]) -> tuple[tuple[int, ...], Any]:
    """The shape of the result, and the parameters as something that broadcasts over it."""
    return (*params.shape, *shape), params.reshape(*params.shape, *(1,) * len(shape))


@op(
    "_sample_uniform",
    alias=("sample_uniform",),
    shape=sampled,
    dtype=drawn_dtype(FLOATS),
    random=True,
    gradient=no_gradient,
)
def sample_uniform(xp, low, high, /, *, shape: Sizes = (), dtype: DType | None = None):
    """For each pair of `low` and `high`, an array of `shape` of values spread evenly between them.

    Shape `low.shape + shape`; float32 by default.

    >>> low, high = mx.nd.array([0, 10]), mx.nd.array([1, 20])
    >>> mx.nd.sample_uniform(low, high, shape=3).shape
    (2, 3)
    """
    whole, first = each_of(low, shape)
    _, last = each_of(high, shape)
    values = generator(xp).uniform(whole, _working(dtype))
    return _scaled(values, last - first, first, dtype)


@op(
    "_sample_normal",
    alias=("sample_normal",),
    shape=sampled,
    dtype=drawn_dtype(FLOATS),
    random=True,
    gradient=no_gradient,
)
def sample_normal(xp, mu, sigma, /, *, shape: Sizes = (), dtype: DType | None = None):
    """For each pair of mean and standard deviation, an array of `shape` of normal values.

    Shape `mu.shape + shape`; float32 by default.

    >>> mu, sigma = mx.nd.array([0, 10]), mx.nd.array([1, 2])
    >>> mx.nd.sample_normal(mu, sigma, shape=3).shape
    (2, 3)
    """
    whole, mean = each_of(mu, shape)
    _, deviation = each_of(sigma, shape)
    return _scaled(generator(xp).normal(whole, _working(dtype)), deviation, mean, dtype)


@op(
    "_sample_exponential",
    alias=("sample_exponential",),
    shape=sampled,
    dtype=drawn_dtype(FLOATS),
    random=True,
    gradient=no_gradient,
)
def sample_exponential(xp, lam, /, *, shape: Sizes = (), dtype: DType | None = None):
    """For each rate, an array of `shape` of values of its exponential distribution.

    Shape `lam.shape + shape`; float32 by default.

    >>> mx.nd.sample_exponential(mx.nd.array([1, 2]), shape=3).shape
    (2, 3)
    """
    whole, rate = each_of(lam, shape)
    values = generator(xp).exponential(whole, _working(dtype), rate)
    return values.astype(dtype or FLOAT32, copy=False)


# As in MXNet, this has no gradient: the permutation that was drawn is not kept.
@op("_shuffle", alias=("shuffle",), random=True)
def shuffle(xp, data, /):
    """The rows (positions of the first axis) in random order.

    >>> sorted(mx.nd.shuffle(mx.nd.array([1, 2, 3])).asnumpy().tolist())
    [1.0, 2.0, 3.0]
    """
    return data[generator(xp).permutation(data.shape[0])]
