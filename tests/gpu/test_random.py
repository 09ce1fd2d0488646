"""Random numbers on a GPU: words of Philox, distributions that their names say, and seeds that repeat them.

Distributions are compared with NumPy's own draws (the two-sample test of Kolmogorov and Smirnov) and with the
mean and the variance that they must have. Seeds are fixed, so that a test that passes once always does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symbook as mx
from symbook.errors import DeviceError

SIZE = 20_000


def philox(seed: int, counter: int, stream: int = 0) -> list[int]:
    """Philox4x32-10, written from the paper's description: four words of a key and a counter."""
    key = [seed % 2**32, seed >> 32]
    x = [counter % 2**32, counter >> 32, stream % 2**32, stream >> 32]
    for _ in range(10):
        first, second = 0xD2511F53 * x[0], 0xCD9E8D57 * x[2]
        x = [
            second >> 32 ^ x[1] ^ key[0], second % 2**32,
            first >> 32 ^ x[3] ^ key[1], first % 2**32,
        ]  # fmt: skip
        key = [(key[0] + 0x9E3779B9) % 2**32, (key[1] + 0xBB67AE85) % 2**32]
    return x


def units(seed: int, counters: range) -> np.ndarray:
    words = np.array([philox(seed, counter) for counter in counters], "u4").ravel()
    return ((words >> 8) * np.float32(2**-24)).astype("f4")


def test_the_words_are_those_of_the_papers_authors() -> None:
    # Of the known answers that the authors publish with their library Random123.
    assert philox(0, 0) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    ones = 2**64 - 1
    assert philox(ones, ones, ones) == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]
    found = philox(0x299F31D0A4093822, 0x85A308D3243F6A88, 0x0370734413198A2E)
    assert found == [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]


def test_uniform_numbers_are_the_words(gpu: mx.Context) -> None:
    mx.random.seed(0, ctx=gpu)
    x = mx.nd.random.uniform(shape=(3, 7), ctx=gpu).asnumpy()
    np.testing.assert_array_equal(x.ravel(), units(0, range(6))[:21])
    y = mx.nd.random.uniform(shape=9, ctx=gpu).asnumpy()  # from the next counter on
    np.testing.assert_array_equal(y, units(0, range(6, 9))[:9])
    mx.random.seed(12345, ctx=gpu)
    doubles = mx.nd.random.uniform(shape=4, dtype="float64", ctx=gpu).asnumpy()
    words = [philox(12345, counter) for counter in (0, 1)]
    expected = [(w[k] << 32 | w[k + 1]) >> 11 for w in words for k in (0, 2)]
    np.testing.assert_array_equal(doubles, np.array(expected) * 2.0**-53)


def test_whole_numbers_are_the_words(gpu: mx.Context) -> None:
    mx.random.seed(3, ctx=gpu)
    x = mx.nd.random.randint(-5, 1000, shape=5, dtype="int64", ctx=gpu).asnumpy()
    words = [philox(3, counter) for counter in range(3)]
    expected = [(w[k] << 32 | w[k + 1]) % 1005 - 5 for w in words for k in (0, 2)]
    np.testing.assert_array_equal(x, expected[:5])


# Repeating


DRAWS: dict[str, Callable[[mx.Context], Any]] = {
    "uniform": lambda gpu: mx.nd.random.uniform(shape=(5, 3), ctx=gpu),
    "normal": lambda gpu: mx.nd.random.normal(shape=(5, 3), ctx=gpu),
    "exponential": lambda gpu: mx.nd.random.exponential(shape=(5, 3), ctx=gpu),
    "gamma": lambda gpu: mx.nd.random.gamma(shape=(5, 3), ctx=gpu),
    "poisson": lambda gpu: mx.nd.random.poisson(50, shape=(5, 3), ctx=gpu),
    "randint": lambda gpu: mx.nd.random.randint(0, 10**9, shape=(5, 3), ctx=gpu),
    "negative_binomial": lambda gpu: mx.nd.random.negative_binomial(50, 0.1, shape=(5, 3), ctx=gpu),
    "multinomial": lambda gpu: mx.nd.random.multinomial(
        mx.nd.ones((50,), ctx=gpu) / 50, shape=(5, 3)
    ),
    "shuffle": lambda gpu: mx.nd.random.shuffle(mx.nd.arange(50, ctx=gpu)),
    "normal_like": lambda gpu: mx.nd.random.normal_like(mx.nd.zeros((5, 3), ctx=gpu)),
}


