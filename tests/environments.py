"""Virtual environments that know nothing of the checkout, and what is run in them.

They have no pip of their own, which takes seconds to make, and nothing in them is compiled before it is
imported: most of what is installed never is.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


class Environment:
    """A virtual environment, with a folder to work in; both have a space in their names.

    It is of this Python, or of the one whose command is `base`.
    """

    def __init__(self, folder: Path, base: str | Path = sys.executable) -> None:
        self.work = folder / "my work"
        self.work.mkdir()
        self.prefix = folder / "an environment"
        run([base, "-m", "venv", "--without-pip", self.prefix])
        self.scripts = self.prefix / ("Scripts" if os.name == "nt" else "bin")
        self.python = self.scripts / "python"
        self.symbook = self.scripts / "symbook"

    def pip(self, *words: object) -> list[object]:
        """A command of pip's, from outside."""
        return [sys.executable, "-m", "pip", "--python", self.python, *words]

    def install(self, *requirements: object) -> None:
        """What `pip install` with these words does."""
        run(self.pip("install", "-q", *requirements))

    def packages(self) -> dict[str, str]:
        """The versions of what is installed, by name."""
        found = run(self.pip("freeze")).split()
        return dict(line.split("==") for line in found if "==" in line)

    def runs(self, script: str, *words: str) -> str:
        """What a script prints that knows nothing of the checkout."""
        return run([self.python, "-I", "-c", script, *words], cwd=self.work)


def run(command: list[object], cwd: Path | None = None, **variables: str) -> str:
    """What a command prints; when it fails, the test fails with all that it said."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**bare_environment(), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def bare_environment() -> dict[str, str]:
    """This process's environment, less what would let this Python's packages through."""
    left_out = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "JUPYTER_PATH")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**kept, "PIP_COMPILE": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
