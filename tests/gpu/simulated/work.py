"""Work for the current stream: functions of CuPy's, and copies from the host."""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import STATUS, CUDARuntimeError
from .streams import current_queue, device_now
from .world import world


def strides_of(shape: Any, itemsize: int, order: str = "C") -> tuple[int, ...]:
    """Strides in bytes of a contiguous array."""
    strides, step = [], itemsize
    for length in shape if order == "F" else reversed(shape):
        strides.append(step)
        step *= max(length, 1)
    return tuple(strides if order == "F" else reversed(strides))


def refuse_capture() -> None:
    """What waits for the host cannot be captured."""
    capture = current_queue().capture
    if capture is not None:
        capture.broken = True
        raise CUDARuntimeError(STATUS["cudaErrorStreamCaptureUnsupported"])


def launch(
    name: str, run: Any, reads: list[Any], writes: list[Any], capturable: bool = False
) -> None:
    """Queue a function of CuPy's on the current stream; all arrays must be on the current device."""
    for array in reads + writes:
        if array.size and array.data.device_id != device_now():
            raise ValueError(
                f"Array device must be same as the current device: array device = "
                f"{array.data.device_id} while current = {device_now()}"
            )
    world().counts["functions"] += 1
    world().enqueue(
        current_queue(),
        name,
        run,
        [array.part for array in reads],
        [array.part for array in writes],
        capturable,
    )


def upload(array: Any, values: Any, stream: Any = None) -> None:
    """Copy values of the host, as they are now, into an array."""
    here, target, source = world(), array._np, values.copy()
    here.counts["uploads"] += 1
    queue = current_queue(array.data.device_id) if stream is None else stream.queue
    here.enqueue(queue, "upload", lambda: np.copyto(target, source), (), [array.part])
