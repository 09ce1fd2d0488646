"""What an exercise is: data and small functions, no machinery."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Says = str | Callable[..., str]
"""A sentence, or a function that makes one of the answers. Names of code stand in `backticks`."""


@dataclass(frozen=True)
class Mistake:
    """A common wrong answer.

    Attributes
    ----------
    test : callable
        Takes the answers; true if this is the mistake. It is asked only about answers of the right kinds
        that are not right. An error of symbook's in it counts as false.
    says : str or callable
        What to look at next; never the answer.
    example : str
        Code that makes this mistake, in the place of the exercise's own lines above its check.
    """

    test: Callable[..., Any]
    says: Says
    example: str


@dataclass(frozen=True)
class Exercise:
    """One exercise of the course.

    Attributes
    ----------
    id : str
        The lesson's number and the exercise's, `"2.1"`.
    asks : str
        What is to be done, in one sentence.
    kinds : tuple
        What each answer must be: a type such as `Symbol`, `NDArray`, `numpy.ndarray`, `int` (any whole
        number), `float` (any real number), `bool`, `str`, `list` (or tuple), `dict`, `Executor`, `Callable`;
        a tuple of types where several will do; `object` for anything.
    right : callable
        Takes the answers, under the names that the learner gives them; true if they are right, however they
        were found. What :func:`~symbook.course.same_function` and :func:`~symbook.course.same_value` give is
        best returned as it is: where it is false it says what is different.
    mistakes : tuple of Mistake
        Tried in order; the first that fits is told.
    otherwise : str or callable
        What to look at where no mistake fits.
    praise : str
        What is worth noticing once it is solved.
    hints : tuple of str
        From the gentlest to the clearest; none is the answer.
    """

    id: str
    asks: str
    kinds: tuple[Any, ...]
    right: Callable[..., Any]
    mistakes: tuple[Mistake, ...]
    otherwise: Says
    praise: str
    hints: tuple[str, ...]

    @property
    def lesson(self) -> int:
        """The number of its lesson."""
        return int(self.id.partition(".")[0])

    @property
    def names(self) -> tuple[str, ...]:
        """What the answers are called: the names of the parameters of `right`."""
        return tuple(inspect.signature(self.right).parameters)

    @property
    def call(self) -> str:
        """The line that checks it, as the learner writes it."""
        return f"check({', '.join([_quoted(self.id), *self.names])})"


def _quoted(text: str) -> str:
    return f'"{text}"'


def sentence(says: Says, answers: tuple[Any, ...]) -> str:
    """What `says` says about these answers."""
    return says if isinstance(says, str) else says(*answers)
