"""PyTorch, run eagerly, whose products and convolutions round their operands to TF32."""

from __future__ import annotations

from ..torch_programs import programs
from .torch_device import DEVICE, set_tf32, wait
from .torch_device import about as about

set_tf32(True)

_KINDS = ("dot", "branches", "mlp", "lstm", "resnet")  # the others have neither

PROGRAMS = {
    kind: program for kind, program in programs(device=DEVICE, wait=wait).items() if kind in _KINDS
}
