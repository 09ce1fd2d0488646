"""JAX on its first GPU, with products of float32: its own default rounds operands to TF32."""

from __future__ import annotations

import os
from typing import Any

from ...simulated import asked

os.environ["JAX_PLATFORMS"] = "cpu" if asked() else "cuda"
# The peers share the device's memory.
os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"

import jax

from ...program import Builder, starting
from .. import jax_programs

jax.config.update("jax_default_matmul_precision", "highest")

START = "import jax.numpy as jnp; jnp.zeros(1).block_until_ready()"


def about() -> dict[str, Any]:
    """What runs here.

    Raises
    ------
    ImportError
        Without a device.
    """
    try:
        device = jax.devices()[0]
    except Exception as error:  # which one depends on what is missing
        raise ImportError(f"JAX sees no CUDA device: {error!r}".splitlines()[0]) from None
    return {"version": jax.__version__, "device": device.device_kind, "TF32": False}


PROGRAMS: dict[str, Builder] = {**jax_programs.PROGRAMS, "import": starting(START)}
