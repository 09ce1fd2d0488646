"""Executors that operators run in the middle of a run: another one works, and nothing waits for itself."""

from __future__ import annotations

import copy
import pickle
import random
import signal
import threading
import time

import numpy as np
import pytest
from test_runners import operator

import symbook as mx
from symbook import turns
from symbook.errors import ArgumentError, DeadlockError
from symbook.runners import ThreadRunner
from symbook.workers import pool

VALUE = np.array([0.5, -1.5], np.float32)
RUNS = 6  # some a step at a time, and then as they are written out


@pytest.fixture(params=["calling thread", "worker"])
def on(request, monkeypatch):
    """On which thread the operator runs: with `meet` in it, never on the other."""
    monkeypatch.setenv("SYMBOOK_NUM_THREADS", "3")
    mx.engine.num_threads()
    return request.param


def bound(on, does):
    """An executor of two branches that run side by side; `does` is an operator in one of them."""
    together = threading.Barrier(2)

    def _test_does(xp, data, /):
        """Call what it is to."""
        if on == "worker":
            together.wait(timeout=20)
            helps = pool.running[threading.get_ident()].caller != threading.get_ident()
            return does(data) if helps else data * 1
        return does(data) * 1

    x = mx.sym.Variable("x")
    with operator(_test_does) as op:
        symbol = mx.sym.Group([op(x, name="one"), op(x, name="other")])
        if on != "worker":
            symbol = op(x, name="one")
    runner = "threads" if on == "worker" else "serial"
    executor = symbol.bind(mx.cpu(), {"x": mx.nd.array(VALUE)}, runner=runner, optimize=False)
    if on == "worker":
        executor._runner = ThreadRunner(2)
    return executor


def results(executor):
    """What a run gives, and which of it an operator on the other thread has computed."""
    return [result.asnumpy() for result in executor.forward()]


