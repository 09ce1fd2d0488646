"""What reductions make of values: how a kernel keeps what it has so far, and what it makes of it.

Sums of floats carry what rounding loses (Knuth's TwoSum), so that they are as good as if they were made in
twice the digits, in whatever order. Whole numbers wrap around.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..ops.registry import Op
from ..specs import DType
from .lowering import BOOL
from .statements import TYPES, held

HELPERS = """\
// What a thread has so far. `add` takes a value in, `joined` makes one of two.
template <class V> struct Sum2 {
    V sum, lost;
};
template <class V> DEVICE void start(Sum2<V>& a) { a.sum = a.lost = (V)0; }
template <class V> DEVICE void add(Sum2<V>& a, V x) {
    const V next = a.sum + x, part = next - a.sum;
    a.lost += (a.sum - (next - part)) + (x - part);
    a.sum = next;
}
template <class V> DEVICE Sum2<V> joined(Sum2<V> a, Sum2<V> b) {
    add(a, b.sum);
    a.lost += b.lost;
    return a;
}
template <class V> DEVICE double value(Sum2<V> a) {
    return isfinite(a.sum) ? (double)a.sum + (double)a.lost : (double)a.sum;
}

template <class V> struct Plain {
    V sum;
};
template <class V> DEVICE void start(Plain<V>& a) { a.sum = (V)0; }
template <class V> DEVICE void add(Plain<V>& a, V x) { a.sum += x; }
template <class V> DEVICE Plain<V> joined(Plain<V> a, Plain<V> b) { return {a.sum + b.sum}; }
template <class V> DEVICE V value(Plain<V> a) { return a.sum; }

template <class V> struct Product {
    V product;
};
template <class V> DEVICE void start(Product<V>& a) { a.product = (V)1; }
template <class V> DEVICE void add(Product<V>& a, V x) { a.product *= x; }
template <class V> DEVICE Product<V> joined(Product<V> a, Product<V> b) {
    return {a.product * b.product};
}
template <class V> DEVICE V value(Product<V> a) { return a.product; }

template <class V> struct Greatest {
    V best;
};
template <class V> DEVICE void start(Greatest<V>& a) { a.best = lowest<V>(); }
template <class V> DEVICE void add(Greatest<V>& a, V x) { a.best = maximum(a.best, x); }
template <class V> DEVICE Greatest<V> joined(Greatest<V> a, Greatest<V> b) {
    return {maximum(a.best, b.best)};
}
template <class V> DEVICE V value(Greatest<V> a) { return a.best; }

template <class V> struct Least {
    V best;
};
template <class V> DEVICE void start(Least<V>& a) { a.best = highest<V>(); }
template <class V> DEVICE void add(Least<V>& a, V x) { a.best = minimum(a.best, x); }
template <class V> DEVICE Least<V> joined(Least<V> a, Least<V> b) {
    return {minimum(a.best, b.best)};
}
template <class V> DEVICE V value(Least<V> a) { return a.best; }

// A sum of squares of any numbers of float64: of those that are large or small after a change of scale, so
// that none overflows or vanishes (Blue, "A portable Fortran program to find the Euclidean norm", 1978).
struct Squares {
    double large, middle, small;
};
DEVICE void start(Squares& a) { a.large = a.middle = a.small = 0.0; }
DEVICE void add(Squares& a, double x) {
    const double down = bits_as<double>((uint64)(1023 - 600) << 52);
    const double up = bits_as<double>((uint64)(1023 + 600) << 52);
    const double size = fabs(x);
    if (size > 1e140) a.large += size * down * (size * down);
    else if (size < 1e-140) a.small += size * up * (size * up);
    else a.middle += size * size;
}
DEVICE Squares joined(Squares a, Squares b) {
    return {a.large + b.large, a.middle + b.middle, a.small + b.small};
}
DEVICE double root(Squares a) {
    const double down = bits_as<double>((uint64)(1023 - 600) << 52);
    const double up = bits_as<double>((uint64)(1023 + 600) << 52);
    if (a.large > 0.0) return sqrt(a.large + a.middle * down * down) * up;
    if (a.middle != 0.0) return sqrt(a.middle + a.small * down * down);
    return sqrt(a.small) * down;
}

