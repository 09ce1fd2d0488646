"""Random graphs on a GPU beside NumPy and the CPU: forward, backward, runs that follow each other.

Where a graph has arithmetic only, the GPU gives NumPy's bits. Functions and sums: see `rounding`.
Seeds are fixed, and few, for every graph has kernels of its own to compile.
"""

from __future__ import annotations

import random

import numpy as np
import pytest
from graphs import FLOATS, Case, bits, random_graph
from rounding import assert_near

import symbook as mx

optimized = pytest.mark.parametrize("optimize", [True, False], ids=["optimised", "as written"])


def executor_of(case: Case, ctx: mx.Context, **options):
    return case.symbol.bind(ctx, case.bound(ctx=ctx), **options)


def inputs_of(case: Case, change) -> dict[str, np.ndarray]:
    return {name: change(value) for name, value in case.arrays.items()}


def values(arrays):
    return [array.asnumpy() for array in arrays]


@optimized
@pytest.mark.parametrize("seed", range(10))
def test_arithmetic_has_numpys_bits(gpu, seed, optimize):
    case = random_graph(seed, nodes=20 + seed, scale=(1, 7, 40)[seed % 3], rounded=False)
    executor = executor_of(case, gpu, optimize=optimize)
    outputs = executor.forward()
    assert {gpu} == {output.context for output in outputs}
    expected = [bits(value) for value in case.expected()]
    assert expected == [bits(value) for value in values(outputs)]
    assert expected == [bits(value) for value in values(executor.forward())]


@optimized
@pytest.mark.parametrize("seed", range(100, 108))
def test_functions_are_near_numpys(gpu, seed, optimize):
    # One precision in each graph: a change in the last bits of another would be no change, or a large one.
    case = random_graph(seed, nodes=25, dtypes=(FLOATS[seed % 3], "int32", "uint8", "bool"))
    found = values(executor_of(case, gpu, optimize=optimize).forward())
    assert_near(found, lambda change: case.expected(inputs_of(case, change), change))


@pytest.mark.parametrize("seed", range(200, 206))
def test_runs_do_not_disturb_one_another(gpu, seed):
    """Inputs change between runs, in place or by `forward(**inputs)`; what is held stays what it was."""
    case = random_graph(seed, nodes=25, rounded=False)
    executor, rng = executor_of(case, gpu), random.Random(seed)
    held = []
    for run in range(12):  # enough for what is written out, or captured, to take over
        arrays = case.fresh(seed + run)
        inputs = {}
        for name, value in arrays.items():
            if rng.random() < 0.5:
                inputs[name] = value
            else:
                executor.arg_dict[name][:] = mx.nd.array(value, ctx=gpu, dtype=value.dtype)
        outputs = executor.forward(**inputs)
        expected = [bits(value) for value in case.expected(arrays)]
        if rng.random() < 0.5:
            held.append((outputs, expected))  # not waited for
            continue
        assert expected == [bits(value) for value in values(outputs)]
        for out in outputs:
            out[:] = 0  # they are the caller's
    for outputs, expected in held:
        assert expected == [bits(value) for value in values(outputs)]


def gradients(case: Case, ctx: mx.Context, arrays, seed: int, **options):
    """Outputs and gradients of two runs, one after the other, in arrays that held ones before."""
    rng = random.Random(seed)
    args = case.bound(arrays, ctx)
    grads = {name: mx.nd.ones(a.shape, ctx=ctx, dtype=a.dtype) for name, a in args.items()}
    reqs = {name: rng.choice(["write", "write", "add", "null"]) for name in args}
    executor = case.symbol.bind(ctx, args, grads, reqs, **options)
    found = []
    for run in range(2):
        outputs = executor.forward(is_train=True)
        draw = np.random.default_rng(seed + run)
        heads = [mx.nd.array(draw.normal(size=o.shape), ctx=ctx, dtype=o.dtype) for o in outputs]
        executor.backward(heads)
        found += values([*outputs, *executor.grad_arrays])
    return found


@optimized
@pytest.mark.parametrize("seed", range(300, 306))
def test_gradients_are_near_the_cpus(gpu, seed, optimize):
    case = random_graph(seed, nodes=20, dtypes=(FLOATS[1 + seed % 2],))
    found = gradients(case, gpu, case.arrays, seed, optimize=optimize)
    assert_near(found, lambda change: gradients(case, mx.cpu(), inputs_of(case, change), seed))


@pytest.mark.parametrize(
    "make",
    [
        lambda x: mx.sym.tile(x, reps=(1, 1)),
        lambda x: mx.sym.repeat(x, repeats=1, axis=0),
    ],
    ids=["tile", "repeat"],
)
def test_what_changes_nothing_still_has_memory_of_its_own(gpu, make):
    """The value before is in a buffer that backward writes to."""
    x = mx.sym.Variable("x")
    inner = x > 0
    symbol = mx.sym.Group([make(inner), mx.sym.Concat(inner, x, dim=0)])
    case = Case(symbol, {"x": np.ones((4, 1))}, {}, [], [])
    outputs = gradients(case, gpu, case.arrays, 0, optimize=False)[:2]
    np.testing.assert_array_equal(outputs[0], np.ones((4, 1)))
    executor = executor_of(case, gpu, optimize=False)
    (held, _), (again, _) = executor.forward(), executor.forward()
    assert held._data.data.ptr != again._data.data.ptr


@pytest.mark.parametrize("seed", range(400, 404))
def test_every_node_of_a_trace_is_numpys(gpu, seed):
    case = random_graph(seed, nodes=20, rounded=False)
    executor = executor_of(case, gpu)
    expected = [bits(value) for value in case.expected()]
    assert expected == [bits(value) for value in values(executor.trace().outputs)]
    assert expected == [bits(value) for value in values(executor.forward())]
