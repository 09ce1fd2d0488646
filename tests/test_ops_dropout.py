"""Dropout: MXNet's own masks."""

from __future__ import annotations

import numpy as np
import pytest
from gradients import nd
from hypothesis import given, settings
from hypothesis import strategies as st

import symbook as mx
from symbook.errors import DTypeError, ParamError, ShapeError


def dropout(data, is_train=True, grad=None, **params):
    """The result, and its gradient, of the executor."""
    symbol = mx.sym.Dropout(mx.sym.Variable("data"), **params)
    back = nd(np.zeros_like(data))
    executor = symbol.bind(mx.cpu(), {"data": nd(data)}, {"data": back})
    (result,) = executor.forward(is_train=is_train)
    executor.backward([nd(np.ones_like(data) if grad is None else grad)])
    return result.asnumpy(), back.asnumpy()


def kept(*shape, dtype="float32", **params):
    """Which elements were kept, as a text of 0 and 1."""
    result, _ = dropout(np.ones(shape, dtype), **params)
    return "".join(map(str, (result != 0).astype(int).ravel()))


# What MXNet 1.9.1 keeps after mx.random.seed(42), twice in a row.
MASKS = {
    "float32": ("001110011111011111100111", "111101101110111110101011"),
    "float64": ("010111111011111010110001", "000011101000101011010111"),
    "float16": ("010111111011111010110001", "000011101000101011010111"),
}


@pytest.mark.parametrize("dtype", MASKS)
def test_masks_are_mxnets(dtype):
    mx.random.seed(42)
    assert tuple(kept(24, dtype=dtype, p=0.3) for _ in range(2)) == MASKS[dtype]


def test_shared_masks_are_mxnets():
    mx.random.seed(42)
    masks = [kept(4, 3, 2, p=0.5, axes=(1,)) for _ in range(2)]
    assert masks == ["000000000000000000000000", "111111111111010101111111"]


def test_a_large_mask_and_what_is_drawn_after_it_are_mxnets():
    mx.random.seed(42)
    result, _ = dropout(np.ones((1000, 1000), "float32"), p=0.25)
    mask = result != 0
    assert mask.sum() == 749519
    rows = ["".join(map(str, mask[i, :16].astype(int))) for i in (0, 500, 999)]
    assert rows == ["0111101111111111", "1100110010011111", "1111111111100111"]
    after = mx.nd.random.uniform(shape=(3,)).asnumpy()
    np.testing.assert_array_equal(after, np.float32([0.68093747, 0.8289309, 0.168322]))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 999), st.floats(0.05, 0.95), st.integers(1, 64))
def test_elements_are_kept_below_1_less_p(seed, p, size):
    # Up to 64 numbers come from the first generator alone, which is NumPy's seeded with 127 · seed.
    words = np.random.RandomState(127 * seed).randint(0, 2**32, size, dtype=np.uint32)
    below = np.float32(words) / np.float32(2**32) < np.float32(1) - np.float32(p)
    data = np.arange(1, size + 1, dtype="float32")
    grad = np.arange(size, 0, -1, dtype="float32")
    mx.random.seed(seed)
    result, back = dropout(data, p=p, grad=grad)
    np.testing.assert_allclose(result, np.where(below, data / (1 - p), 0), rtol=1e-5)
    np.testing.assert_allclose(back, np.where(below, grad / (1 - p), 0), rtol=1e-5)


@pytest.mark.parametrize(
    ("axes", "shared"), [((0,), (0,)), ((1, 2), (1, 2)), ((2, 0, 1), (0, 1, 2))]
)
def test_axes_share_the_mask(axes, shared):
    mx.random.seed(1)
    data = np.ones((5, 6, 7))
    result, back = dropout(data, p=0.5, axes=axes)
    lowest, highest = result.min(axis=shared), result.max(axis=shared)
    np.testing.assert_array_equal(lowest, highest)
    np.testing.assert_array_equal(result, back)


def test_what_is_kept_is_scaled_up():
    mx.random.seed(0)
    result, _ = dropout(np.ones(100000, "float32"), p=0.2)
    np.testing.assert_array_equal(np.unique(result), np.float32([0, 1.25]))
    assert abs(result.mean() - 1) < 0.01


@pytest.mark.parametrize("is_train", [False, True])
def test_nothing_happens_and_nothing_is_drawn(is_train):
    data = np.float32([1, -2, np.nan])
    mx.random.seed(7)
    result, back = dropout(data, is_train=is_train, p=0.0 if is_train else 0.9)
    np.testing.assert_array_equal(result, data)
    np.testing.assert_array_equal(back, [1, 1, 1])
    drawn = mx.nd.random.uniform(shape=(2,)).asnumpy()
    mx.random.seed(7)
    np.testing.assert_array_equal(drawn, mx.nd.random.uniform(shape=(2,)).asnumpy())


def test_always_drops_in_prediction_too():
    mx.random.seed(42)
    result, back = dropout(np.ones(24, "float32"), is_train=False, p=0.3, mode="always")
    assert "".join(map(str, (result != 0).astype(int))) == MASKS["float32"][0]
    np.testing.assert_array_equal(result, back)


def test_dropping_all_gives_no_number_as_in_mxnet():
    result, _ = dropout(np.ones(3, "float32"), p=1)
    assert np.isnan(result).all()


def test_arrays_without_elements():
    result, _ = dropout(np.ones((0, 3), "float32"))
    assert result.shape == (0, 3)


def test_prediction_leaves_the_argument_alone():
    data = mx.nd.array([1, 2])
    result = mx.nd.Dropout(data)
    result[:] = 0
    np.testing.assert_array_equal(data.asnumpy(), [1, 2])


def test_the_mask_is_hidden():
    symbol = mx.sym.Dropout(mx.sym.Variable("x"), name="drop")
    assert symbol.list_outputs() == ["drop_output"]
    assert '"node_row_ptr": [' in symbol.tojson()
    assert symbol.infer_shape(x=(2, 3))[1] == [(2, 3)]


def test_refusals():
    x = mx.sym.Variable("x")
    with pytest.raises(ParamError):
        mx.sym.Dropout(x, p=1.5)
    with pytest.raises(ShapeError, match="axis 2 is out of range"):
        mx.sym.Dropout(x, axes=(2,)).infer_shape(x=(2, 3))
    with pytest.raises(DTypeError):
        mx.sym.Dropout(x).infer_type(x="int32")
