"""What `cupy.fuse` makes one kernel of: arithmetic, functions, and a sum of them."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import cupy

from ... import arithmetic
from ...program import Arrays, Builder, Latest, Program, Size
from .device import about as about
from .device import wait

_F = SimpleNamespace(
    tanh=cupy.tanh, exp=cupy.exp, log=cupy.log, sigmoid=lambda x: 1 / (1 + cupy.exp(-x))
)


def _mix(x: Any, y: Any) -> Any:
    return arithmetic.mix(_F, x, y)


def _distance(x: Any, y: Any) -> Any:
    return cupy.sum((x - y) * (x - y), axis=1)


def _of(function: Callable[..., Any]) -> Builder:
    def build(size: Size, inputs: Arrays) -> Program:
        given = [cupy.asarray(value) for value in inputs.values()]
        fused = cupy.fuse(function, kernel_name=f"fused_{function.__name__.strip('_')}")
        latest = Latest(lambda: fused(*given), lambda found: {"out": cupy.asnumpy(found)})
        return latest.program(wait=wait)

    return build


def _chain(x: Any, y: Any, w: Any) -> Any:
    return arithmetic.chain(x, y, w)


def _line(x: Any) -> Any:
    return arithmetic.line(x)


PROGRAMS: dict[str, Builder] = {
    "e": _of(arithmetic.e),
    "chain": _of(_chain),
    "line": _of(_line),
    "mix": _of(_mix),
    "distance": _of(_distance),
}
