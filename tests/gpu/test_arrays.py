"""NDArray on a GPU: what MXNet answered, what the CPU answers, and that nothing goes by way of the host."""

from __future__ import annotations

import builtins
import copy
import pickle
from typing import Any

import numpy as np
import pytest
import test_ndarray as on_cpu

import symbook as mx
from symbook import errors
from symbook.cuda import TYPES
from symbook.ndarray import NDArray

# What MXNet answered of arrays on the CPU, and is otherwise on a GPU.
OF_THE_CPU = {
    "m.context",
    "m.ctx",
    "str(a)",
    "f'{a}'",
    "'%s' % a",
    "mx.current_context()",
    "a.as_in_context(mx.cpu()) is a",
    "x = a.as_in_context(mx.cpu())\nx[:] = 9\na",
    "mx.nd.array([1], ctx=mx.gpu())",
}


def rows() -> list[Any]:
    return [row for row in on_cpu.rows() if row.values[0]["code"] not in OF_THE_CPU]


def second() -> mx.Context:
    """Another GPU than the first."""
    if mx.num_gpus() < 2:
        pytest.skip("there is one GPU")
    return mx.gpu(1)


@pytest.mark.parametrize("row", rows())
def test_golden(gpu: mx.Context, row: dict[str, Any]) -> None:
    code = row["code"]
    with gpu:
        if "error" not in row:
            value = on_cpu.run(code)
            on_cpu.check(value, row, rtol=4e-6)  # CUDA's functions err by a few last places
            if isinstance(value, NDArray) and "cpu" not in code and "from_numpy" not in code:
                assert value.context == gpu
            return
        expected = on_cpu.OTHER_ERROR.get(code) or getattr(
            builtins, row["error"], errors.SymbookError
        )
        with pytest.raises(expected):
            on_cpu.run(code)


@pytest.mark.parametrize(
    ("code", "kind", "text"), on_cpu.REFUSED, ids=[r[0] for r in on_cpu.REFUSED]
)
def test_refused(gpu: mx.Context, code: str, kind: type[Exception], text: str) -> None:
    with gpu, pytest.raises(kind, match=text):
        on_cpu.run(code)


@pytest.mark.parametrize(
    ("code", "kind", "text"), on_cpu.ASSIGNED_WRONG, ids=[r[0] for r in on_cpu.ASSIGNED_WRONG]
)
def test_refused_assignment_changes_nothing(
    gpu: mx.Context, code: str, kind: type[Exception], text: str
) -> None:
    with gpu:
        on_cpu.test_refused_assignment_changes_nothing(code, kind, text)


# Indexing

VALUES = np.arange(60, dtype="float32").reshape(3, 4, 5)
MASK = VALUES % 7 < 3


def _gpu(value: Any) -> NDArray:
    value = np.asarray(value)
    return mx.nd.array(value, dtype=value.dtype)


KEYS = {
    "a list": lambda make: [2, 0, 2],
    "negative": lambda make: make(np.array([-1, -3])),
    "an array": lambda make: make(np.array([[0, 1], [2, 0]])),
    "floats": lambda make: make(np.array([0.0, 2.0], "f4")),
    "bytes": lambda make: make(np.array([0, 2], "u1")),
    "two arrays": lambda make: (make(np.array([0, 1])), make(np.array([3, 2]))),
    "arrays that broadcast": lambda make: (make(np.array([[0], [1]])), make(np.array([3, 2]))),
    "array and slice": lambda make: (slice(1, None), make(np.array([3, 0]))),
    "slice between arrays": lambda make: (
        make(np.array([0, 1])),
        slice(None),
        make(np.array([4, 2])),
    ),
    "array and ellipsis": lambda make: (..., make(np.array([4, 0]))),
    "array and int": lambda make: (make(np.array([2, 1])), 3),
    "array and None": lambda make: (None, make(np.array([2, 1]))),
    "empty": lambda make: make(np.zeros(0, "int64")),
    "mask": lambda make: make(MASK),
    "mask of rows": lambda make: make(np.array([True, False, True])),
    "mask of nothing": lambda make: make(np.zeros((3, 4), bool)),
    "mask and array": lambda make: (make(np.array([True, False, True])), make(np.array([1, 2]))),
    "mask and slice": lambda make: (slice(0, 2), make(np.array([True, False, True, True]))),
    "two masks": lambda make: (
        make(np.array([True, False, True])),
        make(np.array([True, False, True, False])),
    ),
    "ints": lambda make: (1, -1, 2),
    "slices": lambda make: (slice(None, None, 2), slice(3, 0, -1)),
}
HOMES = {"of the CPU": lambda value: value, "of the GPU": _gpu}


