"""Operators as methods of NDArray: `x.sum(axis=0)` is `mx.nd.sum(x, axis=0)`.

The names are those of MXNet's NDArray; each is a method if such an operator is registered.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..ops import registry
from ..ops.frontend import describe
from ..ops.registry import Op
from .invoke import Result, call_operator
from .ndarray import NDArray

METHODS = """
    abs arccos arccosh arcsin arcsinh arctan arctanh argmax argmax_channel argmin argsort
    broadcast_axes cbrt ceil clip cos cosh degrees depth_to_space
    diag dot exp expand_dims expm1 fix flatten flip floor log log10 log1p log2 log_softmax
    max mean min nanprod nansum norm one_hot ones_like pad pick prod radians rcbrt
    reciprocal relu repeat reshape_like
    rint round rsqrt shape_array sigmoid sign sin sinh size_array slice slice_axis
    slice_like softmax softmin sort space_to_depth split split_v2 sqrt square squeeze sum swapaxes
    take tan tanh tile topk transpose trunc zeros_like
""".split()  # noqa: SIM905  # a page of quoted names reads worse


class FluentMethod:
    """Makes the method on first use: not every program pays for all of their signatures."""

    def __init__(self, op: Op, name: str) -> None:
        self._op = op
        self._name = name

    def __get__(self, instance: NDArray | None, owner: type) -> Callable[..., Result]:
        method = make_method(self._op, self._name)
        setattr(owner, self._name, method)
        found: Callable[..., Result] = getattr(owner if instance is None else instance, self._name)
        return found


def make_method(op: Op, name: str) -> Callable[..., Result]:
    """The method of that name; its first input is the array itself."""

    def method(self: NDArray, *args: Any, out: Any = None, **kwargs: Any) -> Result:
        return call_operator(op, (self, *args), kwargs, out)

    signature, method.__doc__ = describe(op, name, "NDArray")
    first, *rest = [item for key, item in signature.parameters.items() if key != "name"]
    me = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if first.kind is first.VAR_POSITIONAL:
        rest.insert(0, first)
    method.__signature__ = signature.replace(parameters=[me, *rest])  # type: ignore[attr-defined]
    method.__name__ = name
    method.__qualname__ = f"NDArray.{name}"
    method.__module__ = NDArray.__module__
    return method


def attach() -> None:
    """Give NDArray the methods of all registered operators on the list."""
    for name in METHODS:
        op = registry.find(name)
        if op is not None:
            setattr(NDArray, name, FluentMethod(op, name))
