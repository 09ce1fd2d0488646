"""Interrupts as a notebook shows them: the user's own lines, and one line that says what was stopped."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from symbook import underway

from .tracebacks import is_engines, show_own_lines


def show(
    shell: Any,
    kind: type[BaseException],
    error: KeyboardInterrupt,
    traceback: TracebackType | None,
    tb_offset: int | None,
) -> None:
    """Let a shell show an interrupt; one that stopped nothing of ours is shown as ever."""
    stopped = _stopped(traceback)
    if stopped:
        if not error.args:
            error.args = (f"interrupted in {stopped}()",)
        show_own_lines(error)
    shell.showtraceback((kind, error, traceback), tb_offset=tb_offset, running_compiled_code=True)
    # It refers to the error, which refers to it: arrays would stay until Python looks for such things.
    vars(error).pop("_render_traceback_", None)


def _stopped(traceback: TracebackType | None) -> str:
    """The function of ours that was called and is the outermost; empty where there is none."""
    calls = underway.traced(traceback)
    return next((frame.f_code.co_qualname for frame, _ in calls if is_engines(frame)), "")
