"""Fused groups on a GPU: each is one kernel, whose text gives NumPy's bits wherever it is run."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import nvrtc
import pytest
from group_cases import DTYPES, calls, check, kernels, numbers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kernel_runs import needs_nvrtc

import symbook as mx
from symbook.cuda.source import EXACT, source
from symbook.fusion import Fused, Group, Line, device, layouts
from symbook.fusion.cuda import Text
from symbook.fusion.device import DeviceFused, contiguous
from symbook.fusion.lowering import FUNCTIONS
from symbook.fusion.reduced import Reduced
from symbook.ops import registry
from symbook.passes import fusing
from symbook.specs import Spec

FLOAT32 = np.dtype("float32")


def arrays_on(gpu: mx.Context, *arrays: np.ndarray) -> list[Any]:
    """NumPy's arrays as CuPy's, without gaps."""
    return [gpu.xp.asarray(np.ascontiguousarray(array)) for array in arrays]


def run(gpu: mx.Context, group: Group, *arrays: Any) -> list[np.ndarray]:
    """A group's outputs, of arrays of CuPy's."""
    found = DeviceFused(group)(gpu.xp, *arrays)
    return [gpu.xp.asnumpy(item) for item in (found if type(found) is tuple else (found,))]


def lines_of(part: list[Any]) -> list[Line]:
    """A line for each call."""
    return [
        Line(op, params, tuple(range(count)), out, f"x{k}")
        for k, (op, params, count, out) in enumerate(part)
    ]


def groups_of(dtype: np.dtype[Any], shape: tuple[int, ...]) -> list[tuple[Group, list[Any]]]:
    """Groups in which each call of a dtype is a line, and an output."""
    found, every = [], list(calls(dtype))
    for begin in range(0, len(every), 40):
        part = every[begin : begin + 40]
        count = max(item[2] for item in part)
        outputs = [count + k for k in range(len(part))]
        found.append((Group(lines_of(part), [Spec(shape, dtype)] * count, shape, outputs), part))
    return found


def e(shapes: list[tuple[int, ...]], dtype: np.dtype[Any] = FLOAT32) -> Group:
    """a * b + c * d."""
    times, plus = registry.get("broadcast_mul"), registry.get("broadcast_add")
    lines = [
        Line(times, {}, (0, 1), dtype, "left"),
        Line(times, {}, (2, 3), dtype, "right"),
        Line(plus, {}, (4, 5), dtype, "e"),
    ]
    whole = np.broadcast_shapes(*shapes)
    return Group(lines, [Spec(shape, dtype) for shape in shapes], whole, [6])


def e_of(a, b, c, d):
    with np.errstate(all="ignore"):
        return a * b + c * d


# Operators


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_operator_gives_what_its_function_gives(gpu, dtype):
    rng = np.random.default_rng(5)
    inputs = [numbers(dtype, rng) for _ in range(3)]
    for group, part in groups_of(dtype, inputs[0].shape):
        found = run(gpu, group, *arrays_on(gpu, *inputs[: len(group.inputs)]))
        for (op, params, count, out), result in zip(part, found, strict=True):
            with np.errstate(all="ignore"):
                expected = op.fn(np, *inputs[:count], **params)
            assert result.dtype == out
            if op.name == "Cast" and out.kind in "iu":
                # What does not fit is whatever a processor makes of it.
                fits = np.abs(inputs[0].astype("float64")) < 2.0**31
                expected, result = expected[fits], result[fits]
            check(result, expected, f"{op.name} {dict(params)}: {op.expression(params)}")


def test_every_kernel_and_function_is_tried():
    tried = {op.name for dtype in DTYPES for op, *_ in calls(dtype)}
    assert {op.name for op, _ in kernels()} == tried
    texts = " ".join(op.expression(params) or "" for op, params in kernels())
    # What `-` and changes of dtype are lowered to.
    assert {name for name in FUNCTIONS if f"{name}(" not in texts} == {"cast", "neg"}


@needs_nvrtc
@pytest.mark.parametrize("dtype", ["bool", "float16", "float32", "float64", "int32"])
def test_every_operator_compiles_for_gpus(dtype):
    for k, (group, _) in enumerate(groups_of(np.dtype(dtype), (1024,))):
        fused = DeviceFused(group)
        count = len(group.inputs) + len(group.outputs)
        laid = fused._laid([(1,)] * count, [(1024,)] * count, 16)
        text = Text(fused._lowered, laid.layout).text
        nvrtc.check(source(text, (), bool(k % 2)), EXACT, nvrtc.ARCHITECTURES[k % 2])


def test_the_number_is_an_argument(gpu):
    """One text serves all numbers but those that many operators have."""
    texts = set()
    x = np.array([1.5, -2, 0.25], "float32")
    for number in (3.5, 7.25, -1e30, np.inf):
        line = Line(
            registry.get("_mul_scalar"), {"scalar": number, "is_int": True}, (0,), FLOAT32, "y"
        )
        fused = DeviceFused(Group([line], [Spec((3,), FLOAT32)], (3,), [1]))
        texts.add(fused.listing("f"))
        found = gpu.xp.asnumpy(fused(gpu.xp, *arrays_on(gpu, x)))
        np.testing.assert_array_equal(found, x * np.float32(number))
    assert len(texts) == 1


# How arrays lie


SHAPES = [
    [(1000,)] * 4,
    [(1003,)] * 4,
    [(3,)] * 4,
    [(6, 8), (1, 8), (6, 1), (1,)],
    [(6, 7), (7,), (6, 1), (1, 1)],
    [(2, 3, 8), (3, 1), (2, 1, 8), (1, 1, 8)],
    [(4, 1, 3, 1), (1, 5, 1, 16), (4, 5, 1, 1), (16,)],
    [(1,), (1, 1), (1, 1, 1), (1,)],
]


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "uint8"])
def test_broadcast(gpu, dtype, wide, monkeypatch):
    if wide:
        monkeypatch.setattr(layouts, "WIDE", 1)
    rng = np.random.default_rng(0)
    for shapes in SHAPES[:: 2 if wide else 1]:
        values = [
            (rng.standard_normal(shape) * 50).astype("int8").astype(dtype) for shape in shapes
        ]
        (found,) = run(gpu, e(shapes, np.dtype(dtype)), *arrays_on(gpu, *values))
        np.testing.assert_array_equal(found, e_of(*values))
        assert found.dtype == dtype


def test_views(gpu):
    """Transposed, reversed, with gaps, not aligned, and stretched: all as NumPy has them."""
    rng = np.random.default_rng(1)
    base = rng.standard_normal((40, 64)).astype("float32")
    (a,) = arrays_on(gpu, base)
    views = [
        lambda x: (x.T[:32], x.T[32:], x.T[::2], x.T[::-2]),
        lambda x: (x[:, 1:33], x[:, 2:34], x[:, 3:35], x[:, 31:63]),
        lambda x: (x[:, :32], x[:, 4:36], x[:, 8:40], x[:, 32:]),
        lambda x: (x[::2], x[1::2], x[:20], x[:1]),
        lambda x: (x.reshape(-1)[1:2001], x.reshape(-1)[:2000], x.reshape(-1)[2:2002], x[:1, 0]),
        lambda x: (x[::-1, ::-1], x, x[0], x[:, :1]),
    ]
    for view in views:
        given, on_cpu = view(a), view(base)
        (found,) = run(gpu, e([item.shape for item in on_cpu]), *given)
        np.testing.assert_array_equal(found, e_of(*on_cpu))


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32 - 1))
def test_any_views(gpu, seed):
    rng = np.random.default_rng(seed)
    rank = int(rng.integers(1, 4))
    shape = tuple(int(rng.choice([1, 2, 3, 4, 8])) for _ in range(rank))
    given_, on_cpu = [], []
    for _ in range(4):
        own = tuple(int(size) if rng.random() < 0.7 else 1 for size in shape)
        steps = [int(rng.choice([1, 1, 1, 2, -1])) for _ in own]
        order = [int(k) for k in rng.permutation(rank)] if rng.random() < 0.3 else list(range(rank))
        base = rng.standard_normal([own[k] * abs(steps[k]) for k in order]).astype("float32")
        back = np.argsort(order)
        cut = tuple(slice(None, None, step) for step in steps)
        given_.append(gpu.xp.asarray(base).transpose(*map(int, back))[cut])
        on_cpu.append(base.transpose(*back)[cut])
    (found,) = run(gpu, e([item.shape for item in on_cpu]), *given_)
    np.testing.assert_array_equal(found, e_of(*on_cpu))


def test_into_memory_that_is_given(gpu):
    """Also that of an input, which is read before anything is written."""
    rng = np.random.default_rng(2)
    values = [rng.standard_normal(1003).astype("float32") for _ in range(4)]
    given_ = arrays_on(gpu, *values)
    fused = DeviceFused(e([(1003,)] * 4))
    result = fused(gpu.xp, *given_, out=given_[2])
    assert result is given_[2]
    np.testing.assert_array_equal(gpu.xp.asnumpy(result), e_of(*values))
    gaps = gpu.xp.zeros((1003, 2), "float32")
    fused(gpu.xp, *given_[:2], *given_[:2], out=gaps[:, 1])
    a, b = values[:2]
    expected = np.stack([np.zeros(1003), e_of(a, b, a, b)], axis=1)
    np.testing.assert_array_equal(gpu.xp.asnumpy(gaps), expected.astype("float32"))


def test_several_outputs_and_none(gpu):
    x = np.linspace(-2, 2, 501).astype("float32")
    lines = [
        Line(registry.get("square"), {}, (0,), FLOAT32, "square"),
        Line(
            registry.get("_greater_scalar"), {"scalar": 1.0, "is_int": True}, (1,), FLOAT32, "large"
        ),
        Line(registry.get("Cast"), {"dtype": np.dtype("int8")}, (2,), np.dtype("int8"), "whole"),
    ]
    group = Group(lines, [Spec((501,), FLOAT32)], (501,), [1, 3])
    (given_,) = arrays_on(gpu, x)
    fused = DeviceFused(group)
    memory = gpu.xp.empty(501, "float32")
    for out in (None, [memory, None], [None, None]):
        square, whole = (gpu.xp.asnumpy(item) for item in fused(gpu.xp, given_, out=out))
        np.testing.assert_array_equal(square, x * x)
        np.testing.assert_array_equal(whole, (x * x > 1).astype("int8"))
    nothing = Group(lines[:1], [Spec((0, 3), FLOAT32)], (0, 3), [1])
    (found,) = run(gpu, nothing, gpu.xp.empty((0, 3), "float32"))
    assert found.shape == (0, 3)


def test_launches_are_kept(gpu, monkeypatch):
    """A call finds what was prepared; another alignment or other steps are prepared once, too."""
    prepared = []
    before = DeviceFused._prepared
    monkeypatch.setattr(
        DeviceFused, "_prepared", lambda self, *args: prepared.append(args) or before(self, *args)
    )
    base = gpu.xp.asarray(np.arange(2048, dtype="float32"))
    fused = DeviceFused(e([(1000,)] * 4))
    for _ in range(3):
        for first in (0, 4, 1):
            part = base[first : first + 1000]
            found = gpu.xp.asnumpy(fused(gpu.xp, part, part, part, part))
            values = np.arange(first, first + 1000, dtype="float32")
            np.testing.assert_array_equal(found, e_of(values, values, values, values))
    assert len(prepared) == 2
    assert len(fused._launches) == 2


def test_few_launches_are_kept(gpu, monkeypatch):
    monkeypatch.setattr(device, "_MOST_KNOWN", 3)
    base = gpu.xp.asarray(np.arange(100, dtype="float32"))
    fused = DeviceFused(e([(10,)] * 4))
    for step in range(1, 9):
        part = base[: step * 10 : step]
        found = gpu.xp.asnumpy(fused(gpu.xp, part, part, part, part))
        values = np.arange(0, step * 10, step, dtype="float32")
        np.testing.assert_array_equal(found, e_of(values, values, values, values))
    assert len(fused._launches) <= 3


# Random groups

_EXACT = (
    *("elemwise_add", "elemwise_sub", "elemwise_mul", "elemwise_div", "_equal", "_lesser"),
    *("square", "negative", "abs", "sign", "_plus_scalar"),
    *("_mul_scalar", "_rdiv_scalar", "clip", "where", "floor", "_logical_xor", "_backward_relu"),
)


def random_group(rng: np.random.Generator, dtype: np.dtype[Any], size: int) -> Group:
    """Lines of operators whose bits are certain, each of some values before it."""
    inputs = int(rng.integers(1, 4))
    lines: list[Line] = []
    for k in range(int(rng.integers(1, 13))):
        op = registry.get(str(rng.choice(_EXACT)))
        number = float(rng.choice([2.0, -3.0, 0.5, 1.0]))
        params = {key: number for key in ("scalar",) if key in op.params}
        params |= {"a_min": -2.0, "a_max": 3.0} if op.name == "clip" else {}
        args = tuple(int(i) for i in rng.integers(0, inputs + k, len(op.inputs)))
        lines.append(Line(op, op.parse(params), args, dtype, f"n{k}"))
    outputs = sorted({inputs + len(lines) - 1, inputs + int(rng.integers(len(lines)))})
    return Group(lines, [Spec((size,), dtype)] * inputs, (size,), outputs)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_groups(gpu, seed):
    rng = np.random.default_rng(seed)
    dtype = np.dtype(str(rng.choice(["float16", "float32", "float64", "int8", "int32", "uint8"])))
    size = int(rng.integers(1, 200))
    group = random_group(rng, dtype, size)
    values = [rng.permutation(numbers(dtype, rng))[:size] for _ in group.inputs]
    if dtype.kind == "f":
        # None that become so small that a GPU takes them for 0.
        values = [np.where(abs(value) < 100, np.round(value), value) for value in values]
    found = run(gpu, group, *arrays_on(gpu, *values))
    made = list(values)
    with np.errstate(all="ignore"):
        for line in group.lines:
            made.append(line.op.fn(np, *[made[arg] for arg in line.args], **line.params))
    for output, result in zip(group.outputs, found, strict=True):
        check(result, made[output], "random")


# Graphs


def bound(gpu: mx.Context, symbol: mx.sym.Symbol, values: dict[str, np.ndarray], **options: Any):
    """The symbol bound to these values on the GPU."""
    given_ = {
        name: mx.nd.array(values[name], ctx=gpu, dtype=values[name].dtype)
        for name in symbol.list_arguments()
    }
    return symbol.bind(gpu, given_, **options)


def steps_of(plan: Any) -> list[str]:
    return [step.op.name.partition(":")[0] for step in plan.steps]


def test_a_node_alone_and_small_is_a_group(gpu):
    with mx.name.NameManager():
        root = mx.sym.sqrt(mx.sym.Variable("a"))
    executor = bound(gpu, root, {"a": np.array([4, 9], "float32")})
    (step,) = executor.plan.steps
    assert isinstance(step.op.fn, Fused)
    assert step.op.name == "sqrt"
    assert executor.forward()[0].asnumpy().tolist() == [2, 3]
    assert "1 step, 0 bytes in 0 buffers\n   0  sqrt0 = sqrt  (2,) float32  [output]" == str(
        executor.plan
    )
    assert executor.stages["fuse"].notes == ()


@pytest.mark.parametrize("dtype", ["float16", "int32", "uint8", "bool"])
def test_dtypes_of_graphs(gpu, dtype):
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    values = {
        name: numbers(np.dtype(dtype), np.random.default_rng(k)) for k, name in enumerate("ab")
    }
    cast = (lambda s: mx.sym.Cast(s, dtype="int32")) if dtype == "bool" else lambda s: s
    symbol = mx.sym.where(a, cast(a) + cast(b), cast(b) * 3)
    executor = bound(gpu, symbol, values)
    assert len(executor.plan.steps) == 1
    x, y = ((v.astype("int32") if dtype == "bool" else v) for v in values.values())
    with np.errstate(all="ignore"):
        expected = np.where(values["a"] != 0, x + y, y * y.dtype.type(3))
    np.testing.assert_array_equal(executor.forward()[0].asnumpy(), expected)


def test_a_plan_reads_well_and_the_source_shows_the_kernel(gpu):
    symbols = [mx.sym.Variable(name) for name in "ABCD"]
    product = symbols[0] * symbols[1] + symbols[2] * symbols[3]
    values = {name: np.ones((10, 10), "float32") for name in "ABCD"}
    executor = bound(gpu, product, values)
    text = str(executor.plan)
    assert text.count("elemwise_mul") == 2
    assert "[output]" in text
    for part in ("KERNEL fused(const float* x0", "t0 = v0 * v1;", "load(", "def forward("):
        assert part in executor.source
    assert re.search(r"^fused_3\w+ = kernel\('''$", executor.source, re.MULTILINE)


def test_long_chains_are_divided(gpu):
    z = mx.sym.Variable("a")
    for _ in range(50):
        z = z * 1.5 - 1
    x = np.linspace(-1, 1, 64).astype("float32")
    executor = bound(gpu, z, {"a": x})
    sizes = [len(step.op.fn.group.lines) for step in executor.plan.steps]
    assert sum(sizes) == 100
    assert max(sizes) <= fusing.MOST_LINES
    for _ in range(50):
        x = x * np.float32(1.5) - np.float32(1)
    np.testing.assert_array_equal(executor.forward()[0].asnumpy(), x)


def test_many_arrays(gpu):
    """A sum of more than a group can have is CuPy's; fewer have shorter vectors."""
    rng = np.random.default_rng(4)
    for count in (20, 60, fusing.MOST_LINES + 1):
        values = {f"x{k}": rng.standard_normal(64).astype("float32") for k in range(count)}
        executor = bound(gpu, mx.sym.add_n(*map(mx.sym.Variable, values)), values)
        (step,) = executor.plan.steps
        assert isinstance(step.op.fn, Fused) == (count <= fusing.MOST_LINES)
        total = sum(list(values.values())[1:], values["x0"])
        np.testing.assert_array_equal(executor.forward()[0].asnumpy(), total)


