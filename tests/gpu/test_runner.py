"""Plans on a GPU: right in every order that streams allow, whoever holds or changes what; what is said."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Mapping

import numpy as np
import pytest
from graphs import Case, random_graph
from random_graphs import random_case

import symbook as mx
from symbook import in_flight
from symbook.executor import Executor
from symbook.ops.rules import Mismatch
from symbook.runners.cuda import CudaRunner
from symbook.runners.cuda_graphs import MOST_GRAPHS, RUNS_BEFORE_CAPTURE

NAMES = "ABCD"


def arrays_on(gpu, values: Mapping[str, np.ndarray]) -> dict[str, mx.nd.NDArray]:
    return {name: mx.nd.array(value, ctx=gpu, dtype=value.dtype) for name, value in values.items()}


def bound_on(gpu, case: Case, runner: str = "auto") -> Executor:
    return case.symbol.bind(gpu, arrays_on(gpu, case.arrays), runner=runner)


def agree(expected, outputs) -> None:
    for value, output in zip(expected, outputs, strict=True):
        np.testing.assert_allclose(value, output.asnumpy(), rtol=1e-5, atol=1e-6)


def two_products(size: int = 8) -> tuple[mx.sym.Symbol, dict[str, np.ndarray]]:
    """The tutorial's E, with another kernel: two launches of a captured graph."""
    a, b, c, d = map(mx.sym.Variable, NAMES)
    with mx.name.NameManager():
        symbol = mx.sym.Group([a * b + c * d, mx.sym.broadcast_add(mx.sym.exp(a), b)])
    draw = np.random.default_rng(3)
    return symbol, {name: draw.normal(size=(size, size)).astype("float32") for name in NAMES}


