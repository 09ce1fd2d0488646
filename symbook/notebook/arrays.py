"""An NDArray as a notebook shows it: what it is, its values or a heat map of them, and a few numbers."""

from __future__ import annotations

import base64
from html import escape
from typing import Any

import numpy as np

from symbook.ndarray import NDArray
from symbook.render.heatmap import HeatMap, colour_bar, heat_map

_MOST_TABLE = (12, 8)
_MOST_VECTOR = 20
_MOST_READ = 40_000_000
"""Larger arrays are not read through for a picture: the display of a result must stay quick."""
_CELL = "text-align:right;padding:2px 8px"
_PICTURE = "display:block;max-width:100%;height:auto"


def html(array: NDArray) -> str:
    """Static HTML: a line that says what it is, then the values."""
    head = f"<p><strong>NDArray</strong> {escape(_kind(array))}</p>"
    if array.size == 0:
        return f"<div>{head}<p>no elements</p></div>"
    if array.size > _MOST_READ:
        return f"<div>{head}<p>{array.size:,} elements, too many to draw; slice it to see a part.</p></div>"
    values = array.asnumpy()
    if values.ndim <= 2 and _fits_table(values.shape):
        return f"<div>{head}{_table(values)}</div>"
    drawn = matrix_of(values)
    picture = _picture_html(array, values, heat_map(drawn)) if drawn is not None else ""
    text = f"<pre>{escape(_text(values))}</pre>"
    folded = f"<details><summary>values</summary>{text}</details>" if picture else text
    return f"<div>{head}{picture}{folded}</div>"


def png(array: NDArray) -> tuple[bytes, dict[str, Any]] | None:
    """The heat map as an image with its alt text, for what shows no HTML; None for small arrays."""
    if array.size == 0 or array.size > _MOST_READ or (array.ndim <= 2 and _fits_table(array.shape)):
        return None
    values = array.asnumpy()
    drawn = matrix_of(values)
    if drawn is None:
        return None
    found = heat_map(drawn)
    return found.png, {"alt": alt(array, values), "width": found.size[0], "height": found.size[1]}


def matrix_of(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    """What the heat map shows: a matrix itself, a vector as a band; None for other ranks."""
    if values.ndim == 2:
        return values
    if values.ndim != 1:
        return None
    block = -(-values.size // 320)
    starts = np.arange(0, values.size, block)
    with np.errstate(all="ignore"):
        means = np.add.reduceat(values.astype(np.float64), starts) / np.diff(
            np.append(starts, values.size)
        )
    return np.repeat(means[None], 24 * max(1, means.size // 320), axis=0)


def alt(array: NDArray, values: np.ndarray[Any, Any]) -> str:
    """The picture in words."""
    what = "Heat map" if array.ndim == 2 else "Band of colours"
    shape, dtype, context = _kind(array).split(" · ")
    return f"{what} of a {shape} {dtype} array on {context}: {statistics(values)}"


def statistics(values: np.ndarray[Any, Any]) -> str:
    """Least, mean and greatest of the finite values, and how many are not finite."""
    if values.dtype.kind == "b":
        return f"{np.count_nonzero(values):,} of {values.size:,} are true"
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    told = []
    if finite.size:
        mean = finite.mean(dtype=np.float64)
        told.append(
            f"from {_number(finite.min())} to {_number(finite.max())}, mean {_number(mean)}"
        )
    if values.dtype.kind == "f":
        counts = {"NaN": np.isnan(values).sum(), "infinite": np.isinf(values).sum()}
        told += [f"{count:,} {name}" for name, count in counts.items() if count]
    return ", ".join(told)


def _kind(array: NDArray) -> str:
    shape = "×".join(map(str, array.shape)) if array.ndim != 1 else f"{array.size}"
    return f"{shape or 'scalar'} · {np.dtype(array.dtype)} · {array.context}"


def _fits_table(shape: tuple[int, ...]) -> bool:
    if len(shape) < 2:
        return not shape or shape[0] <= _MOST_VECTOR
    return shape[0] <= _MOST_TABLE[0] and shape[1] <= _MOST_TABLE[1]


def _table(values: np.ndarray[Any, Any]) -> str:
    rows = values.reshape(1, -1) if values.ndim < 2 else values
    body = "".join(
        "<tr>"
        + "".join(f'<td style="{_CELL}">{escape(_number(item))}</td>' for item in row)
        + "</tr>"
        for row in rows
    )
    return f"<table><tbody>{body}</tbody></table>"


def _picture_html(array: NDArray, values: np.ndarray[Any, Any], found: HeatMap) -> str:
    shown = _image(found.png, alt(array, values), found.size)
    low, high = _number(np.float64(found.low)), _number(np.float64(found.high))
    bar = _image(colour_bar(), f"colour scale from {low} to {high}", (160, 10), inline=True)
    block = found.block if array.ndim == 2 else (1, -(-array.size // 320))
    mean = f" · one spot is the mean of {block[0]}×{block[1]} values" if block != (1, 1) else ""
    told = escape(statistics(values)) + _specials(values)
    legend = f"<p><small>{low} {bar} {high}{mean}<br>{told}</small></p>"
    return shown + legend


def _specials(values: np.ndarray[Any, Any]) -> str:
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return ""
    return " (NaN grey, −inf black, +inf red)"


def _image(png_bytes: bytes, text: str, size: tuple[int, int], inline: bool = False) -> str:
    data = base64.b64encode(png_bytes).decode("ascii")
    style = "display:inline" if inline else _PICTURE
    return (
        f'<img src="data:image/png;base64,{data}" alt="{escape(text)}" '
        f'width="{size[0]}" height="{size[1]}" style="{style}">'
    )


def _text(values: np.ndarray[Any, Any]) -> str:
    return np.array2string(values, threshold=200, edgeitems=3, max_line_width=100, precision=4)


def _number(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    return f"{float(value):.4g}" if isinstance(value, (float, np.floating)) else str(value)
