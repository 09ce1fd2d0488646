"""Making mistakes, in a real kernel or by the command, and what is shown then."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from notebooks import ROOT, Kernel, Outputs, kernel, numberless

from mistakes.case import SETUP, Mistake
from symbook.cli import main

_BACK = """\
import os, sys
os.environ.update(_found_environment)
for _name in [name for name in os.environ if name not in _found_environment]:
    del os.environ[_name]
for _name in [name for name, module in sys.modules.items() if module is None]:
    del sys.modules[_name]
from symbook import custom, naming
naming.current()._counter.clear()
custom._properties.clear()
"""


@contextlib.contextmanager
def notebook(folder: Path) -> Iterator[Kernel]:
    """A kernel with the extension, in a folder."""
    with kernel(folder) as running:
        done = running.run("%load_ext symbook\nimport os\n_found_environment = dict(os.environ)")
        assert done.error is None, done.shown_error
        yield running


def made(running: Kernel, mistake: Mistake) -> Outputs:
    """What the front end gets when the mistake is made in a cell, with everything as it was before."""
    for cell in (_BACK, SETUP):
        ready = running.run(cell)
        assert ready.error is None, ready.shown_error
    return running.run(mistake.cell)


def message(outputs: Outputs, mistake: Mistake, folder: Path) -> str:
    """The message alone: what stands below the lines of the cell."""
    if mistake.way == "box":
        assert outputs.error is None, outputs.shown_error
        return neutral(outputs.text, folder)
    if mistake.way == "usage":
        return neutral(outputs.stderr.strip(), folder)
    shown = outputs.shown_error
    at = shown.rindex(f"{mistake.kind}: ") if f"{mistake.kind}: " in shown else 0
    return neutral(shown[at:], folder)


def commanded(mistake: Mistake, folder: Path) -> str:
    """What the command says on the error stream; it must fail."""
    from symbook.symbol import Variable

    (folder / "folder").mkdir(exist_ok=True)
    (folder / "folder" / "notes.txt").write_text("mine")
    (folder / "taken.txt").write_text("mine")
    (folder / "other.json").write_text("[1, 2]")
    Variable("A").save(str(folder / "graph.json"))
    stream = io.StringIO()
    hidden = mock.patch.dict(sys.modules, dict.fromkeys(mistake.without))
    with contextlib.chdir(folder), hidden, contextlib.redirect_stderr(stream):
        status = main(shlex.split(mistake.cell)[1:])
    assert status == 2, status
    return neutral(stream.getvalue().strip(), folder)


def neutral(text: str, folder: Path) -> str:
    """The text without what differs between machines: the folder, the Python, numbers of cells."""
    text = numberless(text)
    for path in sorted({str(folder), str(folder.resolve())}, key=len, reverse=True):
        text = text.replace(path, "<folder>")
    text = text.replace(str(ROOT / "symbook"), "<symbook>")
    text = re.sub(r"has [\d,]+ bytes of memory", "has n bytes of memory", text)
    for python in (f'"{sys.executable}"', sys.executable):
        text = text.replace(python, "python")
    return "\n".join(line.rstrip() for line in text.strip("\n").split("\n"))