def test_values_in_place(gpu):
    """Written over what nobody reads any more."""
    a = mx.sym.Variable("a")
    x = np.random.default_rng(3).standard_normal((16, 16)).astype("float32")
    symbol = mx.sym.dot(mx.sym.dot(a, a) * 2 + 1, a)
    executor = bound(gpu, symbol, {"a": x})
    assert "over" in str(executor.plan)
    expected = (x @ x * 2 + 1) @ x
    for _ in range(3):
        np.testing.assert_allclose(executor.forward()[0].asnumpy(), expected, rtol=1e-3, atol=1e-3)


_RANDOM = [
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: a - b * 0.5,
    lambda a, b: mx.sym.broadcast_maximum(a, b) + 0,
    lambda a, b: a > b,
    lambda a, b: mx.sym.where(a > b, a, b),
    lambda a, b: mx.sym.clip(a, a_min=-2, a_max=2),
    lambda a, b: mx.sym.abs(a) / 3,
    lambda a, b: mx.sym.transpose(mx.sym.transpose(a) * 2),
    lambda a, b: mx.sym.broadcast_add(mx.sym.slice_axis(a, axis=0, begin=0, end=1), b),
    lambda a, b: mx.sym.broadcast_add(mx.sym.max(a, axis=1, keepdims=True), b),
]


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_graphs_as_written_and_optimised(gpu, seed):
    rng = np.random.default_rng(seed)
    values = {name: rng.integers(-9, 9, (6, 8)).astype("float32") / 4 for name in "abc"}
    made = [mx.sym.Variable(name) for name in "abc"]
    for _ in range(int(rng.integers(3, 15))):
        left, right = (made[-int(rng.integers(1, min(len(made), 5) + 1))] for _ in range(2))
        made.append(_RANDOM[int(rng.integers(len(_RANDOM)))](left, right))
    symbol = mx.sym.Group([made[-1] + 0, made[-2] * 2, mx.sym.add_n(*made[:3])])
    results = []
    for context, optimize in ((gpu, False), (gpu, True), (mx.cpu(), False)):
        executor = bound(context, symbol, values, optimize=optimize)
        results += [[output.asnumpy() for output in executor.forward()] for _ in range(2)]
    for other in results[1:]:
        for one, two in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_a_way_by_a_narrower_dtype_rounds(gpu, dtype, monkeypatch):
    """Doubles that go by way of float32: GCC, for the simulated device, left the way out."""
    x = mx.sym.Variable("x")
    made = mx.sym.cast(mx.sym.cast(x * 3, dtype=dtype), dtype="float64") + 1
    value = np.random.default_rng(0).standard_normal(64)
    monkeypatch.setattr(fusing, "WORTH", 1)
    executor = bound(gpu, made, {"x": value})
    assert len(executor.plan.steps) == 1
    expected = (value * 3).astype(dtype).astype("float64") + 1
    np.testing.assert_array_equal(executor.forward()[0].asnumpy(), expected)


