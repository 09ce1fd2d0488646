"""What the tests of fused groups share: operators and their parameters, numbers of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from symbook.fusion.lowering import BY_NUMPY
from symbook.fusion.widened import can_lower
from symbook.ops import registry
from symbook.ops.registry import Op
from symbook.specs import DTYPE_OF_CODE, Spec

DTYPES = sorted(DTYPE_OF_CODE.values(), key=str)

_SCALARS = [{"scalar": value} for value in (2.0, 3.0, 0.3, -1.5, 0.0, -1.0)]
_SPACES = {
    "Activation": [{"act_type": t} for t in ("relu", "sigmoid", "softsign", "tanh")],
    "_backward_Activation": [{"act_type": t} for t in ("sigmoid", "softsign", "tanh")],
    "clip": [
        {"a_min": low, "a_max": high}
        for low, high in ((-1.0, 0.7), (0, 2), (-0.0, 2), (-2, -0.0), (-1e20, 5.5))
    ],
    "_backward_clip": [{"a_min": -1.0, "a_max": 0.7}],
    "Cast": [{"dtype": dtype.name} for dtype in DTYPES],
    "add_n": [{"num_args": 1}, {"num_args": 3}],
    "hard_sigmoid": [{}, {"alpha": 0.1, "beta": 0.2}, {"alpha": 1.0, "beta": -0.0}],
}
# Integers are compared with bounds that may be broken: not as instructions.
NOT_LOWERED = "_backward_clip"

Call = tuple[Op, dict[str, Any], int, np.dtype[Any]]
"""An operator, its parameters, how many inputs it has, and the dtype of its result."""


def kernels() -> list[tuple[Op, dict[str, Any]]]:
    """Every operator with a kernel, with sets of parameters."""
    registry.load_all()
    found = []
    for op in sorted({op for op in registry._ops.values() if op.kernel}, key=lambda op: op.name):
        given = _SPACES.get(op.name) or (_SCALARS if "scalar" in op.params else [{}])
        found += [(op, op.parse(params)) for params in given]
        if "is_int" in op.params:
            found.append((op, op.parse({"scalar": 2.5, "is_int": False})))
    return found


def calls(dtype: np.dtype[Any]) -> Iterator[Call]:
    """Those that take inputs of a dtype."""
    for op, params in kernels():
        count = params.get("num_args") or len(op.inputs)
        try:
            _, (out,) = op.dtype((dtype,) * count, (None,), params)
        except Exception:  # it does not take them
            continue
        specs = [Spec((5,), dtype)] * count
        if not can_lower(op, params, specs, [Spec((5,), out)]):
            assert op.name == NOT_LOWERED
            assert dtype.kind != "f"
            continue
        yield op, params, count, np.dtype(out)


def numbers(dtype: np.dtype[Any], rng: np.random.Generator, size: int = 300) -> np.ndarray:
    """Numbers of every kind: NaN, infinities, both zeros, the largest and smallest, and ordinary ones."""
    if dtype.kind == "b":
        return rng.integers(0, 2, size + 40).astype(bool)
    if dtype.kind == "f":
        info = np.finfo(dtype)
        odd = [np.nan, np.inf, -np.inf, 1, -1, 0.5, info.max, -info.max, info.tiny, 1e-3, 20.5]
        odd += [-20.5, 3, 2, -2, *[0.0, -0.0] * 12, 7]
        ordinary = rng.standard_normal(size) * 3
        return rng.permutation(np.concatenate([odd, ordinary])).astype(dtype)
    limits = np.iinfo(dtype)
    odd = [limits.min, limits.max, limits.max - 1, limits.min + 1, 0, 1, 2, 3]
    odd += [-1, -2] if limits.min < 0 else [5, 7]
    low = max(limits.min, -9)
    ordinary = rng.integers(low, 9, size + 10, dtype=dtype)
    return rng.permutation(np.concatenate([np.array(odd * 3, dtype), ordinary]))


def check(found: np.ndarray, expected: np.ndarray, text: str) -> None:
    """That a result is NumPy's to the bit; where functions are the platform's, nearly.

    All NaN are alike. Of the larger and the smaller of 0 and -0 NumPy leaves open which it is. float32
    numbers below the smallest normal one count as 0.
    """
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    by_platform = any(f"{name}(" in text for name in BY_NUMPY)
    if expected.dtype.kind != "f":
        # The fraction of a function's result is dropped: at a whole number it may be the one below.
        near = 1 if by_platform else 0
        difference = found.astype(object) - expected.astype(object)
        assert np.max(np.abs(difference), initial=0) <= near, text
        return
    found, expected = flushed(found), flushed(expected)
    nan = np.isnan(expected)
    np.testing.assert_array_equal(np.isnan(found), nan, text)
    found, expected = found[~nan], expected[~nan]
    if by_platform:
        finite = np.isfinite(expected)
        np.testing.assert_array_equal(found[~finite], expected[~finite], text)
        info = np.finfo(expected.dtype)
        found, expected = (item[finite].astype("float64") for item in (found, expected))
        step = np.maximum(np.abs(expected), float(info.tiny)) * float(info.eps)
        apart = np.abs(found - expected)
        assert np.max(apart / step, initial=0) <= ULPS, text
        return
    np.testing.assert_array_equal(found, expected, text)
    if "maximum(" not in text and "minimum(" not in text:
        np.testing.assert_array_equal(np.signbit(found), np.signbit(expected), text)


ULPS = 8
"""Units in the last place that two platforms' functions may differ by: each is within four of the truth."""


def flushed(values: np.ndarray) -> np.ndarray:
    """float32 numbers below the smallest normal one made 0."""
    if values.dtype != np.float32:
        return values
    small = np.abs(values) < np.finfo("float32").tiny
    return np.where(small, np.copysign(np.float32(0), values), values)
