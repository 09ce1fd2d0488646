"""Arrays that may be pictures: what their axes and numbers probably mean, and their pixels."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Json = dict[str, Any]

_LEAST, _NARROWEST = 8, 16
"""Fewest rows and columns of a picture; and of one of numbers of both signs, as weights have them, too."""
_GREATEST_NORMAL = 10.0
"""Pictures from which a mean was taken, and which were divided by a deviation, stay well within this."""
_PIXELS = 160
"""Most pixels on a side; larger pictures are shown by the means of blocks."""
_ORDERS = {2: ("HW",), 3: ("HWC", "CHW"), 4: ("NCHW", "NHWC")}


def as_image(
    shape: Sequence[int], dtype: np.dtype[Any], low: float, high: float, finite: bool
) -> Json | None:
    """How an array can be read as a picture or a batch of pictures; None if it can hardly be one.

    Parameters
    ----------
    shape, dtype
    low, high : float
        Its least and greatest element.
    finite : bool
        Whether all elements are finite.

    Returns
    -------
    dict or None
        `order` of the axes, such as `NCHW`; what is black, `low`, and what is white, `high`; `sure`, if it
        is most probably a picture.
    """
    order = next((order for order in _ORDERS.get(len(shape), ()) if _fits(shape, order)), None)
    if order is None or not low < high:
        return None
    colours = shape[order.index("C")] if "C" in order else 0
    size = min(shape[order.index("H")], shape[order.index("W")])
    ends: tuple[float, float]
    if dtype == np.uint8 or (dtype.kind in "iuf" and 1 < high <= 255 and low >= 0):
        ends, sure = (0, 255), dtype == np.uint8 or colours >= 3
    elif dtype.kind == "f" and low >= 0 and high <= 1:
        ends, sure = (0, 1), colours > 0
    elif dtype.kind == "f" and low < 0 and -low <= _GREATEST_NORMAL >= high and colours in (1, 3):
        ends, sure = (low, high), size >= _NARROWEST
    else:
        return None
    return {"order": order, "low": ends[0], "high": ends[1], "sure": bool(sure and finite)}


def _fits(shape: Sequence[int], order: str) -> bool:
    size = dict(zip(order, shape, strict=True))
    if min(size["H"], size["W"]) < _LEAST or max(size["H"], size["W"]) > 8 * min(
        size["H"], size["W"]
    ):
        return False
    last = order.endswith("C")
    return "C" not in size or size["C"] in ((1, 3, 4) if last else (1, 3))


def picture(values: Array, image: Json, which: int) -> Json:
    """The pixels of one picture.

    Returns
    -------
    dict
        `at`, which of a batch; `of`, rows and columns; `rows`, `columns` and `channels` of the pixels that
        are given; `bytes`, 0 to 255, row by row.
    """
    order = image["order"]
    one = values[which] if order[0] == "N" else values
    axes = order.removeprefix("N")
    pixels = np.moveaxis(one, axes.index("C"), -1) if "C" in axes else one[..., None]
    rows, columns = pixels.shape[:2]
    # The same step down and across keeps the form.
    step = -(-max(rows, columns) // _PIXELS)
    shown = _means(_means(pixels.astype(np.float64), step, 0), step, 1)
    span = image["high"] - image["low"]
    with np.errstate(invalid="ignore"):
        parts = np.nan_to_num((shown - image["low"]) / span, nan=0.0, posinf=1.0, neginf=0.0)
    scaled = (parts * 255).round().clip(0, 255).astype(np.uint8)
    return {
        "at": [which],
        "of": [rows, columns],
        "rows": scaled.shape[0],
        "columns": scaled.shape[1],
        "channels": scaled.shape[2],
        "bytes": base64.b64encode(scaled.tobytes()).decode("ascii"),
    }


def _means(pixels: Array, step: int, axis: int) -> Array:
    if step == 1:
        return pixels
    starts = np.arange(0, pixels.shape[axis], step)
    counts = np.diff(np.append(starts, pixels.shape[axis]))
    form = [1] * pixels.ndim
    form[axis] = -1
    return np.add.reduceat(pixels, starts, axis=axis) / counts.reshape(form)
