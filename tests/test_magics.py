"""`%%symgraph` and `%symgraph` in a real kernel."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from notebooks import ROOT, Kernel, afresh, good, kernel, value

pytestmark = pytest.mark.notebook

TRANSCRIPT_CELL = "%%symgraph\nE = (A*B) + (C*D)"
MADE = "A, B, C and D became Variables: they were not defined."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("a notebook")


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Kernel]:
    with kernel(folder) as started:
        yield started


@pytest.fixture
def notebook(running: Kernel) -> Kernel:
    return afresh(running)


# The cell form


def test_one_line_is_enough(notebook):
    drawn = good(notebook, TRANSCRIPT_CELL)
    assert drawn.alt == [
        "Graph of E: A times B is _mul0; C times D is _mul1; _mul0 plus _mul1 is _plus0; "
        "output _plus0_output."
    ]
    assert MADE in drawn.html
    assert drawn.text == f"<Symbol _plus0>\n{MADE}"
    assert not drawn.results
    assert value(notebook, "E.list_arguments()") == ["A", "B", "C", "D"]


def test_errors_name_the_cell_by_the_number_beside_it(notebook):
    good(notebook, TRANSCRIPT_CELL)
    failed = notebook.run("E.infer_shape(A=(2,), B=(3,))")
    [next_one] = good(notebook, "14").results
    assert f"made at  In[{next_one['execution_count'] - 2}], line 2" in failed.error["evalue"]


def test_it_needs_no_import_of_symbook(notebook):
    good(notebook, "del mx")
    assert good(notebook, TRANSCRIPT_CELL).alt


def test_the_variables_stay_and_can_be_used_later(notebook):
    good(notebook, TRANSCRIPT_CELL)
    drawn = good(notebook, "%%symgraph\nF = A - B")
    assert "became" not in drawn.html
    assert value(notebook, "(A * F).list_arguments()") == ["A", "B"]


def test_running_a_cell_again_gives_the_same(notebook):
    first, second = good(notebook, TRANSCRIPT_CELL), good(notebook, TRANSCRIPT_CELL)
    assert first.html == second.html
    assert first.text == second.text


def test_names_in_one_graph_stay_apart(notebook):
    good(notebook, TRANSCRIPT_CELL)
    cell = "%%symgraph\nF = E + A * B"
    for _ in range(2):
        good(notebook, cell)
        names = value(notebook, "F.get_internals().list_outputs()")
        assert len(set(names)) == len(names) == 9
        assert names[-2:] == ["_mul2_output", "_plus1_output"]


def test_names_outside_cells_go_on_as_they_would(notebook):
    good(notebook, "x = mx.sym.Variable('x')\nwith mx.name.NameManager():\n    y = x + x")
    good(notebook, TRANSCRIPT_CELL)
    before = value(notebook, "(x * x).name")
    good(notebook, TRANSCRIPT_CELL)
    after = value(notebook, "(x * x).name")
    assert int(after.removeprefix("_mul")) == int(before.removeprefix("_mul")) + 1


def test_the_code_is_ordinary_python(notebook):
    cell = '''%%symgraph
import math

def layer(x, k):
    """A docstring
    of two lines."""
    weight = mx.sym.Variable(f"w{k}")
    return mx.sym.exp(x * weight * scale)

net = data
for k in range(2):
    net = layer(net, k)
depth = math.floor(2.5)
print("made")'''
    drawn = good(notebook, cell)
    assert drawn.stdout == "made\n"
    assert "data and scale became Variables" in drawn.text
    assert value(notebook, "net.list_arguments()") == ["data", "w0", "scale", "w1"]
    assert value(notebook, "depth") == 2
    assert drawn.alt[0].startswith("Graph of net: ")


def test_line_magics_work_inside(notebook):
    drawn = good(notebook, "%%symgraph\n%time E = A * B\nwhere = %pwd")
    assert "Wall time" in drawn.stdout
    assert drawn.alt[0].startswith("Graph of E: A times B")
    assert value(notebook, "E.list_arguments()") == ["A", "B"]


def test_the_last_expression_is_drawn(notebook):
    assert good(notebook, "%%symgraph\nE = A * B\nE + C").alt[0].startswith("Graph of _plus0")


def test_a_last_expression_of_another_kind_is_shown_too(notebook):
    drawn = good(notebook, "%%symgraph\nE = A * B\nE.list_arguments()")
    assert drawn.results[0]["data"]["text/plain"] == "['A', 'B']"
    assert drawn.alt[0].startswith("Graph of E: A times B")


def test_the_last_symbol_assigned_is_drawn(notebook):
    cell = "%%symgraph\nE, F = A * B, A + B\nn = 3\nif n > 5:\n    G = A - B"
    assert good(notebook, cell).alt[0].startswith("Graph of F: A plus B")


def test_a_symbol_left_over_from_before_is_not_drawn(notebook):
    good(notebook, "G = mx.sym.Variable('g') - 1")
    cell = "%%symgraph\nE = A * B\nif False:\n    G = E"
    assert good(notebook, cell).alt[0].startswith("Graph of E: A times B")


def test_an_executor_is_drawn_by_its_symbol(notebook):
    cell = "%%symgraph\nE = A * B\nF = A + B\nE.simple_bind(mx.cpu(), A=(2, 3))"
    assert good(notebook, cell).alt[0].startswith("Graph of _mul0: A times B")


def test_near_misses_are_asked_about(notebook):
    good(notebook, "weight = mx.sym.Variable('weight')")
    drawn = good(notebook, "%%symgraph\ny = data * wieght")
    assert (
        "data and wieght became Variables: they were not defined. wieght: Did you mean 'weight'?"
        in drawn.text
    )


def test_short_names_are_no_near_misses(notebook):
    good(notebook, "a, b, c, d = map(mx.sym.Variable, 'abcd')\nab = a")
    for _ in "12":
        drawn = good(notebook, "%%symgraph\nE = (A*B) + (C*D) + aB")
        assert drawn.text.endswith("A, B, C, D and aB became Variables: they were not defined.")


def test_names_given_a_value_or_a_shape_are_no_near_misses(notebook):
    good(notebook, "weight = mx.sym.Variable('weight')")
    cell = "y = wieght * 2"
    told = "wieght became a Variable: it was not defined."
    assert f"{told} Did you mean" in good(notebook, f"%%symgraph\n{cell}").text
    for options in ("-b wieght=1", "-b **{'wieght': 1}", "--shapes wieght=(2,)"):
        text = good(notebook, f"%%symgraph {options}\n{cell}").text
        assert told in text
        assert "Did you mean" not in text


def test_a_series_of_names_is_no_near_miss(notebook):
    good(notebook, "w1 = mx.sym.Variable('w1')")
    assert good(notebook, "%%symgraph\ny = w1 + w2").text.endswith(
        "w2 became a Variable: it was not defined."
    )


def test_a_cell_that_fails_leaves_no_variables(notebook):
    assert notebook.run("%%symgraph\nE = A * [1]").error is not None
    assert value(notebook, "'A' in globals()") is False


def test_strict_makes_no_variables(notebook):
    assert (
        notebook.run("%%symgraph -S\nE = A * B")
        .error["evalue"]
        .startswith("line 2: A and B are not defined")
    )
    good(notebook, "A = B = mx.sym.Variable('A')")
    assert good(notebook, "%%symgraph --strict\nE = A * B").alt


# Options


def test_values_are_bound_run_and_shown(notebook):
    drawn = good(notebook, "%%symgraph --bind A=1 B=2 C=3 D=4\nE = (A*B) + (C*D)")
    assert drawn.text.endswith("_plus0_output = [14]   (1,) int32")
    picture = svg(drawn)
    for number in ("1", "2", "3", "4", "12", "14"):
        assert f">{number}</text>" in picture
    assert "<td" in drawn.html
    assert "Value</th>" in drawn.html


@pytest.mark.parametrize(
    ("values", "result"),
    [
        ("A=1 B=2", "[2]   (1,) int32"),
        ("A=1 B=2.5", "[2.5]   (1,) float32"),
        ("A=[1, 2] B=[3, 4]", "[3 8]   (2,) int32"),
        ("A=np.array([1., 2.]) B=3", "[3. 6.]   (2,) float64"),
        ("A=np.arange(3, dtype='int64') B=2", "[0 2 4]   (3,) int64"),
        ("A=mx.nd.array([[1], [2]]) B=2", "[[2.]\n [4.]]   (2, 1) float32"),
        ("A=half*4 B=len('four')", "[8.]   (1,) float32"),
        ("**dict(A=5, B=6)", "[30]   (1,) int32"),
        ("**{'A': 5} B=6", "[30]   (1,) int32"),
        ("A=np.float32(0.5) B=np.float32(4)", "[2.]   (1,) float32"),
    ],
)
def test_values_of_many_kinds(notebook, values, result):
    good(notebook, "import numpy as np\nhalf = 0.5")
    drawn = good(notebook, f"%%symgraph -b {values}\nE = A * B")
    assert drawn.text.endswith(f"_mul0_output = {result}")


def test_values_may_come_from_the_cell_itself(notebook):
    drawn = good(notebook, "%%symgraph -b A=start B=start\nstart = 3\nE = A * B")
    assert drawn.text.endswith("[9]   (1,) int32")


def test_a_large_result_is_summed_up(notebook):
    drawn = good(
        notebook, "%%symgraph -b A=mx.nd.ones((1000,1000)) B=mx.nd.ones((1000,1000))\nE = A + B"
    )
    assert drawn.text.endswith(
        "_plus0_output = 1,000,000 numbers, from 2 to 2, mean 2   (1000, 1000) float32"
    )
    assert ">(1000, 1000)</text>" in svg(drawn)


def test_a_result_of_some_hundred_elements_is_shortened(notebook):
    drawn = good(notebook, "%%symgraph -b A=mx.nd.arange(0,640).reshape((64,10)) B=1.0\nE = A + B")
    told = drawn.text[drawn.text.index("_plus0_output = ") :]
    assert told.startswith(
        "_plus0_output = [[  1.   2.   3. ...   8.   9.  10.]\n [ 11.  12.  13. ..."
    )
    assert told.endswith("[631. 632. 633. ... 638. 639. 640.]]   (64, 10) float32")
    assert len(told.splitlines()) == 7
    assert "64×10 · float32" in drawn.html
    assert "Heat map of a 64×10 float32 array on cpu(0): from 1 to 640" in " ".join(drawn.alt)


def test_results_stand_between_the_picture_and_the_table(notebook):
    drawn = good(notebook, "%%symgraph -t Sum -b A=1 B=2\nE = A + B").html
    parts = ["<strong>Sum<", "<img ", "became Variables", "_plus0_output = [3]", "<details>"]
    places = [drawn.index(part) for part in parts]
    assert places == sorted(places)
    listed = good(notebook, "%%symgraph -i -b A=1 B=2\nE = A + B").html
    assert listed.index("<img ") < listed.index("_plus0_output = [3]") < listed.index("<table")


def test_a_slip_in_a_modules_name_is_named(notebook):
    refused = notebook.run("%%symgraph\nE = nmpp.exp(A) * 2")
    assert "nmpp was not defined, so it became a Variable." in refused.shown_error


def test_long_options_may_follow_the_expression(notebook):
    drawn = good(notebook, "%symgraph A * B --direction LR --bind A=2 B=3")
    assert "A times B" in drawn.alt[0]
    assert "_mul0_output = [6]" in drawn.text
    refused = notebook.run("%symgraph A * B --direction LR B")
    assert "symgraph takes one expression; 'B' is left over" in refused.shown_error


def test_nodes_of_one_name_show_no_value_of_each_other(notebook):
    good(
        notebook,
        "A = mx.sym.Variable('A')\nx = mx.sym.exp(A, name='n')\ny = mx.sym.negative(x, name='n')",
    )
    drawn = good(notebook, "%symgraph -i -b A=0.0 y + 1")
    [inner, outer] = re.findall(r"^\d+ +n_output .*$", drawn.text, re.MULTILINE)
    assert inner.endswith("float32")
    assert outer.endswith("float32")


def test_shapes_are_written_on_the_edges(notebook):
    drawn = good(notebook, "%%symgraph --shapes A=(2, 3) B=(3, 4)\nE = mx.sym.dot(A, B)")
    picture = svg(drawn)
    assert [f">{shape}</text>" in picture for shape in ("(2, 3)", "(3, 4)", "(2, 4)")] == [True] * 3


def test_a_graph_whose_declarations_disagree_is_drawn(notebook):
    cell = """%%symgraph -i
