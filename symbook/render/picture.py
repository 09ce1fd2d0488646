"""`Picture`: a drawn graph, and `draw`, which makes one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from symbook.cached import cached_property
from symbook.errors import ArgumentError, SymbookError
from symbook.graph import Entry, Graph, Node
from symbook.infer import DTYPES, SHAPES, Domain, Values, infer, specs_of
from symbook.render import html as html_writer
from symbook.render.arrange import arrange
from symbook.render.collapse import DRAW_ALL, split
from symbook.render.layout import lay_out
from symbook.render.scene import Scene, build_scene
from symbook.render.sketch import Layout
from symbook.render.svg import draw_svg
from symbook.render.table import NodeTable, node_table
from symbook.render.text import clean, shorten
from symbook.render.words import describe
from symbook.specs import Spec

FIXED = "fixed"
"""The `engine` of pictures whose boxes stand where they must, such as those of time."""
DIRECTIONS = ("TB", "BT", "LR", "RL")
_BIG = 20_000
"""With more nodes, shapes are not inferred for a picture that shows few of them."""


@dataclass(frozen=True)
class Picture:
    """A drawn graph: static, plain text in several forms.

    Attributes
    ----------
    svg : str
        The picture, a whole SVG document; the same graph gives the same text with the same engine.
    alt : str
        The graph in words.
    caption : str
        What the reader must know beside the picture, such as what was left out; often empty.
    table : NodeTable
        The nodes, with `text()`, `html()` and `rows`.
    engine : str
        The layout engine that was used.
    remark : str
        What went wrong with better engines; empty as a rule.
    scene, layout : Scene, Layout
        The boxes and lines that are drawn, and where.
    """

    svg: str
    alt: str
    caption: str
    table: NodeTable
    engine: str
    remark: str = ""
    scene: Scene = field(repr=False, default=Scene((), (), "TB"))
    layout: Layout = field(repr=False, default=Layout((0.0, 0.0), (), ()))

    def html(
        self, caption: str = "", *, table: bool = True, above: str = "", below: str = ""
    ) -> str:
        """Static HTML: the image, `caption` and the picture's own, and the folded node table.

        `above` is HTML to stand above the image, `below` below its caption.
        """
        told = " ".join(part for part in (caption, self.caption) if part)
        nodes = self.table if table else None
        return html_writer.page_part(self.svg, self.alt, told, nodes, above, below)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to a file: .svg, .png, .pdf or .dot. Raises as :func:`symbook.render.save`."""
        from symbook.render.saving import save_picture

        save_picture(self, path)

    @cached_property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        wide = self.svg.split('width="', 1)[1].split('"', 1)[0]
        tall = self.svg.split('height="', 1)[1].split('"', 1)[0]
        return int(wide), int(tall)

    def _repr_html_(self) -> str:
        return self.html()

    def __repr__(self) -> str:
        return f"<Picture: {self.alt}>"


def draw(
    graph: Any,
    *,
    specs: Sequence[tuple[Spec, ...]] | None = None,
    values: Mapping[str, Any] | None = None,
    direction: str = "TB",
    title: str | None = None,
    outputs: bool = True,
    limit: int = DRAW_ALL,
    focus: str | None = None,
    marks: Mapping[int, str] | None = None,
) -> Picture:
    """Draw a graph.

    Parameters
    ----------
    graph : Symbol or Graph
    specs : sequence of tuple of Spec, optional
        For each node of the graph, shape and dtype of each output (as
        :func:`symbook.infer.specs_of` gives them). Left out, what the variables' declarations tell
        is shown.
    values : mapping of str to array or str, optional
        Values by output name (`A`, `_mul0_output`); small ones are shown on the edges, and texts in their
        place as they are, line by line.
    direction : str
        From the inputs to the outputs: `TB` (downwards), `BT`, `LR` or `RL`.
    title : str, optional
        What the graph is called in the alt text; by default by its outputs.
    outputs : bool
        Draw a terminal for each output.
    limit : int
        With more nodes than this, some are drawn as blocks and the caption says so.
    focus : str, optional
        Name of the node to show with its neighbours in a large graph.
    marks : mapping of int to str, optional
        Positions of nodes that are to be seen at once, and a word for each, which stands in its box. The
        edges into a node that is `failed` are marked, too.

    Returns
    -------
    Picture

    Raises
    ------
    ArgumentError
        If `graph` is no graph, or an option has no such value.
    """
    found = graph_of(graph)
    if direction not in DIRECTIONS:
        raise ArgumentError(
            f"direction={direction!r} is not a direction",
            hint=f"Use one of: {', '.join(DIRECTIONS)}.",
        )
    if limit < 1:
        raise ArgumentError(f"limit={limit} leaves nothing to draw", hint="Give at least 1.")
    if focus is not None and all(node.name != focus for node in found.nodes):
        raise ArgumentError(
            f"there is no node {focus!r} in this graph to focus on",
            hint="symbol.get_internals().list_outputs() lists the nodes.",
        )
    known = declared_specs(found) if specs is None else specs
    parts = split(found, limit, focus)
    scene = build_scene(
        found,
        parts,
        specs=known,
        values=values or {},
        direction=direction,
        outputs=outputs,
        marks=marks or {},
    )
    arrangement = arrange(scene)
    laid = lay_out(arrangement.sketch)
    layout = arrangement.finish(laid.layout)
    alt = describe(found, known, title)
    name = shorten(clean(title), 80) if title else alt.split(":", 1)[0]
    return Picture(
        svg=draw_svg(scene, layout, name, alt),
        alt=alt,
        caption=parts.note,
        table=node_table(found, known, values),
        engine=laid.engine,
        remark=laid.remark,
        scene=scene,
        layout=layout,
    )


def graph_of(thing: Any) -> Graph:
    """The graph of a Symbol, of entries, or the graph itself. Raises ArgumentError."""
    if isinstance(thing, Graph):
        return thing
    held = getattr(thing, "graph", None)
    if isinstance(held, Graph):
        return held
    entries = getattr(thing, "_outputs", thing)
    if isinstance(entries, Sequence) and all(isinstance(entry, Entry) for entry in entries):
        return Graph(entries)
    raise ArgumentError(f"a {type(thing).__name__} has no graph to draw", hint="Give a Symbol.")


def declared_specs(graph: Graph) -> list[tuple[Spec, ...]] | None:
    """What the variables' declarations tell of every value; None for graphs too large to show it.

    Where they contradict each other, only the declarations themselves: a drawing is never refused
    for a graph that is wrong, as seeing it is how the mistake is found.
    """
    if len(graph) > _BIG:
        return None
    return specs_of(_known(graph, SHAPES), _known(graph, DTYPES))


def _known(graph: Graph, domain: Domain) -> Values:
    try:
        return infer(graph, domain, {})
    except (SymbookError, ValueError, SyntaxError, TypeError):
        return [
            (_declared(node, domain),) if node.op is None else (None,) * node.output_count
            for node in graph.nodes
        ]


def _declared(node: Node, domain: Domain) -> Any:
    try:
        return domain.declared(node)
    except (SymbookError, ValueError, SyntaxError, TypeError):
        return None
