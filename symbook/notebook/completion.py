"""Tab completion on the lines of the magics: options, values of some, executors, and operators."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from IPython import get_ipython
from IPython.core import completer

from symbook.executor import Executor
from symbook.ops import registry
from symbook.ops.search import is_internal, public_name
from symbook.render import DIRECTIONS

from .options import OPTIONS
from .running import devices

_LINE = re.compile(r"^\s*(%%symgraph\b|(?:.*=\s*)?%symgraph\b|%symstep\b|%symops\b)(.*)$")
_HELP = ["--help", "-h"]


def _of_context(context: Any) -> dict[str, Any]:
    """What may follow on a magic's line; nothing on lines of other kinds."""
    last, names = _fitting(context.line_with_cursor[: context.cursor_position])
    return {
        "completions": [completer.SimpleCompletion(name, type="option") for name in names],
        "matched_fragment": last,
        "suppress": bool(names),
    }


def _of_word(word: str) -> list[str]:
    """The same as IPython 7 asks for it: what may stand in the place of `word`, with which the line ends."""
    last, names = _fitting(get_ipython().Completer.text_until_cursor)
    # A word of IPython's begins behind a bracket, for one.
    return [name[len(last) - len(word) :] for name in names] if last.endswith(word) else []


matcher: Any = (
    completer.context_matcher()(_of_context) if hasattr(completer, "context_matcher") else _of_word
)
"""For the completer's `custom_matchers`."""


def _fitting(line: str) -> tuple[str, list[str]]:
    """The last word of a line up to the cursor, and what may stand in its place."""
    found = _LINE.match(line)
    words = re.split(r"\s+", found[2]) if found else [""]
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    names = _names(found[1].split("%")[-1], last, before) if found else []
    return last, [name for name in names if name.lower().startswith(last.lower())]


def _names(magic: str, last: str, before: str) -> Sequence[str]:
    if magic == "symgraph":
        return _of_symgraph(last, before)
    if last.startswith("-"):
        return _HELP
    if magic == "symops":
        return sorted({public_name(op) for op in registry.all_ops() if not is_internal(op)})
    return _executors() if not before else []


def _of_symgraph(last: str, before: str) -> Sequence[str]:
    if last.startswith("-"):
        return [name for option in OPTIONS for name in (option.long, option.short)]
    if before in ("-d", "--direction"):
        return DIRECTIONS
    return devices() if before in ("-c", "--ctx") else []


def _executors() -> list[str]:
    """The notebook's executors, the latest first."""
    space = get_ipython().user_ns
    return [
        name for name, value in space.items() if isinstance(value, Executor) and name[0] != "_"
    ][::-1]