a = mx.sym.Variable("a", shape=(2, 3))
b = mx.sym.Variable("b", shape=(4, 5))
c = a + b"""
    drawn = good(notebook, cell)
    assert ">(2, 3)</text>" in svg(drawn)
    assert ">(4, 5)</text>" in svg(drawn)


def test_a_graph_of_many_nodes_is_drawn_in_parts(notebook):
    drawn = good(notebook, "%%symgraph -b x=1\ny = x\nfor _ in range(3000):\n    y = y + 1")
    assert drawn.text.endswith("_plusscalar2999_output = [3001]   (1,) int32")
    assert len(drawn.html) < 400_000


def test_a_number_fills_the_shape_given(notebook):
    drawn = good(notebook, "%%symgraph -s A=(2,) B=(2,) -b A=3 B=4\nE = A * B")
    assert drawn.text.endswith("[12 12]   (2,) int32")


def test_internals_are_listed(notebook):
    drawn = good(notebook, "%%symgraph -i -b A=1 B=2 C=3 D=4\nE = (A*B) + (C*D)")
    names = value(notebook, "E.get_internals().list_outputs()")
    rows = re.findall(r"<tr>(.*?)</tr>", drawn.html)
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in rows[1:]]
    assert [row[1] for row in cells] == names
    assert [row[5] for row in cells] == ["1", "2", "2", "3", "4", "12", "14"]
    assert {(row[3], row[4]) for row in cells} == {("(1,)", "int32")}
    assert "<details" not in drawn.html


def test_the_direction(notebook):
    sizes = {
        way: size(good(notebook, f"%symgraph -d {way} mx.sym.exp(mx.sym.exp(A))"))
        for way in ("tb", "LR")
    }
    assert sizes["tb"][0] < sizes["tb"][1]
    assert sizes["LR"][0] > sizes["LR"][1]


def test_the_title(notebook):
    drawn = good(notebook, '%%symgraph --title "Two <b>names"\nE = A * B')
    assert drawn.alt == ["Graph of Two &lt;b&gt;names: A times B is _mul0; output _mul0_output."]
    assert "<strong>Two &lt;b&gt;names</strong>" in drawn.html


def test_pictures_are_saved(notebook, folder):
    pytest.importorskip("pygraphviz")
    cell = (
        "%%symgraph -o one.svg --save=two.dot -o three.png -o four.pdf --save five.html\nE = A * B"
    )
    good(notebook, cell)
    assert folder.joinpath("five.html").read_text().startswith("<!doctype html>")
    assert folder.joinpath("one.svg").read_text().startswith(("<?xml", "<svg"))
    assert "digraph" in folder.joinpath("two.dot").read_text()
    assert folder.joinpath("three.png").read_bytes().startswith(b"\x89PNG")
    assert folder.joinpath("four.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    "cell", ["%symgraph -h", "%%symgraph --help", "%%symgraph -h\n", "%%symgraph -h\nE = A"]
)
def test_help_tells_all_options(notebook, cell):
    told = good(notebook, cell).stdout
    assert max(map(len, told.splitlines())) <= 88
    for option in (
        "--bind",
        "--shapes",
        "--internals",
        "--step",
        "--grad",
        "--timeline",
        "--optimized",
        "--ctx",
        "--direction",
        "--title",
        "--save",
        "--strict",
    ):
        assert option in told
    assert value(notebook, "'E' in globals()") is False


@pytest.mark.parametrize("cell", ["%symgraph?", "%%symgraph?"])
def test_the_docstring_is_shown(notebook, cell):
    reply = notebook.client.execute(cell)
    content = notebook.client.get_shell_msg(timeout=30)["content"]
    assert reply
    [page] = content["payload"]
    told = page["data"]["text/plain"]
    assert "Draw a graph of symbols." in told
    assert "--bind" in told


# The line form


def test_a_line_draws_and_returns_its_symbol(notebook):
    drawn = good(notebook, "g = %symgraph P + Q\nprint(g.list_arguments())")
    assert drawn.stdout == "['P', 'Q']\n"
    assert len(drawn.alt) == 1
    assert "P and Q became Variables" in drawn.text


def test_a_line_alone_is_drawn_once(notebook):
    drawn = good(notebook, "%symgraph P + Q")
    assert len(drawn.alt) == 1
    assert drawn.results[0]["data"] == {"text/plain": "<Symbol _plus0>"}
    assert len(good(notebook, "_").alt) == 1


def test_a_line_inside_a_function_sees_its_names(notebook):
    cell = """def show(inner):
    g = %symgraph inner * 2
    return g
