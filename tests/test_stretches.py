"""Small graphs whose element-wise steps are compiled loops: NumPy's bits, and nothing else is different."""

from __future__ import annotations

import ast
import gc
import os
import subprocess
import sys
import threading
import weakref
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jostling import jostle
from test_fusion import bound, random_symbol, same, special
from test_runners import operator as defined

import symbook as mx
from symbook import stretches, written
from symbook.fusion import compiler
from symbook.passes import fusing

pytest.importorskip("numba", reason="Numba is not installed")

RUNS = written.RUNS_BEFORE + 1


@pytest.fixture(autouse=True)
def _no_failures():
    compiler.failures.clear()
    yield
    compiler.wait()
    assert compiler.failures == []


@pytest.fixture
def now(monkeypatch):
    """Loops are compiled as soon as a run is written out."""
    monkeypatch.setattr(compiler, "mode", lambda: "now")


@pytest.fixture
def soon(monkeypatch):
    """They are compiled in the background, after few runs."""
    monkeypatch.setattr(compiler, "mode", lambda: "later")
    monkeypatch.setattr(written, "RUNS_BEFORE_COMPILING", 5)
    monkeypatch.setattr(written, "RUNS_BETWEEN_PAUSES", 1)


def warm(executor):
    """The executor, run until it is written out, and compiled if that is done at once."""
    for _ in range(RUNS):
        executor.forward()
    return executor


def loops(executor):
    """The loops of stretches that the executor's source defines, and the calls in `forward`."""
    *defined_, forward = (
        item for item in ast.parse(executor.source).body if isinstance(item, ast.FunctionDef)
    )
    calls = [node.func for node in ast.walk(forward) if isinstance(node, ast.Call)]
    names = [item.name for item in defined_ if not item.name.startswith("fused")]
    return names, [f.id for f in calls if isinstance(f, ast.Name)]


def products(*arrays):
    """(A*B)+(C*D) of four arrays, bound."""
    a, b, c, d = (mx.sym.Variable(name) for name in "ABCD")
    given = {
        name: mx.nd.array(raw, dtype=raw.dtype) for name, raw in zip("ABCD", arrays, strict=True)
    }
    return (a * b + c * d).bind(mx.cpu(), given)


def four(shape=(7,), dtype="float32"):
    rng = np.random.default_rng(3)
    return [rng.standard_normal(shape).astype(dtype) for _ in range(4)]


def numpys(a, b, c, d):
    with np.errstate(all="ignore"):
        return a * b + c * d


# The same bits


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1,), (1000,), (3, 1, 5), (17, 19), (1, 1)])
def test_the_values_are_numpys(shape, dtype, now):
    executor = warm(products(*four(shape, dtype)))
    assert loops(executor)[0] == ["loop0"]
    rng = np.random.default_rng(8)
    for _ in range(5):
        arrays = [rng.permutation(special(dtype, rng))[: np.prod(shape)] for _ in range(4)]
        arrays = [np.resize(raw, shape) for raw in arrays]
        for name, raw in zip("ABCD", arrays, strict=True):
            executor.arg_dict[name][:] = mx.nd.array(raw, dtype=dtype)
        assert same(executor.forward()[0].asnumpy(), numpys(*arrays))


@given(seed=st.integers(0, 2**32), nodes=st.integers(2, 14))
@settings(max_examples=25, deadline=None)
def test_random_graphs_give_the_same_bits(seed, nodes):
    rng = np.random.default_rng(seed)
    symbol, arrays = random_symbol(rng, nodes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiler, "mode", lambda: "now")
        plain, fast = bound(symbol, arrays, optimize=False), bound(symbol, arrays)
        held = []
        for turn in range(RUNS + 2):
            for executor in (plain, fast):
                for name, array in executor.arg_dict.items():
                    array[:] = arrays[name] * (turn + 1)
            held.append((plain.forward(), fast.forward()))
        for one, other in held:  # results of earlier runs too
            for a, b in zip(one, other, strict=True):
                assert same(a.asnumpy(), b.asnumpy())


