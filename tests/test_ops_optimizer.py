"""Update operators: against the formulas in float64, on the arrays that they change."""

from __future__ import annotations

import numpy as np
import pytest

import symbook as mx
from symbook.errors import SymbookError
from symbook.ops import registry

SHAPE = (3, 4)
RNG = np.random.default_rng(5)
ROUGHLY = {"float16": 5e-3, "float32": 1e-5, "float64": 1e-12}


def clip(step, limit):
    return step if limit is None else np.clip(step, -limit, limit)


def sgd(w, g, *, lr, wd=0, rescale=1, limit=None):
    return w - lr * (clip(rescale * g, limit) + wd * w), ()


def sgd_mom(w, g, mom, *, lr, momentum=0, wd=0, rescale=1, limit=None):
    mom = momentum * mom - lr * (clip(rescale * g, limit) + wd * w)
    return w + mom, (mom,)


def nag(w, g, mom, *, lr, momentum=0, wd=0, rescale=1, limit=None):
    step = lr * (clip(rescale * g, limit) + wd * w)
    mom = momentum * mom - step
    return w + momentum * mom - step, (mom,)


def signsgd(w, g, *, lr, wd=0, rescale=1, limit=None):
    return w - lr * (np.sign(g) + wd * w), ()


def signum(w, g, mom, *, lr, momentum=0, wd=0, rescale=1, limit=None, wd_lh=0):
    mom = momentum * mom - (1 - momentum) * (clip(rescale * g, limit) + wd * w)
    return (1 - lr * wd_lh) * w + lr * np.sign(mom), (mom,)


def adam(w, g, m, v, *, lr, beta1=0.9, beta2=0.999, epsilon=1e-8, wd=0, rescale=1, limit=None):
    g = clip(rescale * g + wd * w, limit)
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    return w - lr * m / (np.sqrt(v) + epsilon), (m, v)


def rmsprop(
    w, g, n, *, lr, gamma1=0.95, epsilon=1e-8, wd=0, rescale=1, limit=None, clip_weights=None
):
    g = clip(rescale * g + wd * w, limit)
    n = gamma1 * n + (1 - gamma1) * g**2
    return clip(w - lr * g / np.sqrt(n + epsilon), clip_weights), (n,)


def rmspropalex(
    w, g, n, mean, delta, *, lr, gamma1=0.95, gamma2=0.9, epsilon=1e-8, wd=0, rescale=1, limit=None
):
    g = clip(rescale * g + wd * w, limit)
    n, mean = gamma1 * n + (1 - gamma1) * g**2, gamma1 * mean + (1 - gamma1) * g
    delta = gamma2 * delta - lr * g / np.sqrt(n - mean**2 + epsilon)
    return w + delta, (n, mean, delta)


def ftrl(w, g, z, n, *, lr, lamda1=0.01, beta=1, wd=0, rescale=1, limit=None):
    g = clip(rescale * g, limit)
    z = z + g - (np.sqrt(n + g**2) - np.sqrt(n)) / lr * w
    n = n + g**2
    w = -np.sign(z) * np.maximum(abs(z) - lamda1, 0) / ((beta + np.sqrt(n)) / lr + wd)
    return w, (z, n)


def ftml(
    w, g, d, v, z, *, lr, t, beta1=0.6, beta2=0.999, epsilon=1e-8, wd=0, rescale=1, limit=None
):
    g = clip(rescale * g + wd * w, limit)
    v = beta2 * v + (1 - beta2) * g**2
    new = (1 - beta1**t) / lr * (np.sqrt(v / (1 - beta2**t)) + epsilon)
    z = beta1 * z + (1 - beta1) * g - (new - beta1 * d) * w
    return -z / new, (new, v, z)


