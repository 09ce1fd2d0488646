"""Memory shared with other libraries on a GPU: by DLPack and CUDA's array interface, without a copy."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest
import simulated.world

import symbook as mx
from symbook import errors
from symbook.ndarray import NDArray

DTYPES = ["float16", "float32", "float64", "int8", "int32", "int64", "uint8"]


class Interface:
    """An array that is known by CUDA's array interface alone, as Numba's are."""

    def __init__(self, array: Any) -> None:
        self._array = array

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        return self._array.__cuda_array_interface__


class Exporter:
    """An array that is known by DLPack alone, as those of most libraries are."""

    def __init__(self, array: Any) -> None:
        self._array = array

    def __dlpack__(self, **options: Any) -> Any:
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self._array.__dlpack_device__()


WAYS = {"CuPy's own": lambda array: array, "DLPack": Exporter, "interface": Interface}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("way", WAYS)
def test_memory_is_shared(gpu: mx.Context, way: str, dtype: str) -> None:
    import cupy

    source = cupy.arange(6, dtype=dtype).reshape(2, 3)
    x = mx.nd.from_dlpack(WAYS[way](source))
    assert (x.context, x.shape, x.dtype) == (gpu, (2, 3), np.dtype(dtype))
    source[0, 0] = 9
    x[1, 2] = 8
    for seen in (x.asnumpy(), source.get()):
        np.testing.assert_array_equal(seen, np.array([[9, 1, 2], [3, 4, 8]], dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_cupy_reads_arrays(gpu: mx.Context, dtype: str) -> None:
    import cupy

    x = mx.nd.array([[1, 2], [3, 4]], dtype=dtype, ctx=gpu)
    for seen in (cupy.from_dlpack(x), cupy.asarray(x)):
        assert (seen.shape, seen.dtype) == ((2, 2), np.dtype(dtype))
        x[0, 0] += 1
        seen[1, 1] += 1
    np.testing.assert_array_equal(x.asnumpy(), [[3, 2], [3, 6]])
    assert x.__dlpack_device__() == (2, 0)
    assert x.__cuda_array_interface__["shape"] == (2, 2)


def test_arrays_on_the_cpu_have_no_interface_of_cuda() -> None:
    x = mx.nd.ones((2,))
    assert not hasattr(x, "__cuda_array_interface__")
    assert x.__dlpack_device__() == (1, 0)


@pytest.mark.parametrize("way", WAYS)
def test_a_new_array_of_a_foreign_one(gpu: mx.Context, way: str) -> None:
    import cupy

    source = WAYS[way](cupy.arange(6, dtype="f8").reshape(2, 3))
    for x, ctx, dtype in (
        (mx.nd.array(source, ctx=gpu), gpu, "float32"),
        (mx.nd.array(source, ctx=gpu, dtype="float64"), gpu, "float64"),
        (mx.nd.array(source), mx.cpu(), "float32"),
    ):
        assert (x.context, x.dtype) == (ctx, np.dtype(dtype))
        x[0, 0] = 5
        np.testing.assert_array_equal(x.asnumpy(), [[5, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(mx.nd.from_dlpack(source).asnumpy(), [[0, 1, 2], [3, 4, 5]])


def test_foreign_arrays_are_assigned_and_index(gpu: mx.Context) -> None:
    import cupy

    x, y = mx.nd.zeros((2, 3), ctx=gpu), mx.nd.zeros((2, 3))
    for target in (x, y):
        target[:] = cupy.arange(6, dtype="i8").reshape(3, 2).T
        np.testing.assert_array_equal(target.asnumpy(), [[0, 2, 4], [1, 3, 5]])
        target[0] = Exporter(cupy.full(3, 7.0))
        np.testing.assert_array_equal(target[cupy.array([1, 0, 0])].asnumpy()[:, 0], [1, 7, 7])
        assert target[cupy.array([True, False])].shape == (1, 3)


def test_refused(gpu: mx.Context) -> None:
    import cupy

    for way in (Exporter, Interface) if real() else (Exporter,):
        with pytest.raises(TypeError, match="not C-contiguous"):
            mx.nd.from_dlpack(way(cupy.ones((2, 3)).T))
    with pytest.raises(errors.DTypeError, match="not a dtype"):
        mx.nd.from_dlpack(cupy.ones(2, "int16"))
    with pytest.raises(errors.DTypeError, match="not a dtype"):
        mx.nd.from_dlpack(Exporter(cupy.ones(2, "complex64")))
    with pytest.raises(TypeError, match="does not export DLPack"):
        mx.nd.from_dlpack([1, 2])

    class Vulkan:
        def __dlpack_device__(self) -> tuple[int, int]:
            return 7, 0

        def __dlpack__(self, **options: Any) -> Any:
            raise NotImplementedError

    with pytest.raises(TypeError, match="device type 7 cannot be used"):
        mx.nd.from_dlpack(Vulkan())


def real() -> bool:
    """Whether this is no simulated device, which other libraries than CuPy know nothing of."""
    return simulated.world.Current.world is None


@pytest.mark.parametrize("way", WAYS)
def test_memory_outlives_its_source(gpu: mx.Context, way: str) -> None:
    import cupy

    x = mx.nd.from_dlpack(WAYS[way](cupy.full(1000, 3.0, "f4")))
    gc.collect(1)
    junk = [cupy.zeros(1000, "f4") for _ in range(50)]
    np.testing.assert_array_equal(x.asnumpy(), 3)
    seen = cupy.from_dlpack(mx.nd.full((1000,), 4, ctx=gpu))
    shown = cupy.asarray(mx.nd.full((1000,), 5, ctx=gpu))
    gc.collect(1)
    junk += [cupy.zeros(1000, "f4") for _ in range(50)]
    assert (float(seen.sum()), float(shown.sum()), len(junk)) == (4000, 5000, 100)


@pytest.mark.parametrize("way", ["DLPack", "interface"])
def test_streams_wait_for_each_other(gpu: mx.Context, way: str) -> None:
    import cupy

    mine, theirs = (cupy.cuda.Stream(non_blocking=True) for _ in range(2))
    with theirs:
        source = cupy.zeros(2**20, "f4")
        for _ in range(10):
            source += 1
        shown = WAYS[way](source)
        if way == "interface":  # it names the stream that was current when it was asked for
            described = shown.__cuda_array_interface__
            shown = type("Shown", (), {"__cuda_array_interface__": described, "kept": source})()
            with mine:
                x = mx.nd.from_dlpack(shown)
        else:
            with mine:
                x = mx.nd.from_dlpack(Exporting(source, theirs))
    with mine:
        y = x * 2
        assert y.asnumpy().min() == 20
        for _ in range(10):
            x += 1
        given = x.__dlpack__(stream=theirs.ptr)
        del given
    with theirs:
        assert float((source + 1).min()) == 21


class Exporting(Exporter):
    """An exporter whose work is on a stream of its own, which is the current one while it exports."""

    def __init__(self, array: Any, stream: Any) -> None:
        super().__init__(array)
        self._stream = stream

    def __dlpack__(self, **options: Any) -> Any:
        with self._stream:
            return self._array.__dlpack__(**options)


def test_capsules(gpu: mx.Context) -> None:
    if not real():
        pytest.skip("the simulated device has no capsules")
    x = mx.nd.arange(3, ctx=gpu)
    for capsule in (x.to_dlpack_for_read(), mx.nd.to_dlpack_for_write(x)):
        y = mx.nd.from_dlpack(capsule)
        assert y.context == gpu
        y[0] += 1
        with pytest.raises(errors.ArgumentError):
            mx.nd.from_dlpack(capsule)
    assert x.asnumpy().tolist() == [2, 1, 2]


def test_two_gpus(gpu: mx.Context) -> None:
    if mx.num_gpus() < 2:
        pytest.skip("there is one GPU")
    import cupy

    with cupy.cuda.Device(1):
        source = cupy.arange(4, dtype="f4")
    for way in (Exporter, lambda array: array):
        x = mx.nd.from_dlpack(way(source))
        assert x.context == mx.gpu(1)
        assert (x + 1).asnumpy().tolist() == [1, 2, 3, 4]
    assert x.__dlpack_device__() == (2, 1)
    assert mx.nd.array(source, ctx=gpu).asnumpy().tolist() == [0, 1, 2, 3]


# Other libraries, where they are installed and can use the GPU


def _torch(gpu: mx.Context) -> Any:
    torch = pytest.importorskip("torch")
    if not real() or not torch.cuda.is_available():
        pytest.skip("PyTorch has no GPU here")
    return torch


def test_torch(gpu: mx.Context) -> None:
    torch = _torch(gpu)
    source = torch.arange(6, dtype=torch.float32, device="cuda").reshape(2, 3)
    x = mx.nd.from_dlpack(source)
    assert x.context == gpu
    x[0] = 7
    assert source[0].tolist() == [7, 7, 7]
    for seen in (torch.from_dlpack(x), torch.as_tensor(x, device="cuda")):
        seen[1, 1] += 1
    assert x.asnumpy()[1].tolist() == [3, 6, 5]
    with pytest.raises(TypeError, match="grad"):
        mx.nd.from_dlpack(torch.ones(2, device="cuda", requires_grad=True))


@pytest.mark.filterwarnings("ignore")
def test_jax(gpu: mx.Context, monkeypatch: pytest.MonkeyPatch) -> None:
    # Else it takes most of the memory for itself.
    monkeypatch.setenv("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    jax = pytest.importorskip("jax")
    if not real() or jax.default_backend() != "gpu":
        pytest.skip("JAX has no GPU here")
    source = jax.numpy.arange(6, dtype="float32")
    x = mx.nd.from_dlpack(source)
    assert x.context == gpu
    assert x.asnumpy().tolist() == [0, 1, 2, 3, 4, 5]
    np.testing.assert_array_equal(np.asarray(jax.numpy.from_dlpack(x + 1)), np.arange(6) + 1)


def test_numba(gpu: mx.Context) -> None:
    cuda = pytest.importorskip("numba.cuda")
    if not real() or not cuda.is_available():
        pytest.skip("Numba has no GPU here")
    source = cuda.to_device(np.arange(4, dtype="f4"))
    x = mx.nd.from_dlpack(source)
    x += 1
    assert x.context == gpu
    assert source.copy_to_host().tolist() == [1, 2, 3, 4]
    assert cuda.as_cuda_array(x).copy_to_host().tolist() == [1, 2, 3, 4]


def test_an_ndarray_is_itself(gpu: mx.Context) -> None:
    x = mx.nd.ones((2,), ctx=gpu)
    y = mx.nd.from_dlpack(x)
    y[0] = 3
    assert isinstance(y, NDArray)
    assert x.asnumpy().tolist() == [3, 1]


def test_an_array_whose_device_cannot_be_said_is_read_by_numpy() -> None:
    class Spread:
        def __dlpack_device__(self) -> tuple[int, int]:
            raise ValueError("on several devices")

        def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
            return np.ones(2)

    assert mx.nd.array(Spread()).asnumpy().tolist() == [1, 1]
