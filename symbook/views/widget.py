"""What all views share: live in every notebook that anywidget serves, static where nothing runs.

A view is displayed twice: as a picture and tables, which stay when the notebook is saved, and as the widget,
which hides them while it is there.
"""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any, ClassVar, NoReturn
from uuid import uuid4

import anywidget
import traitlets
from ipywidgets import Layout
from ipywidgets.widgets import widget as widgets

from symbook import garbage
from symbook.errors import (
    ArgumentError,
    LookupFailure,
    SymbookError,
    brief,
    kind_of,
    one_of,
)
from symbook.executor import Executor
from symbook.render import saving
from symbook.render.picture import Picture
from symbook.symbol import Symbol

from . import sections, standing
from .bundle import script, style
from .packing import packed
from .page import page
from .sections import Section

Json = dict[str, Any]


def _kept() -> dict[str, Any]:
    for place, name in ((widgets, "_instances"), (widgets.Widget, "_active_widgets")):
        if hasattr(place, name):
            found: dict[str, Any] = getattr(place, name)
            return found
    return widgets.Widget.widgets  # type: ignore[no-any-return]


_KEPT = _kept()
"""The widgets that are in the front end, as ipywidgets 8, 8.0 and 7, which Colab has, keep them."""


class _Name(traitlets.Unicode):  # type: ignore[type-arg]  # its stubs and its class differ
    """The name of a node; for anything else, an error of ours."""

    def error(self, obj: Any, value: Any, error: Any = None, info: Any = None) -> NoReturn:
        raise ArgumentError(
            f"a node is chosen by its name, a string, not by {brief(value)}",
            hint="For example: view.selected = '_mul0'; None chooses nothing.",
        )


def require_executor(value: Any, view: str) -> None:
    """Raise ArgumentError for what a view of runs cannot show."""
    if isinstance(value, Executor):
        return
    hint = "Bind a symbol: executor = symbol.bind(mx.cpu(), {…})."
    if isinstance(value, Symbol):
        hint = f"Bind it: {view}(symbol.bind(mx.cpu(), {{…}})); GraphView(symbol) shows it without values."
    raise ArgumentError(f"{view} shows a run, of an executor, not {kind_of(value)}", hint=hint)


def require_symbol(value: Any, view: str) -> None:
    """Raise ArgumentError for what a view of graphs cannot show."""
    if isinstance(value, Symbol):
        return
    hint = "Give a symbol, such as mx.sym.Variable('A') * 2."
    if isinstance(value, Executor):
        hint = f"Write {view}(executor.symbol), or ValueView(executor) to see its values."
    raise ArgumentError(f"{view} shows a symbol, not {kind_of(value)}", hint=hint)


