"""A scene as DOT in the picture's colours: for `.dot` files and for PNG and PDF by Graphviz."""

from __future__ import annotations

from html import escape

from symbook.render.geometry import shorten_end
from symbook.render.scene import TINY, Box, Row, Scene
from symbook.render.sketch import BETWEEN_BOXES, BETWEEN_RANKS, Curve, Layout, Point
from symbook.render.theme import EDGE, INK, MUTED_INK, PAINT

_SHAPE = {
    "variable": "box",
    "auxiliary": "box",
    "operator": "box",
    "output": "hexagon",
    "group": "box3d",
    "value": "box",
    "lane": "box",
    "critical": "box",
}
_STYLE = {
    "variable": "filled,rounded",
    "auxiliary": "filled,rounded,dashed",
    "operator": "filled",
    "output": "filled",
    "group": "filled",
    "value": "filled,rounded",
    "lane": "filled",
    "critical": "filled",
}


_SCALE = 0.9
"""Fonts that stand in for Helvetica are wider, and Graphviz does not make them fit."""
DPI = 144
"""Pixels in an inch of a picture: two for each of an ordinary screen's."""
_PERIPHERY = 4
"""Points between the outlines of a box with two of them."""


def dot_source(scene: Scene, title: str, layout: Layout | None = None, dpi: int = DPI) -> str:
    """The DOT text: generated ids, every label escaped, nothing that links anywhere.

    With a layout, sizes and positions are written too, for Graphviz's `nop2`, which keeps them.
    """
    import graphviz

    graph = graphviz.Digraph(
        name="symbol",
        graph_attr={
            "rankdir": scene.direction,
            "nodesep": f"{BETWEEN_BOXES / 72:.3f}",
            "ranksep": f"{BETWEEN_RANKS / 72:.3f}",
            "tooltip": graphviz.escape(title),
            "dpi": str(dpi),
        },
        node_attr={
            "fontname": "Helvetica",
            "fontcolor": INK,
            "fontsize": "12",
            "margin": "0.16,0.06",
        },
        edge_attr={"color": EDGE, "arrowsize": "0.7"},
    )
    for i, box in enumerate(scene.boxes):
        graph.node(f"n{i}", **{**_attributes(box), **_place(box, layout, i)})
    for k, line in enumerate(scene.lines):
        head = scene.boxes[line.head]
        options = {"arrowhead": "none", "weight": "8"} if head.kind == "value" else {}
        if layout is not None:
            options["pos"] = _edge_pos(layout.curves[k], arrow=head.kind != "value")
        graph.edge(f"n{line.tail}", f"n{line.head}", **options)
    return str(graph.source)


def _attributes(box: Box) -> dict[str, str]:
    import graphviz

    paint = PAINT[box.kind]
    rows = [_html(row) for row in box.rows]
    if box.ports:
        # Inputs whose order matters, from left to right or from the top.
        rows.insert(0, _html(Row("   ".join(box.ports), TINY, muted=True)))
    label = f"<{'<BR/>'.join(rows)}>" if rows else ""
    options = {
        "label": label,
        "shape": _SHAPE[box.kind],
        "style": _STYLE[box.kind],
        "fillcolor": paint.fill,
        "color": paint.stroke,
        "tooltip": graphviz.escape(box.tip),
    }
    if box.kind == "output":
        options |= {"peripheries": "2", "margin": "0.02,0.02"}
    if box.kind == "critical":
        options["penwidth"] = "3"
    if box.kind == "value":
        options |= {"margin": "0.08,0.03", "height": "0.2"}
    return options


def _place(box: Box, layout: Layout | None, i: int) -> dict[str, str]:
    if layout is None:
        return {}
    # Graphviz draws the second outline outside of the size.
    outside = 2 * _PERIPHERY if box.kind == "output" else 0
    wide, tall = box.size[0] - outside, box.size[1] - outside
    size = {"width": f"{wide / 72:.4f}", "height": f"{tall / 72:.4f}", "fixedsize": "true"}
    return {**size, "pos": _point(layout.centres[i])}


def _edge_pos(curve: Curve, arrow: bool) -> str:
    points = shorten_end(curve, 7.0) if arrow else curve
    told = " ".join(map(_point, points))
    return f"e,{_point(curve[-1])} {told}" if arrow else told


def _point(point: Point) -> str:
    """Graphviz's y points up."""
    return f"{point[0]:.2f},{-point[1]:.2f}"


def _html(row: Row) -> str:
    """A line of a label in Graphviz's HTML, the one form that has several sizes of text.

    A name is never markup, nor one of the `\\N` that Graphviz expands in HTML as well.
    """
    text = escape(row.text).replace("\\", "\\\\")
    text = f"<B>{text}</B>" if row.bold else text
    colour = f' COLOR="{MUTED_INK}"' if row.muted else ""
    return f'<FONT POINT-SIZE="{row.size * _SCALE:g}"{colour}>{text}</FONT>'
