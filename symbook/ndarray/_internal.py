"""Operators whose names begin with an underscore: `mx.nd._internal._plus_scalar`."""

from __future__ import annotations

from typing import Any

from ..ops import registry
from .invoke import find_function


def __getattr__(name: str) -> Any:
    function = globals()[name] = find_function(name, __name__, __dir__())
    return function


def __dir__() -> list[str]:
    return [name for name in registry.names() if name.startswith("_")]
