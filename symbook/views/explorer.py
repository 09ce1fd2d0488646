"""The operators as plain data, and trying one on small arrays: what the explorer shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from symbook import ndarray
from symbook.errors import ArgumentError, SymbookError
from symbook.ndarray import NDArray
from symbook.ops import registry
from symbook.ops.frontend import describe
from symbook.ops.params import Param
from symbook.ops.registry import Op
from symbook.ops.search import is_internal, public_name, summary

from .values import summary as value_summary

Json = dict[str, Any]

MOST_ELEMENTS = 10_000
"""Of an array that an operator is tried on: an answer must be there at once."""

# What an operator is tried on, unless the reader says otherwise.
_SAMPLES = ("1 2 3; 4 5 6", "0.5 1 2; 1 0 -1", "1 1 1; 2 2 2")
_OWN_SAMPLES: dict[str, Sequence[str]] = {
    "dot": ("1 2; 3 4", "1 0; 0 1"),
    "FullyConnected": ("1 2 3; 4 5 6", "1 0 1; 0 1 0", "0 10"),
    "take": ("10 20 30", "2 0"),
    "one_hot": ("0 2 1",),
    "Embedding": ("0 2 1", "1 2; 3 4; 5 6"),
    "pick": ("1 2 3; 4 5 6", "0 2"),
    "gather_nd": ("1 2 3; 4 5 6", "0 1; 2 0"),
    "where": ("1 0 1", "1 2 3", "-1 -2 -3"),
}
_OWN_PARAMS: dict[str, Json] = {
    "FullyConnected": {"num_hidden": 2},
    "one_hot": {"depth": 3},
    "Embedding": {"input_dim": 3, "output_dim": 2},
    "clip": {"a_min": 2, "a_max": 5},
    "Reshape": {"shape": (3, 2)},
    "expand_dims": {"axis": 0},
    "tile": {"reps": (2, 2)},
    "broadcast_to": {"shape": (2, 3)},
    "Activation": {"act_type": "relu"},
    "slice_axis": {"axis": 1, "begin": 0, "end": 2},
    "slice": {"begin": (0, 1), "end": (2, 3)},
    "repeat": {"repeats": 2},
}


def of_operators() -> Json:
    """The document of :class:`Explorer`: every operator that a user calls, by name."""
    found = [op for op in registry.all_ops() if not is_internal(op)]
    found.sort(key=lambda op: public_name(op).lower())
    return {"format": 1, "operators": [_operator(op) for op in found]}


def _operator(op: Op) -> Json:
    name = public_name(op)
    inputs = list(op.inputs) or (["data"] * 2 if op.variadic else [])
    samples = _OWN_SAMPLES.get(op.name, _SAMPLES)
    return {
        "name": name,
        "others": [other for other in (op.name, *op.alias) if other != name],
        "summary": summary(op),
        "doc": describe(op, name, "NDArray")[1],
        "inputs": inputs,
        "samples": [samples[k % len(samples)] for k in range(len(inputs))],
        "params": [
            _parameter(param, _OWN_PARAMS.get(op.name, {}))
            for key, param in op.params.items()
            if not (op.variadic and key == "num_args") and key != "ctx"
        ],
    }


def _parameter(param: Param, own: Mapping[str, Any]) -> Json:
    given = own.get(param.name, None if param.required else param.default)
    found: Json = {
        "name": param.name,
        "kind": param.kind,
        "value": "" if given is None else str(given),
    }
    if param.required:
        found["required"] = True
    else:
        found["default"] = "" if param.default is None else str(param.default)
    return found


def tried(name: str, inputs: Sequence[str], params: Mapping[str, str]) -> Json:
    """What an operator gives for arrays and parameters that were typed.

    Parameters
    ----------
    name : str
    inputs : sequence of str
        Numbers with spaces between them, rows with semicolons between them.
    params : mapping of str to str
        Those that are not left as they are.

    Returns
    -------
    dict
        `values`, summaries of the outputs, and `code` that gives the same; or `error`.
    """
    given = {key: text for key, text in params.items() if text != ""}
    try:
        arrays = [typed(text) for text in inputs]
        made = getattr(ndarray, name)(*arrays, **given)
    except SymbookError as error:
        return {"error": str(error)}
    outputs: list[NDArray] = made if isinstance(made, list) else [made]
    return {
        "values": [value_summary(output.asnumpy()) for output in outputs],
        "code": _code(name, arrays, given),
    }


def typed(text: str) -> NDArray:
    """The array that a text describes: `1 2 3` is a vector, `1 2; 3 4` a matrix. Raises ArgumentError."""
    rows = [row.replace(",", " ").split() for row in text.split(";")]
    try:
        values = [[float(item) for item in row] for row in rows]
    except ValueError:
        raise ArgumentError(f"{text!r} is no array", hint="Type numbers: 1 2 3; 4 5 6.") from None
    if len({len(row) for row in values}) > 1:
        raise ArgumentError(f"the rows of {text!r} have different lengths")
    found = np.array(values if len(values) > 1 else values[0], np.float32)
    if found.size > MOST_ELEMENTS:
        raise ArgumentError(f"{found.size:,} elements are too many to try")
    return ndarray.array(found)


def _code(name: str, arrays: Sequence[NDArray], params: Mapping[str, str]) -> str:
    texts = [f"mx.nd.array({np.array2string(value.asnumpy(), separator=', ')})" for value in arrays]
    texts += [f"{key}={_literal(value)}" for key, value in params.items()]
    return f"mx.nd.{name}({', '.join(texts)})"


def _literal(text: str) -> str:
    try:
        float(text)
    except ValueError:
        plain = text in ("True", "False", "None") or text[:1] in "(["
        return text if plain else repr(text)
    return text
