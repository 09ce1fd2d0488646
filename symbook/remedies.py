"""Lines to type where something is missing: made for the Python that is running."""

from __future__ import annotations

import re
import sys

CUPY_REQUIREMENT = {12: "cupy-cuda12x[ctk]>=14", 13: "cupy-cuda13x[ctk]>=14"}
"""What to install for a driver that serves this major version of CUDA, as in our extras."""


def pip_install(*requirements: str) -> str:
    """The line that installs into this environment, for a POSIX shell as for those of Windows.

    It names the interpreter, as `python` and `pip` may be another's. Double quotes serve everywhere,
    but a quoted program is not run by PowerShell: it is quoted only where it must be.
    """
    python = sys.executable or "python"
    if re.search(r"[^\w./\\:~+-]", python):
        python = f'"{python}"'
    quoted = (name if re.fullmatch(r"[\w.-]+", name) else f'"{name}"' for name in requirements)
    return f"{python} -m pip install {' '.join(quoted)}"