def by_position(key: Any) -> Any:
    """The key as NumPy takes it."""
    if isinstance(key, tuple):
        return tuple(by_position(item) for item in key)
    if isinstance(key, np.ndarray) and key.dtype.kind == "f":
        return key.astype("int64")
    return key


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("key", KEYS)
def test_reading(gpu: mx.Context, key: str, home: str) -> None:
    expected = VALUES[by_position(KEYS[key](np.asarray))]
    with gpu:
        found = mx.nd.array(VALUES)[KEYS[key](HOMES[home])]
    assert found.context == gpu
    np.testing.assert_array_equal(found.asnumpy(), expected if expected.ndim else [expected])


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("kind", ["number", "array", "row", "NumPy"])
def test_writing(gpu: mx.Context, key: str, home: str, kind: str) -> None:
    # One value for one position: of several for the same, any may stay.
    where = by_position(KEYS[key](np.asarray)) if key != "a list" else [2, 0]
    expected = VALUES.copy()
    part = expected[where]
    value = {
        "number": np.float32(2.5),
        "array": np.arange(100, 100 + part.size, dtype="f4").reshape(part.shape),
        "row": np.arange(200, 200 + (part.shape or (1,))[-1], dtype="f4"),
        "NumPy": np.arange(100, 100 + part.size, dtype="f4").reshape(1, *part.shape),
    }[kind]
    if kind == "row" and not part.ndim:
        value = value[0]
    expected[where] = value if kind != "NumPy" else value.reshape(part.shape)
    with gpu:
        x = mx.nd.array(VALUES)
        given = value if kind in ("NumPy", "number") else mx.nd.array(value)
        x[KEYS[key](HOMES[home]) if key != "a list" else where] = given
    np.testing.assert_array_equal(x.asnumpy(), expected)


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize(
    ("key", "text"),
    [
        (np.array([0, 3]), "index 3 is out of bounds for axis 0 with size 3"),
        (np.array([0, -4]), "index -4 is out of bounds for axis 0 with size 3"),
        ((slice(None), np.array([4])), "index 4 is out of bounds for axis 1 with size 4"),
        ((..., np.array([[5]])), "index 5 is out of bounds for axis 2 with size 5"),
        ((None, np.array([3])), "index 3 is out of bounds for axis 0 with size 3"),
        ((np.array([True, False, True]), np.array([9])), "index 9 is out of bounds for axis 1"),
        (np.array([True, False]), "mask of shape (2,) does not fit"),
        (np.ones((3, 5), bool), "mask of shape (3, 5) does not fit"),
        ((np.array([0]), 7), "index 7 is out of bounds for axis 1 with size 4"),
        ((..., -6, np.array([0])), "index -6 is out of bounds for axis 1 with size 4"),
        ((0, np.array([0]), 0, 0), "too many indices"),
        ((np.array([0]),) * 4, "too many indices"),
    ],
    ids=str,
)
def test_out_of_range(gpu: mx.Context, key: Any, text: str, home: str) -> None:
    make = HOMES[home]
    several = key if isinstance(key, tuple) else (key,)
    with gpu:
        x = mx.nd.array(VALUES)
        given = tuple(make(item) if isinstance(item, np.ndarray) else item for item in several)
        with pytest.raises(IndexError) as read:
            x[given]
        with pytest.raises(IndexError) as written:
            x[given] = 0
    for caught in (read, written):
        assert isinstance(caught.value, errors.OutOfRange)
        assert text in str(caught.value)
    np.testing.assert_array_equal(x.asnumpy(), VALUES)


