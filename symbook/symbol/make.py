"""The beginnings of symbols: variables, groups, files, and the functions that operators become."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..errors import (
    ArgumentError,
    FormatError,
    MissingFile,
    SymbookError,
    UnsupportedError,
)
from ..files import path_text
from ..graph import NOTHING, Entry, Node
from ..ops import frontend
from ..ops.registry import Op
from ..places import here
from . import attributes, compose
from .symbol import Symbol


def Variable(  # MXNet's name
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
        raise UnsupportedError(
            f"the storage type {stype!r} of {name!r} is not served", hint="Use dense arrays."
        )
    declared = {
        "shape": shape,
        "lr_mult": lr_mult,
        "wd_mult": wd_mult,
        "dtype": dtype,
        "init": init,
        "storage_type": None if stype is None else 0,
    }
    own = attributes.of_variable(attr, declared, kwargs)
    return Symbol([Entry(Node(None, (), NOTHING, name, attributes.in_scope(own), here()))])


var = Variable


def Group(symbols: Iterable[Symbol]) -> Symbol:  # MXNet's name
    """One symbol with the outputs of several, in order.

    Raises
    ------
    ArgumentError
        If it is not a list of symbols, or an empty one. A TypeError.
    """
    items: list[Any] = [] if isinstance(symbols, Symbol) else list(symbols)
    if not items or not all(isinstance(item, Symbol) for item in items):
        raise ArgumentError("Expected a list of symbols as input", hint="mx.sym.Group([a, b])")
    return Symbol([entry for item in items for entry in item._outputs])


def load(fname: str | os.PathLike[str]) -> Symbol:
    """The symbol that a JSON file holds.

    Raises
    ------
    OSError
        If the file cannot be read; MissingFile, a FileNotFoundError, if there is none.
    FormatError, LookupFailure, ParamError
        As :func:`load_json`.
    """
    fname = path_text(fname)
    try:
        with open(fname, "rb") as file:
            raw = file.read()
    except FileNotFoundError:
        raise MissingFile(
            f"there is no file {fname!r}",
            hint=f"It was looked for from the folder {os.getcwd()!r}.",
        ) from None
    try:
        return load_json(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{fname}: this is no symbol: not UTF-8 text, at byte {error.start:,}",
            hint="A file of arrays is read by mx.nd.load.",
        ) from None
    except SymbookError as error:
        error.message = f"{fname}: {error.message}"
        raise


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
    from . import canonical  # what reads and writes files is loaded with the first

    return Symbol(canonical.load(json_str))


fromjson = load_json


def make_function(op: Op, name: str, module: str) -> Callable[..., Symbol]:
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
