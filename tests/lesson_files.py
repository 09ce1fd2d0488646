"""The lessons and their pages for tests: what is in them."""

from __future__ import annotations

import html.parser
import re
from pathlib import Path

import build_lessons
import nbformat
from build_lessons import LESSONS, SOLUTIONS

SERIES = {
    1: ("01_dataflow", "Why dataflow"),
    2: ("02_symbols", "Symbols"),
    3: ("03_internals", "Internals"),
    4: ("04_binding", "Binding"),
    5: ("05_forward", "Forward"),
    6: ("06_matrices", "Matrices"),
    7: ("07_parallel", "Parallel"),
    8: ("08_optimiser", "The optimiser"),
    9: ("09_gpu", "GPU"),
    10: ("10_gradients", "Gradients"),
    11: ("11_network", "A network by hand"),
    12: ("12_old_models", "Old models"),
    13: ("13_operator", "Your own operator"),
    14: ("14_inside", "Inside symbook"),
}
"""The lessons: names of files, and titles in links."""

BINDER = "https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/{}.ipynb"

COLAB = "https://colab.research.google.com/github/symbook/symbook/blob/main/lessons/{}.ipynb"

HOSTS = {
    "arxiv.org",
    "colab.research.google.com",
    "creativecommons.org",
    "docs.python.org",
    "en.wikipedia.org",
    "github.com",
    "graphviz.org",
    "jupyter.org",
    "jupyterhub.readthedocs.io",
    "mxnet.apache.org",
    "mybinder.org",
    "nbgrader.readthedocs.io",
    "numpy.org",
    "z2jh.jupyter.org",
}
"""Where a lesson may lead outside. Nothing in a lesson needs any of them."""

FIRST_CELL = """\
try:
    import symbook as mx
except ImportError:  # on Colab, say: installed once
    %pip install -q "symbook[lessons] @ git+https://github.com/symbook/symbook"
    import symbook as mx
import numpy as np
from symbook.course import check, hint
%load_ext symbook"""

SOURCES = build_lessons.sources()
LESSON_SOURCES = [path for path in SOURCES if path.parent == LESSONS]
SOLUTION_SOURCES = [path for path in SOURCES if path.parent == SOLUTIONS]
PAGES = sorted(LESSONS.rglob("*.md"))


def number(source: Path) -> int:
    """A lesson's number, which its file's name begins with."""
    return int(source.stem[:2])


def name_of(path: Path) -> str:
    """A file's name as tests are called by it."""
    return path.relative_to(LESSONS).with_suffix("").as_posix()


def saved(source: Path) -> nbformat.NotebookNode:
    """The notebook with its outputs."""
    return nbformat.read(source.with_suffix(".ipynb"), as_version=4)


def text_of(path: Path) -> str:
    """What a page or a notebook says, its code left out."""
    if path.suffix == ".md":
        return prose(path.read_text(encoding="utf-8"))
    return markdown(saved(path))


def prose(text: str) -> str:
    """Markdown without code."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"<(code|pre|kbd)>.*?</\1>", "", text, flags=re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", text)


def markdown(notebook: nbformat.NotebookNode) -> str:
    """All text cells, without code."""
    return prose("\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown"))


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """The cells with code, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell: nbformat.NotebookNode) -> list[str]:
    """A cell's tags."""
    return list(cell.metadata.get("tags", []))


def tagged(notebook: nbformat.NotebookNode, kind: str) -> dict[str, nbformat.NotebookNode]:
    """The cells with tags such as `exercise-2.1`, by what follows the hyphen."""
    return {
        tag.partition("-")[2]: cell
        for cell in code_cells(notebook)
        for tag in tags(cell)
        if tag.startswith(f"{kind}-")
    }


def outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """What all cells gave."""
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def rich(notebook: nbformat.NotebookNode, kind: str) -> list[tuple[str, dict]]:
    """The outputs of one MIME type, with that type's metadata."""
    return [
        (output.data[kind], output.get("metadata", {}).get(kind, {}))
        for output in outputs(notebook)
        if kind in output.get("data", {})
    ]


def printed(notebook: nbformat.NotebookNode) -> str:
    """What the cells print."""
    return "".join(output.text for output in outputs(notebook) if output.output_type == "stream")


def text_outputs(cell: nbformat.NotebookNode) -> str:
    """What a cell shows, as text."""
    texts = [
        output.get("text") or output.get("data", {}).get("text/plain") for output in cell.outputs
    ]
    return "\n".join(filter(None, texts))


class Images(html.parser.HTMLParser):
    """The images in a piece of HTML, as their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.found.append(dict(attrs))


def images(text: str) -> list[dict[str, str | None]]:
    """The images in a piece of HTML."""
    return Images(text).found
