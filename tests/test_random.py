"""Random numbers: MXNet's, repeatable, and of the right distribution."""

from __future__ import annotations

import ast
import hashlib
import json
import math
import threading

import numpy as np
import pytest
from ops_cases import GOLDEN, run

import symbook as mx
from symbook import rng
from symbook.errors import ArgumentError, SymbookError
from symbook.ops import registry
from symbook.ops.rules import Mismatch

FLOAT32 = np.dtype("float32")
DRAWS = json.loads((GOLDEN / "random.json").read_text(encoding="utf-8"))
# Shuffling and picking by weights have generators of their own in MXNet.
OTHERS = ("shuffle", "multinomial")
CASES = [case for case in DRAWS if not any(word in case["code"][0] for word in OTHERS)]


def value_of(code, names):
    """The value of the last line of a snippet, after the others have run."""
    tree = ast.parse(code)
    last = tree.body.pop()
    exec(compile(tree, "golden", "exec"), names)
    return eval(compile(ast.Expression(last.value), "golden", "eval"), names)


def check_draw(array, expected):
    """Bit-equal to MXNet, but for a logarithm's last bits: then within 2 in the last place."""
    assert array.dtype.name == expected["dtype"]
    assert list(array.shape) == expected["shape"]
    if hashlib.sha256(array.tobytes()).hexdigest() == expected["sha256"]:
        return
    assert array.dtype.kind == "f"
    values = np.array(expected.get("data") or expected["first"], array.dtype)
    np.testing.assert_array_max_ulp(array.ravel()[: len(values)], values, maxulp=2)
    assert array.sum(dtype="float64") == pytest.approx(expected["sum"], abs=1e-6 * array.size)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['seed']}-{case['code'][0]}")
def test_golden(case):
    mx.random.seed(case["seed"] or 0)
    names = {"mx": mx, "np": np}
    if "error" in case:
        with pytest.raises(SymbookError):
            value_of(case["code"][0], names)
        return
    for code, expected in zip(case["code"], case["draws"], strict=True):
        array = value_of(code, names).asnumpy()
        check_draw(array, expected)
        if any(word in code for word in ("uniform", "randint")):
            assert hashlib.sha256(array.tobytes()).hexdigest() == expected["sha256"]


# The generators, against NumPy's own Mersenne twister


class Reference:
    """MXNet's scheme, written with 1024 of NumPy's generators and loops."""

    def __init__(self, seed):
        self.states = [np.random.RandomState((127 * seed + i) % 2**32) for i in range(1024)]

    def stretches(self, size):
        each = math.ceil(size / min(1024, math.ceil(size / 64)))
        for i, start in enumerate(range(0, size, each)):
            yield self.states[i], min(each, size - start)

    def words(self, size, width):
        parts = [
            state.randint(0, 2**32, (count, width), dtype=np.uint32)
            for state, count in self.stretches(size)
        ]
        return np.concatenate(parts)

    def uniform(self, size):
        return self.words(size, 1)[:, 0].astype("float32") / np.float32(2**32)

    def normal(self, size):
        return np.array(
            [self.polar(state) for state, count in self.stretches(size) for _ in range(count)]
        )

    @staticmethod
    def polar(state):
        while True:
            words = state.randint(0, 2**32, 2, dtype=np.uint32).astype("float32")
            x, y = words / np.float32(2**32) * 2 - 1
            if 0 < (square := x * x + y * y) <= 1:
                return y * math.sqrt(-2 * math.log(square) / square)


