"""What is told of a node that is chosen, in a file and live: values, slices, other elements, its line."""

from __future__ import annotations

import linecache
import re

import numpy as np
import pytest
from offline_pages import OfflinePages

import symbook as mx

views = pytest.importorskip("symbook.views")

_CODE = """\
picture = mx.sym.Variable("picture")
layer = mx.sym.Convolution(picture, kernel=(3, 3), num_filter=2, no_bias=True, name="conv")
total = mx.sym.sum(layer, axis=(2, 3), name="total")
logs = mx.sym.log(total, name="logs")
"""
_FILE = "<cell of the inspector's tests>"


@pytest.fixture(scope="module")
def arrays():
    rng = np.random.default_rng(0)
    return {
        "picture": rng.random((2, 3, 20, 24)).astype(np.float32),
        "conv_weight": rng.normal(size=(2, 3, 3, 3)).astype(np.float32),
    }


@pytest.fixture(scope="module")
def page(chromium, arrays, tmp_path_factory):
    """A page with the values of a run; nothing may go wrong in it."""
    linecache.cache[_FILE] = (len(_CODE), None, _CODE.splitlines(keepends=True), _FILE)
    space = {"mx": mx}
    with mx.name.NameManager():
        exec(compile(_CODE, _FILE, "exec"), space)
    given = {name: mx.nd.array(value) for name, value in arrays.items()}
    view = views.ValueView(space["logs"].bind(mx.cpu(), given))
    path = view.save(tmp_path_factory.mktemp("inspector") / "values.html")
    with OfflinePages(chromium) as pages:
        yield pages.open(path)


def _choose(page, name):
    picture = page.locator(".sb-frame")
    picture.get_by_role("button", name=re.compile(rf"\b{name}\b")).first.dispatch_event("click")
    page.wait_for_function(
        "name => document.querySelector('.sb-inspector h3')?.innerText === name", arg=name
    )
    return page.locator(".sb-inspector")


def _numbers(texts):
    return [float(text.replace("−", "-").replace("∞", "inf")) for text in texts]


def _slide(page, axis, index):
    slider = page.get_by_label(re.compile(f"^Index of axis {axis}"))
    slider.fill(str(index))


def test_no_link_leads_to_a_step_where_no_stepper_leads_back(page):
    shown = _choose(page, "picture").inner_text()
    assert "bound to an array" in shown
    assert "Go to its step" not in shown


def test_a_picture_and_its_pixels(page, arrays):
    inspector = _choose(page, "picture")
    assert "(2, 3, 20, 24) · float32 · 11 KiB" in inspector.inner_text()
    assert "channel (3), row (20), column (24)" in inspector.inner_text()
    _slide(page, 0, 1)
    pixels = page.evaluate(
        """() => {
            const canvas = document.querySelector(".sb-inspector canvas");
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return [canvas.width, canvas.height, ...data];
        }"""
    )
    assert pixels[:2] == [24, 20]
    shown = np.array(pixels[2:]).reshape(20, 24, 4)[..., :3]
    given = arrays["picture"]
    assert np.abs(shown - given[1].transpose(1, 2, 0) * 255).max() <= 1
    inspector.get_by_role("button", name="Table").click()
    _slide(page, 0, 1)
    _slide(page, 1, 2)
    cells = inspector.locator("tbody tr").nth(3).locator("td").all_inner_texts()
    np.testing.assert_allclose(
        _numbers(cell for cell in cells if cell != "⋯"),
        given[1, 2, 3][[*range(8), *range(16, 24)]],
        rtol=1e-3,
    )
    statistics = dict(
        zip(inspector.locator("dt").all_inner_texts(), inspector.locator("dd").all_inner_texts(), strict=True)
    )  # fmt: skip
    for name, function in (("min", np.min), ("mean", np.mean), ("max", np.max), ("std", np.std)):
        np.testing.assert_allclose(_numbers([statistics[name]])[0], function(given), rtol=1e-3)