def test_a_mask_that_the_gpu_holds_is_written_through_without_waiting(gpu, request):
    x = mx.nd.array(VALUES, ctx=gpu)
    mask = x > 20
    mask = mask.astype(bool)
    before = counted(request)
    x[mask] = -1
    assert counted(request) == before
    np.testing.assert_array_equal(x.asnumpy(), np.where(VALUES > 20, -1, VALUES))


def counted(request: pytest.FixtureRequest) -> Any:
    """How often the simulated device waited, and what it moved; nothing of a real one."""
    if "simulation" not in request.fixturenames and request.node.callspec.params["gpu"] == "device":
        return None
    counts = request.getfixturevalue("simulation").counts
    return {name: counts[name] for name in ("uploads", "downloads", "synchronizations", "sizes")}


def test_views_share_memory(gpu: mx.Context) -> None:
    x = mx.nd.zeros((3, 4), ctx=gpu)
    row, flat = x[1], x.reshape((-1,))
    row[:] = 1
    flat[0] = 2
    x[2][1:3] = 3
    expected = np.zeros((3, 4), "f4")
    expected[1], expected[0, 0], expected[2, 1:3] = 1, 2, 3
    np.testing.assert_array_equal(x.asnumpy(), expected)


# Devices


def test_what_it_is(gpu: mx.Context) -> None:
    x = mx.nd.zeros((3, 4), ctx=gpu)
    assert repr(x) == "<NDArray 3x4 @gpu(0)>"
    assert str(mx.nd.array([14], dtype="int32", ctx=gpu)) == "\n[14]\n<NDArray 1 @gpu(0)>"
    assert (x.context, x.ctx, x.writable) == (gpu, gpu, True)
    assert (x.shape, x.dtype, x.size, len(x)) == ((3, 4), np.float32, 12, 3)
    assert x.T.shape == (4, 3)
    assert [row.context for row in x] == [gpu] * 3


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(), (1,), (3, 4), (2, 0, 3)])
def test_there_and_back(gpu: mx.Context, dtype: str, shape: tuple[int, ...]) -> None:
    values = (np.arange(np.prod(shape, dtype=int)) % 5 - 1).reshape(shape).astype(dtype)
    for x in (
        mx.nd.array(values, ctx=gpu, dtype=dtype),
        mx.nd.array(values, dtype=dtype).as_in_context(gpu),
        mx.nd.array(values, dtype=dtype).copyto(gpu),
        mx.nd.array(mx.nd.array(values, dtype=dtype), ctx=gpu),
    ):
        assert x.context == gpu
        assert x.dtype == np.dtype(dtype)
        for back in (
            x,
            x.as_in_context(mx.cpu()),
            x.copyto(mx.cpu()),
            mx.nd.array(x, ctx=mx.cpu()),
        ):
            found = back.asnumpy()
            assert found.dtype == values.dtype
            np.testing.assert_array_equal(found, values)
    assert x.as_in_context(gpu) is x
    assert x.as_in_context(mx.gpu(0)) is x


def test_an_array_may_be_changed_after_it_was_copied(gpu: mx.Context) -> None:
    source = np.arange(100000, dtype="f4")
    expected = source.copy()
    x = mx.nd.array(source, ctx=gpu)
    y = mx.nd.empty(source.shape, ctx=gpu)
    host = mx.nd.array(source)
    host.copyto(y)
    z = mx.nd.zeros(source.shape, ctx=gpu)
    z[:] = source
    source[:] = 0
    host[:] = 0
    for copied in (x, y, z):
        np.testing.assert_array_equal(copied.asnumpy(), expected)


