"""Pictures of graphs: structure, geometry, contrast, words; never the bytes of a picture."""

from __future__ import annotations

import base64
import json
import math
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import symbook as mx
from symbook import render
from symbook.errors import ArgumentError, ShapeError
from symbook.graph import Graph
from symbook.infer import DTYPES, SHAPES, infer, specs_of
from symbook.render import graphviz_engine, graphviz_server, layered, layout, theme
from symbook.render.arrange import arrange
from symbook.render.collapse import split
from symbook.render.picture import declared_specs
from symbook.render.scene import build_scene
from symbook.render.text import clean, shorten, width

# What takes time that grows with the square of a graph's size takes minutes, on however busy a machine.
SECONDS_NOT_MINUTES = 50

SVG = "{http://www.w3.org/2000/svg}"
DIRECTIONS = ("TB", "BT", "LR", "RL")


def tutorial(shape=None):
    a, b, c, d = (mx.sym.Variable(name, shape=shape) for name in "ABCD")
    with mx.name.NameManager():
        return (a * b) + (c * d)


def network(layers=6):
    x = mx.sym.Variable("data", shape=(64, 100))
    for i in range(layers):
        weight = mx.sym.Variable(f"fc{i}_weight", shape=(100, 100))
        bias = mx.sym.Variable(f"fc{i}_bias", shape=(1, 100))
        x = mx.sym.dot(x, weight, name=f"fc{i}_dot")
        x = mx.sym.tanh(mx.sym.broadcast_add(x, bias, name=f"fc{i}_add"), name=f"fc{i}_tanh")
    return x


def crossing():
    """The complete bipartite graph on 6 + 6 nodes: in two rows it has 15 × 15 crossings."""
    variables = [mx.sym.Variable(name, shape=(2, 2)) for name in "abcdef"]
    return mx.sym.Group([mx.sym.add_n(*variables, name=f"sum{i}") for i in range(6)])


def diamond():
    x = mx.sym.Variable("x", shape=(4, 3))
    return mx.sym.exp(x, name="e") - (x * 2)


def several():
    parts = mx.sym.split(mx.sym.Variable("x", shape=(4, 6)), num_outputs=3, axis=1, name="parts")
    return mx.sym.Group([parts[0] - parts[2], parts[1]])


def wide():
    terms = [mx.sym.exp(mx.sym.Variable(f"x{i}"), name=f"exp{i}") for i in range(12)]
    return mx.sym.add_n(*terms, name="all")


