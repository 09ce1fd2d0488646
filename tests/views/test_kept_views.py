"""Views that magics show do not stay for ever: a cell that is run again lets go of those that it showed."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from notebooks import kernel

import symbook as mx
from symbook.notebook.kept_views import KeptViews
from symbook.views import GraphView

COUNTED = """
import gc, json
from ipywidgets.widgets import widget
from symbook.views import View
def counts():
    gc.collect()
    large = [o for o in gc.get_objects() if isinstance(o, mx.nd.NDArray) and o.size == 1_000_000]
    views = [w for w in widget._instances.values() if isinstance(w, View)]
    print(json.dumps([len(views), len(large)]))
"""


@pytest.mark.notebook
def test_a_cell_that_is_run_again_and_again_keeps_one_view(tmp_path) -> None:
    with kernel(tmp_path) as running:

        def run(cell: str):
            done = running.run(cell)
            assert done.error is None, done.shown_error
            return done

        run("%load_ext symbook\nimport numpy as np, symbook as mx")
        run(COUNTED)
        run("a = np.ones((1000, 1000), 'float32')")
        cell = "%%symgraph --step --bind A=a B=a\nE = A*B + A"
        seen = []
        for k in range(20):
            run(cell)
            if k in (1, 19):
                seen.append(json.loads(run("counts()").stdout))
        assert seen[0] == seen[1]
        assert seen[1][0] == 1
        assert seen[1][1] > 2  # the values of one run are there
        # Another cell shows a view of its own, beside the first.
        run("%%symgraph --step --bind A=a B=a\nF = A - B")
        assert json.loads(run("counts()").stdout)[0] == 2


@pytest.mark.notebook
def test_a_view_that_was_never_displayed_goes_with_its_arrays(tmp_path) -> None:
    with kernel(tmp_path) as running:
        running.run("import numpy as np, symbook as mx\nfrom symbook.views import Stepper")
        running.run(COUNTED)
        running.run(
            "x = mx.sym.Variable('x')\n"
            "ex = (x * 2 + 1).bind(mx.cpu(), {'x': mx.nd.ones((1000, 1000))})\n"
            "ex.forward()"
        )
        before = json.loads(running.run("counts()").stdout)
        done = running.run("for _ in range(5):\n    v = Stepper(ex); del v")
        assert done.error is None, done.shown_error
        assert json.loads(running.run("counts()").stdout) == before
        # One that was displayed stays for the front end, until it is closed.
        running.run("v = Stepper(ex)\ndisplay(v)")
        assert json.loads(running.run("counts()").stdout)[0] == 1
        running.run("v.close()\ndel v")
        assert json.loads(running.run("counts()").stdout) == before


def cell(text: str, key: str | None = None) -> SimpleNamespace:
    return SimpleNamespace(raw_cell=text, cell_id=key)


@pytest.fixture
def views():
    made = [GraphView(mx.sym.Variable("x") + 1) for _ in range(2)]
    assert all(view.model_id for view in made)  # they are shown
    yield made
    for view in made:
        view.close()


@pytest.mark.parametrize(
    ("first", "second", "goes"),
    [
        (cell("a", "1"), cell("b", "1"), True),
        (cell("a", "1"), cell("a", "2"), False),
        (cell("a"), cell("a"), True),
        (cell("a"), cell("b"), False),
    ],
    ids=["changed cell", "same text elsewhere", "same text, no id", "another text, no id"],
)
def test_cells_are_told_apart_by_id_else_by_text(views, first, second, goes) -> None:
    kept = KeptViews()
    kept.begin(first)
    kept.note(views[0])
    kept.begin(second)
    kept.note(views[1])
    assert (views[0].comm is None) is goes
    assert views[1].comm is not None
