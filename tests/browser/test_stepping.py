"""What a stepper does in a real Chromium, as a file with the network off; `test_hosts.py` has the rest."""

from __future__ import annotations

import re

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
def open_page(offline_pages, tmp_path):
    """A function that opens a view's file."""

    def open_it(view):
        file = view.save(tmp_path / "view.html")
        return offline_pages.open(file, ready=".sb-node, .sb-optimiser")

    return open_it


def _node(page, name):
    return page.get_by_role("button", name=re.compile(rf"\b{name}\b")).first


class TestStepper:
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
        assert page.locator(".sb-edge.sb-wrong:not(.sb-failing)").count() == 0
        marked = page.locator(".sb-misfitting .sb-label text").all_text_contents()
        assert sorted(marked) == ["(2, 4)", "(3, 5)"]
        page.get_by_role("button", name="Step back").click()
        assert page.locator(".sb-edge.sb-failing").count() == 0
