"""The mistakes that MISTAKES.md shows, chapter by chapter: tests make each one and compare the message."""

from __future__ import annotations

from mistakes import (
    arrays,
    binding,
    commands,
    composition,
    files,
    lessons,
    magics,
    names,
    own_operators,
    running,
    shapes,
    symbols,
    views,
)
from mistakes.case import Mistake

CHAPTERS: dict[str, list[Mistake]] = {
    "Names": names.NAMES,
    "Composing": composition.COMPOSING,
    "Symbols are not arrays": symbols.NOT_ARRAYS,
    "Binding": binding.BINDING,
    "Shapes and dtypes": shapes.SHAPES_AND_DTYPES,
    "Running": running.RUNNING,
    "Gradients": running.GRADIENTS,
    "Arrays": arrays.ARRAYS,
    "Random numbers and initialisers": arrays.RANDOM_NUMBERS,
    "Files": files.FILES,
    "Operators of one's own": own_operators.OWN_OPERATORS,
    "Magics": magics.MAGICS,
    "Views": views.VIEWS,
    "Lessons": lessons.LESSONS,
    "The command": commands.COMMANDS,
    "What is installed": commands.SURROUNDINGS,
}

ALL = [mistake for mistakes in CHAPTERS.values() for mistake in mistakes]
