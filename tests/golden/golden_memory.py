"""``memory.json``: how much memory MXNet plans for the values of a graph.

A row has ``id, symbol: snippet, shapes, grad_req, mb``: of the symbol bound by ``simple_bind`` with these
shapes, the number in "Total N MB allocated" of ``debug_str``. It counts outputs and what is kept for the
gradient, not arguments and gradients, in whole MiB, rounded down.
"""

from __future__ import annotations

import re

import mxnet as mx
from golden_common import Json, isolated, run_snippet, symbol_names, write_rows

LAYERS = """
x = a
for k in range(50):
    x = mx.sym.{act}(mx.sym.FullyConnected(x, num_hidden=512, name="fc%d" % k){args})
x
"""
TANH = LAYERS.format(act="tanh", args="")
RELU = LAYERS.format(act="Activation", args=", act_type='relu'")
RESIDUAL = """
x = a
for k in range(20):
    x = x + mx.sym.tanh(mx.sym.FullyConnected(x, num_hidden=512, name="fc%d" % k))
x
"""
MLP = """
x = a
for k, n in enumerate([2048, 1024, 512]):
    x = mx.sym.Activation(mx.sym.FullyConnected(x, num_hidden=n, name="fc%d" % k), act_type="relu")
mx.sym.SoftmaxOutput(mx.sym.FullyConnected(x, num_hidden=10, name="last"), name="softmax")
"""
CHAIN = """
x = a
for k in range(40):
    x = (x * b + 0.5) / c
x
"""
CASES = [
    ("two-products", "(a * b) + (c * d)", dict.fromkeys("abcd", (1000, 1000))),
    ("tanh-50", TANH, {"a": (2048, 512)}),
    ("relu-50", RELU, {"a": (2048, 512)}),
    ("residual-20", RESIDUAL, {"a": (2048, 512)}),
    ("mlp", MLP, {"a": (4096, 784)}),
    ("arithmetic-120", CHAIN, dict.fromkeys("abc", (1000, 1000))),
]


def _row(task: tuple[str, str, Json, str]) -> Json:
    name, code, shapes, grad_req = task
    symbol = run_snippet(code, symbol_names())
    text = symbol.simple_bind(mx.cpu(), grad_req=grad_req, **shapes).debug_str()
    found = re.search(r"Total (\d+) MB allocated", text)
    assert found is not None
    return {"id": f"{name}-{grad_req}", "symbol": code.strip(), "shapes": shapes,
            "grad_req": grad_req, "mb": int(found[1])}  # fmt: skip


def make() -> int:
    """Write the file; how many rows it has."""
    tasks = [(*case, req) for case in CASES for req in ("null", "write", "add")]
    return write_rows("memory.json", isolated(_row, tasks))
