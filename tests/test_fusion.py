"""Fusion: groups of element-wise nodes give the same bits in every way that they are computed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symbook as mx
from symbook import workers
from symbook.fusion import (
    Fused,
    Group,
    Line,
    compiler,
    fused_operator,
    kept,
    lowering,
    operator,
    source,
)
from symbook.fusion.addresses import address
from symbook.fusion.lowering import BY_NUMPY, FUNCTIONS
from symbook.ops import registry
from symbook.passes import fusing
from symbook.specs import Spec

numba = pytest.importorskip("numba", reason="Numba is not installed")


@pytest.fixture(autouse=True)
def _no_failures():
    compiler.failures.clear()
    yield
    assert compiler.failures == []


@pytest.fixture
def small(monkeypatch):
    """Small graphs are fused too, cut into tiny blocks, and shared out over threads."""
    monkeypatch.setattr(fusing, "WORTH", 1)
    monkeypatch.setattr(operator, "BLOCK_BYTES", 64)
    monkeypatch.setattr(operator, "HEAVY", 0)
    monkeypatch.setattr(operator, "SHARING", 0)


@pytest.fixture(params=["off", "now"])
def way(request, monkeypatch):
    """By the operators' functions, and by compiled loops."""
    monkeypatch.setattr(compiler, "mode", lambda: request.param)
    return request.param


def groups(executor):
    """The fused groups of an executor's plans."""
    plans = [executor.plan, executor.backward_plan]
    return [
        step.op.fn.group
        for plan in plans
        if plan is not None
        for step in plan.steps
        if isinstance(step.op.fn, Fused)
    ]


def special(dtype, rng, size=500):
    """Numbers of every kind: NaN, infinities, both zeros, subnormal, huge and ordinary ones."""
    info = np.finfo(dtype)
    odd = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1, -1, 0.5, info.max, -info.max, info.tiny]
    odd += [info.tiny / 8, -info.tiny / 8, 1e-3, 20.5, -20.5, 3, 2, -2]
    odd += [0.0, -0.0] * 40  # so that they meet in pairs
    values = np.concatenate([odd, rng.standard_normal(size) * 3]).astype(dtype)
    return rng.permutation(values)


def same(one, other, zeros_too=True):
    """Whether two arrays have the same bits; NaNs are all alike, and zeros if they may be."""
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    nan = np.isnan(one)
    alike = np.array_equal(nan, np.isnan(other)) and np.array_equal(one[~nan], other[~nan])
    return bool(
        alike and (not zeros_too or np.array_equal(np.signbit(one[~nan]), np.signbit(other[~nan])))
    )


# Kernels


def kernels():
    """Every operator with a kernel, once for each set of parameters that gives another."""
    registry.load_all()
    scalars = [{"scalar": value} for value in (2.0, 0.3, -1.5, 0.0)]
    spaces = {
        "Activation": [{"act_type": t} for t in ("relu", "sigmoid", "softsign", "tanh")],
        "_backward_Activation": [{"act_type": t} for t in ("sigmoid", "softsign", "tanh")],
        "clip": [
            {"a_min": low, "a_max": high}
            for low, high in ((-1.0, 0.7), (0, 2), (-0.0, 2), (-2, -0.0))
        ],
        "_backward_clip": [{"a_min": -1.0, "a_max": 0.7}],
        "Cast": [{"dtype": "float32"}, {"dtype": "float64"}],
        "add_n": [{"num_args": 1}, {"num_args": 3}],
        "hard_sigmoid": [{}, {"alpha": 0.1, "beta": 0.2}, {"alpha": 1.0, "beta": -0.0}],
    }
    for op in sorted({op for op in registry._ops.values() if op.kernel}, key=lambda op: op.name):
        given = spaces.get(op.name) or (scalars if "scalar" in op.params else [{}])
        for params in given:
            yield pytest.param(op, op.parse(params), id=f"{op.name}-{list(params.values())}")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("op", "params"), list(kernels()))
