"""Operators against MXNet: outputs, hidden ones too, gradients and auxiliary states, by the executor."""

from __future__ import annotations

import pytest
from gradients import Case, cases, check, families

from symbook.ops import registry

# How many times the usual tolerance, and why. Keys are operators, or operators with a dtype.
LOOSE: dict[str, tuple[float, str]] = {}

# Hidden outputs that are not compared, and why.
UNCOMPARED: dict[str, str] = {}

# Cases that symbook answers otherwise on purpose, and why.
DIFFERENT: dict[str, str] = {}

ALL = [case for family in families() for case in cases(family)]
SERVED = [case for case in ALL if registry.find(case.op) is not None]


def dtype_of(case: Case) -> str:
    """The dtype of the first input that has a floating-point one."""
    return next((v.dtype.name for v in case.inputs.values() if v.dtype.kind == "f"), "")


@pytest.mark.parametrize("case", [case for case in SERVED if case.id not in DIFFERENT], ids=str)
def test_golden(case):
    outputs = max(LOOSE.get(key, (1, ""))[0] for key in (case.op, f"{case.op} {dtype_of(case)}"))
    check(case, outputs, outputs, hidden=case.op not in UNCOMPARED)


def test_tables_are_of_use():
    assert set(DIFFERENT) <= {case.id for case in ALL}
    assert {key.split()[0] for key in LOOSE} | set(UNCOMPARED) <= {case.op for case in ALL}
