"""PyTorch on the CPU, each workload compiled whole by `torch.compile`; needs a C++ compiler."""

from __future__ import annotations

import torch

from .by_torch import about as about
from .torch_programs import programs

PROGRAMS = programs(torch.compile)
