"""Positions for a sketch, by our own engine or by Graphviz, whichever does it better."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from symbook import forks
from symbook.render import graphviz_engine as graphviz
from symbook.render import layered
from symbook.render.layered import Layered
from symbook.render.sketch import Layout, Sketch

OWN = "built-in layout"


class Engine(NamedTuple):
    """A layout engine: its name, its version, and why no better one is used."""

    name: str
    version: str
    remark: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


class Laid(NamedTuple):
    """A layout, the engine that made it, and what went wrong with better ones."""

    layout: Layout
    engine: str
    remark: str


_BUNDLED, _PROGRAM = "Graphviz of pygraphviz", "Graphviz"
_KEPT = 64
_MOST = 400
"""Beyond as many items, Graphviz takes seconds to minutes."""
_lock = forks.lock()
_cache: OrderedDict[Sketch, Laid] = OrderedDict()


def engine() -> Engine:
    """The engine for graphs whose edges cross, PNG and PDF; asks it its version, which takes 0.1 s."""
    remarks: list[str] = []
    for name, version in (
        (_BUNDLED, graphviz.bundled_version),
        (_PROGRAM, graphviz.program_version),
    ):
        try:
            return Engine(name, version(), "; ".join(remarks))
        except graphviz.GraphvizFailed as why:
            remarks.append(str(why))
    return Engine(OWN, "", "; ".join(remarks))


def lay_out(sketch: Sketch) -> Laid:
    """The layout of a sketch, from a small cache where the same sketch was laid out before.

    A drawing in which no edges cross is ours: it is symmetrical and there at once. Graphviz is
    asked where edges would cross, as its search for an order with few crossings is better. Never
    fails for want of Graphviz.
    """
    with _lock:
        if sketch in _cache:
            _cache.move_to_end(sketch)
            return _cache[sketch]
    own = layered.lay_out(sketch)
    crossed = own.crossings > 0 and len(sketch.sizes) <= _MOST
    laid = _by_best(sketch, own) if crossed else Laid(own.layout, OWN, "")
    with _lock:
        _cache[sketch] = laid
        while len(_cache) > _KEPT:
            _cache.popitem(last=False)
    return laid


def forget() -> None:
    """Empty the cache, as after a change of what is installed."""
    with _lock:
        _cache.clear()
    graphviz.pygraphviz_folder.cache_clear()


def _by_best(sketch: Sketch, own: Layered) -> Laid:
    dot = graphviz.sketch_dot(sketch)
    remarks: list[str] = []
    for name, run in _runners():
        try:
            return Laid(graphviz.read_layout(sketch, run(dot, "json0")), name, "; ".join(remarks))
        except graphviz.GraphvizFailed as why:
            remarks.append(f"{name}: {why}")
            if "longer than" in str(why):
                break  # the other Graphviz would take as long
    return Laid(own.layout, OWN, "; ".join(remarks))


def _runners() -> list[tuple[str, Callable[..., bytes]]]:
    found: list[tuple[str, Callable[..., bytes]]] = []
    if graphviz.pygraphviz_folder() is not None:
        found.append((_BUNDLED, graphviz.run_bundled))
    if graphviz.dot_program() is not None:
        found.append((_PROGRAM, graphviz.run_program))
    return found
