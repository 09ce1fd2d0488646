"""The operators that are methods of NDArray."""

from __future__ import annotations

from typing import Any

from ..ops import fluent
from ..ops.registry import Op
from .invoke import Result, call_operator
from .ndarray import NDArray


def _call(op: Op, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Result:
    out = kwargs.pop("out", None)
    kwargs.pop("name", None)  # for code that also runs on symbols: an array has no name
    return call_operator(op, args, kwargs, out)


def attach() -> None:
    """Give NDArray its methods."""
    fluent.attach(NDArray, _call, more=["dot"])