@pytest.mark.parametrize("seed", [0, 3, -1, 2**31 - 1])
def test_many_draws_of_all_sizes(seed):
    generator, reference = rng.CpuGenerator(), Reference(seed)
    generator.seed(seed)
    for size in (5, 200, 1, 65, 100_000, 3000, 70_000, 64):
        np.testing.assert_array_equal(generator.uniform((size,), FLOAT32), reference.uniform(size))
        drawn = generator.normal((size // 20 + 1,), FLOAT32)
        np.testing.assert_allclose(drawn, reference.normal(size // 20 + 1), rtol=1e-5)
        integers = generator.integers(-5, 1000, (size,), np.dtype("int64"))
        words = reference.words(size, 2).astype(object)
        np.testing.assert_array_equal(integers, ((words[:, 0] << 31) + words[:, 1]) % 1005 - 5)


def test_nothing_drawn_changes_nothing():
    generator = rng.CpuGenerator()
    for draw in (generator.uniform, generator.normal, generator.exponential):
        assert draw((0, 3), FLOAT32).shape == (0, 3)
    assert generator.permutation(0).shape == (0,)
    np.testing.assert_array_equal(generator.uniform((9,), FLOAT32), Reference(0).uniform(9))


def test_a_value_that_rounds_to_one_is_less_than_one():
    words = np.full((3, 1), 2**32 - 1, np.uint32)
    assert rng._to_unit(words).max() == np.nextafter(np.float32(1), np.float32(0))
    words = np.full((3, 2), 2**32 - 1, np.uint32)
    assert rng._to_unit(words).max() == np.nextafter(1.0, 0.0)


def test_threads_draw_different_numbers():
    generator = rng.CpuGenerator()
    parts = []

    def work():
        parts.extend(generator.uniform((100,), FLOAT32) for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reference = Reference(0)
    expected = {reference.uniform(100).tobytes() for _ in range(200)}
    assert {part.tobytes() for part in parts} == expected


# Distributions that are not MXNet's number by number


def moments(values, mean, variance):
    """The sample's mean and variance are within five standard errors or so."""
    values = values.astype("float64").ravel()
    assert values.mean() == pytest.approx(mean, abs=5 * math.sqrt(variance / values.size))
    assert values.var() == pytest.approx(variance, rel=0.1)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_gamma(dtype):
    mx.random.seed(1)
    (values,) = run("_random_gamma", alpha=2.5, beta=3.0, shape=(20_000,), dtype=dtype)
    assert values.dtype == dtype
    moments(values, 2.5 * 3, 2.5 * 9)


def test_poisson():
    mx.random.seed(1)
    (values,) = run("_random_poisson", lam=4.0, shape=(20_000,))
    assert values.dtype == FLOAT32
    assert (values == np.floor(values)).all()
    moments(values, 4, 4)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_like(dtype):
    like = np.zeros((100, 200), dtype)
    mx.random.seed(2)
    (values,) = run("_random_uniform_like", like, low=2.0, high=6.0)
    assert 2 <= values.min() < 2.01
    assert 5.99 < values.max() <= 6
    moments(values, 4, 16 / 12)
    moments(run("_random_normal_like", like, loc=-1.0, scale=2.0)[0], -1, 4)
    moments(run("_random_exponential_like", like, lam=0.5)[0], 2, 4)
    with pytest.raises(Mismatch, match="int32 cannot be drawn"):
        run("_random_uniform_like", like.astype("int32"))


def test_sample():
    mx.random.seed(3)
    loc, scale = np.float32([0, 100]), np.float32([1, 5])
    (values,) = run("_sample_normal", loc, scale, shape=(50, 400))
    assert values.shape == (2, 50, 400)
    for part, mean, deviation in zip(values, loc, scale, strict=True):
        moments(part, mean, deviation**2)
    (values,) = run("_sample_exponential", np.float32([1, 4]), shape=20_000)
    for part, rate in zip(values, (1, 4), strict=True):
        moments(part, 1 / rate, 1 / rate**2)
    assert run("_sample_uniform", loc, loc + scale)[0].shape == (2,)


def test_shuffle():
    mx.random.seed(4)
    rows = np.arange(40).reshape(20, 2)
    (mixed,) = run("_shuffle", rows)
    assert not np.array_equal(mixed, rows)
    np.testing.assert_array_equal(mixed[np.argsort(mixed[:, 0])], rows)
    firsts = [run("_shuffle", np.arange(4))[0][0] for _ in range(4000)]
    assert np.bincount(firsts).min() > 850


# The surface


@pytest.mark.parametrize("name", ["uniform", "normal", "exponential"])
def test_a_seed_repeats(name):
    draw = getattr(mx.random, name)
    mx.random.seed(5)
    first, second = draw(shape=(3, 4)).asnumpy(), draw(shape=(3, 4)).asnumpy()
    assert not np.array_equal(first, second)
    mx.random.seed(5)
    np.testing.assert_array_equal(draw(shape=(3, 4)).asnumpy(), first)


@pytest.mark.parametrize("bad", ["a", 1.5, None])
def test_a_seed_is_a_whole_number(bad):
    with pytest.raises(ValueError, match="seed_state must be int"):
        mx.random.seed(bad)


def test_a_seed_of_no_context():
    with pytest.raises(ArgumentError, match="not a context"):
        mx.random.seed(1, ctx="x")


@pytest.mark.parametrize(
    ("op", "params", "message"),
    [
        ("_random_uniform", {"low": 2, "high": 1}, "must not be greater"),
        ("_random_normal", {"scale": -1}, "scale must be greater than 0"),
        ("_random_exponential", {"lam": 0}, "lam must be greater than 0"),
        ("_random_gamma", {"beta": 0}, "beta must be greater than 0"),
        ("_random_randint", {"low": 5, "high": 5}, "must be less than"),
        ("_random_randint", {"low": 0, "high": 2**63}, "high .* must be a number of int64"),
        ("_random_randint", {"low": -(2**63) - 1, "high": 0}, "low .* must be a number of int64"),
        ("_random_uniform", {"dtype": "int32"}, "dtype int32 cannot be drawn"),
    ],
)
def test_refused(op, params, message):
    with pytest.raises(Mismatch, match=message):
        run(op, **params)


@pytest.mark.parametrize(
    ("low", "high"),
    [(-(2**62), 2**62), (-(2**62), 2**62 - 1), (-(2**63), 2**63 - 1), (-(2**63), 0), (-9, 2**62)],
)
def test_whole_numbers_of_wide_ranges(low, high):
    mx.random.seed(7)
    words = Reference(7).words(300, 2).astype(object)
    wide = 32 if high - low > 2**63 else 31
    expected = [low + (a * 2**wide + b) % (high - low) for a, b in words]
    x = mx.nd.random.randint(low, high, shape=300, dtype="int64").asnumpy()
    np.testing.assert_array_equal(x, np.array(expected, "int64"))
    assert x.min() < low + (high - low) // 8
    assert x.max() > high - 1 - (high - low) // 8


@pytest.mark.parametrize("op", ["_random_uniform", "_random_normal", "_random_exponential"])
def test_one_number_without_a_shape(op):
    assert registry.get(op).random
    assert run(op)[0].shape == (1,)
