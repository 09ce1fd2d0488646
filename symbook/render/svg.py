"""The picture itself: one SVG writer for every layout engine."""

from __future__ import annotations

import math
from html import escape

from symbook.render.geometry import point_depth, shorten_end
from symbook.render.scene import TINY, Box, Row, Scene
from symbook.render.sketch import Curve, Layout, Point
from symbook.render.text import shorten
from symbook.render.theme import EDGE, FAILED, FONT, INK, MARKED, MUTED_INK, PAINT

_ARROW, _HALF_ARROW = 9.0, 3.7
_LEADING = 1.3
_LONGEST_TIP = 1000
_CAP = 0.72
"""Height of capitals as a part of the font size, to centre text by eye."""


def draw_svg(scene: Scene, layout: Layout, title: str, description: str) -> str:
    """The SVG text.

    Parameters
    ----------
    scene : Scene
    layout : Layout
        Of this scene: all boxes and all lines.
    title, description : str
        What a screen reader says; already clean.
    """
    wide, tall = (max(1, math.ceil(length)) for length in layout.size)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{wide}" height="{tall}" '
        f'viewBox="0 0 {wide} {tall}" style="max-width:100%;height:auto" font-family="{FONT}" '
        f'text-anchor="middle" fill="{INK}">',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(description)}</desc>",
        f'<g fill="none" stroke="{EDGE}" stroke-width="1.4" stroke-linecap="round">',
    ]
    heads: list[str] = []
    failed: list[tuple[str, str]] = []
    for line, curve in zip(scene.lines, layout.curves, strict=True):
        arrow = _arrow(curve) if scene.boxes[line.head].kind != "value" else ""
        path = _path(shorten_end(curve, _ARROW - 1.5) if arrow else curve)
        if scene.boxes[line.head].mark == FAILED:
            failed.append((path, arrow))
        else:
            heads.append(arrow)
            parts.append(f'<path d="{path}"/>')
    parts += ["</g>", f'<path fill="{EDGE}" d="{"".join(heads)}"/>'] if any(heads) else ["</g>"]
    parts += [_marked_line(path, arrow) for path, arrow in failed]
    parts += [_box(box, at, scene) for box, at in zip(scene.boxes, layout.centres, strict=True)]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _pair(point: Point) -> str:
    return f"{_number(point[0])},{_number(point[1])}"


def _path(curve: Curve) -> str:
    return f"M{_pair(curve[0])}C{' '.join(map(_pair, curve[1:]))}"


def _marked_line(path: str, arrow: str) -> str:
    """A line that is seen at once."""
    look = f'fill="none" stroke="{MARKED}" stroke-width="2.6" stroke-dasharray="6 4"'
    return f'<path d="{path}" {look}/><path fill="{MARKED}" d="{arrow}"/>'


def _arrow(curve: Curve) -> str:
    """A slender head whose axis is the chord of the curve's last bit: it never looks bent."""
    tip = curve[-1]
    base = shorten_end(curve, _ARROW)[-1]
    length = math.dist(tip, base)
    if length < 0.5:
        base = next((p for p in reversed(curve) if math.dist(p, tip) > 0.5), (tip[0], tip[1] - 1))
        length = math.dist(tip, base)
    ux, uy = (tip[0] - base[0]) / length, (tip[1] - base[1]) / length
    back = (tip[0] - ux * _ARROW, tip[1] - uy * _ARROW)
    left = (back[0] - uy * _HALF_ARROW, back[1] + ux * _HALF_ARROW)
    right = (back[0] + uy * _HALF_ARROW, back[1] - ux * _HALF_ARROW)
    notch = (tip[0] - ux * (_ARROW - 2), tip[1] - uy * (_ARROW - 2))
    return f"M{_pair(tip)}L{_pair(left)}L{_pair(notch)}L{_pair(right)}Z"


def _box(box: Box, centre: Point, scene: Scene) -> str:
    parts = [f"<g><title>{escape(shorten(box.tip, _LONGEST_TIP))}</title>", _outline(box, centre)]
    x, y = centre
    upright = scene.direction in ("TB", "BT")
    if box.ports and upright:
        y += 5 if scene.direction == "TB" else -5
    sizes = [row.size for row in box.rows]
    top = y - sum(size * _LEADING for size in sizes) / 2
    for row, size in zip(box.rows, sizes, strict=True):
        parts.append(_text(row, x, top + size * (_LEADING + _CAP) / 2))
        top += size * _LEADING
    parts += _port_names(box, centre, scene.direction)
    return "".join([*parts, "</g>"])


