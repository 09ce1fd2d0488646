"""What simplification leaves out changes no bit of any value: special values, all dtypes, all lengths."""

from __future__ import annotations

import operator

import numpy as np
import pytest

import symbook as mx

FLOATS = ("float16", "float32", "float64")
INTEGERS = ("uint8", "int8", "int32", "int64")


def values(dtype: str, size: int = 1200) -> np.ndarray:
    """Numbers of a dtype: special ones, and any bits; no signalling NaN, which arithmetic makes quiet."""
    kind = np.dtype(dtype)
    rng = np.random.default_rng(7)
    bits = rng.integers(0, 256, size * kind.itemsize, dtype=np.uint8).view(kind)
    if kind.kind == "b":
        return rng.integers(0, 2, size).astype(bool)
    if kind.kind != "f":
        info = np.iinfo(kind)
        bits[:5] = info.min, info.max, 0, 1, info.max - 1
        return bits
    whole = np.dtype(f"uint{8 * kind.itemsize}")
    info = np.finfo(kind)
    quiet = whole.type(1 << (info.nmant - 1))
    with np.errstate(all="ignore"):
        special = np.array(
            [
                *(0.0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, np.inf, -np.inf, np.nan, -np.nan),
                *(info.max, info.tiny, info.eps),
                *(info.smallest_subnormal, -info.smallest_subnormal),
                *(2**info.nmant + 1, 2**info.nmant - 0.5, 2 ** (info.nmant + 1) - 1),
            ],
            kind,
        )
    bits[: len(special)] = special
    bits[len(special) : 2 * len(special)] = special[::-1]
    raw = bits.view(whole)
    raw[np.isnan(bits)] |= quiet
    return bits


def like(symbol, value):
    return mx.sym.full(value.shape, 1, dtype=value.dtype)


# Each gives its argument again; the dtypes that it is for.
ELEMENT_WISE = {
    "x * 1": (lambda s, v: s * 1, FLOATS + INTEGERS),
    "x / 1": (lambda s, v: s / 1, FLOATS + INTEGERS),
    "x - 0": (lambda s, v: s - 0, FLOATS + INTEGERS),
    "x + -0": (lambda s, v: s + (-0.0), FLOATS),
    "x + 0": (lambda s, v: s + 0, INTEGERS),
    "x ** 1": (lambda s, v: s**1, ("float32", "float64", *INTEGERS)),
    "maximum of x and -inf": (lambda s, v: mx.sym.maximum(s, -np.inf), FLOATS),
    "minimum of x and inf": (lambda s, v: mx.sym.minimum(s, np.inf), FLOATS),
    "Python's -(-x)": (lambda s, v: operator.neg(-s), FLOATS + INTEGERS),
    "-(-x)": (lambda s, v: mx.sym.negative(mx.sym.negative(s)), FLOATS + INTEGERS),
    "x * ones_like": (lambda s, v: s * mx.sym.ones_like(s), FLOATS + INTEGERS),
    "ones * x": (lambda s, v: mx.sym.ones(v.shape, dtype=v.dtype) * s, FLOATS + INTEGERS),
    "full of 1 * x": (lambda s, v: mx.sym.broadcast_mul(like(s, v), s), FLOATS + INTEGERS),
    "x / ones": (lambda s, v: mx.sym.broadcast_div(s, mx.sym.ones_like(s)), FLOATS + INTEGERS),
    "x - zeros": (lambda s, v: mx.sym.broadcast_sub(s, mx.sym.zeros_like(s)), FLOATS + INTEGERS),
    "x + zeros": (lambda s, v: mx.sym.broadcast_add(s, mx.sym.zeros_like(s)), INTEGERS),
    "maximum of x and x": (lambda s, v: mx.sym.maximum(s, s), FLOATS + INTEGERS),
    "minimum of x and x": (lambda s, v: mx.sym.broadcast_minimum(s, s), FLOATS + INTEGERS),
    "where": (lambda s, v: mx.sym.where(mx.sym.Variable("c"), s, s), FLOATS + INTEGERS),
    "a sum of one": (lambda s, v: mx.sym.add_n(s), FLOATS + INTEGERS),
    "Cast": (lambda s, v: mx.sym.Cast(s, dtype=v.dtype), (*FLOATS, *INTEGERS, "bool")),
    "amp_cast": (lambda s, v: mx.sym.amp_cast(s, dtype="float32"), ("float32", *INTEGERS)),
    "floor of integers": (lambda s, v: mx.sym.floor(s), INTEGERS),
    "round of integers": (lambda s, v: mx.sym.round(s), INTEGERS),
    "make_loss": (lambda s, v: mx.sym.make_loss(s), FLOATS),
    "MakeLoss": (lambda s, v: mx.sym.MakeLoss(s), FLOATS),
    "identity": (lambda s, v: mx.sym.identity(s), (*FLOATS, *INTEGERS, "bool")),
    "to float64 and back": (
        lambda s, v: mx.sym.Cast(mx.sym.Cast(s, dtype="float64"), dtype=v.dtype),
        ("float16", "float32", "uint8", "int8", "int32", "bool"),
    ),
    "to int64 and back": (
        lambda s, v: mx.sym.Cast(mx.sym.Cast(s, dtype="int64"), dtype=v.dtype),
        ("uint8", "int8", "int32", "bool"),
    ),
}

