"""`symbook lessons` and `symbook lessons export`: the list of lessons, and copies of them for a class.

What nbgrader asks of a notebook is in its documentation, "Developing assignments": a cell for the answer,
whose solution stands between two comments, and a locked cell after it that fails where the answer is wrong.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from symbook.cli.errors import CommandError
from symbook.cli.lessons import cleared, lesson_files, shipped_lessons, write
from symbook.errors import counted

SOLUTIONS = "solutions"
_TO_SOLUTIONS = re.compile(r"\[([^]]+)\]\((?:\.\./|\./)*solutions/[^)]*\)")
_POINTS = 1

Cell = dict[str, Any]


def show() -> None:
    """Print the lessons that there are, with their titles, and what can be done with them."""
    source = shipped_lessons()
    print(f"The lessons, in {source}:")
    for path in sorted(source.glob("*.ipynb")):
        print(f"  {path.name:<22} {_title(path)}")
    print("`symbook lab` opens them; `symbook lessons export DIR` copies them for a class;")
    print("`symbook lessons html DIR` makes pages of them.")


def _title(path: Path) -> str:
    cells = json.loads(path.read_bytes())["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    found = re.search(r"^# (.*)", text, re.MULTILINE)
    return found[1] if found else ""


def export(target: Path, *, solutions: bool, outputs: bool, nbgrader: bool) -> None:
    """Copy the lessons to a new folder, and say what was done.

    Parameters
    ----------
    target : Path
        A folder that is not there or is empty.
    solutions : bool
        With the solutions. Without them, no text leads to them either.
    outputs : bool
        With the outputs of the cells, which give away what a learner is to predict.
    nbgrader : bool
        As nbgrader's source of an assignment: each exercise is a cell for the answer and a cell that grades
        it, and solutions stand in the cells for answers, from which nbgrader takes them out.

    Raises
    ------
    CommandError
        When the folder has something in it, lies where the lessons come from, or cannot be written.
    """
    source = shipped_lessons()
    refuse(source, target)
    try:
        files = list(_exported(source, solutions=solutions, outputs=outputs, nbgrader=nbgrader))
        for relative, content in files:
            write(target / relative, content)
    except OSError as error:
        raise CommandError(
            f"cannot write the lessons to {target}: {error.strerror or error}"
        ) from error
    lessons = [path for path, _ in files if path.suffix == ".ipynb" and len(path.parts) == 1]
    told = "with" if solutions else "without"
    are = "is" if len(lessons) == 1 else "are"
    print(f"{counted(len(lessons), 'lesson')} {told} solutions {are} in {target}")
    if nbgrader:
        print("That is an assignment's source for nbgrader: put it in its folder `source`.")


def refuse(source: Path, target: Path) -> None:
    """Raise CommandError unless the target is a new or empty folder, outside of the source."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise CommandError(f"{target} is there already: name a folder that is new, or empty")
    if target.resolve().is_relative_to(source.resolve()):
        raise CommandError(f"the lessons come from {source}: choose a folder elsewhere")


def _exported(
    source: Path, *, solutions: bool, outputs: bool, nbgrader: bool
) -> Iterator[tuple[Path, bytes]]:
    """The files that are exported, relative to the folder, and what is in each."""
    for relative in lesson_files(source):
        path = source / relative
        inside = relative.parts[0] == SOLUTIONS
        # nbgrader hands out whatever lies beside a notebook.
        if inside and (nbgrader or not solutions):
            continue
        content = path.read_bytes() if outputs else cleared(path)
        if nbgrader and path.suffix == ".ipynb":
            answers = _answers(source / SOLUTIONS / relative) if solutions else {}
            content = _changed(content, lambda cells, answers=answers: _graded(cells, answers))
        if not solutions or nbgrader:
            content = _without_links(relative, content)
        yield relative, content


def _changed(content: bytes, change: Any) -> bytes:
    notebook = json.loads(content)
    notebook["cells"] = list(change(notebook["cells"]))
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def _without_links(name: Path, content: bytes) -> bytes:
    """Links to solutions become their words."""
    if name.suffix == ".md":
        return _TO_SOLUTIONS.sub(r"\1", content.decode()).encode()
    if name.suffix != ".ipynb":
        return content

    def unlinked(cells: list[Cell]) -> Iterator[Cell]:
        for cell in cells:
            if cell["cell_type"] == "markdown":
                text = _TO_SOLUTIONS.sub(r"\1", "".join(cell["source"]))
                cell = {**cell, "source": text.splitlines(keepends=True)}
            yield cell

    return _changed(content, unlinked)


def _answers(path: Path) -> dict[str, str]:
    """The solutions in a notebook by exercise, without their checks."""
    if not path.exists():
        return {}
    cells = json.loads(path.read_bytes())["cells"]
    return {
        id: _split("".join(cell["source"]))[0]
        for cell in cells
        for id in _tagged(cell, "solution-")
    }


def _tagged(cell: Cell, start: str) -> list[str]:
    tags = cell["metadata"].get("tags", [])
    return [tag.removeprefix(start) for tag in tags if tag.startswith(start)]


def _split(code: str) -> tuple[str, str]:
    """An exercise's own lines, and its check, which comes last."""
    last = ast.parse(code).body[-1]
    lines = code.splitlines()
    return "\n".join(lines[: last.lineno - 1]).rstrip(), "\n".join(lines[last.lineno - 1 :])


def _graded(cells: list[Cell], answers: dict[str, str]) -> Iterator[Cell]:
    """The cells with each exercise as nbgrader wants it."""
    for cell in cells:
        found = _tagged(cell, "exercise-") if cell["cell_type"] == "code" else []
        if not found:
            yield cell
            continue
        [id] = found
        lines, check = _split("".join(cell["source"]))
        name = id.replace(".", "-")
        between = ["### BEGIN SOLUTION", *filter(None, [answers.get(id)]), "### END SOLUTION"]
        answer = "\n".join([lines, "", *between])
        yield _cell(cell, cell["id"], answer, {"grade_id": f"exercise-{name}", "solution": True})
        grades = {"grade_id": f"check-{name}", "grade": True, "locked": True, "points": _POINTS}
        yield _cell(cell, f"{cell['id']}-check", f"{check}.require()", grades)


def _cell(cell: Cell, id: str, source: str, about: Cell) -> Cell:
    nbgrader = {"grade": False, "locked": False, "solution": False, "task": False, **about}
    return {
        **cell,
        "id": id,
        "source": source.splitlines(keepends=True),
        "execution_count": None,
        "outputs": [],
        "metadata": {**cell["metadata"], "nbgrader": {**nbgrader, "schema_version": 3}},
    }
