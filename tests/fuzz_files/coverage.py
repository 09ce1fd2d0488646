"""Which lines of the readers a file reaches, one after the other: what reaches new ones is kept."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

from symbook import specs
from symbook.ndarray import saving
from symbook.ops import literals, params
from symbook.symbol import attributes, canonical, upgrade
from symbook.symbol import json as any_json

_Answer = TypeVar("_Answer")
_FILES = {
    module.__file__
    for module in (specs, saving, literals, params, attributes, canonical, upgrade, any_json)
}


class Coverage:
    """Pairs of lines that ran one after the other in one function, over all that was watched."""

    def __init__(self) -> None:
        self.seen: set[tuple[Any, int, int]] = set()

    def watch(self, function: Callable[[], _Answer]) -> tuple[_Answer, int]:
        """Call it; what it gives, and how many pairs were new. Its errors pass."""
        before = len(self.seen)
        sys.settrace(self._called)
        try:
            answer = function()
        finally:
            sys.settrace(None)
        return answer, len(self.seen) - before

    def _called(self, frame: FrameType, event: str, arg: Any) -> Any:
        code = frame.f_code
        if code.co_filename not in _FILES:
            return None
        see, last = self.seen.add, 0

        def line(frame: FrameType, event: str, arg: Any) -> Any:
            nonlocal last
            if event == "line":
                see((code, last, frame.f_lineno))
                last = frame.f_lineno
            return line

        return line