def test_a_kernel_gives_what_the_function_gives(op, params, dtype, monkeypatch):
    rng = np.random.default_rng(0)
    count = params.get("num_args") or len(op.inputs)
    inputs = [special(dtype, rng) for _ in range(count)]
    out_dtype = np.dtype(params.get("dtype", dtype))
    line = Line(op, params, tuple(range(count)), out_dtype, "x")
    # Another line, so that loops have more than one.
    more = Line(registry.get("negative"), {}, (count,), out_dtype, "y")
    specs = [Spec(inputs[0].shape, np.dtype(dtype))] * count
    group = Group([line, more], specs, inputs[0].shape, [count, count + 1])
    monkeypatch.setattr(compiler, "mode", lambda: "now")
    fused = Fused(group)
    with np.errstate(all="ignore"):
        expected = op.fn(np, *inputs, **params)
        found, negated = fused(np, *inputs)
    assert same(expected, found)
    assert same(-expected, negated)
    if op.name not in ("_logical_and_scalar", "_logical_or_scalar", "_logical_xor_scalar"):
        assert type(fused._way).__name__ == "ByLoop", "it was not compiled"


def test_functions_are_numpys():
    for name in BY_NUMPY:
        assert isinstance(getattr(np, name), np.ufunc)
        for dtype in ("float32", "float64"):
            assert address(name, np.dtype(dtype)) is not None
    assert set(BY_NUMPY) < set(FUNCTIONS)


@pytest.mark.parametrize("answer", [None, True, False])
def test_the_larger_of_two_zeros(answer, monkeypatch):
    """Where none of them always wins, NumPy's own loop is called; else the comparison says which."""
    for module in (lowering, source):
        monkeypatch.setattr(module, "first_wins", lambda function, dtype: answer)
    float32 = np.dtype("float32")
    line = Line(registry.get("broadcast_maximum"), {}, (0, 1), float32, "x")
    lowered = lowering.lower(Group([line], [Spec((9,), float32)] * 2, (9,), [2]))
    (instruction,) = lowered.instructions
    assert instruction.by_numpy == (answer is None)
    if answer is not None:
        assert (" >= " if answer else " > ") in source._expression(instruction, ["a", "b"])
    assert address("maximum", float32) is not None
    assert address("minimum", float32) is not None


def test_an_address_is_refused_where_it_does_not_fit():
    assert address("exp", np.dtype("int32")) is None
    assert address("isnan", np.dtype("float32")) is None  # gives bool


# Graphs


OPERATORS = [
    lambda rng, a, b: a + b,
    lambda rng, a, b: a - b,
    lambda rng, a, b: a * b,
    lambda rng, a, b: a / b,
    lambda rng, a, b: a * 0.5,
    lambda rng, a, b: 1.25 - a,
    lambda rng, a, b: a + float(rng.integers(-3, 3)),
    lambda rng, a, b: mx.sym.tanh(a),
    lambda rng, a, b: mx.sym.exp(a * 0.1),
    lambda rng, a, b: mx.sym.sigmoid(a),
    lambda rng, a, b: mx.sym.sqrt(mx.sym.abs(a)),
    lambda rng, a, b: mx.sym.square(a),
    lambda rng, a, b: a > b,
    lambda rng, a, b: a <= 0.25,
    lambda rng, a, b: mx.sym.where(a > b, a, b),
    lambda rng, a, b: mx.sym.Cast(mx.sym.Cast(a, dtype="float64"), dtype="float32"),
    lambda rng, a, b: mx.sym.log(mx.sym.abs(a) + 1),
    lambda rng, a, b: mx.sym.add_n(a, b, a),
    lambda rng, a, b: mx.sym.floor(a),
    lambda rng, a, b: mx.sym.sign(a),
    lambda rng, a, b: a**2,
    lambda rng, a, b: mx.sym.broadcast_add(mx.sym.sum(a, axis=0, keepdims=True), b),
]
SHAPES = [(6, 5), (1, 5), (6, 1), (1, 1)]


