"""The views where people use them: JupyterLab, Notebook 7, marimo, and files without kernel or network."""

from __future__ import annotations

import re

import numpy as np
import pytest
from notebook_page import Watch
from stepped_view import SETUP, SteppedView, computed

pytest.importorskip("symbook.views")

_CELLS = [
    SETUP,
    "view = Stepper(executor)\nview",
    "view",
    "heard = []\nview.observe(lambda change: heard.append((change.name, change.new)), ['selected', 'step'])",
    "import os, time\nwhile not os.path.exists('go on'):\n    time.sleep(0.1)",
]


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_in_a_notebook(open_notebook, jupyterlab, app):
    if app == "notebook":
        pytest.importorskip("notebook")
    notebook = open_notebook(f"hosts-{app}.ipynb", _CELLS, app)
    page = notebook.page
    for index in range(4):
        notebook.run(index)
    page.wait_for_function("() => document.querySelectorAll('.symbook-view').length === 2")
    first, second = (SteppedView(page.locator(".symbook-view").nth(k)) for k in range(2))
    assert not any(page.locator(".jp-OutputArea-output img").evaluate_all(_VISIBLE))
    first.walk()
    first.look()
    first.predict()
    first.link()
    _python_reads_and_sets(notebook, first, second)
    _twice(notebook, first, second)
    signal = jupyterlab.folder / "go on"
    signal.unlink(missing_ok=True)
    _python_is_busy(notebook, first, signal)
    _the_cell_runs_again(notebook)
    assert notebook.wrong == []
    _python_is_gone(notebook, first)
    assert notebook.errors == []


_VISIBLE = "images => images.map(image => image.checkVisibility())"


def _python_reads_and_sets(notebook, first, second) -> None:
    """What is chosen goes to Python, which is told, and back."""
    notebook.python("heard.clear()")
    first.node("C").click()
    first.button("First").click()
    first.button("Step").click()
    second.until_step(1)
    second.until_chosen("C")
    assert notebook.python("print(view.selected, view.step)") == "C 1"
    assert notebook.python("print(('selected', 'C') in heard, heard[-1])") == "True ('step', 1)"
    notebook.python("view.selected = '_plus0'; view.step = 5")
    for view in (first, second):
        view.until_chosen("_plus0")
        view.until_step(5)
    assert "no node 'nobody'" in notebook.python("view.selected = 'nobody'")
    notebook.python("view.selected = None; view.step = 10**6")
    first.until_step(first.count)
    assert notebook.python("print(view.selected, view.step)") == f"None {first.count}"


def _twice(notebook, first, second) -> None:
    """A view shown twice is one view; it goes on when one of its renderings ends."""
    second.change("B", [10, 20.5])
    first.until("([root]) => /^What if B/.test(root.querySelector('.sb-scrubber').ariaValueText)")
    assert first.root.evaluate(_LABEL, "total") == second.root.evaluate(_LABEL, "total")
    notebook.clear(2)
    notebook.page.wait_for_function("() => document.querySelectorAll('.symbook-view').length === 1")
    first.change("C", [0, 1], B=[10, 20.5])
    assert not any(notebook.page.locator(".jp-OutputArea-output img").evaluate_all(_VISIBLE))


_LABEL = (
    "(root, name) => root.querySelector(`[aria-label^='${name}, '] .sb-label text`).textContent"
)


def _python_is_busy(notebook, view, signal) -> None:
    """While a cell runs, the view steps, and is answered, or says that Python is busy."""
    notebook.run(4, wait=False)
    view.go_and_return()
    view.button("Last").click()
    view.type("D", [1, 1])
    view.until(f"([root]) => {_ANSWERED} || /has not answered yet/.test({_NOTICE})")
    signal.touch()
    view.until(f"([root]) => {_ANSWERED} && {_NOTICE} === ''")


