"""The explorer in a real Chromium: what is found in all operators, and what is tried live."""

from __future__ import annotations

import pytest
from offline_pages import OfflinePages

views = pytest.importorskip("symbook.views")

BEST = {
    "matrix product": ["dot", "batch_dot", "linalg_gemm2", "linalg_gemm"],
    "max pooling": ["Pooling", "Pooling_v1"],
    "convolution": ["Convolution", "Deconvolution"],
    "matmul": ["dot"],
    "softmax": ["softmax"],
    "relu": ["relu"],
    "sum": ["sum"],
    "concatenate": ["Concat"],
    "transpose": ["transpose"],
    "batch normalisation": ["BatchNorm"],
    "poling": ["Pooling"],
    "tranpose": ["transpose"],
    "embeding": ["Embedding"],
    "sgd": ["sgd_update"],
    "cross entropy": ["softmax_cross_entropy"],
}


@pytest.fixture(scope="module")
def offline(chromium, tmp_path_factory):
    """A page with all operators; nothing may go wrong on it."""
    path = views.Explorer("clip").save(tmp_path_factory.mktemp("explorer") / "operators.html")
    with OfflinePages(chromium) as pages:
        yield pages.open(path)


def _cells(page):
    return page.locator(".sb-given").last.locator("tbody td").all_inner_texts()


def test_what_fits_best_is_shown_at_first(offline):
    assert offline.locator(".sb-about h3").inner_text() == "mx.nd.clip"
    assert "needs Python" in offline.locator(".sb-about .sb-hint").inner_text()
    # [[1, 2, 3], [4, 5, 6]] between 2 and 5
    assert _cells(offline) == ["2", "2", "3", "4", "5", "5"]
    assert "mx.nd.clip(data, a_min=2, a_max=5)" in offline.locator(".sb-code").inner_text()


@pytest.mark.parametrize("text", BEST)
def test_operators_are_found(offline, text):
    offline.get_by_label("Find an operator by name or description").fill(text)
    found = offline.locator(".sb-list .sb-link").all_inner_texts()
    expected = BEST[text]
    assert found[0] == expected[0]
    assert set(expected) <= set(found[: len(expected) + 2]), found[:8]


def test_every_operator_is_drawn(offline):
    offline.get_by_label("Find an operator by name or description").fill("")
    names = offline.evaluate(
        """() => JSON.parse(document.getElementById("document").textContent).operators.map((op) => op.name)"""
    )
    shown = offline.evaluate(
        """(names) => {
            const search = document.querySelector(".sb-finder input"), missing = [];
            for (const name of names) {
                search.value = name;
                search.dispatchEvent(new Event("input"));
                const row = document.querySelector(`.sb-list button[data-name="${name}"]`);
                row?.click();
                const result = document.querySelector(".sb-result").textContent;
                if (!row || !result || !document.querySelector(".sb-documentation")) missing.push(name);
            }
            return missing;
        }""",
        names,
    )
    assert shown == []


def test_it_fits_a_narrow_screen(offline):
    offline.set_viewport_size({"width": 360, "height": 700})
    wide = offline.evaluate("document.documentElement.scrollWidth")
    offline.set_viewport_size({"width": 1000, "height": 800})
    assert wide <= 360


def test_an_operator_is_tried_in_a_notebook(open_notebook):
    cells = ["from symbook.views import Explorer\nview = Explorer('max pooling')\nview", "1 + 1"]
    notebook = open_notebook("explorer.ipynb", cells)
    notebook.run_all()
    assert not notebook.errors
    page = notebook.page
    page.wait_for_selector(".sb-result canvas")
    notebook.screenshot("explorer-pooling")
    page.get_by_label("pool_type").select_option("sum")
    page.wait_for_function(
        "() => /pool_type='sum'/.test(document.querySelector('.sb-code')?.innerText)"
    )
    # The letter F, two by two
    assert "".join(_cells(page)) == "1220200022101000"
    page.get_by_label("Find an operator by name or description").fill("clip")
    page.keyboard.press("Enter")
    slider = page.get_by_label("a_max, slider")
    slider.fill("4")
    page.wait_for_function("() => /a_max=4\\)/.test(document.querySelector('.sb-code')?.innerText)")
    assert _cells(page) == ["2", "2", "3", "4", "4", "4"]
    page.get_by_label("a_min", exact=True).fill("two")
    page.wait_for_selector(".sb-result .sb-failed")
    assert "expected float" in page.locator(".sb-result").inner_text()
    notebook.screenshot("explorer-error")
