"""Numbers as colours: a heat map of a matrix as a PNG, written with the standard library.

The colours run from dark blue over green to light yellow with evenly rising lightness, so that equal steps
of the value look equally large, also in grey and to most colour-blind eyes. NaN and infinities have colours
of their own.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_STEPS = 253
_NAN, _BELOW, _ABOVE = 253, 254, 255
"""Places in the palette: 253 colours of the scale, then NaN, -inf and +inf."""
_SPECIAL = ((150, 150, 150), (0, 0, 0), (214, 39, 40))
MOST_PIXELS = 320
LEAST_PIXELS = 160
_NARROWEST = 96
"""Pixels of the shorter side, where its spots, none over 24 pixels, reach so far."""


@dataclass(frozen=True)
class HeatMap:
    """A picture of a matrix.

    Attributes
    ----------
    png : bytes
        The picture as a PNG file.
    size : pair of int
        Width and height in pixels.
    block : pair of int
        How many rows and columns of the matrix one spot is the mean of; (1, 1) when nothing is left out.
    low, high : float
        What the darkest and the lightest colour stand for: the least and the greatest finite element, not
        mean; NaN when no element is finite.
    """

    png: bytes
    size: tuple[int, int]
    block: tuple[int, int]
    low: float
    high: float


def heat_map(values: Array, most: int = MOST_PIXELS) -> HeatMap:
    """Draw a real matrix: row 0 at the top. A large matrix is shown by the means of blocks of its elements.

    A vector is drawn as a matrix of one row. Spots are squares, but for those of long and narrow matrices.

    Parameters
    ----------
    values : array of shape (m, n) or (n,), m and n at least 1
    most : int
        Most pixels on a side.

    Raises
    ------
    ValueError
        If `values` is neither a matrix nor a vector, or empty.
    """
    if values.ndim not in (1, 2) or values.size == 0:
        raise ValueError(
            f"a heat map needs a matrix or vector that is not empty, not shape {values.shape}"
        )
    numbers = np.atleast_2d(values).astype(np.float64)
    finite = np.isfinite(numbers)
    low, high = np.nan, np.nan
    if finite.any():
        low = float(numbers.min(where=finite, initial=np.inf))
        high = float(numbers.max(where=finite, initial=-np.inf))
    block = _block(numbers.shape, most)
    shown = _block_means(numbers, block)
    places = _places(shown, low, high)
    square = max(1, min(24, -(-LEAST_PIXELS // max(shown.shape)), most // max(shown.shape)))
    for axis, spots in enumerate(shown.shape):
        wider = min(24, -(-_NARROWEST // spots))
        places = np.repeat(places, max(square, wider), axis=axis)
    return HeatMap(_png(places), (places.shape[1], places.shape[0]), block, low, high)


def colour_bar(width: int = 160, height: int = 10) -> bytes:
    """The scale itself as a PNG, low on the left."""
    row = np.linspace(0, _STEPS - 1, width).round().astype(np.uint8)
    return _png(np.repeat(row[None], height, axis=0))


def _block(shape: tuple[int, ...], most: int) -> tuple[int, int]:
    """Rows and columns to a spot: alike, which keeps the form, but where few spots would be left."""
    side = -(-max(shape) // most)
    rows, columns = (min(side, max(1, size // 16)) for size in shape)
    return rows, columns


def _block_means(values: Array, block: tuple[int, int]) -> Array:
    with np.errstate(all="ignore"):
        for axis, size in enumerate(block):
            if size > 1:
                starts = np.arange(0, values.shape[axis], size)
                counts = np.diff(np.append(starts, values.shape[axis]))
                # Divided first: a sum of large numbers could overflow where their mean does not.
                parts = values / np.expand_dims(np.repeat(counts, counts), 1 - axis)
                values = np.add.reduceat(parts, starts, axis=axis)
    return values


def _places(values: Array, low: float, high: float) -> Array:
    """For each value its place in the palette."""
    with np.errstate(all="ignore"):
        # Halves keep the span of the largest floats finite.
        span = high / 2 - low / 2
        part = (values / 2 - low / 2) / span if span > 0 else np.full(values.shape, 0.5)
        places = np.nan_to_num(part * (_STEPS - 1), nan=0, posinf=0, neginf=0).round()
    places = places.clip(0, _STEPS - 1).astype(np.uint8)
    places[np.isnan(values)] = _NAN
    places[np.isneginf(values)] = _BELOW
    places[np.isposinf(values)] = _ABOVE
    return places


@lru_cache(maxsize=1)
def _palette() -> bytes:
    return _scale().tobytes() + bytes(channel for colour in _SPECIAL for channel in colour)


def _scale() -> Array:
    """The colours as sRGB bytes: a path through Oklab (Ottosson, 2020) along which lightness rises evenly."""
    t = np.linspace(0, 1, _STEPS)
    lightness = 0.25 + 0.70 * t
    # As colourful as sRGB allows along the way, which is least for the blue-greens.
    chroma = 0.088 + 0.3 * (t - 0.38) ** 2
    hue = np.radians(285 - 178 * t)
    a, b = chroma * np.cos(hue), chroma * np.sin(hue)
    cones = np.stack(
        [
            lightness + 0.3963377774 * a + 0.2158037573 * b,
            lightness - 0.1055613458 * a - 0.0638541728 * b,
            lightness - 0.0894841775 * a - 1.2914855480 * b,
        ]
    )
    to_linear = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    linear = (to_linear @ cones**3).clip(0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.ascontiguousarray((encoded.T * 255).round().astype(np.uint8))


def _png(places: Array) -> bytes:
    """An indexed-colour PNG (ISO/IEC 15948): signature, header, palette, filtered and packed rows, end."""
    height, width = places.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    rows = np.zeros((height, width + 1), np.uint8)
    rows[:, 1:] = places
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", _palette()),
            _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )
