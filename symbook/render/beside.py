"""Several pictures as one, beside each other under headings; and pictures of time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from symbook.render.picture import FIXED, Picture
from symbook.render.scene import SMALL, Box, Kind, Line, Row, Scene
from symbook.render.sketch import Layout, Point
from symbook.render.svg import draw_svg
from symbook.render.table import NodeTable
from symbook.render.text import clean, shorten, width

_GAP, _MARGIN, _HEADING = 28.0, 12.0, 24.0
_WIDE, _LANE, _NAME = 960.0, 34.0, 14
_THIN = 3.0
"""Pixels that are still seen, however short a step was."""


def beside(pictures: Sequence[tuple[str, Picture]]) -> Picture:
    """Pictures from left to right, each under its heading.

    Parameters
    ----------
    pictures : sequence of (str, Picture)
        Headings and pictures.
    """
    boxes: list[Box] = []
    lines: list[Line] = []
    centres: list[Point] = []
    curves = []
    left, tall = 0.0, 0.0
    for heading, picture in pictures:
        first, layout = len(boxes), picture.layout
        title = label(heading, bold=True)
        wide = max(layout.size[0], title.size[0] + 2 * _MARGIN)
        right, down = left + (wide - layout.size[0]) / 2, _HEADING + _MARGIN
        boxes += picture.scene.boxes
        lines += [Line(k.tail + first, k.head + first, k.port) for k in picture.scene.lines]
        centres += [(x + right, y + down) for x, y in layout.centres]
        curves += [tuple((x + right, y + down) for x, y in curve) for curve in layout.curves]
        boxes.append(title)
        centres.append((left + wide / 2, _MARGIN + _HEADING / 2))
        left, tall = left + wide + _GAP, max(tall, layout.size[1] + down)
    scene = Scene(tuple(boxes), tuple(lines), "TB")
    told = " ".join(f"{heading}: {picture.alt}" for heading, picture in pictures)
    placed = Layout((left - _GAP, tall), tuple(centres), tuple(curves))
    return _picture(scene, placed, told)


class Bar(NamedTuple):
    """Something that took time: its name, its lane, and when it began and ended, in seconds."""

    name: str
    lane: int
    start: float
    end: float
    critical: bool


def time_text(seconds: float) -> str:
    """A time as people read it: `0.41 ms`."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


class Chart(NamedTuple):
    """A heading and lanes with their bars, drawn to scale.

    `seconds` is how long all took, and `said` tells a time; in another unit than seconds, that unit's.
    """

    heading: str
    lanes: Sequence[str]
    bars: Sequence[Bar]
    seconds: float
    said: Callable[[float], str] = time_text


def time_chart(charts: Sequence[Chart]) -> Picture:
    """Charts one below the other, each with a scale of its own."""
    placed: list[tuple[Box, Point]] = []
    top = _MARGIN
    for chart in charts:
        top = _chart(chart, top, placed) + _GAP
    scene = Scene(tuple(box for box, _ in placed), (), "TB")
    layout = Layout((_WIDE, top - _GAP + _MARGIN), tuple(at for _, at in placed), ())
    told = " ".join(
        f"{chart.heading}. "
        + "; ".join(f"{bar.name}, {chart.lanes[bar.lane]}" for bar in chart.bars[:40])
        + "."
        for chart in charts
    )
    return _picture(scene, layout, told)


def _chart(chart: Chart, top: float, placed: list[tuple[Box, Point]]) -> float:
    """Place the boxes of a chart; where it ends."""
    heading = label(chart.heading, bold=True)
    placed.append((heading, (_MARGIN + heading.size[0] / 2, top + _HEADING / 2)))
    left = _MARGIN * 2 + max(
        (width(shorten(name, _NAME), SMALL) for name in chart.lanes), default=0
    )
    scale = (_WIDE - _MARGIN - left) / (chart.seconds or 1e-9)
    axis = top + _HEADING + _MARGIN
    for tick in _ticks(chart.seconds):
        if not chart.said(tick):
            continue
        mark = label(chart.said(tick))
        # Not beyond the sides.
        x = min(left + tick * scale, _WIDE - _MARGIN - mark.size[0] / 2)
        placed.append((mark, (max(x, left), axis)))
    first = axis + _MARGIN + 4
    for k, name in enumerate(chart.lanes):
        middle = first + (k + 0.5) * _LANE
        size = (_WIDE - _MARGIN - left, _LANE - 4)
        placed.append((Box("lane", (), name, (), size), (left + size[0] / 2, middle)))
        row = label(shorten(name, _NAME))
        placed.append((row, ((left - _MARGIN / 2) / 2, middle)))
    reached = [-_THIN] * len(chart.lanes)
    for bar in chart.bars:
        size = (max(_THIN, (bar.end - bar.start) * scale), _LANE - 10)
        x = min(left + bar.start * scale, _WIDE - _MARGIN - size[0]) + size[0] / 2
        # Thousands of bars that nobody could tell apart are not drawn one upon the other.
        if size[0] == _THIN and x - size[0] / 2 < reached[bar.lane]:
            continue
        reached[bar.lane] = x + size[0] / 2
        placed.append(
            (
                _bar(bar, size, chart.said(bar.end - bar.start)),
                (x, first + (bar.lane + 0.5) * _LANE),
            )
        )
    return first + len(chart.lanes) * _LANE


def _bar(bar: Bar, size: tuple[float, float], length: str) -> Box:
    tip = f"{clean(bar.name)}: {length}"
    kind: Kind = "critical" if bar.critical else "operator"
    row = Row(shorten(clean(bar.name), 30), SMALL)
    return Box(kind, (row,) if row.width + 6 <= size[0] else (), tip, (), size)


def label(text: str, bold: bool = False) -> Box:
    """A line of text on a ground of its own, so that it is read on light and dark pages."""
    row = Row(shorten(clean(text), 80), 12.0 if bold else 10.0, bold)
    return Box("value", (row,), clean(text), (), (row.width + 14, row.size * 1.3 + 4))


def _ticks(seconds: float) -> list[float]:
    """Round times from 0 to the end, about six."""
    if not seconds > 0:
        return [0.0]
    step = 10.0 ** math.floor(math.log10(seconds / 5))
    step *= next(factor for factor in (1, 2, 5, 10) if step * factor * 6 >= seconds)
    return [k * step for k in range(int(seconds / step) + 1)]


def _picture(scene: Scene, layout: Layout, told: str) -> Picture:
    svg = draw_svg(scene, layout, shorten(told.split(":", 1)[0], 80), told)
    table = NodeTable((), 0)
    return Picture(svg, told, "", table, FIXED, scene=scene, layout=layout)
