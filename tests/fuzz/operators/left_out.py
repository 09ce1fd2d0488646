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
_OWN = "It is compared with MXNet's own answers, by itself."
_OWN_FAMILIES = (
    "columns", "correlation", "ctc", "density", "optimizer_checks", "pooling_v1", "recurrent", "regions",
    "vision",
)  # fmt: skip
_SIGNS = "Its factors may have either sign."
_NAMED = {
    "BatchNorm": _STATES,
    "BatchNorm_v1": _STATES,
    "IdentityAttachKLSparseReg": _STATES,
    "_linalg_gelqf": _SIGNS,
    "_linalg_syevd": _SIGNS,
}


def _left_out() -> dict[str, str]:
    from .table import OPERATORS

    found = dict(_NAMED)
    for op in registry.all_ops():
        family = op.fn.__module__.rpartition(".")[2]
        reason = _STATES if family in _STATE_FAMILIES else _FAMILIES.get(family)
        if reason is None and family in _OWN_FAMILIES:
            reason = _OWN
        if reason is not None and not op.name.startswith("_backward_") and op.name not in OPERATORS:
            found[op.name] = reason
    return found


LEFT_OUT: dict[str, str] = _left_out()
