"""Operators whose results' elements come from the elements at the same places."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from statistics import NormalDist
from typing import Any

import numpy as np

from ..values import FLOATS, Array
from .table import add

Function = Callable[..., Array]


def to_integers(values: Array, dtype: Any) -> Array:
    """Floats as integers: the fraction dropped, and what is too large wrapped around, by way of int64."""
    return values.astype("int64").astype(dtype)


# Functions of one array


def _by_floats(function: Function) -> Function:
    def reference(x: Array) -> Array:
        if x.dtype.kind == "f":
            return function(x)
        return to_integers(function(x.astype("float64")), x.dtype)

    return reference


def _of_floats_only(function: Function) -> Function:
    return lambda x: function(x) if x.dtype.kind == "f" else x


def _round(x: Array) -> Array:
    whole = np.trunc(x)
    return np.copysign(np.where(np.abs(x - whole) >= 0.5, whole + np.sign(x), whole), x)


def _rint(x: Array) -> Array:
    # The fraction is exact; of a number less its floor that would not be so.
    half = np.abs(x - np.trunc(x)) == 0.5
    return np.copysign(np.where(half, np.floor(x), np.rint(x)), x)


def _one_by_one(function: Callable[[float], float]) -> Function:
    def reference(x: Array) -> Array:
        found = [function(number) for number in x.reshape(-1).astype("float64").tolist()]
        return np.array(found, "float64").reshape(x.shape).astype(x.dtype)

    return reference


def _erfinv(x: float) -> float:
    if math.isnan(x) or abs(x) > 1:
        return math.nan
    if abs(x) == 1:
        return math.copysign(math.inf, x)
    y = (
        NormalDist().inv_cdf((x + 1) / 2) / math.sqrt(2)
        if 1e-3 < abs(x)
        else x * math.sqrt(math.pi) / 2
    )
    for _ in range(3):
        y -= (math.erf(y) - x) * math.sqrt(math.pi) / 2 * math.exp(y * y)
    return y


def _gamma(x: float) -> float:
    if x == 0:
        return math.copysign(math.inf, x)
    if x == -math.inf or (x < 0 and x == math.floor(x)):
        return math.nan
    try:
        return math.gamma(x)
    except OverflowError:
        return math.inf


def _gammaln(x: float) -> float:
    if x == -math.inf or (x <= 0 and x == math.floor(x)):
        return math.inf
    return math.lgamma(x)


def _one() -> dict[str, tuple[Function, Function]]:
    """By name: the function of floats, and its derivative as a function of x and y."""
    return {
        "sqrt": (np.sqrt, lambda x, y: 0.5 / y),
        "cbrt": (np.cbrt, lambda x, y: 1 / (3 * y * y)),
        "rsqrt": (lambda x: np.reciprocal(np.sqrt(x)), lambda x, y: -0.5 * y / x),
        "rcbrt": (lambda x: np.reciprocal(np.cbrt(x)), lambda x, y: -y / x / 3),
        "reciprocal": (np.reciprocal, lambda x, y: -y * y),
        "exp": (np.exp, lambda x, y: y),
        "expm1": (np.expm1, lambda x, y: np.exp(x)),
        "log": (np.log, lambda x, y: 1 / x),
        "log10": (np.log10, lambda x, y: 1 / x / math.log(10)),
        "log2": (np.log2, lambda x, y: 1 / x / math.log(2)),
        "log1p": (np.log1p, lambda x, y: 1 / (1 + x)),
        "sin": (np.sin, lambda x, y: np.cos(x)),
        "cos": (np.cos, lambda x, y: -np.sin(x)),
        "tan": (np.tan, lambda x, y: 1 + y * y),
        "arcsin": (np.arcsin, lambda x, y: 1 / np.sqrt(1 - x * x)),
        "arccos": (np.arccos, lambda x, y: -1 / np.sqrt(1 - x * x)),
        "arctan": (np.arctan, lambda x, y: 1 / (1 + x * x)),
        "sinh": (np.sinh, lambda x, y: np.cosh(x)),
        "cosh": (np.cosh, lambda x, y: np.sinh(x)),
        "tanh": (np.tanh, lambda x, y: 1 - y * y),
        "arcsinh": (np.arcsinh, lambda x, y: 1 / np.sqrt(1 + x * x)),
        "arccosh": (np.arccosh, lambda x, y: 1 / np.sqrt(x * x - 1)),
        "arctanh": (np.arctanh, lambda x, y: 1 / (1 - x * x)),
        "degrees": (np.degrees, lambda x, y: np.full_like(x, 180 / math.pi)),
        "radians": (np.radians, lambda x, y: np.full_like(x, math.pi / 180)),
        "sigmoid": (lambda x: np.reciprocal(np.exp(-x) + x.dtype.type(1)), lambda x, y: y * (1 - y)),
        "softsign": (lambda x: x / (1 + np.abs(x)), lambda x, y: 1 / (1 + np.abs(x)) ** 2),
    }  # fmt: skip


# Where the functions of floats are smooth and of moderate slopes.
_DOMAINS = {
    **dict.fromkeys(("sqrt", "rsqrt", "reciprocal", "log", "log10", "log2", "cbrt", "rcbrt"), (0.3, 3.0)),
    **dict.fromkeys(("arcsin", "arccos", "arctanh"), (-0.8, 0.8)),
    "log1p": (-0.6, 3.0), "arccosh": (1.3, 3.0), "tan": (-1.2, 1.2),
}  # fmt: skip


def _draw_one(name: str, b: Any) -> int | None:
    return b.call(name, (b.pick(),), {})


def within(b: Any, i: int, low: float, high: float) -> int | None:
    """A value whose elements are within these bounds; not equal to one another where a bound cut them off.

    It is made of another by the sine, which is smooth.
    """
    value = b.arrays[i]
    if value.size and low <= value.min() and value.max() <= high:
        return i
    turned = b.call("sin", (i,), {})
    scaled = b.call("_mul_scalar", (turned,), {"scalar": (high - low) / 2, "is_int": True})
    return b.call("_plus_scalar", (scaled,), {"scalar": (high + low) / 2, "is_int": True})


def _draw_smooth(name: str, b: Any) -> int | None:
    if not b.smooth:
        return b.call(name, (b.pick(),), {})
    return b.call(name, (within(b, b.pick("f"), *_DOMAINS.get(name, (-2.0, 2.0))),), {})


def _chain(slope: Function) -> Function:
    return lambda g, y, x: [g[0] * slope(x, y[0])]


for _name, (_function, _slope) in _one().items():
    add(_name, _by_floats(_function), partial(_draw_smooth, _name), gradient=_chain(_slope), smooth=True,
        whole=False)  # fmt: skip

for _name, _float in (
    ("erf", math.erf),
    ("erfinv", _erfinv),
    ("gamma", _gamma),
    ("gammaln", _gammaln),
):
    _domain = {"erf": (-3.0, 3.0), "erfinv": (-0.95, 0.95)}.get(_name, (0.2, 4.0))

    def _draw_special(b: Any, name: str = _name, domain: Any = _domain) -> int | None:
        shape = b.source.shape()
        dtype = b.source.choice([d for d in b.kind.dtypes if d in FLOATS])
        return b.call(
            name, (b.fresh(shape, dtype, lambda s: s.smooth_numbers(shape, dtype, *domain)),), {}
        )

    add(_name, _one_by_one(_float), _draw_special, ulps=16)

for _name, _function in (
    ("round", _round), ("rint", _rint), ("ceil", np.ceil), ("floor", np.floor), ("trunc", np.trunc),
    ("fix", np.trunc),
):  # fmt: skip
    add(_name, _of_floats_only(_function), partial(_draw_one, _name), gradient="zero")

for _name, _function, _gradient in (
    ("abs", np.abs, lambda g, y, x: [g[0] * np.sign(x)]),
    ("negative", np.negative, lambda g, y, x: [-g[0]]),
    ("square", np.square, lambda g, y, x: [g[0] * 2 * x]),
    ("sign", lambda x: np.where(x != x, x.dtype.type(0), np.sign(x) + x.dtype.type(0)), "zero"),
    ("relu", lambda x: np.maximum(x, x.dtype.type(0)), lambda g, y, x: [g[0] * (x > 0)]),
    ("logical_not", lambda x: (x == 0).astype(x.dtype), "zero"),
):
    add(
        _name,
        _function,
        partial(_draw_one, _name),
        gradient=_gradient,
        smooth=_name in ("negative", "square"),
    )


def _hard_sigmoid(x: Array, alpha: float, beta: float) -> Array:
    line = x * x.dtype.type(alpha) + x.dtype.type(beta)
    return np.where(line > 1, x.dtype.type(1), np.where(line < 0, x.dtype.type(0), line))


add(
    "hard_sigmoid",
    _hard_sigmoid,
    lambda b: b.call(
        "hard_sigmoid", (b.pick("f"),),
        {"alpha": b.source.choice((0.2, 0.5, 1.0)), "beta": b.source.choice((0.5, 0.0, 0.25))},
    ),
)  # fmt: skip


# Arithmetic and comparison of two


def _wrapped(function: Callable[[int, int], int]) -> Function:
    """A function of whole numbers of any size, wrapped around to the dtype."""

    def compute(x: Array, y: Array) -> Array:
        bits = x.dtype.itemsize * 8

        def one(a: int, b: int) -> int:
            found = function(int(a), int(b)) % (1 << bits)
            return found - (1 << bits) if x.dtype.kind == "i" and found >> (bits - 1) else found

        return np.asarray(np.frompyfunc(one, 2, 1)(x, y)).astype(x.dtype)

    return compute


def _divided(a: int, b: int) -> int:
    if b == 0:
        return 0
    found = abs(a) // abs(b)
    return found if (a < 0) == (b < 0) else -found


def _raised(a: int, b: int) -> int:
    if b >= 0:
        return pow(a, b, 1 << 64)
    return {1: 1, -1: -1 if b % 2 else 1}.get(a, 0)


def _by_kind(floats: Function, integers: Function) -> Function:
    return lambda x, y: floats(x, y) if x.dtype.kind == "f" else integers(x, y)


def _compared(function: Any) -> Function:
    return lambda x, y: function(x, y).astype(x.dtype)


BINARY: dict[str, Function] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": _by_kind(np.divide, _wrapped(_divided)),
    "mod": _by_kind(
        lambda x, y: np.where(y == 0, x.dtype.type(0), np.mod(x, y)),
        _wrapped(lambda a, b: a % b if b else 0),
    ),
    "power": _by_kind(np.power, _wrapped(_raised)),
    "maximum": np.maximum,
    "minimum": np.minimum,
    "hypot": _by_kind(
        np.hypot, lambda x, y: to_integers(np.hypot(x.astype("f8"), y.astype("f8")), x.dtype)
    ),
    "equal": _compared(np.equal),
    "not_equal": _compared(np.not_equal),
    "greater": _compared(np.greater),
    "greater_equal": _compared(np.greater_equal),
    "lesser": _compared(np.less),
    "lesser_equal": _compared(np.less_equal),
    "logical_and": _compared(np.logical_and),
    "logical_or": _compared(np.logical_or),
    "logical_xor": _compared(np.logical_xor),
}


def unstretched(g: Array, shape: tuple[int, ...]) -> Array:
    """A gradient summed over what was stretched from this shape."""
    more = g.ndim - len(shape)
    axes = (
        *range(more),
        *(k + more for k, size in enumerate(shape) if size == 1 and g.shape[k + more] != 1),
    )
    return g.sum(axis=axes, dtype=g.dtype).reshape(shape) if axes else g


def _two(slopes: Callable[..., tuple[Any, Any]]) -> Function:
    """A gradient from the two slopes, as functions of x, y and the result."""

    def gradient(g: list[Array], y: list[Array], a: Array, b: Array) -> list[Array]:
        left, right = slopes(a, b, y[0])
        return [unstretched(g[0] * left, a.shape), unstretched(g[0] * right, b.shape)]

    return gradient


_SLOPES: dict[str, Any] = {
    "add": lambda a, b, y: (1, 1),
    "sub": lambda a, b, y: (1, -1),
    "mul": lambda a, b, y: (b, a),
    "div": lambda a, b, y: (1 / b, -y / b),
    "power": lambda a, b, y: (b * a ** (b - 1), y * np.log(a)),
    "hypot": lambda a, b, y: (a / y, b / y),
    "maximum": lambda a, b, y: (a >= b, a < b),
    "minimum": lambda a, b, y: (a <= b, a > b),
}
_POSITIVE = ("div", "power")
_BROKEN = ("div", "power", "hypot", "mod")
_SMOOTH = ("add", "sub", "mul", "div", "power", "hypot")


def _draw_two(name: str, kind: str, b: Any) -> int | None:
    i = b.pick()
    j = b.fitting(i)
    if b.source.chance(0.1):
        j = i
    if b.source.chance(0.5):
        i, j = j, i
    if b.smooth and kind in _POSITIVE:
        i, j = within(b, i, 0.4, 2.5), within(b, j, 0.4, 2.5)
        if i is None or j is None:
            return None
    return b.call(name, (i, j), {})


def _gradient_of(kind: str) -> Any:
    if kind in _SLOPES:
        return _two(_SLOPES[kind])
    return None if kind == "mod" else "zero"


for _kind, _function in BINARY.items():
    _plain = f"elemwise_{_kind}" if _kind in ("add", "sub", "mul", "div") else f"_{_kind}"
    for _name in (_plain, f"broadcast_{_kind}", *(["_grad_add"] if _kind == "add" else [])):
        add(_name, _function, partial(_draw_two, _name, _kind), gradient=_gradient_of(_kind),
            smooth=_kind in _SMOOTH, whole=_kind not in _BROKEN)  # fmt: skip


def _draw_sum(b: Any) -> int | None:
    first = b.pick()
    others = [b.like(first) for _ in range(b.source.between(0, 4))]
    return b.call("add_n", (first, *others), {})


def _sum(*arrays: Array) -> Array:
    total = arrays[0]
    for item in arrays[1:]:
        total = total + item
    return total


add("add_n", _sum, _draw_sum, gradient=lambda g, y, *xs: [g[0]] * len(xs), smooth=True)


# Arithmetic and comparison with a number


def _met(x: Array, scalar: float, is_int: bool) -> tuple[Array, Any]:
    """The array and the number in the dtype where they meet."""
    if x.dtype.kind == "f":
        return x, x.dtype.type(scalar)
    if not is_int:
        return x.astype("float64"), np.float64(scalar)
    if x.dtype.kind == "b":
        x = x.astype("int64")
    return x, np.int64(int(scalar)).astype(x.dtype)


def _with_number(kind: str, reverse: bool) -> Function:
    function = BINARY[kind]

    def reference(x: Array, scalar: float, is_int: bool) -> Array:
        x, number = _met(x, scalar, is_int)
        number = np.asarray(number)
        return function(number, x) if reverse else function(x, number)

    return reference


def _draw_number(name: str, kind: str, reverse: bool, b: Any) -> int | None:
    i = b.pick("f" if b.smooth or b.whole else "fiub")
    choices: tuple[float, ...] = (0, 1, 2, 3, -1, -2, 5)
    if not b.whole:
        choices += (0.5, 1.5, -0.0, -2.5, 1e10, 1e-10)
    number = b.source.choice(choices)
    if b.smooth:
        number = b.source.choice((0.5, 1.5, 2.0, 3.0))
        if kind in _POSITIVE:
            i = within(b, i, 0.4, 2.5)
            if i is None:
                return None
    dtype = b.arrays[i].dtype
    if dtype.kind in "iub" and abs(number) > 100:
        number = 3.0
    return b.call(name, (i,), {"scalar": float(number), "is_int": b.source.chance(0.8)})


def _scalar_gradient(kind: str, reverse: bool) -> Any:
    if kind not in _SLOPES:
        return _gradient_of(kind)

    def gradient(
        g: list[Array], y: list[Array], x: Array, scalar: float, is_int: bool
    ) -> list[Array]:
        number = x.dtype.type(scalar)
        if kind in ("maximum", "minimum"):  # of equal ones it is the array that has the gradient
            return [g[0] * (x >= number if kind == "maximum" else x <= number)]
        slope = _SLOPES[kind](number, x, y[0])[1] if reverse else _SLOPES[kind](x, number, y[0])[0]
        return [g[0] * slope]

    return gradient


for _kind in BINARY:
    _base = {"add": "plus", "sub": "minus"}.get(_kind, _kind)
    for _reverse in (False, True):
        if _reverse and _kind not in ("sub", "div", "mod", "power"):
            continue
        _name = f"_{'r' if _reverse else ''}{_base}_scalar"
        add(_name, _with_number(_kind, _reverse), partial(_draw_number, _name, _kind, _reverse),
            gradient=_scalar_gradient(_kind, _reverse), whole=_kind not in _BROKEN,
            smooth=_kind in _SMOOTH)  # fmt: skip


# Bounds, dtypes, constants like an array


def _clip(x: Array, a_min: float, a_max: float) -> Array:
    low, high = (np.asarray(bound).astype(x.dtype) for bound in (a_min, a_max))
    return np.where(x > high, high, np.where(x < low, low, x))


def _draw_clip(b: Any) -> int | None:
    i = b.pick("fiub")
    low, high = sorted((b.source.between(-5, 5), b.source.between(-5, 5)))
    if b.arrays[i].dtype.kind in "ub":
        low, high = abs(low) % 2, abs(high) % 2 + 1
    half = 0.5 if not b.whole and b.arrays[i].dtype.kind == "f" and b.source.chance(0.3) else 0
    return b.call("clip", (i,), {"a_min": low + half, "a_max": high + half})


add(
    "clip", _clip, _draw_clip,
    gradient=lambda g, y, x, a_min, a_max: [g[0] * ((x >= a_min) & (x <= a_max))],
)  # fmt: skip


def cast(x: Array, dtype: str) -> Array:
    """In another dtype, as `Cast` has it."""
    if dtype == "bool":
        return x != 0
    return x.astype(dtype)


def _draw_cast(b: Any) -> int | None:
    i = b.pick("fiub")
    dtype = b.source.choice(b.kind.dtypes)
    if b.arrays[i].dtype.kind == "f" and np.dtype(dtype).kind in "iu":
        i = b.made_whole(i)
        if dtype.startswith("u"):
            i = b.call("abs", (i,), {})
    return b.call("Cast", (i,), {"dtype": dtype})


def _same_dtype(g: list[Array], y: list[Array], x: Array, **params: Any) -> list[Array]:
    return [g[0].astype(x.dtype)]


add("Cast", cast, _draw_cast, gradient=_same_dtype)


def _amp(x: Array, dtype: str) -> Array:
    return x.astype(dtype) if x.dtype.name in ("float16", "float32") else x


add(
    "amp_cast", _amp,
    lambda b: b.call("amp_cast", (b.pick("fiub"),), {"dtype": b.source.choice(("float16", "float32"))}),
)  # fmt: skip


def _amp_multicast(*arrays: Array, num_outputs: int, cast_narrow: bool) -> list[Array]:
    narrow = [x.dtype.name for x in arrays if x.dtype.name in ("float16", "float32")]
    if cast_narrow:
        dtype = "float16" if "float16" in narrow else "float32"
    else:
        dtype = "float32" if "float32" in narrow else "float16"
    return [_amp(x, dtype) for x in arrays]


def _draw_multicast(b: Any) -> int | None:
    inputs = tuple(b.fresh(b.source.shape(), b.source.choice(("float16", "float32")))
                   for _ in range(b.source.between(1, 3)))  # fmt: skip
    params = {"num_outputs": len(inputs), "cast_narrow": b.source.chance(0.5)}
    return b.call("amp_multicast", inputs, params)


add("amp_multicast", _amp_multicast, _draw_multicast)
add(
    "zeros_like",
    np.zeros_like,
    lambda b: b.call("zeros_like", (b.pick("fiub"),), {}),
    gradient="zero",
)
add(
    "ones_like", np.ones_like, lambda b: b.call("ones_like", (b.pick("fiub"),), {}), gradient="zero"
)