# Operator: formula, what its states are like, settings, which float32 holds exactly.
CASES = {
    "sgd_update": (sgd, (), {}),
    "sgd_mom_update": (sgd_mom, ("any",), {"momentum": 0.875}),
    "nag_mom_update": (nag, ("any",), {"momentum": 0.875}),
    "signsgd_update": (signsgd, (), {}),
    "signum_update": (signum, ("any",), {"momentum": 0.875, "wd_lh": 0.125}),
    "adam_update": (adam, ("any", "positive"), {"beta1": 0.75, "beta2": 0.9375, "epsilon": 0.0625}),
    "rmsprop_update": (rmsprop, ("positive",), {"gamma1": 0.75, "clip_weights": 0.875}),
    "rmspropalex_update": (rmspropalex, ("large", "any", "any"), {"gamma1": 0.75, "gamma2": 0.5}),
    "ftrl_update": (ftrl, ("any", "positive"), {"lamda1": 0.25, "beta": 0.5}),
    "ftml_update": (ftml, ("positive", "positive", "any"), {"t": 3, "beta1": 0.75, "beta2": 0.875}),
}
COMMON = [
    {},
    {"wd": 0.25},
    {"rescale": 0.5, "limit": 0.25},
    {"wd": 0.125, "rescale": 2.0, "limit": 0.5},
]


def states(kinds, dtype):
    ways = {"any": lambda x: x, "positive": lambda x: abs(x) + 0.1, "large": lambda x: abs(x) + 9}
    return [ways[kind](RNG.standard_normal(SHAPE)).astype(dtype) for kind in kinds]


def names(settings, op):
    limit = "clip_grad" if op == "ftml_update" else "clip_gradient"
    words = {"rescale": "rescale_grad", "limit": limit}
    return {words.get(key, key): value for key, value in settings.items()}


def nd(array):
    return mx.nd.array(array, dtype=array.dtype)


@pytest.mark.parametrize("op", CASES)
@pytest.mark.parametrize("dtype", ROUGHLY)
@pytest.mark.parametrize("common", COMMON, ids=str)
def test_formula(op, dtype, common):
    formula, kinds, own = CASES[op]
    settings = {"lr": 0.25, **own, **common}
    arrays = [RNG.standard_normal(SHAPE).astype(dtype) for _ in range(2)] + states(kinds, dtype)
    expected, changed = formula(*(array.astype("float64") for array in arrays), **settings)
    given = [nd(array) for array in arrays]
    result = getattr(mx.nd, op)(*given, **names(settings, op))
    near = {"rtol": ROUGHLY[dtype], "atol": ROUGHLY[dtype]}
    assert np.dtype(result.dtype) == dtype
    np.testing.assert_allclose(result.asnumpy(), expected, **near)
    for state, value in zip(given[2:], changed, strict=True):
        np.testing.assert_allclose(state.asnumpy(), value, **near)
    for array, before in zip(given[:2], arrays, strict=False):
        np.testing.assert_array_equal(array.asnumpy(), before)


@pytest.mark.parametrize("op", CASES)
def test_out_may_be_the_weight(op):
    _, kinds, own = CASES[op]
    settings = {"lr": 0.25, **own}
    arrays = [RNG.standard_normal(SHAPE) for _ in range(2)] + states(kinds, "float64")
    apart, place = [nd(array) for array in arrays], [nd(array) for array in arrays]
    expected = getattr(mx.nd, op)(*apart, **settings)
    assert getattr(mx.nd, op)(*place, out=place[0], **settings) is place[0]
    np.testing.assert_array_equal(place[0].asnumpy(), expected.asnumpy())
    for mine, other in zip(place[2:], apart[2:], strict=True):
        np.testing.assert_array_equal(mine.asnumpy(), other.asnumpy())


def test_nesterov_in_place_decays_by_the_new_weight():
    # MXNet 1.9.1 answered these two for w 2, g 3, mom 5.
    for out, mom_after in ((False, 2.18), (True, 2.1723)):
        w, g, mom = (mx.nd.array([x]) for x in (2, 3, 5))
        target = {"out": w} if out else {}
        new = mx.nd.nag_mom_update(w, g, mom, lr=0.1, momentum=0.5, wd=0.1, **target)
        np.testing.assert_allclose(new.asnumpy(), [2.77], rtol=1e-6)
        np.testing.assert_allclose(mom.asnumpy(), [mom_after], rtol=1e-6)


