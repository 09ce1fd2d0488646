"""`mx.sym._internal`: operators under the names that begin with an underscore, as JSON files have them."""

from __future__ import annotations

import sys
from typing import Any

from ..ops import registry
from .make import make_function


def __getattr__(name: str) -> Any:
    op = registry.find(name)
    if op is None:
        raise registry.no_attribute("mx.sym._internal", name, registry.names())
    function = make_function(op, name, __name__)
    setattr(sys.modules[__name__], name, function)
    return function


def __dir__() -> list[str]:
    return registry.names()
