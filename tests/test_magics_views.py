"""The magics that show a run: `%%symgraph` with `--step` and others, `%symstep`, `%symops`, in a real kernel."""  # noqa: E501

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from itertools import combinations

import IPython
import pytest
from notebooks import Kernel, afresh, good, kernel, numberless, value

pytestmark = pytest.mark.notebook

LIVE = "application/vnd.jupyter.widget-view+json"
CELL = "E = (A*B) + (C*D)"
BIND = "--bind A=1 B=2 C=3 D=4"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with kernel(tmp_path_factory.mktemp("a notebook")) as started:
        yield started


@pytest.fixture
def notebook(running: Kernel) -> Kernel:
    return afresh(running)


def live(outputs) -> int:
    """How many live views are shown."""
    return sum(LIVE in item["data"] for item in outputs.displays)


FLAGS = {
    "-p": "Infer shapes",
    "-g": "Gradients of",
    "-l": "Timeline of forward",
    "-z": "The code that runs",
}
ASKED = [names for n in range(1, 5) for names in combinations(FLAGS, n)]


@pytest.mark.parametrize("names", ASKED, ids="".join)
def test_what_is_asked_for_is_shown_in_one_view(notebook, names):
    shown = good(notebook, f"%%symgraph {' '.join(names)} {BIND}\n{CELL}")
    assert live(shown) == 1
    for name, told in FLAGS.items():
        assert (told in shown.html) == (name in names), told
    assert "_plus0_output = [14" in shown.text
    # The picture is there once.
    assert sum(alt.startswith("Graph of E: ") for alt in shown.alt) == 1


def test_all_options_go_together(notebook):
    options = f'-pglzi -t "All of it" -d LR -c cpu() -o one.svg -o one.html -S {BIND}'
    good(notebook, "A, B, C, D = map(mx.sym.Variable, 'ABCD')")
    shown = good(notebook, f"%%symgraph {options}\n{CELL}")
    assert live(shown) == 1
    assert "<strong>All of it</strong>" in shown.html
    assert notebook.folder.joinpath("one.svg").read_text().startswith(("<?xml", "<svg"))
    page = notebook.folder.joinpath("one.html").read_text()
    assert all(f'"{part}"' in page for part in ("stepper", "gradient", "optimiser", "timeline"))


def test_a_large_result_below_a_view_has_its_heat_map_as_a_picture_too(notebook):
    shown = good(notebook, "%%symgraph -l -b A=mx.nd.arange(400).reshape((20,20))\nE = A*2")
    [below] = [
        item for item in shown.displays if "Heat map of" in item["data"].get("text/html", "")
    ]
    assert below["metadata"]["image/png"]["alt"].startswith("Heat map of a 20×20 float32 array")
    assert base64.b64decode(below["data"]["image/png"]).startswith(b"\x89PNG")


def test_the_line_form_shows_the_same(notebook):
    shown = good(notebook, f"g = %symgraph -p A*B {BIND[:14]}")
    assert live(shown) == 1
    assert "_mul0_output = [2]" in shown.text


def test_a_cell_runs_once_for_all_that_it_shows(notebook):
    cell = """%%symgraph -pglz -b x=mx.nd.zeros((3,))
y = x + mx.sym.random.normal(shape=(3,), name="noise")"""
    shown = good(notebook, cell)
    [result] = re.findall(r"_plus0_output = \[(.*?)\]", shown.text)
    numbers = [float(item) for item in result.split()]
    # What stands on the edges, rounded to four digits, is of the same run.
    tables = re.findall(r"<td[^>]*>\[([-\d. e]+)\]</td>", shown.html)
    assert any(
        [float(item) for item in row.split()] == pytest.approx(numbers, rel=1e-3) for row in tables
    ), tables


HIDDEN = re.compile(r'<div class="(symbook-\w+)">.*?</div></div><style>', re.DOTALL)


