"""What a view is where nothing runs: a picture with its words, and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from symbook.render.html import block
from symbook.render.text import plural

from .acts import duration

Json = dict[str, Any]

_MOST_ROWS = 200
_CELL = "text-align:left;padding:2px 12px 2px 0;vertical-align:top"


def table(title: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with a caption, long ones cut."""
    body = list(rows)
    head = "".join(f'<th scope="col" style="{_CELL}">{escape(name)}</th>' for name in heads)
    lines = [
        "<tr>" + "".join(f'<td style="{_CELL}">{escape(str(cell))}</td>' for cell in row) + "</tr>"
        for row in body[:_MOST_ROWS]
    ]
    if len(body) > _MOST_ROWS:
        more = f"… and {len(body) - _MOST_ROWS:,} more"
        lines.append(f'<tr><td colspan="{len(heads)}">{more}</td></tr>')
    caption = f'<caption style="text-align:left;font-weight:bold">{escape(title)}</caption>'
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def folded(summary: str, content: str) -> str:
    """Content that opens when it is asked to."""
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"


def steps(document: Json) -> str:
    """The steps of a course of events, an act at a time."""
    parts = []
    for act in document["acts"]:
        rows = [(k + 1, step["text"]) for k, step in enumerate(act["steps"])]
        title = f"{act['title']}: {plural(len(rows), 'step')}"
        parts.append(folded(title, table(act["title"], ["Step", "What happened"], rows)))
    return block("".join(parts))


def timeline(document: Json) -> str:
    """When each step ran, and where."""
    names = [node["name"] for node in document["graph"]["nodes"]]
    parts = []
    for run in document["timelines"]:
        path = set(run["path"])
        rows = [
            (
                names[node],
                run["lanes"][lane],
                duration(start),
                duration(end - start),
                "yes" if node in path else "",
            )
            for node, lane, start, end in run["bars"]
        ]
        lanes = plural(len(run["lanes"]), "lane")
        title = (
            f"{run['act']}: {plural(len(rows), 'step')} in {duration(run['seconds'])}, "
            f"{run['parallelism']:.1f} at a time on {lanes}"
        )
        heads = ["Node", "Where", "Began after", "Took", "On the critical path"]
        parts.append(table(title, heads, rows))
    return block("".join(parts))


def passes(document: Json) -> str:
    """What each pass did, and the code that runs."""
    heads = ["Node", "Operator", "What became of it", "By", "Why"]
    parts = []
    for stage in document["stages"]:
        title = f"{stage['name']}: {plural(len(stage['graph']['nodes']), 'node')}"
        rows = [
            [note[key] for key in ("node", "op", "act", "by", "why")] for note in stage["notes"]
        ]
        parts.append(
            folded(title, table(title, heads, rows)) if rows else f"<p>{escape(title)}</p>"
        )
    parts.append(folded("the code that runs", f"<pre>{escape(document['source'])}</pre>"))
    return block("".join(parts))
