"""What a cell gave, as HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from symbook.views.page import embedded

LIVE = "application/vnd.jupyter.widget-view+json"
_ESCAPES = re.compile(r"\x1b\[[\d;]*m")
# What IPython puts above an error is as wide as a terminal.
_WIDE_HEAD = re.compile(r"\A-+\n(\w+) +(Traceback)")
# Rules that the static forms bring for notebooks.
_RULES = re.compile(r"<style>.*?</style>", re.DOTALL)

State = Mapping[str, Any]


def outputs_html(outputs: Iterable[Any], states: Mapping[str, State]) -> str:
    """All outputs of a cell, the views among them alive; empty if there are none."""
    return "\n".join(filter(None, (_output(output, states) for output in outputs)))


def _output(output: Any, states: Mapping[str, State]) -> str:
    if output["output_type"] == "stream":
        return (
            f'<pre class="printed {escape(output["name"])}">{escape(_joined(output["text"]))}</pre>'
        )
    if output["output_type"] == "error":
        return _error(output)
    data = output["data"]
    if LIVE in data:
        state = states.get(data[LIVE]["model_id"])
        # Widgets that show how far a run is have nothing to show any more.
        return live_view(state) if state else ""
    if "text/html" in data:
        return f'<div class="shown">{_RULES.sub("", _joined(data["text/html"]))}</div>'
    if "image/svg+xml" in data:
        return f'<div class="shown">{_joined(data["image/svg+xml"])}</div>'
    if "image/png" in data:
        return _image(output)
    return f'<pre class="printed">{escape(_joined(data.get("text/plain", "")))}</pre>'


def live_view(state: State) -> str:
    """A place for a view, with what it shows."""
    document = embedded(state["_document"])
    return (
        f'<div class="live-view" data-stand-in="{escape(state["static_id"])}">'
        f'<script type="application/json">{document}</script></div>'
    )


def _image(output: Any) -> str:
    about = output.get("metadata", {}).get("image/png", {})
    alt = about.get("alt") or _joined(output["data"].get("text/plain", ""))
    size = "".join(f' {name}="{about[name]}"' for name in ("width", "height") if name in about)
    data = _joined(output["data"]["image/png"]).replace("\n", "")
    source = f"data:image/png;base64,{data}"
    return f'<div class="shown"><img src="{source}" alt="{escape(alt)}"{size}></div>'


def _error(output: Any) -> str:
    """An error's lines; from its name on, which is where to read, they are set apart."""
    text = _ESCAPES.sub("", "\n".join(output["traceback"]))
    text = _WIDE_HEAD.sub(r"\1  \2", text)
    start = text.rfind(f"\n{output['ename']}:") + 1
    above, below = text[:start].rstrip(), text[start:]
    return f'<pre class="printed error">{escape(above)}\n<strong>{escape(below)}</strong></pre>'


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)
