"""Short forms of what is run for long by commands: `tests/soak.py`, `tests/stress.py`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from soak import GROWTH, OBJECTS
from stress import Trial, stress

from symbook import workers

RECORDED = Path(__file__).parent / "recorded"
NAMES = ("soak", "stress")


def test_memory_is_flat(root) -> None:
    """In a process of its own, where nothing else makes and frees memory."""
    found = subprocess.run(
        [sys.executable, "-m", "tests.soak", "--forwards", "12000", "--seed", "1"],
        capture_output=True, text=True, timeout=300, cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert found.stdout.endswith("memory is flat\n"), found.stdout + found.stderr
    assert (0, "") == (found.returncode, found.stderr)


def test_any_order_gives_the_same_bits() -> None:
    found = stress(0, 15)
    assert [] == found["failed"]
    assert found["pauses"] > 100


def test_a_trial_finds_what_is_wrong(monkeypatch) -> None:
    """Who ends a job does not wait for those who help: their values are not there, or come too late."""
    monkeypatch.setattr(workers.job._Visit, "wait", lambda visit: None)
    assert stress(0, 40, lambda text: None)["failed"]


def test_what_is_recorded() -> None:
    """The long runs that the page tells of."""
    soak, stressed = (json.loads((RECORDED / f"{name}.json").read_text()) for name in NAMES)
    assert soak["forwards"] >= 1_000_000
    assert soak["grown by bytes"] < GROWTH
    assert soak["grown by objects"] < OBJECTS
    assert [] == stressed["failed"]
    page = (RECORDED.parent / "README.md").read_text(encoding="utf-8")
    assert f"{soak['forwards']:,} runs" in page
    assert f"{stressed['seeds'][1] - stressed['seeds'][0]:,} graphs" in page
    assert f"{stressed['pauses']:,} pauses" in page


def test_a_seed_is_the_same_graph_again() -> None:
    assert Trial(7)._case.symbol.tojson() == Trial(7)._case.symbol.tojson()
