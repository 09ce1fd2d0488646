"""The course in a plain kernel: feedback is the cell's result, in both forms, and errors are short."""

from __future__ import annotations

import pytest
from notebooks import good, kernel

pytestmark = pytest.mark.notebook

COURSE = """
import symbook as mx
from symbook.course import Exercise, Mistake, catalogue, check, hint, progress, same_function

right = lambda graph: same_function(graph, lambda P, Q: P * Q)
product = Exercise("1.1", "P·Q", (mx.symbol.Symbol,), right, (), "Look.", "Yes.", ("A hint.",))
catalogue.lessons = lambda: [1]
catalogue.of_lesson = lambda number: (product,) if number == 1 else ()
P, Q = mx.sym.Variable("P"), mx.sym.Variable("Q")
"""


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    with kernel(tmp_path_factory.mktemp("course")) as started:
        good(started, COURSE)
        yield started


def test_feedback_is_the_result_of_the_cell(notebook):
    """Without `%load_ext symbook`."""
    for call, said in [
        ('check("1.1", ...)', "○ 1.1 Not answered yet"),
        ('check("1.1", P + Q)', "↻ 1.1 Not yet"),
        ('check("1.1", P * Q)', "✓ 1.1 Solved"),
        ('hint("1.1")', "→ 1.1 Hint 1 of 1"),
        ("progress()", "≡ Your progress in this session"),
    ]:
        shown = good(notebook, call)
        [result] = shown.results
        assert set(result["data"]) == {"text/plain", "text/html"}
        assert shown.text.startswith(said)
        assert 'role="status"' in shown.html
        assert not shown.stdout


def test_what_grades_fails_without_a_traceback(notebook):
    failed = notebook.run('check("1.1", P + Q).require()')
    assert failed.shown_error.startswith("↻ 1.1 Not yet\n  Look.\n")
    assert "File" not in failed.shown_error
    passed = good(notebook, 'check("1.1", P * Q).require()')
    assert passed.stdout.startswith("✓ 1.1 Solved\n")
    assert not passed.results


def test_an_exercise_can_be_drawn_with_its_feedback(notebook):
    good(notebook, "%load_ext symbook")
    drawn = good(notebook, '%%symgraph\ngraph = P * Q\n\ncheck("1.1", graph)')
    assert "✓ 1.1 Solved" in drawn.text
    assert drawn.alt
    untouched = notebook.run('%%symgraph\ngraph = ...\n\ncheck("1.1", graph)')
    assert "○ 1.1 Not answered yet" in untouched.text
    assert "the cell made no Symbol" in untouched.shown_error


def test_an_exercise_that_is_not_there_is_refused_in_a_few_lines(notebook):
    failed = notebook.run('check("1.7", P)')
    assert "there is no exercise '1.7'; lesson 1 has 1.1" in failed.shown_error
    assert "catalogue.py" not in failed.shown_error
