"""Write golden data of `mx.viz`: run `python tests/golden/make_viz.py` where MXNet 1.9 is.

Each file in `viz/` holds a symbol's JSON, what was asked, and what MXNet gave.
"""

import contextlib
import io
import json
import pathlib

import mxnet as mx

HERE = pathlib.Path(__file__).parent / "viz"
sym = mx.sym


def tutorial():
    a, b, c, d = (sym.Variable(name) for name in "ABCD")
    return (a * b) + (c * d)


def chain():
    x = sym.Variable("data")
    y = sym.exp(sym.dot(x, sym.Variable("proj_weight"), name="proj"), name="grow")
    return sym.sum(y * 2 + 1, axis=1, keepdims=True, name="total")


def joined():
    x, y = sym.Variable("x"), sym.Variable("y")
    both = sym.Concat(x, y, dim=1, name="both")
    return sym.Flatten(sym.Reshape(both, shape=(0, -1), name="flat"), name="flatten0")


def parts():
    halves = sym.SliceChannel(sym.Variable("data"), num_outputs=2, axis=1, name="halves")
    return halves[0] - halves[1]


def perceptron():
    x = sym.Variable("data")
    x = sym.FullyConnected(x, num_hidden=128, name="fc1")
    x = sym.Activation(x, act_type="relu", name="relu1")
    x = sym.FullyConnected(x, num_hidden=10, no_bias=True, name="fc2")
    return sym.SoftmaxOutput(x, name="softmax")


def convolutions():
    x = sym.Variable("data")
    x = sym.Convolution(x, kernel=(3, 3), num_filter=8, name="conv1")
    x = sym.BatchNorm(x, name="bn1")
    x = sym.LeakyReLU(x, name="leaky1")
    x = sym.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="max", name="pool1")
    x = sym.Convolution(
        x, kernel=(3, 3), stride=(2, 2), num_filter=8, num_group=2, no_bias=True, name="conv2"
    )
    x = sym.Flatten(x, name="flat1")
    return sym.FullyConnected(x, num_hidden=4, name="fc1")


def words():
    x = sym.Embedding(sym.Variable("data"), input_dim=50, output_dim=6, name="embed")
    return sym.softmax(sym.mean(x, axis=1, name="mean0"), name="softmax0")


CASES = [
    (
        "tutorial",
        tutorial,
        {"A": (2, 3), "B": (2, 3), "C": (2, 3), "D": (2, 3)},
        ("A", "B", "C", "D"),
    ),
    ("chain", chain, {"data": (4, 3), "proj_weight": (3, 5)}, ("data", "proj_weight")),
    ("joined", joined, {"x": (2, 3, 4), "y": (2, 5, 4)}, ("x", "y")),
    ("parts", parts, {"data": (2, 6)}, ("data",)),
    ("perceptron", perceptron, {"data": (32, 100)}, ("data",)),
    ("convolutions", convolutions, {"data": (2, 3, 20, 20)}, ("data",)),
    ("words", words, {"data": (4, 7)}, ("data",)),
]


def by_output(symbol, found):
    return dict(zip(symbol.get_internals().list_outputs(), found))  # noqa: B905  # Python 3.8


def plots(symbol, shape, types):
    asked = [
        {},
        {"title": "net work", "hide_weights": False},
        {"shape": shape, "node_attrs": {"shape": "oval", "fixedsize": "false"}},
        {"dtype": types},
        {"shape": shape, "dtype": types, "hide_weights": False},
    ]
    return [[how, mx.viz.plot_network(symbol, **how).source] for how in asked]


def summaries(symbol, shape):
    found = []
    for how in (
        {},
        {"shape": shape},
        {"shape": shape, "line_length": 80, "positions": [30, 50, 60, 80]},
    ):
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                mx.viz.print_summary(symbol, **how)
        except IndexError:
            continue  # MXNet's own mistake for outputs without a second dimension
        found.append([how, printed.getvalue()])
    return found


def main():
    HERE.mkdir(exist_ok=True)
    for name, make, shape, typed in CASES:
        with mx.name.NameManager():
            symbol = make()
        types = dict.fromkeys(typed, "float32")
        internals = symbol.get_internals()
        shapes = by_output(symbol, internals.infer_shape(**shape)[1])
        dtypes = by_output(symbol, internals.infer_type(**types)[1])
        case = {
            "json": json.loads(symbol.tojson()),
            "shapes": shapes,
            "dtypes": {key: value.__name__ for key, value in dtypes.items()},
            "plots": plots(symbol, shape, types),
            "summaries": summaries(symbol, shape),
        }
        text = json.dumps(case, indent=1, ensure_ascii=False, sort_keys=True)
        (HERE / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
