"""Taking turns: one thread at a time runs an executor, and whoever is interrupted in it may run it again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import symbook as mx
from symbook import turns as module
from symbook.fusion import compiler
from symbook.turns import Turns
from symbook.written import _Counting


def finished(function, seconds=20.0):
    """What a function gives on a thread of its own; fails if it hangs."""
    found = []
    thread = threading.Thread(target=lambda: found.append(function()), daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), "it hangs"
    return found[0]


def interrupted_at(code, handler):
    """Call a handler, as a signal would be, when a function begins; the first time only."""
    calls = []

    def watch(frame, event, argument):
        if event == "call" and frame.f_code is code and not calls:
            calls.append(None)
            sys.setprofile(None)
            handler()

    sys.setprofile(watch)
    return calls


def test_a_handler_while_it_is_looked_whether_somebody_is_inside():
    turns = Turns()

    def run():
        seen = []
        interrupted_at(module._nothing.__code__, lambda: turns.take(lambda: seen.append("handler")))
        try:
            turns.take(lambda: seen.append("outer"))
        finally:
            sys.setprofile(None)
        return seen

    assert finished(run) == ["handler", "outer"]
    assert turns.taken == 0


def test_a_handler_before_a_run_that_is_counted(monkeypatch):
    monkeypatch.setattr(compiler, "mode", lambda: "later")
    a = mx.sym.Variable("a")
    executor = (a + 1).bind(mx.cpu(), {"a": mx.nd.ones((7,))})
    for _ in range(10):
        executor.forward()

    def run():
        results = []
        calls = interrupted_at(
            _Counting.__call__.__code__, lambda: results.append(executor.forward()[0].asnumpy())
        )
        try:
            results.append(executor.forward()[0].asnumpy())
        finally:
            sys.setprofile(None)
        return calls, results

    calls, results = finished(run)
    assert len(calls) == 1
    assert len(results) == 2
    assert all(np.array_equal(result, np.full(7, 2)) for result in results)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.parametrize("how", ["inside", "with a turn"])
def test_a_child_does_not_wait_for_the_parents_threads(how):
    turns = Turns()
    begun, over = threading.Event(), threading.Event()

    def stay():
        begun.set()
        over.wait(20)

    enter = turns.enter if how == "inside" else turns.take
    thread = threading.Thread(target=enter, args=(stay,))
    thread.start()
    begun.wait(20)
    child = os.fork()
    if child == 0:
        signal.alarm(10)  # ends it if it hangs
        turns.take(lambda: None)
        os._exit(0 if turns.taken == 0 else 1)
    _, status = os.waitpid(child, 0)
    over.set()
    thread.join()
    assert os.waitstatus_to_exitcode(status) == 0
    assert turns.take(lambda: 5) == 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_who_forks_in_a_turn_keeps_it():
    turns = Turns()

    def fork():
        child = os.fork()
        if child == 0:
            signal.alarm(10)
            ok = turns.take(lambda: turns.taken) == 2  # the outer one and this
            os._exit(0 if ok else 1)
        return os.waitpid(child, 0)[1]

    assert os.waitstatus_to_exitcode(turns.take(fork)) == 0


def test_what_a_debugger_refers_to_is_not_taken_for_nobodys():
    code = """
import sys
def trace(frame, event, argument):
    frame.f_locals
    return trace
sys.settrace(trace)
import symbook as mx
(mx.sym.Variable("q") + 1).bind(mx.cpu(), {"q": mx.nd.ones((1,))}).forward()
sys.settrace(None)
x = mx.nd.ones((4,))
executor = (mx.sym.Variable("a") + 1).bind(mx.cpu(), {"a": x})
for _ in range(5): executor.forward()
held = executor.forward()[0]
x[:] = 100
executor.forward()
print(held.asnumpy())
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout == "[2. 2. 2. 2.]\n"


def test_short_waits_end():
    turns = Turns()
    begun, over = threading.Event(), threading.Event()

    def stay():
        begun.set()
        over.wait(20)

    thread = threading.Thread(target=turns.enter, args=(stay,))
    thread.start()
    begun.wait(20)
    threading.Timer(0.05, over.set).start()
    begin = time.monotonic()
    turns.take(lambda: None)
    assert over.is_set()
    assert time.monotonic() - begin < 20
    thread.join()
