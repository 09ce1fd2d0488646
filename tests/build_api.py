"""Write all that users may lean on, a line each, to `public_api.txt`: `python tests/build_api.py`.

Names with their parameters and defaults; operators; options of the command and of the magics.
`test_public_api.py` compares: what the file shows to change is meant to.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import symbook as mx
from symbook import errors
from symbook.cli import _parser
from symbook.notebook.options import OPTIONS

LISTING = Path(__file__).with_name("public_api.txt")

_BESIDE = ("course", "errors", "views")
"""Modules that users import themselves: they are no attributes of `symbook` before."""

_OF_NOBODY = (
    "__annotate__",
    "__annotate_func__",
    "__init__",
    "__init_subclass__",
    "__new__",
    "__replace__",
)


def listing() -> str:
    """The whole file."""
    lines = [*_modules(), *_command(_parser(), "symbook"), *_magics()]
    return "".join(f"{line}\n" for line in lines)


def _modules() -> Iterator[str]:
    seen: dict[str, str] = {}
    for name in dir(mx):
        found = getattr(mx, name)
        if not isinstance(found, ModuleType):
            yield from _thing(f"mx.{name}", found)
        elif found.__name__ in seen:
            yield f"mx.{name} is mx.{seen[found.__name__]}"
        else:
            seen[found.__name__] = name
            yield from _module(f"mx.{name}", found)
    for name in _BESIDE:
        yield from _module(f"symbook.{name}", importlib.import_module(f"symbook.{name}"))


def _module(place: str, module: ModuleType) -> Iterator[str]:
    for name in dir(module):
        if name.startswith("_"):
            continue
        found = getattr(module, name)
        home = getattr(found, "__module__", None)
        is_own = home == module.__name__ or _is_operator(module, home)
        if module is errors and not inspect.isclass(found):
            continue  # what symbook's own parts word their messages with
        if is_own or name in getattr(module, "__all__", ()):
            yield from _thing(f"{place}.{name}", found)


def _is_operator(module: ModuleType, home: str | None) -> bool:
    """Whether it is one of the functions that `mx.sym` and `mx.nd` are full of."""
    return module in (mx.sym, mx.nd) and str(home).startswith(module.__name__)


def _thing(place: str, found: Any) -> Iterator[str]:
    if isinstance(found, ModuleType):
        yield from _module(place, found)
    elif inspect.isclass(found):
        bases = [base.__name__ for base in found.__mro__[1:-1] if not base.__name__.startswith("_")]
        yield f"class {place}{_parameters(found)}" + (f" of {', '.join(bases)}" if bases else "")
        for name, member in sorted(_members(found).items()):
            yield from _member(f"{place}.{name}", member)
    elif callable(found):
        yield f"{place}{_parameters(found)}"
    else:
        yield f"{place}: {type(found).__name__}"


def _members(found: type) -> dict[str, Any]:
    """What symbook's own classes define of it, and what an operator's sign calls."""
    members: dict[str, Any] = {}
    for each in reversed(found.__mro__):
        if each.__module__.startswith("symbook"):
            members |= {
                name: member if isinstance(member, property) else getattr(found, name)
                for name, member in vars(each).items()
                if not name.startswith("_")
                or (name[:2] == "__" and callable(member) and name not in _OF_NOBODY)
            }
    return members


def _member(place: str, member: Any) -> Iterator[str]:
    function = getattr(member, "__func__", member)
    if callable(function):
        yield f"{place}{_parameters(function)}"
    elif isinstance(member, property):
        yield f"{place}" + ("" if member.fset is None else ", which can be set")
    else:
        yield place


def _parameters(function: Any) -> str:
    """Its parameters with their defaults, and without annotations, which mypy checks."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return "(…)"
    plain = [each.replace(annotation=each.empty) for each in signature.parameters.values()]
    text = str(signature.replace(parameters=plain, return_annotation=signature.empty))
    return re.sub(r" at 0x[0-9a-f]+", "", text)


def _command(parser: argparse.ArgumentParser, name: str) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, each in action.choices.items():
                yield from _command(each, f"{name} {word}")
        else:
            words = "/".join(action.option_strings) or action.dest
            choices = "|".join(map(str, action.choices or ()))
            yield f"{name}: {words}" + (f" {{{choices}}}" if choices else "")


def _magics() -> Iterator[str]:
    for option in OPTIONS:
        yield f"%%symgraph: {option.short}/{option.long} {option.takes}".rstrip()


if __name__ == "__main__":
    LISTING.write_text(listing(), encoding="utf-8")