def test_writing_between_devices(gpu: mx.Context) -> None:
    values = np.array([[1.7, -2.2, 300]], "f4")
    cpu, on_gpu = mx.nd.array(values), mx.nd.array(values, ctx=gpu)
    for source in (cpu, on_gpu, values):
        for target_ctx in (mx.cpu(), gpu):
            target = mx.nd.zeros((2, 3), ctx=target_ctx, dtype="int32")
            target[:] = source
            np.testing.assert_array_equal(target.asnumpy(), values.astype("int32").repeat(2, 0))
    for source, target_ctx in ((cpu, gpu), (on_gpu, mx.cpu())):
        target = mx.nd.zeros((1, 3), ctx=target_ctx, dtype="float64")
        assert source.copyto(target) is target
        np.testing.assert_array_equal(target.asnumpy(), values)


def test_what_is_on_different_devices_is_not_computed_with(gpu: mx.Context) -> None:
    a, b = mx.nd.ones((2,), ctx=gpu), mx.nd.ones((2,))
    for mistake in (
        lambda: a + b,
        lambda: b * a,
        lambda: mx.nd.dot(a, b),
        lambda: mx.nd.Concat(a, b),
    ):
        with pytest.raises(errors.DeviceError, match=r"on different devices: .*gpu\(0\)") as caught:
            mistake()
        assert "as_in_context" in str(caught.value.hint)
    with pytest.raises(errors.DeviceError, match="inputs are on gpu"):
        mx.nd.exp(a, out=b)


def test_in_place(gpu: mx.Context) -> None:
    for symbol, step in (("+=", 2), ("-=", 2), ("*=", 3), ("/=", 4), ("%=", 3), ("**=", 2)):
        scope = {
            "x": mx.nd.array([5.0, 7.0], ctx=gpu),
            "y": np.array([5.0, 7.0], "f4"),
            "step": step,
        }
        handle = scope["x"]
        exec(f"x {symbol} step\ny {symbol} step", scope)
        assert scope["x"] is handle
        np.testing.assert_allclose(handle.asnumpy(), scope["y"], rtol=1e-6)


def test_copies(gpu: mx.Context) -> None:
    x = mx.nd.array([1, 2], ctx=gpu)
    for made in (
        x.copy(),
        copy.copy(x),
        copy.deepcopy(x),
        x.astype("float32"),
        mx.nd.array(x, ctx=gpu),
    ):
        assert made.context == gpu
        made[:] = 7
        assert x.asnumpy().tolist() == [1, 2]
    same = x.astype("float32", copy=False)
    assert same is x


@pytest.mark.parametrize("source", ["float16", "float32", "float64"])
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "int64"])
def test_floats_become_whole_numbers(gpu: mx.Context, source: str, dtype: str) -> None:
    values = np.array([-1.7, 300, -129, 255.9, -0.5, 40000, 0, -65000, 128], source)
    expected = values.astype("int64").astype(dtype)
    x = mx.nd.array(values, ctx=gpu, dtype=source)
    y = mx.nd.zeros(values.shape, ctx=gpu, dtype=dtype)
    y[:] = x
    for found in (
        x.astype(dtype),
        y,
        mx.nd.array(x, dtype=dtype),
        x.copyto(mx.cpu()).astype(dtype),
    ):
        np.testing.assert_array_equal(found.asnumpy(), expected)


def test_files_and_pickles(gpu: mx.Context, tmp_path: Any) -> None:
    x = mx.nd.array(VALUES, ctx=gpu)
    mx.nd.save(tmp_path / "a.params", {"x": x, "h": x.astype("float16")})
    found = mx.nd.load(tmp_path / "a.params")
    for name, array in found.items():
        assert array.context == mx.cpu(), name
        np.testing.assert_array_equal(array.asnumpy(), VALUES)
    back = pickle.loads(pickle.dumps(x))
    assert back.context == gpu
    np.testing.assert_array_equal(back.asnumpy(), VALUES)


def test_numbers(gpu: mx.Context) -> None:
    x = mx.nd.array([[2.5]], ctx=gpu)
    assert (float(x), int(x), x.item(), x.asscalar(), bool(x)) == (2.5, 2, 2.5, 2.5, True)
    assert 3 in mx.nd.array([1, 3], ctx=gpu)
    assert 4 not in mx.nd.array([1, 3], ctx=gpu)


