"""numexpr, its expressions written into an array that is there already."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numexpr
import numpy as np

from .. import arithmetic
from ..program import Arrays, Builder, Program, Size, importing

# A number in an expression would be a double and make doubles of all.
_CONSTANTS = {name: np.float32(value) for name, value in
              (("quarter", 0.25), ("one", 1), ("minus_half", -0.5), ("zero", 0))}  # fmt: skip


class _Text:
    """An expression as text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _with(self, sign: str, other: Any) -> _Text:
        return _Text(f"({self.text} {sign} {other.text})")

    def __add__(self, other: Any) -> _Text:
        return self._with("+", other)

    def __sub__(self, other: Any) -> _Text:
        return self._with("-", other)

    def __mul__(self, other: Any) -> _Text:
        return self._with("*", other)

    def __truediv__(self, other: Any) -> _Text:
        return self._with("/", other)


_F = SimpleNamespace(
    tanh=lambda x: _Text(f"tanh({x.text})"),
    exp=lambda x: _Text(f"exp({x.text})"),
    log=lambda x: _Text(f"log({x.text})"),
    sigmoid=lambda x: _Text(f"(one / (one + exp(zero - {x.text})))"),
)


def about() -> dict[str, Any]:
    """What runs here."""
    return {"version": numexpr.__version__, "threads": numexpr.get_num_threads()}


def _program(expression: _Text, inputs: Arrays) -> Program:
    out = np.empty_like(next(iter(inputs.values())))
    values = {**inputs, **_CONSTANTS}
    numexpr.evaluate(expression.text, local_dict=values, global_dict={}, out=out)

    def call() -> None:
        numexpr.re_evaluate(local_dict=values)

    return Program(call, lambda: {"out": out})


def _e(size: Size, inputs: Arrays) -> Program:
    return _program(arithmetic.e(*map(_Text, "ABCD")), inputs)


def _chain(size: Size, inputs: Arrays) -> Program:
    return _program(arithmetic.chain(*map(_Text, "xyw"), quarter=_Text("quarter")), inputs)


def _mix(size: Size, inputs: Arrays) -> Program:
    constants = {"minus_half": _Text("minus_half"), "one": _Text("one")}
    return _program(arithmetic.mix(_F, *map(_Text, "xy"), **constants), inputs)


PROGRAMS: dict[str, Builder] = {
    "e": _e,
    "chain": _chain,
    "mix": _mix,
    "import": importing("numexpr"),
}
