"""Finding operators by what they are called and what they do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple, overload

from ..errors import ArgumentError, brief
from . import registry
from .prose import coded, plain
from .ranking import Described, ranked
from .registry import Op


class Match(NamedTuple):
    """An operator that was found.

    Attributes
    ----------
    name : str
        The name to call it by: `mx.sym.<name>`.
    others : tuple of str
        Its other names.
    summary : str
        The first sentence of its documentation.
    """

    name: str
    others: tuple[str, ...]
    summary: str

    def __str__(self) -> str:
        others = f" (also {', '.join(self.others)})" if self.others else ""
        return f"{self.name}{others}: {plain(self.summary)}"


class Matches(Sequence[Match]):
    """Operators that were found, the best match first; shown as a table in a notebook."""

    def __init__(self, text: str, found: Sequence[Match]) -> None:
        self._text, self._found = text, tuple(found)

    @overload
    def __getitem__(self, index: int) -> Match: ...
    @overload
    def __getitem__(self, index: slice) -> Matches: ...
    def __getitem__(self, index: int | slice) -> Match | Matches:
        found = self._found[index]
        return found if isinstance(found, Match) else Matches(self._text, found)

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Match]:
        return iter(self._found)

    def __repr__(self) -> str:
        if not self._found:
            return f"no operator has {self._text!r} in its names or its description"
        return "\n".join(map(str, self._found))

    def _repr_html_(self) -> str:
        from html import escape  # 8 ms that only a table costs

        if not self._found:
            return f"<p>{escape(repr(self))}</p>"
        rows = "".join(
            f"<tr><td style='text-align:left'><code>{escape(match.name)}</code></td>"
            f"<td style='text-align:left'>{coded(match.summary)}</td>"
            f"<td style='text-align:left'>{escape(', '.join(match.others))}</td></tr>"
            for match in self._found
        )
        head = "".join(
            f"<th style='text-align:left'>{title}</th>"
            for title in ("operator", "what it does", "other names")
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def summary(op: Op) -> str:
    """The first sentence of an operator's documentation."""
    first, *_ = op.doc.split("\n\n")
    return " ".join(first.split())


def is_internal(op: Op) -> bool:
    """Whether only gradients use it."""
    return op.name.startswith("_backward_")


def public_name(op: Op) -> str:
    """The name to call it by: the registered one, or the first other where that begins with `_`."""
    if not op.name.startswith("_"):
        return op.name
    return next((name for name in op.alias if not name.startswith("_")), op.name)


@cache
def _described(op: Op) -> Described:
    from .frontend import parted

    name = public_name(op)
    others = tuple([other for other in (op.name, *op.alias) if other != name])
    return Described(name, others, summary(op), parted(op)[0])


def search(text: str) -> Matches:
    """Operators by their names, what other libraries call them, and their description.

    Parameters
    ----------
    text : str
        One or more words, in upper or lower case; a wrong letter is forgiven. Without words, all operators
        are found.

    Returns
    -------
    Matches
        The best first, in the explorer's order; where nothing has all the words, what has most of them.

    >>> import symbook as mx
    >>> mx.sym.search("matrix product")[0].name
    'dot'
    """
    if not isinstance(text, str):
        raise ArgumentError(
            f"operators are looked for by words, not by {brief(text)}",
            hint="Write them in quotes: mx.sym.search('max pooling').",
        )
    known = [_described(op) for op in registry.all_ops() if not is_internal(op)]
    known.sort(key=lambda one: one.name.lower())
    return Matches(text, [Match(*one[:3]) for one in ranked(known, text)])
