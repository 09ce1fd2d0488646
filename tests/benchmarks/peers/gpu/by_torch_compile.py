"""PyTorch, compiled by `torch.compile` in float32; what takes it minutes is left out."""

from __future__ import annotations

import torch

from ..torch_programs import programs
from .torch_device import DEVICE, set_tf32, wait
from .torch_device import about as about

set_tf32(False)

_SLOW = ("lstm", "resnet")

PROGRAMS = {
    kind: program
    for kind, program in programs(torch.compile, device=DEVICE, wait=wait).items()
    if kind not in _SLOW
}
