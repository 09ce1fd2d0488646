"""`mx.nd.random`: arrays of random numbers. `mx.random.seed` makes them repeat.

Each distribution's parameters are numbers, or NDArrays of one shape with a distribution for each
element; the result then has that shape followed by `shape`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..context import Context, as_context
from ..errors import (
    ArgumentError,
    ParamError,
    kind_of,
)
from ..ops import registry
from ..specs import as_shape
from . import compute
from .ndarray import NDArray, is_number

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

Dims = int | Sequence[int] | None


def uniform(
    low: Any = 0,
    high: Any = 1,
    shape: Dims = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Numbers drawn uniformly from [low, high); shape (1,) and float32 by default.

    Raises
    ------
    ParamError
        If `high` is less than `low`.
    """
    return _draw("uniform", {"low": low, "high": high}, shape, dtype, ctx, out)


def normal(
    loc: Any = 0,
    scale: Any = 1,
    shape: Dims = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Numbers drawn from the normal distribution of mean `loc` and standard deviation `scale`."""
    return _draw("normal", {"loc": loc, "scale": scale}, shape, dtype, ctx, out)


def randn(
    *shape: int,
    loc: Any = 0,
    scale: Any = 1,
    dtype: Any = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """As :func:`normal`, the shape given by separate numbers: `randn(2, 3)`."""
    return normal(loc, scale, shape or None, dtype, ctx, out)


def exponential(
    scale: Any = 1,
    shape: Dims = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Numbers drawn from the exponential distribution of mean `scale`."""
    _require_distribution({"scale": scale})
    if not isinstance(scale, NDArray) and not scale > 0:
        raise ParamError(
            f"exponential: scale must be greater than 0, not {scale}",
            hint="Give a positive number, such as scale=1.0.",
        )
    return _draw("exponential", {"lam": 1.0 / scale}, shape, dtype, ctx, out)


def randint(
    low: int,
    high: int,
    shape: Dims = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Whole numbers drawn from [low, high); shape (1,) and int32 by default."""
    return _draw("randint", {"low": low, "high": high}, shape, dtype, ctx, out)


def gamma(
    alpha: Any = 1,
    beta: Any = 1,
    shape: Dims = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Numbers drawn from the gamma distribution of shape `alpha` and scale `beta`."""
    return _draw("gamma", {"alpha": alpha, "beta": beta}, shape, dtype, ctx, out)


def poisson(
    lam: Any = 1,
    shape: Dims = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Whole numbers, as floats, drawn from the Poisson distribution of mean `lam`."""
    return _draw("poisson", {"lam": lam}, shape, dtype, ctx, out)


def negative_binomial(
    k: Any = 1,
    p: Any = 1,
    shape: Dims = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """How often trials of success `p` fail before the `k`-th success, as floats."""
    return _draw("negative_binomial", {"k": k, "p": p}, shape, dtype, ctx, out)


def generalized_negative_binomial(
    mu: Any = 1,
    alpha: Any = 1,
    shape: Dims = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Whole numbers, as floats, of the negative binomial distribution of mean `mu`, dispersion `alpha`."""
    values = {"mu": mu, "alpha": alpha}
    return _draw("generalized_negative_binomial", values, shape, dtype, ctx, out)


def multinomial(
    data: NDArray,
    shape: Dims = None,
    get_prob: bool = False,
    out: NDArray | None = None,
    dtype: Any = "int32",
) -> Any:
    """Positions drawn with the probabilities `data`, (k,) or (n, k), whose rows have the sum 1.

    Parameters
    ----------
    data : NDArray
    shape : int or tuple of int, optional
        How many for each row; the result has the shape of the rows followed by it.
    get_prob : bool
        Give the logarithm of each drawn position's probability, too.

    Returns
    -------
    NDArray, or list of two of them with `get_prob`
    """
    given = {} if shape is None else {"shape": as_shape(shape)}
    op = registry.get("_sample_multinomial")
    params = op.parse({**given, "get_prob": get_prob, "dtype": dtype})
    raws, ctx = compute.run(op, [data], ("data",), params, None if out is None else [out])
    if out is not None:
        return out
    arrays = [NDArray(raw, ctx) for raw in raws]
    return arrays if get_prob else arrays[0]


def shuffle(data: NDArray, out: NDArray | None = None) -> NDArray:
    """A copy with the parts along the first dimension in random order. Raises ArgumentError for no array."""
    if not isinstance(data, NDArray):
        raise ArgumentError(
            f"shuffle takes an NDArray, not {kind_of(data)}",
            hint="Make one: mx.nd.random.shuffle(mx.nd.array([1, 2, 3])).",
        )
    return _run(registry.get("_shuffle"), [data], {}, out)


def _draw(
    name: str,
    distribution: dict[str, Any],
    shape: Dims,
    dtype: Any,
    ctx: Context | None,
    out: NDArray | None,
) -> NDArray:
    if dtype is None and out is not None:
        dtype = out.dtype
    given = {} if dtype is None else {"dtype": dtype}
    if _require_distribution(distribution):
        if name == "randint":
            raise ParamError(
                "randint: low and high must be numbers, not NDArrays",
                hint="For example: mx.nd.random.randint(0, 10, shape=(2, 3)).",
            )
        sampler = registry.get(f"_sample_{name}")
        each = () if shape is None else as_shape(shape)
        return _run(sampler, list(distribution.values()), {**given, "shape": each}, out)
    default = (1,) if out is None else out.shape
    dims = default if shape is None else as_shape(shape)
    target = as_context(ctx if out is None or ctx is not None else out.context)
    target.xp  # noqa: B018  # a device that is not there is refused before anything else
    op = registry.get(f"_random_{name}")
    return _run(op, [], {**distribution, **given, "shape": dims, "ctx": str(target)}, out)


def _require_distribution(distribution: dict[str, Any]) -> bool:
    """Whether the parameters are arrays; raises if they are neither all arrays nor all numbers."""
    arrays = [isinstance(value, NDArray) for value in distribution.values()]
    for key, value in distribution.items():
        if not isinstance(value, NDArray) and not is_number(value):
            raise ParamError(
                f"Distribution parameters must be either NDArray or numbers, but {key} is {value!r}",
                hint=f"For example: {key}=1.0.",
            )
    if any(arrays) and not all(arrays):
        raise ArgumentError(
            "Distribution parameters must all be numbers, or all NDArrays",
            hint="Make arrays of the numbers: mx.nd.array([0, 1]).",
        )
    return all(arrays)


def _run(op: registry.Op, inputs: list[Any], given: dict[str, Any], out: NDArray | None) -> NDArray:
    params = op.parse(given)
    names = op.input_names(params, len(inputs))
    (raw,), ctx = compute.run(op, inputs, names, params, None if out is None else [out])
    return NDArray(raw, ctx) if out is None else out


def __getattr__(name: str) -> Any:
    """Draws like an array: `normal_like(data, loc=…, scale=…)`."""
    if name.endswith("_like") and registry.find(f"_random_{name}") is not None:
        from .invoke import make_function

        return make_function(registry.get(f"_random_{name}"), name, __name__)
    raise registry.no_attribute("mx.nd.random", name, __all__)