@pytest.mark.parametrize("options", ["--step", f"-i {BIND}", "-pli", "-gz"])
def test_a_live_view_hides_only_what_it_shows_itself(notebook, options):
    shown = good(notebook, f'%%symgraph -t "Two products" {options}\n{CELL}')
    assert HIDDEN.search(shown.html)
    where = {k: item["data"] for k, item in enumerate(shown.displays)}
    stays = {k: HIDDEN.sub("", data.get("text/html", "")) for k, data in where.items()}
    [view] = [k for k, data in where.items() if LIVE in data]
    found = "".join(f"{'<live>' if k == view else ''}{html}" for k, html in stays.items())
    table = "i" in options.split()[0]
    said = ["<strong>Two products<", "<live>", "A, B, C and D became Variables"]
    said += [] if BIND in options else ["A=1, B=2, C=3 and D=4 are made up"]
    said += ["_plus0_output = [14"]
    if table:
        said += ["<table", ">elemwise_mul(A, B)<", ">elemwise_add(_mul0_output, _mul1_output)<"]
    places = [found.find(part) for part in said]
    assert -1 not in places, said[places.index(-1)]
    assert places == sorted(places)
    # What the view shows is not there beside it.
    assert not re.search("<img|Infer shapes|Gradients of|Timeline of|The code that runs", found)
    assert ("<table" in found) == table


# Where values come from


def test_values_are_made_up_where_none_are_given_and_it_is_said(notebook):
    shown = good(notebook, f"%%symgraph --step\n{CELL}")
    told = "No values were given: A=1, B=2, C=3 and D=4 are made up. --bind gives your own."
    assert told in shown.html
    assert "_plus0_output = [14.]   (1,) float32" in shown.text


def test_made_up_values_have_the_shapes_given(notebook):
    shown = good(notebook, "%%symgraph -lz -s A=(2,3) B=(3,4)\nF = mx.sym.dot(A, B)")
    assert "No values were given: A and B are made up." in shown.html
    assert "(2, 4) float32" in shown.text
    again = good(notebook, "%%symgraph -lz -s A=(2,3) B=(3,4)\nF = mx.sym.dot(A, B)")
    assert shown.displays[0]["data"]["text/plain"] == again.displays[0]["data"]["text/plain"]


def test_layers_begin_as_in_training(notebook):
    cell = """%%symgraph -g -s data=(4,3)
net = mx.sym.BatchNorm(mx.sym.FullyConnected(data, num_hidden=2, name="fc"), name="bn")
net = mx.sym.SoftmaxOutput(net, name="softmax")"""
    shown = good(notebook, cell)
    assert "bn_moving_var" in shown.html
    assert "softmax_output" in shown.text


@pytest.mark.parametrize(
    ("line", "marked", "message"),
    [
        ("A=[1,2] B=[1,2,3]", "_mul0: failed", "Error in operator _mul0"),
        ("A=1", "B: no array", "B has no value"),
        ("A=1 b=2", "B: no array", "the graph has no argument 'b'"),
    ],
)
def test_a_graph_that_cannot_be_bound_is_shown_and_its_error_told_once(
    notebook, line, marked, message
):
    failed = notebook.run(f"%%symgraph --step -b {line}\nE = A * B")
    assert live(failed) == 1
    assert message in failed.shown_error
    assert re.search(f'alt="[^"]* At {marked}[.]"', failed.html)
    # The hint, the inputs and the line stand below the cell alone.
    assert "  hint" not in failed.html
    assert "made at" not in failed.html


def test_steps_without_shapes_stop_before_the_run(notebook):
    cell = "F = mx.sym.FullyConnected(data, num_hidden=2, name='fc')"
    shown = good(notebook, f"%%symgraph --step\n{cell}")
    assert live(shown) == 1
    assert "No values were given, so nothing is run: --bind gives some." in shown.html
    assert "Compose" in shown.html
    assert "Forward" not in shown.html


