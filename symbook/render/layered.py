"""A layered layout in pure Python.

The steps are those of Sugiyama, Tagawa and Toda (1981): nodes to ranks by longest path, long edges
cut by waypoints, ranks ordered by barycentres, then places along each rank by least squares, where
a rank keeps its order and its gaps: an isotonic regression, solved by pooling adjacent violators.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from symbook.render.sketch import (
    BETWEEN_BOXES,
    BETWEEN_RANKS,
    MARGIN,
    Curve,
    Layout,
    Point,
    Sketch,
    SketchEdge,
)

_SHARE_ABOVE = 1500
"""With more waypoints than this, the edges out of one box share theirs."""
_SWEEPS, _SETTLE = 12, 14
_WAYPOINT = 8.0
_ASIDE = 0.001
"""How little an edge that need not be straight pulls its ends."""
_REACH = 0.11
"""By this part of their longest sideways step ranks stand further apart: edges stay steep."""


class Layered(NamedTuple):
    """A layout and how many times edges cross in it."""

    layout: Layout
    crossings: int


def lay_out(sketch: Sketch) -> Layered:
    """Positions for every item and a curve for every edge."""
    if not sketch.sizes:
        return Layered(Layout((2 * MARGIN, 2 * MARGIN), (), ()), 0)
    net = _Net(sketch)
    crossings = _order(net)
    along = _settle(net)
    return Layered(_finish(sketch, net, along), crossings)


@dataclass
class _Link:
    """A step from a place in one rank to a place in the next.

    `shift` is where on the lower place it arrives, from the middle. `weight` pulls the upper place
    to the lower one and `down_weight` the lower to the upper.
    """

    up: int
    down: int
    shift: float = 0.0
    weight: float = 1.0
    down_weight: float = 1.0


@dataclass
class _Net:
    """The sketch with waypoints: places 0 … n-1 are its items, the rest are waypoints."""

    sketch: Sketch
    rank: list[int] = field(default_factory=list)
    breadth: list[float] = field(default_factory=list)
    links: list[_Link] = field(default_factory=list)
    routes: list[list[int]] = field(default_factory=list)
    ranks: list[list[int]] = field(default_factory=list)
    above: list[list[_Link]] = field(default_factory=list)
    below: list[list[_Link]] = field(default_factory=list)

    def __post_init__(self) -> None:
        sketch = self.sketch
        self.rank = _ranks(sketch)
        self.breadth = [wide if sketch.upright else tall for wide, tall in sketch.sizes]
        spans = sum(max(0, self.rank[e.head] - self.rank[e.tail] - 1) for e in sketch.edges)
        trunks: dict[tuple[int, int], int] | None = {} if spans > _SHARE_ABOVE else None
        made: set[tuple[int, int]] = set()
        for edge in sketch.edges:
            route = [edge.tail]
            between = range(self.rank[edge.tail] + 1, self.rank[edge.head])
            route += [self._waypoint(edge.tail, rank, trunks) for rank in between]
            route.append(edge.head)
            self.routes.append(route)
            self._connect(route, edge, made if trunks is not None else None)
        self.ranks = [[] for _ in range(max(self.rank) + 1)]
        for place, rank in enumerate(self.rank):
            self.ranks[rank].append(place)
        self.above = [[] for _ in self.rank]
        self.below = [[] for _ in self.rank]
        for link in self.links:
            self.above[link.down].append(link)
            self.below[link.up].append(link)

    def _waypoint(self, tail: int, rank: int, trunks: dict[tuple[int, int], int] | None) -> int:
        if trunks is not None and (tail, rank) in trunks:
            return trunks[tail, rank]
        self.rank.append(rank)
        self.breadth.append(_WAYPOINT)
        place = len(self.rank) - 1
        if trunks is not None:
            trunks[tail, rank] = place
        return place

    def _connect(
        self, route: Sequence[int], edge: SketchEdge, made: set[tuple[int, int]] | None
    ) -> None:
        items = len(self.sketch.sizes)
        for up, down in pairwise(route):
            if made is not None and down >= items:
                if (up, down) in made:
                    continue
                made.add((up, down))
            link = _Link(up, down)
            if up >= items and down >= items:
                link.weight = link.down_weight = 8.0
            elif not edge.straight:
                link.weight = link.down_weight = _ASIDE
            if down < items:
                link.shift = self.sketch.port_shift(edge)
            self.links.append(link)


def _ranks(sketch: Sketch) -> list[int]:
    """Longest path from the inputs; then what has few inputs moves near to its readers."""
    inputs = [0] * len(sketch.sizes)
    readers: list[list[int]] = [[] for _ in sketch.sizes]
    sources: list[list[int]] = [[] for _ in sketch.sizes]
    for edge in sketch.edges:
        inputs[edge.head] += 1
        readers[edge.tail].append(edge.head)
        sources[edge.head].append(edge.tail)
    rank = [0] * len(sketch.sizes)
    for item in range(len(rank)):
        rank[item] = max((rank[tail] + 1 for tail in sources[item]), default=0)
    for item in reversed(range(len(rank))):
        # Following the readers shortens edges only where no more come in than go out.
        if readers[item] and inputs[item] <= len(readers[item]):
            rank[item] = min(rank[head] for head in readers[item]) - 1
    lowest = min(rank)
    return [value - lowest for value in rank]


def _order(net: _Net) -> int:
    """Order the ranks for few crossings, and count them; the best order seen is kept."""
    _first_order(net)
    best, fewest = [list(rank) for rank in net.ranks], _crossings(net)
    stale = 0
    for sweep in range(_SWEEPS):
        if fewest == 0 or stale == 4:
            break
        down = sweep % 2 == 0
        for rank in net.ranks[1:] if down else reversed(net.ranks[:-1]):
            _sort_rank(net, rank, down)
        _swap_neighbours(net)
        count = _crossings(net)
        stale += 1
        if count < fewest:
            best, fewest, stale = [list(rank) for rank in net.ranks], count, 0
    net.ranks = best
    return fewest


def _first_order(net: _Net) -> None:
    """Depth first from the outputs, inputs in their order: trees come out without a crossing."""
    seen = [False] * len(net.rank)
    net_ranks: list[list[int]] = [[] for _ in net.ranks]
    for start in (place for place in range(len(net.rank)) if not net.below[place]):
        stack = [start]
        while stack:
            place = stack.pop()
            if seen[place]:
                continue
            seen[place] = True
            net_ranks[net.rank[place]].append(place)
            stack.extend(link.up for link in reversed(net.above[place]))
    net.ranks = net_ranks


def _index(net: _Net) -> list[int]:
    index = [0] * len(net.rank)
    for rank in net.ranks:
        for k, place in enumerate(rank):
            index[place] = k
    return index


def _sort_rank(net: _Net, rank: list[int], down: bool) -> None:
    index = _index_of(net, rank, down)
    keys = {}
    for k, place in enumerate(rank):
        links = net.above[place] if down else net.below[place]
        if not links:
            keys[place] = float(k)
            continue
        keys[place] = sum(_spot(net, index, link, down) for link in links) / len(links)
    rank.sort(key=keys.__getitem__)


def _index_of(net: _Net, rank: list[int], down: bool) -> dict[int, int]:
    near = net.rank[rank[0]] + (-1 if down else 1) if rank else 0
    return {place: k for k, place in enumerate(net.ranks[near])}


def _spot(net: _Net, index: dict[int, int], link: _Link, down: bool) -> float:
    """Where the far end of a link is along its rank; ports tell apart links to one item."""
    if down:
        return float(index[link.up])
    return index[link.down] + link.shift / (net.breadth[link.down] + 1.0)


def _ends(net: _Net, index: Sequence[int], link: _Link) -> tuple[float, float]:
    return index[link.up], index[link.down] + link.shift / (net.breadth[link.down] + 1.0)


def _crossings(net: _Net) -> int:
    index = _index(net)
    total = 0
    for rank in net.ranks[:-1]:
        ends = sorted(_ends(net, index, link) for place in rank for link in net.below[place])
        passed: list[float] = []
        for _, low in ends:
            total += len(passed) - bisect_left(passed, low + 1e-9)
            insort(passed, low)
    return total


def _swap_neighbours(net: _Net) -> None:
    """Exchange neighbours wherever that takes crossings away; for drawings of ordinary size."""
    if len(net.rank) > 600:
        return
    for rank in net.ranks:
        index = _index(net)
        for k in range(len(rank) - 1):
            left, right = rank[k], rank[k + 1]
            if _pair(net, index, left, right) > _pair(net, index, right, left):
                rank[k], rank[k + 1] = right, left
                index[left], index[right] = k + 1, k


def _pair(net: _Net, index: Sequence[int], left: int, right: int) -> int:
    """Crossings between the links of two neighbours, the first one standing to the left."""
    count = 0
    for a in net.below[left]:
        for b in net.below[right]:
            count += _ends(net, index, a)[1] > _ends(net, index, b)[1]
    for a in net.above[left]:
        for b in net.above[right]:
            count += index[a.up] > index[b.up]
    return count


def _settle(net: _Net) -> list[float]:
    """A place along its rank for everything, near the middle of what it is linked to."""
    along = [0.0] * len(net.rank)
    for rank in net.ranks:
        at = 0.0
        for k, place in enumerate(rank):
            at += _gap(net, rank[k - 1], place) if k else 0.0
            along[place] = at
    for step in range(_SETTLE):
        down, both = step % 2 == 0, step >= _SETTLE - 4
        for rank in net.ranks if down else reversed(net.ranks):
            _settle_rank(net, along, rank, both or down, both or not down)
    # Last, what has no inputs over its readers, then each below the middle of its inputs.
    for rank in reversed(net.ranks):
        _settle_rank(net, along, rank, up=False, down=True)
    for rank in net.ranks:
        _settle_rank(net, along, rank, up=True, down=False)
    return along


def _gap(net: _Net, left: int, right: int) -> float:
    items = len(net.sketch.sizes)
    gap = BETWEEN_BOXES if left < items and right < items else BETWEEN_BOXES / 2
    return (net.breadth[left] + net.breadth[right]) / 2 + gap


def _settle_rank(net: _Net, along: list[float], rank: Sequence[int], up: bool, down: bool) -> None:
    """Least squares with order and gaps kept: pool neighbours that would overlap."""
    pools: list[tuple[float, float, int]] = []  # weighted sum, weight, how many places
    offset, offsets = 0.0, []
    for k, place in enumerate(rank):
        offset += _gap(net, rank[k - 1], place) if k else 0.0
        offsets.append(offset)
        total, weight = 0.0, 0.0
        if up:
            for link in net.above[place]:
                total += link.down_weight * (along[link.up] - link.shift)
                weight += link.down_weight
        if down:
            for link in net.below[place]:
                total += link.weight * (along[link.down] + link.shift)
                weight += link.weight
        if weight == 0.0:
            # Nothing pulls it: it stays where it is, and gives way easily.
            total, weight = 0.05 * along[place], 0.05
        pools.append((total - weight * offset, weight, 1))
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            last, before = pools.pop(), pools.pop()
            pools.append((before[0] + last[0], before[1] + last[1], before[2] + last[2]))
    k = 0
    for total, weight, size in pools:
        for _ in range(size):
            along[rank[k]] = total / weight + offsets[k]
            k += 1


def _finish(sketch: Sketch, net: _Net, along: list[float]) -> Layout:
    depth = [tall if sketch.upright else wide for wide, tall in sketch.sizes]
    items = len(depth)
    bands: list[_Band] = []
    at = MARGIN
    for rank in net.ranks:
        band = _Band(at, at + max((depth[p] for p in rank if p < items), default=0.0))
        bands.append(band)
        steps = [abs(along[link.down] - along[link.up]) for p in rank for link in net.below[p]]
        at = band.stop + BETWEEN_RANKS + min(80.0, _REACH * max(steps, default=0.0))
    deep = bands[-1].stop + MARGIN
    low = min(along[p] - net.breadth[p] / 2 for p in range(len(along))) - MARGIN
    high = max(along[p] + net.breadth[p] / 2 for p in range(len(along))) + MARGIN
    shape = _Shape(sketch.direction, deep)
    # Items stand at the near end of their band, so that those of one rank begin on one line.
    centres = tuple(
        shape.turn(along[p] - low, bands[net.rank[p]].start + depth[p] / 2) for p in range(items)
    )
    curves = []
    for edge, route in zip(sketch.edges, net.routes, strict=True):
        stops = [(along[p] - low, bands[net.rank[p]]) for p in route]
        stops[-1] = (stops[-1][0] + sketch.port_shift(edge), stops[-1][1])
        points = _route(stops, bands[net.rank[edge.tail]].start + depth[edge.tail])
        curves.append(tuple(shape.turn(*point) for point in points))
    return Layout(shape.size(high - low), centres, tuple(curves))


class _Band(NamedTuple):
    """Where a rank begins and ends, across the ranks."""

    start: float
    stop: float


class _Shape(NamedTuple):
    """Turns (along a rank, across the ranks) into x and y for a direction."""

    direction: str
    deep: float

    def turn(self, along: float, across: float) -> Point:
        if self.direction in ("BT", "RL"):
            across = self.deep - across
        x, y = (along, across) if self.direction in ("TB", "BT") else (across, along)
        return round(x, 2), round(y, 2)

    def size(self, wide: float) -> tuple[float, float]:
        pair = (wide, self.deep) if self.direction in ("TB", "BT") else (self.deep, wide)
        return round(pair[0], 2), round(pair[1], 2)


def _route(stops: Sequence[tuple[float, _Band]], start: float) -> Curve:
    """Straight through each rank, and bent only between ranks, where nothing is in the way."""
    points: list[Point] = [(stops[0][0], start)]
    for k, (along, band) in enumerate(stops[:-1]):
        if band.stop > points[-1][1] + 0.01:
            points += _straight(points[-1], (along, band.stop))
        target, below = stops[k + 1]
        half = (points[-1][1] + below.start) / 2
        points += [(along, half), (target, half), (target, below.start)]
    return tuple(points)


def _straight(start: Point, end: Point) -> list[Point]:
    third = (end[1] - start[1]) / 3
    return [(start[0], start[1] + third), (end[0], end[1] - third), end]
