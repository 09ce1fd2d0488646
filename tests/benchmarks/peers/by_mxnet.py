"""MXNet 1.9.1, which needs a Python and a NumPy of its own time."""

from __future__ import annotations

import os
import re
from typing import Any

import mxnet as mx

from ..program import Arrays, Builder, Program, Size, importing
from .by_symbol import bound_layers, programs


def about() -> dict[str, Any]:
    """What runs here."""
    features = mx.runtime.Features()
    return {
        "version": mx.__version__,
        "threads": int(os.environ.get("OMP_NUM_THREADS", len(os.sched_getaffinity(0)))),
        "oneDNN": features.is_enabled("MKLDNN"),
    }


def _memory(backward: bool) -> Builder:
    def figure(size: Size) -> float:
        text = bound_layers(mx, mx.cpu(), size, backward).debug_str()
        found = re.search(r"Total (\d+) MB allocated", text)
        assert found is not None
        return float(found[1]) * 2**20

    def build(size: Size, inputs: Arrays) -> Program:
        return Program(lambda: None, amount=lambda: figure(size))

    return build


PROGRAMS: dict[str, Builder] = {
    **programs(mx, mx.cpu(), waits=True),
    "memory-forward": _memory(False),
    "memory-backward": _memory(True),
    "import": importing("mxnet"),
}
