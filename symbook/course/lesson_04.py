"""The exercises of lesson 4, binding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symbook.context import cpu
from symbook.course import Comparison, Exercise, Mistake, same_function, same_value
from symbook.executor import Executor
from symbook.ndarray import NDArray
from symbook.symbol import Variable

_NAMES = ("A", "B", "C", "D")
_ROWS = [[1, 2], [3, 4], [5, 6]]


def _is_table(numbers: NDArray) -> Comparison:
    if numbers.dtype != np.int32:
        return Comparison(False)
    return same_value(numbers, _ROWS)


def _squares_of_3_and_4(squares: Executor) -> Comparison:
    verdict = same_function(squares.symbol, lambda P, Q: P * P + Q * Q)
    for name, number in (("P", 3), ("Q", 4)):
        if verdict:
            verdict = same_value(squares.arg_dict[name], [number])
            if not verdict:
                return Comparison(False, f"The array of {name}: {verdict.says}")
    return verdict


def _numbers_of(squares: Executor) -> dict[str, list[Any]]:
    return {name: array.asnumpy().ravel().tolist()[:9] for name, array in squares.arg_dict.items()}


def _can_be_bound(repaired: Mapping[Any, Any]) -> Comparison:
    """Whether E can be bound to it, and would compute what the right numbers give."""
    if set(repaired) != set(_NAMES) or not _all_arrays(repaired):
        return Comparison(False)
    a, b, c, d = (Variable(name) for name in _NAMES)
    executor = ((a * b) + (c * d)).bind(cpu(), dict(repaired))
    return same_value(executor.forward()[0], [11, 26, 45])


def _all_arrays(values: Mapping[Any, Any]) -> bool:
    return all(isinstance(value, NDArray) for value in values.values())


EXERCISES = (
    Exercise(
        "4.1",
        asks="An NDArray of int32 with the numbers 1 to 6, row by row, in 3 rows and 2 columns.",
        kinds=(NDArray,),
        right=_is_table,
        mistakes=(
            Mistake(
                lambda numbers: numbers.shape == (2, 3),
                "The first number of a shape says how many rows there are. Look at "
                "`numbers.shape`, and count the inner brackets.",
                example="numbers = mx.nd.array([[1, 2, 3], [4, 5, 6]], dtype=np.int32)",
            ),
            Mistake(
                lambda numbers: numbers.shape == (6,),
                "These are six numbers in a single row. How did the lesson write a table of two rows?",
                example="numbers = mx.nd.array([1, 2, 3, 4, 5, 6], dtype=np.int32)",
            ),
            Mistake(
                lambda numbers: numbers.shape == (3, 2) and numbers.dtype != np.int32,
                lambda numbers: (
                    f"The shape is right. Look at `numbers.dtype`: the numbers are "
                    f"{numbers.dtype.__name__}."
                ),
                example="numbers = mx.nd.array([[1, 2], [3, 4], [5, 6]])",
            ),
            Mistake(
                lambda numbers: same_value(numbers, [[1, 4], [2, 5], [3, 6]]),
                "The shape and the dtype are right. Which two numbers should stand in the first row?",
                example="numbers = mx.nd.array([[1, 4], [2, 5], [3, 6]], dtype=np.int32)",
            ),
        ),
        otherwise="Display `numbers` on a line of its own, and compare it with what is asked for, "
        "row by row.",
        praise="Right: 3 rows of 2, whole numbers. Shape and dtype are all that a graph asks of "
        "an array before it runs; the numbers themselves it meets later.",
        hints=(
            "Each row is a list of its own, and the rows stand in one more list.",
            "`mx.nd.array` takes a `dtype`. In section 3 there are four examples of it.",
        ),
    ),
    Exercise(
        "4.2",
        asks="An executor of P·P + Q·Q, in which P is bound to an array with the 3 in it, and Q "
        "to one with the 4.",
        kinds=(Executor,),
        right=_squares_of_3_and_4,
        mistakes=(
            Mistake(
                lambda squares: sorted(squares.arg_dict) != ["P", "Q"],
                lambda squares: (
                    f"The arguments of this executor's graph are: {', '.join(squares.arg_dict) or 'none'}. "
                    "Which are wanted?"
                ),
                example="squares = E.bind(mx.cpu(), {name: mx.nd.array([3]) for name in 'ABCD'})",
            ),
            Mistake(
                lambda squares: same_function(squares.symbol, lambda P, Q: (P + Q) * (P + Q)),
                "The graph is (P + Q)². Compare its value for 1 and 1 with that of P·P + Q·Q.",
                example=(
                    "P, Q = mx.sym.Variable('P'), mx.sym.Variable('Q')\n"
                    "data = {'P': mx.nd.array([3]), 'Q': mx.nd.array([4])}\n"
                    "squares = ((P + Q) * (P + Q)).bind(mx.cpu(), data)"
                ),
            ),
            Mistake(
                lambda squares: _numbers_of(squares) == {"P": [4], "Q": [3]},
                "The graph is right. Look at `squares.arg_dict['P'].asnumpy()`: which number is there?",
                example=(
                    "P, Q = mx.sym.Variable('P'), mx.sym.Variable('Q')\n"
                    "data = {'P': mx.nd.array([4]), 'Q': mx.nd.array([3])}\n"
                    "squares = (P * P + Q * Q).bind(mx.cpu(), data)"
                ),
            ),
            Mistake(
                lambda squares: [3, 4] in _numbers_of(squares).values(),
                "Both numbers are in one array. Each argument has an array of its own.",
                example=(
                    "P, Q = mx.sym.Variable('P'), mx.sym.Variable('Q')\n"
                    "data = {'P': mx.nd.array([3, 4]), 'Q': mx.nd.array([3, 4])}\n"
                    "squares = (P * P + Q * Q).bind(mx.cpu(), data)"
                ),
            ),
        ),
        otherwise="Look at the two halves one after the other: draw `squares.symbol`, and read "
        "`squares.arg_dict`.",
        praise="Right. The graph was not run, and yet everything is in its place: the 25 is one "
        "`forward()` away.",
        hints=(
            "First two variables, then the formula, then `bind`: three lines, or more if you like.",
            "`bind` wants the context and a dictionary. The dictionary has the names of the "
            "variables in it.",
        ),
    ),
    Exercise(
        "4.3",
        asks="A dictionary with the same numbers as `broken`, to which `E` can be bound.",
        kinds=(dict,),
        right=_can_be_bound,
        mistakes=(
            Mistake(
                lambda repaired: not _all_arrays(repaired),
                "Look at `type(value)` of each value in the dictionary. Only one type can be bound.",
                example="repaired = {**broken}",
            ),
            Mistake(
                lambda repaired: set(repaired) != set(_NAMES),
                lambda repaired: (
                    f"The dictionary's names are {', '.join(map(str, repaired)) or 'none'}. "
                    "Compare them with `E.list_arguments()`, letter by letter."
                ),
                example="repaired = {**broken, 'B': mx.nd.array([4, 5, 6])}",
            ),
            Mistake(
                lambda repaired: len({array.dtype for array in repaired.values()}) > 1,
                "The names are right, and all are arrays. Now print the dtype of each.",
                example=(
                    "repaired = {'A': broken['A'], 'B': mx.nd.array([4, 5, 6]), 'C': broken['c'], "
                    "'D': broken['D']}"
                ),
            ),
        ),
        otherwise="Run `E.bind(mx.cpu(), repaired)` in a cell of its own, and read the message; "
        "then compare the numbers with those in `broken`.",
        praise="Right. Each message named one mistake and the place of it, so that you could "
        "repair them one by one.",
        hints=(
            "In section 6, three of the five attempts show the same three mistakes.",
            "A list, a small letter, and one array of another dtype than the others.",
        ),
    ),
)