# The second time changes nothing. `twice(s)` is what the optimiser makes one of.
IDEMPOTENT = {
    name: (getattr(mx.sym, name), dtypes)
    for name, dtypes in {
        "abs": FLOATS + INTEGERS,
        "sign": FLOATS + INTEGERS,
        "relu": FLOATS + INTEGERS,
        "floor": FLOATS,
        "ceil": FLOATS,
        "rint": FLOATS,
        "trunc": FLOATS,
        "fix": FLOATS,
    }.items()
} | {
    "clip": (lambda s: mx.sym.clip(s, a_min=-2, a_max=3), FLOATS + INTEGERS),
    "clip at 0": (lambda s: mx.sym.clip(s, a_min=0, a_max=3), FLOATS + INTEGERS),
    "clip at -0": (lambda s: mx.sym.clip(s, a_min=-0.0, a_max=0), FLOATS),
}

CASTS = [
    (start, middle, end)
    for start in (*FLOATS, *INTEGERS, "bool")
    for middle in (*FLOATS, *INTEGERS, "bool")
    for end in (*FLOATS, *INTEGERS, "bool")
    if len({start, middle}) == 2
]


def arguments(symbol, value):
    """The arrays for a symbol of `x` and perhaps a condition `c`."""
    given = {"x": mx.nd.array(value, dtype=value.dtype)}
    if "c" in symbol.list_arguments():
        given["c"] = mx.nd.array(np.arange(value.size).reshape(value.shape) % 3)
    return given


def run(symbol, value, optimize):
    executor = symbol.bind(mx.cpu(), arguments(symbol, value), optimize=optimize)
    return executor, executor.forward()[0].asnumpy()


def work(executor) -> list[str]:
    """The operators of a plan, but for copies of what is given again."""
    return [step.op.name for step in executor.plan.steps if step.op.name != "copy to output"]


def cases(table):
    return [(name, dtype) for name, (_, dtypes) in table.items() for dtype in dtypes]


@pytest.mark.parametrize(("name", "dtype"), cases(ELEMENT_WISE))
def test_what_gives_its_operand_again(name, dtype):
    make = ELEMENT_WISE[name][0]
    whole = values(dtype)
    for size in (*range(1, 40), whole.size):
        value = whole[:size]
        symbol = make(mx.sym.Variable("x"), value)
        executor, found = run(symbol, value, True)
        assert [] == work(executor)
        assert value.dtype == found.dtype
        assert value.tobytes() == found.tobytes()
        # What was left out does the same: it is an identity indeed.
        assert value.tobytes() == run(symbol, value, False)[1].tobytes()


@pytest.mark.parametrize(("name", "dtype"), cases(IDEMPOTENT))
def test_what_changes_nothing_the_second_time(name, dtype):
    make = IDEMPOTENT[name][0]
    whole = values(dtype)
    x = mx.sym.Variable("x")
    for size in (*range(1, 40), whole.size):
        for start in range(4 if size < 40 else 1):
            value = whole[start : start + size]
            executor, found = run(make(make(x)), value, True)
            assert 1 == len(work(executor))
            assert found.tobytes() == run(make(make(x)), value, False)[1].tobytes()


@pytest.mark.parametrize(("start", "middle", "end"), CASTS)
def test_conversions_by_way_of_others(start, middle, end):
    value = values(start)
    symbol = mx.sym.Cast(mx.sym.Cast(mx.sym.Variable("x"), dtype=middle), dtype=end)
    found, plain = (run(symbol, value, optimize)[1] for optimize in (True, False))
    assert plain.tobytes() == found.tobytes()


@pytest.mark.parametrize("first", ["floor", "ceil", "rint", "trunc", "fix"])
@pytest.mark.parametrize("second", ["floor", "ceil", "rint", "trunc", "fix"])
@pytest.mark.parametrize("dtype", FLOATS)
def test_whole_numbers_stay(first, second, dtype):
    value = values(dtype)
    symbol = getattr(mx.sym, second)(getattr(mx.sym, first)(mx.sym.Variable("x")))
    executor, found = run(symbol, value, True)
    assert [first] == work(executor)
    assert found.tobytes() == run(symbol, value, False)[1].tobytes()


