"""Graphs on a device that is not the current one, and on several."""

from __future__ import annotations

import numpy as np
import pytest
from runner_cases import NAMES, agree, answers, two_products

import symbook as mx
from symbook.executor import Executor


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
