"""Views that magics have shown: let go when their cell is run again.

A live view is kept by ipywidgets until it is closed, and with it the arrays of the run that it shows. Nobody
else can hold a view that a magic made, so it is closed when its cell's output is replaced.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symbook.views import View


class KeptViews:
    """Which cell showed which views: by the cell's id where the front end tells it, else by its text."""

    def __init__(self) -> None:
        self._present: str | None = None
        self._of: dict[str, weakref.WeakSet[View]] = {}

    def begin(self, info: Any) -> None:
        """A cell begins, as IPython's `pre_run_cell` says: what it showed before is closed."""
        cell = getattr(info, "cell_id", None)
        self._present = f"id {cell}" if cell else f"text {info.raw_cell}"
        for view in self._of.pop(self._present, ()):
            view.release()

    def note(self, view: View) -> None:
        """A magic of the present cell has made a view."""
        if self._present is not None:
            self._of.setdefault(self._present, weakref.WeakSet()).add(view)


kept = KeptViews()


class Watched:
    """The cells of a shell, whose views are noted."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._begin: Callable[[Any], None] = lambda info: kept.begin(info)

    def install(self) -> None:
        """Hear of each cell that begins."""
        self._shell.events.register("pre_run_cell", self._begin)

    def uninstall(self) -> None:
        """Hear of none any more."""
        self._shell.events.unregister("pre_run_cell", self._begin)
