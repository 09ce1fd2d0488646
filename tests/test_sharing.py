"""What each worker of pytest-xdist is given."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("xdist", reason="pytest-xdist is not installed")

import sharing

FILE = """
import os, pathlib, pytest

@pytest.mark.parametrize("case", range(3))
def test_it(case):
    with pathlib.Path(__file__).with_name("done").open("a") as file:
        file.write(f"{__name__} {case} {os.environ['PYTEST_XDIST_WORKER']}\\n")
"""


def test_a_file_is_one_unit_unless_it_has_very_many_tests():
    small = [f"a.ipynb::Cell {k}" for k in range(sharing._MOST_TESTS)]
    large = [f"b.py::test[{k}::]" for k in range(2 * sharing._MOST_TESTS + 1)]
    found = sharing.units([*small, *large])
    assert len({found[nodeid] for nodeid in small}) == 1
    counts: dict[str, int] = {}
    for nodeid in large:
        counts[found[nodeid]] = counts.get(found[nodeid], 0) + 1
    assert list(counts.values()) == [sharing._MOST_TESTS, sharing._MOST_TESTS, 1]
    assert not {found[nodeid] for nodeid in small} & set(counts)


def test_each_file_has_one_worker_and_keeps_its_order(tmp_path: Path):
    for k in range(4):
        (tmp_path / f"file_{k}.py").write_text(FILE)
    (tmp_path / "conftest.py").write_text(
        "def pytest_xdist_make_scheduler(config, log):\n"
        "    import sharing\n"
        "    return sharing.Sharing(config, log)\n"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    here = str(Path(sharing.__file__).parent)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "2", str(tmp_path)]
    done = subprocess.run(
        [*command, "-c", os.devnull, "--rootdir", str(tmp_path), "-o", "python_files=file_*.py"],
        capture_output=True, text=True, env={**kept, "PYTHONPATH": here}, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b12 passed", done.stdout)
    lines = [line.split() for line in (tmp_path / "done").read_text().splitlines()]
    for k in range(4):
        mine = [(case, worker) for file, case, worker in lines if file == f"file_{k}"]
        assert ["0", "1", "2"] == [case for case, _ in mine]
        assert len({worker for _, worker in mine}) == 1
    assert {"gw0", "gw1"} == {worker for *_, worker in lines}
