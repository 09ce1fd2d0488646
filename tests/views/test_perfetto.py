"""Runs as files for Perfetto: what its format asks for is there, and lanes have names."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from view_cases import bound

import symbook as mx
from symbook.errors import SymbookError

views = pytest.importorskip("symbook.views")


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    arrays = {name: mx.nd.ones((300, 300)) for name in "ABCD"}
    grads = {name: mx.nd.zeros((300, 300)) for name in "ABCD"}
    executor = bound().symbol.bind(mx.cpu(), arrays, args_grad=grads, runner="threads")
    view = views.Timeline(executor, is_train=True)
    path = view.save_perfetto(tmp_path_factory.mktemp("perfetto") / "run.json")
    found = json.loads(path.read_text(encoding="utf-8"))
    assert found["displayTimeUnit"] == "ms"
    return view, found["traceEvents"]


def test_every_step_is_there_and_in_its_run(events) -> None:
    """Slices of a thread lie one in another, or apart: Perfetto refuses others."""
    view, rows = events
    steps = [row for row in rows if row["ph"] == "X" and row["cat"] == "operator"]
    assert len(steps) == sum(len(trace) for trace in view._recorded.traces)
    ends = {
        row["name"]: (row["ts"], row["ts"] + row["dur"]) for row in rows if row.get("cat") == "run"
    }
    assert set(ends) == {"forward", "backward"}
    assert ends["forward"][1] <= ends["backward"][0]
    assert min(row["ts"] for row in rows if "ts" in row) == 0
    for row in steps:
        begin, end = row["ts"], row["ts"] + row["dur"]
        assert any(a - 1e-6 <= begin and end <= b + 1e-6 for a, b in ends.values())
    for tid in {row["tid"] for row in steps}:
        lane = sorted((row["ts"], row["ts"] + row["dur"]) for row in steps if row["tid"] == tid)
        assert all(a[1] <= b[0] + 1e-6 for a, b in pairwise(lane))


def test_lanes_are_called_as_everywhere(events) -> None:
    view, rows = events
    names = {row["tid"]: row["args"]["name"] for row in rows if row["name"] == "thread_name"}
    assert {row["tid"] for row in rows if row["ph"] == "X"} == set(names)
    assert set(names.values()) >= {
        lane for run in view._document["timelines"] for lane in run["lanes"]
    }
    assert 0 not in names
    assert {"symbook"} == {row["args"]["name"] for row in rows if row["name"] == "process_name"}


def test_arrows_go_from_what_made_a_value_to_what_read_it(events) -> None:
    _, rows = events
    slices = [row for row in rows if row["ph"] == "X" and row["cat"] == "operator"]

    def at(row):
        lane = [s for s in slices if s["tid"] == row["tid"]]
        return [s["name"] for s in lane if s["ts"] <= row["ts"] <= s["ts"] + s["dur"]]

    arrows: dict[int, dict[str, dict]] = {}
    for row in rows:
        if row["ph"] in "sf":
            arrows.setdefault(row["id"], {})[row["ph"]] = row
    assert all(set(arrow) == {"s", "f"} and arrow["f"]["bp"] == "e" for arrow in arrows.values())
    found = {
        (one, other)
        for arrow in arrows.values()
        for one in at(arrow["s"])
        for other in at(arrow["f"])
    }
    assert {("_mul0", "_plus0"), ("_mul1", "_plus0")} <= found


def test_memory_is_a_counter(events) -> None:
    _, rows = events
    values = [row["args"]["bytes of values"] for row in rows if row["ph"] == "C"]
    assert max(values) >= 2 * 4 * 300 * 300
    assert values[-1] == 0


def test_a_file_that_cannot_be_written_is_told(events, tmp_path) -> None:
    view, _ = events
    with pytest.raises(SymbookError, match="cannot write"):
        view.save_perfetto(tmp_path / "no" / "run.json")
