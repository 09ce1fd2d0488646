"""Graphviz, from pygraphviz's wheel or the system: always in a child process, always with a time
limit.

pygraphviz holds the interpreter while it works and its messages would land in a notebook's cell; a
crash of Graphviz would take the kernel with it. A child takes all that away; it costs about 70 ms once, as it
stays for the next picture.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import warnings
from functools import cache
from pathlib import Path
from typing import Any

from symbook.render import graphviz_server
from symbook.render.sketch import (
    BETWEEN_BOXES,
    BETWEEN_RANKS,
    MARGIN,
    Curve,
    Layout,
    Point,
    Sketch,
)

TIMEOUT = 6.0
"""Seconds after which Graphviz is stopped."""
_CHILD = Path(__file__).with_name("_graphviz_child.py")


class GraphvizFailed(Exception):
    """Graphviz is not there, or did not give a result; the text says why."""


@cache
def pygraphviz_folder() -> str | None:
    """The folder that holds pygraphviz, found without importing it; None where there is none."""
    try:
        spec = importlib.util.find_spec("pygraphviz")
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None:
        return None
    return str(Path(spec.origin).parent.parent)


def dot_program() -> str | None:
    """The program `dot` on the path, or None."""
    return shutil.which("dot")


def run_bundled(dot: str, form: str, program: str = "dot") -> bytes:
    """Graphviz of pygraphviz's wheel; `program` is its layout. Raises GraphvizFailed."""
    folder = pygraphviz_folder()
    if folder is None:
        raise GraphvizFailed("pygraphviz is not installed")
    # -P: a file of the user's called re.py beside the notebook must not be imported.
    if not sys.executable:
        return _in_process(dot, form, program)
    command = [sys.executable, "-P", str(_CHILD), folder]
    try:
        return graphviz_server.ask(command, dot, form, program, TIMEOUT)
    except graphviz_server.ServerError as error:
        raise GraphvizFailed(str(error)) from None
    except OSError:
        return _in_process(dot, form, program)


def run_program(dot: str, form: str, program: str = "dot") -> bytes:
    """Graphviz of the system; `program` is its layout. Raises GraphvizFailed."""
    found = dot_program()
    if found is None:
        raise GraphvizFailed("there is no program `dot` on the path")
    try:
        return _child([found, f"-K{program}", f"-T{form}"], dot)
    except OSError as error:
        raise GraphvizFailed(f"{found} cannot be started: {error}") from None


def _child(command: list[str], dot: str) -> bytes:
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    try:
        done = subprocess.run(  # our own command; the text goes by standard input
            command,
            input=dot.encode(),
            capture_output=True,
            timeout=TIMEOUT,
            creationflags=flags,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise GraphvizFailed(f"Graphviz took longer than {TIMEOUT:g} s") from None
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise GraphvizFailed(
            f"Graphviz failed ({done.returncode}): {said[-1] if said else 'no message'}"
        )
    return done.stdout


def _in_process(dot: str, form: str, program: str) -> bytes:
    """Where no child can be started. There is no time limit here."""
    from symbook.render._graphviz_child import run_pygraphviz

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return run_pygraphviz(dot, form, program)
    except Exception as error:  # whatever pygraphviz raises, a picture can still be had without it
        raise GraphvizFailed(f"pygraphviz failed: {error}") from None


def bundled_version() -> str:
    """Version of Graphviz in pygraphviz's wheel. Raises GraphvizFailed."""
    return _version_in(run_bundled("digraph{}", "svg").decode(errors="replace"))


def program_version() -> str:
    """Version of the system's Graphviz. Raises GraphvizFailed."""
    return _version_in(run_program("digraph{}", "svg").decode(errors="replace"))


def _version_in(svg: str) -> str:
    found = re.search(r"graphviz version (\d+(?:\.\d+)+)", svg)
    return found[1] if found else "unknown"


_FOR_CROSSINGS = 16.0
"""More room between ranks: where edges cross there, they need it."""
_SIDES = {"TB": ("n", "s"), "BT": ("s", "n"), "LR": ("w", "e"), "RL": ("e", "w")}


def sketch_dot(sketch: Sketch) -> str:
    """The sketch in DOT: numbers only, no text."""
    enter, leave = _SIDES[sketch.direction]
    apart = f"nodesep={BETWEEN_BOXES / 72:.4f} ranksep={(BETWEEN_RANKS + _FOR_CROSSINGS) / 72:.4f}"
    lines = [
        "digraph {",
        f"rankdir={sketch.direction} {apart}",
        'node [shape=box fixedsize=true label="" margin=0]',
        "edge [headclip=false tailclip=false arrowhead=none]",
    ]
    for i, (wide, tall) in enumerate(sketch.sizes):
        record = ""
        if sketch.ports[i]:
            # A record of fixed size has fields of equal size: our ports.
            fields = "|".join(f"<i{k}>" for k in range(sketch.ports[i]))
            record = f' shape=record label="{fields}"'
        lines.append(f"n{i} [width={wide / 72:.4f} height={tall / 72:.4f}{record}]")
    for k, edge in enumerate(sketch.edges):
        place = f":i{edge.port}" if edge.port >= 0 else ""
        ends = f"n{edge.tail}:{leave} -> n{edge.head}{place}:{enter}"
        lines.append(f"{ends} [k={k} weight={4 if edge.straight else 1}]")
    return "\n".join([*lines, "}"])


def read_layout(sketch: Sketch, answer: bytes) -> Layout:
    """The layout in Graphviz's `json0` output. Raises GraphvizFailed if it cannot be read."""
    try:
        told = json.loads(answer)
        return _read(sketch, told)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise GraphvizFailed(f"Graphviz's answer cannot be read: {error!r}") from None


def _read(sketch: Sketch, told: dict[str, Any]) -> Layout:
    left, low, right, high = (float(part) for part in told["bb"].split(","))

    def place(x: float, y: float) -> Point:
        return round(x - left + MARGIN, 2), round(high - y + MARGIN, 2)

    centres: list[Point] = [(0.0, 0.0)] * len(sketch.sizes)
    for item in told.get("objects", ()):
        x, y = item["pos"].split(",")
        centres[int(item["name"][1:])] = place(float(x), float(y))
    curves: list[Curve] = [()] * len(sketch.edges)
    for item in told.get("edges", ()):
        pairs = (point.split(",") for point in item["pos"].split())
        curve = tuple(place(float(x), float(y)) for x, y in pairs)
        if len(curve) % 3 != 1:
            raise ValueError("a curve of wrong length")
        curves[int(item["k"])] = curve
    if not all(curves):
        raise ValueError("an edge has no curve")
    size = (round(right - left + 2 * MARGIN, 2), round(high - low + 2 * MARGIN, 2))
    return Layout(size, tuple(centres), tuple(curves))
