"""The simulated GPU of `tests/gpu`, with which tests run what is for a GPU. Nothing is measured on it."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack

from . import TESTS, program

VARIABLE = "SYMBOOK_TEST_SIMULATED_GPU"
_KEPT = ExitStack()


def asked() -> bool:
    """Whether the environment asks for it."""
    return os.environ.get(VARIABLE) == "1"


def install_if_asked() -> None:
    """Put it in CuPy's place for as long as this process runs, where the environment asks for it."""
    if asked():
        sys.path.append(str(TESTS / "gpu"))
        import simulated

        _KEPT.enter_context(simulated.installed())


def starting(text: str) -> program.Builder:
    """`program.starting` of a text that uses CuPy."""
    before = f"from {__name__} import install_if_asked; install_if_asked(); " if asked() else ""
    return program.starting(before + text)
