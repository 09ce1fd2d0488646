"""What random graphs found (`python -m tests.fuzz`), each by the smallest graph that showed it."""

from __future__ import annotations

import numpy as np
import pytest

import symbook as mx

X = mx.sym.Variable("x")
MANY = (1,) * 40 + (2,) + (1,) * 22 + (3,)


def bound(symbol, value, optimize=True, gradient=False):
    arrays = {"x": mx.nd.array(value, dtype=value.dtype)}
    grads = {"x": mx.nd.array(0 * value, dtype=value.dtype)} if gradient else None
    return symbol.bind(mx.cpu(), arrays, grads, optimize=optimize)


def gradient_of(symbol, value, heads):
    executor = bound(symbol, value, gradient=True)
    executor.forward(is_train=True)
    executor.backward(mx.nd.array(heads, dtype=heads.dtype))
    return executor.grad_dict["x"].asnumpy()


def numbers(shape, dtype="float64"):
    return (
        np.random.default_rng(3).permutation(np.arange(np.prod(shape))).reshape(shape).astype(dtype)
    )


def test_forward_takes_values_of_arrays_without_axes():
    executor = bound(X * 2, np.array(1.0))
    (result,) = executor.forward(x=np.array(21.0))
    assert (result.shape, result.asnumpy()) == ((), 42)


@pytest.mark.parametrize(
    ("name", "params", "value", "expected"),
    [
        ("round", {}, np.float32(2.5), 3),
        ("rint", {}, np.float32(2.5), 2),
        ("sigmoid", {}, np.float64(0), 0.5),
        ("hard_sigmoid", {}, np.float64(0), 0.5),
        ("mean", {"keepdims": True}, np.float64(7), 7),
        # Of integers: the fraction is dropped, and what is too large is wrapped around.
        ("sqrt", {}, np.int32(10), 3),
        ("degrees", {}, np.int8(-5), np.int64(-286).astype("int8")),
        ("sinh", {}, np.int8(26), np.int64(np.sinh(26.0)).astype("int8")),
    ],
)
def test_functions_of_arrays_without_axes(name, params, value, expected):
    made = getattr(mx.sym, name)(X, **params)
    value = np.asarray(value)
    executor = bound(made, value)
    for output in (*executor.forward(), *executor.trace().outputs):
        assert (output.shape, output.dtype, output.asnumpy()) == ((), value.dtype, expected)
    at_once = getattr(mx.nd, name)(mx.nd.array(value, dtype=value.dtype), **params)
    assert (at_once.shape, at_once.asnumpy()) == ((), expected)


def test_one_element_that_is_taken_is_an_array_of_the_callers():
    made = mx.sym.take(X, mx.sym.Variable("i"))
    arrays = {"x": mx.nd.array([1, 2, 3]), "i": mx.nd.array(np.array(1), dtype="int32")}
    executor = made.bind(mx.cpu(), arrays)
    (traced,) = executor.trace().outputs
    (result,) = executor.forward()
    result[...] = 5
    assert [result.asnumpy(), traced.asnumpy(), arrays["x"].asnumpy()[1]] == [5, 2, 2]


@pytest.mark.parametrize("axis", [0, -1])
def test_a_gradient_through_expand_dims_of_an_array_without_axes(axis):
    made = mx.sym.expand_dims(X, axis=axis)
    found = gradient_of(
        mx.sym.Group([made, mx.sym.reverse(made, axis=0)])[1] + X, np.array(1.0), np.ones(1)
    )
    assert (found.shape, found) == ((), 2)


def test_reshape_like_an_array_without_axes():
    made = mx.nd.reshape_like(mx.nd.array([[3.0]]), mx.nd.array(np.array(1.0)))
    assert (made.shape, made.asnumpy()) == ((), 3)


@pytest.mark.parametrize(("axis", "count"), [(1, 1), (-2, 1), (1, 3)])
def test_parts_may_be_stacked_along_an_axis_more_than_they_have(axis, count):
    """Where what was taken apart had no such axis, the optimiser raised."""
    value = numbers((3,))
    parts = mx.sym.split(X, num_outputs=3, axis=0)
    (found,) = bound(mx.sym.stack(*[parts[k] for k in range(count)], axis=axis), value).forward()
    expected = np.stack(np.split(value, 3)[:count], axis=axis)
    np.testing.assert_array_equal(found.asnumpy(), expected)


@pytest.mark.parametrize("ascending", [True, False])
def test_arrays_of_64_dimensions_are_sorted(ascending):
    value = numbers(MANY)
    rows = value.reshape(2, 3)
    order = np.argsort(rows if ascending else -rows, axis=-1)
    sort = mx.sym.sort(X, axis=-1, is_ascend=ascending)
    places = mx.sym.argsort(X, axis=-1, is_ascend=ascending, dtype="int64")
    found = [out.asnumpy() for out in bound(mx.sym.Group([sort, places]), value).forward()]
    assert [out.shape for out in found] == [MANY, MANY]
    np.testing.assert_array_equal(found[0].reshape(2, 3), np.take_along_axis(rows, order, -1))
    np.testing.assert_array_equal(found[1].reshape(2, 3), order)


def test_elements_of_64_dimensions_are_picked():
    value = numbers(MANY)
    index = mx.nd.array(np.array([2, 0]).reshape((*MANY[:-1], 1)), dtype="int32")
    found = mx.nd.pick(mx.nd.array(value, dtype="float64"), index, axis=-1, keepdims=True).asnumpy()
    assert found.shape == (*MANY[:-1], 1)
    np.testing.assert_array_equal(found.reshape(-1), value.reshape(2, 3)[[0, 1], [2, 0]])


def test_gradients_of_copies_of_64_dimensions():
    value, heads = numbers(MANY), numbers((4, 3))
    tiled = gradient_of(
        mx.sym.tile(X, reps=(2, *(1,) * 23)), value, heads.reshape((*MANY[:40], 4, *MANY[41:]))
    )
    np.testing.assert_array_equal(tiled.reshape(2, 3), heads[:2] + heads[2:])
    heads = numbers((2, 6))
    repeated = gradient_of(
        mx.sym.repeat(X, repeats=2, axis=-1), value, heads.reshape((*MANY[:-1], 6))
    )
    np.testing.assert_array_equal(repeated.reshape(2, 3), heads[:, ::2] + heads[:, 1::2])
    flat = gradient_of(mx.sym.repeat(X, repeats=2), value, heads.reshape(-1))
    np.testing.assert_array_equal(flat.reshape(2, 3), heads[:, ::2] + heads[:, 1::2])


def test_results_of_one_group_do_not_share_the_memory_of_an_output():
    """Of 64 KiB and more, both were written over the input that ends there; float16, where it shows."""
    a, b, c = (mx.sym.Variable(name) for name in "abc")
    size = 50_000
    values = (np.arange(size) % 3 - 1).astype("float16")
    clipped = mx.sym.clip(mx.sym.where(a, b, mx.sym.zeros_like(c)) + 0, a_min=-8, a_max=8)
    below = mx.sym.floor(clipped)
    numbers_only = mx.sym.where(
        mx.sym.broadcast_equal(clipped, clipped), below, mx.sym.zeros_like(clipped)
    )
    ones = np.ones(size, "float16")
    arrays = {
        name: mx.nd.array(value, dtype="float16")
        for name, value in zip("abc", (ones, values, ones), strict=True)
    }
    executor = mx.sym.Group([below, numbers_only]).bind(mx.cpu(), arrays)
    for output in executor.forward():
        np.testing.assert_array_equal(output.asnumpy(), values)
