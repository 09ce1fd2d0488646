"""What is measured, and what symbook must reach.

A workload is a kind of work at a size. The inputs and results of each kind are in `reference`; what a
peer makes of it is in the peer's file under `peers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch

from .program import Size

LIMIT = "seconds"
EVERY_PEER = ("numpy", "numexpr", "mxnet", "jax", "torch")
BOUNDS = ("numba", "copy", "blas")


@dataclass(frozen=True)
class Goal:
    """Symbook's figure must be at most `factor` times that of `rival`, or so many seconds for `LIMIT`."""

    rival: str
    factor: float


@dataclass(frozen=True)
class Workload:
    """One row of the table.

    Attributes
    ----------
    name, title : str
    kind : str
        What the peers know it by.
    size, toy : dict
        The size that is measured, and one so small that a test may run it.
    goals : tuple of Goal
    tolerance : float
        How far a result may be from the one in float64: the largest difference in an array, relative
        to the array's largest value.
    unit : str
        What the figures are: `s` or `bytes`.
    how : str
        What is timed where work goes on after a call has returned; see `Program.measure`.
    """

    name: str
    title: str
    kind: str
    size: Size
    toy: Size
    goals: tuple[Goal, ...] = ()
    tolerance: float = 1e-5
    unit: str = "s"
    how: str = "queued"


def ahead_of(*rivals: str) -> tuple[Goal, ...]:
    return tuple(Goal(rival, 1.0) for rival in rivals)


_TINY_GOALS = (Goal("numpy", 1.6), Goal("mxnet", 0.1), *ahead_of("jax", "torch"))
_THIRD = 1 / 3  # three times faster
_TWO_MILLION: Size = {"n": 2_000_000}
_SMALL: Size = {"n": 1000}


def _e(name: str, title: str, shape: tuple[int, ...], goals: tuple[Goal, ...]) -> Workload:
    toy = {"shape": [1] if shape == (1,) else [3, 4]}
    return Workload(name, f"(A*B)+(C*D), {title}", "e", {"shape": list(shape)}, toy, goals)


def _graph(stage: str, title: str) -> Workload:
    return Workload(
        f"graph-{stage}",
        f"{title} a graph of 10,000 nodes",
        f"graph-{stage}",
        {"n": 10_000},
        {"n": 40},
        (Goal("mxnet", _THIRD),),
    )


def _resnet(batch: int) -> Workload:
    return Workload(
        f"resnet-50-batch-{batch}",
        f"ResNet-50, predict, batch {batch}",
        "resnet",
        {"width": 1, "classes": 1000, "side": 224, "batch": batch},
        {"width": 1 / 16, "classes": 10, "side": 64, "batch": batch},
        ahead_of("mxnet"),
        1e-4,
    )


def _memory(name: str, title: str, rivals: tuple[str, ...]) -> Workload:
    return Workload(
        name,
        title,
        name,
        {"layers": 50, "batch": 2048, "hidden": 512},
        {"layers": 3, "batch": 2048, "hidden": 512},
        ahead_of(*rivals),
        unit="bytes",
    )


WORKLOADS = (
    _e("e-1", "1 element", (1,), _TINY_GOALS),
    _e("e-1000", "1,000 elements", (1000,), _TINY_GOALS),
    _e("e-1000x1000", "1000×1000", (1000, 1000), (*ahead_of(*EVERY_PEER), Goal("numba", 1.25))),
    _e("e-4000x4000", "4000×4000", (4000, 4000), (Goal("numba", 1.1), Goal("mxnet", 0.25))),
    Workload(
        "chain-40", "40 operators of arithmetic, 2M elements", "chain", _TWO_MILLION, _SMALL,
        (*ahead_of(*EVERY_PEER), Goal("numba", 1.1)),
    ),
    Workload(
        "mix", "tanh, exp, log, sigmoid, 2M elements", "mix", _TWO_MILLION, _SMALL,
        ahead_of(*EVERY_PEER),
    ),
    Workload(
        "branches-8", "8 branches of 512×512 dot, tanh, sum", "branches",
        {"branches": 8, "n": 512}, {"branches": 3, "n": 16},
        (Goal("blas", 1.15), *ahead_of("numpy", "mxnet")),
    ),
    Workload(
        "mlp", "MLP 784-256-128-10, batch 128, forward and backward", "mlp",
        {"batch": 128, "layers": [784, 256, 128, 10]}, {"batch": 4, "layers": [12, 8, 6, 5]},
        (*ahead_of("mxnet", "torch"), Goal("jax", 1.1)),
    ),
    Workload(
        "lstm-50", "LSTM cell, 50 steps, hidden 256, batch 32, forward and backward", "lstm",
        {"steps": 50, "batch": 32, "hidden": 256}, {"steps": 3, "batch": 2, "hidden": 4},
        ahead_of("mxnet"), 1e-4,
    ),
    _resnet(1),
    _resnet(8),
    _graph("compose", "compose"),
    _graph("infer", "infer the shapes of"),
    _graph("bind", "bind"),
    _graph("save", "save"),
    _graph("load", "load"),
    _memory("memory-forward", "planned memory of 50 layers, forward", ("mxnet",)),
    _memory("memory-backward", "planned memory of 50 layers, with backward", ("mxnet",)),
    _memory("peak-forward", "measured peak of 50 layers, forward", ()),
    _memory("peak-backward", "measured peak of 50 layers, with backward", ()),
    Workload("import", "import the package", "import", {}, {}, (Goal("numpy", 1.5),)),
)  # fmt: skip


def chosen(patterns: Iterable[str], among: Sequence[Workload] = WORKLOADS) -> tuple[Workload, ...]:
    """The workloads whose names fit one of the patterns, such as `e-*`; all for no pattern.

    Raises
    ------
    ValueError
        If a pattern fits none.
    """
    wanted = list(patterns)
    for pattern in wanted:
        if not any(fnmatch(workload.name, pattern) for workload in among):
            known = ", ".join(workload.name for workload in among)
            raise ValueError(f"no workload is called {pattern}; there are {known}")
    return tuple(
        workload
        for workload in among
        if not wanted or any(fnmatch(workload.name, pattern) for pattern in wanted)
    )
