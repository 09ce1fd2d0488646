"""A recorded run as a timeline: lanes, bars, the critical path and how much ran at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symbook.graph import Graph
from symbook.runners.trace import Trace


def timeline(graph: Graph, act: str, trace: Trace) -> dict[str, Any]:
    """One of the document's `timelines`.

    `bars` are `[node, lane, start, end]`, in seconds since the run began, by start; `path` is the critical
    path: the steps on which the end waited, each for the latest of its inputs. `parallelism` is how many
    steps ran at a time on average, while any did.
    """
    records = [record for record in trace if record.position >= 0]
    lanes = list(dict.fromkeys(sorted(record.lane for record in records)))
    by_node = {record.position: record for record in records}
    busy = sum(record.seconds for record in records)
    covered = _covered([(record.start, record.end) for record in records])
    return {
        "act": act,
        "lanes": lanes,
        "seconds": trace.seconds,
        "bars": [
            [record.position, lanes.index(record.lane), record.start, record.end]
            for record in records
        ],
        "path": _critical_path(graph, by_node),
        "parallelism": busy / covered if covered else 1.0,
    }


def _covered(spans: Sequence[tuple[float, float]]) -> float:
    """How long at least one of some spans of time lasted."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def _critical_path(graph: Graph, by_node: dict[int, Any]) -> list[int]:
    """From what ended last back through the input that each waited for longest, in order of time."""
    if not by_node:
        return []
    path = [max(by_node, key=lambda i: by_node[i].end)]
    while True:
        inputs = [pin.node for pin in graph.inputs[path[-1]] if pin.node in by_node]
        if not inputs:
            return path[::-1]
        path.append(max(inputs, key=lambda i: by_node[i].end))