def test_an_executor_is_run_with_its_own_arrays(notebook):
    cell = """%%symgraph -p
E = A*B
E.bind(mx.cpu(), {"A": mx.nd.array([5.0]), "B": mx.nd.array([6.0])})"""
    shown = good(notebook, cell)
    assert "_mul0_output = [30.]" in shown.text
    assert "made up" not in shown.html


def test_an_executor_is_bound_anew_for_gradients_and_other_values(notebook):
    good(notebook, "A, B = mx.sym.Variable('A'), mx.sym.Variable('B')")
    good(notebook, "e = (A*B).bind(mx.cpu(), {'A': mx.nd.array([5.0]), 'B': mx.nd.array([6.0])})")
    shown = good(notebook, "%%symgraph -g -b B=7.0\ne")
    assert "_output = [35.]" in shown.text
    assert value(notebook, "e.arg_dict['B'].asnumpy().tolist()") == [6.0]


def test_an_executor_of_the_graph_is_found_in_the_notebook(notebook):
    good(notebook, "E = mx.sym.Variable('A') * mx.sym.Variable('B')")
    good(notebook, "e = E.bind(mx.cpu(), {'A': mx.nd.array([5.0]), 'B': mx.nd.array([6.0])})")
    shown = good(notebook, "%symgraph -p E")
    assert "No values were given: these are the ones that e is bound to." in shown.html
    assert "_output = [30.]" in shown.text


def test_whole_numbers_have_gradients(notebook):
    shown = good(notebook, f"%%symgraph -g {BIND}\n{CELL}")
    told = "Whole numbers are float32 here, as gradients need."
    assert told in shown.html
    assert "_plus0_output = [14.]   (1,) float32" in shown.text
    for other in ("-p", "-g"):
        floats = "-b A=1 B=2.5 C=1 D=1" if other == "-g" else BIND
        assert told not in good(notebook, f"%%symgraph {other} {floats}\n{CELL}").html
    rows = dict(re.findall(r">([A-D])</td><td[^>]*>variable</td>(.*?)</tr>", shown.html))
    # The gradient of A*B + C*D with respect to A is B, and so on.
    assert {name: re.findall(r">([\d.]+)</td>", row) for name, row in rows.items()} == {
        "A": ["1", "2"],
        "B": ["2", "1"],
        "C": ["3", "4"],
        "D": ["4", "3"],
    }


@pytest.mark.parametrize("ctx", ["cpu()", "cpu(0)", "mx.cpu()", "cpu", "where"])
def test_the_device_is_written_in_many_ways(notebook, ctx):
    good(notebook, "where = mx.cpu()")
    assert "= [14]" in good(notebook, f"%%symgraph -c {ctx} {BIND}\n{CELL}").text


# Mistakes

