"""A view as one HTML file that needs no network and no kernel."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from typing import Any

from symbook.render.text import clean, shorten

from .bundle import script, style
from .packing import packed, text


def embedded(value: Any) -> str:
    """JSON that may stand in a `<script>` element, whatever texts are in it."""
    return (
        text(value)
        .replace("<", "\\u003c")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )


_STYLE = """
:root { color-scheme: light dark; }
body {
  margin: 0; padding: 12px; font: 0.875rem/1.5 system-ui, sans-serif;
  color: CanvasText; background: Canvas;
}
h1 { font-size: 1.2em; margin: 0 0 8px; overflow-wrap: anywhere; }
"""


def _policy(code: str, looks: str) -> str:
    """What the page may do: run this script, look so, and show images of its own; nothing else."""
    shas = [b64encode(sha256(text.encode()).digest()).decode() for text in (code, looks)]
    rules = (
        "default-src 'none'",
        f"script-src 'sha256-{shas[0]}'",
        f"style-src 'sha256-{shas[1]}'",
        "img-src data: blob:",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(rules)


def page(document: Mapping[str, Any], title: str) -> str:
    """The file's text.

    Parameters
    ----------
    document : mapping
        What is shown.
    title : str
    """
    title = shorten(clean(title), 200)
    code, looks = f"\n{script('page')}\n", f"{_STYLE}{style()}"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_policy(code, looks)}">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<style>{looks}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<div id="view"></div>
</main>
<script type="application/json" id="document">{embedded(packed(document))}</script>
<script type="module">{code}</script>
</body>
</html>
"""
