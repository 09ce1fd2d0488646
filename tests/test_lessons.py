"""The lessons' form, and that they run in a clean kernel without a network.

That every output is what was saved, nbval checks when pytest collects the notebooks themselves.
"""

from __future__ import annotations

import copy
import html.parser
import itertools
import os
import re
import textwrap
import time
from pathlib import Path

import build_lessons
import nbformat
import numpy as np
import pytest
from nbconvert import HTMLExporter

import symbook as mx

SOURCES = build_lessons.sources()
SECONDS_FOR_A_LESSON = 90  # it takes three; other tests may be at work beside it
MOST_CODE_CELLS = 18

# Runs in the lesson's kernel before its first cell. The kernel itself talks to its front end on
# this machine, and never by name.
NO_NETWORK = """
import sys

def refuse(event, args):
    if event == "socket.getaddrinfo" and args[0] not in (None, "", "127.0.0.1", "localhost"):
        raise OSError(f"a lesson asked for the host {args[0]}")
    if event == "socket.connect" and isinstance(args[1], tuple) and args[1][0] != "127.0.0.1":
        raise OSError(f"a lesson called {args[1]}")

sys.addaudithook(refuse)
"""


class Images(html.parser.HTMLParser):
    """The images in a piece of HTML, as their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.found.append(dict(attrs))


@pytest.fixture(params=SOURCES, ids=[source.stem for source in SOURCES])
def source(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def notebook(source: Path) -> nbformat.NotebookNode:
    return nbformat.read(source.with_suffix(".ipynb"), as_version=4)


def markdown(notebook: nbformat.NotebookNode) -> str:
    """All text cells, without code."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "", text)


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
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


def test_every_notebook_has_its_source():
    notebooks = sorted(build_lessons.LESSONS.glob("*.ipynb"))
    assert [path.with_suffix(".py") for path in notebooks] == SOURCES
    assert SOURCES


def test_source_and_notebook_say_the_same(source, notebook):
    def said(cells):
        return [(cell.id, cell.cell_type, cell.metadata, cell.source) for cell in cells]

    assert said(notebook.cells) == said(build_lessons.read(source).cells)


