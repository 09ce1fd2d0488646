"""``ops.json``: inputs, parameters and outputs of every operator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import golden_cases
import mxnet as mx
import numpy as np
from golden_common import Json, decode, encode, isolated, write_rows
from golden_signatures import describe


def find(module: Any, op: str) -> Any:
    """The function of a registered operator in ``mx.sym`` or ``mx.nd``."""
    return getattr(module, op, None) or getattr(module._internal, op)


def tuples(params: Json) -> Json:
    """``params`` with JSON's lists as the tuples they were."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in params.items()}


def run_nd(case: Json) -> list[Any]:
    """The outputs of ``case`` computed at once by ``mx.nd``."""
    inputs = [decode(entry) for entry in case["inputs"]]
    result = find(mx.nd, case["op"])(*inputs, **tuples(case["params"]))
    return result if isinstance(result, list) else [result]


def run_sym(case: Json) -> list[Any]:
    """The outputs of ``case`` computed by a bound symbol."""
    variables = [mx.sym.Variable(entry["name"]) for entry in case["inputs"]]
    symbol = find(mx.sym, case["op"])(*variables, **tuples(case["params"]))
    arrays = {entry["name"]: decode(entry) for entry in case["inputs"]}
    return symbol.bind(mx.cpu(), args=arrays, grad_req="null").forward()


def outcome(case: Json) -> Json:
    """``{"outputs": ...}`` of ``case`` by its route, or ``{"error": class}``."""
    run = run_sym if case.get("via") == "sym" else run_nd
    try:
        return {"outputs": [encode(output) for output in run(case)]}
    except Exception as error:
        return {"error": type(error).__name__}


def cases() -> Iterator[Json]:
    """Every case with an id and named inputs, without results."""
    counts: dict[str, int] = {}
    for op, inputs, params in golden_cases.all_cases():
        number = counts[op] = counts.get(op, -1) + 1
        names = input_names(op, len(inputs))
        entries = [encode(array, name) for array, name in zip(inputs, names, strict=True)]
        yield {"id": f"{op}-{number}", "op": op, "inputs": entries, "params": params}


def input_names(op: str, count: int) -> list[str]:
    """The argument names of ``op``; ``arg0 arg1 ...`` where it takes any number."""
    info = describe(op)
    if info["key_var_num_args"]:
        return [f"arg{i}" for i in range(count)]
    return [argument["name"] for argument in info["arguments"]][:count]


def rows(listed: Iterable[Json]) -> Iterator[Json]:
    """Cases with results; where the symbol's differs, a second row with ``via``."""
    listed = list(listed)
    by_sym = [{**case, "id": case["id"] + "-sym", "via": "sym"} for case in listed]
    nd_results = list(isolated(outcome, listed))
    sym_results = list(isolated(outcome, by_sym))
    for case, sym_case, nd, sym in zip(listed, by_sym, nd_results, sym_results, strict=True):
        yield {**case, **nd}
        if repr(nd) != repr(sym):
            yield {**sym_case, **sym}


def make() -> int:
    """Write ``ops.json``."""
    np.seterr(all="ignore")
    return write_rows("ops.json", rows(cases()))
