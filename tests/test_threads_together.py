"""What several threads may share: symbols, executors, and arrays that are only read; and what is locked."""

from __future__ import annotations

import threading
from functools import partial

import numpy as np
import pytest
from jostling import jostle
from random_graphs import random_case
from test_interrupts import expected, gradients, graph

import symbook as mx
from symbook.workers import pool

SHAPE = (3, 4)
TIMES = 40


@pytest.fixture(autouse=True)
def three_threads(monkeypatch):
    monkeypatch.setenv("SYMBOOK_NUM_THREADS", "3")
    mx.engine.num_threads()
    yield
    assert [] == pool.jobs


def values(seed):
    rng = np.random.default_rng(seed)
    return {name: rng.uniform(0.5, 2, SHAPE).astype(np.float32) for name in "ab"}


def all_right(*tasks):
    """Run tasks that jostle each other; raises the first error of any."""
    errors = []

    def keep(task):
        try:
            task()
        except BaseException as error:
            errors.append(error)

    jostle(*[partial(keep, task) for task in tasks])
    if errors:
        raise errors[0]


def is_right(outputs, given):
    for result, value in zip(outputs, expected(**given), strict=True):
        np.testing.assert_allclose(value, result.asnumpy(), rtol=1e-5)


def test_a_symbol_is_asked_bound_and_run_by_all() -> None:
    """Its first questions come all at once: what it keeps of them is made by any."""
    for seed in range(10):
        case = random_case(seed, 20)

        def use(case=case) -> None:
            assert case.symbol.infer_shape(**{k: v.shape for k, v in case.arrays.items()})[1]
            assert mx.sym.load_json(case.symbol.tojson()).list_arguments()
            results = case.symbol.bind(mx.cpu(), case.bound()).forward()
            for value, result in zip(case.expected, results, strict=True):
                np.testing.assert_array_equal(value, result.asnumpy())

        all_right(*[use] * 4)


def test_each_thread_composes_with_names_of_its_own() -> None:
    def compose() -> None:
        for _ in range(TIMES):
            with mx.name.NameManager(), mx.AttrScope(group="1"):
                symbol = mx.sym.exp(mx.sym.Variable("x") + 1)
            assert ["_plusscalar0_output", "exp0_output"] == [
                name for name in symbol.get_internals().list_outputs() if name != "x"
            ]

    all_right(*[compose] * 4)


@pytest.mark.parametrize("runner", ["serial", "threads"])
def test_an_executor_is_fed_by_all_and_each_has_its_own_result(runner) -> None:
    executor = graph().bind(mx.cpu(), {name: mx.nd.zeros(SHAPE) for name in "ab"}, runner=runner)

    def feed(seed) -> None:
        given = values(seed)
        for _ in range(TIMES):
            is_right(executor.forward(**given), given)

    all_right(*[partial(feed, seed) for seed in range(4)])


def test_everything_is_asked_of_one_executor_at_once() -> None:
    """Forward, backward, traces, texts and copies of it take turns; gradients are of the same values."""
    given = values(0)
    arrays = {name: mx.nd.array(value) for name, value in given.items()}
    grads = {name: mx.nd.zeros(SHAPE) for name in "ab"}
    executor = graph().bind(mx.cpu(), arrays, args_grad=grads)
    seeds = [mx.nd.ones((1,)), mx.nd.ones(SHAPE)]
    executor.forward(is_train=True)

    def run() -> None:
        is_right(executor.forward(), given)

    def train() -> None:
        is_right(executor.forward(is_train=True), given)
        executor.backward(seeds)
        for name, value in gradients(**given).items():
            np.testing.assert_allclose(value, grads[name].asnumpy(), rtol=1e-4)

    def look() -> None:
        is_right(executor.trace().outputs, given)
        assert "product" in executor.debug_str() + str(executor.stages)
        is_right(executor.aside().forward(), given)
        executor.copy_params_from(arrays)
        executor.set_monitor_callback(None)

    def often(task) -> None:
        for _ in range(TIMES // 2):
            task()

    all_right(*[partial(often, task) for task in (run, run, train, look)])


def test_executors_that_share_arrays_read_them_at_once() -> None:
    """Each with outputs and buffers of its own; gradients, too, as long as each has its own arrays."""
    given = values(1)
    arrays = {name: mx.nd.array(value) for name, value in given.items()}
    first = graph().bind(mx.cpu(), arrays)

    def use(executor) -> None:
        for _ in range(TIMES):
            is_right(executor.forward(), given)

    others = [graph().bind(mx.cpu(), arrays, runner=runner) for runner in ("serial", "threads")]
    shared = graph().simple_bind(
        mx.cpu(), shared_exec=first, shared_arg_names=["a", "b"], a=SHAPE, b=SHAPE
    )
    assert shared.arg_dict["a"] is arrays["a"]
    all_right(*[partial(use, executor) for executor in (first, *others, shared)])


def test_what_one_thread_sets_for_itself_is_its_own() -> None:
    """Contexts, names, attributes, bulks."""
    inside, over = threading.Barrier(2), threading.Barrier(2)
    seen = []

    def sets() -> None:
        with mx.cpu(3), mx.name.Prefix("mine_"), mx.AttrScope(group="1"):
            inside.wait(20)
            over.wait(20)

    def looks() -> None:
        inside.wait(20)
        symbol = mx.sym.exp(mx.sym.Variable("x"))
        seen.append((mx.current_context(), symbol.name.startswith("mine_"), symbol.attr("group")))
        over.wait(20)

    all_right(sets, looks)
    assert [(mx.cpu(0), False, None)] == seen
