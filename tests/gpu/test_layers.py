"""Operators of neural networks on a GPU, beside the same on the CPU, which MXNet's data vouch for."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import gradients
import numpy as np
import pytest
from ops_cases import ops_of

from symbook.errors import SymbookError
from symbook.ops import registry

FAMILIES = [
    *("activation", "batch_norm", "columns", "convolution", "correlation", "ctc", "deconvolution"),
    *("dropout", "leaky", "local_norm", "normalization", "pooling", "pooling_v1", "recurrent"),
    *("regions", "softmax", "softmax_output", "upsampling", "vision"),
]
# Relative to the largest element: sums are made in another order.
TOLERANCE = {"float16": 3e-3, "float32": 5e-6, "float64": 1e-12}


class Call(NamedTuple):
    """What an operator was called with on the CPU, and what it gave."""

    op: registry.Op
    arrays: tuple[Any, ...]
    params: Mapping[str, Any]
    results: tuple[Any, ...]
    changed: tuple[Any, ...]

    @property
    def draws(self) -> bool:
        """Whether results are drawn at random."""
        params = self.params
        return (
            params.get("act_type") == "rrelu"
            or self.op.name == "Dropout"
            or (self.op.name == "RNN" and params["p"] > 0)
        )


def same(ours: np.ndarray, expected: np.ndarray, times: float = 1.0, what: str = "") -> None:
    """Equal up to rounding, with NaN and infinities at the same places."""
    assert (ours.shape, ours.dtype) == (expected.shape, expected.dtype), what
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(ours, expected, err_msg=what)
        return
    wide = expected.astype("float64")
    largest = np.abs(wide[np.isfinite(wide)]).max(initial=0)
    bound = TOLERANCE[expected.dtype.name] * times
    np.testing.assert_allclose(
        ours.astype("float64"), wide, bound, bound * largest + 1e-300, err_msg=what
    )


def on_gpu(gpu: Any, op: registry.Op, arrays: Iterable[Any], params: Mapping[str, Any]) -> Any:
    """The operator's results on a GPU, and its inputs thereafter, as arrays of NumPy's."""
    xp = gpu.xp
    ours = [xp.asarray(item) if isinstance(item, np.ndarray) else item for item in arrays]
    with np.errstate(all="ignore"):
        results = op.call(xp, ours, params)
    return tuple(item.get() for item in results), [
        item.get() if isinstance(item, xp.ndarray) else item for item in ours
    ]


def beside(gpu: Any, name: str, *arrays: Any, times: float = 1.0, **params: Any) -> Any:
    """Assert that an operator gives on a GPU what it gives on the CPU; gives the former."""
    op = registry.get(name)
    given = [np.asarray(item) for item in arrays]
    train = {"is_train": params.pop("is_train")} if "is_train" in params else {}
    call = registry.sort_call(op, tuple(given), params, np.ndarray)
    whole = {**call.params, **train}
    with np.errstate(all="ignore"):
        expected = op.call(np, [np.array(item) for item in call.inputs], whole)
    results, _ = on_gpu(gpu, op, call.inputs, whole)
    assert len(results) == len(expected)
    for k, (ours, theirs) in enumerate(zip(results, expected, strict=True)):
        same(ours, theirs, times, f"{name}, output {k}")
    return results


# Golden data


def _copies(items: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(np.array(item) if isinstance(item, np.ndarray) else item for item in items)


@functools.cache
def calls(family: str) -> list[Call]:
    """All that the operators of a family are called with by MXNet's golden cases, gradients included."""
    names = ops_of(family)
    found: list[Call] = []
    kept = {name: registry.get(name).fn for name in names}

    def recorded(name: str) -> Any:
        op, function = registry.get(name), kept[name]

        @functools.wraps(function)
        def call(xp: Any, *arrays: Any, **params: Any) -> Any:
            before = _copies(arrays)
            given = {key: value for key, value in params.items() if key != "out"}
            results = function(xp, *arrays, **params)
            whole = results if isinstance(results, tuple) else (results,)
            found.append(Call(op, before, given, _copies(whole), _copies(arrays)))
            return results

        return call

    try:
        for name in names:
            registry.get(name).fn = recorded(name)
        for case in (each for one in gradients.families() for each in gradients.cases(one)):
            if case.op in names or (case.op == "graph" and family == "activation"):
                _run(case)
    finally:
        for name, function in kept.items():
            registry.get(name).fn = function
    return found


def _run(case: gradients.Case) -> None:
    try:
        gradients.check(case, hidden=False)
    except (AssertionError, SymbookError):
        return  # what differs from MXNet on purpose, or is refused


@pytest.mark.parametrize("family", FAMILIES)
def test_golden_calls(gpu, family):
    recorded = calls(family)
    assert recorded
    for call in recorded:
        results, inputs = on_gpu(gpu, call.op, call.arrays, call.params)
        what = f"{call.op.name} {dict(call.params)} of {[np.shape(item) for item in call.arrays]}"
        assert len(results) == len(call.results), what
        for ours, expected in zip(results, call.results, strict=True):
            if call.draws:
                assert (ours.shape, ours.dtype) == (expected.shape, expected.dtype)
            else:
                same(ours, expected, what=what)
        for ours, expected in zip(inputs, call.changed, strict=True):
            if isinstance(expected, np.ndarray):
                same(ours, expected, what=f"input of {what}")
