"""How far a GPU's numbers may be from the CPU's: as far as a change in the last bits takes the CPU's own.

Functions such as `exp` differ in the last bit between processors, sums in their order; then comes a
comparison or a floor, and the difference is 1. No one tolerance serves. So a program is run again on the CPU
with numbers changed in their last bits: where that changes a result, this much is allowed, and where the
result jumps, it is not compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
RUNS = 4
LAST_BITS = 8  # at most
MARGIN = 8.0  # times the changes that were seen
_ROUNDINGS = 64  # of the array's largest value, wherever it is


def changed(value: Array, rng: np.random.Generator) -> Array:
    """Floats changed in their last bits; whole numbers and what is not finite stay."""
    if value.dtype.kind != "f":
        return value
    factors = 1 + rng.uniform(-1, 1, value.shape) * LAST_BITS * float(np.finfo(value.dtype).eps)
    with np.errstate(all="ignore"):
        moved = (value * factors).astype(value.dtype)
        return np.where(np.isfinite(value) & (value != np.trunc(value)), moved, value)


def assert_near(
    found: Sequence[Array], run: Callable[[Callable[[Array], Array]], Sequence[Array]]
) -> None:
    """What was found is what `run` gives, as near as can be asked.

    `run` is called with what is to become of its inputs, or of all its values.
    """
    expected = run(lambda value: value)
    rngs = map(np.random.default_rng, range(RUNS))
    others = [run(lambda value, rng=rng: changed(value, rng)) for rng in rngs]  # type: ignore[misc]
    assert len(found) == len(expected)
    for i, (own, right) in enumerate(zip(found, expected, strict=True)):
        assert (own.shape, own.dtype) == (right.shape, right.dtype)
        if right.dtype.kind != "f":
            steady = np.all([other[i] == right for other in others], axis=0)
            np.testing.assert_array_equal(own[steady], right[steady])
            continue
        bad = _beyond(own, right, [other[i] for other in others])
        assert not bad.any(), (i, own[bad][:5], right[bad][:5])


def _beyond(own: Array, right: Array, others: Sequence[Array]) -> Array:
    """Where a result is further from the right one than the others say that it may be."""
    if not right.size:
        return np.zeros(right.shape, bool)
    eps = float(np.finfo(right.dtype).eps)
    with np.errstate(all="ignore"):
        wide, exact = own.astype("float64"), right.astype("float64")
        spread = np.max([np.abs(other.astype("float64") - exact) for other in others], axis=0)
        finite = np.abs(exact[np.isfinite(exact)])
        largest = finite.max() if finite.size else 0.0
        allowed = MARGIN * spread + _ROUNDINGS * eps * (largest + np.finfo(right.dtype).tiny)
        same = (wide == exact) | (np.isnan(wide) & np.isnan(exact))
        # Where one of them is not finite, and all agree about it, so must the other be.
        steady = np.all([_kind(other) == _kind(right) for other in others], axis=0)
        both = np.isfinite(wide) & np.isfinite(exact)
        return ~same & steady & (~both | (np.abs(wide - exact) > allowed))


def _kind(value: Array) -> Array:
    """0 of finite numbers, 1 and -1 of infinities, 2 of what is no number."""
    return np.where(np.isnan(value), 2, np.where(np.isinf(value), np.sign(value), 0))
