"""Reductions on a GPU: one kernel with what is computed before them, exact, and the same each time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import nvrtc
import pytest
from group_cases import numbers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kernel_runs import needs_nvrtc

import symbook as mx
from symbook.cuda.source import EXACT, source
from symbook.fusion import Group, Line, layouts, reduced
from symbook.fusion.reduced import Reduced, shared_by_columns, shared_by_rows
from symbook.fusion.reduction import Reducing
from symbook.fusion.totals import total_of
from symbook.ops import registry
from symbook.specs import Spec, count

FLOATS = ("float16", "float32", "float64")
REAL = (*FLOATS, "int8", "uint8", "int32", "int64")


def reduction(
    name: str,
    dtype: str,
    shape: tuple[int, ...],
    axes: tuple[int, ...],
    factors: int = 2,
    **given_: Any,
) -> tuple[Reduced, dict[str, Any]]:
    """A reduction of a product, or of an array itself, and its parameters."""
    kind = np.dtype(dtype)
    op = registry.get(name)
    params = op.parse({"axis": axes, **given_})
    times = Line(registry.get("elemwise_mul"), {}, (0, 1), kind, "product")
    lines, outputs = ([times], [2]) if factors == 2 else ([], [0])
    group = Group(lines, [Spec(shape, kind)] * factors, shape, outputs)
    out = np.dtype(given_.get("out_dtype", dtype))
    total = total_of(op, params, kind, out)
    assert total is not None
    kept = tuple(size for k, size in enumerate(shape) if k not in axes) or (1,)
    return Reduced(group, total, axes, kept, out), params


def reduce_on(gpu: mx.Context, fn: Reduced, *arrays: Any) -> np.ndarray:
    xp = gpu.xp
    given_ = [array if hasattr(array, "get") else xp.asarray(array) for array in arrays]
    first, second = (xp.asnumpy(fn(xp, *given_)) for _ in range(2))
    assert first.tobytes() == second.tobytes()
    return first


def exact(name: str, value: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """What a reduction of floats gives, without rounding in between."""
    wide = value.astype(np.longdouble)
    with np.errstate(all="ignore"):
        if name == "norm":
            return np.sqrt(np.sum(wide * wide, axis=axes))
        return getattr(np, name)(wide, axis=axes)


# Shapes in which rows, columns and both are reduced, by one thread, a part of a block, a block, and several.
CASES = [
    ((7,), (0,)),
    ((70_001,), (0,)),
    ((40_000,), (0,)),
    ((5, 9), (1,)),
    ((300, 64), (1,)),
    ((9, 4096), (1,)),
    ((300, 64), (0,)),
    ((20_000, 3), (0,)),
    ((2, 20_000), (0, 1)),
    ((3, 500, 8), (1,)),
    ((4, 3, 50, 4), (0, 2, 3)),
    ((4, 3, 50, 4), (1,)),
    ((6, 1, 5), (1,)),
]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", ["sum", "mean", "norm"])
def test_sums_are_rounded_once(gpu, name, dtype):
    """Better than NumPy's pairwise sums: as of the exact one, rounded."""
    rng = np.random.default_rng(0)
    for shape, axes in CASES if (name, dtype) == ("sum", "float32") else CASES[::4]:
        fn, _ = reduction(name, dtype, shape, axes)
        a, b = (rng.standard_normal(shape).astype(dtype) for _ in range(2))
        found = reduce_on(gpu, fn, a, b)
        expected = exact(name, a * b, axes).reshape(found.shape)
        # Half a unit for the rounding, and a little for what of the lost parts is lost.
        apart = np.abs(found.astype(np.longdouble) - expected)
        steps = apart / np.spacing(np.abs(expected).astype(dtype)).astype(np.longdouble)
        # Of float64 the test's own numbers are not much longer, a mean is rounded twice, and a norm's
        # squares are added up plainly.
        most = {"sum": 0.7, "mean": 1.01, "norm": 4}[name] if dtype == "float64" else 0.502
        assert np.max(steps, initial=0) <= most


