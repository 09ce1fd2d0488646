"""A plan's steps as straight-line Python: one line for each, with nothing to look up while it runs.

Small graphs spend more time on finding out what to do than on doing it. The text is worth reading, too:
`print(executor.source)`.
"""

from __future__ import annotations

import ast
import keyword
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np

from ..errors import shape_text
from ..plan import Plan, Step
from ..specs import DType
from ..underway import SCRIPT, Part
from .base import note
from .done import of_steps

MOST_STEPS = 2000
"""Steps of the longest plan that is written out: writing out and compiling takes 50 us a line."""


class Script:
    """The text of one function, line by line, and the values that its global names stand for.

    Parameters
    ----------
    plan : Plan
    head : str
        The function's first line.
    """

    def __init__(self, plan: Plan, head: str) -> None:
        self._plan = plan
        self._lines = [head]
        self._depth = 1
        self._loops: dict[str, None] = {}
        self._groups: dict[str, Callable[[str], str]] = {}
        self._steps: dict[int, Step] = {}
        self._runs: dict[int, Step] = {}
        self._space: dict[str, Any] = {}
        self._names: dict[int, str] = {}
        self._numbers: dict[str, np.ndarray[Any, Any]] = {}
        self._taken = {"r", *re.findall(r"\w+", head)}

    @property
    def source(self) -> str:
        """The text so far."""
        return "\n".join(self._lines) + "\n"

    @property
    def listing(self) -> str:
        """The text after that of the loops and fused groups that it calls."""
        groups = [describe(name) for name, describe in self._groups.items()]
        return "\n\n".join([*self._loops, *groups, self.source])

    def add(self, text: str) -> None:
        """Append a line, indented as the function's body is."""
        self._lines.append("    " * self._depth + text)

    @contextmanager
    def indented(self) -> Iterator[None]:
        """Lines that are appended meanwhile are part of the statement before them."""
        self._depth += 1
        yield
        self._depth -= 1

    def bound(self, name: str, value: Any) -> str:
        """A global name for a value; the same for the same value."""
        wanted = _identifier(name)
        while self._space.get(wanted, value) is not value or (
            wanted in self._taken and wanted not in self._space
        ):
            wanted += "_"
        self._space[wanted] = value
        self._taken.add(wanted)
        return wanted

    def local(self, name: str) -> str:
        """A local name, of its own."""
        wanted = _identifier(name)
        while wanted in self._taken:
            wanted += "_"
        self._taken.add(wanted)
        return wanted

    def has(self, slot: int) -> bool:
        """Whether the slot's value has a name yet."""
        return slot in self._names

    def name(self, slot: int) -> str:
        """The name of a slot's value."""
        return self._names[slot]

    def names(self, names: Mapping[int, str]) -> None:
        """Note what values of slots are called."""
        self._names.update(names)

    def assign(self, slot: int, name: str, value: str) -> None:
        """Append a line that gives a slot's value a name."""
        self._assign([slot], [name], value)

    def _assign(self, slots: Sequence[int], names: Sequence[str], value: str) -> None:
        targets = [self.local(name) for name in names]
        self._names.update(zip(slots, targets, strict=True))
        spec = self._plan.specs[slots[0]]
        self.add(f"{', '.join(targets)} = {value}  # {shape_text(spec.shape)} {spec.dtype}")

    def step(self, step: Step, into: Sequence[str]) -> bool:
        """Append a step's line; whether its result is surely the memory given.

        Parameters
        ----------
        step : Step
        into : sequence of str
            For each output, what the memory is called that it is written to; `None` for new memory.
        """
        ufunc = self._by_ufunc(step, into)
        call = ufunc or self._by_function(step, into)
        name = step.origin.name
        several = len(step.outs) > 1
        names = [f"{name}_{k}" for k in range(len(step.outs))] if several else [name]
        self._assign(step.outs, names, call)
        self._steps[len(self._lines)] = self._runs[len(self._lines)] = step
        return ufunc is not None

    def launch(self, step: Step, into: Sequence[str]) -> None:
        """Append a step's line for the sake of what it does to memory that has a name already."""
        self.add(f"{self._by_function(step, into)}  # {step.origin.name}")
        self._steps[len(self._lines)] = self._runs[len(self._lines)] = step

    def blame(self, step: Step) -> None:
        """Note that what the latest line raises is said to be of that step."""
        self._steps[len(self._lines)] = step

    def loop(self, name: str, text: str, code: Callable[..., Any]) -> str:
        """A global name for compiled code; its text, which defines `loop`, is shown under that name."""
        wanted = self.bound(name, code)
        head, _, body = text.partition("def loop(")
        self._loops |= {head.rstrip() + "\n": None, f"def {wanted}({body}": None}
        return wanted

    def call(self, steps: Sequence[Step], call: str, results: Mapping[int, str]) -> None:
        """Append a line that computes several steps at once.

        Parameters
        ----------
        steps : sequence of Step
        call : str
        results : mapping of int to str
            For each slot that it leaves, what the memory is called that it writes the value to.
        """
        self._names.update(results)
        self.add(f"{call}  # {', '.join(step.origin.name for step in steps)}")
        self._steps[len(self._lines)] = self._runs[len(self._lines)] = steps[-1]

    def _by_ufunc(self, step: Step, into: Sequence[str]) -> str | None:
        """The call of NumPy's function, for a step whose operator does nothing else."""
        specs = [self._plan.specs[slot] for slot in (*step.ins, *step.outs)]
        dtype = specs[0].dtype
        if self._plan.xp is not np or step.ctx is not None or into == ["None"]:
            return None
        if dtype not in _FLOATS or any(spec.dtype != dtype for spec in specs):
            return None
        found = _single_call(step.op.expression(step.params) or "")
        if found is None:
            return None
        function, operands = found
        names = step.op.input_names(step.params, len(step.ins))
        inputs = dict(zip(names, map(self.name, step.ins), strict=True))
        args = []
        for operand in operands:
            if operand not in inputs:
                value = step.params[operand] if isinstance(operand, str) else operand
                args.append(self._number(float(value), dtype))
            else:
                args.append(inputs[operand])
        # By position, which takes NumPy a tenth less time; it wants a name for these two.
        out = f"out={into[0]}" if function in ("maximum", "minimum") else into[0]
        return f"{self.bound(function, getattr(np, function))}({', '.join([*args, out])})"

    def _number(self, value: float, dtype: DType) -> str:
        """A global name for a constant, as an array without dimensions: NumPy takes those quickest."""
        key = f"{value!r} {dtype}"
        if key not in self._numbers:
            with np.errstate(all="ignore"):
                self._numbers[key] = np.array(value, dtype)
        return self.bound(f"number_{value!r}", self._numbers[key])

    def _by_function(self, step: Step, into: Sequence[str]) -> str:
        """The call of the operator's function."""
        function = self.bound(step.op.name, step.op.fn)
        if hasattr(step.op.fn, "listing"):
            self._groups[function] = step.op.fn.listing
        xp = (
            self.bound("xp", self._plan.xp)
            if step.ctx is None
            else self.bound(f"xp_of_{step.ctx}", step.ctx.xp)
        )
        params = [f"{key}={self._constant(key, value)}" for key, value in step.params.items()]
        if step.op.takes_out:
            params.append(f"out={into[0]}" if len(into) == 1 else f"out=[{', '.join(into)}]")
        call = f"{function}({', '.join([xp, *map(self.name, step.ins), *params])})"
        if len(step.outs) > 1 or step.op.takes_out:
            return call
        return f"r[0] if type(r := {call}) is tuple else r"

    def _constant(self, key: str, value: Any) -> str:
        plain = isinstance(value, (bool, int, str, type(None))) or (
            isinstance(value, float) and math.isfinite(value)
        )
        if plain or (isinstance(value, tuple) and all(type(item) is int for item in value)):
            return repr(value)
        return self.bound(key, value)

    def function(self) -> Callable[..., Any]:
        """The function that the text defines."""
        space = {**self._space, SCRIPT: self}
        exec(compile(self.source, "<plan>", "exec"), space)
        # Out of its own globals, which would keep it and the arrays in them alive.
        function: Callable[..., Any] = space.pop(self._lines[0][4 : self._lines[0].index("(")])
        return function

    def at(self, line: int) -> Part:
        """How far a call of the function has come that is at a line."""
        steps = self._plan.steps
        before = [step for number, step in self._runs.items() if number < line]
        latest = {id(step) for step in before}
        # A line of compiled code is noted for the last of its steps; what precedes it has run, too.
        last = max([i for i, step in enumerate(steps) if id(step) in latest], default=-1)
        return of_steps(self._plan, [i <= last for i in range(len(steps))], self._runs.get(line))

    def explain(self, function: Callable[..., Any], error: Exception) -> None:
        """Add to what the function raised which node it was, with its inputs."""
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code is not function.__code__:
            trace = trace.tb_next
        step = None if trace is None else self._steps.get(trace.tb_lineno)
        if step is not None:
            note(error, self._plan, step)


