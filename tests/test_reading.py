"""The quick reader of symbol files against the one that reads every JSON text."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import random_case

import symbook as mx
from symbook.errors import SymbookError
from symbook.graph import Graph
from symbook.symbol import canonical
from symbook.symbol import json as any_json

GOLDEN = Path(__file__).parent / "golden"
FILES = [
    *sorted(set((GOLDEN / "symbols").glob("*.json")) - {GOLDEN / "symbols" / "index.json"}),
    *sorted((GOLDEN / "networks").glob("*-symbol.json*")),
]


def text_of(path):
    raw = path.read_bytes()
    return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()


def described(entries):
    """Everything that a reader makes: nodes in order, outputs."""
    graph = Graph(entries)
    nodes = [
        (node.op and node.op.name, node.name, dict(node.params), dict(node.attrs), node.where, pins)
        for node, pins in zip(graph.nodes, graph.inputs, strict=True)
    ]
    # Parameters that are NaN are not equal to themselves.
    return repr(nodes), graph.heads


def outcome(read, text):
    try:
        return described(read(text))
    except SymbookError as error:
        return type(error), str(error)


@pytest.fixture(scope="module", autouse=True, params=[canonical._BLOCK, 300, 1])
def block(request):
    """The texts here fit into one block of the usual size, so all is read in small ones as well."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(canonical, "_BLOCK", request.param)
        yield


@pytest.fixture
def alone(monkeypatch):
    """What the quick reader does not read is a failure."""

    def refuse(text):
        raise AssertionError("left to the other reader")

    other = any_json.load
    monkeypatch.setattr(any_json, "load", refuse)
    return other


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_of_mxnets_are_read_quickly_and_alike(path, alone):
    text = text_of(path)
    assert described(alone(text)) == described(canonical.load(text))


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32))
def test_files_of_random_graphs_are_read_quickly_and_alike(seed):
    text = random_case(seed).symbol.tojson()
    assert described(any_json.load(text)) == described(canonical._load(text))


def rich():
    """Names and attributes that need escapes, long lists, states, several outputs, many inputs."""
    x = mx.sym.Variable("x", shape=(2, 3), init=mx.init.Constant(2.5), __note__='a "b"\n}, {')
    parts = mx.sym.split(mx.sym.BatchNorm(x, name="bn"), num_outputs=3, axis=1, name="split")
    many = mx.sym.concat(*[parts[i % 3] * i for i in range(12)], dim=0, name="joined")
    two = mx.sym.Variable("größe") + parts[1]
    with mx.AttrScope(ctx_group="a", lr_mult="2"):
        three = mx.sym.FullyConnected(two, num_hidden=4, name="fc")
    return mx.sym.Group([many, three, parts[2], x])


RICH = rich().tojson()


def test_a_rich_graph_is_read_quickly_and_alike(alone):
    assert described(alone(RICH)) == described(canonical.load(RICH))
    assert RICH == mx.sym.load_json(RICH).tojson()


def test_names_with_escapes_are_read_by_the_other_reader():
    text = mx.sym.tanh(mx.sym.Variable('a"\\b'), name="t\n").tojson()
    assert ['a"\\b'] == mx.sym.load_json(text).list_arguments()
    assert text == mx.sym.load_json(text).tojson()


