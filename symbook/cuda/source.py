"""The whole text of one instance of a kernel: its types, the prelude, and what the kernel says itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ArgumentError
from .prelude import prelude

FLOATS = ("float16", "float32", "float64")
INTEGERS = ("int8", "uint8", "int32", "int64")
BOOL = ("bool",)
NUMBERS = (*FLOATS, *INTEGERS)
TYPES = (*NUMBERS, *BOOL)

_C_TYPES = {
    "bool": "bool",
    "int8": "signed char",
    "uint8": "unsigned char",
    "int16": "short",
    "uint16": "unsigned short",
    "int32": "int",
    "uint32": "unsigned int",
    "int64": "long long",
    "uint64": "unsigned long long",
    "float16": "half",
    "float32": "float",
    "float64": "double",
}
_SUMMED_IN = {"bool": "long long", "float16": "float"}

MOST_THREADS = 1024

OPTIONS = ("--std=c++17",)
EXACT = (*OPTIONS, "--fmad=false")


def source(
    text: str, dtypes: tuple[np.dtype[Any], ...], wide: bool, most_threads: int = MOST_THREADS
) -> str:
    """The C++ text of the instance for these types, with 64-bit indices if `wide`.

    The fewer threads a block has at most, the more registers each may take.
    """
    lines = ["struct half;", f"typedef {'long long' if wide else 'int'} I;"]
    lines.append(f"#define MOST_THREADS {most_threads}")
    for k, dtype in enumerate(dtypes):
        suffix = str(k) if k else ""
        lines.append(f"typedef {_C_TYPES[dtype.name]} T{suffix};")
        lines.append(f"typedef {_SUMMED_IN.get(dtype.name, _C_TYPES[dtype.name])} A{suffix};")
    return "\n".join([*lines, prelude() + text, ""])


def parameters(name: str, text: str) -> tuple[str, ...]:
    """Of each parameter of the kernel its kind: "pointer", "count", "bits" or "number".

    Raises
    ------
    ArgumentError
        If the text has no such kernel, or a parameter is of another type.
    """
    found = re.search(rf"\bKERNEL\s+{re.escape(name)}\s*\(([^)]*)\)", text)
    if found is None:
        raise ArgumentError(f"the text of kernel {name!r} has no 'KERNEL {name}(…)'")
    return tuple(_kind(name, one.strip()) for one in found[1].split(",") if one.strip())


def written(kinds: tuple[str, ...], wide: int) -> Callable[..., bool]:
    """A function of a kernel's arguments: whether an array's size or a count is `wide` or more.

    It raises TypeError or AttributeError where arguments are not arrays (or 0), ints and floats, each in its
    place.
    As it is called at each launch, it is written out for these parameters.
    """
    names = [f"a{k}" for k in range(len(kinds))]
    lines = [f"def wide({', '.join(names)}):"]
    found = []
    for kind, name in zip(kinds, names, strict=True):
        if kind == "pointer":
            found.append(f"(type({name}) is not int and {name}.size >= {wide})")
            continue
        exact = f"type({name}) is {'float' if kind == 'number' else 'int'}"
        if kind == "bits":
            exact = f"({exact} and {name} < {1 << 63})"
        lines += [f"    if not {exact}:", "        raise TypeError"]
        if kind == "count":
            found.append(f"{name} >= {wide}")
    lines.append(f"    return {' or '.join(found) or 'False'}")
    space: dict[str, Any] = {}
    exec("\n".join(lines), space)
    made: Callable[..., bool] = space["wide"]
    return made


def _kind(name: str, parameter: str) -> str:
    if "*" in parameter:
        return "pointer"
    declared = parameter.rpartition(" ")[0].removeprefix("const ").strip()
    kinds = {"long long": "count", "unsigned long long": "bits", "double": "number"}
    if declared not in kinds:
        raise ArgumentError(
            f"kernel {name!r} has the parameter {parameter!r}",
            hint="Take pointers, long long, unsigned long long and double only.",
        )
    return kinds[declared]
