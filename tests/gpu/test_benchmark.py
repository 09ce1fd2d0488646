"""The benchmark on a GPU, at toy size: every workload runs and is right. Nothing is asserted about time."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from benchmarks import gpu_workloads, simulated
from benchmarks.peers import by_hand
from benchmarks.suite import Suite
from benchmarks.timing import Settings
from benchmarks.workloads import Workload

BRIEF = Settings(repeat=1, shortest=1e-6, warm=0.0, budget=10.0)
BY_HAND = {*by_hand.programs(np, np.asarray, np.asarray), "import"}
FUSED = {"e", "chain", "line", "mix", "distance"}
PEERS = ["symbook", "cupy", "cupy-fuse", "copy", "blas"]


@pytest.fixture(scope="module", params=[pytest.param("device", marks=pytest.mark.gpu), "simulated"])
def suite(request: pytest.FixtureRequest) -> Iterator[Suite]:
    """The peers that need nothing but CuPy, in processes of their own."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "simulated":
            patch.setenv(simulated.VARIABLE, "1")
        made = Suite(PEERS, {}, BRIEF, toy=True, say=lambda text: None, device="gpu")
        yield made
        made.close()


@pytest.mark.parametrize("workload", gpu_workloads.WORKLOADS, ids=lambda workload: workload.name)
def test_symbook_and_cupy_run_it_and_are_right(suite: Suite, workload: Workload) -> None:
    if workload.kind == "import" and "Simulated" in suite.found["device"]["name"]:
        pytest.skip("starting Python takes seconds, and imports no CuPy here")
    row = suite.run(workload)
    assert row["failed"] == {}
    assert "symbook" in row["figures"]
    assert ("cupy" in row["figures"]) == (workload.kind in BY_HAND)
    assert ("cupy-fuse" in row["figures"]) == (workload.kind in FUSED)
    assert all(figure > 0 for figures in row["figures"].values() for figure in figures)


def test_the_device_is_told(suite: Suite) -> None:
    assert suite.found["device"]["name"]
    assert suite.found["device"]["memory"] > 0
    assert suite.found["peers"]["symbook"]["TF32"] is False


@pytest.mark.parametrize("peer", ["jax", "torch"])
def test_other_peers_make_the_same_on_the_cpu(peer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where they are installed: what they run on a GPU, on the device that they have here."""
    if importlib.util.find_spec(peer) is None:
        pytest.skip(f"{peer} is not installed")
    monkeypatch.setenv(simulated.VARIABLE, "1")
    peers = [peer, "torch-tf32"] if peer == "torch" else [peer]
    made = Suite(peers, {}, BRIEF, toy=True, say=lambda text: None, device="gpu")
    try:
        rows = [made.run(workload) for workload in gpu_workloads.WORKLOADS]
    finally:
        made.close()
    assert [row["failed"] for row in rows] == [{}] * len(rows)
    assert all(any(name in row["figures"] for row in rows) for name in peers)


def test_a_run_without_time_says_what_it_left_out(tmp_path: Path, root: Path) -> None:
    result = tmp_path / "result.json"
    options = ["--toy", "--quick", "--peers", "cupy", "--no-bounds", "--seconds", "0"]
    command = [sys.executable, "-m", "tests.benchmarks", "gpu", *options, "--json", str(result)]
    surroundings = {**os.environ, simulated.VARIABLE: "1"}
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, check=True, env=surroundings
    )
    found = json.loads(result.read_text())
    names = [workload.name for workload in gpu_workloads.WORKLOADS]
    assert found["left out"] == names
    assert f"There was no time for {', '.join(names)}." in done.stdout
