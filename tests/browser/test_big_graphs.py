"""Large graphs in a real Chromium: groups open in their place, what is found is shown alone."""

from __future__ import annotations

import re

import pytest

import symbook as mx

views = pytest.importorskip("symbook.views")

_STAGES, _UNITS = 4, 30


def _symbol():
    """Four stages of 30 units, of three operators and a weight each."""
    with mx.name.NameManager():
        value = mx.sym.Variable("data")
        for stage in range(1, _STAGES + 1):
            for unit in range(1, _UNITS + 1):
                name = f"stage{stage}_unit{unit}"
                net = mx.sym.FullyConnected(value, num_hidden=2, no_bias=True, name=f"{name}_fc")
                net = mx.sym.Activation(net, act_type="relu", name=f"{name}_relu")
                value = mx.sym.elemwise_add(net, value, name=f"{name}_sum")
    return value


@pytest.fixture(scope="module")
def executor():
    value = _symbol()
    shapes, _, _ = value.infer_shape(data=(1, 2))
    names = value.list_arguments()
    arrays = {n: mx.nd.ones(shape) for n, shape in zip(names, shapes, strict=True)}
    grads = {n: mx.nd.zeros(shape) for n, shape in zip(names, shapes, strict=True)}
    return value.bind(mx.cpu(), arrays, args_grad=grads)


@pytest.fixture
def page(offline_pages, executor, tmp_path):
    """The stepper of a run forward and backward."""
    view = views.Stepper(executor, is_train=True, out_grads=[mx.nd.ones((1, 2))])
    return offline_pages.open(view.save(tmp_path / "view.html"), ready=".sb-node", height=900)


def _box(page, start):
    return page.locator(f'.sb-node[aria-label^="{start}"]')