_ANSWERED = "/^What if D/.test(root.querySelector('.sb-scrubber').ariaValueText)"
_NOTICE = "root.querySelector('.sb-notice').innerText"


def _the_cell_runs_again(notebook) -> None:
    """A cell that runs again shows a view anew, and the old one is no more."""
    notebook.run(1)
    notebook.page.wait_for_function(
        "() => document.querySelectorAll('.symbook-view').length === 1"
        " && document.querySelector('.sb-scrubber')?.ariaValueText?.startsWith('Forward')"
    )


def _python_is_gone(notebook, view) -> None:
    """Without its kernel, the view steps, and says so when it is asked for what it cannot tell."""
    notebook.restart()
    view.walk()
    view.look()
    view.type("B", [1, 1])
    view.until(f"([root]) => /^Python is gone/.test({_NOTICE})")
    view.walk()


@pytest.fixture(scope="module")
def run():
    """A notebook that was run, with the state of its widgets."""
    import nbformat
    from nbclient import NotebookClient

    cells = [nbformat.v4.new_code_cell(source) for source in _CELLS[:2]]
    # Without a kernel's name, JupyterLab has to choose among those that are there.
    spec = {"name": "python3", "display_name": "Python 3"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
    NotebookClient(notebook, kernel_name="python3", store_widget_state=True).execute()
    assert notebook.metadata["widgets"]
    return notebook


def _restored(notebook) -> SteppedView:
    """The saved view. On a busy machine JupyterLab once showed none of a page; opened again it does."""
    from playwright.sync_api import TimeoutError as TookTooLong

    try:
        notebook.page.wait_for_selector(".symbook-view", timeout=30_000)
    except TookTooLong:
        notebook.reload()
    return SteppedView(notebook.page.locator(".symbook-view"))


class TestSaved:
    """Notebooks that were run elsewhere, opened again with a kernel that knows nothing of their views."""

    def test_without_trust_or_state_the_static_form_stands(self, open_notebook, jupyterlab, run):
        for name, trusted, state in _SAVED:
            _save(run, jupyterlab.folder / f"{name}.ipynb", trusted=trusted, state=state)
        for name, trusted, state in _SAVED:
            notebook = open_notebook(f"{name}.ipynb")
            images = notebook.page.locator(".jp-OutputArea-output img")
            if trusted and state:
                view = _restored(notebook)
                view.walk()
                view.button("Last").click()
                view.type("B", [1, 1])
                view.until(f"([root]) => /^Python is gone/.test({_NOTICE})")
                assert notebook.page.locator(".symbook-view").count() == 1
                assert not any(images.evaluate_all(_VISIBLE))
            else:
                images.first.wait_for()
                if trusted:
                    notebook.page.get_by_text("model not found").wait_for(state="attached")
                shown = notebook.page.locator(".jp-OutputArea").last.inner_text()
                assert "_mul0" in images.first.get_attribute("alt")
                assert all(images.evaluate_all(_VISIBLE))
                assert "model not found" not in shown
                assert "Forward" in shown
            notebook.page.close()

    @pytest.mark.parametrize("state", [False, True])
    def test_as_html_by_nbconvert(self, chromium, tmp_path, run, state):
        """Without a network, by which nbconvert's pages get the code of widgets, the static form stands."""
        from nbconvert import HTMLExporter

        path = tmp_path / "run.ipynb"
        _save(run, path, trusted=True, state=state)
        target = tmp_path / "run.html"
        target.write_text(HTMLExporter().from_filename(path)[0], encoding="utf-8")
        context = chromium.new_context(offline=True)
        page = context.new_page()
        page.goto(target.as_uri())
        for media in ("screen", "print"):
            page.emulate_media(media=media)
            images = page.locator(".jp-OutputArea-output img")
            assert all(images.evaluate_all(_VISIBLE))
            assert images.count() > 0
        page.emulate_media(media="screen")
        forward = page.locator("details").filter(has=page.get_by_text(re.compile("^Forward: ")))
        forward.locator("summary").click()
        sums = forward.get_by_role("table").inner_text()
        assert f"{computed()['_plus0'][0]:g}" in sums
        context.close()


_SAVED = [("foreign", False, True), ("stateless", True, False), ("whole", True, True)]


def _save(notebook, path, *, trusted, state) -> None:
    import copy

    import nbformat
    from nbformat.sign import NotebookNotary

    notebook = copy.deepcopy(notebook)
    if not state:
        del notebook.metadata["widgets"]
    # Trust goes by contents.
    notebook.metadata["name"] = str(path)
    nbformat.write(notebook, path)
    if trusted:
        NotebookNotary().sign(nbformat.read(path, as_version=4))


def test_in_a_file(chromium, tmp_path):
    """A page does all that needs no Python, from disk, with the network off; and it may do nothing else."""
    space: dict = {}
    exec(SETUP, space)
    target = space["Stepper"](space["executor"]).save(tmp_path / "a view.html")
    context = chromium.new_context(offline=True, color_scheme="dark")
    page = context.new_page()
    watch = Watch(page, "file:")
    page.goto(target.as_uri())
    view = SteppedView(page.locator(".symbook-view"))
    view.walk()
    view.look()
    view.predict()
    view.link()
    assert page.locator(".symbook-view").get_attribute("data-theme") == "dark"
    page.emulate_media(color_scheme="light")
    page.wait_for_selector(".symbook-view[data-theme=light]")
    assert watch.wrong == []
    # The network is there again: the page's policy alone keeps it away.
    context.set_offline(False)
    for element in ("script", "img", "iframe"):
        assert page.evaluate(_TRIED, element) == "refused", element
    with pytest.raises(Exception, match="Failed to fetch"):
        page.evaluate("fetch('http://127.0.0.1:9/')")
    context.close()


_TRIED = """(act) => new Promise(done => {
    addEventListener('securitypolicyviolation', () => done('refused'), { once: true });
    setTimeout(() => done('allowed'), 5000);
    const made = document.createElement(act);
    if (act === 'script') made.textContent = '1 + 1';
    else made.src = 'http://127.0.0.1:9/';
    document.body.append(made);
})"""

_MARIMO = f"""import marimo

app = marimo.App()

with app.setup:
    import marimo as mo

@app.cell
def _():
{re.sub("^", "    ", SETUP, flags=re.MULTILINE)}
    view = Stepper(executor)
    return Stepper, executor, view

@app.cell
def _(view):
    shown = mo.ui.anywidget(view)
    shown
    return shown,

@app.cell
def _(shown, view):
    mo.md(f"Python: {{shown.value['selected']}} {{view.selected}} {{view.step}}")

@app.cell
def _(view):
    def choose(_):
        view.selected, view.step = "D", 3
    mo.ui.button(label="Let Python choose", on_click=choose)

@app.cell
def _(Stepper, executor):
    Stepper(executor)
"""


def test_in_marimo(marimo, chromium):
    """Wrapped in `mo.ui.anywidget`, or bare as a cell's last expression."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    watch = Watch(page, marimo(_MARIMO))
    page.goto(watch.base_url)
    views = page.locator(".symbook-view")
    views.nth(1).wait_for()
    wrapped, bare = (SteppedView(views.nth(k)) for k in range(2))
    for view in (wrapped, bare):
        view.walk()
        view.look()
    wrapped.predict()
    wrapped.link()
    wrapped.change("B", [10, 20.5])
    wrapped.node("C").click()
    wrapped.button("First").click()
    wrapped.button("Step").click()
    page.get_by_text("Python: C C 1").wait_for()
    page.get_by_role("button", name="Let Python choose").click()
    wrapped.until_step(3)
    wrapped.until_chosen("D")
    bare.change("A", [0, 0])
    assert np.allclose(computed(A=[0, 0])["_mul0"], 0)
    assert watch.wrong == []
    context.close()