@pytest.mark.parametrize("name", DRAWS)
def test_a_seed_repeats_and_draws_differ(gpu: mx.Context, name: str) -> None:
    def drawn() -> list[np.ndarray]:
        arrays = [DRAWS[name](gpu) for _ in range(3)]
        assert {array.context for array in arrays} == {gpu}
        return [array.asnumpy() for array in arrays]

    mx.random.seed(7, ctx=gpu)
    first = drawn()
    mx.random.seed(7, ctx=gpu)
    again = drawn()
    mx.random.seed(8, ctx=gpu)
    other = drawn()
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first[1], first[2])
    assert not np.array_equal(first, other)


def test_seeds_of_one_device_and_of_all(gpu: mx.Context) -> None:
    mx.random.seed(1)
    on_cpu, on_gpu = mx.nd.random.uniform(shape=4), mx.nd.random.uniform(shape=4, ctx=gpu)
    mx.random.seed(1, ctx=gpu)
    assert mx.nd.random.uniform(shape=4, ctx=gpu).asnumpy().tolist() == on_gpu.asnumpy().tolist()
    assert mx.nd.random.uniform(shape=4).asnumpy().tolist() != on_cpu.asnumpy().tolist()
    mx.random.seed(1, ctx=mx.cpu())
    assert mx.nd.random.uniform(shape=4).asnumpy().tolist() == on_cpu.asnumpy().tolist()
    with pytest.raises(DeviceError, match=r"gpu\(99\) cannot be used"):
        mx.random.seed(1, ctx=mx.gpu(99))


def test_devices_have_numbers_of_their_own(gpu: mx.Context) -> None:
    if mx.num_gpus() < 2:
        pytest.skip("there is one GPU")
    other = mx.gpu(1)

    def both() -> list[list[float]]:
        return [mx.nd.random.normal(shape=4, ctx=c).asnumpy().tolist() for c in (gpu, other)]

    mx.random.seed(5)
    first = both()
    assert first[0] != first[1]
    mx.random.seed(5)
    assert both() == first
    mx.random.seed(5, ctx=gpu)
    mx.random.seed(5, ctx=other)
    alike = both()
    assert alike[0] == alike[1] == first[0]


def test_threads_share_a_sequence(gpu: mx.Context) -> None:
    mx.random.seed(11, ctx=gpu)
    found: list[np.ndarray] = []

    def draw() -> None:
        for _ in range(5):
            values = mx.nd.random.uniform(shape=8, ctx=gpu).asnumpy()
            found.append(values)

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Each draw was of two counters that nobody else had.
    expected = units(11, range(40)).reshape(20, 8)
    assert sorted(map(tuple, found)) == sorted(map(tuple, expected))


def test_streams_need_no_order(gpu: mx.Context) -> None:
    import cupy

    mx.random.seed(2, ctx=gpu)
    streams = [cupy.cuda.Stream(non_blocking=True) for _ in range(2)]
    found = []
    for stream in streams:
        with stream:
            found.append(mx.nd.random.uniform(shape=4, ctx=gpu).asnumpy())
    np.testing.assert_array_equal(np.concatenate(found), units(2, range(2)))


# Distributions


def distance(x: np.ndarray, y: np.ndarray) -> float:
    """The greatest difference of two samples' distribution functions."""
    both = np.concatenate([x, y])
    ranks = [np.searchsorted(np.sort(z), both, side="right") / z.size for z in (x, y)]
    return float(np.abs(ranks[0] - ranks[1]).max())


def same_distribution(x: Any, y: np.ndarray) -> None:
    """Whether two samples may be of one distribution; wrongly no in one case of a thousand."""
    x = x.asnumpy().astype("f8").ravel()
    assert np.isfinite(x).all()
    most = 1.95 * np.sqrt((x.size + y.size) / (x.size * y.size))
    assert distance(x, y.astype("f8").ravel()) < most


