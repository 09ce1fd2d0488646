"""`run.sh`, with a simulated device: what it runs, writes and says, and that it tells of failures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks import simulated

SCRIPT = Path(__file__).with_name("run.sh")
TEST = "tests/gpu/test_tutorial.py::test_bind_and_forward_read_14"
BENCHMARK = "--toy --quick --repeat 1 --no-bounds --peers cupy --workloads e-1"


def run(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    given = {
        "PYTHON": sys.executable, "TESTS": TEST, "BENCHMARK": BENCHMARK, simulated.VARIABLE: "1",
    }  # fmt: skip
    command = ["bash", str(SCRIPT), str(folder)]
    return subprocess.run(
        command, capture_output=True, text=True, env={**kept, **given, **variables}, check=False
    )


@pytest.mark.slow
def test_all_parts_run_and_their_outputs_are_in_one_folder(tmp_path: Path) -> None:
    done = run(tmp_path / "out")
    assert done.returncode == 0, done.stdout + done.stderr
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert files == {
        "summary.txt", "environment.txt", "whole.txt", "benchmark.txt", "benchmark.json",
        "memcheck.txt",
    }  # fmt: skip
    said = (tmp_path / "out" / "summary.txt").read_text()
    assert said == done.stdout
    for part in (
        "passed  whole",
        "1 passed",
        "passed  benchmark",
        "passed  memcheck",
        "All passed",
    ):
        assert part in said
    assert "softmax is right" in (tmp_path / "out" / "memcheck.txt").read_text()
    found = json.loads((tmp_path / "out" / "benchmark.json").read_text())
    assert set(found["workloads"][0]["figures"]) == {"symbook", "cupy"}


@pytest.mark.slow
def test_a_failure_is_told_and_the_other_parts_run(tmp_path: Path) -> None:
    done = run(tmp_path, TESTS="tests/gpu/there_is_none.py", BENCHMARK="--workloads nothing")
    assert done.returncode == 1
    assert "FAILED  whole" in done.stdout
    assert "no workload is called nothing" in done.stdout
    assert "passed  memcheck" in done.stdout
    assert "Something failed" in done.stdout


def test_without_a_python_that_sees_a_device_it_says_what_is_needed(tmp_path: Path) -> None:
    """And fetches nothing: there is no `python3` to make an environment with."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "dirname", "mkdir", "mktemp", "rm", "tee", "grep"):
        found = subprocess.run(["which", name], capture_output=True, text=True, check=True)
        (tools / name).symlink_to(found.stdout.strip())
    done = run(tmp_path / "out", PATH=str(tools), PYTHON="")
    assert done.returncode == 1
    assert "Set PYTHON to one" in done.stdout


@pytest.mark.skipif(
    any(map(os.path.exists, ("/dev/nvidiactl", "/dev/dxg", "/dev/nvhost-ctrl"))),
    reason="there is a driver here",
)
def test_without_a_driver_no_environment_is_made(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("python3", "python", "nvidia-smi"):
        (tools / name).write_text(f"#!/bin/sh\necho {name} $* >>{tmp_path}/called\nexit 1\n")
        (tools / name).chmod(0o755)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    done = run(tmp_path / "out", PATH=path, PYTHON="", **{simulated.VARIABLE: ""})
    assert done.returncode == 1
    assert "there is no NVIDIA driver here" in done.stdout
    called = (tmp_path / "called").read_text().splitlines()
    assert set(called) == {"python3 -", "python -", "nvidia-smi -L"}  # no `python3 -m venv`


def test_a_python_without_a_device_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "cupy.py").write_text("raise ImportError('there is no device')")
    done = run(tmp_path / "out", **{simulated.VARIABLE: "", "PYTHONPATH": str(tmp_path)})
    assert done.returncode == 1
    assert "cannot be used: ImportError: there is no device" in done.stdout
    assert not (tmp_path / "out" / "whole.txt").exists()


def test_without_hypothesis_its_tests_are_skipped_and_the_others_run(root: Path) -> None:
    start = "import sys; sys.modules['hypothesis'] = None; import pytest; "
    options = ["-o", "addopts=", "-p", "no:cacheprovider", "-q", "-rs", "-m", "not gpu"]
    done = subprocess.run(
        [sys.executable, "-c", start + "sys.exit(pytest.main(sys.argv[1:]))", *options,
         "tests/gpu/test_sequences.py"],
        cwd=root, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )  # fmt: skip
    assert "Hypothesis is not installed" in done.stdout
    assert " passed" in done.stdout
