"""The simulated GPU itself: against NumPy, against what was recorded of CuPy, and that it finds mistakes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from simulated import Race, calls, noise

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


def test_a_missing_wait_is_found(cp, simulation):
    x = cp.zeros(4)
    stream = cp.cuda.Stream(non_blocking=True)
    with pytest.raises(Race, match="cupy_add"), stream:
        cp.add(x, 1, x)
    simulation.races.clear()


def test_an_event_orders_streams(cp):
    x = cp.zeros(4)
    event = cp.cuda.get_current_stream().record()
    stream = cp.cuda.Stream(non_blocking=True)
    stream.wait_event(event)
    with stream:
        cp.add(x, 1, x)
    stream.synchronize()
    assert x.get().tolist() == [1, 1, 1, 1]


def test_a_blocking_stream_waits_for_the_null_stream(cp):
    x = cp.zeros(4)
    with cp.cuda.Stream():
        cp.add(x, 1, x)
    assert x.get().tolist() == [1, 1, 1, 1]


def test_memory_used_after_it_was_given_back_is_found(cp, simulation):
    x = cp.zeros(1000)
    stream = cp.cuda.Stream(non_blocking=True)
    stream.wait_event(cp.cuda.get_current_stream().record())
    with stream:
        y = x + 1
    del x
    with pytest.raises(Race, match="malloc"):
        cp.empty(1000)
    simulation.races.clear()
    assert y.size == 1000


def test_what_cannot_be_captured_is_refused(cp):
    stream = cp.cuda.Stream(non_blocking=True)
    x = cp.zeros(4)
    for mistake in (lambda: cp.empty(3), lambda: x.get(), stream.synchronize, lambda: x + 1):
        with stream:
            stream.begin_capture()
            with pytest.raises(cp.cuda.runtime.CUDARuntimeError, match="Capture"):
                mistake()
            with pytest.raises(cp.cuda.runtime.CUDARuntimeError, match="Invalidated"):
                stream.end_capture()


def test_a_graph_is_launched_again(cp):
    from symbook.cuda import Kernel

    scale = Kernel(
        "scale",
        "KERNEL scale(const T* x, T* y, long long n, double by) { FOR_EACH(i, n) y[i] = x[i] * T(by); }",
        ["float32"],
        listed=False,
    )
    x, y = cp.arange(10, dtype=np.float32), cp.zeros(10, np.float32)
    scale(cp, "float32", (x, y, 10, 2.0), size=10)
    assert y.get().tolist() == [2.0 * i for i in range(10)]
    stream = cp.cuda.Stream(non_blocking=True)
    with stream:
        stream.begin_capture()
        scale(cp, "float32", (x, y, 10, 3.0), size=10)
        graph = stream.end_capture()
    assert y.get()[1] == 2
    graph.launch()
    assert y.get().tolist() == [3.0 * i for i in range(10)]
