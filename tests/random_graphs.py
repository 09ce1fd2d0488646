"""Random graphs and NumPy's answer to them, node by node: the oracle of the engine's property tests."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import symbook as mx
from symbook.graph import Graph
from symbook.symbol import Symbol

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Case:
    """A symbol, arrays for its arguments, and what NumPy says the outputs are."""

    symbol: Symbol
    arrays: dict[str, Array]
    expected: list[Array]

    def bound(self) -> dict[str, mx.nd.NDArray]:
        """Fresh NDArrays with the arguments' values."""
        return {name: mx.nd.array(value, dtype=value.dtype) for name, value in self.arrays.items()}


# Each makes a symbol and NumPy's value from those of its inputs. Values stay small: integers in float64,
# so that sums and products are exact and results can be compared to the bit.
UNARY: list[Callable[[Any, Array], tuple[Any, Array]]] = [
    lambda s, v: (mx.sym.negative(s), np.negative(v)),
    lambda s, v: (mx.sym.abs(s), np.abs(v)),
    lambda s, v: (s + 3, v + 3),
    lambda s, v: (5 - s, 5 - v),
    lambda s, v: (mx.sym.clip(s, a_min=-4, a_max=4), np.clip(v, -4, 4)),
    lambda s, v: (mx.sym.sign(s), np.sign(v)),
    lambda s, v: (s > 0, (v > 0).astype(v.dtype)),
    lambda s, v: (mx.sym.identity(s), v),
    lambda s, v: (mx.sym.BlockGrad(s), v),
    lambda s, v: (mx.sym.reshape(s, shape=(-1,)), v.reshape(-1)),
    lambda s, v: (mx.sym.transpose(s), v.T),
    lambda s, v: (mx.sym.expand_dims(s, axis=0), v[None]),
    lambda s, v: (mx.sym.flip(s, axis=0), v[::-1]),
    lambda s, v: (mx.sym.sum(s, axis=0, keepdims=True), v.sum(axis=0, keepdims=True)),
    lambda s, v: (mx.sym.max(s, axis=0, keepdims=True), v.max(axis=0, keepdims=True)),
    lambda s, v: (mx.sym.slice_axis(s, axis=0, begin=0, end=1), v[:1]),
    lambda s, v: (mx.sym.Cast(s, dtype="float64"), v),
]

BINARY: list[Callable[[Any, Any, Array, Array], tuple[Any, Array]]] = [
    lambda s, t, v, w: (s + t, v + w),
    lambda s, t, v, w: (s - t, v - w),
    lambda s, t, v, w: (mx.sym.clip(s * t, a_min=-99, a_max=99), np.clip(v * w, -99, 99)),
    lambda s, t, v, w: (mx.sym.maximum(s, t), np.maximum(v, w)),
    lambda s, t, v, w: (mx.sym.broadcast_minimum(s, t), np.minimum(v, w)),
    lambda s, t, v, w: (mx.sym.broadcast_greater(s, t), (v > w).astype(v.dtype)),
]

SHAPES = [(1,), (3,), (4, 3), (1, 3), (2, 4, 3)]


def random_case(seed: int, nodes: int = 25, outputs: int = 3) -> Case:
    """A graph of about that many nodes over all operators above; the same for the same seed."""
    with mx.name.NameManager():
        return _random_case(random.Random(seed), nodes, outputs)


def _random_case(rng: random.Random, nodes: int, outputs: int) -> Case:
    made: list[tuple[Symbol, Array]] = []
    arrays: dict[str, Array] = {}
    for i in range(rng.randint(1, 5)):
        shape = rng.choice(SHAPES)
        arrays[f"v{i}"] = np.array(
            [rng.randint(-9, 9) for _ in range(int(np.prod(shape)))], float
        ).reshape(shape)
        made.append((mx.sym.Variable(f"v{i}"), arrays[f"v{i}"]))
    for _ in range(nodes):
        made.append(_random_node(rng, made))
    chosen = [rng.choice(made) for _ in range(rng.randint(1, outputs))]
    symbol = mx.sym.Group([symbol for symbol, _ in chosen])
    used = {name: arrays[name] for name in symbol.list_arguments()}
    return Case(symbol, used, [np.ascontiguousarray(value) for _, value in chosen])


def _random_node(rng: random.Random, made: list[tuple[Symbol, Array]]) -> tuple[Symbol, Array]:
    symbol, value = rng.choice(made[-6:] if rng.random() < 0.7 else made)
    if rng.random() < 0.5:
        other, other_value = rng.choice(made)
        try:
            np.broadcast_shapes(value.shape, other_value.shape)
        except ValueError:
            other, other_value = symbol, value
        return rng.choice(BINARY)(symbol, other, value, other_value)
    return rng.choice(UNARY)(symbol, value)


def shuffled_order(seed: int) -> Callable[[Any], list[int]]:
    """For SerialRunner: a plan's steps in a random order that respects what depends on what."""

    def order(plan: Any) -> list[int]:
        rng = random.Random(seed)
        waiting = [len(step.deps) for step in plan.steps]
        ready = [i for i, count in enumerate(waiting) if not count]
        result = []
        while ready:
            step = ready.pop(rng.randrange(len(ready)))
            result.append(step)
            for follower in plan.followers[step]:
                waiting[follower] -= 1
                if not waiting[follower]:
                    ready.append(follower)
        return result

    return order


def ancestors(graph: Graph) -> list[set[int]]:
    """For each node, all it depends on; the slow and obvious way."""
    found: list[set[int]] = []
    for pins in graph.inputs:
        found.append(
            set().union(*({pin.node} | found[pin.node] for pin in pins)) if pins else set()
        )
    return found
