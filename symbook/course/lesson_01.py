"""The exercises of lesson 1, why dataflow."""

from __future__ import annotations

from symbook.course import Exercise, Mistake, same_function
from symbook.symbol import Symbol

EXERCISES = (
    Exercise(
        "1.1",
        asks="A graph that computes (A + B) · C, of three variables with the names A, B and C.",
        kinds=(Symbol,),
        right=lambda graph: same_function(graph, lambda A, B, C: (A + B) * C),
        mistakes=(
            Mistake(
                lambda graph: sorted(graph.list_arguments()) != ["A", "B", "C"],
                "Compare the names in `graph.list_arguments()` with those that are wanted. "
                "Capital letters count.",
                example="graph = mx.sym.Variable('A') + mx.sym.Variable('B')",
            ),
            Mistake(
                lambda graph: same_function(graph, lambda A, B, C: A + B * C),
                "Which of the two operators comes first in your graph? Draw it, and follow the arrows.",
                example="A, B, C = map(mx.sym.Variable, 'ABC')\ngraph = A + B * C",
            ),
        ),
        otherwise="Draw your graph, and follow each variable to the output: what happens to it on the way?",
        praise="Right: the sum is made first, and the product waits for it.",
        hints=(
            "Make each variable with `mx.sym.Variable`, with its name in quotes.",
            "Python computes products before sums. Brackets change the order.",
        ),
    ),
    Exercise(
        "1.2",
        asks="How many operators are in the graph of (A·B) + (C·D)? Count before you look.",
        kinds=(int,),
        right=lambda number: number == 3,
        mistakes=(
            Mistake(
                lambda number: number == 7,
                "That counts the variables, too. What is the difference between a variable and an operator?",
                example="number = 7",
            ),
            Mistake(
                lambda number: number == 2,
                "There are two of one sort, and one of another sort.",
                example="number = 2",
            ),
        ),
        otherwise="Draw the graph with `%%symgraph`, and count the rectangles.",
        praise="Right: two products and a sum.",
        hints=("An operator is something that is done. How many things are done?",),
    ),
)