@pytest.mark.parametrize(
    ("op", "plain", "kept"),
    [
        ("mp_sgd_update", "sgd_update", 0),
        ("mp_sgd_mom_update", "sgd_mom_update", 1),
        ("mp_nag_mom_update", "nag_mom_update", 1),
    ],
)
def test_mixed_precision_is_the_float32_step_rounded(op, plain, kept):
    settings = {"lr": 0.1, "rescale_grad": 0.5, "clip_gradient": 0.75}
    if kept:
        settings["momentum"] = 0.9
    weight32 = RNG.standard_normal(SHAPE).astype("float32")
    grad = RNG.standard_normal(SHAPE).astype("float16")
    moms = [RNG.standard_normal(SHAPE).astype("float32")] * kept
    low, copy, mom = nd(weight32.astype("float16")), nd(weight32), [nd(m) for m in moms]
    result = getattr(mx.nd, op)(low, nd(grad), *mom, copy, out=low, **settings)
    mom32 = [nd(m) for m in moms]
    expected = getattr(mx.nd, plain)(nd(weight32), nd(grad.astype("float32")), *mom32, **settings)
    assert result is low
    np.testing.assert_allclose(copy.asnumpy(), expected.asnumpy(), rtol=1e-6)
    np.testing.assert_array_equal(low.asnumpy(), copy.asnumpy().astype("float16"))
    for mine, other in zip(mom, mom32, strict=True):
        np.testing.assert_allclose(mine.asnumpy(), other.asnumpy(), rtol=1e-6, atol=1e-7)


def test_float64_uses_parameters_rounded_to_float32():
    weight = mx.nd.array([1.0], dtype="float64")
    result = mx.nd.sgd_update(weight, weight, lr=0.1).asnumpy()
    assert result[0] == 1 - np.float64(np.float32(0.1))


def test_sign_of_nan_is_no_step():
    nan = mx.nd.array([np.nan])
    assert mx.nd.signsgd_update(mx.nd.array([1]), nan, lr=0.5).asscalar() == 1


def test_descends():
    """Minimise the mean squared error of a line; each way must find its slope and its offset."""
    x = np.linspace(-1, 1, 20)
    points = np.stack([x, np.ones_like(x)])
    weight, mom = mx.nd.zeros(2), mx.nd.zeros(2)
    for _ in range(200):
        error = weight.asnumpy() @ points - (3 * x - 2)
        mx.nd.sgd_mom_update(
            weight, mx.nd.array(points @ error / 20), mom, lr=0.2, momentum=0.8, out=weight
        )
    np.testing.assert_allclose(weight.asnumpy(), [3, -2], atol=1e-3)


def test_shapes_must_agree():
    with pytest.raises(SymbookError, match=r"\(2,\)"):
        mx.nd.sgd_update(mx.nd.zeros(2), mx.nd.zeros(3), lr=0.1)


def test_states_are_float32():
    low = mx.nd.zeros(2, dtype="float16")
    with pytest.raises(SymbookError, match="float32"):
        mx.nd.mp_sgd_update(low, low, low, lr=0.1)


def test_states_of_a_symbol_are_auxiliary():
    step = mx.sym.adam_update(mx.sym.Variable("w"), mx.sym.Variable("g"), lr=0.1, name="step")
    assert step.list_arguments() == ["w", "g"]
    assert step.list_auxiliary_states() == ["step_mean", "step_var"]


@pytest.mark.parametrize("op", [op for op in registry.all_ops() if op.name in CASES], ids=str)
def test_documentation_notes_every_parameter(op):
    lines = op.doc.splitlines()
    for name in (*op.inputs, *op.params):
        assert lines[lines.index(name) + 1].startswith("    ")
