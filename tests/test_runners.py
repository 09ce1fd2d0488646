"""Both runners, in any order, give NumPy's values to the bit; and what happens when a step fails."""

from __future__ import annotations

import contextlib
import os
import random
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import random_case, shuffled_order

import symbook as mx
from symbook import workers
from symbook.errors import ArgumentError
from symbook.executor import Executor
from symbook.ops import registry
from symbook.runners import SerialRunner, ThreadRunner
from symbook.symbol.make import make_function


def run_with(executor: Executor, runner: object) -> list[np.ndarray]:
    executor._runner = runner
    return [output.asnumpy() for output in executor.forward()]


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32))
def test_any_graph_in_any_order_is_numpys_to_the_bit(seed: int) -> None:
    case = random_case(seed)
    executor = case.symbol.bind(mx.cpu(), case.bound())
    for order in range(8):
        rng = random.Random(order)
        pick = lambda ready, rng=rng: rng.randrange(len(ready))  # noqa: E731
        for runner in (SerialRunner(shuffled_order(order)), ThreadRunner(1 + order % 4, pick)):
            results = run_with(executor, runner)
            for expected, result in zip(case.expected, results, strict=True):
                assert expected.shape == result.shape
                assert expected.tobytes() == result.tobytes()


@contextlib.contextmanager
def operator(fn):
    """Register a function as an operator for a while; gives the function that makes its symbols."""
    registry.op(fn.__name__)(fn)
    try:
        yield make_function(registry.get(fn.__name__), fn.__name__, __name__)
    finally:
        del registry._ops[fn.__name__]


@pytest.fixture
def overlap():
    """An operator that waits until two of its calls are running at the same time."""
    barrier = threading.Barrier(2)

    def _test_overlap(xp, data, /):
        """Meet the other call."""
        barrier.wait(timeout=20)
        return data + 1

    with operator(_test_overlap) as function:
        yield function


def test_independent_branches_really_run_at_the_same_time(overlap) -> None:
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    executor = (overlap(a) + overlap(b)).bind(
        mx.cpu(), {"a": mx.nd.ones((2,)), "b": mx.nd.ones((2,))}, runner="threads"
    )
    executor._runner = ThreadRunner(2)
    np.testing.assert_array_equal([4, 4], executor.forward()[0].asnumpy())


def test_the_tutorials_products_overlap_in_a_trace(overlap) -> None:
    """A trace names two threads, and the two calls' times overlap."""
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    symbol = overlap(a, name="left") + overlap(b, name="right")
    executor = symbol.bind(
        mx.cpu(), {"a": mx.nd.ones((2,)), "b": mx.nd.ones((2,))}, runner="threads"
    )
    if workers.thread_count() < 2:
        pytest.skip("this process may use one processor only")
    trace = executor.trace()
    left, right = trace["left"], trace["right"]
    assert {1, 2} == {left.thread, right.thread}
    assert left.start < right.end
    assert right.start < left.end
    assert 2 == trace.threads


@pytest.mark.parametrize(
    "runner", [SerialRunner(), ThreadRunner(3)], ids=lambda runner: runner.name
)
def test_a_failing_step_keeps_its_error_and_names_its_node(runner) -> None:
    error = ZeroDivisionError("on purpose")

    def _test_failing(xp, data, /):
        """Raise."""
        raise error

    x = mx.sym.Variable("x")
    with operator(_test_failing) as fails:
        symbol = fails(x * 2, name="bad") + mx.sym.exp(x)
    executor = symbol.bind(mx.cpu(), {"x": mx.nd.ones((2, 3))})
    executor._runner = runner
    with pytest.raises(ZeroDivisionError) as caught:
        executor.forward()
    assert caught.value is error
    notes = "\n".join(caught.value.__notes__)
    assert "while running node bad = _test_failing((2, 3) float32)" in notes
    assert "test_runners.py" in notes


def test_an_interrupt_stops_the_run_and_the_next_call_works() -> None:
    x = mx.sym.Variable("x")
    chain = x
    for _ in range(50):
        chain = chain + 1
    executor = chain.bind(mx.cpu(), {"x": mx.nd.zeros((2,))})
    calls = []

    def interrupted(plan, i, slots, into):
        calls.append(i)
        if len(calls) == 10:
            raise KeyboardInterrupt
        plan.steps[i].run(plan.xp, slots, into)

    plain = executor._runner

    class Interrupting(ThreadRunner):
        def run(self, plan, slots, into, execute=None):
            super().run(plan, slots, into, interrupted)

    executor._runner = Interrupting(3)
    with pytest.raises(KeyboardInterrupt):
        executor.forward()
    assert 10 == len(calls)
    executor._runner = plain
    np.testing.assert_array_equal([50, 50], executor.forward()[0].asnumpy())


