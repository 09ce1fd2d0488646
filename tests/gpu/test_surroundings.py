"""What surrounds arrays and executors, on a GPU: groups of contexts, initialisers, own operators, files."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import symbook as mx

CONTEXTS = [mx.cpu(), mx.gpu(0), mx.gpu(1)]


@pytest.mark.parametrize(("one", "two"), [*itertools.permutations(CONTEXTS, 2)], ids=str)
@pytest.mark.parametrize("base", CONTEXTS, ids=str)
def test_groups(gpu: mx.Context, one: mx.Context, two: mx.Context, base: mx.Context) -> None:
    if mx.num_gpus() < 2 and mx.gpu(1) in (one, two, base):
        pytest.skip("there is one GPU")
    with mx.AttrScope(ctx_group="one"):
        a = mx.sym.Variable("a") * 2
    with mx.AttrScope(ctx_group="two"):
        b = mx.sym.sin(a) * mx.sym.Variable("b")
    graph = b + a * mx.sym.Variable("c")
    executor = graph.simple_bind(
        base, group2ctx={"one": one, "two": two}, a=(3,), b=(3,), c=(3,),
        grad_req={"a": "write", "b": "add", "c": "write"},
    )  # fmt: skip
    for name, value in {"a": 1, "b": 3, "c": 2}.items():
        executor.arg_dict[name][:] = value
    for _ in range(2):
        [result] = executor.forward(is_train=True)
        executor.backward(mx.nd.ones((3,), ctx=base))
    assert [executor.arg_dict[name].context for name in "abc"] == [one, two, base]
    expected = {"a": np.cos(2) * 6 + 4, "b": 2 * np.sin(2), "c": 2}
    np.testing.assert_allclose(result.asnumpy(), np.full(3, np.sin(2) * 3 + 4), rtol=1e-6)
    for name, value in expected.items():
        assert executor.grad_dict[name].context == executor.arg_dict[name].context
        np.testing.assert_allclose(executor.grad_dict[name].asnumpy(), value, rtol=1e-5)


@pytest.mark.parametrize(
    "initializer",
    [
        mx.init.Zero(), mx.init.One(), mx.init.Constant(3), mx.init.Uniform(), mx.init.Normal(),
        mx.init.Xavier(), mx.init.MSRAPrelu(), mx.init.Orthogonal(), mx.init.Bilinear(),
    ],
    ids=lambda initializer: type(initializer).__name__,
)  # fmt: skip
def test_initialisers(gpu: mx.Context, initializer: Any) -> None:
    mx.random.seed(1)
    here, there = mx.nd.empty((8, 4, 3, 3)), mx.nd.empty((8, 4, 3, 3), ctx=gpu)
    for array in (here, there):
        initializer(mx.init.InitDesc("w_weight"), array)
    assert there.context == gpu
    # Random ones differ in their numbers, not in what they are like.
    for statistic in (np.std, np.mean):
        np.testing.assert_allclose(statistic(there.asnumpy()), statistic(here.asnumpy()), atol=0.03)


def test_operators_of_ones_own(gpu: mx.Context) -> None:
    class Square(mx.operator.CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            assert in_data[0].context == gpu
            self.assign(out_data[0], req[0], in_data[0] * in_data[0])

        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            self.assign(in_grad[0], req[0], 2 * in_data[0] * out_grad[0])

    @mx.operator.register("square_on_gpu")
    class SquareProp(mx.operator.CustomOpProp):
        def create_operator(self, ctx, shapes, dtypes):
            return Square()

    @mx.operator.define(gradient=lambda F, g, y, x: 2 * x * g)
    def square_defined(xp, x):
        """Its square."""
        return x * x

    x = mx.sym.Variable("x")
    for symbol in (mx.sym.Custom(x, op_type="square_on_gpu"), square_defined(x)):
        executor = symbol.simple_bind(gpu, x=(3,))
        [result] = executor.forward(is_train=True, x=np.array([1, 2, 3], "f4"))
        executor.backward(mx.nd.ones((3,), ctx=gpu))
        assert result.context == gpu
        assert result.asnumpy().tolist() == [1, 4, 9]
        assert executor.grad_dict["x"].asnumpy().tolist() == [2, 4, 6]


def test_checkpoints(gpu: mx.Context, tmp_path: Any) -> None:
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    executor = net.simple_bind(gpu, data=(3, 4))
    executor.arg_dict["fc_weight"][:] = 2
    arrays = {name: executor.arg_dict[name] for name in ("fc_weight", "fc_bias")}
    mx.model.save_checkpoint(str(tmp_path / "net"), 1, net, arrays, {})
    again, arguments, _ = mx.model.load_checkpoint(str(tmp_path / "net"), 1)
    assert {array.context for array in arguments.values()} == {mx.cpu()}
    other = again.simple_bind(gpu, data=(3, 4), grad_req="null")
    other.copy_params_from(arguments)
    assert other.arg_dict["fc_weight"].context == gpu
    assert other.forward(data=np.ones((3, 4), "f4"))[0].asnumpy().tolist() == [[8, 8]] * 3


def test_a_monitor_sees_every_value(gpu: mx.Context) -> None:
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    executor = net.simple_bind(gpu, data=(3, 4))
    executor.arg_dict["fc_weight"][:] = 2
    executor.arg_dict["data"][:] = 1
    monitor = mx.mon.Monitor(1, stat_func=lambda x: mx.nd.max(x))
    monitor.install(executor)
    monitor.tic()
    executor.forward()
    seen = {name: float(value) for _, name, value in monitor.toc()}
    assert seen["fc_output"] == 8
    assert seen["fc_weight"] == 2


def test_random_symbols(gpu: mx.Context) -> None:
    graph = mx.sym.random.normal(shape=(4,)) + mx.sym.Variable("a")
    executor = graph.simple_bind(gpu, a=(4,), grad_req="null")

    def runs() -> list[tuple[float, ...]]:
        mx.random.seed(1, ctx=gpu)
        return [tuple(executor.forward()[0].asnumpy()) for _ in range(30)]

    executor.arg_dict["a"][:] = 0
    first = runs()
    assert len(set(first)) == 30  # also when runs are written out, or replayed
    assert runs() == first