HALVES = ["float16", "float32", "float64"]
CASES: dict[str, tuple[Callable[..., Any], Callable[[np.random.Generator], np.ndarray]]] = {
    "uniform": (
        lambda **given: mx.nd.random.uniform(-2, 3, **given),
        lambda numpy: numpy.uniform(-2, 3, SIZE),
    ),
    "normal": (
        lambda **given: mx.nd.random.normal(1, 2, **given),
        lambda numpy: numpy.normal(1, 2, SIZE),
    ),
    "exponential": (
        lambda **given: mx.nd.random.exponential(0.5, **given),
        lambda numpy: numpy.exponential(0.5, SIZE),
    ),
    "gamma of a small shape": (
        lambda **given: mx.nd.random.gamma(0.3, 2, **given),
        lambda numpy: numpy.gamma(0.3, 2, SIZE),
    ),
    "gamma": (
        lambda **given: mx.nd.random.gamma(4.5, 0.5, **given),
        lambda numpy: numpy.gamma(4.5, 0.5, SIZE),
    ),
    "poisson of a small mean": (
        lambda **given: mx.nd.random.poisson(3.5, **given),
        lambda numpy: numpy.poisson(3.5, SIZE),
    ),
    "poisson": (
        lambda **given: mx.nd.random.poisson(40, **given),
        lambda numpy: numpy.poisson(40, SIZE),
    ),
    "negative binomial": (
        lambda **given: mx.nd.random.negative_binomial(5, 0.3, **given),
        lambda numpy: numpy.negative_binomial(5, 0.3, SIZE),
    ),
    "generalized negative binomial": (
        lambda **given: mx.nd.random.generalized_negative_binomial(4, 0.5, **given),
        lambda numpy: numpy.negative_binomial(2, 1 / 3, SIZE),
    ),
}


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("name", CASES)
def test_distributions(gpu: mx.Context, name: str, dtype: str) -> None:
    draw, expected = CASES[name]
    mx.random.seed(3, ctx=gpu)
    x = draw(shape=(SIZE,), dtype=dtype, ctx=gpu)
    assert x.dtype == np.dtype(dtype)
    assert x.context == gpu
    y = expected(np.random.default_rng(1))
    same_distribution(x, y.astype(dtype) if dtype == "float16" else y)


@pytest.mark.parametrize("mean", [0.0, 0.01, 1, 9.99, 10, 1000, 20_000, 1e6, 1e9])
def test_means_of_poisson_numbers(gpu: mx.Context, mean: float) -> None:
    mx.random.seed(4, ctx=gpu)
    x = mx.nd.random.poisson(mean, shape=(SIZE,), dtype="float64", ctx=gpu) if mean else None
    if x is None:
        x = mx.nd.sample_poisson(mx.nd.zeros((1,), ctx=gpu), shape=(SIZE,))
    values = x.asnumpy()
    assert (values == np.floor(values)).all()
    assert values.min() >= 0
    assert abs(values.mean() - mean) <= 4 * np.sqrt(mean / SIZE)
    assert abs(values.var() - mean) <= 0.06 * mean + 0.02 * (mean > 0)


@pytest.mark.parametrize("shape", [0.0, 0.01, 0.5, 1, 30, 1e4])
def test_means_of_gamma_numbers(gpu: mx.Context, shape: float) -> None:
    mx.random.seed(5, ctx=gpu)
    x = mx.nd.sample_gamma(
        mx.nd.array([shape], ctx=gpu), mx.nd.ones((1,), ctx=gpu), shape=(SIZE,), dtype="float64"
    ).asnumpy()
    assert x.min() >= 0
    assert abs(x.mean() - shape) <= 4 * np.sqrt(shape / SIZE)


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_whole_numbers(gpu: mx.Context, dtype: str) -> None:
    mx.random.seed(6, ctx=gpu)
    x = mx.nd.random.randint(-3, 7, shape=(SIZE,), dtype=dtype, ctx=gpu)
    assert x.dtype == np.dtype(dtype)
    counts = np.bincount(x.asnumpy() + 3, minlength=10)
    assert len(counts) == 10
    assert (np.abs(counts - SIZE / 10) < 4 * np.sqrt(SIZE / 10)).all()
    wide = mx.nd.random.randint(-(2**31), 2**31 - 1, shape=(1000,), dtype=dtype, ctx=gpu).asnumpy()
    assert wide.min() < -(2**30)
    assert wide.max() > 2**30


