"""What a layout engine is given and what it gives back: sizes and edges in, positions and curves
out.

No text is in a sketch, so no engine needs a font, and equal graphs have equal sketches on any
machine. Coordinates are pixels from the top left corner, y downwards.
"""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]
Curve = tuple[Point, ...]
"""A chain of cubic Bézier segments: 3k + 1 points."""

BETWEEN_RANKS, BETWEEN_BOXES, MARGIN = 30.0, 22.0, 8.0


@dataclass(frozen=True, slots=True)
class SketchEdge:
    """From one item to a later one.

    `port` is which of the head's ordered input places it takes, -1 for the middle of the side. With
    `straight` it should run straight, if need be at the cost of edges without.
    """

    tail: int
    head: int
    port: int = -1
    straight: bool = False


@dataclass(frozen=True)
class Sketch:
    """A drawing without looks.

    Attributes
    ----------
    direction : str
        `TB`, `BT`, `LR` or `RL`: from the inputs to the outputs.
    sizes : tuple of pair of float
        Width and height of each item.
    ports : tuple of int
        How many ordered input places each item has; 0 for none.
    edges : tuple of SketchEdge
        Each from an earlier item to a later one. Edges leave from the middle of the side that faces
        the outputs, and arrive on the side that faces the inputs.
    """

    direction: str
    sizes: tuple[tuple[float, float], ...]
    ports: tuple[int, ...]
    edges: tuple[SketchEdge, ...]

    @property
    def upright(self) -> bool:
        """Whether ranks are rows."""
        return self.direction in ("TB", "BT")

    def port_shift(self, edge: SketchEdge) -> float:
        """How far from the middle of the head's side an edge arrives."""
        if edge.port < 0:
            return 0.0
        side = self.sizes[edge.head][0 if self.upright else 1]
        return ((edge.port + 0.5) / self.ports[edge.head] - 0.5) * side


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is: the whole picture's size, each item's middle, each edge's curve."""

    size: tuple[float, float]
    centres: tuple[Point, ...]
    curves: tuple[Curve, ...]
