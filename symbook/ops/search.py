"""Finding operators by what they are called and what they do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, overload

from . import registry
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
        return f"{self.name}{others}: {self.summary}"


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
            f"<td style='text-align:left'>{escape(match.summary)}</td>"
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


def search(text: str) -> Matches:
    """Operators with a text in their names, their other names or their description.

    Parameters
    ----------
    text : str
        One or more words, in upper or lower case; all must be found.

    Returns
    -------
    Matches
        Those whose name it is first, then those whose name begins with it, has it, whose other names have
        it, and whose description has it.

    >>> import symbook as mx
    >>> mx.sym.search("matrix product")[0].name
    'dot'
    """
    words = text.lower().split()
    ranked = []
    for op in registry.all_ops():
        rank = None if is_internal(op) else _rank(op, words)
        if rank is not None:
            name = public_name(op)
            others = tuple(other for other in (op.name, *op.alias) if other != name)
            ranked.append((rank, name.lower(), Match(name, others, summary(op))))
    ranked.sort(key=lambda row: row[:2])
    return Matches(text, [match for _, _, match in ranked])


def _rank(op: Op, words: Sequence[str]) -> int | None:
    """How well an operator fits, 0 best; None if a word is nowhere."""
    name = public_name(op).lower()
    others = " ".join((op.name, *op.alias)).lower()
    told = summary(op).lower()
    ranks = []
    for word in words:
        places = [name == word, name.startswith(word), word in name, word in others, word in told]
        if True not in places:
            # The rest of the text says less of what the operator is about.
            if word not in op.doc.lower():
                return None
            places.append(True)
        ranks.append(places.index(True))
    return max(ranks, default=None)
