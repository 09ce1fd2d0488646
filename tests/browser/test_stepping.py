"""The interactive views in a real Chromium: live in JupyterLab, and as files, with the network off."""

from __future__ import annotations

import re

import numpy as np
import pytest

import symbook as mx

views = pytest.importorskip("symbook.views")

_VALUES = {"A": [1.0, 2.0], "B": [3.0, 4.0], "C": [5.0, 6.0], "D": [7.0, 8.0]}


def _executor():
    with mx.name.NameManager():
        a, b, c, d = (mx.sym.Variable(name) for name in "ABCD")
        e = (a * b) + (c * d)
    return e.bind(mx.cpu(), {name: mx.nd.array(value) for name, value in _VALUES.items()})


@pytest.fixture
def open_page(chromium, tmp_path):
    """A function that saves a view and opens the file with the network off; nothing may go wrong."""
    context = chromium.new_context(viewport={"width": 1000, "height": 800}, offline=True)
    wrong: list[str] = []

    def open_it(view):
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request",
            lambda request: (
                wrong.append(request.url) if not request.url.startswith("file:") else None
            ),
        )
        page.goto(view.save(tmp_path / "view.html").as_uri())
        page.wait_for_selector(".sb-node, .sb-optimiser")
        return page

    yield open_it
    context.close()
    assert wrong == []


def _node(page, name):
    return page.get_by_role("button", name=re.compile(rf"\b{name}\b")).first


class TestStepper:
    def test_every_value_is_numpys_forwards_and_backwards(self, open_page):
        page = open_page(views.Stepper(_executor()))
        a, b, c, d = (np.array(_VALUES[name]) for name in "ABCD")
        expected = {"_mul0": a * b, "_mul1": c * d, "_plus0": a * b + c * d}
        page.get_by_role("button", name="First", exact=True).click()
        seen: dict[str, list[str]] = {}
        for _ in range(40):
            page.get_by_role("button", name="Step", exact=True).click()
            for name in expected:
                label = page.locator(f'.sb-node[aria-label*="{name}"] .sb-label text').inner_html()
                if label not in seen.setdefault(name, []):
                    seen[name].append(label)
        for name, value in expected.items():
            assert seen[name][-1] == f"[{' '.join(f'{item:.4g}' for item in value)}]"
            assert seen[name][0] == ""
        for _ in range(40):
            page.get_by_role("button", name="Step back").click()
        assert "Nothing has been written yet" in page.locator(".sb-sentence").inner_text()
        assert page.locator('.sb-node[data-state="hidden"]').count() == 7

    def test_the_timeline_and_the_picture_are_linked(self, open_page):
        page = open_page(views.Stepper(_executor()))
        page.locator('.sb-bar-node[aria-label^="_mul1 on"]').click()
        assert "_mul1 multiplied C" in page.locator(".sb-sentence").inner_text()
        assert page.locator('.sb-node.sb-selected[aria-label*="_mul1"]').count() == 1
        _node(page, "_plus0").click()
        assert page.locator('.sb-bar-node.sb-selected[aria-label^="_plus0 on"]').count() == 1
        page.get_by_role("button", name="Go to its step").click()
        assert "_plus0 added" in page.locator(".sb-sentence").inner_text()
        page.keyboard.press("Escape")
        page.locator('.sb-bar-node[aria-label^="_plus0 on"]').focus()
        page.keyboard.press("ArrowLeft")
        assert "_mul1 multiplied C" in page.locator(".sb-sentence").inner_text()

    def test_values_and_shapes_are_predicted(self, open_page):
        page = open_page(views.Stepper(_executor()))
        page.get_by_role("button", name="Infer shapes").click()
        page.get_by_label("Predict").check()
        for _ in range(9):
            if page.locator(".sb-question").is_visible():
                break
            page.get_by_role("button", name="Step", exact=True).click()
        field = page.get_by_label("What shape will _mul0 have?", exact=False).last
        field.fill("2 1")
        page.keyboard.press("Enter")
        assert page.locator(".sb-verdict").inner_text()
        field.fill("2")
        page.keyboard.press("Enter")
        assert page.locator(".sb-sentence").inner_text().startswith("Yes: _mul0 has the shape (2,)")
        page.get_by_role("button", name="Forward", exact=True).click()
        page.get_by_role("button", name="Step", exact=True).click()
        assert page.locator('.sb-node[data-state="running"]').count() == 1
        page.get_by_label("What will the 2 elements of _mul0 be?", exact=False).last.fill("4 6")
        page.keyboard.press("Enter")
        # A = [1, 2], B = [3, 4]
        assert "That is A plus B" in page.locator(".sb-verdict").inner_text()
        page.get_by_role("button", name="Show the value").click()
        assert (
            "_mul0 multiplied A = [1 2] by B = [3 4]" in page.locator(".sb-sentence").inner_text()
        )

    def test_what_does_not_fit_is_marked(self, open_page):
        symbol = mx.sym.FullyConnected(mx.sym.Variable("d"), num_hidden=3, name="fc")
        arrays = {
            "d": mx.nd.ones((2, 4)),
            "fc_weight": mx.nd.ones((3, 5)),
            "fc_bias": mx.nd.ones((3,)),
        }
        with pytest.raises(mx.base.MXNetError) as caught:
            symbol.bind(mx.cpu(), arrays)
        page = open_page(views.Failure(symbol, arrays, caught.value))
        assert "not (3, 5)" in page.locator(".sb-sentence").inner_text()
        assert page.locator(".sb-edge.sb-failing").count() == 2
        marked = page.locator(".sb-misfitting .sb-label text").all_text_contents()
        assert sorted(marked) == ["(2, 4)", "(3, 5)"]
        page.get_by_role("button", name="Step back").click()
        assert page.locator(".sb-edge.sb-failing").count() == 0


_CELLS = [
    "import symbook as mx\nfrom symbook.views import Stepper\n"
    "with mx.name.NameManager():\n"
    "    A, B, C, D = (mx.sym.Variable(n) for n in 'ABCD')\n"
    "    E = (A*B) + (C*D)\n"
    "e = E.bind(mx.cpu(), {n: mx.nd.array([k, k + 1]) for k, n in enumerate('ABCD', 1)})",
    "view = Stepper(e)\nview",
    "import time\ntime.sleep(0.1)\n",
]


def test_choices_go_to_python_and_back(open_notebook):
    notebook = open_notebook("views.ipynb", _CELLS)
    notebook.run_all()
    assert not notebook.errors
    page = notebook.page
    page.wait_for_selector(".symbook-view .sb-node")
    _node(page, "_mul1").click()
    page.wait_for_timeout(1000)
    notebook.screenshot("views-lab")
    assert page.locator(".sb-inspector h3").inner_text() == "_mul1"


def test_another_value_makes_what_depends_on_it_be_computed_again(open_notebook):
    notebook = open_notebook("what-if.ipynb", _CELLS)
    notebook.run_all()
    page = notebook.page
    page.wait_for_selector(".symbook-view .sb-node")
    _node(page, "B").click()
    field = page.get_by_label("Elements of B, with spaces between")
    field.fill("10 20")
    page.get_by_role("button", name="Try").click()
    page.wait_for_function(
        "() => /What if B, step 3 of 3/.test(document.querySelector('.sb-stepper').innerText)"
    )
    notebook.screenshot("views-what-if")
    # A = [1, 2], C = [3, 4], D = [4, 5]
    assert "[22 60]" in page.locator('.sb-node[aria-label*="_plus0"] .sb-label text').inner_html()
    assert "What if B were different" not in page.locator(".sb-sentence").inner_text()