def test_gradients(gpu):
    """A perceptron's: what flows back is fused, too, and the bias's gradient is a reduction of ours."""
    rng = np.random.default_rng(8)
    shapes = {"x": (12, 6), "w": (6, 4), "b": (1, 4)}
    values = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    x, w, b = map(mx.sym.Variable, shapes)
    y = mx.sym.sum(mx.sym.square(mx.sym.tanh(mx.sym.broadcast_add(mx.sym.dot(x, w), b))))
    grads = {name: mx.nd.zeros(shapes[name], ctx=gpu, dtype="float64") for name in "wb"}
    executor = bound(gpu, y, values, args_grad=grads)
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((1,), ctx=gpu, dtype="float64"))
    t = np.tanh(values["x"] @ values["w"] + values["b"])
    slope = 2 * t * (1 - t * t)
    np.testing.assert_allclose(grads["b"].asnumpy(), slope.sum(axis=0, keepdims=True), rtol=1e-9)
    np.testing.assert_allclose(grads["w"].asnumpy(), values["x"].T @ slope, rtol=1e-9)
    assert any(isinstance(step.op.fn, Reduced) for step in executor.backward_plan.steps)


def test_the_host_does_not_wait(simulation):
    gpu = mx.gpu(0)
    symbols = [mx.sym.Variable(name) for name in "ab"]
    executor = bound(
        gpu, mx.sym.sum(symbols[0] * symbols[1]) * 2, {n: np.ones((50, 4), "float32") for n in "ab"}
    )
    executor.forward()
    before = dict(simulation.counts)
    for _ in range(4):
        executor.forward()
    for what in ("uploads", "downloads", "synchronizations", "functions"):
        assert simulation.counts[what] == before.get(what, 0), what
    assert simulation.counts["launches"] > before["launches"] or simulation.counts["graphs"]
    assert executor.outputs[0].asnumpy().tolist() == [400]


def test_the_cpu_chooses_as_before():
    a = mx.sym.Variable("a")
    executor = mx.sym.sqrt(a * 2).bind(mx.cpu(), {"a": mx.nd.ones((5,))})
    assert steps_of(executor.plan) == ["_mul_scalar", "sqrt"]


def test_contiguous_steps():
    for shape in ((2, 3, 4), (5,), ()):
        array = np.empty(shape, "float32")
        assert contiguous(shape) == tuple(step // 4 for step in array.strides)


def test_a_text_that_is_refused(simulation, monkeypatch):
    """The error has the compiler's message, and the node's name."""
    before = Text.__init__

    def broken(self, *args):
        before(self, *args)
        self.text += "this is no C++;"

    monkeypatch.setattr(Text, "__init__", broken)
    executor = bound(mx.gpu(0), mx.sym.Variable("a") * 3, {"a": np.ones(4, "float32")})
    with pytest.raises(
        mx.base.MXNetError, match="a kernel of a fused group cannot be compiled"
    ) as info:
        executor.forward()
    assert any("_mul_scalar" in note for note in info.value.__notes__)
