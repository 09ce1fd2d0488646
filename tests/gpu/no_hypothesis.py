"""In Hypothesis's place where it is missing: what it would run is skipped, and the rest of the files runs.

Machines with a GPU do not always have what tests need elsewhere, and often nothing can be fetched.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest


class _Anything(ModuleType):
    """Has every attribute, and gives itself when called."""

    __path__: list[str] = []  # noqa: RUF012  # what makes it a package

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self

    __or__ = __call__


def _unchanged(*args: Any, **kwargs: Any) -> Callable[[Any], Any]:
    return lambda function: function


def install() -> None:
    """Let `import hypothesis` give this."""
    for name in (
        "hypothesis",
        "hypothesis.strategies",
        "hypothesis.extra",
        "hypothesis.extra.numpy",
    ):
        sys.modules[name] = _Anything(name)
    package: Any = sys.modules["hypothesis"]
    package.strategies = sys.modules["hypothesis.strategies"]
    package.extra = sys.modules["hypothesis.extra"]
    package.extra.numpy = sys.modules["hypothesis.extra.numpy"]
    package.given = lambda *args, **kwargs: pytest.mark.skip(reason="Hypothesis is not installed")
    package.settings = package.example = package.seed = _unchanged
