"""The course's exercises: instant feedback, hints and a tally, in any notebook or terminal.

>>> from symbook.course import check, hint, progress
>>> check("1.1", ...).state
'unanswered'

The exercises of lesson 2 are in `lesson_02.py`, in a tuple `EXERCISES` of :class:`Exercise`, and are read
when one of them is asked for. Nothing is sent anywhere, and nothing is written to a file.
"""

from __future__ import annotations

from .checking import check, hint, progress
from .compare import Comparison, numbers_in, operators, same_function, same_value
from .exercise import Exercise, Mistake
from .shipped import data

__all__ = [
    "Comparison",
    "Exercise",
    "Mistake",
    "check",
    "data",
    "hint",
    "numbers_in",
    "operators",
    "progress",
    "same_function",
    "same_value",
]
