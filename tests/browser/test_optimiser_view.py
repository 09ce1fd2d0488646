"""The optimiser's view, alone and behind its tab, in a file that is opened with the network off."""

from __future__ import annotations

import pytest

import symbook as mx

views = pytest.importorskip("symbook.views")


def _executor(*, grads: bool = False):
    x, y = mx.sym.Variable("x"), mx.sym.Variable("y")
    left = mx.sym.exp(mx.sym.elemwise_mul(x, y, name="one"), name="left")
    right = mx.sym.tanh(mx.sym.elemwise_mul(x, y, name="two"), name="right")
    total = mx.sym.elemwise_add(left, right, name="total")
    arrays = {name: mx.nd.array([[1.0, 2.0], [3.0, 4.0]]) for name in "xy"}
    wanted = {name: mx.nd.zeros((2, 2)) for name in "xy"} if grads else None
    return total.bind(mx.cpu(), arrays, args_grad=wanted)


@pytest.fixture
def open_page(offline_pages, tmp_path):
    """A function that opens a view's file."""

    def open_it(view, **options):
        page = offline_pages.open(view.save(tmp_path / "view.html"), **options)
        page.wait_for_selector(".sb-optimiser .sb-node", state="attached")
        return page

    return open_it


def test_a_choice_goes_through_pictures_table_memory_and_code(open_page) -> None:
    page = open_page(views.OptimiserView(_executor()))
    told = page.locator(".sb-sentence").first.inner_text()
    assert "1 merged" in told
    assert "5 operators before, 4 after" in told
    page.get_by_role("button", name="two", exact=True).click()
    lines = page.locator(".sb-line-of.sb-selected").all_inner_texts()
    assert [line.strip().split(" = ")[0] for line in lines] == ["one"]
    assert page.locator(".sb-held.sb-selected").get_attribute("data-name") == "one"
    chosen = page.locator(".sb-node.sb-selected").all()
    assert [node.get_attribute("aria-label").split(",")[0] for node in chosen] == ["two", "one"]
    slider = page.get_by_label("Pass", exact=True)
    slider.focus()
    slider.press("Home")
    assert "as you wrote it" in page.locator(".sb-sentence").first.inner_text()
    assert page.locator(".sb-optimiser .sb-picture").count() == 1


def test_tabs_share_what_is_chosen(open_page) -> None:
    ones = mx.nd.ones((2, 2))
    view = views.Inside(_executor(grads=True), is_train=True, out_grads=ones)
    page = open_page(view)
    tabs = page.get_by_role("tab")
    assert tabs.all_inner_texts() == ["Graph", "Graph and gradient", "Optimiser"]
    page.locator(".sb-node:visible", has_text="left").first.dispatch_event("click")
    tabs.last.click()
    assert page.locator(".sb-held.sb-selected").get_attribute("data-name") == "left"
    # The picture that was hidden is fitted to its frame when it is seen.
    frame = page.locator(".sb-optimiser .sb-frame").first.bounding_box()
    node = page.locator(".sb-optimiser .sb-node.sb-selected").first.bounding_box()
    assert frame["x"] <= node["x"] <= frame["x"] + frame["width"]
    assert frame["y"] <= node["y"] <= frame["y"] + frame["height"]
    tabs.last.press("ArrowLeft")
    assert page.locator(".sb-inspector h3").inner_text() == "left"


def test_a_narrow_page_is_no_wider_than_its_window(open_page) -> None:
    view = views.OptimiserView(_executor())
    page = open_page(view, width=360, height=700, color_scheme="dark")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360


def test_of_a_graph_with_gradients_both_runs_are_shown(open_page) -> None:
    page = open_page(views.OptimiserView(_executor(grads=True)))
    titles = page.locator(".sb-memory h3").all_inner_texts()
    assert titles == ["Memory of forward", "Memory of backward"]
    code = page.locator(".sb-source")
    assert "def forward(" in code.inner_text()
    assert "def backward(" not in code.inner_text()
    code.get_by_role("button", name="backward()").click()
    assert "def backward(" in code.inner_text()
    assert "def forward(" not in code.inner_text()
    # What forward alone computes shows its code.
    page.locator(".sb-memory").first.locator('.sb-held[data-name="total"]').click()
    assert "def forward(" in code.inner_text()
    books = [line.strip() for line in page.locator(".sb-books").all_inner_texts()]
    assert "ran[0] = None" in books
    assert not any("# (" in line and "_array" not in line for line in books)
    page.get_by_label("Pass", exact=True).fill("0")
    assert "as you wrote it and its gradient" in page.locator(".sb-sentence").first.inner_text()
