"""Tab completion of `symgraph`'s options and of the values of some."""

from __future__ import annotations

import re

from IPython.core.completer import (
    CompletionContext,
    SimpleCompletion,
    SimpleMatcherResult,
    context_matcher,
)

from symbook.render import DIRECTIONS

from .options import OPTIONS

_LINE = re.compile(r"^\s*(?:%%symgraph\b|(?:.*=\s*)?%symgraph\b)(.*)$")


@context_matcher()
def matcher(context: CompletionContext) -> SimpleMatcherResult:
    """Options after a dash, and ways after `-d`; nothing on lines of other kinds."""
    found = _LINE.match(context.line_with_cursor[: context.cursor_position])
    words = re.split(r"\s+", found[1]) if found else [""]
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last.startswith("-"):
        names = [name for option in OPTIONS for name in (option.long, option.short)]
    elif found and before in ("-d", "--direction"):
        names = list(DIRECTIONS)
    else:
        names = []
    fitting = [name for name in names if name.lower().startswith(last.lower())]
    return {
        "completions": [SimpleCompletion(name, type="option") for name in fitting],
        "matched_fragment": last,
        "suppress": bool(fitting),
    }
