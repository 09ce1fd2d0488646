"""Update operators of many weights, LAMB and LARS: against single steps, and formulas in float64."""

from __future__ import annotations

import numpy as np
import pytest

import symbook as mx
from symbook.errors import SymbookError

RNG = np.random.default_rng(7)
SHAPES = [(3, 2), (4,)]
LRS, WDS = (0.5, 0.25), (0.125, 0.0)
SETTINGS = {"rescale_grad": 0.5, "clip_gradient": 0.75}

# Operator: the operator of one step, and the dtypes of what belongs to one weight.
STEPS = {
    "multi_sgd_update": ("sgd_update", ["float64", "float64"]),
    "multi_sgd_mom_update": ("sgd_mom_update", ["float32"] * 3),
    "multi_mp_sgd_update": ("mp_sgd_update", ["float16", "float16", "float32"]),
    "multi_mp_sgd_mom_update": ("mp_sgd_mom_update", ["float16", "float16", "float32", "float32"]),
}


def nd(array):
    return mx.nd.array(array, dtype=array.dtype)


def groups(dtypes):
    return [[RNG.standard_normal(shape).astype(dtype) for dtype in dtypes] for shape in SHAPES]


@pytest.mark.parametrize("op", STEPS)
@pytest.mark.parametrize("preloaded", [False, True])
def test_many_steps_are_single_steps(op, preloaded):
    single, dtypes = STEPS[op]
    settings = {**SETTINGS, **({"momentum": 0.875} if "mom" in op else {})}
    arrays = groups(dtypes)
    flat = [nd(array) for group in arrays for array in group]
    if preloaded:
        rest = [mx.nd.array(LRS), mx.nd.array(WDS)]
        results = getattr(mx.nd, "preloaded_" + op)(*flat, *rest, num_weights=2, **settings)
    else:
        results = getattr(mx.nd, op)(*flat, lrs=LRS, wds=WDS, num_weights=2, **settings)
    size = len(dtypes)
    for i, group in enumerate(arrays):
        alone = [nd(array) for array in group]
        expected = getattr(mx.nd, single)(*alone, lr=LRS[i], wd=WDS[i], **settings)
        np.testing.assert_allclose(results[i].asnumpy(), expected.asnumpy(), rtol=1e-6)
        for mine, other in zip(flat[i * size : i * size + size], alone, strict=True):
            np.testing.assert_allclose(mine.asnumpy(), other.asnumpy(), rtol=1e-6, atol=1e-7)


def test_out_may_be_the_weights():
    arrays = [nd(array) for group in groups(["float32"] * 2) for array in group]
    expected = mx.nd.multi_sgd_update(*arrays, lrs=LRS, wds=WDS, num_weights=2)
    weights = arrays[::2]
    mx.nd.multi_sgd_update(*arrays, lrs=LRS, wds=WDS, num_weights=2, out=weights)
    for mine, other in zip(weights, expected, strict=True):
        np.testing.assert_array_equal(mine.asnumpy(), other.asnumpy())


def test_symbol_names_groups_and_states():
    # MXNet 1.9.1 lists these.
    step = mx.sym.multi_mp_sgd_mom_update(lrs=LRS, wds=WDS, num_weights=2, name="s")
    assert step.list_arguments() == ["s_weight_0", "s_grad_0", "s_weight_1", "s_grad_1"]
    states = ["s_mom_0", "s_weight32_0", "s_mom_1", "s_weight32_1"]
    assert step.list_auxiliary_states() == states
    assert step.list_outputs() == ["s_output0", "s_output1"]
    step = mx.sym.preloaded_multi_sgd_update(num_weights=1, name="p")
    assert step.list_arguments() == ["p_weight_0", "p_grad_0", "p_lrs", "p_wds"]
    assert step.list_outputs() == ["p_output"]
    assert mx.sym.load_json(step.tojson()).list_arguments() == step.list_arguments()


def test_learning_rates_as_text():
    weight, grad = mx.nd.array([1]), mx.nd.array([2])
    assert mx.nd.multi_sgd_update(weight, grad, lrs="(0.5,)", wds="[0]").asscalar() == 0


def test_wrong_counts_are_refused():
    one = mx.nd.zeros(1)
    with pytest.raises(SymbookError, match="1 number for 2 weights"):
        mx.nd.multi_sgd_update(one, one, one, one, lrs=(1,), wds=(0, 0), num_weights=2)
    with pytest.raises(SymbookError, match="grad_1"):
        mx.nd.multi_sgd_update(one, one, one, lrs=(1, 1), wds=(0, 0), num_weights=2)
    with pytest.raises(SymbookError, match="num_arrays"):
        mx.nd.multi_sum_sq(one, one, num_arrays=3)


