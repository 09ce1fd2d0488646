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
        'style="display:block;max-width:100%;height:auto">'
    )


def block(inner: str) -> str:
    """One output's HTML, as far from the left as JupyterLab puts printed text."""
    return f'<div style="padding-left:8px">{inner}</div>'


def page_part(
    svg: str, alt: str, caption: str, table: NodeTable | None, above: str = "", below: str = ""
) -> str:
    """HTML from `above`, the image, the caption, HTML from `below`, and the folded table of nodes."""
    parts = [above, image(svg, alt)]
    if caption:
        parts.append(f"<p><small>{escape(clean(caption))}</small></p>")
    parts.append(below)
    if table is not None:
        total = len(table.rows) + table.left_out
        summary = f"{total:,} {'node' if total == 1 else 'nodes'}"
        parts.append(f"<details><summary>{summary}</summary>{table.html()}</details>")
    return block("".join(parts))
