"""Numbers and tuples of them as texts hold them: what `str()` of them gives, and what MXNet writes.

Read by hand, not by Python's own reader: that compiles the text, takes thousands of bytes for each of its
brackets, and on a long one runs out of memory or stack.
"""

from __future__ import annotations

import re

Number = int | float | bool | None

_CLOSING = {"(": ")", "[": "]"}
_WORDS: dict[str, Number] = {"None": None, "True": True, "False": False}
_WHOLE = re.compile("[-+]?[0-9]+L?")  # Python 2 wrote long integers as 2L
_REAL = re.compile(r"[-+]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|inf|nan)")


def read(text: str) -> Number | tuple[Number, ...]:
    """What a text says: `2`, `0.5`, `None`, or a tuple, as `(2, 3)`, `[2,3]`, `(2,)`, `()` or `2, 3`.

    Raises
    ------
    ValueError
        If it is none of these, or a whole number of more digits than Python reads.
    """
    text = text.strip()
    closing = _CLOSING.get(text[:1])
    if closing is None:
        return _items(text) if "," in text else _number(text)
    if text[-1] != closing:
        raise ValueError(f"{text[0]} is not closed")
    inner = text[1:-1].strip()
    if closing == ")" and inner and "," not in inner:
        return _number(inner)
    return _items(inner) if inner else ()


def _items(text: str) -> tuple[Number, ...]:
    return tuple(map(_number, text.removesuffix(",").split(",")))


def _number(text: str) -> Number:
    text = text.strip()
    if _WHOLE.fullmatch(text):
        return int(text.rstrip("L"))
    if _REAL.fullmatch(text):
        return float(text)
    if text in _WORDS:
        return _WORDS[text]
    raise ValueError("no number")
