"""What `check`, `hint` and `progress` say, against answers made by hand."""

from __future__ import annotations

import html.parser
import re

import numpy as np
import pytest

import symbook as mx
from symbook.course import (
    Exercise,
    Mistake,
    catalogue,
    check,
    checking,
    hint,
    progress,
    same_function,
    same_value,
)
from symbook.errors import ArgumentError, LookupFailure
from symbook.symbol import Symbol

P, Q = mx.sym.Variable("P"), mx.sym.Variable("Q")

GRAPH = Exercise(
    "90.1",
    asks="A graph of P·P + Q·Q.",
    kinds=(Symbol,),
    right=lambda graph: same_function(graph, lambda P, Q: P * P + Q * Q),
    mistakes=(
        Mistake(
            lambda graph: same_function(graph, lambda P, Q: (P + Q) ** 2),
            "Square first, then add.",
            example="graph = (P + Q) * (P + Q)",
        ),
    ),
    otherwise="Draw it.",
    praise="Both are squared.",
    hints=("Look at `P`.", "Square by multiplying."),
)
BOTH = Exercise(
    "90.2",
    asks="A name and a number.",
    kinds=(str, (int, float)),
    right=lambda name, number: name == "P" and number == 3,
    mistakes=(
        Mistake(
            lambda name, number: name == "P",
            lambda name, number: f"The name is right, {number} is not.",
            example="name, number = 'P', 4",
        ),
    ),
    otherwise="Count again.",
    praise="Yes.",
    hints=(),
)


@pytest.fixture(autouse=True)
def course(monkeypatch):
    """A course of one lesson, nothing of which was tried."""
    monkeypatch.setattr(checking, "_tallies", {})
    monkeypatch.setattr(catalogue, "lessons", lambda: [90])
    monkeypatch.setattr(
        catalogue, "of_lesson", lambda number: (GRAPH, BOTH) if number == 90 else ()
    )


