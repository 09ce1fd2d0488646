"""The exercises of lesson 5, forward."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symbook.course import Comparison, Exercise, Mistake, operators, same_function, same_value
from symbook.ndarray import NDArray
from symbook.symbol import Symbol

_RIGHT = [14, 16, 18, 20, 22]


def _numbers(results: Any) -> list[Any]:
    """The numbers in arrays and lists of them, in order; without what is something else."""
    if isinstance(results, NDArray):
        results = results.asnumpy()
    if isinstance(results, np.ndarray):
        found: list[Any] = results.ravel().tolist()
        return found
    if isinstance(results, list | tuple):
        return [number for part in results for number in _numbers(part)]
    return [results] if isinstance(results, int | float | np.number) else []


def _five_results(results: Sequence[Any]) -> Comparison:
    return same_value(_numbers(results), _RIGHT)


def _two_outputs(graph: Symbol) -> Comparison:
    return same_function(graph, lambda P, Q: (P + Q, P * Q))


EXERCISES = (
    Exercise(
        "5.1",
        asks="How many values of (A + B) · (A · C) are different from before if only B was "
        "changed, B included?",
        kinds=(int,),
        right=lambda number: number == 3,
        mistakes=(
            Mistake(
                lambda number: number == 2,
                "Follow the arrow from B to the output. Did you count all that lies on the way, "
                "and both ends?",
                example="number = 2",
            ),
            Mistake(
                lambda number: number == 1,
                "B is read by an operator, whose result is then another, too. Where does that go?",
                example="number = 1",
            ),
            Mistake(
                lambda number: number == 4,
                "Does the product of A and C read B? (And the hexagon is no value of its own.)",
                example="number = 4",
            ),
            Mistake(
                lambda number: number == 6,
                "These are all values of the graph. Which of them cannot notice that B has changed?",
                example="number = 6",
            ),
        ),
        otherwise="Draw it with `%%symgraph --bind A=1 B=2 C=3`, then with another B, and compare "
        "the arrows.",
        praise="Right: B, the sum that reads it, and the last product. What lies beside this way "
        "stays as it was.",
        hints=(
            "Draw the graph, and put a finger on B. You may move along arrows only.",
            "Count the variable that you start from, and each operator that you come through.",
        ),
    ),
    Exercise(
        "5.2",
        asks="A graph with two outputs, first P + Q and then P · Q, of two variables P and Q.",
        kinds=(Symbol,),
        right=_two_outputs,
        mistakes=(
            Mistake(
                lambda graph: len(graph.list_outputs()) == 1,
                "Look at `graph.list_outputs()`: there is one. Section 5 has a graph with two.",
                example="P, Q = mx.sym.Variable('P'), mx.sym.Variable('Q')\ngraph = P + Q",
            ),
            Mistake(
                lambda graph: same_function(graph, lambda P, Q: (P * Q, P + Q)),
                "Both are there. Look at `graph.list_outputs()`: which comes first?",
                example="P, Q = mx.sym.Variable('P'), mx.sym.Variable('Q')\ngraph = "
                "mx.sym.Group([P * Q, P + Q])",
            ),
            Mistake(
                lambda graph: "elemwise_sub" in operators(graph),
                "A difference was asked for in section 5. What is asked for here?",
                example="P, Q = mx.sym.Variable('P'), mx.sym.Variable('Q')\ngraph = "
                "mx.sym.Group([P + Q, P - Q])",
            ),
            Mistake(
                lambda graph: len(graph.list_outputs()) > 2,
                lambda graph: (
                    f"There are {len(graph.list_outputs())} outputs, and two are wanted. "
                    "`graph.list_outputs()` names them."
                ),
                example="P, Q = mx.sym.Variable('P'), mx.sym.Variable('Q')\ngraph = "
                "mx.sym.Group([P, Q, P + Q, P * Q])",
            ),
        ),
        otherwise="Draw `graph`, and compare its arguments and outputs with what is asked for.",
        praise="Right. `forward()` gives a list of two arrays, in the order that you gave to `Group`.",
        hints=(
            "`mx.sym.Group` takes a list of symbols.",
            "Make P and Q first, with `mx.sym.Variable`; then write the two formulas in square brackets.",
        ),
    ),
    Exercise(
        "5.3",
        asks="A list of five results: of A·B + C·D with A = 1 to 5, and B = 2, C = 3 and D = 4.",
        kinds=(list,),
        right=_five_results,
        mistakes=(
            Mistake(
                lambda results: len(_numbers(results)) == 5 and len(set(_numbers(results))) == 1,
                lambda results: (
                    f"All five are {_numbers(results)[0]}, the result of the last run. Section 4 "
                    "tells which outputs stay, and which are always the latest."
                ),
                example=(
                    "results = []\nfor number in [1, 2, 3, 4, 5]:\n"
                    "    executor.forward(A=whole(number), B=whole(2), C=whole(3), D=whole(4))\n"
                    "    results.append(executor.outputs[0])"
                ),
            ),
            Mistake(
                lambda results: len(_numbers(results)) != 5,
                lambda results: (
                    f"There should be five numbers in the list, and there are {len(_numbers(results))}. "
                    "Is each result added to the list, inside the loop?"
                ),
                example="results = [executor.forward(A=whole(5))[0].asnumpy()]",
            ),
            Mistake(
                lambda results: _numbers(results) == [12, 14, 16, 18, 20],
                "The first result should be that of A = 1. With which number does your loop "
                "begin? (`range(5)` begins at 0.)",
                example=(
                    "results = []\nfor number in range(5):\n"
                    "    results.append(executor.forward(A=whole(number), B=whole(2), C=whole(3), "
                    "D=whole(4))[0].asnumpy())"
                ),
            ),
        ),
        otherwise="Compare the first number with 1·2 + 3·4. Are B, C and D still 2, 3 and 4? "
        "`executor.arg_dict` has the arrays.",
        praise="Right, and nothing was bound again: one executor, five runs, five results.",
        hints=(
            "Begin with an empty list, and `append` to it in a loop like that of section 4.",
            "Add to the list what `forward(…)[0]` gives, or its `asnumpy()`.",
        ),
    ),
)
