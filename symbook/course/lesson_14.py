"""The exercises of lesson 14, inside symbook."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from symbook.context import cpu
from symbook.course import Comparison, Exercise, Mistake
from symbook.ndarray import ones
from symbook.plan import Plan, Step
from symbook.symbol import Symbol, Variable


@cache
def _plans() -> dict[str, Plan]:
    """Plans by their formulas, from the easiest on."""
    a, b, c, d = (Variable(name) for name in "ABCD")
    graphs: dict[str, Symbol] = {
        "A * B": a * b,
        "(A*B) + (C*D)": (a * b) + (c * d),
        "A * B * C * D": a * b * c * d,
        "(A*B + C) * (C*D + A)": (a * b + c) * (c * d + a),
        "((A*B) + (C*D)) * (A-D)": ((a * b) + (c * d)) * (a - d),
        "(A*B) + (C*D) * (A-D) * B": (a * b) + (c * d) * (a - d) * b,
    }
    return {text: _planned(graph) for text, graph in graphs.items()}


def _planned(graph: Symbol) -> Plan:
    data = {name: ones((1,)) for name in graph.list_arguments()}
    return graph.bind(cpu(), data, optimize=False).plan


def free_steps(plan: Plan) -> list[str]:
    """The names of the steps that wait for nobody."""
    return [step.origin.name for step in plan.steps if not step.deps]


def round_count(plan: Plan) -> int:
    """How many rounds a plan takes if all that is ready is done at the same time."""
    done: list[int] = []
    for step in plan.steps:
        done.append(1 + max([done[i] for i in step.deps], default=0))
    return max(done, default=0)


def _answers(
    function: Callable[..., Any], wanted: Callable[[Plan], Any], read: Callable[[Any], Any]
) -> Comparison:
    """Whether a learner's function gives what is wanted for all plans; what it raises is told."""
    for text, plan in _plans().items():
        try:
            found = read(_called(function, plan))
        except Exception as error:  # the function is the learner's
            return Comparison(False, f"For {text} it fails: {type(error).__name__}: {error}")
        if found != wanted(plan):
            return Comparison(
                False, f"For {text} it gives {_short(found)}, and {wanted(plan)} is wanted."
            )
    return Comparison(True)


def _gives(function: Callable[..., Any], wrong: Callable[[Plan], Any]) -> bool:
    """Whether a learner's function gives that for each plan."""
    try:
        return all(_called(function, plan) == wrong(plan) for plan in _plans().values())
    except Exception:  # it has been told already
        return False


def _called(function: Callable[..., Any], plan: Plan) -> Any:
    """What a learner's function gives."""
    return function(plan)


def _gives_steps(free: Callable[..., Any]) -> bool:
    """Whether it gives lists of steps in place of names."""
    try:
        return all(
            isinstance(found, list | tuple)
            and found
            and all(isinstance(step, Step) for step in found)
            for found in (_called(free, plan) for plan in _plans().values())
        )
    except Exception:  # it has been told already
        return False


def _gives_always_the_same(function: Callable[..., Any]) -> bool:
    """Whether it gives the same for all plans, as if it looked at one of its own."""
    try:
        first, *others = [_called(function, plan) for plan in _plans().values()]
        return isinstance(first, list | tuple | int) and all(
            bool(found == first) for found in others
        )
    except Exception:  # it has been told already
        return False


def _takes_max_of_nothing(rounds: Callable[..., Any]) -> bool:
    return "max()" in _answers(rounds, round_count, lambda found: found).says


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _sorted(names: Any) -> Any:
    """A list of names in one order; anything else as it is."""
    return sorted(names) if isinstance(names, list | tuple | set) else names