def skips():
    """A chain in which every node is also read much later: long edges."""
    nodes = [mx.sym.Variable("x", shape=(3,))]
    for i in range(25):
        nodes.append(mx.sym.elemwise_add(nodes[-1], nodes[len(nodes) // 2], name=f"n{i}"))
    return nodes[-1]


GRAPHS = {f.__name__: f for f in (tutorial, network, crossing, diamond, several, wide, skips)}
ENGINES = ("graphviz", "own")


@pytest.fixture(autouse=True)
def _empty_cache():
    layout.forget()
    yield
    layout.forget()


@pytest.fixture(params=ENGINES)
def engine(request, monkeypatch):
    """Each layout engine in turn, whatever graphs it would be used for."""
    if request.param == "own":
        monkeypatch.setattr(layout, "_runners", list)
    else:
        if graphviz_engine.pygraphviz_folder() is None and graphviz_engine.dot_program() is None:
            pytest.skip("no Graphviz here")
        own = layered.lay_out
        monkeypatch.setattr(
            layered, "lay_out", lambda sketch: own(sketch)._replace(crossings=10**6)
        )
    return request.param


def parsed(picture):
    return ET.fromstring(picture.svg)


def texts(picture):
    return [element.text for element in parsed(picture).iter(f"{SVG}text")]


def rect_of(picture, i):
    (wide, tall), (x, y) = picture.scene.boxes[i].size, picture.layout.centres[i]
    return x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2


def outward(direction):
    return {"TB": (0, 1), "BT": (0, -1), "LR": (1, 0), "RL": (-1, 0)}[direction]


# --- geometry ----------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("name", GRAPHS)
def test_boxes_do_not_overlap_and_lie_inside_the_picture(name, direction, engine):
    picture = render.draw(GRAPHS[name](), direction=direction)
    assert ("Graphviz" in picture.engine) == (engine == "graphviz"), picture.remark
    rects = [rect_of(picture, i) for i in range(len(picture.scene.boxes))]
    wide, tall = picture.size
    for left, top, right, bottom in rects:
        assert left >= 0
        assert top >= 0
        assert right <= wide
        assert bottom <= tall
    for i, a in enumerate(rects):
        for b in rects[i + 1 :]:
            apart = max(b[0] - a[2], a[0] - b[2], b[1] - a[3], a[1] - b[3])
            assert apart >= 5, (a, b)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("name", GRAPHS)
def test_edges_begin_and_end_at_the_sides_of_their_boxes(name, direction, engine):
    picture = render.draw(GRAPHS[name](), direction=direction)
    ux, uy = outward(direction)
    for line, curve in zip(picture.scene.lines, picture.layout.curves, strict=True):
        assert len(curve) % 3 == 1
        for box, point, sign in ((line.tail, curve[0], 1), (line.head, curve[-1], -1)):
            (wide, tall), (x, y) = picture.scene.boxes[box].size, picture.layout.centres[box]
            along, across = (point[0] - x, point[1] - y), (wide / 2, tall / 2)
            depth = along[0] * ux + along[1] * uy
            assert depth == pytest.approx(
                sign * (across[0] * abs(ux) + across[1] * abs(uy)), abs=1.1
            )
            side = along[0] * abs(uy) + along[1] * abs(ux)
            assert abs(side) <= across[0] * abs(uy) + across[1] * abs(ux)


@pytest.mark.parametrize("name", GRAPHS)
def test_edges_go_past_boxes_not_through_them(name, monkeypatch):
    monkeypatch.setattr(layout, "_runners", list)
    picture = render.draw(GRAPHS[name]())
    rects = [rect_of(picture, i) for i in range(len(picture.scene.boxes))]
    for line, curve in zip(picture.scene.lines, picture.layout.curves, strict=True):
        for x, y in sampled(curve):
            for i, (left, top, right, bottom) in enumerate(rects):
                if i not in (line.tail, line.head):
                    inside = left + 1 < x < right - 1 and top + 1 < y < bottom - 1
                    assert not inside, (picture.scene.boxes[i].tip, line)


def sampled(curve):
    for k in range(0, len(curve) - 1, 3):
        a, b, c, d = curve[k : k + 4]
        for t in np.linspace(0, 1, 12):
            s = 1 - t
            yield tuple(
                s**3 * a[i] + 3 * s * s * t * b[i] + 3 * s * t * t * c[i] + t**3 * d[i]
                for i in (0, 1)
            )


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_inputs_whose_order_matters_arrive_in_that_order(direction, engine):
    a, b, c = (mx.sym.Variable(name) for name in "abc")
    picture = render.draw(mx.sym.where(a, b, c - a, name="w"), direction=direction)
    scene = picture.scene
    box = next(i for i, box in enumerate(scene.boxes) if box.rows[0].text == "where")
    assert scene.boxes[box].ports == ("condition", "x", "y")
    ends = {
        line.port: curve[-1]
        for line, curve in zip(scene.lines, picture.layout.curves, strict=True)
        if line.head == box
    }
    axis = 0 if direction in ("TB", "BT") else 1
    assert ends[0][axis] < ends[1][axis] < ends[2][axis]
    assert {"condition", "x", "y"} <= set(texts(picture))


@pytest.mark.parametrize("shape", [None, (1000, 1000)])
def test_the_tutorials_graph_is_symmetrical(shape):
    picture = render.draw(tutorial(shape))
    at = {
        box.rows[-1].text if box.kind == "operator" else box.rows[0].text: centre
        for box, centre in zip(picture.scene.boxes, picture.layout.centres, strict=True)
        if box.kind != "value"
    }
    middle = at["_plus0"][0]
    assert at["_plus0_output"][0] == pytest.approx(middle, abs=0.5)
    assert at["_mul0"][0] + at["_mul1"][0] == pytest.approx(2 * middle, abs=0.5)
    assert at["A"][0] + at["D"][0] == pytest.approx(2 * middle, abs=0.5)
    assert at["A"][0] < at["B"][0] < at["C"][0] < at["D"][0]
    assert at["A"][1] == at["D"][1] < at["_mul0"][1] == at["_mul1"][1] < at["_plus0"][1]


def test_labels_fit_inside_their_boxes():
    for make in GRAPHS.values():
        picture = render.draw(make())
        for box in picture.scene.boxes:
            assert max(row.width for row in box.rows) <= box.size[0] - 8
            assert sum(row.size for row in box.rows) <= box.size[1]


def test_text_widths_are_helveticas():
    # From Adobe's metrics: H 722 e 556 l 222 l 222 o 556.
    assert width("Hello", 10) == pytest.approx(22.78)
    assert width("Hello", 10, bold=True) == pytest.approx(7.22 + 5.56 + 2.78 + 2.78 + 6.11)


# --- what is drawn -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", GRAPHS)
def test_every_node_has_its_label_and_the_svg_is_an_accessible_image(name, engine):
    symbol = GRAPHS[name]()
    picture = render.draw(symbol)
    root = parsed(picture)
    shown = texts(picture)
    for node in symbol.graph.nodes:
        assert node.name in shown
    for output in symbol.list_outputs():
        assert output in shown
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text
    assert root.find(f"{SVG}desc").text == picture.alt
    wide, tall = picture.size
    assert root.get("viewBox") == f"0 0 {wide} {tall}"


def test_kinds_differ_in_shape_and_not_only_in_colour():
    x = mx.sym.Variable("x")
    picture = render.draw(x * 2)
    outlines = {}
    groups = [
        group for group in parsed(picture).iter(f"{SVG}g") if group.find(f"{SVG}title") is not None
    ]
    for group in groups:
        kind = group.find(f"{SVG}title").text.split()[0]
        drawn = [element for element in group if element.tag in (f"{SVG}rect", f"{SVG}polygon")]
        outlines[kind] = [
            (e.tag, e.get("rx") and float(e.get("rx")) * 2 == float(e.get("height"))) for e in drawn
        ]
    assert outlines["variable"] == [(f"{SVG}rect", True)]
    assert outlines["_mul_scalar"] == [(f"{SVG}rect", False)]
    assert outlines["output"] == [(f"{SVG}polygon", None)] * 2


def test_operators_show_their_sign_and_their_parameters():
    x = mx.sym.Variable("x")
    signs = {
        "+": x + x,
        "−": x - mx.sym.Variable("y"),
        "×": x * x,
        "÷": x / x,
        "× 2": x * 2,
        "2 −": 2 - x,
        "0.5 ÷": 0.5 / x,
        "+ −1": x + (-1),
        "≤": mx.sym.broadcast_lesser_equal(x, x),
        "exp": mx.sym.exp(x),
        "maximum": mx.sym.broadcast_maximum(x, x),
        "broadcast_like": mx.sym.broadcast_like(x, x),
    }
    for sign, symbol in signs.items():
        assert sign in texts(render.draw(symbol))
    assert "axis=1, keepdims=True" in texts(render.draw(mx.sym.sum(x, axis=1, keepdims=True)))


def test_edges_carry_shapes_that_are_declared():
    assert texts(render.draw(tutorial((2, 3)))).count("(2, 3)") == 7
    assert "(2, 3)" not in texts(render.draw(tutorial()))


def test_edges_carry_the_specs_and_values_that_are_given():
    symbol = tutorial()
    graph = symbol.graph
    known = dict.fromkeys("ABCD", (1,))
    specs = specs_of(infer(graph, SHAPES, known), infer(graph, DTYPES, {}))
    assert texts(render.draw(symbol, specs=specs)).count("(1,)") == 7
    values = {"A": mx.nd.array([1]), "_mul0_output": np.array([2.0]), "_plus0_output": 14}
    shown = texts(render.draw(symbol, specs=specs, values=values))
    assert shown.count("(1,)") == 4
    assert {"1", "2", "14"} <= set(shown)
    big = render.draw(symbol, values={"A": np.ones((100, 100)), "B": np.array(["text"])})
    assert "(100, 100)" in texts(big)


def test_outputs_of_one_node_are_told_apart():
    assert {"output0 (4, 2)", "output1 (4, 2)", "output2 (4, 2)"} <= set(
        texts(render.draw(several()))
    )


def test_a_graph_whose_shapes_contradict_each_other_is_drawn_all_the_same():
    a, b = mx.sym.Variable("a", shape=(2, 3)), mx.sym.Variable("b", shape=(4, 5))
    shown = texts(render.draw(mx.sym.dot(a, b, name="product")))
    assert {"product", "(2, 3)", "(4, 5)"} <= set(shown)
    known = declared_specs(mx.sym.dot(a, b).graph)
    assert [row[0].shape for row in known] == [(2, 3), (4, 5), None]


def test_an_unreadable_declaration_does_not_break_the_picture():
    x = mx.sym.Variable("x", attr={"__shape__": "(2, nonsense", "__dtype__": "99"})
    assert "x" in texts(render.draw(mx.sym.exp(x)))


def test_variables_alone_and_empty_groups_are_drawn():
    assert "A" in texts(render.draw(mx.sym.Variable("A")))
    empty = render.draw(Graph(()))
    assert empty.alt == "Empty graph."
    ET.fromstring(empty.svg)


def test_auxiliary_states_are_dashed():
    from symbook.ops import registry

    if registry.find("BatchNorm") is None:
        pytest.skip("no operator with auxiliary states yet")
    picture = render.draw(mx.sym.BatchNorm(mx.sym.Variable("data"), name="bn"))
    kinds = {box.rows[0].text: box.kind for box in picture.scene.boxes}
    assert kinds["bn_moving_mean"] == "auxiliary"
    assert "stroke-dasharray" in picture.svg


def test_the_same_graph_gives_the_same_picture(engine):
    for make in (tutorial, crossing, network):
        first = render.draw(make()).svg
        layout.forget()
        assert render.draw(make()).svg == first


def test_terminals_can_be_left_out():
    picture = render.draw(tutorial(), outputs=False)
    assert "_plus0_output" not in texts(picture)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"direction": "down"}, "direction='down' is not a direction"),
        ({"limit": 0}, "limit=0"),
        ({"focus": "nobody"}, "no node 'nobody'"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ArgumentError, match=message):
        render.draw(tutorial(), **options)


@pytest.mark.parametrize("thing", [3, "graph", None, [1], np.zeros(2)])
def test_what_has_no_graph_is_refused(thing):
    with pytest.raises(ArgumentError, match="has no graph to draw"):
        render.draw(thing)


# --- colours -----------------------------------------------------------------------------------


def luminance(colour):
    """Relative luminance by WCAG 2.2."""
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_enough_on_light_and_dark_pages():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    for page in ("#ffffff", "#111111"):
        assert contrast(theme.EDGE, page) >= 3
    for kind, paint in theme.PAINT.items():
        assert contrast(theme.INK, paint.fill) >= 7
        assert contrast(theme.MUTED_INK, paint.fill) >= 4.5
        # On dark pages the light fill is what stands out, on light ones the outline.
        assert contrast(paint.fill, "#111111") >= 3
        assert kind == "value" or contrast(paint.stroke, "#ffffff") >= 3


def test_the_picture_has_no_background_of_its_own():
    root = parsed(render.draw(tutorial()))
    wide, tall = (int(root.get(key)) for key in ("width", "height"))
    for rect in root.iter(f"{SVG}rect"):
        assert float(rect.get("width")) < wide
        assert float(rect.get("height")) < tall


# --- names -------------------------------------------------------------------------------------

HOSTILE = [
    "<b>bold</b>",
    "<script>alert(1)</script>",
    "\\N\\G\\l",
    "nul\x00in",
    "\x01\x1b[31m",
    "quo\"te's & amp;",
    "]]>",
    "<!--",
    "אבגד \u202eevil",
    "名前が長い" * 30,
    "long" * 200,
    "\ud800",
    "\ufffe",
    "",
    " ",
    "\n\t",
    "e\u0301" * 50,
    "😀" * 40,
]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_hostile_names_are_shown_and_do_no_harm(name, tmp_path):
    symbol = named(name)
    picture = render.draw(symbol)
    root = parsed(picture)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "desc", "g", "path", "rect", "polygon", "text")
    }
    tips = [element.text or "" for element in root.iter(f"{SVG}title")]
    assert any(clean(name) in tip for tip in tips)
    html = picture.html()
    assert "<script" not in html
    assert "<b>" not in html
    page = base64.b64decode(re.search(r"base64,([^\"]+)", html)[1]).decode()
    assert page == picture.svg
    render.save(symbol, tmp_path / "graph.dot")
    assert "URL" not in (tmp_path / "graph.dot").read_text(encoding="utf-8")


