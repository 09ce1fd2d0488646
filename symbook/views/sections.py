"""What stands below a picture where nothing runs: parts that each have a heading, in HTML and as text.

Everything that was measured, such as times, is in the part of the timeline, between two comments: the rest
is the same each time.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from symbook.executor import Executor
from symbook.graph import Node, Pin
from symbook.ndarray import NDArray
from symbook.passes.stages import Stage
from symbook.render import arrays
from symbook.render.beside import beside
from symbook.render.html import block, image
from symbook.render.picture import Picture, draw
from symbook.render.scene import value_text
from symbook.render.text import clean, plural, shorten

from . import pictures
from .document import Json, Recorded
from .schedule import at_a_time
from .sentences import duration
from .tables import MOST_ROWS, Prose, Rows, folded, scrolling, shown_of

_TIMES = re.compile(r"(?: on (?:thread|stream)[\w ]*?)? in \d[\d.]* (?:s|ms|µs)(?=[;.])")
_WRAPPED = "white-space:pre-wrap;overflow-wrap:anywhere"
_MOST_VALUES = 24
"""Values that are drawn; the rest are in the live view."""
_MOST_DRAWN = 60
"""Nodes of a graph that is drawn before and after each pass."""
_LONGEST = 400
_WHERE = {"output": "an output", "own": "memory of its own"}
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


def pictured(picture: Picture, above: str = "") -> Section:
    """A picture with its words and its table of nodes; `above` is HTML to stand above it."""
    nodes = ""
    if count := len(picture.table.rows) + picture.table.left_out:
        nodes = folded(plural(count, "node"), scrolling(picture.table.html()))
    told = f"<p><small>{escape(picture.caption)}</small></p>" if picture.caption else ""
    html = block(above + image(picture.svg, picture.alt) + told + nodes)
    return Section(html, picture.alt, picture)


def of_run(shown: Collection[str], recorded: Recorded) -> list[Section]:
    """The parts of a run: of its steps, gradients, times and passes, as far as they are shown."""
    document = recorded.document
    found = []
    if "steps" in shown:
        found.append(steps(document))
    if "values" in shown:
        found.append(values(recorded))
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
        # What began beside something else is told by the timeline alone.
        rows = [step for step in act["steps"] if "nodes" not in step]
        run = sorted((step for step in rows if "at" in step), key=lambda step: step["node"])
        known = iter(run)
        rows = [next(known) if "at" in step else step for step in rows]
        texts = [_TIMES.sub("", step["text"], 1) if "at" in step else step["text"] for step in rows]
        title = f"{act['title']}: {plural(len(rows), 'step')}"
        tables.append(Rows(title, ("Step", "What happened"), list(enumerate(texts, 1))))
    return Section(
        block("".join(part.html() for part in tables)),
        "\n".join(
            line
            for part in tables
            for line in (
                part.title,
                *(f"  {text}" for _, text in part.rows[: shown_of(len(part.rows))]),
            )
        ),
    )


def gradients(recorded: Recorded) -> Section:
    """The graph beside its gradient, and each value beside its gradient."""
    values = pictures.values_by_entry(recorded)
    drawn = pictures.of_gradient(recorded)
    nodes = recorded.graph.nodes
    rows = []
    for entry, other in sorted(recorded.document["gradients"]):
        node = nodes[entry[0]]
        name = node.output_names[entry[1]] if node.shown_count > 1 else node.name
        kind = "variable" if node.op is None else node.op.name
        pair = [_short(values.get(Pin(*one))) for one in (entry, other)]
        rows.append((shorten(clean(name), 60), kind, *pair))
    heads = ("Name", "Made by", "Value", "Gradient")
    told = Rows(f"Gradients of {plural(len(rows), 'value')}", heads, rows)
    return Section(block(_side_by_side(drawn) + told.html()), told.text(), beside(drawn))


def _short(value: NDArray | None) -> str:
    """A small array's numbers, of a large one its shape and what it has."""
    if value is None:
        return "not computed"
    if text := value_text(value):
        return text
    shape = "×".join(map(str, value.shape))
    numbers = value.asnumpy()
    return f"{shape}, {arrays.statistics(numbers) if numbers.size else 'no elements'}"


def values(recorded: Recorded) -> Section:
    """Values that are too large to stand in a picture, each to be opened."""
    nodes = recorded.graph.nodes
    found = sorted(pictures.values_by_entry(recorded).items())
    large = [
        (pin, value)
        for pin, value in found
        if not value_text(value) and not _is_spare(nodes, pin, value)
    ]
    parts, lines = [], []
    for (node, index), value in large[:_MOST_VALUES]:
        name = shorten(clean(nodes[node].output_names[index]), 60)
        lines.append(f"{name}: {_short(value)}")
        kind = f"{'×'.join(map(str, value.shape))} {np.dtype(value.dtype)}"
        parts.append(folded(f"{name}: {kind}", scrolling(arrays.content(value))))
    if len(large) > _MOST_VALUES:
        lines.append(f"… and {plural(len(large) - _MOST_VALUES, 'more value')}")
        parts.append(f"<p>{lines[-1]}</p>")
    title = plural(len(large), "larger value")
    html = block(folded(title, "".join(parts))) if large else ""
    return Section(html, "\n".join([title, *_indented("\n".join(lines))]) if large else "")


