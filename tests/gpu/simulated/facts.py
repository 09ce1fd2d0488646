"""What a real CuPy offers, as `pretended/record_facts.py` wrote it down."""

from __future__ import annotations

import functools
import inspect
import json
from pathlib import Path
from typing import Any

FACTS = json.loads(Path(__file__).with_name("facts.json").read_text())
MODULES: dict[str, dict[str, Any]] = FACTS["modules"]
CLASSES: dict[str, dict[str, Any]] = FACTS["classes"]
UFUNCS = {name: found["ufunc"] for name, found in MODULES["cupy"].items() if "ufunc" in found}


@functools.cache
def signature(text: str) -> inspect.Signature:
    """The signature that `record_facts.parameters` wrote; all defaults are None."""
    kinds = inspect.Parameter
    words, found = text.split(), []
    kind = kinds.POSITIONAL_ONLY if "/" in words else kinds.POSITIONAL_OR_KEYWORD
    for word in words:
        name = word.strip("*=")
        if word == "/":
            kind = kinds.POSITIONAL_OR_KEYWORD
        elif word == "*":
            kind = kinds.KEYWORD_ONLY
        elif word.startswith("**"):
            found.append(kinds(name, kinds.VAR_KEYWORD))
        elif word.startswith("*"):
            found.append(kinds(name, kinds.VAR_POSITIONAL))
            kind = kinds.KEYWORD_ONLY
        else:
            found.append(kinds(name, kind, default=None if "=" in word else kinds.empty))
    return inspect.Signature(found)


def bind(owner: str, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call by name; a TypeError for what CuPy's function does not take."""
    text = CLASSES[owner][name] if owner in CLASSES else MODULES[owner][name]["call"]
    try:
        return dict(signature(text).bind(*args, **kwargs).arguments)
    except TypeError as error:
        raise TypeError(f"{name}() {error}") from None