@pytest.mark.parametrize("dtype", REAL)
@pytest.mark.parametrize("name", ["sum", "max", "min", "prod", "mean"])
def test_it_gives_what_the_operator_gives(gpu, name, dtype):
    rng = np.random.default_rng(1)
    op = registry.get(name)
    for shape, axes in CASES[3 + (REAL.index(dtype) + len(name)) % 9 :: 9]:
        fn, params = reduction(name, dtype, shape, axes, 1)
        value = rng.integers(0, 4, shape).astype(dtype)
        if name == "prod":
            value = np.where(rng.random(shape) < 0.9, 1, value).astype(dtype)
        with np.errstate(all="ignore"):
            expected = op.fn(np, value, **params)
        found = reduce_on(gpu, fn, value)
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(
            found,
            expected,
            rtol=0 if found.dtype.kind != "f" else 2e-3 if dtype == "float16" else 1e-6,
        )


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "max", "min"])
def test_booleans(gpu, name):
    value = np.random.default_rng(3).random((40, 30)) < [[0.01], [0.5], [0.99], [1], [0]] * 8
    fn, params = reduction(name, "bool", value.shape, (1,), 1)
    np.testing.assert_array_equal(
        reduce_on(gpu, fn, value), registry.get(name).fn(np, value, **params)
    )


@pytest.mark.parametrize("dtype", FLOATS)
def test_special_values(gpu, dtype):
    rng = np.random.default_rng(4)
    rows = [
        [1, np.nan, 2, np.inf], [1, 2, np.inf, 3], [-np.inf, np.inf, 0, 0], [-np.inf, 1, 2, 3],
        [0.0, -0.0, 0, 0], [np.nan] * 4, [3, -1, 2, -5],
    ]  # fmt: skip
    value = np.tile(np.array(rows, dtype), (1, 20))[:, rng.permutation(80)]
    names = ("sum", "max", "nanprod", "norm", "nansum", "mean", "min", "prod")
    for name in names if dtype == "float32" else names[:4]:
        fn, params = reduction(name, dtype, value.shape, (1,), 1)
        with np.errstate(all="ignore"):
            expected = registry.get(name).fn(np, value, **params)
        # Of a product NumPy's is infinite where one of its parts is.
        np.testing.assert_allclose(reduce_on(gpu, fn, value), expected, rtol=1e-3, err_msg=name)


def test_the_norm_of_absolute_values_and_other_dtypes(gpu):
    value = np.random.default_rng(5).standard_normal((30, 50))
    for dtype, out in zip(FLOATS, ("float64", "float16", "float32"), strict=True):
        data = value.astype(dtype)
        fn, params = reduction("norm", dtype, data.shape, (0,), 1, ord=1, out_dtype=out)
        expected = registry.get("norm").fn(np, data, **params)
        np.testing.assert_allclose(reduce_on(gpu, fn, data), expected, rtol=2e-3)
    large = np.full((4, 8), 1e30, "float32")
    fn, _ = reduction("norm", "float32", (4, 8), (1,), 1)
    np.testing.assert_allclose(reduce_on(gpu, fn, large), np.full(4, 8**0.5 * 1e30), rtol=1e-6)
    rows = np.array([[3e300, 4e300, 1], [3e-300, 4e-300, 0], [3e-120, 4e-120, 1e-200], [0, 0, 0]])
    fn, _ = reduction("norm", "float64", rows.shape, (1,), 1)
    np.testing.assert_allclose(reduce_on(gpu, fn, rows), [5e300, 5e-300, 5e-120, 0], rtol=1e-14)


def test_no_values_and_no_results(gpu):
    for shape, axes, result in (((0,), (0,), [0]), ((3, 0), (1,), [0, 0, 0]), ((0, 3), (1,), [])):
        fn, _ = reduction("sum", "float32", shape, axes, 1)
        assert reduce_on(gpu, fn, np.empty(shape, "float32")).tolist() == result
    fn, _ = reduction("mean", "float32", (3, 0), (1,), 1)
    assert np.isnan(reduce_on(gpu, fn, np.empty((3, 0), "float32"))).all()


@pytest.mark.parametrize("wide", [False, True])
def test_views(gpu, wide, monkeypatch):
    """However the inputs lie: transposed, stretched, with gaps, not aligned."""
    if wide:
        monkeypatch.setattr(layouts, "WIDE", 1)
    base = np.random.default_rng(6).standard_normal((66, 80)).astype("float32")
    a = gpu.xp.asarray(base)
    pairs = [
        (lambda x: (x[:, 1:65], x[:, 2:66])),
        (lambda x: (x.T, x.T[::-1])),
        (lambda x: (x[:64:2, ::2], x[1:64:2, 1::2])),
        (lambda x: (x[:, :66], x[:, :66].T)),
    ]
    for k, pair in enumerate(pairs[:: 3 if wide else 1]):
        one, two = pair(base)
        for axes in ((0,), (1,), (0, 1))[k % 2 :: 2]:
            fn, _ = reduction("sum", "float32", one.shape, axes)
            found = reduce_on(gpu, fn, *pair(a))
            np.testing.assert_allclose(
                found, exact("sum", one * two, axes).reshape(found.shape), rtol=1e-6, atol=1e-6
            )


