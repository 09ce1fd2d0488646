"""JAX on the CPU."""

from __future__ import annotations

import os
from typing import Any

os.environ["JAX_PLATFORMS"] = "cpu"

import jax

from ..program import Arrays, Builder, Program, Size, importing
from . import jax_programs


def about() -> dict[str, Any]:
    """What runs here."""
    return {"version": jax.__version__, "threads": len(os.sched_getaffinity(0))}


def _waited(builder: Builder) -> Builder:
    """Each call waits for its result, as everybody's on a CPU."""

    def build(size: Size, inputs: Arrays) -> Program:
        return builder(size, inputs).finished()

    return build


PROGRAMS: dict[str, Builder] = {
    **{kind: _waited(builder) for kind, builder in jax_programs.PROGRAMS.items()},
    "import": importing("jax"),
}
