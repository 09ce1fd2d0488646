"""Symbols as text: MXNet 1.9's JSON, written as MXNet writes it and read with every index checked."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import (
    FormatError,
    LookupFailure,
    SymbookError,
    UnsupportedError,
    counted,
    did_you_mean,
    listed,
)
from ..files import path_text, replacing
from ..graph import NOTHING, Entry, Graph, Node, Pin
from ..ops import registry
from ..ops.unserved import UNSERVED
from . import attributes

# dmlc's JSON writer puts a longer array on several lines (json.h, `BeginArray(size > 10 …)`).
_ONE_LINE = 10
# Keys under which published versions keep a node's text attributes; 0.8 has `param` and `attr` apart.
_ATTRIBUTE_KEYS = ("param", "attr", "attrs")


def dump(graph: Graph) -> str:
    """A graph as MXNet 1.9.1's text, byte for byte."""
    nodes = ", \n".join(_dump_node(graph, i) for i in range(len(graph)))
    rows = [0]
    for node in graph.nodes:
        rows.append(rows[-1] + node.output_count)
    parts = [
        f'  "nodes": [\n{nodes}\n  ]',
        f'  "arg_nodes": {_array(map(str, graph.variables), 2)}',
        f'  "node_row_ptr": {_array(map(str, rows), 2)}',
        f'  "heads": {_array((f"[{pin.node}, {pin.index}, 0]" for pin in graph.heads), 2)}',
        '  "attrs": {"mxnet_version": ["int", 10901]}',
    ]
    return "{\n" + ", \n".join(parts) + "\n}"


def _dump_node(graph: Graph, i: int) -> str:
    node = graph.nodes[i]
    lines = [
        f'      "op": {_text(node.op.name if node.op else "null")}',
        f'      "name": {_text(node.name)}',
    ]
    if node.attrs:
        pairs = [f"{_text(key)}: {_text(node.attrs[key])}" for key in sorted(node.attrs)]
        inner = (
            pairs[0] if len(pairs) == 1 else "\n        " + ", \n        ".join(pairs) + "\n      "
        )
        lines.append(f'      "attrs": {{{inner}}}')
    inputs = (
        f"[{pin.node}, {pin.index}, {int(pin.node in graph.auxiliary_set)}]"
        for pin in graph.inputs[i]
    )
    lines.append(f'      "inputs": {_array(inputs, 6)}')
    return "    {\n" + ", \n".join(lines) + "\n    }"


def _array(items: Iterable[str], indent: int) -> str:
    texts = list(items)
    if len(texts) <= _ONE_LINE:
        return f"[{', '.join(texts)}]"
    pad = " " * (indent + 2)
    return "[\n" + pad + f", \n{pad}".join(texts) + "\n" + " " * indent + "]"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def save(graph: Graph, path: str | os.PathLike[str]) -> None:
    """Write a graph's text to a file, whole or not at all. Raises OSError."""
    text = dump(graph)  # MXNet ends the file without a newline
    with replacing(path_text(path)) as file:
        file.write(text.encode())