def test_stretched_inputs(gpu):
    """Each factor in its own shape."""
    rng = np.random.default_rng(7)
    a, b = rng.standard_normal((40, 16)), rng.standard_normal((16,))
    line = Line(registry.get("broadcast_mul"), {}, (0, 1), a.dtype, "product")
    group = Group([line], [Spec(a.shape, a.dtype), Spec(b.shape, b.dtype)], a.shape, [2])
    op = registry.get("sum")
    for axes in ((0,), (1,), (0, 1)):
        total = total_of(op, op.parse({"axis": axes}), a.dtype, a.dtype)
        assert total is not None
        kept = tuple(size for k, size in enumerate(a.shape) if k not in axes) or (1,)
        found = reduce_on(gpu, Reduced(group, total, axes, kept, a.dtype), a, b)
        np.testing.assert_allclose(found, (a * b).sum(axis=axes).reshape(kept), rtol=1e-12)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32 - 1))
def test_any_axes(gpu, seed):
    rng = np.random.default_rng(seed)
    rank = int(rng.integers(1, 5))
    shape = tuple(int(rng.choice([1, 2, 3, 5, 16, 33])) for _ in range(rank))
    axes = tuple(k for k in range(rank) if rng.random() < 0.5) or (0,)
    value = rng.integers(-50, 50, shape).astype("int32")
    fn, _ = reduction("sum", "int32", shape, axes, 1)
    found = reduce_on(gpu, fn, value)
    np.testing.assert_array_equal(found, value.sum(axis=axes, dtype="int32").reshape(found.shape))


# Who adds up what


@pytest.mark.parametrize("share", [shared_by_rows, shared_by_columns])
def test_shares(share):
    for results in (1, 2, 31, 1000, 10**6):
        for turns in (0, 1, 3, 100, 4096, 10**7):
            lanes, splits, blocks = share(results, turns)
            assert lanes & (lanes - 1) == 0
            assert reduced.THREADS % lanes == 0
            teams = reduced.THREADS // lanes
            assert blocks == math.ceil(results / teams) * splits
            assert splits <= reduced.BLOCKS
            if results * turns > 10**7:
                assert blocks >= reduced.BUSY // 2, (results, turns)
            if splits > 1:
                assert turns // (lanes * splits) >= 4


@needs_nvrtc
@pytest.mark.parametrize("name", ["sum", "mean", "norm", "max", "prod", "nansum"])
def test_reductions_compile_for_gpus(name):
    """Each form for one dtype, in turn; a sum of float32 in all."""
    forms = [((64, 1024), (1,)), ((64, 1024), (0,)), ((4, 8, 30, 30), (0, 2, 3)), ((1001,), (0,))]
    dtypes = FLOATS if name in ("norm", "nansum") else ("float16", "float32", "int8", "float64")
    chosen = [(dtype, forms[k]) for k, dtype in enumerate(dtypes)]
    if name == "sum":
        chosen = [("float32", form) for form in forms]
    for k, (dtype, (shape, axes)) in enumerate(chosen):
        fn, _ = reduction(name, dtype, shape, axes, 1)
        steps = [tuple(count(shape[i + 1 :]) for i in range(len(shape)))]
        form, *_ = fn._form(steps, [shape], 16)
        text = Reducing(fn._lowered, fn.total, fn.dtype, form).text
        nvrtc.check(source(text, (), bool(k & 1)), EXACT, nvrtc.ARCHITECTURES[k >> 1 & 1])


# The pass


def bound(gpu: mx.Context, symbol: mx.sym.Symbol, grads: str = "", **values: np.ndarray) -> Any:
    given_ = {name: mx.nd.array(v, ctx=gpu, dtype=v.dtype) for name, v in values.items()}
    to = {
        name: mx.nd.zeros(values[name].shape, ctx=gpu, dtype=values[name].dtype) for name in grads
    }
    return symbol.bind(gpu, given_, args_grad=to or None)


