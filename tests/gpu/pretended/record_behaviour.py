"""Write simulated/behaviour.json: what the real CuPy answers to the calls in simulated/calls.py.

PYTHONPATH=tests/gpu python -m pretended.record_behaviour [FILE]
"""

from __future__ import annotations

import importlib.util
import json
import sys
import warnings
from pathlib import Path

import cupy

SIMULATED = Path(__file__).parent.parent / "simulated"


def main(target: Path) -> None:
    # Not as a part of its package, which is the simulation.
    spec = importlib.util.spec_from_file_location("calls", SIMULATED / "calls.py")
    assert spec is not None
    assert spec.loader is not None
    calls = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(calls)
    with warnings.catch_warnings(action="ignore"):
        found = calls.everything(cupy)
    target.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else SIMULATED / "behaviour.json")
