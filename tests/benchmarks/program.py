"""What a peer makes of a workload: something to call, and what came of it."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]
Size = dict[str, Any]
Builder = Callable[[Size, Arrays], "Program"]


def nothing() -> Arrays:
    """The results of a program that has none."""
    return {}


@dataclass(frozen=True)
class Program:
    """One workload, ready to run.

    Attributes
    ----------
    call : callable
        Does the work once, and returns when it is done.
    results : callable
        The arrays that the latest call computed, by name.
    before : callable, optional
        What each call needs to have done anew; it is not timed.
    amount : callable, optional
        For a workload that measures no time, its figure.
    work : dict of str to float
        What one call does, such as `flops` or `bytes`, to tell a rate from its time.
    """

    call: Callable[[], object]
    results: Callable[[], Arrays] = nothing
    before: Callable[[], object] | None = None
    amount: Callable[[], float] | None = None
    work: dict[str, float] = field(default_factory=dict)

    def measure(self, calls: int) -> float:
        """Seconds that so many calls take together; or the figure, so many times."""
        if self.amount is not None:
            return self.amount() * calls
        if self.before is not None:
            return sum(self._one() for _ in range(calls))
        call = self.call
        begin = time.perf_counter()
        for _ in itertools.repeat(None, calls):
            call()
        return time.perf_counter() - begin

    def _one(self) -> float:
        assert self.before is not None
        self.before()
        begin = time.perf_counter()
        self.call()
        return time.perf_counter() - begin


def importing(module: str) -> Builder:
    """The workload `import`: a new Python that imports the module, compiled by the first call."""
    command = [sys.executable, "-c", f"import {module}"]
    surroundings = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

    def build(size: Size, inputs: Arrays) -> Program:
        return Program(lambda: subprocess.run(command, check=True, env=surroundings))

    return build


class Latest:
    """Calls a function and keeps what it returned.

    `named` makes the results, by name, of that.
    """

    def __init__(self, function: Callable[[], Any], named: Callable[[Any], Arrays]) -> None:
        self._function, self._named = function, named
        self._value: Any = None

    def program(self, **more: Any) -> Program:
        """The function as a program."""
        return Program(self._call, lambda: self._named(self._value), **more)

    def _call(self) -> None:
        self._value = self._function()
