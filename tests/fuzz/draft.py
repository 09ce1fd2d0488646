"""Drawing a graph: operators from the tables one after another, on values that fit them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .graph import Call, Graph, Variable, computed
from .values import FLOATS, INTEGERS, Array, Shape, Source

MOST_ELEMENTS = 2000
"""What a small graph's values may have; of some graphs it is a hundred times as many."""

WHOLE = 2.0**20
"""Whole numbers up to here may be added and multiplied a little more without being rounded."""


@dataclass(frozen=True)
class Kind:
    """What a graph is like.

    Attributes
    ----------
    name : str
        `any`: every operator and dtype. `whole`: whole numbers in floats, so that gradients are exact.
        `smooth`: float64, and functions with derivatives, for gradients that are compared roughly.
    dtypes : tuple of str
        Of new variables.
    """

    name: str
    dtypes: tuple[str, ...]


ANY = Kind("any", (*FLOATS, *FLOATS, "float32", *INTEGERS, "bool"))
WHOLE_NUMBERS = (
    Kind("whole", ("float64",)),
    Kind("whole", ("float32",)),
    Kind("whole", ("float64", "float32")),
)
SMOOTH = Kind("smooth", ("float64",))


class Draft:
    """A graph that grows. Values are known by their positions in `arrays`."""

    def __init__(self, source: Source, kind: Kind, most: int = MOST_ELEMENTS) -> None:
        self.source, self.kind, self.most = source, kind, most
        self.whole, self.smooth = kind.name == "whole", kind.name == "smooth"
        self.is_train = self.source.chance(0.5)
        self.arrays: list[Array] = []
        self.rough: dict[int, float] = {}
        self._made: list[Variable | tuple[Call, int]] = []

    # Values

    def fresh(self, shape: Shape, dtype: str, make: Callable[[Source], Array] | None = None,
              auxiliary: bool = False) -> int:  # fmt: skip
        """A new variable; of numbers that the kind of graph likes, unless told otherwise."""
        if make is None:
            make = self._maker(shape, dtype)
        value = make(self.source)
        assert value.shape == shape
        assert value.dtype == dtype
        count = sum(isinstance(item, Variable) for item in self._made)
        return self._keep(Variable(f"v{count}", value, make, auxiliary), value)

    def _maker(self, shape: Shape, dtype: str) -> Callable[[Source], Array]:
        if self.whole or (dtype in FLOATS and self.source.chance(0.3)):
            high = 3 if self.whole else 8
            return lambda source: source.whole_numbers(shape, dtype, -high, high)
        if self.smooth:
            return lambda source: source.smooth_numbers(shape, dtype)
        return lambda source: source.any_numbers(shape, dtype)

    def whole_variable(self, shape: Shape, dtype: str, low: int = -4, high: int = 4) -> int:
        """A new variable of small whole numbers."""
        return self.fresh(
            shape, dtype, lambda source: source.whole_numbers(shape, dtype, low, high)
        )

    def _keep(self, item: Variable | tuple[Call, int], value: Array) -> int:
        self._made.append(item)
        self.arrays.append(value)
        return len(self.arrays) - 1

    def shape(self, i: int) -> Shape:
        return self.arrays[i].shape

    def dtype(self, i: int) -> str:
        return self.arrays[i].dtype.name

    def rank(self, i: int) -> int:
        return self.arrays[i].ndim

    # Choosing among them

    def pick(self, kinds: str = "fiu", ranks: tuple[int, int] = (0, 64), exact: bool = True,
             full: bool = False) -> int:  # fmt: skip
        """A value of these kinds of dtypes and ranks, rather a late one; a new variable if there is none.

        With `exact` it is one that NumPy has to the bit, with `full` it has elements.
        """
        low, high = ranks
        for _ in range(4):
            last = len(self.arrays) - 1
            if last < 0 or self.source.chance(0.1):
                break
            near = self.source.chance(0.7)
            i = (
                self.source.between(max(0, last - 5), last)
                if near
                else self.source.between(0, last)
            )
            value = self.arrays[i]
            if (
                value.dtype.kind in kinds
                and low <= value.ndim <= high
                and not (exact and i in self.rough)
                and not (full and value.size == 0)
            ):
                return i
        return self.new(kinds, ranks, full)

    def new(self, kinds: str = "fiu", ranks: tuple[int, int] = (0, 64), full: bool = False) -> int:
        """A new variable of such a dtype and rank."""
        dtypes = [dtype for dtype in self.kind.dtypes if np.dtype(dtype).kind in kinds]
        dtype = self.source.choice(
            dtypes or [d for d in INTEGERS if np.dtype(d).kind in kinds] or ["bool"]
        )
        low, high = ranks
        shape = self.source.shape(
            None if ranks == (0, 64) else self.source.between(low, min(high, low + 3))
        )
        if not low <= len(shape) <= high or (full and 0 in shape):
            shape = tuple(size or 1 for size in self.source.shape(max(low, min(high, 2))))
        if self.most > MOST_ELEMENTS and shape and 0 not in shape and self.source.chance(0.5):
            shape = (*shape[:-1], shape[-1] * max(1, self.most // 4 // math.prod(shape)))
        return self.fresh(shape, dtype)

    def like(self, i: int, shape: Shape | None = None, dtype: str | None = None) -> int:
        """A value of the shape and dtype of another one, or of those given; a new one if there is none."""
        shape = self.shape(i) if shape is None else shape
        dtype = dtype or self.dtype(i)
        if self.source.chance(0.6):
            found = [
                j
                for j, value in enumerate(self.arrays)
                if value.shape == shape and value.dtype == dtype and j not in self.rough
            ]
            if found:
                return int(self.source.choice(found))
        return self.fresh(shape, dtype)

    def fitting(self, i: int) -> int:
        """A value of the same dtype that broadcasts with another one."""
        if self.source.chance(0.5):
            found = [
                j
                for j, value in enumerate(self.arrays)
                if value.dtype == self.arrays[i].dtype
                and j not in self.rough
                and _broadcast(value.shape, self.shape(i), self.most)
            ]
            if found:
                return int(self.source.choice(found))
        shape = [1 if self.source.chance(0.3) else size for size in self.shape(i)]
        if shape and self.source.chance(0.3):
            shape = shape[self.source.between(0, len(shape)) :]
        return self.fresh(tuple(shape), self.dtype(i))

    def picked_whole(
        self, kinds: str = "f", ranks: tuple[int, int] = (0, 64), full: bool = False
    ) -> int:
        """A value of small whole numbers."""
        return self.made_whole(self.pick(kinds, ranks, full=full))

    def made_whole(self, i: int, most: int = 8) -> int:
        """Whole numbers from -8 to 8 in place of what is larger, NaN or not whole."""
        value = self.arrays[i]
        if value.dtype.kind == "b" or (self.whole and np.abs(value).max(initial=0) <= most):
            return i
        low = 0 if value.dtype.kind == "u" else -most
        made = self.call("clip", (i,), {"a_min": low, "a_max": most})
        assert made is not None
        if value.dtype.kind == "f" and not self.whole:
            is_number = self.call("broadcast_equal", (made, made), {})
            below = self.call("floor", (made,), {})
            nothing = self.call("zeros_like", (made,), {})
            made = self.call("where", (is_number, below, nothing), {})
            made = self.call("_plus_scalar", (made,), {"scalar": 0.0, "is_int": True})  # no -0
        assert made is not None
        return made

    # Growing

    def call(self, op: str, inputs: tuple[int, ...], params: dict[str, Any]) -> int | None:
        """Add a call; the position of its first result, or None if it is refused.

        Refused is what has too many elements, and in a graph of whole numbers what is not.
        """
        from .operators import OPERATORS

        operator = OPERATORS[op]
        arrays = [self.arrays[i] for i in inputs]
        call = Call(op, inputs, params)
        with np.errstate(all="ignore"):
            found = computed(call, arrays)
        if sum(value.size for value in found) > 2 * self.most:
            return None
        if self.whole and not all(map(_is_whole, found)):
            return None
        ulps = max(operator.ulps, max((self.rough.get(i, 0.0) for i in inputs), default=0.0))
        call = Call(op, inputs, params, len(found))
        first = len(self.arrays)
        for k, value in enumerate(found):
            position = self._keep((call, k), value)
            if ulps and value.dtype.kind == "f":
                self.rough[position] = ulps
        if operator.signless and not (self.whole or self.smooth):
            self._signed(first, first + len(found))
        return first

    def _signed(self, first: int, end: int) -> None:
        """The same values again, where 0 is never -0: these can be read by anything."""
        for i in range(first, end):
            if self.arrays[i].dtype.kind == "f" and i not in self.rough:
                clean = self.call("_plus_scalar", (i,), {"scalar": 0.0, "is_int": True})
                self.rough[i] = 0.5
                assert clean is not None

    def grow(self, nodes: int, names: list[str]) -> None:
        """Add about so many calls of the operators named."""
        from .operators import OPERATORS

        calls = tries = 0
        while calls < nodes and tries < 4 * nodes + 8:
            tries += 1
            drawn = OPERATORS[self.source.choice(names)].draw(self)
            calls += drawn is not None

    def graph(self, outputs: int) -> Graph:
        """What has grown, with some of the late values as outputs."""
        order = [i for i, item in enumerate(self._made) if isinstance(item, Variable)]
        order += [i for i, item in enumerate(self._made) if not isinstance(item, Variable)]
        number = {i: k for k, i in enumerate(order)}
        calls = []
        for i in order:
            item = self._made[i]
            if not isinstance(item, Variable) and item[1] == 0:
                call = item[0]
                inputs = tuple([number[j] for j in call.inputs])
                calls.append(Call(call.op, inputs, call.params, call.results))
        last = len(self.arrays) - 1
        results = [i for i, item in enumerate(self._made) if not isinstance(item, Variable)] or [
            last
        ]
        chosen = [results[-1 - int(self.source.random.random() ** 2 * len(results[-12:]))]
                  for _ in range(outputs)]  # fmt: skip
        if self.source.chance(0.03):
            chosen.append(self.source.between(0, last))
        return Graph(
            tuple([item for item in self._made if isinstance(item, Variable)]),
            tuple(calls),
            tuple([number[i] for i in chosen]),
            {number[i]: ulps for i, ulps in self.rough.items()},
            self.is_train,
        ).pruned()


def _is_whole(value: Array) -> bool:
    if value.dtype.kind != "f" or value.size == 0:
        return True
    return bool(np.abs(value).max() <= WHOLE) and bool((value == np.floor(value)).all())


def _broadcast(one: Shape, other: Shape, most: int) -> bool:
    """Whether two shapes broadcast to something not too large."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    total = 1
    for k in range(1, len(longer) + 1):
        a, b = longer[-k], shorter[-k] if k <= len(shorter) else 1
        if a != b and 1 not in (a, b):
            return False
        total *= b if a == 1 else a
    return total <= most
