"""PyTorch, run eagerly, in float32 throughout: its own default has TF32 in convolutions."""

from __future__ import annotations

from typing import Any

import torch

from ...program import Arrays, Builder, Program, Size, starting
from ..torch_programs import programs
from .torch_device import DEVICE, set_tf32, wait
from .torch_device import about as about

set_tf32(False)

START = f"import torch; torch.zeros(1, device={DEVICE!r}).add_(1).item()"


def _layers(size: Size) -> tuple[Any, Any]:
    """The 50 layers whose memory is measured, and their input."""
    modules: list[Any] = []
    for _ in range(size["layers"]):
        modules += [torch.nn.Linear(size["hidden"], size["hidden"]), torch.nn.Tanh()]
    data = torch.zeros(size["batch"], size["hidden"], device=DEVICE)
    return torch.nn.Sequential(*modules).to(DEVICE), data


def _peak(size: Size, backward: bool) -> float:
    """Bytes at most, without parameters, data and their gradients, which are there before."""
    net, data = _layers(size)
    if backward:
        data.requires_grad_()
        for value in (data, *net.parameters()):
            value.grad = torch.zeros_like(value)
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    with torch.set_grad_enabled(backward):
        out = net(data)
        if backward:
            out.backward(torch.ones_like(out))
    return float(torch.cuda.max_memory_allocated() - before)


def _memory(backward: bool) -> Builder:
    def build(size: Size, inputs: Arrays) -> Program | None:
        if DEVICE != "cuda":
            return None
        return Program(lambda: None, amount=lambda: _peak(size, backward))

    return build


PROGRAMS: dict[str, Builder] = {
    **programs(device=DEVICE, wait=wait),
    "peak-forward": _memory(False),
    "peak-backward": _memory(True),
    "import": starting(START),
}