_FLOATS = (np.dtype("float32"), np.dtype("float64"))
_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide",
    ast.Eq: "equal", ast.NotEq: "not_equal", ast.Lt: "less", ast.LtE: "less_equal",
    ast.Gt: "greater", ast.GtE: "greater_equal", ast.USub: "negative",
}  # fmt: skip


@cache
def _single_call(expression: str) -> tuple[str, tuple[str | float, ...]] | None:
    """The ufunc and its operands, names and numbers, of an expression that is one operation; else None."""
    match ast.parse(expression or "_", mode="eval").body:
        case ast.BinOp(left=left, op=op, right=right):
            function, operands = _OPERATORS.get(type(op)), [left, right]
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            function, operands = _OPERATORS.get(type(op)), [left, right]
        case ast.UnaryOp(op=op, operand=operand):
            function, operands = _OPERATORS.get(type(op)), [operand]
        case ast.Call(func=ast.Name(id=name), args=args):
            function, operands = name, args
        case _:
            return None
    if function is None or not isinstance(getattr(np, function, None), np.ufunc):
        return None
    found: list[str | float] = []
    for item in operands:
        if isinstance(item, ast.Name):
            found.append(item.id)
        elif isinstance(item, ast.Constant) and isinstance(item.value, (int, float)):
            found.append(item.value)
        else:
            return None
    return function, tuple(found)


def _identifier(name: str) -> str:
    found = re.sub(r"\W", "_", name, flags=re.ASCII)
    return f"v{found}" if not found or found[0].isdigit() or keyword.iskeyword(found) else found
