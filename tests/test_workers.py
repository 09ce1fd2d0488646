"""The shared worker threads: everything is done once; errors and interrupts leave nobody at it."""

from __future__ import annotations

import _thread
import gc
import os
import random
import signal
import subprocess
import sys
import threading
import time
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbook import workers
from symbook.errors import ArgumentError
from symbook.workers import counts, places, pool


@pytest.fixture(autouse=True)
def four_threads(monkeypatch):
    """As on a machine with four processors."""
    monkeypatch.setenv("SYMBOOK_NUM_THREADS", "4")
    workers.thread_count()


def until(condition, seconds: float = 20) -> None:
    """Wait for something that another thread is about to do."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@settings(deadline=None, max_examples=50)
@given(
    count=st.integers(0, 40),
    threads=st.none() | st.integers(1, 6),
    pauses=st.lists(st.floats(0, 0.002), min_size=40, max_size=40),
)
def test_each_item_is_done_once(count, threads, pauses) -> None:
    done = []

    def task(i: int) -> None:
        time.sleep(pauses[i])
        done.append(i)

    workers.share(task, count, threads)
    assert list(range(count)) == sorted(done)
    assert not workers.in_job()


@pytest.mark.parametrize("threads", [2, 3, 4])
def test_as_many_run_at_once_as_are_asked_for(threads) -> None:
    together = threading.Barrier(threads)
    workers.share(lambda i: together.wait(timeout=20), threads, threads)


def test_never_more_run_at_once_than_may() -> None:
    """Jobs inside jobs; the threads at work are counted from outside."""
    at_work: dict[int, None] = {}
    most = []

    def leaf(i: int) -> None:
        at_work[threading.get_ident()] = None
        most.append(len(at_work))
        time.sleep(0.0005)
        at_work.pop(threading.get_ident(), None)

    for _ in range(30):
        workers.share(lambda i: workers.share(leaf, 4), 4)
    assert 2 <= max(most) <= 4


def test_workers_make_room_for_callers() -> None:
    """Where as many of the user's own threads work as may run, nobody helps them."""
    callers: dict[int, None] = {}
    begun_by_workers = []
    together, over = threading.Barrier(4), threading.Barrier(4)
    all_there = threading.Event()

    def task(i: int) -> None:
        if threading.get_ident() not in callers and all_there.is_set():
            begun_by_workers.append(threading.get_ident())
        time.sleep(0.0005)

    def inside(_: int) -> None:
        together.wait(timeout=60)
        all_there.set()
        workers.share(task, 50)
        over.wait(timeout=60)  # none leaves and makes room before all are done

    def use() -> None:
        callers[threading.get_ident()] = None
        workers.share(task, 20)  # so that workers are awake
        workers.Job(inside, [0], 0).run()

    users = [threading.Thread(target=use) for _ in range(4)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    assert 4 == len(callers)
    # Each may have been about to begin one when the last caller came.
    assert len(begun_by_workers) == len(set(begun_by_workers))


def test_a_job_inside_a_job_does_not_wait_for_a_free_worker() -> None:
    done = []

    def deeper(level: int) -> None:
        if level == 0:
            done.append(threading.get_ident())
        else:
            workers.share(lambda i: deeper(level - 1), 5)

    deeper(4)
    assert 5**4 == len(done)


def test_the_first_error_is_raised_when_nobody_is_at_it_any_more() -> None:
    error = ZeroDivisionError("on purpose")
    begun, ended = [], []

    def task(i: int) -> None:
        begun.append(i)
        if i == 5:
            raise error
        time.sleep(0.005)
        ended.append(i)

    with pytest.raises(ZeroDivisionError) as caught:
        workers.share(task, 1000)
    assert caught.value is error
    assert set(begun) - {5} == set(ended)
    assert len(begun) < 20
    count = len(begun)
    time.sleep(0.02)
    assert count == len(begun)


@pytest.mark.parametrize("how", ["signal", "interrupt_main", "raise"])
def test_an_interrupt_leaves_nobody_at_it(how) -> None:
    at_work: dict[int, None] = {}
    begun = []

    def task(i: int) -> None:
        at_work[i] = None
        begun.append(i)
        main = threading.current_thread() is threading.main_thread()
        if len(begun) > 8 and main:
            if how == "signal":
                signal.raise_signal(signal.SIGINT)
            elif how == "interrupt_main":
                _thread.interrupt_main()
            else:
                at_work.pop(i)
                raise KeyboardInterrupt
        time.sleep(0.001)
        at_work.pop(i)

    with pytest.raises(KeyboardInterrupt):
        workers.share(task, 10_000)
    assert len(at_work) <= 1  # the caller's own, which was interrupted
    assert len(begun) < 1000
    assert not workers.in_job()
    workers.share(lambda i: None, 10)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers")
def test_interrupts_at_any_moment_leave_nobody_at_it() -> None:
    at_work: dict[int, None] = {}

    def task(i: int) -> None:
        if threading.current_thread() is not threading.main_thread():
            at_work[threading.get_ident()] = None
            np.add(array, 1, out=array)
            at_work.pop(threading.get_ident(), None)

    def interrupt(*about: object) -> None:
        raise KeyboardInterrupt

    array = np.zeros(20_000)
    rng = random.Random(0)
    gc.disable()  # what is called then, such as hypothesis's clock, would be interrupted, too
    before = signal.signal(signal.SIGALRM, interrupt)
    interrupted = 0
    try:
        for _ in range(400):
            try:
                signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-5, 1e-3))
                for _ in range(100):
                    workers.share(task, 8)
                signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                interrupted += 1
                assert not at_work
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        gc.enable()
    assert interrupted > 100
    # Everything works as before: nothing stayed locked, no worker is lost.
    together = threading.Barrier(4)
    workers.share(lambda i: None, 4)
    until(lambda: len(workers.pool.running) == 0)
    workers.share(lambda i: together.wait(timeout=20), 4)


