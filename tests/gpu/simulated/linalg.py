"""`cupy.linalg`: NumPy's functions, but what fails gives NaN, as nobody waits to look."""

from __future__ import annotations

from typing import Any

import numpy as np

from .facts import MODULES
from .functions import arrays_in, deferred, ndarray


def quiet(name: str) -> Any:
    """NumPy's function; matrices it fails for give NaN."""
    numpys = getattr(np.linalg, name)

    def one(*args: Any, **kwargs: Any) -> Any:
        try:
            return numpys(*args, **kwargs)
        except np.linalg.LinAlgError as error:
            if "must be" in str(error) or "dimensional" in str(error):
                raise
            return _each(numpys, args, kwargs)

    return one


def _each(numpys: Any, args: Any, kwargs: Any) -> Any:
    """Matrix by matrix, so that one that fails spoils no other."""
    first = args[0]
    eyes = np.broadcast_to(np.eye(first.shape[-1], dtype=first.dtype), first.shape)
    whole = numpys(eyes, *args[1:], **kwargs)
    results = [np.array(each) for each in (whole if isinstance(whole, tuple) else (whole,))]
    for index in np.ndindex(first.shape[:-2]):
        rest = [each[index] if isinstance(each, np.ndarray) else each for each in args[1:]]
        try:
            found = numpys(first[index], *rest, **kwargs)
        except np.linalg.LinAlgError:
            found = [np.nan] * len(results)
        for result, value in zip(
            results, found if isinstance(whole, tuple) else (found,), strict=False
        ):
            result[index] = value if np.ndim(value) or not isinstance(found, list) else np.nan
    return type(whole)._make(results) if hasattr(whole, "_make") else results[0]


def function(name: str) -> Any:
    """CuPy's function of that name."""
    from .facts import bind

    compute = quiet(name)

    def call(*args: Any, **kwargs: Any) -> Any:
        bind("cupy.linalg", name, args, kwargs)
        for each in args[:1]:
            if not isinstance(each, ndarray):
                raise TypeError(f"Unsupported type {type(each)}")
        if any(each.dtype == np.float16 for each in arrays_in(args)):
            raise TypeError(f"array type float16 is unsupported in linalg.{name}")
        return deferred(f"linalg.{name}", compute, args, kwargs)

    call.__name__ = name
    return call


_NAMES = [
    "cholesky",
    "det",
    "eigh",
    "eigvalsh",
    "inv",
    "pinv",
    "lstsq",
    "matrix_rank",
    "norm",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "eig",
    "eigvals",
    "tensorsolve",
    "tensorinv",
    "matrix_norm",
    "vector_norm",
    "cond",
]
FUNCTIONS = {
    name: function(name)
    for name in _NAMES
    if name in MODULES["cupy.linalg"] and hasattr(np.linalg, name)
}
