"""A group's kernels as one list of simple instructions on floats.

Each operator's `kernel` is an expression in Python's syntax: names of inputs and parameters, numbers,
`+ - * /`, comparisons, `& |` of comparisons, and the functions in `FUNCTIONS`. A number takes the dtype of
its partner. Every instruction rounds to its own dtype, as NumPy's functions do.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from ..specs import DType
from .group import Group, Line
from .ties import first_wins

BOOL = np.dtype("bool")
FLOATS = (np.dtype("float32"), np.dtype("float64"))

ARITHMETIC = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.BitAnd: "&", ast.BitOr: "|",
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")

# Functions that compiled code computes to the bit as NumPy does, because IEEE 754 says what they give;
# of the larger and the smaller of 0 and -0, :mod:`.ties` does.
EXACT = (
    "absolute",
    "sqrt",
    "ceil",
    "floor",
    "trunc",
    "maximum",
    "minimum",
    "sign",
    "where",
    "cast",
    "neg",
)
# Functions of NumPy's, which has fast ones of its own, whose last digits are its own too.
BY_NUMPY = (
    *(
        "cbrt",
        "exp",
        "expm1",
        "log",
        "log10",
        "log2",
        "log1p",
        "sin",
        "cos",
        "tan",
        "arcsin",
        "arccos",
    ),
    *("arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "degrees", "radians"),
    *("power", "hypot"),
)
FUNCTIONS = (*EXACT, *BY_NUMPY)


@dataclass(frozen=True, slots=True)
class Number:
    """A constant operand: the position of its value in `Lowered.numbers`, and the dtype it is rounded to."""

    position: int
    dtype: DType


Operand = int | Number


@dataclass(frozen=True, slots=True)
class Instruction:
    """One operation. Values count as in a group: its inputs, then the instructions' results."""

    function: str
    operands: tuple[Operand, ...]
    dtype: DType

    @property
    def by_numpy(self) -> bool:
        """Whether NumPy computes it, a block at a time."""
        if self.function in ("maximum", "minimum"):
            return first_wins(self.function, self.dtype) is None
        return self.function in BY_NUMPY


@dataclass(slots=True)
class Lowered:
    """A group as instructions.

    Attributes
    ----------
    inputs : list of dtype
    instructions : list of Instruction
    numbers : list of float
        Constants, in float64.
    outputs : list of int
        Which values the group's outputs are.
    """

    inputs: list[DType]
    instructions: list[Instruction] = field(default_factory=list)
    numbers: list[float] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)

    def dtype(self, operand: Operand) -> DType:
        """Of a value or a constant."""
        if isinstance(operand, Number):
            return operand.dtype
        made = operand - len(self.inputs)
        return self.inputs[operand] if made < 0 else self.instructions[made].dtype

    def add(self, function: str, operands: Sequence[Operand], dtype: DType) -> int:
        """Append an instruction; the value that it computes."""
        self.instructions.append(Instruction(function, tuple(operands), dtype))
        return len(self.inputs) + len(self.instructions) - 1

    def number(self, value: float, dtype: DType) -> Number:
        """A constant operand; equal ones are one, but 0 and -0 are two."""
        for position, other in enumerate(self.numbers):
            if repr(other) == repr(float(value)):
                return Number(position, dtype)
        self.numbers.append(float(value))
        return Number(len(self.numbers) - 1, dtype)


class NotLowered(Exception):
    """The group has something that instructions cannot say; it is computed by the operators' functions."""


def lower(group: Group) -> Lowered | None:
    """The group as instructions; None if it is not all of float32 and float64, or has no such kernels."""
    dtypes = (*group.inputs, *(line.dtype for line in group.lines))
    return None if any(dtype not in FLOATS for dtype in dtypes) else lower_by(Reading, group)


def lower_by(reading: type[Reading], group: Group) -> Lowered | None:
    """The group as instructions, each line read in that way; None if one cannot be."""
    found = Lowered(list(group.inputs))
    values = list(range(len(group.inputs)))
    try:
        for line in group.lines:
            values.append(reading(found, line, [values[arg] for arg in line.args]).value())
    except NotLowered:
        return None
    found.outputs = [values[value] for value in group.outputs]
    return found


@cache
def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


class Reading:
    """One line's expression as instructions, on floats of one or two sizes."""

    def __init__(
        self, lowered: Lowered, line: Line, args: Sequence[int], text: str | None = None
    ) -> None:
        text = line.op.expression(line.params) if text is None else text
        if text is None:
            raise NotLowered
        self._lowered, self._line, self._text = lowered, line, text
        names = line.op.input_names(line.params, len(args))
        self._names: dict[str, Operand] = dict(zip(names, args, strict=True))

    def value(self) -> int:
        """The value of the whole expression, in the line's dtype."""
        found = self._visit(_parsed(self._text))
        made = self._lowered
        if isinstance(found, float):
            raise NotLowered
        if made.dtype(found) != self._line.dtype or isinstance(found, Number):
            return made.add("cast", (found,), self._line.dtype)
        # A copy: each line has a value of its own, which may be an output.
        return made.add("cast", (found,), self._line.dtype) if found < len(made.inputs) else found

    def _visit(self, node: ast.expr) -> Operand | float:
        match node:
            case ast.Name(id=name):
                return self._names[name] if name in self._names else self._param(name)
            case ast.Constant(value=value):
                return float(value)  # type: ignore[arg-type]  # kernels have no other constants
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                found = self._visit(inner)
                return -found if isinstance(found, float) else self._made("neg", [found])
            case ast.BinOp(left=left, op=op, right=right):
                return self._made(ARITHMETIC[type(op)], [self._visit(left), self._visit(right)])
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._made(ARITHMETIC[type(op)], [self._visit(left), self._visit(right)])
            case ast.Call(func=ast.Name(id=name), args=args) if name in FUNCTIONS:
                return self._made(name, [self._visit(arg) for arg in args])
        raise ValueError(f"the kernel {self._text!r} of {self._line.op.name} cannot be read")

    def _param(self, name: str) -> float:
        """The value of a parameter."""
        return float(self._line.params[name])

    def _takes(self, function: str, dtype: DType) -> bool:
        """Whether there is such a function of values of a dtype."""
        return (dtype == BOOL) == (function in ("&", "|") or (function == "!=" and dtype == BOOL))

    def _made(self, function: str, operands: list[Operand | float]) -> Operand | float:
        """An instruction of operands that agree in dtype, numbers having that of their partners."""
        made = self._lowered
        values = operands[1:] if function == "where" else operands
        dtypes = {made.dtype(item) for item in values if not isinstance(item, float)}
        if not dtypes and function == "where":
            dtypes = {self._line.dtype}
        if len(dtypes) != 1:
            raise NotLowered
        (dtype,) = dtypes
        if not self._takes(function, dtype):
            raise NotLowered
        ready = [made.number(item, dtype) if isinstance(item, float) else item for item in operands]
        result = BOOL if function in (*COMPARISONS, "&", "|") else dtype
        return made.add(function, ready, result)
