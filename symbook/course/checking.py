"""`check`, `hint` and `progress`, and the tally of this session, which lives as long as the kernel does."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any

from symbook.errors import SymbookError, counted, listed
from symbook.naming import NameManager

from . import catalogue
from .exercise import Exercise, sentence
from .feedback import Box, Feedback, Table
from .kinds import complaint, untouched


@dataclass
class _Tally:
    """What was done with one exercise in this session."""

    solved: bool = False
    checks: int = 0
    hints: int = 0


_tallies: dict[str, _Tally] = {}


def check(id: str, *answers: Any) -> Feedback:
    """Say whether an exercise is solved, or else what to look at next; shown where it ends a cell.

    Parameters
    ----------
    id : str
        The exercise, such as `"2.1"`.
    *answers
        What was found, in the order that the exercise asks for it; `...` where nothing was yet.

    Raises
    ------
    LookupFailure, ArgumentError
        If there is no such exercise. A wrong answer raises nothing.
    """
    exercise = catalogue.find(id)
    tally = _tallies.setdefault(exercise.id, _Tally())
    with _aside():
        state, told = _judged(exercise, answers)
    if state != "unanswered":
        tally.checks += 1
    if state == "solved":
        tally.solved = True
        return Feedback(state, f"{exercise.id} Solved", (*told, _score(exercise.lesson)))
    title = "Not answered yet" if state == "unanswered" else "Not yet"
    return Feedback(state, f"{exercise.id} {title}", told)


def hint(id: str) -> Box:
    """The next hint for an exercise; after the last one, all of them.

    Raises
    ------
    LookupFailure, ArgumentError
        If there is no such exercise.
    """
    exercise = catalogue.find(id)
    tally = _tallies.setdefault(exercise.id, _Tally())
    hints = exercise.hints
    if tally.hints < len(hints):
        tally.hints += 1
        told = hints[tally.hints - 1]
        return Box("hint", f"{id} Hint {tally.hints} of {len(hints)}", (told,))
    every = tuple(f"{number}. {told}" for number, told in enumerate(hints, 1))
    return Box("hint", f"{id} There are no more hints", every)


def progress() -> Table:
    """What was done in this session, since the kernel was started: a table for each lesson."""
    groups = []
    for lesson in sorted({catalogue.find(id).lesson for id in _tallies}):
        rows = tuple(_row(exercise) for exercise in catalogue.of_lesson(lesson))
        groups.append((_score(lesson), rows))
    told = () if groups else ("Nothing yet: `check` an exercise first.",)
    head = ("Exercise", "State", "Checked", "Hints")
    return Table("progress", "Your progress in this session", told, head, tuple(groups))


def _row(exercise: Exercise) -> tuple[str, ...]:
    tally = _tallies.get(exercise.id, _Tally())
    state = "✓ solved" if tally.solved else "↻ tried" if tally.checks else "○ not answered yet"
    return (
        exercise.id,
        state,
        counted(tally.checks, "time"),
        f"{tally.hints} of {len(exercise.hints)}",
    )


def _score(lesson: int) -> str:
    exercises = catalogue.of_lesson(lesson)
    solved = sum(_tallies.get(exercise.id, _Tally()).solved for exercise in exercises)
    return f"{solved} of {counted(len(exercises), 'exercise')} of lesson {lesson} solved."


def _judged(exercise: Exercise, answers: tuple[Any, ...]) -> tuple[str, tuple[str, ...]]:
    """The state of an exercise with these answers, and what to say."""
    names = exercise.names
    if len(answers) != len(names):
        wants = f"It wants {counted(len(names), 'answer')}: `{exercise.call}`."
        return "wrong", (f"The check was given {counted(len(answers), 'answer')}. {wants}",)
    open_ones = [name for name, answer in zip(names, answers, strict=True) if untouched(answer)]
    if open_ones:
        return "unanswered", _invitation(exercise, open_ones)
    complaints = [
        complaint(name, answer, kind)
        for name, answer, kind in zip(names, answers, exercise.kinds, strict=True)
    ]
    told = next(filter(None, complaints), None)
    if told is not None:
        return "wrong", (told,)
    return _valued(exercise, answers)


def _invitation(exercise: Exercise, open_ones: list[str]) -> tuple[str, ...]:
    which = listed([f"`{name}`" for name in open_ones])
    return (
        exercise.asks,
        f"Put your answer in place of `...` for {which}, and run the cell again. "
        f'`hint("{exercise.id}")` helps.',
    )


def _valued(exercise: Exercise, answers: tuple[Any, ...]) -> tuple[str, tuple[str, ...]]:
    """The same for answers of the right kinds."""
    verdict: Any = False
    difference = ""
    try:
        verdict = exercise.right(*answers)
        difference = str(getattr(verdict, "says", ""))
    except SymbookError as error:
        difference = " ".join(filter(None, [f"symbook says: {error.message}.", error.hint]))
    if verdict:
        return "solved", (exercise.praise,)
    for mistake in exercise.mistakes:
        if _made(mistake.test, answers):
            return "wrong", (sentence(mistake.says, answers),)
    told = [sentence(exercise.otherwise, answers), difference]
    return "wrong", tuple(filter(None, told))


def _made(test: Any, answers: tuple[Any, ...]) -> bool:
    try:
        return bool(test(*answers))
    except SymbookError:  # the graph is bad in another way, which `right` has met too
        return False


@contextmanager
def _aside() -> Iterator[None]:
    """Look at answers without a trace: no warnings, nothing printed, and no automatic names used up."""
    with warnings.catch_warnings(), redirect_stdout(StringIO()), NameManager():
        warnings.simplefilter("ignore")
        yield
