"""``upgrades.json``: symbols of earlier versions, and what MXNet 1.9.1 makes of them.

``text`` is a file as that version wrote it, ``upgraded`` the same symbol as 1.9.1 writes it. What
1.9.1 refuses has ``error``. Rows with ``code`` are symbols with casts of mixed precision: ``saved``
without them, as by default, and ``kept``.

The forms, by the sources of each release: 0.8 and before have ``param`` (the operator's), ``attr``
(the user's), ``backward_source_id``, edges of two numbers, no auxiliary states and no version; 0.9
to 0.12 one table, ``attr``; later ones ``attrs``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import mxnet as mx
from golden_common import Json, isolated, plain, run_snippet, symbol_names, write_rows

# A node: operator, name, inputs, the operator's parameters, the user's attributes.
Node = tuple[str, str, list[int], Json, Json]
DATA: Node = ("null", "data", [], {}, {})


def text(nodes: Iterable[Node], version: int | None, heads: list[int] | None = None) -> str:
    """A symbol's file as that version of MXNet wrote it; None is 0.8 or before."""
    rows: list[Json] = []
    variables = []
    for i, (op, name, inputs, params, attrs) in enumerate(nodes):
        states = inputs[3:] if op == "BatchNorm" else []
        edges = [[k, 0] if version is None else [k, 0, int(k in states)] for k in inputs]
        row: Json = {"op": op, "name": name, "inputs": edges}
        if version is None:
            row |= {"param": params, "backward_source_id": -1} | ({"attr": attrs} if attrs else {})
        else:
            row["attr" if version < 10000 else "attrs"] = {**params, **attrs}
        rows.append(row)
        variables += [i] if op == "null" else []
    tail = [[i, 0] if version is None else [i, 0, 0] for i in heads or [len(rows) - 1]]
    data: Json = {"nodes": rows, "arg_nodes": variables, "heads": tail}
    attrs = {} if version is None else {"attrs": {"mxnet_version": ["int", version]}}
    return json.dumps(data | attrs)


def variable(name: str, **attrs: str) -> Node:
    """A variable's row."""
    return "null", name, [], {}, attrs


def normed(aux: bool, **attrs: str) -> list[Node]:
    """A convolution with batch normalisation, with or without auxiliary states."""
    states = [variable("bn_moving_mean"), variable("bn_moving_var")] if aux else []
    params = {"eps": "0.001", "fix_gamma": "True", "momentum": "0.9", "use_global_stats": "False"}
    kernel = {"kernel": "(3,3)", "num_filter": "8", "pad": "(1,1)", "stride": "(1,1)",
              "dilate": "(1,1)", "no_bias": "True", "num_group": "1", "workspace": "512"}
    return [
        DATA, variable("c_weight"), ("Convolution", "c", [0, 1], kernel, attrs),
        variable("bn_gamma"), variable("bn_beta"), *states,
        ("BatchNorm", "bn", list(range(2, 7 if aux else 5)), params, attrs),
        ("Activation", "relu", [7 if aux else 5], {"act_type": "relu"}, {}),
    ]


def dense(**attrs: str) -> list[Node]:
    """A classifier, its operator with attributes."""
    return [DATA, variable("fc_weight"), variable("fc_bias"),
            ("FullyConnected", "fc", [0, 1, 2], {"num_hidden": "3", "no_bias": "False"}, attrs),
            variable("softmax_label"),
            ("SoftmaxOutput", "softmax", [3, 4], {"grad_scale": "1", "multi_output": "False"}, {})]


def argmax(axis: str) -> list[Node]:
    """The two operators whose axis -1 meant all axes before 0.9.5."""
    return [DATA, ("argmax", "top", [0], {"axis": axis}, {}), ("argmin", "low", [0], {"axis": axis}, {})]


