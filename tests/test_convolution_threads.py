"""Convolutions whose blocks are shared among threads: the same bits, and nothing in common between runs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import numpy as np
import pytest

import symbook as mx
from symbook import workers
from symbook.ops import convolve, workspace

CASES = [
    {"kernel": (3, 3), "pad": (1, 1)},
    {"kernel": (1, 1)},
    {"kernel": (3, 3), "pad": (1, 1), "stride": (2, 2), "num_group": 8},
    {"kernel": (3, 3), "pad": (2, 2), "dilate": (2, 2), "num_group": 2},
]


def bound(case, size):
    symbol = mx.sym.Convolution(
        mx.sym.Variable("data"), name="c", num_filter=8, no_bias=True, **case
    )
    shapes = symbol.infer_shape(data=(5, 8, size, size))[0]
    random = np.random.default_rng(1)
    args = [mx.nd.array(random.standard_normal(shape)) for shape in shapes]
    return symbol.bind(mx.cpu(), args, args_grad=[mx.nd.zeros(shape) for shape in shapes])


def results(executor):
    (out,) = executor.forward(is_train=True)
    executor.backward([out])
    return [out.asnumpy(), *(grad.asnumpy() for grad in executor.grad_arrays)]


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("size", [5, 17])
def test_any_number_of_threads_gives_the_same_bits(case, size):
    with mock.patch.object(convolve, "SHARED_FLOPS", 0):
        before = workers.set_thread_count(1)
        try:
            wanted = results(bound(case, size))
            for threads in (2, 3, 8):
                workers.set_thread_count(threads)
                executor = bound(case, size)
                for _ in range(3):
                    for found, value in zip(results(executor), wanted, strict=True):
                        np.testing.assert_array_equal(found, value)
        finally:
            workers.set_thread_count(before)


def test_runs_side_by_side_do_not_share_memory():
    executors = [bound(case, size) for case in CASES for size in (6, 9)]
    wanted = [results(executor) for executor in executors]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(10):
            for found, values in zip(pool.map(results, executors), wanted, strict=True):
                for a, b in zip(found, values, strict=True):
                    np.testing.assert_array_equal(a, b)


def test_memory_is_kept_up_to_a_limit():
    first = workspace.scratch("test", (100,), np.dtype("float32"))
    again = workspace.scratch("test", (10, 5), np.dtype("float64"))
    assert np.shares_memory(first, again)
    other = workspace.scratch("other test", (100,), np.dtype("float32"))
    assert not np.shares_memory(first, other)
    large = workspace.scratch("test", (workspace.KEPT_BYTES + 1,), np.dtype("uint8"))
    small = workspace.scratch("test", (1,), np.dtype("uint8"))
    assert not np.shares_memory(large, small)
