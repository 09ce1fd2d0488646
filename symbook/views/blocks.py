"""Blocks of nodes that repeat, found by their operators and by where few values cross, not by names."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from symbook.graph import Graph

_LONGEST_PERIOD = 120
_LEAST = 4
"""Nodes of the smallest block."""
_PART = 0.5
"""So much of the nodes must be in blocks that repeat."""
_BEGIN = {"Convolution", "Deconvolution", "FullyConnected", "dot", "batch_dot", "Embedding"}
"""A block begins with one of these rather than with what follows them."""


def repeats(graph: Graph, nodes: Sequence[int]) -> list[tuple[int, int, int | None]]:
    """Blocks that follow each other and have the same operators, and what stands between them.

    Parameters
    ----------
    graph : Graph
    nodes : sequence of int
        Positions, each after its inputs.

    Returns
    -------
    list of (int, int, int or None)
        From where in `nodes` up to where, and the number of a block, or None for what does not repeat.
        Nothing if no more than half of the nodes are in blocks that repeat.
    """
    bounds = _narrow(_crossing(graph, nodes), len(nodes))
    kinds, begins = _kinds(graph, nodes, bounds)
    found: list[tuple[int, int, int | None]] = []
    at, number, covered = 0, 0, 0
    runs = _equal_runs(kinds)
    while at < len(kinds):
        shift, period, times = _best(runs, kinds, begins, bounds, at)
        if not times:
            _merge(found, bounds[at], bounds[at + 1])
            at += 1
            continue
        if shift:
            _merge(found, bounds[at], bounds[at + shift])
            at += shift
        for _ in range(times):
            number += 1
            found.append((bounds[at], bounds[at + period], number))
            covered += bounds[at + period] - bounds[at]
            at += period
    return found if covered > _PART * len(nodes) else []


def pieces(graph: Graph, nodes: Sequence[int], count: int) -> list[int]:
    """Where to cut some nodes into about so many pieces of about one size: where few values cross."""
    widths = _crossing(graph, nodes)
    step = -(-len(nodes) // count)
    bounds = [0]
    while len(nodes) - bounds[-1] > 1.5 * step:
        low, high = bounds[-1] + (step + 1) // 2, min(bounds[-1] + step + step // 2, len(nodes) - 1)
        window = widths[low : high + 1]
        narrow = np.flatnonzero(window == window.min()) + low
        bounds.append(int(narrow[np.argmin(np.abs(narrow - bounds[-1] - step))]))
    return [*bounds, len(nodes)]


def _crossing(graph: Graph, nodes: Sequence[int]) -> np.ndarray:
    """For each place, how many of the nodes before it are read from there on, by nodes among these."""
    place = {i: k for k, i in enumerate(nodes)}
    change = np.zeros(len(nodes) + 1, np.int64)
    for k, i in enumerate(nodes):
        last = max((place[r] for r in graph.readers[i] if r in place), default=k)
        if last > k:
            change[k + 1] += 1
            change[last + 1] -= 1
    widths: np.ndarray = np.cumsum(change)[: len(nodes)]
    return widths


def _narrow(widths: np.ndarray, count: int) -> list[int]:
    """The places where as few values cross as do in many places."""
    inner = widths[1:]
    enough = max(8, count // 60)
    levels, counts = np.unique(inner, return_counts=True)
    level = levels[min(int(np.searchsorted(np.cumsum(counts), enough)), len(levels) - 1)]
    return [0, *(int(k) + 1 for k in np.flatnonzero(inner <= level)), count]


def _kinds(
    graph: Graph, nodes: Sequence[int], bounds: Sequence[int]
) -> tuple[np.ndarray, list[bool]]:
    """A number for what is between two bounds, equal for equal operators; whether blocks begin there."""
    numbers: dict[tuple[str, ...], int] = {}
    kinds, begins = [], []
    for a, b in itertools.pairwise(bounds):
        ops = tuple("" if (op := graph.nodes[i].op) is None else op.name for i in nodes[a:b])
        kinds.append(numbers.setdefault(ops, len(numbers)))
        begins.append(not _BEGIN.isdisjoint(ops))
    return np.array(kinds, np.int64), begins


def _equal_runs(kinds: np.ndarray) -> list[np.ndarray]:
    """For each period and place, for how long what follows is what is one period later."""
    found = [np.zeros(len(kinds), np.int64)]
    for period in range(1, min(len(kinds) // 2, _LONGEST_PERIOD) + 1):
        same = kinds[:-period] == kinds[period:]
        places = np.arange(len(same))
        # The next place where they differ.
        ends = np.where(same, len(same), places)
        ends = np.minimum.accumulate(ends[::-1])[::-1]
        lengths = np.zeros(len(kinds), np.int64)
        lengths[: len(same)] = ends - places
        found.append(lengths)
    return found


def _best(
    runs: Sequence[np.ndarray],
    kinds: np.ndarray,
    begins: Sequence[bool],
    bounds: Sequence[int],
    at: int,
) -> tuple[int, int, int]:
    """What repeats from a place on, so that most nodes are covered: how far on, the period, how often."""
    best, most = (0, 0, 0), 0
    for period in range(1, len(runs)):
        times = int(runs[period][at]) // period + 1
        if times < 2 or bounds[at + period] - bounds[at] < _LEAST:
            continue
        covered = bounds[at + times * period] - bounds[at]
        if covered <= most:
            continue
        shift = next((k for k in range(period) if begins[at + k]), 0)
        fits = int(runs[period][at]) + period - shift
        if fits // period < 2:
            shift, fits = 0, times * period
        best, most = (shift, period, fits // period), covered
    return best


def _merge(found: list[tuple[int, int, int | None]], start: int, stop: int) -> None:
    """Add what does not repeat, as one with what does not before it."""
    if found and found[-1][2] is None and found[-1][1] == start:
        found[-1] = (found[-1][0], stop, None)
    else:
        found.append((start, stop, None))
