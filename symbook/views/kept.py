"""Views that cells have shown: taken out of the front end when their cell is run again.

ipywidgets keeps a view that was displayed until it is closed, and with it the arrays of its run. Once its
cell is run again nobody sees it. Who holds it by a name may display it again; what nobody holds, goes.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .widget import View

_LATEST = ("_", "__", "___")
"""The names that IPython gives to the latest three results."""

_of: weakref.WeakKeyDictionary[Any, KeptViews] = weakref.WeakKeyDictionary()


def note(view: View, shell: Any) -> None:
    """The present cell of an IPython shell displays a view."""
    if shell not in _of:
        _of[shell] = KeptViews(weakref.proxy(shell))
        shell.events.register("pre_run_cell", _of[shell].begin)
        shell.events.register("post_run_cell", _of[shell].end)
    _of[shell].note(view)


class KeptViews:
    """Which cell shows which views: by the cell's id where the front end tells it, else by its text.

    Parameters
    ----------
    shell : object
        Has `user_ns`, the user's names with IPython's `_oh`, which is `Out`, `_5` and `_`; and
        `user_ns_hidden`, those that IPython has made.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._present: weakref.WeakSet[View] = weakref.WeakSet()
        self._of: dict[str, weakref.WeakSet[View]] = {}
        self._replaced: list[tuple[int, weakref.ref[View]]] = []

    def note(self, view: View) -> None:
        """The present cell displays a view."""
        self._present.add(view)

    def begin(self, info: Any) -> None:
        """A cell begins, as IPython's `pre_run_cell` says: what it alone showed before is withdrawn."""
        # What came between two cells, as a button was pressed, belongs to neither.
        self._present = weakref.WeakSet()
        for view in self._of.pop(_key(info), ()):
            if not any(view in shown for shown in self._of.values()):
                view.withdraw()
                results = self._shell.user_ns.get("_oh", {})
                self._replaced += [(n, weakref.ref(view)) for n, r in results.items() if r is view]
        self._forget()

    def end(self, result: Any) -> None:
        """A cell has run, as IPython's `post_run_cell` says."""
        if self._present:
            self._of[_key(result.info)] = self._present
            self._present = weakref.WeakSet()

    def _forget(self) -> None:
        """Take results whose cells were run again out of `Out`; the latest three stay, as `_` means one.

        A cell that is run a hundred times shows one number. Nobody sees the other ninety-nine.
        """
        names, hidden = self._shell.user_ns, self._shell.user_ns_hidden
        latest = [names.get(name) for name in _LATEST]
        kept = []
        for number, known in self._replaced:
            view, key = known(), f"_{number}"
            if view is None:
                continue
            if any(view is result for result in latest):
                kept.append((number, known))
                continue
            for place, name in ((names.get("_oh", {}), number), (names, key), (hidden, key)):
                if place.get(name) is view:
                    del place[name]
        self._replaced = kept


def _key(info: Any) -> str:
    cell = getattr(info, "cell_id", None)
    return f"id {cell}" if cell else f"text {info.raw_cell}"
