"""Recording a run: it is run aside, changes nothing, and is repeated where one recording may mislead."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from symbook import rng
from symbook.arguments import seeds_by_head
from symbook.executor import Executor
from symbook.ndarray import NDArray, ones
from symbook.runners.trace import Record, Trace

_SHORT = 0.2
"""Seconds that nobody minds to wait for: recordings of a run that is short are repeated for no longer."""
_RECORDINGS = 5
"""Recordings that the quickest is taken of, at most."""


class Kept(NamedTuple):
    """A trace, and how many recordings it is the quickest of."""

    trace: Trace
    recordings: int


class Run(NamedTuple):
    """What a run left.

    Attributes
    ----------
    kept : sequence of Kept
        Of forward, and of backward, if it went there.
    heads : dict of str to NDArray
        The gradients of outputs that backward began with, by their variables' names.
    states : sequence of dict of str to NDArray
        The arrays that operators change, by name: before the run, and after each trace.
    sums : dict of str to (NDArray, NDArray)
        For arguments whose gradient is added: what its array had, and what it has then.
    """

    kept: Sequence[Kept]
    heads: dict[str, NDArray]
    states: Sequence[dict[str, NDArray]]
    sums: dict[str, tuple[NDArray, NDArray]]


def beginning(executor: Executor) -> rng.State | None:
    """Where random numbers begin, if the run draws some."""
    return rng.state() if any(op.random for op in executor.graph.operators) else None


def run(executor: Executor, is_train: bool, out_grads: Any, optimized: bool) -> Run:
    """Run an executor forward, and backward where it can in training, as far as no step fails.

    For the parameters see :func:`symbook.views.document.of_run`. Whoever calls this goes back to where
    :func:`beginning` was.
    """
    aside = executor.aside()
    states = [_states(aside)]
    pure = not any(op.random or op.mutates or op.calls_users for op in executor.graph.operators)
    forward = _quickest(lambda: aside.attempt(is_train, optimized), lambda: pure)
    forward = forward._replace(trace=_as_read(forward.trace, aside, optimized, states[0]))
    states.append(_states(aside))
    if not is_train or executor.backward_plan is None or forward.trace.failure is not None:
        return Run([forward], {}, states, {})
    if out_grads is None:
        out_grads = [ones(out.shape, out.context, out.dtype) for out in executor.outputs]
    given = seeds_by_head(executor.symbol.list_outputs(), out_grads)
    # Copies: some of the values recorded may be views of them.
    given = [array.copy() if isinstance(array, NDArray) else array for array in given]
    heads = {
        name: array
        for name, array in zip(executor.seeds, given, strict=True)
        if name and array is not None
    }
    backward = _quickest(
        lambda: aside.trace_backward(given, until_error=True),
        lambda: pure and aside.repeats_backward(given),
    )
    backward = backward._replace(trace=_as_read(backward.trace, aside, optimized, states[1]))
    states.append(_states(aside))
    sums = {
        name: (before, after)
        for name, before in executor.grad_dict.items()
        if before is not None
        and (after := aside.grad_dict[name]) is not None
        and executor.requirements[name] == "add"
    }
    return Run([forward, backward], heads, states, sums if backward.trace.failure is None else {})


def _as_read(
    trace: Trace, executor: Executor, optimized: bool, before: Mapping[str, NDArray]
) -> Trace:
    """A trace whose steps have what they change as they read it, before they changed it."""
    graph = executor.optimized_graph if optimized else executor.graph
    known = dict(before)

    def read(record: Record) -> Record:
        node = graph.nodes[record.position]
        if record.position < 0 or node.op is None or not node.op.mutates:
            return record
        names = [graph.nodes[pin.node].name for pin in graph.inputs[record.position]]
        inputs = [known.get(name, own) for name, own in zip(names, record.inputs, strict=False)]
        known.update({names[k]: value for k, value in record.left.items()})
        return replace(record, inputs=tuple(inputs))

    return replace(trace, records=tuple(map(read, trace))) if before else trace


def _states(executor: Executor) -> dict[str, NDArray]:
    """Copies of the arrays bound that operators change."""
    bound = {**executor.arg_dict, **executor.aux_dict}
    names = [executor.graph.nodes[pin.node].name for pin in executor.graph.changed]
    return {name: bound[name].copy() for name in names if name in bound}


def _quickest(record: Callable[[], Trace], repeats: Callable[[], bool]) -> Kept:
    """The quickest of a few recordings, where a run is short and `repeats` says that more change nothing.

    In one alone, a step may seem slow because threads began, memory was fresh or something else ran. The
    first is for threads and memory; it counts only if it remains the only one.
    """
    began = time.perf_counter()
    best = record()
    took = time.perf_counter() - began
    if best.failure is not None or took > _SHORT or not repeats():
        return Kept(best, 1)
    count = 0
    while count < _RECORDINGS and (not count or time.perf_counter() - began + took < _SHORT):
        since = time.perf_counter()
        trace = record()
        took = time.perf_counter() - since
        count += 1
        if count == 1 or trace.seconds < best.seconds or trace.failure is not None:
            best = trace
        if trace.failure is not None:
            break
    return Kept(best, count)