CASES: dict[str, str] = {
    "0.8 batch norm": text(normed(False), None),
    "0.8 batch norm in a group": text(normed(False, ctx_group="dev1", lr_mult="2"), None),
    "0.8 two batch norms": text(
        [*normed(False), variable("b2_gamma"), variable("b2_beta"),
         ("BatchNorm", "b2", [6, 7, 8], {"fix_gamma": "False"}, {})], None),
    "0.8 classifier": text(dense(), None),
    "0.8 multipliers": text(dense(weight_lr_mult="2", bias_wd_mult="0", lr_mult="5"), None),
    "0.8 multipliers decorated": text(dense(__lr_mult__="2", __mood__="happy"), None),
    "0.8 unknown multiplier": text(dense(nope_lr_mult="2"), None),
    "0.8 unknown attribute": text(dense(mood="happy"), None),
    "0.8 attributes of variables": text(
        [variable("a", mood="happy", lr_mult="2", ctx_group="g", x_lr_mult="3"),
         ("exp", "e", [0], {}, {"mood": "sad", "force_mirroring": "1"})], None),
    "0.8 label left out": text([DATA, ("SoftmaxOutput", "softmax", [0], {}, {})], None),
    "0.8 prelu without gamma": text([DATA, ("LeakyReLU", "p", [0], {"act_type": "prelu"}, {})], None),
    "0.8 old names": text(
        [variable("a"), variable("b"), ("_Plus", "p", [0, 1], {}, {}),
         ("_MulScalar", "m", [2], {"scalar": "0.5"}, {}), ("_RMinusScalar", "r", [3], {"scalar": "1"}, {}),
         ("ElementWiseSum", "s", [2, 4], {"num_args": "2"}, {}), ("Flatten", "f", [5], {}, {}),
         ("Concat", "c", [6, 6], {"num_args": "2", "dim": "1"}, {}),
         ("SliceChannel", "t", [7], {"num_outputs": "2", "axis": "1", "squeeze_axis": "False"}, {})],
        None),
    "0.8 several heads": text(dense(), None, [3, 5]),
    "0.8 argmax": text(argmax("-1"), None, [1, 2]),
    "0.9.1 batch norm": text(normed(True), 901),
    "0.9.3 prelu": text(
        [DATA, variable("p_gamma"), ("LeakyReLU", "p", [0, 1], {"act_type": "prelu"}, {})], 903),
    "0.9.3 own initialiser": text(
        [DATA, variable("g"), variable("b"), variable("m", __init__='["one", {}]'), variable("v"),
         ("BatchNorm", "bn", [0, 1, 2, 3, 4], {}, {})], 903),
    "0.9.4 batch norm": text(normed(True), 904),
    "0.9.4 argmax": text(argmax("-1"), 904, [1, 2]),
    "0.9.4 argmax of an axis": text(argmax("1"), 904, [1, 2]),
    "0.9.5 argmax": text(argmax("-1"), 905, [1, 2]),
    "0.10 multipliers": text(dense(weight_lr_mult="2", __wd_mult__="0"), 1000),
    "0.12 classifier": text(dense(), 1200),
    "1.0 batch norm": text(normed(True), 10000),
    "1.5 multipliers": text(dense(bias_lr_mult="2"), 10500),
    "2.0 classifier": text(dense(), 20000),
    "unknown parameter": text([DATA, ("Flatten", "f", [0], {"foo": "1"}, {})], 10901),
    "unknown parameter of another": text(
        [DATA, ("Activation", "f", [0], {"act_type": "relu", "foo": "1"}, {})], 10901),
    "arg_nodes of an operator": text(dense(), None).replace('"arg_nodes": [0', '"arg_nodes": [3'),
}


CAST = """
c = mx.sym.amp_cast(mx.sym.Variable('a'), dtype='float16', name='c')
m = mx.sym.amp_multicast(c, mx.sym.exp(mx.sym.Variable('b'), name='e'), num_outputs=2, name='m')
z = mx.sym.elemwise_add(m[0], m[1], name='z')
"""
CODES: dict[str, str] = {
    "casts": CAST + "z", "cast": CAST + "c", "several casts": CAST + "m", "one of several": CAST + "m[1]",
    "cast and sum": CAST + "mx.sym.Group([c, z])",
    "cast of a cast": CAST + "mx.sym.exp(mx.sym.amp_cast(c, dtype='float32', name='d'), name='f')",
    "cast of a cast as output": CAST + "mx.sym.amp_cast(c, dtype='float32', name='d')",
}


def saved(name: str) -> Json:
    """One row of a symbol with casts."""
    symbol = run_snippet(CODES[name], symbol_names())
    return {"name": name, "code": CODES[name], "saved": symbol.tojson(),
            "kept": symbol.tojson(remove_amp_cast=False)}


def upgraded(name: str) -> Json:
    """One row."""
    row: dict[str, Any] = {"name": name, "text": CASES[name]}
    try:
        symbol = mx.sym.load_json(CASES[name])
    except mx.base.MXNetError as error:
        return {**row, "error": plain(str(error))}
    return {**row, "upgraded": symbol.tojson(), "arguments": symbol.list_arguments(),
            "auxiliary": symbol.list_auxiliary_states(), "attr_dict": symbol.attr_dict()}


def make() -> int:
    """Write ``upgrades.json``."""
    rows = [{**row, "name": name} for name, row in zip(CASES, isolated(upgraded, CASES), strict=True)]
    return write_rows("upgrades.json", [*rows, *isolated(saved, CODES)])
