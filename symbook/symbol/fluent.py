"""The operators that are methods of Symbol."""

from __future__ import annotations

from typing import Any

from ..ops import fluent, registry
from ..ops.registry import Op
from . import compose, parts
from .symbol import Symbol

# MXNet's methods pass these parameters on even when they are left out, so its JSON files hold them.
_PASSED_ON: dict[str, dict[str, Any]] = {"squeeze": {"axis": None}, "diag": {"k": 0}}


def _call(op: Op, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Symbol:
    own, attr = kwargs.pop("name", None), kwargs.pop("attr", None)
    if len(args) == 1:
        kwargs = {**_PASSED_ON.get(name, {}), **kwargs}
    return compose.apply(op, name, args, kwargs, Symbol, own, attr)


def reshape(self: Symbol, *shape: Any, **kwargs: Any) -> Symbol:
    """The same elements in another shape, with the special codes of `mx.sym.reshape`.

    Parameters
    ----------
    *shape : int, or one tuple of int
        Also as the keyword `shape`.
    """
    if shape and not isinstance(shape[0], (tuple, list)):
        shape = (shape,)
    return _call(registry.get("Reshape"), "reshape", (self, *shape), kwargs)


def astype(self: Symbol, dtype: Any, **kwargs: Any) -> Symbol:
    """The elements converted to a dtype; `mx.sym.cast`."""
    return _call(registry.get("Cast"), "cast", (self,), {"dtype": dtype, **kwargs})


def split_v2(self: Symbol, *args: Any, **kwargs: Any) -> Symbol:
    """The parts of :func:`mx.sym.split_v2`."""
    return parts.split_v2(self, *args, **kwargs)


def attach() -> None:
    """Give Symbol its methods."""
    Symbol.split_v2 = split_v2  # type: ignore[assignment]  # the same as below
    Symbol.reshape = reshape  # type: ignore[assignment]  # methods beside those of the class's own file
    Symbol.astype = astype  # type: ignore[assignment]  # the same
    fluent.attach(Symbol, _call)
