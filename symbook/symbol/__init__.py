"""`mx.sym` (also `mx.symbol`): symbols, and every operator as a function that makes one.

Functions of operators are made when they are first asked for, from the operators' definitions. They land
in this module's names, `max` and `abs` among them, so nothing here may use built-ins of such names.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from ..ops import registry
from ..ops.search import search
from . import fluent
from .create import arange, eye, full, linspace, ones, zeros
from .functions import hypot, maximum, minimum, pow, power
from .make import Group, Variable, fromjson, load, load_json, make_function, var
from .parts import histogram, split_v2
from .symbol import Symbol

__all__ = [
    "Group",
    "Symbol",
    "Variable",
    "arange",
    "eye",
    "fromjson",
    "full",
    "histogram",
    "hypot",
    "linspace",
    "load",
    "load_json",
    "maximum",
    "minimum",
    "ones",
    "pow",
    "power",
    "search",
    "split_v2",
    "var",
    "zeros",
]

fluent.attach()


def _public_names() -> list[str]:
    return [name for name in registry.names() if not name.startswith("_")]


def __getattr__(name: str) -> Any:
    if name == "op":
        return sys.modules[__name__]
    if name in ("linalg", "random", "_internal"):
        return importlib.import_module(f"{__name__}.{name}")
    op = registry.find(name) if not name.startswith("_") else None
    if op is None:
        raise registry.no_attribute("mx.sym", name, [*_public_names(), *__all__])
    function = make_function(op, name, __name__)
    setattr(sys.modules[__name__], name, function)
    return function


def __dir__() -> list[str]:
    return sorted({*__all__, *_public_names(), "linalg", "random"})
