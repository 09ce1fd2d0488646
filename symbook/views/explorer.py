"""The operators as plain data, and trying one on small arrays: what the explorer shows."""

from __future__ import annotations

import ast
import inspect
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import cache
from typing import Any

import numpy as np

from symbook import ndarray
from symbook.errors import ArgumentError, SymbookError, shape_text
from symbook.ndarray import NDArray
from symbook.ndarray.compute import result_specs
from symbook.ops import registry
from symbook.ops.frontend import describe, parted
from symbook.ops.params import Param, attr_text
from symbook.ops.ranking import RANKING
from symbook.ops.registry import Op
from symbook.ops.search import is_internal, public_name, summary
from symbook.render.text import clean
from symbook.rng import borrowed

from .samples import Example, examples_of
from .values import summary as value_summary

Json = dict[str, Any]

MOST_ELEMENTS = 10_000
"""Of an array that an operator is tried on: an answer must be there at once."""
MOST_RESULT = 1_000_000
"""Elements of the results."""
SEED = 7
"""Of random operators, so that a parameter that is changed is all that changes."""
_HIDDEN = {"num_args", "ctx"}
_FIRST = (
    *(
        "broadcast_add",
        "dot",
        "exp",
        "relu",
        "sum",
        "clip",
        "Reshape",
        "transpose",
        "Concat",
        "slice",
    ),
    *("softmax", "FullyConnected", "Convolution", "Pooling", "BatchNorm", "SoftmaxOutput"),
)
"""What a newcomer tries."""


def of_operators() -> Json:
    """The document of :class:`Explorer`: every operator that a user calls, by name."""
    rows = [_operator(op) for op in operators().values()]
    return {"format": 1, "operators": rows, "ranking": RANKING, "groups": _groups()}


def _groups() -> list[tuple[str, list[str]]]:
    """What is listed as long as nothing is looked for: titles, and the names below them."""
    others = [name for name in operators() if name not in _FIRST]
    public = [name for name in others if not name.startswith("_")]
    internal = [name for name in others if name.startswith("_")]
    titles = ("To begin with", "All others", "Internal, in mx.nd._internal")
    return list(zip(titles, (list(_FIRST), public, internal), strict=True))


@cache
def operators() -> dict[str, Op]:
    """The operators that a user calls, in the order of their names."""
    found = [op for op in registry.all_ops() if not is_internal(op)]
    found.sort(key=lambda op: public_name(op).lower())
    return {public_name(op): op for op in found}


def _operator(op: Op) -> Json:
    name = public_name(op)
    signature, _ = describe(op, name, "NDArray")
    text, told = parted(op)
    examples = examples_of(op)
    count = max(len(example.inputs) for example in examples)
    names = list(op.inputs) or [f"data {k}" for k in range(count)]
    return {
        "name": name,
        "call": call_of(name),
        "others": [other for other in (op.name, *op.alias) if other != name],
        "summary": summary(op),
        "text": text,
        "signature": _signature(signature),
        "inputs": [{"name": key, "about": inspect.cleandoc(told.get(key, ""))} for key in names],
        "examples": [_example(example) for example in examples],
        "params": [
            _parameter(param, inspect.cleandoc(told.get(key, "")))
            for key, param in op.params.items()
            if key not in _HIDDEN
        ],
    }


def call_of(name: str) -> str:
    """Where Python finds the operator's function."""
    return f"mx.nd._internal.{name}" if name.startswith("_") else f"mx.nd.{name}"


def _signature(signature: inspect.Signature) -> str:
    """Without what every function takes."""
    kept = [
        parameter
        for key, parameter in signature.parameters.items()
        if key not in ("out", "name", "ctx")
    ]
    return str(signature.replace(parameters=kept))


def _example(example: Example) -> Json:
    params = {key: attr_text(value) for key, value in example.params.items()}
    return {"title": example.title, "inputs": list(example.inputs), "params": params}


def _parameter(param: Param, about: str) -> Json:
    found: Json = {"name": param.name, "kind": param.kind, "about": about}
    if param.required:
        found["required"] = True
    else:
        found["default"] = attr_text(param.default)
    if choices := choices_of(param):
        found["choices"] = choices
    for side, bound in zip(("low", "high"), param.bounds, strict=True):
        if bound is not None:
            found[side] = bound
    return found


