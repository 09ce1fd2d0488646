"""The lessons' form: what each has, in which order, and that its pictures are told in words.

That every output is what was saved, nbval checks when pytest collects the notebooks themselves.
`test_lesson_runs.py` runs them, `test_lesson_texts.py` reads what they say.
"""

from __future__ import annotations

import ast
import itertools
import re

import build_lessons
import nbformat
import pytest
from lesson_files import (
    BINDER,
    FIRST_CELL,
    LESSON_SOURCES,
    LESSONS,
    PAGES,
    SERIES,
    SOLUTION_SOURCES,
    SOURCES,
    code_cells,
    images,
    markdown,
    name_of,
    number,
    outputs,
    printed,
    rich,
    saved,
    tagged,
    tags,
    text_of,
    text_outputs,
)
from nbconvert import HTMLExporter

from symbook.course import catalogue

MOST_CODE_CELLS = 15
MOST_WORDS = 1500  # ten minutes for a reader of 16, who has to run the cells as well

every_notebook = pytest.mark.parametrize("source", SOURCES, ids=name_of)
each_lesson = pytest.mark.parametrize("source", LESSON_SOURCES, ids=name_of)
each_solution = pytest.mark.parametrize("source", SOLUTION_SOURCES, ids=name_of)


def test_every_notebook_has_its_source():
    assert SOURCES
    assert {path.with_suffix(".py") for path in LESSONS.rglob("*.ipynb")} == set(SOURCES)


def test_the_series_is_there():
    names = [name for name, _ in SERIES.values()]
    assert [source.stem for source in LESSON_SOURCES] == names
    assert [source.stem for source in SOLUTION_SOURCES] == names
    assert catalogue.lessons() == list(SERIES)


@every_notebook
def test_source_and_notebook_say_the_same(source):
    def said(cells):
        return [(cell.id, cell.cell_type, cell.metadata, cell.source) for cell in cells]

    assert said(saved(source).cells) == said(build_lessons.read(source).cells)


