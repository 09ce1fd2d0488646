"""The files that lessons read, wherever the lesson itself is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from symbook.errors import LookupFailure, one_of

_PACKAGE = Path(__file__).resolve().parent.parent


def data(name: Any) -> str:
    """Where a file of the lessons' data is, `data("lenet-symbol.json")`.

    It is the one that came with this symbook, so that a lesson finds it when only its notebook is there.

    Raises
    ------
    LookupFailure
        If there is no such file. A ValueError.
    """
    # In an installed symbook, and in a checkout.
    folders = (_PACKAGE / "_lessons" / "data", _PACKAGE.parent / "lessons" / "data")
    found = {path.name: path for folder in reversed(folders) for path in folder.glob("*")}
    if name in found:
        return str(found[name])
    raise LookupFailure(
        f"the lessons have no file {name!r}; there are {', '.join(sorted(found)) or 'none'}",
        hint=one_of(str(name), sorted(found)),
    )
