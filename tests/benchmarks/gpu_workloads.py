"""What is measured on a GPU, and what symbook must reach there."""

from __future__ import annotations

from .program import Size
from .workloads import LIMIT, Goal, Workload, ahead_of

_PEERS = ("cupy", "cupy-fuse", "jax", "torch", "torch-compile")
_TILES = 64  # of a million elements
_MILLION: Size = {"n": 1_000_000, "tiles": _TILES}
_LARGE_E: Size = {"shape": [1_000_000], "tiles": _TILES}
_TOY_LINE: Size = {"n": 100, "tiles": 3}
_ROWS: Size = {"rows": 128, "n": 8192, "tiles": _TILES}
_TOY_ROWS: Size = {"rows": 4, "n": 100, "tiles": 2}
_LAYERS: Size = {"layers": 50, "batch": 2048, "hidden": 512}
_TOY_LAYERS: Size = {"layers": 3, "batch": 64, "hidden": 32}
_TENTH_MORE = Goal("copy", 1.1)


def _e(name: str, title: str, how: str, size: Size, toy: Size, goals: tuple[Goal, ...]) -> Workload:
    return Workload(name, f"(A*B)+(C*D), {title}", "e", size, toy, goals, how=how)


def _resnet(batch: int, how: str, *goals: Goal) -> Workload:
    return Workload(
        f"resnet-50-batch-{batch}",
        f"ResNet-50, predict, batch {batch}",
        "resnet",
        {"width": 1, "classes": 1000, "side": 224, "batch": batch},
        {"width": 1 / 16, "classes": 10, "side": 64, "batch": min(batch, 2)},
        goals,
        1e-4,
        how=how,
    )


def _memory(kind: str, title: str) -> Workload:
    return Workload(kind, title, kind, _LAYERS, _TOY_LAYERS, unit="bytes")


_ONE: Size = {"shape": [1]}
_SQUARE: Size = {"shape": [1000, 1000]}
_TOY_SQUARE: Size = {"shape": [3, 4]}

WORKLOADS = (
    _e("e-64m", "64M elements", "queued", _LARGE_E, {"shape": [50], "tiles": 3},
       (Goal("copy", 1 / 0.9), *ahead_of(*_PEERS))),
    Workload("chain-40", "40 operators that read one array, 64M elements", "line",
             _MILLION, _TOY_LINE, (_TENTH_MORE, *ahead_of(*_PEERS))),
    _e("e-1000x1000-host", "1000×1000, until the call returns", "host", _SQUARE, _TOY_SQUARE,
       (Goal(LIMIT, 15e-6),)),
    _e("e-1000x1000", "1000×1000", "queued", _SQUARE, _TOY_SQUARE, ahead_of(*_PEERS)),
    _e("e-1", "1 element, with the wait for it", "alone", _ONE, _ONE, ahead_of(*_PEERS)),
    _e("e-1-host", "1 element, until the call returns", "host", _ONE, _ONE, ()),
    _resnet(32, "queued", *ahead_of("torch")),
    _resnet(1, "alone", *ahead_of("torch")),
    Workload("dot", "a product of 4096×4096 matrices", "dot", {"n": 4096}, {"n": 16},
             (Goal("blas", 1.05),)),
    Workload("branches-8", "8 branches of 512×512 dot, tanh, sum", "branches",
             {"branches": 8, "n": 512}, {"branches": 3, "n": 16}, ahead_of("cupy", "torch")),
    Workload("mlp", "MLP 784-256-128-10, batch 128, forward and backward", "mlp",
             {"batch": 128, "layers": [784, 256, 128, 10]}, {"batch": 4, "layers": [12, 8, 6, 5]},
             ahead_of("cupy", "torch")),
    Workload("lstm-50", "LSTM cell, 50 steps, hidden 256, batch 32, forward and backward", "lstm",
             {"steps": 50, "batch": 32, "hidden": 256}, {"steps": 3, "batch": 2, "hidden": 4},
             ahead_of("cupy", "torch"), 1e-4),
    Workload("softmax", "softmax of 8192 rows of 8192", "softmax", _ROWS, _TOY_ROWS,
             ahead_of("cupy", "torch")),
    Workload("distance", "sum of (x - y)² along 8192 rows of 8192", "distance", _ROWS, _TOY_ROWS,
             ahead_of("cupy", "torch")),
    Workload("chain-40-three", "40 operators with divisions that read three arrays, 64M elements",
             "chain", _MILLION, _TOY_LINE, ahead_of("cupy", "cupy-fuse", "torch")),
    Workload("mix", "tanh, exp, log, sigmoid, 64M elements", "mix", _MILLION, _TOY_LINE,
             ahead_of("cupy", "cupy-fuse", "torch")),
    _memory("memory-forward", "planned memory of 50 layers, forward"),
    _memory("memory-backward", "planned memory of 50 layers, with backward"),
    _memory("peak-forward", "measured peak of 50 layers, forward"),
    _memory("peak-backward", "measured peak of 50 layers, with backward"),
    Workload("import", "import the package and make an array on the GPU", "import", {}, {}),
)  # fmt: skip
"""In the order of what the goals weigh, for a run whose time is limited."""
