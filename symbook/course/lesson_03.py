"""The exercises of lesson 3, internals."""

from __future__ import annotations

import numpy as np

from symbook.course import Exercise, Mistake, same_function
from symbook.symbol import Symbol

_ROOT = "root = mx.symbol.sqrt(mx.symbol.Variable('P')**2 + mx.symbol.Variable('Q')**2)\n"

EXERCISES = (
    Exercise(
        "3.1",
        asks="The number of values among the internals of x·x + x, where x is A · B.",
        kinds=(int,),
        right=lambda number: number == 5,
        mistakes=(
            Mistake(
                lambda number: number == 3,
                "That counts the operators. Which values were there before anything is computed?",
                example="number = 3",
            ),
            Mistake(
                lambda number: number == 6,
                "One too many. Did you count the hexagon? "
                "The output is the value of the last operator, which has been counted.",
                example="number = 6",
            ),
            Mistake(
                lambda number: number >= 7,
                "Did you count something each time it is used? Section 5 says how often a value is there.",
                example="number = 11",
            ),
            Mistake(
                lambda number: number == 2,
                "A and B are there. What do the operators give?",
                example="number = 2",
            ),
        ),
        otherwise="Build `graph` and draw it. What is in each box, blue or yellow, is one value.",
        praise="A and B, two products and one sum. x is used three times, and is there once.",
        hints=(
            "Count the variables, and then the operators. Each gives one value.",
            "x is one node, however often it is used. Which two operators use it?",
        ),
    ),
    Exercise(
        "3.2",
        asks="The sum inside `root`, before the square root is taken.",
        kinds=((Symbol, str),),
        right=lambda before: (
            isinstance(before, Symbol) and same_function(before, lambda P, Q: P * P + Q * Q)
        ),
        mistakes=(
            Mistake(
                lambda before: isinstance(before, str),
                "That is a name, and the value itself is wanted. Section 3 takes a value by its name: "
                "what stands before the square brackets there?",
                example=_ROOT + "before = root.get_internals().list_outputs()[4]",
            ),
            Mistake(
                lambda before: len(before.list_outputs()) > 1,
                "These are several values at once. Which one of them is the sum? "
                "Take it by its number or its name, in square brackets.",
                example=_ROOT + "before = root.get_internals()",
            ),
            Mistake(
                lambda before: same_function(before, lambda P, Q: np.sqrt(P * P + Q * Q)),
                "That is still the root, the last value of all. Which value goes into it?",
                example=_ROOT + "before = root.get_internals()[5]",
            ),
            Mistake(
                lambda before: before.list_arguments() in (["P"], ["Q"]),
                "The sum needs both P and Q, and this value needs only one of them. "
                "It is made before the sum: go on in the list of internals.",
                example=_ROOT + "before = root.get_internals()[1]",
            ),
        ),
        otherwise="Look at `root.get_internals().list_outputs()`. Which name tells that it is a sum?",
        praise="You did not need the code that made `root`: any inner value can be taken out.",
        hints=(
            "`root.get_internals()` has all values. Print their names with `list_outputs()`.",
            "The sum is just before the root: look for a name with `plus` in it, or count to its number.",
        ),
    ),
    Exercise(
        "3.3",
        asks="The number of operators in `big`.",
        kinds=(int,),
        right=lambda operators: operators == 67,
        mistakes=(
            Mistake(
                lambda operators: operators == 70,
                "Those are all values. Some of them are not made by operators: which, and how many?",
                example="operators = 70",
            ),
            Mistake(
                lambda operators: operators == 3,
                "That is the number of its arguments. How many values are there in all?",
                example="operators = len(big.list_arguments())",
            ),
            Mistake(
                lambda operators: operators in (1, 2),
                "`get_children` and `list_outputs` speak of the last node only. Which method gives all?",
                example="operators = len(big.get_children())",
            ),
            Mistake(
                lambda operators: operators == 50,
                "That counts the products. There are sums, too. Let Python count all values first.",
                example="operators = 50",
            ),
        ),
        otherwise="Let `big.get_internals()` tell you: how many values are there, "
        "and how many of them are variables?",
        praise="All values less the variables: this counts the operators of any graph "
        "in which each gives one value.",
        hints=(
            "`len(…)` tells how many outputs a group has. All values are a group.",
            "Variables are among the internals. `list_arguments()` lists them.",
        ),
    ),
)
