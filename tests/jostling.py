"""Threads that get in each other's way as often as they can."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any


def jostle(*tasks: Callable[[], object]) -> None:
    """Run tasks at once, each on a thread that Python takes its turn from every few microseconds."""
    threads = [threading.Thread(target=task) for task in tasks]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)


class Jitter:
    """Sleeps and yields at random instructions of some files, on every thread that starts meanwhile.

    So threads come to each instruction in orders in which they hardly ever would by themselves, and none is
    left out that the code allows: whatever two threads do without a lock, one may be stopped in between.

    Parameters
    ----------
    seed : int
    files : tuple of str
        Ends of the names of the files whose instructions count.
    rate : float
        How often a thread stops, of all instructions.
    """

    def __init__(self, seed: int, files: tuple[str, ...], rate: float = 0.02) -> None:
        self._files, self._rate = files, rate
        self._random = random.Random(seed)
        self.stops = 0

    def __enter__(self) -> Jitter:
        self._interval, self._traced = sys.getswitchinterval(), sys.gettrace()
        sys.setswitchinterval(1e-6)
        threading.settrace(self._on_call)
        sys.settrace(self._on_call)
        return self

    def __exit__(self, *exc: object) -> None:
        sys.settrace(self._traced)
        threading.settrace(None)  # type: ignore[arg-type]  # as the documents have it
        sys.setswitchinterval(self._interval)

    def _on_call(self, frame: FrameType, event: str, arg: object) -> Any:
        if not frame.f_code.co_filename.endswith(self._files):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._on_instruction

    def _on_instruction(self, frame: FrameType, event: str, arg: object) -> Any:
        drawn = self._random.random()
        if drawn < self._rate:
            self.stops += 1
            time.sleep(drawn / self._rate * 4e-4 if drawn > self._rate / 2 else 0)
        return self._on_instruction