@pytest.mark.parametrize("seed", range(6))
def test_gradients_give_the_same_bits(seed, now):
    """They read what forward runs leave."""
    rng = np.random.default_rng(seed)
    symbol, arrays = random_symbol(rng, 10)
    heads = [mx.nd.array(rng.standard_normal((6, 5)).astype("float32")) for _ in range(3)]
    found = []
    for optimize in (False, True):
        executor = bound(symbol, arrays, list(arrays), optimize=optimize)
        for _ in range(RUNS + 1):
            executor.forward(is_train=True)
            shapes = [output.shape for output in executor.outputs]
            executor.backward(
                [
                    mx.nd.array(np.broadcast_to(head.asnumpy()[:1, :1], shape))
                    for head, shape in zip(heads, shapes, strict=True)
                ]
            )
        found.append([grad.asnumpy() for grad in executor.grad_dict.values() if grad is not None])
    for one, other in zip(*found, strict=True):
        assert same(one, other)


def test_functions_of_numpys_and_numbers(now):
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    symbol = mx.sym.exp(a * 0.125) * 3 - mx.sym.maximum(b, 0.5) / mx.sym.sqrt(mx.sym.abs(b) + 2)
    rng = np.random.default_rng(2)
    x, y = (rng.standard_normal(3000).astype("float32") for _ in range(2))
    executor = warm(symbol.bind(mx.cpu(), {"a": mx.nd.array(x), "b": mx.nd.array(y)}))
    assert loops(executor)[0] == ["loop0"]
    f = np.float32
    expected = np.exp(x * f(0.125)) * f(3) - np.maximum(y, f(0.5)) / np.sqrt(np.abs(y) + f(2))
    assert same(executor.forward()[0].asnumpy(), expected)


def test_one_number_for_all_elements(now):
    a, s = mx.sym.Variable("a"), mx.sym.Variable("s")
    symbol = mx.sym.broadcast_mul(mx.sym.broadcast_add(a, s), s)
    value, one = np.arange(6, dtype="float32").reshape(2, 3), np.full((1, 1), 2.5, "float32")
    executor = warm(symbol.bind(mx.cpu(), {"a": mx.nd.array(value), "s": mx.nd.array(one)}))
    assert loops(executor)[0] == ["loop0"]
    assert same(executor.forward()[0].asnumpy(), (value + one) * one)


def test_values_written_over_what_was_read(now):
    """The chain of sums goes on in the memory of the product, which only loops may write over."""
    a = mx.sym.Variable("a")
    product = mx.sym.exp(mx.sym.dot(a, a) * 1e-2)
    inner = mx.sym.tanh(product * 2 + 1) * product
    symbol = mx.sym.dot(inner, mx.sym.transpose(inner)) + mx.sym.transpose(product)
    value = np.random.default_rng(1).standard_normal((5, 5)).astype("float32")
    plain, fast = (
        symbol.bind(mx.cpu(), {"a": mx.nd.array(value)}, optimize=o) for o in (False, True)
    )
    warm(fast)
    assert len(loops(fast)[0]) >= 1
    for turn in range(3):
        for executor in (plain, fast):
            executor.arg_dict["a"][:] = value + turn
        assert same(plain.forward()[0].asnumpy(), fast.forward()[0].asnumpy())


def test_memory_that_is_used_again_for_another_shape(now):
    """The product goes where the sum was, which is read for every element."""
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    total = mx.sym.sum(mx.sym.exp(a), axis=(0, 1), keepdims=True) * 0.5
    shifted = mx.sym.broadcast_add(a, total)
    product = shifted * b
    symbol = mx.sym.sum(product * shifted, axis=0) + mx.sym.sum(mx.sym.sqrt(product), axis=0)
    rng = np.random.default_rng(6)
    x, y = (rng.random((6, 5)).astype("float32") for _ in range(2))
    executor = symbol.bind(mx.cpu(), {"a": mx.nd.array(x), "b": mx.nd.array(y)})
    places = {step.op.name: step.outs[0] for step in executor.plan.steps[:5]}
    memory = executor.plan.placement.memory_of
    assert memory(places["_mul_scalar"]) == memory(places["elemwise_mul"])
    added = x + np.exp(x).sum(axis=(0, 1), keepdims=True) * np.float32(0.5)
    expected = (added * y * added).sum(axis=0) + np.sqrt(added * y).sum(axis=0)
    for _ in range(3):
        assert same(warm(executor).forward()[0].asnumpy(), expected)


