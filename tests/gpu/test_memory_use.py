"""Memory of a GPU: given back when an executor dies, no more from run to run, and nobody's is overwritten."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from simulated.world import Current

import symbook as mx


def used(ctx: mx.Context) -> int:
    """Bytes that somebody holds, of CuPy's pool."""
    gc.collect()
    ctx.xp.cuda.runtime.deviceSynchronize()
    return int(ctx.xp.get_default_memory_pool().used_bytes())


def dense(batch: int = 16, width: int = 32) -> tuple[mx.sym.Symbol, dict[str, tuple[int, ...]]]:
    """Three layers and a loss, and the shape of their data."""
    net = mx.sym.Variable("data")
    for k in range(3):
        net = mx.sym.FullyConnected(net, num_hidden=width, name=f"fc{k}")
        net = mx.sym.Activation(net, act_type="tanh", name=f"act{k}")
    return mx.sym.SoftmaxOutput(net, name="softmax"), {"data": (batch, width)}


def branches() -> tuple[mx.sym.Symbol, dict[str, tuple[int, ...]]]:
    """Products that may run at once, and their sum."""
    sums = [
        mx.sym.sum(mx.sym.tanh(mx.sym.dot(mx.sym.Variable(f"a{k}"), mx.sym.Variable(f"b{k}"))))
        for k in range(4)
    ]
    return mx.sym.add_n(*sums), {f"{side}{k}": (24, 24) for k in range(4) for side in "ab"}


def element_wise() -> tuple[mx.sym.Symbol, dict[str, tuple[int, ...]]]:
    """What is one kernel."""
    x, y = mx.sym.Variable("x"), mx.sym.Variable("y")
    return mx.sym.tanh(x * y + 1) * x, {"x": (7, 33), "y": (7, 33)}


def captured() -> tuple[mx.sym.Symbol, dict[str, tuple[int, ...]]]:
    """Several kernels of ours and nothing else, which are launched as a CUDA graph."""
    x, y = mx.sym.Variable("x"), mx.sym.Variable("y")
    distance = mx.sym.sqrt(mx.sym.sum(mx.sym.square(x - y), axis=1))
    group = mx.sym.Group([mx.sym.tanh(x * y + 1) * x, distance * 2])
    return group, {"x": (7, 33), "y": (7, 33)}


def normalised() -> tuple[mx.sym.Symbol, dict[str, tuple[int, ...]]]:
    """Convolution, batch normalisation, pooling: layers with work space and states."""
    net = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=4, name="c")
    net = mx.sym.BatchNorm(net, fix_gamma=False, name="bn")
    net = mx.sym.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="max")
    return mx.sym.Flatten(net), {"data": (2, 3, 6, 6)}


graphs = pytest.mark.parametrize("graph", [dense, branches, element_wise, captured, normalised])


def bound(graph, ctx, grad_req="write"):
    symbol, shapes = graph()
    executor = symbol.simple_bind(ctx, grad_req=grad_req, **shapes)
    rng = np.random.default_rng(0)
    for array in executor.arg_arrays:
        array[:] = mx.nd.array(rng.uniform(-0.5, 0.5, array.shape), ctx=ctx, dtype=array.dtype)
    return executor


def run(executor, ctx):
    outputs = executor.forward(is_train=True)
    executor.backward([mx.nd.ones(out.shape, ctx=ctx) for out in outputs])
    return outputs


@graphs
def test_what_an_executor_took_is_given_back_with_it(gpu, graph):
    run(bound(graph, gpu), gpu)  # what is compiled and kept for all executors
    before = used(gpu)
    executor = bound(graph, gpu)
    for _ in range(12):
        run(executor, gpu)
        executor.forward()
    assert used(gpu) > before
    del executor
    assert before == used(gpu)


@graphs
def test_no_run_takes_more_than_the_one_before(gpu, graph):
    executor = bound(graph, gpu)
    runs = 100 if Current.world is None else 20  # a simulated device has no memory of its own
    for _ in range(runs):
        run(executor, gpu)
    pool = gpu.xp.get_default_memory_pool()
    after, taken = used(gpu), pool.total_bytes()
    for _ in range(runs):
        run(executor, gpu)
    assert after == used(gpu)
    # Free blocks may be split otherwise from run to run, which CuPy bounds.
    assert pool.total_bytes() <= 1.5 * taken


