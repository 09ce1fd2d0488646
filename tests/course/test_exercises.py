"""Every exercise of the course: it is whole, and no answer whatever makes its check fail."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import pytest

import symbook as mx
from symbook.context import Context
from symbook.course import catalogue, check, checking, hint
from symbook.executor import Executor
from symbook.ndarray import NDArray
from symbook.symbol import Symbol

EXERCISES = [exercise for lesson in catalogue.lessons() for exercise in catalogue.of_lesson(lesson)]
each = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)


def odd_answers(kind) -> list:
    """Answers of a kind that nobody foresaw."""
    if isinstance(kind, tuple):
        return [answer for one in kind for answer in odd_answers(one)]
    A, B = mx.sym.Variable("A"), mx.sym.Variable("B")
    strange = mx.sym.Variable("two words\n", shape=(0, 2))
    answers = {
        Symbol: [
            *(A, strange, A + strange, mx.sym.Group([A, A * B, B]), mx.sym.zeros(shape=(2,))),
            *(mx.sym.log(A - A) / (B - B), mx.sym.reshape(A, shape=(7, 11)), mx.sym.dot(A, B)),
            *((A + B).get_internals(), mx.sym.BatchNorm(A), mx.sym.SoftmaxOutput(A, B)),
            mx.sym.split(A, num_outputs=3),
        ],
        NDArray: [mx.nd.zeros(shape) for shape in ((1,), (0, 2), (2, 3, 4))]
        + [mx.nd.array([math.nan, math.inf]), mx.nd.array([1], dtype="int8")],
        np.ndarray: [
            np.zeros(()),
            np.zeros((0, 2)),
            np.array(["a", None], dtype=object),
            np.array([math.nan, 1]),
            np.array([True]),
        ],
        int: [0, -1, 10**400, np.int8(3), 3.0],
        float: [0.0, -1, 10**400, math.nan, math.inf, np.float16(3)],
        bool: [True, False, np.True_],
        str: ["", "x", "two words\n", "A" * 1000],
        list: [
            [],
            [None],
            [[]],
            ["A", 1],
            [A],
            (mx.nd.zeros((2,)),),
            [1, "x", print],
            [(1,), (2,)],
        ],
        dict: [{}, {"A": 1}, {None: None}, {"A": [], "B": mx.nd.zeros((2,))}],
        Executor: [A.bind(mx.cpu(), {"A": mx.nd.zeros((2,))})],
        Context: [mx.cpu(), mx.cpu(3), mx.gpu(5)],
        Callable: [
            print,
            len,
            lambda: None,
            lambda *_: None,
            lambda x: x.nothing,
            lambda x: x,
            type,
        ],
        object: [None, 3, "x", A, [], print, object()],
        tuple: [(), (1,), ("A", None)],
        Mapping: [{}],
    }
    return answers[kind]


@pytest.fixture(autouse=True)
def nothing_tried(monkeypatch):
    monkeypatch.setattr(checking, "_tallies", {})


@each
def test_no_answer_makes_the_check_fail(exercise):
    choices = [odd_answers(kind) for kind in exercise.kinds]
    for i in range(max(map(len, choices))):
        answers = [answers[i % len(answers)] for answers in choices]
        found = check(exercise.id, *answers)
        assert found.state in ("solved", "wrong")
        assert len(repr(found)) < 1500
        assert found._repr_html_()


@each
def test_an_exercise_is_whole(exercise):
    assert len(exercise.kinds) == len(exercise.names)
    assert exercise.asks.strip()
    assert exercise.praise.strip()
    assert exercise.otherwise
    assert len(exercise.mistakes) >= 2
    assert exercise.hints
    said = [mistake.says for mistake in exercise.mistakes]
    assert len({*said, exercise.otherwise}) == len(said) + 1
    for _ in exercise.hints:
        hint(exercise.id)
    assert "no more hints" in repr(hint(exercise.id))


def test_the_exercises_are_numbered_by_their_lessons():
    for lesson in catalogue.lessons():
        ids = [exercise.id for exercise in catalogue.of_lesson(lesson)]
        assert ids == [f"{lesson}.{number}" for number in range(1, len(ids) + 1)]


@pytest.mark.parametrize(
    "gradients",
    [
        [10, 5, 20, 15],
        [np.array([number]) for number in (10, 5, 20, 15)],
        [mx.nd.array([number]) for number in (10, 5, 20, 15)],
        (mx.nd.array([10]), 5.0, np.float32(20), np.array([[15]])),
    ],
)
def test_gradients_may_be_given_as_backward_left_them(gradients):
    assert check("10.3", gradients).solved


@pytest.mark.parametrize(
    ("id", "answer", "told"),
    [
        ("10.1", [4, 4, 7], "Look again at the gradient of C."),
        ("10.1", [4, 4], "It has 2 numbers, and 3 are wanted."),
        ("10.3", [10, 5, 20, 7], "Look again at the gradient of D."),
    ],
)
def test_a_wrong_gradient_is_told_by_its_place_alone(id, answer, told):
    *_, last = check(id, answer).paragraphs
    assert last == told


def test_what_an_answer_prints_does_not_stand_before_the_feedback(capsys):
    def stepped(weight, gradient, rate):
        print("looking")

    assert "needs a `return`" in check("11.3", stepped).paragraphs[0]
    assert capsys.readouterr().out == ""
