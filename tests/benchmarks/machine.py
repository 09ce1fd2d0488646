"""The machine that the figures belong to."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path
from typing import Any

# What sets the number of threads, and how they wait.
_VARIABLES = re.compile(r"(OMP|KMP|GOMP|MKL|OPENBLAS|NUMBA|NUMEXPR|MXNET|XLA|SYMBOOK)_\w+")


def describe() -> dict[str, Any]:
    """Processor, memory, system, Python, load, and variables of the environment about threads."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load": load(),
        "environment": {
            name: value for name, value in sorted(os.environ.items()) if _VARIABLES.fullmatch(name)
        },
    }


def load() -> list[float]:
    """How many processes wanted a core in the last 1, 5 and 15 minutes."""
    return [round(figure, 2) for figure in os.getloadavg()]


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor()
    text = info.read_text()
    found = {
        key: match[1]
        for key in ("model name", "cpu family", "model", "cache size")
        if (match := re.search(rf"^{key}\s*: (.*)$", text, re.MULTILINE))
    }
    name = found.pop("model name", platform.machine())
    more = ", ".join(f"{key} {value}" for key, value in found.items())
    return f"{name} ({more})" if more else name
