"""The lessons as files: where they are, and how they get to a learner without losing her work.

A learner works on copies, without outputs, so that she sees no answer before she has run its cell.
The rule of copying: a file that the learner changed is never written to. To know what she changed,
the folder carries a record, `.symbook-lessons.json`, with the digest of every file as symbook wrote
it. The digest of a notebook is that of its cells' sources: running or saving it changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from symbook._version import __version__
from symbook.cli.errors import CommandError

FIRST_LESSON = "01_dataflow.ipynb"
RECORD = ".symbook-lessons.json"
_PACKAGE = Path(__file__).resolve().parent.parent
_LEFT_OUT = {".ipynb_checkpoints", "__pycache__"}


def shipped_lessons() -> Path:
    """The folder of the lessons that came with this symbook.

    Raises
    ------
    CommandError
        When there is none, which means that the installation is incomplete.
    """
    candidates = (_PACKAGE / "_lessons", _PACKAGE.parent / "lessons")
    for folder in candidates:
        if (folder / FIRST_LESSON).is_file():
            return folder
    raise CommandError(
        f"the lessons are missing from {_PACKAGE}: install symbook again, without its old files"
    )


def lesson_files(source: Path) -> Iterator[Path]:
    """The files a learner gets, relative to `source`, in order of name.

    A notebook's jupytext source (`x.py` or `x.md` beside `x.ipynb`) is left out: it is for authors.
    """
    for path in sorted(source.rglob("*")):
        relative = path.relative_to(source)
        is_source = path.suffix in {".py", ".md"} and path.with_suffix(".ipynb").exists()
        if path.is_file() and not is_source and not _LEFT_OUT.intersection(relative.parts):
            yield relative


@dataclass
class CopyReport:
    """What :func:`copy_lessons` did, as paths relative to the learner's folder."""

    added: list[Path] = field(default_factory=list)
    updated: list[Path] = field(default_factory=list)
    beside: dict[Path, Path] = field(default_factory=dict)
    """A lesson the learner changed, of which a newer one came -> where the newer one was put."""


def copy_lessons(source: Path, target: Path, version: str = __version__) -> CopyReport:
    """Bring `target` up to date with the lessons in `source`, keeping every change a learner made.

    A file that is not there is written, a notebook without its outputs. A file as symbook wrote it
    is replaced when a newer one came. A file that the learner changed is left; when a newer one
    came, that is written beside it once, as `NAME-VERSION.ipynb`. Deleting a file and running this
    again brings it back.

    Raises
    ------
    CommandError
        When the folder cannot be made or written, or lies where the lessons come from.
    """
    report = CopyReport()
    if target.exists() and not target.is_dir():
        raise CommandError(f"{target} is a file: the lessons need a folder; choose one with --dir")
    if target.resolve().is_relative_to(source.resolve()):
        raise CommandError(
            f"the lessons come from {source}, and are not copied into that: choose another folder "
            "with --dir"
        )
    try:
        target.mkdir(parents=True, exist_ok=True)
        record = _read_record(target)
        for relative in lesson_files(source):
            _bring(source / relative, target, relative, record, version, report)
        write(target / RECORD, json.dumps(record, indent=1, sort_keys=True).encode())
    except OSError as error:
        raise CommandError(
            f"cannot write the lessons to {target}: {error.strerror or error}; choose another "
            "folder with --dir"
        ) from error
    return report


def _bring(
    shipped: Path,
    target: Path,
    relative: Path,
    record: dict[str, str],
    version: str,
    report: CopyReport,
) -> None:
    """Bring one lesson to the learner's folder, by the rule of :func:`copy_lessons`."""
    content = cleared(shipped)
    new = _digest(relative, content)
    key = relative.as_posix()
    known = record.get(key)
    path = target / relative
    if not os.path.lexists(path):
        write(path, content)
        report.added.append(relative)
    else:
        present = _digest(relative, path.read_bytes())
        if present == known and present != new:
            write(path, content)
            report.updated.append(relative)
        elif present not in (known, new) and new != known:
            report.beside[relative] = _write_beside(target, relative, content, version)
    record[key] = new


def _write_beside(target: Path, relative: Path, content: bytes, version: str) -> Path:
    """Write a newer lesson next to the learner's own, under a name that was free; return that."""
    number = 1
    while True:
        mark = version if number == 1 else f"{version}-{number}"
        beside = relative.with_name(f"{relative.stem}-{mark}{relative.suffix}")
        path = target / beside
        if not os.path.lexists(path):
            write(path, content)
            return beside
        if path.is_file() and _digest(relative, path.read_bytes()) == _digest(relative, content):
            return beside
        number += 1


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


def _read_record(target: Path) -> dict[str, str]:
    """The digests of the lessons as they were written; empty when there is no readable record.

    Without a record every file that differs counts as the learner's own, which loses nothing.
    """
    try:
        record = json.loads((target / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(record, dict):
        return {}
    return {key: value for key, value in record.items() if isinstance(value, str)}


def cleared(path: Path) -> bytes:
    """A shipped file as a learner gets it: a notebook has neither outputs nor numbers of runs."""
    content = path.read_bytes()
    cells = _cells(path, content)
    if cells is None:
        return content
    notebook = json.loads(content)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def _digest(name: Path, content: bytes) -> str:
    """What tells two versions of a file apart: its bytes, or the sources of a notebook's cells."""
    cells = _cells(name, content)
    if cells is not None:
        content = json.dumps(cells).encode()
    return hashlib.sha256(content).hexdigest()


def _cells(name: Path, content: bytes) -> list[tuple[str, str]] | None:
    """Kind and source of every cell of a notebook that has a text; None where it is no notebook.

    JupyterLab adds an empty cell when the last one is run.
    """
    if name.suffix != ".ipynb":
        return None
    try:
        notebook: Any = json.loads(content)
        cells = [(str(cell["cell_type"]), "".join(cell["source"])) for cell in notebook["cells"]]
    except (ValueError, TypeError, KeyError):
        return None
    return [(kind, source) for kind, source in cells if source.strip()]
