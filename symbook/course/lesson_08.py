"""The exercises of lesson 8, the optimiser."""

from __future__ import annotations

from collections.abc import Iterable

from symbook.context import cpu
from symbook.course import Exercise, Mistake, operators
from symbook.ndarray import ones
from symbook.symbol import Symbol

_FORMULAS = {"x-0", "0-x", "x+x-x", "identity(identity(x))", "x*1*1"}
_LEFT_OUT = {"x-0", "identity(identity(x))", "x*1*1"}
_LEAST = 5


def _chosen(left_out: Iterable[object]) -> set[str]:
    """The formulas of a list, however they are spaced."""
    return {str(text).replace(" ", "") for text in left_out}


def what_is_left(graph: Symbol) -> list[str]:
    """The operators that the optimiser leaves of a graph, for small matrices."""
    data = {name: ones((2, 3)) for name in graph.list_arguments()}
    return operators(graph.bind(cpu(), data).get_optimized_symbol())


EXERCISES = (
    Exercise(
        "8.1",
        asks="How many operators are left of (relu(relu(x)) + relu(x)) / 1?",
        kinds=(int,),
        right=lambda left: left == 2,
        mistakes=(
            Mistake(
                lambda left: left == 5,
                "That is the graph as written. What does `relu` change about a number that `relu` made?",
                example="left = 5",
            ),
            Mistake(
                lambda left: left == 3,
                "Nearly. Two things that are left: do they compute the same thing of the same value?",
                example="left = 3",
            ),
            Mistake(
                lambda left: left == 4,
                "You found one piece of waste. There are three kinds of it.",
                example="left = 4",
            ),
            Mistake(
                lambda left: left == 1,
                "Something has still to be done with what `relu` made. Is a sum of equal numbers nothing?",
                example="left = 1",
            ),
        ),
        otherwise="Draw the graph with `%%symgraph -z`, and move the slider to its end.",
        praise="One relu, and one sum that reads it twice.",
        hints=(
            "Numbers that `relu` made are not negative. What would a second `relu` do?",
            "When the inner `relu` is left out, compare what stands on both sides of the plus.",
        ),
    ),
    Exercise(
        "8.2",
        asks="A list of the lines, as text, that are left out.",
        kinds=(list,),
        right=lambda left_out: _chosen(left_out) == _LEFT_OUT,
        mistakes=(
            Mistake(
                lambda left_out: not _chosen(left_out) <= _FORMULAS,
                "Copy the lines as they stand, each in quotes, with commas between them.",
                example="left_out = ['x - 1']",
            ),
            Mistake(
                lambda left_out: "0-x" in _chosen(left_out),
                "What is `0 - x` for x = 5?",
                example="left_out = ['x - 0', '0 - x']",
            ),
            Mistake(
                lambda left_out: "x+x-x" in _chosen(left_out),
                "Think of a very large number as `x`, or of infinity. What is `x + x`, and what then?",
                example="left_out = ['x - 0', 'x + x - x', 'identity(identity(x))', 'x * 1 * 1']",
            ),
            Mistake(
                lambda left_out: "x-0" not in _chosen(left_out),
                "What is -0 minus 0? Try `mx.nd.array([-0.0]) - 0`. Is there a number that `x - 0` changes?",
                example="left_out = ['identity(identity(x))', 'x * 1 * 1']",
            ),
            Mistake(
                lambda left_out: _chosen(left_out) < _LEFT_OUT,
                "All of these are right, and there are more. What is left out once can be left out twice.",
                example="left_out = ['x - 0']",
            ),
        ),
        otherwise="Build each of them and bind it, as in section 3, and see what stays.",
        praise="`x - 0` is always `x`, even for -0, and `x + 0` is not. An optimiser has to know that.",
        hints=(
            "A line may be left out only if it gives `x` for every number there is.",
            "Try each of them with the numbers of section 3: 0.9, -0 and infinity.",
        ),
    ),
    Exercise(
        "8.3",
        asks="A graph of `x` with at least five operators, of which the optimiser leaves exactly one.",
        kinds=(Symbol,),
        right=lambda wasteful: (
            wasteful.list_arguments() == ["x"]
            and len(operators(wasteful)) >= _LEAST
            and len(what_is_left(wasteful)) == 1
        ),
        mistakes=(
            Mistake(
                lambda wasteful: wasteful.list_arguments() != ["x"],
                lambda wasteful: (
                    f"Its arguments are {wasteful.list_arguments()}. Only `x` is wanted, in small letters."
                ),
                example="wasteful = mx.sym.exp(mx.sym.Variable('y') * 1)",
            ),
            Mistake(
                lambda wasteful: len(operators(wasteful)) < _LEAST,
                lambda wasteful: (
                    f"As written it has {len(operators(wasteful))} of at least {_LEAST} operators. "
                    "More waste, please."
                ),
                example="wasteful = mx.sym.exp(x * 1)",
            ),
            Mistake(
                lambda wasteful: not what_is_left(wasteful),
                "Nothing at all is left: all of it was waste. Put in one operator that does something.",
                example="wasteful = x * 1 * 1 * 1 * 1 * 1",
            ),
            Mistake(
                lambda wasteful: len(what_is_left(wasteful)) > 1,
                lambda wasteful: (
                    f"The optimiser leaves {len(what_is_left(wasteful))}: "
                    f"{', '.join(what_is_left(wasteful))}. Which of these did you mean to be waste, "
                    "and is it so for every number?"
                ),
                example="wasteful = mx.sym.exp(x + 0 + 0 + 0 + 0)",
            ),
        ),
        otherwise="Draw it with `%%symgraph -z`, and look at the end of the slider.",
        praise="Well wasted! And nobody will notice: it runs as if you had written the one operator only.",
        hints=(
            "One operator that does something, and four that do not.",
            "`x * 1` is an operator that does nothing. It can be written several times in a row.",
        ),
    ),
)
