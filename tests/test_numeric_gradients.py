"""Gradients against differences of the functions in float64, for every operator that has one."""

from __future__ import annotations

import numpy as np
import pytest
from gradients import Case, cases, check_numeric_gradient, families, symbol_of

import symbook as mx
from symbook.ops import registry
from symbook.symbol import Symbol

# Losses: their gradient is that of a number which is not their output.
NOT_DERIVATIVES = {
    "IdentityAttachKLSparseReg", "LinearRegressionOutput", "LogisticRegressionOutput",
    "MAERegressionOutput", "MakeLoss", "SVMOutput", "SoftmaxOutput", "make_loss",
}  # fmt: skip


# Functions of symmetric matrices: what they read of another one is not specified.
SYMMETRIC = {"_linalg_potrf", "_linalg_syevd"}


def moved(case: Case) -> list[str]:
    """The inputs that MXNet found a gradient other than zero for."""
    return [
        name
        for name, grad in case.grads.items()
        if name not in case.untouched and np.isfinite(grad).all() and grad.any()
    ]


def shaken(case: Case) -> dict[str, np.ndarray]:
    """The inputs, those that are moved a little off edges, each number by another distance."""
    arrays, count = {}, 0
    for name, values in case.inputs.items():
        arrays[name] = values.astype(np.float64) if values.dtype.kind == "f" else values
        if name in moved(case):
            steps = np.arange(count, count + values.size) * (np.sqrt(5) - 1) / 2
            arrays[name] = arrays[name] + 0.01 * (1 + steps % 1).reshape(values.shape)
            count += values.size
    return arrays


def smooth() -> dict[str, Case]:
    """For each operator, a case of finite numbers that has a gradient other than zero."""
    found: dict[str, Case] = {}
    for family in families():
        for case in cases(family):
            if case.op not in found and moved(case) and _is_usual(case):
                found[case.op] = case
    return found


def _is_usual(case: Case) -> bool:
    """Whether its numbers are finite, nothing is drawn or added, and outputs have float64's digits."""
    arrays = (*case.inputs.values(), *case.outputs)
    return (
        all(np.isfinite(values).all() for values in arrays)
        and case.req != "add"
        and case.seed is None
        and case.params.get("dtype", "float64") == "float64"
    )


def smooth_symbol(op: str) -> Symbol:
    """The operator as in its smooth case; of the symmetric part of its matrix where it needs that."""
    case = SMOOTH[op]
    symbol = symbol_of(op, case.inputs, case.params)
    if op in SYMMETRIC:
        matrix = mx.sym.Variable("A")
        symbol = symbol(A=(matrix + mx.sym.transpose(matrix)) / 2)
    return symbol


SMOOTH = {op: case for op, case in smooth().items() if registry.find(op) is not None}


@pytest.mark.parametrize("op", [op for op in SMOOTH if op not in NOT_DERIVATIVES])
def test_numeric(op):
    case, symbol = SMOOTH[op], smooth_symbol(op)
    arrays = shaken(case)
    aux = {name: arrays.pop(name) for name in symbol.list_auxiliary_states()}
    check_numeric_gradient(symbol, arrays, aux, moved(case))
