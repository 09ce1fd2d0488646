"""Means and variances along axes, and the gradient of what they normalise: used by all normalisations."""

from __future__ import annotations

import math
from typing import Any


def wide(data: Any) -> Any:
    """The data in the dtype to compute with: float32 for float16."""
    return data.astype("float32") if data.dtype == "float16" else data


def other_axes(rank: int, axis: int) -> tuple[int, ...]:
    """All axes but one, which is counted from the front."""
    return tuple(i for i in range(rank) if i != axis)


def along(vector: Any, rank: int, axis: int) -> Any:
    """The vector as an array of that rank, along that axis, to broadcast with others."""
    return vector.reshape((-1,) + (1,) * (rank - 1 - axis))


def mean_of(xp: Any, data: Any, axes: tuple[int, ...]) -> Any:
    """The mean along axes, which stay with size 1; 0 of no elements."""
    size = math.prod(data.shape[axis] for axis in axes)
    return xp.sum(data, axis=axes, keepdims=True) / data.dtype.type(max(size, 1))


def centred(xp: Any, data: Any, axes: tuple[int, ...]) -> tuple[Any, Any, Any]:
    """The data less its mean along axes; that mean; and the variance, not corrected for bias."""
    mean = mean_of(xp, data, axes)
    rest = data - mean
    return rest, mean, mean_of(xp, xp.square(rest), axes)


def inverse_root(xp: Any, variance: Any, eps: float) -> Any:
    """`1 / √(variance + eps)`."""
    result = variance + variance.dtype.type(eps)
    xp.sqrt(result, out=result)
    return xp.reciprocal(result, out=result)


def normal_gradient(xp: Any, grad: Any, normal: Any, scale: Any, axes: tuple[int, ...]) -> Any:
    """The gradient of data that were centred and scaled to `normal`, whose own gradient is `grad`.

    `scale · (grad - mean(grad) - normal · mean(grad · normal))`, with means along the axes.
    """
    result = normal * mean_of(xp, grad * normal, axes)
    xp.subtract(grad, result, out=result)
    result -= mean_of(xp, grad, axes)
    result *= scale
    return result
