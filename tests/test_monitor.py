"""`mx.mon.Monitor` and `mx.profiler`."""

from __future__ import annotations

import json
import logging

import numpy as np
import pytest

import symbook as mx


@pytest.fixture
def executor():
    x = mx.sym.Variable("x")
    net = mx.sym.FullyConnected(x, num_hidden=2, name="fc1")
    net = mx.sym.BatchNorm(net, name="bn1")
    net = mx.sym.SoftmaxOutput(
        mx.sym.Activation(net, act_type="relu", name="relu1"), name="softmax"
    )
    bound = net.simple_bind(mx.cpu(), x=(2, 3))
    for array in bound.arg_dict.values():
        array[:] = 0.5
    return bound


# What MXNet 1.9.1 lists of the same network, forward.
FORWARD = ["fc1_output", "bn1_output", "bn1_mean", "bn1_var", "relu1_output", "softmax_output"]
VARIABLES = [
    *("x", "fc1_weight", "fc1_bias", "bn1_gamma", "bn1_beta", "softmax_label"),
    *("bn1_moving_mean", "bn1_moving_var"),
]


class TestMonitor:
    def test_it_lists_outputs_gradients_and_variables(self, executor):
        monitor = mx.mon.Monitor(1)
        monitor.install(executor)
        monitor.tic()
        executor.forward(is_train=True)
        executor.backward()
        rows = monitor.toc()
        names = [name for _, name, _ in rows]
        assert FORWARD == names[: len(FORWARD)]
        assert VARIABLES == names[-len(VARIABLES) :]
        between = names[len(FORWARD) : -len(VARIABLES)]
        assert between
        assert all("_backward" in name for name in between)
        assert {1} == {step for step, _, _ in rows}

    def test_its_statistic_is_the_norm_over_the_root_of_the_size(self, executor):
        monitor = mx.mon.Monitor(1, pattern="fc1_output|fc1_weight")
        monitor.install(executor)
        monitor.tic()
        executor.forward()
        found = {name: float(text) for _, name, text in monitor.toc()}
        weight = executor.arg_dict["fc1_weight"].asnumpy()
        assert {"fc1_output", "fc1_weight"} == set(found)
        np.testing.assert_allclose(
            np.linalg.norm(weight) / np.sqrt(weight.size), found["fc1_weight"], rtol=1e-6
        )
        np.testing.assert_allclose(1.25, found["fc1_output"], rtol=1e-6)

    def test_inputs_come_before_the_outputs(self, executor):
        monitor = mx.mon.Monitor(1, pattern="fc1|x", monitor_all=True)
        monitor.install(executor)
        monitor.tic()
        executor.forward()
        names = [name for _, name, _ in monitor.toc()]
        # As MXNet 1.9.1: a variable by its name, then every input by the node's and the input's.
        assert [
            *("x", "fc1_data", "fc1_weight", "fc1_weight", "fc1_bias", "fc1_bias", "fc1_output"),
            *("x", "fc1_weight", "fc1_bias"),
        ] == names

    def test_only_every_so_many_batches(self, executor):
        monitor = mx.mon.Monitor(2, pattern=".*output", sort=True)
        monitor.install(executor)
        counts = []
        for _ in range(4):
            monitor.tic()
            executor.forward()
            rows = monitor.toc()
            counts.append(len(rows))
            assert sorted(rows, key=lambda row: row[1]) == rows
        assert [4, 0, 4, 0] == counts

    def test_statistics_of_ones_own(self, executor, caplog):
        monitor = mx.mon.Monitor(
            1, lambda array: [mx.nd.max(array), mx.nd.min(array)], pattern="fc1_weight"
        )
        monitor.install(executor)
        monitor.tic()
        executor.forward()
        with caplog.at_level(logging.INFO):
            monitor.toc_print()
        assert "fc1_weight" in caplog.text
        assert "0.5\t0.5" in caplog.text

    def test_mistakes(self, executor):
        with pytest.raises(TypeError, match="no regular expression"):
            mx.mon.Monitor(1, pattern="(")
        monitor = mx.mon.Monitor(1, lambda array: 3)
        monitor.install(executor)
        monitor.tic()
        executor.forward()
        with pytest.raises(TypeError, match="must give an NDArray"):
            monitor.toc()


@pytest.fixture
def profile(tmp_path):
    """The file that the profiler writes to; it is off and empty before and after."""
    mx.profiler.set_state("stop")
    mx.profiler.dumps(reset=True)
    path = tmp_path / "profile.json"
    mx.profiler.set_config(filename=str(path), profile_all=True, aggregate_stats=True)
    yield path
    mx.profiler.set_state("stop")
    mx.profiler.dumps(reset=True)


