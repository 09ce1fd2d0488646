"""A graph as data, with what NumPy computes for each of its nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

import symbook as mx
from symbook.ops import registry
from symbook.symbol import Symbol
from symbook.symbol.compose import apply

from .values import Array, Source

Maker = Callable[[Source], Array]


@dataclass(frozen=True)
class Variable:
    """An argument, or an auxiliary state.

    Attributes
    ----------
    name : str
    value : array
    make : callable
        Gives other values for it, of the same shape and dtype: as good for what reads it.
    auxiliary : bool
    """

    name: str
    value: Array
    make: Maker
    auxiliary: bool = False


@dataclass(frozen=True)
class Call:
    """An operator with its parameters and inputs.

    Attributes
    ----------
    op : str
    inputs : tuple of int
        Numbers of values: of variables first, then of the calls' results, one after the other.
    params : dict
    results : int
        How many results the user sees.
    is_train : bool
        Whether it was drawn for a run in training, where it differs there.
    """

    op: str
    inputs: tuple[int, ...]
    params: dict[str, Any]
    results: int = 1


@dataclass(frozen=True)
class Graph:
    """Variables, calls, which values are the outputs, and how exact each value is.

    Attributes
    ----------
    rough : frozenset of int
        Values that may differ from NumPy's in the last places.
    is_train : bool
        What runs of it are told.
    """

    variables: tuple[Variable, ...]
    calls: tuple[Call, ...]
    outputs: tuple[int, ...]
    rough: Mapping[int, float] = field(default_factory=dict)
    is_train: bool = False

    @property
    def values(self) -> dict[str, Array]:
        """The variables' first values."""
        return {variable.name: variable.value for variable in self.variables}

    def fresh(self, source: Source) -> dict[str, Array]:
        """Other values for the variables."""
        return {variable.name: variable.make(source) for variable in self.variables}

    def evaluate(self, values: Mapping[str, Array]) -> list[Array]:
        """All values, computed by NumPy, node by node."""
        found = [values[variable.name] for variable in self.variables]
        with np.errstate(all="ignore"):
            for call in self.calls:
                found += computed(call, [found[i] for i in call.inputs])
        return found

    def starts(self) -> list[int]:
        """For each call, the number of its first result."""
        starts, position = [], len(self.variables)
        for call in self.calls:
            starts.append(position)
            position += call.results
        return starts

    def pruned(self) -> Graph:
        """Without what no output needs."""
        starts = self.starts()
        needed = set(self.outputs)
        kept = []
        for call, start in zip(reversed(self.calls), reversed(starts), strict=True):
            if needed.intersection(range(start, start + call.results)):
                needed.update(call.inputs)
                kept.append((call, start))
        kept.reverse()
        number: dict[int, int] = {}
        variables = [(i, v) for i, v in enumerate(self.variables) if i in needed]
        for i, _ in variables:
            number[i] = len(number)
        calls = []
        for call, start in kept:
            calls.append(replace(call, inputs=tuple([number[i] for i in call.inputs])))
            for k in range(call.results):
                number[start + k] = len(number)
        return replace(
            self,
            variables=tuple([variable for _, variable in variables]),
            calls=tuple(calls),
            outputs=tuple([number[i] for i in self.outputs]),
            rough={number[i]: ulps for i, ulps in self.rough.items() if i in number},
        )

    def symbol(self, again: Callable[[int], bool] = lambda i: False) -> Symbol:
        """symbook's graph of the same calls.

        `again` says of which uses of a variable a new symbol of its name is made.
        """
        with mx.name.NameManager():
            made: list[Symbol] = [mx.sym.Variable(v.name) for v in self.variables]
            count = len(made)
            for call in self.calls:
                inputs = [
                    mx.sym.Variable(self.variables[i].name) if i < count and again(i) else made[i]
                    for i in call.inputs
                ]
                made += results_of(call, inputs)
            if len(self.outputs) == 1:
                return made[self.outputs[0]]
            return mx.sym.Group([made[i] for i in self.outputs])

    def text(self) -> str:
        """The graph as a program of symbook's."""
        names = {i: variable.name for i, variable in enumerate(self.variables)}
        lines = [
            f"{v.name} = mx.sym.Variable({v.name!r})  # {v.value.shape} {v.value.dtype}: {_numbers(v.value)}"
            for v in self.variables
        ]
        for k, (call, start) in enumerate(zip(self.calls, self.starts(), strict=True)):
            inputs = [names[i] for i in call.inputs]
            inputs += [f"{key}={value!r}" for key, value in call.params.items()]
            for j in range(call.results):
                names[start + j] = f"r{k}" if call.results == 1 else f"r{k}[{j}]"
            lines.append(f"r{k} = {call.op}({', '.join(inputs)})")
        lines.append(f"outputs: {', '.join(names[i] for i in self.outputs)}")
        lines.append(f"is_train: {self.is_train}")
        return "\n".join(lines)


def _numbers(value: Array, most: int = 12) -> str:
    flat = value.reshape(-1).tolist()
    return f"{flat[:most]}{'…' if len(flat) > most else ''}"


def computed(call: Call, inputs: Sequence[Array]) -> list[Array]:
    """What NumPy makes of a call's inputs."""
    from .operators import OPERATORS

    found = OPERATORS[call.op].reference(*inputs, **call.params)
    # Of arrays without axes NumPy's functions give numbers.
    return [np.asarray(value) for value in (found if isinstance(found, (list, tuple)) else [found])]


def results_of(call: Call, inputs: Sequence[Symbol]) -> list[Symbol]:
    """symbook's results of a call."""
    from .operators import OPERATORS

    op = registry.get(call.op)
    params = {k: v for k, v in call.params.items() if k not in OPERATORS[call.op].unsaid}
    made = apply(op, op.name.strip("_").lower(), tuple(inputs), params, Symbol)
    return [made] if call.results == 1 else [made[k] for k in range(call.results)]