def load(text: str) -> list[Entry]:
    """The outputs of the graph that a JSON text holds.

    Raises
    ------
    FormatError
        If the text is no symbol; the message says where.
    LookupFailure
        If it uses an operator that is not served here.
    ParamError
        If an operator's parameters do not parse.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError, TypeError) as error:
        raise FormatError(
            f"this is no symbol: not JSON ({error})", hint="Symbols are saved by Symbol.save."
        ) from None
    rows = data.get("nodes") if isinstance(data, dict) else None
    if not isinstance(rows, list):
        raise FormatError("this is no symbol: the JSON text has no list of nodes")
    _require_operators(rows)
    nodes: list[Node] = []
    for i, row in enumerate(rows):
        nodes.append(_load_node(i, row, nodes))
    heads = data.get("heads")
    if not isinstance(heads, list) or not heads:
        raise FormatError("this is no symbol: the JSON text has no heads, the list of outputs")
    return [_entry(item, nodes, "heads") for item in heads]


def _require_operators(rows: list[Any]) -> None:
    """Name all operators that are not served at once, and where the first of them stands."""
    names = [row.get("op") if isinstance(row, dict) else None for row in rows]
    missing = [
        name
        for name in names
        if isinstance(name, str) and name != "null" and not registry.find(name)
    ]
    if not missing:
        return
    first = names.index(missing[0])
    place = f"node {first} ({rows[first].get('name')})"
    if missing[0] not in UNSERVED:
        hint = did_you_mean(missing[0], registry.names())
        raise LookupFailure(f"{place}: there is no operator {missing[0]!r}", hint=hint)
    unserved = sorted(set(missing))
    raise UnsupportedError(
        f"this symbol needs {counted(len(unserved), 'operator')} of MXNet's that this version of symbook "
        f"does not serve: {listed(unserved)}; the first is at {place}",
        hint="The README says which operators there are.",
    )


def _load_node(i: int, row: Any, nodes: list[Node]) -> Node:
    place = f"node {i}"
    if (
        not isinstance(row, dict)
        or not isinstance(row.get("op"), str)
        or not isinstance(row.get("name"), str)
    ):
        raise FormatError(f"{place}: not a node with an op and a name")
    place = f"node {i} ({row['name']})"
    attrs = _load_attrs(row, place)
    inputs = row.get("inputs", [])
    if not isinstance(inputs, list):
        raise FormatError(f"{place}: its inputs are no list")
    entries = tuple(_entry(item, nodes, place) for item in inputs)
    if row["op"] == "null":
        if entries:
            raise FormatError(f"{place}: a variable has no inputs, this has {len(entries)}")
        return Node(None, (), NOTHING, row["name"], attrs, None)
    return _load_operator(row["op"], row["name"], entries, attrs, place)


def _load_operator(
    op_name: str, name: str, entries: tuple[Entry, ...], attrs: Mapping[str, str], place: str
) -> Node:
    try:
        op = registry.get(op_name)
        if op.specialise is not None:
            op = op.specialise(attrs)
        params = op.parse({key: attrs[key] for key in attrs if key in op.params})
    except SymbookError as error:
        error.message = f"{place}: {error.message}"
        raise
    expected = len(op.input_names(params, len(entries)))
    if expected != len(entries):
        raise FormatError(
            f"{place}: {op.name} takes {counted(expected, 'input')}, this has {len(entries)}"
        )
    return Node(op, entries, params, name, attrs, None)


def _load_attrs(row: Mapping[str, Any], place: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key in _ATTRIBUTE_KEYS:
        part = row.get(key, {})
        if not isinstance(part, dict) or not all(isinstance(value, str) for value in part.values()):
            raise FormatError(f"{place}: its {key} is no table of texts")
        found.update(part)
    return attributes.normalise(found)


def _entry(item: Any, nodes: list[Node], place: str) -> Entry:
    """An edge: `[node, output]` or `[node, output, version]`; only earlier nodes can be read."""
    whole = (
        isinstance(item, list) and len(item) in (2, 3) and all(type(part) is int for part in item)
    )
    if not whole or not 0 <= item[0] < len(nodes):
        raise FormatError(f"{place}: {item!r} is no output of an earlier node")
    node = nodes[item[0]]
    if not 0 <= item[1] < node.output_count:
        raise FormatError(
            f"{place}: {node.name} has {counted(node.output_count, 'output')}, none is {item[1]}"
        )
    return Entry(node, item[1])


def debug_text(graph: Graph) -> str:
    """A graph as MXNet's `debug_str` prints it."""
    lines = ["Symbol Outputs:"]
    for k, pin in enumerate(graph.heads):
        lines.append(f"\toutput[{k}]={graph.nodes[pin.node].name}({pin.index})")
    for i, node in enumerate(graph.nodes):
        if node.op is None:
            lines.append(f"Variable:{node.name}")
            continue
        lines += ["-" * 20, f"Op:{node.op.name}, Name={node.name}", "Inputs:"]
        lines += [_debug_input(graph, k, pin) for k, pin in enumerate(graph.inputs[i])]
        if node.attrs:
            lines += ["Attrs:", *(f"\t{key}={node.attrs[key]}" for key in sorted(node.attrs))]
    return "\n".join(lines) + "\n"


def _debug_input(graph: Graph, k: int, pin: Pin) -> str:
    source = graph.nodes[pin.node]
    version = f" version={int(pin.node in graph.auxiliary_set)}" if source.op is None else ""
    return f"\targ[{k}]={source.name}({pin.index}){version}"
