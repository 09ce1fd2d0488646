"""Write what the programs of `OPTIMISER.md` print below them: `python tests/build_optimiser.py`.

A test compares the page with what this would write.
"""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import symbook as mx

PAGE = Path(__file__).resolve().parent.parent / "OPTIMISER.md"

_PAIR = re.compile(r"```python\n(.*?)```\n\n```text\n.*?```", re.DOTALL)


def page(text: str) -> str:
    """The page with the outputs of its programs, which go on from one another."""
    space: dict[str, object] = {}

    def run(match: re.Match[str]) -> str:
        printed = StringIO()
        with redirect_stdout(printed):
            exec(match[1], space)
        return f"```python\n{match[1]}```\n\n```text\n{printed.getvalue()}```"

    with mx.name.NameManager():
        return _PAIR.sub(run, text)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
