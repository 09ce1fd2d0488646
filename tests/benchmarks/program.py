"""What a peer makes of a workload: something to call, and what came of it."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]
Size = dict[str, Any]
Builder = Callable[[Size, Arrays], "Program"]


def tiled(arrays: Arrays, size: Size) -> Arrays:
    """So many `tiles` of each array, along the first axis, where the size has them.

    Large arrays are made so, for their files and what is expected of them would be large, too.
    """
    tiles = size.get("tiles", 1)
    if tiles == 1:
        return arrays
    return {name: np.tile(a, (tiles, *[1] * (a.ndim - 1))) for name, a in arrays.items()}


def first_tile(arrays: Arrays, size: Size) -> Arrays:
    """One tile of results; a ValueError if another one differs."""
    tiles = size.get("tiles", 1)
    found = {name: a[: len(a) // tiles] if tiles > 1 else a for name, a in arrays.items()}
    for name, whole in arrays.items():
        if tiles > 1 and not (whole.reshape(tiles, *found[name].shape) == found[name]).all():
            raise ValueError(f"the tiles of {name} are not all the same")
    return found


def nothing() -> Arrays:
    """The results of a program that has none."""
    return {}


def _none() -> None:
    """The wait for what is done."""


@dataclass(frozen=True)
class Program:
    """One workload, ready to run.

    Attributes
    ----------
    call : callable
        Does the work once, and returns when it is done; or when it is under way, where there is `wait`.
    results : callable
        The arrays that the latest call computed, by name.
    before : callable, optional
        What each call needs to have done anew; it is not timed.
    amount : callable, optional
        For a workload that measures no time, its figure.
    work : dict of str to float
        What one call does, such as `flops` or `bytes`, to tell a rate from its time.
    wait : callable, optional
        Returns when the work of all calls is done.
    """

    call: Callable[[], object]
    results: Callable[[], Arrays] = nothing
    before: Callable[[], object] | None = None
    amount: Callable[[], float] | None = None
    work: dict[str, float] = field(default_factory=dict)
    wait: Callable[[], object] = _none

    def measure(self, calls: int, how: str = "queued") -> float:
        """Seconds that so many calls take together; or the figure, so many times.

        Parameters
        ----------
        how : {"queued", "alone", "host"}
            What is timed, where work goes on after a call has returned: calls one after another and the
            wait for the last; each call with the wait for it; or each call without the wait, which is
            then done before the next.
        """
        if self.amount is not None:
            return self.amount() * calls
        if self.before is not None:
            return sum(self._one(self.before, self._finished) for _ in range(calls))
        if how == "host":
            return sum(self._one(self.wait, self.call) for _ in range(calls))
        call = self.call if how == "queued" else self._finished
        begin = time.perf_counter()
        for _ in itertools.repeat(None, calls):
            call()
        self.wait()
        return time.perf_counter() - begin

    def finished(self) -> Program:
        """The same with calls that return when their work is done."""
        return replace(self, call=self._finished, wait=_none)

    def _finished(self) -> None:
        self.call()
        self.wait()

    @staticmethod
    def _one(before: Callable[[], object], timed: Callable[[], object]) -> float:
        before()
        begin = time.perf_counter()
        timed()
        return time.perf_counter() - begin


def importing(module: str) -> Builder:
    """The workload `import`: a new Python that imports the module, compiled by the first call."""
    return starting(f"import {module}")


def starting(text: str) -> Builder:
    """A new Python that runs a text, compiled by the first call."""
    command = [sys.executable, "-c", text]
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
        self.value: Any = None

    def program(self, **more: Any) -> Program:
        """The function as a program."""
        return Program(self._call, lambda: self._named(self.value), **more)

    def _call(self) -> None:
        self.value = self._function()
