"""The front end's files joined into one script and one style sheet, so that a page needs no others."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w]+)\.js";\n', re.MULTILINE)
# What a reader of the files needs and a browser does not; no text in backquotes goes over several lines.
_COMMENT = re.compile(r"^ *(?:/\*(?:(?!\*/).)*\*/|//[^\n]*)\n", re.MULTILINE | re.DOTALL)
_INDENT = re.compile(r"^ +|^\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|class|const|let) (\w+))", re.MULTILINE)


@cache
def script(entry: str) -> str:
    """A module and all that it imports, each once, as one module that exports what `entry` does.

    It has no comments and no indents, as it is sent with every view.

    Every other module becomes the result of a function, so that names of one do not meet those of another.
    """
    order: list[str] = []
    _visit(entry, order)
    parts = []
    for name in order:
        text = _IMPORT.sub(_taken, _bare(_read(f"{name}.js")))
        parts.append(text if name == entry else _closed(name, text))
    return "\n".join(parts)


@cache
def style() -> str:
    """The style sheet, each of whose rules is stronger than what a notebook says of its outputs' elements."""
    return f".symbook-host.symbook-host {{\n{_bare(_read('views.css'))}}}\n"


def _visit(name: str, order: list[str]) -> None:
    for _, other in _IMPORT.findall(_read(f"{name}.js")):
        if other not in order:
            _visit(other, order)
    if name not in order:
        order.append(name)


def _taken(match: re.Match[str]) -> str:
    return f"const {{{match[1].replace(' as ', ': ')}}} = module_{match[2]};\n"


def _closed(name: str, text: str) -> str:
    names = ", ".join(found[1] for found in _EXPORT.findall(text))
    body = _EXPORT.sub(lambda match: match[1], text)
    return f"const module_{name} = (() => {{\n{body}\nreturn {{ {names} }};\n}})();\n"


def _bare(text: str) -> str:
    return _INDENT.sub("", _COMMENT.sub("", text))


def _read(name: str) -> str:
    return files("symbook.views").joinpath("static", name).read_text(encoding="utf-8")