def named(name):
    """A graph whose variable and operator have the name; as a file could hold."""
    from symbook.graph import NOTHING, Entry, Node
    from symbook.ops import registry

    x = Node(None, (), NOTHING, name, {}, None)
    exp = registry.get("exp")
    return Graph([Entry(Node(exp, (Entry(x),), exp.parse({}), name, {}, None))])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text())
def test_any_name_gives_valid_xml_html_and_text(name):
    picture = render.draw(named(name))
    ET.fromstring(picture.svg)
    ET.fromstring(re.sub(r"<(img [^>]*)>", r"<\1/>", picture.html()))
    assert picture.table.text().count("\n") == 3
    assert "\n" not in picture.alt


@pytest.mark.skipif(graphviz_engine.pygraphviz_folder() is None, reason="no pygraphviz here")
@pytest.mark.parametrize("name", HOSTILE[:9], ids=ascii)
def test_graphviz_takes_hostile_names_as_text(name, tmp_path):
    from symbook.render.dot import dot_source

    picture = render.draw(named(name))
    svg = graphviz_engine.run_bundled(dot_source(picture.scene, picture.alt), "svg")
    shown = [element.text for element in ET.fromstring(svg).iter(f"{SVG}text")]
    assert (
        shown.count(shorten(clean(name), 30).replace(" ", "\xa0")) + shown.count(clean(name)) >= 1
    )
    assert not list(ET.fromstring(svg).iter(f"{SVG}a")) or "href" not in svg.decode().replace(
        "xlink:title", ""
    )