def choices_of(param: Param) -> list[str]:
    """The values that a parameter takes, where they can be counted, as texts; `None` is the first."""
    kind, optional = param.kind.removesuffix(" or None"), param.kind.endswith(" or None")
    if kind == "boolean":
        found = ["False", "True"]
    elif kind.startswith("{"):
        found = [str(choice) for choice in ast.literal_eval(f"[{kind[1:-1]}]")]
    else:
        return []
    return ["None", *found] if optional else found


def tried(name: str, inputs: Sequence[str], params: Mapping[str, str]) -> Json:
    """What an operator gives for arrays and parameters that were typed.

    Parameters
    ----------
    name : str
        One of :func:`operators`.
    inputs : sequence of str
        Arrays, as :func:`typed` reads them; an empty text leaves one out.
    params : mapping of str to str
        Those that are not left as they are.

    Returns
    -------
    dict
        `given`, names and summaries of the inputs that were read; `values`, summaries of the outputs; and
        `code` that gives the same. Or `error`.
    """
    op = operators()[name]
    try:
        given = {
            key: op.params[key].parse(text, name) if key in op.params else text
            for key, text in params.items()
            if text != ""
        }
        arrays = dict(_arrays(op, inputs, given))
        _check_size(op, arrays, given)
        values = called(op, arrays, given)
    except SymbookError as error:
        return {"error": "\n".join(map(clean, str(error).splitlines()))}
    return {
        "given": [[key, value_summary(array)] for key, array in arrays.items()],
        "values": [value_summary(value) for value in values],
        "code": code(op, arrays, given),
    }


def recorded() -> dict[str, Json]:
    """What each operator gives for its first example: for a page, which has no Python to ask."""
    found = {}
    for name, op in operators().items():
        example = _example(examples_of(op)[0])
        found[name] = tried(name, example["inputs"], example["params"])
    return found


def called(
    op: Op, arrays: Mapping[str, np.ndarray[Any, Any]], params: Mapping[str, Any]
) -> list[Any]:
    """Call an operator's function on copies; the outputs, or what it has changed where it has none."""
    given = [ndarray.array(array, dtype=array.dtype) for array in arrays.values()]
    function = getattr(ndarray, public_name(op), None) or getattr(ndarray._internal, op.name)
    with borrowed(SEED) if op.random else nullcontext():
        if op.variadic or _in_order(op, arrays):
            made = function(*given, **params)
        else:
            made = function(**dict(zip(arrays, given, strict=True)), **params)
    outputs: list[NDArray] = made if isinstance(made, list) else [made]
    # What changes its inputs gives nothing.
    return [output.asnumpy() for output in outputs or given]


def _arrays(
    op: Op, inputs: Sequence[str], params: Mapping[str, Any]
) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """The inputs that are read with these parameters, by name."""
    names = [f"data{k}" for k in range(len(inputs))]
    read = set(names)
    if not op.variadic:
        names = list(op.inputs)
        read = set(op.input_names(op.parse(params), len(inputs)))
    for key, text in zip(names, inputs, strict=False):
        if key in read and text.strip():
            yield key, typed(text)


def _check_size(
    op: Op, arrays: Mapping[str, np.ndarray[Any, Any]], params: Mapping[str, Any]
) -> None:
    """Refuse results that would take long, or all memory, to make. Raises SymbookError."""
    counted = {"num_args": len(arrays)} if "num_args" in op.params else {}
    whole = op.parse({**params, **counted})
    names = op.input_names(whole, len(arrays))
    if len(names) != len(arrays):
        return  # the call itself says what is wrong
    given = [ndarray.array(array, dtype=array.dtype) for array in arrays.values()]
    shapes, _ = result_specs(op, given, names, whole)
    for shape in shapes:
        if shape is not None and math.prod(size or 0 for size in shape) > MOST_RESULT:
            raise ArgumentError(f"a result of shape {shape_text(shape)} is too large to try")


