"""What errors on a GPU say: at launch, when they show late, and with the naive engine."""

from __future__ import annotations

import numpy as np
import pytest
from runner_cases import arrays_on, two_products

import symbook as mx
from symbook import in_flight
from symbook.ops.rules import Mismatch


def test_an_error_at_launch_names_the_node(gpu) -> None:
    x = mx.sym.Variable("x")
    with mx.name.NameManager():
        symbol = mx.sym.sqrt(mx.sym.dot(x, x), name="root")
    executor = symbol.bind(gpu, {"x": mx.nd.ones((4, 4), ctx=gpu)})
    for run in range(2):
        for _ in range(5 * run):
            executor.forward()
        executor.arg_dict["x"]._data = mx.nd.ones((4, 5), ctx=gpu)._data
        with pytest.raises(Mismatch, match="shape") as caught:
            executor.forward()
        assert "while running node dot0 = dot((4, 4)" in "".join(caught.value.__notes__)
        executor.arg_dict["x"]._data = mx.nd.ones((4, 4), ctx=gpu)._data


def test_an_error_on_a_side_names_the_node_and_ends_the_run(gpu) -> None:
    names = ["a", "b", "c"]
    with mx.name.NameManager():
        a, b, c = map(mx.sym.Variable, names)
        symbol = mx.sym.dot(mx.sym.dot(a, b), mx.sym.dot(c, b))
    arrays = {name: mx.nd.ones((4, 4), ctx=gpu) for name in names}
    executor = symbol.bind(gpu, arrays, runner="threads")
    good = arrays["c"]._data
    for run in range(2):
        for _ in range(6 * run):
            executor.forward()
        arrays["c"]._data = mx.nd.ones((4, 5), ctx=gpu)._data
        with pytest.raises(Mismatch, match="shape") as caught:
            executor.forward()
        assert "while running node dot1 = dot((4, 4)" in "".join(caught.value.__notes__)
        assert gpu.xp.cuda.get_current_stream() == gpu.xp.cuda.Stream.null
        arrays["c"]._data = good
        expected = np.full((4, 4), 64)
        np.testing.assert_array_equal(expected, executor.forward()[0].asnumpy())
    assert "with branches as [main, side1]:" in executor.source


def test_too_little_memory_names_the_node_and_the_bytes(simulation) -> None:
    gpu = mx.gpu(0)
    x = mx.sym.Variable("x")
    with mx.name.NameManager():
        symbol = mx.sym.dot(x, x)
    executor = symbol.bind(gpu, {"x": mx.nd.ones((64, 64), ctx=gpu)})
    held = executor.outputs[0].detach()
    gpu.xp.get_default_memory_pool().set_limit(1)
    with pytest.raises(MemoryError) as caught:
        executor.forward()
    notes = "\n".join(caught.value.__notes__)
    assert "while running node dot0 = dot(" in notes
    assert "16,384 bytes" in str(caught.value)
    assert "Hint: " in notes
    gpu.xp.get_default_memory_pool().set_limit(0)
    np.testing.assert_array_equal(np.zeros((64, 64)), held.asnumpy())


def late_failure(simulation, monkeypatch, naive: bool) -> tuple[BaseException, str]:
    """What is raised, and where, when the second launch of a run goes wrong on the device."""
    if naive:
        monkeypatch.setenv("MXNET_ENGINE_TYPE", "NaiveEngine")
    symbol, values = two_products()
    gpu = mx.gpu(0)
    executor = symbol.bind(gpu, arrays_on(gpu, values))
    simulation.launched.clear()
    executor.forward()
    name = simulation.launched[-1]
    mx.nd.waitall()
    simulation.eagerness = 0.0
    simulation.failing[name] = "cudaErrorIllegalAddress"
    outputs = []
    try:
        with pytest.raises(Exception, match="cudaErrorIllegalAddress") as caught:  # noqa: PT012
            outputs += executor.forward()
            outputs[0].asnumpy()
    finally:
        simulation.failing.clear()
        simulation.failure = None
    return caught.value, "wait" if outputs else "forward"


def test_an_error_that_shows_late_says_what_was_in_flight(simulation, monkeypatch) -> None:
    error, stage = late_failure(simulation, monkeypatch, naive=False)
    notes = "\n".join(error.__notes__)
    assert "wait" == stage
    assert "in flight since the last wait" in notes
    assert "_plus0" in notes
    assert "MXNET_ENGINE_TYPE=NaiveEngine" in notes


def test_the_naive_engine_names_the_node(simulation, monkeypatch) -> None:
    error, stage = late_failure(simulation, monkeypatch, naive=True)
    assert "forward" == stage
    assert any("while running node" in note for note in error.__notes__)


def test_a_wait_ends_what_is_in_flight(gpu) -> None:
    symbol, values = two_products()
    executor = symbol.bind(gpu, arrays_on(gpu, values))
    for wait in (
        lambda: executor.outputs[0].asnumpy(),
        lambda: executor.outputs[0].wait_to_read(),
        mx.nd.waitall,
    ):
        executor.forward()
        assert in_flight.launched
        wait()
        assert not in_flight.launched