def test_long_names_are_shortened_in_the_middle():
    assert shorten("abcdefghij", 10) == "abcdefghij"
    assert shorten("abcdefghijk", 10) == "abcde…hijk"
    assert max(map(len, texts(render.draw(named("x" * 500))))) <= 40


# --- engines -----------------------------------------------------------------------------------


def test_crossings_are_counted():
    graph = crossing().graph
    scene = build_scene(graph, split(graph), specs=None, values={}, direction="TB", outputs=False)
    assert layered.lay_out(arrange(scene).sketch).crossings == 15 * 15


def test_graphviz_is_asked_only_for_tangles(monkeypatch):
    monkeypatch.setattr(layout, "_by_best", lambda *_: pytest.fail("Graphviz was asked"))
    assert render.draw(tutorial()).engine == layout.OWN
    monkeypatch.undo()
    if graphviz_engine.pygraphviz_folder() is not None:
        assert render.draw(crossing()).engine == "Graphviz of pygraphviz"


def test_graphviz_is_not_asked_for_what_would_take_it_minutes(monkeypatch):
    monkeypatch.setattr(layout, "_by_best", lambda *_: pytest.fail("Graphviz was asked"))
    own = layered.lay_out
    monkeypatch.setattr(layered, "lay_out", lambda sketch: own(sketch)._replace(crossings=10**6))
    assert render.draw(network(100), limit=1000).engine == layout.OWN