def _middle(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"]


def test_groups_open_in_their_place_and_close_again(page):
    for stage in range(1, _STAGES + 1):
        assert _box(page, f"stage{stage}, {4 * _UNITS} nodes").count() == 1
        assert _box(page, f"gradient of stage{stage}, ").count() == 1
    group = _box(page, "stage2, ")
    page.get_by_role("button", name="Fit the whole graph").click()
    page.wait_for_timeout(300)
    group.focus()
    before = _middle(group)
    group.press("Enter")
    # The frame is where the box was.
    bar = page.locator("[data-close]")
    assert bar.count() == 1
    x, y = _middle(bar)
    assert abs(x - before[0]) < 3
    assert abs(y - before[1]) < 12
    assert _box(page, "stage2_unit").count() == _UNITS
    trail = page.get_by_role("navigation", name="Groups")
    assert "stage2" in trail.inner_text()
    _box(page, "stage2_unit7, ").press("Enter")
    assert _box(page, "stage2_unit7_relu, ").count() == 1
    # What is focused is in the picture.
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith(
        "stage2_unit7"
    )
    page.keyboard.press("Escape")
    assert _box(page, "stage2_unit7_relu, ").count() == 0
    trail.get_by_role("button", name="Close stage2", exact=True).click()
    assert _box(page, "stage2_unit").count() == 0
    assert _box(page, "stage2, ").count() == 1


def test_all_below_opens_at_once(page):
    _box(page, "stage3, ").focus()
    page.keyboard.press("o")
    assert _box(page, "stage3_unit30_sum, ").count() == 1
    assert _box(page, "stage1_unit").count() == 0
    page.get_by_role("button", name="Close all groups").click()
    assert page.locator("[data-close]").count() == 0


def test_what_is_found_is_opened_and_shown_alone(page):
    search = page.get_by_role("searchbox")
    search.fill("unit5_relu")
    told = page.locator(".sb-picture .sb-told")
    # In each stage, and of each the gradient's node.
    assert told.inner_text() == f"{2 * _STAGES} found"
    search.press("Enter")
    assert told.inner_text().startswith(f"1 of {2 * _STAGES}: stage1_unit5_relu")
    assert page.locator(".sb-inspector h3").inner_text() == "stage1_unit5_relu"
    search.press("Enter")
    assert page.locator(".sb-inspector h3").inner_text() == "stage2_unit5_relu"
    search.press("Shift+Enter")
    assert page.locator(".sb-inspector h3").inner_text() == "stage1_unit5_relu"
    search.press("Control+Enter")
    names = page.eval_on_selector_all(
        "[data-box]", "all => all.map(box => box.getAttribute('aria-label').split(',')[0])"
    )
    # One step around each: what it reads, and what reads it.
    expected = {
        f"stage{s}_unit5_{op}" for s in range(1, _STAGES + 1) for op in ("fc", "relu", "sum")
    }
    assert expected <= set(names)
    assert not {f"stage{s}_unit7_relu" for s in range(1, _STAGES + 1)} & set(names)
    assert len(names) < 60
    search.press("Escape")
    assert _box(page, "stage3, ").count() + page.locator("[data-close]").count() >= 1
    search.fill("(1,2) relu")
    assert re.match(r"\d+ found", told.inner_text())


def test_groups_show_how_far_a_run_is(page):
    page.get_by_role("button", name="Forward", exact=True).click()
    group = _box(page, "stage1, ")
    start = group.get_attribute("aria-label")
    for _ in range(6):
        page.get_by_role("button", name="Step", exact=True).click()
    assert group.get_attribute("aria-label") != start
    there = re.search(rf"(\d+) of {4 * _UNITS} there", group.get_attribute("aria-label"))
    # The weights, and the operators that have run.
    assert _UNITS < int(there[1]) <= _UNITS + 7
    page.get_by_role("button", name="Last", exact=True).click()
    assert f"{4 * _UNITS} of {4 * _UNITS} there" in group.get_attribute("aria-label")


def test_a_gradient_that_was_not_run_is_not_shown(offline_pages, executor, tmp_path):
    file = views.Stepper(executor).save(tmp_path / "forward.html")
    page = offline_pages.open(file, ready=".sb-node")
    assert _box(page, "stage1, ").count() == 1
    assert _box(page, "gradient of").count() == 0
    assert page.locator(".sb-near").count() == 0
    page.get_by_role("searchbox").fill("unit5_relu")
    assert page.locator(".sb-picture .sb-told").inner_text() == f"{_STAGES} found"


def test_from_the_left_to_the_right(page):
    def span():
        boxes = [box.bounding_box() for box in page.locator("[data-box]").all()]
        return [max(box[k] for box in boxes) - min(box[k] for box in boxes) for k in ("x", "y")]

    wide, tall = span()
    assert tall > wide
    page.get_by_role("button", name="From the left to the right").click()
    wide, tall = span()
    assert wide > tall


_LARGE = """import numpy as np, symbook as mx
from symbook.views import Stepper
value = mx.sym.Variable("x")
for k in range(1200):
    value = mx.sym.relu(value, name=f"layer{k // 20}_relu{k}")
executor = value.bind(mx.cpu(), {"x": mx.nd.array(np.arange(40) - 20.5)})
view = Stepper(executor)
view"""


def test_a_large_graph_in_a_notebook(open_notebook):
    notebook = open_notebook("large.ipynb", [_LARGE])
    page = notebook.page
    notebook.run(0)
    page.wait_for_selector(".symbook-view .sb-node")
    page.get_by_role("button", name="Last", exact=True).click()
    # Not one of the values that came at first: it is fetched.
    notebook.python("view.selected = 'layer59_relu1199'")
    page.wait_for_function(
        "() => document.querySelector('.sb-inspector h3')?.textContent === 'layer59_relu1199'"
    )
    page.wait_for_selector(".sb-inspector .sb-pane")
    found = dict(
        zip(
            *(page.locator(f".sb-statistics {tag}").all_inner_texts() for tag in ("dt", "dd")),
            strict=True,
        )
    )
    assert (found["min"], found["max"], found["zeros"]) == ("0", "18.5", "21")
    page.get_by_role("button", name="Step back", exact=True).click()
    assert notebook.wrong == []
    assert notebook.errors == []