def random_symbol(rng, nodes):
    """A graph of element-wise operators over broadcast arguments, with some sums between, and its inputs."""
    whole = [mx.sym.Variable(f"x{k}") for k in range(2)]
    shapes = dict.fromkeys(("x0", "x1"), (6, 5))
    values = list(whole)
    for k in range(3):
        shapes[f"s{k}"] = SHAPES[rng.integers(len(SHAPES))]
        stretched = mx.sym.Variable(f"s{k}")
        values.append(mx.sym.broadcast_add(whole[k % 2], stretched))
    for _ in range(nodes):
        a, b = (values[-rng.integers(1, min(len(values), 6) + 1)] for _ in range(2))
        values.append(OPERATORS[rng.integers(len(OPERATORS))](rng, a, b))
    outputs = [values[-1], values[rng.integers(len(values))] + 0, values[-2] * 1.5]
    arrays = {name: rng.standard_normal(shape).astype("float32") for name, shape in shapes.items()}
    return mx.sym.Group(outputs), arrays


def bound(symbol, arrays, wanted=(), **options):
    given = {name: mx.nd.array(arrays[name]) for name in symbol.list_arguments()}
    grads = {name: mx.nd.zeros(arrays[name].shape) for name in wanted if name in given}
    return symbol.bind(mx.cpu(), given, args_grad=grads or None, **options)


@given(seed=st.integers(0, 2**32), nodes=st.integers(2, 40), threads=st.integers(1, 8))
@settings(max_examples=60, deadline=None)
def test_random_graphs_give_the_same_bits_by_functions(seed, nodes, threads):
    _check_random(seed, nodes, threads, "off")


@given(seed=st.integers(0, 2**32), nodes=st.integers(2, 12), threads=st.integers(1, 8))
@settings(max_examples=12, deadline=None)
def test_random_graphs_give_the_same_bits_by_loops(seed, nodes, threads):
    _check_random(seed, nodes, threads, "now")


def _check_random(seed, nodes, threads, mode):
    rng = np.random.default_rng(seed)
    symbol, arrays = random_symbol(rng, nodes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fusing, "WORTH", 1)
        patch.setattr(operator, "BLOCK_BYTES", 64)
        patch.setattr(operator, "HEAVY", 0)
        patch.setattr(operator, "SHARING", 0)
        patch.setattr(compiler, "mode", lambda: mode)
        plain = bound(symbol, arrays, optimize=False)
        fused = bound(symbol, arrays)
        before = workers.set_thread_count(threads)
        try:
            held = []
            for turn in range(3):
                for executor in (plain, fused):
                    for name, array in executor.arg_dict.items():
                        array[:] = arrays[name] * (turn + 1)
                held.append([plain.forward(), fused.forward()])
        finally:
            workers.set_thread_count(before)
        for one, other in held:  # results of earlier runs too
            for a, b in zip(one, other, strict=True):
                assert same(a.asnumpy(), b.asnumpy())


@pytest.mark.parametrize("seed", range(12))
def test_gradients_give_the_same_bits(seed, small, way):
    rng = np.random.default_rng(seed)
    symbol, arrays = random_symbol(rng, 12)
    wanted = list(arrays)
    heads = [mx.nd.array(rng.standard_normal((6, 5)).astype("float32")) for _ in range(3)]
    found = []
    for optimize in (False, True):
        executor = bound(symbol, arrays, wanted, optimize=optimize)
        for _ in range(2):
            executor.forward(is_train=True)
            shapes = [output.shape for output in executor.outputs]
            executor.backward(
                [h[: s[0]] if h.shape != s else h for h, s in zip(heads, shapes, strict=True)]
            )
        found.append({name: g.asnumpy() for name, g in executor.grad_dict.items() if g is not None})
    assert found[0].keys() == found[1].keys()
    for name, gradient in found[0].items():
        assert same(gradient, found[1][name]), name


