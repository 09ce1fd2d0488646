"""Views as files: the whole interaction as HTML, and pictures with what the views show."""

from __future__ import annotations

import os
import struct
import xml.etree.ElementTree

import numpy as np
import pytest

import symbook as mx
from symbook.errors import ArgumentError, LookupFailure
from symbook.render import SaveError, draw, saving
from symbook.render.beside import Bar, Chart, time_chart
from symbook.views.pictures import of_pass

views = pytest.importorskip("symbook.views")

BEGINNINGS = {
    "html": b"<!doctype html>",
    "svg": b"<svg",
    "png": b"\x89PNG",
    "pdf": b"%PDF",
    "dot": b"digraph",
}


@pytest.fixture(scope="module")
def executor():
    with mx.name.NameManager():
        a, b, c, d = (mx.sym.Variable(name) for name in "ABCD")
        e = (a * b) + (c * d)
    arrays = {name: mx.nd.array([k, k + 1]) for k, name in enumerate("ABCD", 1)}
    return e.bind(mx.cpu(), arrays, args_grad={name: mx.nd.zeros((2,)) for name in "ABCD"})


@pytest.fixture(scope="module")
def made(executor):
    ones = [mx.nd.ones((2,))]
    return {
        "graph": views.GraphView(executor.symbol),
        "values": views.ValueView(executor),
        "stepper": views.Stepper(executor, is_train=True, out_grads=ones),
        "timeline": views.Timeline(executor, is_train=True, out_grads=ones),
        "gradient": views.GradientView(executor, ones),
        "optimiser": views.OptimiserView(executor),
    }


