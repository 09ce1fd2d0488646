"""Whether two results are the same: no peer is measured that computes something else."""

from __future__ import annotations

import numpy as np

from .process import PeerError
from .program import Arrays


def check(found: Arrays, expected: Arrays, tolerance: float) -> float:
    """The largest difference of any array, relative to the array's largest value.

    Raises
    ------
    PeerError
        If it is above the tolerance, or an array is missing or of another size.
    """
    if set(found) != set(expected):
        raise PeerError(f"gives {', '.join(sorted(found))}; expected {', '.join(sorted(expected))}")
    worst = 0.0
    for name, right in expected.items():
        own = np.asarray(found[name], "float64")
        if own.size != right.size:
            raise PeerError(f"{name} has the shape {own.shape}; expected {right.shape}")
        largest = float(np.abs(right).max())
        error = float(np.abs(own.reshape(right.shape) - right).max()) / (largest or 1.0)
        if not error <= tolerance:
            raise PeerError(f"{name} is {error:.1e} off; {tolerance:.0e} is allowed")
        worst = max(worst, error)
    return worst
