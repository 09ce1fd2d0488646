"""Interrupts as a notebook shows them: the user's own lines, and one line that says what was stopped."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from symbook import underway

from .tracebacks import is_engines, show_own_lines

_KINDS = (KeyboardInterrupt,)


class Interrupts:
    """Shows the interrupts of a shell that stopped something of ours; all others are shown as ever."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._handler: Any = None

    def install(self) -> None:
        """Begin; not where the user has a handler of errors already."""
        if not self._shell.custom_exceptions:
            self._shell.set_custom_exc(_KINDS, _show)
            self._handler = self._shell.CustomTB

    def uninstall(self) -> None:
        """End, unless the user has set another handler since."""
        if self._handler is not None and self._shell.CustomTB is self._handler:
            self._shell.set_custom_exc((), None)


def _show(
    shell: Any,
    kind: type[BaseException],
    error: KeyboardInterrupt,
    traceback: TracebackType | None,
    tb_offset: int | None = None,
) -> None:
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
