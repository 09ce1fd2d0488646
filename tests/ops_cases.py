"""Replay of golden operator cases: what MXNet 1.9.1 answered, against the registry's operators.

The replay goes through :mod:`symbook.ops.registry` alone (rules for shape and dtype, then `Op.call`
with NumPy), so it says which operator is wrong before symbols or arrays come into it. A test module
takes the cases of its family and a table of the cases in which symbook differs on purpose::

    @pytest.mark.parametrize("case", cases_of(["sum", "mean"], different=DIFFERENT), ids=str)
    def test_golden(case):
        check(case)
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from symbook.errors import SymbookError
from symbook.ops import registry
from symbook.ops.rules import Mismatch, broadcast, elementwise, same_shape

GOLDEN = Path(__file__).parent / "golden"
REFUSED = (SymbookError, Mismatch)
ELEMENTWISE = (same_shape, elementwise, broadcast)

# Relative error of float math, in units of the dtype: MXNet computes in float32 what NumPy does in
# the array's dtype, and libraries differ in the last bits.
TOLERANCE = {"float16": 2e-3, "float32": 1e-6, "float64": 1e-13}


@dataclass(frozen=True)
class Case:
    """One golden case: a call and MXNet's outputs, or the name of its error."""

    id: str
    op: str
    inputs: tuple[np.ndarray, ...]
    params: dict[str, Any]
    outputs: tuple[np.ndarray, ...] | None
    error: str | None

    def __str__(self) -> str:
        return self.id


def run(op: str, *inputs: Any, **params: Any) -> tuple[np.ndarray, ...]:
    """The operator's outputs; asserts that inference gave their shapes and dtypes."""
    operator = registry.get(op)
    arrays = [np.asarray(item) for item in inputs]
    call = registry.sort_call(operator, tuple(arrays), dict(params), np.ndarray)
    specs = infer(op, [(item.shape, item.dtype) for item in arrays], call.params)
    with np.errstate(all="ignore"):
        results = operator.call(np, call.inputs, call.params)
    assert [(r.shape, r.dtype) for r in results] == specs
    for result in results:
        assert isinstance(result, np.ndarray)
    if operator.takes_out:
        _check_out(operator, call, results)
    return results


def infer(
    op: str, ins: Sequence[tuple[Any, Any]], params: Mapping[str, Any]
) -> list[tuple[Any, Any]]:
    """Shape and dtype of each output, from those of the inputs and parsed parameters."""
    operator = registry.get(op)
    shapes, dtypes = zip(*ins, strict=True) if ins else ((), ())
    unknown = (None,) * len(operator.output_names(params))
    _, out_shapes = operator.shape(tuple(shapes), unknown, params)
    _, out_dtypes = operator.dtype(tuple(dtypes), unknown, params)
    return list(zip(out_shapes, out_dtypes, strict=True))


def _check_out(operator: registry.Op, call: registry.Call, results: tuple[np.ndarray, ...]) -> None:
    """Written into a given array, the result is the same to the bit, and it is in that array.

    Of an element-wise operator, that array may be one of its inputs: plans reuse memory in place.
    """
    (expected,) = results
    _check_written(operator, call.inputs, call.params, np.full_like(expected, 1), expected)
    if operator.shape not in ELEMENTWISE:
        return
    for i, item in enumerate(call.inputs):
        if item.shape == expected.shape and item.dtype == expected.dtype:
            inputs = [array.copy() for array in call.inputs]
            _check_written(operator, inputs, call.params, inputs[i], expected)


def _check_written(
    operator: registry.Op, inputs: Sequence[Any], params: Any, out: np.ndarray, expected: np.ndarray
) -> None:
    with np.errstate(all="ignore"):
        (written,) = operator.call(np, inputs, params, out=out)
    assert np.shares_memory(written, out) or out.size == 0
    assert out.tobytes() == expected.tobytes()


def check(case: Case, signed_zero: bool = True) -> None:
    """Assert that symbook answers as MXNet did: shapes, dtypes and values, or a refusal.

    Integers and booleans must be equal. Floats must be equal up to the dtype's tolerance, with NaN,
    infinities and, unless `signed_zero` is off, the sign of zero alike.
    """
    if case.error is not None:
        with pytest.raises(REFUSED):
            run(case.op, *case.inputs, **case.params)
        return
    results = run(case.op, *case.inputs, **case.params)
    assert case.outputs is not None
    assert [r.shape for r in results] == [o.shape for o in case.outputs]
    assert [r.dtype for r in results] == [o.dtype for o in case.outputs]
    for result, expected in zip(results, case.outputs, strict=True):
        same(result, expected, signed_zero)


def same(result: np.ndarray, expected: np.ndarray, signed_zero: bool = True) -> None:
    """Equal values: exactly for whole numbers, up to the dtype's tolerance for floats."""
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(result, expected)
        return
    rtol = TOLERANCE[expected.dtype.name]
    tiny = float(np.finfo(expected.dtype).tiny)
    np.testing.assert_allclose(result, expected, rtol=rtol, atol=tiny)
    if signed_zero:
        zero = (expected == 0) & (result == 0)
        np.testing.assert_array_equal(np.signbit(result[zero]), np.signbit(expected[zero]))


@functools.cache
def golden() -> tuple[Case, ...]:
    """Every golden case of `tests/golden/ops.json`."""
    rows = json.loads((GOLDEN / "ops.json").read_text(encoding="utf-8"))
    return tuple(map(_case, rows))


def _case(row: Mapping[str, Any]) -> Case:
    outputs = row.get("outputs")
    return Case(
        id=row["id"],
        op=row["op"],
        inputs=tuple(map(_array, row["inputs"])),
        params={k: tuple(v) if isinstance(v, list) else v for k, v in row["params"].items()},
        outputs=None if outputs is None else tuple(map(_array, outputs)),
        error=row.get("error"),
    )


def _array(entry: Mapping[str, Any]) -> np.ndarray:
    return np.array(entry["data"], dtype=entry["dtype"]).reshape(entry["shape"])


def cases_of(ops: Iterable[str], different: Mapping[str, str] = {}) -> list[Case]:
    """The golden cases of these operators, without those in which symbook differs on purpose.

    Parameters
    ----------
    ops : iterable of str
        MXNet's registered names.
    different : mapping of case id to reason
        Each of them needs a test of its own. An id that no case has is an error.
    """
    chosen = set(ops)
    cases = [case for case in golden() if case.op in chosen]
    stale = set(different) - {case.id for case in cases}
    if stale:
        raise ValueError(f"no golden case has the ids {sorted(stale)}")
    return [case for case in cases if case.id not in different]


def ops_of(module: str) -> list[str]:
    """The registered names of the operators that a module of `symbook.ops` defines."""
    return [op.name for op in registry.all_ops() if op.fn.__module__ == f"symbook.ops.{module}"]