def test_random_draws_are_the_same_whatever_the_order() -> None:
    draws = [mx.sym.random.uniform(shape=(50,)) for _ in range(6)]
    executor = mx.sym.Group(draws).bind(mx.cpu(), {})
    results = []
    for seed in range(8):
        mx.random.seed(3)
        rng = random.Random(seed)
        results.append(
            run_with(executor, ThreadRunner(3, lambda ready, rng=rng: rng.randrange(len(ready))))
        )
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)
    assert not np.array_equal(results[0][0], results[0][1])


def test_where_no_thread_can_start_the_caller_does_all(monkeypatch) -> None:
    def no_threads(*args: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(workers.pool, "_workers", [])
    monkeypatch.setattr(workers.pool, "_no_start_before", 0.0)
    monkeypatch.setattr(threading.Thread, "start", no_threads)
    case = random_case(5)
    executor = case.symbol.bind(mx.cpu(), case.bound(), runner="threads")
    for expected, result in zip(case.expected, executor.forward(), strict=True):
        np.testing.assert_array_equal(expected, result.asnumpy())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings(
    "ignore:.*fork.*:DeprecationWarning"
)  # Python warns that threads do not survive
def test_a_forked_child_gets_workers_of_its_own() -> None:
    case = random_case(7)
    executor = case.symbol.bind(mx.cpu(), case.bound(), runner="threads")
    executor.forward()
    child = os.fork()
    if child == 0:
        ok = all(
            np.array_equal(e, r.asnumpy())
            for e, r in zip(case.expected, executor.forward(), strict=True)
        )
        os._exit(0 if ok else 1)
    deadline = time.monotonic() + 30
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
        assert time.monotonic() < deadline, "the child hangs"
        time.sleep(0.01)
    assert 0 == os.waitstatus_to_exitcode(ended[1])


def test_several_threads_may_use_one_executor() -> None:
    x = mx.sym.Variable("x")
    executor = (mx.sym.exp(x) + x).bind(mx.cpu(), {"x": mx.nd.zeros((1000,))})
    wrong: list[float] = []

    def use(value: float) -> None:
        for _ in range(50):
            (result,) = executor.forward(x=np.full((1000,), value, np.float32))
            if not np.allclose(np.exp(value) + value, result.asnumpy(), rtol=1e-6):
                wrong.append(value)

    threads = [threading.Thread(target=use, args=(value,)) for value in (0.0, 1.0, 2.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [] == wrong


class TestChoice:
    def executor(self, shape, **options):
        a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
        arrays = {"a": mx.nd.zeros(shape), "b": mx.nd.zeros(shape)}
        return (mx.sym.exp(a) + mx.sym.exp(b)).bind(mx.cpu(), arrays, optimize=False, **options)

    def test_small_work_stays_on_the_calling_thread(self, monkeypatch) -> None:
        monkeypatch.setenv("SYMBOOK_NUM_THREADS", "4")
        assert "serial" == self.executor((10,))._runner.name

    def test_heavy_branches_get_threads(self, monkeypatch) -> None:
        monkeypatch.setenv("SYMBOOK_NUM_THREADS", "4")
        assert "threads" == self.executor((1 << 20,))._runner.name

    def test_one_thread_is_serial(self, monkeypatch) -> None:
        monkeypatch.setenv("SYMBOOK_NUM_THREADS", "1")
        assert "serial" == self.executor((1 << 20,))._runner.name

    def test_an_unknown_runner_is_refused(self) -> None:
        with pytest.raises(ArgumentError, match="there is no runner 'fast'"):
            self.executor((1,), runner="fast")

    def test_a_bad_thread_count_is_refused(self, monkeypatch) -> None:
        monkeypatch.setenv("SYMBOOK_NUM_THREADS", "many")
        with pytest.raises(ArgumentError, match="SYMBOOK_NUM_THREADS is 'many'"):
            workers.thread_count()
