"""Lesson 1 in its first form, and its exercise."""

from __future__ import annotations

import copy
import re
import textwrap

import build_lessons
import nbformat
import numpy as np
import pytest
from lesson_files import code_cells, markdown, printed

import symbook as mx


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
