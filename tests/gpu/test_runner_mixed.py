"""Executors, streams, threads, held outputs and deaths in random mixtures: no race, and NumPy's values.

`SYMBOOK_SIMULATION_SEED` makes other mixtures.
"""

from __future__ import annotations

import gc
import random
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from random_graphs import Case, random_case

import symbook as mx
from symbook.executor import Executor

ACTS = 40


@dataclass(eq=False)
class Bound:
    """A random graph that is bound, and what it gives."""

    case: Case
    executor: Executor
    heads: list[mx.nd.NDArray]
    has_gradients: bool

    def check(self, outputs: list[mx.nd.NDArray]) -> None:
        for value, output in zip(self.case.expected, outputs, strict=True):
            np.testing.assert_array_equal(value, output.asnumpy())


def bound(rng: random.Random, gpu: mx.Context) -> Bound:
    case = random_case(rng.randrange(12), rng.choice([6, 15, 30]))
    arrays = {n: mx.nd.array(v, dtype=v.dtype, ctx=gpu) for n, v in case.arrays.items()}
    grads = {n: mx.nd.zeros(a.shape, ctx=gpu, dtype=a.dtype) for n, a in arrays.items()}
    heads = [mx.nd.ones(v.shape, ctx=gpu, dtype=v.dtype) for v in case.expected]
    has_gradients = rng.random() < 0.6
    executor = case.symbol.bind(
        gpu,
        arrays,
        args_grad=grads if has_gradients else None,
        runner=rng.choice(["threads", "threads", "auto"]),
    )
    # Whoever has streams of his own hands arrays over himself.
    gpu.xp.cuda.Device().synchronize()
    return Bound(case, executor, heads, has_gradients)


class Caller:
    """Who does this and that on streams of his own or of others."""

    def __init__(self, rng: random.Random, gpu: mx.Context, streams: list[Any]) -> None:
        self._rng, self._gpu, self._streams = rng, gpu, streams
        self._own = [bound(rng, gpu)]
        self._held: list[tuple[Bound, list[mx.nd.NDArray], Any]] = []

    def act(self, shared: list[Bound]) -> None:
        rng = self._rng
        stream = rng.choice(self._streams)
        with stream:
            kind = rng.choices(range(6), [55, 15, 10, 8, 8, 4])[0]
            if kind == 0:
                self._run(rng.choice(self._own + shared), stream)
            elif kind == 1 and self._held:
                found, outputs, own = self._held.pop(rng.randrange(len(self._held)))
                with own:
                    found.check(outputs)
            elif kind == 2:
                other = mx.nd.zeros((rng.choice([3, 12, 24]),), ctx=self._gpu, dtype="float64")
                other += 1
            elif kind == 3 and len(self._own) > 1:
                self._own.pop(0)
            elif kind == 4:
                self._own.append(bound(rng, self._gpu))
            elif kind == 5:
                self._own[-1].executor.trace()

    def _run(self, found: Bound, stream: Any) -> None:
        outputs = found.executor.forward(is_train=found.has_gradients)
        if self._rng.random() < 0.4:
            found.check(outputs)
        if self._rng.random() < 0.3:
            self._held.append((found, outputs, stream))
        if found.has_gradients and found in self._own and self._rng.random() < 0.6:
            found.executor.backward(found.heads)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("seed", range(5))
def test_anything_goes(simulation, seed: int, threads: int) -> None:
    gpu = mx.gpu(0)
    rng = random.Random(simulation.random.random())  # of the test's name, and of the variable
    cuda = gpu.xp.cuda
    streams = [cuda.Stream.null, *[cuda.Stream(non_blocking=k < 2) for k in range(3)]]
    shared = [bound(rng, gpu)] if threads > 1 else []
    failed: list[BaseException] = []

    def work(own: random.Random) -> None:
        try:
            caller = Caller(own, gpu, streams)
            for _ in range(ACTS):
                caller.act(shared)
        except BaseException as error:
            failed.append(error)

    started = [
        threading.Thread(target=work, args=(random.Random(rng.random()),)) for _ in range(threads)
    ]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    assert not failed, failed
    assert not simulation.races
    shared.clear()
    gc.collect()
