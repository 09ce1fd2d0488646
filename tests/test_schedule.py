"""Which steps run side by side: each step once, after what it depends on; and what is worth it."""

from __future__ import annotations

import contextlib
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import random_case

import symbook as mx
from symbook import tuning
from symbook.plan import Plan
from symbook.runners import ThreadRunner, estimate, schedule
from symbook.runners.estimate import Estimate
from symbook.runners.schedule import Phase, each_by_itself, phases


@contextlib.contextmanager
def made_up(seed: int):
    """Give each step of a plan a time made up from a seed: every other is light, the others are heavy."""

    def estimated(plan: Plan, step: object) -> Estimate:
        rng = random.Random(f"{seed} {plan.steps.index(step)}")
        shared = rng.random() < 0.5
        return Estimate(rng.choice([1e-6, rng.uniform(1e-5, 1e-2)]), shared, shared)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schedule, "estimate", estimated)
        patch.setattr(schedule, "_SMALL", 0)
        yield


def check(plan: Plan, found: tuple[Phase, ...]) -> None:
    """Every step is run once, when all that it depends on has been run in any order the phases allow."""
    done: set[int] = set()
    for phase in found:
        before = [set(done) for _ in phase.tasks]
        waiting = list(phase.waiting)
        ready = [k for k, count in enumerate(waiting) if not count]
        for k in ready:  # it grows
            seen = set(before[k])
            for i in phase.tasks[k]:
                assert set(plan.steps[i].deps) <= seen
                assert i not in done
                done.add(i)
                seen.add(i)
            for follower in phase.followers[k]:
                before[follower] |= seen
                waiting[follower] -= 1
                if waiting[follower] == 0:
                    ready.append(follower)
        assert sorted(ready) == list(range(len(phase.tasks)))
        assert phase.width <= len(phase.tasks)
    assert done == set(range(len(plan.steps)))


@settings(deadline=None, max_examples=100)
@given(seed=st.integers(0, 2**32), threads=st.integers(1, 8))
def test_any_graphs_steps_are_run_once_each_in_order(seed, threads) -> None:
    case = random_case(seed, nodes=60)
    plan = case.symbol.bind(mx.cpu(), case.bound(), runner="serial").plan
    with made_up(seed):
        check(plan, phases(plan, threads))
    check(plan, each_by_itself(plan, threads))


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32))
def test_any_graph_is_numpys_to_the_bit_on_1_to_8_threads(seed) -> None:
    case = random_case(seed, nodes=40)
    executor = case.symbol.bind(mx.cpu(), case.bound(), runner="serial")
    for threads in range(1, 9):
        executor._runner = ThreadRunner(threads, weigh=True)
        with made_up(seed):
            outputs = executor.forward()
        for expected, output in zip(case.expected, outputs, strict=True):
            assert expected.tobytes() == output.asnumpy().tobytes()


def branches(count: int, n: int) -> mx.sym.Symbol:
    return [
        mx.sym.sum(mx.sym.tanh(mx.sym.dot(mx.sym.Variable(f"a{k}"), mx.sym.Variable(f"b{k}"))))
        for k in range(count)
    ]


def plan_of(symbol: mx.sym.Symbol, **shapes: tuple[int, ...]) -> Plan:
    return symbol.simple_bind(mx.cpu(), grad_req="null", **shapes).plan


def square(symbol: mx.sym.Symbol, n: int) -> Plan:
    return plan_of(symbol, **dict.fromkeys(symbol.list_arguments(), (n, n)))


@pytest.mark.parametrize("threads", [2, 4])
def test_heavy_branches_run_side_by_side(threads) -> None:
    (*_, wide) = phases(square(mx.sym.add_n(*branches(8, 512)), 512), threads)
    assert (threads, True) == (wide.width, wide.blas)
    # Each branch is one task, and the sum of all another.
    assert 9 == len(wide.tasks)


def test_no_more_threads_are_used_than_there_are_branches() -> None:
    pair = [
        mx.sym.sort(mx.sym.dot(mx.sym.Variable(a), mx.sym.Variable(b))) for a, b in ("xy", "zw")
    ]
    wide, last = phases(square(pair[0] + pair[1], 512), 8)
    assert (2, 1) == (wide.width, last.width)


def test_a_heavy_step_that_nothing_can_run_beside_has_all_threads_to_itself() -> None:
    first = mx.sym.dot(mx.sym.Variable("x"), mx.sym.Variable("y"))
    after = [mx.sym.sum(mx.sym.tanh(mx.sym.dot(first, mx.sym.Variable(f"b{k}")))) for k in range(8)]
    alone, wide = phases(square(mx.sym.add_n(*after), 600), 2)
    assert (((0,),), 1) == (alone.tasks, alone.width)
    assert 2 == wide.width


