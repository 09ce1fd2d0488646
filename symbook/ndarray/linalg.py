"""`mx.nd.linalg`: products, factors, triangles and determinants of matrices, computed at once."""

from __future__ import annotations

import sys
from typing import Any

from ..ops import registry
from .invoke import make_function

_PREFIX = "_linalg_"


def __getattr__(name: str) -> Any:
    op = registry.find(_PREFIX + name)
    if op is None:
        raise registry.no_attribute("mx.nd.linalg", name, __dir__())
    function = make_function(op, name, __name__)
    setattr(sys.modules[__name__], name, function)
    return function


def __dir__() -> list[str]:
    return [name.removeprefix(_PREFIX) for name in registry.names() if name.startswith(_PREFIX)]
