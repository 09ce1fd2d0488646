"""Symbols from text: JSON of any version of MXNet, read with every index checked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
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
from ..graph import NOTHING, Entry, Node
from ..ops import numbered, registry
from ..ops.registry import Op
from ..ops.unserved import is_unserved
from ..quoting import brief, given
from . import attributes
from .upgrade import WITHOUT_VERSION, Draft, parameters, upgrade

# Keys under which published versions keep a node's text attributes; 0.8 has `param` and `attr` apart.
_ATTRIBUTE_KEYS = ("param", "attr", "attrs")
# Parameters that say how many inputs a node has at least; those that say how many outputs, and more than
# all of a graph's can be.
_INPUT_COUNTS = {"num_args", "num_weights", "num_arrays"}
_OUTPUT_COUNTS = {"num_outputs", "num_weights", "sections"}
MOST_OUTPUTS = numbered.MOST


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
    require_variables(data.get("arg_nodes", []), drafts)
    heads = data.get("heads")
    if not isinstance(heads, list) or not heads:
        raise FormatError("this is no symbol: the JSON text has no heads, the list of outputs")
    outputs = [_source(item, drafts, "heads") for item in heads]
    upgrade(drafts, version(data))
    _require_few_outputs(drafts)
    nodes = _build(drafts)
    return [_entry(source, nodes, "heads") for source in outputs]


def version(data: Mapping[str, Any]) -> int:
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
    place = f"node {first} ({brief(str(rows[first].get('name')))})"
    if not is_unserved(missing[0]):
        hint = did_you_mean(missing[0], registry.names())
        raise LookupFailure(f"{place}: there is no operator {given(missing[0])}", hint=hint)
    unserved = sorted({name for name in missing if is_unserved(name)})
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
    place = f"node {i} ({brief(row['name'])})"
    inputs = row.get("inputs", [])
    if not isinstance(inputs, list):
        raise FormatError(f"{place}: its inputs are no list")
    sources = [_source(item, drafts, place) for item in inputs]
    op = None if row["op"] == "null" else registry.get(row["op"])
    if op is None and sources:
        raise FormatError(f"{place}: a variable has no inputs, this has {len(sources)}")
    attrs = text_attributes(row, place)
    asked = asked_inputs(op, attrs)
    if asked > len(sources):
        raise _wrong_inputs(place, row["op"], asked, len(sources))
    return Draft(specialised(op, attrs, place), row["name"], attrs, sources, place)


def specialised(op: Op | None, attrs: Mapping[str, str], place: str) -> Op | None:
    """The operator that is made for a node, where it is one that is. Errors name the place."""
    if op is None or op.specialise is None:
        return op
    try:
        return op.specialise(attrs)
    except SymbookError as error:
        error.message = f"{place}: {error.message}"
        raise


def text_attributes(row: Mapping[str, Any], place: str) -> dict[str, str]:
    """A node's parameters and attributes. Raises FormatError if they are no texts."""
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
            raise FormatError(f"{place}: {given(text)} is no Unicode text") from None


def _source(item: Any, drafts: list[Draft], place: str) -> tuple[Draft, int]:
    try:
        position, index = edge(item, len(drafts))
    except FormatError as error:
        error.message = f"{place}: {error.message}"
        raise
    return drafts[position], index


def edge(item: Any, before: int) -> tuple[int, int]:
    """The node and the output of an edge, `[node, output]` or `[node, output, version]`.

    Raises FormatError if it is none, or its node is not one of the first `before`.
    """
    whole = (
        isinstance(item, list) and len(item) in (2, 3) and all(type(part) is int for part in item)
    )
    if not whole or not 0 <= item[0] < before:
        raise FormatError(f"{given(item)} is no output of an earlier node")
    return item[0], item[1]


def require_variables(positions: Any, nodes: Sequence[Draft | Node]) -> None:
    """The list of variables says nothing that the nodes do not, so it must agree with them."""
    if not isinstance(positions, list):
        raise FormatError("arg_nodes: not a list of nodes")
    for i in positions:
        if type(i) is not int or not 0 <= i < len(nodes) or nodes[i].op is not None:
            raise FormatError(f"arg_nodes: {given(i)} is no variable")


def _require_few_outputs(drafts: list[Draft]) -> None:
    """A few letters can ask for more outputs than memory holds the names of."""
    total = 0
    for draft in drafts:
        total += asked_outputs(draft.attrs)
        if total > MOST_OUTPUTS:
            raise FormatError(f"{draft.place}: more than {MOST_OUTPUTS:,} outputs")


def asked_outputs(attrs: Mapping[str, str]) -> int:
    """How many outputs parameters ask for that say so; 0 where none does."""
    return sum(_number(attrs[key]) for key in _OUTPUT_COUNTS & attrs.keys())


def asked_inputs(op: Op | None, attrs: Mapping[str, str]) -> int:
    """How many inputs, at least, the parameters of an operator ask for that takes any number; else 0.

    To be asked before the operator is: names of inputs that are not there could fill any memory.
    """
    if op is None or not op.variadic:
        return 0
    return max((_number(attrs[key]) for key in _INPUT_COUNTS & attrs.keys()), default=0)


def _number(text: str) -> int:
    """A whole number; 0 for what is none, which is refused with the parameters."""
    try:
        return int(text.strip().rstrip("L"))
    except ValueError:
        return 0


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
                f"{second.place}: {first.place} has that name too, and their {brief(key)} disagree: "
                f"{brief(first.attrs[key])} and {brief(second.attrs[key])}"
            )


def _operator(draft: Draft, op: Op, nodes: Mapping[Draft, Node]) -> Node:
    place, inputs = draft.place, len(draft.inputs)
    attrs = attributes.normalise(draft.attrs)
    try:
        params = parameters(op, attrs)
    except SymbookError as error:
        error.message = f"{place}: {error.message}"
        raise
    expected = inputs_taken(op, params)
    if expected is not None and expected != inputs:
        raise _wrong_inputs(place, op.name, expected, inputs)
    entries = tuple([_entry(source, nodes, place) for source in draft.inputs])
    return Node(op, entries, params, draft.name, attrs, None)


def _wrong_inputs(place: str, op_name: str, expected: int, has: int) -> FormatError:
    return FormatError(f"{place}: {op_name} takes {counted(expected, 'input')}, this has {has:,}")


def inputs_taken(op: Op, params: Mapping[str, Any]) -> int | None:
    """How many inputs an operator takes; None for any number."""
    if op.variadic and op.chooses_inputs is None:
        count: int | None = params.get("num_args", params.get("num_arrays"))
        return count
    chosen = op.inputs if op.chooses_inputs is None else op.chooses_inputs(params)
    return len(chosen)


def _entry(source: tuple[Draft, int], nodes: Mapping[Draft, Node], place: str) -> Entry:
    node, index = nodes[source[0]], source[1]
    if not 0 <= index < node.output_count:
        raise FormatError(
            f"{place}: {brief(node.name)} has {counted(node.output_count, 'output')}, none is {index}"
        )
    return Entry(node, index)
