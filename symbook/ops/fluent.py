"""Operators as methods: `x.sum(axis=0)` is `mx.nd.sum(x, axis=0)` for arrays, `mx.sym.sum(…)` for symbols.

The names are those of MXNet's NDArray and Symbol; each is a method if such an operator is registered.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, Self

from . import registry
from .frontend import describe
from .registry import Op

METHODS = """
    abs arccos arccosh arcsin arcsinh arctan arctanh argmax argmax_channel argmin argsort
    broadcast_axes broadcast_like broadcast_to cbrt ceil clip cos cosh degrees depth_to_space
    diag exp expand_dims expm1 fix flatten flip floor log log10 log1p log2 log_softmax
    max mean min nanprod nansum norm one_hot ones_like pad pick prod radians rcbrt
    reciprocal relu repeat reshape_like
    rint round rsqrt shape_array sigmoid sign sin sinh size_array slice slice_axis
    slice_like softmax softmin sort space_to_depth split split_v2 sqrt square squeeze sum swapaxes
    take tan tanh tile topk transpose trunc zeros_like
""".split()  # noqa: SIM905  # a page of quoted names reads worse

Caller = Callable[[Op, str, tuple[Any, ...], dict[str, Any]], Any]
"""Calls an operator under a name: `caller(op, name, (self, *args), kwargs)`."""


class Methods:
    """Base of Symbol and NDArray: what type checkers are told of the methods that are attached below."""

    __slots__ = ()

    if TYPE_CHECKING:

        def _one(self, *args: Any, **kwargs: Any) -> Self: ...
        def _some(self, *args: Any, **kwargs: Any) -> Any: ...

        abs = arccos = arccosh = arcsin = arcsinh = arctan = arctanh = argmax = _one
        argmax_channel = argmin = argsort = broadcast_axes = broadcast_like = broadcast_to = _one
        cbrt = ceil = clip = cos = cosh = degrees = depth_to_space = diag = exp = _one
        expand_dims = expm1 = fix = flatten = flip = floor = log = log10 = log1p = log2 = _one
        log_softmax = max = mean = min = nanprod = nansum = norm = one_hot = ones_like = _one
        pad = pick = prod = radians = rcbrt = reciprocal = relu = repeat = reshape_like = _one
        rint = round = rsqrt = shape_array = sigmoid = sign = sin = sinh = size_array = _one
        slice = slice_axis = slice_like = softmax = softmin = sort = space_to_depth = sqrt = _one
        square = squeeze = sum = swapaxes = take = tan = tanh = tile = transpose = trunc = _one
        zeros_like = _one
        split = split_v2 = topk = _some


class FluentMethod:
    """Makes the method on first use: not every program pays for all of their signatures."""

    def __init__(self, name: str, caller: Caller) -> None:
        self._name, self._caller = name, caller

    def __get__(self, instance: Any, owner: type) -> Any:
        op = registry.get(self._name)
        setattr(owner, self._name, _method(op, self._name, self._caller, owner))
        return getattr(owner if instance is None else instance, self._name)


def _method(op: Op, name: str, caller: Caller, owner: type) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return caller(op, name, (self, *args), kwargs)

    signature, method.__doc__ = describe(op, name, owner.__name__)
    _, *rest = signature.parameters.values()
    me = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    method.__signature__ = signature.replace(parameters=[me, *rest])  # type: ignore[attr-defined]  # inspect's
    method.__name__ = name
    method.__qualname__ = f"{owner.__name__}.{name}"
    method.__module__ = owner.__module__
    return method


def attach(owner: type, caller: Caller, more: Collection[str] = ()) -> None:
    """Give a class the methods of all operators on the list, and of those named besides."""
    for name in (*METHODS, *more):
        if name not in vars(owner):
            setattr(owner, name, FluentMethod(name, caller))
