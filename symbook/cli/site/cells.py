"""A notebook's cells as HTML: text, code with what it gave, exercises with hints and solutions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from symbook.course.catalogue import of_lesson
from symbook.course.exercise import Exercise

from .markdown import code
from .outputs import State, outputs_html

Cell = Mapping[str, Any]
Text = Callable[[str], str]

_PREDICT = "**Predict.**"
_HEADING = re.compile(r"^## .*\n+", re.MULTILINE)
_CODE = re.compile(r"`([^`]*)`")
# The lines of links that notebooks have instead of what pages have around them.
_LINKS = re.compile(r"^.*\[All lessons\]\(README\.md\).*$", re.MULTILINE)
_TITLE = re.compile(r"^# .*\n*", re.MULTILINE)


@dataclass(frozen=True)
class Solution:
    """A solution of an exercise, from a notebook of solutions.

    Attributes
    ----------
    why : str
        What is said of it, Markdown.
    code : str
    outputs : list
    """

    why: str
    code: str
    outputs: list[Any]


@dataclass(frozen=True)
class Answering:
    """What stands below exercises: where they can be answered, and the solutions.

    Attributes
    ----------
    where : str
        HTML that says where.
    exercises : mapping
    solutions : mapping
    why : callable
        Makes HTML of what is said of a solution.
    """

    where: str
    exercises: Mapping[str, Exercise]
    solutions: Mapping[str, Solution]
    why: Text


def exercises_of(number: int | None) -> dict[str, Exercise]:
    """The exercises of a lesson by their numbers."""
    return {exercise.id: exercise for exercise in of_lesson(number or 0)}


def solutions_in(path: Path) -> dict[str, Solution]:
    """The solutions in a saved notebook, by exercise; none where there is no such notebook."""
    if not path.exists():
        return {}
    found, why = {}, ""
    for cell in json.loads(path.read_bytes())["cells"]:
        source = _source(cell)
        if cell["cell_type"] == "markdown":
            why = source
        for id in tagged(cell, "solution"):
            found[id] = Solution(_HEADING.sub("", why, count=1), source, cell["outputs"])
    return found


def tagged(cell: Cell, kind: str) -> list[str]:
    """The exercises that a cell's tags name, such as `exercise-2.1`."""
    if cell["cell_type"] != "code":
        return []
    tags = cell["metadata"].get("tags", [])
    return [tag.removeprefix(f"{kind}-") for tag in tags if tag.startswith(f"{kind}-")]


def lesson_html(
    cells: list[Cell], states: Mapping[str, State], text: Text, below: Answering
) -> str:
    """A lesson's cells."""
    return "\n".join(_lesson_parts(cells, states, text, below))


def _lesson_parts(
    cells: list[Cell], states: Mapping[str, State], text: Text, below: Answering
) -> Iterator[str]:
    guessed, head, loads = False, True, True
    for cell in cells:
        if cell["cell_type"] == "markdown":
            said = _own(_source(cell))
            guessed = guessed or _PREDICT in said
            html = text(said) if said else ""
            yield f'<div class="about">{html}</div>' if head else html
            head = False
            continue
        ids = tagged(cell, "exercise")
        if ids:
            yield _exercise(ids[0], cell, below)
        elif loads:
            yield _folded("The first cell: it loads symbook", _cell(cell, states), "loads")
            loads = False
        else:
            yield _cell(cell, states, folded=guessed)
        guessed = False


def solutions_html(cells: list[Cell], text: Text, exercises: Mapping[str, Exercise]) -> str:
    """The cells of a notebook of solutions, each solution folded."""
    parts, loads, why = [], True, ""
    for cell, after in zip(cells, [*cells[1:], None], strict=True):
        if cell["cell_type"] == "markdown":
            said = _own(_source(cell))
            heading = _HEADING.match(said)
            # What is said of a solution is folded with it.
            is_why = heading is not None and after is not None and tagged(after, "solution")
            parts.append(text(heading[0] if heading and is_why else said))
            why = _HEADING.sub("", said, count=1) if is_why else ""
        elif ids := tagged(cell, "solution"):
            parts.append(_asked(exercises.get(ids[0])))
            parts.append(_folded(f"Solution of {ids[0]}", text(why) + _cell(cell, {}), "solution"))
        elif loads:
            parts.append(_folded("The first cell: it loads symbook", _cell(cell, {}), "loads"))
            loads = False
        else:
            parts.append(_cell(cell, {}))
    return "\n".join(parts)


def _own(source: str) -> str:
    """A text cell without its title and its lines of links."""
    return _LINKS.sub("", _TITLE.sub("", source, count=1)).strip()


def _source(cell: Cell) -> str:
    return "".join(cell["source"])


def _cell(cell: Cell, states: Mapping[str, State], *, folded: bool = False) -> str:
    """Code, and what it gave; folded where there is something to guess first."""
    gave = outputs_html(cell["outputs"], states)
    if gave and folded:
        gave = _folded("Show what it gives", f'<div class="gave">{gave}</div>', "guess")
    elif gave:
        gave = f'<div class="gave">{gave}</div>'
    return f'<div class="cell">{code(_source(cell))}{gave}</div>'


def _exercise(id: str, cell: Cell, below: Answering) -> str:
    """An exercise's cell, where it can be answered, and what helps, folded."""
    parts = [code(_source(cell)), f'<p class="answering">{below.where}</p>']
    exercise, solution = below.exercises.get(id), below.solutions.get(id)
    for number, hint in enumerate(exercise.hints if exercise else (), 1):
        parts.append(_folded(f"Hint {number}", f"<p>{_marked(hint)}</p>", "hint"))
    if solution:
        gave = outputs_html(solution.outputs, {})
        inner = f'{below.why(solution.why)}{code(solution.code)}<div class="gave">{gave}</div>'
        parts.append(_folded("Solution", inner, "solution"))
    return f'<div class="exercise" id="exercise-{escape(id)}">{"".join(parts)}</div>'


def _asked(exercise: Exercise | None) -> str:
    return f"<p>{_marked(exercise.asks)}</p>" if exercise else ""


def _folded(summary: str, html: str, kind: str) -> str:
    return f'<details class="fold {kind}"><summary>{escape(summary)}</summary>{html}</details>'


def _marked(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text, quote=False)).replace("\n", "<br>")
