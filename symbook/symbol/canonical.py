"""Symbol files exactly as MXNet 1.9 and symbook write them, read in one sweep.

What is laid out otherwise, is of another version, or is wrong in any way is left to
:mod:`symbook.symbol.json`, which reads every text and says what is wrong with it. What is read here, that
reads alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .. import garbage
from ..errors import SymbookError
from ..graph import NOTHING, Entry, Node, make_entry
from ..ops import registry
from ..ops.registry import Op
from . import attributes
from . import json as any_json
from .upgrade import CURRENT, parameters

_TEXT = r'"([^"\\\x00-\x1f]*+)"'
_NUMBER = r"(0|[1-9][0-9]{0,17}+)"
_NODE = re.compile(
    rf'    {{\n      "op": {_TEXT}, \n      "name": {_TEXT}, \n'
    r'(?:      "attrs": (\{[^\n]*\}|\{\n(?:        [^\n]*+\n)++      \}), \n)?+'
    rf'      "inputs": \[(?:\[{_NUMBER}, 0, 0\](?:, \[{_NUMBER}, 0, 0\])?|([^"{{}}]*))\]\n    }}(?:, \n|\Z)'
)
_STRIDE = _NODE.groups + 1
_BEGIN = '{\n  "nodes": [\n'
_LAST = "\n    }"
_END = '\n  ], \n  "arg_nodes": '
_BETWEEN = "\n    }, \n"
# Characters that are taken apart at once: a graph of a million nodes takes a quarter longer in one piece. For
# ten thousand nodes it makes no difference.
_BLOCK = 1 << 16
# Inputs that the other reader counts before it makes names for them.
_FEW = 100


class _Kind(NamedTuple):
    """What the nodes of one operator and one text of attributes have in common."""

    op: Op | None
    params: Mapping[str, Any]
    attrs: Mapping[str, str]
    inputs: int | None  # how many, or None for any number
    asked: int  # see `any_json.asked_outputs`


class _Other(Exception):
    """A text for the other reader."""


def load(text: str) -> list[Entry]:
    """The outputs of the graph that a JSON text holds; raises what :func:`symbook.symbol.json.load` does."""
    return garbage.without(_by_either, text)


def _by_either(text: str) -> list[Entry]:
    try:
        return _load(text)
    except (_Other, SymbookError, ValueError, TypeError, LookupError, RecursionError):
        return any_json.load(text)


def _load(text: str) -> list[Entry]:
    begin, end = len(_BEGIN), text.rfind(_END)
    if not text.startswith(_BEGIN) or not text.endswith(_LAST, begin, max(end, begin)):
        raise _Other
    if not text.isascii():
        text.encode()
    data = json.loads('{"arg_nodes": ' + text[end + len(_END) :])
    if "nodes" in data or any_json.version(data) < CURRENT:
        raise _Other
    made = _nodes(_blocks(text, begin, end))
    _require_variables(data["arg_nodes"], made)
    outputs = _entries(data["heads"], made)
    if not outputs:
        raise _Other
    return list(outputs)


def _require_variables(positions: Any, made: Sequence[Entry]) -> None:
    """See `any_json.require_variables`; it wants the nodes in a list, which there is none of here."""
    if not isinstance(positions, list):
        raise _Other
    for i in positions:
        if type(i) is not int or not 0 <= i < len(made) or made[i].node.op is not None:
            raise _Other


def _blocks(text: str, begin: int, end: int) -> Iterator[list[Any]]:
    """The groups of every node between two places of the text, a list of each."""
    while begin < end:
        stop = text.find(_BETWEEN, begin + _BLOCK, end)
        stop = end if stop < 0 else stop + len(_BETWEEN)
        parts = _NODE.split(text[begin:stop])
        # Around the nodes there must be nothing.
        if any(parts[::_STRIDE]):
            raise _Other
        yield [parts[k::_STRIDE] for k in range(1, _STRIDE)]
        begin = stop


def _nodes(blocks: Iterable[list[Any]]) -> list[Entry]:
    """The first output of every node."""
    made: list[Entry] = []
    kinds: dict[tuple[str, str | None], _Kind] = {}
    variables: dict[str, _Kind] = {}
    asked = 0
    for columns in blocks:
        for op, name, attrs, first, second, others in zip(*columns, strict=True):
            kind = kinds.get((op, attrs))
            if kind is None:
                kind = _kind(op, attrs)
                # Nodes of an operator that is made for each of them have operators of their own.
                if kind.op is None or registry.get(op).specialise is None:
                    kinds[op, attrs] = kind
            operator, params, texts, count, more = kind
            if more:
                asked += more
                if asked > any_json.MOST_OUTPUTS:
                    raise _Other
            entries: tuple[Entry, ...]
            if second is not None:
                entries = (made[int(first)], made[int(second)])
            elif first is not None:
                entries = (made[int(first)],)
            else:
                entries = _entries(json.loads(f"[{others}]"), made) if others else ()
                if operator is None and variables.setdefault(name, kind) is not kind:
                    raise _Other
            if len(entries) != count and count is not None:
                raise _Other
            made.append(make_entry((Node(operator, entries, params, name, texts, None), 0)))
    return made


def _kind(op_name: str, text: str | None) -> _Kind:
    given = any_json.text_attributes({"attrs": json.loads(text)}, "") if text else {}
    attrs = attributes.normalise(given)
    if op_name == "null":
        return _Kind(None, NOTHING, attrs, 0, any_json.asked_outputs(given))
    general = registry.get(op_name)
    if general.specialise is not None and any_json.asked_inputs(general, given) > _FEW:
        raise _Other
    op = any_json.specialised(general, given, "")
    assert op is not None
    params = parameters(op, attrs)
    asked = any_json.asked_outputs(given)
    if asked > any_json.MOST_OUTPUTS or not op.output_names(params):
        raise _Other
    return _Kind(op, params, attrs, any_json.inputs_taken(op, params), asked)


def _entries(items: Any, made: Sequence[Entry]) -> tuple[Entry, ...]:
    """What a list of edges, `[node, output, version]`, reads."""
    entries = []
    for item in items:
        position, index = any_json.edge(item, len(made))
        node = made[position].node
        if not 0 <= index < node.output_count:
            raise _Other
        entries.append(make_entry((node, index)) if index else made[position])
    return tuple(entries)
