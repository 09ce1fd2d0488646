"""Write the page of mistakes and their messages: `python tests/build_mistakes.py`.

`MISTAKES.md` is made of the cases in `tests/mistakes`: each is made in a real kernel, or by the command,
and its message is written down. `tests/test_mistakes.py` makes them again and compares.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from mistakes import ALL, CHAPTERS
from mistakes.case import SETUP, Mistake
from mistakes.making import commanded, made, message, notebook

PAGE = Path(__file__).parent.parent / "MISTAKES.md"

_HEAD = """# Mistakes, and what symbook says

{count} mistakes that somebody makes, each with the message that comes. A message says what is wrong, where,
and with which values; its last line is a hint, one thing to do. In a notebook the line of yours that it is
about is marked above it, and no line of symbook's is shown; there, Python's own errors about symbols, arrays
and executors get a hint, too.

What stands in the cells was made by

```python
{setup}```

and `In[n]` is the number of a cell. This page is made by `python tests/build_mistakes.py`; a test makes every
mistake again, and does what the hints say.
"""


def messages(folder: Path) -> dict[str, str]:
    """The message of each mistake, by what the mistake is."""
    found = {}
    with notebook(folder) as running:
        for mistake in ALL:
            found[mistake.what] = (
                commanded(mistake, folder)
                if mistake.way == "command"
                else message(made(running, mistake), mistake, running.folder)
            )
    return found


def page(found: Mapping[str, str]) -> str:
    """The page's text."""
    parts = [_HEAD.format(count=len(ALL), setup=SETUP)]
    for chapter, mistakes in CHAPTERS.items():
        parts.append(f"## {chapter}\n")
        parts += [_shown(mistake, found[mistake.what]) for mistake in mistakes]
    return "\n".join(parts)


def read(text: str) -> dict[str, str]:
    """The messages on a page, by what the mistakes are."""
    found = {}
    for part in text.split("\n### ")[1:]:
        what, *blocks = part.split("\n```")
        lines = blocks[2].split("\n")[1:]
        found[what.strip()] = "\n".join(lines)
    return found


def _shown(mistake: Mistake, said: str) -> str:
    language = "sh" if mistake.way == "command" else "python"
    what = mistake.what[0].upper() + mistake.what[1:]
    return f"### {what}\n\n```{language}\n{mistake.cell}\n```\n\n```text\n{said}\n```\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        PAGE.write_text(page(messages(Path(place))), encoding="utf-8")
    print(f"{PAGE.name}: {len(ALL)} mistakes")