class TestGroups:
    def test_what_is_fused(self, small):
        a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
        symbol = mx.sym.sum(mx.sym.tanh(a * b) + 1) * 2 + 3
        executor = symbol.bind(mx.cpu(), {"a": mx.nd.ones((4, 3)), "b": mx.nd.ones((4, 3))})
        names = [[line.op.name for line in group.lines] for group in groups(executor)]
        assert names == [["elemwise_mul", "tanh", "_plus_scalar"], ["_mul_scalar", "_plus_scalar"]]

    def test_a_group_that_one_other_reads_is_part_of_it(self, small):
        """1 - y² can be computed before what flows back is there, and is not."""
        a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
        y = mx.sym.dot(mx.sym.tanh(mx.sym.dot(a, b)), b)
        arrays = {"a": mx.nd.array([[0.5, 1], [2, -1]]), "b": mx.nd.array([[1, 2], [0, 1]])}
        executor = y.bind(mx.cpu(), arrays, args_grad={"a": mx.nd.zeros((2, 2))})
        names = [step.op.name for step in executor.backward_plan.steps]
        assert len(names) == 3
        executor.forward(is_train=True)
        executor.backward(mx.nd.ones((2, 2)))
        left, right = (arrays[name].asnumpy() for name in "ab")
        slope = 1 - np.tanh(left @ right) ** 2
        expected = ((np.ones((2, 2)) @ right.T) * slope) @ right.T
        np.testing.assert_allclose(executor.grad_dict["a"].asnumpy(), expected, rtol=1e-5)

    def test_a_path_that_leaves_a_group_and_comes_back_divides_it(self, small):
        a = mx.sym.Variable("a")
        x = a * 2 + 1
        y = mx.sym.broadcast_add(x * 3, mx.sym.sum(x, axis=0, keepdims=True)) - 1
        executor = y.bind(mx.cpu(), {"a": mx.nd.array([[1, 2], [3, 4]])})
        first, second = groups(executor)
        assert [len(first.lines), len(second.lines)] in ([3, 2], [2, 3])
        value = np.array([[1, 2], [3, 4]]) * 2 + 1
        np.testing.assert_array_equal(
            executor.forward()[0].asnumpy(), value * 3 + value.sum(axis=0) - 1
        )

    def test_small_graphs_are_not_fused(self):
        a = mx.sym.Variable("a")
        executor = (a * 2 + 1).bind(mx.cpu(), {"a": mx.nd.ones((10,))})
        assert groups(executor) == []

    def test_a_condition_that_chooses_rows_is_not_fused(self, small):
        c, a = mx.sym.Variable("c"), mx.sym.Variable("a")
        symbol = mx.sym.where(c, a * 2, a * 3) + 1
        value = np.arange(9.0).reshape(3, 3)
        arrays = {"c": mx.nd.array([1, 0, 1]), "a": mx.nd.array(value)}
        expected = np.where([[True], [False], [True]], value * 2, value * 3) + 1
        executor = symbol.bind(mx.cpu(), arrays)
        np.testing.assert_array_equal(executor.forward()[0].asnumpy(), expected)

    def test_forward_is_not_fused_with_backward(self, small):
        a = mx.sym.Variable("a")
        executor = mx.sym.square(mx.sym.tanh(a) * 2).bind(
            mx.cpu(), {"a": mx.nd.ones((5,))}, args_grad={"a": mx.nd.zeros((5,))}
        )
        assert len(groups(executor)) == 2

    def test_other_devices_and_integers(self, small, way):
        a = mx.sym.Variable("a")
        values = mx.nd.array([-7, 3, 9], dtype="int32")
        executor = ((a + 2) * a - 1).bind(mx.cpu(), {"a": values})
        assert executor.forward()[0].asnumpy().tolist() == [34, 14, 98]
        assert executor.outputs[0].dtype == np.int32

    def test_half_precision(self, small, way):
        rng = np.random.default_rng(1)
        a = mx.sym.Variable("a")
        values = rng.standard_normal(50).astype("float16")
        symbol = mx.sym.tanh(a * 3) - a / 7
        results = [
            symbol.bind(mx.cpu(), {"a": mx.nd.array(values, dtype="float16")}, optimize=o).forward()
            for o in (False, True)
        ]
        assert same(results[0][0].asnumpy(), results[1][0].asnumpy())

    @pytest.mark.parametrize("shape", [(0, 3), (1,), (2, 1, 3)])
    def test_odd_shapes(self, shape, small, way):
        a = mx.sym.Variable("a")
        executor = (a * 2 + 1).bind(mx.cpu(), {"a": mx.nd.ones(shape)})
        np.testing.assert_array_equal(executor.forward()[0].asnumpy(), np.full(shape, 3.0))

    def test_arrays_that_are_views(self, small, way):
        """Arrays bound may have gaps between their elements."""
        base = np.arange(40, dtype="float32").reshape(4, 10)
        symbol = mx.sym.Variable("a") * mx.sym.Variable("b") + 1
        view = mx.nd.array(base).slice_axis(axis=1, begin=2, end=8)
        executor = symbol.bind(mx.cpu(), {"a": view, "b": mx.nd.array(base[:, :6])})
        np.testing.assert_array_equal(
            executor.forward()[0].asnumpy(), base[:, 2:8] * base[:, :6] + 1
        )

    def test_a_matrix_and_itself_transposed(self, small, way):
        """The sum may not be written over the product while its transpose is still read."""
        a = mx.sym.Variable("a")
        product = mx.sym.dot(a, a)
        symbol = mx.sym.sum((product + mx.sym.transpose(product)) * 2, axis=0)
        value = np.arange(16.0).reshape(4, 4)
        executor = symbol.bind(mx.cpu(), {"a": mx.nd.array(value)})
        expected = ((value @ value + (value @ value).T) * 2).sum(axis=0)
        for _ in range(2):
            np.testing.assert_array_equal(executor.forward()[0].asnumpy(), expected)

    def test_the_plan_and_the_stages_tell(self, small):
        a = mx.sym.Variable("a")
        executor = mx.sym.sqrt(a * 2).bind(mx.cpu(), {"a": mx.nd.ones((5,))})
        assert ["fused 2", "_mul_scalar", "sqrt"] == re.findall(
            r" = (\w+(?: \d+)?)", str(executor.plan)
        )
        stage = executor.stages["fuse"]
        assert [note.act for note in stage.notes] == ["fused", "fused"]

    def test_very_long_chains_are_divided(self, small):
        z = mx.sym.Variable("a")
        for _ in range(100):
            z = z * 1.5 - 1
        executor = z.bind(mx.cpu(), {"a": mx.nd.ones((5,))})
        sizes = [len(group.lines) for group in groups(executor)]
        assert sum(sizes) == 200
        assert max(sizes) <= fusing.MOST_LINES
        value = np.ones(5, "float32")
        for _ in range(100):
            value = value * np.float32(1.5) - np.float32(1)
        assert same(executor.forward()[0].asnumpy(), value)