class Tags(html.parser.HTMLParser):
    """The text of a piece of HTML, and its tags with their attributes; fails where tags do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        assert not self._open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag != "br":
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data


def words(text: str) -> str:
    return re.sub(r"[\s`]+", "", text)


@pytest.mark.parametrize(
    "graph",
    [
        P * P + Q * Q,
        Q * Q + P * P,
        P**2 + Q**2,
        mx.sym.square(P) + mx.sym.square(Q),
        (P + Q) * (P + Q) - 2 * P * Q,
        mx.sym.Group([P * P + Q * Q]),
    ],
)
def test_a_right_graph_passes_however_it_is_written(graph, capsys):
    found = check("90.1", graph)
    assert found.solved
    found.require()
    assert capsys.readouterr().out == f"{found!r}\n"
    assert repr(found) == (
        "✓ 90.1 Solved\n  Both are squared.\n  1 of 2 exercises of lesson 90 solved."
    )


@pytest.mark.parametrize(
    ("graph", "told"),
    [
        (P * P - Q * Q, "For P = 2 and Q = 3 its result is -5, and 13 is wanted."),
        (P * P + 9, "Among its arguments there is no Q."),
        (P * Q * mx.sym.Variable("R"), "Among its arguments there is R, too."),
        (mx.sym.Group([P * P, Q * Q]), "It gives 2 outputs, and 1 output is wanted."),
        (mx.sym.sum(P * P + Q * Q), "its result has the shape (1,), and (9,) is wanted."),
        (mx.sym.reshape(P * P + Q * Q, shape=(2, -1)), "it cannot be run: Error in operator"),
        (mx.sym.dot(P, Q), "its result has the shape (1,)"),
        (mx.sym.sqrt(P) * mx.sym.sqrt(Q), "For P = 2 and Q = 3 its result is 2.44949, and 13"),
        # The same for whole numbers only.
        (mx.sym.floor(P * P) + Q * Q, "For P = 0.5 and Q = 2 its result is 4, and 4.25 is wanted."),
    ],
)
def test_a_wrong_graph_is_told_where_it_differs(graph, told):
    found = check("90.1", graph)
    assert found.state == "wrong"
    assert found.title == "90.1 Not yet"
    first, difference = found.paragraphs
    assert first == "Draw it."
    assert told in difference
    with pytest.raises(AssertionError, match="Not yet"):
        found.require()


def test_a_known_mistake_is_told_by_its_own_message_alone():
    assert check("90.1", (P + Q) * (P + Q)).paragraphs == ("Square first, then add.",)
    assert check("90.2", "P", 4).paragraphs == ("The name is right, 4 is not.",)
    assert check("90.2", "Q", 3).paragraphs == ("Count again.",)
    assert check("90.2", "P", np.float32(3)).solved


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (None, "is `None`, which means nothing at all, and a symbol is wanted."),
        (25, "is the number `25`, and a symbol is wanted."),
        (True, "is `True`, and"),
        ("P*P", "is the text `'P*P'`, and a symbol is wanted. A name alone is no symbol"),
        ([P], "is a list with one symbol in it, and a symbol is wanted. `[0]` takes"),
        ([P, Q], "is a list of 2 things, and a symbol is wanted. `mx.sym.Group`"),
        ([], "is an empty list"),
        (P.get_internals, "is the function `get_internals` itself, and a symbol is wanted. It was"),
        (Symbol, "is the class `Symbol` itself"),
        (mx.nd.array([1]), "is an NDArray, and a symbol is wanted. An array has been computed"),
        (np.ones(2), "is a NumPy array, and a symbol is wanted."),
        (P.eval(P=mx.nd.array([1])), "is a list with one NDArray in it, and a symbol is wanted."),
        (P.bind(mx.cpu(), {"P": mx.nd.array([1])}), "is an executor, and a symbol is wanted. An"),
        ({"P": 1}, "is a dictionary, and a symbol is wanted."),
        (mx.cpu(), "is a device, and a symbol is wanted."),
        (object(), "is an object, and a symbol is wanted."),
    ],
)
def test_another_kind_of_thing_is_told_what_it_is(answer, told):
    found = check("90.1", answer)
    assert found.state == "wrong"
    assert f"`graph` {told}" in found.paragraphs[0]
    assert "0x" not in repr(found)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (P, "is a symbol, and a whole number or a number is wanted. A symbol has no value"),
        (mx.nd.array([3]), "is an NDArray, and a whole number or a number is wanted. Its `asnumpy"),
        (np.array([3]), "is a NumPy array, and a whole number or a number is wanted. `[0]` takes"),
        (
            np.arange(20),
            "a whole number or a number is wanted. It has 20 numbers, and one is wanted.",
        ),
        ("3", "is the text `'3'`, and a whole number or a number is wanted. In quotes"),
        (1j, "is the number `1j`"),
        ([mx.nd.array([3])], "`[0]` takes the one thing out of a list. Its `asnumpy()` gives"),
    ],
)
def test_another_kind_than_a_number_is_told_how_to_get_one(answer, told):
    [found] = check("90.2", "P", answer).paragraphs
    assert found.startswith("`number` is ")
    assert told in found


def test_what_is_untouched_is_not_wrong():
    for answers in [(...,), ([...],), ({"P": ...},)]:
        found = check("90.1", *answers)
        assert found.state == "unanswered"
        assert repr(found) == (
            "○ 90.1 Not answered yet\n  A graph of P·P + Q·Q.\n  Put your answer in place of `...` for"
            ' `graph`, and run the cell again. `hint("90.1")` helps.'
        )
    assert "for `number`, and" in check("90.2", 7, ...).paragraphs[1]
    assert "for `name`, `number`, and" in check("90.2", ..., ...).paragraphs[1]


def test_a_check_with_too_few_answers_shows_the_right_one():
    assert check("90.2", "P").paragraphs == (
        'The check was given 1 answer. It wants 2 answers: `check("90.2", name, number)`.',
    )


def test_an_exercise_that_is_not_there_is_refused_with_those_that_are():
    for ask in (check, hint):
        with pytest.raises(LookupFailure, match=r"no exercise '90\.3'; lesson 90 has 90\.1, 90\.2"):
            ask("90.3")
        with pytest.raises(LookupFailure):
            ask("two")
        with pytest.raises(ArgumentError, match="in quotes"):
            ask(P)
    assert check(90.1, P * P + Q * Q).solved


def test_an_error_in_the_courses_own_code_is_not_hidden(monkeypatch):
    wrong = Exercise("90.9", "", (object,), lambda it: it.missing, (), "", "", ())
    monkeypatch.setattr(catalogue, "of_lesson", lambda number: (wrong,))
    with pytest.raises(AttributeError):
        check("90.9", 1)


def test_an_error_of_symbooks_is_told(monkeypatch):
    def bound(it):
        return it.bind(mx.cpu(), {})

    asks = Exercise("90.9", "", (Symbol,), bound, (Mistake(bound, "no", ""),), "Look.", "", ())
    monkeypatch.setattr(catalogue, "of_lesson", lambda number: (asks,))
    first, second = check("90.9", P).paragraphs
    assert first == "Look."
    assert "P" in second
    assert second.startswith("symbook says: ")


def test_hints_come_one_after_the_other_and_end():
    assert repr(hint("90.1")) == "→ 90.1 Hint 1 of 2\n  Look at `P`."
    assert repr(hint("90.1")) == "→ 90.1 Hint 2 of 2\n  Square by multiplying."
    for _ in range(2):
        assert repr(hint("90.1")) == (
            "→ 90.1 There are no more hints\n  1. Look at `P`.\n  2. Square by multiplying."
        )


def test_progress_counts_what_was_done_in_this_session():
    assert "Nothing yet" in repr(progress())
    check("90.1", ...)
    check("90.1", P)
    check("90.1", P * P + Q * Q)
    check("90.1", P)  # what was solved stays solved
    hint("90.1")
    assert repr(progress()) == (
        "≡ Your progress in this session\n"
        "  1 of 2 exercises of lesson 90 solved.\n"
        "    Exercise  State               Checked  Hints\n"
        "    90.1      ✓ solved            3 times  1 of 2\n"
        "    90.2      ○ not answered yet  0 times  0 of 0"
    )
    assert "2 of 2 exercises of lesson 90 solved." in check("90.2", "P", 3).paragraphs


def test_the_html_says_what_the_text_says():
    shown = [check("90.1", ...), check("90.1", P), check("90.1", P < Q), hint("90.1"), progress()]
    shown.append(check("90.1", "<b>&"))
    for thing in shown:
        page = Tags(thing._repr_html_())
        assert words(page.text) == words(repr(thing))
        assert ("div", "status") in [(tag, about.get("role")) for tag, about in page.tags]
        assert not {"script", "style", "img", "b"} & {tag for tag, _ in page.tags}
    table = progress()._repr_html_()
    assert table.count('scope="col"') == 4
    assert table.count('scope="row"') == 2


def test_checking_leaves_no_trace_in_names_and_random_numbers():
    with mx.name.NameManager():
        mx.random.seed(3)
        expected = mx.nd.uniform(shape=(3,)).asnumpy()
        mx.random.seed(3)
        np.random.seed(3)
        before = np.random.get_state()[1].tolist()
        checks = [check("90.1", (P + Q) * (P + Q)), check("90.1", P * Q)]
        assert all(found.state == "wrong" for found in checks)
        assert (P + Q).name == "_plus2"
        assert np.array_equal(mx.nd.uniform(shape=(3,)).asnumpy(), expected)
        assert np.random.get_state()[1].tolist() == before


@pytest.mark.parametrize(
    ("answer", "wanted", "told"),
    [
        ([1, 2], [1, 2], None),
        (mx.nd.array([[1, 2]]), [[1, 2]], None),
        (0.1 + 0.2, 0.3, None),
        (np.float32(1e-7), 0, None),
        ([mx.nd.array([1]), mx.nd.array([2])], [[1], [2]], None),
        ([np.nan], [np.nan], None),
        ([1, 3], [1, 2], "It has 3 at [1], and 2 is wanted."),
        (4, 5, "It is 4, and 5 is wanted."),
        ([1, 2], [[1, 2]], "It has the shape (2,), and (1, 2) is wanted."),
        ("1", 1, "It is not made of numbers alone."),
        ([[1], [1, 2]], [1], "It is not made of numbers alone."),
        ({}, 1, "It is not made of numbers alone."),
    ],
)
def test_values_are_compared_by_shape_and_value(answer, wanted, told):
    found = same_value(answer, wanted)
    assert (bool(found), found.says) == (told is None, told or "")


def test_functions_are_compared_on_the_shapes_and_numbers_asked_for():
    A, B = mx.sym.Variable("A"), mx.sym.Variable("B")
    shapes = {"A": (2, 3), "B": (3, 4)}
    assert same_function(mx.sym.dot(A, B), lambda A, B: A @ B, shapes=shapes)
    assert not same_function(mx.sym.dot(A, B) * 2, lambda A, B: A @ B, shapes=shapes)
    wrong = same_function(A * B, lambda A, B: A @ B, shapes=shapes)
    assert "With A of the shape (2, 3), B of the shape (3, 4) it cannot be run" in wrong.says
    assert same_function(mx.sym.log(A), lambda A: np.log(A), between=(0.1, 4))
    assert same_function(A + B, lambda A, B: A + B, dtype=np.int32)
    assert same_function(mx.sym.Group([A + 1, A * 2]), lambda A: (A + 1, A * 2))
    assert "output 1" in same_function(mx.sym.Group([A + 1, A]), lambda A: (A + 1, A * 2)).says
    assert same_function(lambda x: x + 1, lambda x: 1 + x)
    assert "ValueError: no" in same_function(_refuses, lambda x: x).says
    assert "not made of numbers" in same_function(lambda x: None, lambda x: x).says


def _refuses(x):
    raise ValueError("no")
