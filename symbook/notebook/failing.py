"""The expression that raised an error: where it stands in the user's code, and what its parts are.

Nothing is run to find out: names are looked up, and methods and plain data of objects of ours.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
import types
from dataclasses import dataclass
from itertools import islice
from types import FrameType, TracebackType
from typing import Any

from .tracebacks import is_own

UNKNOWN: Any = object()
"""What a part of an expression is that only running it would tell."""

LISTS = ("outputs", "arg_arrays", "grad_arrays", "aux_arrays")
DICTS = ("output_dict", "arg_dict", "grad_dict", "aux_dict")


@dataclass(frozen=True)
class Failing:
    """An expression of the user's that raised an error.

    Attributes
    ----------
    frame
        The frame that it was running in.
    node
        The expression; None where its source is not to be had.
    """

    frame: FrameType
    node: ast.expr | None

    def is_a(self, kind: type[ast.expr]) -> bool:
        """Whether it is an expression of this kind."""
        return isinstance(self.node, kind)

    def value(self, node: ast.expr | None) -> Any:
        """What a name or an attribute of one is; `UNKNOWN` for what would have to be run."""
        if isinstance(node, ast.Name):
            spaces = (self.frame.f_locals, self.frame.f_globals, vars(builtins))
            return next((space[node.id] for space in spaces if node.id in space), UNKNOWN)
        if isinstance(node, ast.Attribute):
            return _attribute(self.value(node.value), node.attr)
        return node.value if isinstance(node, ast.Constant) else UNKNOWN


def failing(error: BaseException) -> Failing | None:
    """The user's expression that raised the error itself; None if something that it called did."""
    last = _last(error.__traceback__)
    if last is None or not is_own(last.tb_frame):
        return None
    return Failing(last.tb_frame, _expression(last))


def is_ours(value: Any) -> bool:
    """Whether it is a function, a class or an object of this package."""
    if isinstance(value, types.MethodType):
        value = value.__func__
    named = value if isinstance(value, (type, types.FunctionType)) else type(value)
    return (getattr(named, "__module__", "") or "").split(".")[0] == "symbook"


def _last(traceback: TracebackType | None) -> TracebackType | None:
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback


def _expression(link: TracebackType) -> ast.expr | None:
    code = link.tb_frame.f_code
    place = next(islice(code.co_positions(), link.tb_lasti // 2, None), None)
    if place is None or None in place:
        return None
    first, last, begin, end = place
    assert first is not None  # as None in place says
    assert last is not None
    lines = [line.encode() for line in linecache.getlines(code.co_filename)[first - 1 : last]]
    if len(lines) != last - first + 1:
        return None
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][begin:]
    try:
        return ast.parse(f"({b''.join(lines).decode()})", mode="eval").body
    except (SyntaxError, UnicodeDecodeError):
        return None


def _attribute(owner: Any, name: str) -> Any:
    if owner is UNKNOWN:
        return UNKNOWN
    if isinstance(owner, types.ModuleType) and owner.__name__.split(".")[0] == "symbook":
        return getattr(owner, name, UNKNOWN)
    if isinstance(owner, (types.ModuleType, type)):
        return vars(owner).get(name, UNKNOWN)
    if not is_ours(owner):
        return UNKNOWN
    if name in (*LISTS, *DICTS) and hasattr(type(owner), "arg_arrays"):
        return getattr(owner, name)
    found = inspect.getattr_static(type(owner), name, UNKNOWN)
    return types.MethodType(found, owner) if isinstance(found, types.FunctionType) else UNKNOWN
