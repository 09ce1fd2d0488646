"""The order of a graph's nodes, and where its inputs come from, against the definition."""

from __future__ import annotations

import random
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from random_graphs import random_case

import symbook as mx
from symbook.graph import Graph, Node


def post_order(node: Node, order: list[Node]) -> None:
    """Depth first, inputs first, each node once."""
    for entry in node.inputs:
        post_order(entry.node, order)
    if node not in order:
        order.append(node)


@pytest.mark.parametrize("seed", range(60))
def test_nodes_come_after_what_they_read_depth_first(seed):
    symbol = random_case(seed, nodes=12, outputs=5).symbol
    expected: list[Node] = []
    for entry in symbol._outputs:
        post_order(entry.node, expected)
    assert expected == list(Graph(symbol._outputs).nodes)


@pytest.mark.parametrize("seed", range(60))
def test_inputs_and_heads_are_the_nodes_own(seed):
    symbol = random_case(seed, nodes=40).symbol
    parts = mx.sym.SliceChannel(mx.sym.Group([*symbol])[0], num_outputs=3, axis=0)
    graph = Graph((*symbol._outputs, *(parts[1] + parts[2])._outputs, *parts[2]._outputs))
    for node, pins in zip(graph.nodes, graph.inputs, strict=True):
        assert list(node.inputs) == [(graph.nodes[pin.node], pin.index) for pin in pins]
    assert list(graph.outputs) == [(graph.nodes[pin.node], pin.index) for pin in graph.heads]


def test_a_name_is_one_variable_where_it_comes_first():
    first, again = mx.sym.Variable("x"), mx.sym.Variable("x", attr={"mood": "good"})
    graph = mx.sym.tanh(mx.sym.tanh(first, name="t") * again, name="u").graph
    assert ["x", "t", "x", "u"] == [graph.nodes[i].name for i in (0, 1, graph.inputs[2][1].node, 3)]
    assert 4 == len(graph)
    assert "good" == graph.nodes[0].attrs["mood"]
    assert [0, 0] == [graph.positions[symbol._outputs[0].node] for symbol in (first, again)]


def random_symbols(seed: int) -> list[mx.sym.Symbol]:
    """Symbols made of each other, some of which were asked for their graphs on the way."""
    rng = random.Random(seed)
    made = [mx.sym.Variable(name) for name in "abc"]
    for _ in range(40):
        x, y = rng.choice(made[-3:]), rng.choice(made)
        made.append(
            rng.choice(
                [
                    lambda x, y: x + y,
                    lambda x, y: x * 2,
                    lambda x, y: mx.sym.tanh(x),
                    lambda x, y: x * x,
                    lambda x, y: mx.sym.FullyConnected(x, num_hidden=3),
                    lambda x, y: mx.sym.add_n(x, y, mx.sym.Variable("d")),
                    lambda x, y: mx.sym.LeakyReLU(mx.sym.Variable("e"), act_type="prelu"),
                    lambda x, y: mx.sym.SliceChannel(x, num_outputs=2)[rng.randrange(2)],
                    lambda x, y: mx.sym.BatchNorm(x),
                    lambda x, y: mx.sym.zeros(shape=(2,)),
                    lambda x, y: x(name="again", a=y) if "a" in x.list_inputs() else x,
                ]
            )(x, y)
        )
        if rng.random() < 0.1:
            assert rng.choice(made).list_arguments() is not None
    return made


@pytest.mark.parametrize("seed", range(60))
def test_a_symbol_knows_its_order_however_it_was_composed(seed):
    for symbol in random_symbols(seed):
        assert Graph(symbol._outputs).nodes == symbol.graph.nodes
        assert Graph(symbol._outputs).heads == symbol.graph.heads


def test_the_order_belongs_to_one_symbol_when_threads_compose():
    wide = 8
    for _ in range(50):
        base = mx.sym.tanh(mx.sym.Variable("x"))
        ready = threading.Barrier(wide)

        def extend(k: int, base: mx.sym.Symbol = base, ready: Any = ready) -> mx.sym.Symbol:
            ready.wait()
            return (base + k) * mx.sym.Variable(f"v{k}")

        with ThreadPoolExecutor(wide) as pool:
            made = list(pool.map(extend, range(wide)))
        for k, symbol in enumerate(made):
            assert ["x", f"v{k}"] == symbol.list_arguments()
            assert Graph(symbol._outputs).nodes == symbol.graph.nodes


def test_what_is_made_of_a_symbol_does_not_live_as_long():
    x = mx.sym.Variable("x")
    kept = mx.sym.tanh(x)
    gone = weakref.ref((kept + 1)._outputs[0].node)
    assert kept.list_arguments() == ["x"]
    assert gone() is None
