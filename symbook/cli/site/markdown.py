"""Markdown and code as HTML."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape
from typing import Any

import mistune
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import bygroups, inherit
from pygments.lexers import PythonLexer, TextLexer, get_lexer_by_name
from pygments.token import Name, String, Whitespace
from pygments.util import ClassNotFound

from .course import slug

_CALLOUT = re.compile(r"<strong>(Predict|Change it|Next)\.</strong>")
_TAGS = re.compile(r"<[^>]*>")
# Colours in the light and in the dark, each with a contrast of 4.5 : 1 and more on the cells' background.
_COLOURS = {
    "k, kn, kd, kr, ow, kc": ("#8a3ea1", "#d7a3e6"),
    "s, s1, s2, sa, sd, si, se, sb": ("#18703f", "#8fd6a8"),
    "mi, mf, m, mh": ("#a3460b", "#ffb27a"),
    "c, c1, cm, ch": ("#5b6673", "#9aa6b4"),
    "nd": ("#1a5fa8", "#86c1ff"),
    "nb, bp, nf, nc": ("#1a5fa8", "#86c1ff"),
    "ne": ("#b3202c", "#ff9c9c"),
}


class CellLexer(PythonLexer):  # type: ignore[misc]  # it publishes no types
    """Python with magics, whose cells' bodies are Python, too."""

    tokens = {  # noqa: RUF012
        "root": [
            (r"^([ \t]*)(%%?\w+)([^\n]*)", bygroups(Whitespace, Name.Decorator, String)),
            inherit,
        ]
    }


def code(text: str, language: str = "cell") -> str:
    """Highlighted code."""
    inner = highlight(text, _lexer(language), HtmlFormatter(nowrap=True)).rstrip("\n")
    return f'<pre class="code"><code>{inner}</code></pre>\n'


def _lexer(language: str) -> Any:
    if language in ("cell", "python", "py"):
        return CellLexer()
    try:
        return get_lexer_by_name(language)
    except ClassNotFound:
        return TextLexer()


def code_style() -> str:
    """The style sheet of highlighted code."""
    return "\n".join(
        f".code :is({', '.join(f'.{name}' for name in names.split(', '))}) "
        f"{{ color: light-dark({light}, {dark}); }}"
        for names, (light, dark) in _COLOURS.items()
    )


class Renderer(mistune.HTMLRenderer):  # type: ignore[misc]  # it publishes no types
    """HTML of one page's Markdown.

    Attributes
    ----------
    headings : list of (str, str)
        The names and texts of the headings of the second order.
    """

    def __init__(self, address: Callable[[str], str | None]) -> None:
        super().__init__(escape=False)
        self._address = address
        self._taken: dict[str, int] = {}
        self.headings: list[tuple[str, str]] = []

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        words = unescape(_TAGS.sub("", text))
        name = slug(words) or "section"
        self._taken[name] = count = self._taken.get(name, 0) + 1
        name = name if count == 1 else f"{name}-{count - 1}"
        if level == 2:
            self.headings.append((name, words))
        return f'<h{level} id="{escape(name)}">{text}</h{level}>\n'

    def paragraph(self, text: str) -> str:
        found = _CALLOUT.match(text)
        kind = f' class="callout {found[1].split()[0].lower()}"' if found else ""
        return f"<p{kind}>{text}</p>\n"

    def link(self, text: str, url: str, title: str | None = None) -> str:
        address = self._address(url)
        if address is None:
            return f"{text} (to come)"
        return f'<a href="{escape(address)}">{text}</a>'

    def block_code(self, code_: str, info: str | None = None) -> str:
        return code(code_, (info or "text").split()[0])

    def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
        # An empty cell is no heading.
        tag = "th" if head and text else "td"
        return f"<{tag}>{text}</{tag}>\n"

    def table(self, text: str) -> str:
        return f'<div class="wide"><table>{text}</table></div>\n'


def renderer_to_html(renderer: Renderer) -> Callable[[str], str]:
    """What makes HTML of Markdown by a renderer, which goes on numbering its headings."""
    made: Callable[[str], str] = mistune.create_markdown(
        renderer=renderer, plugins=["table", "strikethrough", "url"]
    )
    return made
