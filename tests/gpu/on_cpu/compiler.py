"""A C++ compiler that makes shared libraries, and what it made, kept between runs."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
KEPT_DAYS = 14  # since it was last used
_FLAGS = ["-x", "c++", "-std=c++17", "-fPIC", "-fvisibility=hidden", f"-I{HERE}", "-w"]
_FLAGS += ["-fno-strict-aliasing", "-fno-exceptions", "-fno-rtti", "-fno-math-errno"]

REASON = "there is no C++ compiler (of Linux or macOS): install g++, or `pip install ziglang`"


class Error(RuntimeError):
    """What the compiler said, or that there is none."""


@cache
def command() -> tuple[str, ...]:
    """How the compiler is called: $CXX, g++, clang++, or that of the wheel `ziglang`; () if there is none."""
    if sys.platform == "win32":
        return ()
    if os.environ.get("CXX"):
        return tuple(shlex.split(os.environ["CXX"]))
    for name in ("g++", "clang++"):
        if shutil.which(name):
            return (name,)
    if find_spec("ziglang"):
        # As C, with the language named: C++'s library, which we do not use, takes a minute to build.
        return (sys.executable, "-m", "ziglang", "cc")
    return ()


@cache
def folder() -> Path:
    """Where compiled text is kept: the user's cache folder, or one that lasts as long as this process."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    try:
        kept = Path(home) / "symbook-tests" / "kernels"
        kept.mkdir(parents=True, exist_ok=True)
        for path in kept.glob("*.*"):
            if path.stat().st_mtime < time.time() - KEPT_DAYS * 86400:
                path.unlink()
        with tempfile.TemporaryFile(dir=kept):
            return kept
    except OSError:
        return Path(tempfile.mkdtemp(prefix="symbook-kernels-"))


def shared(key: str, text: str, flags: Sequence[str]) -> Path:
    """The shared library of a text, made if it is not there.

    Raises
    ------
    Error
        If there is no compiler, or it refuses the text.
    """
    path = folder() / f"{key}.so"
    if not path.exists():
        with tempfile.TemporaryDirectory(dir=folder()) as made:
            output = Path(made) / "library.so"
            _compile(text, [*flags, "-O2", "-shared", "-o", str(output), "-lm"])
            output.replace(path)
    path.touch()
    return path


def check(key: str, text: str) -> None:
    """That a compiler takes a text: a quarter of the time. What it took before is not checked again.

    Raises
    ------
    Error
        If there is no compiler, or it refuses the text.
    """
    passed = folder() / f"{key}.checked"
    if not passed.exists():
        _compile(text, ["-fsyntax-only"])
    passed.touch()


def _compile(text: str, flags: Sequence[str]) -> None:
    if not command():
        raise Error(REASON)
    with tempfile.TemporaryDirectory(dir=folder()) as made:
        unit = Path(made) / "kernel.cpp"
        unit.write_text(text, encoding="utf-8")
        call = [*command(), *_FLAGS, str(unit), *flags]
        done = subprocess.run(call, capture_output=True, text=True)
    if done.returncode:
        raise Error(done.stderr.strip() or f"{command()[0]} ended with {done.returncode}")
