"""`mx.sym` (also `mx.symbol`): symbols, and every operator as a function that makes one.

Functions of operators are made when they are first asked for, from the operators' definitions.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..errors import ArgumentError, FormatError, UnsupportedError, did_you_mean, here
from ..graph import NOTHING, Entry, Node
from ..ops import frontend, registry
from . import attributes, compose, fluent, json
from .create import arange, eye, full, linspace, ones, zeros
from .symbol import Symbol, is_number


def Variable(  # noqa: N802  # MXNet's name
    name: str,
    attr: Mapping[str, str] | None = None,
    shape: Sequence[int] | None = None,
    lr_mult: float | None = None,
    wd_mult: float | None = None,
    dtype: Any = None,
    init: Any = None,
    stype: str | None = None,
    **kwargs: Any,
) -> Symbol:
    """A symbol that stands for an array to be given later.

    Parameters
    ----------
    name : str
        The argument's name, under which it is bound.
    attr : dict of str to str, optional
        Attributes.
    shape : tuple of int, optional
        Its shape, or part of it: 0 is an unknown dimension.
    lr_mult, wd_mult : float, optional
        Multipliers of the learning rate and the weight decay, kept as attributes.
    dtype : dtype, optional
    init : str or initializer, optional
        How to initialise it, kept as an attribute.
    stype : str, optional
        Storage type; only "default" is served.
    **kwargs : str
        More attributes, named with two underscores on both sides.

    Raises
    ------
    ArgumentError
        If the name is no string. A TypeError.
    ParamError
        If a keyword is unknown. A ValueError.
    DTypeError
        If `dtype` is none.

    >>> import symbook as mx
    >>> mx.sym.Variable("x", shape=(2, 3)).infer_shape()[1]
    [(2, 3)]
    """
    if not isinstance(name, str):
        raise ArgumentError(f"Expect a string for variable `name`, got {name!r}")
    if stype not in (None, "default"):
        raise UnsupportedError(f"the storage type {stype!r} of {name!r} is not served", hint="Use dense arrays.")
    declared = {"shape": shape, "lr_mult": lr_mult, "wd_mult": wd_mult, "dtype": dtype, "init": init}
    own = attributes.of_variable(attr, declared, kwargs)
    return Symbol([Entry(Node(None, (), NOTHING, name, attributes.in_scope(own), here()))])


var = Variable


def Group(symbols: Sequence[Symbol]) -> Symbol:  # noqa: N802  # MXNet's name
    """One symbol with the outputs of several, in order.

    Raises
    ------
    ArgumentError
        If it is not a list of symbols, or an empty one. A TypeError.
    """
    items = list(symbols) if not isinstance(symbols, Symbol) else []
    if not items or not all(isinstance(item, Symbol) for item in items):
        raise ArgumentError("Expected a list of symbols as input", hint="mx.sym.Group([a, b])")
    return Symbol([entry for item in items for entry in item._outputs])


def load(fname: str) -> Symbol:
    """The symbol that a JSON file holds.

    Raises
    ------
    OSError
        If the file cannot be read.
    FormatError, LookupFailure, ParamError
        As :func:`load_json`.
    """
    if not isinstance(fname, str):
        raise ArgumentError("fname need to be string")
    with open(fname, "rb") as file:
        raw = file.read()
    try:
        return load_json(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise FormatError(f"{fname}: this is no symbol: not UTF-8 text ({error})") from None


def load_json(json_str: str) -> Symbol:
    """The symbol that a JSON text holds: MXNet's format, 1.9 and earlier.

    Raises
    ------
    FormatError
        If the text is no symbol; the message names the place. A ValueError.
    LookupFailure
        If it uses an operator that is not served.
    ParamError
        If an operator's parameters do not parse.
    """
    if not isinstance(json_str, str):
        raise ArgumentError("json_str need to be string")
    return Symbol(json.load(json_str))


fromjson = load_json


def pow(base: Any, exp: Any) -> Any:  # noqa: A001  # MXNet's name
    """`base ** exp`, element by element; either may be a number."""
    return _either("_power", "_power_scalar", "_rpower_scalar", base, exp, lambda x, y: x**y)


power = pow


def maximum(left: Any, right: Any) -> Any:
    """The larger of two, element by element; either may be a number."""
    return _either("_maximum", "_maximum_scalar", "_maximum_scalar", left, right, max)


def minimum(left: Any, right: Any) -> Any:
    """The smaller of two, element by element; either may be a number."""
    return _either("_minimum", "_minimum_scalar", "_minimum_scalar", left, right, min)


def hypot(left: Any, right: Any) -> Any:
    """`sqrt(left² + right²)`, element by element; either may be a number."""
    return _either("_hypot", "_hypot_scalar", "_hypot_scalar", left, right, lambda x, y: abs(complex(x, y)))


# The hints of automatic names: MXNet calls these operators by their CamelCase names.
_HINTS = {
    "_power_scalar": "_powerscalar",
    "_rpower_scalar": "_rpowerscalar",
    "_maximum_scalar": "_maximumscalar",
    "_minimum_scalar": "_minimumscalar",
    "_hypot_scalar": "_hypotscalar",
}


def _either(
    both: str, right_scalar: str, left_scalar: str, x: Any, y: Any, numbers: Callable[[Any, Any], Any]
) -> Any:
    if isinstance(x, Symbol) and isinstance(y, Symbol):
        return compose.apply_binary(registry.get(both), both, x, y, Symbol)
    if isinstance(x, Symbol) and is_number(y):
        return _scalar_form(right_scalar, x, y)
    if is_number(x) and isinstance(y, Symbol):
        return _scalar_form(left_scalar, y, x)
    if is_number(x) and is_number(y):
        return numbers(x, y)
    raise ArgumentError(f"types ({type(x)}, {type(y)}) not supported", hint="Give symbols or numbers.")


def _scalar_form(op_name: str, symbol: Symbol, number: Any) -> Symbol:
    return compose.apply(registry.get(op_name), _HINTS[op_name], (symbol,), {"scalar": number}, Symbol)


def make_function(op: registry.Op, name: str, module: str) -> Callable[..., Symbol]:
    """The function `mx.sym.<name>` of an operator; its automatic names begin with the name in lower case."""
    hint = name.lower()

    def function(*args: Any, name: str | None = None, attr: Any = None, **kwargs: Any) -> Symbol:
        return compose.apply(op, hint, args, kwargs, Symbol, name, attr)

    signature, documentation = frontend.describe(op, name, "Symbol")
    function.__name__ = function.__qualname__ = name
    function.__module__ = module
    function.__doc__ = documentation
    function.__signature__ = signature  # type: ignore[attr-defined]  # inspect reads it; the type stubs do not know
    return function


def _public_names() -> list[str]:
    return [name for name in registry.names() if not name.startswith("_")]


def __getattr__(name: str) -> Any:
    if name == "op":
        return sys.modules[__name__]
    if name in ("random", "_internal"):
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    op = registry.find(name) if not name.startswith("_") else None
    if op is None:
        near = did_you_mean(name, [*_public_names(), *_SURFACE]) if name[:2] != "__" else ""
        raise AttributeError(f"mx.sym has no {name!r}. {near}".rstrip())
    function = make_function(op, name, __name__)
    setattr(sys.modules[__name__], name, function)
    return function


fluent.attach()

_SURFACE = [name for name, value in list(globals().items()) if callable(value) and name[0] != "_"]


def __dir__() -> list[str]:
    return sorted({*globals(), *_public_names(), "random"})
