"""`mx.nd.random`: arrays of random numbers. `mx.random.seed` makes them repeat.

Each distribution's parameters are numbers, or NDArrays of one shape with a distribution for each
element; the result then has that shape followed by `shape`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..context import Context, as_context
from ..errors import ArgumentError, ParamError, UnsupportedError
from ..ops import registry
from ..specs import as_shape
from . import compute
from .ndarray import NDArray, is_number

__all__ = ["exponential", "normal", "randint", "randn", "shuffle", "uniform"]

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
        raise ParamError(f"exponential: scale must be greater than 0, not {scale}")
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


def shuffle(data: NDArray, out: NDArray | None = None) -> NDArray:
    """A copy with the parts along the first dimension in random order."""
    return _run(registry.get("_shuffle"), [data], {}, out)


def _draw(
    name: str,
    distribution: dict[str, Any],
    shape: Dims,
    dtype: Any,
    ctx: Context | None,
    out: NDArray | None,
) -> NDArray:
    given = {} if dtype is None else {"dtype": dtype}
    if _require_distribution(distribution):
        sampler = registry.find(f"_sample_{name}")
        if sampler is None:
            raise UnsupportedError(f"random.{name} takes numbers here, not arrays")
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
                f"Distribution parameters must be either NDArray or numbers, but {key} is {value!r}"
            )
    if any(arrays) and not all(arrays):
        raise ArgumentError("Distribution parameters must all be numbers, or all NDArrays")
    return all(arrays)


def _run(op: registry.Op, inputs: list[Any], given: dict[str, Any], out: NDArray | None) -> NDArray:
    params = op.parse(given)
    names = op.input_names(params, len(inputs))
    (raw,), ctx = compute.run(op, inputs, names, params, None if out is None else [out])
    return NDArray(raw, ctx) if out is None else out
