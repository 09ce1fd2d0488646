"""A stand-in for CuPy, for tests where there is no GPU.

    with simulated.installed(seed=3) as world:
        import cupy

Arrays live in memory of the host, are as strict as CuPy's, and everything done with them is queued on
streams and done late, in an order that CUDA's rules allow. What CuPy offers is recorded in facts.json.
`World` (world.py) says what it counts and what it finds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .array import Pools
from .errors import NotSimulated, Race
from .modules import MADE
from .pool import MemoryPool
from .world import Current, World

__all__ = ["NotSimulated", "Race", "World", "installed"]


@contextmanager
def installed(
    seed: int = 0, devices: int = 2, memory: int = 2**33, eagerness: float = 0.05
) -> Iterator[World]:
    """`import cupy` gives the stand-in meanwhile, on a fresh machine.

    Parameters are those of `World`, which it gives.
    """
    kept = {name: each for name, each in sys.modules.items() if _is_cupy(name)}
    for name in kept:
        del sys.modules[name]
    before = Current.world
    Current.world = World(seed, devices, memory, eagerness)
    Pools.pool = MemoryPool()
    Pools.allocate = Pools.pool.malloc
    # What the stand-in lacks must not come from the real one.
    sys.modules.update(MADE)
    sys.modules["cupyx"] = None  # type: ignore[assignment]
    try:
        yield Current.world
    finally:
        Current.world = before
        for name in [name for name in sys.modules if _is_cupy(name)]:
            del sys.modules[name]
        sys.modules.update(kept)


def _is_cupy(name: str) -> bool:
    return name.split(".")[0] in ("cupy", "cupyx", "cupy_backends")
