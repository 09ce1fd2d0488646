"""The exception tree, and the one formatter of engine errors.

Every error of the engine derives from :class:`SymbookError`, which stands where MXNet has ``MXNetError``,
and from the built-in exception that fits, so that code written for MXNet catches what it used to catch.
An error says what failed, at which node, with each input's name, shape and dtype, where the user made that
node, and one hint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, NamedTuple

from .places import Where
from .quoting import given, one_line

users_errors: list[Callable[[BaseException], None]] = []
"""Told of each error that a function of the user's raises while the engine calls it."""


@contextmanager
def calling_users() -> Iterator[None]:
    """Around a call of the user's own function: a notebook shows its errors without the engine's lines."""
    try:
        yield
    except Exception as error:
        for told in users_errors:
            told(error)
        raise


class Input(NamedTuple):
    """One input of a failing node, for an error message. A shape or dtype of None is unknown."""

    role: str
    name: str
    shape: tuple[int | None, ...] | None
    dtype: Any

    def __str__(self) -> str:
        return f"{self.name}  {shape_text(self.shape)} {self.dtype or 'dtype unknown'}"


def shape_text(shape: Sequence[int | None] | None) -> str:
    """A shape for people: `(2, 3)`, `(2, ?)` with an unknown dimension, `shape unknown`."""
    if shape is None:
        return "shape unknown"
    dims = ["?" if dim is None else str(dim) for dim in shape]
    return f"({dims[0]},)" if len(dims) == 1 else f"({', '.join(dims)})"


def listed(names: Sequence[str], most: int = 12) -> str:
    """The names in a row, `A, B, C`; of more than `most`, the first ones and how many more there are."""
    if len(names) <= most:
        return ", ".join(names) or "none"
    return f"{', '.join(names[:most])} and {len(names) - most:,} more"


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """`Did you mean 'data'?` for a near miss among the candidates, else an empty string."""
    found = nearest(name, candidates)
    return "" if found is None else f"Did you mean {found!r}?"


