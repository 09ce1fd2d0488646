"""What a layout engine is given and what it gives back: sizes and edges in, positions and curves out.

No text is in a sketch, so no engine needs a font, and equal graphs have equal sketches on any machine.
Coordinates are pixels from the top left corner, y downwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

Point = tuple[float, float]
Curve = tuple[Point, ...]
"""A chain of cubic Bézier segments: 3k + 1 points."""

BETWEEN_RANKS, BETWEEN_BOXES, MARGIN = 26.0, 22.0, 8.0


@dataclass(frozen=True, slots=True)
class SketchEdge:
    """From one box to a later one; `port` of `ports` counts the head's input places, -1 for anywhere."""

    tail: int
    head: int
    port: int = -1


@dataclass(frozen=True)
class Sketch:
    """A drawing without looks.

    Attributes
    ----------
    direction : str
        `TB`, `BT`, `LR` or `RL`: from the inputs to the outputs.
    sizes : tuple of pair of float
        Width and height of each box.
    ports : tuple of int
        How many ordered input places each box has; 0 for none.
    labels : frozenset of int
        The boxes that sit on an edge: it runs straight through their middle.
    edges : tuple of SketchEdge
        Each from an earlier box to a later one.
    """

    direction: str
    sizes: tuple[tuple[float, float], ...]
    ports: tuple[int, ...]
    labels: frozenset[int]
    edges: tuple[SketchEdge, ...]

    @cached_property
    def upright(self) -> bool:
        """Whether ranks are rows."""
        return self.direction in ("TB", "BT")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is; curves run from box middle to box middle and are not clipped yet, except at ports.

    Attributes
    ----------
    size : pair of float
    centres : tuple of Point
        For each box.
    curves : tuple of Curve
        For each edge.
    """

    size: tuple[float, float]
    centres: tuple[Point, ...]
    curves: tuple[Curve, ...]


def port_point(sketch: Sketch, box: int, port: int, centre: Point) -> Point:
    """Where an edge arrives that has a port: on the side that faces the inputs."""
    (wide, tall), (x, y) = sketch.sizes[box], centre
    share = (port + 0.5) / sketch.ports[box] - 0.5
    if sketch.upright:
        return x + share * wide, y - tall / 2 if sketch.direction == "TB" else y + tall / 2
    return x - wide / 2 if sketch.direction == "LR" else x + wide / 2, y + share * tall
