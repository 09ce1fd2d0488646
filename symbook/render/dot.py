"""A scene as DOT in the picture's colours: for `.dot` files and for PNG and PDF by Graphviz."""

from __future__ import annotations

from symbook.render.scene import Box, Scene
from symbook.render.sketch import BETWEEN_BOXES, BETWEEN_RANKS
from symbook.render.theme import EDGE, INK, PAINT

_SHAPE = {
    "variable": "box",
    "auxiliary": "box",
    "operator": "box",
    "output": "hexagon",
    "group": "box3d",
    "value": "box",
}
_STYLE = {
    "variable": "filled,rounded",
    "auxiliary": "filled,rounded,dashed",
    "operator": "filled",
    "output": "filled",
    "group": "filled",
    "value": "filled,rounded",
}


def dot_source(scene: Scene, title: str) -> str:
    """The DOT text: generated ids, every label escaped, nothing that links anywhere."""
    import graphviz

    graph = graphviz.Digraph(
        name="symbol",
        graph_attr={
            "rankdir": scene.direction,
            "nodesep": f"{BETWEEN_BOXES / 72:.3f}",
            "ranksep": f"{BETWEEN_RANKS / 72:.3f}",
            "tooltip": graphviz.escape(title),
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
        graph.node(f"n{i}", **_attributes(box))
    for line in scene.lines:
        head = scene.boxes[line.head]
        options = {"arrowhead": "none", "weight": "8"} if head.kind == "value" else {}
        if line.port >= 0:
            # Inputs whose order matters say which they are, at the arrow's end.
            options |= {"headlabel": graphviz.escape(head.ports[line.port]), "fontsize": "8"}
            options |= {"fontname": "Helvetica", "fontcolor": EDGE, "labeldistance": "1.4"}
        graph.edge(f"n{line.tail}", f"n{line.head}", **options)
    return str(graph.source)


def _attributes(box: Box) -> dict[str, str]:
    import graphviz

    paint = PAINT[box.kind]
    label = "\\n".join(_escaped(row.text) for row in box.rows)
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
    if box.kind == "value":
        options |= {"fontsize": "10", "height": "0.2", "width": "0.3", "margin": "0.08,0.03"}
    return options


def _escaped(text: str) -> str:
    """One line of a label; a whole label of the form `<…>` would be read as HTML, so no line may begin so."""
    import graphviz

    return str(graphviz.escape(text))
