"""A scene to a sketch and its layout back to the scene.

A box and the label on its only way out are laid out as one item, so that the label always stands
straight below its box. Edges that meet at one side are spread along it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symbook.render.scene import Scene
from symbook.render.sketch import Curve, Layout, Point, Sketch, SketchEdge

_STEM = 13.0
"""From a box to the label on its way out."""
_SPREAD, _CORNER = 15.0, 14.0
"""Between edges that arrive at one side, at most; and kept free at the side's ends."""


@dataclass(frozen=True)
class Arrangement:
    """A sketch and how its items stand for boxes; `label` has -1 where an item has none."""

    scene: Scene
    sketch: Sketch
    box: tuple[int, ...]
    label: tuple[int, ...]
    lines: tuple[int, ...]

    def finish(self, laid: Layout) -> Layout:
        """The layout of the sketch as the layout of the scene: all boxes and all lines."""
        scene, centres = self.scene, [(0.0, 0.0)] * len(self.scene.boxes)
        for i, (box, label) in enumerate(zip(self.box, self.label, strict=True)):
            centres[box] = self._place(i, box, laid.centres[i], first=True)
            if label >= 0:
                centres[label] = self._place(i, label, laid.centres[i], first=False)
        curves: list[Curve] = [()] * len(scene.lines)
        spread = _spread(self.sketch, laid.curves)
        for k, curve in zip(self.lines, spread, strict=True):
            curves[k] = curve
        for k, line in enumerate(scene.lines):
            if not curves[k]:
                ends = (
                    _side(scene, line.tail, centres[line.tail], outward=True),
                    _side(scene, line.head, centres[line.head], outward=False),
                )
                curves[k] = _straight(*ends)
        return Layout(laid.size, tuple(centres), tuple(curves))

    def _place(self, item: int, box: int, middle: Point, first: bool) -> Point:
        """The middle of an item's box, which is the first towards the inputs, or of its label."""
        axis = 1 if self.sketch.upright else 0
        room = (self.sketch.sizes[item][axis] - self.scene.boxes[box].size[axis]) / 2
        forward = 1 if self.sketch.direction in ("TB", "LR") else -1
        shift = -room * forward if first else room * forward
        return (middle[0], middle[1] + shift) if axis else (middle[0] + shift, middle[1])


def arrange(scene: Scene) -> Arrangement:
    """The sketch of a scene."""
    out: list[list[int]] = [[] for _ in scene.boxes]
    for line in scene.lines:
        out[line.tail].append(line.head)
    owner = {
        heads[0]: i
        for i, heads in enumerate(out)
        if len(heads) == 1 and scene.boxes[heads[0]].kind == "value"
    }
    boxes = tuple(i for i in range(len(scene.boxes)) if i not in owner)
    labels = {i: label for label, i in owner.items()}
    item = {box: k for k, box in enumerate(boxes)}
    item |= {label: item[box] for label, box in owner.items()}
    lines = tuple(k for k, line in enumerate(scene.lines) if line.head not in owner)
    upright = scene.direction in ("TB", "BT")
    fed = {
        line.head
        for line in scene.lines
        if scene.boxes[owner.get(line.tail, line.tail)].kind in _MADE
    }
    edges = []
    for k in lines:
        line = scene.lines[k]
        made = scene.boxes[owner.get(line.tail, line.tail)].kind in _MADE
        # A chain of operators runs straight and the variables that join it stand beside it.
        straight = made or line.head not in fed
        edges.append(SketchEdge(item[line.tail], item[line.head], line.port, straight))
    sketch = Sketch(
        direction=scene.direction,
        sizes=tuple(_item_size(scene, i, labels.get(i), upright) for i in boxes),
        ports=tuple(len(scene.boxes[i].ports) for i in boxes),
        edges=tuple(edges),
    )
    return Arrangement(scene, sketch, boxes, tuple(labels.get(i, -1) for i in boxes), lines)


_MADE = ("operator", "group", "value")


def _item_size(scene: Scene, box: int, label: int | None, upright: bool) -> tuple[float, float]:
    wide, tall = scene.boxes[box].size
    if label is None:
        return wide, tall
    beside, below = scene.boxes[label].size
    if upright:
        return max(wide, beside), tall + _STEM + below
    return wide + _STEM + beside, max(tall, below)


def _spread(sketch: Sketch, curves: Sequence[Curve]) -> list[Curve]:
    """Curves that would meet in one point arrive beside each other, in the order they come from."""
    axis = 0 if sketch.upright else 1
    meeting: dict[int, list[int]] = {}
    for k, edge in enumerate(sketch.edges):
        if edge.port < 0:
            meeting.setdefault(edge.head, []).append(k)
    found = list(curves)
    for head, arriving in meeting.items():
        if len(arriving) < 2:
            continue
        side = sketch.sizes[head][axis] - 2 * _CORNER
        step = min(_SPREAD, side / (len(arriving) - 1))
        order = sorted(arriving, key=lambda k: (curves[k][-4][axis], curves[k][0][axis], k))
        for place, k in enumerate(order):
            shift = (place - (len(order) - 1) / 2) * step
            before, end = (_shifted(point, axis, shift) for point in curves[k][-2:])
            found[k] = (*curves[k][:-2], before, end)
    return found


def _shifted(point: Point, axis: int, shift: float) -> Point:
    return (point[0] + shift, point[1]) if axis == 0 else (point[0], point[1] + shift)


def _side(scene: Scene, box: int, centre: Point, outward: bool) -> Point:
    """The middle of the side of a box that faces the outputs (outward) or the inputs."""
    wide, tall = scene.boxes[box].size
    forward = 1 if outward == (scene.direction in ("TB", "LR")) else -1
    if scene.direction in ("TB", "BT"):
        return centre[0], centre[1] + forward * tall / 2
    return centre[0] + forward * wide / 2, centre[1]


def _straight(start: Point, end: Point) -> Curve:
    third = ((end[0] - start[0]) / 3, (end[1] - start[1]) / 3)
    return (
        start,
        (start[0] + third[0], start[1] + third[1]),
        (end[0] - third[0], end[1] - third[1]),
        end,
    )
