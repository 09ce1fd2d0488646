"""Products of matrices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ops_cases import cases_of, check, ops_of, run

from symbook.ops import registry
from symbook.ops.rules import Mismatch

ANY_DTYPE = "MXNet multiplies float32 and float64 only"
DIFFERENT = {
    f"{op}-{number}": ANY_DTYPE
    for op in ("dot", "batch_dot")
    for number in (2, 3, 6, 7, 10, 11, 14, 15)
}


@pytest.mark.parametrize("case", cases_of(ops_of("linalg"), DIFFERENT), ids=str)
def test_golden(case):
    check(case)


@pytest.mark.parametrize("dtype", ["float16", "int32"])
@pytest.mark.parametrize("transpose_a", [False, True])
@pytest.mark.parametrize("transpose_b", [False, True])
def test_any_dtype(dtype, transpose_a, transpose_b):
    a, b = np.arange(6).reshape(2, 3), np.arange(12).reshape(3, 4)
    left, right = (a.T if transpose_a else a), (b.T if transpose_b else b)
    flags = {"transpose_a": transpose_a, "transpose_b": transpose_b}
    (result,) = run("dot", left.astype(dtype), right.astype(dtype), **flags)
    np.testing.assert_array_equal(result, (a @ b).astype(dtype))
    (result,) = run("batch_dot", left[None].astype(dtype), right[None].astype(dtype), **flags)
    np.testing.assert_array_equal(result, (a @ b)[None].astype(dtype))


DIMS = st.lists(st.integers(0, 3), max_size=2)


@given(DIMS, DIMS, st.integers(0, 3), st.booleans(), st.booleans())
def test_dot_sums_over_one_pair(rows, columns, size, transpose_a, transpose_b):
    if not rows and not columns:
        transpose_a = transpose_b = False
    a = np.arange(np.prod([*rows, size]), dtype="float64") - 3
    b = np.arange(np.prod([*columns, size]), dtype="float64") * 2 - 5
    a = a.reshape([size, *rows] if transpose_a else [*rows, size])
    b = b.reshape([*columns, size] if transpose_b else [size, *columns])
    (result,) = run("dot", a, b, transpose_a=transpose_a, transpose_b=transpose_b)
    expected = np.tensordot(a, b, (0 if transpose_a else -1, -1 if transpose_b else 0))
    np.testing.assert_array_equal(result, expected.reshape(expected.shape or (1,)))


def test_dot_into_a_buffer_that_is_not_contiguous():
    a = np.arange(12.0).reshape(3, 4)
    buffer = np.empty((3, 3)).T
    registry.get("dot").call(np, [a, a.T], registry.get("dot").parse({}), out=buffer)
    np.testing.assert_array_equal(buffer, a @ a.T)


@pytest.mark.parametrize(
    ("op", "ins", "out"),
    [
        ("dot", [(2, 3), None], None),
        ("dot", [(None, 3), (3, 4)], (None, 4)),
        ("dot", [(2, None), (3, 4)], (2, 4)),
        ("batch_dot", [(None, 3, 4), (2, 4, 5)], (2, 3, 5)),
    ],
)
def test_partial_inference(op, ins, out):
    operator = registry.get(op)
    assert operator.shape(tuple(ins), (None,), operator.parse({})) == (tuple(ins), (out,))


def test_mismatch_says_which_sizes():
    operator = registry.get("dot")
    with pytest.raises(Mismatch, match=r"dot shape error: \(2, 3\) X \(4, 5\)") as error:
        operator.shape(((2, 3), (4, 5)), (None,), operator.parse({}))
    assert error.value.hint == "The sizes summed over, here 3 and 4, must be equal."
