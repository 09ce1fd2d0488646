"""Instructions as C++ statements, which a GPU's compiler and a CPU's take alike.

Arithmetic, comparisons, roots and rounding give NumPy's bits where products and sums are not contracted;
the functions of `lowering.BY_NUMPY` are the platform's, within a few units in the last place.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ..specs import DType
from .lowering import BOOL, BY_NUMPY, COMPARISONS, Instruction, Lowered, Number, Operand

TYPES = {
    "float16": "half", "float32": "float", "float64": "double", "bool": "bool", "int8": "int8",
    "uint8": "uint8", "int32": "int32", "int64": "int64",
}  # fmt: skip
"""The type of an array's elements."""

HELPERS = """\
// A vector of an array's elements, moved at once, in steps of 16 bytes at most.
template <class V, int N> struct alignas(sizeof(V) * N < 16 ? sizeof(V) * N : 16) Vector {
    V at[N];
};
template <int N, class V> DEVICE void load(Vector<V, N>& x, const V* from) {
    CHECK_ALIGNED(from, sizeof(x) < 16 ? sizeof(x) : 16, return);
    x = *reinterpret_cast<const Vector<V, N>*>(from);
}
template <int N, class V> DEVICE void store(V* to, const Vector<V, N>& x) {
    CHECK_ALIGNED(to, sizeof(x) < 16 ? sizeof(x) : 16, return);
    *reinterpret_cast<Vector<V, N>*>(to) = x;
}
template <int N, class V> DEVICE void load_some(Vector<V, N>& x, const V* from, I count) {
    for (int e = 0; e < N; e++) x.at[e] = from[e < count ? e : 0];
}
template <int N, class V> DEVICE void store_some(V* to, const Vector<V, N>& x, I count) {
    for (int e = 0; e < N; e++) if (e < count) to[e] = x.at[e];
}

// A float rounded to float16 and read again.
template <class V> DEVICE float rounded(V x) { return (float)half(x); }

// Whole numbers wrap around; a quotient is cut, and 0 where it is by 0.
template <class V> DEVICE V plus(V a, V b) { return (V)((uint64)a + (uint64)b); }
template <class V> DEVICE V minus(V a, V b) { return (V)((uint64)a - (uint64)b); }
template <class V> DEVICE V times(V a, V b) { return (V)((uint64)a * (uint64)b); }
template <class V> DEVICE V magnitude(V a) { return a < (V)0 ? minus((V)0, a) : a; }
template <class V> DEVICE V quotient(V a, V b) {
    if (b == (V)0) return (V)0;
    return (V)-1 < (V)0 && b == (V)-1 ? minus((V)0, a) : (V)(a / b);
}
// A float cut to a whole number: by way of 64 bits, of which what is not in them gives the lowest.
template <class V, class F> DEVICE V cut(F x) {
    const bool within = x >= (F)-9223372036854775808.0 && x < (F)9223372036854775808.0;
    return (V)(within ? (int64)x : (int64)((uint64)1 << 63));
}

"""

# CUDA's names, where they are not NumPy's.
_NAMES = {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh", "arccosh": "acosh",
    "arctanh": "atanh", "power": "pow", "absolute": "fabs",
}  # fmt: skip
_ROUNDING = ("ceil", "floor", "trunc")
_ARITHMETIC = {"+": "plus", "-": "minus", "*": "times"}

# Numbers that are written out, since many operators have them and code can be better for them; others are
# arguments, so that one code serves all.
_WRITTEN = (0.0, 1.0, -1.0, 2.0, 0.5)


def held(dtype: DType) -> str:
    """The type of a variable for values of a dtype; of float16 it is float."""
    return "float" if dtype == np.float16 else TYPES[dtype.name]


