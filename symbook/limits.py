"""How much memory this process may have: the machine's, its container's, and what `ulimit` says."""

from __future__ import annotations

import contextlib
import functools
import os
from pathlib import Path
from typing import Any, NamedTuple

from . import control_groups

resource: Any = None
with contextlib.suppress(ImportError):  # Windows has no such limits
    import resource


class Limit(NamedTuple):
    """So many bytes, and why no more.

    Attributes
    ----------
    nbytes : int
    reason : str
        Empty, or what limits it, for a message.
    """

    nbytes: int
    reason: str = ""


def memory() -> Limit | None:
    """What all memory of this process together may take; None where the system does not say.

    That is the machine's physical memory, without what it could swap out, or what the process's control
    groups may have, if that is less.
    """
    try:
        machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
    group = _of_groups()
    if group is not None and group < machine:
        return Limit(group, "the limit of its control group, or container")
    return Limit(machine)


def address_space() -> Limit | None:
    """What this process may still ask the system for; None where that is not limited.

    `ulimit -v` and `ulimit -d` limit what was asked for, used or not: pages of files and stacks count.
    """
    if resource is None:
        return None
    used = None
    found = []
    for name, column, command in (("RLIMIT_AS", 0, "-v"), ("RLIMIT_DATA", 5, "-d")):
        if not hasattr(resource, name):  # a browser's Python knows no limits
            continue
        most = resource.getrlimit(getattr(resource, name))[0]
        if most == resource.RLIM_INFINITY:
            continue
        used = used or _pages()
        left = max(0, most - used[column] * resource.getpagesize())
        found.append(Limit(left, f"of the {most:,} bytes of `ulimit {command}`"))
    return min(found, default=None)


def _pages(path: Path = Path("/proc/self/statm")) -> list[int]:
    """How many pages of address space this process has, by kind; nothing where that is not told."""
    try:
        return [int(text) for text in path.read_text().split()]
    except (OSError, ValueError):
        return [0] * 7


@functools.cache
def _of_groups(root: Path = control_groups.ROOT, own: Path = control_groups.OWN) -> int | None:
    """The least that the control groups of this process may have; None if that is not limited.

    `memory.max` of version 2 has bytes or `max`; version 1 has a number that is beyond all memory for none.
    """
    found = []
    for folder in control_groups.folders("memory", root, own):
        for name in ("memory.max", "memory.limit_in_bytes"):
            try:
                found.append(int((folder / name).read_text()))
            except (OSError, ValueError):
                continue
    return min(found, default=None)
