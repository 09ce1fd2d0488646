"""``signatures.json``: names, arguments and parameters as MXNet's registry reports them."""

from __future__ import annotations

import ctypes
import functools
import inspect
import json
import re
from types import FunctionType

import mxnet as mx
from golden_common import HERE, Json, write_rows
from mxnet.base import _LIB, check_call, mx_uint

Strings = ctypes.POINTER(ctypes.c_char_p)


@functools.cache
def handles() -> dict[str, int]:
    """Every registered name with the handle of its operator; aliases share one."""
    count, names = mx_uint(), Strings()
    check_call(_LIB.MXListAllOpNames(ctypes.byref(count), ctypes.byref(names)))
    found: dict[str, int] = {}
    for i in range(count.value):
        handle = ctypes.c_void_p()
        check_call(_LIB.NNGetOpHandle(names[i], ctypes.byref(handle)))
        found[names[i].decode()] = int(handle.value or 0)
    return dict(sorted(found.items()))


@functools.cache
def describe(op: str) -> Json:
    """The registry's record of ``op``: arguments are its inputs, parameters the rest."""
    name, text, key, result = (ctypes.c_char_p() for _ in range(4))
    names, types, texts, count = Strings(), Strings(), Strings(), mx_uint()
    check_call(_LIB.MXSymbolGetAtomicSymbolInfo(
        ctypes.c_void_p(handles()[op]), *map(ctypes.byref, (
            name, text, count, names, types, texts, key, result))))
    fields = [(names[i].decode(), types[i].decode()) for i in range(count.value)]
    inputs = [f for f in fields if f[1].startswith(("NDArray", "Symbol"))]
    return {
        "name": (name.value or b"").decode(),
        "arguments": [{"name": field, "type": kind} for field, kind in inputs],
        "parameters": [parameter(*field) for field in fields if field not in inputs],
        "key_var_num_args": (key.value or b"").decode(),
    }


def parameter(name: str, kind: str) -> Json:
    """One parameter; ``default`` is MXNet's text of it, None where it is required."""
    default = re.search(r"default=(.*)$", kind)
    return {"name": name, "type": re.sub(r", ?(required|optional.*)$", "", kind),
            "required": kind.endswith("required"),
            "default": default and default.group(1).strip("'"), "text": kind}


def aliases(op: str) -> Json:
    """Where users reach the operator: the registered names found in each module."""
    same = [name for name, handle in handles().items() if handle == handles()[op]]
    places = {"sym": mx.sym, "nd": mx.nd,
              "sym._internal": mx.sym._internal, "nd._internal": mx.nd._internal}
    return {place: [n for n in same if is_operator(getattr(module, n, None), n)]
            for place, module in places.items()}


def is_operator(function: object, name: str) -> bool:
    """Whether ``function`` is registered and not a Python function that hides the name."""
    code = getattr(function, "__code__", None)
    return code is not None and code.co_filename == "<string>" and code.co_name == name


def python_functions() -> list[Json]:
    """The functions of ``mx.sym`` and ``mx.nd`` that are written in Python."""
    return [{"name": f"{place}.{name}", "signature": str(inspect.signature(function))}
            for place, module in (("sym", mx.sym), ("nd", mx.nd),
                                  ("sym.random", mx.sym.random), ("nd.random", mx.nd.random),
                                  ("random", mx.random))
            for name, function in sorted(vars(module).items())
            if isinstance(function, FunctionType) and not name.startswith("_")
            and function.__code__.co_filename != "<string>"]


def answered() -> dict[str, tuple[set[int], set[int]]]:
    """The numbers of visible and of hidden outputs that the recorded cases of each operator have."""
    counts: dict[str, tuple[set[int], set[int]]] = {}
    paths = [HERE / "ops.json", *sorted((HERE / "gradients").glob("[a-z]*.json"))]
    for case in (row for path in paths for row in json.loads(path.read_text(encoding="utf-8"))):
        shown, hidden = counts.setdefault(case["op"], (set(), set()))
        if "outputs" in case:
            shown.add(len(case["outputs"]))
        if "error" not in case and not case.get("at_once") and "out_names" in case:
            hidden.add(len(case.get("hidden", ())))
    return counts


def number(counts: set[int]) -> int | str | None:
    """The one number there is; where it depends on parameters, a word; where none is known, None."""
    return "depends" if len(counts) > 1 else next(iter(counts), None)


# Operators for NumPy's interface, sparse arrays, quantisation, graphs, images and MXNet's own use.
ELSEWHERE = ("_npi_", "_npx_", "_np_", "_sparse_", "_image_", "_cv", "_sg_", "_contrib_dgl",
             "_contrib_quantize", "_contrib_edge", "_contrib_calibrate", "_contrib_requantize",
             "_contrib_dequantize", "_Cached", "_Cross", "_Custom", "_NDArray", "_Native",
             "_NoGradient", "_broadcast_backward", "_imdecode", "_split_v2_backward")
KEPT = {"cumsum"}


def operators() -> list[str]:
    """The registered names of the operators that Symbol programs use, one of each."""
    found: dict[int, list[str]] = {}
    for name, handle in handles().items():
        found.setdefault(handle, []).append(name)
    usual = [names for names in found.values() if "backward" not in describe(names[0])["name"]
             and (KEPT.intersection(names) or not all(n.startswith(ELSEWHERE) for n in names))]
    return sorted(describe(names[0])["name"] for names in usual)


def make() -> int:
    """Write ``signatures.json``; needs ``ops.json`` and ``gradients``."""
    counts = answered()
    rows = [{**describe(op), "aliases": aliases(op),
             "num_outputs": number(counts.get(op, (set(), set()))[0]),
             "num_hidden": number(counts.get(op, (set(), set()))[1])} for op in operators()]
    return write_rows("signatures.json", rows + python_functions())
