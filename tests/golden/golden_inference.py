"""``inference.json``: shapes and types that MXNet infers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mxnet as mx
import numpy as np
from golden_common import Json, isolated, plain, run_snippet, symbol_names, write_rows

Task = tuple[str, str, list[Any], dict[str, Any]]

E = "(a*b) + (c*d)"
V = "mx.sym.Variable"
FC = "mx.sym.FullyConnected(a, num_hidden=3, name='fc')"

# Symbol snippet, then the keyword sets to infer it with.
SHAPES: list[tuple[str, list[dict[str, Any]]]] = [
    (E, [{"a": (1,)}, {"d": (2, 3)}, {"a": (2, 3), "b": (2, 3), "c": (2, 3), "d": (2, 3)},
         {"a": (2, 3), "c": (3, 2)}, {}, {"a": (2, 0)}, {"a": (2, 0), "b": (0, 3)},
         {"a": (0, 0), "b": (2, 3)}, {"a": (2, 0), "d": (0, 3)}, {"a": ()}, {"zzz": (1,)},
         {"a": 5}, {"a": None}, {"a": (2, -1)}, {"a": (2.0, 3)}, {"a": "x"},
         {"a": (2, 3), "b": (1, 3)}, {"a": (2, 3), "b": (3,)}]),
    ("a + 1", [{"a": (2, 3)}, {}, {"a": (0, 3)}, {"a": (1,)}]),
    ("a", [{"a": (2, 3)}, {}, {"a": (2, 0)}]),
    ("mx.sym.exp(a)", [{"a": (4,)}, {}]),
    ("mx.sym.Group([a + b, mx.sym.sum(a, axis=0)])", [{"a": (2, 3)}, {"b": (2, 3)}]),
    ("(a + b).get_internals()", [{"a": (2, 3)}, {}]),
    ("mx.sym.sum(a)", [{"a": (2, 3)}, {}]), ("mx.sym.sum(a, keepdims=True)", [{"a": (2, 3)}]),
    ("mx.sym.sum(a, axis=1)", [{"a": (2, 3)}, {"a": (2, 0)}, {"a": (2,)}]),
    ("mx.sym.sum(a, axis=(0, 2), keepdims=True)", [{"a": (2, 3, 4)}]),
    ("mx.sym.mean(a, axis=1, exclude=True)", [{"a": (2, 3, 4)}]),
    ("mx.sym.argmax(a, axis=1)", [{"a": (2, 3)}, {"a": (5,)}]),
    ("mx.sym.norm(a)", [{"a": (2, 3)}]), ("mx.sym.norm(a, axis=1)", [{"a": (2, 3)}]),
    ("mx.sym.Concat(a, b, dim=1)", [{"a": (2, 3), "b": (2, 4)}, {"a": (2, 3)},
                                    {"a": (2, 3), "b": (3, 3)}, {"a": (2, 0), "b": (0, 3)},
                                    {"a": (0, 3), "b": (2, 4)}, {"a": (2, 3), "b": (2, 4, 1)}]),
    ("mx.sym.Concat(a, b, dim=-1)", [{"a": (2, 3), "b": (2, 4)}]),
    ("mx.sym.Concat(a, b, dim=0) + c", [{"c": (3, 2)}, {"a": (1, 2), "c": (3, 2)}]),
    ("mx.sym.stack(a, b, axis=1)", [{"a": (2, 3)}, {"a": (2, 3), "b": (2, 3)}]),
    ("mx.sym.split(a, num_outputs=3)", [{"a": (2, 6)}, {"a": (2, 5)}, {}]),
    ("mx.sym.split(a, num_outputs=3, squeeze_axis=True)", [{"a": (2, 3)}, {"a": (2, 6)}]),
    ("mx.sym.dot(a, b)", [{"a": (2, 3), "b": (3, 4)}, {"a": (2, 3)}, {"a": (2, 3), "b": (4, 5)},
                          {"a": (2, 0), "b": (3, 4)}, {"a": (3,), "b": (3,)},
                          {"a": (2, 3, 4), "b": (4, 5)}]),
    ("mx.sym.dot(a, b, transpose_a=True)", [{"a": (3, 2), "b": (3, 4)}]),
    ("mx.sym.batch_dot(a, b)", [{"a": (5, 2, 3), "b": (5, 3, 4)}, {"a": (5, 2, 3)}]),
    ("mx.sym.broadcast_add(a, b)", [{"a": (2, 3), "b": (1, 3)}, {"a": (2, 3)},
                                    {"a": (2, 3), "b": (3, 2)}, {"a": (2, 1), "b": (1, 3)},
                                    {"a": (2, 3), "b": (3,)}, {"a": (0, 3), "b": (2, 3)}]),
    ("mx.sym.broadcast_to(a, shape=(2, 3))", [{"a": (1, 3)}, {"a": (1, 1)}, {"a": (3, 3)}, {}]),
    ("mx.sym.Reshape(a, shape=(0, -1))", [{"a": (2, 3, 4)}, {}, {"a": (0, 3, 4)}]),
    ("mx.sym.Reshape(a, shape=(6, 4))", [{}, {"a": (2, 3, 4)}, {"a": (0, 4)}]),
    ("mx.sym.Reshape(a, shape=(-1, 4)) + b", [{"b": (6, 4)}, {"a": (2, 3, 4)}]),
    ("mx.sym.transpose(a)", [{"a": (2, 3)}, {"a": (2, 0)}, {}]),
    ("mx.sym.transpose(a) + b", [{"b": (3, 2)}, {"a": (2, 0), "b": (0, 2)}]),
    ("mx.sym.expand_dims(a, axis=1) + b", [{"b": (2, 1, 3)}, {"a": (2, 3)}]),
    ("mx.sym.Flatten(a)", [{"a": (2, 3, 4)}, {"a": (2, 0, 4)}]),
    ("mx.sym.slice(a, begin=(0, 1), end=(2, 3))", [{"a": (4, 5)}, {"a": (0, 5)}]),
    ("mx.sym.slice_axis(a, axis=1, begin=1, end=None)", [{"a": (4, 5)}]),
    ("mx.sym.where(a, b, c)", [{"a": (2, 3), "b": (2, 3)}, {"b": (2, 3)}, {"a": (2,),
    "b": (2, 3)}]),
    ("mx.sym.one_hot(a, depth=4)", [{"a": (2, 3)}]), ("mx.sym.take(a, b)", [
        {"a": (3, 4), "b": (2, 2)}, {"a": (3, 4)}]),
    ("mx.sym.tile(a, reps=(2, 2))", [{"a": (2, 3)}]), ("mx.sym.repeat(a, repeats=2)",
    [{"a": (2, 3)}]),
    ("mx.sym.zeros((2, 3)) + a", [{}, {"a": (2, 3)}, {"a": (3, 2)}]),
    ("mx.sym.zeros((2, 0)) + a", [{"a": (2, 3)}, {}]), ("mx.sym.arange(4) * a", [{}]),
    ("mx.sym.random.uniform(shape=(2, 3)) + a", [{}]), ("mx.sym.zeros_like(a) + b",
    [{"b": (2, 3)}]),
    ("mx.sym.elemwise_add(mx.sym.sum(a, axis=0), b)", [{"a": (2, 3)}, {"b": (3,)}]),
    ("mx.sym.add_n(a, b, c)", [{"c": (2, 3)}, {"a": (2, 0, 4), "b": (0, 3, 4)}]),
    ("mx.sym._internal._maximum(a, b) * 2", [{"b": (2, 3)}]),
    (FC, [{"a": (4, 5)}, {"fc_weight": (3, 5)}, {"a": (4, 5), "fc_weight": (7, 5)}, {}]),
    (f"{V}('v', shape=(2, 3)) + a", [{}, {"v": (4, 5)}, {"a": (2, 3)}, {"a": (3, 2)}]),
    (f"{V}('v', shape=(2, 0)) + {V}('w', shape=(0, 3))", [{}]),
    (f"{V}('v', shape=(0, 3)) * a", [{"a": (2, 3)}, {}]),
    ("x = a + a\nx", [{"a": (2, 3)}]), (f"{V}('a') + {V}('a')", [{"a": (2, 3)}]),
    ("(a == 1) + (b > a)", [{"a": (2, 3)}]), ("mx.sym.BlockGrad(a) + b", [{"b": (2,)}]),
    ("mx.sym.reshape_like(a, b)", [{"a": (2, 3), "b": (6,)}, {"b": (6,)}]),
    ("mx.sym.SwapAxis(a, dim1=0, dim2=1)", [{"a": (2, 3)}]), ("mx.sym.squeeze(a)",
    [{"a": (2, 1, 3)}]),
    ("mx.sym.cast(a, dtype='int32') + b", [{"b": (2, 3)}]), ("mx.sym.clip(a, 0, 1)", [{"a": (2,)}]),
]

TYPES: list[tuple[str, list[dict[str, Any]]]] = [
    (E, [{}, {"a": "float32"}, {"a": "float64"}, {"d": "float16"}, {"a": "int32", "c": "int32"},
         {"a": "float32", "b": "float64"}, {"a": "float32", "c": "int32"}, {"zzz": "int32"}]),
    ("a + 1", [{}, {"a": "int32"}, {"a": "uint8"}, {"a": "nope"}]), ("a", [{}, {"a": "int8"}]),
    ("mx.sym.exp(a)", [{"a": "float16"}, {"a": "int32"}]), ("a == b", [{"a": "int32"},
    {"b": "float64"}]),
    ("a > 1", [{"a": "float64"}]), ("mx.sym.argmax(a, axis=0)", [{"a": "int32"}, {"a": "float64"}]),
    ("mx.sym.Cast(a, dtype='float16')", [{}, {"a": "int32"}]),
    ("mx.sym.Cast(a, dtype='int32') + b", [{}, {"a": "float64"}, {"b": "float32"}]),
    ("mx.sym.one_hot(a, depth=3)", [{}, {"a": "int32"}]),
    ("mx.sym.one_hot(a, depth=3, dtype='int32')", [{"a": "float64"}]),
    ("mx.sym.sum(a)", [{"a": "int32"}]), ("mx.sym.norm(a)", [{"a": "float16"}]),
    ("mx.sym.take(a, b)", [{"a": "float64"}, {"a": "float64", "b": "int32"}]),
    ("mx.sym.where(a, b, c)", [{"b": "float64"}, {"a": "int32", "b": "float64"}, {"a": "int32"}]),
    ("mx.sym.Concat(a, b)", [{"a": "float64"}, {"a": "float64", "b": "float32"}]),
    ("mx.sym.dot(a, b)", [{"b": "float64"}]), ("mx.sym.zeros((2,)) + a", [{}, {"a": "float64"}]),
    ("mx.sym.zeros((2,), dtype='int32') + a", [{}]), ("mx.sym.arange(3) + a", [{}]),
    ("mx.sym.arange(3, dtype='int64') + a", [{}]), ("mx.sym.shape_array(a)", [{"a": "float16"}]),
    ("mx.sym.random.uniform(shape=(2,)) + a", [{}, {"a": "float64"}]),
    ("mx.sym.random.uniform(shape=(2,), dtype='float64') + a", [{}]),
    ("mx.sym.zeros_like(a)", [{"a": "int32"}]), ("mx.sym.broadcast_add(a, b)", [{"b": "int64"}]),
    ("mx.sym.broadcast_equal(a, b)", [{"b": "int64"}]), ("mx.sym.logical_not(a)", [{"a": "int32"}]),
    (f"{V}('v', dtype='float64') * a", [{}, {"a": "float32"}, {"v": "float32"}]),
    (FC, [{"a": "float16"}, {}]), ("mx.sym.Group([a + b, mx.sym.Cast(a, dtype='int8')])",
    [{"b": "int64"}]),
    ("mx.sym.split(a, num_outputs=2)", [{"a": "float16"}]), ("mx.sym.add_n(a, b, c)",
    [{"c": "float64"}]),
    ("mx.sym.clip(a, 0, 1)", [{"a": "int32"}]), ("mx.sym.reshape_like(a, b)", [{"a": "float64"}]),
    ("(a + b).get_internals()", [{"a": "float64"}]), ("mx.sym.elemwise_mul(a, a)",
    [{"a": "int32"}]),
    ("mx.sym.broadcast_like(a, b)", [{"a": "float64"}]), ("mx.sym.slice_like(a, b)",
    [{"a": "int32"}]),
]

POSITIONAL: list[Task] = [
    (E, "infer_type", ["float32", "float32", "float64", "float64"], {}),
    (E, "infer_type", ["float64", "float64", "float64", "float64"], {}),
    (E, "infer_type", ["int32"], {}), (E, "infer_type", [None, "int32"], {}),
    (E, "infer_shape", [(2, 3)], {"a": (2, 3)}), (E, "infer_type", ["int32"], {"a": "int32"}),
]


def tasks() -> Iterator[Task]:
    """Symbol, method, positional and keyword arguments."""
    for code, sets in SHAPES:
        for kwargs in sets:
            yield code, "infer_shape", [], kwargs
            yield code, "infer_shape_partial", [], kwargs
    for code, sets in TYPES:
        for kwargs in sets:
            yield code, "infer_type", [], kwargs
            yield code, "infer_type_partial", [], kwargs
    yield from POSITIONAL


def plain_type(dtype: Any) -> str | None:
    return None if dtype is None else np.dtype(dtype).name


def infer(symbol: Any, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Three lists: arguments, outputs, auxiliary states; or three times None."""
    found = getattr(symbol, method)(*args, **kwargs)
    if method.startswith("infer_type"):
        return [part and [plain_type(dtype) for dtype in part] for part in found]
    return [part and [list(shape) for shape in part] for part in found]


def run(task: Task) -> Json:
    """The result of one task with counters that start at 0."""
    code, method, args, kwargs = task
    try:
        with mx.name.NameManager():
            symbol = run_snippet(code, symbol_names())
        return {"arguments": symbol.list_arguments(), "result": infer(symbol, method, args, kwargs)}
    except Exception as error:
        return {"error": type(error).__name__, "message": plain(str(error))}


def make() -> int:
    """Write ``inference.json``."""
    listed = list(tasks())
    results = isolated(run, listed)
    return write_rows("inference.json", (
        {"id": f"{task[1]}-{number}", "symbol": task[0], "method": task[1], "args": task[2],
         "kwargs": task[3], **result}
        for number, (task, result) in enumerate(zip(listed, results, strict=True))))
