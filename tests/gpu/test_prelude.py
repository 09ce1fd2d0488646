"""What the text of kernels can use gives NumPy's answers: computed on the CPU from the same text."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_runs import needs_compiler, run

from symbook.cuda import FLOATS, INTEGERS, NUMBERS, TYPES, Kernel

pytestmark = [needs_compiler, pytest.mark.filterwarnings("ignore::RuntimeWarning")]

ROWS = [1, 2, 8, 32, 64, 256, 1024]


def kernel(name: str, text: str, types: Any = TYPES) -> Kernel:
    return Kernel(f"test_{name}", f"KERNEL test_{name}{text}", types, listed=False)


def special(dtype: str) -> np.ndarray:
    """Values of a type that its arithmetic may get wrong."""
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return np.array([False, True])
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        some = {0, 1, 2, 3, 5, 7, 100, limits.max, limits.max - 1, limits.min, limits.min + 1}
        some |= {-value for value in some if limits.min <= -value <= limits.max}
        return np.array(sorted(some), kind)
    limits = np.finfo(kind)
    some = [
        0.0,
        0.25,
        0.5,
        1,
        1.5,
        2,
        3,
        5.5,
        7,
        100,
        0.1,
        0.7,
        limits.max,
        limits.tiny,
        limits.eps,
    ]
    some += [limits.smallest_subnormal, 1 / 3, np.inf]
    return np.array([*some, *(-value for value in some), np.nan]).astype(kind)


def values(dtype: str) -> st.SearchStrategy:
    """Arrays of any values, and pairs of equal or opposite ones more often than chance has them."""
    one = st.one_of(st.sampled_from(list(special(dtype))), arrays.from_dtype(np.dtype(dtype)))
    return arrays.arrays(dtype, st.integers(1, 40), elements=one)


def same(expected: np.ndarray, got: np.ndarray) -> None:
    """Equal to the bit, but for which not-a-number it is."""
    assert expected.dtype == got.dtype
    np.testing.assert_array_equal(expected, got)
    if expected.dtype.kind == "f":
        numbers = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(expected[numbers]), np.signbit(got[numbers]))


# Arithmetic of two numbers.

BINARY = kernel(
    "binary",
    """(const T* a, const T* b, T* y, long long n) {
    FOR_EACH(i, n) {
        y[i] = maximum(a[i], b[i]);
        y[i + n] = minimum(a[i], b[i]);
        y[i + 2 * n] = fmaximum(a[i], b[i]);
        y[i + 3 * n] = fminimum(a[i], b[i]);
        y[i + 4 * n] = modulo(a[i], b[i]);
        y[i + 5 * n] = floor_divide(a[i], b[i]);
    }
}""",
    NUMBERS,
)


def binary(a: np.ndarray, b: np.ndarray) -> None:
    y = np.empty((6, a.size), a.dtype)
    run(BINARY, a.dtype, (a, b, y, a.size))
    for k, function in enumerate([np.maximum, np.minimum, np.fmax, np.fmin]):
        np.testing.assert_array_equal(function(a, b), y[k], function.__name__)
    same(np.remainder(a, b), y[4])
    same(np.floor_divide(a, b), y[5])


@pytest.mark.parametrize("dtype", NUMBERS)
def test_two_numbers_of_special_values(dtype: str) -> None:
    some = special(dtype)
    binary(np.repeat(some, some.size), np.tile(some, some.size))


@pytest.mark.parametrize("dtype", NUMBERS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_two_numbers(dtype: str, data: st.DataObject) -> None:
    a = data.draw(values(dtype))
    b = data.draw(arrays.arrays(dtype, a.shape, elements=arrays.from_dtype(a.dtype)))
    binary(a, b)


POWER = kernel(
    "power",
    """(const T* a, const T* b, T* y, long long n) {
    FOR_EACH(i, n) y[i] = integer_power(a[i], b[i]);
}""",
    INTEGERS,
)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_powers_of_integers(dtype: str) -> None:
    some = special(dtype)
    a, b = np.repeat(some, some.size), np.tile(some, some.size)
    y = np.empty_like(a)
    run(POWER, dtype, (a, b, y, a.size))
    mask = b >= 0
    same(a[mask] ** b[mask], y[mask])
    below = (b < 0) & (b > -50)
    whole = [
        int(Fraction(int(one)) ** int(by)) if one else 0
        for one, by in zip(a[below], b[below], strict=True)
    ]
    same(np.array(whole, dtype), y[below])


# One number.

UNARY = kernel(
    "unary",
    """(const T* x, T* y, T* low, double a, double b, long long n) {
    FOR_EACH(i, n) {
        y[i] = sign(x[i]);
        y[i + n] = clip(x[i], T(a), T(b));
        y[i + 2 * n] = T(is_nan(x[i]));
    }
    if (THREAD == 0 && BLOCK == 0) low[0] = lowest<T>(), low[1] = highest<T>();
}""",
    NUMBERS,
)


@pytest.mark.parametrize("dtype", NUMBERS)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_one_number(dtype: str, data: st.DataObject) -> None:
    x = data.draw(values(dtype))
    y, limits = np.empty((3, x.size), dtype), np.empty(2, dtype)
    run(UNARY, dtype, (x, y, limits, 2.0, 5.0, x.size))
    np.testing.assert_array_equal(np.sign(x), y[0])
    np.testing.assert_array_equal(np.clip(x, 2, 5), y[1])
    np.testing.assert_array_equal(np.isnan(x).astype(dtype), y[2])
    if x.dtype.kind == "f":
        assert [-np.inf, np.inf] == list(limits)
    else:
        assert [np.iinfo(dtype).min, np.iinfo(dtype).max] == list(limits)


# Conversions.

C_TYPES = {name: name for name in TYPES} | {
    "float16": "half",
    "float32": "float",
    "float64": "double",
}
CONVERT = kernel(
    "convert",
    "(const T* x, "
    + ", ".join(f"{C_TYPES[to]}* y{k}, {C_TYPES[to]}* z{k}" for k, to in enumerate(TYPES))
    + ", long long n) { FOR_EACH(i, n) { T v = x[i];"
    + " ".join(f"y{k}[i] = {C_TYPES[to]}(v); z{k}[i] = v;" for k, to in enumerate(TYPES))
    + "} }",
)


def converted(x: np.ndarray, to: str) -> np.ndarray:
    """By a constructor, which assignment must do as well."""
    made = {other: np.empty((2, x.size), other) for other in TYPES}
    run(CONVERT, x.dtype, (x, *(row for rows in made.values() for row in rows), x.size))
    same(*made[to])
    return made[to][0]


@pytest.mark.parametrize("b", TYPES)
@pytest.mark.parametrize("a", TYPES)
def test_conversions(a: str, b: str) -> None:
    x = special(a)
    if np.dtype(a).kind == "f" and np.dtype(b).kind in "iu":  # beyond the limits anything may come
        limits = np.iinfo(b)
        x = x[np.isfinite(x) & (x > float(limits.min)) & (x < float(limits.max) / 2)]
    same(x.astype(b), converted(x, b))


def test_every_float16_is_read_and_written() -> None:
    x = np.arange(1 << 16, dtype="uint16").view("float16")
    same(x.astype("float32"), converted(x, "float32"))
    same(x, converted(x.astype("float32"), "float16"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_float16_is_rounded_once_to_the_nearest(dtype: str) -> None:
    every = np.arange(0x7C00, dtype="uint16").view("float16").astype(dtype)
    between = (every[1:] + every[:-1]) / 2
    near = [np.nextafter(between, end, dtype=dtype) for end in (0, np.inf)]
    x = np.concatenate([between, *near])
    same(x.astype("float16"), converted(x, "float16"))


# What the threads of a block find together.

REDUCE = kernel(
    "reduce",
    """(const T* x, A* sums, T* ends, long long* places, long long rows, long long n) {
    FOR_BLOCKS(row, rows) {
        const T* from = x + (int64)row * n;
        auto at = [&](I i) { return from[i]; };
        A sum = row_sum(n, at);
        T greatest = row_max(n, at), least = row_min(n, at);
        I last = row_argmax(n, at), first = row_argmin(n, at);
        if (THREAD == 0) {
            sums[row] = sum;
            ends[2 * row] = least, ends[2 * row + 1] = greatest;
            places[2 * row] = first, places[2 * row + 1] = last;
        }
    }
}""",
)


def reduced(
    x: np.ndarray, threads: int, blocks: int = 3, wide: bool = False
) -> tuple[np.ndarray, ...]:
    rows, n = x.shape
    summed = {"b": "int64", "f": "float64" if x.dtype == "float64" else "float32"}
    sums = np.empty(rows, summed.get(x.dtype.kind, x.dtype))
    ends, places = np.empty((rows, 2), x.dtype), np.empty((rows, 2), "int64")
    run(REDUCE, x.dtype, (x, sums, ends, places, rows, n), blocks, threads, wide)
    return sums, ends, places


@pytest.mark.parametrize("threads", ROWS)
@pytest.mark.parametrize("dtype", TYPES)
def test_rows_reduced_by_blocks(dtype: str, threads: int) -> None:
    rng = np.random.default_rng(threads)
    x = rng.integers(0, 50, (5, 333)).astype(dtype)
    sums, ends, places = reduced(x, threads, wide=threads == 64)
    np.testing.assert_array_equal(x.sum(1, dtype=sums.dtype), sums)
    np.testing.assert_array_equal(np.stack([x.min(1), x.max(1)], 1), ends)
    np.testing.assert_array_equal(np.stack([x.argmin(1), x.argmax(1)], 1), places)


@pytest.mark.parametrize("dtype", FLOATS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_rows_of_special_values(dtype: str, data: st.DataObject) -> None:
    x = data.draw(values(dtype))[None]
    sums, ends, places = reduced(x, data.draw(st.sampled_from([1, 4, 64])), blocks=1)
    np.testing.assert_array_equal(np.stack([x.min(1), x.max(1)], 1), ends)
    np.testing.assert_array_equal(np.stack([x.argmin(1), x.argmax(1)], 1), places)
    if not np.isfinite(x).all():
        np.testing.assert_array_equal(x.sum(1, dtype=sums.dtype), sums)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("threads", [1, 64, 256])
def test_long_sums_lose_nothing(dtype: str, threads: int) -> None:
    x = np.random.default_rng(3).normal(0, 1, (2, 200_000)).astype(dtype)
    x[1] += 1000
    x[0, ::1000] *= 1e6
    sums, _, _ = reduced(x, threads)
    exact = [math.fsum(row) for row in x.astype("float64")]
    np.testing.assert_allclose(sums, exact, rtol=1.5 * np.finfo(dtype).eps, atol=0)


def test_places_of_no_values() -> None:
    sums, ends, places = reduced(np.empty((2, 0), "float32"), 64)
    assert (sums == 0).all()
    assert (ends == [np.inf, -np.inf]).all()
    assert (places == -1).all()


TOGETHER = kernel(
    "together",
    """(const T* x, T* y) {
    T own = x[BLOCK * THREADS + THREAD];
    T* to = y + 4 * (BLOCK * THREADS + THREAD);
    for (int twice = 0; twice < 2; twice++) {
        to[0] = block_product(own);
        to[1] = T(block_any(own > 1));
        to[2] = T(block_all(own > 1));
        to[3] = block_sum(own);
    }
}""",
    ["float32", "int64"],
)


@pytest.mark.parametrize("threads", ROWS)
@pytest.mark.parametrize("dtype", ["float32", "int64"])
def test_every_thread_of_a_block_gets_the_answer(dtype: str, threads: int) -> None:
    x = np.random.default_rng(2).integers(1, 3, (4, threads)).astype(dtype)
    x[1], x[2] = 1, 2
    y = np.empty((4, threads, 4), dtype)
    run(TOGETHER, dtype, (x, y), 4, threads)
    answers = np.stack([x.prod(1), (x > 1).any(1), (x > 1).all(1), x.sum(1)], 1).astype(dtype)
    np.testing.assert_array_equal(np.broadcast_to(answers[:, None], y.shape), y)


ADD = kernel(
    "add",
    """(const long long* to, const T* x, T* y, A* sums, long long n) {
    FOR_EACH(i, n) {
        atomic_add(y + to[i], x[i]);
        atomic_add(sums + to[i], A(x[i]));
    }
}""",
    NUMBERS,
)


@pytest.mark.parametrize("dtype", NUMBERS)
def test_atomic_sums(dtype: str) -> None:
    rng = np.random.default_rng(4)
    to, x = rng.integers(0, 17, 500), rng.integers(0, 4, 500).astype(dtype)
    y = np.zeros(17, dtype)
    sums = np.zeros(17, "float32" if dtype == "float16" else dtype)
    run(ADD, dtype, (to, x, y, sums, 500))
    expected = np.zeros_like(y)
    np.add.at(expected, to, x)
    np.testing.assert_array_equal(expected, y)
    np.testing.assert_array_equal(expected.astype(sums.dtype), sums)


# Random numbers.

RANDOM = kernel(
    "random",
    """(unsigned long long seed, unsigned long long stream, unsigned long long counter,
    unsigned int* words, float* uniforms, double* doubles, float* normal, long long n) {
    FOR_EACH(i, n) {
        Words four = philox(seed, stream, counter + (uint64)i);
        for (int k = 0; k < 4; k++) {
            words[4 * i + k] = four.at[k];
            uniforms[4 * i + k] = uniform(four.at[k]);
        }
        doubles[i] = uniform(four.at[0], four.at[1]);
        Normals two = normals(four.at[2], four.at[3]);
        normal[2 * i] = two.at[0], normal[2 * i + 1] = two.at[1];
    }
}""",
    ["float32"],
)


def random(seed: int, stream: int, counter: int, n: int) -> tuple[np.ndarray, ...]:
    words, uniforms = np.empty((n, 4), "uint32"), np.empty((n, 4), "float32")
    doubles, normal = np.empty(n), np.empty((n, 2), "float32")
    run(RANDOM, "float32", (seed, stream, counter, words, uniforms, doubles, normal, n))
    return words, uniforms, doubles, normal


@pytest.mark.parametrize(
    ("key", "counter", "expected"),
    [
        ((0, 0), (0, 0, 0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((0xFFFFFFFF,) * 2, (0xFFFFFFFF,) * 4, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0xA4093822, 0x299F31D0),
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_philox_gives_its_authors_answers(key: tuple, counter: tuple, expected: str) -> None:
    """Of the file kat_vectors of Random123."""
    join = lambda low, high: low | high << 32  # noqa: E731
    words, *_ = random(join(*key), join(*counter[2:]), join(*counter[:2]), 1)
    assert expected == " ".join(f"{word:08x}" for word in words[0])


def test_numbers_made_of_random_words() -> None:
    words, uniforms, doubles, normal = random(7, 1, 1 << 33, 50_000)
    same((words >> 8).astype("float32") / np.float32(1 << 24), uniforms)
    high, low = words[:, 0].astype("uint64"), words[:, 1].astype("uint64")
    same(((high << 32 | low) >> 11) / 2.0**53, doubles)
    radius = np.sqrt(-2 * np.log1p(-uniforms[:, 2].astype("f8")))
    angle = 2 * np.pi * uniforms[:, 3].astype("f8")
    polar = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    np.testing.assert_allclose(normal, polar, rtol=2e-6, atol=2e-6)
    assert abs(normal.mean()) < 0.01
    assert abs(normal.std() - 1) < 0.01


# Functions that CUDA has and NumPy lacks, as the stand-in for CUDA gives them.

SPECIAL = kernel(
    "special",
    """(const T* x, T* y, long long n) {
    FOR_EACH(i, n) {
        y[i] = T(erf(A(x[i])));
        y[i + n] = T(lgamma(A(x[i])));
        y[i + 2 * n] = T(tgamma(A(x[i])));
        y[i + 3 * n] = T(erfinv(erf(A(x[i]))));
        y[i + 4 * n] = T(rsqrt(A(x[i])));
    }
}""",
    FLOATS,
)


@pytest.mark.parametrize("dtype", FLOATS)
def test_special_functions(dtype: str) -> None:
    x = np.linspace(0.1, 2.5, 200).astype(dtype)
    y = np.empty((5, x.size), dtype)
    run(SPECIAL, dtype, (x, y, x.size))
    rtol = {"float16": 1e-3, "float32": 1e-6, "float64": 1e-13}[dtype]
    for k, function in enumerate([math.erf, math.lgamma, math.gamma]):
        exact = [function(float(value)) for value in x]
        np.testing.assert_allclose(y[k], exact, rtol, atol=rtol)
    np.testing.assert_allclose(y[4], 1 / np.sqrt(x.astype("f8")), rtol)
    np.testing.assert_allclose(y[3], x, rtol=2e3 * rtol)
