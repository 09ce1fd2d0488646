"""Symbols that need no input: zeros, ones, ranges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..ops import registry
from ..specs import as_dtype
from . import compose
from .symbol import Symbol


def create(op_name: str, *inputs: Symbol, **params: Any) -> Symbol:
    """A symbol of an operator; `name`, `attr` and the operator's parameters as keywords."""
    name, attr = params.pop("name", None), params.pop("attr", None)
    if "dtype" in params:
        params["dtype"] = as_dtype(params["dtype"])
    return compose.apply(registry.get(op_name), op_name, inputs, params, Symbol, name, attr)


def zeros(shape: Sequence[int] | int, dtype: Any = None, **kwargs: Any) -> Symbol:
    """A tensor of zeros; dtype float32 unless given."""
    return create("_zeros", shape=shape, dtype=dtype or "float32", **kwargs)


def ones(shape: Sequence[int] | int, dtype: Any = None, **kwargs: Any) -> Symbol:
    """A tensor of ones; dtype float32 unless given."""
    return create("_ones", shape=shape, dtype=dtype or "float32", **kwargs)


def full(shape: Sequence[int] | int, val: float, dtype: Any = None, **kwargs: Any) -> Symbol:
    """A tensor of one value; dtype float32 unless given."""
    return create("_full", shape=shape, value=float(val), dtype=dtype or "float32", **kwargs)


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool = False,
    name: str | None = None,
    dtype: Any = None,
) -> Symbol:
    """Numbers from `start` up to, not including, `stop`, each `repeat` times; one-dimensional."""
    return create(
        "_arange", start=start, stop=stop, step=step, repeat=repeat, infer_range=infer_range,
        name=name, dtype=dtype or "float32",
    )  # fmt: skip


def linspace(
    start: float,
    stop: float,
    num: int,
    endpoint: bool = True,
    name: str | None = None,
    dtype: Any = None,
) -> Symbol:
    """`num` numbers, evenly spaced from `start` to `stop`."""
    return create(
        "_linspace",
        start=start,
        stop=stop,
        num=num,
        endpoint=endpoint,
        name=name,
        dtype=dtype or "float32",
    )


def eye(N: int, M: int = 0, k: int = 0, dtype: Any = None, **kwargs: Any) -> Symbol:  # MXNet's
    """An N×M matrix (N×N when M is 0) with ones on the k-th diagonal and zeros elsewhere."""
    return create("_eye", N=N, M=M, k=k, dtype=dtype or "float32", **kwargs)
