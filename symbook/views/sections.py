"""What stands below a picture where nothing runs: parts that each have a heading, in HTML and as text.

Everything that was measured, such as times, is in the part of the timeline, between two comments: the rest
is the same each time.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from html import escape
from typing import NamedTuple

from symbook.executor import Executor
from symbook.graph import Pin
from symbook.ndarray import NDArray
from symbook.render.html import block, image
from symbook.render.picture import Picture, draw
from symbook.render.scene import value_text
from symbook.render.text import clean, plural, shorten

from . import pictures
from .document import Json, Recorded
from .schedule import at_a_time
from .sentences import duration
from .tables import MOST_ROWS, Rows, folded, table

_TIMES = re.compile(r"(?: on [\w ]+?)? in \d[\d.e+]* (?:s|ms|µs)(?=\.$)")
_BEGIN, _END = "<!-- measured -->", "<!-- /measured -->"
MEASURED = re.compile(f"{_BEGIN}.*?{_END}", re.DOTALL)
"""What is measured in HTML, and so is different each time."""


class Section(NamedTuple):
    """A part of a view's static form.

    Attributes
    ----------
    html : str
    text : str
        The same for a screen without pictures, and for PDF.
    picture : Picture or None
        The picture that is in the HTML, for what shows no HTML.
    """

    html: str
    text: str
    picture: Picture | None = None


def pictured(picture: Picture) -> Section:
    """A picture with its words and its table of nodes."""
    return Section(picture.html(), picture.alt, picture)


def table_of(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> Section:
    """A table alone, which is open."""
    return Section(block(table(title, heads, rows)), Rows(title, heads, rows).text())


def of_run(shown: Collection[str], recorded: Recorded) -> list[Section]:
    """The parts of a run: of its steps, gradients, times and passes, as far as they are shown."""
    document = recorded.document
    found = []
    if "steps" in shown:
        found.append(steps(document))
    if "gradient" in shown:
        found.append(gradients(recorded))
    if "timeline" in shown:
        found.append(times(document))
    if "optimiser" in shown:
        found.append(passes(document["optimiser"], recorded.executor))
    return found


def steps(document: Json) -> Section:
    """What happened, act by act; in the order of the graph, and without times, which differ each time."""
    tables = []
    for act in document["acts"]:
        rows = act["steps"]
        if "before" in act:
            rows = sorted(rows, key=lambda step: step["node"])
        texts = [_TIMES.sub("", step["text"]) if "before" in act else step["text"] for step in rows]
        title = f"{act['title']}: {plural(len(rows), 'step')}"
        tables.append(Rows(title, ("Step", "What happened"), list(enumerate(texts, 1))))
    return Section(
        block("".join(part.html() for part in tables)),
        "\n".join(
            line
            for part in tables
            for line in (part.title, *(f"  {text}" for _, text in part.rows[:MOST_ROWS]))
        ),
    )


def gradients(recorded: Recorded) -> Section:
    """The graph with its gradient, and each value beside its gradient."""
    values = pictures.values_by_entry(recorded)
    picture = pictures.of_graph(recorded.executor.graph, values)
    nodes = recorded.executor.graph.nodes
    rows = []
    for entry, other in sorted(recorded.document["gradients"]):
        node = nodes[entry[0]]
        name = node.output_names[entry[1]] if node.shown_count > 1 else node.name
        kind = "variable" if node.op is None else node.op.name
        pair = [_short(values.get(Pin(*one))) for one in (entry, other)]
        rows.append((shorten(clean(name), 60), kind, *pair))
    heads = ("Name", "Made by", "Value", "Gradient")
    told = Rows(f"Gradients of {plural(len(rows), 'value')}", heads, rows)
    title = "<p><strong>The graph with its gradient</strong></p>"
    html = block(f"{title}{image(picture.svg, picture.alt)}{told.html()}")
    return Section(html, told.text(), picture)


def _short(value: NDArray | None) -> str:
    """A small array's numbers, a large one's range."""
    if value is None:
        return "not computed"
    if text := value_text(value):
        return text
    shape = "×".join(map(str, value.shape))
    if not value.size:
        return f"{shape}, empty"
    numbers = value.asnumpy()
    return f"{shape}, from {numbers.min():.4g} to {numbers.max():.4g}"


def times(document: Json) -> Section:
    """When each step ran, and where: all of it measured."""
    picture = pictures.of_times(document)
    names = [node["name"] for node in document["graph"]["nodes"]]
    tables = []
    for run in document["timelines"]:
        path = set(run["path"])
        rows = [
            (
                shorten(names[node], 60),
                run["lanes"][lane],
                duration(start),
                duration(end - start),
                "yes" if node in path else "",
            )
            for node, lane, start, end, *_ in run["bars"]
        ]
        title = (
            f"Timeline of {run['act']}: {plural(len(rows), 'step')} in {duration(run['seconds'])}, "
            f"{at_a_time(run):.1f} at a time on {plural(len(run['lanes']), 'lane')}"
        )
        heads = ("Node", "Where", "Began after", "Took", "On the critical path")
        tables.append(Rows(title, heads, rows))
    folds = "".join(part.html() for part in tables)
    html = block(f"{_BEGIN}{image(picture.svg, picture.alt)}{folds}{_END}")
    return Section(html, "\n".join(part.text() for part in tables), picture)


def passes(document: Json, executor: Executor) -> Section:
    """The graph as it is run, what each pass did, and the code."""
    last = executor.stages[-1] if executor.stages else None
    picture = None if last is None else draw(last.graph, specs=last.specs)
    heads = ("Node", "Operator", "What became of it", "By", "Why")
    tables, idle = [], []
    for stage in document["stages"]:
        notes = stage["notes"]
        if not notes:
            idle.append(stage["name"])
            continue
        rows = [[note[key] for key in ("node", "op", "act", "by", "why")] for note in notes]
        nodes = plural(len(stage["graph"]["nodes"]), "node")
        tables.append(Rows(f"{stage['name']}: {nodes} left", heads, rows))
    nothing = [name for name in idle if name != "as written"]
    told = f"Nothing to do: {', '.join(nothing)}." if nothing else ""
    shown = [f"<p>{escape(told)}</p>"] if told else []
    shown += [part.html() for part in tables]
    shown.append(folded("The code that runs", f"<pre>{escape(document['source'])}</pre>"))
    head = ""
    if picture is not None:
        title = "<p><strong>As the optimiser left it</strong></p>"
        head = title + image(picture.svg, picture.alt)
    text = [*filter(None, [told]), *(part.text() for part in tables)]
    return Section(
        block(head + "".join(shown)),
        "\n".join([*text, "The code that runs", *_indented(document["source"])]),
        picture,
    )


def _indented(text: str) -> list[str]:
    return [f"  {line}".rstrip() for line in text.splitlines()[:MOST_ROWS]]
