"""Recorded runs as timelines: lanes, waits, the critical path, what is in memory."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from view_cases import bound

import symbook as mx
from symbook.plan import Step
from symbook.views.schedule import INPUT, LANE, critical_path, memory, peak, timeline, waits
from symbook.views.sentences import duration


class Row(NamedTuple):
    """What a timeline reads of a record."""

    position: int
    start: float
    end: float
    lane: str
    inputs: tuple[object, ...] = ()
    outputs: tuple[object, ...] = ()
    stream: str = ""

    @property
    def seconds(self) -> float:
        return self.end - self.start


class Trace(list[Row]):
    """What it reads of a trace."""


def products():
    """The graph of A*B + C*D, and the positions of its products and its sum."""
    graph = bound().symbol.graph
    names = [node.name for node in graph.nodes]
    return graph, [names.index(name) for name in ("_mul0", "_mul1", "_plus0")]


def test_of_two_lanes() -> None:
    """By hand: 2 + 2.5 + 1 of busy time in 4; _mul0 is done before _mul1, so that the sum waits for that."""
    graph, (mul0, mul1, plus) = products()
    rows = [
        Row(mul0, 10.0, 12.0, "thread 1"),
        Row(mul1, 10.5, 13.0, "thread 2"),
        Row(plus, 13.25, 14.25, "thread 1"),
    ]
    found = timeline(graph, "forward", Trace(rows))
    assert ["thread 1", "thread 2"] == found["lanes"]
    assert [mul1, plus] == found["path"]
    assert 4.25 == found["seconds"]
    assert 5.5 == found["busy"]
    assert 3.5 == found["path_seconds"]
    assert (2, 2) == (found["peak"], found["threads"])
    assert [
        [mul0, 0, 0.0, 2.0, "", -1, 0.0],
        [mul1, 1, 0.5, 3.0, "", -1, 0.0],
        [plus, 0, 3.25, 4.25, INPUT, mul1, 1.25],
    ] == found["bars"]


def test_a_step_that_is_ready_waits_for_its_thread() -> None:
    graph, (mul0, mul1, plus) = products()
    rows = [
        Row(mul0, 0.0, 2.0, "thread 1"), Row(mul1, 2.5, 3.0, "thread 1"), Row(plus, 3.0, 4.0, "thread 1")
    ]  # fmt: skip
    found = waits(graph, rows)
    assert (LANE, mul0, 2.5) == found[mul1]
    assert (INPUT, mul1, 0.0) == found[plus]


def test_lanes_are_in_the_order_of_their_numbers() -> None:
    graph, nodes = products()
    rows = [Row(i, k, k + 1.0, f"thread {10 - k}") for k, i in enumerate(nodes)]
    assert ["thread 8", "thread 9", "thread 10"] == timeline(graph, "forward", Trace(rows))["lanes"]


def test_nothing_ran() -> None:
    graph, _ = products()
    found = timeline(graph, "forward", Trace())
    assert ([], [], 0.0, 0) == (found["bars"], found["path"], found["seconds"], found["peak"])


@st.composite
def runs(draw):
    """A random graph of ten operators or fewer, and a run of it on three threads or fewer that could be."""
    values = [mx.sym.Variable(f"x{k}") for k in range(2)]
    for k in range(draw(st.integers(1, 10))):
        left, right = (draw(st.integers(0, len(values) - 1)) for _ in "lr")
        values.append(mx.sym.elemwise_add(values[left], values[right], name=f"n{k}"))
    graph = mx.sym.Group(values[2:]).graph
    free = dict.fromkeys(range(draw(st.integers(1, 3))), 0)
    ends: dict[int, int] = {}
    rows = []
    for i, node in enumerate(graph.nodes):
        if node.op is None:
            continue
        lane = draw(st.sampled_from(sorted(free)))
        ready = max([free[lane], *(ends.get(pin.node, 0) for pin in graph.inputs[i])])
        start = ready + draw(st.integers(0, 2))
        free[lane] = ends[i] = start + draw(st.integers(1, 5))
        rows.append(Row(i, float(start), float(ends[i]), f"thread {lane + 1}"))
    return graph, rows


def chains(graph, rows, i):
    """Every chain of steps that ends in one, by trying all."""
    me = rows[i]
    before = [
        k
        for k, other in enumerate(rows)
        if any(pin.node == other.position for pin in graph.inputs[me.position])
        or (other.lane == me.lane and other.end <= me.start and k != i)
    ]
    yield [i]
    for k in before:
        yield from ([*chain, i] for chain in chains(graph, rows, k))


@settings(deadline=None, max_examples=60)
@given(run=runs())
def test_the_critical_path_is_the_longest_of_all_chains(run) -> None:
    graph, rows = run
    found = critical_path(graph, rows)
    best = max(
        sum(rows[k].seconds for k in chain)
        for i in range(len(rows))
        for chain in chains(graph, rows, i)
    )
    assert best == sum(row.seconds for row in found)
    for one, next_ in pairwise(found):
        reads = any(pin.node == one.position for pin in graph.inputs[next_.position])
        assert reads or one.lane == next_.lane
        assert one.end <= next_.start


@settings(deadline=None, max_examples=60)
@given(run=runs())
def test_who_waits_waits_for_what_came_last(run) -> None:
    graph, rows = run
    by_node = {row.position: row for row in rows}
    assert peak(rows) == max(
        sum(row.start <= moment < row.end for row in rows) for moment in range(200)
    )
    for i, wait in waits(graph, rows).items():
        row = by_node[i]
        inputs = [by_node[pin.node].end for pin in graph.inputs[i] if pin.node in by_node]
        lane = [other.end for other in rows if other.lane == row.lane and other.end <= row.start]
        ready, free = max(inputs, default=0), max(lane, default=0)
        if wait.kind == INPUT:
            assert by_node[wait.node].end == ready >= free
            assert wait.seconds == row.start - free
        elif wait.kind == LANE:
            assert by_node[wait.node].end == free
            assert wait.seconds == row.start - ready
        else:
            assert not inputs
            assert not lane


def test_memory_is_what_is_still_to_be_read() -> None:
    """By hand, of four bytes an element: x 100, relu 400 bytes, its view, the sum of the view."""
    x = mx.sym.Variable("x")
    y = mx.sym.sum(mx.sym.Reshape(mx.sym.relu(x, name="r"), shape=(-1,), name="v"), name="s")
    executor = y.bind(mx.cpu(), {"x": mx.nd.ones((10, 10))}, optimize=False)
    trace = executor.trace()
    at = {record.node: record for record in trace}
    assert [
        (at["r"].start, 400),
        (at["s"].start, 404),
        (at["s"].end, 0),
    ] == [row for row in memory(executor.graph, trace.records) if row[0] != at["v"].start]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (2.5, "2.5 s"), (0.00041, "0.41 ms"), (0.0123, "12 ms"), (0.1234, "0.12 s"), (3e-7, "0.3 µs"),
        (4.2e-6, "4.2 µs"), (0.0999, "100 ms"), (250.0, "4 min 10 s"),
        (3e-8, "less than 0.1 µs"), (0.0, "less than 0.1 µs"),
    ],
)  # fmt: skip
def test_times_in_words(seconds, text) -> None:
    assert text == duration(seconds)


def test_real_threads_are_seen_at_work_at_the_same_time(monkeypatch) -> None:
    """The tutorial's claim: A*B and C*D run at the same time. Here each waits until the other has begun."""
    graph, (mul0, mul1, _) = products()
    together, run = threading.Barrier(2), Step.run

    def meets(step, *args):
        if step.origin.name in ("_mul0", "_mul1"):
            together.wait(timeout=60)
        run(step, *args)

    monkeypatch.setattr(Step, "run", meets)
    arrays = {name: mx.nd.ones((1000, 1000)) for name in "ABCD"}
    with mx.engine.threads(2):
        executor = bound().symbol.bind(mx.cpu(), arrays)
        found = timeline(graph, "forward", executor.trace())
    one, other = (next(bar for bar in found["bars"] if bar[0] == i) for i in (mul0, mul1))
    assert one[2] < other[3]
    assert other[2] < one[3]
    assert one[1] != other[1]
    assert 2 == found["peak"]
