"""An NDArray as a notebook shows it: what it is, its values or a heat map of them, and a few numbers."""

from __future__ import annotations

import base64
from html import escape
from typing import Any

import numpy as np

from symbook.ndarray import NDArray
from symbook.render.heatmap import HeatMap, colour_bar, heat_map
from symbook.render.html import block

_MOST_TABLE = (12, 8)
_MOST_VECTOR = 20
_MOST_READ = 40_000_000
"""Larger arrays are not read through for a picture: the display of a result must stay quick."""
_CELL = "text-align:right;padding:2px 8px"
_PICTURE = "display:block;max-width:100%;height:auto"


def html(array: NDArray) -> str:
    """Static HTML: a line that says what it is, then the values."""
    return block(content(array))


def content(array: NDArray) -> str:
    """What stands in :func:`html`, to be put into other HTML."""
    head = f"<p><strong>NDArray</strong> {escape(_kind(array))}</p>"
    if array.size == 0:
        return f"{head}<p>no elements</p>"
    if array.size > _MOST_READ:
        return f"{head}<p>{array.size:,} elements, too many to draw; slice it to see a part.</p>"
    values = array.asnumpy()
    if values.ndim <= 2 and _fits_table(values.shape):
        return f"{head}{_table(values)}"
    picture = _picture_html(array, values, heat_map(values)) if values.ndim in (1, 2) else ""
    text = f"<pre>{escape(_text(values))}</pre>"
    folded = f"<details><summary>values</summary>{text}</details>" if picture else text
    return f"{head}{picture}{folded}"


def png(array: NDArray) -> tuple[bytes, dict[str, Any]] | None:
    """The heat map as an image with its alt text, for what shows no HTML; None for small arrays."""
    if array.size == 0 or array.size > _MOST_READ or (array.ndim <= 2 and _fits_table(array.shape)):
        return None
    if array.ndim not in (1, 2):
        return None
    values = array.asnumpy()
    found = heat_map(values)
    return found.png, {"alt": alt(array, values), "width": found.size[0], "height": found.size[1]}


def alt(array: NDArray, values: np.ndarray[Any, Any]) -> str:
    """The picture in words."""
    what = "Heat map" if array.ndim == 2 else "Band of colours"
    shape, dtype, context = _kind(array).split(" · ")
    return f"{what} of a {shape} {dtype} array on {context}: {statistics(values)}"


def statistics(values: np.ndarray[Any, Any]) -> str:
    """Least, mean and greatest of the finite values, and how many are not finite."""
    if values.dtype.kind == "b":
        return f"{np.count_nonzero(values):,} of {values.size:,} are true"
    finite = _finite(values)
    told = []
    if finite.size:
        low, high = _told(finite.min()), _told(finite.max())
        told.append(f"from {low} to {high}, mean {_mean(finite)}")
    return ", ".join(told + _not_finite(values))


def _finite(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return values[np.isfinite(values)] if values.dtype.kind == "f" else values


def _mean(finite: np.ndarray[Any, Any]) -> str:
    with np.errstate(over="ignore"):
        return _told(finite.mean(dtype=np.float64))


def _not_finite(values: np.ndarray[Any, Any], colours: bool = False) -> list[str]:
    """`2 NaN`, with the colours that stand for them if asked."""
    if values.dtype.kind != "f":
        return []
    counts = {"NaN": np.isnan(values).sum(), "infinite": np.isinf(values).sum()}
    shown = {"NaN": " (grey)", "infinite": " (−inf black, +inf red)"}
    return [
        f"{count:,} {name}{shown[name] if colours else ''}"
        for name, count in counts.items()
        if count
    ]


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
    finite = _finite(values)
    told = []
    if finite.size:
        low, high = _told(finite.min()), _told(finite.max())
        bar = _image(colour_bar(), f"colour scale from {low} to {high}", (160, 10), inline=True)
        mean = statistics(values) if values.dtype.kind == "b" else f"mean {_mean(finite)}"
        told = [f"{low} {bar} {high}", mean]
        if finite.min() == finite.max():
            told = [f"all {'finite ' * (finite.size < values.size)}elements are {low}"]
    told += _not_finite(values, colours=True)
    if found.block != (1, 1):
        rows, columns = found.block
        what = f"{rows}×{columns} elements" if array.ndim == 2 else f"{columns} elements"
        told.append(f"each spot shows the mean of {what}")
    return f"{shown}<p><small>{' · '.join(told)}</small></p>"


def _image(png_bytes: bytes, text: str, size: tuple[int, int], inline: bool = False) -> str:
    data = base64.b64encode(png_bytes).decode("ascii")
    style = "display:inline" if inline else _PICTURE
    return (
        f'<img src="data:image/png;base64,{data}" alt="{escape(text)}" '
        f'width="{size[0]}" height="{size[1]}" style="{style}">'
    )


def _text(values: np.ndarray[Any, Any]) -> str:
    return np.array2string(values, threshold=200, edgeitems=3, max_line_width=100, precision=4)


def _told(value: Any) -> str:
    """A number in a sentence, with a real minus sign; in tables it stays as Python reads it."""
    text = _number(value)
    return f"−{text[1:]}" if text.startswith("-") else text


def _number(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    return f"{float(value):.4g}" if isinstance(value, (float, np.floating)) else str(value)
