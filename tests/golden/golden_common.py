"""What the golden-data makers share: arrays as JSON, snippets, and isolation of crashes."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import mxnet as mx
import numpy as np

HERE = Path(__file__).parent
CRASH = {"error": "Crash"}

Json = dict[str, Any]


def encode(array: Any, name: str | None = None) -> Json:
    """An NDArray or NumPy array as ``{dtype, shape, data}``, ``data`` flat in C order."""
    values = array.asnumpy() if isinstance(array, mx.nd.NDArray) else np.asarray(array)
    data = None if values.dtype.hasobject else values.ravel().tolist()
    entry = {"dtype": values.dtype.name, "shape": list(values.shape), "data": data}
    return entry if name is None else {"name": name, **entry}


def decode(entry: Json) -> Any:
    """The NDArray of an encoded array."""
    values = np.array(entry["data"], dtype=entry["dtype"]).reshape(entry["shape"])
    return mx.nd.array(values, dtype=values.dtype)


def run_snippet(code: str, names: Json) -> Any:
    """Run ``code`` with ``names`` and return the value of its last line, an expression."""
    tree = ast.parse(code)
    last = tree.body.pop()
    if not isinstance(last, ast.Expr):
        raise SyntaxError(f"the last line is no expression: {code}")
    exec(compile(tree, "<golden>", "exec"), names)
    return eval(compile(ast.Expression(last.value), "<golden>", "eval"), names)


def symbol_names() -> Json:
    """The names a symbol snippet sees: ``mx``, ``np`` and Variables ``a b c d``."""
    return {"mx": mx, "np": np, **{name: mx.sym.Variable(name) for name in "abcd"}}


def plain(message: str) -> str:
    """The first lines of an MXNet message, without the time of day and the stack."""
    kept = re.sub(r"\[\d\d:\d\d:\d\d\] ", "", message).split("Stack trace")[0]
    return kept.strip()[:240]


def isolated(function: Callable[[Any], Json], tasks: Iterable[Any]) -> Iterator[Json]:
    """``function`` of each task, each in a process of its own.

    MXNet reports some errors of one operator from a later one, so cases must not share a
    process. Where the task ends the process the result is ``{"error": "Crash"}``.
    """
    for task in tasks:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                with os.fdopen(writer, "w", encoding="utf-8") as pipe:
                    pipe.write(json.dumps(function(task)))
            finally:
                os._exit(0)
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as pipe:
            text = pipe.read()
        os.waitpid(child, 0)
        yield json.loads(text) if text else dict(CRASH)


def write_rows(path: str, rows: Iterable[Json]) -> int:
    """Write a list of objects to ``path``, one a line, and return how many."""
    lines = [json.dumps(row) for row in rows]
    (HERE / path).write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    return len(lines)
