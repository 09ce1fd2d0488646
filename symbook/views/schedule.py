"""A recorded run as a timeline: lanes, bars, what each waited for, the critical path, what was in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from symbook.graph import Graph
from symbook.ndarray import NDArray
from symbook.runners.trace import Record, Trace

from .records import nodes_of

Json = dict[str, Any]

BEGINS, INPUT, LANE = "", "input", "lane"
"""Why a step began no earlier: nothing kept it, an input came then, or its thread or stream was busy."""


class Wait(NamedTuple):
    """Why a step began when it began.

    Attributes
    ----------
    kind : str
        `BEGINS`, `INPUT` or `LANE`.
    node : int
        The step that it waited for; -1 if there was none.
    seconds : float
        How long its lane had nothing to do before it, or how long it was ready before its lane was free.
    """

    kind: str
    node: int
    seconds: float


def timeline(graph: Graph, act: str, trace: Trace, threads: int = 0) -> Json:
    """One of the document's `timelines`.

    All times are in seconds since the first step began. `bars` are `[node, lane, start, end, kind, node
    waited for, seconds waited]`, by start, see :class:`Wait`. `seconds` is from the first start to the last
    end, `busy` the sum of all steps' times: `busy / seconds` steps ran at a time on average. `peak` is how
    many did at most, of `threads`, the most that could. `path` is the critical path, and `path_seconds`
    what its steps take. `memory` are `[time, bytes]`: how much the values take that a later step reads, or
    that are outputs.

    Parameters
    ----------
    graph : Graph
    act : str
    trace : Trace
    threads : int
        How many steps could have run at a time; as many as there are lanes, if left out.
    """
    records = nodes_of(trace)
    began = min((record.start for record in records), default=0.0)
    lanes = sorted(dict.fromkeys(map(place_of, records)), key=_in_order)
    path = critical_path(graph, records)
    waited = waits(graph, records)
    return {
        "act": act,
        "lanes": lanes,
        "seconds": max((record.end for record in records), default=0.0) - began,
        "bars": [
            [
                record.position, lanes.index(place_of(record)), record.start - began,
                record.end - began, *waited[record.position],
            ]
            for record in records
        ],
        "path": [record.position for record in path],
        "path_seconds": sum(record.seconds for record in path),
        "busy": sum(record.seconds for record in records),
        "peak": peak(records),
        "threads": max(threads, len(lanes)),
        "memory": [[moment - began, nbytes] for moment, nbytes in memory(graph, records)],
    }  # fmt: skip


def at_a_time(run: Json) -> float:
    """How many steps of a timeline ran at a time, on average."""
    return float(run["busy"] / run["seconds"]) if run["seconds"] else 1.0


def place_of(record: Record) -> str:
    """What a step ran on, as it is called everywhere: `thread 2`, `stream main`."""
    return f"stream {record.stream}" if record.stream else record.lane


def _in_order(lane: str) -> tuple[str, int, str]:
    """Lanes in the order of their numbers."""
    kind, _, rest = lane.partition(" ")
    return kind, int(rest) if rest.isdigit() else 0, rest


def peak(records: Sequence[Record]) -> int:
    """How many steps ran at a time at most."""
    events = [(record.start, 1) for record in records] + [(record.end, -1) for record in records]
    most = now = 0
    for _, change in sorted(events):  # what ends at a moment does not run beside what begins then
        now += change
        most = max(most, now)
    return most


def _before(graph: Graph, records: Sequence[Record]) -> Iterator[tuple[Record, list[Record]]]:
    """Each step with those whose results it reads, and the one before it on its lane, which comes last."""
    by_node = {record.position: record for record in records}
    latest: dict[str, Record] = {}
    for record in sorted(records, key=lambda record: (record.start, record.end)):
        pins = dict.fromkeys(pin.node for pin in graph.inputs[record.position])
        found = [by_node[i] for i in pins if i in by_node]
        if record.lane in latest:
            found.append(latest[record.lane])
        latest[record.lane] = record
        yield record, found


def critical_path(graph: Graph, records: Sequence[Record]) -> list[Record]:
    """The chain of steps, each reading from the one before or next on its lane, that takes most time.

    No order of running on these lanes is quicker than that.
    """
    longest: dict[int, float] = {}
    behind: dict[int, Record | None] = {}
    for record, before in _before(graph, records):
        known = [other for other in before if other.position in longest]
        best = max(known, key=lambda other: longest[other.position], default=None)
        behind[record.position] = best
        reached = longest[best.position] if best is not None else 0.0
        longest[record.position] = reached + record.seconds
    if not longest:
        return []
    by_node = {record.position: record for record in records}
    at: Record | None = by_node[max(longest, key=lambda i: longest[i])]
    path = []
    while at is not None:
        path.append(at)
        at = behind[at.position]
    return path[::-1]


def waits(graph: Graph, records: Sequence[Record]) -> Mapping[int, Wait]:
    """For each step, by its node, why it began when it began."""
    found = {}
    for record, before in _before(graph, records):
        lane = [other for other in before if other.lane == record.lane]
        free = max(lane, key=lambda other: other.end, default=None)
        inputs = {pin.node for pin in graph.inputs[record.position]}
        read = [other for other in before if other.position in inputs]
        last = max(read, key=lambda other: other.end, default=None)
        if last is None and free is None:
            wait = Wait(BEGINS, -1, 0.0)
        elif last is not None and (free is None or last.end >= free.end):
            idle = record.start - (free.end if free is not None else 0.0)
            wait = Wait(INPUT, last.position, max(0.0, idle))
        else:
            assert free is not None  # else one of the others holds
            ready = last.end if last is not None else 0.0
            wait = Wait(LANE, free.position, max(0.0, record.start - ready))
        found[record.position] = wait
    return found


def memory(graph: Graph, records: Sequence[Record]) -> list[tuple[float, int]]:
    """How many bytes values take from a moment on: each from its step's start to the end of its last reader.

    Arguments are not counted, and what is a view of another value has that one's memory. It is what a run
    needs that lets go of values early; a recorded run keeps them all.
    """
    ends = {record.position: record.end for record in records}
    last = max(ends.values(), default=0.0)
    kept = {pin.node for pin in graph.heads}
    until: dict[int, float] = {}
    owner: dict[int, int] = {}
    for record in records:
        i = record.position
        readers = [ends[j] for j in graph.readers[i] if j in ends]
        until[i] = last if i in kept else max([record.end, *readers])
        owner[i] = _owner(graph, record, owner)
        until[owner[i]] = max(until.get(owner[i], 0.0), until[i])
    changes: dict[float, int] = {}
    for record in records:
        i = record.position
        if owner[i] == i:
            nbytes = sum(value.size * np.dtype(value.dtype).itemsize for value in record.outputs)
            changes[record.start] = changes.get(record.start, 0) + nbytes
            changes[until[i]] = changes.get(until[i], 0) - nbytes
    total, found = 0, []
    for moment in sorted(changes):
        total += changes[moment]
        found.append((moment, total))
    return found


def _owner(graph: Graph, record: Record, owner: Mapping[int, int]) -> int:
    """The node whose memory a step's results are in: its own, or that of what they are a view of."""
    if len(record.outputs) != 1:
        return record.position
    for pin, value in zip(graph.inputs[record.position], record.inputs, strict=False):
        if pin.node in owner and _share(value, record.outputs[0]):
            return owner[pin.node]
    return record.position


def _share(a: NDArray, b: NDArray) -> bool:
    return a.context == b.context and bool(a.context.xp.may_share_memory(a._data, b._data))
