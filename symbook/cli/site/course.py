"""What the site is made of: its pages, what they are called, and where links between them lead."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote

from symbook.cached import cached_property
from symbook.cli.export import SOLUTIONS
from symbook.cli.lessons import lesson_files

_TITLE = re.compile(r"^# (.*)", re.MULTILINE)
_LESSON = re.compile(r"Lesson (\d+)\. (.*)")
_FIRST = "README.md"
_NOTEBOOKS = "notebooks"
_REPOSITORY = "https://github.com/symbook/symbook/blob/HEAD/lessons/"


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes
    ----------
    source : PurePosixPath
        The notebook or Markdown that it is made of, relative to the lessons' folder.
    title : str
        Its heading.
    """

    source: PurePosixPath
    title: str

    @property
    def target(self) -> PurePosixPath:
        """The page's file, relative to the site."""
        if self.source.as_posix() == _FIRST:
            return PurePosixPath("index.html")
        return self.source.with_suffix(".html")

    @property
    def number(self) -> int | None:
        """A lesson's number; None for other pages."""
        found = _LESSON.fullmatch(self.title)
        return int(found[1]) if found and len(self.source.parts) == 1 else None

    @property
    def subject(self) -> str:
        """The title without a lesson's number."""
        found = _LESSON.fullmatch(self.title)
        return found[2] if found else self.title

    @property
    def label(self) -> str:
        """What it is called in the contents."""
        return self.subject.partition(":")[0]

    def path_to(self, file: PurePosixPath | str) -> str:
        """The address of a file of the site, seen from this page."""
        return "../" * (len(self.source.parts) - 1) + quote(str(file))


class Course:
    """The lessons in a folder, with their solutions and the pages beside them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files = {PurePosixPath(path.as_posix()) for path in lesson_files(folder)}
        found = [self._page(path) for path in sorted(self._files) if path.suffix in _READERS]
        self.lessons = sorted(
            (page for page in found if page.number is not None), key=lambda page: page.number or 0
        )
        self.solutions = [page for page in found if page.source.parts[0] == SOLUTIONS]
        taken = {*self.lessons, *self.solutions}
        self.others = [page for page in found if page not in taken and page != self.first]

    @cached_property
    def first(self) -> Page:
        """The page that the site opens with; made up where there is none."""
        path = PurePosixPath(_FIRST)
        return self._page(path) if path in self._files else Page(path, "The course")

    @cached_property
    def pages(self) -> dict[PurePosixPath, Page]:
        """All pages by their sources."""
        every = [self.first, *self.lessons, *self.others, *self.solutions]
        return {page.source: page for page in every}

    def _page(self, path: PurePosixPath) -> Page:
        found = _TITLE.search(_READERS[path.suffix](self.folder / path))
        return Page(path, found[1] if found else path.stem)

    def text(self, page: Page) -> str | None:
        """The Markdown of a page that is no notebook; None where there is none."""
        path = self.folder / page.source
        return path.read_text(encoding="utf-8") if path.exists() else None

    def solution_of(self, page: Page) -> Page | None:
        """The page with the solutions of a lesson's exercises."""
        return self.pages.get(PurePosixPath(SOLUTIONS) / page.source)

    def notebook_of(self, page: Page) -> str:
        """Where a page's notebook is, to be downloaded."""
        return page.path_to(f"{_NOTEBOOKS}/{page.source}")

    def address(self, page: Page, link: str, written_in: Page | None = None) -> str | None:
        """Where a link on a page leads in the site; None if what it leads to is not there yet.

        `written_in` is the page whose text has the link, if that is shown on another one.
        """
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            return link
        path, mark, fragment = link.partition("#")
        place = mark + slug(unquote(fragment)) if fragment else ""
        if not path:
            return place
        target = _normal((written_in or page).source.parent / unquote(path))
        if target is None:
            return _REPOSITORY + path
        if target in self.pages:
            return page.path_to(self.pages[target].target) + place
        return page.path_to(f"{_NOTEBOOKS}/{target}") if target in self._files else None


def slug(text: str) -> str:
    """The name of a heading in addresses."""
    return re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", text.lower())).strip("-")


def _normal(path: PurePosixPath) -> PurePosixPath | None:
    """A path without `..`; None if it leads out of the lessons."""
    parts: list[str] = []
    for part in path.parts:
        if part != "..":
            parts.append(part)
        elif parts:
            parts.pop()
        else:
            return None
    return PurePosixPath(*parts)


def _notebook_text(path: Path) -> str:
    notebook: dict[str, Any] = json.loads(path.read_bytes())
    texts = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "markdown"]
    return "\n\n".join(texts)


def _own_text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


_READERS: dict[str, Callable[[Path], str]] = {".ipynb": _notebook_text, ".md": _own_text}
