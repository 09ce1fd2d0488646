"""Contexts of a GPU that can be used: counting, memory, the doctor, whose device and stream are current."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import simulated

import symbook as mx
from symbook import context
from symbook.cli import doctor
from symbook.errors import BindError, DeviceError


def test_counting(gpu: mx.Context) -> None:
    import cupy

    assert mx.num_gpus() == mx.context.num_gpus() == cupy.cuda.runtime.getDeviceCount() >= 1
    assert gpu.xp is cupy
    with pytest.raises(DeviceError, match=r"gpu\(99\) cannot be used: there (is|are) only"):
        mx.gpu(99).xp  # noqa: B018


def test_one_gpu_is_always_the_current_one() -> None:
    with simulated.installed(devices=1):
        context._usable.clear()
        x = mx.nd.array([1, 2], ctx=mx.gpu(0))
        assert not context.several_gpus()
        assert ((x + 1) * x).asnumpy().tolist() == [2, 6]
        assert x[[1, 0]].as_in_context(mx.cpu()).asnumpy().tolist() == [2, 1]
        with pytest.raises(DeviceError, match=r"gpu\(1\) cannot be used: there is only 1 GPU here"):
            mx.nd.ones((2,), ctx=mx.gpu(1))
        graph().simple_bind(mx.gpu(0), a=(2,), b=(2,)).forward()[0].wait_to_read()
        del x
    context._usable.clear()


def test_groups_on_a_gpu_that_is_not_there(gpu: mx.Context) -> None:
    with mx.AttrScope(ctx_group="far"):
        symbol = mx.sym.Variable("a") + 1
    with pytest.raises(DeviceError, match=r"gpu\(99\) cannot be used"):
        symbol.bind(gpu, {"a": mx.nd.ones((2,))}, group2ctx={"far": mx.gpu(99)})


def test_a_device_is_looked_for_once(gpu: mx.Context, monkeypatch: pytest.MonkeyPatch) -> None:
    found = gpu.xp
    monkeypatch.setattr(context, "_first_use", None)
    assert mx.gpu(0).xp is found
    assert (mx.nd.ones((2,), ctx=mx.gpu(0)) + 1).asnumpy().tolist() == [2, 2]


def test_memory(gpu: mx.Context) -> None:
    import cupy

    free, total = mx.gpu_memory_info()
    assert 0 < free <= total
    assert mx.context.gpu_memory_info(0)[1] == gpu.memory == total
    pool = cupy.get_default_memory_pool()
    x = mx.nd.zeros((2**22,), ctx=gpu)
    x.wait_to_read()
    held = pool.total_bytes()
    del x
    assert pool.total_bytes() == held >= 2**24  # kept for the next array
    gpu.empty_cache()
    assert pool.total_bytes() <= held - 2**24


def test_the_doctor(gpu: mx.Context) -> None:
    finding = doctor.gpus()
    assert (finding.remedy, finding.broken) == ("", False)
    assert " GiB free, CuPy 1" in finding.found
    assert mx.num_gpus() == 1 or finding.found.startswith(f"{mx.num_gpus()} × ")


def test_the_default_context(gpu: mx.Context) -> None:
    with gpu:
        assert mx.current_context() == gpu
        assert mx.nd.zeros((2,)).context == gpu
        with mx.cpu():
            assert mx.nd.zeros((2,)).context == mx.cpu()
        found = []
        thread = threading.Thread(target=lambda: found.append(mx.current_context()))
        thread.start()
        thread.join()
        assert found == [mx.cpu()]
    assert mx.current_context() == mx.cpu()


def test_a_gpu_as_everybodys_default(gpu: mx.Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mx.Context, "default_ctx", gpu)
    assert mx.nd.array([1, 2]).context == gpu
    assert mx.nd.from_numpy(np.ones(2, "f4")).context == mx.cpu()
    x = mx.nd.zeros((2,), ctx=mx.cpu())
    x[:] = [3, 4]
    assert x.as_in_context(gpu).asnumpy().tolist() == [3, 4]
    y = mx.nd.zeros((2,))
    y[:] = np.array([5, 6])
    assert (y.context, y.asnumpy().tolist()) == (gpu, [5, 6])
    assert graph().simple_bind(None, a=(2,), b=(2,)).forward()[0].context == gpu


def test_the_users_stream_is_worked_on_and_left(gpu: mx.Context) -> None:
    import cupy

    stream = cupy.cuda.Stream(non_blocking=True)
    with stream:
        x = mx.nd.array(np.arange(1000), ctx=gpu)
        y = (x * 2 + 1).asnumpy()
        assert cupy.cuda.get_current_stream() == stream
    np.testing.assert_array_equal(y, np.arange(1000) * 2 + 1)
    assert cupy.cuda.get_current_stream() == cupy.cuda.Stream.null


def test_threads(gpu: mx.Context) -> None:
    results: list[float] = []

    def work(k: int) -> None:
        x = mx.nd.full((100,), k, ctx=gpu)
        for _ in range(20):
            x += 1
        results.append(float(mx.nd.sum(x).asscalar()))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [100.0 * (k + 20) for k in range(4)]


# Binding


def graph() -> mx.sym.Symbol:
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    return a * b + a


def test_arrays_of_another_context_are_refused(gpu: mx.Context) -> None:
    here, there = mx.nd.ones((2,), ctx=gpu), mx.nd.ones((2,))
    with pytest.raises(DeviceError) as caught:
        graph().bind(gpu, {"a": here, "b": there})
    assert caught.value.message == "b is on cpu(0), and the graph is bound to gpu(0)"
    assert caught.value.hint == "Move it: b.as_in_context(mx.gpu(0))."
    with pytest.raises(DeviceError) as caught:
        graph().bind(mx.cpu(), {"a": here, "b": there})
    assert caught.value.message == "a is on gpu(0), and the graph is bound to cpu(0)"
    assert caught.value.hint == "Move it: a.as_in_context(mx.cpu(0))."
    with pytest.raises(DeviceError, match=r"a is on cpu\(0\), and the graph is bound to gpu\(0\)"):
        graph().bind(gpu, {"a": here, "b": here}, args_grad={"a": there})


def test_simple_bind(gpu: mx.Context) -> None:
    executor = graph().simple_bind(gpu, a=(2, 3), b=(2, 3))
    for arrays in (executor.arg_dict, executor.grad_dict):
        assert {array.context for array in arrays.values()} == {gpu}
    a, b = np.arange(6, dtype="f4").reshape(2, 3), np.ones((2, 3), "f4") * 4
    [result] = executor.forward(is_train=True, a=a, b=mx.nd.array(b))
    assert result.context == gpu
    np.testing.assert_array_equal(result.asnumpy(), a * b + a)
    executor.backward(mx.nd.ones((2, 3), ctx=gpu))
    np.testing.assert_array_equal(executor.grad_dict["a"].asnumpy(), b + 1)


def test_arrays_of_cupy_are_copied_into_bound_ones(gpu: mx.Context) -> None:
    import cupy

    executor = graph().simple_bind(gpu, a=(2, 3), b=(2, 3), grad_req="null")
    a, b = cupy.arange(6, dtype="f4").reshape(2, 3), cupy.full((3, 2), 4, "f8").T
    [result] = executor.forward(a=a, b=b)
    np.testing.assert_array_equal(result.asnumpy(), np.arange(6).reshape(2, 3) * 5)
    executor.copy_params_from({"a": a + 1, "b": b})
    np.testing.assert_array_equal(executor.arg_dict["a"].asnumpy(), a.get() + 1)
    on_cpu = graph().simple_bind(mx.cpu(), a=(2, 3), b=(2, 3), grad_req="null")
    [result] = on_cpu.forward(a=a, b=b)
    np.testing.assert_array_equal(result.asnumpy(), np.arange(6).reshape(2, 3) * 5)
    with pytest.raises(BindError, match="only accept keyword argument of NDArrays"):
        executor.forward(a=[1, 2])
    with pytest.raises(TypeError, match="only NDArrays can be bound"):
        graph().bind(gpu, {"a": a, "b": b})


def test_another_gpu_than_the_current_one(gpu: mx.Context) -> None:
    if mx.num_gpus() < 2:
        pytest.skip("there is one GPU")
    import cupy

    other = mx.gpu(1)
    executor = graph().simple_bind(other, a=(2, 3), b=(2, 3), grad_req={"a": "add", "b": "write"})
    executor.arg_dict["a"][:] = 2
    executor.arg_dict["b"][:] = mx.nd.ones((2, 3), ctx=gpu) * 3
    for _ in range(3):
        [result] = executor.forward(is_train=True)
        executor.backward(mx.nd.ones((2, 3), ctx=other))
        assert cupy.cuda.runtime.getDevice() == 0
    np.testing.assert_array_equal(result.asnumpy(), np.full((2, 3), 8))
    np.testing.assert_array_equal(executor.grad_dict["a"].asnumpy(), np.full((2, 3), 12))
    np.testing.assert_array_equal(executor.grad_dict["b"].asnumpy(), np.full((2, 3), 2))
    with pytest.raises(DeviceError, match=r"a is on gpu\(0\), and the graph is bound to gpu\(1\)"):
        graph().bind(other, [mx.nd.ones((2, 3), ctx=gpu)] * 2)
