"""Names and values of others, as they may stand in a message: controlling nothing, and of no great length."""

from __future__ import annotations

import re

# What a terminal obeys, what ends lines or turns the direction of writing, and what is no character.
_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


def one_line(text: str) -> str:
    """The text with such characters spelt as in Python's strings: `\\n`, `\\x1b`, `\\u202e`."""
    if text.isascii() and text.isprintable():
        return text
    return _CONTROLS.sub(_spelt, text)


def _spelt(match: re.Match[str]) -> str:
    return repr(match[0])[1:-1]


def brief(text: str, most: int = 80) -> str:
    """The text on one line, its middle left out where it is longer than `most` characters."""
    if len(text) > most:
        head = (most - 1) * 3 // 5
        text = f"{text[:head]}…{text[len(text) - (most - 1 - head) :]}"
    return one_line(text)


def given(value: object, most: int = 200) -> str:
    """A value that somebody gave, as `repr` has it, its middle left out where it is long."""
    try:
        text = repr(value)
    except RecursionError:
        return f"a {type(value).__name__} of too many levels"
    if isinstance(value, str) and len(value) > most:
        return f"{brief(text, most)} ({len(value):,} characters)"
    return brief(text, most)
