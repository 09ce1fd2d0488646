"""The simulated GPU of `tests/gpu`, with which tests run what is for a GPU. Nothing is measured on it."""

from __future__ import annotations

import os

VARIABLE = "SYMBOOK_TEST_SIMULATED_GPU"


def asked() -> bool:
    """Whether the environment asks for it."""
    return os.environ.get(VARIABLE) == "1"


def install_if_asked() -> None:
    """Put it in CuPy's place, where the environment asks for it."""
    if asked():
        from gpu import simulated

        simulated.install()
