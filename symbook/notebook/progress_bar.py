"""The progress bar as a widget that is never displayed; see :mod:`symbook.notebook.progress`."""

from __future__ import annotations

from importlib.resources import files

import anywidget
import traitlets


class _Model(anywidget.AnyWidget):
    _esm = files(__package__).joinpath("progress.js").read_text(encoding="utf-8")
    source = traitlets.Unicode().tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)
    times = traitlets.Unicode().tag(sync=True)
    share = traitlets.Float(None, allow_none=True).tag(sync=True)
    visible = traitlets.Bool(True).tag(sync=True)


class WidgetBar:
    """A bar in the place of a running cell.

    Parameters
    ----------
    source : str
        The cell's text, by which the page finds it.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._model: _Model | None = None

    def show(self, text: str, times: str, share: float | None) -> None:
        """Show what is being done, how long it has taken, and which share is over, if that is known."""
        state = {"text": text, "times": times, "share": share, "visible": True}
        if self._model is None:
            self._model = _Model(source=self._source, **state)
            return
        with self._model.hold_sync():
            self._model.set_trait("text", text)
            self._model.set_trait("times", times)
            self._model.set_trait("share", share)
            self._model.set_trait("visible", True)

    def hide(self) -> None:
        """Show nothing, for a while."""
        if self._model is not None:
            self._model.set_trait("visible", False)

    def close(self) -> None:
        """Show nothing any more."""
        model, self._model = self._model, None
        if model is not None:
            model.layout.close()  # another widget, which came with it
            model.close()
