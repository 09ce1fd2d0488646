"""Turn the lessons' sources into notebooks with outputs: `python tests/build_lessons.py [LESSON …]`.

A lesson is `lessons/NAME.py`, in jupytext's percent format, and the solutions of its exercises are
`lessons/solutions/NAME.py`. Each is run in a clean kernel and written beside its source. Nothing in the
notebook tells where, when or by which version of Python it was run: a second run on the same machine
writes the same bytes. What is measured, and so never the same, stays as the notebook has it already.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import jupytext
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from sanitizing import sanitized

ROOT = Path(__file__).resolve().parent.parent
LESSONS = ROOT / "lessons"
SOLUTIONS = LESSONS / "solutions"
EXPECTED_ERROR = "raises-exception"

_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")
_LIVE = "application/vnd.jupyter.widget-view+json"
_SECONDS_PER_CELL = 120
_ANY_OUTPUT = "nbval-ignore-output"
_MEASURED = ("measured", "measured text")


class LessonError(Exception):
    """A lesson that must not be published as it ran."""


def sources() -> list[Path]:
    """The sources of the lessons, in order, and then those of their solutions."""
    return [*sorted(LESSONS.glob("*.py")), *sorted(SOLUTIONS.glob("*.py"))]


def read(source: Path) -> NotebookNode:
    """A lesson as its source says it, not run. The cells' ids depend on their positions only."""
    notebook = jupytext.read(source, fmt="py:percent")
    notebook.metadata = nbformat.from_dict(_METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number:02}"
        # The rest is jupytext's notes on the layout of the source.
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
    return notebook


def run(notebook: NotebookNode, inside: str = ".") -> None:
    """Run all cells in a clean kernel, in a folder that has nothing but the lessons' data.

    Parameters
    ----------
    inside : str
        In which folder of the lessons: `solutions` for a notebook of solutions.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails that is not tagged as one that does.
    """
    with _no_settings() as folder:
        client = NotebookClient(
            notebook,
            timeout=_SECONDS_PER_CELL,
            kernel_name="python3",
            record_timing=False,
            # What is printed comes in one piece or in several, as the clock has it.
            coalesce_streams=True,
            resources={"metadata": {"path": str(folder / inside)}},
        )
        client.execute()
    # The kernel has put its own version there.
    notebook.metadata = nbformat.from_dict(_METADATA)


@contextmanager
def _no_settings() -> Iterator[Path]:
    """An empty folder to work in; the profiles and kernels of this machine's user have no say."""
    with tempfile.TemporaryDirectory(prefix="symbook-lesson-") as name:
        folder = Path(name)
        names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
        settings = {name: str(folder / name.lower()) for name in names}
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        settings |= {"PYTHONPATH": os.pathsep.join(paths), "JUPYTER_PLATFORM_DIRS": "1"}
        work = folder / "work"
        (work / SOLUTIONS.name).mkdir(parents=True)
        if (LESSONS / "data").is_dir():
            shutil.copytree(LESSONS / "data", work / "data")
        with mock.patch.dict(os.environ, settings):
            yield work


def normalise(notebook: NotebookNode) -> None:
    """Take out what differs between two runs: where in memory objects are, and live views.

    The static form of a view is an output of its own, and stays, as does the line that says where it lives.
    """
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(_LIVE, None)
            for kind, value in output.get("data", {}).items():
                if kind.startswith("text/"):
                    output.data[kind] = _ADDRESS.sub("0x7f0000000000", value)


def settle(notebook: NotebookNode, saved: NotebookNode) -> None:
    """Keep from the saved notebook what another run measures anew, where the cell and the rest are the same.

    These are the measured parts of views, and all outputs of a cell whose outputs nobody compares.
    """
    before = {cell.id: cell for cell in saved.cells if cell.cell_type == "code"}
    for cell in notebook.cells:
        old = before.get(cell.id)
        if cell.cell_type != "code" or old is None or old.source != cell.source:
            continue
        if _ANY_OUTPUT in cell.metadata.get("tags", []):
            cell.outputs = old.outputs
        elif len(old.outputs) == len(cell.outputs):
            pairs = zip(old.outputs, cell.outputs, strict=True)
            cell.outputs = [a if _alike_but_for_times(a, b) else b for a, b in pairs]


def _alike_but_for_times(one: NotebookNode, other: NotebookNode) -> bool:
    """Whether two outputs have something measured in them, and are the same but for that."""
    texts = [_texts(one), _texts(other)]
    unmeasured = [{kind: _unmeasured(text) for kind, text in each.items()} for each in texts]
    return unmeasured[0] == unmeasured[1] and texts[0] != unmeasured[0]


def _texts(output: NotebookNode) -> dict[str, str]:
    return {k: text for k, text in output.get("data", {}).items() if k.startswith("text/")}


def _unmeasured(text: str) -> str:
    return sanitized(text, *_MEASURED)


def check(notebook: NotebookNode) -> None:
    """Raise LessonError for what a learner must not be given."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, 1):
        if cell.execution_count != number:
            raise LessonError(f"code cell {number} was run as number {cell.execution_count}")
        failed = any(output.output_type == "error" for output in cell.outputs)
        if failed != (EXPECTED_ERROR in cell.metadata.get("tags", [])):
            raise LessonError(
                f"code cell {number}: fails without the tag {EXPECTED_ERROR}, or the reverse"
            )
        for output in cell.outputs:
            if output.get("name") == "stderr":
                raise LessonError(f"code cell {number} wrote to stderr: {output.text}")
            if any("widget" in kind for kind in output.get("data", {})):
                raise LessonError(f"code cell {number} has a widget among its outputs")
    text = nbformat.writes(notebook)
    for place in {str(ROOT), str(Path.home()), sys.prefix, tempfile.gettempdir()}:
        if f"{place}{os.sep}" in text:
            raise LessonError(f"the notebook names the folder {place}")


def place(source: Path) -> str:
    """In which folder of the lessons a source is run."""
    return SOLUTIONS.name if source.parent.name == SOLUTIONS.name else "."


def finish(notebook: NotebookNode, target: Path) -> None:
    """Make a notebook that was run fit to be published as `target`."""
    normalise(notebook)
    if target.exists():
        settle(notebook, nbformat.read(target, as_version=4))
    check(notebook)
    nbformat.validate(notebook)


def build(source: Path) -> Path:
    """Run one lesson and write its notebook; give the notebook's path."""
    notebook = read(source)
    run(notebook, place(source))
    target = source.with_suffix(".ipynb")
    finish(notebook, target)
    target.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    return target


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Run the lessons and write them with their outputs."
    )
    parser.add_argument(
        "lesson",
        nargs="*",
        help="only these and their solutions, such as 02_symbols; otherwise all",
    )
    chosen = parser.parse_args().lesson
    unknown = set(chosen) - {source.stem for source in sources()}
    if unknown:
        parser.error(f"there is no lesson {', '.join(sorted(unknown))}")
    for source in sources():
        if not chosen or source.stem in chosen:
            print(build(source).relative_to(ROOT))


if __name__ == "__main__":
    main()
