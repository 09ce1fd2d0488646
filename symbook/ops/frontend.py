"""What an operator's Python function shows of itself: its signature and its documentation.

`mx.nd` and `mx.sym` make a function for each registered name, and describe it with
:func:`describe`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from .params import Param
from .registry import Op

_OPTIONS = {
    "NDArray": (
        ("out", "NDArray, optional", "Where to write the result; of its shape and dtype."),
        ("name", "str, optional", "Not used; `mx.sym` has it."),
    ),
    "Symbol": (
        ("name", "str, optional", "Name of the new symbol; an automatic one when left out."),
        ("attr", "dict of str to str, optional", "Attributes of the new symbol."),
    ),
}


def describe(op: Op, name: str, returns: str) -> tuple[inspect.Signature, str]:
    """Signature and docstring of the function that calls an operator.

    Parameters
    ----------
    op : Op
    name : str
        The name that the function is reached by.
    returns : {"NDArray", "Symbol"}
        What the function takes as inputs and gives.
    """
    return _signature(op, returns), _docstring(op, name, returns)


def _shown(op: Op) -> list[Param]:
    """The parameters that a caller gives: not the number of inputs, which is counted."""
    return [param for key, param in op.params.items() if not (op.variadic and key == "num_args")]


def _signature(op: Op, returns: str) -> inspect.Signature:
    keyword = inspect.Parameter.KEYWORD_ONLY
    kind: inspect._ParameterKind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter(key, kind) for key in op.inputs]
    if op.variadic:
        parameters.append(inspect.Parameter("data", inspect.Parameter.VAR_POSITIONAL))
        kind = keyword
    optional = False
    for param in _shown(op):
        # Python has no positional parameter without a default after one with a default.
        kind = keyword if param.required and optional else kind
        optional = optional or not param.required
        default = inspect.Parameter.empty if param.required else param.default
        parameters.append(inspect.Parameter(param.name, kind, default=default))
    for key, _, _ in _OPTIONS[returns]:
        if key not in op.params:
            parameters.append(inspect.Parameter(key, keyword, default=None))
    return inspect.Signature(parameters)


def _docstring(op: Op, name: str, returns: str) -> str:
    text, told = parted(op)
    blocks = [text, "Parameters\n----------\n" + "\n".join(_parameter_lines(op, told, returns))]
    result = returns
    if op.outputs != ("output",):
        result = "Symbol of all outputs" if returns == "Symbol" else "NDArray, or list of NDArray"
    blocks.append(f"Returns\n-------\n{result}")
    others = [other for other in (op.name, *op.alias) if other != name]
    if others:
        blocks.append(f"Notes\n-----\nOther names of this operator: {', '.join(others)}.")
    return "\n\n".join(block for block in blocks if block)


def parted(op: Op) -> tuple[str, dict[str, str]]:
    """An operator's text without, and then, the notes on single inputs and parameters.

    Such a note is a line with the name alone and indented lines after it.
    """
    text: list[str] = []
    told: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in op.doc.splitlines():
        if line in op.params or line in op.inputs:
            current = told[line] = []
        elif current is not None and line.startswith("    "):
            current.append(line)
        else:
            current = None
            if line or (text and text[-1]):
                text.append(line)
    return "\n".join(text).strip(), {key: "\n".join(lines) for key, lines in told.items()}


def _parameter_lines(op: Op, told: dict[str, str], returns: str) -> Iterator[str]:
    rows = [(key, returns, told.get(key, "")) for key in op.inputs]
    if op.variadic:
        rows.append(("*data", returns, "    Any number of them."))
    for param in _shown(op):
        default = "" if param.required else f", default {param.default!r}"
        rows.append((param.name, param.kind + default, told.get(param.name, "")))
    for key, kind, text in _OPTIONS[returns]:
        if key not in op.params:
            rows.append((key, kind, f"    {text}"))
    for key, kind, text in rows:
        yield f"{key} : {kind}" + (f"\n{text}" if text else "")
