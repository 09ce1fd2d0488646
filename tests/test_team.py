"""Compiled loops on several threads: whoever leads, and the workers that wait for blocks to compute."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symbook as mx
from symbook import workers
from symbook.fusion import Fused, board, compiler
from symbook.fusion.compiled import compiled
from symbook.fusion.parts import blocks, part, starts
from symbook.passes import fusing
from symbook.workers import pool

pytest.importorskip("numba", reason="Numba is not installed")


@pytest.fixture(autouse=True)
def four_threads(monkeypatch):
    """As on a machine with four processors, where every graph is compiled at once."""
    monkeypatch.setattr(fusing, "WORTH", 1)
    monkeypatch.setattr(compiler, "mode", lambda: "now")
    monkeypatch.setenv("SYMBOOK_NUM_THREADS", "4")
    workers.thread_count()
    yield
    assert compiler.failures == []


def bound(shapes, seed=0):
    """An executor of exp(a) * b - a for a and b of these shapes, and what NumPy gives."""
    rng = np.random.default_rng(seed)
    a, b = (rng.random(shape, dtype="float32") for shape in shapes)
    x, y = mx.sym.Variable("a"), mx.sym.Variable("b")
    symbol = mx.sym.broadcast_mul(mx.sym.exp(x), y)
    symbol = mx.sym.broadcast_sub(symbol, x)
    executor = symbol.bind(mx.cpu(), {"a": mx.nd.array(a), "b": mx.nd.array(b)})
    return executor, np.exp(a) * b - a


def fused(executor):
    """What an executor's only step calls."""
    (step,) = executor.plan.steps
    assert isinstance(step.op.fn, Fused)
    return step.op.fn


SHAPES = st.sampled_from([
    ((500,), (500,)), ((1,), (1,)), ((30, 40), (30, 40)), ((30, 40), (1, 40)), ((30, 40), (30, 1)),
    ((3, 50, 7), (3, 1, 7)), ((3, 50, 7), (1, 50, 1)), ((2, 3, 4, 5), (2, 1, 4, 1)),
])  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(SHAPES, st.integers(1, 600), st.integers(1, 4))
def test_blocks_of_every_size_on_every_number_of_threads(shapes, most, threads) -> None:
    executor, expected = bound(shapes)
    operator = fused(executor)
    operator._way = compiled(operator.group, operator.over, most)
    operator._settled, operator.seconds = True, 1.0
    with mx.engine.threads(threads):
        for _ in range(3):
            assert np.array_equal(expected, executor.forward()[0].asnumpy())


@given(
    st.lists(st.tuples(st.integers(1, 5), st.booleans()), min_size=1, max_size=4),
    st.integers(1, 40),
)
def test_where_blocks_start(dims, most) -> None:
    sizes = tuple(size for size, _ in dims)
    shape = tuple(size if whole else 1 for size, whole in dims)
    array = np.arange(np.prod(shape)).reshape(shape)
    for block in blocks(sizes, most):
        found = part(array, shape, sizes, block)
        assert found.flat[0] == starts(shape, sizes, block)
        assert found.flags.c_contiguous


def test_callers_at_once_get_their_own_results() -> None:
    made = [bound(((400, 300), (400, 300)), seed) for seed in range(4)]
    wrong = []

    def use(k: int) -> None:
        executor, expected = made[k]
        results = (executor.forward()[0].asnumpy() for _ in range(200))
        wrong.extend(k for result in results if not np.array_equal(expected, result))

    for executor, _ in made:
        executor.forward()
    users = [threading.Thread(target=use, args=(k,)) for k in range(4)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    assert [] == wrong
    assert compiler.team().busy() == 0
    assert len(pool.running) == 0


def test_several_threads_compute() -> None:
    executor, expected = bound(((4_000_000,), (4_000_000,)))
    executor.forward()
    team = compiler.team()
    most = []

    def watch() -> None:
        while not over:
            most.append(team.busy())
            time.sleep(0.0002)  # or workers would wait for Python's lock

    over: list[None] = []
    watching = threading.Thread(target=watch)
    watching.start()
    try:
        deadline = time.monotonic() + 30
        while max(most, default=0) == 0 and time.monotonic() < deadline:
            assert np.array_equal(expected, executor.forward()[0].asnumpy())
    finally:
        over.append(None)
        watching.join()
    assert 1 <= max(most) <= 3


def test_who_finds_another_leading_computes_alone() -> None:
    executor, expected = bound(((100_000,), (100_000,)))
    executor.forward()
    team = compiler.team()
    owner = board.OWNER // 8
    assert team._words[owner] == 0
    team._words[owner] = 1
    try:
        assert np.array_equal(expected, executor.forward()[0].asnumpy())
        assert team._words[owner] == 1
    finally:
        team._words[owner] = 0


@pytest.mark.parametrize(("elsewhere", "others"), [(0, 3), (1, 2), (2, 1), (3, 0), (5, 0)])
def test_no_more_work_than_may(elsewhere, others, monkeypatch) -> None:
    team = compiler.team()
    seen = []
    job = workers.Job(lambda i: None, [], 0)
    while pool.running:
        time.sleep(0.001)
    monkeypatch.setattr(pool, "running", {-k - 1: job for k in range(elsewhere)})
    monkeypatch.setattr(pool, "wake_sleeping", lambda wanted: None)
    team.run(lambda *args: seen.append((args[-1], len(pool.running))), [], 0, 4)
    assert seen == [(others, elsewhere + (others > 0))]
    assert len(pool.running) == elsewhere


def test_waiting_workers_come_to_other_jobs() -> None:
    executor, expected = bound(((300_000,), (300_000,)))
    for _ in range(20):
        executor.forward()
        together = threading.Barrier(4)
        workers.share(lambda i, b=together: b.wait(timeout=20), 4)
        assert np.array_equal(expected, executor.forward()[0].asnumpy())


def test_waiting_ends() -> None:
    executor, _ = bound(((300_000,), (300_000,)))
    executor.forward()
    team = compiler.team()
    deadline = time.monotonic() + 20
    while team._words[board.SERVERS // 8]:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    begin = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - begin < 0.1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_gets_a_team_of_its_own(tmp_path) -> None:
    code = """
import os, threading, time, sys
import numpy as np, symbook as mx
from symbook.fusion import compiler
a = mx.sym.Variable("a")
data = np.linspace(-1, 1, 500_000).astype("float32")
executor = (mx.sym.exp(a) * a - a).bind(mx.cpu(), {"a": mx.nd.array(data)})
expected = np.exp(data) * data - data
def right():
    return np.array_equal(expected, executor.forward()[0].asnumpy())
assert all(right() for _ in range(50))
child = os.fork()
ok = all(right() for _ in range(50))
if child == 0:
    os._exit(0 if ok and not compiler.failures else 1)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status), ok, compiler.failures)
"""
    result = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", code],
        capture_output=True, text=True, timeout=300, cwd=Path(__file__).parent.parent,
        env={**os.environ, "SYMBOOK_JIT": "now", "SYMBOOK_CACHE": str(tmp_path)},
    )  # fmt: skip
    assert (result.stdout, result.returncode) == ("0 True []\n", 0), result.stderr
