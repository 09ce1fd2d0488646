"""Where things stand in narrow and wide places, and how large texts are, in files with the network off."""

from __future__ import annotations

import pytest

import symbook as mx

views = pytest.importorskip("symbook.views")


def _executor(grads=True):
    with mx.name.NameManager():
        a, b, c, d = (mx.sym.Variable(name) for name in "ABCD")
        e = (a * b) + (c * d)
    arrays = {name: mx.nd.ones((600, 600)) for name in "ABCD"}
    wanted = {name: mx.nd.zeros((600, 600)) for name in "ABCD"} if grads else None
    return e.bind(mx.cpu(), arrays, args_grad=wanted)


def _box(page, selector):
    found = page.locator(selector).first.bounding_box()
    return found["x"], found["y"], found["x"] + found["width"], found["y"] + found["height"]


def _more(page):
    return page.locator(".sb-more:not([hidden])").count()


def test_a_picture_that_fits_into_all_of_the_width_has_it(chromium, tmp_path) -> None:
    page = chromium.new_page(viewport={"width": 1000, "height": 900})
    page.goto(views.ValueView(_executor(), is_train=True).save(tmp_path / "both.html").as_uri())
    page.wait_for_selector(".sb-node")
    stage, inspector = _box(page, ".sb-stage"), _box(page, ".sb-inspector")
    assert _more(page) == 0
    assert inspector[1] > stage[3]
    assert abs((inspector[2] - inspector[0]) - (stage[2] - stage[0])) < 2
    # What fits beside the inspector stands beside it; so does what fits nowhere.
    for view, width in (
        (views.ValueView(_executor(grads=False)), 1000),
        (views.ValueView(_executor(), is_train=True), 800),
    ):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(view.save(tmp_path / "other.html").as_uri())
        page.wait_for_selector(".sb-node")
        stage, inspector = _box(page, ".sb-stage"), _box(page, ".sb-inspector")
        assert inspector[0] > stage[2]
        assert inspector[1] < stage[1]
        assert 240 < inspector[2] - inspector[0] < 300
    page.close()


_DOTS = """() => [...document.querySelectorAll('.sb-fact')].map(fact => {
    const left = parseFloat(getComputedStyle(fact, '::before').left);
    return fact.getBoundingClientRect().left + left >= fact.closest('.sb-facts').getBoundingClientRect().left;
})"""
_SIZES = """() => [...document.querySelectorAll('.sb-chart text')].map(text =>
    parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)"""


@pytest.mark.parametrize(("size", "least"), [("14px", 12), ("10px", 12), ("21px", 18)])
def test_a_timeline_in_a_narrow_place(chromium, tmp_path, size, least) -> None:
    page = chromium.new_page(viewport={"width": 400, "height": 900}, bypass_csp=True)
    view = views.Timeline(_executor(grads=False))
    page.goto(view.save(tmp_path / "timeline.html").as_uri())
    page.add_style_tag(content=f".symbook-view {{ font-size: {size} !important }}")
    page.wait_for_selector(".sb-bar-node")
    page.set_viewport_size({"width": 360, "height": 900})
    page.wait_for_function(f"({_SIZES})().every(size => size > {least} - 0.1)")
    assert page.evaluate(f"({_SIZES})().every(size => size < {least} + 1)")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    # Facts that begin a line have no dot, and the others one.
    tops = page.evaluate(
        "[...document.querySelectorAll('.sb-fact')].map(fact => fact.getBoundingClientRect().top)"
    )
    beside = [k > 0 and top == tops[k - 1] for k, top in enumerate(tops)]
    assert page.evaluate(_DOTS) == beside
    page.set_viewport_size({"width": 1200, "height": 900})
    assert page.evaluate(_DOTS) == [False, True, True]
    page.close()


_PREFLIGHT = """
*, *::before { margin: 0; padding: 0 } h1, h2, h3, h4 { font-size: inherit; font-weight: inherit }
"""
_LOOKS = """() => ['h3', 'h4', '.sb-check input', '.sb-check', '.sb-sentence'].map(one => {
    const { fontWeight, margin, padding, fontSize } = getComputedStyle(
        document.querySelector(`.symbook-view ${one}`));
    return [one, fontWeight, margin, padding, fontSize];
})"""


def test_a_page_that_resets_all_looks_leaves_these(chromium, tmp_path) -> None:
    """As marimo's page does."""
    page = chromium.new_page(bypass_csp=True)
    view = views.Stepper(_executor(grads=False))
    page.goto(view.save(tmp_path / "view.html").as_uri())
    page.locator(".sb-node[data-box]").first.click()
    page.wait_for_selector(".sb-inspector h3")
    looks = page.evaluate(_LOOKS)
    page.add_style_tag(content=_PREFLIGHT)
    assert page.locator("h1").first.evaluate("h1 => getComputedStyle(h1).fontWeight") == "400"
    assert page.evaluate(_LOOKS) == looks
    page.close()
