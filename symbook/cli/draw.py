"""`symbook draw`: a saved symbol to a picture."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from symbook.cli.errors import CommandError
from symbook.errors import SymbookError

FORMATS = ("svg", "png", "pdf", "dot")


def draw(file: Path, output: str, shapes: Sequence[str] = (), direction: str | None = None) -> int:
    """Draw the symbol saved in `file`; return the exit status.

    Parameters
    ----------
    file : Path
        A symbol in MXNet's JSON format.
    output : str
        The picture to write, whose ending is one of `FORMATS`; `-` writes SVG to standard output.
    shapes : sequence of str
        `NAME=N,N,…` for each argument whose shape is known.
    direction : str, optional
        `TB` or `LR`; by default the renderer's own.

    Raises
    ------
    CommandError
        When the file cannot be read, is no symbol, or cannot be drawn as asked.
    """
    known = dict(map(parse_shape, shapes))
    if output != "-" and Path(output).suffix[1:].lower() not in FORMATS:
        raise CommandError(
            f"cannot tell the format of {output!r}: end its name in "
            + ", ".join(f".{name}" for name in FORMATS[:-1])
            + f" or .{FORMATS[-1]}"
        )
    options: dict[str, Any] = {"shapes": known} if known else {}
    if direction is not None:
        options["direction"] = direction
    try:
        _draw(file, output, options)
    except SymbookError as error:
        raise CommandError(_said(error)) from error
    except OSError as error:
        raise CommandError(_one_line(str(error))) from error
    return 0


def parse_shape(text: str) -> tuple[str, tuple[int, ...]]:
    """`data=32,784` as a name and a shape; `x=` is a scalar's.

    Raises
    ------
    CommandError
        When the text is not of that form.
    """
    name, equals, numbers = text.partition("=")
    numbers = numbers.strip("() ,")
    try:
        shape = tuple(int(number) for number in numbers.split(",")) if numbers else ()
    except ValueError:
        shape = (-1,)
    if not name or not equals or any(size < 0 for size in shape):
        raise CommandError(f"--shape takes NAME=N,N,… as in A=1000,1000, not {text!r}")
    return name, shape


def _draw(file: Path, output: str, options: dict[str, Any]) -> None:
    from symbook import render
    from symbook.symbol import load

    name = str(file)
    if file.is_dir():
        raise CommandError(f"{name!r} is a folder: give the file of a saved symbol")
    if not file.exists():
        raise CommandError(f"there is no file {name!r}")
    try:
        symbol = load(name)
    except SymbookError as error:
        raise CommandError(f"cannot read {_said(error)}") from error
    if output != "-":
        render.save(symbol, output, **options)
        return
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder, "graph.svg")
        render.save(symbol, str(picture), **options)
        sys.stdout.write(picture.read_text(encoding="utf-8"))


def _said(error: SymbookError) -> str:
    """What an error of the engine says: its sentence and, on a line of its own, its hint."""
    lines = [error.message, error.hint or ""]
    return "\n  ".join(_one_line(line) for line in lines if line)


def _one_line(text: str) -> str:
    return " ".join(text.split())