class Statements:
    """The statements of a group.

    Attributes
    ----------
    numbers : dict of Number to str
        Those that are arguments, and their names.
    """

    def __init__(self, lowered: Lowered) -> None:
        self._lowered = lowered
        self.numbers: dict[Number, str] = {}

    def written(self, values: Mapping[int, str]) -> tuple[list[str], dict[int, str]]:
        """The statements, given the names of the inputs; and the names of all values."""
        lowered, names, lines = self._lowered, dict(values), []
        for k, item in enumerate(lowered.instructions):
            operands = [self._operand(operand, names) for operand in item.operands]
            kinds = [lowered.dtype(operand) for operand in item.operands]
            name = f"t{k}"
            power = self._power(item, operands)
            text = power or expression(item, operands, kinds)
            lines.append(f"const {held(item.dtype)} {name} = {text};")
            names[len(lowered.inputs) + k] = name
        return lines, names

    def _operand(self, operand: Operand, names: Mapping[int, str]) -> str:
        if not isinstance(operand, Number):
            return names[operand]
        value = self._lowered.numbers[operand.position]
        if value in _WRITTEN or operand.dtype == BOOL:
            return literal(value, operand.dtype)
        return self.numbers.setdefault(operand, f"c{len(self.numbers)}")

    def _power(self, item: Instruction, operands: Sequence[str]) -> str | None:
        """A power that is a product or a quotient; as exact as the function, and far quicker."""
        if item.function != "power" or not isinstance(item.operands[1], Number):
            return None
        a, one = operands[0], literal(1.0, item.dtype)
        exponent = self._lowered.numbers[item.operands[1].position]
        products = {2.0: f"{a} * {a}", 3.0: f"{a} * {a} * {a}", -1.0: f"{one} / {a}"}
        text = products.get(exponent)
        return text and (f"rounded({text})" if item.dtype == np.float16 else text)


def literal(value: float, dtype: DType) -> str:
    """A number as C++ has it."""
    if dtype == BOOL:
        return "true" if value else "false"
    if dtype.kind != "f":
        return f"({TYPES[dtype.name]}){int(value)}"
    return repr(value) + ("" if dtype.itemsize == 8 else "f")


def expression(item: Instruction, operands: Sequence[str], dtypes: Sequence[DType]) -> str:
    """One instruction as a C++ expression, of operands of these dtypes."""
    if item.function == "cast":
        return converted(operands[0], dtypes[0], item.dtype)
    dtype = dtypes[-1]
    if item.function in COMPARISONS or item.function in ("&", "|"):
        return f"{operands[0]} {item.function} {operands[1]}"
    if item.function == "where":
        return f"{operands[0]} ? {operands[1]} : {operands[2]}"
    if item.function in ("maximum", "minimum", "sign"):
        return f"{item.function}({', '.join(operands)})"
    if dtype.kind in "iu":
        return _of_whole(item.function, operands, dtype)
    text = _of_floats(item.function, operands, dtype)
    exact = item.function in ("neg", "absolute", *_ROUNDING)
    return f"rounded({text})" if dtype == np.float16 and not exact else text


def _of_whole(function: str, operands: Sequence[str], dtype: DType) -> str:
    match function:
        case "neg":
            return f"minus(({TYPES[dtype.name]})0, {operands[0]})"
        case "absolute":
            return f"magnitude({operands[0]})"
    return f"{_ARITHMETIC.get(function, function)}({', '.join(operands)})"


def _of_floats(function: str, operands: Sequence[str], dtype: DType) -> str:
    end = "" if dtype.itemsize == 8 else "f"
    match function:
        case "neg":
            return f"-{operands[0]}"
        case "degrees" | "radians":
            # As NumPy does: a product with the quotient, which is rounded.
            kind = np.float64 if dtype.itemsize == 8 else np.float32
            half_turn, pi = kind(180), kind(math.pi)
            factor = half_turn / pi if function == "degrees" else pi / half_turn
            return f"{operands[0]} * {float(factor)!r}{end}"
    if function in ("sqrt", "absolute", *_ROUNDING, *BY_NUMPY):
        return f"{_NAMES.get(function, function)}{end}({', '.join(operands)})"
    return f"{operands[0]} {function} {operands[1]}"


def converted(text: str, given: DType, wanted: DType) -> str:
    """A value of one dtype in another, as NumPy's `astype` does it."""
    if given == wanted:
        return text
    if wanted == BOOL:
        return f"{text} != {literal(0.0, given)}"
    if wanted == np.float16:
        return f"rounded({text})"
    if wanted.kind in "iu" and given.kind == "f":
        return f"cut<{TYPES[wanted.name]}>({text})"
    return f"({held(wanted)}){text}"