def test_powers_of_float16_are_rounded():
    """NumPy's x ** 1 is not x for all of them."""
    value = values("float16", 5000)
    symbol = mx.sym.Variable("x") ** 1
    found, plain = (run(symbol, value, optimize)[1] for optimize in (True, False))
    assert plain.tobytes() == found.tobytes()


SHAPE = (2, 3, 4)

# Each moves elements of an array of that shape, and gives the array again.
MOVES = {
    "Reshape": lambda s: mx.sym.reshape(s, shape=(0, -1, 4)),
    "Reshape of Reshape": lambda s: mx.sym.reshape(mx.sym.reshape(s, shape=(-1,)), shape=SHAPE),
    "Flatten and back": lambda s: mx.sym.reshape(mx.sym.Flatten(s), shape=(0, 3, 4)),
    "expand_dims and squeeze": lambda s: mx.sym.squeeze(mx.sym.expand_dims(s, axis=1), axis=1),
    "reshape_like": lambda s: mx.sym.reshape_like(mx.sym.Flatten(s), s),
    "transpose of nothing": lambda s: mx.sym.transpose(s, axes=(0, 1, 2)),
    "transpose twice": lambda s: mx.sym.transpose(mx.sym.transpose(s)),
    "transpose and back": lambda s: mx.sym.transpose(
        mx.sym.transpose(s, axes=(1, 2, 0)), axes=(2, 0, 1)
    ),
    "SwapAxis of one": lambda s: mx.sym.SwapAxis(s, dim1=1, dim2=1),
    "SwapAxis twice": lambda s: mx.sym.SwapAxis(mx.sym.SwapAxis(s, dim1=0, dim2=2), dim1=2, dim2=0),
    "SwapAxis and transpose": lambda s: mx.sym.transpose(
        mx.sym.SwapAxis(s, dim1=0, dim2=2), axes=(2, 1, 0)
    ),
    "reverse twice": lambda s: mx.sym.reverse(mx.sym.reverse(s, axis=(0, 2)), axis=(2, 0)),
    "slice of all": lambda s: mx.sym.slice(s, begin=(0, None), end=(2, None)),
    "slice_axis of all": lambda s: mx.sym.slice_axis(s, axis=1, begin=0, end=None),
    "slice_like itself": lambda s: mx.sym.slice_like(s, s),
    "broadcast_to": lambda s: mx.sym.broadcast_to(s, shape=SHAPE),
    "broadcast_like": lambda s: mx.sym.broadcast_like(s, mx.sym.exp(s)),
    "broadcast_axis": lambda s: mx.sym.broadcast_axis(s),
    "tile": lambda s: mx.sym.tile(s, reps=(1, 1)),
    "repeat": lambda s: mx.sym.repeat(s, repeats=1, axis=1),
    "Pad by nothing": lambda s: mx.sym.squeeze(
        mx.sym.pad(mx.sym.expand_dims(s, axis=0), mode="edge", pad_width=(0,) * 8), axis=0
    ),
    "Concat of one": lambda s: mx.sym.Concat(s, dim=1),
    "Concat of parts": lambda s: mx.sym.Concat(*mx.sym.split(s, num_outputs=3, axis=1), dim=-2),
    "Concat of unequal parts": lambda s: mx.sym.Concat(*mx.sym.split_v2(s, (1, 3), axis=2), dim=2),
    "stack of parts": lambda s: mx.sym.stack(
        *mx.sym.split(s, num_outputs=3, axis=1, squeeze_axis=True), axis=1
    ),
    "stack of one": lambda s: mx.sym.reshape(mx.sym.stack(s, axis=1), shape=SHAPE),
    "split into one": lambda s: mx.sym.split(s, num_outputs=1),
    "split_v2 into one": lambda s: mx.sym.split_v2(s, 1),
    "depth_to_space": lambda s: mx.sym.squeeze(
        mx.sym.depth_to_space(mx.sym.expand_dims(s, axis=0), block_size=1), axis=0
    ),
}


@pytest.mark.parametrize("name", MOVES)
def test_what_moves_nothing(name):
    value = np.random.default_rng(3).normal(size=SHAPE).astype(np.float32)
    symbol = MOVES[name](mx.sym.Variable("x"))
    executor, found = run(symbol, value, True)
    assert [] == work(executor)
    np.testing.assert_array_equal(value, found)
    np.testing.assert_array_equal(value, run(symbol, value, False)[1])


