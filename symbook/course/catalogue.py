"""Where exercises are found: one module for each lesson, read when it is asked for."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path
from typing import Any

from symbook.errors import ArgumentError, LookupFailure, did_you_mean

from .exercise import Exercise

_MODULE = re.compile(r"lesson_(\d\d)")


def lessons() -> list[int]:
    """The numbers of the lessons that have exercises, in order."""
    found = (_MODULE.fullmatch(module.name) for module in pkgutil.iter_modules([_folder()]))
    return sorted(int(match[1]) for match in found if match)


def of_lesson(number: int) -> tuple[Exercise, ...]:
    """The exercises of one lesson, in order; none where there is no such lesson."""
    if number not in lessons():
        return ()
    exercises: tuple[Exercise, ...] = importlib.import_module(
        f"{__package__}.lesson_{number:02}"
    ).EXERCISES
    return exercises


def find(id: Any) -> Exercise:
    """The exercise of that number.

    Raises
    ------
    ArgumentError
        If `id` is no text such as `"2.1"`. A TypeError.
    LookupFailure
        If there is no such exercise; the message lists those there are. A ValueError.
    """
    if isinstance(id, float):
        id = str(id)
    if not isinstance(id, str):
        raise ArgumentError(
            "an exercise is asked for by its number, in quotes, before anything else",
            hint='For example: check("2.1", graph).',
        )
    lesson = id.partition(".")[0]
    for exercise in of_lesson(int(lesson)) if lesson.isdecimal() else ():
        if exercise.id == id:
            return exercise
    number = int(lesson) if lesson.isdecimal() else 0
    every = [exercise.id for number in lessons() for exercise in of_lesson(number)]
    own = [exercise.id for exercise in of_lesson(number)]
    there = f"they go from {every[0]} to {every[-1]}" if every else "there are none"
    if own:
        there = f"lesson {number} has {', '.join(own)}"
    raise LookupFailure(
        f"there is no exercise {id!r}; {there}",
        hint=did_you_mean(id, every) or "The numbers stand at the exercises, in the lessons.",
    )


def _folder() -> str:
    return str(Path(__file__).parent)
