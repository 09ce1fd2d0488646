"""Traces, profiles and monitors of runs on a GPU."""

from __future__ import annotations

import numpy as np
from runner_cases import agree, answers, arrays_on, two_products

import symbook as mx


def test_a_trace_has_the_times_and_streams_of_all_steps(gpu) -> None:
    symbol, values = two_products()
    executor = symbol.bind(gpu, arrays_on(gpu, values))
    trace = executor.trace()
    assert ["_mul0", "_mul1", "_plus0"] == [r.node for r in trace if r.op != "exp"][:3] or len(
        trace
    )
    assert ("main",) == trace.streams
    assert "cuda" == trace.runner
    for record in trace:
        assert 0 <= record.start <= record.end <= trace.seconds
        assert "main" == record.lane
    agree(answers(values), trace.outputs)
    agree(answers(values), executor.outputs)
    assert "main" in str(trace)


def test_records_on_the_cpu_have_no_stream() -> None:
    symbol, values = two_products()
    trace = symbol.bind(mx.cpu(), arrays_on(mx.cpu(), values)).trace()
    assert () == trace.streams
    assert {""} == {record.stream for record in trace}
    assert {"thread 1"} == {record.lane for record in trace}


def test_the_profiler_hears_of_runs_on_a_gpu(gpu, tmp_path) -> None:
    symbol, values = two_products()
    executor = symbol.bind(gpu, arrays_on(gpu, values))
    mx.profiler.set_state("run")
    try:
        executor.forward()
    finally:
        mx.profiler.set_state("stop")
    written = tmp_path / "profile.json"
    mx.profiler.set_config(filename=str(written))
    text = mx.profiler.dumps(format="json")
    assert "fused" in text
    mx.profiler.dump()
    mx.profiler.set_config(filename="profile.json")
    assert "stream main" in written.read_text()


def test_a_monitor_sees_every_value(gpu) -> None:
    symbol, values = two_products()
    executor = symbol.bind(gpu, arrays_on(gpu, values))
    seen = {}
    executor.set_monitor_callback(lambda name, array: seen.update({name: array.asnumpy()}))
    executor.forward()
    np.testing.assert_allclose(values["A"] * values["B"], seen["_mul0_output"], rtol=1e-6)


def test_a_view_calls_streams_the_same_in_words_and_lanes(gpu) -> None:
    from symbook.views.document import of_run

    symbol, values = two_products()
    recorded = of_run(symbol.bind(gpu, arrays_on(gpu, values), runner="threads"))
    (line,) = recorded.document["timelines"]
    assert {"stream main"} <= set(line["lanes"])
    told = [step["text"] for step in recorded.document["acts"][-1]["steps"]]
    said = {lane for lane in line["lanes"] if any(lane in text for text in told)}
    assert said == (set(line["lanes"]) if len(line["lanes"]) > 1 else set())
    assert line["memory"][-1][1] == 0
    answer = recorded.what_if.answer(
        {"change": "A", "elements": [[0, 3]]} if "A" in values else {"undo": True}
    )
    assert "error" not in answer
    agree(answers(values), recorded.traces[0].outputs)
