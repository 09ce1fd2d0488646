"""PyTorch on the CPU, run eagerly."""

from __future__ import annotations

from typing import Any

import torch

from ..program import Builder, importing
from .torch_programs import programs


def about() -> dict[str, Any]:
    """What runs here."""
    return {"version": torch.__version__, "threads": torch.get_num_threads()}


PROGRAMS: dict[str, Builder] = {**programs(), "import": importing("torch")}
