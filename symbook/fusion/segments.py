"""The order in which a group's instructions run: in turns of compiled loops and of NumPy's functions.

A group of arithmetic alone is one segment. Where it has functions that NumPy computes faster than a compiled
loop would, such as `exp`, each of them is a segment of its own between loops.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from .lowering import Lowered


@dataclass(frozen=True, slots=True)
class Segment:
    """Instructions that run together, by position.

    Attributes
    ----------
    positions : tuple of int
    by_numpy : bool
        It is one call of a NumPy function; else a compiled loop.
    reads, writes : tuple of int
        Values it takes from outside, and those it gives to later segments or to the group's outputs.
    """

    positions: tuple[int, ...]
    by_numpy: bool
    reads: tuple[int, ...]
    writes: tuple[int, ...]


def segments(lowered: Lowered, over: Mapping[int, int]) -> list[Segment]:
    """The instructions in as few segments as may be.

    Parameters
    ----------
    lowered : Lowered
    over : mapping of int to int
        Values, outputs all, that are written over an input: that input's other readers come first.
    """
    first = len(lowered.inputs)
    waiting = _dependencies(lowered, over)
    runs: list[tuple[bool, list[int]]] = []
    left = dict.fromkeys(range(len(lowered.instructions)))
    by_numpy = False
    done: set[int] = set()
    while left:
        run: list[int] = []
        for i in left:
            if lowered.instructions[i].by_numpy == by_numpy and waiting[i] <= done:
                run.append(i)
                done.add(i)
        for i in run:
            del left[i]
        runs += [(True, [i]) for i in run] if by_numpy else [(False, run)] if run else []
        by_numpy = not by_numpy
    made_in = {first + i: k for k, (_, run) in enumerate(runs) for i in run}
    later = _read_later(lowered, runs, made_in)
    return [_segment(lowered, run, by_numpy, later) for by_numpy, run in runs]


def _dependencies(lowered: Lowered, over: Mapping[int, int]) -> list[set[int]]:
    """For each instruction, those that must run before it."""
    first = len(lowered.inputs)
    found = [
        {value - first for value in item.operands if isinstance(value, int) and value >= first}
        for item in lowered.instructions
    ]
    for value, given in over.items():
        readers = {i for i, item in enumerate(lowered.instructions) if given in item.operands}
        found[value - first] |= readers - {value - first}
    return found


def _read_later(
    lowered: Lowered, runs: Sequence[tuple[bool, list[int]]], made_in: Mapping[int, int]
) -> set[int]:
    """Values that leave the segment that makes them."""
    found = set(lowered.outputs)
    for k, (_, run) in enumerate(runs):
        for i in run:
            for value in lowered.instructions[i].operands:
                if isinstance(value, int) and made_in.get(value, k) != k:
                    found.add(value)
    return found


def _segment(
    lowered: Lowered, run: Sequence[int], by_numpy: bool, later: Collection[int]
) -> Segment:
    first = len(lowered.inputs)
    own = {first + i for i in run}
    reads = dict.fromkeys(
        value
        for i in run
        for value in lowered.instructions[i].operands
        if isinstance(value, int) and value not in own
    )
    writes = tuple([value for value in sorted(own) if value in later])
    return Segment(tuple(run), by_numpy, tuple(reads), writes)


def registers(lowered: Lowered, found: Sequence[Segment]) -> tuple[dict[int, int], list[str]]:
    """Scratch arrays of a tile: for each value that needs one its number, and each one's dtype.

    A compiled loop never writes where it reads: it could not be sure that its steps are independent, and
    would take them one by one.
    """
    outputs = set(lowered.outputs)
    last = {value: k for k, segment in enumerate(found) for value in segment.reads}
    place: dict[int, int] = {}
    dtypes: list[str] = []
    free: list[int] = []
    for k, segment in enumerate(found):
        ending = [place[value] for value in segment.reads if value in place and last[value] == k]
        if segment.by_numpy:
            free += ending
        for value in segment.writes:
            if value in outputs:
                continue
            dtype = str(lowered.dtype(value))
            fitting = [register for register in free if dtypes[register] == dtype]
            if fitting:
                free.remove(fitting[-1])
                place[value] = fitting[-1]
            else:
                place[value] = len(dtypes)
                dtypes.append(dtype)
        if not segment.by_numpy:
            free += ending
    return place, dtypes
