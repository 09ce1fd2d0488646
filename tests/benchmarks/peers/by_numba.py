"""A loop over the elements, fused by hand and compiled by Numba, on all cores: a bound, not a peer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from ..program import Arrays, Builder, Program, Size

# Elements from which several threads help.
_WORTH_THREADS = 20_000

_quarter = np.float32(0.25)
_half = np.float32(0.5)
_one = np.float32(1)


def _e(a: Any, b: Any, c: Any, d: Any, out: Any) -> None:
    for i in numba.prange(len(out)):
        out[i] = (a[i] * b[i]) + (c[i] * d[i])


def _chain(x: Any, y: Any, w: Any, out: Any) -> None:
    for i in numba.prange(len(out)):
        z = x[i]
        for _ in range(10):
            z = (z * y[i] + _quarter - x[i]) / w[i]
        out[i] = z


def about() -> dict[str, Any]:
    """What runs here."""
    return {"version": numba.__version__, "threads": numba.get_num_threads()}


def _of(function: Callable[..., None]) -> Builder:
    def build(size: Size, inputs: Arrays) -> Program:
        arrays = [array.reshape(-1) for array in inputs.values()]
        shape = next(iter(inputs.values())).shape
        out = np.empty_like(arrays[0])
        # As NumPy has it: x/0 is inf.
        loop = numba.njit(parallel=len(out) >= _WORTH_THREADS, error_model="numpy")(function)
        return Program(lambda: loop(*arrays, out), lambda: {"out": out.reshape(shape)})

    return build


PROGRAMS: dict[str, Builder] = {"e": _of(_e), "chain": _of(_chain)}
