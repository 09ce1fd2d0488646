"""Linear algebra: against NumPy's, and gradients against differences."""

from __future__ import annotations

import numpy as np
import pytest
from gradients import check_numeric_gradient

import symbook as mx
from symbook.errors import SymbookError

RNG = np.random.default_rng(11)
BATCHES = [(), (2,), (2, 3)]


def rand(*shape):
    return RNG.standard_normal(shape)


def T(x):
    return np.swapaxes(x, -1, -2)


def spd(*batch, n=4):
    x = rand(*batch, n, n)
    return x @ T(x) + n * np.eye(n)


def steady(*batch, n=4):
    """Matrices far from singular."""
    return rand(*batch, n, n) + 4 * np.eye(n)


def nd(array):
    return mx.nd.array(array, dtype=array.dtype)


def run(op, *arrays, **params):
    result = getattr(mx.nd.linalg, op)(*map(nd, arrays), **params)
    return [x.asnumpy() for x in result] if isinstance(result, list) else result.asnumpy()


def check_gradient(op, *arrays, outputs=slice(None), rtol=1e-5, **params):
    names = [f"x{i}" for i in range(len(arrays))]
    symbol = getattr(mx.sym.linalg, op)(*map(mx.sym.Variable, names), **params)
    if outputs != slice(None):
        symbol = symbol[outputs]
    check_numeric_gradient(symbol, dict(zip(names, arrays, strict=True)), rtol=rtol)


