"""A view as one HTML file that needs no network and no kernel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from symbook.render.text import clean, shorten

from .bundle import script, style


def embedded(value: Any) -> str:
    """JSON that may stand in a `<script>` element, whatever texts are in it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def page(document: Mapping[str, Any], title: str) -> str:
    """The file's text.

    Parameters
    ----------
    document : mapping
        What is shown.
    title : str
    """
    title = shorten(clean(title), 200)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 0; padding: 12px; font: 0.875rem/1.5 system-ui, sans-serif; color: CanvasText; background: Canvas; }}
h1 {{ font-size: 1.2em; margin: 0 0 8px; overflow-wrap: anywhere; }}
{style()}
</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<div id="view"></div>
</main>
<script type="application/json" id="document">{embedded(document)}</script>
<script type="module">
{script("page")}
</script>
</body>
</html>
"""
