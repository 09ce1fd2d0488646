"""BLAS has few threads while several of ours call it, and as many as before afterwards, whatever happens."""

from __future__ import annotations

import sys
import threading

import pytest

from symbook import workers
from symbook.workers import blas


class Library:
    """Stands for a BLAS library: with one number of threads for the process, or one for each thread."""

    def __init__(self, threads: int, layer: str = "pthreads", api: str = "openblas") -> None:
        self.internal_api, self.threading_layer = api, layer
        self._default = self._shared = threads
        self._own = threading.local()
        self.owner: int | None = None

    @property
    def num_threads(self) -> int:
        if self.threading_layer == "openmp":
            return getattr(self._own, "threads", self._default)
        return self._shared

    def set_num_threads(self, count: int) -> None:
        if self.threading_layer == "openmp":
            self._own.threads = count
        elif self.owner in (None, threading.get_ident()):  # as threadpoolctl 3.8 has it
            self.owner = threading.get_ident()
            self._shared = count

    def clear_controlling_thread(self) -> None:
        if self.owner == threading.get_ident():
            self.owner = None


@pytest.fixture(params=["pthreads", "openmp"])
def library(request, monkeypatch):
    monkeypatch.setenv("SYMBOOK_NUM_THREADS", "4")
    workers.thread_count()
    found = Library(8, request.param)
    monkeypatch.setattr(blas, "libraries", lambda: (found,))
    blas._libraries_of.cache_clear()
    yield found
    blas._libraries_of.cache_clear()
    assert blas._before is None


def test_numpys_own_library_is_limited_and_freed(monkeypatch) -> None:
    before = workers.blas_threads()
    if before is None or before < 2:
        pytest.skip("there is no BLAS with several threads")
    monkeypatch.setenv("SYMBOOK_NUM_THREADS", "2")
    workers.thread_count()
    seen = []
    workers.share(lambda i: seen.append(workers.blas_threads()), 4, blas=True)
    assert ([1] * 4, before) == (seen, workers.blas_threads())


@pytest.mark.parametrize(("threads", "expected"), [(4, 1), (2, 2), (3, 1)])
def test_ours_times_blass_are_no_more_than_may_run(library, threads, expected) -> None:
    seen = []
    together = threading.Barrier(threads)

    def task(i: int) -> None:
        together.wait(timeout=20)
        seen.append(library.num_threads)

    workers.share(task, threads, threads, blas=True)
    assert [expected] * threads == seen
    assert 8 == library.num_threads


def test_a_library_with_fewer_threads_keeps_them(library) -> None:
    library.set_num_threads(1)
    seen = {}
    together = threading.Barrier(2)

    def task(i: int) -> None:
        together.wait(timeout=20)
        seen[threading.get_ident()] = library.num_threads

    workers.share(task, 2, 2, blas=True)
    assert 1 == library.num_threads
    assert 2 == len(seen)  # the other thread of an OpenMP library has a number of its own
    assert 1 == seen[threading.get_ident()]
    library.clear_controlling_thread()


def test_other_jobs_leave_it_alone(library) -> None:
    seen = []
    workers.share(lambda i: seen.append(library.num_threads), 4)
    assert [8] * 4 == seen


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_it_is_freed_after_an_error(library, error) -> None:
    def task(i: int) -> None:
        raise error

    with pytest.raises(error):
        workers.share(task, 4, blas=True)
    assert 8 == library.num_threads


def test_the_least_holds_inside_and_the_outer_limit_afterwards(library) -> None:
    seen = []

    def inner(i: int) -> None:
        seen.append(("inside", library.num_threads))

    def outer(i: int) -> None:
        if i == 0:
            workers.share(inner, 4, 4, blas=True)
            seen.append(("after", library.num_threads))

    workers.share(outer, 2, 2, blas=True)
    assert {("inside", 1), ("after", 2)} == set(seen)
    assert 8 == library.num_threads


def test_the_limit_holds_until_the_last_of_several_callers_is_done(monkeypatch) -> None:
    monkeypatch.setenv("SYMBOOK_NUM_THREADS", "4")
    workers.thread_count()
    library = Library(8)
    monkeypatch.setattr(blas, "libraries", lambda: (library,))
    blas._libraries_of.cache_clear()
    begun, go_on = threading.Event(), threading.Event()

    def slow(i: int) -> None:
        begun.set()
        go_on.wait(timeout=20)

    other = threading.Thread(target=workers.share, args=(slow, 4), kwargs={"blas": True})
    other.start()
    begun.wait(timeout=20)
    workers.share(lambda i: None, 2, blas=True)
    assert 1 == library.num_threads
    go_on.set()
    other.join()
    assert 8 == library.num_threads
    blas._libraries_of.cache_clear()


def test_many_callers_at_once_leave_it_free(library) -> None:
    wrong = []

    def task(i: int) -> None:
        if library.num_threads > 2:
            wrong.append(library.num_threads)

    def use() -> None:
        for _ in range(100):
            workers.share(task, 2, 2, blas=True)
            if library.threading_layer == "openmp" and library.num_threads != 8:
                wrong.append(library.num_threads)

    users = [threading.Thread(target=use) for _ in range(4)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    assert [] == wrong
    assert 8 == library.num_threads


def test_a_lock_that_an_interrupt_left_locked_does_not_block(library, monkeypatch) -> None:
    monkeypatch.setattr(blas, "_SECONDS_LOCKED_AT_MOST", 0.01)
    dead = threading.Thread(target=blas._lock.acquire)
    dead.start()
    dead.join()
    seen = []
    workers.share(lambda i: seen.append(library.num_threads), 4, blas=True)
    assert ([1] * 4, 8) == (seen, library.num_threads)


def test_without_threadpoolctl_everything_is_done(monkeypatch) -> None:
    monkeypatch.setenv("SYMBOOK_NUM_THREADS", "4")
    workers.thread_count()
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    blas.libraries.cache_clear()
    blas._libraries_of.cache_clear()
    done = []
    workers.share(done.append, 10, blas=True)
    assert list(range(10)) == sorted(done)
    assert workers.blas_threads() is None
    blas.libraries.cache_clear()
    blas._libraries_of.cache_clear()


def test_mkl_has_one_number_for_the_process() -> None:
    assert ["process", "process", "thread", "thread"] == [
        blas._scope(Library(2, layer, api))
        for layer, api in (
            ("intel", "mkl"),
            ("pthreads", "openblas"),
            ("openmp", "openblas"),
            ("pthreads", "blis"),
        )
    ]
