"""The simulated GPU itself: against NumPy, against what was recorded of CuPy, and that it finds mistakes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from simulated import NotSimulated, calls, installed, noise

import symbook as mx


@pytest.fixture
def cp(simulation):
    import cupy

    return cupy


def test_arrays_of_symbook_live_on_it(simulation):
    a = mx.nd.array([1, 2, 3], ctx=mx.gpu(1))
    assert a.context == mx.gpu(1)
    assert (a * 2).asnumpy().tolist() == [2, 4, 6]


def test_nothing_is_left_behind():
    assert "simulated" not in getattr(sys.modules.get("cupy"), "__name__", "")
    assert not mx.context._usable


def test_only_what_cupy_has(cp):
    with pytest.raises(AttributeError):
        _ = cp.bitwise_and_not
    with pytest.raises(TypeError):
        cp.sum(cp.ones(3), where=cp.ones(3, bool))
    with pytest.raises(TypeError):
        cp.add(cp.ones(3), 1, where=True)
    with pytest.raises(TypeError):
        cp.take(cp.ones(3), cp.zeros(1, int), mode="clip")
    with pytest.raises(TypeError):
        np.asarray(cp.ones(3))
    with pytest.raises(TypeError):
        cp.ones(3) + np.ones(3)
    with pytest.raises(TypeError):
        np.ones(3) + cp.ones(3)
    with pytest.raises(AttributeError):
        _ = cp.ones(3).flags.writeable


# Calls that CuPy does otherwise, and why they differ here.
_STRICTER = {
    "f[1.5:]": "CuPy cuts the fraction off",
    "f == None": "an array of False is nobody's wish",
    "cp.get_array_module(f)": "a module's class",
    "cp.take(f, f)": "CuPy casts indices silently",
    "bool(x)": "CuPy warns, and gives False",
    "cp.clip(f, None, None)": "NumPy's older rule",
    "cp.random.Generator(cp.random.Philox4x3210(1)).random((3, 4), dtype='e')": "nobody documents it",
    "cp.random.Generator(3)": "CuPy fails at the first draw",
}


def _same(call: str, ours: object, theirs: object) -> bool:
    """Whether a call gives what CuPy gives, or is refused as it is there."""
    if isinstance(theirs, str) and theirs.startswith("raises "):
        return isinstance(ours, str) and ours.startswith("raises ")
    return ours == theirs or call in _STRICTER or ours == "raises NotSimulated"


def test_calls_give_what_cupy_gives(cp):
    """Dtypes, shapes, strides, views and refusals: those that the real CuPy gave to `pretended`."""
    recorded = json.loads((Path(calls.__file__).parent / "behaviour.json").read_text())
    found = json.loads(json.dumps(calls.everything(cp)))
    assert found["loops"] == recorded["loops"]
    assert found["reductions"] == recorded["reductions"]
    differing = {
        call: (found["calls"][call], theirs)
        for call, theirs in recorded["calls"].items()
        if not _same(call, found["calls"][call], theirs)
    }
    assert not differing


@pytest.mark.parametrize("name", ["add", "multiply", "maximum", "power", "hypot", "arctan2"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32"])
def test_ufuncs_compute_as_numpy(cp, name, dtype):
    x, y = np.arange(1, 13).reshape(3, 4).astype(dtype), np.arange(4).astype(dtype)
    found = getattr(cp, name)(cp.asarray(x), cp.asarray(y))
    expected = getattr(np, name)(x, y)
    assert found.dtype == expected.dtype
    if name in noise.INEXACT and expected.dtype.kind == "f":
        np.testing.assert_array_max_ulp(found.get(), expected)
    else:
        np.testing.assert_array_equal(found.get(), expected)


def test_last_bits_differ_from_numpy(cp):
    values = np.linspace(0, 3, 1000, dtype=np.float32)
    found = cp.exp(cp.asarray(values)).get()
    assert 100 < np.count_nonzero(found != np.exp(values)) < 900
    assert found[0] == 1
    assert np.array_equal(found, cp.exp(cp.asarray(values)).get())


def test_fresh_memory_is_garbage(cp):
    assert np.isnan(cp.empty((4, 4), np.float16).get()).all()


def test_results_without_an_out_are_contiguous(cp):
    assert cp.add(cp.ones((3, 4)).T, 1).flags.c_contiguous


def test_indices_out_of_range_wrap(cp):
    assert cp.arange(5)[cp.array([7, -6])].get().tolist() == [2, 4]
    assert cp.take(cp.arange(5), cp.array([7])).get().tolist() == [2]


def test_floats_beyond_integers_become_their_ends(cp):
    found = cp.array([1e10, -1e10, np.nan, -2.7]).astype(np.int32).get()
    assert found.tolist() == [2**31 - 1, -(2**31), 0, -2]


def test_matrices_without_a_factor_give_nan(cp):
    matrices = np.array([np.eye(2), [[1, 2], [2, 1]]])
    found = cp.linalg.cholesky(cp.asarray(matrices)).get()
    assert np.array_equal(found[0], np.eye(2))
    assert np.isnan(found[1]).any()


def test_transfers_and_waits_are_counted(cp, simulation):
    x = cp.asarray(np.ones(3))
    assert dict(simulation.counts)["uploads"] == 1
    assert simulation.counts["synchronizations"] == 0
    y = x * 2 + x.sum()
    assert simulation.counts["downloads"] == simulation.counts["synchronizations"] == 0
    for wait in (lambda: y.get(), lambda: float(y[0]), lambda: bool(y[0] > 1), lambda: repr(y)):
        before = simulation.counts["downloads"]
        wait()
        assert simulation.counts["downloads"] == before + 1
    before = simulation.counts["sizes"]
    assert y[y > 1].size == 3
    assert simulation.counts["sizes"] == before + 1


def test_what_is_not_simulated_says_so(cp):
    with pytest.raises(NotSimulated):
        cp.fft  # noqa: B018


def test_modules_come_and_go():
    before = {name: each for name, each in sys.modules.items() if name.startswith("cupy")}
    with installed():
        import cupy
        import cupy.cuda.runtime
        import cupy.random

        assert cupy.cuda.runtime.getDeviceCount() == 2
    assert before == {name: each for name, each in sys.modules.items() if name.startswith("cupy")}


def test_a_seed_gives_the_same_numbers(cp):
    def draw(seed):
        generator = cp.random.Generator(cp.random.Philox4x3210(seed))
        return [
            generator.random(5).get().tolist(),
            generator.standard_normal(3, "f").get().tolist(),
        ]

    assert draw(3) == draw(3) != draw(4)