def test_numpys_functions_read_a_copy(gpu: mx.Context) -> None:
    x = mx.nd.array([[1, 2], [3, 4]], ctx=gpu)
    seen = np.asarray(x)
    seen[:] = 0
    assert x.asnumpy().tolist() == [[1, 2], [3, 4]]
    assert np.mean(x) == 2.5
    assert np.exp(x).shape == (2, 2)
    assert np.concatenate([x, x]).shape == (4, 2)
    with pytest.raises(
        TypeError, match=r"an array on gpu\(0\) cannot be seen by NumPy without a copy"
    ):
        np.asarray(x, copy=False)
    with pytest.raises(TypeError, match="not supported"):
        x + np.ones((2, 2))


def test_creation(gpu: mx.Context) -> None:
    with gpu:
        for found, expected in (
            (mx.nd.zeros((2, 3)), np.zeros((2, 3))),
            (mx.nd.ones((2,), dtype="int32"), np.ones(2, "i4")),
            (mx.nd.full((2, 2), 7), np.full((2, 2), 7)),
            (mx.nd.arange(2, 9, 2), np.arange(2, 9, 2)),
            (mx.nd.linspace(0, 1, 5), np.linspace(0, 1, 5)),
            (mx.nd.eye(3, 4, 1), np.eye(3, 4, 1)),
            (mx.nd.moveaxis(mx.nd.array(VALUES), 0, 2), np.moveaxis(VALUES, 0, 2)),
            (
                mx.nd.concatenate([mx.nd.ones((1, 2)), mx.nd.zeros((2, 2))]),
                [[1, 1], [0, 0], [0, 0]],
            ),
        ):
            assert found.context == gpu
            np.testing.assert_array_equal(found.asnumpy(), expected)
        counts, edges = mx.nd.histogram(mx.nd.array([1, 2, 2, 5]), 4)
        expected_counts, expected_edges = np.histogram([1, 2, 2, 5], 4)
        np.testing.assert_array_equal(counts.asnumpy(), expected_counts)
        np.testing.assert_allclose(edges.asnumpy(), expected_edges)


# Asynchronous: nothing waits but what shows values


def test_nothing_waits_but_for_values(gpu, request):
    x, y = mx.nd.array(VALUES, ctx=gpu), mx.nd.array(VALUES + 1, ctx=gpu)
    counted(request)
    before = counted(request)
    z = (x + y) * 2 - x / 3
    z += y
    z[0] = 5
    z[:, 1] = x[:, 1]
    z = z.reshape((-1, 5)).T.copy().astype("float64")
    w = mx.nd.dot(x.reshape((12, 5)), y.reshape((12, 5)), transpose_b=True)
    w = mx.nd.sum(mx.nd.softmax(w), axis=0)
    mx.nd.random.uniform(shape=(3, 4), ctx=gpu)
    mx.nd.zeros((3,), ctx=gpu)
    mx.nd.arange(7, ctx=gpu)
    x.copyto(y)
    assert counted(request) == before
    w.wait_to_read()
    mx.nd.waitall()
    np.testing.assert_allclose(w.asnumpy().sum(), 12, rtol=1e-5)


def test_wait_to_read_and_waitall_wait(gpu, request):
    x = mx.nd.ones((1000,), ctx=gpu)
    for wait in (x.wait_to_read, mx.nd.waitall):
        y = x * 3
        wait()
        import cupy

        assert cupy.cuda.get_current_stream().done
        assert y.asnumpy()[0] == 3


# Two GPUs


