"""Each lesson is run once in a clean kernel without a network, and after it its exercises are tried there.

nbval runs each notebook a second time, and compares every output with the saved one.
"""

from __future__ import annotations

import os
import re
import time

import build_lessons
import nbformat
import pytest
from exercise_trials import trials
from lesson_files import (
    LESSON_SOURCES,
    LESSONS,
    SOURCES,
    name_of,
    number,
    saved,
    tagged,
    text_outputs,
)
from sanitizing import sanitized

from symbook.course import catalogue

pytestmark = pytest.mark.notebook

SECONDS_FOR_A_LESSON = 90  # it takes three; other tests may be at work beside it

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

# What fonts and the number of processors decide. Unlike nbval, this lets no times pass.
ELSEWHERE = ("picture", "drawing", "overlap", "shape")


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))


@pytest.mark.parametrize("source", LESSON_SOURCES, ids=name_of)
def test_a_lesson_runs_in_a_clean_kernel_and_its_exercises_hold(source, no_network):
    notebook = build_lessons.read(source)
    tried = [
        cell for exercise in catalogue.of_lesson(number(source)) for cell in trials_of(exercise)
    ]
    lesson = list(notebook.cells)
    notebook.cells += [cell for _, cell, _ in tried]
    start = time.perf_counter()
    build_lessons.run(notebook)
    assert time.perf_counter() - start < SECONDS_FOR_A_LESSON
    notebook.cells = lesson
    build_lessons.finish(notebook, source.with_suffix(".ipynb"))
    assert settled(notebook) == settled(saved(source))
    for what, cell, wanted in tried:
        assert re.search(wanted, text_outputs(cell)), f"{what}: {text_outputs(cell)} {cell.outputs}"


def trials_of(exercise):
    """What is tried with one exercise: what for, a cell, and a pattern of what it must show."""
    source = LESSONS / "solutions" / f"{lesson_name(exercise)}.py"
    solution = tagged(build_lessons.read(source), "solution")[exercise.id]
    for id, what, code, wanted in trials(exercise, solution.source):
        yield what, trial(id, code), wanted


def trial(id, code):
    tagged = {"tags": ["raises-exception"]}  # so that all are tried, and told by their outputs
    cell = nbformat.v4.new_code_cell(code, metadata=tagged)
    cell.id = id.replace(".", "-")
    return cell


def lesson_name(exercise):
    [source] = [source for source in LESSON_SOURCES if tagged_with(source, exercise.id)]
    return source.stem


def tagged_with(source, id):
    return id in tagged(build_lessons.read(source), "exercise")


def settled(notebook):
    """All that the cells of a notebook say, but for what is different on another machine."""
    return [
        (cell.id, cell.source, [said(output) for output in cell.get("outputs", [])])
        for cell in notebook.cells
    ]


def said(output):
    """The texts of an output by kind; its pictures are left out."""
    texts = {kind: text for kind, text in output.get("data", {}).items() if kind[:5] == "text/"}
    texts |= {kind: output[kind] for kind in ("name", "text", "evalue") if kind in output}
    texts["traceback"] = "\n".join(output.get("traceback", []))
    return {kind: sanitized(text, *ELSEWHERE) for kind, text in texts.items()}


def test_the_guard_against_the_network_holds(no_network):
    code = "import urllib.request\nurllib.request.urlopen('http://example.invalid')"
    cell = nbformat.v4.new_code_cell(code, metadata={"tags": ["raises-exception"]})
    notebook = nbformat.v4.new_notebook(cells=[cell])
    build_lessons.run(notebook)
    assert "a lesson asked for the host example.invalid" in cell.outputs[0].evalue


def test_building_twice_gives_the_same_bytes(tmp_path):
    """One lesson shows it; of the others, the run above is compared with the saved one."""
    source = tmp_path / SOURCES[0].name
    source.write_bytes(SOURCES[0].read_bytes())
    assert build_lessons.build(source).read_bytes() == build_lessons.build(source).read_bytes()