def test_parameters_as_arrays(gpu: mx.Context) -> None:
    mx.random.seed(7, ctx=gpu)
    low, high = mx.nd.array([0, 10, -5], ctx=gpu), mx.nd.array([1, 30, -4], ctx=gpu)
    x = mx.nd.sample_uniform(low, high, shape=(1000,)).asnumpy()
    assert x.shape == (3, 1000)
    assert (x.min(1) >= [0, 10, -5]).all()
    assert (x.max(1) <= [1, 30, -4]).all()
    np.testing.assert_allclose(x.mean(1), [0.5, 20, -4.5], rtol=0.05)
    for draw, first, second, means in (
        (mx.nd.sample_normal, [0, 100], [1, 5], [0, 100]),
        (mx.nd.sample_gamma, [1, 20], [2, 0.5], [2, 10]),
    ):
        given = (mx.nd.array(first, ctx=gpu), mx.nd.array(second, ctx=gpu))
        values = draw(*given, shape=(50, 40)).asnumpy()
        assert values.shape == (2, 50, 40)
        np.testing.assert_allclose(values.mean((1, 2)), means, atol=0.15, rtol=0.05)
    for draw, given, means in (
        (mx.nd.sample_exponential, [0.5, 4], [2, 0.25]),
        (mx.nd.sample_poisson, [0.5, 40], [0.5, 40]),
    ):
        values = draw(mx.nd.array(given, ctx=gpu), shape=(50, 40)).asnumpy()
        np.testing.assert_allclose(values.mean((1, 2)), means, rtol=0.1)


def test_choices(gpu: mx.Context) -> None:
    mx.random.seed(8, ctx=gpu)
    p = mx.nd.array([[0.1, 0.2, 0.7], [0, 1, 0]], ctx=gpu)
    x = mx.nd.random.multinomial(p, shape=(SIZE,)).asnumpy()
    shares = np.stack([np.bincount(row, minlength=3) / SIZE for row in x])
    np.testing.assert_allclose(shares, p.asnumpy(), atol=0.015)
    assert sorted(mx.nd.random.shuffle(mx.nd.arange(100, ctx=gpu)).asnumpy()) == list(range(100))


def test_dropout(gpu: mx.Context) -> None:
    mx.random.seed(9, ctx=gpu)
    x = mx.nd.ones((200, 100), ctx=gpu)
    y = mx.nd.Dropout(x, p=0.25, mode="always").asnumpy()
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / np.float32(0.75))}
    assert abs((y == 0).mean() - 0.25) < 0.015
    data = mx.sym.Variable("data")
    executor = mx.sym.Dropout(data, p=0.5).simple_bind(gpu, data=(200, 100))
    executor.arg_dict["data"][:] = 1
    masks = [executor.forward(is_train=True)[0].asnumpy() for _ in range(3)]
    assert not np.array_equal(masks[0], masks[1])
    assert not np.array_equal(masks[1], masks[2])
    mx.random.seed(9, ctx=gpu)
    first = executor.forward(is_train=True)[0].asnumpy()
    mx.random.seed(9, ctx=gpu)
    np.testing.assert_array_equal(executor.forward(is_train=True)[0].asnumpy(), first)


def test_normal_numbers_in_both_halves_of_a_pair(gpu: mx.Context) -> None:
    mx.random.seed(10, ctx=gpu)
    for dtype in ("float32", "float64"):
        x = mx.nd.random.normal(shape=(SIZE + 1,), dtype=dtype, ctx=gpu).asnumpy()
        assert abs(np.corrcoef(x[:-1:2], x[1::2])[0, 1]) < 0.04
        for half in (x[::2], x[1::2]):
            assert abs(half.mean()) < 0.04
            assert abs(half.std() - 1) < 0.03


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 0, 3), (5,), (1023,)])
def test_shapes(gpu: mx.Context, shape: tuple[int, ...]) -> None:
    for draw in (
        mx.nd.random.uniform,
        mx.nd.random.normal,
        mx.nd.random.exponential,
        mx.nd.random.gamma,
    ):
        for dtype in HALVES:
            x = draw(shape=shape or None, dtype=dtype, ctx=gpu)
            assert x.shape == (shape or (1,))
            assert np.isfinite(x.asnumpy()).all()


def test_what_has_no_end_is_not_waited_for(gpu: mx.Context) -> None:
    found = [mx.nd.random.gamma(float("inf"), shape=3, ctx=ctx) for ctx in (mx.cpu(), gpu)]
    assert [x.asnumpy().tolist() for x in found] == [[np.inf] * 3] * 2
    for ctx in (mx.cpu(), gpu):
        for lam in (1e19, float("inf")):
            with pytest.raises(ValueError, match="lam value too large"):
                mx.nd.random.poisson(lam, shape=3, ctx=ctx)
