"""Hostile graphs in a real browser: nothing of them runs, nothing goes wrong, and the layout holds."""

from __future__ import annotations

import numpy as np
import pytest
from hostile_cases import HOSTILE, hostile_run
from page_policy import injected, policy, refusals

import symbook as mx

views = pytest.importorskip("symbook.views")

_LONG = "x" * 10_000


def _values():
    """Arrays of kinds that are easily forgotten, each copied."""
    rng = np.random.default_rng(0)
    arrays = {
        "special": np.array([np.nan, np.inf, -np.inf, -0.0, 1e-45, 3.4e38], np.float32),
        "empty": np.zeros((0,)),
        "flat": np.zeros((3, 0, 2)),
        "scalar": np.array(3.5),
        "huge": np.array([2**63 - 1, -(2**63)], np.int64),
        "truth": np.array([True, False]),
        "half": np.array([65504, 6e-8, np.nan], np.float16),
        "deep": np.arange(16.0).reshape(1, 2, 1, 2, 1, 2, 1, 2),
        "nans": np.full((20, 20), np.nan),
        "infinities": np.full((40, 40), np.inf),
        "denormals": np.full((20, 20), 5e-324),
        "long": np.arange(100_000.0),
        "wide": np.ones((2, 3000)),
        "image": rng.random((3, 64, 64)),
    }
    symbol = mx.sym.Group([mx.sym.identity(mx.sym.Variable(name)) for name in arrays])
    bound = {name: mx.nd.array(value, dtype=value.dtype) for name, value in arrays.items()}
    return symbol.bind(mx.cpu(), bound)


def _failure():
    symbol = mx.sym.Variable(HOSTILE[0]) * mx.sym.Variable(_LONG)
    arrays = {HOSTILE[0]: mx.nd.ones((2,)), _LONG: mx.nd.ones((3,))}
    with pytest.raises(mx.base.MXNetError) as caught:
        symbol.bind(mx.cpu(), arrays)
    return views.Failure(symbol, arrays, caught.value)


def _bound(symbol):
    arrays = {name: mx.nd.ones((2,)) for name in symbol.list_arguments()}
    return views.Stepper(symbol.bind(mx.cpu(), arrays))


def _graphs():
    x = mx.sym.Variable("x")
    chain = x
    for _ in range(5000):
        chain = mx.sym.relu(chain)
    return {
        "one variable": _bound(x),
        "outputs": _bound(mx.sym.Group([x + k for k in range(300)])),
        "inputs": _bound(mx.sym.add_n(*(mx.sym.Variable(f"v{k}") for k in range(100)))),
        "often": _bound(mx.sym.add_n(*[x] * 50)),
        "chain": views.GraphView(chain),
    }


@pytest.fixture
def visit(offline_pages, tmp_path):
    """Functions that open a view, static and live, and that look whether anything ran or went wrong."""
    page = offline_pages.blank(width=900, height=700)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))

    def check(what):
        assert [*offline_pages.wrong, *dialogs] == [], what
        assert page.evaluate("window.hacked") is None, what
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert over <= 0, what

    def go(view, what):
        static = tmp_path / "static.html"
        head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>static</title>'
        static.write_text(f"{head}{view.html()}", encoding="utf-8")
        page.goto(static.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        check(f"{what}, static")
        page.goto(view.save(tmp_path / "live.html").as_uri())
        page.wait_for_selector(".sb-node")
        check(what)
        return page

    return go, check


_CHOOSE = """k => document.querySelectorAll('.sb-node[data-box]')[k]
    .dispatchEvent(new MouseEvent('click', {bubbles: true}))"""


def test_names(visit) -> None:
    go, check = visit
    ones = mx.nd.ones((2,))
    shown = {
        "stepper": views.Stepper(hostile_run(HOSTILE)),
        "timeline": views.Timeline(hostile_run(HOSTILE)),
        "optimiser": views.OptimiserView(hostile_run(HOSTILE)),
        "gradient": views.GradientView(hostile_run(HOSTILE[:8], grad=True), out_grads=ones),
        "failure": _failure(),
    }
    for what, view in shown.items():
        page = go(view, what)
        widest = page.evaluate(
            "Math.max(...[...document.querySelectorAll('.sb-node .sb-shape')]"
            ".map(box => box.getBBox().width))"
        )
        assert widest < 500, what
        if what == "stepper":
            for k in range(page.locator(".sb-node[data-box]").count()):
                page.evaluate(_CHOOSE, k)
                check(f"{what}, node {k}")
            for _ in range(5):
                page.get_by_role("button", name="Step back", exact=True).click()
            check("stepping back")


def test_a_long_name_is_whole_where_it_is_asked_for(visit) -> None:
    go, check = visit
    page = go(views.Stepper(hostile_run(["short", _LONG])), "long")
    box = page.locator('.sb-node[aria-label*="xxx…xxx"]').first
    box.dispatch_event("click")
    name = page.locator(".sb-inspector h3")
    assert name.text_content() == _LONG
    assert name.bounding_box()["height"] < 250
    assert name.evaluate("at => at.scrollHeight > at.clientHeight")
    check("chosen")


def test_values(visit) -> None:
    go, check = visit
    page = go(views.Stepper(_values()), "values")
    told = {}
    for k in range(page.locator(".sb-node[data-box]").count()):
        page.evaluate(_CHOOSE, k)
        check(f"node {k}")
        inspector = page.locator(".sb-inspector")
        told[inspector.locator("h3").text_content()] = inspector.inner_text()
        for name in inspector.get_by_role("button").all_inner_texts():
            if name in ("Table", "Heat map", "Image", "Histogram"):
                inspector.get_by_role("button", name=name, exact=True).click()
                check(f"node {k}, {name}")
    assert "NaN" in told["special"]
    assert "∞" in told["special"]
    assert "no elements" in told["empty"]
    assert "no elements" in told["flat"]
    assert str(2**63 - 1) in told["huge"]
    assert "(1, 2, 1, 2, 1, 2, 1, 2)" in told["deep"]


def test_graphs(visit) -> None:
    go, check = visit
    for what, view in _graphs().items():
        page = go(view, what)
        page.locator(".sb-node[data-box]").first.focus()
        for key in ("ArrowDown", "ArrowRight", "End", "Enter", "ArrowUp", "Home"):
            page.keyboard.press(key)
        check(f"{what}, by keys")
        assert page.evaluate("document.activeElement.tagName") != "BODY", what


def test_a_saved_view_runs_no_script_but_its_own(chromium, offline_pages, tmp_path) -> None:
    """The policy allows one script and one style sheet by their digests; what is put in beside is refused."""
    path = views.Stepper(hostile_run(HOSTILE[:4])).save(tmp_path / "view.html")
    text = path.read_text(encoding="utf-8")
    rules = policy(text)
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == {"'none'"}
    for kind in ("script-src", "style-src"):
        assert len(rules[kind]) == 1
        assert next(iter(rules[kind])).startswith("'sha256-")
    offline_pages.open(path, ready=".sb-node")  # fails if it refuses anything of the view's own
    path.write_text(injected(text), encoding="utf-8")
    refused = refusals(chromium, path.as_uri(), ".sb-node")
    assert {"script-src-elem", "script-src-attr", "base-uri", "form-action"} <= refused
