"""Errors that are not of the engine's kinds: given a hint where there is one, and no lines of ours."""

from __future__ import annotations

from contextlib import suppress
from types import TracebackType
from typing import Any

from IPython.core.error import UsageError

from symbook.errors import SymbookError

from .advice import advice, advice_for_magic
from .tracebacks import RENDER, is_engines, is_own, show_own_lines

_NOTE = "  note  symbook did not expect this. See what the line above gives it; %tb shows where it stopped."
_TOLD = "_symbook_told"


def show(
    shell: Any,
    kind: type[BaseException],
    error: BaseException,
    traceback: TracebackType | None,
    tb_offset: int | None,
) -> None:
    """Let a shell show an error, with what we know about it."""
    shown, briefly = error, False
    with suppress(Exception):  # whatever happens here, the error itself must be seen
        if isinstance(error, UsageError):
            shown = _explained(shell, error)
        elif not isinstance(error, SymbookError) and not hasattr(error, _TOLD):
            briefly = _explain(error)
    shell.showtraceback((kind, shown, traceback), tb_offset=tb_offset, running_compiled_code=True)
    if briefly:
        # From now on IPython shows all of it.
        delattr(error, RENDER)


def _explained(shell: Any, error: UsageError) -> UsageError:
    known = {name for names in shell.magics_manager.magics.values() for name in names}
    hint = advice_for_magic(str(error), known)
    return UsageError(f"{error}\n  hint  {hint}") if hint else error


def _explain(error: BaseException) -> bool:
    """Add a hint, or hide lines of ours; whether they are hidden this once only."""
    inside = _stopped_inside(error.__traceback__) and not hasattr(error, RENDER)
    hint = advice(error)
    if not hint and not inside:
        return False
    error.add_note(f"  hint  {hint}" if hint else _NOTE)
    setattr(error, _TOLD, True)
    show_own_lines(error)
    return inside


def _stopped_inside(traceback: TracebackType | None) -> bool:
    """Whether code of the user's called the engine, and the error came of that."""
    own = inside = False
    while traceback is not None:
        frame = traceback.tb_frame
        own, inside = (True, False) if is_own(frame) else (own, inside or is_engines(frame))
        traceback = traceback.tb_next
    return own and inside
