"""Tab completion on the lines of the magics: options, values of some, executors, and operators."""

from __future__ import annotations

import re
from collections.abc import Sequence

from IPython import get_ipython
from IPython.core.completer import (
    CompletionContext,
    SimpleCompletion,
    SimpleMatcherResult,
    context_matcher,
)

from symbook.executor import Executor
from symbook.ops import registry
from symbook.ops.search import is_internal, public_name
from symbook.render import DIRECTIONS

from .options import OPTIONS
from .running import devices

_LINE = re.compile(r"^\s*(%%symgraph\b|(?:.*=\s*)?%symgraph\b|%symstep\b|%symops\b)(.*)$")
_HELP = ["--help", "-h"]


@context_matcher()
def matcher(context: CompletionContext) -> SimpleMatcherResult:
    """What may follow on a magic's line; nothing on lines of other kinds."""
    found = _LINE.match(context.line_with_cursor[: context.cursor_position])
    words = re.split(r"\s+", found[2]) if found else [""]
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    names = _names(found[1].split("%")[-1], last, before) if found else []
    fitting = [name for name in names if name.lower().startswith(last.lower())]
    return {
        "completions": [SimpleCompletion(name, type="option") for name in fitting],
        "matched_fragment": last,
        "suppress": bool(fitting),
    }


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