def finished(*tasks, seconds=60.0):
    """Run each on a thread of its own; what they gave or raised. Fails if one hangs."""
    found: dict[int, object] = {}

    def keep(k, task):
        try:
            found[k] = task()
        except Exception as error:
            found[k] = error

    threads = [threading.Thread(target=keep, args=pair, daemon=True) for pair in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
    assert not any(thread.is_alive() for thread in threads), "it hangs"
    return [found[k] for k in range(len(tasks))]


def is_idle(*executors):
    assert not turns._waiting
    assert not pool.jobs
    for executor in executors:
        assert (0, 0) == (executor._turns.taken, executor._turns._holder)


def test_another_executor(on) -> None:
    inner = mx.sym.exp(mx.sym.Variable("y")).bind(mx.cpu(), {"y": mx.nd.array(VALUE)})
    outer = bound(on, lambda data: inner.forward(y=data + 1)[0].asnumpy())
    for _ in range(RUNS):
        assert any(np.allclose(np.exp(VALUE + 1), result, rtol=1e-6) for result in results(outer))
    is_idle(outer, inner)


def test_another_executor_with_gradients_and_threads(on) -> None:
    y = mx.sym.Variable("y")
    grads = {"y": mx.nd.zeros((2,))}
    symbol = mx.sym.exp(y) + mx.sym.sin(y)
    inner = symbol.bind(mx.cpu(), {"y": mx.nd.array(VALUE)}, args_grad=grads, runner="threads")

    def does(data):
        inner.forward(is_train=True, y=data)
        inner.backward(mx.nd.ones((2,)))
        return grads["y"].asnumpy()

    outer = bound(on, does)
    for _ in range(RUNS):
        right = np.exp(VALUE) + np.cos(VALUE)
        assert any(np.allclose(right, result, rtol=1e-5) for result in results(outer))
    is_idle(outer, inner)


def test_a_graph_that_an_operator_binds(on) -> None:
    def does(data):
        y = mx.sym.Variable("y")
        return (y * y).eval(ctx=mx.cpu(), y=mx.nd.array(data))[0].asnumpy()

    outer = bound(on, does)
    for _ in range(RUNS):
        assert any(np.array_equal(VALUE * VALUE, result) for result in results(outer))


def test_its_own_executor_once_on_the_calling_thread() -> None:
    inside: list[None] = []

    def does(data):
        if inside:
            return data * 2
        inside.append(None)
        try:
            return outer.forward()[0].asnumpy() + 1
        finally:
            inside.clear()

    outer = bound("calling thread", does)
    for _ in range(RUNS):
        assert np.array_equal(VALUE * 2 + 1, results(outer)[0])
    is_idle(outer)


def test_its_own_executor_without_an_end_names_the_node_once() -> None:
    outer = bound("calling thread", lambda data: outer.forward()[0].asnumpy())
    with pytest.raises(RecursionError) as caught:
        outer.forward()
    assert 2 == len(caught.value.__notes__)
    assert "while running node one" in caught.value.__notes__[0]
    is_idle(outer)


def test_its_own_executor_on_a_worker_is_refused() -> None:
    """It waited for itself: the run for the operator, and that for the run to end."""
    asks = [True]

    def does(data):
        return outer.forward()[0].asnumpy() if asks else data * 3

    outer = bound("worker", does)
    (error,) = finished(outer.forward)
    assert isinstance(error, DeadlockError)
    assert "would wait for itself" in str(error)
    assert "while running node" in "".join(error.__notes__)
    is_idle(outer)
    asks.clear()
    assert any(np.array_equal(VALUE * 3, result) for result in results(outer))


@pytest.mark.parametrize("count", [2, 3])
def test_executors_that_run_one_another_are_refused(count) -> None:
    """Each thread has a turn and waits for that of the next."""
    together = threading.Barrier(count)
    executors = []
    meets = [True]

    def does(k):
        def called(data):
            if not meets or threading.get_ident() != owners.get(k):
                return data * 3
            together.wait(timeout=20)
            return executors[(k + 1) % count].forward()[0].asnumpy()

        return called

    owners: dict[int, int] = {}
    executors += [bound("calling thread", does(k)) for k in range(count)]

    def run(k):
        owners[k] = threading.get_ident()
        return results(executors[k])[0]

    found = finished(*[lambda k=k: run(k) for k in range(count)])
    assert any(isinstance(item, DeadlockError) for item in found)
    # Who is refused sets the others free.
    others = [item for item in found if not isinstance(item, DeadlockError)]
    assert all(np.array_equal(VALUE * 3, item) for item in others)
    is_idle(*executors)
    meets.clear()
    for executor in executors:
        assert np.array_equal(VALUE * 3, results(executor)[0])


def test_who_waits_in_an_operator_for_a_turn_that_comes_is_not_refused() -> None:
    begun, over = threading.Event(), threading.Event()

    def stays(data):
        begun.set()
        over.wait(20)
        return data * 5

    inner = bound("calling thread", stays)
    outer = bound("calling thread", lambda data: inner.forward()[0].asnumpy())

    def frees():
        while not outer._turns.taken or not turns._waiting:
            time.sleep(0.001)
        over.set()

    def asks():
        begun.wait(20)
        return results(outer)[0]

    _, found, _ = finished(inner.forward, asks, frees)
    assert np.array_equal(VALUE * 5, found)
    is_idle(inner, outer)


def test_an_executor_is_neither_copied_nor_sent() -> None:
    executor = bound("calling thread", lambda data: data)
    for call in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(ArgumentError, match="cannot be copied or sent to another process"):
            call(executor)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers")
@pytest.mark.parametrize("gradients", [False, True], ids=["forward", "gradients"])
def test_a_convolution_in_the_middle_of_another_one(gradients) -> None:
    """A signal's handler runs one: both worked in the same memory, and the interrupted one was wrong."""

    def bound(seed):
        net = mx.sym.Variable("data")
        for k in range(2):
            net = mx.sym.Convolution(
                net, num_filter=8, kernel=(3, 3), no_bias=True, name=f"layer{k}"
            )
        req = "write" if gradients else "null"
        executor = net.simple_bind(mx.cpu(), grad_req=req, data=(4, 3, 24, 24))
        rng = np.random.default_rng(seed)
        for array in executor.arg_arrays:
            array[:] = rng.standard_normal(array.shape)
        return executor

    def run(executor):
        (output,) = executor.forward(is_train=gradients)
        if not gradients:
            return output.asnumpy()
        executor.backward(mx.nd.ones(output.shape))
        return executor.grad_dict["data"].asnumpy()

    outer, inner = bound(0), bound(1)
    right, other = run(outer), run(inner)
    found = []
    before = signal.signal(signal.SIGALRM, lambda *_: found.append(run(inner)))
    rng = random.Random(0)
    try:
        for _ in range(60):
            signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-5, 1e-3))
            np.testing.assert_allclose(right, run(outer), rtol=1e-4, atol=1e-4)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert found
    for result in found:
        np.testing.assert_allclose(other, result, rtol=1e-4, atol=1e-4)