MISTAKES = [
    ("%%symgraph --optimised\n" + CELL, "symgraph has no option --optimised\n  hint  Did you mean '--optimized'?"),  # noqa: E501
    ("%%symgraph --gradient\n" + CELL, "symgraph has no option --gradient\n  hint  Did you mean '--grad'?"),
    ("%%symgraph --timelines\n" + CELL, "symgraph has no option --timelines\n  hint  Did you mean '--timeline'?"),  # noqa: E501
    ("%%symgraph --opt\n" + CELL, "symgraph has no option --opt\n  hint  Did you mean '--optimized'?"),
    ("%%symgraph -P\n" + CELL, "symgraph has no option -P\n  hint  Did you mean '-p'?"),
    ("%%symgraph --step=3\n" + CELL, "--step takes no value\n  hint  Write --step alone."),
    ("%%symgraph -c\n" + CELL, "-c needs a value\n  hint  For example: --ctx gpu(0)."),
    ("%%symgraph -c cpu() -c cpu() -p\n" + CELL, "--ctx is given twice\n  hint  It takes one value: leave one out."),  # noqa: E501
    ("%%symgraph -c cpu()\n" + CELL, "--ctx says where to run, and nothing is run\n  hint  Add --bind or --step."),  # noqa: E501
    ("%%symgraph -c 3 -p\n" + CELL, "--ctx 3 is an int and no device\n  hint  For example: --ctx gpu(0)."),
    ("%%symgraph -c gqu(0) -p\n" + CELL, "--ctx ctx=gqu(0): name 'gqu' is not defined"),
    ("%%symgraph -p -b A=1 B=2\n" + CELL, "C and D have no value\n  hint  Add C=… D=… to --bind: every argument needs one."),  # noqa: E501
    ("%%symgraph -l\nF = mx.sym.FullyConnected(data, num_hidden=2)", "--timeline needs values, and none can be made up: the shape of data is not known\n  hint  Give values, --bind data=…, or a shape, --shapes data=(2,3)."),  # noqa: E501
    ("%%symgraph -g -b A=mx.nd.ones((1,),dtype='int32')\nA * 2", "--grad needs an argument of floating-point numbers: none of A is\n  hint  Give numbers such as 1.0, or arrays with dtype='float32'."),  # noqa: E501
    ("%%symgraph -b A=x B=1\nE = A*B", "--bind A=x: name 'x' is not defined\n  hint  Assign it first, x = …, or give a value here: --bind A=1."),  # noqa: E501
    ("%%symgraph -s A=x\nE = A*B", "--shapes A=x: name 'x' is not defined\n  hint  Assign it first, x = …, or give a value here: --shapes A=(2,3)."),  # noqa: E501
    ("%symstep", "%symstep needs an executor\n  hint  For example: %symstep executor."),
    ("%symstep executr", "executr is not defined\n  hint  Did you mean 'executor'?"),
    ("%symstep nothing", "nothing is not defined\n  hint  For example: %symstep executor."),
    ("%symstep E", "%symstep needs an executor; E is a Symbol, which has no values\n  hint  Bind it: %symstep E.bind(mx.cpu(), …); or draw it: %symgraph --step E."),  # noqa: E501
    ("%symstep [1]", "%symstep needs an executor; [1] is a list\n  hint  For example: %symstep executor."),
    ("%symstep -x executor", "%symstep has no option -x\n  hint  For example: %symstep executor."),
    ("%symops --all", "%symops has no option --all\n  hint  Give it words to look for: %symops matrix product."),  # noqa: E501
]  # fmt: skip


@pytest.mark.parametrize(("cell", "message"), MISTAKES, ids=[cell for cell, _ in MISTAKES])
def test_a_mistake_is_told_in_one_message(notebook, cell, message):
    good(
        notebook,
        "E = mx.sym.Variable('A') * 2\nexecutor = E.bind(mx.cpu(), {'A': mx.nd.ones((1,))})",
    )
    failed = notebook.run(cell)
    assert failed.error is not None
    assert failed.error["ename"] == "SymgraphError"
    assert numberless("\n".join(failed.error["traceback"])) == f"SymgraphError: {message}"


def test_a_graph_that_cannot_be_bound_is_shown_up_to_the_mistake(notebook):
    failed = notebook.run("%%symgraph -p -b A=mx.nd.ones((2,3)) B=mx.nd.ones((4,))\nA + B")
    assert failed.error is not None
    assert live(failed) == 1
    assert "Infer shapes" in failed.html
    # The engine's own error is told whole below the cell, and in a sentence in the view.
    assert "A  (2, 3) float32" in failed.shown_error
    assert "dtype unknown" not in failed.shown_error
    for shown in (failed.shown_error, failed.html, failed.text):
        assert "(2, 3)" in shown
        assert "(4,)" in shown


# The magics of one line


