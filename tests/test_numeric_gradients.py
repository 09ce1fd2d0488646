"""Gradients against differences of the functions in float64, for every operator that has one."""

from __future__ import annotations

import numpy as np
import pytest
from gradients import Case, cases, check_numeric_gradient, families, symbol_of

from symbook.ops import registry

# Operators whose gradient is not the derivative of their output, or has none along some input.
NOT_DERIVATIVES: dict[str, str] = {
    **dict.fromkeys(
        ("SoftmaxOutput", "LinearRegressionOutput", "LogisticRegressionOutput", "MakeLoss")
        + ("MAERegressionOutput", "SVMOutput", "make_loss", "IdentityAttachKLSparseReg"),
        "the gradient of a loss, whatever comes out",
    ),
}


def moved(case: Case) -> list[str]:
    """The inputs that MXNet found a gradient other than zero for."""
    return [
        name
        for name, grad in case.grads.items()
        if name not in case.untouched and np.isfinite(grad).all() and grad.any()
    ]


def shaken(case: Case) -> dict[str, np.ndarray]:
    """The inputs, those that are moved a little off edges and ties."""
    random = np.random.default_rng(5)
    return {
        name: values.astype(np.float64) + 1e-3 * random.uniform(1, 2, values.shape)
        if name in moved(case)
        else values.astype(np.float64)
        if values.dtype.kind == "f"
        else values
        for name, values in case.inputs.items()
    }


def smooth() -> dict[str, Case]:
    """For each operator, a case of finite numbers that has a gradient other than zero."""
    found: dict[str, Case] = {}
    for family in families():
        for case in cases(family):
            finite = all(np.isfinite(v).all() for v in case.inputs.values() if v.dtype.kind == "f")
            usual = case.req == "write" or isinstance(case.req, dict)
            if case.op not in found and moved(case) and finite and usual and case.seed is None:
                found[case.op] = case
    return found


SMOOTH = {op: case for op, case in smooth().items() if registry.find(op) is not None}


@pytest.mark.parametrize("op", [op for op in SMOOTH if op not in NOT_DERIVATIVES])
def test_numeric(op):
    case = SMOOTH[op]
    symbol = symbol_of(op, case.inputs, case.params)
    arrays = shaken(case)
    aux = {name: arrays.pop(name) for name in symbol.list_auxiliary_states()}
    check_numeric_gradient(symbol, arrays, aux, moved(case))