def _is_spare(nodes: Sequence[Node], pin: Pin, value: NDArray) -> bool:
    """Whether it is an empty workspace of its step's, which nobody reads."""
    return not value.size and pin.index >= nodes[pin.node].shown_count


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
    """The graph before and after each pass that changed it, the plan's memory, and the code."""
    stages = executor.stages
    done = [(before, after) for before, after in pairwise(stages) if after.notes]
    idle = [after.name for _, after in pairwise(stages) if not after.notes]
    told = f"Nothing to do: {', '.join(idle)}." if idle else ""
    parts = [f"<p>{escape(told)}</p>"] if told else []
    text = [told] if told else []
    for before, after in done:
        html, rows = _pass(before, after)
        parts.append(html)
        text.append(rows.text())
    back = document["back"]
    memory = _memory(document["memory"], "Memory of forward" if back else "Memory")
    behind = _memory(back, "Memory of backward") if back else None
    parts += [memory.html, behind.html if behind else ""]
    text += [memory.text, *([behind.text] if behind else [])]
    for code in document["codes"]:
        title = f"The code that runs: {code['of']}" if behind else "The code that runs"
        source = f'<pre style="{_WRAPPED}">{escape(code["source"])}</pre>'
        parts.append(folded(title, f"<p>{escape(code['about'])}</p>{source}"))
        text += [title, code["about"], *_indented(code["source"])]
    last = draw(stages[-1].graph, specs=stages[-1].specs) if stages else None
    return Section(block("".join(parts)), "\n".join(text), last)


def _pass(before: Stage, after: Stage) -> tuple[str, Rows]:
    heads = ("Node", "Operator", "What became of it", "By", "Why")
    rows = [
        (shorten(clean(note.node), 60), note.op, note.act, shorten(clean(note.by), 60), note.why)
        for note in after.notes
    ]
    count = f"{plural(len(before.graph), 'node')} before, {len(after.graph):,} after"
    title = f"<p><strong>{escape(after.name)}</strong>: {count}</p>"
    small = len(before.graph) <= _MOST_DRAWN
    drawn = _side_by_side(pictures.of_pass(before, after)) if small else ""
    return (
        title + drawn + Rows(f"What became of {plural(len(rows), 'node')}", heads, rows).html(),
        Rows(f"{after.name}: {count}", heads, rows),
    )


def _memory(memory: Json, heading: str) -> Section:
    heads = ("Value", "Where", "Bytes", "From step", "To step")
    rows = [
        (name, _WHERE.get(kind, f"buffer {buffer + 1}"), f"{size:,}", first + 1, last + 1)
        for buffer, name, size, first, last, kind in memory["rows"]
    ]
    title = (
        f"{heading}: {plural(len(rows), 'value')}, {plural(len(memory['sizes']), 'shared buffer')}"
    )
    told = Rows(title, heads, rows)
    if not memory["sizes"]:
        return Section(told.html(), told.text())
    picture = pictures.of_memory(memory)
    return Section(image(picture.svg, picture.alt) + told.html(), told.text(), picture)


def failure(document: Json, picture: Picture) -> Section:
    """The error, and the picture with the node that failed."""
    text = document["acts"][-1]["steps"][-1]["text"]
    lines = "\n".join(shorten(line, _LONGEST) for line in text.split("\n"))
    return pictured(picture, f'<pre style="{_WRAPPED}">{escape(lines)}</pre>')


def operators(rows: Sequence[Sequence[str]]) -> Section:
    """All operators, by the letter that they begin with; the internal ones at the end."""
    letters: dict[str, list[Sequence[str]]] = {}
    for name, told, others in rows:
        letter = "Internal" if name.startswith("_") else name[:1].upper()
        letters.setdefault(letter, []).append((name, Prose(told), others))
    heads = ("Name", "What it does", "Other names")
    tables = [
        Rows(f"{letter}: {plural(len(mine), 'operator')}", heads, mine, len(mine))
        for letter, mine in sorted(letters.items(), key=lambda one: (len(one[0]), one[0]))
    ]
    title = plural(len(rows), "operator")
    html = block(f"<p><strong>{title}</strong></p>{''.join(part.html() for part in tables)}")
    return Section(html, "\n".join([title, *(part.text() for part in tables)]))


def _side_by_side(drawn: Sequence[tuple[str, Picture]]) -> str:
    """Pictures under headings, beside each other where there is room."""
    parts = [
        f"<div><p>{escape(title)}</p>{image(one.svg, f'{title}: {one.alt}')}</div>"
        for title, one in drawn
    ]
    return f'<div style="display:flex;flex-wrap:wrap;gap:8px 32px">{"".join(parts)}</div>'


def _indented(text: str) -> list[str]:
    return [f"  {line}".rstrip() for line in text.splitlines()[:MOST_ROWS]]
