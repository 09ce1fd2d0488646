"""Lines to type where something is missing: made for the Python that is running."""

from __future__ import annotations

import re
import sys

CUPY_REQUIREMENT = {12: "cupy-cuda12x[ctk]>=14", 13: "cupy-cuda13x[ctk]>=14"}
"""What to install for a driver that serves this major version of CUDA, as in our extras."""

# CUDA 13 computes on GPUs from this version of their abilities on (Turing).
_LEAST_FOR_13 = (7, 5)


def pip_install(*requirements: str) -> str:
    """The line that installs into this environment, for a POSIX shell as for those of Windows.

    It names the interpreter, as `python` and `pip` may be another's. Double quotes serve everywhere,
    but a quoted program is not run by PowerShell: it is quoted only where it must be.
    """
    quoted = (name if re.fullmatch(r"[\w.-]+", name) else f'"{name}"' for name in requirements)
    return f"{_python()} -m pip install {' '.join(quoted)}"


def pip_uninstall(*names: str) -> str:
    """The line that takes distributions out of this environment."""
    return f"{_python()} -m pip uninstall -y {' '.join(names)}"


def _python() -> str:
    python = sys.executable or "python"
    return f'"{python}"' if re.search(r"[^\w./\\:~+-]", python) else python


def fitting_cuda(
    driver: tuple[int, int], capabilities: list[tuple[int, int]] | None = None
) -> int | None:
    """The major version of CUDA that CuPy should be made for; None if the driver is too old for all.

    Parameters
    ----------
    driver : tuple of int
        The newest CUDA version that it serves.
    capabilities : list of tuple of int, optional
        The GPUs' compute capabilities. One that CUDA 13 has left behind asks for CUDA 12.
    """
    served = [major for major in CUPY_REQUIREMENT if major <= driver[0]]
    if not served:
        return None
    return 12 if capabilities and min(capabilities) < _LEAST_FOR_13 else max(served)