// By threads that follow each other, a power of two of them, for the first: the total of all.
template <class R> DEVICE R row_joined(R total, I lanes) {
    const I width = THREADS < 32 ? THREADS : 32;
    const uint32 all = width == 32 ? 0xffffffffu : (1u << width) - 1;
    for (I far = (lanes < width ? lanes : width) / 2; far > 0; far /= 2)
        total = joined(total, shuffle_xor(all, total, (int)far));
    const I warps = lanes / width;
    if (warps < 2) return total;
    SHARED R of_warp[32];
    if (THREAD % width == 0) of_warp[THREAD / width] = total;
    SYNC();
    const I first = THREAD / lanes * warps;
    total = of_warp[first];
    for (I k = 1; k < warps; k++) total = joined(total, of_warp[first + k]);
    return total;
}
// By threads that stand `apart`, for the first: the total of all.
template <class R> DEVICE R column_joined(R total, I lanes, I apart) {
    SHARED R all[MOST_THREADS];
    all[THREAD] = total;
    SYNC();
    for (I far = lanes / 2; far > 0; far /= 2) {
        if (THREAD / apart < far) all[THREAD] = joined(all[THREAD], all[THREAD + far * apart]);
        SYNC();
    }
    return all[THREAD];
}

"""


class Total(NamedTuple):
    """How values are made one.

    Attributes
    ----------
    kind : str
        The type of what a thread has so far.
    itemsize : int
        Its bytes, or more.
    taken : str
        What is added of a value `{}`.
    made : str
        The result, of a total `a` and the number `n` of values.
    """

    kind: str
    itemsize: int
    taken: str
    made: str


def total_of(op: Op, params: Mapping[str, Any], data: DType, out: DType) -> Total | None:
    """How an operator reduces values of a dtype; None where it is not said here."""
    name = op.name
    if name == "norm":
        return _norm(params, data, out)
    if data != out:
        return None
    if data == BOOL:
        name = {"sum": "max", "mean": "max", "prod": "min"}.get(name, name)
    kind = held(data)
    match name:
        case "sum" | "_backward_broadcast":
            return _sum(data, "value(a)", "{}")
        case "nansum" if data.kind == "f":
            return _sum(data, "value(a)", f"is_nan({{0}}) ? ({kind})0 : {{0}}")
        case "mean":
            made = "value(a) / n" if data.kind == "f" else "quotient((int64)value(a), (int64)n)"
            return _sum(data, made, "{}")
        case "prod":
            return _product(data, "{}")
        case "nanprod" if data.kind == "f":
            return _product(data, "is_nan({0}) ? ({1})1 : {0}".replace("{1}", kind))
        case "max":
            return Total(f"Greatest<{kind}>", 8, "{}", "value(a)")
        case "min":
            return Total(f"Least<{kind}>", 8, "{}", "value(a)")
    return None


def _sum(data: DType, made: str, taken: str) -> Total:
    if data.kind == "f":
        kind = held(data)
        return Total(f"Sum2<{kind}>", 16 if kind == "double" else 8, taken, made)
    return Total("Plain<uint64>", 8, f"(uint64)({taken})", made)


def _product(data: DType, taken: str) -> Total:
    kind = "double" if data.kind == "f" else "uint64"
    return Total(f"Product<{kind}>", 8, f"({kind})({taken})", "value(a)")


def _norm(params: Mapping[str, Any], data: DType, out: DType) -> Total | None:
    """The norms of floats."""
    if data.kind != "f" or out.kind != "f":
        return None
    kind = held(data)
    if params["ord"] == 1:
        size = "fabs({})" if kind == "double" else "fabsf({})"
        return _sum(data, "value(a)", size)
    if kind == "double":
        return Total("Squares", 24, "{}", "root(a)")
    return Total("Plain<double>", 8, "(double){0} * (double){0}", "sqrt(value(a))")


def stored(text: str, out: DType) -> str:
    """A result as an element of an array."""
    return f"({TYPES[out.name]})({text})"
