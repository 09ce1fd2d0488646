"""`mx.nd`: arrays, and every registered operator as a function that runs at once.

`mx.nd.exp(x)`, `mx.nd.sum(x, axis=0)` and the like are made from the operators on first use; Tab
and `?` show them all. Operators whose names begin with an underscore are in `mx.nd._internal`.
"""

from __future__ import annotations

from typing import Any

from .. import ops  # noqa: F401  # registers the operators
from ..ops import registry
from ..ops.search import search
from . import _internal, fluent, linalg, random
from .creation import (
    arange,
    array,
    concatenate,
    empty,
    eye,
    from_dlpack,
    from_numpy,
    full,
    linspace,
    moveaxis,
    ones,
    to_dlpack_for_read,
    to_dlpack_for_write,
    waitall,
    zeros,
)
from .functions import (
    add,
    divide,
    equal,
    greater,
    greater_equal,
    hypot,
    lesser,
    lesser_equal,
    logical_and,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    modulo,
    multiply,
    not_equal,
    power,
    subtract,
    true_divide,
)
from .invoke import find_function, invoke
from .ndarray import NDArray
from .parts import histogram, split_v2
from .saving import load, load_frombuffer, save

__all__ = [
    "NDArray",
    "_internal",
    "add",
    "arange",
    "array",
    "concatenate",
    "divide",
    "empty",
    "equal",
    "eye",
    "from_dlpack",
    "from_numpy",
    "full",
    "greater",
    "greater_equal",
    "histogram",
    "hypot",
    "invoke",
    "lesser",
    "lesser_equal",
    "linalg",
    "linspace",
    "load",
    "load_frombuffer",
    "logical_and",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "modulo",
    "moveaxis",
    "multiply",
    "not_equal",
    "ones",
    "power",
    "random",
    "save",
    "search",
    "split_v2",
    "subtract",
    "to_dlpack_for_read",
    "to_dlpack_for_write",
    "true_divide",
    "waitall",
    "zeros",
]

fluent.attach()


def __getattr__(name: str) -> Any:
    function = globals()[name] = find_function(name, __name__, __dir__())
    return function


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in registry.names() if not name.startswith("_"))})