# Each looks like one of the above, and is none.
OTHERS = {
    "slice backwards": lambda s: mx.sym.slice(s, begin=(None,), end=(None,), step=(-1,)),
    "transpose of a square": lambda s: mx.sym.transpose(s, axes=(1, 0, 2)),
    "transpose thrice": lambda s: mx.sym.transpose(
        mx.sym.transpose(s, axes=(1, 2, 0)), axes=(1, 2, 0)
    ),
    "reverse": lambda s: mx.sym.reverse(s, axis=0),
    "reverse of others": lambda s: mx.sym.reverse(mx.sym.reverse(s, axis=0), axis=1),
    "Concat of parts in another order": lambda s: mx.sym.Concat(
        *list(mx.sym.split(s, num_outputs=3, axis=1))[::-1], dim=1
    ),
    "Concat of parts on another axis": lambda s: mx.sym.reshape(
        mx.sym.Concat(*mx.sym.split(s, num_outputs=3, axis=1), dim=0), shape=(3, 3, 3)
    ),
    "stack of parts on another axis": lambda s: mx.sym.stack(
        *mx.sym.split(s, num_outputs=3, axis=1, squeeze_axis=True), axis=0
    ),
    "clip to other bounds": lambda s: mx.sym.clip(
        mx.sym.clip(s, a_min=-1, a_max=1), a_min=-0.5, a_max=2
    ),
    "clip turned round": lambda s: mx.sym.clip(
        mx.sym.clip(s, a_min=0.5, a_max=-0.5), a_min=0.5, a_max=-0.5
    ),
    "by way of a narrow dtype": lambda s: mx.sym.Cast(
        mx.sym.Cast(s, dtype="float16"), dtype="float32"
    ),
    "by way of integers": lambda s: mx.sym.Cast(mx.sym.Cast(s, dtype="int32"), dtype="float32"),
    "where": lambda s: mx.sym.where(s, s, mx.sym.negative(s)),
    "x + 0": lambda s: s + 0,
    "x * 0": lambda s: s * 0,
    "0 - x": lambda s: 0 - s,
    "x / x": lambda s: s / s,
    "x - x": lambda s: s - s,
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_moves_something(name):
    value = np.random.default_rng(3).normal(size=(3, 3, 3)).astype(np.float32)
    value[0, 0] = -0.0, np.nan, np.inf
    symbol = OTHERS[name](mx.sym.Variable("x"))
    found, plain = (run(symbol, value, optimize)[1] for optimize in (True, False))
    assert plain.tobytes() == found.tobytes()
    assert value.tobytes() != found.tobytes()


@pytest.mark.parametrize(
    "copy",
    [
        lambda s: s * 1,
        lambda s: mx.sym.Cast(s, dtype="float32"),
        lambda s: mx.sym.make_loss(s),
        lambda s: mx.sym.Concat(s, dim=0),
        lambda s: mx.sym.negative(mx.sym.negative(s)),
        lambda s: mx.sym.tile(s, reps=(1,)),
        lambda s: mx.sym.reshape(mx.sym.reshape(s, shape=(-1,)), shape=(257, 130)),
        lambda s: mx.sym.Concat(*mx.sym.split(s, num_outputs=2), dim=1),
        lambda s: mx.sym.maximum(s, s),
        lambda s: mx.sym.where(s, s, s),
        lambda s: mx.sym.identity(s),
        lambda s: mx.sym.BlockGrad(s),
    ],
)
@pytest.mark.parametrize("view", [mx.sym.transpose, lambda s: mx.sym.reverse(s, axis=1)])
@pytest.mark.parametrize("read", [mx.sym.sum, mx.sym.mean, mx.sym.norm])
def test_what_lies_otherwise_in_memory_is_not_put_in_place(copy, view, read):
    """A sum of floats depends on the order, and that on how the values lie in memory."""
    value = np.random.default_rng(3).normal(size=(130, 257)).astype(np.float32)
    given = view(mx.sym.Variable("x"))
    if view is not mx.sym.transpose:
        given = mx.sym.reverse(mx.sym.transpose(mx.sym.Variable("x")), axis=1)
    symbol = mx.sym.Group([read(copy(given), axis=axis) for axis in (0, 1, None)])
    executors = [
        symbol.bind(mx.cpu(), {"x": mx.nd.array(value)}, optimize=optimize)
        for optimize in (True, False)
    ]
    for ours, plain in zip(*(executor.forward() for executor in executors), strict=True):
        assert ours.asnumpy().tobytes() == plain.asnumpy().tobytes()