def test_engine_tells_what_there_is(monkeypatch):
    found = render.engine()
    if graphviz_engine.pygraphviz_folder() is not None:
        assert found.name == "Graphviz of pygraphviz"
        assert re.fullmatch(r"\d+\.\d+\.\d+", found.version)
    monkeypatch.setattr(graphviz_engine, "pygraphviz_folder", lambda: None)
    monkeypatch.setattr(graphviz_engine, "dot_program", lambda: None)
    found = render.engine()
    assert found.name == layout.OWN
    assert "pygraphviz is not installed" in found.remark


_ANSWERS = (
    "def answer(text, is_content=True):\n"
    "    print(f'{{\"length\": {len(text)}}}\\n{text}' if is_content else text, flush=True)\n"
    "answer('"
)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("import os; os.abort()", "failed"),
        ("raise SystemExit(3)", "failed"),
        ("print('no JSON')", "failed"),
        ("print('no JSON', flush=True); import time; time.sleep(60)", "cannot be read"),
        ("print('{}', flush=True); import time; time.sleep(60)", "cannot be read"),
        (
            "print('{\"length\": 7}\\nno JSON', flush=True); import time; time.sleep(60)",
            "cannot be read",
        ),
        (
            _ANSWERS
            + '{"bb": "0,0,9,9", "objects": [], "edges": []}\'); import time; time.sleep(60)',
            "cannot be read",
        ),
        (
            _ANSWERS + '{"error": "no such thing"}\', False); import time; time.sleep(60)',
            "no such thing",
        ),
        ("pass", "failed (0)"),
    ],
)
def test_a_graphviz_that_fails_does_not_break_the_picture(monkeypatch, tmp_path, script, why):
    child = tmp_path / "child.py"
    child.write_text(script, encoding="utf-8")
    monkeypatch.setattr(graphviz_engine, "_CHILD", child)
    monkeypatch.setattr(graphviz_engine, "pygraphviz_folder", lambda: str(tmp_path))
    monkeypatch.setattr(graphviz_engine, "dot_program", lambda: None)
    picture = render.draw(crossing())
    assert picture.engine == layout.OWN
    assert why in picture.remark
    assert "sum0" in texts(picture)


def test_a_graphviz_that_hangs_is_stopped(monkeypatch, tmp_path):
    child = tmp_path / "child.py"
    child.write_text("import time; time.sleep(60)", encoding="utf-8")
    monkeypatch.setattr(graphviz_engine, "_CHILD", child)
    monkeypatch.setattr(graphviz_engine, "pygraphviz_folder", lambda: str(tmp_path))
    monkeypatch.setattr(graphviz_engine, "TIMEOUT", 0.3)
    start = time.perf_counter()
    picture = render.draw(crossing())
    assert time.perf_counter() - start < SECONDS_NOT_MINUTES
    assert picture.engine == layout.OWN
    assert "longer than 0.3 s" in picture.remark