@pytest.fixture
def pair() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(11)
    return {name: rng.standard_normal((50, 12)).astype("float32") for name in "ab"}


A, B = mx.sym.Variable("a"), mx.sym.Variable("b")


def test_a_sum_of_a_product_is_one_step(gpu, pair):
    with mx.name.NameManager():
        symbol = mx.sym.sum(A * B, axis=1)
    executor = bound(gpu, symbol, **pair)
    (step,) = executor.plan.steps
    assert step.op.name == "reduced 2: elemwise_mul sum"
    assert executor.plan.placement.nbytes == 0
    assert [line.strip() for line in str(executor.plan).splitlines()[2:]] == [
        "_mul0 = elemwise_mul", "sum0 = sum",
    ]  # fmt: skip
    found = executor.forward()[0].asnumpy()
    np.testing.assert_allclose(found, (pair["a"] * pair["b"]).sum(axis=1), rtol=1e-5, atol=1e-6)
    (note,) = executor.stages["fuse reductions"].notes
    assert str(note) == "_mul0 = elemwise_mul  fused into sum0: computed while it is reduced"
    for part in ("KERNEL reduced(", "KERNEL joined_blocks(", "t0 = v0 * v1;"):
        assert part in executor.source


def test_what_others_read_is_written(gpu, pair):
    product = A * B
    executor = bound(gpu, mx.sym.Group([mx.sym.sum(product), product]), **pair)
    assert [step.op.name for step in executor.plan.steps] == ["elemwise_mul", "sum"]
    total, found = (output.asnumpy() for output in executor.forward())
    np.testing.assert_array_equal(found, pair["a"] * pair["b"])
    np.testing.assert_allclose(total, [found.sum(dtype="float64")], rtol=1e-6)


def test_who_asks_for_a_shape_asks_an_input(gpu, pair):
    """The gradient of the sum is as large as the product, which is nowhere."""
    executor = bound(gpu, mx.sym.sum(A * B), "ab", **pair)
    assert [step.op.name.partition(":")[0] for step in executor.plan.steps] == ["reduced 2"]
    executor.forward(is_train=True)
    executor.backward(mx.nd.array([2], ctx=gpu))
    np.testing.assert_array_equal(executor.grad_dict["a"].asnumpy(), 2 * pair["b"])
    np.testing.assert_array_equal(executor.grad_dict["b"].asnumpy(), 2 * pair["a"])


def test_what_flows_back_through_a_stretched_input(gpu):
    rng = np.random.default_rng(12)
    x, w = rng.standard_normal((30, 8)), rng.standard_normal((1, 8))
    symbol = mx.sym.broadcast_mul(A, B)
    executor = bound(gpu, symbol, "b", a=x, b=w)
    executor.forward(is_train=True)
    head = rng.standard_normal((30, 8))
    executor.backward(mx.nd.array(head, ctx=gpu, dtype="float64"))
    np.testing.assert_allclose(
        executor.grad_dict["b"].asnumpy(), (head * x).sum(axis=0, keepdims=True), rtol=1e-12
    )
    (step,) = executor.backward_plan.steps
    assert step.op.name == "reduced 2: broadcast_mul _backward_broadcast"


def test_forward_values_are_not_computed_backward(gpu, pair):
    """What is computed forward is so when `forward` runs, whatever is bound later."""
    symbol = mx.sym.sum(mx.sym.exp(A) * B, axis=0)
    executor = bound(gpu, symbol, "ab", **pair)
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((12,), ctx=gpu))
    np.testing.assert_allclose(executor.grad_dict["b"].asnumpy(), np.exp(pair["a"]), rtol=1e-6)
    np.testing.assert_allclose(
        executor.grad_dict["a"].asnumpy(), np.exp(pair["a"]) * pair["b"], rtol=1e-5
    )


def test_options_of_operators(gpu):
    value = numbers(np.dtype("float32"), np.random.default_rng(2), 80)[:100].reshape(5, 4, 5)
    value = np.where(np.isfinite(value) & (np.abs(value) < 100), value, 1)
    calls = {
        "keepdims": mx.sym.sum(A, axis=(0, 2), keepdims=True),
        "exclude": mx.sym.sum(A, axis=1, exclude=True),
        "negative": mx.sym.max(A, axis=-1),
        "all": mx.sym.mean(A),
        "norm": mx.sym.norm(A, axis=(1, 2)),
        "cast": mx.sym.norm(A, ord=1, out_dtype="float64"),
        "whole": mx.sym.sum(mx.sym.Cast(A, dtype="int32"), axis=2),
    }
    for symbol in calls.values():
        executor, other = (bound(context, symbol, a=value) for context in (gpu, mx.cpu()))
        found, expected = (item.forward()[0].asnumpy() for item in (executor, other))
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-5)
        assert all(isinstance(step.op.fn, Reduced) for step in executor.plan.steps[-1:])