def test_workers_do_not_warn() -> None:
    together = threading.Barrier(4)

    def task(i: int) -> None:
        together.wait(timeout=20)
        if threading.current_thread() is not threading.main_thread():
            np.log(np.zeros(3))  # warnings are errors here

    workers.share(task, 4)


def test_where_no_thread_can_start_the_caller_does_all(monkeypatch) -> None:
    def no_threads(*args: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(workers.pool, "_workers", [])
    monkeypatch.setattr(workers.pool, "_no_start_before", 0.0)
    monkeypatch.setattr(threading.Thread, "start", no_threads)
    done = []
    workers.share(lambda i: done.append((i, threading.get_ident())), 50)
    assert list(range(50)) == sorted(i for i, _ in done)
    assert {threading.get_ident()} == {thread for _, thread in done}


def test_nothing_of_a_job_is_kept() -> None:
    class Marked:
        pass

    marked = Marked()
    seen = weakref.ref(marked)
    together = threading.Barrier(3)

    def task(i: int, marked: Marked = marked) -> None:
        together.wait(timeout=20)
        if i == 1:
            raise ValueError("on purpose")

    del marked
    with pytest.raises(ValueError, match="on purpose"):
        workers.share(task, 3, 3)
    del task
    assert seen() is None


def test_the_number_of_threads(monkeypatch) -> None:
    assert 4 == workers.thread_count()
    monkeypatch.delenv("SYMBOOK_NUM_THREADS")
    assert workers.processors() == workers.thread_count()
    before = workers.set_thread_count(7)
    try:
        assert (None, 7) == (before, workers.thread_count())
    finally:
        assert 7 == workers.set_thread_count(before)
    for wrong in ("many", "0", "-1"):
        monkeypatch.setenv("SYMBOOK_NUM_THREADS", wrong)
        with pytest.raises(ArgumentError, match="SYMBOOK_NUM_THREADS is"):
            workers.thread_count()


def test_how_many_threads_a_job_would_get() -> None:
    until(lambda: len(workers.pool.running) == 0)
    assert (4, False) == (workers.free_threads(), workers.in_job())
    seen = []
    together = threading.Barrier(2)

    def task(i: int) -> None:
        together.wait(timeout=20)
        seen.append((workers.free_threads(), workers.in_job()))
        together.wait(timeout=20)

    workers.share(task, 2, 2)
    assert [(3, True), (3, True)] == seen


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", code],
        capture_output=True, text=True, timeout=60, env={**os.environ, "SYMBOOK_NUM_THREADS": "3"},
    )  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("inside", [False, True], ids=["between jobs", "inside a job"])
def test_a_forked_child_gets_workers_of_its_own(inside) -> None:
    code = f"""
import os, signal, threading, time
from symbook import workers

def works():
    together = threading.Barrier(3)
    workers.share(lambda i: together.wait(timeout=20), 3)

def fork(i):
    if threading.current_thread() is not threading.main_thread():
        time.sleep(0.1)
        return
    child = os.fork()
    if not child:
        signal.alarm(20)
        works()
        os._exit(7)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

works()
if {inside}:
    workers.share(fork, 3)
else:
    fork(0)
works()
"""
    result = run_python(code)
    assert "" == result.stderr
    assert {"7"} == set(result.stdout.split())


@pytest.mark.parametrize(
    "way",
    [
        "pass",
        "raise SystemExit",
        "threading.Thread(target=workers.share, args=(lambda i: time.sleep(0.2), 9)).start()",
        "threading.Thread(target=workers.share, args=(lambda i: time.sleep(90), 9), daemon=True).start()",
        "atexit.register(workers.share, lambda i: print(i, end=''), 3)",
    ],
)
def test_exit_does_not_hang(way) -> None:
    code = f"""
import atexit, threading, time
import numpy
atexit.register(lambda: None)
from symbook import workers
workers.share(lambda i: time.sleep(0.01), 9)
{way}
"""
    begin = time.monotonic()
    result = run_python(code)
    assert (0, "") == (result.returncode, result.stderr)
    assert time.monotonic() - begin < 50


