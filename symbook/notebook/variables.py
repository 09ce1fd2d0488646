"""Names that exist nowhere: which of them become Variables, and what to say about each."""

from __future__ import annotations

import builtins
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from symbook import naming, symbol
from symbook.errors import did_you_mean
from symbook.graph import NOTHING, Entry, Node
from symbook.places import Where
from symbook.symbol.symbol import Symbol

from .names import Names
from .tracebacks import SymgraphError

_MODULES = {
    "mx": "import symbook as mx",
    "np": "import numpy as np",
    "nd": "from symbook import nd",
    "sym": "from symbook import sym",
    "plt": "import matplotlib.pyplot as plt",
    "math": "import math",
    "random": "import random",
}


def missing(found: Names, namespace: Mapping[str, Any]) -> list[str]:
    """The names that neither the cell, nor the notebook, nor Python defines."""
    return [
        name for name in found.undefined if name not in namespace and not hasattr(builtins, name)
    ]


def refuse(
    names: Sequence[str],
    found: Names,
    namespace: Mapping[str, Any],
    *,
    strict: bool,
    line_numbers: bool = True,
) -> None:
    """Raise for names that cannot become Variables: they are called, or used as modules; all, if `strict`.

    Raises
    ------
    SymgraphError
    """
    for name in names:
        foreign = sorted(
            item for item in found.attributes.get(name, ()) if not hasattr(Symbol, item)
        )
        if not strict and name not in found.called and not foreign:
            continue
        hints = [
            near_miss(item, namespace, item in found.called)
            for item in (names if strict else [name])
        ]
        others = [item for item in names if item != name]
        told = and_list([name, *others]) if strict else name
        place = f"line {found.lines[name]}: " if line_numbers and name in found.lines else ""
        raise SymgraphError(
            f"{place}{told} {'are' if strict and others else 'is'} not defined"
            + (" (--strict makes no Variables)" if strict else ""),
            hint=" ".join(dict.fromkeys(filter(None, hints)))
            or (_make_them(told, names) if strict else f"Run the cell that makes {told} first."),
        )


def _make_them(told: str, names: Sequence[str]) -> str:
    which = "it" if len(names) == 1 else "them"
    return (
        f'Define {which} first: {names[0]} = mx.sym.Variable("{names[0]}"), or leave --strict out.'
    )


def make(names: Sequence[str], found: Names, file: str) -> dict[str, Symbol]:
    """A Variable for each name, made where the cell first reads it."""
    return {
        name: Symbol(
            [
                Entry(
                    Node(
                        None,
                        (),
                        NOTHING,
                        name,
                        naming.current_attrs().get(None),
                        _where(name, found, file),
                    )
                )
            ]
        )
        for name in names
    }


def _where(name: str, found: Names, file: str) -> Where | None:
    return Where(file, found.lines[name]) if name in found.lines else None


def note(names: Sequence[str], namespace: Mapping[str, Any], given: Collection[str] = ()) -> str:
    """The sentence about names that became Variables, with near misses; empty for none.

    A name that was `given` a value or a shape is meant as it stands, and so is a short one: those of
    mathematics are all alike.
    """
    if not names:
        return ""
    one = len(names) == 1
    told = f"{and_list(names)} became {'a Variable: it was' if one else 'Variables: they were'} not defined."
    others = {key: value for key, value in namespace.items() if key not in names}
    doubtful = [name for name in names if name not in given and (len(name) > 2 or name in _MODULES)]
    misses = {name: near_miss(name, others, False) for name in doubtful}
    asked = [miss if one else f"{name}: {miss}" for name, miss in misses.items() if miss]
    return " ".join([told, *asked])


def near_miss(name: str, namespace: Mapping[str, Any], called: bool) -> str:
    """What the name may have been meant to be, as a question or an advice; often empty."""
    if name in _MODULES:
        return f"Run {_MODULES[name]} first."
    if called and name in dir(symbol):
        return f"Write mx.sym.{name}(…)."
    own = [key for key in namespace if not key.startswith("_") and key not in _SHELL_NAMES]
    found = did_you_mean(name, [item for item in own if _may_be_meant(name, item)])
    if found or len(name) < 3:
        return found
    found = did_you_mean(
        name, [item for item in dir(builtins) if _may_be_meant(name, item) and item[0] != "_"]
    )
    if found or not called:
        return found
    found = did_you_mean(name, [item for item in dir(symbol) if item[0] != "_"])
    return found.replace("'", "mx.sym.", 1).replace("'", "") if found else ""


# IPython's own names in every notebook.
_SHELL_NAMES = frozenset({"In", "Out", "exit", "get_ipython", "open", "quit"})


def _may_be_meant(name: str, other: str) -> bool:
    """Whether a likeness is worth a question: `w1` beside `w2` is a series, not a mistake."""
    if set(name.lower()) == set(other.lower()):
        return True  # another case, or a letter doubled
    return min(len(name), len(other)) > 2 and re.sub(r"\d", "", name) != re.sub(r"\d", "", other)


def and_list(names: Iterable[str]) -> str:
    """`A`, `A and B`, `A, B and C`; many are counted."""
    items = list(names)
    if len(items) > 12:
        items = [*items[:10], f"{len(items) - 10} more"]
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
