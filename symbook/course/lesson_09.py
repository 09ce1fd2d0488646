"""The exercises of lesson 9, GPU."""

from __future__ import annotations

from typing import Any

from symbook.context import cpu
from symbook.course import Comparison, Exercise, Mistake, same_function
from symbook.executor import Executor
from symbook.symbol import Symbol

_PLACES = {"left": cpu(0), "right": cpu(1)}
_COPY = "_CrossDeviceCopy"


def _bound(graph: Symbol) -> Executor:
    """A graph on two places, which need no GPU."""
    shapes: dict[str, Any] = dict.fromkeys(graph.list_arguments(), (2, 3))
    return graph.simple_bind(cpu(0), grad_req="null", group2ctx=_PLACES, **shapes)


def copies(graph: Symbol) -> list[str]:
    """The steps that carry a value from one place to the other."""
    return [step.origin.name for step in _bound(graph).plan.steps if step.op.name == _COPY]


def busy(graph: Symbol) -> set[str]:
    """The groups that have a step to do."""
    nodes = (node for node in graph.graph.nodes if node.op is not None)
    return {node.attrs.get("__ctx_group__", "") for node in nodes} - {""}


def strays(graph: Symbol) -> list[str]:
    """The variables that belong to no group."""
    nodes = (node for node in graph.graph.nodes if node.op is None)
    return [node.name for node in nodes if "__ctx_group__" not in node.attrs]


def _computes(split: Symbol) -> Comparison:
    return same_function(split, lambda A, B, C, D: (A + B) * (C + D))


EXERCISES = (
    Exercise(
        "9.1",
        asks="How many copies will symbook put into this graph?",
        kinds=(int,),
        right=lambda copies: copies == 1,
        mistakes=(
            Mistake(
                lambda copies: copies == 2,
                "Two steps on the right read `p`. But how often has it to be carried over, once it is there?",
                example="copies = 2",
            ),
            Mistake(
                lambda copies: copies == 0,
                "`p` is made on the left. Who reads it, and where?",
                example="copies = 0",
            ),
            Mistake(
                lambda copies: copies in (3, 4, 5),
                "Only what is made in one place and read in the *other* one has to be carried. "
                "Where are A and B read?",
                example="copies = 3",
            ),
        ),
        otherwise="Build the graph, bind it with `group2ctx` as in section 6, and look at its plan.",
        praise="`p` is carried over once, and read twice there.",
        hints=(
            "Draw the graph, and a line between the left and the right group. Which arrows cross it?",
            "Two arrows cross the line. Do they carry two values, or the same one?",
        ),
    ),
    Exercise(
        "9.2",
        asks="A graph of (A + B) · (C + D) in two groups that both have a step to do, with one copy.",
        kinds=(Symbol,),
        right=lambda split: (
            len(copies(split)) == 1 and busy(split) == set(_PLACES)
            if (same := _computes(split))
            else same
        ),
        mistakes=(
            Mistake(
                lambda split: not _computes(split) and busy(split),
                "The groups are there. Now compare the graph with the formula: draw it.",
                example=(
                    "with mx.AttrScope(ctx_group='left'):\n"
                    "    split = mx.sym.Variable('A') + mx.sym.Variable('B')"
                ),
            ),
            Mistake(
                lambda split: _computes(split) and not busy(split),
                "The formula is right, but no step belongs to a group. Make the parts inside "
                "`with mx.AttrScope(ctx_group=…)`.",
                example=(
                    "A, B, C, D = [mx.sym.Variable(name) for name in 'ABCD']\nsplit = (A + B) * (C + D)"
                ),
            ),
            Mistake(
                lambda split: busy(split) - set(_PLACES),
                lambda split: (
                    f"There is a group called {min(busy(split) - set(_PLACES))!r}. "
                    "The groups are to be called `'left'` and `'right'`."
                ),
                example=(
                    "with mx.AttrScope(ctx_group='gpu'):\n"
                    "    A, B, C, D = [mx.sym.Variable(name) for name in 'ABCD']\n"
                    "    split = (A + B) * (C + D)"
                ),
            ),
            Mistake(
                lambda split: len(busy(split)) == 1,
                lambda split: (
                    f"All steps are in the group {min(busy(split))!r}. The other one has nothing to do."
                ),
                example=(
                    "with mx.AttrScope(ctx_group='left'):\n"
                    "    A, B, C, D = [mx.sym.Variable(name) for name in 'ABCD']\n"
                    "    split = (A + B) * (C + D)"
                ),
            ),
            Mistake(
                lambda split: strays(split) and len(copies(split)) > 1,
                lambda split: (
                    f"{', '.join(strays(split))}: made outside of the `with` blocks, so in no group. "
                    f"The graph carries {len(copies(split))} values. Where should its variables be made?"
                ),
                example=(
                    "A, B, C, D = [mx.sym.Variable(name) for name in 'ABCD']\n"
                    "with mx.AttrScope(ctx_group='left'):\n"
                    "    one = A + B\n"
                    "with mx.AttrScope(ctx_group='right'):\n"
                    "    split = one * (C + D)"
                ),
            ),
        ),
        otherwise=lambda split: (
            f"It carries {len(copies(split))} values over: {', '.join(copies(split)) or 'none'}. "
            "Print the plan, as in section 6."
            if _computes(split)
            else "Draw the graph, and compare it with the formula."
        ),
        praise="One sum is carried over, and neither of its two arguments. Less to carry, less to wait "
        "for. (A step outside of both groups runs where the whole graph is bound to.)",
        hints=(
            "The cell with `two_places` has almost this form. What is made in which block?",
            "A and B, and their sum, in one block; all the rest in the other one.",
        ),
    ),
)