# Compiling


class TestCompiling:
    def make(self, shape=(70_000,)):
        a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
        rng = np.random.default_rng(5)
        arrays = {name: mx.nd.array(rng.standard_normal(shape)) for name in "ab"}
        symbol = mx.sym.tanh(a * b) / (a - 0.5) + mx.sym.exp(b)
        return symbol.bind(mx.cpu(), arrays), symbol.bind(mx.cpu(), arrays, optimize=False)

    def fused(self, executor):
        (step,) = executor.plan.steps
        return step.op.fn

    def test_it_is_compiled_while_others_run(self, monkeypatch):
        monkeypatch.setattr(compiler, "mode", lambda: "later")
        monkeypatch.setattr(operator, "PATIENCE", 0)
        executor, plain = self.make()
        expected = plain.forward()[0].asnumpy()
        for _ in range(3):
            assert same(executor.forward()[0].asnumpy(), expected)
        compiler.wait()
        assert type(self.fused(executor)._way).__name__ == "ByLoop"
        assert same(executor.forward()[0].asnumpy(), expected)

    def test_what_runs_once_is_not_compiled(self, monkeypatch):
        monkeypatch.setattr(compiler, "mode", lambda: "later")
        monkeypatch.setattr(operator, "PATIENCE", 0)
        executor, _ = self.make()
        executor.forward()
        assert not self.fused(executor)._settled

    def test_without_numba_nothing_is_compiled(self, monkeypatch):
        monkeypatch.setattr(compiler, "mode", lambda: "off")
        executor, plain = self.make()
        for _ in range(3):
            assert same(executor.forward()[0].asnumpy(), plain.forward()[0].asnumpy())
        assert type(self.fused(executor)._way).__name__ == "ByFunctions"

    def test_a_compiler_that_fails_is_done_without(self, monkeypatch):
        monkeypatch.setattr(compiler, "mode", lambda: "now")
        monkeypatch.setattr(compiler, "_made", {})

        def broken(loop):
            raise RuntimeError("no LLVM today")

        monkeypatch.setattr(compiler, "_compiled", broken)
        executor, plain = self.make()
        assert same(executor.forward()[0].asnumpy(), plain.forward()[0].asnumpy())
        assert "no LLVM today" in str(compiler.failures.pop())

    def test_where_no_thread_can_be_started(self, monkeypatch):
        def refuse(thread):
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(compiler, "mode", lambda: "later")
        monkeypatch.setattr(operator, "PATIENCE", 0)
        executor, plain = self.make()
        monkeypatch.setattr("threading.Thread.start", refuse)
        for _ in range(3):
            assert same(executor.forward()[0].asnumpy(), plain.forward()[0].asnumpy())

    @pytest.mark.parametrize(("text", "mode"), [("0", "off"), ("1", "later"), ("now", "now")])
    def test_the_environment_variable(self, text, mode, monkeypatch):
        monkeypatch.setenv("SYMBOOK_JIT", text)
        assert compiler.mode.__wrapped__() == mode

    def test_a_bad_environment_variable(self, monkeypatch):
        monkeypatch.setenv("SYMBOOK_JIT", "perhaps")
        with pytest.raises(mx.base.MXNetError, match="SYMBOOK_JIT is 'perhaps'"):
            compiler.mode.__wrapped__()


