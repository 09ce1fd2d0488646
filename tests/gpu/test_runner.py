"""Plans on a GPU: right in every order that streams allow, whoever holds or changes what."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest
from graphs import random_graph
from random_graphs import random_case
from runner_cases import NAMES, agree, answers, arrays_on, bound_on, two_products
from test_runners import operator

import symbook as mx
from symbook.runners.cuda import CudaRunner


@pytest.mark.parametrize("runner", ["serial", "threads"])
@pytest.mark.parametrize("part", range(3))
def test_random_graphs_of_whole_numbers(gpu, runner: str, part: int) -> None:
    for seed in range(part * 4, part * 4 + 4):
        case = random_case(seed, 30)
        executor = case.symbol.bind(gpu, arrays_on(gpu, case.arrays), runner=runner)
        for _ in range(4):
            for value, output in zip(case.expected, executor.forward(), strict=True):
                np.testing.assert_array_equal(value, output.asnumpy())


@pytest.mark.parametrize("part", range(3))
def test_random_graphs(simulation, part: int) -> None:
    """All kinds of operators. A device's functions differ from NumPy's in the last bit, which grows."""
    for seed in range(part * 4, part * 4 + 4):
        case = random_graph(seed, 30, dtypes=("float32", "float64"))
        executor = bound_on(mx.gpu(0), case, ("serial", "threads")[seed % 2])
        for run in range(3):
            values = case.fresh(run)
            for name, value in values.items():
                executor.arg_dict[name][:] = value
            agree(case.expected(values), executor.forward())


@pytest.mark.parametrize("runner", ["serial", "threads"])
@pytest.mark.parametrize("req", ["write", "add", "null"])
def test_gradients_of_random_graphs(gpu, runner: str, req: str) -> None:
    for seed in range(8):
        case = random_case(seed, 25)
        results = []
        for ctx in (mx.cpu(), gpu):
            arrays = arrays_on(ctx, case.arrays)
            grads = {
                name: mx.nd.ones(a.shape, ctx=ctx, dtype=a.dtype) for name, a in arrays.items()
            }
            reqs = {name: (req, "write", "add")[k % 3] for k, name in enumerate(arrays)}
            executor = case.symbol.bind(ctx, arrays, grads, reqs, runner=runner)
            heads = [mx.nd.ones(v.shape, ctx=ctx, dtype=v.dtype) for v in case.expected]
            for _ in range(7):
                executor.forward(is_train=True)
                executor.backward(heads)
            results.append({name: grad.asnumpy() for name, grad in grads.items()})
        for name, value in results[0].items():
            np.testing.assert_allclose(value, results[1][name], rtol=1e-6)


def test_the_tutorials_branches_use_several_streams(gpu) -> None:
    names = ["a", "b", "c", "d"]
    parts = [mx.sym.dot(*map(mx.sym.Variable, names[k : k + 2])) for k in (0, 2)]
    symbol = mx.sym.dot(*parts)
    arrays = {name: mx.nd.ones((4, 4), ctx=gpu) for name in names}
    executor = symbol.bind(gpu, arrays, runner="threads")
    assert (1,) == executor._runner.assignment(executor.plan).sides
    trace = executor.trace()
    assert ("main", "side 1") == trace.streams
    assert "2 streams" in str(trace)
    np.testing.assert_array_equal(np.full((4, 4), 64), trace.outputs[0].asnumpy())


def test_arrays_changed_and_replaced_between_runs(gpu) -> None:
    symbol, values = two_products()
    executor = symbol.bind(gpu, arrays_on(gpu, values))
    draw = np.random.default_rng(1)
    for run in range(30):
        name = NAMES[run % 4]
        values[name] = draw.normal(size=(8, 8)).astype("float32")
        if run % 3 == 0:
            executor.arg_dict[name]._data = mx.nd.array(values[name], ctx=gpu)._data
        elif run % 3 == 1:
            executor.arg_dict[name][:] = values[name]
        else:
            executor.copy_params_from({name: mx.nd.array(values[name], ctx=gpu)})
        if run % 5:
            agree(answers(values), executor.forward())
        else:
            given = mx.nd.array(values[name], ctx=gpu)
            agree(answers(values), executor.forward(**{name: given}))


@pytest.mark.parametrize("runs", [1, 3, 12])
def test_outputs_that_are_held_are_not_overwritten(gpu, runs: int) -> None:
    symbol, values = two_products()
    executor = symbol.bind(gpu, arrays_on(gpu, values))
    held = []
    for run in range(runs * 3):
        values["A"] = np.full((8, 8), run, "float32")
        executor.arg_dict["A"][:] = values["A"]
        outputs = executor.forward()
        if run % 2:
            held.append((outputs[run % 4 // 2], answers(values)[run % 4 // 2]))
        del outputs
    for output, expected in held:
        np.testing.assert_allclose(expected, output.asnumpy(), rtol=1e-6)


def test_memory_that_is_held_without_its_array_is_not_overwritten(gpu) -> None:
    """Another array over the same memory, as other libraries make them by the address and its owner."""
    symbol, values = two_products()
    executor = symbol.bind(gpu, arrays_on(gpu, values))
    for run in range(8):
        before = executor.forward()[0]._data
        view = gpu.xp.ndarray(before.shape, before.dtype, memptr=before.data)
        kept = mx.nd.NDArray(view, gpu)
        expected = kept.asnumpy()
        del before
        executor.arg_dict["A"][:] = run
        executor.forward()
        np.testing.assert_array_equal(expected, kept.asnumpy())


def test_outputs_that_nobody_holds_keep_their_memory(gpu) -> None:
    symbol, values = two_products()
    executor = symbol.bind(gpu, arrays_on(gpu, values))
    places = set()
    for _ in range(20):
        executor.forward()
        places.add(executor.outputs[0]._data.data.ptr)
    assert 1 == len(places)


# Streams and threads of the user's


def test_callers_on_streams_of_their_own(gpu) -> None:
    """Each run goes to the stream that is current, and follows those on others."""
    symbol, values = two_products()
    cuda = gpu.xp.cuda
    executor = symbol.bind(gpu, arrays_on(gpu, values))
    for stream in [cuda.Stream(non_blocking=True) for _ in range(2)]:
        stream.wait_event(cuda.Stream.null.record())
    streams = [cuda.Stream(non_blocking=True) for _ in range(2)]
    cuda.Device().synchronize()
    for run in range(20):
        with streams[run % 2 if run > 6 else 0]:
            values["A"] = np.full((8, 8), run, "float32")
            executor.forward(A=mx.nd.array(values["A"], ctx=gpu))
            outputs = executor.forward()
            agree(answers(values), outputs)


def test_memory_goes_from_stream_to_stream(gpu) -> None:
    """What a run on one stream lets go of, work on the other stream may get."""
    symbol, values = two_products()
    cuda = gpu.xp.cuda
    executor = symbol.simple_bind(gpu, **dict.fromkeys(NAMES, (8, 8)))
    for name, value in values.items():
        executor.arg_dict[name][:] = value
    heads = [mx.nd.ones((8, 8), ctx=gpu)] * 2
    cuda.Device().synchronize()
    streams = [cuda.Stream(non_blocking=True) for _ in range(2)]
    for run in range(16):
        with streams[run % 2]:
            executor.forward(is_train=True)
            executor.backward(heads)
            del run
            other = mx.nd.zeros((8, 8), ctx=gpu)
            other += 1
    cuda.Device().synchronize()
    expected = values["B"] + np.exp(values["A"])
    np.testing.assert_allclose(expected, executor.grad_dict["A"].asnumpy(), rtol=1e-5)


@pytest.mark.parametrize("runner", ["auto", "threads"])
def test_threads_share_an_executor(gpu, runner: str) -> None:
    symbol, values = two_products()
    executor = symbol.bind(gpu, arrays_on(gpu, values), runner=runner)
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for run in range(15):
                given = {**values, "A": np.full((8, 8), number * 20 + run, "float32")}
                outputs = executor.forward(A=mx.nd.array(given["A"], ctx=gpu))
                held = outputs if run % 2 else [outputs[0].copy(), outputs[1].copy()]
                agree(answers(given), held)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed


def test_a_run_in_the_middle_of_another(simulation) -> None:
    """As a signal's handler may call it, while a side is the current stream."""
    inner: list[np.ndarray] = []
    gpu = mx.gpu(0)

    def _test_interrupted(xp, data, /):
        """Run the graph again, once."""
        if not inner and armed:
            inner.append(np.empty(0))
            inner[0] = executor.forward()[0].asnumpy()
        return data + 0

    armed = False
    with operator(_test_interrupted) as interrupted:
        a, b = (mx.sym.Variable(name) for name in "ab")
        symbol = mx.sym.dot(mx.sym.dot(a, a), interrupted(mx.sym.dot(b, b)))
        arrays = {name: mx.nd.ones((4, 4), ctx=gpu) for name in "ab"}
        executor = symbol.bind(gpu, arrays, runner="threads")
        assert executor._runner.assignment(executor.plan).sides
        expected = np.full((4, 4), 64)
        for _ in range(6):
            inner.clear()
            armed = True
            (output,) = executor.forward()
            np.testing.assert_array_equal(expected, output.asnumpy())
            np.testing.assert_array_equal(expected, inner[0])
            assert 0 == executor._turns.stream, "the side was taken for a stream of the user's"
            assert gpu.xp.cuda.get_current_stream() == gpu.xp.cuda.Stream.null