# What is compiled


class TestWhat:
    def test_the_source_shows_the_loop_that_runs(self, now):
        executor = products(*four())
        assert loops(executor)[0] == []
        warm(executor)
        names, calls = loops(executor)
        assert names == ["loop0"]
        assert "loop0" in calls
        assert not {"multiply", "add"} & set(calls)
        space = {}
        exec(executor.source.partition("def forward")[0], space)  # it is Python
        arrays = four()
        out = np.empty_like(arrays[0])
        space["loop0"](*arrays, out)
        assert same(out, numpys(*arrays))

    def test_steps_that_are_apart_are_loops_apart(self, now):
        a = mx.sym.Variable("a")
        symbol = mx.sym.sum(a * 2 + a, axis=0) * 3 - 1
        executor = warm(symbol.bind(mx.cpu(), {"a": mx.nd.array(np.eye(3))}))
        names, calls = loops(executor)
        assert len(names) >= 1
        assert "sum" in calls
        np.testing.assert_array_equal(executor.forward()[0].asnumpy(), [8, 8, 8])

    @pytest.mark.parametrize("dtype", ["int32", "float16"])
    def test_other_dtypes_are_left_to_numpy(self, dtype, now):
        arrays = [np.arange(k, k + 4).astype(dtype) for k in range(4)]
        executor = warm(products(*arrays))
        assert loops(executor)[0] == []
        assert same(executor.forward()[0].asnumpy(), numpys(*arrays))

    def test_one_function_alone_is_left_to_numpy(self, now):
        a = mx.sym.Variable("a")
        executor = warm(mx.sym.exp(a).bind(mx.cpu(), {"a": mx.nd.ones((3,))}))
        assert loops(executor)[0] == []

    @pytest.mark.parametrize("shape", [(0,), (2, 0)])
    def test_without_elements(self, shape, now):
        executor = warm(products(*four(shape)))
        assert executor.forward()[0].shape == shape

    def test_large_arrays_are_the_business_of_groups(self, now):
        arrays = four((fusing.WORTH,))
        executor = warm(products(*arrays))
        assert loops(executor)[0] == []
        assert same(executor.forward()[0].asnumpy(), numpys(*arrays))

    def test_the_graph_as_written_is_left_as_it_is(self, now):
        a = mx.sym.Variable("a")
        executor = warm((a * 2 + 1).bind(mx.cpu(), {"a": mx.nd.ones((3,))}, optimize=False))
        assert loops(executor)[0] == []

    def test_arrays_at_odd_addresses(self, now):
        """They are read by NumPy."""
        arrays = four()
        memory = np.zeros(arrays[0].nbytes + 1, np.uint8)
        odd = memory[1:].view("float32")
        odd[:] = arrays[0]
        assert not odd.flags.aligned
        names = dict(zip("ABCD", [odd, *arrays[1:]], strict=True))
        a, b, c, d = (mx.sym.Variable(name) for name in "ABCD")
        given = {name: mx.nd.NDArray(raw, mx.cpu()) for name, raw in names.items()}
        executor = warm((a * b + c * d).bind(mx.cpu(), given))
        assert loops(executor)[0] == []
        assert same(executor.forward()[0].asnumpy(), numpys(*arrays))

    def test_results_that_lie_across_are_read_by_numpy(self, now):
        a = mx.sym.Variable("a")
        value = np.random.default_rng(0).standard_normal((4, 4)).astype("float32")
        symbol = mx.sym.slice_axis(mx.sym.transpose(a), axis=1, begin=0, end=3) * 2 + (
            mx.sym.slice_axis(a, axis=1, begin=1, end=4) * 3
        )
        executor = warm(symbol.bind(mx.cpu(), {"a": mx.nd.array(value)}))
        expected = value.T[:, :3] * np.float32(2) + value[:, 1:] * np.float32(3)
        assert same(executor.forward()[0].asnumpy(), expected)

    def test_more_steps_than_a_loop_takes(self, now):
        a = mx.sym.Variable("a")
        z, value = a, np.ones(5, "float32")
        for _ in range(fusing.MOST_LINES):
            z, value = z * 1.01 - 0.5, value * np.float32(1.01) - np.float32(0.5)
        executor = warm(z.bind(mx.cpu(), {"a": mx.nd.ones((5,))}))
        assert len(loops(executor)[0]) == 2
        assert same(executor.forward()[0].asnumpy(), value)


