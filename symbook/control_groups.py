"""Linux's control groups of this process, as containers have them: the folders whose files say its limits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")


def folders(controller: str, root: Path = ROOT, own: Path = OWN) -> Iterator[Path]:
    """The folders of the groups of this process and of all those above, which may not be there.

    A container sees its own group as the uppermost. In version 2 of control groups all controllers share
    them, in version 1 each has folders of its own.

    Parameters
    ----------
    controller : str
        `cpu` or `memory`.
    root, own : Path
        Where the groups are, and the file that names those of this process.
    """
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        base = root / controller if controllers else root
        for group in (Path(path), *Path(path).parents):
            yield base / str(group).lstrip("/")