def events(path):
    return [event for event in json.loads(path.read_text())["traceEvents"] if event["ph"] != "M"]


class TestProfiler:
    def test_every_step_of_a_run_is_an_event(self, executor, profile):
        mx.profiler.set_state("run")
        executor.forward(is_train=True)
        executor.backward()
        mx.profiler.dump()
        executor.forward()
        found = events(profile)
        names = [event["name"] for event in found if event["cat"] == "operator"]
        planned = [step.origin.name for step in executor.plan.steps]
        back = [step.origin.name for step in executor.backward_plan.steps]
        assert sorted(planned + back) == sorted(names)
        (fc1,) = [event for event in found if event["name"] == "fc1"]
        assert "FullyConnected" == fc1["args"]["op"]
        assert ["x", "fc1_weight", "fc1_bias"] == fc1["args"]["inputs"]
        assert ["fc1_output"] == fc1["args"]["outputs"]
        assert "test_monitor.py" in fc1["args"]["made at"]
        runs = {event["name"]: event for event in found if event["cat"] == "run"}
        assert {"forward", "backward"} == set(runs)
        run = runs["forward"]
        assert run["ts"] <= fc1["ts"]
        assert fc1["ts"] + fc1["dur"] <= run["ts"] + run["dur"]

    def test_it_is_off_unless_it_is_on(self, executor, profile):
        executor.forward()
        mx.profiler.set_state("run")
        mx.profiler.pause()
        executor.forward()
        mx.profiler.resume()
        mx.profiler.set_state("stop")
        executor.forward()
        mx.profiler.dump()
        assert [] == events(profile)

    def test_totals(self, executor, profile):
        mx.profiler.set_state("run")
        for _ in range(3):
            executor.forward()
        table = mx.profiler.dumps()
        line = next(line for line in table.splitlines() if line.startswith("FullyConnected"))
        assert "3" == line.split()[1]
        totals = json.loads(mx.profiler.dumps(reset=True, format="json", sort_by="count"))
        row = totals["FullyConnected"]
        assert 3 == row["count"]
        assert row["min"] <= row["avg"] <= row["max"] <= row["total"]
        np.testing.assert_allclose(row["total"], 3 * row["avg"])
        assert {} == json.loads(mx.profiler.dumps(format="json"))

    def test_events_of_ones_own(self, profile):
        mx.profiler.set_state("run")
        domain = mx.profiler.Domain("mine")
        with domain.new_task("task"):
            domain.new_marker("here").mark()
        counter = domain.new_counter("loss", 2)
        counter += 3
        frame = domain.new_frame("frame")
        frame.start()
        frame.stop()
        with mx.profiler.Event("event"):
            pass
        mx.profiler.dump()
        found = {(event["name"], event["ph"]) for event in events(profile)}
        assert {
            ("task", "X"),
            ("here", "i"),
            ("loss", "C"),
            ("frame", "X"),
            ("event", "X"),
        } == found
        assert [2, 5] == [e["args"]["loss"] for e in events(profile) if e["ph"] == "C"]
        with pytest.raises(RuntimeError, match="had not been started"):
            frame.stop()

    def test_a_trace_has_the_same_form(self, executor):
        text = mx.profiler.chrome_trace(executor.trace())
        names = [event["name"] for event in json.loads(text)["traceEvents"]]
        assert "fc1" in names

    def test_threads_have_lanes(self, profile):
        a = mx.sym.Variable("a")
        symbol = mx.sym.exp(a, name="left") + mx.sym.sin(a, name="right")
        bound = symbol.simple_bind(mx.cpu(), a=(700, 700), grad_req="null")
        mx.profiler.set_state("run")
        bound.forward()
        mx.profiler.dump()
        rows = json.loads(profile.read_text())["traceEvents"]
        named = {(row["pid"], row["tid"]) for row in rows if row["name"] == "thread_name"}
        assert {(row["pid"], row["tid"]) for row in rows if row["ph"] == "X"} <= named

    def test_mistakes(self, profile):
        with pytest.raises(ValueError, match="no option 'filname'"):
            mx.profiler.set_config(filname="p.json")
        with pytest.raises(ValueError, match="'run' or 'stop'"):
            mx.profiler.set_state("start")
        with pytest.raises(ValueError, match="sort_by"):
            mx.profiler.dumps(sort_by="name")
        mx.profiler.set_config(filename=str(profile.parent / "no" / "p.json"))
        with pytest.raises(FileNotFoundError):
            mx.profiler.dump()
