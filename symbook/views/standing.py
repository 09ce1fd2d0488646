"""Displaying a view: its static form, which stays when the notebook is saved, and then the live one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from symbook.render import saving

from . import kept
from .sections import MEASURED, Section

_LIVE = "application/vnd.jupyter.widget-view+json"
_RUN = "For the interactive view, run the cells above it and this cell again."
_DRAWN = re.compile(r'src="data:[^"]*"')


def name_of(html: str) -> str:
    """A class for a static form, the same whenever it says the same: saved notebooks are compared.

    Times are not part of it, nor are drawings, which depend on fonts; the words beside them are.
    """
    told = _DRAWN.sub("", MEASURED.sub("", html))
    return f"symbook-{sha256(told.encode()).hexdigest()[:16]}"


def hideable(html: str, name: str) -> str:
    """A static form that the live view of this name hides.

    A saved notebook that is opened again has no model of the view, and JupyterLab says so as an error: a
    sentence of ours stands in its place. A notebook that is not trusted has no rules, and says nothing.
    On paper, all is open that opens on a screen.
    """
    error = (
        f".jp-OutputArea-child:has(.{name}) + .jp-OutputArea-child > .jupyter-widgets:not(:has(*))"
    )
    rules = (
        f"{error}{{visibility:hidden}}"
        f'{error}::before{{visibility:visible;content:"{_RUN}";float:left}}'
        f"@media print{{.{name} details::details-content{{content-visibility:visible;block-size:auto}}}}"
    )
    return f'<div class="{name}">{html}</div><style>{rules}</style>'


def send(view: Any) -> None:
    """Send a view to the front end, to be read while its static form is drawn; nothing if it was closed."""
    from IPython import get_ipython

    if view.is_closed:
        return
    shell = get_ipython()
    if shell is not None:
        kept.note(view, shell)
    view.reach()


def show_static(parts: Sequence[Section], name: str, above: str = "") -> None:
    """Display parts of a static form, each an output of its own, which the live view of this name hides.

    `above` is HTML that stays, in the output of the first part.
    """
    for part in filter(lambda part: part.html, parts):
        show_kept(part._replace(html=above + hideable(part.html, name)))
        above = ""


def show_kept(part: Section, image: tuple[bytes, dict[str, Any]] | None = None) -> None:
    """Display a part that stays, whatever is live; nothing if it is empty.

    `image` is for what shows no HTML, of a part that has no picture of a graph.
    """
    from IPython.display import display

    if not part.html:
        return
    data: dict[str, Any] = {"text/html": part.html, "text/plain": part.text}
    metadata = {}
    image = image if part.picture is None else saving.png(part.picture)
    if image is not None:
        data["image/png"], metadata["image/png"] = image
    display(data, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]  # IPython's own


def show_live(view: Any) -> None:
    """Display the widget alone; what shows no widgets says what to do for it. Nothing if it was closed."""
    from IPython.display import display

    if view.is_closed:
        return
    bundle = view._repr_mimebundle_()
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
    if _LIVE in data:
        display({_LIVE: data[_LIVE], "text/plain": _RUN}, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]  # IPython's own
