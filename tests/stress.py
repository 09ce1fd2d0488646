"""The scheduler, with pauses at random instructions: any order, the same bits, and everything once.

`python -m tests.stress --seeds 2000` takes some minutes; `--seed N` begins at another one. What fails is told
with its seed, and `--seeds 1 --seed N` has the same graph again, and pauses in the same places as far as
threads can be told when to run.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))  # as pytest has it

from jostling import Jitter
from random_graphs import Case, random_case

import symbook as mx
from symbook import workers
from symbook.runners import SerialRunner, ThreadRunner
from symbook.workers import pool

FILES = tuple(
    f"symbook/{name}.py"
    for name in ("runners/threads", "workers/job", "workers/pool", "turns", "held", "executor")
)


@contextmanager
def fresh_workers() -> Iterator[None]:
    """Workers that are started inside, and end when it does."""

    def send_away() -> None:
        old = list(pool._workers)
        pool.forget()
        for worker in old:
            worker.wake()

    send_away()
    try:
        yield
    finally:
        send_away()


class Trial:
    """One random graph, and all that is tried on it with one seed."""

    def __init__(self, seed: int) -> None:
        self._seed, self._rng = seed, random.Random(seed)
        self._case: Case = random_case(seed, self._rng.randint(5, 40))
        arrays = self._case.bound()
        self._grads = {
            name: mx.nd.zeros(array.shape, dtype=array.dtype) for name, array in arrays.items()
        }
        self._executor = self._case.symbol.bind(
            mx.cpu(), arrays, args_grad=self._grads, grad_req="write"
        )
        self._executor._runner = SerialRunner(lambda plan: range(len(plan.steps)))
        self._gradients = self._trained()

    def _trained(self) -> dict[str, bytes]:
        outputs = self._executor.forward(is_train=True)
        self._is_right(outputs)
        self._executor.backward([mx.nd.ones(o.shape, dtype=o.dtype) for o in outputs])
        return {name: array.asnumpy().tobytes() for name, array in self._grads.items()}

    def _is_right(self, outputs: Sequence[Any]) -> None:
        for expected, result in zip(self._case.expected, outputs, strict=True):
            assert expected.shape == result.shape
            assert expected.tobytes() == result.asnumpy().tobytes()

    def _is_idle(self) -> None:
        assert [] == pool.jobs
        assert threading.get_ident() not in pool.running
        assert (0, 0) == (self._executor._turns.taken, self._executor._turns._holder)

    def run(self) -> int:
        """Try it; how often a thread was stopped. AssertionError if anything is wrong."""
        acts = [self.forward, self.backward, self.callers, self.jobs, self.failing]
        with fresh_workers(), Jitter(self._seed, FILES, self._rng.choice([0.002, 0.02])) as jitter:
            for act in acts:
                pick = self._rng.choice([None, lambda ready: self._rng.randrange(len(ready))])
                self._executor._runner = ThreadRunner(self._rng.randint(2, 4), pick)
                act()
                self._is_idle()
        return jitter.stops

    def forward(self) -> None:
        for _ in range(2):
            self._is_right(self._executor.forward())

    def backward(self) -> None:
        assert self._gradients == self._trained()

    def callers(self) -> None:
        """Several threads run it at once; each holds what it got."""
        held: list[Any] = []
        threads = [
            threading.Thread(target=lambda: held.append(self._executor.forward())) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert 3 == len(held)
        for outputs in held:
            self._is_right(outputs)

    def jobs(self) -> None:
        """Jobs inside jobs: each item once."""
        done: list[tuple[int, int]] = []
        workers.share(lambda i: workers.share(lambda j: done.append((i, j)), 5), 6)
        assert Counter((i, j) for i in range(6) for j in range(5)) == Counter(done)

    def failing(self) -> None:
        """The first error is raised when nobody is at it any more, and what follows is right."""
        at_work: dict[int, None] = {}
        last = self._rng.randrange(12)

        def task(i: int) -> None:
            at_work[i] = None
            if i == last:
                del at_work[i]
                raise ZeroDivisionError
            del at_work[i]

        try:
            workers.share(task, 12)
        except ZeroDivisionError:
            assert not at_work
        else:
            raise AssertionError("nothing was raised")
        self._is_right(self._executor.forward())


def stress(first: int, count: int, tell: Callable[[str], None] = print) -> dict[str, Any]:
    """Try so many seeds; what was done."""
    begin = time.process_time()
    before = workers.set_thread_count(4)
    stops, failed = 0, []
    try:
        for seed in range(first, first + count):
            try:
                stops += Trial(seed).run()
            except Exception as error:
                failed.append(seed)
                tell(f"seed {seed}: {type(error).__name__}: {error}")
    finally:
        workers.set_thread_count(before)
    return {
        "seeds": [first, first + count],
        "pauses": stops,
        "failed": failed,
        "processor seconds": round(time.process_time() - begin, 1),
        "python": sys.version.split()[0],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.stress", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--record", type=Path)
    given = parser.parse_args(arguments)
    np.seterr(all="ignore")
    found = stress(given.seed, given.seeds)
    print(json.dumps(found, indent=1))
    if given.record:
        given.record.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 1 if found["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
