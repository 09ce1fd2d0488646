"""CuPy by hand, on its own stream, with its own products of float32."""

from __future__ import annotations

import cupy

from ...program import Builder
from ...simulated import starting
from ..by_hand import programs
from .device import about as about
from .device import wait

START = "import cupy; cupy.zeros(1); cupy.cuda.runtime.deviceSynchronize()"

PROGRAMS: dict[str, Builder] = {
    **programs(cupy, cupy.asarray, cupy.asnumpy, wait=wait),
    "import": starting(START),
}
