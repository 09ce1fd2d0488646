"""What if a bound value were another one: only what depends on it is computed again, on copies."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np

from symbook import rng
from symbook.cached import cached_property
from symbook.errors import ArgumentError, DTypeError, ShapeError, shape_text
from symbook.graph import Graph, Pin
from symbook.ndarray import NDArray, array
from symbook.ndarray.storage import computing, contiguous
from symbook.render.text import plural
from symbook.runners.trace import Record

from .records import values_of
from .sentences import happened, said
from .values import label, summary

Json = dict[str, Any]


class WhatIf:
    """The values of a recorded run, some of which are changed.

    The reader's messages are `{change: name, items}` with all elements in order, `{change: name, elements}`
    with `[position, item]` of some, counted in that order, and `{undo: true}`. An answer has `act`, one more
    act, whose steps' values count from 0 in `values`, and `changed`, the names of what is changed now; after
    undoing it has no act.

    Parameters
    ----------
    graph : Graph
    given : mapping of Pin to NDArray
        The values of variables; the arrays are never changed.
    records : sequence of Record
        The steps, in an order in which they can run.
    is_train : bool
        Whether operators act as in training.
    begins : rng.State, optional
        Where the run's random numbers began: so that what is drawn again is the same again.
    """

    def __init__(
        self,
        graph: Graph,
        given: Mapping[Pin, NDArray],
        records: Sequence[Record],
        is_train: bool,
        begins: rng.State | None = None,
    ) -> None:
        self._begins = begins
        self._graph, self._is_train = graph, is_train
        self._order = [record.position for record in records]
        self._records = {record.position: record for record in records}
        self._recorded = {**given, **values_of(records)}
        self._values = dict(self._recorded)
        self._changed: list[int] = []

    def answer(self, message: Mapping[str, Any]) -> Json:
        """The answer to a reader's message.

        Raises
        ------
        ArgumentError
            If it is no message of that kind.
        SymbookError
            As :meth:`change` does, or an operator that cannot take the new value; nothing changes then.
        """
        if message.get("undo") is True:
            return self.undo()
        name, items = message.get("change"), message.get("items")
        elements = message.get("elements")
        if not isinstance(name, str) or not (isinstance(items, list) or isinstance(elements, list)):
            raise ArgumentError("that is no question that this view knows")
        before, changed = dict(self._values), list(self._changed)
        try:
            return self.change(name, items, elements or ())
        except BaseException:
            self._values, self._changed = before, changed
            raise

    def undo(self) -> Json:
        """Take back all changes: the values are those of the recorded run again."""
        self._values, self._changed = dict(self._recorded), []
        return {"undone": True, "changed": []}

    def change(
        self,
        name: str,
        items: Sequence[Any] | None = None,
        elements: Sequence[Any] = (),
    ) -> Json:
        """Give a variable other elements, and compute again what depends on it.

        Parameters
        ----------
        name : str
        items : sequence of numbers or texts, optional
            All elements, row by row. Texts such as `NaN` stand for what JSON has no number for.
        elements : sequence of (int, number or text)
            Some elements, with their positions in that order.

        Raises
        ------
        ArgumentError
            If there is no such variable with a value, or no such element, or something is no number.
        ShapeError
            If there are not as many elements as it has.
        DTypeError
            If the variable's dtype has no such number.
        """
        place, old = self._bound(name)
        if items is not None and len(items) != old.size:
            raise ShapeError(
                f"{name} has {plural(old.size, 'element')}, as its shape is {shape_text(old.shape)}; "
                f"{len(items)} came"
            )
        rows: list[Any] = list(enumerate(items)) if items is not None else list(elements)
        fresh = _with(name, old, rows)
        self._values[Pin(place, 0)] = fresh
        if place not in self._changed:
            self._changed.append(place)
        dirty = self._dirty(place)
        values: list[Json] = []
        steps = [self._asked(place, dirty, values)]
        steps += [self._computed(i, values) for i in dirty]
        names = [self._graph.nodes[i].name for i in self._changed]
        title = f"What if {said(self._graph, place)}"
        act = {"name": "what if", "title": title, "steps": steps}
        return {"act": act, "values": values, "changed": names}

    def _bound(self, name: str) -> tuple[int, NDArray]:
        graph = self._graph
        for i in graph.variables:
            if graph.nodes[i].name == name and Pin(i, 0) in self._values:
                return i, self._values[Pin(i, 0)]
        raise ArgumentError(f"there is no bound variable {name!r} to change")

    def _asked(self, place: int, dirty: Sequence[int], values: list[Json]) -> Json:
        """The first step: what is changed, by now or before, and what must be computed again."""
        count = f"{plural(len(dirty), 'step')} of {len(self._order)}"
        must = "must" if len(dirty) != 1 else "has to"
        asked = f"What if {said(self._graph, place)} were different?"
        told = f"{asked} {count} {must} run again; the rest stays as it is."
        pending = set(dirty)
        differs = [
            pin
            for pin, value in self._values.items()
            if pin.node not in pending and value is not self._recorded[pin]
        ]
        step: Json = {
            "node": place,
            "text": told,
            "values": [],
            "labels": [],
            "states": [[place, "bound"], *([i, "stale"] for i in dirty)],
        }
        for pin in differs:
            self._tell(step, pin, values)
        return step

    def _tell(self, step: Json, pin: Pin, values: list[Json]) -> None:
        value = self._values[pin]
        shown = value.asnumpy()
        step["values"].append([list(pin), len(values)])
        values.append(summary(shown))
        # A label of before would stay where there is none now.
        step["labels"].append([list(pin), label(shown) if value.size <= 4 else ""])

    def _dirty(self, place: int) -> list[int]:
        found = {place}
        for i in self._order:
            if any(pin.node in found for pin in self._graph.inputs[i]):
                found.add(i)
        return [i for i in self._order if i in found]

    def _computed(self, i: int, values: list[Json]) -> Json:
        """Compute a node again; the step that says so."""
        begin = time.perf_counter()
        results = self._results(i)
        took = time.perf_counter() - begin
        step: Json = {"node": i, "states": [[i, "done"]], "values": [], "labels": []}
        for k, value in enumerate(results):
            self._values[Pin(i, k)] = value
            self._tell(step, Pin(i, k), values)
        given = tuple([self._values[pin] for pin in self._graph.inputs[i]])
        record = self._record(i, given, tuple(results), took)
        text = happened(self._graph, record, self._is_train, ", again,", self._draws(i))
        return {**step, "text": text}

    def _results(self, i: int) -> list[NDArray]:
        node, pins = self._graph.nodes[i], self._graph.inputs[i]
        assert node.op is not None  # only operators have steps
        ctx = self._recorded[Pin(i, 0)].context
        # A value may have been made on another context.
        given = [self._values[pin].as_in_context(ctx) for pin in pins]
        if node.op.name == "Dropout" and Pin(i, 1) in self._recorded:
            # What was dropped stays so, and no random number is drawn.
            mask = self._recorded[Pin(i, 1)]
            return [given[0] * mask if self._is_train else given[0], mask]
        # Nothing of what is tried is seen in what the user's own runs draw later.
        with self._drawing(i):
            return self._call(i, given)

    def _call(self, i: int, given: Sequence[NDArray]) -> list[NDArray]:
        node, ctx = self._graph.nodes[i], self._recorded[Pin(i, 0)].context
        assert node.op is not None  # only operators have steps
        params = {**node.params, "is_train": self._is_train} if node.op.takes_mode else node.params
        with computing(ctx):
            # Copies, as an operator may change its inputs in place.
            raws = [value._data.copy() if node.op.mutates else value._data for value in given]
            return [NDArray(contiguous(raw), ctx) for raw in node.op.call(ctx.xp, raws, params)]

    def _drawing(self, i: int) -> AbstractContextManager[None]:
        """What a node is computed in: it draws from where it drew from in the run."""
        if not _is_random(self._graph, i):
            return nullcontext()
        return rng.resumed(self._drawn[i]) if i in self._drawn else rng.borrowed(i)

    def _draws(self, i: int) -> str:
        """That other numbers were drawn, where it is so."""
        dropped = Pin(i, 1) in self._recorded
        if not _is_random(self._graph, i) or i in self._drawn or dropped:
            return ""
        return "; it drew other random numbers than in the recorded run"

    @cached_property
    def _drawn(self) -> dict[int, rng.State]:
        """Where random numbers stood before each node that draws some: the run's draws, made again.

        A node is left out that then gives anything else than it gave in the run.
        """
        found: dict[int, rng.State] = {}
        random = [i for i in self._order if _is_random(self._graph, i)]
        if self._begins is None:
            return found
        with rng.resumed(self._begins):
            for i in random:
                before = rng.state()
                ctx = self._recorded[Pin(i, 0)].context
                given = [self._recorded[pin].as_in_context(ctx) for pin in self._graph.inputs[i]]
                pairs = zip(self._call(i, given), self._records[i].outputs, strict=True)
                if all(new.asnumpy().tobytes() == old.asnumpy().tobytes() for new, old in pairs):
                    found[i] = before
        return found

    def _record(
        self, i: int, inputs: tuple[NDArray, ...], outputs: tuple[NDArray, ...], seconds: float
    ) -> Record:
        old = self._records[i]
        return replace(old, inputs=inputs, outputs=outputs, start=0.0, end=seconds)


def _is_random(graph: Graph, i: int) -> bool:
    op = graph.nodes[i].op
    return op is not None and op.random


def _with(name: str, old: NDArray, rows: Sequence[Any]) -> NDArray:
    """A copy of an array with other elements."""
    raw = np.array(old.asnumpy())
    flat = raw.reshape(-1)
    for row in rows:
        if not isinstance(row, list | tuple) or len(row) != 2 or type(row[0]) is not int:
            raise ArgumentError("an element is given as its position and its number")
        at, item = row
        if not 0 <= at < flat.size:
            raise ArgumentError(f"{name} has no element {at}: there are {flat.size}")
        flat[at] = _number(name, item, raw.dtype)
    return array(raw, ctx=old.context, dtype=raw.dtype)


def _number(name: str, item: Any, dtype: np.dtype[Any]) -> Any:
    """What a reader typed, as a number of that dtype."""
    try:
        text = str(item).strip().replace("−", "-").replace("∞", "inf").replace(",", ".")
        number = float(text)
    except ValueError:
        raise ArgumentError(f"{item!r} is not a number") from None
    if dtype.kind == "b" and number not in (0, 1):
        raise DTypeError(f"{name} holds true and false, 1 and 0: {item} is neither")
    if dtype.kind in "iu":
        if not math.isfinite(number) or number != int(number):
            raise DTypeError(
                f"{item} is not a whole number, and {name} holds whole numbers ({dtype})"
            )
        # Texts of many digits are more exact than floats.
        whole = int(text) if text.lstrip("+-").isdigit() else int(number)
        limits = np.iinfo(dtype)
        if not limits.min <= whole <= limits.max:
            raise DTypeError(f"{dtype} goes from {limits.min} to {limits.max}: {item} does not fit")
        return whole
    return number
