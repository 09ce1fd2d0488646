"""A picture as static HTML that survives untrusted notebooks, GitHub and nbconvert."""

from __future__ import annotations

import base64
from html import escape

from symbook.render.table import NodeTable
from symbook.render.text import clean


def image(svg: str, alt: str) -> str:
    """An `<img>` that carries the SVG: untrusted notebooks strip inline SVG."""
    data = base64.b64encode(svg.encode()).decode("ascii")
    return (
        f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(clean(alt))}" '
        'style="max-width:100%;height:auto">'
    )


def page_part(svg: str, alt: str, caption: str, table: NodeTable | None) -> str:
    """The image, a caption beneath it, and the folded table of nodes."""
    parts = [image(svg, alt)]
    if caption:
        parts.append(f"<p><small>{escape(clean(caption))}</small></p>")
    if table is not None:
        total = len(table.rows) + table.left_out
        summary = f"{total:,} {'node' if total == 1 else 'nodes'}"
        parts.append(f"<details><summary>{summary}</summary>{table.html()}</details>")
    return f"<div>{''.join(parts)}</div>"
