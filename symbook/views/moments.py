"""A recorded run as moments: what began, what ran beside it, what ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from symbook.runners.trace import Record


class Moment(NamedTuple):
    """From one end of a step to the next.

    Attributes
    ----------
    begun : list of Record
        What began in this time, by start; what ends now is one of it or of those before.
    beside : list of Record
        What had begun before and still ran, by start.
    ended : Record
    """

    begun: list[Record]
    beside: list[Record]
    ended: Record


def moments(records: Sequence[Record]) -> Iterator[Moment]:
    """The moments of a run, in the order of the steps' ends."""
    by_start = sorted(records, key=lambda record: (record.start, record.end))
    running: dict[int, Record] = {}
    at = 0
    for ended in sorted(records, key=lambda record: (record.end, record.start)):
        begun = []
        beside = list(running.values())
        # A step that took no time, by the clock, has begun when it ends.
        while at < len(by_start) and (
            by_start[at].start < ended.end or by_start[at].start <= ended.start
        ):
            begun.append(by_start[at])
            running[by_start[at].position] = by_start[at]
            at += 1
        del running[ended.position]
        yield Moment(begun, beside, ended)
