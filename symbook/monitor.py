"""`mx.mon`: `Monitor` collects a statistic of every value of executors, batch by batch."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable
from typing import Any

from . import ndarray as nd
from .errors import ArgumentError, asked_of
from .executor import Executor
from .ndarray import NDArray
from .quoting import one_line

Row = tuple[int, str, str]
"""Batch, name of the value, and the statistic as text."""


def _norm_per_root(array: NDArray) -> Any:
    """The Euclidean norm over the square root of the size: the root of the mean square."""
    return nd.norm(array) / math.sqrt(array.size)


class Monitor:
    """Watches the outputs, weights and gradients of executors.

    Call :meth:`tic` before `forward`, and :meth:`toc` or :meth:`toc_print` after the batch.

    Parameters
    ----------
    interval : int
        Every how many batches to watch.
    stat_func : callable, optional
        Gives the statistic of an NDArray, as an NDArray or a list of them; the Euclidean norm divided by
        the square root of the size when left out.
    pattern : str
        A regular expression that the names begin with: `.*weight`, `.*backward.*`.
    sort : bool
        Sort the rows by name.
    monitor_all : bool
        Watch the inputs of nodes too.

    Raises
    ------
    ArgumentError
        If the pattern is no regular expression.
    """

    def __init__(
        self,
        interval: int,
        stat_func: Callable[[NDArray], Any] | None = None,
        pattern: str = ".*",
        sort: bool = False,
        monitor_all: bool = False,
    ) -> None:
        try:
            self.re_prog = re.compile(pattern)
        except re.error as error:
            raise ArgumentError(
                f"{pattern!r} is no regular expression: {error}",
                hint='".*" is the pattern of all names.',
            ) from None
        self.stat_func = stat_func or _norm_per_root
        self.interval = interval
        self.sort = sort
        self.monitor_all = monitor_all
        self.activated = False
        self.queue: list[tuple[int, str, Any]] = []
        self.step = 0
        self.exes: list[Executor] = []

    def install(self, exe: Executor) -> None:
        """Watch an executor; several may be watched by one monitor."""
        exe.set_monitor_callback(self._note, self.monitor_all)
        self.exes.append(exe)

    def tic(self) -> None:
        """Begin a batch; it is watched if it is the interval's turn. Call it before `forward`."""
        if self.step % self.interval == 0:
            self.queue = []
            self.activated = True
        self.step += 1

    def toc(self) -> list[Row]:
        """End the batch.

        Returns
        -------
        list of (int, str, str)
            Batch, name and statistic, one for each value watched: those of nodes in the order they ran,
            then arguments and auxiliary states. Empty for a batch that is not watched.
        """
        if not self.activated:
            return []
        for exe in self.exes:
            for name, array in (*exe.arg_dict.items(), *exe.aux_dict.items()):
                self._note(name, array)
        self.activated = False
        if self.sort:
            self.queue.sort(key=lambda row: row[1])
        rows = [(step, name, _text(found)) for step, name, found in self.queue]
        self.queue = []
        return rows

    def toc_print(self) -> None:
        """End the batch and log its rows, at the level INFO.

        Python shows these after `logging.basicConfig(level=logging.INFO)`.
        """
        for step, name, text in self.toc():
            logging.info("Batch: %7d %30s %s", step, one_line(name), text)

    def _note(self, name: str, array: NDArray) -> None:
        if self.activated and self.re_prog.match(name):
            self.queue.append((self.step, name, self.stat_func(array)))


def _text(found: Any) -> str:
    arrays = found if isinstance(found, list) else [found]
    return "".join(f"{_number(array)}\t" for array in arrays)


def _number(array: Any) -> Any:
    if not isinstance(array, NDArray):
        raise ArgumentError(
            f"stat_func must give an NDArray or a list of them, not {type(array).__name__}",
            hint="For instance: lambda x: mx.nd.max(x).",
        )
    values = array.asnumpy()
    return values[0] if array.shape == (1,) else values


__getattr__ = asked_of("mx.mon", dir())