def test_an_executor_is_stepped_through(notebook):
    good(notebook, "e = (mx.sym.Variable('A') * 2).bind(mx.cpu(), {'A': mx.nd.array([4.0])})")
    shown = good(notebook, "%symstep e")
    assert live(shown) == 1
    assert "Forward" in shown.html
    assert (
        live(
            good(
                notebook,
                "%symstep (mx.sym.Variable('A') * 2).bind(mx.cpu(), {'A': mx.nd.ones((1,))})",
            )
        )
        == 1
    )


def test_operators_are_looked_for(notebook):
    shown = good(notebook, "%symops matrix product")
    assert live(shown) == 1
    assert "dot" in shown.html


@pytest.mark.parametrize("magic", ["symstep", "symops"])
def test_help_and_docstring_say_the_same(notebook, magic):
    told = [good(notebook, f"%{magic} {option}").stdout for option in ("-h", "--help")]
    assert told[0] == told[1]
    assert f"%{magic} " in told[0]
    assert max(map(len, told[0].splitlines())) <= 100
    notebook.client.execute(f"%{magic}?")
    [page] = notebook.client.get_shell_msg(timeout=30)["content"]["payload"]
    assert told[0].splitlines()[0] in page["data"]["text/plain"]


def test_unloading_takes_all_magics_away(notebook):
    every = "for kind in ('line', 'cell') for name in get_ipython().magics_manager.magics[kind]"
    known = f"sorted(name {every} if name in ('symgraph', 'symstep', 'symops'))"
    loaded = value(notebook, known)
    assert loaded == ["symgraph", "symgraph", "symops", "symstep"]
    good(notebook, "%unload_ext symbook")
    assert value(notebook, known) == []
    good(notebook, "%load_ext symbook")
    assert value(notebook, known) == loaded


# Completion


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("%%symgraph --ti", {"--timeline", "--title"}),
        ("%%symgraph -p --ctx ", {"cpu()", "gpu(0)"}),
        ("%%symgraph -c g", {"gpu(0)"}),
        ("%symstep ", {"executor", "other"}),
        ("%symstep ex", {"executor"}),
        ("%symstep --", {"--help"}),
        ("%symops --h", {"--help"}),
        ("%symops softmax_c", {"softmax_cross_entropy"}),
    ],
)
def test_tab_offers(notebook, typed, offered):
    good(notebook, "executor = (mx.sym.Variable('A') * 2).bind(mx.cpu(), {'A': mx.nd.ones((1,))})")
    good(notebook, "other = executor; _hidden = executor; exercise = 3")
    found = set(notebook.complete(typed))
    assert offered <= found
    if typed.startswith("%symstep"):
        assert not {"exercise", "_hidden"} & found
    elif OFFERS_NOTHING_ELSE:
        assert found == offered


def test_tab_offers_all_operators(notebook):
    found = set(notebook.complete("%symops "))
    assert {"dot", "Convolution", "broadcast_add"} <= found
    assert not [name for name in found if name.startswith("_backward")]


OFFERS_NOTHING_ELSE = IPython.version_info >= (8, 6)
"""An older IPython has its own names beside ours."""

LONG_OPTIONS = {
    *("--bind", "--shapes", "--internals", "--direction", "--step", "--grad"),
    *("--timeline", "--optimized", "--ctx"),
    *("--title", "--save", "--strict", "--help"),
}


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("%%symgraph --", LONG_OPTIONS),
        ("%%symgraph -b A=1 --st", {"--strict", "--step"}),
        ("%symgraph --di", {"--direction"}),
        ("g = %symgraph --he", {"--help"}),
        ("%%symgraph -d ", {"TB", "BT", "LR", "RL"}),
        ("%%symgraph --direction l", {"LR"}),
    ],
)  # fmt: skip
def test_tab_offers_options_and_values(notebook, typed, offered):
    found = set(notebook.complete(typed))
    assert offered <= found
    assert found == offered or not OFFERS_NOTHING_ELSE


def test_tab_offers_nothing_new_elsewhere(notebook):
    assert not [name for name in notebook.complete("print(--st") if name.startswith("--")]
