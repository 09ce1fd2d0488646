"""`mx.engine`: MXNet 1.9.1's bulks as it was asked for them, and the number of threads."""

from __future__ import annotations

import doctest
import threading

import numpy as np
import pytest

import symbook as mx
from symbook import workers
from symbook.errors import ArgumentError, MissingAttribute
from symbook.fusion import compiler
from symbook.runners import limited
from symbook.runners.schedule import Phase
from symbook.workers import blas, counts


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    """Nothing set, and eight processors."""
    for name in ("SYMBOOK_NUM_THREADS", "OMP_NUM_THREADS", "MXNET_ENGINE_TYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(counts, "processors", lambda: 8)
    monkeypatch.setattr(counts, "_chosen", None)


class TestBulks:
    """What MXNet 1.9.1 answered to the same calls."""

    @pytest.fixture(autouse=True)
    def fresh(self):
        before = mx.engine.set_bulk_size(0)
        yield
        mx.engine.set_bulk_size(before)

    def test_the_size_before_is_returned(self) -> None:
        assert [0, 5, 7] == [mx.engine.set_bulk_size(size) for size in (5, 7, 0)]

    def test_a_block_sets_it_for_a_while(self) -> None:
        mx.engine.set_bulk_size(15)
        with mx.engine.bulk(4) as scope:
            assert scope is not None
            with mx.engine.bulk(6):
                assert 6 == mx.engine.set_bulk_size(6)
            assert 4 == mx.engine.set_bulk_size(4)
        assert 15 == mx.engine.set_bulk_size(15)

    def test_each_thread_has_its_own(self) -> None:
        mx.engine.set_bulk_size(9)
        seen: list[int] = []
        thread = threading.Thread(target=lambda: seen.append(mx.engine.set_bulk_size(1)))
        thread.start()
        thread.join()
        assert ([0], 9) == (seen, mx.engine.set_bulk_size(9))

    @pytest.mark.parametrize("size", [2.5, "3", None])
    def test_what_is_no_integer_is_refused_with_a_type_error(self, size) -> None:
        with pytest.raises(TypeError):
            mx.engine.set_bulk_size(size)
        with pytest.raises(TypeError), mx.engine.bulk(size):
            pass
        with pytest.raises(TypeError):
            mx.engine.bulk()

    def test_a_negative_size_is_refused(self) -> None:
        with pytest.raises(ArgumentError, match="-1 is no size"):
            mx.engine.set_bulk_size(-1)


class TestThreads:
    @pytest.mark.parametrize(
        ("variables", "expected"),
        [
            ({}, 8),
            ({"SYMBOOK_NUM_THREADS": "3"}, 3),
            ({"SYMBOOK_NUM_THREADS": "12"}, 12),
            ({"OMP_NUM_THREADS": "2"}, 2),
            ({"OMP_NUM_THREADS": "64"}, 8),
            ({"OMP_NUM_THREADS": "4,2"}, 4),
            ({"OMP_NUM_THREADS": "nonsense"}, 8),
            ({"OMP_NUM_THREADS": "0"}, 8),
            ({"OMP_NUM_THREADS": "2", "SYMBOOK_NUM_THREADS": "5"}, 5),
            ({"MXNET_CPU_WORKER_NTHREADS": "1"}, 8),
        ],
    )
    def test_the_environment_says_how_many(self, monkeypatch, variables, expected) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        assert expected == mx.engine.num_threads()

    def test_what_is_set_holds_whatever_the_environment_says(self, monkeypatch) -> None:
        monkeypatch.setenv("SYMBOOK_NUM_THREADS", "3")
        assert 3 == mx.engine.set_num_threads(np.int64(5))
        assert 5 == mx.engine.num_threads()
        assert 5 == mx.engine.set_num_threads(None)
        assert 3 == mx.engine.num_threads()

    def test_a_block_sets_it_for_a_while(self) -> None:
        with mx.engine.threads(2):
            with mx.engine.threads(None):
                assert 8 == mx.engine.num_threads()
            assert 2 == mx.engine.num_threads()
        assert 8 == mx.engine.num_threads()
        with pytest.raises(ZeroDivisionError), mx.engine.threads(3):
            raise ZeroDivisionError
        assert 8 == mx.engine.num_threads()

    @pytest.mark.parametrize("count", [0, -1, 1.5, "2", True])
    def test_what_is_no_number_of_threads_is_refused(self, count) -> None:
        with pytest.raises(ArgumentError):
            mx.engine.set_num_threads(count)
        with pytest.raises(ArgumentError):
            mx.engine.threads(count)

    def test_a_run_uses_as_many(self) -> None:
        symbol, arrays = branches()
        executor = symbol.bind(mx.cpu(), arrays)
        for count in (1, 2, 4):
            with mx.engine.threads(count):
                (phase, *_) = executor._runner.phases(executor.plan)
                assert isinstance(phase, Phase)
                assert count == phase.width

    def test_the_naive_engine_is_serial(self, monkeypatch) -> None:
        symbol, arrays = branches()
        assert "threads" == symbol.bind(mx.cpu(), arrays)._runner.name
        monkeypatch.setenv("MXNET_ENGINE_TYPE", "NaiveEngine")
        assert "serial" == symbol.bind(mx.cpu(), arrays)._runner.name
        monkeypatch.setenv("MXNET_ENGINE_TYPE", "ThreadedEnginePerDevice")
        assert "threads" == symbol.bind(mx.cpu(), arrays)._runner.name


def branches() -> tuple[mx.sym.Symbol, dict[str, mx.nd.NDArray]]:
    """Four branches that are worth a thread each; and arrays for them."""
    symbol = mx.sym.add_n(
        *[mx.sym.sort(mx.sym.dot(mx.sym.Variable(f"a{k}"), mx.sym.Variable("b"))) for k in range(4)]
    )
    return symbol, {name: mx.nd.ones((256, 256)) for name in symbol.list_arguments()}


def seen_by_a_product(count: int | None) -> list[int | None]:
    """How many threads BLAS has while a graph with one product runs, on at most `count` threads."""
    seen: list[int | None] = []
    symbol = mx.sym.dot(mx.sym.Variable("a"), mx.sym.Variable("b"))
    with mx.engine.threads(count):
        executor = symbol.simple_bind(mx.cpu(), a=(300, 300), b=(300, 300))
        executor._runner.run(executor.plan, [], [], lambda *_: seen.append(workers.blas_threads()))
    return seen


class TestBlas:
    """A product alone has all of BLAS's threads, but no more than may run."""

    @pytest.fixture(autouse=True)
    def library(self, monkeypatch):
        from test_blas_threads import Library

        library = Library(8)
        monkeypatch.setattr(blas, "libraries", lambda: (library,))
        blas._libraries_of.cache_clear()
        yield library
        blas._libraries_of.cache_clear()
        assert 8 == library.num_threads

    def test_it_is_left_alone_by_default(self) -> None:
        assert [8] == seen_by_a_product(None)

    @pytest.mark.parametrize("count", [1, 3])
    def test_a_bound_holds_for_it(self, count) -> None:
        assert [count] == seen_by_a_product(count)

    def test_a_larger_number_does_not_give_it_more(self) -> None:
        assert [8] == seen_by_a_product(20)

    @pytest.mark.parametrize("runner", ["auto", "serial", "threads"])
    def test_whatever_the_runner(self, runner) -> None:
        symbol, arrays = branches()
        with mx.engine.threads(3):
            chosen = symbol.bind(mx.cpu(), arrays, runner=runner)._runner
        assert isinstance(chosen, limited.LimitedRunner)
        assert (runner if runner != "auto" else "threads") == chosen.name


def test_the_examples_in_the_documentation_are_true() -> None:
    results = doctest.testmod(mx.engine)
    assert results.attempted > 4
    assert 0 == results.failed


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(MissingAttribute, match=r"mx\.engine has no 'bulks'"):
        mx.engine.bulks  # noqa: B018


@pytest.mark.parametrize("count", [257, 10**6])
def test_too_many_threads_are_refused(count, monkeypatch):
    monkeypatch.setattr(counts, "processors", lambda: 2)
    with pytest.raises(mx.base.MXNetError, match=f"at most 256 threads can run, not {count}"):
        mx.engine.set_num_threads(count)
    monkeypatch.setenv("SYMBOOK_NUM_THREADS", str(count))
    with pytest.raises(mx.base.MXNetError, match=f"is '{count}', and at most 256 threads can run"):
        mx.engine.num_threads()
    monkeypatch.setattr(counts, "processors", lambda: count)
    assert count == mx.engine.num_threads()


def test_an_empty_variable_is_as_none(monkeypatch):
    monkeypatch.setattr(counts, "processors", lambda: 3)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("SYMBOOK_NUM_THREADS", " ")
    assert 3 == mx.engine.num_threads()
    monkeypatch.setenv("SYMBOOK_JIT", "")
    assert "later" == compiler.asked()


def test_bind_refuses_a_wrong_variable_for_compiling(monkeypatch):
    monkeypatch.setenv("SYMBOOK_JIT", "yes")
    with pytest.raises(mx.base.MXNetError, match="SYMBOOK_JIT is 'yes'"):
        mx.sym.Variable("x").bind(mx.cpu(), {"x": mx.nd.ones(1)})
