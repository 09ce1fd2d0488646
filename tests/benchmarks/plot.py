"""A run as a picture: each peer's time as a multiple of symbook's, on a logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape
from typing import Any, NamedTuple

from .peers import Peer, of
from .timing import spread
from .verdict import to_symbook
from .workloads import BOUNDS

Json = dict[str, Any]

LEFT, WIDTH, RIGHT = 270, 640, 24  # pixels: names, the axis, and what is beside it
ROW, TOP, BOTTOM = 26, 98, 44
SIZE = 5.5  # half a mark's width

# Colour and shape, so that neither has to be told alone. The colours are Okabe and Ito's.
_MARKS = {
    "numpy": ("#0072b2", "circle"),
    "numexpr": ("#56b4e9", "square"),
    "mxnet": ("#d55e00", "diamond"),
    "jax": ("#009e73", "up"),
    "torch": ("#cc79a7", "down"),
    "torch-compile": ("#a0527d", "cross"),
    "torch-tf32": ("#e69f00", "diamond"),
    "cupy": ("#0072b2", "circle"),
    "cupy-fuse": ("#56b4e9", "square"),
    "numba": ("#555555", "bar"),
    "copy": ("#888888", "bar"),
    "blas": ("#000000", "bar"),
}


class _Dot(NamedTuple):
    """A peer's figure in one row: the median and the quartiles, relative to symbook's."""

    peer: str
    low: float
    median: float
    high: float


def svg(found: Json) -> str:
    """The picture of what `suite.Suite.found` holds.

    Raises
    ------
    ValueError
        If symbook and others have no workload in common.
    """
    rows = [(row, dots) for row in found["workloads"] if (dots := list(_dots(row)))]
    if not rows:
        raise ValueError("there is nothing to compare: no workload has symbook and a peer")
    figures = [figure for _, dots in rows for dot in dots for figure in dot[1:]]
    axis = _Axis(min(figures), max(figures))
    height = TOP + ROW * len(rows) + BOTTOM
    width = LEFT + WIDTH + RIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="system-ui, sans-serif" font-size="12" role="img" '
        'aria-labelledby="title">',
        f'<title id="title">{escape(_title(rows, of(found)))}</title>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *_heading(found, [peer for peer in found["peers"] if peer in _MARKS]),
        *_lines(len(rows)),
        *_grid(axis, len(rows)),
    ]
    for i, (row, dots) in enumerate(rows):
        parts += _row(row, dots, of(found), axis, _middle(i))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _dots(row: Json) -> Iterator[_Dot]:
    for peer in row["figures"]:
        found = to_symbook(row, peer)
        if found is not None and peer in _MARKS:
            yield _Dot(peer, found.low, found.median, found.high)


def _title(rows: list[tuple[Json, list[_Dot]]], peers: dict[str, Peer]) -> str:
    """The picture in words."""
    told = [
        f"{row['title']}: " + ", ".join(f"{peers[dot.peer].title} {dot.median:.2g}" for dot in dots)
        for row, dots in rows
    ]
    return "Time as a multiple of symbook's. " + ". ".join(told)


class _Axis:
    """Where a ratio is: powers of ten, whole halves of a decade beyond all figures."""

    def __init__(self, least: float, most: float) -> None:
        self.low = min(math.floor(2 * math.log10(least)) / 2, -0.5)
        self.high = max(math.ceil(2 * math.log10(most)) / 2, 0.5)

    def at(self, ratio: float) -> float:
        return LEFT + WIDTH * (math.log10(ratio) - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        decades = range(math.ceil(self.low), math.floor(self.high) + 1)
        return [10.0**decade for decade in decades]


def _text(x: float, y: float, words: str, **more: str) -> str:
    given = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in more.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"{given}>{escape(words)}</text>'


def _heading(found: Json, peers: list[str]) -> list[str]:
    own = found["machine"]
    on_gpu = found.get("device")
    machine = on_gpu["name"] if on_gpu else f"{own['cpu']}, {own['cores']} cores"
    parts = [
        _text(
            12, 20, "Time (memory) as a multiple of symbook's", font_size="15", font_weight="600"
        ),
        _text(12, 38, machine, fill="#555555"),
    ]
    for y, shown in (
        (56, [peer for peer in peers if peer not in BOUNDS]),
        (76, [peer for peer in peers if peer in BOUNDS]),
    ):
        x = 12.0
        for peer in shown:
            title = of(found)[peer].title + (" (bound)" if peer in BOUNDS else "")
            parts += [_mark(peer, x + SIZE, y), _text(x + 3 * SIZE, y + 4, title, font_size="11")]
            x += 3 * SIZE + 6.4 * len(title) + 16
    return parts


def _middle(i: int) -> float:
    """Where a row is."""
    return TOP + ROW * (i + 0.5)


def _lines(rows: int) -> list[str]:
    return [
        f'<line x1="{LEFT}" y1="{_middle(i)}" x2="{LEFT + WIDTH}" y2="{_middle(i)}" stroke="#eeeeee"/>'
        for i in range(rows)
    ]


def _grid(axis: _Axis, rows: int) -> list[str]:
    bottom = TOP + ROW * rows
    parts = []
    for tick in axis.ticks():
        x, one = axis.at(tick), tick == 1
        line = 'stroke="#222222" stroke-width="1.5"' if one else 'stroke="#dddddd"'
        parts.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}" {line}/>')
        name = "symbook" if one else f"{tick:g}×"
        parts.append(_text(x, bottom + 16, name, text_anchor="middle"))
    one = axis.at(1)
    return [
        *parts,
        _text(one - 44, bottom + 34, "← faster than symbook", text_anchor="end", fill="#555555"),
        _text(one + 44, bottom + 34, "slower than symbook →", fill="#555555"),
    ]


def _row(row: Json, dots: list[_Dot], peers: dict[str, Peer], axis: _Axis, y: float) -> list[str]:
    parts = [_text(LEFT - 12, y + 4, row["name"], text_anchor="end")]
    for dot in dots:
        colour = _MARKS[dot.peer][0]
        left, right = axis.at(dot.low), axis.at(dot.high)
        own = spread(row["figures"][dot.peer]).median
        unit = "s" if row["unit"] == "s" else "bytes"
        told = f"{peers[dot.peer].title}: {dot.median:.3g} times symbook's, {own:.3g} {unit}"
        parts += [
            f"<g><title>{escape(told)}</title>",
            f'<line x1="{left:.1f}" y1="{y}" x2="{right:.1f}" y2="{y}" stroke="{colour}" '
            'stroke-width="2" stroke-opacity="0.5"/>',
            _mark(dot.peer, axis.at(dot.median), y),
            "</g>",
        ]
    return parts


def _mark(peer: str, x: float, y: float) -> str:
    colour, shape = _MARKS[peer]
    s = SIZE
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y}" r="{s - 0.5}" fill="{colour}"/>'
    corners = {
        "square": [(-s + 1, -s + 1), (s - 1, -s + 1), (s - 1, s - 1), (-s + 1, s - 1)],
        "diamond": [(0, -s), (s, 0), (0, s), (-s, 0)],
        "up": [(0, -s), (s, s), (-s, s)],
        "down": [(0, s), (s, -s), (-s, -s)],
        "bar": [(-1.2, -s - 2), (1.2, -s - 2), (1.2, s + 2), (-1.2, s + 2)],
        "cross": [(-s, -s), (0, -1.5), (s, -s), (1.5, 0), (s, s), (0, 1.5), (-s, s), (-1.5, 0)],
    }[shape]
    points = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)
    return f'<polygon points="{points}" fill="{colour}"/>'
