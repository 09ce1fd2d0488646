"""Programs in pages of Markdown, and what stands beside their lines."""

from __future__ import annotations

import re
import tokenize
from io import StringIO


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


def comments(code: str) -> dict[int, str]:
    """The comments of a program by line number."""
    tokens = tokenize.generate_tokens(StringIO(code).readline)
    return {
        token.start[0]: token.string.lstrip("# ")
        for token in tokens
        if token.type == tokenize.COMMENT
    }
