"""Memory that goes back to CuPy's pool is not given out while another stream still uses it.

The pool keeps memory for the stream that it was allocated on, and gives it out there at once. Each test lets
something go on one stream that another one reads, and takes as much memory on the first again. The
simulated device finds what nothing orders, whatever it then does first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import symbook as mx
from symbook.executor import Executor
from symbook.runners.streams import ordered

SHAPE = (4, 4)


@pytest.fixture
def streams(simulation) -> Iterator[list[Any]]:
    """Two streams of the user's."""
    cuda = mx.gpu(0).xp.cuda
    yield [cuda.Stream(non_blocking=True) for _ in range(2)]
    assert not simulation.races


def bound(symbol: mx.sym.Symbol, grad_req: str = "null") -> Executor:
    """Every branch on a stream of its own; the arguments are there, for whoever asks."""
    gpu = mx.gpu(0)
    names = symbol.list_arguments()
    arrays = {name: mx.nd.ones(SHAPE, ctx=gpu) for name in names}
    grads = {name: mx.nd.zeros(SHAPE, ctx=gpu) for name in names}
    gpu.xp.cuda.Device().synchronize()
    return symbol.bind(gpu, arrays, grads, grad_req, runner="threads")


def two_softmaxes() -> tuple[mx.sym.Symbol, mx.sym.Symbol]:
    """Their operator takes memory itself."""
    return mx.sym.softmax(mx.sym.Variable("a")), mx.sym.softmax(mx.sym.Variable("b"))


def take() -> mx.nd.NDArray:
    """Memory of the current stream's, written to."""
    return mx.nd.zeros(SHAPE, ctx=mx.gpu(0)) + 1


def test_what_a_side_made_and_main_read(streams) -> None:
    """Another executor's run, on another stream, uses the same side."""
    symbol = mx.sym.dot(*two_softmaxes())
    executors = [bound(symbol) for _ in range(2)]
    for executor in executors:
        executor._runner._assignments[executor.plan] = ordered(executor.plan, [0, 1, 0])
    for _ in range(3):
        for executor, stream in zip(executors, streams, strict=True):
            with stream:
                executor.forward()


def test_outputs_that_steps_take_memory_for(streams) -> None:
    """They are read on main when the run is over, and let go of there, with the executor."""
    symbol = mx.sym.Group(list(two_softmaxes()))
    other = bound(symbol)
    for _ in range(3):
        executor = bound(symbol)
        with streams[0]:
            outputs = executor.forward()
            [output + 1 for output in outputs]
        del executor, outputs
        with streams[1]:
            other.forward()


def test_what_forward_keeps_for_backward_on_another_stream(streams) -> None:
    executor = bound(mx.sym.Group(list(two_softmaxes())), "write")
    gpu = mx.gpu(0)
    heads = [mx.nd.ones(SHAPE, ctx=gpu)] * 2
    gpu.xp.cuda.Device().synchronize()
    for _ in range(3):
        with streams[0]:
            executor.forward(is_train=True)
        with streams[1]:
            executor.backward(heads)
            executor.forward(is_train=True)
        with streams[0]:
            [take() for _ in range(4)]


def test_outputs_of_runs_on_another_stream(streams) -> None:
    a, b = (mx.sym.Variable(name) for name in "ab")
    executor = bound(mx.sym.dot(a, b))
    for _ in range(3):
        with streams[0]:
            executor.forward()
        with streams[1]:
            (output,) = executor.forward()
            executor.forward()
            output + 1  # reads it, later
        del output
        for stream in (streams[0], mx.gpu(0).xp.cuda.Stream.null):
            with stream:
                [take() for _ in range(4)]


def test_what_was_bound_on_another_stream_when_the_executor_dies(streams) -> None:
    a, b = (mx.sym.Variable(name) for name in "ab")
    for runner in range(4):
        executor = bound(mx.sym.dot(mx.sym.exp(a) + runner, b))
        with streams[0]:
            executor.forward()
        del executor
        [take() for _ in range(6)]


def test_the_values_are_right_besides(streams) -> None:
    executor = bound(mx.sym.dot(*two_softmaxes()))
    with streams[1]:
        (output,) = executor.forward()
        np.testing.assert_allclose(np.full(SHAPE, 0.25), output.asnumpy())
