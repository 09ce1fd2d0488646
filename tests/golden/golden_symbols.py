"""``symbols/``: graphs as MXNet saves them, and what it says of each."""

from __future__ import annotations

import mxnet as mx
from golden_common import HERE, Json, isolated, run_snippet, symbol_names, write_rows
from golden_inference import infer

V = "mx.sym.Variable"

# File name: snippet, known shapes, known types.
SYMBOLS: dict[str, tuple[str, Json, Json]] = {
    "e": ("(a*b) + (c*d)", {"a": (1,), "c": (1,)}, {"a": "int32"}),
    "scalars": ("((1 - a) / 2 + a % 3) ** 2.5 * -a + 2 ** a - abs(a / 0.1)", {"a": (2, 3)}, {}),
    "comparisons": ("(a > b) + (a <= 2) * (b != 0.5) - (1 > a)", {"a": (2,)}, {"b": "float64"}),
    "params": ("mx.sym.dot(mx.sym.sum(a, axis=(0, 1), keepdims=True), b, transpose_b=True)",
               {"a": (2, 3, 4), "b": (5, 4)}, {}),
    "group": ("mx.sym.Group([a + b, a * b, c])", {"a": (2, 3), "c": (1,)}, {"a": "float64"}),
    "split": ("s = mx.sym.split(a, num_outputs=3, axis=1, name='s')\ns[2] + s[0]",
              {"a": (2, 6)}, {"a": "float16"}),
    "split_one": ("mx.sym.split(a, num_outputs=3, axis=1, name='s')[1]", {"a": (2, 6)}, {}),
    "split_all": ("mx.sym.SliceChannel(a, num_outputs=2, squeeze_axis=True)", {"a": (4, 2)}, {}),
    "shared": ("x = mx.sym.exp(a)\ny = x * x\n(y + x) * (y - b)", {"a": (3,)}, {"b": "float64"}),
    "variables": (f"{V}('v', shape=(2, 3), dtype='float64') * {V}('w', shape=(0, 3), lr_mult=2,"
                  " wd_mult=0.5, init=mx.init.One(), __mood__='happy')", {}, {}),
    "attributes": ("with mx.AttrScope(__group__='4', ctx_group='dev1'):\n"
                   f"    x = mx.sym.exp({V}('v') + a, attr={{'__mood__': 'happy'}}, name='e')\nx",
                   {"v": (2,)}, {}),
    "slices": ("mx.sym.slice(a, begin=(None, 1), end=(None, -1), step=(2, 1))"
               " + mx.sym.slice_axis(b, axis=0, begin=1, end=None)",
               {"a": (4, 5), "b": (3, 3)}, {}),
    "concat": ("mx.sym.concat(mx.sym.stack(a, b, axis=1), c, dim=0) * 2",
               {"a": (2,), "b": (2,), "c": (1, 2)}, {}),
    "reshape": ("mx.sym.reshape(mx.sym.transpose(a, axes=(1, 0, 2)), shape=(0, -3))",
                {"a": (2, 3, 4)}, {}),
    "cast": ("mx.sym.broadcast_mul(mx.sym.cast(mx.sym.one_hot(a, depth=4, dtype='int32'),"
             " dtype='float64'), mx.sym.argmax(b, axis=1, keepdims=True))",
             {"a": (3,), "b": (3, 5)}, {"a": "int32"}),
    "creation": ("mx.sym.arange(0, 6, 2) + mx.sym.zeros(3) * mx.sym.full((3,), 2.5)"
                 " + mx.sym.random.uniform(0, 2, shape=(3,))", {}, {}),
    "named": ("with mx.name.Prefix('net_'):\n    x = mx.sym.exp(a + 1, name='top')\n"
              "mx.sym.Group([x, x.get_internals()['net__plusscalar0_output']])", {"a": (2,)}, {}),
    "composed": ("(a*b + c)(a=mx.sym.sin(d), c=b, name='done')", {"b": (2, 2)}, {}),
    "dense": ("mx.sym.relu(mx.sym.FullyConnected(a, num_hidden=3, name='fc'))", {"a": (4, 5)}, {}),
    "internals": ("(a*b + 1).get_internals()", {"a": (2,)}, {}),
    "variable": ("a", {"a": (2,)}, {}),
}


def run(name: str) -> Json:
    """The JSON text of one symbol and its lists, shapes and types."""
    code, shapes, types = SYMBOLS[name]
    with mx.name.NameManager():
        symbol = run_snippet(code, symbol_names())
    return {
        "text": symbol.tojson(), "code": code, "repr": repr(symbol),
        "arguments": symbol.list_arguments(), "outputs": symbol.list_outputs(),
        "internals": symbol.get_internals().list_outputs(), "attr_dict": symbol.attr_dict(),
        "shapes": shapes, "infer_shape": infer(symbol, "infer_shape", [], shapes),
        "infer_shape_partial": infer(symbol, "infer_shape_partial", [], {}),
        "types": types, "infer_type": infer(symbol, "infer_type", [], types),
    }


def make() -> int:
    """Write ``symbols/*.json`` and ``symbols/index.json``."""
    folder = HERE / "symbols"
    folder.mkdir(exist_ok=True)
    rows = []
    for name, row in zip(SYMBOLS, isolated(run, SYMBOLS), strict=True):
        (folder / f"{name}.json").write_text(row.pop("text"), encoding="utf-8")
        rows.append({"file": f"{name}.json", **row})
    return write_rows("symbols/index.json", rows)