@pytest.mark.parametrize(
    ("symbol", "n"),
    [
        (mx.sym.add_n(*branches(8, 4)), 4),
        (mx.sym.tanh(mx.sym.exp(mx.sym.Variable("x"))), 2000),
        (
            mx.sym.dot(
                mx.sym.dot(mx.sym.Variable("x"), mx.sym.Variable("y")), mx.sym.Variable("z")
            ),
            600,
        ),
    ],
    ids=["light branches", "a heavy chain", "a chain of products"],
)
def test_what_does_not_gain_stays_on_the_calling_thread(symbol, n) -> None:
    plan = square(symbol, n)
    (phase,) = phases(plan, 8)
    assert ((tuple(range(len(plan.steps))),), 1) == (phase.tasks, phase.width)


def test_one_thread_is_one_phase() -> None:
    plan = square(mx.sym.add_n(*branches(8, 512)), 512)
    assert [1] == [phase.width for phase in phases(plan, 1)]


def test_deciding_takes_time_that_grows_with_the_plan(monkeypatch) -> None:
    """A wide and a deep plan, all heavy: no step is looked at more than a few times."""
    looked = []

    def estimated(plan: Plan, step: object) -> Estimate:
        looked.append(step)
        return Estimate(1e-3, False, False)

    x = mx.sym.Variable("x")
    deep = x
    for _ in range(2000):
        deep = mx.sym.sin(deep) + x
    wide = mx.sym.add_n(*[mx.sym.sin(x + k) for k in range(2000)])
    plan = plan_of(mx.sym.Group([deep, wide]), x=(2,))
    monkeypatch.setattr(schedule, "estimate", estimated)
    monkeypatch.setattr(schedule, "_SMALL", 0)
    check(plan, phases(plan, 4))
    assert len(looked) == len(plan.steps)


class TestEstimates:
    """Against work counted by hand."""

    def flops(self, symbol: mx.sym.Symbol, **shapes: tuple[int, ...]) -> float:
        plan = plan_of(symbol, **shapes)
        (step,) = [step for step in plan.steps if estimate.estimate(plan, step).blas]
        assert estimate.estimate(plan, step).shared
        return (estimate.estimate(plan, step).one - tuning.CALL) * tuning.FLOPS

    @pytest.mark.parametrize(
        ("symbol", "shapes", "flops"),
        [
            (
                mx.sym.dot(mx.sym.Variable("a"), mx.sym.Variable("b")),
                {"a": (3, 5), "b": (5, 7)},
                2 * 3 * 5 * 7,
            ),
            (
                mx.sym.dot(mx.sym.Variable("a"), mx.sym.Variable("b"), transpose_a=True),
                {"a": (5, 3), "b": (5, 7)},
                2 * 3 * 5 * 7,
            ),
            (
                mx.sym.batch_dot(mx.sym.Variable("a"), mx.sym.Variable("b")),
                {"a": (4, 3, 5), "b": (4, 5, 7)},
                2 * 4 * 3 * 5 * 7,
            ),
            (mx.sym.FullyConnected(mx.sym.Variable("a"), num_hidden=7), {"a": (3, 5)}, 2 * 3 * 5 * 7),
            (
                mx.sym.Convolution(mx.sym.Variable("a"), kernel=(3, 3), num_filter=8, pad=(1, 1)),
                {"a": (2, 4, 10, 10)},
                2 * (2 * 8 * 10 * 10) * (4 * 9),
            ),
            (
                mx.sym.Convolution(mx.sym.Variable("a"), kernel=(3, 3), num_filter=8, num_group=4),
                {"a": (2, 4, 10, 10)},
                2 * (2 * 8 * 8 * 8) * 9,
            ),
            (
                mx.sym.Deconvolution(mx.sym.Variable("a"), kernel=(2, 2), num_filter=8, stride=(2, 2)),
                {"a": (2, 4, 5, 5)},
                2 * (2 * 4 * 5 * 5) * (8 * 4),
            ),
        ],
    )  # fmt: skip
    def test_products(self, symbol, shapes, flops) -> None:
        np.testing.assert_allclose(flops, self.flops(symbol, **shapes), rtol=1e-6)

    def test_bytes(self) -> None:
        plan = plan_of(mx.sym.Variable("a") + mx.sym.Variable("b"), a=(1000,), b=(1000,))
        found = estimate.estimate(plan, plan.steps[0])
        np.testing.assert_allclose(tuning.CALL + 12000 / tuning.BYTES, found.one)
        assert (False, False) == (found.shared, found.blas)

    def test_more_threads_take_less_time_for_what_uses_them(self) -> None:
        for shared in (True, False):
            times = [Estimate(1e-2, shared, shared).on(threads) for threads in (1, 2, 4)]
            assert (times[0] > times[1] > times[2]) is shared
