"""`symbook lessons` and `symbook lessons export`: what a class gets."""

from __future__ import annotations

import subprocess
import sys

import nbformat
import pytest
from lesson_files import tagged

from symbook.cli import export as export_module
from symbook.cli import main

LESSON = """\
graph = ...

check("1.1", graph)"""
SOLUTION = """\
A, B = map(mx.sym.Variable, "AB")
graph = A + B

check("1.1", graph)"""


def notebook(*cells):
    """A notebook of texts and of (code, tag) pairs, each with an output."""
    made = nbformat.v4.new_notebook()
    for number, cell in enumerate(cells, 1):
        if isinstance(cell, str):
            made.cells.append(nbformat.v4.new_markdown_cell(cell, id=f"cell-{number:02}"))
            continue
        code, *tags = cell
        output = nbformat.v4.new_output("stream", name="stdout", text="an answer")
        about = {"tags": tags} if tags else {}
        made.cells.append(
            nbformat.v4.new_code_cell(
                code,
                id=f"cell-{number:02}",
                metadata=about,
                outputs=[output],
                execution_count=number,
            )
        )
    return nbformat.writes(made)


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A lesson with an exercise, its solution, a page that leads to it, and a file of data."""
    folder = tmp_path / "shipped"
    (folder / "solutions").mkdir(parents=True)
    (folder / "data").mkdir()
    title = "# Lesson 1. First: and last\n\nSee the [solution](solutions/01_first.ipynb#11)."
    (folder / "01_first.ipynb").write_text(
        notebook(title, ("1 + 1",), (LESSON, "exercise-1.1"), "[next](02_second.ipynb)")
    )
    (folder / "solutions" / "01_first.ipynb").write_text(
        notebook("# Solutions", ("a = 1", "given"), (SOLUTION, "solution-1.1"))
    )
    (folder / "README.md").write_text(
        "[The lesson](01_first.ipynb), [answers](solutions/x.ipynb).\n"
    )
    (folder / "data" / "net.json").write_text("{}")
    monkeypatch.setattr(export_module, "shipped_lessons", lambda: folder)
    return folder


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def read(path):
    found = nbformat.read(path, as_version=4)
    nbformat.validate(found)
    return found


EVERY = {"01_first.ipynb", "solutions/01_first.ipynb", "README.md", "data/net.json"}


def test_the_lessons_are_listed_with_their_titles(shipped, capsys):
    assert main(["lessons"]) == 0
    said = capsys.readouterr().out
    assert str(shipped) in said
    assert "  01_first.ipynb         Lesson 1. First: and last\n" in said


def test_an_export_has_all_files_and_no_outputs(shipped, tmp_path, capsys):
    target = tmp_path / "a class" / "lessons"
    assert main(["lessons", "export", str(target)]) == 0
    assert capsys.readouterr().out == f"1 lesson with solutions is in {target}\n"
    assert files(target) == EVERY
    lesson, original = read(target / "01_first.ipynb"), read(shipped / "01_first.ipynb")
    assert [cell.source for cell in lesson.cells] == [cell.source for cell in original.cells]
    assert not any(cell.outputs or cell.execution_count for cell in lesson.cells[1:3])
    assert (target / "README.md").read_bytes() == (shipped / "README.md").read_bytes()


def test_outputs_stay_where_they_are_asked_for(shipped, tmp_path):
    assert main(["lessons", "export", "--with-outputs", str(tmp_path / "a")]) == 0
    assert files(tmp_path / "a") == EVERY
    for name in EVERY:
        assert (tmp_path / "a" / name).read_bytes() == (shipped / name).read_bytes()


@pytest.mark.parametrize("outputs", [[], ["--with-outputs"]])
def test_without_solutions_nothing_leads_to_them(shipped, tmp_path, capsys, outputs):
    target = tmp_path / "a"
    assert main(["lessons", "export", "--no-solutions", *outputs, str(target)]) == 0
    assert capsys.readouterr().out == f"1 lesson without solutions is in {target}\n"
    assert files(target) == {name for name in EVERY if "solutions" not in name}
    assert (target / "README.md").read_text() == "[The lesson](01_first.ipynb), answers.\n"
    lesson = read(target / "01_first.ipynb")
    assert lesson.cells[0].source.endswith("See the solution.")
    assert lesson.cells[3].source == "[next](02_second.ipynb)"
    assert lesson.cells[2].source == LESSON


@pytest.mark.parametrize("solutions", [True, False])
def test_nbgrader_gets_cells_for_answers_and_cells_that_grade(shipped, tmp_path, solutions):
    """The metadata of nbgrader's schema 3; `BEGIN SOLUTION` and `END SOLUTION` are its words."""
    target = tmp_path / "source" / "lessons"
    words = [] if solutions else ["--no-solutions"]
    assert main(["lessons", "export", "--nbgrader", *words, str(target)]) == 0
    assert files(target) == {name for name in EVERY if "solutions" not in name}
    _, plain, answer, grade, _ = read(target / "01_first.ipynb").cells
    assert "nbgrader" not in plain.metadata
    between = 'A, B = map(mx.sym.Variable, "AB")\ngraph = A + B\n' if solutions else ""
    assert answer.source == (f"graph = ...\n\n### BEGIN SOLUTION\n{between}### END SOLUTION")
    assert grade.source == 'check("1.1", graph).require()'
    assert answer.metadata.nbgrader == {
        "grade": False,
        "grade_id": "exercise-1-1",
        "locked": False,
        "schema_version": 3,
        "solution": True,
        "task": False,
    }
    assert grade.metadata.nbgrader == {
        "grade": True,
        "grade_id": "check-1-1",
        "locked": True,
        "points": 1,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }


def test_what_is_there_is_never_written_to(shipped, tmp_path, capsys):
    mine = tmp_path / "mine"
    mine.mkdir()
    assert main(["lessons", "export", str(mine)]) == 0
    before = {name: (mine / name).read_bytes() for name in files(mine)}
    for folder in (mine, mine / "01_first.ipynb", shipped / "new"):
        assert main(["lessons", "export", str(folder)]) == 2
        assert capsys.readouterr().err.startswith("symbook: ")
    assert {name: (mine / name).read_bytes() for name in files(mine)} == before
    assert not (shipped / "new").exists()
    assert main(["lessons", "export", str(mine / "01_first.ipynb" / "x")]) == 2
    assert "cannot write the lessons" in capsys.readouterr().err


def test_two_forms_at_once_are_refused(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["lessons", "export", "--nbgrader", "--with-outputs", "x"])
    assert stop.value.code == 2


def test_every_exercise_of_the_real_lessons_is_exported_for_nbgrader(tmp_path, root):
    command = [sys.executable, "-m", "symbook", "lessons", "export", "--nbgrader"]
    subprocess.run([*command, str(tmp_path / "a")], check=True, capture_output=True, cwd=root)
    for path in (tmp_path / "a").glob("*.ipynb"):
        exercises = tagged(read(root / "lessons" / path.name), "exercise")
        graded = [cell for cell in read(path).cells if "nbgrader" in cell.metadata]
        ids = [cell.metadata.nbgrader.grade_id for cell in graded]
        names = [id.replace(".", "-") for id in exercises]
        assert ids == [f"{kind}-{name}" for name in names for kind in ("exercise", "check")]
        for answer, grade in zip(graded[::2], graded[1::2], strict=True):
            assert "### BEGIN SOLUTION\n### END" not in answer.source
            assert grade.source.startswith("check(")
