"""The workers as compiled loops use them: for some time after a job they wait for the next without sleeping.

To wake a sleeping thread takes as long as a million additions do. Who waits in compiled code needs no GIL,
sees a new job within a microsecond, and gives its processor to whoever else wants it meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..workers import pool
from . import board

PATIENCE = 400
"""Rounds that a worker waits, each of which takes 0.3 us or longer: what a sleeping one takes to begin."""


class _Leading:
    """What callers are at while they lead: nothing that workers see."""

    over = True

    def wants_help(self) -> bool:
        return False

    def help(self) -> None: ...

    def forget_helpers(self) -> None: ...


_LEADING = _Leading()


class Team:
    """Those who compute the blocks of compiled loops.

    Parameters
    ----------
    serve : callable
        :func:`symbook.fusion.native.serve`.

    Attributes
    ----------
    address : int
        That of the board.
    """

    def __init__(self, serve: Callable[[int, int, int], None]) -> None:
        self._serve = serve
        memory = np.zeros(board.BYTES + 64, np.uint8)
        begin = -memory.ctypes.data % 64
        self._memory = memory[begin : begin + board.BYTES]
        self.address: int = self._memory.ctypes.data
        self._words = memoryview(self._memory.data).cast("q")

    def run(
        self, begin: Callable[..., None], arrays: Sequence[Any], record: int, threads: int
    ) -> None:
        """Compute a loop on at most so many threads.

        Parameters
        ----------
        begin : callable
            The loop's own.
        arrays : sequence of ndarray
        record : int
            The address of its record.
        threads : int
        """
        running, me = pool.running, threading.get_ident()
        own = me in running
        others = min(threads - 1, pool.room(me)) if threads > 1 else 0
        if others < 1:
            begin(*arrays, record, self.address, 0)
            return
        try:
            if not own:
                running[me] = _LEADING
            serving = self._words[board.SERVERS // 8]
            pool.keep_clear(-1)
            if serving < others:
                pool.wake_sleeping(others - serving)
            begin(*arrays, record, self.address, others)
        finally:
            if not own:
                running.pop(me, None)

    # For the pool

    def mark(self) -> int:
        """What :meth:`stay` compares."""
        return self._words[board.CALLS // 8]

    def stay(self, mark: int) -> None:
        """Serve until there is nothing to do any more, or somebody has called since `mark`."""
        self._serve(self.address, mark, PATIENCE)

    def call(self) -> int:
        """Call those who serve to other work; how many there are."""
        serving = self._words[board.SERVERS // 8]
        if serving:
            self._words[board.CALLS // 8] += 1
        return serving

    def busy(self) -> int:
        """How many workers are helping."""
        return self._words[board.ACTIVE // 8]

    def forget(self) -> None:
        """In a forked child nobody serves, and nobody leads."""
        self._memory[:] = 0
