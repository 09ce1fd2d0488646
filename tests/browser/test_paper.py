"""An executed notebook with every view, as HTML: on a screen, and on paper, where nothing can be opened."""

from __future__ import annotations

import re

import nbformat
import pytest
from nbconvert import HTMLExporter
from notebooks import ROOT

nbclient = pytest.importorskip("nbclient")

_BEGIN = """%load_ext symbook
import numpy as np, symbook as mx
from symbook.views import *
a, b = np.arange(400, dtype="float32").reshape(20, 20), np.eye(20, dtype="float32")
A, B = mx.sym.Variable("A"), mx.sym.Variable("B")
net = A * B + B
grads = {"A": mx.nd.zeros((20, 20)), "B": mx.nd.zeros((20, 20))}
ex = net.bind(mx.cpu(), {"A": mx.nd.array(a), "B": mx.nd.array(b)}, args_grad=grads); None"""
_CELLS = [
    "%%symgraph -i -p -g -l -z --bind A=a B=b\nE = A * B + B",
    *("Stepper(ex, is_train=True)", "GraphView(net)", "ValueView(ex)", "Timeline(ex)"),
    *("GradientView(ex)", "OptimiserView(ex)", "%symops matrix product"),
    "%%symgraph --step --bind A=a B=b[:3]\nF = mx.sym.dot(A, B)",
]

_IMAGES = """() => [...document.querySelectorAll('.jp-OutputArea-output img')].map(image => {
    const {width, height} = image.getBoundingClientRect();
    return [image.alt, image.complete && image.naturalWidth > 0, width, height];
})"""
_TABLES = """() => [...document.querySelectorAll('.jp-OutputArea-output table')].map(
    (table) => table.checkVisibility({contentVisibilityAuto: true})
)"""


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """The notebook as an HTML file."""
    cells = [nbformat.v4.new_code_cell(text) for text in (_BEGIN, *_CELLS)]
    cells[-1].metadata["tags"] = ["raises-exception"]
    notebook = nbformat.v4.new_notebook(cells=cells)
    folder = tmp_path_factory.mktemp("paper")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        client = nbclient.NotebookClient(notebook, kernel_name="python3", timeout=120)
        client.execute(cwd=str(folder))
    body, _ = HTMLExporter().from_notebook_node(notebook)
    file = folder / "every.html"
    file.write_text(body, encoding="utf-8")
    return file


@pytest.fixture
def page(chromium, converted):
    context = chromium.new_context(viewport={"width": 1000, "height": 900}, offline=True)
    found = context.new_page()
    found.goto(converted.as_uri())
    yield found
    context.close()


def test_every_view_has_its_static_form(page) -> None:
    outputs = page.evaluate(
        "() => [...document.querySelectorAll('.jp-CodeCell')].map("
        "cell => [cell.querySelectorAll('.jp-OutputArea-output img').length,"
        " cell.querySelectorAll('.jp-OutputArea-output table').length, cell.innerText])"
    )
    assert len(outputs) == 1 + len(_CELLS)
    for code, (images, tables, text) in zip(_CELLS, outputs[1:], strict=True):
        assert tables >= 1, code
        assert (images >= 1) is ("symops" not in code), code
        assert "model not found" not in text
    for alt, drawn, width, height in page.evaluate(_IMAGES):
        assert drawn
        assert len(alt) > 10
        assert 20 < width <= 1000
        assert height >= 10


def test_on_paper_every_table_is_open(page) -> None:
    shown = page.evaluate(_TABLES)
    assert not all(shown)
    page.emulate_media(media="print")
    shown = page.evaluate(_TABLES)
    assert len(shown) > 20
    assert all(shown)
    # What a step did is told there, with the numbers of NumPy.
    text = page.locator("body").inner_text()
    assert re.search(r"_mul\d+ multiplied A \(20×20\) by B", text)