def test_executors_share_the_side_streams(gpu) -> None:
    """Several executors at once, from several threads, each with branches on sides."""
    cases = [random_case(seed, 40) for seed in range(3)]
    failed: list[BaseException] = []

    def work(case) -> None:
        try:
            executor = case.symbol.bind(gpu, arrays_on(gpu, case.arrays), runner="threads")
            for _ in range(5):
                agree(case.expected, executor.forward())
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(case,)) for case in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed


# Nobody waits


def test_forward_and_backward_do_not_wait(simulation) -> None:
    gpu = mx.gpu(0)
    for runner in ("auto", "threads"):
        symbol, values = two_products()
        executor = symbol.simple_bind(gpu, **dict.fromkeys(NAMES, (8, 8)))
        executor._runner = CudaRunner(gpu, executor._program.plans, weigh=runner == "auto")
        for name, value in values.items():
            executor.arg_dict[name][:] = value
        heads = [mx.nd.ones((8, 8), ctx=gpu)] * 2
        simulation.counts.clear()
        for _ in range(10):
            executor.forward(is_train=True)
            executor.backward(heads)
        assert 0 == simulation.counts["synchronizations"]
        assert 0 == simulation.counts["downloads"]


def test_nothing_is_allocated_when_runs_repeat(simulation) -> None:
    gpu = mx.gpu(0)
    case = random_graph(4, 30, dtypes=("float32",))
    executor = bound_on(gpu, case)
    for _ in range(5):
        executor.forward()
    pool = gpu.xp.get_default_memory_pool()
    before = pool.total_bytes()
    for _ in range(20):
        executor.forward()
    assert before == pool.total_bytes()


@pytest.mark.parametrize("runner", ["auto", "threads"])
def test_memory_goes_back_when_an_executor_dies(gpu, runner: str) -> None:
    case = random_graph(6, 40, dtypes=("float32",))
    pool = gpu.xp.get_default_memory_pool()
    arrays = arrays_on(gpu, case.arrays)
    gc.collect()
    before = pool.used_bytes()
    executor = case.symbol.bind(gpu, arrays, runner=runner)
    for _ in range(8):
        executor.forward()
    assert pool.used_bytes() > before
    gone = weakref.ref(executor)
    del executor
    assert gone() is None, "it is part of a circle"
    assert before == pool.used_bytes()
