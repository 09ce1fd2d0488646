"""PyTorch's first GPU."""

from __future__ import annotations

from typing import Any

import torch

from ...simulated import asked

DEVICE = "cpu" if asked() else "cuda"

if DEVICE == "cuda" and not torch.cuda.is_available():
    raise ImportError("PyTorch sees no CUDA device")


def wait() -> None:
    """Wait for all streams."""
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def set_tf32(allowed: bool) -> None:
    """Whether products and convolutions may round their operands to TF32."""
    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed


def about() -> dict[str, Any]:
    """What runs here."""
    name = torch.cuda.get_device_name() if DEVICE == "cuda" else "CPU"
    return {
        "version": torch.__version__,
        "device": name,
        "TF32": torch.backends.cuda.matmul.allow_tf32,
        "cuDNN": torch.backends.cudnn.version(),
    }