double = show(mx.sym.Variable("x"))"""
    assert good(notebook, cell).alt[0].startswith("Graph of _mulscalar0: x times 2")


# Loading


def test_loading_and_unloading_twice(notebook):
    check = (
        "s = get_ipython()\n"
        "state = [len(s.Completer.custom_matchers), len(s.input_transformers_cleanup),"
        " 'symgraph' in s.magics_manager.magics['cell'], 'symgraph' in s.magics_manager.magics['line'],"
        " hasattr(mx.base.MXNetError, '_render_traceback_'),"
        " len(s.display_formatter.formatters['text/html'].type_printers)]"
    )
    load = (
        "from symbook import load_ipython_extension as load, unload_ipython_extension as unload\n"
    )
    states = [value(notebook, f"exec({check!r}) or state")]
    for call in ("load", "unload", "unload", "load", "load"):
        good(notebook, f"{load}{call}(get_ipython())")
        states.append(value(notebook, f"exec({check!r}) or state"))
    loaded, unloaded = states[0], states[2]
    assert states == [loaded, loaded, unloaded, unloaded, loaded, loaded]
    assert loaded[2:5] == [True, True, True]
    assert unloaded[2:5] == [False, False, False]
    assert loaded[:2] == [unloaded[0] + 1, unloaded[1] + 1]


def test_importing_symbook_loads_nothing_of_this():
    code = "import sys, symbook; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = done.stdout.split()
    assert "symbook.symbol" in loaded
    assert not [
        name
        for name in loaded
        if name.startswith(("IPython", "symbook.notebook", "symbook.render"))
    ]


def svg(drawn) -> str:
    """The SVG inside the one image."""
    [data] = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', drawn.html)
    return base64.b64decode(data).decode()


def size(drawn) -> tuple[float, float]:
    """Width and height of the one image."""
    found = re.search(r'<svg[^>]* width="([\d.]+)[^"]*" height="([\d.]+)', svg(drawn))
    return float(found[1]), float(found[2])