def test_parameters_documentation_and_place(page):
    inspector = _choose(page, "conv")
    text = inspector.inner_text()
    assert "Convolution of one to three dimensions of space" in text
    given = inspector.locator(".sb-parameters").first.inner_text()
    assert re.findall(r"\S+", given)[:3] == ["kernel", "(3,", "3)"]
    inspector.get_by_text("at their defaults").click()
    assert "layout" in inspector.locator("details .sb-parameters").inner_text()
    assert inspector.locator(".sb-this code").inner_text() == _CODE.splitlines()[1]
    assert inspector.locator(".sb-this .sb-lineno").inner_text() == "2"
    assert inspector.locator(".sb-other code").all_inner_texts() == _CODE.splitlines()[:3:2]
    # What is unfolded stays unfolded for the next node.
    inspector = _choose(page, "total")
    assert inspector.locator("details:has-text('defaults')").get_attribute("open") is not None


def test_inputs_lead_on_and_values_are_numpys(page, arrays):
    inspector = _choose(page, "logs")
    inspector.get_by_role("button", name="total", exact=True).click()
    assert inspector.locator("h3").inner_text() == "total"
    windows = np.lib.stride_tricks.sliding_window_view(arrays["picture"], (3, 3), axis=(2, 3))
    conv = np.einsum("ncyxij,fcij->nfyx", windows, arrays["conv_weight"], dtype=np.float64)
    cells = inspector.locator(".sb-numbers tbody td").all_inner_texts()
    np.testing.assert_allclose(_numbers(cells), conv.sum(axis=(2, 3)).ravel(), rtol=2e-3)
    inspector.get_by_role("button", name="logs", exact=True).click()
    with np.errstate(invalid="ignore"):
        expected = np.log(conv.sum(axis=(2, 3))).ravel()
    np.testing.assert_allclose(
        _numbers(inspector.locator(".sb-numbers tbody td").all_inner_texts()), expected, rtol=2e-3
    )


def test_it_fits_a_narrow_screen(page):
    page.set_viewport_size({"width": 360, "height": 700})
    for name in ("picture", "conv", "logs"):
        _choose(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.set_viewport_size({"width": 1000, "height": 800})


_CELLS = [
    "import numpy as np, symbook as mx\nfrom symbook.views import ValueView\n"
    "a, b = mx.sym.Variable('a'), mx.sym.Variable('b')\n"
    "big = np.arange(3 * 100 * 90, dtype='float32').reshape(3, 100, 90)\n"
    "y = mx.sym.Group([mx.sym.identity(a, name='copied'), mx.sym.square(b, name='squared')])\n"
    "e = y.bind(mx.cpu(), {'a': mx.nd.array(big), 'b': mx.nd.array([[1, 2], [3, 4]])})",
    "view = ValueView(e)\nview",
    "1 + 1",
]


def test_slices_are_fetched_and_elements_changed(open_notebook):
    notebook = open_notebook("inspector.ipynb", _CELLS)
    notebook.run_all()
    assert not notebook.errors
    page = notebook.page
    page.wait_for_selector(".symbook-view .sb-node")
    inspector = _choose(page, "copied")
    inspector.get_by_role("button", name="Table").click()
    _slide(page, 0, 2)
    page.wait_for_function(
        "() => document.querySelector('.sb-inspector tbody td')?.innerText === '18000'"
    )
    notebook.screenshot("inspector-slice")
    _choose(page, "b")
    page.get_by_label("b[1, 0], float32").fill("-5")
    assert page.get_by_label("Elements of b, with spaces between").input_value() == "1 2 -5 4"
    page.get_by_label("b[1, 0], float32").press("Enter")
    _choose(page, "squared")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.sb-inspector tbody td')].map((td) => td.innerText)"
        ".join(' ').startsWith('1 4 25 16')"
    )
    notebook.screenshot("inspector-changed")