PIECES = st.sampled_from(
    [
        "", '"', "\\", "{", "}", "[", "]", ",", ":", " ", "\n", "0", "-1", "7", "1.0", "99", "null", "true",
        '"x"', "[0, 0, 0]", ", [1, 0, 0]", "[[0, 0, 0]]", "\ud800", "\\ud800", "\x00", "٣", "BatchNorm",
        "nothing", '"num_outputs": "1000000000"', '"nodes": []', "10901", "10900", "800", "x", "bn",
    ]
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_changed_files_have_the_same_outcome(data):
    """Something is cut out and something put in, near what matters to a reader."""
    text = RICH
    for _ in range(data.draw(st.integers(1, 2))):
        begin = data.draw(st.integers(0, len(text) - 1))
        end = begin + data.draw(st.sampled_from([0, 1, 2, 5, 20, 200]))
        text = text[:begin] + data.draw(PIECES) + text[end:]
    assert outcome(any_json.load, text) == outcome(canonical.load, text)


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_files_with_changed_lines_have_the_same_outcome(data):
    """Whole lines keep the layout, so that the quick reader sees most of these."""
    lines = RICH.split("\n")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        other = data.draw(st.integers(0, len(lines) - 1))
        change = data.draw(st.sampled_from(["swap", "copy", "drop", "repeat"]))
        if change == "swap":
            lines[at], lines[other] = lines[other], lines[at]
        elif change == "copy":
            lines[at] = lines[other]
        elif change == "drop":
            del lines[at]
        else:
            lines.insert(other, lines[at])
    text = "\n".join(lines)
    assert outcome(any_json.load, text) == outcome(canonical.load, text)


def numbers_changed():
    """Every number of the file made another, one at a time."""
    for match in re.finditer(r"\d+", RICH):
        for number in ("0", "1", "-1", "01", "5", "12", "1000000", "1.0", "1e1", "9" * 5000, "٣"):
            yield RICH[: match.start()] + number + RICH[match.end() :]


def test_files_with_changed_numbers_have_the_same_outcome():
    for text in numbers_changed():
        assert outcome(any_json.load, text) == outcome(canonical.load, text)


P, Q = mx.sym.Variable("p", shape=(1,)), mx.sym.Variable("q", shape=(2,))
SPLIT = mx.sym.Group([mx.sym.split(P, num_outputs=2), mx.sym.split(Q, num_outputs=3)]).tojson()
DENSE = mx.sym.FullyConnected(P, num_hidden=7, name="fc").tojson()
SPECIAL = {
    "nodes twice": RICH.replace('  "heads"', '  "nodes": [], \n  "heads"'),
    "a comma too many": RICH.replace("\n    }\n  ], \n", "\n    }, \n\n  ], \n"),
    "a comma too few": RICH.replace("    }, \n    {", "    }    {", 1),
    "variables that disagree": SPLIT.replace('"q"', '"p"'),
    "too many outputs together": SPLIT.replace('"2"', '"600000"').replace('"3"', '"600000"'),
    "half a character": RICH.replace("größe", "gr\ud800"),
    "a parameter of a variable's": DENSE.replace('"7"', '"7", "weight_lr_mult": "2"'),
    # Before 0.9.5 axis -1 meant all axes.
    "an older version": mx.sym.argmax(P, axis=-1).tojson().replace("10901", "904"),
}


@pytest.mark.parametrize("text", SPECIAL.values(), ids=SPECIAL.keys())
def test_special_files_have_the_same_outcome(text):
    assert outcome(any_json.load, text) == outcome(canonical.load, text)


def test_operators_that_are_made_for_each_node_stay_apart():
    """Nodes of `Custom` keep what they create by the operator that was made for them."""

    class Twice(mx.operator.CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            self.assign(out_data[0], req[0], in_data[0] * 2)

        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            self.assign(in_grad[0], req[0], out_grad[0] * 2)

    @mx.operator.register("twice_of_reading")
    class TwiceProp(mx.operator.CustomOpProp):
        def __init__(self):
            super().__init__(need_top_grad=True)

        def create_operator(self, ctx, shapes, dtypes):
            return Twice()

    x = mx.sym.Variable("x")
    text = mx.sym.Custom(
        mx.sym.Custom(x, op_type="twice_of_reading", name="a"),
        op_type="twice_of_reading",
        name="b",
    ).tojson()
    first, second = (
        [node.op for node in mx.sym.load_json(text).graph.nodes if node.op],
        [node.op for node in Graph(any_json.load(text)).nodes if node.op],
    )
    assert (first[0] is first[1]) == (second[0] is second[1]) is False


def test_a_chain_of_100_000_nodes(tmp_path):
    z = mx.sym.Variable("x")
    for _ in range(50_000):
        z = mx.sym.tanh(z * 0.5)
    z.save(str(tmp_path / "chain.json"))
    again = mx.sym.load(str(tmp_path / "chain.json"))
    assert again.tojson() == z.tojson()
