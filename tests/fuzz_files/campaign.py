"""A run: files are damaged, read and checked until as many are done as were asked for."""

from __future__ import annotations

import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from . import checks, corpus, mutations
from .coverage import Coverage

BLOCK = 500  # files, times a target's share, between two looks at the clock
_KEPT = 4_000  # files that are damaged further
# Of so many files one is watched for new lines, read both ways, and measured for its memory: as it is, and
# grown to a length at which it counts.
_WATCHED, _AGAIN, _MEASURED, _GROWN = 16, 50, 250, 5_000
_LONG = 60_000
# Seconds of processor time for a file, and for each of its bytes: ten times what the slowest take.
PATIENCE, PER_BYTE = 0.1, 1e-4
_HANG = 60  # seconds for a block of them


class Hang(Exception):
    """A block of files that did not end."""


@dataclass
class Target:
    """One reader, and what is known of it."""

    name: str
    read: Callable[[bytes], str]
    mutate: Callable[[Random, bytes, bytes], bytes]
    files: list[bytes]
    share: int
    again: Callable[[bytes], None] | None = None
    outcomes: Counter[str] = field(default_factory=Counter)
    executions: int = 0
    whole: int = 0  # how many of the files nothing was done to
    most_memory: float = 0.0
    longest: float = 0.0


@dataclass
class Failure:
    """A file that broke a promise."""

    target: str
    raw: bytes
    why: str


def targets() -> list[Target]:
    """Both readers, with the files that damage begins with."""
    symbols = [raw for raw in corpus.symbols() if len(raw) <= corpus.LARGEST]
    return [
        Target("symbols", checks.read_symbol, mutations.symbol, symbols, 2, checks.require_symbol_again),
        Target("arrays", checks.read_arrays, mutations.arrays, list(corpus.arrays()), 3),
    ]  # fmt: skip


class Campaign:
    """Executions of all targets in turn.

    Parameters
    ----------
    seed : int
        The same seed makes the same files, as long as the readers are the same.
    failures : path, optional
        A folder for each file that broke a promise, and why.
    """

    def __init__(self, seed: int, failures: Path | None = None) -> None:
        checks.prepare()
        self._random = Random(seed)
        self.targets = targets()
        self.coverage = Coverage()
        self.failures: list[Failure] = []
        self._folder = failures

    def run(self, executions: int, told: Callable[[int], Any] = lambda done: None) -> None:
        """So many files, in blocks; `told` is called with how many are done after each block."""
        for target in self.targets:
            target.whole = len(target.files)
            for raw in target.files[: target.whole]:
                self._one(target, raw)
        done = sum(target.executions for target in self.targets)
        while done < executions:
            for target in self.targets:
                with _alarm():
                    self._block(target, min(target.share * BLOCK, executions - done))
                done = sum(target.executions for target in self.targets)
            told(done)

    def _block(self, target: Target, number: int) -> None:
        random, files = self._random, target.files
        for _ in range(number):
            # Half begin whole: of those that are kept, most are refused whatever else is done to them.
            among = len(files) if random.random() < 0.5 else target.whole
            raw = files[int(random.random() * among)]
            other = files[int(random.random() * len(files))]
            self._one(target, target.mutate(random, raw, other))

    def _one(self, target: Target, raw: bytes) -> None:
        target.executions += 1
        try:
            new = self._tried(target, raw)
        except Exception:
            self._failed(Failure(target.name, raw, traceback.format_exc()))
            return
        if new and len(target.files) < _KEPT and len(raw) <= 2 * corpus.LARGEST:
            target.files.append(raw)

    def _failed(self, failure: Failure) -> None:
        self.failures.append(failure)
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            name = f"{failure.target}-{len(self.failures)}"
            (self._folder / name).write_bytes(failure.raw)
            (self._folder / f"{name}.txt").write_text(failure.why, encoding="utf-8")

    def _tried(self, target: Target, raw: bytes) -> bool:
        """Read the file and hold what is promised against it; whether it did something new."""
        turn = target.executions
        if turn % _MEASURED == 1:
            long = turn % _GROWN == 1
            measured = mutations.grown(self._random, raw, _LONG) if long else raw
            times = checks.require_little_memory(target.read, measured)
            target.most_memory = max(target.most_memory, times)
        if turn % _AGAIN == 2 and target.again is not None:
            target.again(raw)
        if turn % _WATCHED:
            outcome, lines = self._timed(target, raw), 0
        else:
            outcome, lines = self.coverage.watch(lambda: self._timed(target, raw))
        target.outcomes[outcome] += 1
        # What Python's reader of JSON refuses is not looked into further.
        return checks.NOT_JSON not in outcome and (lines > 0 or target.outcomes[outcome] == 1)

    def _timed(self, target: Target, raw: bytes) -> str:
        begin = time.perf_counter()
        outcome = target.read(raw)
        took = time.perf_counter() - begin
        if took > PATIENCE + PER_BYTE * len(raw):
            self._again_timed(target, raw)
        return outcome

    def _again_timed(self, target: Target, raw: bytes) -> None:
        """By the time that the processor was at it alone: the machine may have been busy otherwise."""
        begin = time.thread_time()
        target.read(raw)
        took = time.thread_time() - begin
        target.longest = max(target.longest, took)
        if took > PATIENCE + PER_BYTE * len(raw):
            raise checks.Broken(f"took {took:.2f} s")


@contextmanager
def _alarm() -> Iterator[None]:
    """Raise Hang where the block does not end in time."""

    def ring(*_: Any) -> None:
        raise Hang(f"some thousand files took over {_HANG} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(_HANG)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