def test_everything_runs_on_the_arrays_own_device(gpu: mx.Context) -> None:
    other = second()
    import cupy

    x = mx.nd.array(VALUES, ctx=other)
    stream = cupy.cuda.Stream(non_blocking=True)
    with stream:
        made = [
            x + 1, x * x, -x, x.T, x[0], x[[0, 2]], x[x > 5] if False else x[1:, ::2], x.copy(),
            x.astype("int32"), x.reshape((-1,)), x.copyto(other), mx.nd.array(x, ctx=other),
            mx.nd.sum(x, axis=1), mx.nd.zeros((2,), ctx=other), mx.nd.empty((2,), ctx=other),
            mx.nd.random.normal(shape=(2,), ctx=other), mx.nd.full((2,), 3, ctx=other),
            mx.nd.dot(x[0], x[1], transpose_b=True), mx.nd.histogram(x, 3)[0],
        ]  # fmt: skip
        x[:] = VALUES
        x[0] = 1.5
        x[[1, 2]] = mx.nd.ones((2, 4, 5))
        x += 1
        assert cupy.cuda.runtime.getDevice() == 0
        assert cupy.cuda.get_current_stream() == stream
    for array in made:
        assert array.context == other
        assert array._data.device.id == 1
    assert x.asnumpy()[1, 0, 0] == 2
    assert x.asnumpy()[0, 0, 0] == 2.5


def test_between_two_gpus(gpu: mx.Context) -> None:
    other = second()
    for _ in range(5):
        x = mx.nd.array(VALUES, ctx=gpu)
        x += 1  # still to be done when the copy is asked for
        y = x.as_in_context(other)
        x[:] = 0  # asked for while the copy may still go on
        del x
        overwriting = mx.nd.ones(VALUES.shape, ctx=gpu)
        y *= 2
        z = mx.nd.zeros(VALUES.shape, ctx=gpu)
        y.copyto(z)
        y[:] = -1
        np.testing.assert_array_equal(z.asnumpy(), (VALUES + 1) * 2)
        assert overwriting.asnumpy().min() == 1
    index = mx.nd.array([2, 0], ctx=other)
    np.testing.assert_array_equal(z[index].asnumpy(), ((VALUES + 1) * 2)[[2, 0]])
    with pytest.raises(errors.DeviceError, match=r"gpu\(0\).*gpu\(1\)"):
        z + y


def test_errors_leave_the_device_as_it_was(gpu: mx.Context) -> None:
    other = second()
    import cupy

    x = mx.nd.array(VALUES, ctx=other)
    for mistake in (lambda: x[9], lambda: x[[9]], lambda: x + mx.nd.ones((7,), ctx=other)):
        with pytest.raises(errors.SymbookError):
            mistake()
        assert cupy.cuda.runtime.getDevice() == 0


def test_a_part_is_assigned_to_another_that_overlaps(gpu):
    """As NumPy does it: as if what is read had been read before anything is written."""
    keys = [
        (slice(1, None), slice(None, -1)),
        (slice(None, -1), slice(1, None)),
        (slice(None, None, -1), slice(None)),
        (slice(None), slice(None)),
    ]
    for to, of in keys:
        expected = np.arange(5000, dtype="float32").reshape(50, 100)
        x = mx.nd.array(expected, ctx=gpu)
        expected[to] = expected[of].copy()
        x[to] = x[of]
        np.testing.assert_array_equal(expected, x.asnumpy())
    expected = np.arange(6, dtype="float32")
    x = mx.nd.array(expected, ctx=gpu)
    x[[1, 2, 3]] = x[:3]
    np.testing.assert_array_equal([0, 0, 1, 2, 4, 5], x.asnumpy())
    x[1:4].copyto(x[2:5])
    np.testing.assert_array_equal([0, 0, 0, 1, 2, 5], x.asnumpy())
    x[2:] += x[1:-1]
    np.testing.assert_array_equal([0, 0, 0, 1, 3, 7], x.asnumpy())
    mx.nd.slice_axis(x, axis=0, begin=2, end=5, out=x[3:])
    np.testing.assert_array_equal([0, 0, 0, 0, 1, 3], x.asnumpy())


def test_arguments_change_places_by_other_views_of_their_memory(gpu: mx.Context) -> None:
    """All values are read before any is written, also where they are not the bound arrays themselves."""
    whole = mx.nd.array([1, 2, 3, 4], ctx=gpu)
    a, b = (mx.sym.Variable(name) for name in "AB")
    executor = (a * 10 + b).bind(gpu, {"A": whole[:2], "B": whole[2:]})
    found = executor.forward(A=whole[2:], B=whole[:2])[0]
    np.testing.assert_array_equal(found.asnumpy(), [31, 42])
