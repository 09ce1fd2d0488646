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

RANDOM = ["uniform", "normal", "exponential", "randint", "gamma", "poisson"]
LIKE = ["uniform", "normal", "exponential"]
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


def output_counts() -> dict[str, set[int]]:
    """The numbers of outputs that ``ops.json`` has for each operator."""
    counts: dict[str, set[int]] = {}
    for case in json.loads((HERE / "ops.json").read_text(encoding="utf-8")):
        if "outputs" in case:
            counts.setdefault(case["op"], set()).add(len(case["outputs"]))
    return counts


def random_operators() -> list[str]:
    """The operators of ``random.json``, each of one output."""
    return [f"_random_{name}" for name in RANDOM] + [
        name for kind in LIKE for name in (f"_random_{kind}_like", f"_sample_{kind}")]


def make() -> int:
    """Write ``signatures.json``; needs ``ops.json``."""
    counts = output_counts() | {op: {1} for op in random_operators()}
    operators = [
        {**describe(op), "aliases": aliases(op),
         "num_outputs": next(iter(count)) if len(count) == 1 else "num_outputs"}
        for op, count in counts.items()]
    return write_rows("signatures.json", operators + python_functions())
