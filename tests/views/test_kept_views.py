"""Views that cells show do not stay for ever: a cell that is run again lets go of those that it showed."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from ipywidgets import HBox, Layout
from notebooks import kernel

import symbook as mx
from symbook.views import GraphView
from symbook.views.kept import KeptViews

BEGIN = """
import gc, json
import numpy as np, symbook as mx
from ipywidgets import Layout
from ipywidgets.widgets import widget
from symbook.views import Stepper, View
x = mx.sym.Variable("x")
ex = (x * 2 + 1).bind(mx.cpu(), {"x": mx.nd.ones((1000, 1000))})
a = np.ones((1000, 1000), "float32")
def counts():
    there, known = gc.get_objects(), list(widget._instances.values())
    large = [o for o in there if isinstance(o, mx.nd.NDArray) and o.size == 1_000_000]
    kinds = [sum(isinstance(w, kind) for w in known) for kind in (View, Layout)]
    print(json.dumps([*kinds, len(large), sum(isinstance(o, View) for o in there)]))
"""
"""`counts` tells how many views and layouts ipywidgets knows, large arrays and views there are.

It does not look for what holds itself: that would keep its memory until Python looks for such things."""


@pytest.fixture
def run(tmp_path):
    """A function that runs a cell in a kernel, and one that counts what is there."""
    with kernel(tmp_path) as running:

        def run_it(text: str, cell: str = ""):
            done = running.run(text, cell=cell)
            assert done.error is None, done.shown_error
            return done

        run_it(BEGIN)
        yield run_it


def counted(run) -> list[int]:
    return json.loads(run("counts()").stdout)


@pytest.mark.notebook
@pytest.mark.parametrize(
    ("cell", "times"),
    [
        ("Stepper(ex)", 30),
        ("view = Stepper(ex)\nview", 15),
        ("display(Stepper(ex))", 15),
        ("%symstep ex", 15),
        ("%%symgraph --step --bind A=a B=a\nE = A*B + A", 15),
    ],
    ids=["result", "named", "displayed", "line magic", "cell magic"],
)
def test_a_cell_that_is_run_again_and_again_keeps_one_view(run, cell, times) -> None:
    run("%load_ext symbook")
    seen = []
    for k in range(times):
        run(cell, "its id")
        if k in (9, times - 1):
            seen.append(counted(run))
    assert seen[0] == seen[1]
    views, layouts, large, all_views = seen[1]
    assert (views, layouts) == (1, 1)
    assert large > 2  # the values of the run are there
    # IPython's `_`, `__` and `___` have one each.
    assert all_views <= 4
    # Another cell shows a view of its own, beside the first.
    run("%symstep ex", "another id")
    assert counted(run)[:2] == [2, 2]


@pytest.mark.notebook
def test_what_a_name_holds_stays_usable(run) -> None:
    run("Stepper(ex)", "1")
    run("mine = _")
    for _ in range(5):
        run("Stepper(ex)", "1")
    there = run("print(float(mine.value('x').asnumpy().sum()), mine.comm, mine.step)")
    assert there.stdout.split() == ["1000000.0", "None", run("print(mine.step)").stdout.strip()]
    # The latest results can be asked, too.
    assert run("print(_.value('x').shape, __.value('x').shape)").stdout.split("(")[1:]
    shown = run("mine", "2")
    kinds = {kind for item in shown.displays for kind in item["data"]}
    assert "application/vnd.jupyter.widget-view+json" in kinds
    assert counted(run)[:2] == [2, 2]
    run("mine.close()\ndel mine")
    assert counted(run)[:2] == [1, 1]


@pytest.mark.notebook
def test_results_that_nobody_sees_leave_out(run) -> None:
    run("first = len(Out) and max(Out)")
    for _ in range(6):
        run("Stepper(ex)", "1")
    run("'another'", "2")
    assert run("print(sorted(type(Out[n]).__name__ for n in Out if n > first))").stdout == (
        "['Stepper', 'Stepper', 'str']\n"
    )


@pytest.mark.notebook
def test_a_view_that_was_never_displayed_goes_with_its_arrays(run) -> None:
    before = counted(run)
    run("for _ in range(5):\n    v = Stepper(ex); del v")
    assert counted(run) == before
    # One that was displayed stays for the front end, until it is closed.
    run("v = Stepper(ex)\ndisplay(v)")
    assert counted(run)[:2] == [1, 1]
    run("v.close()\ndel v")
    assert counted(run) == before


@pytest.mark.notebook
def test_a_closed_view_shows_its_static_form_alone(run) -> None:
    shown = run("v = Stepper(ex)\nv.close()\nv")
    kinds = {kind for item in shown.displays for kind in item["data"]}
    assert "text/html" in kinds
    assert "application/vnd.jupyter.widget-view+json" not in kinds


def cell(text: str, key: str | None = None) -> SimpleNamespace:
    return SimpleNamespace(raw_cell=text, cell_id=key)


@pytest.fixture
def views():
    made = [GraphView(mx.sym.Variable("x") + 1) for _ in range(2)]
    assert all(view.model_id for view in made)  # they are shown
    yield made
    for view in made:
        view.close()


class Shell:
    """IPython's, as far as its names go; `show` runs a cell that shows a view."""

    def __init__(self) -> None:
        self.user_ns, self.user_ns_hidden = {}, {}
        self.kept = KeptViews(self)

    def show(self, info: SimpleNamespace, view: GraphView | None = None) -> None:
        self.kept.begin(info)
        if view is not None:
            self.kept.note(view)
        self.kept.end(SimpleNamespace(info=info))


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
    shell = Shell()
    shell.show(first, views[0])
    shell.show(second, views[1])
    assert (views[0].comm is None) is goes
    assert views[1].comm is not None


def test_what_another_cell_shows_stays(views) -> None:
    shell = Shell()
    shell.show(cell("a", "1"), views[0])
    shell.show(cell("b", "2"), views[0])
    shell.show(cell("", "1"))
    assert views[0].comm is not None
    shell.show(cell("", "2"))
    assert views[0].comm is None


def test_what_another_widget_shows_stays(views) -> None:
    shell, box = Shell(), HBox([views[0]])
    shell.show(cell("a", "1"), views[0])
    shell.show(cell("", "1"))
    assert views[0].comm is not None
    box.close()


def test_what_a_button_shows_between_cells_belongs_to_none(views) -> None:
    shell = Shell()
    shell.show(cell("a", "1"))
    shell.kept.note(views[0])
    shell.show(cell("b", "2"))
    shell.show(cell("b", "2"))
    assert views[0].comm is not None


def test_a_view_that_was_withdrawn_is_another_model_when_it_is_shown_again(views) -> None:
    view = views[0]
    before, view.selected = view.model_id, "x"
    view.withdraw()
    assert view.comm is None
    assert view.layout.comm is None
    assert view._repr_mimebundle_() is not None
    assert view.model_id not in (None, before)
    assert view.layout.comm is not None
    assert view.selected == "x"


def test_a_layout_that_the_user_made_is_not_closed(views) -> None:
    mine = Layout(height="100px")
    views[0].layout = mine
    views[0].close()
    assert mine.comm is not None
    mine.close()
