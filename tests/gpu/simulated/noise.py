"""The last bits, in which a GPU's functions and sums differ from NumPy's.

A result that is exact stays so: only numbers whose last bits are not all 0 become their neighbours.
"""

from __future__ import annotations

from typing import Any

import numpy as np

# Of CuPy's names; arithmetic, square roots and comparisons are rounded the same everywhere.
INEXACT: set[str] = set()
INEXACT |= {"exp", "exp2", "expm1", "log", "log2", "log10", "log1p"}
INEXACT |= {"logaddexp", "logaddexp2", "sin", "cos", "tan", "arcsin", "arccos"}
INEXACT |= {"arctan", "arctan2", "sinh", "cosh", "tanh", "arcsinh", "arccosh"}
INEXACT |= {"arctanh", "power", "float_power", "cbrt", "hypot", "sinc", "i0"}
INEXACT |= {"sum", "prod", "mean", "var", "std", "nansum", "nanprod"}
INEXACT |= {"nanmean", "cumsum", "cumprod", "average", "dot", "matmul", "inner"}
INEXACT |= {
    "vdot",
    "tensordot",
    "linalg.cholesky",
    "linalg.inv",
    "linalg.solve",
    "linalg.det",
    "linalg.slogdet",
}
INEXACT |= {"linalg.norm", "linalg.eigh", "linalg.qr", "linalg.svd"}
_BITS = {2: ("u2", 0x3), 4: ("u4", 0xF), 8: ("u8", 0xFF)}


def disturbed(name: str, values: Any) -> Any:
    """Values of an inexact function, some moved to a neighbour, equal ones alike; others as they are."""
    if values.dtype.kind != "f" or name.removeprefix("cupy_") not in INEXACT:
        return values
    kind, mask = _BITS[values.dtype.itemsize]
    bits = np.ascontiguousarray(values).view(kind).reshape(values.shape)
    # As good as chance, and the same for the same number.
    mixed = bits.astype("u8") * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(40)
    moved = (bits & mask != 0) & np.isfinite(values) & (mixed & np.uint64(1) != 0)
    towards = np.where(mixed & np.uint64(2) != 0, np.inf, -np.inf).astype(values.dtype)
    return np.where(moved, np.nextafter(values, towards), values).astype(values.dtype)