def test_on_the_cpu_nothing_changes(pair):
    executor = bound(mx.cpu(), mx.sym.sum(A * B, axis=1), **pair)
    assert [step.op.name for step in executor.plan.steps] == ["elemwise_mul", "sum"]
    assert "fuse reductions" not in [stage.name for stage in executor.stages]


def test_a_captured_run_finds_its_memory(gpu, pair):
    """Sums of many values, several times: blocks' totals are where they were."""
    value = np.random.default_rng(13).standard_normal(200_000).astype("float32")
    executor = bound(gpu, mx.sym.sum(A * B) + mx.sym.sum(A - B), a=value, b=value[::-1].copy())
    exact_ = math.fsum((value * value[::-1]).tolist()) + math.fsum((value - value[::-1]).tolist())
    for turn in range(8):
        executor.arg_dict["a"][:] = value
        found = executor.forward()
        np.testing.assert_allclose(found[0].asnumpy(), [exact_], rtol=1e-4, err_msg=str(turn))


# Views


def names(plan: Any) -> list[str]:
    return [step.op.name.partition(":")[0] for step in plan.steps]


def test_kernels_see_through_views(gpu, pair):
    """A reshape or a stretched value costs no step; a view that somebody else reads stays."""
    a, b = pair["a"], pair["b"]
    spread = mx.sym.expand_dims(mx.sym.mean(A, axis=1), axis=1)
    spread = mx.sym.broadcast_to(spread, shape=(50, 12))
    means = a.mean(axis=1, dtype="float64")
    flat, parts = mx.sym.reshape(A, shape=(-1,)), mx.sym.reshape(A, shape=(10, 5, 12))
    tall = mx.sym.reshape(A * 2, shape=(30, 20))
    repeated = mx.sym.reshape(spread, shape=(600,))
    cases = [
        (spread * B, means[:, None] * b, ["mean", "elemwise_mul"]),
        (flat * 2, a.reshape(-1) * 2, ["_mul_scalar"]),
        (mx.sym.sum(tall, axis=0), (a * 2).reshape(30, 20).sum(axis=0), ["_mul_scalar", "sum"]),
        (mx.sym.Flatten(parts) + 1, a.reshape(10, 60) + 1, ["_plus_scalar"]),
        (
            repeated * 2,
            np.repeat(means, 12) * 2,
            ["mean", "expand_dims", "broadcast_to", "Reshape", "_mul_scalar"],
        ),
        (mx.sym.transpose(A) * 2, a.T * 2, ["transpose", "_mul_scalar"]),
    ]
    for symbol, expected, steps in cases:
        executor = bound(gpu, symbol, **{k: pair[k] for k in symbol.list_arguments()})
        for _ in range(2):
            found = executor.forward()[0].asnumpy()
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
        assert names(executor.plan) == steps


def test_what_is_seen_through_a_view_may_have_gaps(gpu):
    base = np.random.default_rng(9).standard_normal((20, 30)).astype("float32")
    array = mx.nd.array(base, ctx=gpu)
    for view, value in (
        (array[:, 3:17], base[:, 3:17]),
        (array.T, base.T),
        (array[::2], base[::2]),
    ):
        flat = mx.sym.reshape(A, shape=(-1,))
        symbol = mx.sym.Group([flat * 3, mx.sym.sum(flat), mx.sym.sum(flat * flat)])
        executor = symbol.bind(gpu, {"a": view})
        for _ in range(3):
            found = [output.asnumpy() for output in executor.forward()]
            wide = value.astype("float64")
            np.testing.assert_array_equal(found[0], value.reshape(-1) * np.float32(3))
            np.testing.assert_allclose(found[1], [wide.sum()], rtol=1e-5, atol=1e-5)
            np.testing.assert_allclose(found[2], [(wide * wide).sum()], rtol=1e-6)


