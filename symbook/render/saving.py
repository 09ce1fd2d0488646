"""Pictures as files: SVG, PNG, PDF and DOT."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from symbook.errors import ArgumentError, SymbookError
from symbook.files import path_text, replacing
from symbook.infer import DTYPES, SHAPES, infer, specs_of
from symbook.remedies import pip_install
from symbook.render import graphviz_engine as graphviz
from symbook.render.dot import DPI, dot_source
from symbook.render.picture import FIXED, Picture, draw, graph_of
from symbook.specs import as_shape

FORMATS = ("svg", "png", "pdf", "dot")
_LARGE = 1_500_000
"""A picture of more pixels is displayed with as many; others with twice as many along each side."""


class SaveError(SymbookError, OSError):
    """A picture that cannot be written."""


def save(
    symbol: Any,
    path: str | os.PathLike[str],
    *,
    shapes: Mapping[str, Any] | None = None,
    direction: str = "TB",
) -> None:
    """Draw a symbol into a file, in the format that the file's ending names: svg, png, pdf or dot.

    Parameters
    ----------
    symbol : Symbol or Graph
    path : str or path
        An existing file is replaced.
    shapes : mapping of str to tuple of int, optional
        Shapes of arguments, to be shown on the edges with all that follows from them.
    direction : str
        As for :func:`symbook.render.draw`.

    Raises
    ------
    ArgumentError
        For an unknown ending, or a shape for a name that is no argument.
    ShapeError, DTypeError
        If the shapes given, or the dtypes declared, contradict each other.
    SaveError
        If the file cannot be written, or the format needs Graphviz and there is none.
    """
    ready(path)
    graph = graph_of(symbol)
    specs = None
    if shapes:
        known = [graph.nodes[i].name for i in graph.variables]
        unknown = [name for name in shapes if name not in known]
        if unknown:
            told = ", ".join(known[:12])
            raise ArgumentError(
                f"there is no argument {unknown[0]!r}", hint=f"The arguments are: {told}."
            )
        given = {name: as_shape(shape) for name, shape in shapes.items()}
        specs = specs_of(infer(graph, SHAPES, given), infer(graph, DTYPES, {}))
    save_picture(draw(graph, specs=specs, direction=direction), path)


def save_picture(picture: Picture, path: str | os.PathLike[str]) -> None:
    """Write a picture that is drawn already; as :func:`save`."""
    target, form = ready(path)
    write(target, _WRITERS[form](picture))


def png(picture: Picture) -> tuple[bytes, dict[str, Any]] | None:
    """A picture as a PNG with its alt text, where Graphviz can make one; for what shows no HTML."""
    wide, tall = picture.size
    try:
        return _drawn(picture, "png", DPI if wide * tall <= _LARGE else DPI // 2), {
            "alt": picture.alt
        }
    except SaveError:
        return None


def ready(
    path: str | os.PathLike[str], forms: Sequence[str] = FORMATS, hint: str = ""
) -> tuple[Path, str]:
    """A file to be written and its format, before any work is done for it; `~` is the user's folder.

    Parameters
    ----------
    path : str or path
    forms : sequence of str
        Endings that it may have.
    hint : str
        What to say of others.

    Raises
    ------
    ArgumentError
        If the ending is none of these.
    SaveError
        If there is no such folder, it may not be written to, or the name is that of a folder.
    """
    form = form_of(path, forms, hint)
    target = Path(path_text(path, "path")).expanduser()
    folder = target.parent
    if target.is_dir():
        why = "it is a folder"
    elif not folder.is_dir():
        why = f"there is no folder {os.fspath(folder)!r}"
    elif not os.access(folder, os.W_OK | os.X_OK):
        why = f"the folder {os.fspath(folder)!r} may not be written to"
    else:
        return target, form
    raise _unwritable(path, why)


def write(target: Path, content: bytes) -> None:
    """Write a file whole or not at all. Raises SaveError."""
    try:
        with replacing(os.fspath(target)) as file:
            file.write(content)
    except OSError as error:
        raise _unwritable(target, error.strerror or str(error)) from None


def _unwritable(path: str | os.PathLike[str], why: str) -> SaveError:
    return SaveError(
        f"cannot write {os.fspath(path)!r}: {why}",
        hint="Give a file name in a folder that exists and that you may write to.",
    )


def form_of(path: str | os.PathLike[str], forms: Sequence[str] = FORMATS, hint: str = "") -> str:
    """The format that a file's ending names, of those that there are. Raises ArgumentError for any other."""
    form = Path(path_text(path, "path")).suffix[1:].lower()
    if form not in forms:
        known = f".{', .'.join(forms[:-1])} or .{forms[-1]}" if forms[1:] else f".{forms[0]}"
        raise ArgumentError(
            f"cannot tell the format of {os.fspath(path)!r}"
            if form not in {*FORMATS, "html"}
            else f"{os.fspath(path)!r}: there is no .{form} file of this",
            hint=hint or f"End its name in {known}.",
        )
    return form


def _graphviz_bytes(form: str) -> Callable[[Picture], bytes]:
    return lambda picture: _drawn(picture, form)


def _drawn(picture: Picture, form: str, dpi: int = DPI) -> bytes:
    dot = _dot(picture, placed=True, dpi=dpi)
    why: list[str] = []
    for run in (graphviz.run_bundled, graphviz.run_program):
        try:
            return run(dot, form, "nop2")
        except graphviz.GraphvizFailed as error:
            why.append(str(error))
    raise SaveError(
        f"a {form} file needs Graphviz: {'; '.join(why)}",
        hint=f"Save an .svg file, which needs nothing, or run: {pip_install('pygraphviz')}",
    )


def _dot(picture: Picture, placed: bool = False, dpi: int = DPI) -> str:
    try:
        return dot_source(picture.scene, picture.alt, picture.layout if placed else None, dpi)
    except ImportError:
        raise SaveError(
            "DOT, PNG and PDF files need the package graphviz",
            hint=f"Save an .svg file, which needs nothing, or run: {pip_install('graphviz')}",
        ) from None


_WRITERS: dict[str, Callable[[Picture], bytes]] = {
    "svg": lambda picture: picture.svg.encode(),
    # What stands where it must, such as a timeline, is nothing without its places.
    "dot": lambda picture: _dot(picture, placed=picture.engine == FIXED).encode(),
    "png": _graphviz_bytes("png"),
    "pdf": _graphviz_bytes("pdf"),
}
