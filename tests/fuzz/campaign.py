"""Many graphs, one after another or in several processes: how many, of what kinds, and which differ."""

from __future__ import annotations

import importlib.metadata
import json
import multiprocessing
import platform
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

import symbook

from .drawing import random_graph
from .graph import Graph
from .operators import LEFT_OUT, OPERATORS, Operator
from .plan import Plan, random_plan
from .running import Difference, check
from .shrinking import shrunk
from .values import Source

_PLANS = 2**50
"""How far the seeds of plans are from those of graphs."""


@dataclass
class Tally:
    """What was run, and what differed."""

    graphs: int = 0
    calls: int = 0
    seconds: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)
    operators: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    differing: list[int] = field(default_factory=list)

    def note(self, graph: Graph, plan: Plan, kind: str) -> None:
        """Count one graph that was run."""
        self.graphs += 1
        self.calls += len(graph.calls)
        self.kinds[kind] += 1
        self.operators.update([call.op for call in graph.calls])
        self.ways[
            f"runner {plan.runner}" + (f" {plan.threads}" if plan.runner == "threads" else "")
        ] += 1
        self.ways["forward runs"] += plan.runs
        options = [item.name for item in fields(plan) if isinstance(getattr(plan, item.name), bool)]
        for name in options:
            self.ways[name] += getattr(plan, name)
        if plan.backward:
            self.ways[f"backward, {plan.backward}"] += 1

    def add(self, other: Tally) -> None:
        """Count what another process ran, too."""
        self.graphs += other.graphs
        self.calls += other.calls
        for name in ("kinds", "operators", "ways"):
            getattr(self, name).update(getattr(other, name))
        self.differing += other.differing


def replaced(operator: Operator, reference: Callable[..., Any]) -> Operator:
    """An operator of which something else is said to be right: to see that a difference is found."""
    return replace(operator, reference=reference)


def seed_of(seed: int, number: int) -> int:
    """The seed of one graph of a run."""
    return (seed * 1_000_003 + number) % _PLANS


def drawn(graph_seed: int) -> tuple[Graph, Plan, str]:
    """A graph, how it is run, and its kind."""
    graph, kind = random_graph(graph_seed)
    return graph, random_plan(Source(graph_seed + _PLANS), kind, len(graph.calls)), kind


def report(graph_seed: int) -> str:
    """What is to be said of a graph that differs: the smallest graph like it, and how to see it again."""
    graph, plan, kind = drawn(graph_seed)
    again = f"python -m tests.fuzz --show {graph_seed}"
    try:
        graph, plan, problem = shrunk(graph, plan, kind)
    except ValueError:
        return (
            f"The graph of seed {graph_seed} differed, and does not when it is run again: {again}"
        )
    return (
        f"The graph of seed {graph_seed} differs. To see it again: {again}\n"
        f"The smallest graph that does, of kind {kind!r}:\n\n{graph.text()}\n{plan.text()}\n\n{problem}"
    )


def run(
    seed: int,
    first: int,
    graphs: int | None = None,
    seconds: float | None = None,
    pause: int = 1000,
) -> Iterator[Tally]:
    """Run graphs from a number on; the tally so far, after each `pause` graphs and at the end."""
    tally, began, number = Tally(), time.monotonic(), first
    while (graphs is None or tally.graphs < graphs) and (
        seconds is None or time.monotonic() - began < seconds
    ):
        graph_seed = seed_of(seed, number)
        number += 1
        graph, plan, kind = drawn(graph_seed)
        try:
            check(graph, plan, kind)
        except Difference:
            tally.differing.append(graph_seed)
        tally.note(graph, plan, kind)
        if tally.graphs % pause == 0:
            tally.seconds = time.monotonic() - began
            yield tally
    tally.seconds = time.monotonic() - began
    yield tally


def _all(job: tuple[int, int, int | None, float | None]) -> Tally:
    *_, last = run(*job)
    return last


def shared(seed: int, graphs: int | None, seconds: float | None, workers: int) -> Tally:
    """As :func:`run`, by several processes at a time, each with a part of the numbers."""
    whole, began = Tally(), time.monotonic()
    part = None if graphs is None else -(-graphs // workers)
    jobs = [(seed, k * (part or 2**40), part, seconds) for k in range(workers)]
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        for tally in pool.imap_unordered(_all, jobs):
            whole.add(tally)
    whole.seconds = time.monotonic() - began
    return whole


def recorded(tally: Tally, seed: int, command: str) -> dict[str, Any]:
    """A run's outcome as plain data."""
    return {
        "command": command,
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "seed": seed,
        "graphs": tally.graphs,
        "calls": tally.calls,
        "differences": len(tally.differing),
        "seeds of differing graphs": tally.differing[:100],
        "seconds": round(tally.seconds, 1),
        "versions": {
            "symbook": symbook.__version__,
            "Python": platform.python_version(),
            "NumPy": np.__version__,
            "Numba": _version("numba"),
        },
        "machine": f"{platform.machine()}, {platform.system()}",
        "operators": {"covered": len(OPERATORS), "left out": len(LEFT_OUT)},
        "kinds": dict(tally.kinds.most_common()),
        "ways": dict(sorted(tally.ways.items())),
        "calls of each operator": dict(sorted(tally.operators.items())),
    }


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def write(path: Path, outcome: dict[str, Any]) -> None:
    """Write an outcome to a file."""
    path.write_text(json.dumps(outcome, indent=1) + "\n", encoding="utf-8")
