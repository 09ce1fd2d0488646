"""Exchange of memory by DLPack with NumPy, PyTorch and JAX."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symbook as mx
from symbook import errors

DTYPES = ["float16", "float32", "float64", "int8", "int32", "int64", "uint8"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_numpy_shares_both_ways(dtype: str) -> None:
    x = mx.nd.array([[1, 2], [3, 4]], dtype=dtype)
    seen = np.from_dlpack(x)
    x[0, 0] = 9
    np.testing.assert_array_equal(seen, np.array([[9, 2], [3, 4]], dtype))
    source = np.arange(4).astype(dtype)
    y = mx.nd.from_dlpack(source)
    source[0] = 7
    y[1] = 8
    np.testing.assert_array_equal(y.asnumpy(), np.array([7, 8, 2, 3], dtype))
    np.testing.assert_array_equal(source, y.asnumpy())


def test_device() -> None:
    kind, number = mx.nd.ones(1).__dlpack_device__()
    assert (kind, number) == (1, 0)


def test_capsules() -> None:
    x = mx.nd.arange(3)
    for capsule in (x.to_dlpack_for_read(), mx.nd.to_dlpack_for_read(x), x.to_dlpack_for_write()):
        y = mx.nd.from_dlpack(capsule)
        assert y.context == mx.cpu()
        np.testing.assert_array_equal(y.asnumpy(), [0, 1, 2])
        assert np.shares_memory(np.asarray(y), np.asarray(x))
    y = mx.nd.from_dlpack(mx.nd.to_dlpack_for_write(x))
    y[0] = 5
    assert x[0].asscalar() == 5


def test_a_capsule_is_used_once() -> None:
    capsule = mx.nd.ones(1).to_dlpack_for_read()
    mx.nd.from_dlpack(capsule)
    with pytest.raises(errors.ArgumentError):
        mx.nd.from_dlpack(capsule)


def test_memory_outlives_the_source() -> None:
    x = mx.nd.from_dlpack(np.full(1000, 3.0, "f4"))
    junk = [np.zeros(1000, "f4") for _ in range(50)]
    np.testing.assert_array_equal(x.asnumpy(), 3)
    assert len(junk) == 50


@pytest.mark.parametrize(
    ("source", "kind", "text"),
    [
        ([1, 2], TypeError, "does not export DLPack"),
        (np.ones((2, 3), "f4").T, TypeError, "not C-contiguous"),
        (np.ones(2, "complex64"), TypeError, "not a dtype"),
        (np.ones(2, "int16"), TypeError, "not a dtype"),
    ],
)
def test_refused(source: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        mx.nd.from_dlpack(source)


@pytest.mark.filterwarnings("ignore")
def test_torch_shares_both_ways() -> None:
    torch = pytest.importorskip("torch")
    x = mx.nd.arange(3)
    tensor = torch.from_dlpack(x)
    tensor[0] = 5
    assert x[0].asscalar() == 5
    source = torch.zeros(2, 2)
    y = mx.nd.from_dlpack(source)
    y[0] = 3
    np.testing.assert_array_equal(source.numpy(), [[3, 3], [0, 0]])
    z = mx.nd.from_dlpack(torch.utils.dlpack.to_dlpack(source))
    z[1] = 4
    np.testing.assert_array_equal(source.numpy(), [[3, 3], [4, 4]])
    with pytest.raises(TypeError, match="contiguous"):
        mx.nd.from_dlpack(torch.ones(2, 3).T)


@pytest.mark.filterwarnings("ignore")
def test_jax_shares_both_ways() -> None:
    jnp = pytest.importorskip("jax.numpy")
    # JAX shares memory that is aligned to 64 bytes, and copies other memory.
    x = mx.nd.array(np.arange(1 << 20))
    np.testing.assert_array_equal(np.asarray(jnp.from_dlpack(x)), x.asnumpy())
    source = jnp.arange(3, dtype="float32")
    y = mx.nd.from_dlpack(source)
    np.testing.assert_array_equal(y.asnumpy(), [0, 1, 2])
    assert y.asnumpy().ctypes.data != source.unsafe_buffer_pointer()
    assert np.asarray(y).ctypes.data == source.unsafe_buffer_pointer()
    assert not y.writable  # JAX's arrays never change
    with pytest.raises(ValueError, match="read-only"):
        y[0] = 1
