"""Random graphs over many operators, dtypes and shapes, and NumPy's answers for any inputs, node by node.

What depends on the order in which numbers are added is made of whole numbers, so that it is exact. NaNs are
one to :func:`bits`: which of two NaNs an addition gives on is up to the processor.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import symbook as mx
from symbook.passes import fusing
from symbook.symbol import Symbol

Array = np.ndarray[Any, Any]

FLOATS = ("float16", "float32", "float64")
DTYPES = (*FLOATS, "int8", "uint8", "int32", "int64", "bool")


def bits(value: Array) -> tuple[Any, ...]:
    """Shape, dtype and bytes of an array, every NaN alike: equal only if all numbers are, to the bit."""
    value = np.ascontiguousarray(value)
    if value.dtype.kind == "f":
        value = np.where(np.isnan(value), value.dtype.type(np.nan), value)
    return value.shape, value.dtype, value.tobytes()


@dataclass(frozen=True)
class Case:
    """A symbol and a program of NumPy's that computes the same.

    Attributes
    ----------
    symbol : Symbol
    arrays : dict of str to array
        Values for its arguments.
    """

    symbol: Symbol
    arrays: dict[str, Array]
    _all: dict[str, Array]
    _program: list[tuple[Callable[..., Any], tuple[int, ...]]]
    _outputs: list[int]

    def expected(
        self,
        arrays: Mapping[str, Array] | None = None,
        change: Callable[[Array], Array] = lambda value: value,
    ) -> list[Array]:
        """The outputs for some values of the arguments, or for those in `arrays`.

        `change` is what becomes of each node's value before others read it.
        """
        values: list[Array] = list({**self._all, **(arrays or {})}.values())
        with np.errstate(all="ignore"):
            for compute, inputs in self._program:
                found = compute(*[values[i] for i in inputs])
                values += [change(v) for v in (found if isinstance(found, list) else [found])]
        return [values[i] for i in self._outputs]

    def fresh(self, seed: int) -> dict[str, Array]:
        """Other values for the arguments."""
        rng = random.Random(seed)
        return {
            name: numbers(rng, value.shape, value.dtype.name) for name, value in self.arrays.items()
        }

    def bound(
        self, arrays: Mapping[str, Array] | None = None, ctx: mx.Context | None = None
    ) -> dict[str, mx.nd.NDArray]:
        """New NDArrays with these values, or with those in `arrays`."""
        return {
            name: mx.nd.array(value, ctx=ctx, dtype=value.dtype)
            for name, value in (arrays or self.arrays).items()
        }


def numbers(rng: random.Random, shape: tuple[int, ...], dtype: str) -> Array:
    """Random numbers, among floats special ones."""
    draw = np.random.default_rng(rng.randrange(2**32))
    if np.dtype(dtype).kind != "f":
        low, high = {"b": (0, 2), "u": (0, 10)}.get(np.dtype(dtype).kind, (-9, 10))
        return draw.integers(low, high, shape).astype(dtype)
    values = draw.normal(scale=3, size=shape)
    if rng.random() < 0.3:
        special = np.array([0.0, -0.0, 1, -1, np.inf, -np.inf, np.nan, 6e-8, -6e-8, 0.5, 2.5])
        values = np.where(draw.random(shape) < 0.3, draw.choice(special, shape), values)
    return values.astype(dtype)


def random_graph(
    seed: int,
    nodes: int = 25,
    *,
    scale: int = 1,
    dtypes: tuple[str, ...] = DTYPES,
    outputs: int = 3,
    rounded: bool = True,
) -> Case:
    """A graph of about that many nodes; the same for the same seed.

    Parameters
    ----------
    scale : int
        How many times the arrays are larger, on their last axis, than twelve elements or so: what is
        done to large arrays only is tested with large ones, or with a smaller threshold.
    dtypes : tuple of str
        Dtypes of the arguments, and of what values are converted to.
    outputs : int
        At most how many outputs it has.
    rounded : bool
        Whether it has functions such as `exp`, whose last bit is not the same on all processors.
    """
    with mx.name.NameManager():
        return _Builder(random.Random(seed), scale, dtypes, rounded).build(nodes, outputs)


@dataclass
class _Value:
    """A value of the graph: its symbol, and what it is with the first values of the arguments."""

    symbol: Symbol
    raw: Array
    position: int
    shape: tuple[int, ...] = field(init=False)
    dtype: np.dtype[Any] = field(init=False)

    def __post_init__(self) -> None:
        self.shape, self.dtype = self.raw.shape, self.raw.dtype

    @property
    def kind(self) -> str:
        return self.dtype.kind


class _Builder:
    def __init__(
        self, rng: random.Random, scale: int, dtypes: tuple[str, ...], rounded: bool
    ) -> None:
        self.rng, self.dtypes, self.rounded = rng, dtypes, rounded
        self.shapes = [
            (1,), (3 * scale,), (4, 3 * scale), (1, 3 * scale), (4, 1), (2, 4, 3 * scale),
        ]  # fmt: skip
        self.most = 400 * scale
        self.values: list[_Value] = []
        self.program: list[tuple[Callable[..., Any], tuple[int, ...]]] = []

    def build(self, nodes: int, outputs: int) -> Case:
        arrays: dict[str, Array] = {}
        for i in range(self.rng.randint(1, 5)):
            shape, dtype = self.rng.choice(self.shapes), self.rng.choice(self.dtypes)
            arrays[f"v{i}"] = numbers(self.rng, shape, dtype)
            self.values.append(_Value(mx.sym.Variable(f"v{i}"), arrays[f"v{i}"], i))
        while len(self.values) < nodes + len(arrays):
            self.step()
        chosen = [self.rng.choice(self.values[-12:]) for _ in range(self.rng.randint(1, outputs))]
        symbol = mx.sym.Group([value.symbol for value in chosen])
        used = {name: arrays[name] for name in symbol.list_arguments()}
        return Case(symbol, used, arrays, self.program, [value.position for value in chosen])

    def pick(self) -> _Value:
        """A value, rather a late one; a variable sometimes by another symbol of its name."""
        late = self.rng.random() < 0.7
        value = self.rng.choice(self.values[-6:] if late else self.values)
        name = value.symbol.name
        if name is not None and name.startswith("v") and self.rng.random() < 0.5:
            return _Value(mx.sym.Variable(name), value.raw, value.position)
        return value

    def step(self) -> None:
        value = self.pick()
        if value.kind == "b":
            self.cast(value, self.rng.choice(self.dtypes))
            return
        self.rng.choice([_unary, _unary, _scalar, _binary, _binary, _binary, _move, _move, _other])(
            self, value
        )

    def add(
        self, symbols: Symbol | list[Symbol], compute: Callable[..., Any], *inputs: _Value
    ) -> list[_Value]:
        """Note what a node computes, with its values; nothing if they are too large."""
        with np.errstate(all="ignore"):
            found = compute(*[value.raw for value in inputs])
        raws = found if isinstance(found, list) else [found]
        made = symbols if isinstance(symbols, list) else [symbols]
        assert len(raws) == len(made)
        self.program.append((compute, tuple([value.position for value in inputs])))
        first = self.values[-1].position + 1
        new = [_Value(s, raw, first + k) for k, (s, raw) in enumerate(zip(made, raws, strict=True))]
        self.values += new
        return new

    def cast(self, value: _Value, dtype: str) -> _Value:
        """The value in another dtype; floats on their way to integers are made small numbers first."""
        if value.kind == "f" and np.dtype(dtype).kind in "iu":
            value = self.whole(value)
            if np.dtype(dtype).kind == "u":
                (value,) = self.add(mx.sym.abs(value.symbol), np.abs, value)
        return self.add(mx.sym.Cast(value.symbol, dtype=dtype), lambda v: v.astype(dtype), value)[0]

    def whole(self, value: _Value) -> _Value:
        """Whole numbers from -8 to 8 instead of floats, and of integers."""
        (value,) = self.add(
            mx.sym.clip(value.symbol, a_min=0 if value.kind == "u" else -8, a_max=8),
            lambda v: np.clip(v, v.dtype.type(0 if v.dtype.kind == "u" else -8), v.dtype.type(8)),
            value,
        )
        if value.kind != "f":
            return value
        s = value.symbol
        (value,) = self.add(
            mx.sym.where(mx.sym.broadcast_equal(s, s), mx.sym.floor(s), mx.sym.zeros_like(s)),
            lambda v: np.where(np.isnan(v), v.dtype.type(0), np.floor(v)),
            value,
        )
        return value


def _unary(b: _Builder, value: _Value) -> None:
    table = _ANY | _OF_FLOATS if value.kind == "f" else _ANY
    if not b.rounded:
        table = {name: function for name, function in table.items() if name not in _ROUNDED}
    name = b.rng.choice(list(table))
    b.add(getattr(mx.sym, name)(value.symbol), table[name], value)


def _sigmoid(v: Array) -> Array:
    return np.reciprocal(np.exp(np.negative(v)) + v.dtype.type(1))


_ANY: dict[str, Callable[[Array], Array]] = {
    "negative": np.negative,
    "abs": np.abs,
    "sign": lambda v: np.where(v != v, v.dtype.type(0), np.sign(v)),  # MXNet's, of NaN
    "square": np.square,
    # No copy: some of NumPy's functions round otherwise where elements lie backwards in memory.
    "identity": lambda v: v,
    "BlockGrad": lambda v: v,
    "relu": lambda v: np.maximum(v, v.dtype.type(0)),
    "zeros_like": np.zeros_like,
    "ones_like": np.ones_like,
    "floor": lambda v: np.floor(v).astype(v.dtype),
    "ceil": lambda v: np.ceil(v).astype(v.dtype),
}

_OF_FLOATS: dict[str, Callable[[Array], Array]] = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "fix": np.trunc,
    "trunc": np.trunc,
    "reciprocal": np.reciprocal,
    "tanh": np.tanh,
    "sin": np.sin,
    "arctan": np.arctan,
    "sigmoid": _sigmoid,
    "softsign": lambda v: v / (1 + np.abs(v)),
}


_ROUNDED = frozenset(("exp", "expm1", "log", "log1p", "tanh", "sin", "arctan", "sigmoid"))


def _scalar(b: _Builder, value: _Value) -> None:
    """Arithmetic and comparison with a number, neutral ones among them."""
    kinds = [*_SCALARS, *_SCALARS_OF_FLOATS] if value.kind == "f" else list(_SCALARS)
    if value.kind == "f" and b.rounded:
        kinds.append(_POWER)
    make, compute = b.rng.choice(kinds)
    choices = [0, 1, 2, 3, 5] if value.kind == "u" else [0, 1, 2, 3, -1, -3]
    if value.kind == "f":
        choices += [0.5, -0.0, 1.5]  # type: ignore[list-item]
    number = b.rng.choice(choices)
    b.add(make(value.symbol, number), lambda v: compute(v, v.dtype.type(number)), value)


_SCALARS: list[tuple[Callable[..., Symbol], Callable[..., Array]]] = [
    (lambda s, n: s + n, np.add),
    (lambda s, n: s - n, np.subtract),
    (lambda s, n: n - s, lambda v, n: np.subtract(n, v)),
    (lambda s, n: s * n, np.multiply),
    (lambda s, n: s > n, lambda v, n: (v > n).astype(v.dtype)),
    (lambda s, n: s == n, lambda v, n: (v == n).astype(v.dtype)),
    (lambda s, n: s <= n, lambda v, n: (v <= n).astype(v.dtype)),
    (lambda s, n: mx.sym.maximum(s, n), np.maximum),
    (lambda s, n: mx.sym.minimum(s, n), np.minimum),
    (
        lambda s, n: mx.sym.clip(s, a_min=0, a_max=abs(n)),
        lambda v, n: np.clip(v, v.dtype.type(0), np.abs(n)),
    ),
]
_SCALARS_OF_FLOATS: list[tuple[Callable[..., Symbol], Callable[..., Array]]] = [
    (lambda s, n: s / n if n else s / 2, lambda v, n: np.divide(v, n or v.dtype.type(2))),
    (lambda s, n: n / s, lambda v, n: np.divide(n, v)),
]
_POWER: tuple[Callable[..., Symbol], Callable[..., Array]] = (
    lambda s, n: s**2,
    lambda v, n: np.power(v, v.dtype.type(2)),
)


def _binary(b: _Builder, value: _Value) -> None:
    """Arithmetic and comparison of two values; the other one is converted or left where it must be."""
    other = b.pick()
    if not _fit(value.shape, other.shape):
        other = value
    if other.dtype != value.dtype:
        other = b.cast(other, value.dtype.name)
    left, right = (value, other) if b.rng.random() < 0.5 else (other, value)
    if value.shape == other.shape and b.rng.random() < 0.2:
        _joined(b, left, right)
        return
    make, compute = b.rng.choice(_BINARY if value.kind != "f" else [*_BINARY, _DIVISION])
    if max(np.prod(np.broadcast_shapes(left.shape, right.shape)), 1) <= b.most:
        b.add(make(left.symbol, right.symbol), compute, left, right)


def _fit(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    try:
        return bool(np.broadcast_shapes(one, other) is not None) and len(one) == len(other)
    except ValueError:
        return False


_DIVISION: tuple[Callable[..., Symbol], Callable[..., Array]] = (lambda s, t: s / t, np.divide)
_BINARY: list[tuple[Callable[..., Symbol], Callable[..., Array]]] = [
    (lambda s, t: s + t, np.add),
    (lambda s, t: s - t, np.subtract),
    (lambda s, t: s * t, np.multiply),
    (mx.sym.broadcast_maximum, np.maximum),
    (mx.sym.broadcast_minimum, np.minimum),
    (mx.sym.broadcast_greater, lambda v, w: (v > w).astype(v.dtype)),
    (mx.sym.broadcast_equal, lambda v, w: (v == w).astype(v.dtype)),
    (mx.sym.broadcast_lesser_equal, lambda v, w: (v <= w).astype(v.dtype)),
    (
        mx.sym.broadcast_logical_and,
        lambda v, w: np.logical_and(v, w).astype(v.dtype),
    ),
]


def _joined(b: _Builder, one: _Value, other: _Value) -> None:
    """Two values of one shape in one, by other ways than arithmetic."""
    s, t, axis = one.symbol, other.symbol, b.rng.randrange(len(one.shape))
    ways: list[tuple[Symbol, Callable[..., Array]]] = [
        (mx.sym.where(s, s, t), lambda v, w: np.where(v != 0, v, w)),
        (mx.sym.add_n(s, t, s), lambda v, w: v + w + v),
        (mx.sym.stack(s, t, axis=axis), lambda v, w: np.stack([v, w], axis=axis)),
        (mx.sym.Concat(s, t, dim=axis), lambda v, w: np.concatenate([v, w], axis=axis)),
    ]
    symbol, compute = b.rng.choice(ways)
    if 2 * one.raw.size <= b.most:
        b.add(symbol, compute, one, other)


def _move(b: _Builder, value: _Value) -> None:
    """The same elements, or some of them, elsewhere."""
    s, rank = value.symbol, len(value.shape)
    axis = b.rng.randrange(rank)
    order = b.rng.sample(range(rank), rank)
    size = value.shape[axis]
    begin = b.rng.randrange(size)
    end = b.rng.randint(begin + 1, size)
    step = b.rng.choice([None, 1, 2, -1])
    whole, part = (slice(None),) * axis, slice(None, None, step)
    ways: list[tuple[Callable[[], Symbol], Callable[[Array], Array]]] = [
        (lambda: mx.sym.reshape(s, shape=(-1,)), lambda v: v.reshape(-1)),
        (lambda: mx.sym.reshape(s, shape=(0, -1)), lambda v: v.reshape(v.shape[0], -1)),
        (lambda: mx.sym.Flatten(s), lambda v: v.reshape(v.shape[0], -1)),
        (lambda: mx.sym.expand_dims(s, axis=axis), lambda v: np.expand_dims(v, axis)),
        (lambda: mx.sym.squeeze(s), lambda v: np.atleast_1d(np.squeeze(v))),
        (lambda: mx.sym.transpose(s, axes=tuple(order)), lambda v: np.transpose(v, order)),
        (lambda: mx.sym.transpose(s), lambda v: v.T),
        (lambda: mx.sym.SwapAxis(s, dim1=0, dim2=axis), lambda v: np.swapaxes(v, 0, axis)),
        (lambda: mx.sym.flip(s, axis=axis), lambda v: np.flip(v, axis)),
        (
            lambda: mx.sym.slice_axis(s, axis=axis, begin=begin, end=end),
            lambda v: v[(*whole, slice(begin, end))],
        ),
        (
            lambda: mx.sym.slice(
                s, begin=(None,) * (axis + 1), end=(None,) * (axis + 1), step=(None,) * axis + (step,)
            ),
            lambda v: v[(*whole, part)],
        ),
        (lambda: mx.sym.tile(s, reps=(1,) * axis + (1,)), np.copy),
        (lambda: mx.sym.repeat(s, repeats=1, axis=axis), np.copy),
    ]  # fmt: skip
    if rank > 3:
        ways = ways[:3]
    make, compute = b.rng.choice(ways)
    b.add(make(), compute, value)


def _other(b: _Builder, value: _Value) -> None:
    """Reductions, several outputs, conversions, constants, products, positions."""
    b.rng.choice([_reduced, _split, _cast, _with_constant, _product, _taken])(b, value)


def _reduced(b: _Builder, value: _Value) -> None:
    axis, keep = b.rng.randrange(len(value.shape)), b.rng.random() < 0.7 or len(value.shape) == 1
    value = b.whole(value)
    name, compute = b.rng.choice([("sum", np.sum), ("max", np.max), ("min", np.min)])

    def reduced(v: Array) -> Array:
        wide = v.astype("float32") if v.dtype == "float16" else v
        if v.dtype.kind == "f":
            wide = wide + 0.0  # the largest of 0 and -0 may be either
        kwargs = {"dtype": wide.dtype} if name == "sum" else {}
        return compute(wide, axis=axis, keepdims=keep, **kwargs).astype(v.dtype)

    (clean,) = b.add(value.symbol + 0, lambda v: v + v.dtype.type(0), value)
    b.add(getattr(mx.sym, name)(clean.symbol, axis=axis, keepdims=keep), reduced, clean)


def _split(b: _Builder, value: _Value) -> None:
    axis = b.rng.randrange(len(value.shape))
    size = value.shape[axis]
    parts = b.rng.choice([n for n in (1, 2, 3, 4) if size % n == 0])
    squeeze = parts == size and len(value.shape) > 1 and b.rng.random() < 0.5
    made = mx.sym.split(value.symbol, num_outputs=parts, axis=axis, squeeze_axis=squeeze)

    def compute(v: Array) -> list[Array]:
        found = np.split(v, parts, axis)
        return [np.squeeze(part, axis) for part in found] if squeeze else list(found)

    b.add([made[k] for k in range(parts)], compute, value)


def _cast(b: _Builder, value: _Value) -> None:
    b.cast(value, b.rng.choice(b.dtypes))


def _with_constant(b: _Builder, value: _Value) -> None:
    """A sum or product with numbers that the graph makes itself."""
    size, dtype = value.shape[-1], value.dtype.name
    makes: list[tuple[Callable[[], Symbol], Callable[[], Array]]] = [
        (
            lambda: mx.sym.arange(0, size, dtype=dtype),
            lambda: np.arange(size, dtype="float64").astype(dtype),
        ),
        (lambda: mx.sym.ones((size,), dtype=dtype), lambda: np.ones(size, dtype)),
        (lambda: mx.sym.zeros((size,), dtype=dtype), lambda: np.zeros(size, dtype)),
        (lambda: mx.sym.full((size,), 3, dtype=dtype), lambda: np.full(size, 3, dtype)),
    ]
    if size > 100:
        makes = makes[1:]
    make, compute = b.rng.choice(makes)
    symbol = mx.sym.reshape(make(), shape=(1,) * (len(value.shape) - 1) + (-1,))
    constant = compute()
    if b.rng.random() < 0.5:
        b.add(value.symbol + symbol, lambda v: v + constant, value)
    else:
        b.add(symbol * value.symbol, lambda v: constant * v, value)


def _product(b: _Builder, value: _Value) -> None:
    """A product of matrices of whole numbers, which is exact."""
    if len(value.shape) != 2 or value.shape[1] > 64 or value.kind != "f":
        return
    value = b.whole(value)

    def compute(v: Array) -> Array:
        return np.dot(v.astype("float64"), v.T.astype("float64")).astype(v.dtype)

    b.add(mx.sym.dot(value.symbol, value.symbol, transpose_b=True), compute, value)


def _taken(b: _Builder, value: _Value) -> None:
    """Positions that the graph makes itself, of the first axis."""
    size = min(value.shape[0], 4)
    indices = mx.sym.arange(0, size)
    b.add(mx.sym.take(value.symbol, indices), lambda v: v[:size].copy(), value)


@contextmanager
def fused_from(elements: int | None) -> Iterator[None]:
    """Let element-wise nodes be fused from that many elements on; None leaves it at what it is."""
    before = fusing.WORTH
    fusing.WORTH = before if elements is None else elements
    try:
        yield
    finally:
        fusing.WORTH = before
