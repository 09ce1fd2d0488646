"""The beginnings of symbols: variables, groups, files, and the functions that operators become."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..errors import (
    ArgumentError,
    FormatError,
    SymbookError,
    UnsupportedError,
    brief,
    kind_of,
)
from ..files import no_file, path_text, unreadable
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
        raise ArgumentError(
            f"Expect a string for variable `name`, got {brief(name)}",
            hint='A variable has one name, in quotes: mx.sym.Variable("A").',
        )
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
    given: Any = symbols
    listed = isinstance(given, Iterable) and not isinstance(given, (Symbol, str))
    items: list[Any] = list(given) if listed else []
    others = [kind_of(item) for item in items if not isinstance(item, Symbol)]
    if not items or others:
        told = kind_of(given) if not listed else "an empty one"
        raise ArgumentError(
            f"Expected a list of symbols as input, not {f'one with {others[0]} in it' if others else told}",
            hint="For example: mx.sym.Group([a, b]).",
        )
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
        raise no_file(fname) from None
    except OSError as error:
        raise unreadable(fname, error) from None
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
        raise ArgumentError(
            f"json_str need to be string, not {kind_of(json_str)}", hint="mx.sym.load reads a file."
        )
    from . import canonical  # what reads and writes files is loaded with the first

    try:
        return Symbol(canonical.load(json_str))
    except SymbookError as error:
        if isinstance(error, FormatError):
            lost = "It was changed after Symbol.save had written it, or is something else."
            error.hint = error.hint or lost
        # A file is read in two ways, and what stopped the first is nothing to be shown.
        raise error from None


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