def _text(row: Row, x: float, baseline: float, anchor: str = "") -> str:
    style = f' font-size="{row.size:g}"'
    style += ' font-weight="700"' if row.bold else ""
    style += f' fill="{MUTED_INK}"' if row.muted else ""
    style += f' text-anchor="{anchor}"' if anchor else ""
    # Where another font stands in for Helvetica, the text still has the width its box was made for.
    if len(row.text) > 2 and row.width > 0:
        style += f' textLength="{_number(row.width)}" lengthAdjust="spacingAndGlyphs"'
    return f'<text x="{_number(x)}" y="{_number(baseline)}"{style}>{escape(row.text)}</text>'


def _port_names(box: Box, centre: Point, direction: str) -> list[str]:
    """The inputs' names, small, inside the box on the side where the edges arrive."""
    (wide, tall), (x, y) = box.size, centre
    count, parts = len(box.ports), []
    for k, name in enumerate(box.ports):
        share = (k + 0.5) / count - 0.5
        row = Row(name, TINY, muted=True)
        if direction in ("TB", "BT"):
            down = 11 if direction == "TB" else tall - 5
            parts.append(_text(row, x + share * wide, y - tall / 2 + down))
        elif direction == "LR":
            parts.append(_text(row, x - wide / 2 + 5, y + share * tall + 3, "start"))
        else:
            parts.append(_text(row, x + wide / 2 - 5, y + share * tall + 3, "end"))
    return parts


def _outline(box: Box, centre: Point) -> str:
    (wide, tall), paint = box.size, PAINT[box.kind]
    stroke, thick = (MARKED, 3) if box.mark else (paint.stroke, 1.5)
    look = f'fill="{paint.fill}" stroke="{stroke}"'
    if box.kind == "output":
        return _hexagon(centre, wide, tall, f'{look} stroke-width="1.5"', 0) + _hexagon(
            centre, wide, tall, f'fill="none" stroke="{paint.stroke}" stroke-width="0.8"', 3
        )
    if box.kind == "value":
        return _rectangle(centre, wide, tall, min(tall / 2, 10), f'{look} stroke-width="0.8"')
    if box.kind == "variable":
        return _rectangle(centre, wide, tall, tall / 2, f'{look} stroke-width="{thick}"')
    if box.kind == "critical":
        return _rectangle(centre, wide, tall, 5, f'{look} stroke-width="3"')
    if box.kind == "auxiliary":
        return _rectangle(
            centre, wide, tall, tall / 2, f'{look} stroke-width="{thick}" stroke-dasharray="4 3"'
        )
    if box.kind == "group":
        front = (centre[0] - 1.5, centre[1] - 1.5)
        sheets = [
            _rectangle(
                (front[0] + k, front[1] + k), wide - 6, tall - 6, 4, f'{look} stroke-width="1.2"'
            )
            for k in (4.5, 1.5)
        ]
        return "".join(
            [*sheets[:1], _rectangle(front, wide - 6, tall - 6, 4, f'{look} stroke-width="1.5"')]
        )
    return _rectangle(centre, wide, tall, 5, f'{look} stroke-width="{thick}"')


def _rectangle(centre: Point, wide: float, tall: float, radius: float, look: str) -> str:
    x, y = _number(centre[0] - wide / 2), _number(centre[1] - tall / 2)
    return f'<rect x="{x}" y="{y}" width="{wide:g}" height="{tall:g}" rx="{radius:g}" {look}/>'


def _hexagon(centre: Point, wide: float, tall: float, look: str, inset: float) -> str:
    deep = point_depth((wide, tall))
    # The same distance inwards from the slanted sides as from the level ones.
    slope = math.hypot(deep, tall / 2)
    x, y = wide / 2 - inset * slope / (tall / 2), tall / 2 - inset
    level = wide / 2 - deep - inset * (slope - deep) / (tall / 2)
    corners = [(-x, 0.0), (-level, -y), (level, -y), (x, 0.0), (level, y), (-level, y)]
    points = " ".join(_pair((centre[0] + dx, centre[1] + dy)) for dx, dy in corners)
    return f'<polygon points="{points}" {look} stroke-linejoin="round"/>'
