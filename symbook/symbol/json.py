"""Symbols as text: MXNet 1.9's JSON, written as MXNet writes it and read with every index checked."""

from __future__ import annotations

import contextlib
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
from ..ops.registry import Op
from ..ops.unserved import is_unserved
from . import attributes
from .upgrade import CURRENT, WITHOUT_VERSION, Draft, parameters, upgrade

# dmlc's JSON writer puts a longer array on several lines (json.h, `BeginArray(size > 10 …)`).
_ONE_LINE = 10
# Keys under which published versions keep a node's text attributes; 0.8 has `param` and `attr` apart.
_ATTRIBUTE_KEYS = ("param", "attr", "attrs")
# Parameters that say how many outputs a node has, and more than all of a graph's can be.
_COUNTS = {"num_outputs", "num_weights", "sections"}
_MOST_OUTPUTS = 1_000_000


def dump(graph: Graph) -> str:
    """A graph as MXNet 1.9.1's text, byte for byte."""
    versions = _Versions(graph)
    nodes = ", \n".join(_dump_node(graph, i, versions) for i in range(len(graph)))
    rows = [0]
    for node in graph.nodes:
        rows.append(rows[-1] + _counted_outputs(node))
    heads = [_edge(pin, versions.of(pin)) for pin in graph.heads]
    parts = [
        f'  "nodes": [\n{nodes}\n  ]',
        f'  "arg_nodes": {_array(map(str, graph.variables), 2)}',
        f'  "node_row_ptr": {_array(map(str, rows), 2)}',
        f'  "heads": {_array(heads, 2)}',
        f'  "attrs": {{"mxnet_version": ["int", {CURRENT}]}}',
    ]
    return "{\n" + ", \n".join(parts) + "\n}"


class _Versions:
    """How often each auxiliary state has been updated by the nodes seen so far; edges show it."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._updates = dict.fromkeys(graph.auxiliary, 0)

    def read_by(self, i: int) -> list[int]:
        """The versions of the inputs of node `i`; to be asked of one node after the other."""
        node, pins = self._graph.nodes[i], self._graph.inputs[i]
        if node.op is not None and node.op.aux and self._updates:
            names = node.op.input_names(node.params, len(pins))
            for name, pin in zip(names, pins, strict=True):
                if name in node.op.aux and pin.node in self._updates:
                    self._updates[pin.node] += 1
        return [self.of(pin) for pin in pins]

    def of(self, pin: Pin) -> int:
        """The version of one value."""
        return self._updates.get(pin.node, 0)


def _counted_outputs(node: Node) -> int:
    """How many outputs MXNet has of a node."""
    if node.op is None or node.op.uncounted is None:
        return node.output_count
    return node.output_count - node.op.uncounted(node.params)


def _dump_node(graph: Graph, i: int, versions: _Versions) -> str:
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
    inputs = map(_edge, graph.inputs[i], versions.read_by(i))
    lines.append(f'      "inputs": {_array(inputs, 6)}')
    return "    {\n" + ", \n".join(lines) + "\n    }"


def _edge(pin: Pin, version: int) -> str:
    return f"[{pin.node}, {pin.index}, {version}]"


def _array(items: Iterable[str], indent: int) -> str:
    texts = list(items)
    if len(texts) <= _ONE_LINE:
        return f"[{', '.join(texts)}]"
    pad = " " * (indent + 2)
    return "[\n" + pad + f", \n{pad}".join(texts) + "\n" + " " * indent + "]"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def save(text: str, path: str | os.PathLike[str]) -> None:
    """Write a graph's text to a file, whole or not at all. Raises OSError."""
    with replacing(path_text(path)) as file:
        file.write(text.encode())


