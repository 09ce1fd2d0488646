"""Random graphs, every way that symbook runs them, beside NumPy: a minute of them, with a new seed."""

from __future__ import annotations

import json
import os
import secrets

import pytest
from fuzz import campaign
from fuzz.__main__ import main
from fuzz.draft import ANY, SMOOTH, WHOLE_NUMBERS, Draft
from fuzz.drawing import names
from fuzz.operators import LEFT_OUT, OPERATORS
from fuzz.values import Source

from symbook.ops import registry

SECONDS = float(os.environ.get("SYMBOOK_FUZZ_SECONDS", "60"))
SEED = os.environ.get("SYMBOOK_FUZZ_SEED")


def test_a_minute_of_graphs(record_property):
    """The seed is new each time; the summary at the end has it (`conftest.py`), whatever the outcome."""
    seed = secrets.randbelow(2**28) if SEED is None else int(SEED)
    *_, tally = campaign.run(seed, 0, seconds=SECONDS)
    said = f"seed {seed}: {tally.graphs} graphs in {tally.seconds:.0f} s, {len(tally.differing)} differ"
    record_property("random graphs", said)
    reports = [campaign.report(graph_seed) for graph_seed in tally.differing[:3]]
    assert not reports, "\n\n".join([said, *reports])


def test_every_operator_is_drawn_or_left_out_for_a_reason():
    named = {op.name for op in registry.all_ops()}
    users = {
        name for name in named if not name.startswith("_backward_")
    }  # the others come of gradients
    assert set(OPERATORS) <= named
    assert users - set(OPERATORS) == set(LEFT_OUT), (
        "draw it, or say why not in fuzz/operators/left_out.py"
    )
    assert all(reason.endswith(".") for reason in LEFT_OUT.values())


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_every_operator_in_the_table_can_be_drawn(name):
    kinds = [kind for kind in (ANY, *WHOLE_NUMBERS, SMOOTH) if name in names(kind.name)]
    assert kinds
    for kind in kinds:
        assert any(_is_drawn(name, Draft(Source(seed), kind)) for seed in range(40)), kind


def _is_drawn(name: str, draft: Draft) -> bool:
    drawn = OPERATORS[name].draw(draft)
    return drawn is not None and name in [call.op for call in draft.graph(1).calls]


def test_a_seed_gives_the_same_graph_again():
    for seed in range(20):
        (graph, plan, kind), again = campaign.drawn(seed), campaign.drawn(seed)
        assert (graph.text(), plan, kind) == (again[0].text(), *again[1:])


@pytest.fixture
def wrong(monkeypatch):
    """NumPy's square is said to be something else where there are more than two elements."""
    right = OPERATORS["square"]
    lie = lambda x: right.reference(x) + (x.size > 2)  # noqa: E731
    monkeypatch.setitem(OPERATORS, "square", campaign.replaced(right, lie))


def test_what_is_wrong_is_found_and_made_small(wrong, capsys):
    rows = campaign.run(1, 0, graphs=10_000, pause=100)
    tally = next(tally for tally in rows if tally.differing)
    for seed in tally.differing[:2]:
        told = campaign.report(seed)
        assert f"python -m tests.fuzz --show {seed}" in told
        lines = [
            line.split(" = ")[1].split("(")[0]
            for line in told.splitlines()
            if line[:1] == "r" and " = " in line
        ]
        assert "square" in lines
        assert len(lines) <= 3
        assert main(["--show", str(seed)]) == 1
        assert "differs" in capsys.readouterr().out


def test_the_command_writes_what_came_of_it(tmp_path, capsys):
    path = tmp_path / "found.json"
    assert main(["--graphs", "30", "--seed", "5", "--result", str(path)]) == 0
    found = json.loads(path.read_text(encoding="utf-8"))
    assert (found["graphs"], found["seed"], found["differences"]) == (30, 5, 0)
    assert "seed 5\n" in capsys.readouterr().out
