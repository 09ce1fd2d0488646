"""Symbols as text: MXNet 1.9's JSON, byte for byte, and `debug_str`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from json.encoder import encode_basestring as _text

from ..files import path_text, replacing
from ..graph import Entry, Graph, Node
from ..ops.registry import Op
from ..quoting import one_line
from .upgrade import CURRENT

# dmlc's JSON writer puts a longer array on several lines (json.h, `BeginArray(size > 10 …)`).
_ONE_LINE = 10


def dump(graph: Graph) -> str:
    """The graph of a symbol as MXNet 1.9.1's text, byte for byte."""
    versions = _Versions(graph) if graph.auxiliary else None
    parts = [
        '{\n  "nodes": [\n', ", \n".join(_dump_nodes(graph, versions)), "\n  ]",
        ', \n  "arg_nodes": ', _array(map(str, graph.variables), 2),
        ', \n  "node_row_ptr": ', _array(map(str, _rows(graph)), 2),
        ', \n  "heads": ', _edges(graph, graph.outputs, versions, 2),
        f', \n  "attrs": {{"mxnet_version": ["int", {CURRENT}]}}\n}}',
    ]  # fmt: skip
    return "".join(parts)


def save(text: str, path: str | os.PathLike[str]) -> None:
    """Write a graph's text to a file, whole or not at all. Raises OSError."""
    with replacing(path_text(path)) as file:
        file.write(text.encode())


class _Versions:
    """How often each auxiliary state has been updated by the nodes seen so far; edges show it."""

    def __init__(self, graph: Graph) -> None:
        self._positions = graph.positions
        self._updates = dict.fromkeys(graph.auxiliary, 0)

    def count(self, node: Node) -> None:
        """Count the updates by a node; to be told of one node after the other."""
        if node.op is None or not node.op.aux:
            return
        names = node.op.input_names(node.params, len(node.inputs))
        for name, entry in zip(names, node.inputs, strict=True):
            position = self._positions[entry.node]
            if name in node.op.aux and position in self._updates:
                self._updates[position] += 1

    def of(self, position: int) -> int:
        """The version of a node's value."""
        return self._updates.get(position, 0)


def _dump_nodes(graph: Graph, versions: _Versions | None) -> list[str]:
    texts: list[str] = []
    positions = graph.positions
    # Texts of what many nodes share; the graph keeps the attributes, so that each has its own `id`.
    begun: dict[Op | None, str] = {}
    attributes: dict[int, str] = {}
    for node in graph.nodes:
        begin = begun.get(node.op)
        if begin is None:
            begin = begun[node.op] = _begin(node.op)
        attrs = node.attrs
        shown = attributes.get(id(attrs)) if attrs else ""
        if shown is None:
            shown = attributes[id(attrs)] = _attributes(attrs)
        entries = node.inputs
        if versions is not None:
            versions.count(node)
            inputs = _edges(graph, entries, versions, 6)
        elif len(entries) == 1:
            ((source, index),) = entries
            inputs = f"[[{positions[source]}, {index}, 0]]"
        elif len(entries) == 2:
            (source, index), (other, its) = entries
            inputs = f"[[{positions[source]}, {index}, 0], [{positions[other]}, {its}, 0]]"
        else:
            inputs = _edges(graph, entries, None, 6)
        texts.append(f'{begin}{_text(node.name)}{shown}, \n      "inputs": {inputs}\n    }}')
    return texts


def _begin(op: Op | None) -> str:
    return f'    {{\n      "op": {_text(op.name if op else "null")}, \n      "name": '


def _attributes(attrs: Mapping[str, str]) -> str:
    pairs = [f"{_text(key)}: {_text(attrs[key])}" for key in sorted(attrs)]
    inner = pairs[0] if len(pairs) == 1 else "\n        " + ", \n        ".join(pairs) + "\n      "
    return f', \n      "attrs": {{{inner}}}'


def _rows(graph: Graph) -> Iterable[int]:
    """For each node, how many outputs those before it have, and all of them."""
    if all(op.single and op.uncounted is None for op in graph.operators):
        return range(len(graph) + 1)
    rows = [0]
    for node in graph.nodes:
        rows.append(rows[-1] + _counted_outputs(node))
    return rows


def _counted_outputs(node: Node) -> int:
    """How many outputs MXNet has of a node."""
    if node.op is None or node.op.uncounted is None:
        return node.output_count
    return node.output_count - node.op.uncounted(node.params)


def _edges(graph: Graph, entries: Sequence[Entry], versions: _Versions | None, indent: int) -> str:
    texts = []
    for node, index in entries:
        position = graph.positions[node]
        version = 0 if versions is None else versions.of(position)
        texts.append(f"[{position}, {index}, {version}]")
    return _array(texts, indent)


def _array(items: Iterable[str], indent: int) -> str:
    texts = list(items)
    if len(texts) <= _ONE_LINE:
        return f"[{', '.join(texts)}]"
    pad = " " * (indent + 2)
    return "[\n" + pad + f", \n{pad}".join(texts) + "\n" + " " * indent + "]"


def debug_text(graph: Graph) -> str:
    """A graph as MXNet's `debug_str` prints it; what would end a line or control a terminal is spelt."""
    lines = ["Symbol Outputs:"]
    for k, (node, index) in enumerate(graph.outputs):
        lines.append(f"\toutput[{k}]={one_line(node.name)}({index})")
    versions = _Versions(graph)
    for node in graph.nodes:
        if node.op is None:
            lines.append(f"Variable:{one_line(node.name)}")
            continue
        lines += ["-" * 20, f"Op:{node.op.name}, Name={one_line(node.name)}", "Inputs:"]
        versions.count(node)
        for k, (source, index) in enumerate(node.inputs):
            version = versions.of(graph.positions[source])
            shown = f" version={version}" if source.op is None else ""
            lines.append(f"\targ[{k}]={one_line(source.name)}({index}){shown}")
        if node.attrs:
            pairs = [f"{key}={node.attrs[key]}" for key in sorted(node.attrs)]
            lines += ["Attrs:", *(f"\t{one_line(pair)}" for pair in pairs)]
    return "\n".join(lines) + "\n"
