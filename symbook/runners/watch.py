"""Who is told of every run: the profiler, while it is on."""

from __future__ import annotations

from collections.abc import Callable

from .trace import Trace

Listener = Callable[[str, float, Trace], None]
"""Called after a run with `forward` or `backward`, when it began by `time.perf_counter`, and its trace."""

told: Listener | None = None
"""Who is told at the moment."""


def set_listener(listener: Listener | None) -> None:
    """Tell `listener` of every run from now on; None: tell nobody."""
    global told
    told = listener


def listener() -> Listener | None:
    """Who is told at the moment."""
    return told
