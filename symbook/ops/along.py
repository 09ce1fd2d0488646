"""`take_along_axis` for arrays of any rank."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

_MOST = 63
"""Dimensions for which NumPy has room: it makes an array of positions of each, and takes no more."""


def taken_along(data: Any, positions: Any, axis: int) -> Any:
    """The elements of an array of NumPy's at positions along an axis; those are as many-dimensional."""
    if data.ndim <= _MOST:
        return np.take_along_axis(data, positions, axis=axis)
    turned, places = np.moveaxis(data, axis, -1), np.moveaxis(positions, axis, -1)
    lanes = turned.reshape(prod(turned.shape[:-1]), turned.shape[-1])
    found = np.take_along_axis(lanes, places.reshape(len(lanes), places.shape[-1]), axis=1)
    return np.moveaxis(found.reshape(places.shape), -1, axis)
