"""Inference takes shortcuts where operators give on what they are given: it must say what all rules say."""

from __future__ import annotations

import random
from collections import deque
from typing import Any

import numpy as np
import pytest

import symbook as mx
from symbook.graph import Graph
from symbook.infer import DTYPES, SHAPES, Domain, infer, located
from symbook.ops import registry
from symbook.ops.rules import KEEPING, Mismatch

SEEDS = range(300)


def by_rules_alone(graph: Graph, domain: Domain, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Every operator's rule in order, then again of those around what was added, until nothing is added."""
    values: list[tuple[Any, ...]] = [(None,) * node.output_count for node in graph.nodes]
    for i in graph.variables:
        own = given.get(graph.nodes[i].name)
        declared = domain.declared(graph.nodes[i])
        whole = own is not None and domain.complete(own)
        values[i] = (own if whole or declared is None else declared,)
    queue = deque(i for i, node in enumerate(graph.nodes) if node.op is not None)
    while queue:
        i = queue.popleft()
        changed = _ask(graph, domain, values, i)
        pins = graph.inputs[i]
        known = [*values[i], *(values[pin.node][pin.index] for pin in pins)]
        concerned = [k for j in changed for k in (j, *graph.readers[j]) if k != i]
        if changed and not all(map(domain.complete, known)):
            concerned.append(i)
        for k in concerned:
            if k not in queue and graph.nodes[k].op is not None:
                queue.append(k)
    return values


def _ask(graph: Graph, domain: Domain, values: list[tuple[Any, ...]], i: int) -> list[int]:
    """Add what the rule at `i` says; which nodes it said something new about."""
    node, pins = graph.nodes[i], graph.inputs[i]
    ins = tuple(values[pin.node][pin.index] for pin in pins)
    outs, changed = values[i], []
    try:
        new_ins, new_outs = domain.rule(node.op)(ins, outs, node.params)
        values[i] = tuple(map(domain.merge, outs, new_outs))
        if repr(values[i]) != repr(outs):
            changed.append(i)
        for pin, old, new in zip(pins, ins, new_ins, strict=True):
            if repr(old) != repr(new):
                row = list(values[pin.node])
                row[pin.index] = domain.merge(row[pin.index], new)
                values[pin.node] = tuple(row)
                changed.append(pin.node)
    except Mismatch as problem:
        raise located(graph, i, str(problem), problem.hint, domain, values, None) from None
    return changed


def outcome(how: Any, graph: Graph, domain: Domain, given: dict[str, Any]) -> str:
    try:
        return repr(how(graph, domain, given))
    except mx.base.MXNetError as error:
        return f"{type(error).__name__}: {error}"


ONE: list[Any] = [
    mx.sym.tanh,
    mx.sym.negative,
    mx.sym.sum,
    mx.sym.transpose,
    mx.sym.BlockGrad,
    mx.sym.zeros_like,
    mx.sym.logical_not,
    lambda x: x + 1,
    lambda x: 2.5 * x,
    lambda x: mx.sym.Cast(x, dtype="int32"),
    lambda x: mx.sym.Cast(x, dtype="float16"),
    lambda x: mx.sym.reshape(x, shape=(-1,)),
    lambda x: mx.sym.expand_dims(x, axis=0),
    lambda x: mx.sym.FullyConnected(x, num_hidden=3),
    lambda x: mx.sym.SliceChannel(x, num_outputs=2, axis=0)[1],
    lambda x: mx.sym.BatchNorm(x),
    lambda x: mx.sym.Embedding(x, input_dim=4, output_dim=3),
    lambda x: mx.sym.LeakyReLU(x, act_type="prelu"),
    lambda x: x + mx.sym.zeros(shape=(4, 3)),
]
TWO: list[Any] = [
    lambda x, y: x + y,
    lambda x, y: x * y,
    lambda x, y: x + y,
    mx.sym.broadcast_sub,
    mx.sym.maximum,
    mx.sym.dot,
    lambda x, y: mx.sym.add_n(x, y, x),
    lambda x, y: mx.sym.concat(x, y, dim=0),
    mx.sym.reshape_like,
    mx.sym.broadcast_like,
    lambda x, y: mx.sym.where(x, y, y),
]


def random_symbol(seed: int, some: bool) -> tuple[mx.sym.Symbol, random.Random]:
    """A graph over all of these, or over a few, so that there is often nothing but shortcuts."""
    rng = random.Random(seed)
    one = rng.sample(ONE, 3) if some else ONE
    two = rng.sample(TWO[:5], 2) if some else TWO
    made = [variable(rng, f"v{i % 4}") for i in range(rng.randint(1, 5))]
    for _ in range(rng.randint(1, 25)):
        x = rng.choice(made[-4:])
        made.append(
            rng.choice(one)(x) if rng.random() < 0.5 else rng.choice(two)(x, rng.choice(made))
        )
    return mx.sym.Group(rng.sample(made, min(len(made), 2)) + made[-1:]), rng


def variable(rng: random.Random, name: str) -> mx.sym.Symbol:
    kind = rng.random()
    if kind < 0.1:
        return mx.sym.Variable(name, shape=(0, 3))
    return mx.sym.Variable(name, dtype="float32") if kind < 0.2 else mx.sym.Variable(name)


def random_given(rng: random.Random, graph: Graph, choices: list[Any]) -> dict[str, Any]:
    usual = rng.choice(choices)
    return {
        graph.nodes[i].name: rng.choice(choices) if rng.random() < 0.3 else usual
        for i in graph.variables
        if rng.random() < 0.7
    }


@pytest.mark.parametrize("some", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_shapes_are_what_the_rules_say(seed, some):
    symbol, rng = random_symbol(seed, some)
    choices = [(4, 3), (4, 3), (4, None), (1, 3), (3,), None, (None, None), (2, 2)]
    given = random_given(rng, symbol.graph, choices)
    expected = outcome(by_rules_alone, symbol.graph, SHAPES, given)
    assert expected == outcome(infer, symbol.graph, SHAPES, given)


@pytest.mark.parametrize("some", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_dtypes_are_what_the_rules_say(seed, some):
    symbol, rng = random_symbol(seed, some)
    usual = [np.dtype(name) for name in ("float32", "float64", "float32", "float16", "int32")]
    given = random_given(rng, symbol.graph, [*usual, None, np.dtype("bool")])
    expected = outcome(by_rules_alone, symbol.graph, DTYPES, given)
    assert expected == outcome(infer, symbol.graph, DTYPES, given)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("shape", [(3,), (2, 3), (), (0, 1)]),
        ("dtype", [np.dtype(name) for name in ("bool", "int8", "int64", "float16", "float64")]),
    ],
)
def test_rules_that_are_not_asked_would_say_nothing_else(kind, values, count):
    asked = 0
    for op in registry.all_ops():
        rule = getattr(op, kind)
        if rule not in KEEPING or not (op.variadic or len(op.inputs) == count):
            continue
        params = {"scalar": 2.0, "is_int": False, "shape": None, "dtype": None}
        for value in values:
            if KEEPING[rule](value):
                ins, outs = rule((value,) * count, (None,), params)
                assert ((value,) * count, (value,)) == (tuple(ins), tuple(outs)), op
                asked += 1
    assert asked > 20


def test_one_dtype_that_is_not_known_is_found_beside_float64():
    # NumPy takes None for float64 when it compares.
    x, y = mx.sym.Variable("x"), mx.sym.Variable("y")
    assert [np.float64, np.float64] == (x + y).infer_type(x="float64")[0]
