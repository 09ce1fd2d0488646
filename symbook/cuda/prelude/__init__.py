"""The C++ text that stands before every kernel's own; the package `symbook.cuda` says what it gives."""

from __future__ import annotations

import os
from functools import cache

PARTS = ("types", "math", "block", "random")

# What stands below this line is a kernel's own.
MARK = "// ---- kernel ----\n"


@cache
def prelude() -> str:
    """The text, read when the first kernel is compiled."""
    parts = []
    for part in PARTS:
        with open(os.path.join(os.path.dirname(__file__), f"{part}.cuh"), encoding="utf-8") as file:
            parts.append(file.read())
    return "\n".join([*parts, MARK])