def load(text: str) -> list[Entry]:
    """The outputs of the graph that a JSON text holds, of any version of MXNet.

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
    drafts: list[Draft] = []
    for i, row in enumerate(rows):
        drafts.append(_draft(i, row, drafts))
    _require_variables(data.get("arg_nodes", []), drafts)
    heads = data.get("heads")
    if not isinstance(heads, list) or not heads:
        raise FormatError("this is no symbol: the JSON text has no heads, the list of outputs")
    outputs = [_source(item, drafts, "heads") for item in heads]
    upgrade(drafts, _version(data))
    _require_few_outputs(drafts)
    nodes = _build(drafts)
    return [_entry(source, nodes, "heads") for source in outputs]


def _version(data: Mapping[str, Any]) -> int:
    """The version of MXNet that wrote the file, as 10901 for 1.9.1."""
    attrs = data.get("attrs", {})
    kind = attrs.get("mxnet_version", ["int", WITHOUT_VERSION]) if isinstance(attrs, dict) else None
    if not isinstance(kind, list) or len(kind) != 2 or type(kind[1]) is not int:
        raise FormatError(
            'attrs: the version of MXNet is not as in {"mxnet_version": ["int", 10901]}'
        )
    return kind[1]


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
    if not is_unserved(missing[0]):
        hint = did_you_mean(missing[0], registry.names())
        raise LookupFailure(f"{place}: there is no operator {missing[0]!r}", hint=hint)
    unserved = sorted(set(missing))
    raise UnsupportedError(
        f"this symbol needs {counted(len(unserved), 'operator')} of MXNet's that this version of symbook "
        f"does not serve: {listed(unserved)}; the first is at {place}",
        hint="OPERATORS.md says which operators there are.",
    )


def _draft(i: int, row: Any, drafts: list[Draft]) -> Draft:
    place = f"node {i}"
    if (
        not isinstance(row, dict)
        or not isinstance(row.get("op"), str)
        or not isinstance(row.get("name"), str)
    ):
        raise FormatError(f"{place}: not a node with an op and a name")
    _require_text(row["name"], place)
    place = f"node {i} ({row['name']})"
    inputs = row.get("inputs", [])
    if not isinstance(inputs, list):
        raise FormatError(f"{place}: its inputs are no list")
    sources = [_source(item, drafts, place) for item in inputs]
    op = None if row["op"] == "null" else registry.get(row["op"])
    if op is None and sources:
        raise FormatError(f"{place}: a variable has no inputs, this has {len(sources)}")
    attrs = _load_attrs(row, place)
    return Draft(_specialised(op, attrs, place), row["name"], attrs, sources, place)


def _specialised(op: Op | None, attrs: Mapping[str, str], place: str) -> Op | None:
    if op is None or op.specialise is None:
        return op
    try:
        return op.specialise(attrs)
    except SymbookError as error:
        error.message = f"{place}: {error.message}"
        raise


def _load_attrs(row: Mapping[str, Any], place: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key in _ATTRIBUTE_KEYS:
        part = row.get(key, {})
        if not isinstance(part, dict) or not all(isinstance(value, str) for value in part.values()):
            raise FormatError(f"{place}: its {key} is no table of texts")
        for name, value in part.items():
            _require_text(name + value, place)
        found.update(part)
    return found


def _require_text(text: str, place: str) -> None:
    """JSON can spell half a character, which no file can hold."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise FormatError(f"{place}: {text!r} is no Unicode text") from None


def _source(item: Any, drafts: list[Draft], place: str) -> tuple[Draft, int]:
    """An edge: `[node, output]` or `[node, output, version]`; only earlier nodes can be read."""
    whole = (
        isinstance(item, list) and len(item) in (2, 3) and all(type(part) is int for part in item)
    )
    if not whole or not 0 <= item[0] < len(drafts):
        raise FormatError(f"{place}: {item!r} is no output of an earlier node")
    return drafts[item[0]], item[1]


def _require_variables(positions: Any, drafts: list[Draft]) -> None:
    """The list of variables says nothing that the nodes do not, so it must agree with them."""
    if not isinstance(positions, list):
        raise FormatError("arg_nodes: not a list of nodes")
    for i in positions:
        if type(i) is not int or not 0 <= i < len(drafts) or drafts[i].op is not None:
            raise FormatError(f"arg_nodes: {i!r} is no variable")


