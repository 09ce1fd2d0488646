"""Bézier curves against the outlines of boxes: edges end exactly where a box begins."""

from __future__ import annotations

import math

from symbook.render.sketch import Curve, Point

_STEPS = 24


def inside(kind: str, size: tuple[float, float], centre: Point, point: Point) -> bool:
    """Whether a point is inside the outline of a box of this kind."""
    wide, tall = size[0] / 2, size[1] / 2
    x, y = abs(point[0] - centre[0]), abs(point[1] - centre[1])
    if x >= wide or y >= tall:
        return False
    if kind in ("variable", "auxiliary", "value"):
        over = x - (wide - tall)
        return over <= 0 or over * over + y * y < tall * tall
    if kind == "output":
        return x < wide - point_depth(size) * y / tall
    return True


def point_depth(size: tuple[float, float]) -> float:
    """How far the points of an output's hexagon stand out to the left and the right."""
    return min(14.0, size[1] / 3)


def clip_start(curve: Curve, kind: str, size: tuple[float, float], centre: Point) -> Curve:
    """The curve without its part inside the box it starts in."""
    return _reversed(clip_end(_reversed(curve), kind, size, centre))


def clip_end(curve: Curve, kind: str, size: tuple[float, float], centre: Point) -> Curve:
    """The curve up to where it enters, for the last time, the box it ends in."""
    while len(curve) > 4 and inside(kind, size, centre, curve[-4]):
        curve = curve[:-3]
    segment = curve[-4:]
    if not inside(kind, size, centre, segment[-1]) or inside(kind, size, centre, segment[0]):
        return curve
    # Sampled from the end: the last entry, also where the curve leaves the box in between.
    low = next(
        (k for k in range(_STEPS - 1, -1, -1) if not inside(kind, size, centre, _at(segment, k / _STEPS))), 0
    )
    before, after = low / _STEPS, (low + 1) / _STEPS
    for _ in range(_STEPS):
        middle = (before + after) / 2
        if inside(kind, size, centre, _at(segment, middle)):
            after = middle
        else:
            before = middle
    return (*curve[:-4], *_cut(segment, before))


def shorten_end(curve: Curve, length: float) -> Curve:
    """The curve ending `length` pixels (straight-line) before its end, to leave room for an arrowhead."""
    end = curve[-1]
    while len(curve) > 4 and math.dist(curve[-4], end) < length:
        curve = curve[:-3]
    segment = curve[-4:]
    if math.dist(segment[0], end) <= length:
        return curve
    before, after = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (before + after) / 2
        if math.dist(_at(segment, middle), end) > length:
            before = middle
        else:
            after = middle
    return (*curve[:-4], *_cut(segment, before))


def _reversed(curve: Curve) -> Curve:
    return tuple(reversed(curve))


def _mix(a: Point, b: Point, t: float) -> Point:
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t


def _at(segment: Curve, t: float) -> Point:
    return _cut(segment, t)[-1]


def _cut(segment: Curve, t: float) -> Curve:
    """The part of a cubic up to t, by de Casteljau's construction."""
    a, b, c, d = segment
    ab, bc, cd = _mix(a, b, t), _mix(b, c, t), _mix(c, d, t)
    abc, bcd = _mix(ab, bc, t), _mix(bc, cd, t)
    return a, ab, abc, _mix(abc, bcd, t)
