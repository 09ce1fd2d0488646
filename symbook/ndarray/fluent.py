"""The operators that are methods of NDArray."""

from __future__ import annotations

from typing import Any

from ..ops import fluent, registry
from ..ops.registry import Op
from . import parts
from .invoke import Result, call_operator
from .ndarray import NDArray


def _call(op: Op, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Result:
    out = kwargs.pop("out", None)
    kwargs.pop("name", None)  # for code that also runs on symbols: an array has no name
    return call_operator(op, args, kwargs, out)


def split_v2(self: NDArray, *args: Any, **kwargs: Any) -> Any:
    """The parts of :func:`mx.nd.split_v2`."""
    return parts.split_v2(self, *args, **kwargs)


def slice_assign(self: NDArray, rhs: NDArray, begin: Any, end: Any, step: Any) -> Result:
    """Write `rhs` into the part that `slice` with these parameters gives; returns this array."""
    params = {"begin": begin, "end": end, "step": step}
    return call_operator(registry.get("_slice_assign"), (self, rhs), params, self)


def slice_assign_scalar(self: NDArray, value: float, begin: Any, end: Any, step: Any) -> Result:
    """Write a number into the part that `slice` with these parameters gives; returns this array."""
    params = {"scalar": value, "begin": begin, "end": end, "step": step}
    return call_operator(registry.get("_slice_assign_scalar"), (self,), params, self)


def attach() -> None:
    """Give NDArray its methods."""
    NDArray.split_v2 = split_v2  # type: ignore[assignment]  # methods beside those of the class's own file
    NDArray.slice_assign = slice_assign  # type: ignore[assignment]  # the same
    NDArray.slice_assign_scalar = slice_assign_scalar  # type: ignore[assignment]  # the same
    fluent.attach(NDArray, _call, more=["dot"])
