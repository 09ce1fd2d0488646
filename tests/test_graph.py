"""The order of a graph's nodes, and where its inputs come from, against the definition."""

from __future__ import annotations

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
