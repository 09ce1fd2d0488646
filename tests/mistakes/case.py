"""One mistake: what somebody writes, and what must be true of the message that comes."""

from __future__ import annotations

from typing import NamedTuple

SETUP = """\
import numpy as np
import symbook as mx
from symbook.course import check, hint
A, B, C, D = (mx.sym.Variable(name) for name in "ABCD")
with mx.name.NameManager():
    E = (A*B) + (C*D)
one, two = mx.nd.array([1]), mx.nd.ones((2, 3))
x = mx.nd.array([[1, 2], [3, 4]])
data = {"A": one, "B": one, "C": one, "D": one}
f = E.bind(mx.cpu(), data)
g = E.simple_bind(mx.cpu(), A=(1,), B=(1,), C=(1,), D=(1,))
"""
"""What every cell finds: the names that the page explains at its beginning."""


class Mistake(NamedTuple):
    """A mistake and its message, which stands in MISTAKES.md.

    Attributes
    ----------
    what : str
        The mistake, in words; no two have the same.
    cell : str
        What is written: a cell, or a command's line.
    kind : str
        The class of the error; empty where a box or a line of text is shown.
    names : tuple of str
        What the message must name: the node, the argument, the line, the value.
    line : int
        The cell's line that is marked, counted from 1; 0 where the message is shown alone.
    fix : str
        A cell that does what the hint says, and works.
    way : str
        `cell`, `box` (of an exercise), `usage` (IPython's own message) or `command`.
    without : tuple of str
        Modules that are not installed.
    """

    what: str
    cell: str
    kind: str
    names: tuple[str, ...] = ()
    line: int = 1
    fix: str = ""
    way: str = "cell"
    without: tuple[str, ...] = ()
