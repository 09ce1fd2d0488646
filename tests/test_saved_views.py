"""Notebooks with views, as they are saved: each run says the same, so that they can be compared."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import build_lessons
import nbformat
import pytest
from notebooks import ROOT

pytestmark = [pytest.mark.notebook, pytest.mark.slow]

CELLS = [
    "%load_ext symbook\nimport symbook as mx",
    "%%symgraph --step --bind A=1 B=2 C=3 D=4\nE = (A*B) + (C*D)",
    "%%symgraph --grad -b A=1.0 B=2.0 C=3.0 D=4.0\nE = (A*B) + (C*D)",
    "%%symgraph --timeline -b A=mx.nd.ones((300,300)) B=2.0\nF = mx.sym.dot(A, A) * B + mx.sym.exp(A)",
    "%%symgraph --optimized --shapes A=(300,300)\nF = mx.sym.exp(A * 1) + mx.sym.exp(A)",
    '%%symgraph -p -g -l -z -i -t "All at once" -d LR -c cpu() -o all.svg -o all.html -S\nE',
    "executor = E.bind(mx.cpu(), {name: mx.nd.array([2.0]) for name in 'ABCD'})\n%symstep executor",
    "%symops matrix product",
    "from symbook.views import Inside, Timeline\nInside(executor)",
    "Timeline(executor)",
]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook of every option, run and saved as a lesson is."""
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells)
    build_lessons.run(notebook)
    build_lessons.normalise(notebook)
    build_lessons.check(notebook)
    path = tmp_path_factory.mktemp("saved") / "views.ipynb"
    nbformat.write(notebook, path)
    return path


def test_another_run_says_the_same(saved: Path) -> None:
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q"]
    command += ["-p", "no:cacheprovider", f"--rootdir={saved.parent}", "-c", "/dev/null"]
    command += [f"--nbval-sanitize-with={ROOT / 'tests' / 'nbval_sanitize.cfg'}", str(saved)]
    done = subprocess.run(command, cwd=saved.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert f"{len(CELLS)} passed" in done.stdout


def test_what_is_saved_is_static_and_says_when_it_was_measured(saved: Path) -> None:
    notebook = nbformat.read(saved, as_version=4)
    shown = [output.data for cell in notebook.cells for output in cell.outputs if "data" in output]
    assert all("text/html" in data or list(data) == ["text/plain"] for data in shown)
    for data in shown:
        # Outside of what is marked as measured, no time and no thread is told.
        said = re.sub(
            r"<!-- measured -->.*?<!-- /measured -->",
            "",
            data.get("text/html", ""),
            flags=re.DOTALL,
        )
        said = re.sub(r'src="data:[^"]*"|<pre>.*?</pre>', "", said, flags=re.DOTALL)
        assert not re.search(r"\bthread \d|\d (ms|µs)\b", said)


def test_no_picture_is_there_twice(saved: Path) -> None:
    notebook = nbformat.read(saved, as_version=4)
    for cell in notebook.cells[1:6]:
        html = "".join(output.data.get("text/html", "") for output in cell.outputs)
        alts = re.findall(r'<img [^>]*alt="([^"]*)"', html)
        assert alts
        assert len(alts) == len(set(alts)), cell.source
