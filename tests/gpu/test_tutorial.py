"""The tutorial with `mx.gpu(0)` in place of `mx.cpu()`: each input gives what the tutorial prints."""

from __future__ import annotations

import re

import numpy as np
import pytest

import symbook as mx


@pytest.fixture(autouse=True)
def _fresh_session():
    """Counters of automatic names at 0, as in a new Python."""
    with mx.name.NameManager():
        yield


def tutorial_graph():
    a, b, c, d = map(mx.symbol.Variable, "ABCD")
    return (a * b) + (c * d)


def one_integer_each(ctx):
    return {
        name: mx.nd.array([value], dtype=np.int32, ctx=ctx)
        for name, value in zip("ABCD", (1, 2, 3, 4), strict=True)
    }


def test_bind_and_forward_read_14(gpu):
    e = tutorial_graph()
    assert "<Symbol _plus0>" == repr(e)
    executor = e.bind(gpu, one_integer_each(gpu))
    assert re.fullmatch(r"<symbook\.executor\.Executor object at 0x[0-9a-f]+>", repr(executor))
    e_data = executor.forward()
    assert "[<NDArray 1 @gpu(0)>]" == repr(e_data)
    assert "<NDArray 1 @gpu(0)>" == repr(e_data[0])
    assert "array([14], dtype=int32)" == repr(e_data[0].asnumpy())


def test_the_same_graph_on_matrices(gpu):
    data = {name: mx.nd.uniform(low=0, high=1, shape=(1000, 1000), ctx=gpu) for name in "ABCD"}
    e_data = tutorial_graph().bind(gpu, data).forward()
    assert "[<NDArray 1000x1000 @gpu(0)>]" == repr(e_data)
    value = e_data[0].asnumpy()
    a, b, c, d = (data[name].asnumpy() for name in "ABCD")
    assert (np.float32, (1000, 1000)) == (value.dtype, value.shape)
    np.testing.assert_array_equal(a * b + c * d, value)
    assert a.min() >= 0
    assert a.max() < 1
    assert 0.49 < a.mean() < 0.51


def test_a_fresh_session_s_numbers_repeat(gpu):
    found = []
    for _ in range(2):
        mx.random.seed(0)
        data = {name: mx.nd.uniform(low=0, high=1, shape=(30, 40), ctx=gpu) for name in "ABCD"}
        found.append(tutorial_graph().bind(gpu, data).forward()[0].asnumpy())
    np.testing.assert_array_equal(found[0], found[1])


def test_gpu_is_the_default_inside_with(gpu):
    with gpu:
        data = {name: mx.nd.ones((2, 3)) for name in "ABCD"}
        (value,) = tutorial_graph().bind(mx.current_context(), data).forward()
    assert gpu == value.context
    np.testing.assert_array_equal(np.full((2, 3), 2, "float32"), value.asnumpy())


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(1,), (5,), (3, 4), (2, 3, 4)])
def test_the_same_graph_serves_integers_vectors_and_matrices(gpu, dtype, shape):
    generator = np.random.default_rng(1)
    raw = {name: generator.integers(0, 9, shape).astype(dtype) for name in "ABCD"}
    data = {name: mx.nd.array(value, dtype=dtype, ctx=gpu) for name, value in raw.items()}
    (value,) = tutorial_graph().bind(gpu, data).forward()
    assert np.dtype(dtype) == value.dtype
    np.testing.assert_array_equal(raw["A"] * raw["B"] + raw["C"] * raw["D"], value.asnumpy())


def test_several_outputs_and_data_prepared_elsewhere(gpu):
    """The tutorial's last words: a graph may have several outputs; data come from anywhere."""
    e = tutorial_graph()
    group = mx.sym.Group([e, e - 14])
    arrays = {name: value.copyto(gpu) for name, value in one_integer_each(mx.cpu()).items()}
    found = group.bind(gpu, arrays).forward()
    assert [[14], [0]] == [value.asnumpy().tolist() for value in found]
    assert mx.cpu() == found[0].as_in_context(mx.cpu()).context
