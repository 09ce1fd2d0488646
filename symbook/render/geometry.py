"""Bézier curves and the few measures that drawing them needs."""

from __future__ import annotations

import math

from symbook.render.sketch import Curve, Point

_HALVINGS = 24


def point_depth(size: tuple[float, float]) -> float:
    """How far the points of an output's hexagon stand out to the left and the right."""
    return min(14.0, size[1] / 3)


def shorten_end(curve: Curve, length: float) -> Curve:
    """The curve up to `length` pixels, straight, before its end: room for an arrowhead."""
    end = curve[-1]
    while len(curve) > 4 and math.dist(curve[-4], end) < length:
        curve = curve[:-3]
    segment = curve[-4:]
    if math.dist(segment[0], end) <= length:
        return curve
    before, after = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (before + after) / 2
        if math.dist(_cut(segment, middle)[-1], end) > length:
            before = middle
        else:
            after = middle
    return (*curve[:-4], *_cut(segment, before))


def _mix(a: Point, b: Point, t: float) -> Point:
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t


def _cut(segment: Curve, t: float) -> Curve:
    """The part of a cubic up to t, by de Casteljau's construction."""
    a, b, c, d = segment
    ab, bc, cd = _mix(a, b, t), _mix(b, c, t), _mix(c, d, t)
    abc, bcd = _mix(ab, bc, t), _mix(bc, cd, t)
    return a, ab, abc, _mix(abc, bcd, t)
