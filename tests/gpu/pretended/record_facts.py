"""Write simulated/facts.json: what the real CuPy offers.

    PYTHONPATH=tests/gpu python -m pretended.record_facts [FILE]

Of modules and classes it keeps the public names; of what can be called, the parameters; of ufuncs, the
types. Parameters are one text: `a axis= * out= **kwargs`, where `=` says that there is a default.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any

import cupy
import cupy.cublas
import cupy.cuda.memory
import cupy.linalg
import cupy.random

FACTS = Path(__file__).parent.parent / "simulated" / "facts.json"
MODULES = {
    "cupy": cupy,
    "cupy.linalg": cupy.linalg,
    "cupy.random": cupy.random,
    "cupy.cuda": cupy.cuda,
    "cupy.cuda.runtime": cupy.cuda.runtime,
    "cupy.cuda.memory": cupy.cuda.memory,
    "cupy.cuda.stream": cupy.cuda.stream,
    "cupy.cublas": cupy.cublas,
    "cupy.lib.stride_tricks": cupy.lib.stride_tricks,
}
CLASSES = {
    "ndarray": cupy.ndarray,
    "ufunc": cupy.ufunc,
    "flags": cupy._core.flags.Flags,
    "Stream": cupy.cuda.Stream,
    "Event": cupy.cuda.Event,
    "Device": cupy.cuda.Device,
    "Graph": cupy.cuda.graph.Graph,
    "MemoryPool": cupy.cuda.MemoryPool,
    "MemoryPointer": cupy.cuda.MemoryPointer,
    "PooledMemory": cupy.cuda.memory.PooledMemory,
    "PinnedMemoryPool": cupy.cuda.PinnedMemoryPool,
    "PinnedMemoryPointer": cupy.cuda.PinnedMemoryPointer,
    "RawModule": cupy.RawModule,
    "RawKernel": cupy.RawKernel,
    "Generator": cupy.random.Generator,
    "Philox4x3210": cupy.random.Philox4x3210,
}


def parameters(function: Any) -> str | None:
    """The parameters as one text, or None where nothing tells them."""
    try:
        found = inspect.signature(function)
    except (ValueError, TypeError):
        return from_docstring(function)
    words = []
    before = None
    for parameter in found.parameters.values():
        if before == parameter.POSITIONAL_ONLY != parameter.kind:
            words.append("/")
        if parameter.kind == parameter.KEYWORD_ONLY and before not in (
            parameter.KEYWORD_ONLY,
            parameter.VAR_POSITIONAL,
        ):
            words.append("*")
        star = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        default = "" if parameter.default is parameter.empty else "="
        words.append(star + parameter.name + default)
        before = parameter.kind
    if before == inspect.Parameter.POSITIONAL_ONLY:
        words.append("/")
    return " ".join(words)


def from_docstring(function: Any) -> str | None:
    """The parameters by the first line of the docstring, as Cython writes it."""
    first = (getattr(function, "__doc__", None) or "").split("\n")[0]
    match = re.match(r"[\w.]+\((.*)\)( ->.*)?$", first)
    if match is None:
        return None
    words = []
    for part in re.split(r",\s*(?![^(]*\))", match[1]):
        name, _, default = part.partition("=")
        word = name.strip().split(" ")[-1]
        if word:
            words.append(word + ("=" if default else ""))
    return " ".join(words)


def ufunc(value: Any) -> dict[str, Any]:
    """What decides about the types of a ufunc, and which methods it has."""
    return {
        "name": value.name,
        "types": list(value.types),
        "scatter": value._scatter_op,
        "casting": value._default_casting,
    }


def describe(value: Any) -> Any:
    """A kind and what belongs to it."""
    if isinstance(value, cupy.ufunc):
        return {"ufunc": ufunc(value)}
    if isinstance(value, bool | int | float) or value is None:
        # Nan and infinities have no place in JSON.
        return {"value": value if isinstance(value, int) or value is None else repr(value)}
    if inspect.ismodule(value):
        return {"module": value.__name__}
    if isinstance(value, type):
        return {"class": [each.__module__ + "." + each.__name__ for each in value.__mro__]}
    if callable(value):
        return {"call": parameters(value)}
    return {"other": type(value).__name__}


def members(owner: type) -> dict[str, Any]:
    """Methods with their parameters; attributes with null."""
    result = {}
    for name in dir(owner):
        value = getattr(owner, name, None)
        if (not name.startswith("_") or name in ("__array__", "__dlpack__")) or (
            name.startswith("__") and name not in dir(object)
        ):
            result[name] = parameters(value) if callable(value) else None
    return result


def main(target: Path) -> None:
    facts = {
        "version": cupy.__version__,
        "modules": {
            name: {each: describe(getattr(module, each)) for each in dir(module) if each[0] != "_"}
            for name, module in MODULES.items()
        },
        "classes": {name: members(owner) for name, owner in CLASSES.items()},
    }
    lines = json.dumps(facts, indent=1, sort_keys=True)
    # What is innermost goes on one line.
    lines = re.sub(r"\{\n\s+(\"[^{}]*?)\n\s+\}", lambda m: "{" + _flat(m[1]) + "}", lines)
    target.write_text(re.sub(r"\{\s+(\"ufunc\": \{[^{}]*\})\s+\}", r"{\1}", lines) + "\n")


def _flat(text: str) -> str:
    return (
        re.sub(r"\s*\n\s*", " ", text)
        if '"call"' in text or "types" in text or len(text) < 90
        else text
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else FACTS)
