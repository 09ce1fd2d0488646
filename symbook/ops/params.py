"""Typed, validated operator parameters, read from a function's annotations; and their string forms.

MXNet's JSON and attributes hold every parameter as text, so each kind also parses what `str()` of it gives.
"""

from __future__ import annotations

import operator
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from .. import quoting
from ..errors import DTypeError, ParamError, one_of
from ..specs import DType, as_dtype
from . import literals

REQUIRED: Any = object()


class Range(NamedTuple):
    """Bounds of a number, both included; used as `Annotated[float, Range(0, 1)]`. None is no bound."""

    low: float | None = None
    high: float | None = None


class Param(NamedTuple):
    """One parameter of an operator.

    Attributes
    ----------
    name : str
    kind : str
        What it takes, in words: `int`, `tuple of int`, `{'clip', 'wrap'}`, …
    default : Any
        `REQUIRED` when there is none.
    read : callable
        Turns a Python value or its text into the typed value; raises ValueError or TypeError.
    bounds : Range
        Of numbers.
    choices : tuple
        All values that it takes, if these are few.
    """

    name: str
    kind: str
    default: Any
    read: Callable[[Any], Any]
    bounds: Range = Range()
    choices: tuple[Any, ...] = ()

    @property
    def required(self) -> bool:
        """Whether a call must give it."""
        return self.default is REQUIRED

    def parse(self, value: Any, op_name: str) -> Any:
        """The typed value.

        Raises
        ------
        ParamError
            If the value is not of this parameter's kind or out of its range.
        """
        try:
            return self.read(value)
        except DTypeError as error:
            raise NoDTypeError(
                f"{op_name}: {self.name}: {error.message}", hint=error.hint
            ) from None
        except (TypeError, ValueError, SyntaxError) as error:
            why = str(error) if isinstance(error, _OutOfBounds) else f"expected {self.kind}"
            raise ParamError(
                f"{op_name}: Invalid Parameter format for {self.name}: {why}, got {quoting.given(value)}",
                hint=self._advice(value),
            ) from None

    def _advice(self, value: Any) -> str:
        """What to give in place of a value that is not taken."""
        if self.choices:
            return one_of(str(value), [str(choice) for choice in self.choices])
        low, high = self.bounds
        if low is not None and high is not None:
            return f"Give {self.name} a value from {low} to {high}."
        return f"For example: {self.name}={self.example}."

    @property
    def example(self) -> str:
        """A value of this kind, as text."""
        kind = self.kind.removesuffix(" or None")
        if kind in ("int", "float") and self.bounds.low is not None:
            return str(max(2, int(self.bounds.low)))
        if self.choices:
            return repr(self.choices[0])
        return _EXAMPLES.get(kind, "…")


_EXAMPLES = {
    "int": "2",
    "float": "0.5",
    "boolean": "True",
    "string": "'…'",
    "dtype": "'float32'",
    "tuple of int": "(2, 3)",
    "tuple of float": "(0.5, 1.0)",
    "int or tuple of int": "(0, 1)",
}


class NoDTypeError(ParamError, DTypeError):
    """A parameter that must be a dtype and is none."""


class _OutOfBounds(ValueError):
    pass


def make_param(name: str, annotation: Any, default: Any) -> Param:
    """The parameter that a keyword-only argument with this annotation and default describes."""
    bounds = Range()
    if typing.get_origin(annotation) is typing.Annotated:
        annotation, *extras = typing.get_args(annotation)
        bounds = next(extra for extra in extras if isinstance(extra, Range))
    optional = False
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        members = [member for member in typing.get_args(annotation) if member is not type(None)]
        optional = len(members) < len(typing.get_args(annotation))
        annotation = members[0] if len(members) == 1 else tuple(members)
    kind, read = _reader(annotation)
    choices = typing.get_args(annotation) if typing.get_origin(annotation) is Literal else ()
    if bounds != Range():
        read = _bounded(read, bounds)
    if optional:
        kind, read = f"{kind} or None", _optional(read)
    return Param(name, kind, default, read, bounds, choices)


def parse_params(
    params: Mapping[str, Param], given: Mapping[str, Any], op_name: str
) -> dict[str, Any]:
    """All parameters, typed, defaults filled in.

    Raises
    ------
    ParamError
        If one is unknown, missing, of the wrong type or out of range.
    """
    for key in given:
        if key not in params:
            told = f"its parameters are {', '.join(params)}" if params else "it has no parameters"
            raise ParamError(
                f"{op_name}: Cannot find argument {quoting.given(key)}; {told}",
                hint=_renamed(key, params),
            )
    values = {}
    for key, param in params.items():
        if key in given:
            values[key] = param.parse(given[key], op_name)
        elif param.required:
            raise ParamError(
                f"{op_name}: Required parameter {key} of {param.kind} is not presented",
                hint=f"Give it by name: {key}={param.example}",
            )
        else:
            values[key] = param.default
    return values