def close(result, expected, dtype="float64"):
    assert result.dtype == dtype
    assert result.shape == expected.shape
    rtol = 1e-4 if dtype == "float32" else 1e-9
    np.testing.assert_allclose(result, expected, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("flip_a", [False, True])
@pytest.mark.parametrize("flip_b", [False, True])
def test_gemm(batch, flip_a, flip_b):
    a, b, c = rand(*batch, 2, 3), rand(*batch, 3, 4), rand(*batch, 2, 4)
    left, right = (T(a) if flip_a else a), (T(b) if flip_b else b)
    params = {"transpose_a": flip_a, "transpose_b": flip_b, "alpha": 1.5}
    close(run("gemm2", left, right, **params), 1.5 * a @ b)
    close(run("gemm", left, right, c, beta=-2, **params), 1.5 * a @ b - 2 * c)
    check_gradient("gemm2", left, right, **params)
    check_gradient("gemm", left, right, c, beta=-2, **params)


def test_gemm_with_rows_elsewhere():
    a, b, c = rand(2, 5, 3), rand(3, 5, 4), rand(2, 5, 4)
    expected = np.einsum("ibk,kbj->ibj", a, b)
    close(run("gemm2", a, b, axis=0), expected)
    close(run("gemm", a, b, c, axis=-3), expected + c)
    check_gradient("gemm", a, b, c, axis=-3)


def test_gemm_does_not_broadcast():
    with pytest.raises(SymbookError):
        run("gemm2", rand(1, 2, 3), rand(4, 3, 2))
    with pytest.raises(SymbookError, match="must be equal"):
        run("gemm2", rand(2, 3), rand(2, 3))


@pytest.mark.parametrize("batch", BATCHES)
def test_syrk(batch):
    a = rand(*batch, 2, 3)
    close(run("syrk", a, alpha=0.5), 0.5 * a @ T(a))
    close(run("syrk", a, transpose=True), T(a) @ a)
    check_gradient("syrk", a, alpha=0.5)
    check_gradient("syrk", a, transpose=True)


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("transpose", [False, True])
@pytest.mark.parametrize("rightside", [False, True])
@pytest.mark.parametrize("lower", [False, True])
def test_triangular(batch, transpose, rightside, lower):
    a = steady(*batch, n=3)
    b = rand(*batch, 2, 3) if rightside else rand(*batch, 3, 2)
    part = np.tril(a) if lower else np.triu(a)
    part = T(part) if transpose else part
    params = {"transpose": transpose, "rightside": rightside, "lower": lower, "alpha": 1.5}
    close(run("trmm", a, b, **params), 1.5 * (b @ part if rightside else part @ b))
    inverse = np.linalg.inv(part)
    close(run("trsm", a, b, **params), 1.5 * (b @ inverse if rightside else inverse @ b))
    check_gradient("trmm", a, b, **params)
    check_gradient("trsm", a, b, **params)


@pytest.mark.parametrize("lower", [False, True])
def test_singular_triangular_systems_give_infinities(lower):
    # MXNet 1.9.1 answers inf and NaN.
    first, last = (0, 1) if lower else (1, 0)
    result = run("trsm", np.zeros((2, 2)), np.ones((2, 1)), lower=lower)
    assert np.isinf(result[first])
    assert np.isnan(result[last])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", BATCHES)
def test_cholesky(batch, dtype):
    a = spd(*batch)
    low = np.linalg.cholesky(a)
    close(run("potrf", a.astype(dtype)), low.astype(dtype), dtype)
    close(run("potri", low.astype(dtype)), np.linalg.inv(a), dtype)
    close(run("potri", low + np.triu(rand(4, 4), 1)), np.linalg.inv(a))
    check_gradient("potri", low + np.triu(rand(4, 4), 1), rtol=1e-4)
    # The gradient is symmetric: it is that of symmetric changes.
    x = mx.sym.Variable("x")
    symmetric = mx.sym.linalg.syrk(x)
    check_numeric_gradient(mx.sym.linalg.potrf(symmetric), {"x": steady(*batch)}, rtol=1e-5)


def test_cholesky_of_one_number():
    check_gradient("potrf", np.array([[4.0]]))


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("columns", [3, 5])
def test_lq(batch, columns):
    a = rand(*batch, 3, columns)
    q, low = run("gelqf", a)
    close(low @ q, a)
    close(q @ T(q), np.broadcast_to(np.eye(3), (*batch, 3, 3)))
    np.testing.assert_array_equal(np.triu(low, 1), np.zeros_like(low))
    for outputs in (slice(None), 0, 1):
        check_gradient("gelqf", a, outputs=outputs, rtol=1e-4)


@pytest.mark.parametrize("batch", BATCHES)
def test_eigenvalues(batch):
    a = spd(*batch, n=3)
    u, values = run("syevd", a)
    close(values, np.linalg.eigvalsh(a))
    close(T(u) @ (values[..., None] * u), a)
    largest = np.take_along_axis(u, abs(u).argmax(-1)[..., None], -1)
    assert (largest > 0).all()
    x = mx.sym.Variable("x")
    both = mx.sym.linalg.syevd(mx.sym.linalg.syrk(x))
    for symbol in (both, both[0], both[1]):
        check_numeric_gradient(symbol, {"x": steady(*batch, n=3)}, rtol=1e-4)


def test_equal_eigenvalues_have_finite_gradients():
    u, values = mx.sym.linalg.syevd(mx.sym.Variable("a"))
    grad = mx.nd.zeros((2, 2))
    both = mx.sym.Group([u, values])
    bound = both.bind(mx.cpu(), {"a": mx.nd.eye(2)}, args_grad={"a": grad})
    bound.forward(is_train=True)
    bound.backward([mx.nd.ones((2, 2)), mx.nd.ones(2)])
    np.testing.assert_array_equal(grad.asnumpy(), np.eye(2))


@pytest.mark.parametrize("batch", BATCHES)
def test_inverse_and_determinants(batch):
    a = steady(*batch)
    shape = batch or (1,)
    close(run("inverse", a), np.linalg.inv(a))
    close(run("det", a), np.linalg.det(a).reshape(shape))
    close(run("slogdet", a)[1], np.linalg.slogdet(a)[1].reshape(shape))
    close(run("sumlogdiag", spd(*batch) * 0 + 2), np.full(shape, 4 * np.log(2)))
    for op in ("inverse", "det", "sumlogdiag"):
        check_gradient(op, a)
    check_gradient("slogdet", a, outputs=1)


@pytest.mark.parametrize("n", [1, 31, 32, 33, 70])
def test_determinants_of_any_size(n):
    a = rand(3, n, n) / np.sqrt(n)
    sign, log = run("slogdet", a)
    expected = np.linalg.slogdet(a)
    np.testing.assert_array_equal(sign, expected[0])
    np.testing.assert_allclose(log, expected[1], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(run("det", a), np.linalg.det(a), rtol=1e-8)


def test_singular_matrices():
    a = np.stack([np.ones((2, 2)), np.eye(2)])
    np.testing.assert_array_equal(run("det", a), [0, 1])
    sign, log = run("slogdet", a)
    np.testing.assert_array_equal(sign, [0, 1])
    np.testing.assert_array_equal(log, [-np.inf, 0])
    with pytest.raises(SymbookError, match="singular"):
        run("inverse", a)
    with pytest.raises(SymbookError, match="positive definite"):
        run("potrf", -np.eye(2))
    grad = mx.nd.zeros((2, 2, 2))
    bound = mx.sym.linalg.det(mx.sym.Variable("a")).bind(
        mx.cpu(), {"a": mx.nd.array(a)}, args_grad={"a": grad}
    )
    bound.forward(is_train=True)
    bound.backward(mx.nd.ones(2))
    np.testing.assert_array_equal(grad.asnumpy(), [np.zeros((2, 2)), np.eye(2)])


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("offset", [-2, -1, 0, 1, 2])
def test_diagonals(batch, offset):
    a = rand(*batch, 4, 4)
    expected = np.diagonal(a, offset, -2, -1)
    close(run("extractdiag", a, offset=offset), expected)
    made = run("makediag", expected, offset=offset)
    close(made, np.where(np.eye(4, k=offset) > 0, a, 0))
    check_gradient("extractdiag", a, offset=offset)
    check_gradient("makediag", expected, offset=offset)


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("offset", [-2, -1, 0, 1, 2])
@pytest.mark.parametrize("lower", [False, True])
def test_triangles(batch, offset, lower):
    a = rand(*batch, 4, 4)
    below = offset < 0 or (offset == 0 and lower)
    turned = a if below else T(a)
    rows, columns = np.tril_indices(4, -abs(offset))
    expected = turned[..., rows, columns]
    close(run("extracttrian", a, offset=offset, lower=lower), expected)
    made = run("maketrian", expected, offset=offset, lower=lower)
    close(made, np.tril(a, offset) if below else np.triu(a, offset))
    check_gradient("extracttrian", a, offset=offset, lower=lower)
    check_gradient("maketrian", expected, offset=offset, lower=lower)


def test_triangles_that_are_none():
    with pytest.raises(SymbookError, match="no triangle"):
        run("maketrian", rand(2))
    with pytest.raises(SymbookError, match="offset 3"):
        run("extracttrian", rand(3, 3), offset=3)


@pytest.mark.parametrize(
    ("op", "ins", "arguments", "outputs"),
    [
        ("potrf", {"A": (2, 3, 0)}, [(2, 3, 3)], [(2, 3, 3)]),
        ("gelqf", {"A": (3, 5)}, [(3, 5)], [(3, 5), (3, 3)]),
        ("syevd", {"A": (2, 3, 3)}, [(2, 3, 3)], [(2, 3, 3), (2, 3)]),
        ("trsm", {"B": (4, 3, 2)}, [(4, 3, 3), (4, 3, 2)], [(4, 3, 2)]),
        ("trmm", {"A": (3, 3), "B": (0, 2)}, [(3, 3), (3, 2)], [(3, 2)]),
        ("gemm", {"A": (2, 3), "B": (3, 4)}, [(2, 3), (3, 4), (2, 4)], [(2, 4)]),
        ("slogdet", {"A": (3, 3)}, [(3, 3)], [(1,), (1,)]),
    ],
)
def test_shapes(op, ins, arguments, outputs):
    symbol = getattr(mx.sym.linalg, op)(name="f")
    found = symbol.infer_shape(**{f"f_{key}": shape for key, shape in ins.items()})
    assert found == (arguments, outputs, [])


def test_dtypes_that_are_refused():
    with pytest.raises(SymbookError, match="float32 and float64 only"):
        mx.nd.linalg.gemm2(mx.nd.ones((2, 2), dtype="float16"), mx.nd.ones((2, 2), dtype="float16"))


def test_empty():
    assert run("inverse", np.zeros((0, 2, 2))).shape == (0, 2, 2)
    assert run("det", np.zeros((0, 2, 2))).shape == (0,)


def test_modules():
    assert mx.sym.linalg.gemm2(name=None).name.startswith("gemm2")
    assert set(dir(mx.sym.linalg)) == set(dir(mx.nd.linalg))
    # What `dir(mx.sym.linalg)` of MXNet 1.9.1 has.
    names = """det extractdiag extracttrian gelqf gemm gemm2 inverse makediag maketrian potrf potri
    slogdet sumlogdiag syevd syrk trmm trsm"""
    assert set(names.split()) == set(dir(mx.nd.linalg))
    with pytest.raises(AttributeError, match="potrf"):
        mx.sym.linalg.porf  # noqa: B018
