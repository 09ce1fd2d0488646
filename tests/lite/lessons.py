"""Each lesson run whole in this very Python, with its exercises.

It is for the browser's Python, which has no kernel to talk to (CONTRIBUTING.md, "Try the browser's Python"):
its name keeps it out of a run of all tests.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from exercise_trials import trials
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import select_figure_formats
from sanitizing import sanitized
from traitlets.config import Config

from symbook.course import catalogue, checking
from symbook.name import NameManager

LESSONS = Path(__file__).resolve().parents[2] / "lessons"
NOTEBOOKS = [*sorted(LESSONS.glob("*.ipynb")), *sorted((LESSONS / "solutions").glob("*.ipynb"))]

_FAILS, _ANY_OUTPUT = "raises-exception", "nbval-ignore-output"
# A handshake of two threads, where there is but one: lesson 7 says so.
_ALONE = {"two threads:             [1, 1]": "two threads:             [0, 0]"}
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Shown:
    """What a cell gave: text printed, texts shown, how many pictures of Matplotlib's, its error's message."""

    printed: str = ""
    texts: list[str] = field(default_factory=list)
    figures: int = 0
    error: str = ""

    def show(self, data):
        """Take one more output, given by kinds."""
        self.texts.append("".join(data["text/plain"]))
        # A picture of a graph has HTML beside it.
        self.figures += "image/png" in data and "text/html" not in data


class _Hook(DisplayHook):
    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        self.shell.shown.show(format_dict)


class _Publisher(DisplayPublisher):
    def publish(self, data, metadata=None, *, transient=None, update=False, **others):
        if not update:
            self.shell.shown.show(data)


class _Shell(InteractiveShell):
    displayhook_class = _Hook
    display_pub_class = _Publisher
    shown = Shown()

    def _showtraceback(self, etype, evalue, stb):
        self.shown.error = f"{etype.__name__}: {evalue}"

    def run(self, code):
        """Run a cell. What it writes to stderr is an error, as it would be in a lesson."""
        self.shown = Shown()
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            self.run_cell(code, store_history=True)
        assert not err.getvalue()
        self.shown.printed = out.getvalue()
        return self.shown


@pytest.fixture
def shell(monkeypatch):
    """A shell that draws as a notebook does; no graph was made and no exercise tried before."""
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    _Shell.clear_instance()
    settings = Config()
    settings.HistoryManager.enabled = False
    monkeypatch.setattr(checking, "_tallies", {})
    with NameManager():
        instance = _Shell.instance(config=settings)
        # Matplotlib's part for notebooks does it once, for the first shell only.
        select_figure_formats(instance, {"png"})
        yield instance
    _Shell.clear_instance()


@pytest.mark.parametrize(
    "path", NOTEBOOKS, ids=lambda path: path.relative_to(LESSONS).with_suffix("").as_posix()
)
def test_a_notebook_runs_and_its_exercises_hold(path, shell, monkeypatch):
    monkeypatch.chdir(path.parent)
    wrong = []
    for number, cell in enumerate(_code_cells(path)):
        code = "".join(cell["source"])
        found, saved = shell.run(code), _saved(cell)
        tags = cell["metadata"].get("tags", [])
        if bool(found.error) != bool(saved.error) and not (found.error and _ANY_OUTPUT in tags):
            wrong.append(f"cell {number} {code}\n{found.error}")
        elif _ANY_OUTPUT not in tags and _settled(found) != _settled(saved):
            wrong.append(f"cell {number} {code}\n{_settled(found)}\n{_settled(saved)}")
    if path.parent == LESSONS:
        for exercise in catalogue.of_lesson(int(path.stem[:2])):
            wrong += _unlike(shell, exercise, path.stem)
    assert not wrong, "\n\n".join(wrong)


def _unlike(shell, exercise, stem):
    """What an exercise does not say as it should, for its solution and for each listed mistake."""
    cells = _code_cells(LESSONS / "solutions" / f"{stem}.ipynb")
    tag = f"solution-{exercise.id}"
    [solution] = ["".join(c["source"]) for c in cells if tag in c["metadata"].get("tags", [])]
    for _, what, code, wanted in trials(exercise, solution):
        found = shell.run(code)
        if not re.search(wanted, "\n".join([found.printed, *found.texts]).strip()):
            yield f"{what}: {found}"


def _code_cells(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def _saved(cell):
    """What the saved notebook has for a cell."""
    shown = Shown()
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            shown.printed += "".join(output["text"])
            if sys.platform == "emscripten":
                for text, instead in _ALONE.items():
                    shown.printed = shown.printed.replace(text, instead)
        elif output["output_type"] == "error":
            shown.error = f"{output['ename']}: {_ANSI.sub('', output['evalue'])}"
        else:
            shown.show(output["data"])
    return shown


def _settled(shown):
    """It, but for what another machine measures otherwise."""
    texts = [text for text in shown.texts if not text.startswith("Timeline of")]
    return [shown.figures, *map(sanitized, (shown.printed, *texts, shown.error))]
