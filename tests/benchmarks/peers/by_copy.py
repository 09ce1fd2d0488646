"""A bound: copying as many bytes as the workload must read and write, on all cores."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from ..program import Arrays, Builder, Program, Size

# Elements below which nothing is bound by memory.
_LEAST = 100_000


def about() -> dict[str, Any]:
    """What runs here."""
    return {"version": np.__version__, "threads": len(os.sched_getaffinity(0))}


def _copy(size: Size, inputs: Arrays) -> Program | None:
    first = next(iter(inputs.values()))
    if first.size < _LEAST:
        return None
    nbytes = (len(inputs) + 1) * first.nbytes
    source = np.ones(nbytes // 2, np.uint8)
    target = np.zeros_like(source)
    threads = len(os.sched_getaffinity(0))
    pairs = list(zip(np.array_split(target, threads), np.array_split(source, threads), strict=True))
    pool = ThreadPoolExecutor(threads)

    def call() -> None:
        list(pool.map(lambda pair: np.copyto(*pair), pairs))

    return Program(call, work={"bytes": nbytes})


PROGRAMS: dict[str, Builder] = {"e": _copy, "chain": _copy, "mix": _copy}
