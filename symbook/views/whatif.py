"""What if a bound value were another one: only what depends on it is computed again, on copies."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from symbook.errors import ArgumentError, ShapeError, shape_text
from symbook.graph import Graph, Pin
from symbook.ndarray import NDArray, array
from symbook.ndarray.storage import computing, contiguous
from symbook.render.text import plural
from symbook.runners.trace import Record

from . import acts
from .values import label, summary

Json = dict[str, Any]


class WhatIf:
    """The values of a recorded run, some of which are changed.

    Parameters
    ----------
    graph : Graph
    bound : iterable of (int, NDArray)
        Positions of variables, and their arrays; these are never changed.
    records : sequence of Record
        The steps, in an order in which they can run.
    is_train : bool
        Whether operators act as in training.
    """

    def __init__(
        self,
        graph: Graph,
        bound: Iterable[tuple[int, NDArray]],
        records: Sequence[Record],
        is_train: bool,
    ) -> None:
        self._graph, self._is_train = graph, is_train
        self._values: dict[Pin, NDArray] = {Pin(i, 0): value for i, value in bound}
        self._order = [record.position for record in records]
        for record in records:
            for k, value in enumerate(record.outputs):
                self._values[Pin(record.position, k)] = value

    def change(self, name: str, items: Sequence[float]) -> tuple[Json, list[Json]]:
        """Give a variable other elements, in order, and compute again what depends on it.

        Returns
        -------
        act : dict
            An act, whose steps' values count from 0 in `values`.
        values : list of dict
            Summaries of what has changed.

        Raises
        ------
        ArgumentError
            If there is no such variable with a value.
        ShapeError
            If there are not as many elements as it has.
        """
        graph = self._graph
        place = next((i for i in graph.variables if graph.nodes[i].name == name), None)
        old = None if place is None else self._values.get(Pin(place, 0))
        if place is None or old is None:
            raise ArgumentError(f"there is no bound variable {name!r} to change")
        if len(items) != old.size:
            raise ShapeError(
                f"{name} has {plural(old.size, 'element')}: its shape is {shape_text(old.shape)}"
            )
        fresh = array(list(items), ctx=old.context, dtype=old.dtype).reshape(old.shape)
        self._values[Pin(place, 0)] = fresh
        dirty = self._dirty(place)
        values = [summary(fresh.asnumpy())]
        count = f"{plural(len(dirty), 'node')} of {len(self._order)}"
        told = f"What if {acts.said(graph, place)} were different? {count} must be computed again."
        first: Json = {
            "node": place, "text": told, "values": [[[place, 0], 0]],
            "states": [[place, "bound"], *([i, "stale"] for i in dirty)],
            "labels": _labels(place, [fresh]),
        }  # fmt: skip
        steps = [first, *(self._computed(i, values) for i in dirty)]
        return {
            "name": "what if",
            "title": f"What if {acts.said(graph, place)}",
            "steps": steps,
        }, values

    def _dirty(self, place: int) -> list[int]:
        found = {place}
        for i in self._order:
            if any(pin.node in found for pin in self._graph.inputs[i]):
                found.add(i)
        return [i for i in self._order if i in found]

    def _computed(self, i: int, values: list[Json]) -> Json:
        """Compute a node again; the step that says so."""
        node, pins = self._graph.nodes[i], self._graph.inputs[i]
        assert node.op is not None  # only operators have steps
        given = [self._values[pin] for pin in pins]
        ctx = given[0].context if given else self._values[Pin(i, 0)].context
        params = {**node.params, "is_train": self._is_train} if node.op.takes_mode else node.params
        begin = time.perf_counter()
        with computing(ctx):
            # Copies, as an operator may change its inputs in place.
            raws = [value._data.copy() if node.op.mutates else value._data for value in given]
            results = [NDArray(contiguous(raw), ctx) for raw in node.op.call(ctx.xp, raws, params)]
        took = time.perf_counter() - begin
        entries = []
        for k, value in enumerate(results):
            self._values[Pin(i, k)] = value
            values.append(summary(value.asnumpy()))
            entries.append([[i, k], len(values) - 1])
        made = f"{acts.said(self._graph, i)} is {acts.formula(self._graph, i)}"
        text = f"{made}, computed again in {acts.duration(took)}."
        return {
            "node": i,
            "text": text,
            "states": [[i, "done"]],
            "values": entries,
            "labels": _labels(i, results),
        }


def _labels(i: int, values: Sequence[NDArray]) -> list[list[Any]]:
    small = [(k, label(value.asnumpy())) for k, value in enumerate(values) if value.size <= 4]
    return [[[i, k], text] for k, text in small if text]
