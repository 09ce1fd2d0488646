"""What the records of a trace tell of the graph's own nodes."""

from __future__ import annotations

from collections.abc import Iterable

from symbook.graph import Pin
from symbook.ndarray import NDArray
from symbook.runners.trace import Record, Trace


def nodes_of(trace: Trace) -> list[Record]:
    """The records of the graph's own nodes."""
    return [record for record in trace if record.position >= 0]


def values_of(records: Iterable[Record]) -> dict[Pin, NDArray]:
    """What they computed, by entry."""
    return {
        Pin(record.position, index): value
        for record in records
        for index, value in enumerate(record.outputs)
    }
