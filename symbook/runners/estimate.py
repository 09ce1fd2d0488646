"""How long a step takes, roughly, from its shapes: enough to tell what is worth a thread."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..plan import Plan, Step
from ..specs import known
from ..tuning import BLAS_GAIN, BLAS_START, BYTES, CALL, FLOPS, HEAVY, SLOW

# Operators whose work is matrix products, with the positions of the two factors among the inputs.
_PRODUCTS = {
    "FullyConnected": (0, 1), "batch_dot": (0, 1), "dot": (0, 1), "linalg_gemm": (0, 1),
    "linalg_gemm2": (0, 1), "linalg_syrk": (0, 0), "linalg_trmm": (0, 1), "linalg_trsm": (0, 1),
    "_backward_dot_lhs": (0, 1), "_backward_dot_rhs": (0, 1),
}  # fmt: skip
# Convolutions, with the positions among inputs and outputs of the weight, and of what the convolution makes
# of its data: for a transposed one, that is the data.
_CONVOLUTIONS = {
    "Convolution": (1, -1), "Convolution_v1": (1, -1), "Deconvolution": (1, 0),
    "_backward_Convolution_data": (1, 0), "_backward_Convolution_weight": (-1, 1),
    "_backward_Deconvolution_data": (1, -1), "_backward_Deconvolution_weight": (-1, 0),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long a step takes.

    Attributes
    ----------
    one : float
        Seconds on one thread.
    shared : bool
        Whether its function itself uses as many threads as it may: BLAS does, and what shares its work.
    blas : bool
        Whether BLAS does most of it.
    """

    one: float
    shared: bool
    blas: bool

    def on(self, threads: int) -> float:
        """Seconds with so many threads to itself."""
        if not self.shared or threads < 2 or self.one < HEAVY:
            return self.one
        return self.one / (1 + (threads - 1) * BLAS_GAIN) + BLAS_START


def estimate(plan: Plan, step: Step) -> Estimate:
    """How long a step of a plan takes."""
    seconds = getattr(step.op.fn, "seconds", None)
    if seconds is not None:  # a function that knows, and shares its work itself
        return Estimate(float(seconds), True, False)
    specs = [plan.specs[slot] for slot in (*step.ins, step.outs[0])]
    flops = flops_of(step.op.name, [known(spec.shape) for spec in specs])
    if flops:
        wide = max(spec.dtype.itemsize for spec in specs if spec.dtype is not None) > 4
        return Estimate(CALL + flops * (1 + wide) / FLOPS, True, True)
    nbytes = 0 if step.op.view else sum(spec.nbytes for spec in specs)
    factor = SLOW.get(step.op.name, 1)
    return Estimate(CALL + nbytes * factor / BYTES, False, False)


def flops_of(name: str, shapes: Sequence[tuple[int, ...]]) -> float:
    """Additions and multiplications of a call's matrix products; 0 if it has none."""
    name = name.partition("+")[0]  # a layer is what it begins with
    if name in _PRODUCTS:
        left, right = (shapes[i] for i in _PRODUCTS[name])
        out = shapes[-1]
        batch = math.prod(out[:-2]) if name.startswith(("batch", "linalg")) else 1
        # Of (m, k) and (k, n), the product of the sizes by the result's is k².
        inner = math.prod(left) * math.prod(right) / max(math.prod(out) * batch, 1)
        return 2 * math.prod(out) * math.sqrt(inner)
    if name in _CONVOLUTIONS:
        weight, made = (shapes[i] for i in _CONVOLUTIONS[name])
        return 2 * math.prod(made) * math.prod(weight) / max(weight[0], 1)
    if name in ("RNN", "_backward_RNN"):
        steps, rows = shapes[0][:2]
        return 2 * steps * rows * math.prod(shapes[1]) * (1 if name == "RNN" else 2)
    return 0.0
