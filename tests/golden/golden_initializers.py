"""``initializers.json``: arrays as MXNet's initializers fill them after ``mx.random.seed(seed)``.

``calls`` are filled in order: ``init`` (a snippet), ``name``, ``attrs``, ``shape``, ``dtype``; the
arrays are in ``results``, or ``error``. ``dumps`` is the text of the last initializer.
"""

from __future__ import annotations

import warnings
from typing import Any

import mxnet as mx
from golden_common import Json, encode, isolated, write_rows

I = "mx.init."  # noqa: E741

# Initializer, name, shape; and attributes and dtype where they matter.
Call = tuple[Any, ...]
RANDOM = [
    "Uniform()", "Uniform(0.5)", "Normal()", "Normal(2)", "Xavier()", "Xavier('gaussian', 'in', 2.34)",
    "Xavier(factor_type='out', magnitude=1)", "MSRAPrelu()", "MSRAPrelu('in', 0)", "Orthogonal()",
    "Orthogonal(2, 'normal')",
]
NAMES = ["fc_weight", "fc_bias", "bn_gamma", "bn_beta", "q_min", "q_max", "x_weight_quantize",
         "x_bias_quantize", "bn_moving_mean", "bn_moving_var", "data", "upsampling_weight"]
PLAIN = [*NAMES, "stn_loc_weight", "stn_loc_bias", "bn_moving_inv_var", "m_moving_avg"]


def cases() -> list[Json]:
    """The calls of every row, with its seed."""
    rows: list[list[Call]] = [
        [(name, "c_weight", (70, 5)), (name, "c_weight", (3, 2)), (name, "c_weight", (4, 2, 3, 1)),
         ("Uniform(1)", "w_weight", (5,))] for name in RANDOM]
    rows += [[(name, "w_weight", (3, 4), {}, dtype)] for name in ("Uniform()", "Normal()", "Xavier()")
             for dtype in ("float64", "float16")]
    rows += [[("Xavier()", "fc_weight", (3,))], [("Xavier()", "c_weight", (2, 3, 5))]]
    rows += [[("Constant(2.5)", name, (6,))] for name in NAMES if name != "x_weight_quantize"]
    rows += [[(name, "w_weight", (2, 2))] for name in (
        "Zero()", "One()", "Constant(-1)", "Constant(mx.nd.array([[1, 2], [3, 4]]))")]
    rows += [[("Bilinear()", "up_weight", shape)]
             for shape in ((1, 1, 4, 4), (2, 1, 3, 3), (1, 2, 2, 5), (1, 1, 1, 1))]
    rows += [[(name, "l_weight", (8,))] for name in ("LSTMBias()", "LSTMBias(2.5)")]
    rows += [[("Zero()", "any", (2, 3), {"__init__": text})] for text in (
        '["one", {}]', '["zero", {}]', '["Constant", {"value": 0.25}]', "ones",
        '["xavier", {"magnitude": 2}]', '["uniform", {"scale": 1}]', '{"initializer": "normal", "sigma": 2}',
        '["nothing", {}]')]
    for mode, gates in (("rnn_tanh", 1), ("lstm", 4), ("gru", 3)):
        for both in (False, True):
            size = (1 + both) * gates * (3 * (2 + 3 + 2) + 3 * ((1 + both) * 3 + 3 + 2))
            # Not by its text: MXNet cannot read that when it holds another initializer's.
            rows.append([(f"FusedRNN(mx.init.Uniform(1), 3, 2, '{mode}', {both})", "p_weight", (size,))])
    rows.append([("Xavier()", "p", (84,), {"__init__": f"={I}FusedRNN(None, 3, 1, 'lstm').dumps()"})])
    mixed = "Mixed(['fc.*', '.*bias', '.*'], [mx.init.One(), mx.init.Constant(3), mx.init.Uniform()])"
    rows += [[(mixed, name, (2, 2))] for name in ("fc_weight", "c_bias", "c_weight")]
    load = ("Load({'arg:a': mx.nd.array([1, 2]), 'aux:b': mx.nd.array([3]), 'c': mx.nd.array([4])},"
            " mx.init.One())")
    rows += [[(load, name, shape)]
             for name, shape in (("a", (2,)), ("b", (1,)), ("c", (1,)), ("d_weight", (2,)))]
    rows += [[("+Uniform(0.1)", name, (1, 1, 4, 4) if name[:2] == "up" else (6,))] for name in PLAIN
             if not name.endswith("weight_quantize")]
    return [{"seed": seed, "calls": calls} for seed, calls in enumerate(rows)]


def fill(row: Json) -> Json:
    """One row: the calls made, in a process of their own."""
    warnings.simplefilter("ignore")
    mx.random.seed(row["seed"])
    calls, results = [], []
    dumps = None
    for init, name, shape, *rest in row["calls"]:
        attrs, dtype = [*rest, {}, "float32"][:2] if len(rest) != 1 else (rest[0], "float32")
        attrs = {key: eval(text[1:]) if text[0] == "=" else text for key, text in attrs.items()}
        plain, code = init[0] == "+", I + init.lstrip("+")
        calls.append({"init": code, "name": name, "attrs": attrs, "shape": shape, "dtype": dtype,
                      "plain": plain})
        array = mx.nd.full(shape, 7, dtype=dtype)
        try:
            initializer = eval(code)
            initializer(name if plain else mx.init.InitDesc(name, attrs), array)
            results.append(encode(array))
            dumps = initializer.dumps() if hasattr(initializer, "dumps") else None
        except Exception as error:
            return {"seed": row["seed"], "calls": calls, "error": type(error).__name__}
    return {"seed": row["seed"], "calls": calls, "results": results, "dumps": dumps}


def make() -> int:
    """Write ``initializers.json``."""
    return write_rows("initializers.json", isolated(fill, cases()))
