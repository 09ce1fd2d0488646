"""Documentation's sentences, in which words between backticks are code, where backticks are not read."""

from __future__ import annotations

import re

_CODE = re.compile(r"(`+)(.+?)\1", re.DOTALL)


def plain(text: str) -> str:
    """The text without backticks around code."""
    return _CODE.sub(r"\2", text)


def coded(text: str) -> str:
    """The text as HTML, with its code set as code."""
    from html import escape  # 8 ms that only HTML costs

    return _CODE.sub(r"<code>\2</code>", escape(text))
