"""Arithmetic, comparison and logic of arrays, with each other and with numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ops_cases import cases_of, check, infer, ops_of, run

from symbook.ops import registry
from symbook.ops.rules import Mismatch

PAIRS = {
    "elemwise_add": np.add,
    "elemwise_sub": np.subtract,
    "elemwise_mul": np.multiply,
    "elemwise_div": np.divide,
    "_mod": np.mod,
    "_power": np.power,
    "_maximum": np.maximum,
    "_minimum": np.minimum,
    "_hypot": np.hypot,
    "_equal": np.equal,
    "_not_equal": np.not_equal,
    "_greater": np.greater,
    "_greater_equal": np.greater_equal,
    "_lesser": np.less,
    "_lesser_equal": np.less_equal,
    "_logical_and": np.logical_and,
    "_logical_or": np.logical_or,
    "_logical_xor": np.logical_xor,
}

DIFFERENT = {
    **{f"{name}-8": "arrays of unequal shapes broadcast" for name in PAIRS},
    "elemwise_div-11": "an integer divided by 0 is 0; MXNet ends the process",
    "elemwise_div-12": "an integer divided by 0 is 0; MXNet ends the process",
    "_div_scalar-29": "an integer divided by 0 is 0; MXNet ends the process",
    "_div_scalar-30": "an integer divided by 0 is 0; MXNet ends the process",
    "_rdiv_scalar-31": "an integer divided by 0 is 0; MXNet gives the smallest integer",
}

# A remainder of 0 takes the sign of the divisor, as Python's does; MXNet's takes the dividend's.
# Of 0.0 and -0.0 NumPy takes either for the larger.
ZERO_OF_EITHER_SIGN = {"_mod", "broadcast_mod", "_mod_scalar", "_rmod_scalar"}
ZERO_OF_EITHER_SIGN |= {
    f"{prefix}{name}" for name in ("maximum", "minimum") for prefix in ("_", "broadcast_")
}
ZERO_OF_EITHER_SIGN |= {"_maximum_scalar", "_minimum_scalar"}

OPS = [name for module in ("arithmetic", "comparison", "scalar") for name in ops_of(module)]


@pytest.mark.parametrize("case", cases_of(OPS, DIFFERENT), ids=str)
def test_golden(case):
    check(case, signed_zero=case.op not in ZERO_OF_EITHER_SIGN)


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("shapes", [((2, 3), (1, 3)), ((2, 1, 3), (4, 1)), ((3,), (2, 3))], ids=str)
def test_elementwise_operators_broadcast_known_unequal_shapes(name, shapes):
    lhs, rhs = (np.arange(1, math.prod(s) + 1, dtype="float32").reshape(s) / 4 for s in shapes)
    (result,) = run(name, lhs, rhs)
    np.testing.assert_allclose(result, PAIRS[name](lhs, rhs).astype("float32"), rtol=1e-6)


@pytest.mark.parametrize("name", PAIRS)
def test_unknown_shapes(name):
    elementwise = registry.get(name)
    broadcast = registry.get(
        {"elemwise": "broadcast_" + name.removeprefix("elemwise_")}.get(
            name.split("_")[0], "broadcast" + name
        )
    )
    assert elementwise.shape(((2, 3), None), (None,), {}) == (((2, 3), (2, 3)), ((2, 3),))
    assert elementwise.shape(((2, None), (None, 3)), (None,), {})[1] == ((2, 3),)
    assert broadcast.shape(((2, 3), None), (None,), {}) == (((2, 3), None), (None,))


@pytest.mark.parametrize("name", [*PAIRS, "add_n"])
def test_refused_arrays(name):
    single, double = np.ones(2, "float32"), np.ones(2, "float64")
    with pytest.raises(Mismatch, match="mixed dtypes: float32 and float64"):
        run(name, single, double)
    with pytest.raises(Mismatch, match="bool"):
        run(name, single > 0, single > 0)
    with pytest.raises(Mismatch, match="broadcast"):
        run(name, np.ones((2, 3), "float32"), np.ones((3, 2), "float32"))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64"])
def test_division_of_integers_by_zero_is_zero(dtype):
    values = np.array([5, 0, 7], dtype)
    for call in (
        run("elemwise_div", values, np.zeros(3, dtype)),
        run("_div_scalar", values, scalar=0),
        run("_div_scalar", values, scalar=0.5),
        run("_mod_scalar", values, scalar=0),
    ):
        np.testing.assert_array_equal(call[0], [0, 0, 0])
    (quotient,) = run("_rdiv_scalar", values, scalar=7)
    np.testing.assert_array_equal(quotient, [1, 0, 1])


@settings(deadline=None)
@given(st.integers(-(2**63) + 1, 2**63 - 1), st.integers(-(2**63), 2**63 - 1).filter(bool))
def test_division_of_integers_truncates(a, b):
    (quotient,) = run("elemwise_div", np.array([a]), np.array([b]))
    assert quotient[0] == abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_remainder_is_pythons(a, b):
    (remainder,) = run("_mod", np.array([a]), np.array([b]))
    assert remainder[0] == (a % b if b else 0)


def test_powers_of_integers_are_exact():
    (result,) = run("_power", np.array([3, -3, 7]), np.array([39, 39, 22]))
    assert result.tolist() == [3**39, -(3**39), 7**22]


def test_negative_powers_of_integers():
    base, power = np.array([2, 1, -1, -1, -5], "int32"), np.array([-1, -3, -3, -2, -1], "int32")
    (result,) = run("_power", base, power)
    np.testing.assert_array_equal(result, [0, 1, -1, 1, 0])
    (result,) = run("_power_scalar", base, scalar=-3)
    np.testing.assert_array_equal(result, [0, 1, -1, -1, 0])


def test_hypot_does_not_overflow():
    (result,) = run("_hypot", np.float32([3e30]), np.float32([4e30]))
    np.testing.assert_allclose(result, [5e30], rtol=1e-6)


def test_integers_wrap_around_in_place_of_an_error():
    # Values that MXNet 1.9.1 gave.
    values = np.array([5, 7], "uint8")
    np.testing.assert_array_equal(run("_plus_scalar", values, scalar=-1)[0], [4, 6])
    np.testing.assert_array_equal(run("_plus_scalar", values, scalar=300)[0], [49, 51])


@pytest.mark.parametrize(
    ("op", "scalar", "expected"),
    [
        # What MXNet 1.9.1 gave for [True, False, True].
        ("_plus_scalar", 2, [3, 2, 3]),
        ("_minus_scalar", 2, [-1, -2, -1]),
        ("_mul_scalar", 2, [2, 0, 2]),
        ("_div_scalar", 2, [0, 0, 0]),
        ("_power_scalar", 2, [1, 0, 1]),
        ("_maximum_scalar", 2, [2, 2, 2]),
        ("_equal_scalar", 2, [0, 0, 0]),
        ("_logical_and_scalar", 2, [1, 0, 1]),
        ("_hypot_scalar", 2, [2, 2, 2]),
    ],
)
def test_bool_and_a_number_give_int64(op, scalar, expected):
    (result,) = run(op, np.array([True, False, True]), scalar=scalar)
    assert result.dtype == "int64"
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(
    ("op", "scalar", "expected"),
    [
        # What MXNet 1.9.1 gave for the int32 array [5, 7].
        ("_plus_scalar", 1.5, [6.5, 8.5]),
        ("_div_scalar", 2, [2.5, 3.5]),
        ("_maximum_scalar", 5.5, [5.5, 7.0]),
        ("_greater_scalar", 5.5, [0.0, 1.0]),
        ("_rpower_scalar", 5.5, [5032.84375, 152243.5234375]),
        ("_logical_and_scalar", 0.5, [1.0, 1.0]),
    ],
)
def test_without_is_int_integers_become_float64(op, scalar, expected):
    (result,) = run(op, np.array([5, 7], "int32"), scalar=scalar, is_int=False)
    assert result.dtype == "float64"
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan, 2.0**63])
def test_a_number_that_no_integer_can_be(number):
    with pytest.raises(Mismatch, match="cannot be cast to the array's dtype int32"):
        run("_plus_scalar", np.array([1], "int32"), scalar=number)


def test_dtype_of_an_array_beside_a_number_from_its_result():
    operator = registry.get("_plus_scalar")
    params = operator.parse({})
    single, wide = np.dtype("float32"), np.dtype("int64")
    assert operator.dtype((None,), (single,), params) == ((single,), (single,))
    assert operator.dtype((None,), (wide,), params) == ((None,), (wide,))
    assert operator.dtype((None,), (None,), params) == ((None,), (None,))


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_sum_of_many(count):
    arrays = [np.float32([[i, 2 * i, 0.5]]) for i in range(count)]
    (total,) = run("add_n", *arrays)
    np.testing.assert_array_equal(total, np.sum(arrays, axis=0))


def test_sum_of_many_broadcasts():
    (total,) = run("ElementWiseSum", *(np.ones(s, "float32") for s in [(3,), (2, 3), (1, 1), (3,)]))
    np.testing.assert_array_equal(total, np.full((2, 3), 4))


def test_no_arrays_have_no_sum():
    with pytest.raises(ValueError, match="num_args"):
        run("add_n")


def test_inference_needs_no_numbers():
    assert infer("_equal", [((10**9, 10**9), np.dtype("float16"))] * 2, {}) == [
        ((10**9, 10**9), np.dtype("float16"))
    ]