def test_the_notebook_is_finished(notebook):
    """Every cell was run, in order; none failed by accident; no widget views, no traces of a machine."""
    nbformat.validate(notebook)
    build_lessons.check(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert "version" not in notebook.metadata.language_info
    assert len(code_cells(notebook)) <= MOST_CODE_CELLS
    assert code_cells(notebook)[0].source.startswith("%load_ext symbook\n")


def test_headings_are_in_order(notebook):
    levels = [len(marks) for marks in re.findall(r"^(#+) \S", markdown(notebook), re.MULTILINE)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_a_lesson_has_its_parts(notebook):
    text = markdown(notebook)
    for part in (
        "**Goal.**",
        "**Time.**",
        "**You need**",
        "**Predict.**",
        "**Change it.**",
        "Exercise",
    ):
        assert part in text
    assert text.rindex("**Next.**") > text.index("What you have seen")
    assert any("raises-exception" in cell.metadata.get("tags", []) for cell in code_cells(notebook))


def test_every_picture_is_told_in_words_and_is_in_the_file(notebook):
    images = [image for text, _ in rich(notebook, "text/html") for image in Images(text).found]
    images += Images(markdown(notebook)).found
    assert images
    for image in images:
        assert len((image["alt"] or "").split()) > 2, image["alt"]
        assert (image["src"] or "").startswith("data:image/")
    for _, about in rich(notebook, "image/png"):
        assert len(about["alt"].split()) > 2
    for text in re.findall(r"!\[(.*?)\]\(", markdown(notebook)):
        assert len(text.split()) > 2


def test_every_picture_has_a_form_for_print(notebook):
    shown = [output.get("data", {}) for output in outputs(notebook)]
    with_picture = [data for data in shown if "<img" in data.get("text/html", "")]
    assert with_picture
    for data in with_picture:
        assert {"text/plain", "image/png"} <= set(data)


def test_links_lead_somewhere(source, notebook):
    links = re.findall(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)", markdown(notebook))
    for text, target in links:
        assert text.lower() not in {"here", "link", "this"}
        if "://" in target:
            assert target.startswith("https://")
        else:
            assert (source.parent / target.partition("#")[0]).is_file(), target


def test_nbconvert_keeps_every_picture(source):
    exporter = HTMLExporter()
    page, _ = exporter.from_filename(str(source.with_suffix(".ipynb")))
    notebook = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    saved = [
        image["alt"] for text, _ in rich(notebook, "text/html") for image in Images(text).found
    ]
    shown = [
        image["alt"] for image in Images(page).found if (image["src"] or "").startswith("data:")
    ]
    assert [alt for alt in shown if alt in saved] == saved


@pytest.mark.notebook
def test_it_runs_in_a_clean_kernel_without_a_network(source, monkeypatch, tmp_path):
    startup = tmp_path / "sitecustomize.py"
    startup.write_text(NO_NETWORK, encoding="utf-8")
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    notebook = build_lessons.read(source)
    start = time.perf_counter()
    build_lessons.run(notebook)
    assert time.perf_counter() - start < SECONDS_FOR_A_LESSON
    build_lessons.normalise(notebook)
    build_lessons.check(notebook)


@pytest.mark.notebook
def test_the_guard_against_the_network_holds(monkeypatch, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    code = "import urllib.request\nurllib.request.urlopen('http://example.invalid')"
    cell = nbformat.v4.new_code_cell(code, metadata={"tags": ["raises-exception"]})
    notebook = nbformat.v4.new_notebook(cells=[cell])
    build_lessons.run(notebook)
    assert "a lesson asked for the host example.invalid" in cell.outputs[0].evalue


@pytest.mark.notebook
def test_building_twice_gives_the_same_bytes(source, tmp_path):
    built = []
    for name in ("once", "again"):
        copy = tmp_path / name / source.name
        copy.parent.mkdir()
        copy.write_bytes(source.read_bytes())
        built.append(build_lessons.build(copy).read_bytes())
    assert built[0] == built[1]


# Lesson 1


@pytest.fixture(scope="module")
def lesson_1() -> nbformat.NotebookNode:
    return nbformat.read(build_lessons.LESSONS / "01_symbols.ipynb", as_version=4)


def test_lesson_1_was_built_where_steps_can_run_at_the_same_time(lesson_1):
    """nbval takes either answer, as a machine may have one processor; the saved one is the claim."""
    assert "seen at the same time: True\n" in printed(lesson_1)


def test_lesson_1_counts_the_buffers_that_its_plan_has(lesson_1):
    assert "\n13 steps, 4,000,000 bytes in 1 buffer\n" in printed(lesson_1)
    assert "The first line says it: one place, not twelve." in markdown(lesson_1)
    assert "\n1 step, 0 bytes in 0 buffers\n" in printed(lesson_1)


@pytest.mark.notebook
def test_lesson_1_says_the_same_when_it_is_run_again(lesson_1):
    """In the same kernel, all but the numbers in automatic names stays: the text holds again."""
    once, again = copy.deepcopy(code_cells(lesson_1)), copy.deepcopy(code_cells(lesson_1))
    for cell in again:
        cell.id = f"{cell.id}-again"
    build_lessons.run(nbformat.v4.new_notebook(cells=[*once, *again]))
    # The first cell says that the extension is loaded already.
    for before, after in zip(once[1:], again[1:], strict=True):
        assert shown(after) == shown(before)


def shown(cell: nbformat.NotebookNode) -> list[str]:
    """What a cell printed, gave and raised, without the numbers in names and of cells."""
    texts = [
        output.get("text") or output.get("evalue") or output.data["text/plain"]
        for output in cell.outputs
    ]
    texts = [re.sub(r"\b(_[a-z]+|sqrt|In\[)\d+", r"\1N", text) for text in texts]
    # Names of two digits are wider: columns move. Either answer may come where there is one processor.
    texts = [re.sub(r" at 0x\w+|(?<=same time: )\w+", "", text) for text in texts]
    return [re.sub(r" +", " ", text) for text in texts]


P, Q = mx.sym.Variable("P"), mx.sym.Variable("Q")


@pytest.mark.parametrize(
    ("graph", "number", "told"),
    [
        (None, None, "of type NoneType"),
        (25, 5, "of type int"),
        (np.array([25]), 5, "of type ndarray"),
        (mx.sym.Group([P * P + Q * Q, P]), 5, "one output, and it has 2."),
        (mx.sym.Group([P, P]), 5, "one output, and it has 2."),
        (P, None, "arguments P and Q, and it has P."),
        (P * P, 5, "and it has P."),
        (mx.sym.zeros(shape=(3,)), 5, "and it has none."),
        (mx.sym.Variable("x") * P + Q, 5, "and it has x, P, Q."),
        (mx.sym.reshape(P * P + Q * Q, shape=(2, -1)), 5, "cannot be run:\nError in operator"),
        (
            mx.sym.concat(P * P + Q * Q, Q, dim=0),
            5,
            "3 results, in the shape (3,), and the shape is (6,).",
        ),
        (mx.sym.reshape(P * P + Q * Q, shape=(1, 3)), 5, "the shape is (1, 3)."),
        (mx.sym.dot(P, P) + mx.sym.dot(Q, Q), 5, "the shape is (1,)."),
        (mx.sym.sum(P * P + Q * Q), 5, "the shape is (1,)."),
        (
            mx.sym.broadcast_add(mx.sym.sum(P * P + Q * Q), P - P),
            5,
            "first result should be 25, and it is 55.",
        ),
        ((P + Q) * (P + Q), 5, "2PQ"),
        (P * 2 + Q * 2, 5, "first result should be 25, and it is 14."),
        (P * P - Q * Q, 5, "first result should be 25, and it is -7."),
        (P * P + 4 * Q, 5, "third result should be 29, and it is 24."),
        (mx.sym.sqrt(P * P + Q * Q), 5, "first result should be 25, and it is 5."),
        (P * P + Q * Q, None, "Now the prediction"),
        (P * P + Q * Q, 3, "count the variables too"),
        (P * P + Q * Q, 6, "the output counts once"),
        (P * P + Q * Q, 9, "not yet"),
    ],
)
def test_the_exercise_of_lesson_1_says_what_to_look_at(lesson_1, graph, number, told):
    answer = check_of(lesson_1)(graph, number)
    assert told in answer
    assert "Well done" not in answer


def test_the_solution_of_lesson_1_is_right(lesson_1):
    solution = re.search(
        r"A solution</summary>\s*<pre>\n(.*?)</pre>", sources_of(lesson_1), re.DOTALL
    )
    space: dict = {"mx": mx, "np": np}
    exec(textwrap.dedent(solution[1]), space)
    assert check_of(lesson_1)(space["graph"], space["number"]) == "Both right. Well done!"


@pytest.mark.notebook
def test_the_untouched_exercise_of_lesson_1_can_be_drawn(lesson_1):
    """A learner may write `%%symgraph` above the cell before anything else."""
    first, *_, check, exercise = code_cells(lesson_1)
    drawn = nbformat.v4.new_code_cell(f"%%symgraph\n{exercise.source}")
    build_lessons.run(nbformat.v4.new_notebook(cells=[first, check, drawn]))
    assert "arguments P and Q, and it has P." in drawn.outputs[0].text
    assert any("image/png" in output.get("data", {}) for output in drawn.outputs)


@pytest.mark.parametrize(
    "graph",
    [
        Q * Q + P * P,
        P**2 + Q**2,
        mx.sym.square(P) + mx.sym.square(Q),
        mx.sym.square(mx.sym.sqrt(P * P + Q * Q)),
        P * P + Q * Q + 0,
    ],
)
def test_other_right_graphs_pass(lesson_1, graph):
    count = len(graph.get_internals().list_outputs())
    assert "Well done" in check_of(lesson_1)(graph, count)


def sources_of(notebook):
    return "\n".join(cell.source for cell in notebook.cells)


def check_of(notebook):
    """The lesson's own `check`, as its cell defines it."""
    [cell] = [cell for cell in code_cells(notebook) if cell.source.startswith("def check(")]
    space: dict = {"mx": mx, "np": np}
    exec(cell.source, space)
    return space["check"]