EXERCISES = (
    Exercise(
        "14.1",
        asks="How many steps of the plan of (A + B) · (C − D) + A · D wait for nobody?",
        kinds=(int,),
        right=lambda number: number == 3,
        mistakes=(
            Mistake(
                lambda number: number == 5,
                "That many steps there are. Some of them read what another step gives.",
                example="number = 5",
            ),
            Mistake(
                lambda number: number == 2,
                "Either these are the steps that do wait, or one is missing. Go through all five operators.",
                example="number = 2",
            ),
            Mistake(
                lambda number: number == 4,
                "Four is the number of variables. Among the steps it is one too many: what does the "
                "product of the two brackets read?",
                example="number = 4",
            ),
            Mistake(
                lambda number: number == 1,
                "One worker begins with one step. But how many steps could be the first?",
                example="number = 1",
            ),
        ),
        otherwise="Bind it to four arrays of one number, and print the plan. Which lines have no `after`?",
        praise="Three friends could begin at the same time.",
        hints=(
            "There are five operators: three between letters, two that join what these give.",
            "A step waits for nobody if it reads variables only.",
        ),
    ),
    Exercise(
        "14.2",
        asks="A function `free` of a plan: a list of the names of the steps that wait for nobody.",
        kinds=(Callable,),
        right=lambda free: _answers(free, lambda plan: sorted(free_steps(plan)), _sorted),
        mistakes=(
            Mistake(
                lambda free: _gives(free, lambda plan: None),
                "Your function gives nothing back. To print is not enough: it needs a `return`.",
                example="def free(plan):\n    print(plan.steps[0].origin.name)",
            ),
            Mistake(
                lambda free: _gives(free, lambda plan: []),
                "It finds no step. `step.deps` is a tuple: an empty one is `()`, and `[]` is something else.",
                example=(
                    "def free(plan):\n"
                    "    return [step.origin.name for step in plan.steps if step.deps == []]"
                ),
            ),
            Mistake(
                _gives_always_the_same,
                "It gives the same for every plan. Look at the parameter `plan`, not at `executor.plan`.",
                example="def free(plan):\n    return ['_mul0', '_mul1']",
            ),
            Mistake(
                lambda free: any(
                    _gives(free, first)
                    for first in (
                        lambda plan: free_steps(plan)[0],
                        lambda plan: free_steps(plan)[:1],
                    )
                ),
                "This is the first one only. Go on to the end, and give all of them, in a list.",
                example=(
                    "def free(plan):\n    for step in plan.steps:\n        if not step.deps:\n"
                    "            return step.origin.name"
                ),
            ),
            Mistake(
                _gives_steps,
                "These are the steps themselves. Their names are wanted.",
                example="def free(plan):\n    return [step for step in plan.steps if not step.deps]",
            ),
            Mistake(
                lambda free: _gives(
                    free, lambda plan: [step.origin.name for step in plan.steps if step.deps]
                ),
                "These are the steps that do wait. An empty tuple counts as false.",
                example=(
                    "def free(plan):\n"
                    "    return [step.origin.name for step in plan.steps if step.deps]"
                ),
            ),
            Mistake(
                lambda free: _gives(
                    free, lambda plan: [i for i, step in enumerate(plan.steps) if not step.deps]
                ),
                "The right steps, by their numbers. Their names are wanted.",
                example=(
                    "def free(plan):\n"
                    "    return [i for i, step in enumerate(plan.steps) if not step.deps]"
                ),
            ),
            Mistake(
                lambda free: _gives(
                    free, lambda plan: [step.op.name for step in plan.steps if not step.deps]
                ),
                "The right steps, by the names of their operators. Two products would be called the same.",
                example=(
                    "def free(plan):\n"
                    "    return [step.op.name for step in plan.steps if not step.deps]"
                ),
            ),
            Mistake(
                lambda free: _gives(free, lambda plan: len(free_steps(plan))),
                "So many there are. Which ones?",
                example="def free(plan):\n    return sum(not step.deps for step in plan.steps)",
            ),
            Mistake(
                lambda free: _gives(free, lambda plan: [step.origin.name for step in plan.steps]),
                "These are all steps. What is different about one that has to wait?",
                example="def free(plan):\n    return [step.origin.name for step in plan.steps]",
            ),
        ),
        otherwise="Try it on a plan that you know: for `executor.plan` it is to give two names.",
        praise="This is the first thing that symbook's own engine asks: who can begin at once?",
        hints=(
            "Go through `plan.steps`. What is in `step.deps` of a step that waits for nobody?",
            "`for step in plan.steps:`, and `if not step.deps:`, and then the name goes into a list.",
        ),
    ),
    Exercise(
        "14.3",
        asks="A function `rounds` of a plan, which gives how many rounds it takes.",
        kinds=(Callable,),
        right=lambda rounds: _answers(rounds, round_count, lambda found: found),
        mistakes=(
            Mistake(
                lambda rounds: _gives(rounds, lambda plan: None),
                "Your function gives nothing back. It needs a `return`.",
                example="def rounds(plan):\n    print(plan)",
            ),
            Mistake(
                lambda rounds: _gives(rounds, lambda plan: len(plan.steps)),
                "As many rounds as there are steps: right for one friend. Many do several in one round.",
                example="def rounds(plan):\n    return len(plan.steps)",
            ),
            Mistake(
                _gives_always_the_same,
                "It gives the same for every plan. Look at the parameter `plan`, not at `executor.plan`.",
                example="def rounds(plan):\n    return 2",
            ),
            Mistake(
                _takes_max_of_nothing,
                "There is no largest of nothing, and `max` says so: what of a step whose `deps` is empty?",
                example=(
                    "def rounds(plan):\n    done = []\n    for step in plan.steps:\n"
                    "        done.append(1 + max([done[i] for i in step.deps]))\n"
                    "    return max(done)"
                ),
            ),
            Mistake(
                lambda rounds: _gives(rounds, lambda plan: round_count(plan) - 1),
                "Always one too few. In which round is a step done that waits for nobody?",
                example=(
                    "def rounds(plan):\n    done = []\n    for step in plan.steps:\n"
                    "        done.append(max([done[i] + 1 for i in step.deps], default=0))\n"
                    "    return max(done)"
                ),
            ),
            Mistake(
                lambda rounds: _gives(
                    rounds, lambda plan: 1 + sum(bool(step.deps) for step in plan.steps)
                ),
                "You count a round for each step that waits. Two steps that wait may still share a round.",
                example="def rounds(plan):\n    return 1 + sum(bool(step.deps) for step in plan.steps)",
            ),
            Mistake(
                lambda rounds: _gives(
                    rounds, lambda plan: 1 + max(len(step.deps) for step in plan.steps)
                ),
                "A step may wait for two others and still be in round 2. In which rounds are those done?",
                example="def rounds(plan):\n    return 1 + max(len(step.deps) for step in plan.steps)",
            ),
        ),
        otherwise="Write beside each line of `print(plan)` in which round it can be done. How do you know?",
        praise="That is the length of the critical path of lesson 7, counted in steps.",
        hints=(
            "Note for each step its round, in a list. A step that waits for nobody has round 1.",
            "First `round_of = []`; then `for step in plan.steps:` and in it `round_of.append(…)`; at the "
            "end `return max(round_of)`.",
            "Each other step has the round after the latest of those in its `deps`, which are noted.",
        ),
    ),
)
