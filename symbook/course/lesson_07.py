"""The exercises of lesson 7, parallel."""

from __future__ import annotations

from symbook.course import Comparison, Exercise, Mistake, same_function
from symbook.graph import Graph
from symbook.symbol import Symbol

_LONGEST_CHAIN = 3
_NAMES = {"chop", "cook", "wash", "mix", "bake"}


def longest_chain(graph: Graph) -> int:
    """How many operators wait for each other at most, one after the other."""
    length: list[int] = []
    for node, pins in zip(graph.nodes, graph.inputs, strict=True):
        before = max((length[pin.node] for pin in pins), default=0)
        length.append(before + (node.op is not None))
    return max(length, default=0)


def _sum_of_eight(total: Symbol) -> Comparison:
    return same_function(total, lambda A, B, C, D, E, F, G, H: A + B + C + D + E + F + G + H)


EXERCISES = (
    Exercise(
        "7.1",
        asks="After how many minutes is dinner served, with as many cooks as you like?",
        kinds=(float,),
        right=lambda minutes: minutes == 8,
        mistakes=(
            Mistake(
                lambda minutes: minutes == 17,
                "That is all the work, one step after the other, by a single cook. "
                "Which steps do not wait for each other?",
                example="minutes = 17",
            ),
            Mistake(
                lambda minutes: minutes == 7,
                "The soup is ready then. What is still to be done?",
                example="minutes = 7",
            ),
            Mistake(
                lambda minutes: minutes == 6,
                "The cake takes longest of all single steps. But is it the longest chain of steps?",
                example="minutes = 6",
            ),
            Mistake(
                lambda minutes: minutes == 9,
                "Two cooks can do it in that time. What if there are more?",
                example="minutes = 9",
            ),
        ),
        otherwise="Write down each chain of steps that wait for each other, and add up its minutes.",
        praise="Chop, cook, serve: no number of cooks is quicker. How many cooks does it take at least?",
        hints=(
            "Three chains end in *serve*. How long is each of them?",
            "The chain of the cake takes 6 + 1 minutes. Is there a longer one?",
        ),
    ),
    Exercise(
        "7.2",
        asks="The name of a step that makes dinner ready sooner, if it takes half of its time.",
        kinds=(str,),
        right=lambda quicker: quicker.strip().lower() in ("chop", "cook"),
        mistakes=(
            Mistake(
                lambda quicker: quicker.strip().lower() == "bake",
                "Bake takes longest of all. But what does *serve* wait for in the end: the cake, or "
                "something that is ready even later?",
                example="quicker = 'bake'",
            ),
            Mistake(
                lambda quicker: quicker.strip().lower() in ("wash", "mix"),
                "The salad is ready long before the rest. Who would notice if it were ready sooner?",
                example="quicker = 'wash'",
            ),
            Mistake(
                lambda quicker: quicker.strip().lower() == "serve",
                "Serve would do it, but it is not among the five to choose from.",
                example="quicker = 'serve'",
            ),
            Mistake(
                lambda quicker: quicker.strip().lower() not in _NAMES,
                "Give one of the five names: `'chop'`, `'cook'`, `'wash'`, `'mix'` or `'bake'`.",
                example="quicker = 'soup'",
            ),
        ),
        otherwise="Which steps are on the critical path?",
        praise="It is on the critical path. The longest step of all, bake, is not.",
        hints=(
            "A step counts only if the end has to wait for it.",
            "In 7.1 you found the chain that decides. Choose from it.",
        ),
    ),
    Exercise(
        "7.3",
        asks="A graph of A + B + C + D + E + F + G + H whose longest chain has three sums.",
        kinds=(Symbol,),
        right=lambda total: (
            same
            if not (same := _sum_of_eight(total))
            else longest_chain(total.graph) == _LONGEST_CHAIN
        ),
        mistakes=(
            Mistake(
                lambda total: not _sum_of_eight(total) and len(total.list_arguments()) < 8,
                lambda total: (
                    f"Your graph has {len(total.list_arguments())} of the eight variables. "
                    "Look at `total.list_arguments()`."
                ),
                example="total = (A + B) + (C + D)",
            ),
            Mistake(
                lambda total: _sum_of_eight(total) and longest_chain(total.graph) < _LONGEST_CHAIN,
                "The sum is right, but one step here adds more than two values. "
                "Use only `+`, which adds two.",
                example="total = mx.sym.add_n(A, B, C, D, E, F, G, H)",
            ),
            Mistake(
                lambda total: _sum_of_eight(total) and longest_chain(total.graph) == 7,
                "The sum is right, but each plus waits for the one before it. "
                "Which brackets would let two begin at once?",
                example="total = A + B + C + D + E + F + G + H",
            ),
            Mistake(
                lambda total: _sum_of_eight(total),
                lambda total: (
                    f"The sum is right, and its longest chain has {longest_chain(total.graph)} sums. "
                    "Draw it: which of them could begin sooner?"
                ),
                example="total = (A + B + C + D) + (E + F + G + H)",
            ),
        ),
        otherwise="Draw your graph, and look for variables that come twice or not at all.",
        praise="Four sums can begin at once, then two, then one. Twice as many numbers need one round more.",
        hints=(
            "Which sums of two can begin at once, with nothing to wait for?",
            "`(A + B) + (C + D)` is a chain of two for four numbers.",
        ),
    ),
)
