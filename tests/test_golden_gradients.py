"""Operators against MXNet: outputs, hidden ones too, gradients and auxiliary states, by the executor."""

from __future__ import annotations

import pytest
from gradients import Case, cases, check, families

from symbook.errors import SymbookError
from symbook.ops import registry

# How many times the usual tolerance, and why. Keys are operators with the dtype of their data.
_SINGLE = "MXNet computes with constants or functions of float32"
_HALF = "MXNet rounds to float16 in between"
LOOSE: dict[str, tuple[float, str]] = {
    **{f"{op} float64": (1e3, _SINGLE) for op in ("degrees", "erf", "erfinv", "gamma", "gammaln")},
    **{f"{op} float64": (1e3, _SINGLE) for op in ("radians", "hard_sigmoid", "LeakyReLU", "RNN")},
    **{f"_random_pdf_{kind} float64": (1e3, _SINGLE) for kind in ("normal", "gamma")},
    "_random_pdf_dirichlet float64": (1e5, _SINGLE),
    "softmin float16": (8, _HALF),
    "LayerNorm float16": (4, _HALF),
}

# Operators, or cases, of which the hidden outputs are not compared, and why.
UNCOMPARED: dict[str, str] = {
    "_linalg_det": "MXNet has LAPACK factorise the transpose; the outputs are the same",
    "_linalg_slogdet": "as _linalg_det",
    "ROIPooling": "MXNet counts places within an image, in int32; here, within a plane",
    **{f"GridGenerator-{k}": "MXNet keeps a warp's places by row and column" for k in (4, 5, 6)},
    **{
        f"RNN-{number}": "MXNet keeps the mask of dropout outside of the graph"
        for number in (17, 36, 55, 74)
    },
}

# Cases that symbook answers otherwise on purpose, and why.
_ADD = "MXNet does not add to the gradient, whatever grad_req says"
_SCALED = "MXNet scales what the gradient is added to"
_NAN = "oneDNN loses NaN"
DIFFERENT: dict[str, str] = {
    **dict.fromkeys(
        ["clip-4", "clip-6", "graph-59", "reverse-1", "reverse-4", "_np_cumsum-9"], _ADD
    ),
    **dict.fromkeys(["_linalg_trmm-33", "_linalg_trsm-33", "SoftmaxOutput-178"], _ADD),
    **dict.fromkeys(["mean-4", "mean-9", "mean-16", "mean-18"], _SCALED),
    "LinearRegressionOutput-38": _SCALED,
    "LogisticRegressionOutput-38": _SCALED,
    "MAERegressionOutput-38": _SCALED,
    **dict.fromkeys(
        ["graph-12", "graph-13", "graph-34", "graph-35"],
        "of two heads that are one value, MXNet takes the last gradient; here they add up",
    ),
    "Activation-1": _NAN,
    "softmax-31": _NAN,
    "log_softmax-31": _NAN,
    "LeakyReLU-2": "MXNet passes the gradient on at NaN",
    "LeakyReLU-5": "MXNet passes the gradient on at NaN",
    "log_softmax-8": "oneDNN gives 1.4e-6 for the logarithm of 1",
    "gammaln-1": "MXNet's digamma is finite at poles",
    "nansum-18": "MXNet gives NaN for a sum with an infinity",
    "slice-10": "MXNet takes a begin before the first element; so does not symbook",
    **dict.fromkeys(
        ["RNN-18", "RNN-37", "RNN-56", "RNN-75"],
        "MXNet draws the mask from the C library, whatever the seed",
    ),
    "RNN-13": "MXNet's gradients of three layers in both directions fail differences",
    "RNN-32": "as RNN-13",
}

ALL = [case for family in families() for case in cases(family)]
SERVED = [case for case in ALL if case.op == "graph" or registry.find(case.op)]


def dtype_of(case: Case) -> str:
    """The dtype of the first input that has a floating-point one."""
    return next((v.dtype.name for v in case.inputs.values() if v.dtype.kind == "f"), "")


@pytest.mark.parametrize("case", [case for case in SERVED if case.id not in DIFFERENT], ids=str)
def test_golden(case):
    outputs = max(LOOSE.get(key, (1, ""))[0] for key in (case.op, f"{case.op} {dtype_of(case)}"))
    check(case, outputs, outputs, hidden=not {case.op, case.id} & set(UNCOMPARED))


def test_ids_are_unique():
    assert len({case.id for case in ALL}) == len(ALL)


def test_tables_are_of_use():
    known = {case.id for case in ALL} | {case.op for case in ALL}
    assert set(DIFFERENT) | set(UNCOMPARED) | {key.split()[0] for key in LOOSE} <= known


@pytest.mark.parametrize("case", [case for case in SERVED if case.id in DIFFERENT], ids=str)
def test_what_is_said_to_differ_does(case):
    with pytest.raises((AssertionError, SymbookError)):
        check(case)