_SCRIPT = """
import numpy as np, symbook as mx, sys
from symbook.fusion import compiler
a = mx.sym.Variable("a")
symbol = mx.sym.exp(a * 0.125) * 3 - a
executor = symbol.bind(mx.cpu(), {"a": mx.nd.array(np.linspace(-1, 1, 50_000))})
print(float(executor.forward()[0].asnumpy().astype("float64").sum()), compiler.failures)
"""


def _run(code, tmp_path, **env):
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, timeout=300, cwd=Path(__file__).parent.parent,
        env={**os.environ, "SYMBOOK_JIT": "now", "SYMBOOK_CACHE": str(tmp_path), **env},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A folder of code that a process has compiled and kept, and what that process printed."""
    folder = tmp_path_factory.mktemp("cache")
    return folder, _run(_SCRIPT, folder)


def test_code_is_kept_for_the_next_process(cache):
    folder, first = cache
    files = sorted(folder.rglob("*.nbc"))
    assert files
    times = [path.stat().st_mtime_ns for path in files]
    assert _run(_SCRIPT, folder) == first
    assert [path.stat().st_mtime_ns for path in sorted(folder.rglob("*.nbc"))] == times
    assert first == _run(_SCRIPT, folder, SYMBOOK_JIT="0")
    assert first.endswith("[]\n")


@pytest.mark.parametrize(
    ("suffix", "content"), [("nbi", b""), ("nbc", b"not this"), ("py", b"\xff\xfe\x00")]
)
def test_what_is_kept_and_damaged_is_made_anew(cache, suffix, content):
    folder, first = cache
    files = sorted(folder.rglob(f"*.{suffix}"))
    assert files
    for path in files:
        path.write_bytes(content)
    assert _run(_SCRIPT, folder) == first
    assert all(path.read_bytes() != content for path in files)


def test_what_is_kept_is_of_this_code(monkeypatch):
    before = kept._name("def loop(): ...")
    monkeypatch.setattr(kept, "stamp", lambda: "of another version")
    assert before != kept._name("def loop(): ...")
    from symbook.fusion import native

    assert native.serve.__qualname__.endswith(native.stamp())


def test_numba_that_cannot_be_looked_for(monkeypatch):
    def refuse(name):
        raise ImportError(name)

    monkeypatch.setattr("importlib.util.find_spec", refuse)
    assert compiler.mode.__wrapped__() == "off"


def test_a_folder_that_cannot_be_written_to(cache, tmp_path):
    file = tmp_path / "file"
    file.write_text("in the way")
    assert _run(_SCRIPT, file) == cache[1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_that_was_forked_while_a_loop_was_compiled(tmp_path):
    code = (
        _SCRIPT.rpartition("print(")[0]
        + """