# Two words for one thing, of which MXNet has this here and that there.
_SYNONYMS = (
    {"axis", "dim", "axes"},
    {"num_hidden", "units", "out_features"},
    {"num_filter", "filters", "channels"},
)


def _renamed(key: str, params: Mapping[str, Param]) -> str:
    """Which parameter an unknown one may stand for."""
    if not params:
        return f"Leave {key} out."
    same = [name for words in _SYNONYMS if key in words for name in params if name in words]
    return f"Did you mean {same[0]!r}?" if same else one_of(key, params)


def memo_key(given: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """What tells values that may read differently apart: `1`, `1.0` and `True` are equal and read otherwise.

    None if there is a value of a kind that is not looked into.
    """
    parts: list[Any] = []
    for key, value in given.items():
        kind = type(value)
        # 0.0 equals -0.0. A tuple's numbers may be of any kind, so only whole ones are let in.
        if kind in _PLAIN or (kind is float and value) or (kind is tuple and _whole(value)):
            parts += (key, kind, value)
        else:
            return None
    return tuple(parts)


_PLAIN = {int, bool, str, type(None)}


def _whole(items: tuple[Any, ...]) -> bool:
    return all(type(item) is int for item in items)


def attr_text(value: Any) -> str:
    """A parameter's text in attributes and JSON, as MXNet's Python front end writes it."""
    if isinstance(value, np.dtype) or (isinstance(value, type) and issubclass(value, np.generic)):
        return np.dtype(value).name
    if isinstance(value, (tuple, list)):
        # NumPy 2 shows a number inside a tuple as np.int64(2).
        value = type(value)(item.item() if isinstance(item, np.generic) else item for item in value)
    return str(value)


def _reader(annotation: Any) -> tuple[str, Callable[[Any], Any]]:
    """What an annotation takes, in words, and the function that reads it."""
    simple: dict[Any, tuple[str, Callable[[Any], Any]]] = {
        int: ("int", _int),
        float: ("float", _float),
        bool: ("boolean", _bool),
        str: ("string", _str),
        DType: ("dtype", as_dtype),
        tuple[int, ...]: ("tuple of int", _ints),
        tuple[float, ...]: ("tuple of float", _floats),
        tuple[int | None, ...]: ("tuple of int or None", _ints_or_nones),
        (int, tuple[int, ...]): ("int or tuple of int", _int_or_ints),
    }
    if typing.get_origin(annotation) is Literal:
        choices = typing.get_args(annotation)
        return "{" + ", ".join(map(repr, choices)) + "}", _choice(choices)
    return simple[annotation]


def _int(value: Any) -> int:
    if isinstance(value, str):
        return int(value.strip().rstrip("L"))
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return int(value)
    return operator.index(value)


def _float(value: Any) -> float:
    if isinstance(value, str):
        return float(value)
    if isinstance(value, (bool, int, float, np.number, np.bool_)):
        return float(value)
    raise TypeError


def _bool(value: Any) -> bool:
    if isinstance(value, str):
        words = {"true": True, "1": True, "false": False, "0": False}
        if value.strip().lower() not in words:
            raise ValueError
        return words[value.strip().lower()]
    if isinstance(value, (bool, np.bool_)) or value in (0, 1):
        return bool(value)
    raise TypeError


def _str(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _literal(value: Any) -> Any:
    return literals.read(value) if isinstance(value, str) else value


def _ints(value: Any) -> tuple[int, ...]:
    value = _literal(value)
    items: Sequence[Any] = value if isinstance(value, (tuple, list)) else (value,)
    return tuple(operator.index(item) for item in items)


def _floats(value: Any) -> tuple[float, ...]:
    value = _literal(value)
    return tuple(map(_float, value if isinstance(value, (tuple, list)) else (value,)))


def _ints_or_nones(value: Any) -> tuple[int | None, ...]:
    value = _literal(value)
    items: Sequence[Any] = value if isinstance(value, (tuple, list)) else (value,)
    return tuple(None if item is None else operator.index(item) for item in items)


def _int_or_ints(value: Any) -> int | tuple[int, ...]:
    value = _literal(value)
    return _ints(value) if isinstance(value, (tuple, list)) else operator.index(value)


def _choice(choices: tuple[Any, ...]) -> Callable[[Any], Any]:
    texts = {str(choice): choice for choice in choices}

    def read(value: Any) -> Any:
        if str(value) not in texts:
            raise ValueError
        return texts[str(value)]

    return read


def _optional(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None or value == "None" else read(value)


def _bounded(read: Callable[[Any], Any], bounds: Range) -> Callable[[Any], Any]:
    def checked(value: Any) -> Any:
        result = read(value)
        for item in result if isinstance(result, tuple) else (result,):
            if bounds.low is not None and not item >= bounds.low:
                raise _OutOfBounds(f"must be at least {bounds.low}")
            if bounds.high is not None and not item <= bounds.high:
                raise _OutOfBounds(f"must be at most {bounds.high}")
        return result

    return checked