class TestProcessors:
    """A container's quota, from files as the kernel writes them."""

    def quota(self, tmp_path, own: str, files: dict[str, str]) -> float | None:
        (tmp_path / "own").write_text(own)
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        return counts._quota(tmp_path, tmp_path / "own")

    def test_version_2(self, tmp_path) -> None:
        files = {"cpu.max": "250000 100000\n"}
        assert 2.5 == self.quota(tmp_path, "0::/\n", files)

    def test_the_least_of_all_groups_above_holds(self, tmp_path) -> None:
        files = {"a/cpu.max": "150000 100000\n", "a/b/cpu.max": "max 100000\n"}
        assert 1.5 == self.quota(tmp_path, "0::/a/b\n", files)

    def test_version_1(self, tmp_path) -> None:
        files = {"cpu/x/cpu.cfs_quota_us": "300000\n", "cpu/x/cpu.cfs_period_us": "100000\n"}
        own = "2:cpuset:/y\n1:cpu,cpuacct:/x\n"
        assert 3.0 == self.quota(tmp_path, own, files)

    @pytest.mark.parametrize("files", [{}, {"cpu.max": "max 100000\n"}, {"cpu.max": "?"}])
    def test_no_limit(self, tmp_path, files) -> None:
        assert self.quota(tmp_path, "0::/\n", files) is None

    def test_no_such_system(self, tmp_path) -> None:
        assert counts._quota(tmp_path, tmp_path / "none") is None

    @pytest.mark.parametrize(
        ("quota", "expected"), [(0.5, 1), (1.5, 2), (64.0, None), (None, None)]
    )
    def test_the_lesser_of_quota_and_affinity(self, monkeypatch, quota, expected) -> None:
        monkeypatch.setattr(counts, "_quota", lambda: None)
        plain = counts.processors()
        monkeypatch.setattr(counts, "_quota", lambda: quota)
        assert min(plain, expected or plain) == counts.processors()


def share_until_helped() -> None:
    """Share two items that two threads must have at a time; workers sleep before and are woken."""
    time.sleep(0.01)
    together = threading.Barrier(2)
    workers.share(lambda i: together.wait(timeout=20), 2, 2)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processors cannot be chosen here")
class TestPlaces:
    def test_a_worker_is_kept_off_the_callers_processor(self, monkeypatch):
        set_off = []
        monkeypatch.setattr(pool, "processor", lambda: 5)
        monkeypatch.setattr(pool, "keep_off", lambda thread, own: set_off.append((thread, own)))
        me = threading.get_native_id()
        for _ in range(3):
            share_until_helped()
        assert set_off
        assert {own for _, own in set_off} == {5}
        assert me not in {thread for thread, _ in set_off}
        assert len(set_off) == len(set(set_off)), "a worker that is off it already is left alone"

    def test_workers_make_way_when_the_caller_is_moved(self, monkeypatch):
        share_until_helped()
        places_of_caller = iter([101, 101, 102, 102, *[103] * 100])
        moved = []
        monkeypatch.setattr(pool, "processor", lambda: next(places_of_caller))
        monkeypatch.setattr(pool, "keep_off", lambda thread, own: moved.append(own))
        workers.Job(lambda i: None, list(range(5)), 0).run()
        assert list(dict.fromkeys(moved)) == [101, 102, 103]
        assert len(moved) <= 3 * len(pool._workers), "who is off it already is left alone"

    def test_the_only_processor_is_used(self, monkeypatch):
        before = os.sched_getaffinity(0)
        monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3})
        monkeypatch.setattr(os, "sched_setaffinity", lambda *args: pytest.fail("it was set"))
        places.keep_off(threading.get_native_id(), 3)
        monkeypatch.undo()
        assert os.sched_getaffinity(0) == before

    def test_a_system_that_refuses_is_put_up_with(self, monkeypatch):
        def refuse(*args):
            raise PermissionError("not here")

        monkeypatch.setattr(os, "sched_setaffinity", refuse)
        places.keep_off(threading.get_native_id(), places.processor())

    def test_others_are_left(self):
        everywhere = os.sched_getaffinity(0)
        if len(everywhere) < 2:
            pytest.skip("there is one processor only")
        own = min(everywhere)
        try:
            places.keep_off(threading.get_native_id(), own)
            assert os.sched_getaffinity(threading.get_native_id()) == everywhere - {own}
            assert places.processor() != own
        finally:
            os.sched_setaffinity(0, everywhere)