def test_gradients_of_sums_are_kernels_alone(gpu, pair):
    """What flows back from a sum or a mean along an axis is stretched; no step makes that view."""
    symbol = mx.sym.sum(mx.sym.square(A - B), axis=1)
    executor = bound(gpu, symbol, "a", **pair)
    assert not any(step.op.view for step in executor.backward_plan.steps)
    head = np.arange(50, dtype="float32")
    for _ in range(3):
        executor.forward(is_train=True)
        executor.backward(mx.nd.array(head, ctx=gpu))
    expected = 2 * (pair["a"] - pair["b"]) * head[:, None]
    np.testing.assert_allclose(executor.grad_dict["a"].asnumpy(), expected, rtol=1e-6)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32 - 1))
def test_any_views_of_views(gpu, seed):
    rng = np.random.default_rng(seed)
    value = rng.integers(-9, 9, (4, 6)).astype("float32")
    symbol, expected = A * 1, value
    for _ in range(int(rng.integers(1, 7))):
        way, shape = int(rng.integers(6)), expected.shape
        if way == 0:
            symbol, expected = mx.sym.reshape(symbol, shape=(-1,)), expected.reshape(-1)
        elif way == 1:
            axis = int(rng.integers(len(shape) + 1))
            symbol = mx.sym.expand_dims(symbol, axis=axis)
            expected = np.expand_dims(expected, axis)
        elif way == 2 and 1 in shape:
            target = tuple(int(rng.integers(1, 4)) if size == 1 else size for size in shape)
            symbol = mx.sym.broadcast_to(symbol, shape=target)
            expected = np.broadcast_to(expected, target)
        elif way == 3:
            symbol, expected = mx.sym.identity(symbol), expected
        elif way == 4 and len(shape) > 1:
            symbol, expected = mx.sym.transpose(symbol), expected.T
        elif way == 5:
            symbol, expected = symbol + 1, expected + 1
    axis = int(rng.integers(expected.ndim))
    both = mx.sym.Group([symbol * 2, mx.sym.sum(symbol, axis=axis)])
    executor = bound(gpu, both, a=value)
    for _ in range(2):
        found = [output.asnumpy() for output in executor.forward()]
        np.testing.assert_array_equal(found[0], expected * 2)
        total = expected.sum(axis=axis)
        np.testing.assert_array_equal(found[1], total.reshape(total.shape or (1,)))


@pytest.mark.parametrize("dtype", FLOATS)
def test_what_flows_back_from_a_mean(gpu, dtype):
    """It is divided where it is used, to the bits that its own function gives."""
    rng = np.random.default_rng(14)
    a, b = (rng.standard_normal((6, 7, 5)).astype(dtype) for _ in range(2))
    for axis in (None, 1, (0, 2)) if dtype == "float32" else (1,):
        symbol = mx.sym.mean(A * B, **({} if axis is None else {"axis": axis}))
        executors = [bound(context, symbol, "a", a=a, b=b) for context in (gpu, mx.cpu())]
        shape = executors[0].outputs[0].shape
        head = rng.standard_normal(shape).astype(dtype)
        for executor in executors:
            executor.forward(is_train=True)
            executor.backward(mx.nd.array(head, ctx=executor.outputs[0].context, dtype=dtype))
        found, expected = (executor.grad_dict["a"].asnumpy() for executor in executors)
        np.testing.assert_array_equal(found, expected)
        (step,) = executors[0].backward_plan.steps
        assert step.op.name == "fused 2: _div_scalar broadcast_mul"


def test_what_flows_back_from_a_change_of_dtype(gpu):
    a = np.random.default_rng(15).standard_normal((40, 3)).astype("float32")
    half = mx.sym.Cast(A, dtype="float16") * 2
    executor = bound(gpu, mx.sym.sum(mx.sym.Cast(half, dtype="float32") * 3, axis=1), "a", a=a)
    executor.forward(is_train=True)
    head = np.linspace(-1, 1, 40).astype("float32")
    executor.backward(mx.nd.array(head, ctx=gpu))
    expected = ((head[:, None] * np.float32(3)).astype("float16") * np.float16(2)).astype("float32")
    np.testing.assert_array_equal(
        executor.grad_dict["a"].asnumpy(), np.broadcast_to(expected, a.shape)
    )
    (step,) = executor.backward_plan.steps
    assert step.op.name.startswith("fused 4: _mul_scalar Cast")
    notes = executor.stages["spell out"].notes
    assert {(note.op, note.act, note.by) for note in notes} == {
        ("_backward_Cast", "changed", "Cast")
    }
