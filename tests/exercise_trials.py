"""What is tried with an exercise after its lesson was run: each listed mistake, and the solution."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any


def trials(exercise: Any, solution: str) -> Iterator[tuple[str, str, str, str]]:
    """For each trial: a name for its cell, what it is for, its code, and a pattern of what that must show."""
    for i, mistake in enumerate(exercise.mistakes):
        code = f"{mistake.example}\n\n{_told(exercise, i)}"
        yield f"mistake-{exercise.id}-{i}", f"{exercise.id}, {mistake.says}", code, "^True$"
    solved = f"✓ {exercise.id} Solved"
    yield f"solution-{exercise.id}", f"{exercise.id}, its solution", solution, solved


def _told(exercise: Any, number: int) -> str:
    """Code that is true if `check` says what the mistake of that number does, and nothing else."""
    names = ", ".join(exercise.names)
    return textwrap.dedent(f"""
        from symbook.course import catalogue as _catalogue, check
        from symbook.course.exercise import sentence as _sentence
        _mistake = _catalogue.find("{exercise.id}").mistakes[{number}]
        _found = {exercise.call}
        _found if _found.paragraphs != (_sentence(_mistake.says, ({names},)),) else True
    """)
