"""The inputs of each kind of workload, and its results computed by NumPy in float64."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace

import numpy as np

from . import arithmetic
from .peers import by_hand, by_numpy
from .program import Arrays, Size

SEED = 20


def inputs(kind: str, size: Size) -> Arrays:
    """The arrays that every peer is given, float32, the same in each run; one tile of them."""
    return _INPUTS[kind](size) if kind in _INPUTS else {}


def expected(kind: str, size: Size, given: Arrays) -> Arrays:
    """What a peer's results must be, by name; those of the files and plans are counts."""
    if kind.startswith("graph-"):
        return _GRAPH[kind](size["n"])
    if kind not in _RESULTS:
        return {}
    return _RESULTS[kind]({name: array.astype("float64") for name, array in given.items()})


def uniform(
    rng: np.random.Generator, shape: tuple[int, ...], low: float, high: float
) -> np.ndarray:
    """Numbers of float32 in [low, high)."""
    found = rng.random(shape, dtype="float32")
    found *= high - low
    found += low
    return found


def _uniforms(shape: tuple[int, ...], **ranges: tuple[float, float]) -> Arrays:
    rng = np.random.default_rng(SEED)
    return {name: uniform(rng, shape, *edges) for name, edges in ranges.items()}


def _e(size: Size) -> Arrays:
    return _uniforms(tuple(size["shape"]), **dict.fromkeys("ABCD", (0, 1)))


def _chain(size: Size) -> Arrays:
    return _uniforms((size["n"],), x=(0, 1), y=(0.5, 1), w=(1.5, 2.5))


def _line(size: Size) -> Arrays:
    return _uniforms((size["n"],), x=(0, 1))


def _softmax(size: Size) -> Arrays:
    return _uniforms((size["rows"], size["n"]), x=(-4, 4))


def _distance(size: Size) -> Arrays:
    return _uniforms((size["rows"], size["n"]), x=(-1, 1), y=(-1, 1))


def _dot(size: Size) -> Arrays:
    return _uniforms((size["n"], size["n"]), a=(0, 1), b=(0, 1))


def _mix(size: Size) -> Arrays:
    return _uniforms((size["n"],), x=(-2, 2), y=(-2, 2))


def _branches(size: Size) -> Arrays:
    n = size["n"]
    edge = (2 / n) ** 0.5  # products near 1/2
    names = [f"{side}{k}" for k in range(size["branches"]) for side in "ab"]
    return _uniforms((n, n), **dict.fromkeys(names, (0, edge)))


def _mlp(size: Size) -> Arrays:
    rng = np.random.default_rng(SEED)
    widths = size["layers"]
    found = {"data": uniform(rng, (size["batch"], widths[0]), 0, 1)}
    for i, (before, after) in enumerate(pairwise(widths), 1):
        edge = (6 / before) ** 0.5
        found[f"w{i}"] = uniform(rng, (after, before), -edge, edge)
        found[f"b{i}"] = uniform(rng, (after,), -0.2, 0.2)
    found["label"] = np.floor(uniform(rng, (size["batch"],), 0, widths[-1]))
    return found


def _lstm(size: Size) -> Arrays:
    rng = np.random.default_rng(SEED)
    steps, batch, hidden = size["steps"], size["batch"], size["hidden"]
    edge = (3 / hidden) ** 0.5
    return {
        "data": uniform(rng, (steps, batch, hidden), -1, 1),
        "wx": uniform(rng, (4 * hidden, hidden), -edge, edge),
        "bx": uniform(rng, (4 * hidden,), -0.2, 0.2),
        "wh": uniform(rng, (4 * hidden, hidden), -edge, edge),
        "bh": uniform(rng, (4 * hidden,), -0.2, 0.2),
        "h0": np.zeros((batch, hidden), "float32"),
        "c0": np.zeros((batch, hidden), "float32"),
        "head": np.ones((batch, hidden), "float32"),
    }


def _resnet(size: Size) -> Arrays:
    from networks import answers

    import symbook

    from .peers.by_symbol import RESNET, resnet_size

    network = resnet_size(size)
    symbol = RESNET.build(symbook, network)
    arguments, states = answers.made_up(symbol, network.data, network.classes, RESNET.gain)
    return {**arguments, **states}


_INPUTS: dict[str, Callable[[Size], Arrays]] = {
    "e": _e,
    "chain": _chain,
    "line": _line,
    "mix": _mix,
    "softmax": _softmax,
    "distance": _distance,
    "dot": _dot,
    "branches": _branches,
    "mlp": _mlp,
    "lstm": _lstm,
    "resnet": _resnet,
}

_F = SimpleNamespace(tanh=np.tanh, exp=np.exp, log=np.log, sigmoid=lambda x: 1 / (1 + np.exp(-x)))


def _branches_sum(given: Arrays) -> Arrays:
    pairs = len(given) // 2
    return {
        "out": np.array(sum(np.tanh(given[f"a{k}"] @ given[f"b{k}"]).sum() for k in range(pairs)))
    }


_RESULTS: dict[str, Callable[[Arrays], Arrays]] = {
    "e": lambda given: {"out": arithmetic.e(*given.values())},
    "chain": lambda given: {"out": arithmetic.chain(**given)},
    "line": lambda given: {"out": arithmetic.line(**given)},
    "mix": lambda given: {"out": arithmetic.mix(_F, **given)},
    "softmax": lambda given: {"out": by_hand.softmax(given["x"])},
    "distance": lambda given: {"out": ((given["x"] - given["y"]) ** 2).sum(axis=1)},
    "dot": lambda given: {"out": given["a"] @ given["b"]},
    "branches": _branches_sum,
    "mlp": by_hand.mlp_step,
    "lstm": by_hand.lstm_step,
    "resnet": by_numpy.resnet_predict,
}


def _nodes(n: int) -> Arrays:
    return {"nodes": np.array(n + 2)}


def _chain_value(n: int) -> Arrays:
    """What the graph gives where x is 0.5 and y is 0.25."""
    z = 0.5
    for _ in range(n // 4):
        z = math.tanh((z + 0.25) * 0.5) - 0.5
    return {"out": np.array([z])}


_GRAPH: dict[str, Callable[[int], Arrays]] = {
    "graph-compose": _nodes,
    "graph-infer": lambda n: {"shape": np.array([3])},
    "graph-bind": _chain_value,
    "graph-save": _nodes,
    "graph-load": _nodes,
}
