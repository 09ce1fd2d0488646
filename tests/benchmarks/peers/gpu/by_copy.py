"""A bound: copying, on the device, as many bytes as the workload must read and write."""

from __future__ import annotations

import cupy

from ...program import Arrays, Builder, Program, Size
from .device import about as about
from .device import wait

# Bytes below which caches and the launch decide, and not memory.
_LEAST = 100_000_000


def _of(outputs: int) -> Builder:
    """Where results are `outputs` times as large as the first input; 0 if next to nothing."""

    def build(size: Size, inputs: Arrays) -> Program | None:
        first = next(iter(inputs.values()))
        nbytes = (len(inputs) + outputs) * first.nbytes
        if nbytes < _LEAST:
            return None
        source = cupy.ones(nbytes // 2, cupy.uint8)
        target = cupy.zeros_like(source)
        return Program(lambda: cupy.copyto(target, source), work={"bytes": nbytes}, wait=wait)

    return build


PROGRAMS: dict[str, Builder] = {
    "e": _of(1), "chain": _of(1), "line": _of(1), "mix": _of(1), "softmax": _of(1),
    "distance": _of(0),
}  # fmt: skip
