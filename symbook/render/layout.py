"""Positions for a sketch, by the best engine there is: Graphviz of pygraphviz, `dot`, or our own."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from symbook.render import graphviz_engine as graphviz
from symbook.render import layered
from symbook.render.sketch import Layout, Sketch

OWN = "built-in layout"


class Engine(NamedTuple):
    """A layout engine: `name` (`Graphviz of pygraphviz`, `Graphviz`, `built-in layout`), version, and why not better."""

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
_lock = threading.Lock()
_cache: OrderedDict[str, Laid] = OrderedDict()


def engine() -> Engine:
    """The engine that the next drawing would use, and its version; asks it, so it takes about 0.1 s."""
    remarks = []
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
    """The layout of a sketch; the same sketch again is answered from a small cache. Never fails for want of Graphviz."""
    if not sketch.sizes:
        return Laid(layered.lay_out(sketch), OWN, "")
    dot = graphviz.sketch_dot(sketch)
    with _lock:
        if dot in _cache:
            _cache.move_to_end(dot)
            return _cache[dot]
    laid = _by_best(sketch, dot)
    with _lock:
        _cache[dot] = laid
        while len(_cache) > _KEPT:
            _cache.popitem(last=False)
    return laid


def forget() -> None:
    """Empty the cache, as after a change of what is installed."""
    with _lock:
        _cache.clear()
    graphviz.pygraphviz_folder.cache_clear()


def _by_best(sketch: Sketch, dot: str) -> Laid:
    remarks = []
    for name, run in _runners():
        try:
            return Laid(graphviz.read_layout(sketch, run(dot, "json0")), name, "; ".join(remarks))
        except graphviz.GraphvizFailed as why:
            remarks.append(f"{name}: {why}")
            if "longer than" in str(why):
                break  # the other Graphviz would take as long
    return Laid(layered.lay_out(sketch), OWN, "; ".join(remarks))


def _runners() -> list[tuple[str, Callable[[str, str], bytes]]]:
    found: list[tuple[str, Callable[[str, str], bytes]]] = []
    if graphviz.pygraphviz_folder() is not None:
        found.append((_BUNDLED, graphviz.run_bundled))
    if graphviz.dot_program() is not None:
        found.append((_PROGRAM, graphviz.run_program))
    return found