def texts(svg: str) -> list[str]:
    root = xml.etree.ElementTree.fromstring(svg)
    return [found.text for found in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize(
    "name", ["graph", "values", "stepper", "timeline", "gradient", "optimiser"]
)
def test_the_ending_says_what_is_written(made, name, tmp_path):
    for form in ("html", "svg", "dot"):
        path = made[name].save(tmp_path / f"view.{form.upper()}")
        assert path.read_bytes().startswith(BEGINNINGS[form])
    assert len(os.listdir(tmp_path)) == 3


@pytest.mark.parametrize("form", ["png", "pdf"])
@pytest.mark.parametrize("name", ["timeline", "optimiser"])
def test_graphviz_draws_what_is_no_graph(made, name, form, tmp_path):
    pytest.importorskip("pygraphviz")
    assert made[name].save(tmp_path / f"view.{form}").read_bytes().startswith(BEGINNINGS[form])


def test_pictures_have_the_values(made, tmp_path):
    # A B C D = [1 2] [2 3] [3 4] [4 5]
    expected = {"[2 6]", "[12 20]", "[14 26]"}
    for name in ("values", "stepper"):
        assert expected <= set(texts(made[name].save(tmp_path / "a.svg").read_text()))
    assert not expected & set(texts(made["graph"].save(tmp_path / "a.svg").read_text()))


def test_what_is_compared_stands_beside_each_other(made):
    for name, headings in (
        ("gradient", ["The graph", "With its gradient"]),
        ("optimiser", ["As written", "As it is run"]),
    ):
        picture = made[name].picture()
        shown = texts(picture.svg)
        assert set(headings) <= set(shown)
        assert shown.count("_plus0_output") >= 2
        places = [
            (box.rows[0].text, centre[0])
            for box, centre in zip(picture.scene.boxes, picture.layout.centres, strict=True)
            if box.rows and box.rows[0].text in headings
        ]
        assert [text for text, _ in sorted(places, key=lambda row: row[1])] == headings


def bars_of(picture):
    return [
        (box, centre)
        for box, centre in zip(picture.scene.boxes, picture.layout.centres, strict=True)
        if box.kind in ("operator", "critical")
    ]


def test_every_step_has_a_bar(made):
    document, bars = made["timeline"]._document, bars_of(made["timeline"].picture())
    assert len(bars) == sum(len(run["bars"]) for run in document["timelines"])
    critical = sum(len(run["path"]) for run in document["timelines"])
    assert critical == sum(box.kind == "critical" for box, _ in bars)


def test_bars_are_to_scale():
    rows = [("a", 0, 0.0, 2.0), ("b", 1, 1.0, 1.5), ("c", 0, 2.5, 4.0), ("d", 1, 2.0, 2.0)]
    chart = Chart("a run", ["one", "two"], [Bar(*row, False) for row in rows], 4.0)
    (a, at_a), (b, at_b), (c, at_c), (d, _) = bars_of(time_chart([chart]))
    second = a.size[0] / 2
    assert np.allclose([b.size[0], c.size[0]], [second / 2, second * 1.5])
    assert np.allclose(at_c[0] - at_a[0], 2.25 * second)
    assert np.allclose(at_b[0] - at_a[0], 0.25 * second)
    assert at_a[1] == at_c[1] < at_b[1]
    # It is seen, although it took no time.
    assert d.size[0] == 3


def test_a_run_of_no_time_is_drawn():
    picture = time_chart([Chart("nothing", ["thread 0"], [Bar("a<b", 0, 0.0, 0.0, True)], 0.0)])
    assert "nothing" in texts(picture.svg)
    assert "a&lt;b" in picture.svg


@pytest.mark.parametrize(
    ("path", "kind", "told"),
    [
        ("view.gif", ArgumentError, "cannot tell the format"),
        ("view", ArgumentError, "cannot tell the format"),
        ("no such/view.html", SaveError, "there is no folder"),
        ("no such/view.svg", SaveError, "there is no folder"),
        ("folder.svg", SaveError, "it is a folder"),
    ],
)
def test_what_cannot_be_written_is_said_before_work_is_done(
    made, path, kind, told, tmp_path, monkeypatch
):
    (tmp_path / "folder.svg").mkdir()
    view = made["values"]
    for work in ("page", "picture"):
        monkeypatch.setattr(view, work, lambda: pytest.fail("worked in vain"))
    with pytest.raises(kind, match=told):
        view.save(tmp_path / path)
    assert os.listdir(tmp_path) == ["folder.svg"]


def test_a_place_that_may_not_be_written_to(made, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(SaveError, match="may not be written to"):
        made["graph"].save(tmp_path / "view.html")


def test_what_was_there_stays_where_writing_fails(made, tmp_path, monkeypatch):
    path = tmp_path / "view.svg"
    path.write_text("before")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(SaveError, match="No space left"):
        made["graph"].save(path)
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["view.svg"]


def test_the_explorer_is_no_picture(tmp_path):
    with pytest.raises(ArgumentError, match=r"there is no \.svg file of this"):
        views.Explorer().save(tmp_path / "operators.svg")


def test_a_picture_saves_itself(executor, tmp_path):
    draw(executor.symbol).save(tmp_path / "graph.svg")
    assert (tmp_path / "graph.svg").read_text() == draw(executor.symbol).svg


def test_python_reads_values_by_name(made):
    view = made["stepper"]
    a, b, c, d = (np.array([k, k + 1.0]) for k in range(1, 5))
    assert np.array_equal(view.value("A").asnumpy(), a)
    assert np.array_equal(view.value("_mul0").asnumpy(), a * b)
    assert np.array_equal(view.value("_plus0_output").asnumpy(), a * b + c * d)
    view.selected = "_mul1"
    assert np.array_equal(view.value().asnumpy(), c * d)
    view.selected = None
    with pytest.raises(LookupFailure, match="no node is selected"):
        view.value()
    with pytest.raises(LookupFailure, match="_mul2") as caught:
        view.value("_mul2")
    assert "_mul" in caught.value.hint


def _pixels(png):
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


@pytest.mark.parametrize(("count", "scale"), [(3, 2), (160, 1)])
def test_a_large_picture_is_displayed_with_fewer_pixels(count, scale) -> None:
    """Doubled, as small ones are for good screens, it would take long and fill the notebook."""
    pytest.importorskip("pygraphviz")
    with mx.name.NameManager():
        value = mx.sym.Variable("x")
        for _ in range(count):
            value = mx.sym.elemwise_add(mx.sym.exp(value), mx.sym.tanh(value))
    picture = draw(value)
    content, _ = saving.png(picture)
    # Graphviz has its own margin around, of 4 points.
    assert np.allclose(_pixels(content), np.multiply(picture.size, scale), rtol=0.02, atol=40)


def test_large_values_are_told_by_range_and_mean(tmp_path):
    numbers = np.linspace(-1, 3, 1_000_000, dtype=np.float32).reshape(1000, 1000)
    numbers[0, 0] = np.nan
    symbol = mx.sym.Variable("A") * mx.sym.Variable("B")
    given = {"A": mx.nd.array(numbers), "B": mx.nd.full((1000, 1000), 2)}
    view = views.ValueView(symbol.bind(mx.cpu(), given))
    told = texts(view.save(tmp_path / "values.svg").read_text())
    at = told.index("from −1 to 3")
    assert told[at - 1 : at + 2] == ["(1000, 1000)", "from −1 to 3", "mean 1, 1 NaN"]
    at = told.index("from −2 to 6")
    assert told[at - 1 : at + 2] == ["(1000, 1000)", "from −2 to 6", "mean 2, 1 NaN"]
    # As wide as its longest line, and not as all three.
    assert view.picture().size[0] < 420
    told = view.picture().table.text()
    assert "(1000, 1000), from −1 to 3, mean 1, 1 NaN" in told


def test_what_stays_says_what_it_stands_for():
    """The picture after a pass: `x` is there in place of `x * 1`, and nobody left it out."""
    with mx.name.NameManager():
        x = mx.sym.Variable("x")
        symbol = mx.sym.sqrt(x * 1) + mx.sym.sqrt(x)
    stages = {stage.name: stage for stage in symbol.bind(mx.cpu(), {"x": mx.nd.ones((3,))}).stages}
    (_, before), (_, after) = of_pass(stages["as written"], stages["simplify"])
    assert "left out" in before.svg
    assert "left out" not in after.svg
    assert "in place of _mulscalar0" in after.svg
