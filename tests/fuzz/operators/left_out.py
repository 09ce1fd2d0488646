"""Operators that the generator does not draw, and why. Each is tested by itself beside MXNet or NumPy."""

from __future__ import annotations

from symbook.ops import registry

_FAMILIES = {
    "random": "It draws random numbers: there is no one right answer.",
    "distribution": "It draws random numbers: there is no one right answer.",
    "choice": "It draws random numbers: there is no one right answer.",
    "dropout": "It draws random numbers: there is no one right answer.",
    "custom": "What it computes is its user's.",
}
_STATES = "It changes its inputs in place, so that no second run has the same inputs."
_STATE_FAMILIES = (
    "optimizer", "optimizer_adaptive", "optimizer_lamb", "optimizer_mixed", "optimizer_many",
    "optimizer_preloaded",
)  # fmt: skip
_LAYERS = (
    "activation", "convolution", "correlation", "ctc", "columns", "deconvolution", "dense", "density",
    "leaky",
    "local_norm", "loss", "matrix_factors", "matrix_parts", "matrix_triangular", "normalization",
    "optimizer_checks", "pooling", "pooling_v1", "recurrent", "regions", "regression", "sequence", "softmax",
    "softmax_output", "upsampling", "vision",
)  # fmt: skip
_LAYER = "It is compared by itself, with MXNet's own answers."
_NAMED = {
    "BatchNorm": _STATES,
    "BatchNorm_v1": _STATES,
    "IdentityAttachKLSparseReg": _STATES,
}


def _left_out() -> dict[str, str]:
    from .table import OPERATORS

    found = dict(_NAMED)
    for op in registry.all_ops():
        family = op.fn.__module__.rpartition(".")[2]
        reason = _STATES if family in _STATE_FAMILIES else _FAMILIES.get(family)
        if reason is None and family in _LAYERS:
            reason = _LAYER
        if reason is not None and not op.name.startswith("_backward_") and op.name not in OPERATORS:
            found[op.name] = reason
    return found


LEFT_OUT: dict[str, str] = _left_out()
