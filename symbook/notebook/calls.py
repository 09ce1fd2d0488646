"""Hints for calls with too few, too many or unknown arguments: Python says so without an example."""

from __future__ import annotations

import ast
import inspect
import re
from typing import Any

from symbook.errors import did_you_mean

from .failing import UNKNOWN, Failing, is_ours

EXAMPLES = {
    "Symbol.bind": 'symbol.bind(mx.cpu(), {"A": mx.nd.array([1, 2])})',
    "Symbol.simple_bind": "symbol.simple_bind(mx.cpu(), A=(2, 3))",
    "Symbol.eval": "symbol.eval(A=mx.nd.array([1, 2]))",
    "Symbol.attr": 'symbol.attr("name")',
    "Symbol.save": 'symbol.save("graph.json")',
    "Variable": 'mx.sym.Variable("A")',
    "Group": "mx.sym.Group([a, b])",
    "array": "mx.nd.array([1, 2])",
    "zeros": "mx.nd.zeros((2, 3))",
    "ones": "mx.nd.ones((2, 3))",
    "empty": "mx.nd.empty((2, 3))",
    "full": "mx.nd.full((2, 3), 7)",
    "NDArray.astype": 'x.astype("int32")',
    "save": 'mx.nd.save("arrays.params", {"x": x})',
    "load_checkpoint": 'mx.model.load_checkpoint("network", 0)',
    "save_checkpoint": 'mx.model.save_checkpoint("network", 0, symbol, args, {})',
    "seed": "mx.random.seed(42)",
    "AttrScope": 'mx.AttrScope(ctx_group="dev1")',
    "check": 'check("1.1", graph)',
    "hint": 'hint("1.1")',
    "progress": "progress()",
}
"""Calls that are right, by the name of what is called."""


def advice_for_call(error: TypeError, place: Failing) -> str:
    """A hint for a wrong call of a function of ours; an empty string for other errors."""
    said = re.match(
        r"(?:[\w.<>]+\.)?\w+\(\) (missing|takes|got (?:an unexpected keyword argument '(\w+)'|multiple))",
        str(error),
    )
    if not said or not isinstance(place.node, ast.Call):
        return ""
    called = place.value(place.node.func)
    if isinstance(place.node.func, ast.Call):
        # What a class makes is called: mx.init.Zero()(array).
        made: Any = place.value(place.node.func.func)
        called = (
            inspect.getattr_static(made, "__call__", UNKNOWN) if isinstance(made, type) else UNKNOWN
        )
    if called is UNKNOWN or not is_ours(called):
        return ""
    try:
        parameters = list(inspect.signature(called).parameters.values())
    except (TypeError, ValueError):
        return ""
    parameters = [item for item in parameters if item.name != "self"]
    names = [item.name for item in parameters if item.kind is not item.VAR_KEYWORD]
    near = did_you_mean(said[2], names) if said[2] else ""
    return near or f"For example: {_example(called, parameters)}"


def _example(called: Any, parameters: list[inspect.Parameter]) -> str:
    """A call that is right, or the names of what the function takes."""
    name = str(getattr(called, "__qualname__", ""))
    found = EXAMPLES.get(name)
    if found is not None:
        module = getattr(called, "__module__", "")
        makes = "." not in name and module.startswith("symbook.symbol")
        return found.replace("mx.nd.", "mx.sym.") if makes else found
    return f"{getattr(called, '__name__', name)}({', '.join(map(_shown, parameters))})"


def _shown(parameter: inspect.Parameter) -> str:
    star = "*" * (parameter.kind is parameter.VAR_POSITIONAL) + "**" * (
        parameter.kind is parameter.VAR_KEYWORD
    )
    if parameter.default is parameter.empty:
        return f"{star}{parameter.name}"
    return f"{parameter.name}={parameter.default!r}"
