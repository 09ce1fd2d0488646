"""Where compiled loops are kept between processes: their sources, and Numba's code beside them."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any


def cache_folder() -> Path:
    """Where compiled loops are kept: `SYMBOOK_CACHE`, else `symbook` in the user's cache folder.

    Raises
    ------
    FileNotFoundError
        If the user has no home folder, as one whom only a number names.
    """
    given = os.environ.get("SYMBOOK_CACHE")
    if given:
        return Path(given) / "kernels"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or _home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = _home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or _home() / ".cache")
    return base / "symbook" / "kernels"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        raise FileNotFoundError("this user has no home folder") from None


@cache
def stamp() -> str:
    """Of the files whose code becomes part of every loop: what is kept from other ones does not fit."""
    folder = Path(__file__).parent
    files = [folder / f"{name}.py" for name in ("board", "calls", "native")]
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def module(text: str, *, kept: bool = True) -> tuple[Any, bool]:
    """The module of a source, and whether it stands in a file, as Numba's cache needs it.

    Parameters
    ----------
    text : str
    kept : bool
        Whether it may; if not, no file is used.
    """
    name = _name(text)
    path = _stored(name, text) if kept else None
    made = ModuleType(name)
    exec(compile(text, "<loop>" if path is None else str(path), "exec"), vars(made))
    # Numba's cache asks for the module by name when it loads the code in another process.
    sys.modules[name] = made
    return made, path is not None


def discard(text: str) -> None:
    """Remove what is kept of a source, as it is damaged."""
    with suppress(OSError):
        for path in cache_folder().rglob(f"{_name(text)}.*"):
            path.unlink()


def _name(text: str) -> str:
    return f"_symbook_loop_{sha256((stamp() + text).encode()).hexdigest()[:32]}"


def _stored(name: str, text: str) -> Path | None:
    """The file of a source in the cache; None where none can be written."""
    try:
        folder = cache_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{name}.py"
        if not path.exists() or path.read_bytes() != text.encode():
            with tempfile.NamedTemporaryFile(
                "w", dir=folder, suffix=".tmp", delete=False, encoding="utf-8", newline="\n"
            ) as file:
                file.write(text)
            os.replace(file.name, path)
    except OSError:
        return None
    return path