# Arrays that change


class TestArrays:
    def test_results_that_are_held_stay(self, now):
        executor = warm(products(*four()))
        held, values = [], []
        for turn in range(5):
            executor.arg_dict["A"][:] = turn
            held.append(executor.forward()[0])
            values.append(numpys(*[executor.arg_dict[name].asnumpy() for name in "ABCD"]))
        for one, other in zip(held, values, strict=True):
            assert same(one.asnumpy(), other)

    def test_what_another_executor_gives(self, now):
        """Its memory is another after each run, as long as somebody holds the result."""
        x = mx.sym.Variable("x")
        first = warm((x * 2 + 1).bind(mx.cpu(), {"x": mx.nd.zeros((3,))}))
        second = warm((x * 3 - 1).bind(mx.cpu(), {"x": first.outputs[0]}))
        assert [loops(one)[0] for one in (first, second)] == [["loop0"]] * 2
        held = []
        for value in range(4):
            held.append(first.forward(x=mx.nd.full((3,), value)))
            assert [3 * (2 * value + 1) - 1] * 3 == second.forward()[0].asnumpy().tolist()

    def test_one_array_bound_twice(self, now):
        (value, *_) = four()
        a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
        array = mx.nd.array(value)
        executor = warm((a * b + a).bind(mx.cpu(), {"a": array, "b": array}))
        array[:] = value * 3
        tripled = value * np.float32(3)
        assert same(executor.forward()[0].asnumpy(), tripled * tripled + tripled)

    def test_monitors_and_traces_see_every_node(self, now):
        executor = warm(products(*four()))
        trace = executor.trace()
        assert [row.op for row in trace.records][:3] == ["elemwise_mul"] * 2 + ["elemwise_add"]
        seen = []
        executor.set_monitor_callback(lambda name, array: seen.append(name))
        executor.forward()
        assert len(seen) == 3
        executor.set_monitor_callback(None)
        assert loops(warm(executor))[0] == ["loop0"]

    def test_a_step_that_fails_behind_a_loop_is_named(self, now):
        calls = []

        def _test_fails_late(xp, data, /):
            """Raise at last."""
            calls.append(1)
            if len(calls) > RUNS:
                raise ZeroDivisionError("on purpose")
            return data * 3

        x = mx.sym.Variable("x")
        with defined(_test_fails_late) as fails:
            symbol = fails(x * 2 + 1, name="bad") + 1
        executor = warm(symbol.bind(mx.cpu(), {"x": mx.nd.ones((2, 3))}))
        assert loops(executor)[0] == ["loop0"]
        with pytest.raises(ZeroDivisionError, match="on purpose") as caught:
            executor.forward()
        notes = "\n".join(caught.value.__notes__)
        assert "while running node bad = _test_fails_late((2, 3) float32)" in notes

    def test_threads(self, now):
        x = mx.sym.Variable("x")
        executor = warm((x * 3 + x * x).bind(mx.cpu(), {"x": mx.nd.zeros((500,))}))
        assert loops(executor)[0] == ["loop0"]
        wrong = []

        def feed(value):
            for _ in range(100):
                (result,) = executor.forward(x=np.full((500,), value, np.float32))
                if not (result.asnumpy() == value * 3 + value * value).all():
                    wrong.append(value)

        def look():
            for _ in range(200):
                found = np.unique(executor.forward()[0].asnumpy())
                if len(found) != 1 or found[0] not in (0, 4, 10, 18):
                    wrong.append(found)

        jostle(*(partial(feed, value) for value in (1, 2, 3)), look, look, look)
        assert wrong == []


