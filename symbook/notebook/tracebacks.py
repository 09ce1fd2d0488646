"""Errors as a notebook shows them: the user's own lines and the message, none of our internals.

IPython asks an exception for `_render_traceback_` before it formats one itself. Errors of the engine get
that method when the extension is loaded; other errors that a `%%symgraph` cell raises, or a function of the
user's that the engine calls, get it one by one.
"""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

from symbook import errors
from symbook.errors import SymbookError

RENDER = "_render_traceback_"
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_LIBRARIES = tuple(
    {
        os.path.join(sysconfig.get_path(key), "")
        for key in ("stdlib", "platstdlib", "purelib", "platlib")
    }
)
_RED, _PLAIN = "\x1b[0;31m", "\x1b[0m"


class SymgraphError(SymbookError, ValueError):
    """A `symgraph` magic that cannot do what it was asked; shown as one message, without any code."""

    _several_lines = True

    def _render_traceback_(self) -> list[str]:
        return message_lines(self)


def message_lines(error: BaseException) -> list[str]:
    """The error's type and message, with the type in red."""
    notes = getattr(error, "__notes__", [])
    return [f"{_RED}{type(error).__name__}{_PLAIN}: {error}", *map(str, notes)]


def install() -> None:
    """Let IPython show errors of the engine, and of the user's functions, with the user's own lines alone."""
    setattr(SymbookError, RENDER, _render)
    if show_own_lines not in errors.users_errors:
        errors.users_errors.append(show_own_lines)


def uninstall() -> None:
    """Undo :func:`install`."""
    if RENDER in vars(SymbookError):
        delattr(SymbookError, RENDER)
    if show_own_lines in errors.users_errors:
        errors.users_errors.remove(show_own_lines)


def show_own_lines(error: BaseException) -> None:
    """Let IPython show this error with the user's own lines alone."""
    if isinstance(error, SymbookError):
        return
    # An exception may have no place for attributes: it is then shown as IPython shows any other.
    if hasattr(error, "__dict__"):
        setattr(error, RENDER, lambda: _render(error))


def show_message_only(error: SymbookError) -> None:
    """Let IPython show this error without any code: there is no line of the user's that raised it."""
    setattr(error, RENDER, lambda: message_lines(error))


def _render(error: BaseException) -> list[str]:
    try:
        with _own_frames(error):
            if error.__traceback__ is None:
                return message_lines(error)
            # None of the frames left is IPython's own: none is to be skipped.
            lines = _shell().InteractiveTB.structured_traceback(
                type(error), error, error.__traceback__, tb_offset=0
            )
            return [*lines, *_unshown(error, lines)]
    except Exception:  # whatever happens while an error is shown, its message must be seen
        return message_lines(error)


def _unshown(error: BaseException, lines: list[str]) -> list[str]:
    """The error's notes, if this IPython leaves them out."""
    told = "\n".join(lines)
    return [note for note in map(str, getattr(error, "__notes__", ())) if note not in told]


def _shell() -> Any:
    from IPython import get_ipython

    return get_ipython()


@contextmanager
def _own_frames(error: BaseException) -> Iterator[None]:
    """Cut the tracebacks of an error, and of those that led to it, down to the user's frames for a while."""
    chain: list[BaseException] = []
    found: BaseException | None = error
    while found is not None and not any(found is known for known in chain):
        chain.append(found)
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
    whole = [item.__traceback__ for item in chain]
    try:
        for item in chain:
            item.__traceback__ = _cut(item.__traceback__)
        yield
    finally:
        for item, traceback in zip(chain, whole, strict=True):
            item.__traceback__ = traceback


def _cut(traceback: TracebackType | None) -> TracebackType | None:
    """The same traceback with the user's frames alone."""
    links = []
    while traceback is not None:
        links.append(traceback)
        traceback = traceback.tb_next
    followed_by = [link.tb_frame for link in links[1:]] + [None]
    kept = [
        link
        for link, after in zip(links, followed_by, strict=True)
        # A line magic's cell line calls IPython, and what it shows is not what the user wrote.
        if is_own(link.tb_frame) and not (after is not None and _is_magic_call(after))
    ]
    cut: TracebackType | None = None
    for link in reversed(kept):
        cut = TracebackType(cut, link.tb_frame, link.tb_lasti, link.tb_lineno)
    return cut


def is_own(frame: FrameType) -> bool:
    """Whether it is code of the user: neither this package, nor an installed one, nor Python's library."""
    file = frame.f_code.co_filename
    if file.startswith("<"):
        # Code without a source to show, but for the cells of a terminal's IPython.
        return file.startswith("<ipython-input-")
    return not file.startswith((os.path.join(_PACKAGE, ""), *_LIBRARIES))


def is_engines(frame: FrameType) -> bool:
    """Whether it is code of this package."""
    return frame.f_code.co_filename.startswith(os.path.join(_PACKAGE, ""))


def _is_magic_call(frame: FrameType) -> bool:
    return frame.f_code.co_name in ("run_line_magic", "run_cell_magic")
