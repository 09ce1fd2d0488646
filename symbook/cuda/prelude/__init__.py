"""The C++ text that stands before every kernel's own; the package `symbook.cuda` says what it gives."""

from __future__ import annotations

from functools import cache
from pathlib import Path

PARTS = ("types", "math", "block", "random")

# What stands below this line is a kernel's own.
MARK = "// ---- kernel ----\n"


@cache
def prelude() -> str:
    """The text, read when the first kernel is compiled."""
    folder = Path(__file__).parent
    parts = [(folder / f"{part}.cuh").read_text(encoding="utf-8") for part in PARTS]
    return "\n".join([*parts, MARK])
