"""Every lesson in JupyterLab as a learner gets it: it runs to its end, and its live views respond.

One page opens them one after the other, each with a kernel of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from notebook_page import NotebookPage

from symbook.cli.lessons import shipped_lessons

LESSONS = sorted(path.name for path in shipped_lessons().glob("[0-9]*.ipynb"))

# Of a large picture, a part is in its frame.
_IN_SIGHT = """nodes => nodes.findIndex(node => {
    const box = node.getBoundingClientRect();
    const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return hit !== null && node.contains(hit);
})"""


@pytest.fixture(scope="module")
def lab(jupyterlab, chromium, tmp_path_factory) -> Iterator[NotebookPage]:
    """A page of JupyterLab, with the first lesson open."""
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    url = f"{jupyterlab.base_url}/lab/workspaces/lessons/tree/{LESSONS[0]}"
    yield NotebookPage(page, url, tmp_path_factory.mktemp("pictures"))
    page.close()


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_runs_to_its_end_and_its_views_respond(lab, name):
    lab.open(name)
    # Another test may have left a kernel that knows the names already.
    assert lab.python("%reset -f") == ""
    assert not lab.outputs
    lab.run_all()
    codes = [cell for cell in lab.cells if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in codes)
    for cell in codes:
        failed = any(output["output_type"] == "error" for output in cell["outputs"])
        tags = cell["metadata"].get("tags", [])
        # What fails without a GPU only has the second tag as well.
        assert failed == ("raises-exception" in tags) or "nbval-ignore-output" in tags, cell
    assert lab.errors == []
    assert lab.views
    for view in lab.views:
        _responds(view)
    assert lab.wrong == []
    lab.close()


def _responds(view) -> None:
    """A node that is chosen is marked, and told of in the inspector; a step changes the sentence."""
    view.locator(".sb-frame:visible").first.scroll_into_view_if_needed()
    nodes = view.locator(".sb-node[data-box]:visible")
    node = nodes.nth(nodes.evaluate_all(_IN_SIGHT))
    name = _name(node)
    node.click()
    assert name in map(_name, view.locator(".sb-node.sb-selected:visible").all())
    if view.locator(".sb-inspector").count():
        assert view.locator(".sb-inspector h3:visible").inner_text() == name
    slider = view.locator("input[type=range]:visible").first
    if slider.count():
        sentence = view.locator(".sb-sentence:visible").first
        slider.press("Home")
        before = sentence.inner_text()
        slider.press("ArrowRight")
        assert sentence.inner_text() not in ("", before)


def _name(node) -> str:
    return node.get_attribute("aria-label").split(",")[0]
