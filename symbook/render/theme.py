"""Colours and fonts. Fills are opaque and light with dark text, so that one picture suits light
and dark pages.

Blue, amber and purple stay apart for all common kinds of colour blindness; outlines and edges have
a contrast of at least 3 : 1 on white and on #111 or stand on an opaque fill. Shapes tell the kinds
apart without any colour.
"""

from __future__ import annotations

from typing import NamedTuple

FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
INK, MUTED_INK = "#1b2430", "#4a5563"
EDGE = "#76808c"
MARKED = "#c2410c"
"""The outline of what is set apart."""
FAILED = "failed"
"""What is said of a node that an error is about; the edges into it are then set apart, too."""


class Paint(NamedTuple):
    """Fill and outline of one kind of box."""

    fill: str
    stroke: str


PAINT: dict[str, Paint] = {
    "variable": Paint("#dcebfb", "#2f77b8"),
    "auxiliary": Paint("#e9edf2", "#6b7a8c"),
    "operator": Paint("#fff2d1", "#b37a10"),
    "output": Paint("#f1e3f5", "#9650a8"),
    "group": Paint("#eef1f5", "#6b7a8c"),
    "value": Paint("#f3f5f8", "#d3dae2"),
    "lane": Paint("#f6f8fa", "#76808c"),
    "critical": Paint("#ffe3d3", "#c2410c"),
}
