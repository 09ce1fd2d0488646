"""The pages of the site, whole."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from html import escape
from typing import Any

from .cells import Answering, exercises_of, lesson_html, solutions_html, solutions_in
from .course import Course, Page
from .layout import laid_out
from .markdown import Renderer, renderer_to_html
from .outputs import State, live_view

_TITLE = re.compile(r"^# .*\n*", re.MULTILINE)
_SECOND = re.compile(r"^## ", re.MULTILINE)
_TABLE_CELL = re.compile(r"<td>(.*?)</td>", re.DOTALL)
_TO_LESSON = re.compile(r'<a href="\d\d_\w+\.html">')
_BINDER = "https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/"
_COLAB = "https://colab.research.google.com/github/symbook/symbook/blob/HEAD/lessons/"


def written(course: Course) -> Iterator[tuple[Page, str]]:
    """Each page with its text. The lessons are run, and printed as they are done."""
    from .running import run

    front: State | None = None
    for page in course.lessons:
        start = time.monotonic()
        notebook, states = run(course.folder / page.source)
        yield page, _lesson(course, page, notebook["cells"], states)
        front = front or next(filter(_steps, states.values()), None)
        print(f"  {page.title} ({time.monotonic() - start:.0f} s)", flush=True)
    for page in course.solutions:
        yield page, _solutions(course, page)
    for page in course.others:
        yield page, _other(course, page)
    yield course.first, _first(course, front)


def _steps(state: State) -> bool:
    return "stepper" in state["_document"].get("parts", ())


def _lesson(course: Course, page: Page, cells: list[Any], states: dict[str, State]) -> str:
    renderer = Renderer(lambda link: course.address(page, link))
    solved, exercises = course.solution_of(page), exercises_of(page.number)
    about = renderer
    if solved is not None:
        # What is said of a solution has links as they are in its own notebook.
        about = Renderer(lambda link: course.address(page, link, solved))
    where = (
        "To answer, open the lesson in a notebook, which says at once whether you are right: "
        f"{_places(course, page)}"
    )
    solutions = solutions_in(course.folder / solved.source) if solved else {}
    below = Answering(where, exercises, solutions, renderer_to_html(about))
    body = lesson_html(cells, states, renderer_to_html(renderer), below)
    note = (
        '<p class="reading">You can read this page without Python: every result is here, and the '
        "interactive views work. To change cells and run them, take the notebook: "
        f"{_places(course, page)}</p>"
    )
    return laid_out(course, page, note + body, renderer.headings, views=bool(states))


def _places(course: Course, page: Page) -> str:
    """Links to where a lesson's cells run."""
    name = page.source.as_posix()
    links = (
        (_BINDER + name, "run it on Binder"),
        (_COLAB + name, "open it in Colab"),
        (course.notebook_of(page), "download it"),
    )
    binder, colab, file = (f'<a href="{escape(to)}">{text}</a>' for to, text in links)
    return f"{binder}, {colab}, or {file}."


def _solutions(course: Course, page: Page) -> str:
    renderer = Renderer(lambda link: course.address(page, link))
    lesson = next((one for one in course.lessons if course.solution_of(one) == page), None)
    cells = json.loads((course.folder / page.source).read_bytes())["cells"]
    exercises = exercises_of(lesson.number if lesson else None)
    body = solutions_html(cells, renderer_to_html(renderer), exercises)
    return laid_out(course, page, body, renderer.headings)


def _other(course: Course, page: Page) -> str:
    renderer = Renderer(lambda link: course.address(page, link))
    if page.source.suffix == ".ipynb":
        cells = json.loads((course.folder / page.source).read_bytes())["cells"]
        body = solutions_html(cells, renderer_to_html(renderer), {})
    else:
        text = _TITLE.sub("", course.text(page) or "", count=1)
        body = renderer_to_html(renderer)(text)
    return laid_out(course, page, body, renderer.headings)


class _FirstRenderer(Renderer):
    """On the first page tables of lessons become cards, which small screens have room for."""

    def table(self, text: str) -> str:
        rows = [_TABLE_CELL.findall(row) for row in text.split("<tr>")]
        found = [row for row in rows if row]
        if any(_TO_LESSON.match(row[0]) for row in found):
            return _cards(found)
        return super().table(text)


def _first(course: Course, front: State | None) -> str:
    """The first page: what README says, below its first words a view to try, and the lessons."""
    renderer = _FirstRenderer(lambda link: course.address(course.first, link))
    html = renderer_to_html(renderer)
    text = _TITLE.sub("", course.text(course.first) or "", count=1)
    cut = found.start() if (found := _SECOND.search(text)) else len(text)
    parts = [f'<div class="lead">{html(text[:cut])}</div>', _start(course), _tried(front)]
    parts.append(html(text[cut:]))
    if not any(page.source.name in text for page in course.lessons):
        parts.append(f'<h2 id="lessons">Lessons</h2>{_cards(_rows(course))}')
    return laid_out(course, course.first, "".join(parts), renderer.headings, views=bool(front))


def _start(course: Course) -> str:
    if not course.lessons:
        return ""
    first = course.lessons[0]
    return (
        f'<p class="start"><a class="go" href="{first.target}">Start with lesson 1</a> '
        f'<a href="{escape(_BINDER + first.source.name)}">Run it on Binder</a></p>'
    )


def _tried(front: State | None) -> str:
    """A view to try at once, without the class of a static form, which is not here."""
    if front is None:
        return ""
    return (
        '<div class="cell"><p class="caption">A graph that has just computed. Go back to its start and '
        "play it: the buttons are those of a player. Or click a node.</p>"
        f"{live_view({**front, 'static_id': 'none'})}</div>"
    )


def _rows(course: Course) -> list[list[str]]:
    return [
        [
            f'<a href="{page.target}">{page.number}. {escape(page.label)}</a>',
            escape(page.subject.partition(": ")[2]),
        ]
        for page in course.lessons
    ]


def _cards(rows: list[list[str]]) -> str:
    """A card for each row: a title, and what is said below it."""
    items = (
        f"<li><strong>{title}</strong>{''.join(f'<p>{text}</p>' for text in told)}</li>"
        for title, *told in rows
    )
    return f'<ul class="cards" role="list">{"".join(items)}</ul>'