@graphs
def test_what_is_held_is_never_overwritten(gpu, graph):
    """Some outputs are held and none is waited for, so that runs follow each other on the device."""
    executor = bound(graph, gpu, "null")
    host = bound(graph, mx.cpu(), "null")
    name = next(iter(executor.arg_dict))
    held, expected = [], []
    for i in range(40):
        for one, ctx in ((executor, gpu), (host, mx.cpu())):
            value = np.full(one.arg_dict[name].shape, 0.05 * i, "float32")
            one.arg_dict[name][:] = mx.nd.array(value, ctx=ctx)
        outputs, right = executor.forward(), host.forward()
        if i % 3 == 0 or i > 35:
            held.append(outputs)
            expected.append([out.asnumpy() for out in right])
    for own, right in zip(held, expected, strict=True):
        for out, value in zip(own, right, strict=True):
            np.testing.assert_allclose(out.asnumpy(), value, rtol=1e-4, atol=1e-5)
    assert not np.array_equal(held[0][0].asnumpy(), held[-1][0].asnumpy())


def test_memory_that_nobody_holds_any_more_is_used_again(gpu):
    executor = bound(element_wise, gpu, "null")
    for _ in range(20):
        executor.forward()
    before = used(gpu)
    held = [executor.forward() for _ in range(5)]
    size = held[0][0].size * 4
    # Each has memory of its own, in the pool's units; the first may be what was there.
    assert used(gpu) - before >= 4 * size
    del held
    assert before == used(gpu)


def test_executors_that_share_arrays(gpu):
    """One argument, and one gradient, of two executors: each sees what the other's user wrote."""
    x = mx.nd.array([1, 2, 3], ctx=gpu)
    grad = mx.nd.zeros((3,), ctx=gpu)
    variable = mx.sym.Variable("x")
    square = mx.sym.square(variable).bind(gpu, {"x": x}, {"x": grad}, "add")
    cube = (variable * variable * variable).bind(gpu, {"x": x}, {"x": grad}, "add")
    total = np.zeros(3)
    for i in range(10):
        value = np.array([i, i + 1, i - 2], "float32")
        x[:] = mx.nd.array(value, ctx=gpu)
        (two,), (three,) = square.forward(is_train=True), cube.forward(is_train=True)
        square.backward(mx.nd.ones((3,), ctx=gpu))
        cube.backward(mx.nd.ones((3,), ctx=gpu))
        total += 2 * value + 3 * value**2
        np.testing.assert_array_equal(value**2, two.asnumpy())
        np.testing.assert_array_equal(value**3, three.asnumpy())
        np.testing.assert_array_equal(total, grad.asnumpy())


def test_an_output_that_is_an_argument_of_another_executor(gpu):
    """Chained by an array: the second's argument is the first's output of that run."""
    x = mx.nd.array([1, 2], ctx=gpu)
    first = (mx.sym.Variable("x") * 2).bind(gpu, {"x": x})
    held = []
    for i in range(12):
        x[:] = i
        (out,) = first.forward()
        (value,) = (mx.sym.Variable("y") + 1).bind(gpu, {"y": out}).forward()
        held.append(value)
    assert [[2 * i + 1] * 2 for i in range(12)] == [value.asnumpy().tolist() for value in held]


@pytest.mark.parametrize("graph", [element_wise, captured])
def test_new_values_of_a_bound_array_are_noticed(gpu, graph):
    """By `copyto`, by `[:]` and by `copy_params_from`, after many runs."""
    executor = bound(graph, gpu, "null")
    for _ in range(20):
        executor.forward()
    x = mx.nd.array(np.full((7, 33), 0.5), ctx=gpu)
    x.copyto(executor.arg_dict["x"])
    executor.arg_dict["y"][:] = 2
    expected = np.tanh(np.float32(0.5 * 2 + 1)) * np.float32(0.5)
    np.testing.assert_allclose(executor.forward()[0].asnumpy(), expected, rtol=1e-5)
    executor.copy_params_from({"x": mx.nd.zeros((7, 33), ctx=gpu)})
    np.testing.assert_array_equal(executor.forward()[0].asnumpy(), np.zeros((7, 33), "float32"))


def test_a_failed_run_holds_nothing(gpu):
    @mx.operator.register("fails_on_demand")
    class Prop(mx.operator.CustomOpProp):
        def create_operator(self, ctx, in_shapes, in_dtypes):
            return Fails()

    class Fails(mx.operator.CustomOp):
        broken = True

        def forward(self, is_train, req, in_data, out_data, aux):
            if Fails.broken:
                raise RuntimeError("no more")
            self.assign(out_data[0], req[0], in_data[0])

    x = mx.sym.Variable("x")
    symbol = mx.sym.Custom(x * 2 + 1, op_type="fails_on_demand", name="failing") * 3
    executor = symbol.bind(gpu, {"x": mx.nd.ones((100,), ctx=gpu)})
    before = None
    for _ in range(4):
        with pytest.raises(RuntimeError, match="no more") as caught:
            executor.forward()
        assert any("failing" in note for note in caught.value.__notes__)
        del caught
        after = used(gpu)
        assert before is None or before == after
        before = after
    Fails.broken = False
    np.testing.assert_array_equal(np.full(100, 9, "float32"), executor.forward()[0].asnumpy())