@pytest.mark.parametrize("correct", [False, True])
@pytest.mark.parametrize("mixed", [False, True])
def test_lamb(correct, mixed):
    w, g, m = (RNG.standard_normal((3, 2)) for _ in range(3))
    v = abs(RNG.standard_normal((3, 2)))
    low = "float16" if mixed else "float64"
    w, g = w.astype(low).astype("float64"), g.astype(low).astype("float64")
    settings = {"t": 3, "wd": 0.25, "beta1": 0.75, "beta2": 0.875, "epsilon": 0.0625}
    states = [mx.nd.array(x, dtype="float32" if mixed else "float64") for x in (m, v)]
    given = [mx.nd.array(x, dtype=low) for x in (w, g)]
    copy = [mx.nd.array(w)] if mixed else []
    first = mx.nd.mp_lamb_update_phase1 if mixed else mx.nd.lamb_update_phase1
    direction = first(
        *given, *states, *copy, bias_correction=correct, **SETTINGS, **settings
    )  # fmt: skip
    g = np.clip(g * 0.5, -0.75, 0.75)
    m, v = 0.75 * m + 0.25 * g, 0.875 * v + 0.125 * g**2
    m_hat, v_hat = (m / (1 - 0.75**3), v / (1 - 0.875**3)) if correct else (m, v)
    expected = m_hat / (np.sqrt(v_hat) + 0.0625) + 0.25 * w
    near = {"rtol": 1e-5, "atol": 1e-6} if mixed else {"rtol": 1e-12}
    for mine, other in ((direction, expected), (states[0], m), (states[1], v)):
        np.testing.assert_allclose(mine.asnumpy(), other, **near)

    second = mx.nd.mp_lamb_update_phase2 if mixed else mx.nd.lamb_update_phase2
    r1, r2 = (mx.nd.array([x], dtype=direction.dtype) for x in (3.0, 2.0))
    for bounds, norm in (({}, 3), ({"lower_bound": 4}, 4), ({"upper_bound": 2.5}, 2.5)):
        new = second(given[0], direction, r1, r2, *copy, lr=0.5, **bounds)
        near = {"rtol": 2e-3, "atol": 2e-3} if mixed else {"rtol": 1e-12}
        np.testing.assert_allclose(new.asnumpy(), w - 0.5 * norm / 2 * expected, **near)
    zero = mx.nd.zeros(1, dtype=r1.dtype)
    for norms in ((zero, r2), (r1, zero)):
        new = second(given[0], direction, *norms, *copy, lr=0.5)
        np.testing.assert_allclose(new.asnumpy(), w - 0.5 * expected, **near)


def test_lars():
    lrs, weights, grads, wds = abs(RNG.standard_normal((4, 6))).astype("float32")
    weights[1] = grads[2] = 0
    result = mx.nd.multi_lars(*map(nd, (lrs, weights, grads, wds)), eta=0.5, eps=0.25)
    w, g = np.sqrt(weights.astype("float64")), np.sqrt(grads)
    expected = np.where((w > 0) & (g > 0), lrs * 0.5 * w / (g + wds * w + 0.25), lrs)
    np.testing.assert_allclose(result.asnumpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_sums_of_squares(dtype):
    arrays = [RNG.standard_normal(shape).astype(dtype) for shape in ((2, 3), (5,), (0,))]
    result = mx.nd.multi_sum_sq(*map(nd, arrays), num_arrays=3)
    expected = [(array.astype("float64") ** 2).sum() for array in arrays]
    np.testing.assert_allclose(
        result.asnumpy(), expected, rtol=2e-3 if dtype == "float16" else 1e-6
    )
    assert np.dtype(result.dtype) == "float32"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, None])
def test_all_finite(bad):
    arrays = [np.zeros((2, 2)), np.ones(3)]
    if bad is not None:
        arrays[1][2] = bad
    expected = 1 if bad is None else 0
    assert mx.nd.multi_all_finite(*map(nd, arrays), num_arrays=2).asscalar() == expected
    assert mx.nd.all_finite(nd(arrays[1])).asscalar() == expected
    kept = mx.nd.zeros(1)
    mx.nd.all_finite(nd(arrays[1]), init_output=False, out=kept)
    assert kept.asscalar() == 0
    kept = mx.nd.ones(1)
    mx.nd.all_finite(nd(arrays[1]), init_output=False, out=kept)
    assert kept.asscalar() == expected


def test_reset_arrays():
    arrays = [mx.nd.ones((2, 2)), mx.nd.ones(3, dtype="int32")]
    assert mx.nd.reset_arrays(*arrays, num_arrays=2) == []
    for array in arrays:
        assert not array.asnumpy().any()
