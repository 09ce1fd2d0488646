"""The benchmark at toy size: every workload runs and is right. Nothing is asserted about time."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from benchmarks import growth, page, plot, reference, report, sweep, verdict, views
from benchmarks.checking import check
from benchmarks.peers import by_hand, by_numpy, by_symbook
from benchmarks.process import Child, PeerError
from benchmarks.program import Program, first_tile, tiled
from benchmarks.suite import Suite
from benchmarks.timing import Settings, calls_for, interleaved, ratios, spread
from benchmarks.workloads import WORKLOADS, Workload, chosen

from symbook import tuning
from symbook.fusion import operator, source
from symbook.ops import convolve

BRIEF = Settings(repeat=3, shortest=1e-6, warm=0.0, budget=10.0)
TIMED = [workload for workload in WORKLOADS if workload.name != "import"]


@pytest.fixture(scope="module")
def suite():
    """symbook, NumPy, a bound, and a peer that is not installed."""
    made = Suite(["symbook", "numpy", "mxnet", "blas"], {}, BRIEF, toy=True, say=lambda text: None)
    yield made
    made.close()


@pytest.mark.parametrize("workload", TIMED, ids=lambda workload: workload.name)
def test_symbook_and_numpy_run_it_and_are_right(suite: Suite, workload: Workload) -> None:
    row = suite.run(workload)
    assert row["failed"] == {}
    assert "symbook" in row["figures"]
    assert ("numpy" in row["figures"]) == (workload.kind in by_numpy.PROGRAMS)
    assert all(figure > 0 for figures in row["figures"].values() for figure in figures)


@pytest.mark.parametrize("peer", ["numexpr", "jax", "torch", "numba"])
def test_other_peers_are_right_where_they_are_installed(peer: str) -> None:
    if importlib.util.find_spec(peer) is None:
        pytest.skip(f"{peer} is not installed")
    made = Suite([peer], {}, BRIEF, toy=True, say=lambda text: None)
    try:
        rows = [made.run(workload) for workload in TIMED]
    finally:
        made.close()
    assert [row["failed"] for row in rows] == [{}] * len(rows)
    assert any(peer in row["figures"] for row in rows)


@pytest.mark.parametrize("kind", ["mlp", "lstm"])
def test_the_references_gradients_are_those_of_differences(kind: str) -> None:
    """All peers are checked against these gradients; central differences check them."""
    size = next(workload.toy for workload in WORKLOADS if workload.kind == kind)
    given = {name: value.astype("float64") for name, value in reference.inputs(kind, size).items()}
    step = by_hand.mlp_step if kind == "mlp" else by_hand.lstm_step
    right = step(given)
    rng = np.random.default_rng(0)

    def loss() -> float:
        out = step(given)["out"]
        if kind == "lstm":
            return float((out * given["head"]).sum())
        return float(-np.log(out[np.arange(len(out)), given["label"].astype(int)]).sum())

    for name in (name.removeprefix("grad:") for name in right if name != "out"):
        direction = rng.standard_normal(given[name].shape)
        own = given[name].copy()
        given[name] = own + 1e-6 * direction
        above = loss()
        given[name] = own - 1e-6 * direction
        below = loss()
        given[name] = own
        expected = (right[f"grad:{name}"] * direction).sum()
        assert (above - below) / 2e-6 == pytest.approx(expected, rel=1e-6, abs=1e-7)


def test_a_peer_that_is_wrong_is_refused() -> None:
    right = {"out": np.array([1.0, 2.0])}
    assert check({"out": np.array([1.0, 2.0], "float32")}, right, 1e-6) == 0
    with pytest.raises(PeerError, match=r"out is 5\.0e-01 off"):
        check({"out": np.array([1.0, 1.0])}, right, 1e-6)
    with pytest.raises(PeerError, match="off"):
        check({"out": np.array([1.0, np.nan])}, right, 1e-6)
    with pytest.raises(PeerError, match="shape"):
        check({"out": np.array([1.0])}, right, 1e-6)
    with pytest.raises(PeerError, match="expected out"):
        check({}, right, 1e-6)


def test_a_peer_that_is_not_installed_is_skipped_and_said() -> None:
    if importlib.util.find_spec("mxnet") is not None:
        pytest.skip("MXNet is installed")
    said: list[str] = []
    made = Suite(["mxnet"], {}, BRIEF, toy=True, say=said.append)
    made.close()
    assert said == ["mxnet is skipped: No module named 'mxnet'"]
    assert made.found["skipped"] == {"mxnet": "No module named 'mxnet'"}


def test_a_child_tells_its_failure_and_goes_on() -> None:
    child = Child("numpy")
    try:
        with pytest.raises(PeerError, match="AttributeError") as caught:
            child.ask("nonsense")
        assert caught.value.peer == "numpy"
        assert child.ask("about")["about"]["version"] == np.__version__
    finally:
        child.close()


def test_rounds_are_long_enough_and_in_turn() -> None:
    settings = Settings(repeat=4, shortest=0.02, warm=0.0, budget=1e9)
    assert 24 <= calls_for(lambda calls: calls * 0.001, settings) <= 1000
    turns: list[str] = []

    def measure(name: str):
        def measured(calls: int) -> float:
            turns.append(name)
            return 0.03 * calls

        return measured

    found = interleaved({"a": measure("a"), "b": measure("b")}, settings, turns.append)
    assert found == {"a": [pytest.approx(0.03)] * 4, "b": [pytest.approx(0.03)] * 4}
    # A call that is not counted, a round, and the rest after it.
    assert turns == list("aabb" + "aaabbb" * 4)


def test_who_becomes_quicker_makes_more_calls() -> None:
    settings = Settings(repeat=5, shortest=0.02, warm=0.0, budget=1e9)
    asked: list[int] = []

    def measure(calls: int) -> float:
        asked.append(calls)
        return calls * (0.01 if len(asked) < 5 else 0.001)

    found = interleaved({"a": measure}, settings, lambda name: None)
    assert found["a"][-1] == pytest.approx(0.001)
    assert asked[-1] * 0.001 >= settings.shortest


def test_work_before_a_call_is_not_timed() -> None:
    clock: list[str] = []
    program = Program(lambda: clock.append("call"), before=lambda: clock.append("before"))
    assert program.measure(2) < 1
    assert clock == ["before", "call", "before", "call"]


def test_what_is_timed_of_work_that_goes_on() -> None:
    done: list[str] = []
    program = Program(lambda: done.append("call"), wait=lambda: done.append("wait"))

    def order(how: str) -> str:
        done.clear()
        program.measure(2, how)
        return " ".join(done)

    assert order("queued") == "call call wait"
    assert order("alone") == "call wait call wait wait"
    assert order("host") == "wait call wait call"
    slow = Program(lambda: None, wait=lambda: time.sleep(0.05))
    assert slow.measure(2, "host") < 0.05 < 0.1 <= slow.measure(2, "alone")
    done.clear()
    program.finished().measure(2)
    assert done == ["call", "wait"] * 2


def test_large_arrays_are_tiles_of_one() -> None:
    size = {"tiles": 3}
    whole = tiled({"x": np.arange(4.0).reshape(2, 2)}, size)
    assert whole["x"].shape == (6, 2)
    np.testing.assert_array_equal(first_tile(whole, size)["x"], [[0, 1], [2, 3]])
    whole["x"][4, 1] += 1
    with pytest.raises(ValueError, match="tiles of x are not all the same"):
        first_tile(whole, size)


def test_quartiles_and_ratios() -> None:
    assert spread([1.0, 2.0, 3.0, 4.0, 5.0]) == (spread([5.0, 4.0, 3.0, 2.0, 1.0]))
    found = spread([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (found.low, found.median, found.high) == (2, 3, 4)
    # Both became slower together: the ratio did not change.
    assert ratios([2.0, 4.0, 8.0], [1.0, 2.0, 4.0]) == spread([2.0])


def row(**figures: list[float]) -> dict[str, Any]:
    return {
        "name": "e-1", "title": "E & more", "unit": "s", "goals": [["numpy", 1.6], ["jax", 1.0]],
        "figures": figures, "errors": {}, "failed": {}, "work": {},
    }  # fmt: skip


def test_goals_are_judged_by_the_median_of_ratios() -> None:
    judged = verdict.verdicts(row(symbook=[3.0, 3.2, 3.0], numpy=[2.0, 2.0, 2.0]))
    assert [(found.rival, found.ratio.median, found.met) for found in judged] == [
        ("numpy", 1.5, True)
    ]
    assert not verdict.verdicts(row(symbook=[3.4], numpy=[2.0]))[0].met
    assert verdict.tightest(row(symbook=[9.0], numba=[2.0], copy=[3.0])) == "copy"
    assert verdict.to_bound(row(symbook=[9.0], copy=[3.0]), "symbook") == spread([3.0])


def test_a_goal_may_be_a_time() -> None:
    host = {**row(symbook=[9e-6, 12e-6, 13e-6]), "name": "host", "goals": [["seconds", 15e-6]]}
    (judged,) = verdict.verdicts(host)
    assert (judged.ratio.median, judged.met) == (12e-6, True)
    found = {"workloads": [host]}
    assert "12 µs" in report.goals(found)
    assert "≤ 15 µs" in report.goals(found)


def test_the_plot_has_a_mark_for_each_ratio() -> None:
    found = {
        "machine": {"cpu": "a <processor>", "cores": 2},
        "peers": {"symbook": {}, "numpy": {}, "jax": {}},
        "workloads": [row(symbook=[1.0], numpy=[0.01], jax=[250.0]), row(numpy=[1.0])],
    }
    tree = ElementTree.fromstring(plot.svg(found))
    spots = [group.find("{*}title").text for group in tree.iter("{http://www.w3.org/2000/svg}g")]
    assert spots == [
        "NumPy by hand, out=: 0.01 times symbook's, 0.01 s",
        "JAX jit: 250 times symbook's, 250 s",
    ]
    with pytest.raises(ValueError, match="nothing to compare"):
        plot.svg({**found, "workloads": []})


def test_patterns_choose_workloads() -> None:
    assert [workload.name for workload in chosen(["e-1*", "mlp"])] == [
        "e-1", "e-1000", "e-1000x1000", "mlp",
    ]  # fmt: skip
    assert chosen([]) == WORKLOADS
    with pytest.raises(ValueError, match="no workload is called nope"):
        chosen(["nope"])


def test_the_exponent_of_growth() -> None:
    rows = [{"nodes": n, "bind": 3e-6 * n**1.5} for n in (1000, 10_000, 100_000)]
    assert growth.exponent(rows, "bind") == pytest.approx(1.5)
    stages = growth.stages("symbook", 40)
    assert all(stages[stage] > 0 for stage in growth.STAGES)


def test_planned_memory_counts_every_value() -> None:
    """Three layers of 2048 × 512: no plan has less than its output and one buffer."""
    size = next(workload.toy for workload in WORKLOADS if workload.kind == "memory-forward")
    value = size["batch"] * size["hidden"] * 4
    planned = by_symbook.PROGRAMS["memory-forward"](size, {}).measure(1)
    measured = by_symbook.PROGRAMS["peak-forward"](size, {}).measure(1)
    assert value <= planned <= 2 * size["layers"] * value
    assert measured <= planned * 1.05


def test_the_command(tmp_path: Path, root: Path) -> None:
    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "tests.benchmarks", *arguments]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
        return done.stdout

    result, picture = tmp_path / "result.json", tmp_path / "ratios.svg"
    options = ["--toy", "--quick", "--repeat", "2", "--peers", "numpy", "--no-bounds"]
    said = run("cpu", *options, "--workloads", "e-1,growth", "--json", str(result))
    found = json.loads(result.read_text())
    assert found["workloads"][0]["name"] == "e-1"
    assert said.endswith(report.text(found) + "\n")
    run("plot", str(result), str(picture))
    assert ElementTree.parse(picture).getroot().tag.endswith("svg")
    assert str(root) not in result.read_text()


# The sweep, and the pages made of results


def test_the_sweep_measures_everything_that_it_shows():
    found = sweep.measure(0.0)
    assert json.loads(json.dumps(found)) == found
    shown = sweep.text(found)
    for title in ("GFLOP/s", "adding", "shared", "blocks", "tiles", "windows"):
        assert title in shown
    assert {"machine", "handoff", "call", "functions"} < set(found)


@pytest.fixture(scope="module")
def committed():
    """The results that are kept, by name."""
    folder = Path(sweep.__file__).parent / "results"
    return {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}


def test_the_numbers_for_choices_are_near_what_was_measured(committed):
    """They tell cases apart that differ by several times, so a factor of 2.5 is near."""
    found = committed["sweep"]
    products = {row["n"]: row for row in found["products"]}
    adding = {row["elements"]: row for row in found["moving"]}

    def near(number, measured):
        return measured / 2.5 <= number <= measured * 2.5

    assert near(tuning.FLOPS, products[512]["flops"] / products[512]["one"])
    assert near(tuning.BYTES, adding[1 << 24]["bytes"] / adding[1 << 24]["seconds"])
    assert near(tuning.CALL, found["call"]["sum"])
    assert (
        found["handoff"]["begin"]["10%"] / 2 <= tuning.HANDOFF <= found["handoff"]["begin"]["90%"]
    )
    for name, times in found["functions"].items():
        if name in tuning.SLOW:
            assert times / 4 <= tuning.SLOW[name] <= times * 4, name


def test_the_sizes_of_blocks_are_near_the_best(committed):
    found = committed["sweep"]

    def best(rows, size, key, chosen):
        times = {row[size]: row[key] for row in rows}
        return times[chosen] <= 1.25 * min(times.values())

    assert best(found["blocks"], "block", "all", operator.BLOCK_BYTES)
    assert best(found["tiles"], "tile", "seconds", source.TILE)
    assert best(found["windows"], "block", "56", convolve.BLOCK_BYTES)


def test_work_that_is_shared_is_worth_it(committed):
    """From `SHARING` on, two parts take less time than one thread does."""
    rows = [row for row in committed["sweep"]["sharing"] if row["1"] > 2 * tuning.SHARING]
    assert rows
    assert all(row["2"] < row["1"] for row in rows)


def test_the_page_on_speed_has_the_committed_figures(committed, root):
    text = (root / "SPEED.md").read_text(encoding="utf-8")
    assert page.page(text, committed["cpu"]) == text, "run `python -m tests.benchmarks page`"
    picture = (root / ".github" / "speed.svg").read_text(encoding="utf-8")
    assert plot.svg(committed["cpu"]) == picture, "run `python -m tests.benchmarks plot`"
    assert page.page(text, committed["views"]) == text, "run `python -m tests.benchmarks page`"
    assert "(SPEED.md)" in (root / "README.md").read_text(encoding="utf-8")
    assert ".github/speed.svg" in text


def test_the_views_are_measured():
    """All of it, at toy size: documents, pages, a kernel, and recorded runs."""
    for name in ("anywidget", "playwright", "jupyter_client"):
        pytest.importorskip(name)
    # In a process of its own: where tests of a browser ran before, this one has a loop that runs.
    code = "import json; from benchmarks import views; print(json.dumps(views.measure(quick=True, toy=True)))"
    paths = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    figures = {row["what"]: row["figure"] for row in found["rows"]}
    assert figures["toy: size of the page"] > 0.1
    assert figures["picture of a cell, 15 nodes"] > 0
    assert figures["a recorded run of 100×100, against one as written"] > 0
    if "toy: page opened" in figures:  # there is a Chromium
        assert figures["toy: a group opened, beyond a frame that shows nothing new"] >= 0
    assert views.text(found).count("\n") == len(found["rows"]) + 1


def test_the_page_says_what_was_measured_on_a_gpu(committed, root):
    text = (root / "SPEED.md").read_text(encoding="utf-8")
    if "gpu" not in committed:
        assert "<!-- gpu -->\nNo GPU has been at hand yet: nothing has been measured" in text
        return
    assert page.page(text, committed["gpu"]) == text, "run `python -m tests.benchmarks page`"
    assert committed["gpu"]["device"]["name"] in text


def on_gpu() -> dict[str, Any]:
    """A run on a GPU, of made-up figures."""
    device = {
        "name": "a <GPU>", "memory": 2**34, "multiprocessors": 40, "compute capability": "7.5",
        "driver": "", "driver CUDA": "13.0", "CUDA": "12.9",
    }  # fmt: skip
    large = {
        **row(symbook=[2e-3] * 3, cupy=[5e-3] * 3, copy=[1.9e-3] * 3),
        "goals": [["copy", 1 / 0.9]], "work": {"copy": {"bytes": 1e9}},
    }  # fmt: skip
    host = {**row(symbook=[12e-6] * 3), "name": "host", "goals": [["seconds", 15e-6]]}
    return {
        "on": "gpu", "device": device, "settings": {"toy": False}, "workloads": [large, host],
        "machine": {
            "cpu": "a processor", "cores": 2, "memory": 2**30, "system": "Linux", "python": "3.11",
            "load": [0.0], "environment": {},
        },
        "peers": {"symbook": {"version": "0"}, "cupy": {"version": "14"}, "copy": {"version": "14"}},
        "skipped": {"jax": "JAX sees no CUDA device"},
    }  # fmt: skip


def test_a_run_on_a_gpu_is_shown_in_the_same_ways(root):
    """As text, on the page, whose other figures stay, and as a picture."""
    found = on_gpu()
    said = report.text(found)
    assert "a <GPU>, 16 GiB, 40 multiprocessors" in said
    assert "526 GB/s" in said
    assert "MISSED" not in said
    before = (root / "SPEED.md").read_text(encoding="utf-8")
    after = page.page(before, found)
    assert after.partition("<!-- gpu -->")[0] == before.partition("<!-- gpu -->")[0]
    block = after.partition("<!-- gpu -->")[2].partition("<!-- /gpu -->")[0]
    for part in ("a <GPU>", "1.05", "12 µs", "526 GB/s", "JAX was not there", "| yes |"):
        assert part in block
    assert "a &lt;GPU&gt;" in plot.svg(found)
    assert "CuPy by hand, out=: 2.5 times symbook" in plot.svg(found)


def test_without_a_device_the_command_says_why(root):
    command = [sys.executable, "-m", "tests.benchmarks", "gpu", "--toy", "--peers", "cupy"]
    surroundings = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, env=surroundings)
    assert done.returncode == 1
    assert "symbook is skipped: " in done.stdout


def test_the_committed_run_has_every_workload_and_names_no_path(committed, root):
    found = committed["cpu"]
    assert [row["name"] for row in found["workloads"]] == [row.name for row in WORKLOADS]
    assert not found["skipped"]
    assert not any(row["failed"] for row in found["workloads"])
    assert {"numpy", "numexpr", "mxnet", "jax", "torch"} < set(found["peers"])
    assert [row["nodes"] for row in found["growth"]["rows"]] == [10**k for k in range(3, 7)]
