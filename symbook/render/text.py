"""Text for pictures: made safe, shortened, and measured without a font.

Names come from users and from files, so nothing is assumed of them: control characters, lone
surrogates and characters that reorder the text around them are shown as `�`, which keeps XML and
DOT valid.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from symbook.errors import shape_text
from symbook.specs import Spec

# Advance widths of ASCII 32 … 126 in thousandths of the font size: Adobe's font metrics of
# Helvetica, which Arial, Liberation Sans and Nimbus Sans share.
_REGULAR = (
    *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556,) * 10,
    *(278, 278, 584, 584, 584, 556, 1015),
    *(667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833),
    *(722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611),
    *(278, 278, 278, 469, 556, 333),
    *(556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833),
    *(556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500),
    *(334, 260, 334, 584),
)
_BOLD = (
    *(278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556,) * 10,
    *(333, 333, 584, 584, 584, 611, 975),
    *(722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833),
    *(722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611),
    *(333, 278, 333, 584, 556, 333),
    *(556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889),
    *(611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500),
    *(389, 280, 389, 584),
)
_BEYOND = {
    "×": 584,
    "÷": 584,
    "−": 584,
    "≠": 584,
    "≤": 584,
    "≥": 584,
    "…": 1000,
    "·": 278,
    "–": 556,
}
_UNSAFE = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ufdd0-\ufdef]")


def clean(text: object) -> str:
    """The text on one line, valid in XML and DOT, and without effect on what is around it."""
    text = str(text)
    if text.isascii() and text.isprintable():
        return text
    flat = " ".join(_UNSAFE.sub("�", text).replace("\x1f", "�").split(" "))
    flat = re.sub(r"[\t\n\r\v\f\x85\u2028\u2029]", " ", flat)
    return "".join("�" if unicodedata.category(char) in ("Cc", "Cs") else char for char in flat)


def shorten(text: str, most: int) -> str:
    """The text, its middle left out beyond `most` characters: both ends tell names apart."""
    if len(text) <= most:
        return text
    head = (most - 1) * 3 // 5
    return f"{text[:head]}…{text[len(text) - (most - 1 - head) :]}"


def width(text: str, size: float, bold: bool = False) -> float:
    """Width in pixels in Helvetica of this size; an estimate for characters beyond its table."""
    table = _BOLD if bold else _REGULAR
    return sum(_advance(char, table) for char in text) * size / 1000


def _advance(char: str, table: Sequence[int]) -> int:
    if " " <= char <= "~":
        return table[ord(char) - 32]
    if char in _BEYOND:
        return _BEYOND[char]
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    if unicodedata.east_asian_width(char) in "WF":
        return 1000
    return 1100 if ord(char) > 0xFFFF or char == "�" else 740


def spec_text(spec: Spec | None, dtype: bool = False) -> str:
    """`(2, 3)`, with ` int32` where the dtype is asked for; empty when nothing is known."""
    if spec is None:
        return ""
    parts = [shape_text(spec.shape)] if spec.shape is not None else []
    if dtype and spec.dtype is not None:
        parts.append(str(spec.dtype))
    return " ".join(parts)


def number_text(value: Any) -> str:
    """A number as people write it: `2`, `0.5`, `1e-05`; other values as `str` gives them."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return clean(value)
    return f"{value:.6g}".replace("-", "−", 1) if value < 0 else f"{value:.6g}"


def plural(count: int, word: str) -> str:
    """`1 node`, `1,234 nodes`."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
