"""Random graphs of many operators and dtypes: nobody can tell from the results that they were optimised.

Every test runs on graphs of small arrays as they are, and again with all of them fused that can be.
"""

from __future__ import annotations

import random

import numpy as np
import pytest
from graphs import Case, bits, fused_from, random_graph
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import shuffled_order

import symbook as mx
from symbook.fusion import compiler
from symbook.runners import SerialRunner, ThreadRunner

SEEDS = st.integers(0, 2**32)
NODES = st.integers(1, 50)
SCALES = st.sampled_from([1, 1, 1, 7, 40])

tiers = pytest.mark.parametrize("elements", [None, 1], ids=["as they are", "fused"])


@pytest.fixture(autouse=True)
def nothing_is_compiled_meanwhile(monkeypatch):
    """It would take ten times as long as all graphs here, each of which runs only a few times."""
    monkeypatch.setattr(compiler, "mode", lambda: "off")


def executor_of(case: Case, elements: int | None, **options):
    with fused_from(elements):
        return case.symbol.bind(mx.cpu(), case.bound(), **options)


def results(executor, **inputs):
    return [bits(out.asnumpy()) for out in executor.forward(**inputs)]


@tiers
@settings(deadline=None, max_examples=150)
@given(seed=SEEDS, nodes=NODES, scale=SCALES)
def test_values_are_numpys(elements, seed, nodes, scale):
    case = random_graph(seed, nodes, scale=scale)
    expected = [bits(value) for value in case.expected()]
    for optimize in (True, False):
        assert expected == results(executor_of(case, elements, optimize=optimize))


@tiers
@settings(deadline=None, max_examples=60)
@given(seed=SEEDS, nodes=NODES)
def test_runs_do_not_disturb_one_another(elements, seed, nodes):
    """Inputs change between runs, in place or by `forward(**inputs)`; what is held stays what it was."""
    case = random_graph(seed, nodes)
    executor, rng = executor_of(case, elements), random.Random(seed)
    held = []
    for run in range(5):
        arrays = case.fresh(seed + run)
        inputs = {}
        for name, value in arrays.items():
            if rng.random() < 0.5:
                inputs[name] = value
            else:
                executor.arg_dict[name][:] = mx.nd.array(value, dtype=value.dtype)
        outputs = executor.forward(**inputs)
        expected = [bits(value) for value in case.expected(arrays)]
        assert expected == [bits(out.asnumpy()) for out in outputs]
        if rng.random() < 0.5:
            held.append((outputs, expected))
        elif rng.random() < 0.5:
            for out in outputs:
                out[:] = 0  # they are the caller's
    for outputs, expected in held:
        assert expected == [bits(out.asnumpy()) for out in outputs]


@tiers
@settings(deadline=None, max_examples=40)
@given(seed=SEEDS, nodes=NODES)
def test_any_order_and_any_threads(elements, seed, nodes):
    case = random_graph(seed, nodes)
    executor = executor_of(case, elements)
    expected = [bits(value) for value in case.expected()]
    runners = [SerialRunner(shuffled_order(seed + k)) for k in range(4)]
    for threads in range(1, 9):
        rng = random.Random(seed + threads)
        runners.append(ThreadRunner(threads, lambda ready, rng=rng: rng.randrange(len(ready))))
    for runner in runners:
        executor._runner = runner
        assert expected == results(executor)


@tiers
@settings(deadline=None, max_examples=80)
@given(seed=SEEDS, nodes=NODES, scale=SCALES)
def test_gradients_are_those_of_the_graph_as_written(elements, seed, nodes, scale):
    case = random_graph(seed, nodes, scale=scale, dtypes=("float32", "float64"))
    found = []
    for optimize in (True, False):
        rng = random.Random(seed)
        args = case.bound()
        grads = {name: mx.nd.ones(a.shape, dtype=a.dtype) for name, a in args.items()}
        reqs = {name: rng.choice(["write", "add", "null"]) for name in args}
        with fused_from(elements):
            executor = case.symbol.bind(mx.cpu(), args, grads, reqs, optimize=optimize)
        rows = []
        for run in range(2):
            outputs = executor.forward(is_train=True, **case.fresh(seed + run))
            draw = np.random.default_rng(seed + run)
            heads = [mx.nd.array(draw.normal(size=o.shape), dtype=o.dtype) for o in outputs]
            executor.backward(heads)
            arrays = [*outputs, *executor.grad_arrays]
            rows.append([bits(array.asnumpy()) for array in arrays])
        found.append(rows)
    assert found[0] == found[1]


def test_a_trace_has_the_bits_of_a_run():
    """Sums of what is computed of a transposed matrix depend on how it lies in memory."""
    turned = mx.sym.exp(mx.sym.transpose(mx.sym.Variable("x")))
    symbol = mx.sym.Group([mx.sym.sum(turned, axis=axis) for axis in (0, 1, None)] + [turned])
    value = np.random.default_rng(0).normal(size=(130, 57)).astype(np.float32)
    found = []
    for optimize in (True, False):
        executor = symbol.bind(mx.cpu(), {"x": mx.nd.array(value)}, optimize=optimize)
        found += [results(executor) for _ in range(4)]
        found.append([bits(out.asnumpy()) for out in executor.trace().outputs])
    assert [found[0]] * len(found) == found


@settings(deadline=None, max_examples=40)
@given(seed=SEEDS, nodes=NODES)
def test_traces_are_numpys(seed, nodes):
    case = random_graph(seed, nodes)
    executor = executor_of(case, None)
    expected = [bits(value) for value in case.expected()]
    assert expected == [bits(out.asnumpy()) for out in executor.trace().outputs]
    assert expected == results(executor)


@settings(deadline=None, max_examples=15)
@given(seed=SEEDS, nodes=st.integers(1, 20), scale=SCALES)
def test_compiled_loops_give_numpys_values(seed, nodes, scale):
    pytest.importorskip("numba", reason="Numba is not installed")
    case = random_graph(seed, nodes, scale=scale, dtypes=("float32", "float64"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiler, "mode", lambda: "now")
        executor = executor_of(case, 1)
        for run in range(3):
            arrays = case.fresh(seed + run)
            expected = [bits(value) for value in case.expected(arrays)]
            assert expected == results(executor, **arrays)
