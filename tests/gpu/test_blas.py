"""Products by cuBLAS on arrays as they lie in memory, beside NumPy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symbook.cuda.blas import multiply

RANDOM = np.random.default_rng(3)
TOLERANCE = {"float16": 2e-3, "float32": 1e-5, "float64": 1e-12}
SETTINGS = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def check(gpu, a, b, out_dtype=None, gap=0):
    """The product of views of NumPy's is that of the same views on the device."""
    xp = gpu.xp
    ours = [on_device(xp, each) for each in (a, b)]
    dtype = out_dtype or a.dtype
    whole = xp.full((len(a), a.shape[1], b.shape[2] + gap), 7, dtype=dtype)
    out = whole[:, :, : b.shape[2]]
    assert multiply(xp, *ours, out) is out
    expected = a.astype("float64") @ b.astype("float64")
    tolerance = TOLERANCE[np.dtype(dtype).name] * max(np.abs(expected).max(initial=0), 1)
    np.testing.assert_allclose(out.get(), expected, rtol=1e-12, atol=tolerance)
    np.testing.assert_array_equal(whole[:, :, b.shape[2] :].get(), 7)


def on_device(xp, view):
    """An array with the view's strides."""
    base = view if view.base is None else view.base
    array = xp.asarray(np.ascontiguousarray(base))
    start = (view.ctypes.data - base.ctypes.data) // view.itemsize
    return xp.lib.stride_tricks.as_strided(array.reshape(-1)[start:], view.shape, view.strides)


@st.composite
def operands(draw):
    batch, m, k, n = (draw(st.integers(1, 5)) for _ in range(4))
    dtype = draw(st.sampled_from(["float16", "float32", "float64"]))

    def matrix(rows, columns):
        form = draw(st.sampled_from(["plain", "transposed", "gap", "one", "repeated"]))
        if form == "transposed":
            return RANDOM.normal(size=(batch, columns, rows)).astype(dtype).swapaxes(1, 2)
        if form == "gap":
            return RANDOM.normal(size=(batch, rows, columns + 3)).astype(dtype)[:, :, :columns]
        if form == "repeated":
            one = RANDOM.normal(size=(1, rows, columns)).astype(dtype)
            return np.broadcast_to(one, (batch, rows, columns))
        return RANDOM.normal(size=(batch, rows, columns)).astype(dtype)

    return matrix(m, k), matrix(k, n), draw(st.integers(0, 2))


@SETTINGS
@given(operands())
def test_operands_lie_in_any_way(gpu, drawn):
    a, b, gap = drawn
    check(gpu, a, b, gap=gap)
    if a.dtype == "float16":
        check(gpu, a, b, "float32", gap)


def test_groups_of_a_whole(gpu):
    """A slice of the second axis: matrices that lie far apart."""
    whole = RANDOM.normal(size=(3, 2, 4, 5)).astype("float32")
    check(gpu, whole[:, 1], whole[:, 0].swapaxes(1, 2))


def test_one_matrix_for_all(gpu):
    xp = gpu.xp
    a, b = (RANDOM.normal(size=shape).astype("float32") for shape in ((4, 3), (5, 3, 2)))
    for ours, theirs in ((a, a), (np.ascontiguousarray(a.T), a)):
        matrix = xp.asarray(ours) if ours is a else xp.asarray(ours).T
        out = multiply(xp, matrix, xp.asarray(b), xp.empty((5, 4, 2), "float32"))
        np.testing.assert_allclose(out.get(), theirs @ b, rtol=1e-5, atol=1e-6)


def test_nothing_to_sum_is_zero(gpu):
    check(gpu, np.ones((2, 3, 0), "float32"), np.ones((2, 0, 4), "float32"))
    check(gpu, np.ones((2, 0, 3), "float32"), np.ones((2, 3, 4), "float32"))


def test_no_axis_is_contiguous(gpu):
    xp = gpu.xp
    a, b = xp.ones((1, 4, 4), "float32")[:, ::2, ::2], xp.ones((1, 2, 2), "float32")
    with pytest.raises(ValueError, match="contiguous"):
        multiply(xp, a, b, xp.empty((1, 2, 2), "float32"))


def test_half_is_summed_in_single(gpu):
    """4096 ones and 4096 halves: sums of float16 would stop at 2048."""
    a = np.ones((1, 1, 8192), "float16")
    a[..., ::2] = 0.5
    check(gpu, a, np.ones((1, 8192, 1), "float16"))
