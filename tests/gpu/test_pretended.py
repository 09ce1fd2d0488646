"""What is recorded of CuPy is what the CuPy that is installed does."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SIMULATED = HERE / "simulated"


def _why_not() -> str:
    """Why CuPy cannot be asked here; empty when it can."""
    if importlib.util.find_spec("cupy") is None:
        return "CuPy is not installed"
    recorded = json.loads((SIMULATED / "facts.json").read_text())["version"]
    versions = [each.version for each in importlib.metadata.distributions() if _is_cupy(each)]
    if recorded not in versions:
        return f"CuPy {recorded} is recorded, and {', '.join(versions)} installed"
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        return "it is for Linux on x86-64"
    if not (shutil.which(os.environ.get("CC", "cc")) and shutil.which("nm")):
        return "there is no C compiler, or no nm"
    return ""


def _is_cupy(found: importlib.metadata.Distribution) -> bool:
    return found.metadata["Name"].startswith("cupy-cuda")


@pytest.mark.slow
@pytest.mark.parametrize("what", ["facts", "behaviour"])
def test_the_record_is_right(what: str, tmp_path: Path) -> None:
    reason = _why_not()
    if reason:
        pytest.skip(reason)
    paths = [str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
    subprocess.run(
        [sys.executable, "-m", f"pretended.record_{what}", str(tmp_path / "found.json")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        check=True,
    )
    found = json.loads((tmp_path / "found.json").read_text())
    assert found == json.loads((SIMULATED / f"{what}.json").read_text())
