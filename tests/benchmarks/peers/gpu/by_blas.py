"""A bound: the workload's matrix products and nothing else, by cuBLAS in float32, without TF32."""

from __future__ import annotations

import cupy

from ..by_blas import programs
from .device import about as about
from .device import wait

PROGRAMS = programs(cupy, together=True, wait=wait)
