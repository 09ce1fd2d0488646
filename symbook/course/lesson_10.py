"""The exercises of lesson 10, gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from symbook.course import Comparison, Exercise, Mistake, numbers_in, same_function, same_value
from symbook.errors import counted
from symbook.symbol import Symbol

_NOT_NUMBERS = "It is not made of numbers alone. Numbers stand in a list without quotes: `[1, 2]`."


def _gradients(answer: Sequence[Any], *wanted: float) -> Comparison:
    """Whether these are the gradients of A, B and so on; what is wrong is told by its place alone."""
    found = numbers_in(answer)
    if found is None:
        return Comparison(False, _NOT_NUMBERS)
    if len(found) != len(wanted):
        return Comparison(
            False, f"It has {counted(len(found), 'number')}, and {len(wanted)} are wanted."
        )
    pairs = zip("ABCD", found, wanted, strict=False)
    wrong = next((name for name, one, other in pairs if not same_value(one, other)), None)
    return Comparison(wrong is None, f"Look again at the gradient of {wrong}." if wrong else "")


def _is(*numbers: float) -> Callable[[Sequence[Any]], bool]:
    return lambda answer: bool(_gradients(answer, *numbers))


def _slope(graph: Symbol) -> Comparison:
    """Whether the gradient is 2 · P + 3, at the same numbers that other graphs are tried with."""
    if graph.list_arguments() != ["P"]:
        return Comparison(False)
    found = same_function(graph.gradient("P"), lambda P: 2 * P + 3)
    return found if found else Comparison(False, f"About its gradient: {found.says}")


_P = "P = mx.sym.Variable('P')\n"

EXERCISES = (
    Exercise(
        "10.1",
        asks="The gradients of A, B and C in (A + B) · C, with A = 1, B = 2 and C = 4.",
        kinds=(list,),
        right=lambda three: _gradients(three, 4, 4, 3),
        mistakes=(
            Mistake(
                lambda three: numbers_in(three) is None,
                _NOT_NUMBERS,
                example="three = ['4', '4', '3']",
            ),
            Mistake(
                lambda three: _is(2, 1, 3)(three),
                "For A and B you took each other's value, as for a product. But they are added.",
                example="three = [2, 1, 3]",
            ),
            Mistake(
                lambda three: _is(1, 1, 3)(three),
                "The sum hands on what it gets, as it is. But how much does it get from the product?",
                example="three = [1, 1, 3]",
            ),
            Mistake(
                lambda three: _is(4, 4, 4)(three),
                "For C, look at its partner in the product. It is not C itself.",
                example="three = [4, 4, 4]",
            ),
            Mistake(
                lambda three: _is(4, 8, 12)(three),
                "Did you multiply by the inputs' own values? In a product, each input gets the value "
                "of the *other* one.",
                example="three = [4, 8, 12]",
            ),
        ),
        otherwise="Write 1 at the product. What does it hand on to the sum, and what to C? "
        "Then go on from the sum.",
        praise="The sum passed its 4 on to both. No rule was used but the two of section 2.",
        hints=(
            "The output is the product of two values: of the sum, which is 3, and of C.",
            "The product hands on to each of the two the value of the other. The sum hands it on unchanged.",
        ),
    ),
    Exercise(
        "10.2",
        asks="A graph of one variable P whose gradient is 2 · P + 3.",
        kinds=(Symbol,),
        right=_slope,
        mistakes=(
            Mistake(
                lambda graph: graph.list_arguments() != ["P"],
                lambda graph: f"Its arguments are {graph.list_arguments()}, and only P is wanted.",
                example="x = mx.sym.Variable('x')\ngraph = x*x + 3*x",
            ),
            Mistake(
                lambda graph: same_function(graph, lambda P: 2 * P + 3),
                "This graph *is* 2 · P + 3, so its gradient is 2. Which graph has this one for its gradient?",
                example=_P + "graph = 2*P + 3",
            ),
            Mistake(
                lambda graph: same_function(graph.gradient("P"), lambda P: 2 * P),
                "Its gradient is 2 · P. What must be added to the graph so that its gradient grows "
                "by 3, for every P? "
                "A number alone does not move when P does.",
                example=_P + "graph = P*P + 3",
            ),
            Mistake(
                lambda graph: same_function(graph.gradient("P"), lambda P: 4 * P + 3),
                "Its gradient is 4 · P + 3. Two ways lead back from P · P, and what they bring is added.",
                example=_P + "graph = 2*P*P + 3*P",
            ),
        ),
        otherwise="Draw `graph.gradient('P')` with `%symgraph -b P=1`, and try some more values of P.",
        praise="Add any number to your graph, and its gradient stays the same.",
        hints=(
            "The gradient of a sum is the sum of the gradients.",
            "What are the gradients of P · P and of 3 · P? Let symbook draw them.",
        ),
    ),
    Exercise(
        "10.3",
        asks="The gradients of A, B, C and D where `backward` makes that of A 10.",
        kinds=(list,),
        right=lambda four: _gradients(four, 10, 5, 20, 15),
        mistakes=(
            Mistake(
                lambda four: numbers_in(four) is None,
                _NOT_NUMBERS,
                example="four = ['A', 'B', 'C', 'D']",
            ),
            Mistake(
                lambda four: _is(2, 1, 4, 3)(four),
                "This is what `backward` gives if it starts with 1. With which number must it start, "
                "so that A gets 10?",
                example="four = [2, 1, 4, 3]",
            ),
            Mistake(
                lambda four: _is(20, 10, 40, 30)(four),
                "You started with 10. Then the gradient of A is 2 · 10.",
                example="four = [20, 10, 40, 30]",
            ),
            Mistake(
                lambda four: _is(10, 1, 4, 3)(four),
                "Only A has changed here. But what you start with goes back along *every* way.",
                example="four = [10, 1, 4, 3]",
            ),
        ),
        otherwise="Run it: `executor.forward(is_train=True)`, `executor.backward(number(…))`, "
        "and print `gradients`.",
        praise="What backward starts with multiplies everything that comes back.",
        hints=(
            "Started with 1, it is 2 for A. Started with 10, it is 20.",
            "Start with the number that makes 10 of 2.",
        ),
    ),
)
