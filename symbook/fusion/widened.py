"""A group's kernels as instructions on numbers of every dtype, as a GPU runs them.

Floats of 16 bits round after every instruction, as NumPy's do. What operators do to whole numbers their
kernels do not say; it is what their functions do: arithmetic wraps around, quotients are cut and those by 0
are 0, and functions that have no whole results are computed in float64 and cut.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from ..ops.registry import Op
from ..specs import DType, Spec
from .group import Group, Line
from .lowering import (
    BOOL,
    BY_NUMPY,
    COMPARISONS,
    Lowered,
    NotLowered,
    Operand,
    Reading,
    lower_by,
)

FLOAT64 = np.dtype("float64")

# Functions that whole numbers are computed in float64 for, and operators whose kernels do not show that.
_BROKEN = frozenset({*BY_NUMPY, "sqrt"} - {"power"})
_BROKEN_OPERATORS = ("reciprocal", "softsign")
# Operators that leave whole numbers as they are.
_WHOLE = ("ceil", "fix", "floor", "rint", "round", "trunc")
# Of whole numbers, another instruction.
_OF_WHOLE = {"/": "quotient", "power": "integer_power"}


def lower_any(group: Group) -> Lowered | None:
    """The group as instructions; None if one of its lines cannot be said in them."""
    return lower_by(AnyReading, group)


def can_lower(
    op: Op, params: Mapping[str, Any], inputs: Sequence[Spec], outputs: Sequence[Spec]
) -> bool:
    """Whether a node can be a line of a group that :func:`lower_any` takes."""
    text = op.expression(params)
    if text is None:
        return False
    return _can_lower(op, text, tuple([spec.dtype for spec in inputs]), outputs[0].dtype)


# What a line reads matters, and not the values of its parameters.
@cache
def _can_lower(op: Op, text: str, inputs: tuple[DType, ...], output: DType) -> bool:
    params = dict.fromkeys(op.params, 1.0)
    line = Line(op, params, tuple(range(len(inputs))), output, op.name)
    lowered = Lowered(list(inputs))
    try:
        AnyReading(lowered, line, range(len(inputs)), text).value()
    except NotLowered:
        return False
    return True


class AnyReading(Reading):
    """One line's expression as instructions on numbers of any dtype."""

    def __init__(
        self, lowered: Lowered, line: Line, args: Sequence[int], text: str | None = None
    ) -> None:
        super().__init__(lowered, line, args, text)
        dtypes = [lowered.dtype(arg) for arg in args]
        whole = line.dtype.kind in "iu" and all(dtype.kind in "iub" for dtype in dtypes)
        if line.op.name == "_backward_clip" and dtypes[1].kind != "f":
            raise NotLowered  # compared in float64 with bounds that may be broken
        self._as_it_is = whole and line.op.name in _WHOLE
        wanted = None
        if whole and _is_broken(line.op, self._text):
            wanted = FLOAT64
        elif "scalar" in line.op.params and dtypes[0] != line.dtype:
            wanted = line.dtype
        if wanted is not None:
            self._names = {
                name: lowered.add("cast", (value,), wanted) for name, value in self._names.items()
            }

    def value(self) -> int:
        """The value of the whole expression, in the line's dtype."""
        if self._as_it_is:
            return self._lowered.add("cast", tuple(self._names.values()), self._line.dtype)
        return super().value()

    def _param(self, name: str) -> float:
        """The value of a parameter, as the operator gives it the dtype of its data."""
        value, dtype = super()._param(name), self._line.dtype
        if name == "scalar" and dtype.kind in "iu":
            return float(np.int64(int(value)).astype(dtype))
        if self._line.op.name == "clip" and dtype.kind in "iu":
            limits = np.iinfo(dtype)
            return float(int(min(max(value, limits.min), limits.max)))
        if self._line.op.name == "clip" and dtype == BOOL:
            return float(value > 0 if name == "a_min" else value != 0)
        return value

    def _takes(self, function: str, dtype: DType) -> bool:
        if dtype == BOOL:
            return function in (*COMPARISONS, "&", "|", "where", "cast")
        return function not in ("&", "|")

    def _made(self, function: str, operands: list[Operand | float]) -> Operand | float:
        numbers = [item for item in operands if isinstance(item, float)]
        if len(numbers) == len(operands) and function == "!=":
            return float(numbers[0] != numbers[1])
        dtypes = {self._lowered.dtype(item) for item in operands if not isinstance(item, float)}
        if any(dtype.kind in "iu" for dtype in dtypes):
            if not all(number.is_integer() for number in numbers):
                raise NotLowered  # what the operator does then, its expression does not say
            function = _OF_WHOLE.get(function, function)
        return super()._made(function, operands)


def _is_broken(op: Op, text: str) -> bool:
    """Whether an operator computes whole numbers in float64."""
    called = {
        node.func.id
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    return op.name in _BROKEN_OPERATORS or not called.isdisjoint(_BROKEN)
