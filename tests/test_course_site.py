"""`symbook lessons html`: what is made of a small course, and what is refused."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from build_lessons import ROOT

from symbook.cli import main
from symbook.cli import site as site_module
from symbook.cli.site.course import Course, slug
from symbook.cli.site.markdown import Renderer, code, renderer_to_html

pytestmark = pytest.mark.notebook


def notebook(*cells):
    """A notebook of texts, and of (code, tag) pairs."""
    made = nbformat.v4.new_notebook()
    for number, cell in enumerate(cells, 1):
        id = f"cell-{number:02}"
        if isinstance(cell, str):
            made.cells.append(nbformat.v4.new_markdown_cell(cell, id=id))
        else:
            text, *tags = cell
            about = {"tags": tags} if tags else {}
            made.cells.append(nbformat.v4.new_code_cell(text, id=id, metadata=about))
    return nbformat.writes(made)


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A folder for a course."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    monkeypatch.setattr(site_module, "shipped_lessons", lambda: folder)
    return folder


HEAD = "# Lesson 1. First: and <last>\n\n**Goal.** All of it.\n\n[All lessons](README.md)"

FAILING = """
error = ValueError('on\\npurpose')
error.add_note('a note')
raise error
"""


class TestALesson:
    @pytest.fixture
    def page(self, shipped, tmp_path):
        (shipped / "data").mkdir()
        (shipped / "data" / "word.txt").write_text("a word of the data")
        cells = [
            HEAD,
            ("import symbook as mx",),
            "**Predict.** What will it say?",
            ("print('<b>' + open('data/word.txt').read())",),
            "See [two](02_second.ipynb), [a heading](#1.-Here-it-is!), [`data`](data/word.txt).",
            (FAILING, "raises-exception"),
            "## 1. Here it is!\n\n| | b |\n|---|---|\n| c | d |",
            ("%%time\nsum(range(3))",),
        ]
        (shipped / "01_first.ipynb").write_text(notebook(*cells))
        assert main(["lessons", "html", str(tmp_path / "site")]) == 0
        return (tmp_path / "site" / "01_first.html").read_text()

    def test_it_was_run_where_the_data_is(self, page) -> None:
        assert "&lt;b&gt;a word of the data" in page

    def test_an_error_is_set_apart_from_its_name_on(self, page) -> None:
        assert "<strong>ValueError: on\npurpose\na note</strong>" in page
        assert '<pre class="printed error">ValueError  Traceback' in page

    def test_titles_and_links(self, page) -> None:
        assert "First: and &lt;last&gt;</h1>" in page
        assert "All lessons" not in page
        assert "two (to come)" in page
        assert 'href="#1-here-it-is"' in page
        assert '<h2 id="1-here-it-is">' in page
        assert 'href="notebooks/data/word.txt"' in page
        assert "<td></td>" in page

    def test_what_is_predicted_is_folded(self, page) -> None:
        [fold] = [part for part in page.split("<details")[1:] if 'class="fold guess"' in part]
        assert "a word of the data" in fold.partition("</details>")[0]


class TestTheFirstPage:
    TABLE = """
| lesson | what |
|---|---|
| {} | The **first** one. |
| [2. Next](02_next.ipynb) | Later. |
"""

    def first(self, shipped, tmp_path, text):
        (shipped / "01_first.ipynb").write_text(notebook(HEAD))
        (shipped / "README.md").write_text(f"# The lessons\n\nWelcome.\n\n## All\n\n{text}")
        assert main(["lessons", "html", str(tmp_path / "site")]) == 0
        return (tmp_path / "site" / "index.html").read_text()

    def test_a_table_of_lessons_becomes_cards(self, shipped, tmp_path) -> None:
        page = self.first(shipped, tmp_path, self.TABLE.format("[1. First](01_first.ipynb)"))
        assert '<strong><a href="01_first.html">1. First</a></strong>' in page
        assert "<p>The <strong>first</strong> one.</p>" in page
        assert "<strong>2. Next (to come)</strong>" in page
        assert "<table" not in page
        assert page.count('class="cards"') == 1

    def test_other_tables_stay_and_lessons_are_listed(self, shipped, tmp_path) -> None:
        page = self.first(shipped, tmp_path, self.TABLE.format("None"))
        assert "<table" in page
        assert (
            '<strong><a href="01_first.html">1. First</a></strong><p>and &lt;last&gt;</p>' in page
        )


class TestRefused:
    def test_a_folder_with_something_in_it(self, shipped, tmp_path, capsys) -> None:
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "work.txt").write_text("work")
        assert main(["lessons", "html", str(tmp_path / "mine")]) == 2
        assert "is there already" in capsys.readouterr().err

    def test_a_lesson_that_fails_and_nothing_is_left(self, shipped, tmp_path, capsys) -> None:
        (shipped / "01_first.ipynb").write_text(notebook(HEAD, ("undefined",)))
        assert main(["lessons", "html", str(tmp_path / "site")]) == 2
        told = capsys.readouterr().err
        assert "01_first.ipynb does not run" in told
        assert "name 'undefined' is not defined" in told
        assert not (tmp_path / "site").exists()

    def test_without_jupyterlab(self, shipped, tmp_path, capsys, monkeypatch) -> None:
        monkeypatch.setattr(site_module, "_NEEDED", ("nowhere_to_be_found",))
        assert main(["lessons", "html", str(tmp_path / "site")]) == 2
        assert "jupyterlab" in capsys.readouterr().err


class TestLinks:
    @pytest.fixture
    def course(self, shipped):
        (shipped / "solutions").mkdir()
        for name in ("01_first.ipynb", "solutions/01_first.ipynb"):
            (shipped / name).write_text(notebook(HEAD))
        (shipped / "README.md").write_text("# Here\n")
        (shipped / "notes.md").write_text("# Notes\n")
        return Course(shipped)

    @pytest.mark.parametrize(
        ("link", "expected"),
        [
            ("01_first.ipynb", "01_first.html"),
            ("README.md#Where-to-begin", "index.html#where-to-begin"),
            ("solutions/01_first.ipynb#1.1", "solutions/01_first.html#11"),
            ("https://example.org/a.md", "https://example.org/a.md"),
            ("07_none.ipynb", None),
            ("../SPEED.md", "https://github.com/symbook/symbook/blob/HEAD/lessons/../SPEED.md"),
        ],
    )
    def test_from_a_page(self, course, link, expected) -> None:
        [notes] = course.others
        assert course.address(notes, link) == expected

    def test_from_a_folder(self, course) -> None:
        [solutions] = course.solutions
        assert course.address(solutions, "../01_first.ipynb") == "../01_first.html"
        [lesson] = course.lessons
        assert course.address(lesson, "../notes.md", solutions) == "notes.html"

    def test_names_of_headings(self) -> None:
        assert slug("6. A mistake that everybody makes") == "6-a-mistake-that-everybody-makes"
        html = renderer_to_html(Renderer(lambda link: link))("## Twice\n\n## Twice\n")
        assert 'id="twice"' in html
        assert 'id="twice-1"' in html


def test_magics_and_what_is_below_them_are_highlighted() -> None:
    html = code("%%symgraph --step\nE = (A*B)  # a sum\n")
    assert '<span class="nd">%%symgraph</span>' in html
    assert '<span class="c1"># a sum</span>' in html


def test_the_logo_is_the_kernels() -> None:
    own = Path(site_module.__file__).parent / "static" / "logo.svg"
    assert own.read_bytes() == (ROOT / "kernelspec" / "logo-svg.svg").read_bytes()