# When it is compiled


class TestWhen:
    def test_runs_go_on_while_the_compiler_works(self, soon, monkeypatch):
        go_on, begun = threading.Event(), threading.Event()
        compiled = stretches.compiled

        def slow(*args):
            begun.set()
            assert go_on.wait(60)
            return compiled(*args)

        monkeypatch.setattr(stretches, "compiled", slow)
        arrays = four()
        executor = warm(products(*arrays))
        assert not begun.is_set()
        for _ in range(10):
            assert same(executor.forward()[0].asnumpy(), numpys(*arrays))
        assert begun.wait(60)
        assert loops(executor)[0] == []
        go_on.set()
        compiler.wait()
        assert loops(executor)[0] == ["loop0"]
        executor.arg_dict["A"][:] = mx.nd.array(arrays[0] * 2)
        expected = numpys(arrays[0] * 2, *arrays[1:])
        assert same(executor.forward()[0].asnumpy(), expected)

    def test_what_runs_a_few_times_is_not_compiled(self, monkeypatch):
        monkeypatch.setattr(compiler, "mode", lambda: "later")
        monkeypatch.setattr(compiler, "later", lambda task: pytest.fail("too soon"))
        warm(products(*four()))

    def test_where_there_is_nothing_to_compile_counting_ends(self, soon):
        a = mx.sym.Variable("a")
        executor = warm(mx.sym.sum(a).bind(mx.cpu(), {"a": mx.nd.ones((3,))}))
        for _ in range(10):
            executor.forward()
        compiler.wait()
        executor.forward()
        assert type(executor._predicts.function) is type(lambda: None)

    def test_without_numba(self, monkeypatch):
        monkeypatch.setattr(compiler, "mode", lambda: "off")
        executor = warm(products(*four()))
        assert type(executor._predicts.function) is type(lambda: None)
        assert loops(executor)[0] == []

    def test_a_compiler_that_fails_is_done_without(self, now, monkeypatch):
        def broken(loop):
            raise RuntimeError("no LLVM today")

        monkeypatch.setattr(compiler, "_made", {})
        monkeypatch.setattr(compiler, "_compiled", broken)
        executor = warm(products(*four()))
        assert loops(executor)[0] == []
        assert same(executor.forward()[0].asnumpy(), numpys(*four()))
        assert "no LLVM today" in str(compiler.failures.pop())

    def test_a_dropped_executor_frees_its_arrays_at_once(self, soon, monkeypatch):
        tasks = []
        monkeypatch.setattr(compiler, "later", tasks.append)
        executor = warm(products(*four()))
        dead = [weakref.ref(executor.arg_dict["A"])]
        for _ in range(5):
            executor.forward()
        assert len(tasks) == 1
        gc.disable()
        try:
            del executor
            assert dead[0]() is None
        finally:
            gc.enable()
        tasks[0]()


def test_code_is_kept_for_the_next_process(tmp_path):
    code = (
        "import symbook as mx\n"
        "a = mx.sym.Variable('a')\n"
        "executor = (a * 2 + 1).bind(mx.cpu(), {'a': mx.nd.ones((3,))})\n"
        "for _ in range(5): executor.forward()\n"
        "print(executor.forward()[0].asnumpy().tolist(), 'loop0(' in executor.source)\n"
    )
    times = []
    for _ in range(2):
        result = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=300,
            cwd=Path(__file__).parent.parent,
            env={**os.environ, "SYMBOOK_JIT": "now", "SYMBOOK_CACHE": str(tmp_path)},
        )  # fmt: skip
        assert result.stdout == "[3.0, 3.0, 3.0] True\n", result.stderr
        times.append([path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("*.nbc"))])
    assert len(times[0]) == 1
    assert times[0] == times[1]
