"""Mathematical functions of one array."""

from __future__ import annotations

import math
import statistics
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ops_cases import cases_of, check, ops_of, run, same

from symbook.ops import special
from symbook.ops.rules import Mismatch

DIFFERENT = {
    "degrees-1": "MXNet multiplies float64 by a factor rounded to float32",
    "radians-1": "MXNet multiplies float64 by a factor rounded to float32",
    "hard_sigmoid-1": "MXNet rounds alpha to float32, whatever the array's dtype",
}
FLOATS = st.floats(-(2.0**25), 2.0**25, width=32)


@pytest.mark.parametrize("case", cases_of(ops_of("unary"), DIFFERENT), ids=str)
def test_golden(case):
    check(case)


def test_angles_in_float64():
    values = np.linspace(-700, 700, 57)
    same(run("degrees", values)[0], np.array([math.degrees(v) for v in values]))
    same(run("radians", values)[0], np.array([math.radians(v) for v in values]))


def test_hard_sigmoid_in_float64():
    (result,) = run("hard_sigmoid", np.array([-3.0, -1.0, 0.5, 1.0, 3.0]))
    np.testing.assert_allclose(result, [0, 0.3, 0.6, 0.7, 1], rtol=1e-15)


@settings(deadline=None)
@given(FLOATS)
def test_round_takes_halves_away_from_zero(value):
    expected = math.copysign(math.floor(abs(Fraction(value)) + Fraction(1, 2)), value)
    (result,) = run("round", np.float32([value]))
    assert result[0] == expected


@settings(deadline=None)
@given(FLOATS)
def test_rint_takes_halves_down(value):
    (result,) = run("rint", np.float32([value]))
    assert result[0] == math.ceil(Fraction(value) - Fraction(1, 2))


@pytest.mark.parametrize("value", [0.49999997, -0.49999997, 8388609.0, -8388609.0, 2.0**24 + 2])
@pytest.mark.parametrize("op", ["round", "rint"])
def test_rounding_where_adding_a_half_would_go_wrong(op, value):
    (result,) = run(op, np.float32([value]))
    assert result[0] == (0 if abs(value) < 1 else value)


def test_large_integers_keep_their_digits():
    big = np.array([2**62 + 1, -(2**62) - 1])
    for op in ("round", "rint", "floor", "ceil", "trunc", "fix"):
        np.testing.assert_array_equal(run(op, big)[0], big)
    np.testing.assert_array_equal(run("abs", big)[0], [2**62 + 1, 2**62 + 1])
    (roots,) = run("sqrt", np.array([2**31 - 1, 16777217 * 4], "int32"))
    np.testing.assert_array_equal(roots, [46340, 8192])  # as MXNet


@pytest.mark.parametrize("op", ops_of("unary"))
def test_bool_is_refused(op):
    with pytest.raises(Mismatch, match="bool"):
        run(op, np.array([True]))


# Special functions, against the standard library's


def _same_as(function, oracle, values, rtol, atol=0.0):
    with np.errstate(all="ignore"):
        result = function(np, np.array(values))
    np.testing.assert_allclose(result, [oracle(float(v)) for v in values], rtol=rtol, atol=atol)


def test_erf():
    values = [*np.linspace(-7, 7, 4001), *np.logspace(-300, 0, 301), 1.0, -1.0]
    _same_as(special.erf, math.erf, values, rtol=1e-15)


def test_erfc():
    _same_as(special.erfc, math.erfc, np.linspace(0, 6, 4001), rtol=5e-15)


def test_erfinv_undoes_erf():
    y = np.concatenate([np.linspace(-3, 3, 2001), np.logspace(-300, 0, 301)])
    with np.errstate(all="ignore"):
        back = special.erfinv(np, np.array([math.erf(v) for v in y]))
    # One unit of erf(y) is this much of y.
    unit = 2.3e-16 * np.abs(y) + 1.2e-16 * math.sqrt(math.pi) / 2 * np.exp(y * y) * np.minimum(
        1, 2 * np.abs(y)
    )
    assert np.all(np.abs(back - y) <= 3 * unit)


def test_erfinv_beside_one():
    # The normal quantile of the lower tail, which loses no digits.
    tails = 2.0 ** -np.arange(2, 54)
    normal = statistics.NormalDist()
    expected = [-normal.inv_cdf(tail / 2) / math.sqrt(2) for tail in tails]
    np.testing.assert_allclose(special.erfinv(np, 1 - tails), expected, rtol=1e-14)
    np.testing.assert_allclose(special.erfinv(np, tails - 1), np.negative(expected), rtol=1e-14)


def test_gamma():
    values = [v for v in np.linspace(-170.3, 171.6, 5003) if v != math.floor(v)]
    _same_as(special.gamma, math.gamma, values, rtol=5e-15)


def test_gamma_of_whole_numbers():
    values = np.arange(1.0, 171.0)
    expected = [float(math.factorial(int(v) - 1)) for v in values]
    with np.errstate(all="ignore"):
        result = special.gamma(np, values)
    np.testing.assert_allclose(result, expected, rtol=2e-15)


def test_gammaln():
    values = [*np.logspace(-300, 300, 2001), *np.linspace(0.001, 30, 3001)]
    # The standard library's is no better than this beside its zeros.
    _same_as(special.gammaln, math.lgamma, values, rtol=5e-15, atol=1e-15)


@pytest.mark.parametrize("step", [1e-9, -1e-9, 2.0**-40, -(2.0**-52)])
def test_gammaln_beside_its_zeros(step):
    gamma_constant = 0.57721566490153286  # Euler's; DLMF 5.7.3 is the series
    one, two = np.array([1 + step]), np.array([2 + step])
    second = math.pi**2 / 12
    d = one[0] - 1
    expected = -gamma_constant * d + second * d * d
    np.testing.assert_allclose(special.gammaln(np, one), [expected], rtol=1e-14)
    d = two[0] - 2
    expected = (1 - gamma_constant) * d + (second - 0.5) * d * d
    np.testing.assert_allclose(special.gammaln(np, two), [expected], rtol=1e-14)


def test_gammaln_of_negative_numbers():
    values = [v for v in np.linspace(-60.3, -1e-3, 2003) if v != math.floor(v)]
    _same_as(special.gammaln, math.lgamma, values, rtol=5e-15, atol=1e-13)


def test_special_functions_of_large_arrays():
    values = np.linspace(-5, 5, 100_001, dtype="float32").reshape(11, 9091)
    for rows in (values, values.T):
        (result,) = run("erf", rows)
        np.testing.assert_allclose(result[::5, ::5], np.vectorize(math.erf)(rows[::5, ::5]), 1e-6)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize(
    ("op", "oracle"), [("erf", math.erf), ("gamma", math.gamma), ("gammaln", math.lgamma)]
)
def test_special_functions_round_once(op, oracle, dtype):
    values = np.linspace(0.1, 8, 501).astype(dtype)
    (result,) = run(op, values)
    np.testing.assert_array_equal(result, np.array([oracle(v) for v in values]).astype(dtype))
