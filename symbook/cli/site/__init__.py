"""`symbook lessons html`: the course as pages that need no Python, no server and no network.

Each lesson is run, so that its views have what they show, and becomes a page in which they work. Other pages
are made of the lessons' Markdown, and of the solutions as they were saved.
"""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
import time
from importlib.resources import files
from pathlib import Path

from symbook.cli.errors import CommandError
from symbook.cli.export import refuse
from symbook.cli.lessons import cleared, lesson_files, shipped_lessons, write
from symbook.errors import counted
from symbook.remedies import pip_install
from symbook.views.bundle import script, style

_NEEDED = ("nbclient", "nbformat", "mistune", "pygments", "ipykernel")
"""They come with JupyterLab."""


def build(target: Path) -> None:
    """Build the site in a new folder, and say how to look at it.

    Parameters
    ----------
    target : Path
        A folder that is not there or is empty.

    Raises
    ------
    CommandError
        When JupyterLab is not installed, the folder has something in it or cannot be written, or a cell of a
        lesson fails that should not.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        install = pip_install("jupyterlab>=4.2")
        raise CommandError(f"{', '.join(missing)}: missing, comes with JupyterLab:\n    {install}")
    source = shipped_lessons()
    refuse(source, target)
    start = time.monotonic()
    # What is not whole is not left there.
    with tempfile.TemporaryDirectory() as made:
        site = Path(made) / "site"
        count = _build(source, site)
        try:
            shutil.copytree(site, target, dirs_exist_ok=True)
        except (OSError, shutil.Error) as error:
            raise CommandError(f"cannot write the pages to {target}: {error}") from error
    took = f"{time.monotonic() - start:.0f} s"
    print(f"{counted(count, 'lesson')} as pages in {target}, made in {took}. To read them, open")
    print(f"    {(target / 'index.html').resolve()}")
    print("in a browser, or put the folder on any server of files.")


def _build(source: Path, target: Path) -> int:
    """Write all files of the site; how many lessons there are."""
    from .course import Course
    from .pages import written

    course = Course(source)
    for page, text in written(course):
        write(target / page.target, text.encode())
    for relative in lesson_files(source):
        write(target / "notebooks" / relative, cleared(source / relative))
    _write_assets(target / "assets")
    return len(course.lessons)


def _write_assets(folder: Path) -> None:
    from .markdown import code_style

    # A browser that opens a file takes no module from another file.
    views = f'(() => {{\n"use strict";\n{script("site")}\n}})();\n'
    write(folder / "views.js", views.encode())
    own = files("symbook.cli.site").joinpath("static")
    looks = [own.joinpath("site.css").read_text("utf-8"), code_style(), style()]
    write(folder / "site.css", "\n".join(looks).encode())
    for name in ("site.js", "logo.svg"):
        write(folder / name, own.joinpath(name).read_bytes())
