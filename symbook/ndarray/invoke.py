"""Calls of registered operators on NDArrays, and the functions that make such calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..context import Context
from ..errors import ArgumentError
from ..ops import registry
from ..ops.frontend import describe
from ..ops.registry import Call, Op
from . import compute
from .ndarray import NDArray

Result = NDArray | list[NDArray]


def invoke(op: Op, call: Call, out: Result | tuple[NDArray, ...] | None = None) -> Result:
    """Run one operator now.

    Parameters
    ----------
    op : Op
    call : Call
        Its inputs and parameters.
    out : NDArray or list of NDArray, optional
        Where to write the results; the same is returned.

    Returns
    -------
    NDArray or list of NDArray
        A list when the operator has several outputs.

    Raises
    ------
    ParamError, ShapeError, DTypeError, DeviceError
        If the call does not fit; nothing has run then.
    """
    if out is None:
        raws, ctx = compute.run(op, call.inputs, call.names, call.params)
        arrays = [NDArray(raw, ctx) for raw in raws]
        return arrays[0] if len(arrays) == 1 else arrays
    targets = list(out) if isinstance(out, (list, tuple)) else [out]
    for target in targets:
        if not isinstance(target, NDArray):
            raise ArgumentError(
                f"{op.name}: out must be an NDArray, not {type(target)}",
                hint="Give an array for the result, as mx.nd.zeros((2, 3)), or leave out= away.",
            )
    compute.run(op, call.inputs, call.names, call.params, targets)
    return targets if isinstance(out, (list, tuple)) else out


def call_operator(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any = None) -> Result:
    """Sort the arguments of a function call and run the operator."""
    if isinstance(kwargs.get("ctx"), Context):
        kwargs["ctx"] = str(kwargs["ctx"])
    if op.specialise is not None:
        op = op.specialise(kwargs)
    return invoke(op, registry.sort_call(op, args, kwargs, NDArray), out)


def make_function(op: Op, name: str, module: str) -> Callable[..., Result]:
    """The function `mx.nd.<name>` of an operator, with its signature and documentation."""

    def function(*args: Any, out: Any = None, name: str | None = None, **kwargs: Any) -> Result:
        # `name` is there for code that also runs with `mx.sym`: an array has no name.
        return call_operator(op, args, kwargs, out)

    function.__name__ = function.__qualname__ = name
    function.__module__ = module
    signature, function.__doc__ = describe(op, name, "NDArray")
    function.__signature__ = signature  # type: ignore[attr-defined]  # `inspect` reads it
    return function


def find_function(name: str, module: str, shown: list[str]) -> Callable[..., Result]:
    """The function of a registered name, for a module's `__getattr__`.

    Parameters
    ----------
    name, module : str
    shown : list of str
        All names that the module has; others are refused.

    Raises
    ------
    AttributeError
        If there is no such name.
    """
    op = registry.find(name) if name in shown else None
    if op is None:
        raise registry.no_attribute(module.replace("symbook.ndarray", "mx.nd"), name, shown)
    return make_function(op, name, module)
