"""`mx.viz` against what MXNet 1.9 gives (tests/golden/make_viz.py)."""

from __future__ import annotations

import inspect
import json
import xml.etree.ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symbook as mx
from symbook import viz
from symbook.errors import ArgumentError, ShapeError
from symbook.ops import registry
from symbook.render import graphviz_engine

graphviz = pytest.importorskip("graphviz")

GOLDEN = sorted((Path(__file__).parent / "golden" / "viz").glob("*.json"))
CASES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in GOLDEN}


def lines(dot: str) -> list[str]:
    """DOT without the white space around lines, which differs between versions of graphviz."""
    return [line.strip() for line in dot.strip().splitlines()]


def shapes_of(case: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(shape) for name, shape in case["shapes"].items()}


def as_given(how: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call, from JSON: shapes are tuples."""
    given = dict(how)
    if "shape" in given:
        given["shape"] = {name: tuple(shape) for name, shape in given["shape"].items()}
    return given


def symbol_of(case: dict[str, Any]) -> mx.sym.Symbol:
    missing = {n["op"] for n in case["json"]["nodes"]} - {"null", *registry.names()}
    if missing:
        pytest.skip(f"no operator {', '.join(sorted(missing))} yet")
    return mx.sym.load_json(json.dumps(case["json"]))


def test_golden_cases_are_there():
    assert len(CASES) >= 7
    assert all(len(case["plots"]) == 5 and case["summaries"] for case in CASES.values())


@pytest.mark.parametrize("name", CASES)
def test_plot_network_gives_mxnets_dot(name):
    case = CASES[name]
    symbol = symbol_of(case)
    for how, expected in case["plots"]:
        dot = viz.plot_network(symbol, **as_given(how))
        assert isinstance(dot, graphviz.Digraph)
        assert lines(dot.source) == lines(expected), how


@pytest.mark.parametrize("name", CASES)
def test_print_summary_prints_what_mxnet_prints(name, capsys):
    case = CASES[name]
    symbol = symbol_of(case)
    for how, expected in case["summaries"]:
        viz.print_summary(symbol, **as_given(how))
        assert capsys.readouterr().out == expected


@pytest.mark.parametrize("name", CASES)
def test_dot_and_summary_of_mxnets_json_for_operators_not_there_yet(name):
    """The same texts from MXNet's JSON and MXNet's own shapes: needs no operator of ours."""
    case = CASES[name]
    for how, expected in case["plots"]:
        label = viz._edge_label(
            shapes_of(case) if "shape" in how else None, case["dtypes"] if "dtype" in how else None
        )
        dot = viz._digraph(
            case["json"],
            how.get("title", "plot"),
            "pdf",
            label,
            {**viz._NODE, **how.get("node_attrs", {})},
            how.get("hide_weights", True),
        )
        assert lines(dot.source) == lines(expected), how
    for how, expected in case["summaries"]:
        shapes = shapes_of(case) if "shape" in how else None
        found = viz._summary(
            case["json"],
            shapes,
            how.get("line_length", 120),
            how.get("positions", (0.44, 0.64, 0.74, 1.0)),
        )
        assert "\n".join(found) + "\n" == expected


def test_signatures_are_mxnets():
    names = "symbol, title, save_format, shape, dtype, node_attrs, hide_weights"
    assert ", ".join(inspect.signature(viz.plot_network).parameters) == names
    names = "symbol, shape, line_length, positions"
    assert ", ".join(inspect.signature(viz.print_summary).parameters) == names
    assert mx.viz is viz


def test_save_format_is_kept():
    assert viz.plot_network(mx.sym.Variable("a") + 1, save_format="svg").format == "svg"


@pytest.mark.parametrize("function", [viz.plot_network, viz.print_summary])
def test_what_is_no_symbol_is_refused(function):
    with pytest.raises(ArgumentError, match="symbol must be a Symbol"):
        function("net")
    with pytest.raises(TypeError):
        function(np.zeros(3))


@pytest.mark.parametrize("function", [viz.plot_network, viz.print_summary])
def test_incomplete_shapes_are_refused(function):
    symbol = mx.sym.dot(mx.sym.Variable("a"), mx.sym.Variable("b"))
    with (
        pytest.warns(UserWarning, match="Cannot decide shape"),
        pytest.raises(ShapeError, match="Input shape is incomplete"),
    ):
        function(symbol, shape={"a": (2, 3)})


def test_two_nodes_of_one_name_are_told():
    symbol = mx.sym.exp(mx.sym.exp(mx.sym.Variable("x"), name="same"), name="same")
    with pytest.warns(RuntimeWarning, match="same"):
        viz.plot_network(symbol)


def test_a_summary_where_outputs_have_one_dimension(capsys):
    """MXNet fails here with an IndexError."""
    viz.print_summary(mx.sym.sum(mx.sym.Variable("x"), name="s") + 1, shape={"x": (2, 3)})
    assert "Total params: 0" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["a:b", "<b>x</b>", 'quo"te', "back\\Nslash", "[x]", "{a|b}"])
def test_hostile_names_stay_labels(name):
    dot = viz.plot_network(mx.sym.Variable(name) + 1)
    pygraphviz = pytest.importorskip("pygraphviz")
    graph = pygraphviz.AGraph(string=dot.source)
    assert len(graph.nodes()) == 2
    assert len(graph.edges()) == 1
    labels = [node.attr["label"] for node in graph.nodes()]
    assert name.replace("\\", "\\\\") in labels


# --- drawn without the program `dot` --------------------------------------------------------


@pytest.fixture
def no_dot(monkeypatch, tmp_path):
    """A path on which there is no program `dot`, and an empty folder to work in."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def network() -> Any:
    pytest.importorskip("pygraphviz")
    return viz.plot_network(mx.sym.exp(mx.sym.Variable("naïve"), name="über"))


def texts(svg: str) -> set[str]:
    root = xml.etree.ElementTree.fromstring(svg)
    return {found.text for found in root.iter("{http://www.w3.org/2000/svg}text")}


def test_a_notebook_draws_without_the_program_dot(no_dot):
    bundle = network()._repr_mimebundle_()
    assert set(bundle) == {"image/svg+xml"}
    assert texts(bundle["image/svg+xml"]) == {"naïve", "über"}
    bundle = network()._repr_mimebundle_(
        include=["image/png", "image/svg+xml"], exclude=["image/svg+xml"]
    )
    assert set(bundle) == {"image/png"}
    assert bundle["image/png"].startswith(b"\x89PNG")


def test_pipe_and_render_without_the_program_dot(no_dot):
    dot = network()
    assert texts(dot.pipe(format="svg", encoding="utf-8")) == {"naïve", "über"}
    assert dot.pipe().startswith(b"%PDF")
    assert dot.render() == "plot.gv.pdf"
    assert Path("plot.gv.pdf").read_bytes().startswith(b"%PDF")
    assert lines(Path("plot.gv").read_text(encoding="utf-8")) == lines(dot.source)
    assert Path(dot.render("net", "made", format="png", cleanup=True)) == Path("made/net.png")
    assert sorted(path.name for path in Path("made").iterdir()) == ["net.png"]
    assert dot.render(outfile="other.svg", engine="neato") == "other.svg"
    assert texts(Path("other.svg").read_text(encoding="utf-8")) == {"naïve", "über"}
    with pytest.raises(ValueError, match="unknown format"):
        dot.pipe(format="nonsense")


def test_without_any_graphviz_a_notebook_shows_the_dot_text(no_dot, monkeypatch):
    dot = network()
    monkeypatch.setattr(graphviz_engine, "pygraphviz_folder", lambda: None)
    bundle = dot._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}
    assert "pip install pygraphviz" in bundle["text/plain"]
    assert bundle["text/plain"].endswith(dot.source)
    with pytest.raises(graphviz.ExecutableNotFound):
        dot.render()