def _in_order(op: Op, arrays: Mapping[str, Any]) -> bool:
    return list(op.inputs)[: len(arrays)] == list(arrays)


_DTYPE = re.compile(r"(float16|float32|float64|int8|int32|int64|uint8|bool)\b")
_NUMBER_GAPS = re.compile(r"[\s,;]+")


def typed(text: str) -> np.ndarray[Any, Any]:
    """The array that a text describes, of float32 if it names no other dtype. Raises ArgumentError.

    `1 2 3` is a vector, `1 2; 3 4` a matrix, with semicolons or lines for rows; `(2, 1, 3) 1 2 3 4 5 6` has
    that shape; `[[1, 2], [3, 4]]` is what it is in Python; `int32 1 2 3` has that dtype.
    """
    text = text.strip()
    dtype = np.dtype(np.float32)
    if match := _DTYPE.match(text):
        dtype, text = np.dtype(match[1]), text[match.end() :].strip()
    try:
        if text.startswith("["):
            found = np.array(ast.literal_eval(text), np.float64)
        elif text.startswith("("):
            found = _shaped(*text[1:].split(")", 1))
        else:
            rows = [_numbers(row) for row in re.split(r"[;\n]", text) if row.strip()]
            if len({len(row) for row in rows}) > 1:
                raise ArgumentError(f"the rows of {text!r} have different lengths")
            found = np.array(rows if len(rows) > 1 or ";" in text else rows[0], np.float64)
    except (ValueError, SyntaxError, IndexError, TypeError):
        hint = "Type numbers: 1 2 3; 4 5 6."
        raise ArgumentError(f"{text!r} is no array", hint=hint) from None
    with np.errstate(all="ignore"):
        found = found.astype(dtype)
    if found.size > MOST_ELEMENTS:
        raise ArgumentError(f"{found.size:,} elements are too many to try")
    return found


def _shaped(sizes: str, rest: str) -> np.ndarray[Any, Any]:
    shape = tuple(int(size) for size in sizes.split(",") if size.strip())
    numbers = _numbers(rest)
    if min(shape, default=0) < 0 or math.prod(shape) != len(numbers):
        raise ArgumentError(
            f"an array of shape {shape_text(shape)} has {math.prod(shape):,} elements, not {len(numbers):,}"
        )
    return np.array(numbers, np.float64).reshape(shape)


def _numbers(text: str) -> list[float]:
    return [float(item) for item in _NUMBER_GAPS.split(text.strip()) if item]


def code(op: Op, arrays: Mapping[str, np.ndarray[Any, Any]], params: Mapping[str, Any]) -> str:
    """Python that gives the same and runs as it stands."""
    lines = ["import symbook as mx", ""]
    if any(not np.isfinite(array).all() for array in arrays.values()):
        lines.insert(0, "from math import inf, nan\n")
    if op.random:
        lines.append(f"mx.random.seed({SEED})")
    lines += [_made(key, array) for key, array in arrays.items()]
    plain = op.variadic or _in_order(op, arrays)
    given = [key if plain else f"{key}={key}" for key in arrays]
    given += [f"{key}={_value(value)}" for key, value in params.items()]
    call = f"{call_of(public_name(op))}({', '.join(given)})"
    if op.name == "reset_arrays":
        return "\n".join([*lines, call, f"print({', '.join(arrays)})"])
    return "\n".join([*lines, f"result = {call}", "print(result)"])


def _made(key: str, array: np.ndarray[Any, Any]) -> str:
    """The line that makes an array: nested lists of the shortest numbers that are these in its dtype."""
    opening = f"{key} = mx.nd.array("
    text = np.array2string(
        array,
        separator=", ",
        threshold=array.size + 1,
        max_line_width=100,
        prefix=opening,
        formatter={"all": _shortest},
    )
    # Between planes there are empty lines.
    lines = [line for line in text.split("\n") if line.strip()]
    dtype = "" if array.dtype == np.float32 else f", dtype={array.dtype.name!r}"
    return opening + "\n".join(lines) + dtype + ")"


def _shortest(item: Any) -> str:
    text = str(item)
    return text.removesuffix(".0")


def _value(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(attr_text(value)) if isinstance(value, np.dtype) else repr(value)