def _require_few_outputs(drafts: list[Draft]) -> None:
    """A few letters can ask for more outputs than memory holds the names of."""
    total = 0
    for draft in drafts:
        for key in _COUNTS & draft.attrs.keys():
            with contextlib.suppress(
                ValueError
            ):  # what is no number is refused with the parameters
                total += int(draft.attrs[key])
        if total > _MOST_OUTPUTS:
            raise FormatError(f"{draft.place}: more than {_MOST_OUTPUTS:,} outputs")


def _build(drafts: list[Draft]) -> dict[Draft, Node]:
    """The nodes that drafts describe. Variables come first: an upgrade may have added some."""
    variables: dict[str, Draft] = {}
    nodes: dict[Draft, Node] = {}
    for draft in drafts:
        for variable in (draft, *(source for source, _ in draft.inputs)):
            if variable.op is None and variable not in nodes:
                nodes[variable] = _variable(variable)
                _require_agreement(variables.setdefault(variable.name, variable), variable)
    for draft in drafts:
        if draft.op is not None:
            nodes[draft] = _operator(draft, draft.op, nodes)
    return nodes


def _variable(draft: Draft) -> Node:
    return Node(None, (), NOTHING, draft.name, attributes.normalise(draft.attrs), None)


def _require_agreement(first: Draft, second: Draft) -> None:
    """Variables of one name are one argument, so what is said of it must not differ."""
    for key in first.attrs.keys() & second.attrs.keys():
        if first.attrs[key] != second.attrs[key]:
            raise FormatError(
                f"{second.place}: {first.place} has that name too, and their {key} disagree: "
                f"{first.attrs[key]} and {second.attrs[key]}"
            )


def _operator(draft: Draft, op: Op, nodes: Mapping[Draft, Node]) -> Node:
    place, given = draft.place, len(draft.inputs)
    attrs = attributes.normalise(draft.attrs)
    try:
        params = parameters(op, attrs)
    except SymbookError as error:
        error.message = f"{place}: {error.message}"
        raise
    expected = (
        params.get("num_args", given)
        if op.variadic and op.chooses_inputs is None
        else len(op.input_names(params, given))
    )
    if expected != given:
        raise FormatError(
            f"{place}: {op.name} takes {counted(expected, 'input')}, this has {given}"
        )
    entries = tuple([_entry(source, nodes, place) for source in draft.inputs])
    return Node(op, entries, params, draft.name, attrs, None)


def _entry(source: tuple[Draft, int], nodes: Mapping[Draft, Node], place: str) -> Entry:
    node, index = nodes[source[0]], source[1]
    if not 0 <= index < node.output_count:
        raise FormatError(
            f"{place}: {node.name} has {counted(node.output_count, 'output')}, none is {index}"
        )
    return Entry(node, index)


def debug_text(graph: Graph) -> str:
    """A graph as MXNet's `debug_str` prints it."""
    lines = ["Symbol Outputs:"]
    for k, pin in enumerate(graph.heads):
        lines.append(f"\toutput[{k}]={graph.nodes[pin.node].name}({pin.index})")
    versions = _Versions(graph)
    for i, node in enumerate(graph.nodes):
        if node.op is None:
            lines.append(f"Variable:{node.name}")
            continue
        lines += ["-" * 20, f"Op:{node.op.name}, Name={node.name}", "Inputs:"]
        for k, (pin, version) in enumerate(zip(graph.inputs[i], versions.read_by(i), strict=True)):
            source = graph.nodes[pin.node]
            shown = f" version={version}" if source.op is None else ""
            lines.append(f"\targ[{k}]={source.name}({pin.index}){shown}")
        if node.attrs:
            lines += ["Attrs:", *(f"\t{key}={node.attrs[key]}" for key in sorted(node.attrs))]
    return "\n".join(lines) + "\n"