def one_of(name: str, candidates: Iterable[str]) -> str:
    """The hint for a name that is none of those listed before: which one may be meant."""
    return did_you_mean(name, candidates) or "Name one of these."


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that was meant by a name which is none, if one is near.

    Near is the same but for case; or, from three letters on, one slip of the keyboard in every three
    letters: a letter too many, too few, another one, or two that changed places.
    """
    listed = list(candidates)
    same = [item for item in listed if item.lower() == name.lower()]
    slips = min(len(name) // 3, 3)
    near = [(_slips(name, item, slips), item) for item in listed if slips] if not same else []
    return next(iter(same or [item for count, item in sorted(near) if count <= slips]), None)


def _slips(a: str, b: str, most: int) -> int:
    """The optimal string alignment distance of two names; any number over `most` once it is over."""
    # A slip changes two of the letters that only one of them has, at most.
    if abs(len(a) - len(b)) > most or len(set(a) ^ set(b)) > 2 * most:
        return most + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        if min(row) > most:
            return most + 1
        last, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]


def counted(number: int, noun: str) -> str:
    """`1 output`, `3 outputs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def shortened(text: str, most: int = 60) -> str:
    """The first line of a text and at most about `most` others, from its beginning and its end."""
    lines = text.split("\n")
    half = most // 2
    if len(lines) <= most + 2:
        return text
    left_out = len(lines) - 1 - 2 * half
    return "\n".join(
        [*lines[: half + 1], f"   … {left_out:,} more; print() shows all …", *lines[-half:]]
    )


def brief(value: Any, most: int = 60) -> str:
    """A value as Python writes it, in at most about that many characters; functions by their names."""
    if isinstance(value, (FunctionType, MethodType, BuiltinFunctionType, type)):
        return f"{kind_of(value).split()[1]} {value.__name__}"
    return given(value, most)


_KINDS = {
    "NoneType": "None",
    "builtin_function_or_method": "a function",
    "function": "a function",
    "method": "a function",
    "type": "a class",
}


def kind_of(value: Any) -> str:
    """What a value is, in words: `a list`, `an int`, `an NDArray`, `a function`, `None`."""
    name = type(value).__name__
    return _KINDS.get(name) or article(name)


def type_text(value: Any) -> str:
    """A value's type as MXNet's messages have it, `<class 'list'>`; of ours its name alone."""
    kind = type(value)
    return kind.__name__ if kind.__module__.startswith("symbook") else str(kind)


def article(word: str) -> str:
    """`a list`, `an int`, `an NDArray` (spoken en-dee-array)."""
    vowel = word[0].lower() in "aeiou" or word.lower().startswith("nd")
    return f"an {word}" if vowel else f"a {word}"


class SymbookError(RuntimeError):
    """Base of all errors of this package; also reachable as ``mx.base.MXNetError``.

    Parameters
    ----------
    message : str
        What failed, in one sentence.
    node : str, optional
        The node concerned, as ``name = operator(inputs)``.
    at : int, optional
        Where that node stands in the graph that is bound: names may repeat.
    argument : str, optional
        The argument concerned, where it is no node's fault.
    inputs : sequence of Input, optional
        Its inputs, with what is known of them.
    where : Where, optional
        The line of the user's code that made the node.
    hint : str, optional
        What to do about it, in one sentence.
    """

    _several_lines = False
    """Whether line breaks in the message are our own; in others they can only be from somebody's names."""

    def __init__(
        self,
        message: str,
        *,
        node: str | None = None,
        at: int | None = None,
        argument: str | None = None,
        inputs: Sequence[Input] = (),
        where: Where | None = None,
        hint: str | None = None,
    ) -> None:
        self.message = message
        self.node = node
        self.at = at
        self.argument = argument
        self.inputs = tuple(inputs)
        self.where = where
        self.hint = hint or None
        super().__init__(message)

    def __str__(self) -> str:
        rows = [("node", self.node)] if self.node else []
        rows += [(item.role, str(item)) for item in self.inputs]
        rows += [("made at", str(self.where))] if self.where else []
        rows += [("hint", self.hint)] if self.hint else []
        width = max((len(label) for label, _ in rows), default=0)
        told = self.message.split("\n") if self._several_lines else [self.message]
        lines = [f"  {label:<{width}}  {text}" for label, text in rows]
        return "\n".join(map(one_line, [*told, *lines]))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.__dict__)


def _rebuild(cls: type[SymbookError], message: str, state: dict[str, Any]) -> SymbookError:
    error = cls(message)
    error.__dict__.update(state)
    return error


class ShapeError(SymbookError, ValueError):
    """Shapes that do not fit together, or are not known when they must be."""


class DTypeError(SymbookError, TypeError):
    """Dtypes that do not fit together, or that an operator does not take."""


class ParamError(SymbookError, ValueError):
    """An operator's parameter that is missing, unknown, of the wrong type or out of range."""


class BindError(SymbookError, ValueError):
    """Arrays that do not fit the arguments of the graph they are bound to."""


class UnfinishedError(SymbookError):
    """A value that a run was to compute which failed or was interrupted."""


class ArgumentError(SymbookError, TypeError):
    """A value of a kind that the function does not take."""


class GradientError(SymbookError, ValueError):
    """A gradient that does not exist: an operator on the way has none."""


class NameClashError(SymbookError, ValueError):
    """Two variables of one name whose declarations disagree."""


class LookupFailure(SymbookError, ValueError):
    """A name that nothing answers to."""


class MissingAttribute(SymbookError, AttributeError):
    """An attribute, such as a function of `mx.sym`, that is not there."""


def asked_of(place: str, names: Iterable[str]) -> Callable[[str], Any]:
    """A module's `__getattr__`, which tells what is near to a name that the module has not."""

    def refuse(name: str) -> Any:
        near = did_you_mean(name, names) or f"dir({place}) lists what there is."
        hint = near if name[:2] != "__" else None
        raise MissingAttribute(f"{place} has no {name!r}", hint=hint)

    return refuse


class OutOfRange(SymbookError, IndexError):
    """A position that is outside a list or an array."""


class MissingFile(SymbookError, FileNotFoundError):
    """A file, or a folder to write to, that is not there."""


class FileFailure(SymbookError, OSError):
    """A file that cannot be read or written: it is a folder, or what the system allows is less."""


class FormatError(SymbookError, ValueError):
    """A file or text that is not in the format it should be in."""


class MemoryShortage(SymbookError, MemoryError):
    """A graph whose values cannot fit into the device's memory."""


class DeadlockError(SymbookError, RuntimeError):
    """A run that would wait for itself to end."""


class DeviceError(SymbookError):
    """A device that is not there, or arrays on different devices."""


class NotImplementedForSymbol(SymbookError, NotImplementedError, TypeError):
    """A thing that an array can do and a symbol, which has no value yet, cannot."""


class UnsupportedError(SymbookError, NotImplementedError, AttributeError):
    """A part of MXNet's API that symbook does not serve."""