@every_notebook
def test_the_notebook_is_finished(source):
    """Every cell was run, in order; none failed by accident; no widget views, no traces of a machine."""
    notebook = saved(source)
    nbformat.validate(notebook)
    build_lessons.check(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert "version" not in notebook.metadata.language_info


@pytest.mark.parametrize("path", [*SOURCES, *PAGES], ids=name_of)
def test_there_is_one_title_and_headings_are_in_order(path):
    headings = re.findall(r"^(#+) \S", text_of(path), re.MULTILINE)
    levels = [len(marks) for marks in headings]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


@each_lesson
def test_a_lesson_begins_and_ends_with_the_way_to_the_others(source):
    first, *_, last = saved(source).cells
    for cell in (first, last):
        assert link_line(number(source)) in re.sub(r"!\[([^]]*)\]\([^)]*\)", r"\1", cell.source)
    assert last.source.rstrip().endswith(
        " · [Cheat sheet](cheat_sheet.md) · [Glossary](glossary.md)"
    )


def link_line(at: int) -> str:
    """The links of a lesson to those beside it, to the list, and to Binder."""
    links = ["[All lessons](README.md)", f"[Run on Binder]({BINDER.format(SERIES[at][0])})"]
    if at > 1:
        links.insert(0, f"[← {at - 1}. {SERIES[at - 1][1]}]({SERIES[at - 1][0]}.ipynb)")
    if at < len(SERIES):
        links.insert(-1, f"[{at + 1}. {SERIES[at + 1][1]} →]({SERIES[at + 1][0]}.ipynb)")
    return " · ".join(links)


@pytest.mark.parametrize("source", [*LESSON_SOURCES, *SOLUTION_SOURCES], ids=name_of)
def test_the_first_code_brings_all_that_is_needed(source):
    assert code_cells(saved(source))[0].source == FIRST_CELL


@each_lesson
def test_a_lesson_has_its_parts_in_order(source):
    notebook = saved(source)
    text = markdown(notebook)
    assert re.match(rf"# Lesson {number(source)}\. [^:\n]+: \S", text)
    parts = ["**Goal.**", "**Time.**", "**You need**", "**Predict.**", "## Exercises"]
    parts += ["## What you have seen", "**Next.**"]
    places = [text.find(part) for part in parts]
    assert -1 not in places, parts[places.index(-1)]
    assert places == sorted(places)
    sections = re.findall(r"^## (.*)", text, re.MULTILINE)
    assert sections[-2:] == ["Exercises", "What you have seen"]
    numbers = [re.match(r"(\d+)\. \S", title) for title in sections[:-2]]
    assert [int(found[1]) for found in numbers if found] == list(range(1, len(sections) - 1))
    assert len(code_cells(notebook)) <= MOST_CODE_CELLS
    assert len(text.split()) <= MOST_WORDS


@each_lesson
def test_a_call_to_the_learner_begins_its_paragraph(source):
    """There the rendered pages put it into a box, and a reader who skims finds it."""
    for paragraph in re.split(r"\n\s*\n", markdown(saved(source))):
        assert not re.search(r"(?s).\*\*(Predict|Change it|Next)\.\*\*", paragraph), paragraph


@each_lesson
def test_a_lesson_goes_from_a_guess_to_a_mistake_to_a_change(source):
    cells = saved(source).cells
    guess = where(cells, lambda cell: "**Predict.**" in cell.source)
    seen = where(cells, lambda cell: any("<img" in html for html in html_of(cell)))
    error = where(cells, lambda cell: "raises-exception" in tags(cell))
    change = where(cells, lambda cell: "**Change it.**" in cell.source)
    exercises = where(cells, lambda cell: "## Exercises" in cell.source)
    assert min(guess) < min(seen)
    assert min(guess) < min(error) < max(change) < exercises[0]


def where(cells, test):
    """The positions of cells that pass a test, of which there must be some."""
    found = [i for i, cell in enumerate(cells) if test(cell)]
    assert found
    return found


def html_of(cell):
    return [output.get("data", {}).get("text/html", "") for output in cell.get("outputs", [])]


def test_lesson_7_was_built_where_steps_can_run_at_the_same_time():
    """nbval takes either answer, as a machine may have one processor; the saved one is the claim."""
    assert "seen at the same time: True\n" in printed(saved(LESSONS / "07_parallel.py"))


@each_lesson
def test_the_exercises_of_a_lesson_are_those_that_are_defined(source):
    notebook = saved(source)
    exercises = {exercise.id: exercise for exercise in catalogue.of_lesson(number(source))}
    cells = tagged(notebook, "exercise")
    assert list(cells) == list(exercises)
    assert 2 <= len(cells) <= 4
    for id, cell in cells.items():
        *names, last = ast.parse(cell.source).body
        assert ast.unparse(last) == ast.unparse(ast.parse(exercises[id].call))
        assert not opened(names, exercises[id].names)
        assert f"○ {id} Not answered yet" in text_outputs(cell)
    assert f"solutions/{source.stem}.ipynb" in markdown(notebook)


def opened(statements, names) -> set[str]:
    """The names that are not left open, as `name = ...`."""
    left = {
        target.id
        for statement in statements
        if isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Constant)
        and statement.value.value is ...
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    return set(names) - left


@each_lesson
def test_every_exercise_has_its_solution(source):
    solutions = source.parent / "solutions" / source.name
    assert solutions in SOLUTION_SOURCES


@each_solution
def test_solutions_are_told_and_right(source):
    notebook = saved(source)
    exercises = {exercise.id: exercise for exercise in catalogue.of_lesson(number(source))}
    cells = tagged(notebook, "solution")
    assert list(cells) == list(exercises)
    for id, cell in cells.items():
        assert ast.unparse(ast.parse(cell.source).body[-1]) == ast.unparse(
            ast.parse(exercises[id].call)
        )
        assert f"✓ {id} Solved" in text_outputs(cell)
    titles = re.findall(r"^## (.*)", markdown(notebook), re.MULTILINE)
    assert [title for title in titles if title[0].isdigit()] == list(exercises)
    for cell in code_cells(notebook)[1:]:
        assert any(tag == "given" or tag.startswith("solution-") for tag in tags(cell))


@pytest.mark.parametrize("path", [*SOURCES, *PAGES], ids=name_of)
def test_every_picture_is_told_in_words_and_is_in_the_file(path):
    text = text_of(path)
    found = images(text)
    if path.suffix == ".py":
        notebook = saved(path)
        shown = [image for html, _ in rich(notebook, "text/html") for image in images(html)]
        assert shown or path in SOLUTION_SOURCES
        found += shown
        for _, about in rich(notebook, "image/png"):
            assert len(about["alt"].split()) > 2
    for image in found:
        assert len((image["alt"] or "").split()) > 2, image["alt"]
        assert (image["src"] or "").startswith("data:image/")
    for alt in re.findall(r"!\[(.*?)\]\(", text):
        assert len(alt.split()) > 2


@every_notebook
def test_every_picture_has_a_form_for_print(source):
    shown = [output.get("data", {}) for output in outputs(saved(source))]
    for data in shown:
        html = data.get("text/html", "")
        assert "<img" not in html or "text/plain" in data
        # Of what is folded up, such as a list of values, the text says more than one picture would.
        if "<img" in re.sub(r"<details>.*</details>", "", html, flags=re.DOTALL):
            assert "image/png" in data


@every_notebook
def test_nbconvert_keeps_every_picture(source):
    page, _ = HTMLExporter().from_filename(str(source.with_suffix(".ipynb")))
    kept = [image["alt"] for html, _ in rich(saved(source), "text/html") for image in images(html)]
    shown = [image["alt"] for image in images(page) if (image["src"] or "").startswith("data:")]
    assert [alt for alt in shown if alt in kept] == kept