class View(anywidget.AnyWidget):  # type: ignore[misc]  # it publishes no types
    """What all views share.

    Attributes
    ----------
    selected : str or None
        The name of the node that is chosen; set it to choose one. `observe` it to react to a choice.
        There is a LookupFailure for a name that no node has.
    static_id : str
        The class of the static form, which the live one hides.
    step : int or None
        How many steps are done; set it to go there. None where there are no steps.
    title : str
        What the file that `save` writes is called.
    """

    _esm = script("widget")
    _css = style()
    _document = traitlets.Dict().tag(sync=True, to_json=lambda document, _: packed(document))
    static_id = traitlets.Unicode().tag(sync=True)
    selected = _Name(None, allow_none=True).tag(sync=True)
    step = traitlets.Int(None, allow_none=True, min=0).tag(sync=True)
    _parts: tuple[str, ...] = ()
    _forms: ClassVar[tuple[str, ...]] = ("html", *saving.FORMATS)
    _own_layout: Layout | None = None
    _tried = 0  # steps of a what-if, which come after those of the document

    def __init__(self, document: Json, title: str) -> None:
        self._names = {node["name"] for node in document.get("graph", {}).get("nodes", ())}
        self.title = title
        self._wanted, self._closed = False, False
        super().__init__(
            _document={**document, "parts": list(self._parts)},
            static_id=f"symbook-{uuid4().hex}",
            step=step_count(document),
        )
        # A view that held itself would keep its arrays until Python looks for such circles.
        received = weakref.WeakMethod(self._received)
        self.on_msg(lambda *message: (answer := received()) and answer(*message))

    @property
    def model_id(self) -> str | None:
        """What the front end calls the view: asked for when it is displayed, or put into another widget.

        ipywidgets keeps a view, with its arrays, from then on; before, it goes when nobody holds it.
        """
        self.reach()
        return None if self.comm is None else self.comm.comm_id

    def open(self) -> None:
        """Tell the front end of the view; nothing happens before it is displayed."""
        if self._wanted:
            self.layout.open()
            super().open()

    def reach(self) -> None:
        """Send the view to the front end, if it is not there."""
        if not self._wanted:
            self._wanted = True
            self.open()

    @property
    def is_closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closed

    def close(self) -> None:
        """Take the view out of the front end, for good."""
        self._wanted = self._closed = True
        self._leave()

    def withdraw(self) -> None:
        """Take the view out of the front end until it is displayed again, unless another widget shows it."""
        if self.comm is None or any(_has(other, self) for other in list(_KEPT.values())):
            return
        self._leave()
        self._wanted, self._model_id = False, None
        # ipywidgets lets nothing be displayed that was closed: 8 by the one attribute, 7 by the other.
        self.__dict__.pop("_repr_mimebundle_", None)
        self.__dict__.pop("_ipython_display_", None)

    @traitlets.default("layout")
    def _made_layout(self) -> Layout:
        self._own_layout = Layout()
        return self._own_layout

    def _leave(self) -> None:
        super().close()
        if self._own_layout is not None:
            self._own_layout.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.title!r})"

    @traitlets.validate("step")
    def _reached(self, proposal: Json) -> int | None:
        """No more steps are done than there are."""
        step: int | None = proposal["value"]
        count = step_count(self._document)
        return None if step is None or count is None else min(step, count + self._tried)

    @traitlets.validate("selected")
    def _known(self, proposal: Json) -> str | None:
        name: str | None = proposal["value"]
        if name is not None and name not in self._names:
            raise LookupFailure(
                f"there is no node {name!r} in this view", hint=one_of(name, self._names)
            )
        return name

    def set_state(self, sync_data: Json) -> None:
        """Take what the front end says was chosen, and where it is; nothing else is its to change."""
        name, step = sync_data.get("selected"), sync_data.get("step")
        taken: Json = {}
        if "selected" in sync_data and (
            name is None or (isinstance(name, str) and name in self._names)
        ):
            taken["selected"] = name
        if type(step) is int and step >= 0:
            taken["step"] = step
        super().set_state(taken)

    def _received(self, _: Any, message: Any, buffers: Any) -> None:
        """Answer a question that a rendering of the view asks. Whatever it says, nothing is raised."""
        asked = message if isinstance(message, dict) else {}
        try:
            reply = self._answer(asked)
        except SymbookError as error:
            reply = {"error": str(error)}
        except KeyboardInterrupt:
            reply = {"error": "Python was interrupted before the answer was there."}
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        back = {
            key: asked[key] for key in ("asker", "question", "number", "change") if key in asked
        }
        self.send({**reply, **back})

    def _answer(self, asked: Json) -> Json:
        """What is sent for a question; with `news`, to all renderings of the view."""
        raise ArgumentError("this view has nothing to ask of Python")

    def sections(self) -> list[Section]:
        """The parts of the view's static form: the picture, and :meth:`more`."""
        return [sections.pictured(self.picture()), *self.more()]

    def more(self) -> list[Section]:
        """What stands below the picture in the static form."""
        return []

    def html(self) -> str:
        """The view as static HTML: pictures with their words, and tables."""
        return "".join(part.html for part in self.sections())

    def picture(self) -> Picture:
        """The view as a static picture."""
        raise NotImplementedError

    def page(self) -> str:
        """The whole view as one HTML file, which needs no network and no kernel."""
        return page(self._document, self.title)

    def save(self, path: str | Path) -> Path:
        """Write the view to a file, in the format that the file's ending names; gives its path.

        Parameters
        ----------
        path : str or path
            .html is :meth:`page`, with the whole interaction; .svg, .png, .pdf and .dot are :meth:`picture`.
            An existing file is replaced.

        Raises
        ------
        ArgumentError
            For another ending.
        SaveError
            If the file cannot be written, or the format needs Graphviz and there is none; nothing is
            written then.
        """
        target, form = saving.ready(path, self._forms)
        if form == "html":
            saving.write(target, self.page().encode())
        else:
            saving.save_picture(self.picture(), target)
        return target

    def _ipython_display_(self) -> None:
        with garbage.put_off():
            standing.send(self)
            parts = self.sections()
            self.static_id = standing.name_of("".join(part.html for part in parts))
            standing.show_static(parts, self.static_id)
            standing.show_live(self)


def step_count(document: Json) -> int | None:
    """How many steps there are; None where none are told."""
    acts = document.get("acts")
    return None if acts is None else sum(len(act["steps"]) for act in acts)


def _has(other: Any, view: View) -> bool:
    """Whether another widget has a view, as a box has it among its children."""
    values = other._trait_values.values() if other is not view else ()
    return any(
        view is item
        for value in values
        for item in (value if isinstance(value, list | tuple) else (value,))
    )


def titled(symbol: Symbol) -> str:
    """What a view of a symbol is called."""
    return f"Graph of {symbol.name or ', '.join(symbol.list_outputs()[:3])}"