@pytest.mark.skipif(graphviz_engine.pygraphviz_folder() is None, reason="no pygraphviz here")
def test_without_child_processes_pygraphviz_runs_in_this_one(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OSError("no processes here")

    graphviz_server.forget()
    monkeypatch.setattr(graphviz_server, "Server", refuse)
    monkeypatch.setattr(graphviz_engine, "_in_process", answer_in_child)
    assert render.draw(crossing()).engine == "Graphviz of pygraphviz"


@pytest.mark.skipif(graphviz_engine.pygraphviz_folder() is None, reason="no pygraphviz here")
class TestServer:
    @staticmethod
    def _command(tmp_path, code):
        file = tmp_path / "child.py"
        file.write_text(code, encoding="utf-8")
        return [sys.executable, str(file)]

    def test_it_stays_for_the_next_picture(self):
        first = graphviz_engine.run_bundled("digraph{a -> b}", "svg")
        server = graphviz_server._servers[0]
        assert b"<svg" in first
        assert graphviz_engine.run_bundled("digraph{a -> b}", "svg") == first
        assert graphviz_server._servers == [server]

    def test_what_graphviz_refuses_is_told_and_another_picture_is_drawn(self):
        with pytest.raises(graphviz_engine.GraphvizFailed):
            graphviz_engine.run_bundled("digraph{", "no such form")
        assert b"<svg" in graphviz_engine.run_bundled("digraph{a}", "svg")

    def test_many_threads_get_their_own_answers(self):
        found = {}

        def ask(k):
            found[k] = graphviz_engine.run_bundled(f"digraph{{n{k}}}", "svg")

        threads = [threading.Thread(target=ask, args=(k,)) for k in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(f">n{k}<".encode() in found[k] for k in range(8))

    @pytest.mark.parametrize(
        "code", ["raise SystemExit(3)", "print('{\"length\": 9}\\nabc')", "print('nonsense')"]
    )
    def test_a_child_that_fails_is_told_of_and_ended(self, tmp_path, code):
        with pytest.raises(graphviz_server.ServerError, match="failed"):
            graphviz_server.ask(self._command(tmp_path, code), "digraph{}", "svg", "dot", 20)
        assert not graphviz_server._servers

    def test_an_interrupt_ends_it(self, monkeypatch):
        graphviz_engine.run_bundled("digraph{a}", "svg")

        def interrupted(*_args):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(json, "loads", interrupted)
            with pytest.raises(KeyboardInterrupt):
                graphviz_engine.run_bundled("digraph{b}", "svg")
        assert b">c<" in graphviz_engine.run_bundled("digraph{c}", "svg")

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
    def test_a_fork_of_this_process_has_one_of_its_own(self):
        code = (
            "import os\nfrom symbook.render import graphviz_engine as g\n"
            "first = g.run_bundled('digraph{a}', 'svg')\n"
            "child = os.fork()\n"
            "same = g.run_bundled('digraph{a}', 'svg') == first\n"
            "if not child:\n    os._exit(0 if same else 1)\n"
            "print(os.waitpid(child, 0)[1], same)"
        )
        # From 3.12, Python warns of any fork beside BLAS's threads.
        done = subprocess.run(
            [sys.executable, "-W", "ignore:This process:DeprecationWarning", "-c", code],
            cwd=Path(render.__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == ["0", "True"]
        assert done.stderr == ""


def answer_in_child(dot, form, program):
    """What `_in_process` does, but in a process whose messages are not this test's."""
    folder = str(Path(graphviz_engine.__file__).parents[2])
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from symbook.render import graphviz_engine as g;"
        "sys.stdout.buffer.write(g._in_process(*sys.argv[2:]))"
    )
    command = [sys.executable, "-c", code, folder, dot, form, program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        return child.communicate()[0]


def test_a_file_of_the_users_beside_the_notebook_is_not_imported(monkeypatch, tmp_path):
    if graphviz_engine.pygraphviz_folder() is None:
        pytest.skip("no pygraphviz here")
    (tmp_path / "re.py").write_text("raise RuntimeError('imported')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert render.draw(crossing()).engine == "Graphviz of pygraphviz"


def test_layouts_are_kept(monkeypatch):
    render.draw(crossing())
    monkeypatch.setattr(layout, "_by_best", lambda *_: pytest.fail("laid out again"))
    render.draw(crossing())


def test_pictures_can_be_drawn_in_several_threads():
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(render.draw(network()).svg)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 4


def test_render_imports_no_third_party_library():
    code = (
        "import sys, symbook.render as r, symbook as mx;"
        "a = mx.sym.Variable('a'); r.draw(a + 1).html();"
        "print([m for m in ('graphviz', 'pygraphviz', 'IPython') if m in sys.modules])"
    )
    folder = str(Path(render.__file__).parents[2])
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_own_layout_of_any_graph_is_sound(data):
    """Random graphs: boxes apart, edges forward, crossings counted as a plain count finds them."""
    nodes = [mx.sym.Variable(f"v{i}") for i in range(data.draw(st.integers(1, 4)))]
    for i in range(data.draw(st.integers(1, 14))):
        ends = [nodes[data.draw(st.integers(0, len(nodes) - 1))] for _ in range(2)]
        nodes.append(mx.sym.elemwise_add(*ends, name=f"n{i}"))
    graph = mx.sym.Group(nodes[-3:]).graph
    scene = build_scene(graph, split(graph), specs=None, values={}, direction="TB", outputs=True)
    arrangement = arrange(scene)
    found = layered.lay_out(arrangement.sketch)
    for edge, curve in zip(arrangement.sketch.edges, found.layout.curves, strict=True):
        ys = [point[1] for point in curve]
        assert ys == sorted(ys)
        tail, head = found.layout.centres[edge.tail], found.layout.centres[edge.head]
        assert tail[1] < head[1]
    sizes = arrangement.sketch.sizes
    for i, a in enumerate(found.layout.centres):
        for j, b in enumerate(found.layout.centres[:i]):
            apart_x = abs(a[0] - b[0]) - (sizes[i][0] + sizes[j][0]) / 2
            apart_y = abs(a[1] - b[1]) - (sizes[i][1] + sizes[j][1]) / 2
            assert max(apart_x, apart_y) >= 5
    if found.crossings == 0:
        assert plain_crossings(found.layout.curves) == 0


def plain_crossings(curves):
    """Pairs of curves that change sides between two levels at which both are."""
    count = 0
    for i, a in enumerate(curves):
        for b in curves[:i]:
            top, bottom = max(a[0][1], b[0][1]), min(a[-1][1], b[-1][1])
            if bottom - top < 1:
                continue
            levels = np.linspace(top + 0.5, bottom - 0.5, 40)
            gaps = np.array([x_at(a, y) - x_at(b, y) for y in levels])
            gaps = gaps[np.abs(gaps) > 2]
            count += bool(len(gaps)) and not (np.all(gaps > 0) or np.all(gaps < 0))
    return count


def x_at(curve, y):
    points = list(sampled(curve))
    return float(np.interp(y, [p[1] for p in points], [p[0] for p in points]))


# --- large graphs ------------------------------------------------------------------------------


def test_up_to_300_nodes_all_are_drawn():
    symbol = network(59)
    picture = render.draw(symbol)
    assert len(symbol.graph) == 296
    assert picture.caption == ""
    drawn = [box for box in picture.scene.boxes if box.kind in ("variable", "operator")]
    assert len(drawn) == 296


def test_larger_graphs_are_drawn_in_blocks_by_name():
    picture = render.draw(network(100))
    assert picture.caption == "501 nodes are drawn as 101 blocks by the beginnings of names."
    shown = texts(picture)
    assert {"data", "fc0", "fc99", "5 nodes", "fc99_tanh_output"} <= set(shown)


def test_blocks_hold_every_node_once_and_make_no_cycle():
    for symbol in (network(100), network(300), skips()):
        graph = symbol.graph
        for limit in (5, 40, 300):
            parts = split(graph, limit)
            assert [i for part in parts.members for i in part] == list(range(len(graph)))
            for i, pins in enumerate(graph.inputs):
                assert all(parts.of[pin.node] <= parts.of[i] for pin in pins)
            assert len(parts.members) <= max(limit, 2) + 2


def test_a_graph_of_100_000_nodes_is_drawn_in_no_minutes():
    x = mx.sym.Variable("x")
    with mx.name.NameManager():
        for _ in range(100_000):
            x = x + 1
    start = time.perf_counter()
    picture = render.draw(x)
    page = picture.html()
    assert time.perf_counter() - start < SECONDS_NOT_MINUTES
    assert picture.caption == "Of 100,001 nodes, the last 60 are drawn; 99,941 are left out."
    assert "earlier nodes" in texts(picture)
    assert len(page) < 300_000
    assert "100,001 nodes</summary>" in page
    assert "99,801 more nodes" in page
    assert picture.alt.startswith("Graph of _plusscalar99999: 100,000 operators (100000 plus)")


def test_a_large_graph_can_be_seen_around_a_node():
    picture = render.draw(network(500), focus="fc250_dot")
    shown = texts(picture)
    assert {"fc250_dot", "earlier nodes", "later nodes", "fc250_weight"} <= set(shown)
    assert "around fc250_dot are drawn" in picture.caption


def test_edges_that_all_reach_far_do_not_take_for_ever(monkeypatch):
    monkeypatch.setattr(layout, "_runners", list)
    x = total = mx.sym.Variable("x")
    for i in range(280):
        total = mx.sym.elemwise_add(total, x, name=f"n{i}")
    start = time.perf_counter()
    render.draw(total)
    assert time.perf_counter() - start < SECONDS_NOT_MINUTES


# --- words and tables --------------------------------------------------------------------------


def test_a_small_graph_is_said_in_full():
    assert render.describe(tutorial().graph) == (
        "Graph of _plus0: A times B is _mul0; C times D is _mul1; _mul0 plus _mul1 is _plus0; "
        "output _plus0_output."
    )
    assert render.draw(tutorial((2, 3))).alt.endswith("output _plus0_output (2, 3).")
    assert render.draw(tutorial(), title="E").alt.startswith("Graph of E: A times B")


def test_scalars_parameters_and_several_outputs_are_said():
    x = mx.sym.Variable("x")
    with mx.name.NameManager():
        said = render.describe(mx.sym.sum(2 - x, axis=1).graph)
    assert "2 minus x is _rminusscalar0; sum of _rminusscalar0 with axis=1 is sum0" in said
    assert "parts_output0 minus parts_output2" in render.describe(several().graph)


def test_a_large_graph_is_said_in_counts():
    said = render.describe(network(20).graph)
    assert "60 operators (20 add, 20 dot, 20 tanh) on 41 variables" in said
    assert len(said) < 200


def test_the_table_has_a_row_for_each_node():
    table = render.node_table(tutorial().graph, values={"A": np.array([1.0])})
    assert [row.name for row in table.rows] == ["A", "B", "_mul0", "C", "D", "_mul1", "_plus0"]
    last = table.rows[-1]
    assert (last.operator, last.inputs, last.is_output) == (
        "elemwise_add",
        ("_mul0", "_mul1"),
        True,
    )
    assert table.columns()[-1] == "Value"
    assert table.text().splitlines()[0].split() == [
        "Node",
        "Operator",
        "Inputs",
        "Shape",
        "Dtype",
        "Value",
    ]
    rows = list(ET.fromstring(table.html()).iter("tr"))
    assert len(rows) == 8
    assert [cell.text for cell in rows[1]] == ["A", "variable", None, None, None, "1"]


def test_values_in_the_table_are_short():
    values = {"A": np.arange(100.0), "B": np.zeros((0, 3)), "C": mx.nd.array([1, 2, 3])}
    table = render.node_table(tutorial().graph, values=values)
    told = {row.name: row.value[0] for row in table.rows}
    assert (told["A"], told["B"], told["C"]) == ("0 … 99", "empty", "[1 2 3]")


def test_html_is_static_and_has_alt_text():
    html = render.draw(tutorial((2, 3))).html("What I drew & why")
    root = ET.fromstring(re.sub(r"<(img [^>]*)>", r"<\1/>", html))
    image = root.find("img")
    assert image.get("alt").startswith("Graph of _plus0: A times B")
    assert image.get("src").startswith("data:image/svg+xml;base64,")
    assert root.find("details/summary").text == "7 nodes"
    assert root.find("p/small").text == "What I drew & why"
    assert not re.search(r"<script|<style|\son\w+=|class=|https?://", html)
    assert "<details>" not in render.draw(tutorial()).html(table=False)


# --- files -------------------------------------------------------------------------------------

MAGIC = {"svg": b"<svg ", "png": b"\x89PNG", "pdf": b"%PDF", "dot": b"digraph"}


@pytest.mark.parametrize("form", MAGIC)
def test_files_are_written_by_their_ending(form, tmp_path):
    if form in ("png", "pdf") and graphviz_engine.pygraphviz_folder() is None:
        pytest.skip("no Graphviz here")
    path = tmp_path / f"a graph.{form.upper()}"
    render.save(tutorial(), path, shapes={"A": (2, 3)}, direction="LR")
    assert path.read_bytes().startswith(MAGIC[form])
    if form == "svg":
        assert "(2, 3)" in path.read_text(encoding="utf-8")


@pytest.mark.skipif(graphviz_engine.pygraphviz_folder() is None, reason="no pygraphviz here")
def test_png_and_pdf_keep_the_positions_of_the_svg():
    from symbook.render.dot import dot_source

    picture = render.draw(tutorial((2, 3)))
    dot = dot_source(picture.scene, "", picture.layout)
    told = json.loads(graphviz_engine.run_bundled(dot, "json0", "nop2"))
    for item in told["objects"]:
        x, y = map(float, item["pos"].split(","))
        left = told["objects"][0]["pos"].split(",")
        first = picture.layout.centres[0]
        centre = picture.layout.centres[int(item["name"][1:])]
        assert math.isclose(x - float(left[0]), centre[0] - first[0], abs_tol=0.1)
        assert math.isclose(float(left[1]) - y, centre[1] - first[1], abs_tol=0.1)


@pytest.mark.parametrize("path", ["graph.bmp", "graph", "svg", "graph.svg.zip"])
def test_an_unknown_ending_is_refused(path, tmp_path):
    with pytest.raises(
        ArgumentError, match=r"cannot tell the format(.|\n)*\.svg, \.png, \.pdf or \.dot"
    ):
        render.save(tutorial(), tmp_path / path)


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(render.SaveError, match="cannot write"):
        render.save(tutorial(), tmp_path / "nowhere" / "graph.svg")
    (tmp_path / "folder.svg").mkdir()
    with pytest.raises(OSError, match="cannot write"):
        render.save(tutorial(), tmp_path / "folder.svg")


def test_without_graphviz_png_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(graphviz_engine, "pygraphviz_folder", lambda: None)
    monkeypatch.setattr(graphviz_engine, "dot_program", lambda: None)
    with pytest.raises(render.SaveError, match=r"needs Graphviz(.|\n)*pip install pygraphviz"):
        render.save(tutorial(), tmp_path / "graph.png")
    render.save(tutorial(), tmp_path / "graph.svg")


def test_shapes_that_contradict_each_other_are_refused(tmp_path):
    product = mx.sym.dot(mx.sym.Variable("a"), mx.sym.Variable("b"))
    with pytest.raises(ShapeError):
        render.save(product, tmp_path / "graph.svg", shapes={"a": (2, 3), "b": (4, 5)})


def test_a_shape_for_no_argument_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match="no argument 'Z'"):
        render.save(tutorial(), tmp_path / "graph.svg", shapes={"Z": (2,)})


def test_operators_of_one_row_stand_in_line(engine):
    a, b, c, d = (mx.sym.Variable(name) for name in "abcd")
    picture = render.draw((a * b) - (c / d))
    places = {
        box.rows[0].text: (box.size[1], at[1])
        for box, at in zip(picture.scene.boxes, picture.layout.centres, strict=True)
    }
    assert places["×"] == places["÷"]
    plain = render.draw(a * b).scene.boxes
    assert next(box.size[1] for box in plain if box.kind == "operator") < places["×"][0]


def test_every_text_can_be_read():
    """Names of inputs are the smallest text."""
    a, b = (mx.sym.Variable(name) for name in "ab")
    svg = render.draw(a - b, values={"a": np.ones(1)}).svg
    assert min(map(float, re.findall(r'font-size="([\d.]+)"', svg))) >= 9.5


@pytest.mark.skipif(graphviz_engine.pygraphviz_folder() is None, reason="no pygraphviz here")
def test_the_outer_outline_of_an_output_has_the_size_of_its_box():
    from symbook.render.dot import dot_source

    picture = render.draw(mx.sym.Variable("a") + 1)
    [box] = [box for box in picture.scene.boxes if box.kind == "output"]
    dot = dot_source(picture.scene, "", picture.layout)
    svg = graphviz_engine.run_bundled(dot, "svg", "nop2").decode()
    hexagons = [
        np.array([list(map(float, pair.split(","))) for pair in points.split()])
        for points in re.findall(r'<polygon [^>]*points="([^"]*)"', svg)
        if len(points.split()) == 7
    ]
    assert len(hexagons) == 2
    heights = [np.ptp(corners[:, 1]) for corners in hexagons]
    assert max(heights) == pytest.approx(box.size[1], abs=1)
