"""The site of `symbook lessons lite` in a real Chromium: lessons run in the browser's own Python.

Needs `symbook[lite]`, and a full Pyodide 0.27 in the folder that `SYMBOOK_PYODIDE` names.
"""

from __future__ import annotations

import functools
import http.server
import json
import os
import threading

import pytest

from symbook.cli import main
from symbook.cli.lessons import FIRST_LESSON, shipped_lessons

_MILLISECONDS_TO_START = 240_000
_IDLE = """() => {
    const panel = window.jupyterapp && window.jupyterapp.shell.currentWidget;
    const session = panel && panel.sessionContext && panel.sessionContext.session;
    return Boolean(session && session.kernel && session.kernel.status === 'idle');
}"""
# JupyterLite gives up all cells below one that fails, wanted or not.
_RUN_FROM = """async (start) => {
    const content = window.jupyterapp.shell.currentWidget.content;
    content.deselectAll();
    content.activeCellIndex = start;
    await window.jupyterapp.commands.execute('notebook:run-all-below');
}"""
_SCROLL_TO = """async (index) => {
    const content = window.jupyterapp.shell.currentWidget.content;
    await content.scrollToItem(index);
    await content.widgets[index].ready;
    content.widgets[index].node.dataset.live = '';
}"""
_CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets.map(
    cell => cell.model.toJSON()
)"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The address of the site, with nothing that comes from elsewhere."""
    pytest.importorskip("jupyterlite_pyodide_kernel", reason="needs symbook[lite]")
    if not os.environ.get("SYMBOOK_PYODIDE"):
        pytest.skip("SYMBOOK_PYODIDE names no folder of Pyodide")
    folder = tmp_path_factory.mktemp("lite") / "a site"
    assert main(["lessons", "lite", str(folder), "--pyodide", os.environ["SYMBOOK_PYODIDE"]]) == 0
    settings = folder / "jupyter-lite.json"
    read = json.loads(settings.read_text())
    read["jupyter-config-data"]["exposeAppInBrowser"] = True
    settings.write_text(json.dumps(read))
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.mark.parametrize("name", [FIRST_LESSON, "11_network.ipynb"])
def test_a_lesson_runs_in_the_browsers_python(site, chromium, name):
    """Lesson 1 is what the site opens; lesson 11 draws with Matplotlib, loaded when it is imported."""
    page = chromium.new_page()
    elsewhere = []
    page.on("request", lambda request: request.url.startswith(site) or elsewhere.append(request))
    page.goto(site if name == FIRST_LESSON else f"{site}lab/index.html?path={name}")
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
    tab = page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab.lm-mod-current")
    assert tab.inner_text().strip() == name
    page.wait_for_function(_IDLE, timeout=_MILLISECONDS_TO_START)
    cells = _all_run(page)
    failed = {
        f"{output['ename']}: {output['evalue']}"
        for cell in cells
        for output in cell.get("outputs", ())
        if output["output_type"] == "error"
        and "raises-exception" not in cell["metadata"].get("tags", ())
    }
    assert not failed
    assert _figures(cells) == _figures(_saved_cells(name))
    _a_view_responds(page, cells)
    assert not [request.url for request in elsewhere if request.url.startswith("http")]
    page.close()


def _saved_cells(name):
    return json.loads((shipped_lessons() / name).read_text(encoding="utf-8"))["cells"]


def _figures(cells):
    """How many pictures of Matplotlib's there are: a picture of a graph has HTML beside it."""
    shown = [output.get("data", {}) for cell in cells for output in cell.get("outputs", ())]
    return sum("image/png" in data and "text/html" not in data for data in shown)


def _a_view_responds(page, cells):
    """A node that is chosen in the first live view is marked."""
    live = "application/vnd.jupyter.widget-view+json"
    index = next(
        index
        for index, cell in enumerate(cells)
        if any(live in output.get("data", {}) for output in cell.get("outputs", ()))
    )
    page.evaluate(_SCROLL_TO, index)
    view = page.locator("[data-live] .symbook-view:visible").first
    view.locator(".sb-frame:visible").first.scroll_into_view_if_needed()
    nodes = view.locator(".sb-node[data-box]:visible")
    # By the keyboard, as a part of a large picture may be out of its frame.
    nodes.first.focus()
    nodes.first.press("Enter")
    assert view.locator(".sb-node.sb-selected").count()


def _all_run(page):
    """All cells, when each of code has run."""
    start = 0
    while True:
        page.evaluate(_RUN_FROM, start)
        page.wait_for_timeout(2000)
        page.wait_for_function(_IDLE, timeout=_MILLISECONDS_TO_START)
        cells = page.evaluate(_CELLS)
        waiting = [
            index
            for index, cell in enumerate(cells)
            if cell["cell_type"] == "code"
            and "".join(cell["source"]).strip()
            and not cell["execution_count"]
        ]
        if not waiting:
            return cells
        assert waiting[0] > start, cells[start]
        start = waiting[0]
