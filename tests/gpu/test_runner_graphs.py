"""Captured CUDA graphs: what is captured, which graph is launched when, and what goes wrong."""

from __future__ import annotations

import threading
import weakref

import numpy as np
from runner_cases import NAMES, agree, answers, arrays_on, two_products

import symbook as mx
from symbook.runners.cuda_graphs import MOST_GRAPHS, RUNS_BEFORE_CAPTURE


def test_small_graphs_of_kernels_of_ours_are_captured(simulation) -> None:
    symbol, values = two_products()
    executor = symbol.bind(mx.gpu(0), arrays_on(mx.gpu(0), values))
    for _ in range(9):
        executor.forward()
    simulation.counts.clear()
    for _ in range(5):
        executor.forward()
    assert {"graphs": 5} == dict(simulation.counts)
    agree(answers(values), executor.outputs)


def test_backward_is_captured(simulation) -> None:
    gpu = mx.gpu(0)
    symbol, values = two_products()
    executor = symbol.simple_bind(gpu, grad_req="add", **dict.fromkeys(NAMES, (8, 8)))
    for name, value in values.items():
        executor.arg_dict[name][:] = value
    heads = [mx.nd.ones((8, 8), ctx=gpu)] * 2
    for _ in range(12):
        executor.forward(is_train=True)
        executor.backward(heads)
    simulation.counts.clear()
    executor.forward(is_train=True)
    executor.backward(heads)
    assert {"graphs": 2} == dict(simulation.counts)
    expected = 13 * (values["B"] + np.exp(values["A"]))
    np.testing.assert_allclose(expected, executor.grad_dict["A"].asnumpy(), rtol=1e-4)


def test_a_few_graphs_are_kept_for_arrays_that_take_turns(simulation) -> None:
    gpu = mx.gpu(0)
    symbol, values = two_products()
    executor = symbol.bind(gpu, arrays_on(gpu, values))
    pair = [mx.nd.array(values["A"] * k, ctx=gpu)._data for k in (1, 2)]
    for run in range(40):
        executor.arg_dict["A"]._data = pair[run % 2]
        agree(answers({**values, "A": values["A"] * (1 + run % 2)}), executor.forward())
    simulation.counts.clear()
    for run in range(6):
        executor.arg_dict["A"]._data = pair[run % 2]
        executor.forward()
    assert 6 == simulation.counts["graphs"]


def test_the_least_recently_used_graph_goes(simulation) -> None:
    gpu = mx.gpu(0)
    symbol, values = two_products()
    executor = symbol.bind(gpu, arrays_on(gpu, values))
    several = [mx.nd.array(values["A"] * k, ctx=gpu)._data for k in range(MOST_GRAPHS + 2)]
    for k, raw in enumerate(several):
        executor.arg_dict["A"]._data = raw
        for _ in range(RUNS_BEFORE_CAPTURE + 4):
            executor.forward()
        agree(answers({**values, "A": values["A"] * k}), executor.outputs)
    graphs = executor._predicts.function.__globals__["graphs"]
    assert MOST_GRAPHS == len(graphs)
    for k, raw in enumerate(several):
        executor.arg_dict["A"]._data = raw
        simulation.counts.clear()
        agree(answers({**values, "A": values["A"] * k}), executor.forward())
        assert (k > 1) == simulation.counts["graphs"]


def test_a_graph_does_not_keep_what_was_replaced_alive(simulation) -> None:
    gpu = mx.gpu(0)
    symbol, values = two_products()
    executor = symbol.bind(gpu, arrays_on(gpu, values))
    for _ in range(10):
        executor.forward()
    old = weakref.ref(executor.arg_dict["A"]._data)
    executor.arg_dict["A"]._data = mx.nd.zeros((8, 8), ctx=gpu)._data
    executor.forward()
    assert old() is None


def test_a_capture_that_fails_is_given_up(simulation, monkeypatch) -> None:
    """The step is run, and the stream that was captured is left."""
    from symbook.fusion.device import DeviceFused

    gpu = mx.gpu(0)
    symbol, values = two_products()
    executor = symbol.bind(gpu, arrays_on(gpu, values))
    plainly = DeviceFused.__call__

    def allocating(self, xp, *arrays, out=None):
        xp.empty((3,))
        return plainly(self, xp, *arrays, out=out)

    monkeypatch.setattr(DeviceFused, "__call__", allocating)
    for run in range(12):
        executor.arg_dict["A"][:] = run
        values["A"] = np.full((8, 8), run, "float32")
        agree(answers(values), executor.forward())
    assert 0 == simulation.counts["graphs"]
    assert gpu.xp.cuda.get_current_stream() == gpu.xp.cuda.Stream.null
    assert all(queue.capture is None for queue in simulation.queues)


def test_the_stream_that_was_made_the_current_one_stays_so(gpu) -> None:
    """By `use`, which a `with` statement of another stream would forget."""
    symbol, values = two_products()
    cuda = gpu.xp.cuda
    executor = symbol.bind(gpu, arrays_on(gpu, values))
    cuda.Device().synchronize()
    stream = cuda.Stream(non_blocking=True)
    stream.use()
    try:
        for _ in range(10):
            outputs = executor.forward()
            assert stream == cuda.get_current_stream()
        agree(answers(values), outputs)
    finally:
        cuda.Stream.null.use()


def test_work_of_other_threads_gets_into_no_capture(gpu) -> None:
    symbol, values = two_products()
    stop = threading.Event()
    total = mx.nd.zeros((8,), ctx=gpu)
    added = 0

    def work() -> None:
        nonlocal added
        while not stop.is_set() and added < 2000:
            total[:] = total + 1
            added += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(8):
            executor = symbol.bind(gpu, arrays_on(gpu, values))
            for _ in range(8):
                executor.forward()
            agree(answers(values), executor.forward())
    finally:
        stop.set()
        thread.join()
    np.testing.assert_array_equal(np.full(8, added), total.asnumpy())
