"""The tutorial, line by line: each input gives the output that the tutorial prints."""

from __future__ import annotations

import re

import numpy as np
import pytest

import symbook as mx


@pytest.fixture(autouse=True)
def fresh_session():
    """Counters of automatic names at 0, as in a new Python."""
    with mx.name.NameManager():
        yield


def tutorial_graph():
    a = mx.symbol.Variable("A")
    b = mx.symbol.Variable("B")
    c = mx.symbol.Variable("C")
    d = mx.symbol.Variable("D")
    return a, b, c, d, (a * b) + (c * d)


def one_integer_each():
    return {
        name: mx.nd.array([value], dtype=np.int32)
        for name, value in zip("ABCD", (1, 2, 3, 4), strict=True)
    }


def test_symbols_and_their_reprs():
    a, b, c, d, e = tutorial_graph()
    assert "(<Symbol A>, <Symbol B>, <Symbol C>, <Symbol D>)" == repr((a, b, c, d))
    assert "<Symbol _plus0>" == repr(e)
    assert "<class 'symbook.symbol.Symbol'>" == repr(type(e))


def test_listings():
    *_, e = tutorial_graph()
    assert ["A", "B", "C", "D"] == e.list_arguments()
    assert ["_plus0_output"] == e.list_outputs()
    internals = ["A", "B", "_mul0_output", "C", "D", "_mul1_output", "_plus0_output"]
    assert internals == e.get_internals().list_outputs()


def test_the_tutorials_own_plus1_after_one_earlier_sum():
    mx.symbol.Variable("x") + mx.symbol.Variable("y")
    *_, e = tutorial_graph()
    assert "<Symbol _plus1>" == repr(e)
    assert ["_plus1_output"] == e.list_outputs()
    internals = ["A", "B", "_mul0_output", "C", "D", "_mul1_output", "_plus1_output"]
    assert internals == e.get_internals().list_outputs()


def test_bind_and_forward_read_14():
    *_, e = tutorial_graph()
    executor = e.bind(mx.cpu(), one_integer_each())
    assert re.fullmatch(r"<symbook\.executor\.Executor object at 0x[0-9a-f]+>", repr(executor))
    e_data = executor.forward()
    assert "[<NDArray 1 @cpu(0)>]" == repr(e_data)
    assert "<NDArray 1 @cpu(0)>" == repr(e_data[0])
    assert "array([14], dtype=int32)" == repr(e_data[0].asnumpy())


def test_the_same_graph_on_matrices():
    *_, e = tutorial_graph()
    data = {name: mx.nd.uniform(low=0, high=1, shape=(1000, 1000)) for name in "ABCD"}
    e_data = e.bind(mx.cpu(), data).forward()
    assert "[<NDArray 1000x1000 @cpu(0)>]" == repr(e_data)
    assert "<NDArray 1000x1000 @cpu(0)>" == repr(e_data[0])
    value = e_data[0].asnumpy()
    a, b, c, d = (data[name].asnumpy() for name in "ABCD")
    assert (np.float32, (1000, 1000)) == (value.dtype, value.shape)
    np.testing.assert_array_equal(a * b + c * d, value)
    assert a.min() >= 0
    assert a.max() < 1
    assert 0.49 < a.mean() < 0.51


def test_a_fresh_session_draws_mxnets_numbers():
    """In a fresh MXNet 1.9.1 the tutorial's `e_data[0, 0]` is 0.1977522."""
    mx.random.seed(0)
    *_, e = tutorial_graph()
    data = {name: mx.nd.uniform(low=0, high=1, shape=(1000, 1000)) for name in "ABCD"}
    e_data = e.bind(mx.cpu(), data).forward()
    assert np.float32(0.1977522) == e_data[0].asnumpy()[0, 0]


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(1,), (5,), (3, 4), (2, 3, 4)])
def test_the_same_graph_serves_integers_vectors_and_matrices(dtype, shape):
    *_, e = tutorial_graph()
    generator = np.random.default_rng(1)
    raw = {name: generator.integers(0, 9, shape).astype(dtype) for name in "ABCD"}
    data = {name: mx.nd.array(value, dtype=dtype) for name, value in raw.items()}
    (value,) = e.bind(mx.cpu(), data).forward()
    assert np.dtype(dtype) == value.dtype
    np.testing.assert_array_equal(raw["A"] * raw["B"] + raw["C"] * raw["D"], value.asnumpy())
