"""Colab: a lesson's first cell installs symbook among Colab's own versions, which are old, and it goes on.

The versions are in `colab.txt`; the Python is this one. A local repository stands in for the one on GitHub.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import nbformat
import pytest
from build_lessons import EXPECTED_ERROR, read
from environments import Environment, bare_environment, run
from lesson_files import FIRST_CELL, LESSON_SOURCES, SOURCES, code_cells, tags
from nbclient import NotebookClient

pytestmark = [pytest.mark.slow, pytest.mark.notebook]

GITHUB = "git+https://github.com/symbook/symbook"
IS_WHOLE = os.environ.get("SYMBOOK_EVERY_LESSON") == "1"


@pytest.fixture(scope="module")
def colab(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    made = Environment(tmp_path_factory.mktemp("colab"))
    made.install("--no-deps", "-r", root / "tests" / "colab.txt")
    return made


@pytest.fixture(scope="module")
def repository(root: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pip is to install: the checkout as it is now."""
    folder = tmp_path_factory.mktemp("github") / "symbook"
    folder.mkdir()
    for name in ("symbook", "lessons", "kernelspec"):
        shutil.copytree(root / name, folder / name)
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(root / name, folder)
    who = ["-c", "user.name=x", "-c", "user.email=x@example.invalid", "-c", "commit.gpgsign=false"]
    for words in (["init"], ["add", "."], [*who, "commit", "-m", "All"]):
        run(["git", *words, "-q"] if words[-1] != "." else ["git", *words], cwd=folder)
    return f"git+{folder.as_uri()}"


def cells(repository: str) -> list[nbformat.NotebookNode]:
    """The first lesson's, with the first cell that all lessons of the series have."""
    _, *rest = code_cells(read((LESSON_SOURCES or SOURCES)[0]))
    assert FIRST_CELL.count(GITHUB) == FIRST_CELL.count("%pip install ") == 1
    first = FIRST_CELL.replace(GITHUB, repository)
    if not IS_WHOLE:
        first = first.replace("%pip install ", "%pip install --no-deps ")
    return [nbformat.v4.new_code_cell(first), *rest, *map(wrong_cell, ("", "%%symgraph\n"))]


def wrong_cell(first_line: str) -> nbformat.NotebookNode:
    """One whose line `wrong = …` is found to be so by the next."""
    lines = (
        "a, b = mx.sym.Variable('A'), mx.sym.Variable('B')",
        "wrong = a * b",
        "wrong.infer_shape(A=(2,), B=(3,))",
    )
    code = first_line + "\n".join(lines)
    return nbformat.v4.new_code_cell(code, metadata={"tags": [EXPECTED_ERROR]})


def test_a_lesson_installs_symbook_and_goes_on(colab, repository, tmp_path, monkeypatch):
    """With all that pip would bring, if `SYMBOOK_EVERY_LESSON=1`; else with what Colab has."""
    before = colab.packages()
    kernel = tmp_path / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    argv = [str(colab.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    kernel.write_text(json.dumps({"argv": argv, "display_name": "Colab", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    notebook = nbformat.v4.new_notebook(cells=cells(repository))
    resources = {"metadata": {"path": str(tmp_path)}}
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources)
    client.execute(env=bare_environment())
    for cell in notebook.cells:
        failed = any(output.output_type == "error" for output in cell.outputs)
        assert failed == (EXPECTED_ERROR in tags(cell)), cell.source
    for line, cell in enumerate(notebook.cells[-2:], 2):
        mistake = cell.outputs[-1]
        assert f"made at  In[{cell.execution_count}], line {line}" in mistake.evalue
    shown = [kind for cell in notebook.cells for o in cell.outputs for kind in o.get("data", {})]
    assert "image/png" in shown or not IS_WHOLE
    assert "text/html" in shown

    if not IS_WHOLE:
        # symbook itself replaces nothing that the running kernel has imported, so it need not be restarted.
        now = colab.packages()
        assert {name: now.get(name) for name in before} == before
        told = run(["sh", "-c", f"'{colab.python}' -m pip check; true"]).splitlines()
        missing = [line for line in told if line.startswith("symbook ")]
        assert all("requires pygraphviz, which is not installed" in line for line in missing), told
