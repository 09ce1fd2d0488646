"""What IPython calls with each error and interrupt that ends a cell; a shell has one such function."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from . import interrupts, unforeseen

_KINDS = (Exception, KeyboardInterrupt)


class Handler:
    """Lets a shell show errors and interrupts as we do; not where the user has a handler already."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._handler: Any = None

    def install(self) -> None:
        """Begin; nothing happens where somebody else handles errors."""
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
    error: BaseException,
    traceback: TracebackType | None,
    tb_offset: int | None = None,
) -> None:
    if isinstance(error, KeyboardInterrupt):
        interrupts.show(shell, kind, error, traceback, tb_offset)
    else:
        unforeseen.show(shell, kind, error, traceback, tb_offset)