import os
import re
from symbook.fusion import operator
operator.PATIENCE = 0
for _ in range(3): executor.forward()
child = os.fork()
value = float(executor.forward()[0].asnumpy().astype("float64").sum())
if child == 0:
    for _ in range(3): executor.forward()
    os._exit(0 if np.isfinite(value) else 1)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status))
"""
    )
    assert _run(code, tmp_path, SYMBOOK_JIT="1") == "0\n"


def test_a_group_is_described():
    lines = [
        Line(registry.get(name), {}, (0,), np.dtype("float32"), name)
        for name in ("exp", "log", "sin", "cos")
    ]
    op = fused_operator(Group(lines, [Spec((5,), np.dtype("float32"))], (5,), [1]))
    assert op.name == "fused 4: exp log sin …"
    assert op.text.splitlines() == ["exp = exp", "log = log", "sin = sin", "cos = cos"]


def test_the_source_shows_what_a_group_does(way):
    """The text of its lines, run with NumPy's functions, gives what the graph gives."""
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    rng = np.random.default_rng(0)
    values = {name: rng.random(5000, dtype="float32") for name in ("a", "b")}
    arrays = {name: mx.nd.array(value) for name, value in values.items()}
    executor = (mx.sym.exp(a) * b - a).bind(mx.cpu(), arrays)
    before = executor.source
    result = executor.forward()[0].asnumpy()
    text = before[: before.index("def forward(")]
    (name,) = re.findall(r"^def (fused_3\w+)\(", text, re.MULTILINE)
    assert f" = {name}(xp, " in before
    functions = {"elemwise_mul": np.multiply, "elemwise_sub": np.subtract, "exp": np.exp}
    space = {
        name: lambda xp, *args, function=function, **more: function(*args, **more)
        for name, function in functions.items()
    }
    exec(text, space)
    out = np.empty_like(result)
    space[name](np, values["a"], values["b"], out=out)
    assert np.array_equal(out, result)
    assert ("# Compiled" in executor.source) == (way == "now")
    if way == "now":
        assert compiled_text(executor) in executor.source


def compiled_text(executor):
    """The body of the loop of an executor's only step."""
    (step,) = executor.plan.steps
    return step.op.fn._way.loop.text.partition("def loop(")[2]
