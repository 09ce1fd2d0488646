"""Places in the user's code: where a node was made, for errors, traces and profiles to show."""

from __future__ import annotations

import linecache
import os
import re
import sys
import threading
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, Final, TypeVar

Result = TypeVar("Result")

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


class Where:
    """A place in the user's source.

    Attributes
    ----------
    file : str
        The file, or what IPython calls a notebook cell's.
    line : int
        Counted from 1.
    """

    __slots__ = ("_code", "_instruction", "_line", "file")

    def __init__(self, file: str, line: int) -> None:
        self.file: Final = file
        self._line: int | None = line
        self._code: CodeType | None = None
        self._instruction = 0

    @classmethod
    def of(cls, code: CodeType, instruction: int) -> Where:
        """The place of an instruction; its line, which takes time to find, is found when it is asked for."""
        place = cls(code.co_filename, 0)
        place._line, place._code, place._instruction = None, code, instruction
        return place

    @property
    def line(self) -> int:
        if self._line is None:
            assert self._code is not None
            self._line = _line(self._code, self._instruction)
        return self._line

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Where):
            return NotImplemented
        return (self.file, self.line) == (other.file, other.line)

    def __hash__(self) -> int:
        return hash((self.file, self.line))

    def __reduce__(self) -> tuple[type[Where], tuple[str, int]]:
        return Where, (self.file, self.line)

    def __repr__(self) -> str:
        return f"Where({self.file!r}, {self.line})"

    def __str__(self) -> str:
        place = f"{_cell_or_file(self.file)}, line {self.line}"
        text = linecache.getline(self.file, self.line).strip()
        return f"{place}: {text}" if text else place


def _line(code: CodeType, instruction: int) -> int:
    """The line of the instruction at that offset."""
    for begin, end, line in code.co_lines():
        if begin <= instruction < end and line is not None:
            return line
    return code.co_firstlineno


class _Origin(threading.local):
    """Whose line the nodes belong to that a pass makes on this thread."""

    def __init__(self) -> None:
        self.where: Where | None = None


_origin = _Origin()


def made_at(where: Where | None, function: Callable[..., Result], *args: Any) -> Result:
    """Call a function, and let :func:`here` give this line meanwhile.

    A node that a pass makes belongs to the line of the user's node.
    """
    before = _origin.where
    try:
        _origin.where = where
        return function(*args)
    finally:
        _origin.where = before


# A loop makes thousands of nodes at one instruction, and they share its place. The key need not be unique:
# the place is compared with what is looked for, and keeps its code alive, so that no other has its `id`.
_known: dict[int, Where] = {}
_MOST_KNOWN = 4096


def here(callers: int = 0) -> Where | None:
    """The innermost line outside this package on the calling thread's stack; None when there is none.

    Parameters
    ----------
    callers : int
        How many callers of the calling function are certainly of this package, and need no look.
    """
    if _origin.where is not None:
        return _origin.where
    try:
        frame: FrameType | None = sys._getframe(callers + 2)
    except ValueError:
        return None
    while frame is not None:
        code, instruction = frame.f_code, frame.f_lasti
        known = _known.get(id(code) + instruction)
        if known is not None and known._code is code and known._instruction == instruction:
            return known
        if not code.co_filename.startswith(_PACKAGE):
            return _learn(code, instruction)
        frame = frame.f_back
    return None


def _learn(code: CodeType, instruction: int) -> Where:
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    place = _known[id(code) + instruction] = Where.of(code, instruction)
    return place


def _cell_or_file(file: str) -> str:
    """`In[3]` for a notebook cell, where IPython runs and knows the file; otherwise the file's own name."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    compiler = getattr(shell, "compile", None)
    name_of = getattr(compiler, "format_code_name", None)
    if name_of is None and compiler is not None:
        number = _cell_number(shell, file)
        return f"In[{number}]" if number else _short(file)
    named = name_of(file) if name_of is not None else None
    return str(named[1]) if named else _short(file)


def _cell_number(shell: Any, file: str) -> int | None:
    """Which cell a file's name stands for, in an IPython that does not say, as Colab's."""
    in_terminal = re.match(r"<ipython-input-(\d+)-", file)
    if in_terminal:
        return int(in_terminal[1])
    name_of = shell.compile.get_code_name
    if os.path.dirname(name_of("", "", 0)) != os.path.dirname(file):
        return None
    texts = shell.history_manager.input_hist_raw
    for number in range(len(texts) - 1, 0, -1):  # it mostly is the latest
        # A cell of `%%symgraph` ends in a line break, which the notebook's text has not.
        for text in (texts[number], f"{texts[number]}\n"):
            if name_of(text, text, number) == file:
                return number
    return None


def _short(file: str) -> str:
    return os.path.basename(file) if os.path.isabs(file) else file