def answers(values: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    a, b, c, d = (values[name] for name in NAMES)
    return [a * b + c * d, np.exp(a) + b]


# Values


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


# Captured graphs


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


# What is said


def test_an_error_at_launch_names_the_node(gpu) -> None:
    x = mx.sym.Variable("x")
    with mx.name.NameManager():
        symbol = mx.sym.sqrt(mx.sym.dot(x, x), name="root")
    executor = symbol.bind(gpu, {"x": mx.nd.ones((4, 4), ctx=gpu)})
    for run in range(2):
        for _ in range(5 * run):
            executor.forward()
        executor.arg_dict["x"]._data = mx.nd.ones((4, 5), ctx=gpu)._data
        with pytest.raises(Mismatch, match="shape") as caught:
            executor.forward()
        assert "while running node dot0 = dot((4, 4)" in "".join(caught.value.__notes__)
        executor.arg_dict["x"]._data = mx.nd.ones((4, 4), ctx=gpu)._data


def test_an_error_on_a_side_names_the_node_and_ends_the_run(gpu) -> None:
    names = ["a", "b", "c"]
    with mx.name.NameManager():
        a, b, c = map(mx.sym.Variable, names)
        symbol = mx.sym.dot(mx.sym.dot(a, b), mx.sym.dot(c, b))
    arrays = {name: mx.nd.ones((4, 4), ctx=gpu) for name in names}
    executor = symbol.bind(gpu, arrays, runner="threads")
    good = arrays["c"]._data
    for run in range(2):
        for _ in range(6 * run):
            executor.forward()
        arrays["c"]._data = mx.nd.ones((4, 5), ctx=gpu)._data
        with pytest.raises(Mismatch, match="shape") as caught:
            executor.forward()
        assert "while running node dot1 = dot((4, 4)" in "".join(caught.value.__notes__)
        assert gpu.xp.cuda.get_current_stream() == gpu.xp.cuda.Stream.null
        arrays["c"]._data = good
        expected = np.full((4, 4), 64)
        np.testing.assert_array_equal(expected, executor.forward()[0].asnumpy())
    assert "with branches as [main, side1]:" in executor.source


def test_too_little_memory_names_the_node_and_the_bytes(simulation) -> None:
    gpu = mx.gpu(0)
    x = mx.sym.Variable("x")
    with mx.name.NameManager():
        symbol = mx.sym.dot(x, x)
    executor = symbol.bind(gpu, {"x": mx.nd.ones((64, 64), ctx=gpu)})
    held = executor.outputs[0].detach()
    gpu.xp.get_default_memory_pool().set_limit(1)
    with pytest.raises(MemoryError) as caught:
        executor.forward()
    notes = "\n".join(caught.value.__notes__)
    assert "while running node dot0 = dot(" in notes
    assert "16,384 bytes" in str(caught.value)
    assert "Hint: " in notes
    gpu.xp.get_default_memory_pool().set_limit(0)
    np.testing.assert_array_equal(np.zeros((64, 64)), held.asnumpy())


def late_failure(simulation, monkeypatch, naive: bool) -> tuple[BaseException, str]:
    """What is raised, and where, when the second launch of a run goes wrong on the device."""
    if naive:
        monkeypatch.setenv("MXNET_ENGINE_TYPE", "NaiveEngine")
    symbol, values = two_products()
    gpu = mx.gpu(0)
    executor = symbol.bind(gpu, arrays_on(gpu, values))
    simulation.launched.clear()
    executor.forward()
    name = simulation.launched[-1]
    mx.nd.waitall()
    simulation.failing[name] = "cudaErrorIllegalAddress"
    outputs = []
    try:
        with pytest.raises(Exception, match="cudaErrorIllegalAddress") as caught:  # noqa: PT012
            outputs += executor.forward()
            outputs[0].asnumpy()
    finally:
        simulation.failing.clear()
        simulation.failure = None
    return caught.value, "wait" if outputs else "forward"


def test_an_error_that_shows_late_says_what_was_in_flight(simulation, monkeypatch) -> None:
    error, stage = late_failure(simulation, monkeypatch, naive=False)
    notes = "\n".join(error.__notes__)
    assert "wait" == stage
    assert "in flight since the last wait" in notes
    assert "_plus0" in notes
    assert "MXNET_ENGINE_TYPE=NaiveEngine" in notes


def test_the_naive_engine_names_the_node(simulation, monkeypatch) -> None:
    error, stage = late_failure(simulation, monkeypatch, naive=True)
    assert "forward" == stage
    assert any("while running node" in note for note in error.__notes__)


def test_a_wait_ends_what_is_in_flight(gpu) -> None:
    symbol, values = two_products()
    executor = symbol.bind(gpu, arrays_on(gpu, values))
    for wait in (
        lambda: executor.outputs[0].asnumpy(),
        lambda: executor.outputs[0].wait_to_read(),
        mx.nd.waitall,
    ):
        executor.forward()
        assert in_flight.launched
        wait()
        assert not in_flight.launched


# Traces


def test_a_trace_has_the_times_and_streams_of_all_steps(gpu) -> None:
    symbol, values = two_products()
    executor = symbol.bind(gpu, arrays_on(gpu, values))
    trace = executor.trace()
    assert ["_mul0", "_mul1", "_plus0"] == [r.node for r in trace if r.op != "exp"][:3] or len(
        trace
    )
    assert ("main",) == trace.streams
    assert "cuda" == trace.runner
    for record in trace:
        assert 0 <= record.start <= record.end <= trace.seconds
        assert "main" == record.lane
    agree(answers(values), trace.outputs)
    agree(answers(values), executor.outputs)
    assert "main" in str(trace)


def test_records_on_the_cpu_have_no_stream() -> None:
    symbol, values = two_products()
    trace = symbol.bind(mx.cpu(), arrays_on(mx.cpu(), values)).trace()
    assert () == trace.streams
    assert {""} == {record.stream for record in trace}
    assert {"thread 0"} == {record.lane for record in trace}


def test_the_profiler_hears_of_runs_on_a_gpu(gpu, tmp_path) -> None:
    symbol, values = two_products()
    executor = symbol.bind(gpu, arrays_on(gpu, values))
    mx.profiler.set_state("run")
    try:
        executor.forward()
    finally:
        mx.profiler.set_state("stop")
    written = tmp_path / "profile.json"
    mx.profiler.set_config(filename=str(written))
    text = mx.profiler.dumps(format="json")
    assert "fused" in text
    mx.profiler.dump()
    mx.profiler.set_config(filename="profile.json")
    assert "GPU stream main" in written.read_text()


def test_a_monitor_sees_every_value(gpu) -> None:
    symbol, values = two_products()
    executor = symbol.bind(gpu, arrays_on(gpu, values))
    seen = {}
    executor.set_monitor_callback(lambda name, array: seen.update({name: array.asnumpy()}))
    executor.forward()
    np.testing.assert_allclose(values["A"] * values["B"], seen["_mul0_output"], rtol=1e-6)


# Several devices


def parts(first: mx.Context, second: mx.Context, home: mx.Context) -> Executor:
    with mx.name.NameManager():
        with mx.AttrScope(ctx_group="one"):
            a = mx.sym.Variable("a")
            x = mx.sym.exp(a) * 2
        with mx.AttrScope(ctx_group="two"):
            y = mx.sym.FullyConnected(x, num_hidden=3, name="fc")
        with mx.AttrScope(ctx_group="one"):
            symbol = mx.sym.Group([y + 1, x])
    return symbol.simple_bind(home, a=(4, 3), group2ctx={"one": first, "two": second})


@pytest.mark.parametrize(
    ("first", "second", "home"),
    [
        (mx.cpu(), mx.gpu(0), mx.cpu()),
        (mx.gpu(0), mx.cpu(), mx.gpu(0)),
        (mx.gpu(0), mx.gpu(1), mx.gpu(0)),
        (mx.gpu(1), mx.gpu(0), mx.gpu(1)),
        (mx.gpu(1), mx.gpu(1), mx.gpu(1)),
    ],
    ids=str,
)
def test_groups_on_several_devices(simulation, first, second, home) -> None:
    draw = np.random.default_rng(2)
    results = []
    for contexts in ((mx.cpu(),) * 3, (first, second, home)):
        draw = np.random.default_rng(2)
        executor = parts(*contexts)
        for array in executor.arg_dict.values():
            array[:] = draw.normal(size=array.shape)
        heads = [mx.nd.ones(output.shape, ctx=output.context) for output in executor.outputs]
        for _ in range(6):
            outputs = executor.forward(is_train=True)
            executor.backward(heads)
        assert [contexts[0]] * 2 == [output.context for output in outputs]
        found = [output.asnumpy() for output in outputs]
        found += [grad.asnumpy() for grad in executor.grad_dict.values()]
        found += [output.asnumpy() for output in executor.trace().outputs]
        results.append(found)
    for value, other in zip(*results, strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-5, atol=1e-5)


def test_a_device_that_is_not_the_current_one(simulation) -> None:
    symbol, values = two_products()
    gpu = mx.gpu(1)
    executor = symbol.simple_bind(gpu, **dict.fromkeys(NAMES, (8, 8)))
    for name, value in values.items():
        executor.arg_dict[name][:] = value
    heads = [mx.nd.ones((8, 8), ctx=gpu)] * 2
    for _ in range(12):
        agree(answers(values), executor.forward(is_train=True))
        executor.backward(heads)
    assert 0 == gpu.xp.cuda.get_device_id()
    assert {1} == {output._data.data.device_id for output in executor.outputs}
