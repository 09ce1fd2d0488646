"""An operator on a GPU beside the same operator on the CPU."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from simulated.world import Current

from symbook.ops import registry

# Relative to the largest element: sums are made in another order.
TOLERANCE = {"float16": 3e-3, "float32": 5e-6, "float64": 1e-12}


def same(
    ours: np.ndarray, expected: np.ndarray, times: float = 1.0, what: str = "", terms: float = 0.0
) -> None:
    """Equal up to rounding, with NaN and infinities at the same places.

    `terms` is how large the terms are of which the result is the sum: where they cancel, the result is
    much smaller than what rounding leaves of them.
    """
    assert (ours.shape, ours.dtype) == (expected.shape, expected.dtype), what
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(ours, expected, err_msg=what)
        return
    wide = expected.astype("float64")
    largest = np.abs(wide[np.isfinite(wide)]).max(initial=terms)
    bound = TOLERANCE[expected.dtype.name] * times
    np.testing.assert_allclose(
        ours.astype("float64"), wide, bound, bound * largest + 1e-300, err_msg=what
    )


def _copied() -> list[int]:
    """How often a simulated device was waited for, or copied to or from."""
    if Current.world is None:
        return []
    return [Current.world.counts[name] for name in ("uploads", "downloads", "synchronizations")]


def with_gaps(xp: Any, array: np.ndarray) -> Any:
    """The array on the device, of which every second number in memory is another."""
    if not array.ndim:
        return xp.asarray(array)
    whole = np.full((*array.shape[:-1], 2 * array.shape[-1]), 77, array.dtype)
    whole[..., ::2] = array
    return xp.asarray(whole)[..., ::2]


def on_gpu(
    gpu: Any,
    op: registry.Op,
    arrays: Iterable[Any],
    params: Mapping[str, Any],
    gaps: bool = False,
) -> Any:
    """The operator's results on a GPU, and its inputs thereafter, as arrays of NumPy's."""
    xp = gpu.xp
    moved = (lambda item: with_gaps(xp, item)) if gaps else xp.asarray
    ours = [moved(item) if isinstance(item, np.ndarray) else item for item in arrays]
    before = _copied()
    with np.errstate(all="ignore"):
        results = op.call(xp, ours, params)
    assert _copied() == before, f"{op.name} copies between host and device"
    return tuple(item.get() for item in results), [
        item.get() if isinstance(item, xp.ndarray) else item for item in ours
    ]


def beside(
    gpu: Any, name: str, *arrays: Any, times: float = 1.0, terms: float = 0.0, **params: Any
) -> Any:
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
        same(ours, theirs, times, f"{name}, output {k}", terms)
    return results
